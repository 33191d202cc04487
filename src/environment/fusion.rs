//! The sensors' memory and judgement: messages in, [`Conditions`] out.
//!
//! A message is judged by its own `time`: one that is not newer than its sensor's last changes nothing, so retained
//! messages and doubled deliveries are harmless. What a sensor contributes is the median of its last three readings, so
//! that a single spike never enters, even where a lone sensor has nobody to outvote it. A value is **stuck** when it has
//! stood still bit for bit for `stuck_s` while the others' centre moved by `moved`: in still air a coarse sensor stands
//! still too, and does no harm. It counts again with its first new value. Memory is bounded: sensors and cameras have a
//! fixed number of places, and a sensor too old to be heard gives its place up.

use super::conditions::{Conditions, Fused, LeftOut, SensorReport, SensorValue, Vibration, Why};
use super::config::{Config, Quantity};
use super::density;
use super::message::{CAMERA_MAX, Message, Topic, vibration};
use super::refusal::{Complaint, Counts, Refusal};
use super::robust::{centre, fuse};
use super::speakers::Speakers;
use crate::ids::{BoxNs, EventNs};

/// Sensors remembered: a park has a dozen.
const SENSORS_MAX: usize = 64;
/// Readings of which a sensor's contribution is the median.
const SETTLING: usize = 3;
/// Pressure reduced to sea level is between these where baseball is played, hPa: storms and the highs of winter are beyond \[P\].
const SEA_LEVEL_HPA: (f64, f64) = (955.0, 1048.0);
const M_PER_FT: f64 = 0.3048;

/// One quantity of one sensor.
#[derive(Debug, Clone)]
struct Series {
    /// The last readings, newest first.
    recent: [Option<(EventNs, f64)>; SETTLING],
    /// When the value last changed.
    since: EventNs,
    /// Where the others' centre was then, once it was looked at.
    others_then: Option<f64>,
    /// How far it has moved from there.
    others_moved: f64,
    stuck: bool,
}

impl Series {
    fn new(at: EventNs, value: f64) -> Self {
        let recent = [Some((at, value)), None, None];
        Self { recent, since: at, others_then: None, others_moved: 0.0, stuck: false }
    }

    fn push(&mut self, at: EventNs, value: f64) {
        let (_, last) = self.last();
        if last.to_bits() != value.to_bits() {
            (self.since, self.others_then, self.others_moved, self.stuck) = (at, None, 0.0, false);
        }
        self.recent.rotate_right(1);
        self.recent[0] = Some((at, value));
    }

    fn last(&self) -> (EventNs, f64) {
        self.recent[0].expect("a series begins with a reading")
    }

    /// The median of the last three readings, as far as they are not stale beside the newest.
    fn settled(&self, quantity: Quantity, stale_ns: u64) -> f64 {
        let (newest, last) = self.last();
        let near = |(at, _): &(EventNs, f64)| newest.0 - at.0 <= stale_ns;
        let mut readings = [last; SETTLING];
        let mut n = 0;
        for (_, value) in self.recent.into_iter().flatten().filter(near) {
            readings[n] = value;
            n += 1;
        }
        // Of two nobody knows which is the spike: the newer one.
        if n < SETTLING { last } else { centre(quantity, &mut readings).unwrap_or(last) }
    }
}

#[derive(Debug, Clone)]
struct Sensor {
    name: String,
    /// Its last message's own time.
    time: EventNs,
    series: [Option<Series>; Quantity::COUNT],
}

/// One sensor's reading of one quantity on its way to the judgement.
struct Candidate {
    sensor: usize,
    value: f64,
    out: Option<(Why, String)>,
}

/// Everything that sensors have said, as far as it matters.
#[derive(Debug, Clone)]
pub struct Fusion {
    venue: String,
    /// Where the park is above the sea, ft.
    altitude_ft: f64,
    config: Config,
    /// By name.
    sensors: Vec<Sensor>,
    cameras: [Option<(EventNs, f64)>; CAMERA_MAX as usize + 1],
    fused: [Option<Fused>; Quantity::COUNT],
    counts: Counts,
    speakers: Speakers,
}

impl Fusion {
    /// Nothing known yet. `venue` is the name in the topics, `altitude_ft` where the park is above the sea.
    pub fn new(venue: &str, altitude_ft: f64, config: Config) -> Self {
        Self {
            venue: venue.to_owned(),
            altitude_ft,
            config,
            sensors: Vec::new(),
            cameras: [None; CAMERA_MAX as usize + 1],
            fused: [None; Quantity::COUNT],
            counts: Counts::default(),
            speakers: Speakers::default(),
        }
    }

    /// Takes one message.
    ///
    /// # Errors
    /// Why it changes nothing; counted besides, and told of who sent it.
    pub fn take(&mut self, topic: &str, payload: &[u8], now: BoxNs) -> Result<(), Complaint> {
        let mut fault = None;
        let outcome = self.believe(topic, payload, now, &mut fault);
        self.counts.count(outcome.as_ref().copied().map_err(|complaint| complaint.why));
        let is_news = |complaint: &&Complaint| complaint.why != Refusal::Repeated;
        let complaint = outcome.as_ref().err().filter(is_news).or(fault.as_ref());
        let whole = outcome.as_ref().is_err_and(|complaint| complaint.why != Refusal::Repeated);
        if let Some(speaker) = self.speakers.of(speaker(&self.venue, topic), now) {
            speaker.note(payload, whole, complaint, now);
        }
        outcome
    }

    /// `fault` is what is wrong with a part of it.
    fn believe(
        &mut self,
        topic: &str,
        payload: &[u8],
        now: BoxNs,
        fault: &mut Option<Complaint>,
    ) -> Result<(), Complaint> {
        let told = Topic::parse(&self.venue, topic)?;
        match told {
            Topic::Sensor(name) => {
                let message = Message::parse(payload, &self.config);
                let implausible = message.as_ref().map_or(0, |message| message.implausible);
                self.counts.implausible_values += implausible;
                let message = message?;
                *fault = message.fault.as_ref().map(|detail| Complaint::new(Refusal::Implausible, detail.clone()));
                let time = self.judge_clock(topic, message.time_ns, now)?;
                self.remember(name, time, message.values, now)
            }
            Topic::Camera(camera) => {
                let (time_ns, rms_g) = vibration(payload)?;
                let time = self.judge_clock(topic, time_ns, now)?;
                let place = &mut self.cameras[usize::from(camera)];
                if place.is_some_and(|(known, _)| time <= known) {
                    return Err(Refusal::Repeated.into());
                }
                *place = Some((time, rms_g));
                Ok(())
            }
        }
    }

    /// When a message is of, by this box's clock.
    fn judge_clock(&mut self, topic: &str, said_ns: i128, now: BoxNs) -> Result<EventNs, Complaint> {
        let speaker = self.speakers.of(speaker(&self.venue, topic), now).ok_or(Refusal::TooMany)?;
        let judged = speaker.clockwork.judge(said_ns, &self.config, now);
        speaker.clock_off_s = judged.as_ref().map_or(0.0, |(_, off_s)| *off_s);
        judged.map(|(time, _)| time)
    }

    fn remember(
        &mut self,
        name: &str,
        time: EventNs,
        values: [Option<f64>; Quantity::COUNT],
        now: BoxNs,
    ) -> Result<(), Complaint> {
        let at = match self.sensors.binary_search_by(|s| s.name.as_str().cmp(name)) {
            Ok(at) if time <= self.sensors[at].time => return Err(Refusal::Repeated.into()),
            Ok(at) => at,
            Err(_) => {
                if self.sensors.len() == SENSORS_MAX {
                    let old_ns = ns(self.config.old_s);
                    self.sensors.retain(|s| now.0.saturating_sub(s.time.0) <= old_ns);
                }
                if self.sensors.len() == SENSORS_MAX {
                    return Err(Refusal::TooMany.into());
                }
                let at = self.sensors.partition_point(|s| s.name.as_str() < name);
                let new = Sensor { name: name.to_owned(), time, series: [const { None }; Quantity::COUNT] };
                self.sensors.insert(at, new);
                at
            }
        };
        let sensor = &mut self.sensors[at];
        sensor.time = time;
        for (series, value) in sensor.series.iter_mut().zip(values) {
            match (series, value) {
                (Some(series), Some(value)) => series.push(time, value),
                (series, Some(value)) => *series = Some(Series::new(time, value)),
                (_, None) => {}
            }
        }
        Ok(())
    }

    /// Judges every sensor as of now, and tells what is known. To be called at least every minute, so that it is seen
    /// how the others move while one stands still.
    pub fn step(&mut self, now: BoxNs) -> Conditions {
        let stale_ns = ns(self.config.stale_s);
        let report = |s: &Sensor| SensorReport { name: s.name.clone(), at: s.time, values: Vec::new() };
        let mut sensors: Vec<SensorReport> = self.sensors.iter().map(report).collect();
        let mut left_out = Vec::new();
        for quantity in Quantity::ALL {
            for Candidate { sensor, out, .. } in self.judge(quantity, now, stale_ns) {
                let Some(series) = &self.sensors[sensor].series[quantity as usize] else { continue };
                let (at, value) = series.last();
                let why = out.as_ref().map(|(why, _)| *why);
                sensors[sensor].values.push(SensorValue { quantity, value, at, left_out: why });
                if let Some((why, detail)) = out {
                    left_out.push(LeftOut { sensor: self.sensors[sensor].name.clone(), quantity, value, why, detail });
                }
            }
        }
        let shaking = |(camera, said): (usize, &Option<(EventNs, f64)>)| {
            said.map(|(at, rms_g)| Vibration { camera: camera as u8, rms_g, at })
        };
        let vibration = self.cameras.iter().enumerate().filter_map(shaking).collect();
        Conditions {
            fused: self.fused,
            sensors,
            left_out,
            vibration,
            counts: self.counts,
            speakers: self.speakers.all().to_vec(),
            stale_ns,
        }
    }

    /// Every sensor that ever told this quantity, with why it is left out; what the others agree on is kept.
    fn judge(&mut self, quantity: Quantity, now: BoxNs, stale_ns: u64) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = Vec::new();
        for (sensor, series) in self.sensors.iter().enumerate() {
            let Some(series) = &series.series[quantity as usize] else { continue };
            let age_ns = now.0.saturating_sub(series.last().0.0);
            let value = series.settled(quantity, stale_ns);
            let out = if age_ns > stale_ns {
                Some((Why::Stale, format!("silent for {:.0} s", age_ns as f64 * 1e-9)))
            } else {
                self.beyond_altitude(quantity, value).map(|detail| (Why::Altitude, detail))
            };
            candidates.push(Candidate { sensor, value, out });
        }
        self.find_stuck(quantity, &mut candidates);
        let used: Vec<usize> = (0..candidates.len()).filter(|i| candidates[*i].out.is_none()).collect();
        let values: Vec<f64> = used.iter().map(|i| candidates[*i].value).collect();
        let (judged, agreed) = fuse(quantity, &values, &self.config);
        let (mut newest, mut kept) = (EventNs(0), 0);
        for (i, beyond) in used.into_iter().zip(judged) {
            let candidate = &mut candidates[i];
            if let Some(beyond) = beyond {
                let detail =
                    format!("{:.1} from the others' centre, where {:.1} is the limit", beyond.off, beyond.limit);
                candidate.out = Some((Why::Absurd, detail));
            } else if let Some(series) = &self.sensors[candidate.sensor].series[quantity as usize] {
                newest = newest.max(series.last().0);
                kept += 1;
            }
        }
        if let Some(agreed) = agreed {
            let fused = Fused { value: agreed.value, sd: agreed.sd, sensors: kept, at: newest };
            self.fused[quantity as usize] = Some(fused);
        }
        candidates
    }

    /// Why no station of this park can read a pressure, where none can.
    fn beyond_altitude(&self, quantity: Quantity, hpa: f64) -> Option<String> {
        let here = |sea_level_hpa| density::station_hpa(sea_level_hpa, self.altitude_ft * M_PER_FT);
        let (low, high) = (here(SEA_LEVEL_HPA.0), here(SEA_LEVEL_HPA.1));
        if quantity != Quantity::PressureHpa || (low..=high).contains(&hpa) {
            return None;
        }
        let cause = if (SEA_LEVEL_HPA.0..=SEA_LEVEL_HPA.1).contains(&hpa) {
            "it looks like pressure at sea level: let the sensor send its station's own"
        } else {
            "the sensor is broken or sends another unit"
        };
        Some(format!(
            "{hpa:.1} hPa, where a station at {altitude:.0} ft reads {low:.0} to {high:.0}, and mostly about {usual:.0}: {cause}, \
             or mend `altitude_ft` of the venue file",
            altitude = self.altitude_ft,
            usual = here(density::STANDARD_HPA),
        ))
    }

    /// Leaves those out that stand still while the others move.
    fn find_stuck(&mut self, quantity: Quantity, candidates: &mut [Candidate]) {
        let moved = self.config.limits(quantity).moved;
        let stuck_ns = ns(self.config.stuck_s);
        let moving: Vec<(usize, f64)> = candidates
            .iter()
            .filter(|c| c.out.is_none())
            .filter(|c| self.sensors[c.sensor].series[quantity as usize].as_ref().is_some_and(|s| !s.stuck))
            .map(|c| (c.sensor, c.value))
            .collect();
        for candidate in candidates.iter_mut().filter(|c| c.out.is_none()) {
            let Some(series) = &mut self.sensors[candidate.sensor].series[quantity as usize] else { continue };
            let mut others: Vec<f64> =
                moving.iter().filter(|(sensor, _)| *sensor != candidate.sensor).map(|(_, value)| *value).collect();
            if let Some(others) = centre(quantity, &mut others) {
                let then = *series.others_then.get_or_insert(others);
                series.others_moved = series.others_moved.max(quantity.distance(others, then));
            }
            let still_ns = series.last().0.0.saturating_sub(series.since.0);
            series.stuck |= still_ns >= stuck_ns && series.others_moved >= moved;
            if series.stuck {
                let minutes = still_ns as f64 / 60e9;
                let others = series.others_moved;
                let detail = format!("unchanged for {minutes:.0} min, in which the others moved by {others:.1}");
                candidate.out = Some((Why::Stuck, detail));
            }
        }
    }
}

/// The name of who speaks on a topic.
fn speaker<'t>(venue: &str, topic: &'t str) -> &'t str {
    let rest = topic.strip_prefix("stadium/").and_then(|rest| rest.strip_prefix(venue)?.strip_prefix('/'));
    let name = rest.unwrap_or(topic);
    &name[..name.floor_char_boundary(100)]
}

fn ns(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::conditions::Air;
    use super::*;

    const START: u64 = 1_800_000_000_000_000_000;
    const SECOND: u64 = 1_000_000_000;

    fn at(seconds: u64) -> BoxNs {
        BoxNs(START + seconds * SECOND)
    }

    fn payload(seconds: u64, fields: &str) -> String {
        let time = jiff::Timestamp::from_nanosecond(i128::from(at(seconds).0)).expect("a literal");
        format!(r#"{{"time":"{time}",{fields}}}"#)
    }

    fn say(fusion: &mut Fusion, seconds: u64, sensor: &str, fields: &str) -> Result<(), Refusal> {
        let topic = format!("stadium/busch_iii/environment/{sensor}");
        fusion.take(&topic, payload(seconds, fields).as_bytes(), at(seconds)).map_err(|complaint| complaint.why)
    }

    fn warm(fusion: &mut Fusion, seconds: u64, sensor: &str, celsius: f64) -> Result<(), Refusal> {
        say(fusion, seconds, sensor, &format!(r#""temperature_c":{celsius}"#))
    }

    fn fusion() -> Fusion {
        Fusion::new("busch_iii", 466.0, Config::default())
    }

    fn celsius(conditions: &Conditions, now: BoxNs) -> Option<f64> {
        conditions.fresh(Quantity::TemperatureC, now).map(|t| t.value)
    }

    #[test]
    fn a_message_said_twice_or_overtaken_changes_nothing() {
        let mut fusion = fusion();
        assert_eq!(warm(&mut fusion, 10, "roof", 20.0), Ok(()));
        let known = fusion.step(at(10));
        assert_eq!(warm(&mut fusion, 10, "roof", 20.0), Err(Refusal::Repeated));
        assert_eq!(warm(&mut fusion, 9, "roof", 25.0), Err(Refusal::Repeated));
        let after = fusion.step(at(10));
        assert_eq!((after.fused, &after.sensors), (known.fused, &known.sensors));
        assert_eq!((after.counts.received, after.counts.accepted, after.counts.repeated), (3, 1, 2));
        assert_eq!(after.counts.refused(), 0);
    }

    #[test]
    fn an_absurd_sensor_is_left_out_by_name_and_comes_back_when_it_agrees() {
        let mut fusion = fusion();
        for k in 0..3 {
            for (name, value) in [("a", 20.0), ("b", 20.6), ("c", 51.0), ("d", 20.2)] {
                warm(&mut fusion, 10 * k, name, value).expect("in range");
            }
        }
        let seen = fusion.step(at(20));
        assert_eq!(celsius(&seen, at(20)), Some(20.2));
        assert_eq!(seen.left_out.len(), 1);
        assert_eq!((seen.left_out[0].sensor.as_str(), seen.left_out[0].why), ("c", Why::Absurd));
        assert!(seen.left_out[0].detail.contains("from the others"), "{}", seen.left_out[0].detail);
        for k in 3..6 {
            warm(&mut fusion, 10 * k, "c", 20.4).expect("in range");
        }
        assert!(fusion.step(at(50)).left_out.is_empty());
    }

    #[test]
    fn a_pressure_that_no_station_of_the_park_can_have_is_left_out_and_no_density_is_known() {
        let of = |altitude_ft: f64, hpa: f64| {
            let mut fusion = Fusion::new("busch_iii", altitude_ft, Config::default());
            say(&mut fusion, 10, "roof", &format!(r#""temperature_c":20,"pressure_hpa":{hpa}"#)).expect("well made");
            let seen = fusion.step(at(10));
            (
                seen.density_kg_m3(at(10)).map(|density| density.value),
                seen.left_out.first().map(|out| out.detail.clone()),
            )
        };
        for (what, altitude_ft, hpa) in [
            ("Denver", 5_200.0, 836.0),
            ("Busch in a deep low", 466.0, 962.0),
            ("Busch in a high", 466.0, 1025.0),
            ("Mexico City", 7_500.0, 772.0),
            ("below the sea", -80.0, 1040.0),
        ] {
            assert!(matches!(of(altitude_ft, hpa), (Some(_), None)), "{what}: {:?}", of(altitude_ft, hpa));
        }
        for (what, altitude_ft, hpa, word) in [
            (
                "at sea level, sent in Denver",
                5_200.0,
                1013.0,
                "reads 787 to 864, and mostly about 835: it looks like pressure at sea",
            ),
            ("at sea level, sent in Phoenix", 1_082.0, 1012.0, "pressure at sea level"),
            ("at sea level, sent in Atlanta", 1_050.0, 1018.0, "pressure at sea level"),
            ("a sensor that is broken", 466.0, 850.0, "broken or sends another unit"),
            ("the height of another park", 5_200.0, 997.0, "mend `altitude_ft`"),
            ("a height in metres as feet", 1_580.0, 836.0, "mend `altitude_ft`"),
        ] {
            let (density, why) = of(altitude_ft, hpa);
            assert!(
                density.is_none() && why.as_ref().is_some_and(|why| why.contains(word)),
                "{what}: {density:?} {why:?}"
            );
        }
    }

    #[test]
    fn sensors_that_send_pressure_at_sea_level_do_not_outvote_the_one_that_does_not() {
        let mut fusion = Fusion::new("busch_iii", 5_200.0, Config::default());
        for (name, hpa) in [("roof", 1013.0), ("wall", 1013.2), ("dugout", 836.4)] {
            say(&mut fusion, 10, name, &format!(r#""pressure_hpa":{hpa}"#)).expect("well made");
        }
        let seen = fusion.step(at(10));
        assert_eq!(seen.fresh(Quantity::PressureHpa, at(10)).map(|pressure| pressure.value), Some(836.4));
        let out: Vec<_> = seen.left_out.iter().map(|out| (out.sensor.as_str(), out.why)).collect();
        assert_eq!(out, [("roof", Why::Altitude), ("wall", Why::Altitude)]);
    }

    #[test]
    fn a_single_spike_of_a_lone_sensor_never_enters() {
        let mut fusion = fusion();
        for (k, value) in [996.0, 996.1, 940.0, 996.2].into_iter().enumerate() {
            say(&mut fusion, 10 * k as u64, "roof", &format!(r#""pressure_hpa":{value}"#)).expect("in range");
            let now = at(10 * k as u64);
            let seen = fusion.step(now).fresh(Quantity::PressureHpa, now).expect("just said").value;
            assert!((seen - 996.1).abs() < 0.2, "{seen}");
        }
    }

    #[test]
    fn a_stuck_sensor_is_left_out_once_the_others_have_moved_and_not_before() {
        let mut fusion = fusion();
        let mut named = Vec::new();
        for k in 0..400_u64 {
            let now = 10 * k;
            // still air for half an hour, then half a degree in five minutes
            let drift = (now as f64 - 1800.0).max(0.0) * 0.5 / 300.0;
            warm(&mut fusion, now, "stuck", 21.5).expect("in range");
            warm(&mut fusion, now, "a", 21.0 + drift + 0.01 * (k % 3) as f64).expect("in range");
            warm(&mut fusion, now, "b", 21.3 + drift + 0.01 * (k % 2) as f64).expect("in range");
            let seen = fusion.step(at(now));
            if let Some(out) = seen.left_out.iter().find(|out| out.why == Why::Stuck) {
                named.push((now, out.sensor.clone()));
            }
        }
        let (first, _) = named.first().expect("it was found");
        assert!((2050..2200).contains(first), "{first} s");
        assert!(named.iter().all(|(_, name)| name == "stuck"));
        assert_eq!(named.len() as u64, 400 - first / 10, "from then on, for good");
        warm(&mut fusion, 4000, "stuck", 24.6).expect("in range");
        assert!(fusion.step(at(4000)).left_out.is_empty(), "its first new value counts again");
    }

    #[test]
    fn what_is_stale_says_so_and_is_used_for_nothing() {
        let mut fusion = fusion();
        say(&mut fusion, 0, "roof", r#""temperature_c":21,"pressure_hpa":996,"wind_speed_mps":2"#).expect("in range");
        fusion
            .take("stadium/busch_iii/camera/3/vibration", payload(0, r#""rms_g":0.2"#).as_bytes(), at(0))
            .expect("good");
        let seen = fusion.step(at(299));
        assert!(seen.density_kg_m3(at(299)).is_some() && seen.air(at(299)).is_known());
        assert_eq!(seen.vibration_g(3, at(299)), Some(0.2));
        let seen = fusion.step(at(301));
        assert_eq!((seen.air(at(301)), seen.vibration_g(3, at(301))), (Air::default(), None));
        assert_eq!(seen.left_out.iter().filter(|out| out.why == Why::Stale).count(), 3);
        assert_eq!(seen.fused[0].map(|f| f.value), Some(21.0), "what it was is still shown");
    }

    #[test]
    fn rubbish_takes_no_memory_and_no_place_from_a_sensor() {
        let mut fusion = fusion();
        warm(&mut fusion, 0, "roof", 20.0).expect("in range");
        for k in 0..1000 {
            let _refused = fusion.take(&format!("stadium/busch_iii/environment/x{k}"), b"rubbish", at(1));
            let _refused = warm(&mut fusion, 1, &format!("y{k}"), 20.0);
        }
        let seen = fusion.step(at(2));
        assert_eq!(seen.sensors.len(), SENSORS_MAX);
        assert_eq!((seen.counts.not_json, seen.counts.too_many), (1000, 1001 - SENSORS_MAX as u64));
        assert_eq!(warm(&mut fusion, 5, "roof", 20.1), Ok(()), "a known sensor keeps its place");
        assert_eq!(warm(&mut fusion, 4000, "new", 20.1), Ok(()), "the long silent give theirs up");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_counted_once_and_what_is_known_stays_plausible(
            messages in prop::collection::vec((topics(), payloads(), 0..8000_u64), 0..60)
        ) {
            let (mut fusion, config) = (fusion(), Config::default());
            for (topic, payload, when) in &messages {
                let _counted = fusion.take(topic, payload, at(*when));
                let seen = fusion.step(at(*when));
                for (quantity, fused) in Quantity::ALL.into_iter().zip(seen.fused) {
                    let limits = config.limits(quantity);
                    let plausible = |f: Fused| (limits.low..=limits.high).contains(&f.value) && f.sd > 0.0;
                    prop_assert!(fused.is_none_or(plausible), "{quantity:?} {fused:?}");
                }
                prop_assert!(seen.density_kg_m3(at(*when)).is_none_or(|rho| rho.value > 0.5 && rho.sd.is_finite()));
            }
            let c = fusion.step(at(0)).counts;
            let refusals = [c.topic, c.oversized, c.not_json, c.no_time, c.future, c.old, c.empty, c.implausible, c.too_many];
            prop_assert_eq!(c.refused(), refusals.iter().sum::<u64>());
            prop_assert_eq!(c.received, messages.len() as u64);
        }
    }

    fn topics() -> impl Strategy<Value = String> {
        prop_oneof!["stadium/busch_iii/environment/[a-d]", "stadium/busch_iii/camera/[0-9]{1,3}/vibration", ".{0,40}",]
    }

    fn payloads() -> impl Strategy<Value = Vec<u8>> {
        let number = || prop_oneof![Just(f64::MAX), -50.0..1200.0_f64, 0.0..100.0_f64];
        let said = (0..8000_u64, number(), number(), number(), number(), number()).prop_map(|(when, t, h, p, s, d)| {
            let fields = format!(
                r#""temperature_c":{t},"humidity_pct":{h},"pressure_hpa":{p},"wind_speed_mps":{s},
                "wind_direction_deg":{d},"rms_g":{s}"#
            );
            payload(when, &fields).into_bytes()
        });
        prop_oneof![4 => said, 1 => prop::collection::vec(any::<u8>(), 0..200)]
    }
}
