//! The park's weather stations and the accelerometers on its cameras: simulated, or replayed from a file of real ones.
//!
//! [`Weather`] is a plain iterator of [`Report`]s in order of their time, made as it is asked; [`publish`] paces them to a
//! broker on a thread of its own, faster than real time if asked. Reports that the broker does not take are counted and forgotten.

use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::iter::Peekable;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rand_distr::{Distribution, StandardNormal};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop};

use super::settings::{Purpose, Settings, stream};
use crate::environment::{BrokerUrl, density};
use crate::ids::EventNs;
use crate::tracking::venue::Venue;

/// A station reports this often, s; an accelerometer every second.
const STATION_EVERY_S: u64 = 5;
const SECOND_NS: u64 = 1_000_000_000;
/// The simulated stations and what each of them measures: air, pressure, wind.
const STATIONS: [(&str, [bool; 3]); 4] = [
    ("roof", [true, true, true]),
    ("dugout", [true, true, false]),
    ("center_field", [true, false, true]),
    ("scoreboard", [true, true, true]),
];
/// Reports that may wait for the connection.
const WAITING: usize = 64;
/// A wish to stop is seen within this.
const NAP: Duration = Duration::from_millis(50);
/// Longest wait between attempts to connect.
const WAIT_MAX: Duration = Duration::from_millis(500);

/// The air to report. The usual one is that of [`Settings::default`]: standard conditions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Climate {
    /// °C.
    pub temperature_c: f64,
    /// Relative, %.
    pub humidity_pct: f64,
    /// Where the park is, hPa.
    pub station_hpa: f64,
    /// m/s.
    pub wind_mps: f64,
    /// Where it comes from, degrees, the field's y axis being north.
    pub wind_direction_deg: f64,
    /// How the cameras shake, g rms.
    pub vibration_g: f64,
}

impl Climate {
    /// Standard conditions at a park of this height, with the wind of the settings.
    pub fn of(venue: &Venue, settings: &Settings) -> Self {
        const MPS_PER_FT_S: f64 = 0.3048;
        let [x, y, _] = settings.wind_ft_s;
        Self {
            temperature_c: (density::STANDARD_TEMPERATURE_F - 32.0) / 1.8,
            humidity_pct: 50.0,
            station_hpa: density::station_hpa(density::STANDARD_HPA, venue.altitude_ft * 0.3048),
            wind_mps: x.hypot(y) * MPS_PER_FT_S,
            wind_direction_deg: (-x).atan2(-y).to_degrees().rem_euclid(360.0),
            vibration_g: 0.05,
        }
    }

    /// Density of this air, kg/m³: what [`Settings::air_density_kg_m3`] must be for pitches thrown in it.
    pub fn density_kg_m3(&self) -> f64 {
        density::from_station(self.temperature_c, self.humidity_pct, self.station_hpa)
    }
}

/// One message on its way to the broker.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its own time.
    pub at: EventNs,
    /// Where it goes.
    pub topic: String,
    /// What it says, JSON.
    pub payload: String,
    /// Whether the broker keeps it for those who come later: stations are, accelerometers are not.
    pub retained: bool,
}

/// Why a file of weather cannot be replayed.
#[derive(Debug, thiserror::Error)]
#[error(
    "weather {path}: {problem}; it needs the columns station_id, timestamp, temperature, humidity, barometric_pressure"
)]
pub struct WeatherError {
    path: String,
    problem: String,
}

/// Reports in order of their time.
#[derive(Debug)]
pub struct Weather {
    /// A file's stations; with none of a file, the park's own report.
    replayed: Option<Peekable<std::vec::IntoIter<Report>>>,
    park: Option<Simulated>,
}

impl Weather {
    /// Four stations and an accelerometer a camera, from `start` on without end.
    pub fn simulated(venue: &Venue, climate: Climate, seed: u64, start: EventNs) -> Self {
        Self { replayed: None, park: Some(Simulated::new(venue, climate, seed, start)) }
    }

    /// The rows of a CSV file with their own distances in time, the first at `start`. Rows that cannot be read are left
    /// out; absurd values and gaps are replayed as they are.
    ///
    /// # Errors
    /// When the file cannot be read, or not one of its rows.
    pub fn replayed(venue: &Venue, file: &Path, start: EventNs) -> Result<Self, WeatherError> {
        let fault = |problem: String| WeatherError { path: file.display().to_string(), problem };
        let mut reader = csv::Reader::from_path(file).map_err(|error| fault(error.to_string()))?;
        let rows = reader.deserialize::<Row>().flatten();
        let mut rows: Vec<(jiff::Timestamp, Row)> =
            rows.filter_map(|row| Some((row.timestamp.parse().ok()?, row))).collect();
        rows.sort_by_key(|(at, _)| *at);
        let first = rows.first().map(|(at, _)| *at).ok_or_else(|| fault("not a row can be read".to_owned()))?;
        let reports = rows.into_iter().map(|(at, row)| {
            let after_ns = (at.as_nanosecond() - first.as_nanosecond()) as u64;
            row.report(&venue.id, EventNs(start.0 + after_ns))
        });
        Ok(Self { replayed: Some(reports.collect::<Vec<_>>().into_iter().peekable()), park: None })
    }

    /// With a simulated park's accelerometers beside a file's stations, until those end.
    #[must_use]
    pub fn shaken(self, venue: &Venue, climate: Climate, seed: u64, start: EventNs) -> Self {
        let park = Simulated { stations: false, ..Simulated::new(venue, climate, seed, start) };
        Self { park: self.park.or(Some(park)), ..self }
    }
}

impl Iterator for Weather {
    type Item = Report;

    fn next(&mut self) -> Option<Report> {
        let Some(stations) = &mut self.replayed else { return self.park.as_mut()?.next() };
        let due = stations.peek()?.at;
        if let Some(park) = &mut self.park
            && park.due() < due
        {
            return park.next();
        }
        stations.next()
    }
}

#[derive(Debug)]
struct Simulated {
    venue: String,
    cameras: Vec<u8>,
    climate: Climate,
    seed: u64,
    start: EventNs,
    /// Whether its stations report, or its accelerometers alone.
    stations: bool,
    second: u64,
    ready: VecDeque<Report>,
}

impl Simulated {
    fn new(venue: &Venue, climate: Climate, seed: u64, start: EventNs) -> Self {
        let cameras = venue.cameras.iter().map(|c| c.id).collect();
        let venue = venue.id.clone();
        Self { venue, cameras, climate, seed, start, stations: true, second: 0, ready: VecDeque::new() }
    }

    /// When its next report is due.
    fn due(&mut self) -> EventNs {
        self.fill();
        self.ready.front().map_or(EventNs(u64::MAX), |report| report.at)
    }

    fn next(&mut self) -> Option<Report> {
        self.fill();
        self.ready.pop_front()
    }

    /// Makes the next reports, if there is anything to report.
    fn fill(&mut self) {
        while self.ready.is_empty() && (self.stations || !self.cameras.is_empty()) {
            self.step();
        }
    }

    /// One second: each camera's vibration, and the stations whose turn it is.
    fn step(&mut self) {
        let at = EventNs(self.start.0 + self.second * SECOND_NS);
        let climate = self.climate;
        let mut rng = stream(self.seed, Purpose::Weather, 0, self.second);
        let mut noise = |sd: f64| -> f64 { sd * Distribution::<f64>::sample(&StandardNormal, &mut rng) };
        for (i, (name, [air, pressure, wind])) in STATIONS.into_iter().enumerate() {
            if !self.stations || self.second % STATION_EVERY_S != i as u64 % STATION_EVERY_S {
                continue;
            }
            // a slow wander of the air itself, and each station's own place in sun or shade
            let wander = 0.3 * (TAU * self.second as f64 / 3600.0).sin();
            let place = 0.2 * i as f64 - 0.3;
            let mut fields = vec![format!(r#""time":"{}""#, time(at))];
            if air {
                fields.push(format!(r#""temperature_c":{:.2}"#, climate.temperature_c + wander + place + noise(0.05)));
                let humidity = climate.humidity_pct - 2.0 * wander + noise(0.3);
                fields.push(format!(r#""humidity_pct":{:.1}"#, humidity.clamp(0.0, 100.0)));
            }
            if pressure {
                fields.push(format!(r#""pressure_hpa":{:.2}"#, climate.station_hpa + noise(0.1)));
            }
            if wind {
                fields.push(format!(r#""wind_speed_mps":{:.2}"#, (climate.wind_mps + noise(0.3)).max(0.0)));
                let direction = (climate.wind_direction_deg + noise(10.0)).rem_euclid(360.0);
                fields.push(format!(r#""wind_direction_deg":{direction:.0}"#));
            }
            let topic = format!("stadium/{}/environment/{name}", self.venue);
            self.ready.push_back(Report { at, topic, payload: format!("{{{}}}", fields.join(",")), retained: true });
        }
        for camera in &self.cameras {
            let rms_g = climate.vibration_g * (1.0 + 0.1 * noise(1.0)).max(0.0);
            let payload = format!(r#"{{"time":"{}","rms_g":{rms_g:.4}}}"#, time(at));
            let topic = format!("stadium/{}/camera/{camera}/vibration", self.venue);
            self.ready.push_back(Report { at, topic, payload, retained: false });
        }
        self.second += 1;
    }
}

/// A row of real weather.
#[derive(Debug, serde::Deserialize)]
struct Row {
    station_id: String,
    timestamp: String,
    temperature: Option<f64>,
    humidity: Option<f64>,
    barometric_pressure: Option<f64>,
}

impl Row {
    fn report(&self, venue: &str, at: EventNs) -> Report {
        let said = [
            ("temperature_c", self.temperature),
            ("humidity_pct", self.humidity),
            ("pressure_hpa", self.barometric_pressure),
        ];
        let mut fields = vec![format!(r#""time":"{}""#, time(at))];
        fields.extend(said.into_iter().filter_map(|(name, value)| Some(format!(r#""{name}":{}"#, value?))));
        let topic = format!("stadium/{venue}/environment/station_{}", self.station_id);
        Report { at, topic, payload: format!("{{{}}}", fields.join(",")), retained: true }
    }
}

/// RFC 3339, UTC.
fn time(at: EventNs) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.0)).map_or_else(|_| String::new(), |time| time.to_string())
}

/// What became of the reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Published {
    /// Reports made.
    pub made: u64,
    /// Of those, not handed over: the broker was away for too long.
    pub untaken: u64,
    /// Acknowledged by the broker; vibration asks for no acknowledgement.
    pub acknowledged: u64,
}

/// A thread that publishes weather.
#[derive(Debug)]
pub struct Publisher {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Published>,
}

impl Publisher {
    /// Stops it, and tells what became of the reports.
    pub fn finish(self) -> Published {
        self.stop.store(true, Ordering::Relaxed);
        // A publisher that broke off has said so on stderr, and has nothing to tell.
        self.thread.join().unwrap_or_default()
    }
}

/// Publishes weather to a broker from a thread of its own, until it ends or [`Publisher::finish`]. `started` is the moment
/// that stands for `first`; from there time runs `speed` times as fast. A broker that is away is tried again and again.
///
/// # Errors
/// When the system gives no thread.
pub fn publish(
    weather: Weather,
    broker: &BrokerUrl,
    first: EventNs,
    started: Instant,
    speed: f64,
) -> std::io::Result<Publisher> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let (client, events) =
        AsyncClient::new(broker.options(format!("pitchguard-weather-{}", std::process::id())), WAITING);
    let thread = std::thread::Builder::new().name("weather".into()).spawn(move || {
        runtime.block_on(async move {
            let acknowledged = Arc::new(AtomicU64::new(0));
            // Polls by itself: a task that publishes and polls would wait for its own queue.
            tokio::spawn(poll(events, Arc::clone(&acknowledged)));
            let mut published = Published::default();
            for report in weather {
                let after_s = report.at.0.saturating_sub(first.0) as f64 * 1e-9 / speed;
                if !reached(started + Duration::from_secs_f64(after_s), &told).await {
                    break;
                }
                let qos = if report.retained { QoS::AtLeastOnce } else { QoS::AtMostOnce };
                published.made += 1;
                if client.try_publish(report.topic, qos, report.retained, report.payload).is_err() {
                    published.untaken += 1;
                }
            }
            tokio::time::sleep(NAP).await;
            published.acknowledged = acknowledged.load(Ordering::Relaxed);
            published
        })
    })?;
    Ok(Publisher { stop, thread })
}

/// Waits for a moment; false once told to stop.
async fn reached(due: Instant, stop: &AtomicBool) -> bool {
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            // Lets the connection have its turn, however much is due at once.
            tokio::task::yield_now().await;
            return true;
        }
        tokio::time::sleep(left.min(NAP)).await;
    }
}

async fn poll(mut events: EventLoop, acknowledged: Arc<AtomicU64>) {
    let mut wait = NAP;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::PubAck(_))) => {
                acknowledged.fetch_add(1, Ordering::Relaxed);
                wait = NAP;
            }
            Ok(_) => {}
            Err(_) => {
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(WAIT_MAX);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Config, Fusion};
    use crate::ids::BoxNs;

    const START: EventNs = EventNs(1_800_000_000_000_000_000);

    #[test]
    fn the_simulated_park_has_the_air_that_its_pitches_fly_in() {
        let (venue, settings) = (Venue::busch_iii(), Settings { wind_ft_s: [-10.0, 0.0, 0.0], ..Settings::default() });
        let climate = Climate::of(&venue, &settings);
        assert!((climate.density_kg_m3() - settings.air_density_kg_m3).abs() < 1e-4, "{}", climate.density_kg_m3());
        assert!((climate.wind_direction_deg - 90.0).abs() < 1e-9, "toward −x is from +x");
        let mut fusion = Fusion::new(&venue.id, venue.altitude_ft, Config::default());
        let (mut now, mut reports) = (BoxNs(0), 0);
        for report in Weather::simulated(&venue, climate, 3, START).take_while(|r| r.at.0 < START.0 + 60 * SECOND_NS) {
            now = BoxNs(report.at.0);
            fusion.take(&report.topic, report.payload.as_bytes(), now).expect("what it says is well made");
            reports += 1;
        }
        let seen = fusion.step(now);
        assert_eq!(reports, 60 * venue.cameras.len() + 60 / 5 * 4);
        let air = seen.air(now);
        let density = air.density_kg_m3.expect("known");
        assert!((density.value - settings.air_density_kg_m3).abs() < 2.0 * density.sd, "{density:?}");
        assert!(seen.left_out.is_empty() && air.wind_mph.is_some_and(|w| (w.value - 6.8).abs() < 1.0), "{air:?}");
        assert!(venue.cameras.iter().all(|c| seen.vibration_g(c.id, now).is_some()));
    }

    #[test]
    fn a_file_is_replayed_in_order_with_its_own_timing_and_its_absurd_values() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let file = folder.path().join("weather.csv");
        let rows = "station_id,timestamp,temperature,humidity,barometric_pressure\n\
                    7,2025-05-15T00:01:00-06:00,99.5,,1007.5\n\
                    7,2025-05-15T00:00:00-06:00,22.5,55,1007.8\n\
                    7,soon,22.5,55,1007.8\n\
                    8,2025-05-15T08:00:00-06:00,21,50,996\n";
        std::fs::write(&file, rows).expect("written");
        let reports: Vec<Report> = Weather::replayed(&Venue::busch_iii(), &file, START).expect("three rows").collect();
        let after: Vec<u64> = reports.iter().map(|r| (r.at.0 - START.0) / SECOND_NS).collect();
        assert_eq!(after, [0, 60, 8 * 3600]);
        assert_eq!(reports[1].topic, "stadium/busch_iii/environment/station_7");
        assert_eq!(reports[1].payload, r#"{"time":"2027-01-15T08:01:00Z","temperature_c":99.5,"pressure_hpa":1007.5}"#);
        let replayed = Weather::replayed(&Venue::busch_iii(), &file, START).expect("three rows");
        let climate = Climate::of(&Venue::busch_iii(), &Settings::default());
        let all: Vec<Report> = replayed.shaken(&Venue::busch_iii(), climate, 1, START).take(2000).collect();
        assert!(all.windows(2).all(|w| w[0].at <= w[1].at), "in order of time");
        assert_eq!(
            all.iter().filter(|r| r.retained).map(|r| &r.payload).collect::<Vec<_>>(),
            [0, 1].map(|i| &reports[i].payload)
        );
        std::fs::write(&file, "a,b\n1,2\n").expect("written");
        assert!(Weather::replayed(&Venue::busch_iii(), &file, START).is_err());
    }
}
