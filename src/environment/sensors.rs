//! Listening to the broker: the edge between MQTT and [`Fusion`].
//!
//! One task polls the connection and hands each message to the fusion under a short lock; another publishes what is
//! known. The library neither resubscribes nor pauses, so this does: it subscribes at every CONNACK, and between attempts
//! it waits 0.1 s doubling to 0.5 s, so that sensors are back within a second or two of their broker. A flood is read at
//! `MESSAGES_MAX` a window; the rest waits at the broker. Only changes of the connection are logged.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Packet, Publish, SubAck, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, Event, EventLoop};
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use utoipa::ToSchema;

use super::broker::BrokerUrl;
use super::conditions::Conditions;
use super::config::Config;
use super::fusion::Fusion;
use crate::clock::BoxClock;
use crate::ids::BoxNs;

/// Requests that may wait for the connection: subscriptions only.
const REQUESTS: usize = 8;
/// First and longest wait between attempts to connect.
const WAIT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));
/// How often what is known is published.
const PUBLISH_EVERY: Duration = Duration::from_millis(250);
/// Messages read in one window; a park's sensors send a tenth of it in a second.
const MESSAGES_MAX: u32 = 1000;
/// The window.
const WINDOW: Duration = Duration::from_millis(100);
/// A listener that ended by a fault of its own is started again after this.
const RESTART_AFTER: Duration = Duration::from_secs(1);

/// How it stands with the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BrokerState {
    /// No `[mqtt] url` is configured: there is no environment data.
    Off,
    /// Not reached; attempts go on.
    Connecting,
    /// Connected and subscribed.
    Listening,
    /// Connected, but the broker does not let this box subscribe.
    Refused,
}

/// The connection to the broker.
#[derive(Debug, Clone, PartialEq)]
pub struct BrokerStatus {
    /// How it stands.
    pub state: BrokerState,
    /// Its address, without password; none where none is configured.
    pub url: Option<String>,
    /// Since when it stands so, box time.
    pub since: BoxNs,
    /// Times that it was reached.
    pub connects: u64,
    /// Why it was lost, or not reached, last.
    pub error: Option<String>,
}

/// What sensors tell, for everybody to read.
#[derive(Debug)]
pub struct Environment {
    fusion: Mutex<Fusion>,
    conditions: ArcSwap<Conditions>,
    broker: ArcSwap<BrokerStatus>,
    clock: BoxClock,
}

impl Environment {
    /// Without a broker: nothing is known, and that is said.
    pub fn off(clock: BoxClock) -> Arc<Self> {
        Arc::new(Self::new(Fusion::new("", Config::default()), BrokerState::Off, None, clock))
    }

    /// Listens to a broker for a venue's sensors, on a runtime until that ends. Nothing here fails: a broker that cannot
    /// be reached is tried again.
    pub fn listen(url: &BrokerUrl, venue: &str, config: Config, clock: BoxClock, runtime: &Handle) -> Arc<Self> {
        let fusion = Fusion::new(venue, config);
        let environment = Arc::new(Self::new(fusion, BrokerState::Connecting, Some(url.to_string()), clock));
        let topics = [format!("stadium/{venue}/environment/+"), format!("stadium/{venue}/camera/+/vibration")];
        let client = format!("pitchguard-{venue}-{}", std::process::id());
        let (heard, url) = (Arc::clone(&environment), url.clone());
        runtime.spawn(async move {
            loop {
                let (requests, events) = AsyncClient::new(url.options(client.clone()), REQUESTS);
                let listener = Listener { environment: Arc::clone(&heard), requests, topics: topics.clone() };
                // Ends by a panic only, which must not leave the park without weather.
                if let Err(error) = tokio::spawn(listener.run(events)).await {
                    tracing::error!(%error, "the MQTT listener ended by a fault; it is started again");
                    heard.stand(BrokerState::Connecting, Some("the listener broke off".to_owned()));
                }
                sleep(RESTART_AFTER).await;
            }
        });
        let published = Arc::clone(&environment);
        runtime.spawn(async move {
            let mut ticks = interval(PUBLISH_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                published.publish();
            }
        });
        environment
    }

    fn new(fusion: Fusion, state: BrokerState, url: Option<String>, clock: BoxClock) -> Self {
        let broker = BrokerStatus { state, url, since: clock.now(), connects: 0, error: None };
        Self {
            fusion: Mutex::new(fusion),
            conditions: ArcSwap::from_pointee(Conditions::default()),
            broker: ArcSwap::from_pointee(broker),
            clock,
        }
    }

    /// What is known, at most a quarter of a second old. Never waits.
    pub fn conditions(&self) -> Arc<Conditions> {
        self.conditions.load_full()
    }

    /// How it stands with the broker. Never waits.
    pub fn broker(&self) -> Arc<BrokerStatus> {
        self.broker.load_full()
    }

    fn publish(&self) {
        let conditions = self.fusion().step(self.clock.now());
        self.conditions.store(Arc::new(conditions));
    }

    fn fusion(&self) -> std::sync::MutexGuard<'_, Fusion> {
        // A panic under the lock leaves a sensor half updated at worst, which its next message mends.
        self.fusion.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a change of the connection, and logs it once.
    fn stand(&self, state: BrokerState, error: Option<String>) {
        let before = self.broker.load_full();
        if before.state == state && before.error == error {
            return;
        }
        let changed = before.state != state;
        let mut after = BrokerStatus { state, error, ..BrokerStatus::clone(&before) };
        let url = after.url.as_deref().unwrap_or_default();
        if changed && state == BrokerState::Listening {
            tracing::info!(url, "listening to the sensors");
        } else if changed || before.error.is_none() {
            let error = after.error.as_deref().unwrap_or_default();
            tracing::warn!(url, error, "no word from the sensors: the MQTT broker is away, or refuses; attempts go on");
        }
        after.connects += u64::from(changed && state == BrokerState::Listening);
        if changed {
            after.since = self.clock.now();
        }
        self.broker.store(Arc::new(after));
    }
}

/// The task that polls.
struct Listener {
    environment: Arc<Environment>,
    requests: AsyncClient,
    topics: [String; 2],
}

impl Listener {
    async fn run(self, mut events: EventLoop) {
        let mut wait = WAIT.0;
        let (mut window, mut read) = (Instant::now() + WINDOW, 0);
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => self.subscribe(),
                Ok(Event::Incoming(Packet::SubAck(answer))) => {
                    wait = WAIT.0;
                    self.subscribed(&answer);
                }
                Ok(Event::Incoming(Packet::Publish(message))) => {
                    self.hear(&message);
                    read += 1;
                    if read >= MESSAGES_MAX {
                        sleep_until(window).await;
                    }
                    if Instant::now() >= window {
                        (window, read) = (Instant::now() + WINDOW, 0);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    self.environment.stand(BrokerState::Connecting, Some(error.to_string()));
                    sleep(wait).await;
                    wait = (wait * 2).min(WAIT.1);
                }
            }
        }
    }

    /// Asks for the topics. Must not wait: only this task makes room in the queue, which is empty at a CONNACK.
    fn subscribe(&self) {
        let filters = self.topics.iter().map(|topic| Filter::new(topic, QoS::AtLeastOnce));
        if let Err(error) = self.requests.try_subscribe_many(filters) {
            self.environment.stand(BrokerState::Refused, Some(error.to_string()));
        }
    }

    fn subscribed(&self, answer: &SubAck) {
        let refusal = answer.return_codes.iter().find(|code| !matches!(code, SubscribeReasonCode::Success(_)));
        match refusal {
            None => self.environment.stand(BrokerState::Listening, None),
            Some(code) => self.environment.stand(BrokerState::Refused, Some(format!("subscription refused: {code:?}"))),
        }
    }

    fn hear(&self, message: &Publish) {
        let environment = &self.environment;
        // A topic that is no text is none of ours; an empty one is counted as such.
        let topic = std::str::from_utf8(&message.topic).unwrap_or_default();
        // Refusals are counted, and never logged one by one.
        let _counted = environment.fusion().take(topic, &message.payload, environment.clock.now());
    }
}
