//! The example consumer against Debian's `PostgreSQL`, where it is installed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::upstream_wire::consumer::{Database, TABLE, consume};
use crate::upstream_wire::nats::{self, Server};
use crate::upstream_wire::stage::PATIENCE;

/// The newest installed version's programs, and psql; or none with a plain word on stderr.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").exists()).max();
    let psql = Command::new("psql").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if found.is_none() || !psql {
        crate::common::skip("PostgreSQL is not installed; packaging/setup installs it");
        return None;
    }
    found
}

/// A cluster of its own in a folder; stopped when dropped. `PostgreSQL` refuses root: then it runs as `nobody`.
struct Postgres {
    child: Child,
    database: Database,
}

fn as_nobody(program: &Path) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]).arg(program);
    command
}

impl Postgres {
    fn start(bin: &Path, folder: &Path) -> Self {
        // The child may be another user.
        let open = Command::new("chmod").arg("0777").arg(folder).status();
        assert!(open.is_ok_and(|status| status.success()), "the folder can be opened");
        let data = folder.join("data");
        let made = as_nobody(&bin.join("initdb"))
            .args(["-U", "pitchguard", "-A", "trust", "--no-sync", "-E", "UTF8", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(made.is_ok_and(|status| status.success()), "initdb makes a cluster");
        let child = as_nobody(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-p", "5432", "-k"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("postgres starts");
        let database = Database { socket: folder.display().to_string(), port: 5432 };
        let postgres = Self { child, database };
        let began = Instant::now();
        while let Err(error) = postgres.database.run(TABLE) {
            assert!(began.elapsed() < PATIENCE, "postgres never came up: {error}");
            std::thread::sleep(Duration::from_millis(100));
        }
        postgres
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

#[test]
fn the_example_consumer_keeps_every_summary_once_also_where_it_crashes_before_it_acknowledges() {
    let (Some(nats_server), Some(bin)) = (nats::binary(), programs()) else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let home = tempfile::tempdir().expect("a temporary directory");
    let postgres = Postgres::start(&bin, home.path());
    let runtime = nats::runtime();
    let server = Server::start(&nats_server, folder.path(), "one", "");
    let context = nats::set_up(&runtime, &server.url(), 1);
    for name in ["busch_iii", "wrigley"] {
        let mut stage = nats::stage(&runtime, name, &nats::config(server.url()));
        stage.queue(600, 0);
        stage.drain();
    }
    // As a consumer that committed and crashed before it acknowledged: the rows are there, and come again.
    let early: Vec<_> =
        nats::everything(&runtime, &context).into_iter().take(50).map(|(_, document)| document).collect();
    postgres.database.keep(&early).expect("kept");

    let committed = runtime.block_on(consume(&context, &postgres.database, 10)).expect("consumed");
    assert_eq!(committed, 1200);
    let ask = |sql: &str| postgres.database.run(sql).expect("answered");
    assert_eq!(ask("SELECT count(*) FROM summary"), "1200");
    assert_eq!(ask("SELECT count(DISTINCT (box, epoch)) FROM summary"), "2");
    assert_eq!(ask("SELECT count(*) FROM summary WHERE kind = 'pitch' AND box = 'wrigley'"), "100");
    assert_eq!(ask("SELECT count(*) FROM summary WHERE data->>'venue' = 'busch_iii'"), "1200");
    assert_eq!(runtime.block_on(consume(&context, &postgres.database, 10)), Ok(0), "all is acknowledged");
}
