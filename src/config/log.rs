//! `[log]`: what the log tells.

use std::fmt;
use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};

/// `[log]`: what the log tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogConfig {
    /// From which level on, room by room where that differs.
    pub level: LogLevel,
}

/// A level for all, then levels for single rooms: `info,ingest=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevel {
    all: LevelFilter,
    rooms: Vec<(String, LevelFilter)>,
}

/// The rooms, which a level can be set for.
const ROOMS: [&str; 31] = [
    "api",
    "bounds",
    "calibration",
    "cli",
    "clock",
    "config",
    "daemon",
    "day",
    "disk",
    "environment",
    "features",
    "history",
    "ids",
    "ingest",
    "journal",
    "moment",
    "observe",
    "pipeline",
    "queries",
    "readiness",
    "records",
    "reorder",
    "risk",
    "signal",
    "simulate",
    "store",
    "tracking",
    "units",
    "upstream",
    "words",
    "workload",
];

/// A text that is no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogLevelError {
    /// It does not read.
    #[error("says {0:?}; write error, warn, info, debug or trace, and ROOM=LEVEL after commas: \"info,ingest=debug\"")]
    Unreadable(String),
    /// Nothing is called so.
    #[error("sets a level for {0:?}, which is no room of this program; write one of {rooms}", rooms = ROOMS.join(", "))]
    NoRoom(String),
}

impl Default for LogLevel {
    fn default() -> Self {
        Self { all: LevelFilter::INFO, rooms: Vec::new() }
    }
}

impl LogLevel {
    /// What is let through. A room is a module of this program, by its name or its path (`ingest`, `daemon::merge`).
    pub fn targets(&self) -> Targets {
        let rooms = self.rooms.iter().map(|(room, level)| (format!("pitchguard::{room}"), *level));
        Targets::new().with_default(self.all).with_targets(rooms)
    }
}

impl FromStr for LogLevel {
    type Err = LogLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |part: &str| LogLevelError::Unreadable(part.to_owned());
        // The levels' own names only: numbers and the empty text would be read too.
        let level = |part: &str| match part {
            "off" | "error" | "warn" | "info" | "debug" | "trace" => part.parse().map_err(|_| wrong(part)),
            _ => Err(wrong(part)),
        };
        let mut parts = text.split(',').map(str::trim);
        let all = level(parts.next().unwrap_or_default())?;
        let named = |c: char| c.is_ascii_lowercase() || c == '_' || c == ':';
        let rooms = parts
            .map(|part| {
                let (room, at) = part.split_once('=').ok_or_else(|| wrong(part))?;
                if room.is_empty() || !room.chars().all(named) {
                    return Err(wrong(part));
                }
                if !ROOMS.contains(&room.split("::").next().unwrap_or_default()) {
                    return Err(LogLevelError::NoRoom(room.to_owned()));
                }
                Ok((room.to_owned(), level(at)?))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { all, rooms })
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.all)?;
        self.rooms.iter().try_for_each(|(room, level)| write!(f, ",{room}={level}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_read_back_as_they_are_written_and_what_is_none_is_refused() {
        for text in ["info", "warn,ingest=debug", "off,daemon::merge=trace,api=info"] {
            let level: LogLevel = text.parse().expect(text);
            assert_eq!(level.to_string(), text);
        }
        for text in ["", "inof", "3", "ingest=debug", "info,ingest", "info,=debug", "info,In gest=debug", "info,"] {
            assert!(text.parse::<LogLevel>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_room_that_is_none_is_refused_and_each_that_is_one_is_known() {
        for (text, room) in [("info,inges=debug", "inges"), ("info,api=info,merge::x=warn", "merge::x")] {
            assert_eq!(text.parse::<LogLevel>(), Err(LogLevelError::NoRoom(room.to_owned())));
        }
        let library = include_str!("../lib.rs");
        let modules = library.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
        let rooms = modules.map(|module| module.trim_end_matches(';')).filter(|module| !module.ends_with("_tests"));
        assert_eq!(rooms.collect::<Vec<_>>(), ROOMS);
    }

    #[test]
    fn a_room_may_say_more_than_the_others() {
        let targets = "warn,ingest=debug".parse::<LogLevel>().expect("a level").targets();
        assert!(targets.would_enable("pitchguard::ingest::udp", &tracing::Level::DEBUG));
        assert!(!targets.would_enable("pitchguard::api", &tracing::Level::INFO));
        assert!(targets.would_enable("pitchguard::api", &tracing::Level::WARN));
    }
}
