//! How one key's value is read from TOML and shown again, per type.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeValue;

use super::log::LogLevel;
use super::sections::Auth;
use crate::environment::BrokerUrl;
use crate::ingest::SerialLine;
use crate::ingest::line::LINES_MAX;
use crate::upstream::{BoxName, SigningKey, UpstreamKind};

/// Faults found in one value, each with its span of the text.
pub(super) type Faults = Vec<(Range<usize>, String)>;

/// A type that a key can have.
pub(super) trait Setting: Sized {
    /// The value, or nothing after having reported at least one fault.
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self>;
    /// For `config show`.
    fn show(&self) -> Option<toml::Value>;
}

/// Reads a value with a function that says what it should have been.
fn expect<T>(
    value: &Spanned<DeValue<'_>>,
    faults: &mut Faults,
    wanted: &str,
    read: impl FnOnce(&DeValue<'_>) -> Option<T>,
) -> Option<T> {
    let out = read(value.get_ref());
    if out.is_none() {
        faults.push((value.span(), format!("is {}; write {wanted}", describe(value.get_ref()))));
    }
    out
}

/// A value in words: `"text"`, `true`, `an array`.
pub(super) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) => "an array".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

impl Setting for bool {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        expect(value, faults, "true or false", |v| match v {
            DeValue::Boolean(flag) => Some(*flag),
            _ => None,
        })
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(*self))
    }
}

impl Setting for u32 {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        expect(value, faults, "a whole number", |v| {
            let number = v.as_integer()?;
            Self::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(*self))
    }
}

impl Setting for u64 {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        expect(value, faults, "a whole number", |v| {
            let number = v.as_integer()?;
            // TOML's own integers have a sign.
            Self::from_str_radix(number.as_str(), number.radix()).ok().filter(|x| i64::try_from(*x).is_ok())
        })
    }
    fn show(&self) -> Option<toml::Value> {
        i64::try_from(*self).ok().map(toml::Value::from)
    }
}

impl Setting for f64 {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        expect(value, faults, "a number such as 7.0", |v| {
            let text = match v {
                DeValue::Float(number) => number.as_str(),
                DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
                _ => return None,
            };
            text.parse::<Self>().ok().filter(|x| x.is_finite())
        })
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(*self))
    }
}

impl Setting for SocketAddr {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        expect(value, faults, "an address and a port such as \"127.0.0.1:7117\" or \"[::1]:7117\"", |v| {
            v.as_str()?.parse().ok()
        })
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.to_string()))
    }
}

impl Setting for PathBuf {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        expect(value, faults, "a path in quotes", |v| v.as_str().filter(|p| !p.is_empty()).map(Self::from))
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.display().to_string()))
    }
}

impl<T: Setting> Setting for Option<T> {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        T::read(value, faults).map(Some)
    }
    fn show(&self) -> Option<toml::Value> {
        self.as_ref().and_then(Setting::show)
    }
}

impl Setting for String {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        expect(value, faults, "a text in quotes", |v| v.as_str().filter(|t| !t.trim().is_empty()).map(Self::from))
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.clone()))
    }
}

impl Setting for UpstreamKind {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        expect(value, faults, "\"off\", \"https\" or \"nats\"", |v| match v.as_str()? {
            "off" => Some(Self::Off),
            "https" => Some(Self::Https),
            "nats" => Some(Self::Nats),
            _ => None,
        })
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.as_str()))
    }
}

impl Setting for BoxName {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        let text = expect(value, faults, "a name such as \"busch_iii\"", |v| v.as_str().map(str::to_owned))?;
        text.parse().map_err(|error| faults.push((value.span(), format!("{error}")))).ok()
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.to_string()))
    }
}

/// `["00…ff"]`: public keys, each as 64 hexadecimal digits.
impl Setting for Vec<SigningKey> {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        let DeValue::Array(array) = value.get_ref() else {
            return expect(value, faults, "a list of public keys, each of 64 hexadecimal digits in quotes", |_| None);
        };
        let keys: Vec<_> = array
            .iter()
            .map(|item| {
                let text = expect(item, faults, "64 hexadecimal digits in quotes", |v| v.as_str().map(str::to_owned))?;
                text.parse().map_err(|error| faults.push((item.span(), format!("{error}")))).ok()
            })
            .collect();
        keys.into_iter().collect()
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.iter().map(SigningKey::to_string).collect::<Vec<_>>()))
    }
}

impl Setting for Auth {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        expect(value, faults, "\"off\" or \"required\"", |v| match v.as_str()? {
            "off" => Some(Self::Off),
            "required" => Some(Self::Required),
            _ => None,
        })
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(match self {
            Self::Off => "off",
            Self::Required => "required",
        }))
    }
}

impl Setting for LogLevel {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        let text = expect(value, faults, "a level such as \"info\"", |v| v.as_str().map(str::to_owned))?;
        text.parse().map_err(|error| faults.push((value.span(), format!("{error}")))).ok()
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.to_string()))
    }
}

/// Shown without its password, so what is shown cannot be read back.
impl Setting for BrokerUrl {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        let wanted = "\"mqtt://HOST:PORT\"";
        let text = expect(value, faults, wanted, |v| v.as_str().map(str::to_owned))?;
        // The text itself is not repeated: it may hold a password.
        text.parse().map_err(|error| faults.push((value.span(), format!("{error}")))).ok()
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.to_string()))
    }
}

impl Setting for Vec<String> {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        let DeValue::Array(array) = value.get_ref() else {
            return expect(value, faults, "a list of texts such as [\"bullpen.local\"]", |_| None);
        };
        let texts: Vec<_> = array
            .iter()
            .map(|item| {
                expect(item, faults, "a text in quotes", |v| {
                    v.as_str().filter(|t| !t.trim().is_empty()).map(String::from)
                })
            })
            .collect();
        texts.into_iter().collect()
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.clone()))
    }
}

/// `["/dev/ttyUSB0@921600"]`: devices, each with its speed, each once.
impl Setting for Vec<SerialLine> {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        let DeValue::Array(array) = value.get_ref() else {
            return expect(value, faults, "a list such as [\"/dev/ttyUSB0@921600\"]", |_| None);
        };
        let before = faults.len();
        let mut lines = Self::new();
        for item in array {
            let text = expect(item, faults, "a device's path and its speed, such as \"/dev/ttyUSB0@921600\"", |v| {
                v.as_str().map(str::to_owned)
            });
            match text.map(|text| text.parse::<SerialLine>()) {
                Some(Ok(line)) if lines.iter().any(|other| other.device() == line.device()) => {
                    let device = line.device().display();
                    faults.push((item.span(), format!("names {device} twice; leave one of the two out")));
                }
                Some(Ok(line)) => lines.push(line),
                Some(Err(error)) => faults.push((item.span(), error.to_string())),
                None => {}
            }
        }
        if lines.len() > LINES_MAX {
            faults.push((value.span(), format!("names {} lines; {LINES_MAX} at most", lines.len())));
        }
        (faults.len() == before).then_some(lines)
    }
    fn show(&self) -> Option<toml::Value> {
        Some(toml::Value::from(self.iter().map(SerialLine::to_string).collect::<Vec<_>>()))
    }
}

/// `{ 1 = "192.0.2.11" }`: a source and the one address that it may send from.
impl Setting for BTreeMap<u8, IpAddr> {
    fn read(value: &Spanned<DeValue<'_>>, faults: &mut Faults) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            return expect(value, faults, "a table such as { 1 = \"192.0.2.11\" }", |_| None);
        };
        let before = faults.len();
        let mut sources = Self::new();
        for (key, address) in table {
            let source = key.get_ref().parse::<u8>().ok().filter(|id| (1..=63).contains(id));
            if source.is_none() {
                faults
                    .push((key.span(), format!("names source {:?}; a source is a number from 1 to 63", key.get_ref())));
            }
            let address = expect(address, faults, "the address it sends from, such as \"192.0.2.11\"", |v| {
                v.as_str()?.parse::<IpAddr>().ok()
            });
            if let (Some(source), Some(address)) = (source, address)
                && sources.insert(source, address.to_canonical()).is_some()
            {
                faults.push((key.span(), format!("names source {source} twice; leave one of the two out")));
            }
        }
        (faults.len() == before).then_some(sources)
    }
    fn show(&self) -> Option<toml::Value> {
        let table: toml::Table =
            self.iter().map(|(id, address)| (id.to_string(), toml::Value::from(address.to_string()))).collect();
        Some(toml::Value::Table(table))
    }
}
