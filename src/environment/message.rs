//! Topics and payloads of the sensors, read without trust: `stadium/{venue}/environment/{sensor}` and
//! `stadium/{venue}/camera/{id}/vibration`, one JSON object a message.

use serde_json::{Map, Value};

use super::config::{Config, Quantity};
use super::refusal::{Complaint, Refusal};

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
    /// The topic of this venue, or why it is none.
    pub(super) fn parse(venue: &str, topic: &'t str) -> Result<Self, Complaint> {
        let wrong = |detail: String| Complaint::new(Refusal::Topic, detail);
        let of_venue = topic.strip_prefix("stadium/").and_then(|rest| rest.strip_prefix(venue)?.strip_prefix('/'));
        let rest = of_venue.ok_or_else(|| Complaint::from(Refusal::Topic))?;
        if let Some(name) = rest.strip_prefix("environment/") {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
            return if name.contains('/') {
                let flat = name.replace('/', "-");
                Err(wrong(format!(
                    "a sensor's topic ends with its name: publish to stadium/{venue}/environment/{flat:.64}"
                )))
            } else if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(plain) {
                Err(wrong(format!(
                    "a sensor's name is 1 to {NAME_MAX} of A to Z, a to z, 0 to 9, _, - and .: {name:?} is none"
                )))
            } else {
                Ok(Self::Sensor(name))
            };
        }
        let id = rest.strip_prefix("camera/").and_then(|rest| rest.strip_suffix("/vibration"));
        let camera = id.and_then(|id| id.parse::<u8>().ok().filter(|camera| camera.to_string() == id));
        camera.filter(|camera| (1..=CAMERA_MAX).contains(camera)).map(Self::Camera).ok_or_else(|| {
            wrong(format!(
                "known are stadium/{venue}/environment/SENSOR and stadium/{venue}/camera/1/vibration to camera/{CAMERA_MAX}"
            ))
        })
    }
}

/// What one message of a sensor says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    /// The sensor's own time, ns since the Unix epoch.
    pub(super) time_ns: i128,
    /// By [`Quantity`]; missing and implausible ones absent.
    pub(super) values: [Option<f64>; Quantity::COUNT],
    /// Values left out as implausible.
    pub(super) implausible: u64,
    /// What was left out, in words; none where nothing was.
    pub(super) fault: Option<String>,
}

impl Message {
    /// Reads a sensor's payload.
    pub(super) fn parse(payload: &[u8], config: &Config) -> Result<Self, Complaint> {
        let object = object(payload)?;
        let time_ns = time_ns(&object)?;
        let mut faults = Vec::new();
        let mut values = [None; Quantity::COUNT];
        for (value, quantity) in values.iter_mut().zip(Quantity::ALL) {
            let Some(said) = object.get(quantity.name()).filter(|said| !said.is_null()) else { continue };
            let limits = config.limits(quantity);
            match number(said) {
                Some(number) if (limits.low..=limits.high).contains(&number) => *value = Some(number),
                Some(number) => {
                    let is_share = quantity == Quantity::HumidityPct && (0.0..=1.0).contains(&number);
                    let hint = if is_share { ": it is in per cent, 45 and not 0.45" } else { "" };
                    let (low, high) = (limits.low, limits.high);
                    faults.push(format!("{}: {number} is beyond {low} to {high}{hint}", quantity.name()));
                }
                None => faults.push(format!("{}: {} is no number", quantity.name(), shown(said))),
            }
        }
        let (implausible, fault) = (faults.len() as u64, faults.join("; "));
        match (values.iter().any(Option::is_some), implausible) {
            (false, 0) => {
                let known = Quantity::ALL.map(Quantity::name).join(", ");
                Err(Complaint::new(
                    Refusal::Empty,
                    format!("none of its fields is known: it has {}; known are {known}", keys(&object)),
                ))
            }
            (false, _) => Err(Complaint::new(Refusal::Implausible, fault)),
            (true, _) => {
                Ok(Self { time_ns, values, implausible, fault: Some(fault).filter(|fault| !fault.is_empty()) })
            }
        }
    }
}

/// Reads a camera's vibration: its own time, ns since the Unix epoch, and g rms.
pub(super) fn vibration(payload: &[u8]) -> Result<(i128, f64), Complaint> {
    let object = object(payload)?;
    let time_ns = time_ns(&object)?;
    let said = object.get("rms_g").filter(|said| !said.is_null());
    let said =
        said.ok_or_else(|| Complaint::new(Refusal::Empty, format!("\"rms_g\" is missing: it has {}", keys(&object))))?;
    let wrong = || format!("rms_g: {} is no number from 0 to {VIBRATION_MAX_G}", shown(said));
    let rms_g = number(said).filter(|g| (0.0..=VIBRATION_MAX_G).contains(g));
    rms_g.map(|rms_g| (time_ns, rms_g)).ok_or_else(|| Complaint::new(Refusal::Implausible, wrong()))
}

/// A finite number, also where it is written as a text.
fn number(said: &Value) -> Option<f64> {
    let number = match said {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

fn object(payload: &[u8]) -> Result<Map<String, Value>, Complaint> {
    if payload.len() > PAYLOAD_MAX {
        let detail = format!("too long: {} bytes, at most {PAYLOAD_MAX}", payload.len());
        return Err(Complaint::new(Refusal::Oversized, detail));
    }
    // What is no UTF-8, the degree sign of a unit for instance, spoils none of the numbers.
    let text = String::from_utf8_lossy(payload);
    let text = text.trim_start_matches('\u{feff}');
    let read = serde_json::from_str(text)
        .or_else(|error| serde_json::from_str(&with_texts_for_odd_words(text)).map_err(|_| error));
    match read {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Complaint::new(Refusal::NotJson, format!("no JSON object, but {}", shown(&other)))),
        Err(_) if text.trim().is_empty() => Err(Complaint::new(Refusal::NotJson, "an empty message")),
        Err(error) => Err(Complaint::new(Refusal::NotJson, format!("no JSON object: {error}"))),
    }
}

/// The text with quotation marks about each word between its punctuation that is none of JSON's: `nan`, `Infinity`, `1e999`.
fn with_texts_for_odd_words(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => string_len(rest),
            _ if is_of_a_word(first) => rest.find(|c| !is_of_a_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at(len);
        if is_of_a_word(first) && serde_json::from_str::<Value>(piece).is_err() {
            quoted.extend(["\"", piece, "\""]);
        } else {
            quoted.push_str(piece);
        }
        rest = after;
    }
    quoted
}

fn is_of_a_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')
}

/// Length of the text in quotation marks that this begins with, bytes.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// A value as a complaint shows it.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}

/// The names of an object's fields.
fn keys(object: &Map<String, Value>) -> String {
    let names: Vec<_> = object.keys().take(8).map(|name| format!("{name:.40}")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn time_ns(object: &Map<String, Value>) -> Result<i128, Complaint> {
    let complaint = |detail: String| Complaint::new(Refusal::NoTime, detail);
    let said = object.get("time").filter(|said| !said.is_null());
    let said = said.ok_or_else(|| complaint(format!("\"time\" is missing: it has {}", keys(object))))?;
    if let Some(number) = number(said) {
        return since_1970(number).ok_or_else(|| complaint(format!("time: {} is no time since 1970", shown(said))));
    }
    let text = said.as_str().unwrap_or_default();
    match text.parse::<jiff::Timestamp>() {
        Ok(stamp) => Ok(stamp.as_nanosecond()),
        Err(_) if text.parse::<jiff::civil::DateTime>().is_ok() => {
            Err(complaint(format!("time: {} has no zone; write Z for UTC, or an offset like -05:00", shown(said))))
        }
        Err(_) => Err(complaint(format!(
            "time: {} is neither RFC 3339 (2026-07-04T23:15:00Z) nor seconds since 1970",
            shown(said)
        ))),
    }
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970 in nanoseconds: this century in each is told by its size.
fn since_1970(number: f64) -> Option<i128> {
    let scale = [(1e8..1e10, 1e9), (1e11..1e13, 1e6), (1e14..1e16, 1e3), (1e17..1e19, 1.0)];
    let (_, to_ns) = scale.into_iter().find(|(range, _)| range.contains(&number))?;
    // Whole units apart, so that a fraction of a second keeps its digits.
    Some((number.trunc() as i128) * to_ns as i128 + (number.fract() * to_ns) as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2027-01-15T08:00:00Z.
    const THEN: i128 = 1_800_000_000_000_000_000;

    fn parse(payload: &str) -> Result<Message, Complaint> {
        Message::parse(payload.as_bytes(), &Config::default())
    }

    #[test]
    fn only_topics_of_this_venue_are_known() {
        let known = |topic| Topic::parse("busch_iii", topic);
        assert_eq!(known("stadium/busch_iii/environment/roof-2"), Ok(Topic::Sensor("roof-2")));
        assert_eq!(known("stadium/busch_iii/camera/7/vibration"), Ok(Topic::Camera(7)));
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
            assert_eq!(known(wrong).map_err(|complaint| complaint.why), Err(Refusal::Topic), "{wrong}");
        }
        let told = |topic: &str| Topic::parse("busch_iii", topic).expect_err("wrong").to_string();
        for (topic, says) in [
            ("stadium/wrigley/environment/roof", "not a topic of this venue"),
            ("stadium/busch_iii/environment/roof/temp", "publish to stadium/busch_iii/environment/roof-temp"),
            ("stadium/busch_iii/environment/roof sensor", "\"roof sensor\" is none"),
            (&format!("stadium/busch_iii/environment/{}", "x".repeat(65)), "1 to 64 of"),
            ("stadium/busch_iii/camera/40/vibration", "camera/1/vibration to camera/39"),
        ] {
            assert!(told(topic).contains(says), "{topic}: {}", told(topic));
        }
    }

    #[test]
    fn every_field_may_be_missing_and_an_implausible_one_takes_no_other_with_it() {
        let full = r#"{"time":"2027-01-15T08:00:00Z","temperature_c":21.1,"humidity_pct":50,"pressure_hpa":996.2,
            "wind_speed_mps":3,"wind_direction_deg":350,"colour":"blue"}"#;
        let message = parse(full).expect("well made");
        assert_eq!(message.values, [Some(21.1), Some(50.0), Some(996.2), Some(3.0), Some(350.0)]);
        assert_eq!((message.time_ns, message.implausible, message.fault), (THEN, 0, None));
        let odd = r#"{"time":"2027-01-15T08:00:00Z","temperature_c":81,"humidity_pct":null,"pressure_hpa":"high"
            ,"wind_speed_mps":-1,"wind_direction_deg":12}"#;
        let message = parse(odd).expect("one value is good");
        assert_eq!((message.values[4], message.implausible), (Some(12.0), 3));
        assert_eq!(message.values[..4], [None; 4]);
        let fault = message.fault.expect("told");
        for words in
            ["temperature_c: 81 is beyond -40 to 55", "pressure_hpa: \"high\" is no number", "wind_speed_mps: -1"]
        {
            assert!(fault.contains(words), "{fault}");
        }
    }

    #[test]
    fn what_sensors_write_for_a_number_is_read() {
        for said in [r#""21.5""#, r#"" 21.5 ""#, "21.5", "2.15e1", "+21.5"] {
            let message = parse(&format!(r#"{{"time":"2027-01-15T08:00:00Z","temperature_c":{said}}}"#)).expect(said);
            assert_eq!((message.values[0], message.fault), (Some(21.5), None), "{said}");
        }
        for odd in ["nan", "NaN", "-Infinity", "1e999", "--", "unavailable", r#""21,5""#, "[21.5]", "true"] {
            let payload = format!(
                r#"{{"time":"2027-01-15T08:00:00Z","note":"nan: \"x, 1e999","temperature_c":{odd},"pressure_hpa":998.3}}"#
            );
            let message = parse(&payload).expect(odd);
            assert_eq!((message.values[0], message.values[2]), (None, Some(998.3)), "{odd}");
            assert!(message.fault.is_some_and(|fault| fault.starts_with("temperature_c: ")), "{odd}");
        }
        let latin = b"\xef\xbb\xbf{\"time\":\"2027-01-15T08:00:00Z\",\"unit\":\"\xb0C\",\"temperature_c\":21.5}";
        assert_eq!(Message::parse(latin, &Config::default()).map(|message| message.values[0]), Ok(Some(21.5)));
    }

    #[test]
    fn times_are_read_in_rfc_3339_and_since_1970_in_each_unit() {
        let at = |time: &str| parse(&format!(r#"{{"time":{time},"temperature_c":20}}"#)).map(|message| message.time_ns);
        for time in [
            r#""2027-01-15T08:00:00Z""#,
            r#""2027-01-15T02:00:00-06:00""#,
            "1800000000",
            r#""1800000000""#,
            "1800000000000",
            "1.8e15",
            "1800000000000000000",
        ] {
            assert_eq!(at(time), Ok(THEN), "{time}");
        }
        assert_eq!(at("1800000000.25"), Ok(THEN + 250_000_000));
        for (time, words) in [
            (r#""2027-01-15T08:00:00""#, "has no zone"),
            (r#""yesterday""#, "neither RFC 3339"),
            ("12345", "is no time since 1970"),
            ("true", "neither RFC 3339"),
        ] {
            let complaint = at(time).expect_err(time);
            assert!(complaint.why == Refusal::NoTime && complaint.detail.contains(words), "{complaint:?}");
        }
    }

    #[test]
    fn rubbish_is_refused_by_cause_and_in_words() {
        let tasmota = r#"{"Time":"2026-07-04T18:15:00","BME280":{"Temperature":21.5}}"#;
        for (payload, why, words) in [
            (String::new(), Refusal::NotJson, "an empty message"),
            ("[1,2]".into(), Refusal::NotJson, "no JSON object, but [1,2]"),
            ("21.5".into(), Refusal::NotJson, "no JSON object, but 21.5"),
            ("unavailable".into(), Refusal::NotJson, "no JSON object, but \"unavailable\""),
            ("{\"time\":".into(), Refusal::NotJson, "no JSON object: EOF"),
            ("[".repeat(4000), Refusal::NotJson, "recursion"),
            ("x".repeat(PAYLOAD_MAX + 1), Refusal::Oversized, "too long: 4097 bytes, at most 4096"),
            (r#"{"temperature_c":20}"#.into(), Refusal::NoTime, "\"time\" is missing: it has temperature_c"),
            (tasmota.into(), Refusal::NoTime, "it has BME280, Time"),
            (
                r#"{"time":"2027-01-15T08:00:00Z","temperature_f":70}"#.into(),
                Refusal::Empty,
                "it has temperature_f, time; known are",
            ),
            (
                r#"{"time":"2027-01-15T08:00:00Z","humidity_pct":101}"#.into(),
                Refusal::Implausible,
                "humidity_pct: 101 is beyond 2 to 100",
            ),
        ] {
            let complaint = parse(&payload).expect_err("refused");
            assert!(complaint.why == why && complaint.detail.contains(words), "{payload:.60}: {complaint:?}");
        }
    }

    #[test]
    fn vibration_is_a_number_of_g() {
        let read = |said: &str| {
            let payload = format!(r#"{{"time":"2027-01-15T08:00:00Z"{said}}}"#);
            vibration(payload.as_bytes()).map_err(|complaint| complaint.why)
        };
        assert_eq!(read(r#","rms_g":0.12"#), Ok((THEN, 0.12)));
        assert_eq!(read(r#","rms_g":"0.12""#), Ok((THEN, 0.12)));
        assert_eq!(read(r#","rms_g":-0.1"#), Err(Refusal::Implausible));
        assert_eq!(read(r#","rms_g":99"#), Err(Refusal::Implausible));
        assert_eq!(read(""), Err(Refusal::Empty));
    }
}
