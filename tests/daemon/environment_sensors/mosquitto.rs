//! A real broker on a port of its own, and somebody who publishes there.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pitchguard::environment::BrokerUrl;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};

/// How long a test waits for what must come before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(45);

/// A broker; killed where the test forgets it.
pub(crate) struct Mosquitto {
    dir: tempfile::TempDir,
    program: &'static str,
    pub(crate) port: u16,
    child: Option<Child>,
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Mosquitto {
    /// A broker on a free port, or `None` with a plain word on stderr where mosquitto is not installed.
    pub(crate) fn start() -> Option<Self> {
        let places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"];
        let Some(program) = places.into_iter().find(|place| Path::new(place).exists()) else {
            crate::common::skip("mosquitto is not installed; packaging/setup installs it");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let config = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nuser root\n"
        );
        std::fs::write(dir.path().join("broker.conf"), config).expect("written");
        let mut broker = Self { dir, program, port, child: None };
        broker.restart();
        Some(broker)
    }

    /// Starts it again; returns once it accepts connections.
    pub(crate) fn restart(&mut self) {
        let config = self.dir.path().join("broker.conf");
        let child =
            Command::new(self.program).arg("-c").arg(config).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.child = Some(child.expect("it was there just now"));
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(since.elapsed() < PATIENCE, "the broker does not come up");
            sleep(Duration::from_millis(2));
        }
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended already, which is as well.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub(crate) fn url(&self) -> BrokerUrl {
        format!("mqtt://127.0.0.1:{}", self.port).parse().expect("an address")
    }

    /// Publishes messages and returns when the broker has them all: acknowledged where that is asked for, else written.
    pub(crate) fn publish(&self, messages: impl IntoIterator<Item = Message, IntoIter: Send> + Send) {
        let mut options = MqttOptions::new(format!("test-{:x}", rand::random::<u64>()), "127.0.0.1", self.port);
        options.set_outgoing_inflight_upper_limit(20);
        let messages = messages.into_iter();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (client, mut events) = AsyncClient::new(options, 64);
            let give = async {
                let (mut acknowledged, mut written) = (0_u64, 0_u64);
                for Message { topic, payload, qos, retain } in messages {
                    *if qos == QoS::AtLeastOnce { &mut acknowledged } else { &mut written } += 1;
                    client.publish(topic, qos, retain, payload).await.expect("the connection is polled");
                }
                (acknowledged, written)
            };
            let (mut acknowledged, mut written) = (0, 0);
            let mut given = None;
            let mut give = std::pin::pin!(give);
            while given != Some((acknowledged, written)) {
                tokio::select! {
                    all = &mut give, if given.is_none() => given = Some(all),
                    event = tokio::time::timeout(PATIENCE, events.poll()) => {
                        match event.expect("something happens").expect("the broker is there") {
                            Event::Incoming(Packet::PubAck(_)) => acknowledged += 1,
                            Event::Outgoing(Outgoing::Publish(0)) => written += 1,
                            _ => {}
                        }
                    }
                }
            }
        });
    }
}

/// What is published.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
}

impl Message {
    pub(crate) fn new(topic: &str, payload: impl Into<Vec<u8>>) -> Self {
        let topic = format!("stadium/busch_iii/{topic}");
        Self { topic, payload: payload.into(), qos: QoS::AtLeastOnce, retain: false }
    }

    pub(crate) fn retained(self) -> Self {
        Self { retain: true, ..self }
    }
}

/// The time so many seconds ago, RFC 3339.
pub(crate) fn ago(seconds: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds)).to_string()
}

/// Now, s since 1970.
pub(crate) fn epoch_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Looks until there is something.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> (T, Duration) {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return (found, since.elapsed());
        }
        assert!(since.elapsed() < PATIENCE, "never: {what}");
        sleep(Duration::from_millis(2));
    }
}
