//! The README's own path, command by command as it stands there: it ends with a number.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::savant_support::body;
use serde_json::Value;

const README: &str = include_str!("../../README.md");
/// From the first frame to the first number, at the pace below: half a minute where nothing else runs.
const PATIENCE: Duration = Duration::from_mins(4);

/// The commands of the fenced blocks after this heading, without what is said beside them.
fn commands(heading: &str) -> Vec<String> {
    let (_, section) = README.split_once(heading).expect("the README has this heading");
    let section = section.split("\n## ").next().expect("at least itself");
    let blocks = section.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let lines = blocks.flat_map(str::lines).map(|line| line.split("  #").next().unwrap_or_default().trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// A checkout in which the program is built already, with addresses of its own.
struct Checkout {
    dir: tempfile::TempDir,
    udp: String,
    http: String,
    exports: Vec<String>,
}

impl Checkout {
    fn new() -> Self {
        let free = || {
            let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
            format!("127.0.0.1:{port}")
        };
        let dir = tempfile::tempdir().expect("a temporary directory");
        for sub in ["target/release", "path/to", "config"] {
            fs::create_dir_all(dir.path().join(sub)).expect("made");
        }
        symlink(env!("CARGO_BIN_EXE_pitchguard"), dir.path().join("target/release/pitchguard")).expect("linked");
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/pitchguard.toml");
        fs::copy(config, dir.path().join("config/pitchguard.toml")).expect("copied");
        for name in ["path/to/savant.csv", "savant.csv"] {
            fs::write(dir.path().join(name), body("2023-07-01")).expect("written");
        }
        let roster = "mlbam_id,name,team,throws,role\n605154,Ned Nobody,STL,L,starter\n";
        fs::write(dir.path().join("path/to/roster.csv"), roster).expect("written");
        Self { dir, udp: free(), http: free(), exports: Vec::new() }
    }

    /// A line of the README, at this checkout's addresses.
    fn command(&self, line: &str) -> Command {
        let line = line.replace("127.0.0.1:7117", &self.udp).replace("127.0.0.1:8080", &self.http);
        let mut command = Command::new("sh");
        let exports = self.exports.join("\n");
        command.args(["-c", &format!("{exports}\nexec {line}")]).current_dir(self.dir.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PITCHGUARD_")) {
            command.env_remove(name);
        }
        command.env("PITCHGUARD_INGEST__UDP_LISTEN", &self.udp).env("PITCHGUARD_HTTP__LISTEN", &self.http);
        command
    }

    fn output(&self, line: &str) -> Output {
        let output = self.command(line).output().expect("a shell");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        // Without a camera somebody should look, which `status` says by 3.
        let looks = line.ends_with(" status") && output.status.code() == Some(3);
        assert!(output.status.success() || looks, "{line}: {out}{err}");
        output
    }

    fn start(&self, line: &str) -> Ended {
        Ended(self.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell"))
    }

    fn readiness(&self) -> Vec<Value> {
        let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
        let answer = client.get(format!("http://{}/api/readiness", self.http)).send();
        let body: Option<Value> = answer.ok().and_then(|answer| answer.json().ok());
        body.and_then(|body| body["readiness"].as_array().cloned()).unwrap_or_default()
    }
}

/// A program that is ended with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn eventually(what: &str, mut look: impl FnMut() -> bool) {
    let since = Instant::now();
    while !look() {
        assert!(since.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_path_of_the_readme_ends_with_a_number_for_people_with_names() {
    let mut checkout = Checkout::new();
    let mut running = Vec::new();
    let (mut daemons, mut games) = (0, 0);
    for line in commands("## The same binary on real frames") {
        if line.starts_with("export ") {
            checkout.exports.push(line);
        } else if line.ends_with(" run") {
            running.push(checkout.start(&line));
            daemons += 1;
            eventually("the daemon answers", || {
                // Without a camera somebody should look, which is 3.
                let said = checkout.command("target/release/pitchguard status").output().expect("it starts");
                matches!(said.status.code(), Some(0 | 3))
            });
        } else if line.contains(" simulate ") && !line.contains("--statcast") {
            // The one thing that is another: nobody waits for a whole game.
            running.push(checkout.start(&format!("{line} --pace 2")));
            games += 1;
        } else if line.starts_with("target/release/") && !line.contains("--statcast") {
            checkout.output(&line);
        }
    }
    assert_eq!((daemons, games), (1, 1), "the README starts one daemon and throws one game at it");
    let mut shown = Vec::new();
    eventually("somebody has a readiness", || {
        shown = checkout.readiness();
        shown.iter().any(|one| one["readiness"]["value"].is_number())
    });
    for one in &shown {
        let name = one["name"].as_str().expect("a name");
        assert!(name.ends_with(" (simulated)"), "nobody takes {name} for real: {one}");
    }
}
