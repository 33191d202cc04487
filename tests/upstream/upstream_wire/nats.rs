//! `JetStream` on real servers: one, restarted; and three, of which one is killed.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{Config as StreamConfig, DiscardPolicy, Stream};
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt;
use pitchguard::store::summary::SummaryKind;
use pitchguard::upstream::{Config, MODEL_STREAM, MODEL_SUBJECT, Nats, STREAM, UpstreamKind, subject};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::upstream_wire::stage::{PATIENCE, Stage, box_name};
use crate::upstream_wire::tls::Authority;

/// nats-server, or none with a plain word on stderr.
pub(crate) fn binary() -> Option<PathBuf> {
    let found = ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"];
    let found = found.iter().map(PathBuf::from).find(|path| path.exists());
    if found.is_none() {
        crate::common::skip("nats-server is not installed; packaging/setup installs it");
    }
    found
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// One server with a store of its own; killed when dropped.
pub(crate) struct Server {
    binary: PathBuf,
    pub(crate) port: u16,
    file: PathBuf,
    child: Option<Child>,
}

impl Server {
    /// Starts a server; `more` are further lines of its configuration.
    pub(crate) fn start(binary: &Path, folder: &Path, name: &str, more: &str) -> Self {
        let port = free_port();
        let file = folder.join(format!("{name}.conf"));
        let store = folder.join(name);
        let text = format!(
            "server_name: {name}\nlisten: 127.0.0.1:{port}\njetstream {{ store_dir: {:?} }}\n{more}\n",
            store.display()
        );
        std::fs::write(&file, text).expect("written");
        let mut server = Self { binary: binary.to_owned(), port, file, child: None };
        server.run();
        server
    }

    pub(crate) fn run(&mut self) {
        let mut command = Command::new(&self.binary);
        command.arg("-c").arg(&self.file).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().expect("it was there just now"));
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime starts")
}

/// The streams as `docs/fleet.md` sets them up, on so many servers.
pub(crate) fn set_up(runtime: &Runtime, url: &str, replicas: usize) -> Context {
    let servers: Vec<async_nats::ServerAddr> = url.split(',').map(|one| one.parse().expect("an address")).collect();
    runtime.block_on(async {
        let options = async_nats::ConnectOptions::new().retry_on_initial_connect();
        let client = options.connect(servers).await.expect("a client");
        let context = jetstream::new(client);
        let summaries = StreamConfig {
            name: STREAM.to_owned(),
            subjects: vec!["pitchguard.summary.>".to_owned()],
            num_replicas: replicas,
            discard: DiscardPolicy::New,
            duplicate_window: Duration::from_hours(1),
            max_age: Duration::from_hours(24 * 30),
            ..StreamConfig::default()
        };
        let models = StreamConfig {
            name: MODEL_STREAM.to_owned(),
            subjects: vec![MODEL_SUBJECT.to_owned()],
            num_replicas: replicas,
            max_messages_per_subject: 10,
            ..StreamConfig::default()
        };
        let began = Instant::now();
        for config in [summaries, models] {
            create(&context, &config, began).await;
        }
        context
    })
}

/// Creates a stream; a cluster elects its leaders first, and a server takes a moment to begin.
async fn create(context: &Context, config: &StreamConfig, began: Instant) {
    while let Err(error) = context.get_or_create_stream(config.clone()).await {
        assert!(began.elapsed() < PATIENCE, "no stream: {error}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

pub(crate) fn stage(runtime: &Runtime, name: &str, config: &Config) -> Stage {
    let url = config.url.clone().expect("set");
    Stage::new(name, config, |config, name| {
        Box::new(Nats::new(config, &url, name, runtime.handle().clone()).expect("good settings"))
    })
}

pub(crate) fn config(url: String) -> Config {
    Config { kind: UpstreamKind::Nats, url: Some(url), backlog_per_s: 5000.0, ..Config::default() }
}

/// Every message of the stream: subject and document.
pub(crate) fn everything(runtime: &Runtime, context: &Context) -> Vec<(String, Value)> {
    runtime.block_on(async {
        let mut stream: Stream = context.get_stream(STREAM).await.expect("it is there");
        let expected = stream.info().await.expect("told").state.messages as usize;
        let reader = pull::Config { ack_policy: AckPolicy::None, ..pull::Config::default() };
        // A cluster that lost a server may be electing.
        let began = Instant::now();
        let consumer: PullConsumer = loop {
            match stream.create_consumer(reader.clone()).await {
                Ok(consumer) => break consumer,
                Err(error) => assert!(began.elapsed() < PATIENCE, "no consumer: {error}"),
            }
        };
        let messages = consumer.messages().await.expect("messages");
        let messages = messages.take(expected).map(|message| {
            let message = message.expect("a message");
            (message.subject.to_string(), serde_json::from_slice(&message.payload).expect("a document"))
        });
        messages.collect().await
    })
}

/// What came of one box: so many, each once, each kind in its order.
pub(crate) fn assert_whole(came: &[(String, Value)], name: &str, count: u64) {
    let mut sequences = Vec::new();
    for kind in SummaryKind::ALL {
        for lane in ["live", "backlog"] {
            let subject = subject(&box_name(name), kind);
            let of_kind = came.iter().filter(|(s, document)| *s == subject && document["lane"] == lane);
            let of_kind: Vec<u64> = of_kind.map(|(_, d)| d["sequence"].as_u64().expect("a number")).collect();
            assert!(of_kind.is_sorted(), "{subject} {lane}: {of_kind:?}");
            sequences.extend(of_kind);
        }
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (0..count).collect::<Vec<_>>(), "{name}");
}

#[test]
fn summaries_go_to_the_subject_of_box_and_kind_over_a_restart_of_the_server_once_each() {
    let Some(binary) = binary() else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = runtime();
    let mut server = Server::start(&binary, folder.path(), "one", "");
    let context = set_up(&runtime, &server.url(), 1);
    let mut stage = stage(&runtime, "busch_iii", &config(server.url()));
    stage.queue(60, 0);
    stage.drain();
    assert_whole(&everything(&runtime, &context), "busch_iii", 60);

    server.kill();
    stage.queue(60, 0);
    stage.until("told", |stage| stage.status.up == Some(false));
    assert_eq!(stage.waiting(), 60);
    server.run();
    stage.drain();
    assert_whole(&everything(&runtime, &context), "busch_iii", 120);
}

#[test]
fn without_a_stream_nothing_is_deleted_and_the_reason_is_told() {
    let Some(binary) = binary() else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = runtime();
    let server = Server::start(&binary, folder.path(), "one", "");
    let mut stage = stage(&runtime, "busch_iii", &config(server.url()));
    stage.queue(6, 0);
    stage.until("told", |stage| stage.status.trouble.contains("create the stream PITCHGUARD"));
    assert_eq!(stage.waiting(), 6);
    let context = set_up(&runtime, &server.url(), 1);
    stage.drain();
    assert_whole(&everything(&runtime, &context), "busch_iii", 6);
}

#[test]
fn what_was_published_and_not_deleted_comes_again_under_its_name_and_is_kept_once() {
    let Some(binary) = binary() else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = runtime();
    let server = Server::start(&binary, folder.path(), "one", "");
    let context = set_up(&runtime, &server.url(), 1);
    let mut stage = stage(&runtime, "busch_iii", &config(server.url()));
    stage.queue(30, 0);
    // As a box that crashed between publish and delete: the same names are published before.
    let epoch = stage.sums().epoch;
    runtime.block_on(async {
        for sequence in 0..10 {
            let kind = SummaryKind::ALL[sequence % 6];
            let document = serde_json::json!({ "lane": "live", "sequence": sequence }).to_string();
            let message = jetstream::message::PublishMessage::build()
                .payload(document.into())
                .message_id(format!("busch_iii/{epoch:016x}/{sequence}"));
            let sent = context.send_publish(subject(&box_name("busch_iii"), kind), message).await.expect("sent");
            sent.await.expect("stored");
        }
    });
    stage.drain();
    assert_whole(&everything(&runtime, &context), "busch_iii", 30);
}

#[test]
fn a_summary_that_no_message_can_hold_is_set_aside_and_the_rest_goes() {
    let Some(binary) = binary() else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = runtime();
    let server = Server::start(&binary, folder.path(), "one", "max_payload: 4096");
    let context = set_up(&runtime, &server.url(), 1);
    let mut stage = stage(&runtime, "busch_iii", &config(server.url()));
    let large = crate::upstream_wire::stage::summary(
        SummaryKind::Calibration,
        crate::upstream_wire::stage::now_ns(),
        &"x".repeat(8000),
    );
    stage.store.transact(|txn| txn.queue(&large)).expect("queued");
    stage.queue(6, 0);
    stage.until("set aside", |stage| stage.waiting() == 0 && stage.status.refused == 1);
    assert_eq!(everything(&runtime, &context).len(), 6);
}

#[test]
fn a_summary_above_the_streams_own_limit_is_set_aside_and_the_rest_goes() {
    let Some(binary) = binary() else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = runtime();
    let server = Server::start(&binary, folder.path(), "one", "");
    let context = set_up(&runtime, &server.url(), 1);
    runtime.block_on(async {
        let stream = context.get_stream(STREAM).await.expect("it is there");
        let limited = StreamConfig { max_message_size: 4096, ..stream.cached_info().config.clone() };
        context.update_stream(limited).await.expect("updated");
    });
    let mut stage = stage(&runtime, "busch_iii", &config(server.url()));
    let large = crate::upstream_wire::stage::summary(
        SummaryKind::Calibration,
        crate::upstream_wire::stage::now_ns(),
        &"x".repeat(8000),
    );
    stage.store.transact(|txn| txn.queue(&large)).expect("queued");
    stage.queue(22, 0);
    stage.until("set aside", |stage| stage.waiting() == 0 && stage.status.refused == 1);
    assert_eq!(everything(&runtime, &context).len(), 22);
}

#[test]
fn a_refused_login_and_a_missing_permission_are_told_as_what_they_are() {
    let Some(binary) = binary() else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = runtime();
    let users = "authorization { users = [ { user: admin, password: a }, { user: park, password: p, \
        permissions: { publish: [\"nothing.at.all\"], subscribe: [\"_INBOX.>\"] } } ] }\nno_auth_user: admin";
    let server = Server::start(&binary, folder.path(), "one", users);
    let login = |login: &str| format!("nats://{login}@127.0.0.1:{}", server.port);
    // Who shows no login is the administrator here.
    set_up(&runtime, &server.url(), 1);
    let told = |url: String, words: [&str; 2]| {
        let own = config(url);
        assert_eq!(own.errors(), [], "a login makes no loopback address a far one");
        let mut stage = stage(&runtime, "busch_iii", &own);
        stage.queue(6, 0);
        stage.until("told", |stage| words.iter().all(|word| stage.status.trouble.contains(word)));
        assert_eq!((stage.waiting(), stage.status.refused), (6, 0), "nothing is lost by it");
        assert_eq!(stage.status.url, server.url(), "and its login is shown to nobody");
    };
    told(login("park:wrong"), ["authorization violation", "credential_file"]);
    told(login("park:p"), ["the server denies it", "pitchguard.summary.busch_iii."]);
}

#[test]
fn a_server_whose_name_means_nothing_is_trouble_with_that_name() {
    let runtime = runtime();
    let mut stage = stage(&runtime, "busch_iii", &config("nats://analytics.invalid:4222".to_owned()));
    stage.queue(6, 0);
    stage.until("told", |stage| stage.status.trouble.contains("analytics.invalid"));
    assert_eq!((stage.waiting(), stage.status.up), (6, Some(false)));
}

#[test]
fn what_another_stream_takes_is_not_acknowledged() {
    let Some(binary) = binary() else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = runtime();
    let server = Server::start(&binary, folder.path(), "one", "");
    runtime.block_on(async {
        let options = async_nats::ConnectOptions::new().retry_on_initial_connect();
        let client = options.connect(server.url()).await.expect("a client");
        let other = StreamConfig {
            name: "EVERYTHING".to_owned(),
            subjects: vec!["pitchguard.>".to_owned()],
            ..StreamConfig::default()
        };
        create(&jetstream::new(client), &other, Instant::now()).await;
    });
    let mut stage = stage(&runtime, "busch_iii", &config(server.url()));
    stage.queue(6, 0);
    stage.until("told", |stage| stage.status.trouble.contains("EVERYTHING"));
    assert_eq!((stage.waiting(), stage.sums().delivered), (6, 0));
}

#[test]
fn servers_are_reached_by_tls_1_3_with_this_boxs_certificate() {
    let Some(binary) = binary() else { return };
    let authority = Authority::new();
    authority.sign("server");
    authority.sign("box");
    let [cert, key, ca] = ["server.pem", "server.key", "ca.pem"].map(|name| authority.file(name).display().to_string());
    let tls = format!("tls {{ cert_file: {cert:?}, key_file: {key:?}, ca_file: {ca:?}, verify: true }}");
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = runtime();
    let server = Server::start(&binary, folder.path(), "one", &tls);
    let own = Config {
        ca_file: Some(authority.file("ca.pem")),
        client_cert: Some(authority.file("box.pem")),
        client_key: Some(authority.file("box.key")),
        ..config(format!("tls://127.0.0.1:{}", server.port))
    };
    let mut stage = stage(&runtime, "busch_iii", &own);
    stage.queue(6, 0);
    // There is no stream: that this is what is told says that the server was reached.
    stage.until("told", |stage| stage.status.trouble.contains("create the stream PITCHGUARD"));
}

/// A cluster of three.
fn cluster(binary: &Path, folder: &Path) -> Vec<Server> {
    let routes: Vec<u16> = (0..3).map(|_| free_port()).collect();
    let all: Vec<_> = routes.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
    let of = |nth: usize| {
        let more = format!("cluster {{ name: park, listen: 127.0.0.1:{}, routes: [{}] }}", routes[nth], all.join(", "));
        Server::start(binary, folder, ["one", "two", "three"][nth], &more)
    };
    (0..3).map(of).collect()
}

#[test]
fn of_three_servers_one_may_be_killed_at_any_time() {
    let Some(binary) = binary() else { return };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = runtime();
    let mut servers = cluster(&binary, folder.path());
    let url = servers.iter().map(Server::url).collect::<Vec<_>>().join(",");
    let context = set_up(&runtime, &url, 3);
    let mut stage = stage(&runtime, "busch_iii", &Config { batch_max: 5, ..config(url) });
    let mut made = 0;
    let rounds = if crate::upstream_wire::full() { 9 } else { 3 };
    for round in 0..rounds {
        stage.queue(100, 0);
        made += 100;
        for _ in 0..4 {
            stage.turn();
        }
        assert!(stage.waiting() > 0, "it is killed while summaries are on their way");
        servers[round % 3].kill();
        stage.drain();
        servers[round % 3].run();
        // The next one may go when this one is back: two of three must stand.
        let began = Instant::now();
        while !whole(&runtime, &context) {
            assert!(began.elapsed() < PATIENCE, "the cluster never came together");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    assert_whole(&everything(&runtime, &context), "busch_iii", made);
}

/// Whether the stream has all three of its servers, up to date.
fn whole(runtime: &Runtime, context: &Context) -> bool {
    runtime.block_on(async {
        let Ok(stream) = context.get_stream(STREAM).await else { return false };
        stream.cached_info().cluster.as_ref().is_some_and(|cluster| {
            cluster.leader.is_some()
                && cluster.replicas.len() == 2
                && cluster.replicas.iter().all(|replica| replica.current && !replica.offline)
        })
    })
}
