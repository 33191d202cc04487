//! Topics and payloads (design.md, MQTT), read without trust.

use serde_json::{Map, Value};

use super::config::{Config, Quantity};
use super::refusal::Refusal;
use crate::ids::{BoxNs, EventNs};

/// Longest payload looked at, bytes: a message with every field has about 200.
pub(super) const PAYLOAD_MAX: usize = 4096;
/// Longest name of a sensor, bytes.
const NAME_MAX: usize = 64;
/// Vibration beyond this is no stand's, g rms.
const VIBRATION_MAX_G: f64 = 50.0;
/// Cameras are sources 1 to this.
pub(super) const CAMERA_MAX: u8 = 39;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic<'t> {
    /// `stadium/{venue}/environment/{sensor}`.
    Sensor(&'t str),
    /// `stadium/{venue}/camera/{id}/vibration`.
    Camera(u8),
}

impl<'t> Topic<'t> {
    /// The topic of this venue, if it is one.
    pub(super) fn parse(venue: &str, topic: &'t str) -> Option<Self> {
        let rest = topic.strip_prefix("stadium/")?.strip_prefix(venue)?.strip_prefix('/')?;
        if let Some(name) = rest.strip_prefix("environment/") {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
            return ((1..=NAME_MAX).contains(&name.len()) && name.bytes().all(plain)).then_some(Self::Sensor(name));
        }
        let id = rest.strip_prefix("camera/")?.strip_suffix("/vibration")?;
        let camera: u8 = id.parse().ok()?;
        (camera.to_string() == id && (1..=CAMERA_MAX).contains(&camera)).then_some(Self::Camera(camera))
    }
}

/// What one message of a sensor says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Message {
    /// The sensor's own time.
    pub(super) time: EventNs,
    /// By [`Quantity`]; missing and implausible ones absent.
    pub(super) values: [Option<f64>; Quantity::COUNT],
    /// Values left out as implausible.
    pub(super) implausible: u64,
}

impl Message {
    /// Reads a sensor's payload.
    pub(super) fn parse(payload: &[u8], config: &Config, now: BoxNs) -> Result<Self, Refusal> {
        let object = object(payload)?;
        let time = time(&object, config, now)?;
        let mut message = Self { time, values: [None; Quantity::COUNT], implausible: 0 };
        for (value, quantity) in message.values.iter_mut().zip(Quantity::ALL) {
            let Some(said) = object.get(quantity.name()).filter(|said| !said.is_null()) else { continue };
            let limits = config.limits(quantity);
            *value = said.as_f64().filter(|x| (limits.low..=limits.high).contains(x));
            message.implausible += u64::from(value.is_none());
        }
        Ok(message)
    }

    /// Why it says nothing, if it does.
    pub(super) fn says_something(&self) -> Result<(), Refusal> {
        match (self.values.iter().any(Option::is_some), self.implausible) {
            (true, _) => Ok(()),
            (false, 0) => Err(Refusal::Empty),
            (false, _) => Err(Refusal::Implausible),
        }
    }
}

/// Reads a camera's vibration: its own time and g rms.
pub(super) fn vibration(payload: &[u8], config: &Config, now: BoxNs) -> Result<(EventNs, f64), Refusal> {
    let object = object(payload)?;
    let time = time(&object, config, now)?;
    let said = object.get("rms_g").filter(|said| !said.is_null()).ok_or(Refusal::Empty)?;
    let rms_g = said.as_f64().filter(|g| (0.0..=VIBRATION_MAX_G).contains(g)).ok_or(Refusal::Implausible)?;
    Ok((time, rms_g))
}

fn object(payload: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if payload.len() > PAYLOAD_MAX {
        return Err(Refusal::Oversized);
    }
    match serde_json::from_slice(payload) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Refusal::NotJson),
    }
}

fn time(object: &Map<String, Value>, config: &Config, now: BoxNs) -> Result<EventNs, Refusal> {
    let text = object.get("time").and_then(Value::as_str).ok_or(Refusal::NoTime)?;
    let stamp: jiff::Timestamp = text.parse().map_err(|_| Refusal::NoTime)?;
    let ahead_s = (stamp.as_nanosecond() - i128::from(now.0)) as f64 * 1e-9;
    if ahead_s > config.future_s {
        return Err(Refusal::Future);
    }
    if ahead_s < -config.old_s {
        return Err(Refusal::Old);
    }
    u64::try_from(stamp.as_nanosecond()).map(EventNs).map_err(|_| Refusal::Old)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: BoxNs = BoxNs(1_800_000_000_000_000_000); // 2027-01-15T08:00:00Z

    fn parse(payload: &str) -> Result<Message, Refusal> {
        Message::parse(payload.as_bytes(), &Config::default(), NOW)
    }

    #[test]
    fn only_topics_of_this_venue_are_known() {
        let known = |topic| Topic::parse("busch_iii", topic);
        assert_eq!(known("stadium/busch_iii/environment/roof-2"), Some(Topic::Sensor("roof-2")));
        assert_eq!(known("stadium/busch_iii/camera/7/vibration"), Some(Topic::Camera(7)));
        for wrong in [
            "stadium/busch_iii/environment/",
            "stadium/busch_iii/environment/a/b",
            "stadium/busch_iii/environment/\u{e9}",
            "stadium/busch_iii2/environment/roof",
            "stadium/wrigley/environment/roof",
            "stadium/busch_iii/camera/0/vibration",
            "stadium/busch_iii/camera/40/vibration",
            "stadium/busch_iii/camera/07/vibration",
            "stadium/busch_iii/camera/300/vibration",
            "stadium/busch_iii/camera/1/temperature",
            "",
        ] {
            assert_eq!(known(wrong), None, "{wrong}");
        }
        assert_eq!(known(&format!("stadium/busch_iii/environment/{}", "x".repeat(65))), None);
    }

    #[test]
    fn every_field_may_be_missing_and_an_implausible_one_takes_no_other_with_it() {
        let full = r#"{"time":"2027-01-15T08:00:00Z","temperature_c":21.1,"humidity_pct":50,"pressure_hpa":996.2,
            "wind_speed_mps":3,"wind_direction_deg":350,"colour":"blue"}"#;
        let message = parse(full).expect("well made");
        assert_eq!(message.values, [Some(21.1), Some(50.0), Some(996.2), Some(3.0), Some(350.0)]);
        assert_eq!((message.time.0, message.implausible), (NOW.0, 0));
        let odd = r#"{"time":"2027-01-15T08:00:00Z","temperature_c":81,"humidity_pct":null,"pressure_hpa":"996"
            ,"wind_speed_mps":-1,"wind_direction_deg":12}"#;
        let message = parse(odd).expect("one value is good");
        assert_eq!((message.values[4], message.implausible), (Some(12.0), 3));
        assert_eq!(message.values[..4], [None; 4]);
    }

    #[test]
    fn rubbish_is_refused_by_cause() {
        let at = |time: &str| format!(r#"{{"time":"{time}","temperature_c":20}}"#);
        for (payload, why) in [
            (String::new(), Refusal::NotJson),
            ("[1,2]".into(), Refusal::NotJson),
            ("{\"time\":".into(), Refusal::NotJson),
            ("[".repeat(4000), Refusal::NotJson),
            (r#"{"time":"2027-01-15T08:00:00Z","temperature_c":1e999}"#.into(), Refusal::NotJson),
            ("x".repeat(PAYLOAD_MAX + 1), Refusal::Oversized),
            (r#"{"temperature_c":20}"#.into(), Refusal::NoTime),
            (at("yesterday"), Refusal::NoTime),
            (r#"{"time":1800000000,"temperature_c":20}"#.into(), Refusal::NoTime),
            (at("2027-01-15T08:01:01Z"), Refusal::Future),
            (at("9999-01-01T00:00:00Z"), Refusal::Future),
            (at("2027-01-15T06:59:59Z"), Refusal::Old),
            (at("-000500-01-01T00:00:00Z"), Refusal::Old),
        ] {
            assert_eq!(parse(&payload), Err(why), "{payload:.60}");
        }
        assert_eq!(parse(&at("2027-01-15T08:00:59Z")).map(|m| m.implausible), Ok(0), "clocks differ a little");
        let says = |payload: &str| parse(payload).and_then(|m| m.says_something());
        assert_eq!(says(r#"{"time":"2027-01-15T08:00:00Z"}"#), Err(Refusal::Empty));
        assert_eq!(says(r#"{"time":"2027-01-15T08:00:00Z","humidity_pct":101}"#), Err(Refusal::Implausible));
    }

    #[test]
    fn vibration_is_a_number_of_g() {
        let read = |said: &str| {
            let payload = format!(r#"{{"time":"2027-01-15T08:00:00Z"{said}}}"#);
            vibration(payload.as_bytes(), &Config::default(), NOW)
        };
        assert_eq!(read(r#","rms_g":0.12"#), Ok((EventNs(NOW.0), 0.12)));
        assert_eq!(read(r#","rms_g":-0.1"#), Err(Refusal::Implausible));
        assert_eq!(read(r#","rms_g":99"#), Err(Refusal::Implausible));
        assert_eq!(read(""), Err(Refusal::Empty));
    }
}
