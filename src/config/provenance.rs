//! Each value with where it came from, for `pitchguard config show`.

use std::fmt;

use serde::Serialize;

use super::error::Place;

/// One key's value as in effect, and its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// Section of the file.
    pub section: &'static str,
    /// Key in that section.
    pub key: String,
    /// The value; none where the key is not set and has no value by default.
    pub value: Option<toml::Value>,
    /// Who said so.
    pub place: Place,
}

/// Every key of the configuration, in the order of the documentation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Provenance(pub Vec<Origin>);

impl Provenance {
    /// The origin of one key.
    pub fn of(&self, section: &str, key: &str) -> Option<&Origin> {
        self.0.iter().find(|o| o.section == section && o.key == key)
    }

    /// One JSON object per key: `section`, `key`, `value`, `from`.
    ///
    /// # Errors
    /// None in practice: every value is plain TOML, which JSON can hold.
    pub fn to_json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Row<'a> {
            section: &'a str,
            key: &'a str,
            value: Option<&'a toml::Value>,
            from: String,
        }
        let rows: Vec<Row<'_>> = self
            .0
            .iter()
            .map(|o| Row { section: o.section, key: &o.key, value: o.value.as_ref(), from: o.place.to_string() })
            .collect();
        serde_json::to_string_pretty(&rows)
    }
}

/// As a TOML file that could be read back, each line with a comment that says where the value came from.
impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut section = "";
        for origin in &self.0 {
            if origin.section != section {
                if !section.is_empty() {
                    writeln!(f)?;
                }
                section = origin.section;
                writeln!(f, "[{section}]")?;
            }
            let line = match &origin.value {
                Some(value) => format!("{} = {value}", origin.key),
                None => format!("# {} is not set", origin.key),
            };
            writeln!(f, "{line:<48} # {}", origin.place)?;
        }
        Ok(())
    }
}
