//! Listening to the broker: the edge between MQTT and [`Fusion`].
//!
//! One task polls the connection and hands each message to the fusion under a short lock; another publishes what is
//! known. The library neither resubscribes nor pauses, so this does: it subscribes at every CONNACK, and between attempts
//! it waits 0.1 s doubling to 0.5 s, so that sensors are back within a second or two of their broker; the wait begins anew only
//! after a connection that held, or a broker that breaks off each one would be asked nine times a second. A flood is read
//! at `MESSAGES_MAX` messages or `BYTES_MAX` bytes a window; the rest waits at the broker. Only changes of the connection are logged.

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
/// Bytes read in one window, properties included: each of thousands that fit one message takes its time.
const BYTES_MAX: usize = 128 << 10;
/// The window.
const WINDOW: Duration = Duration::from_millis(100);
/// A connection that was of use for so long has held.
const HELD: Duration = Duration::from_secs(10);
/// What a property takes besides its words, bytes.
const PROPERTY_BYTES: usize = 5;
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
        Arc::new(Self::new(Fusion::new("", 0.0, Config::default()), BrokerState::Off, None, clock))
    }

    /// Listens to a broker for the sensors of a venue at a height in ft above the sea, on a runtime until that ends. Nothing
    /// here fails: a broker that cannot be reached is tried again.
    pub fn listen(
        url: &BrokerUrl,
        (venue, altitude_ft): (&str, f64),
        config: Config,
        clock: BoxClock,
        runtime: &Handle,
    ) -> Arc<Self> {
        let fusion = Fusion::new(venue, altitude_ft, config);
        let environment = Arc::new(Self::new(fusion, BrokerState::Connecting, Some(url.to_string()), clock));
        let topics = [format!("stadium/{venue}/environment/#"), format!("stadium/{venue}/camera/+/vibration")];
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

/// Waits between attempts to connect.
#[derive(Debug, Default)]
struct Pause {
    /// The last one; none after a connection that held.
    last: Option<Duration>,
    /// When the present connection became of use.
    subscribed: Option<Instant>,
}

impl Pause {
    fn subscribed(&mut self, now: Instant) {
        self.subscribed = Some(now);
    }

    /// The wait after a connection, or an attempt, that ended now.
    fn after_an_end(&mut self, now: Instant) -> Duration {
        let held = self.subscribed.take().is_some_and(|since| now.duration_since(since) >= HELD);
        let wait = self.last.filter(|_| !held).map_or(WAIT.0, |last| (last * 2).min(WAIT.1));
        self.last = Some(wait);
        wait
    }
}

/// What may still be read in this window.
#[derive(Debug)]
struct Quota {
    until: Instant,
    messages: u32,
    bytes: usize,
}

impl Quota {
    fn new(now: Instant) -> Self {
        Self { until: now + WINDOW, messages: 0, bytes: 0 }
    }

    /// Something was read; until when nothing more is, where it was the last of this window.
    fn take(&mut self, bytes: usize, now: Instant) -> Option<Instant> {
        if now >= self.until {
            *self = Self::new(now);
        }
        self.messages += 1;
        self.bytes += bytes;
        (self.messages >= MESSAGES_MAX || self.bytes >= BYTES_MAX).then_some(self.until)
    }
}

/// About how many bytes a message took.
fn bytes_of(message: &Publish) -> usize {
    let properties = message.properties.as_ref().map_or(&[][..], |properties| &properties.user_properties);
    let properties = properties.iter().map(|(key, value)| key.len() + value.len() + PROPERTY_BYTES).sum::<usize>();
    message.topic.len() + message.payload.len() + properties
}

/// The task that polls.
struct Listener {
    environment: Arc<Environment>,
    requests: AsyncClient,
    topics: [String; 2],
}

impl Listener {
    async fn run(self, mut events: EventLoop) {
        let (mut pause, mut quota) = (Pause::default(), Quota::new(Instant::now()));
        loop {
            match events.poll().await {
                Ok(event) => {
                    let bytes = self.take(&event, &mut pause);
                    if let Some(until) = quota.take(bytes, Instant::now()) {
                        sleep_until(until).await;
                    }
                }
                Err(error) => {
                    self.environment.stand(BrokerState::Connecting, Some(error.to_string()));
                    sleep(pause.after_an_end(Instant::now())).await;
                }
            }
        }
    }

    /// Takes what the broker says; how many bytes it took.
    fn take(&self, event: &Event, pause: &mut Pause) -> usize {
        match event {
            Event::Incoming(Packet::ConnAck(_)) => self.subscribe(),
            Event::Incoming(Packet::SubAck(answer)) => {
                pause.subscribed(Instant::now());
                self.subscribed(answer);
            }
            Event::Incoming(Packet::Publish(message)) => {
                self.hear(message);
                return bytes_of(message);
            }
            _ => {}
        }
        0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_breaks_off_each_connection_is_asked_twice_a_second_at_most() {
        let (mut pause, now) = (Pause::default(), Instant::now());
        let waits: Vec<_> = (0..5)
            .map(|_| {
                pause.subscribed(now);
                pause.after_an_end(now + Duration::from_secs(1)).as_millis()
            })
            .collect();
        assert_eq!(waits, [100, 200, 400, 500, 500]);
        pause.subscribed(now);
        assert_eq!(pause.after_an_end(now + HELD), WAIT.0, "one that held is back at once");
    }

    #[test]
    fn a_flood_is_read_by_messages_and_by_bytes() {
        let (start, mut reads) = (Instant::now(), 0);
        let mut quota = Quota::new(start);
        while quota.take(100, start).is_none() {
            reads += 1;
        }
        assert_eq!(reads, MESSAGES_MAX - 1);
        assert_eq!(quota.take(100, start + WINDOW), None, "a new window");
        let properties = vec![(String::new(), String::new()); 12_000];
        let properties =
            rumqttc::v5::mqttbytes::v5::PublishProperties { user_properties: properties, ..Default::default() };
        let message = Publish { properties: Some(properties), ..Publish::default() };
        assert_eq!(quota.take(bytes_of(&message), start + WINDOW), None);
        assert_eq!(quota.take(bytes_of(&message), start + WINDOW), None);
        assert_eq!(quota.take(bytes_of(&message), start + WINDOW), Some(start + 2 * WINDOW), "however few messages");
    }
}
