//! What `demo` prints: a line a pitch, a line an alert, made for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;

use super::out::say;
use crate::readiness::{Alert, Index, Readiness, Severity, whole};
use crate::records::{PitchRecord, State};
use crate::tracking::venue::Venue;

/// Lines between two headings.
const HEADING_EVERY: usize = 24;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

/// Prints pitches with the readiness behind them.
#[derive(Debug)]
pub(super) struct DemoTable {
    colour: bool,
    mounds: BTreeMap<u8, String>,
    zone: jiff::tz::TimeZone,
    /// The pitch that waits for its pitcher's readiness.
    pending: Option<PitchRecord>,
    lines: usize,
}

impl DemoTable {
    pub(super) fn new(venue: &Venue) -> Self {
        Self {
            colour: std::io::stdout().is_terminal(),
            mounds: venue.mounds.iter().map(|m| (m.id.0, m.name.clone())).collect(),
            zone: jiff::tz::TimeZone::get(&venue.time_zone).unwrap_or(jiff::tz::TimeZone::UTC),
            pending: None,
            lines: 0,
        }
    }

    /// A pitch: shown when first published, with the readiness that follows it. Later revisions show in the API.
    pub(super) fn pitch(&mut self, pitch: &PitchRecord) {
        self.flush();
        if pitch.revision == 0 {
            self.pending = Some(pitch.clone());
        }
    }

    pub(super) fn readiness(&mut self, readiness: &Readiness) {
        let of_it = |p: &mut PitchRecord| (p.pitcher, p.mound) == (Some(readiness.pitcher.0), readiness.mound.0);
        if let Some(pitch) = self.pending.take_if(of_it) {
            self.line(&pitch, Some(readiness));
        }
    }

    pub(super) fn alert(&mut self, alert: &Alert, raised: bool) {
        self.flush();
        let (mark, colour) = match (raised, alert.severity) {
            (false, _) => ("over:   ", GREEN),
            (true, Severity::Warning) => ("WARNING ", YELLOW),
            (true, Severity::Critical) => ("CRITICAL", RED),
        };
        let why = alert.cleared_because.as_ref().filter(|_| !raised).map(|why| format!(" ({why})")).unwrap_or_default();
        say!("          {}{mark}{} {}{why}", self.paint(colour), self.paint(PLAIN), alert.message);
    }

    /// Shows a pitch that no readiness followed: nobody is known to have thrown it.
    pub(super) fn flush(&mut self) {
        if let Some(pitch) = self.pending.take() {
            self.line(&pitch, None);
        }
    }

    fn line(&mut self, pitch: &PitchRecord, readiness: Option<&Readiness>) {
        if self.lines.is_multiple_of(HEADING_EVERY) {
            say!(
                "{}{:8}  {:16} {:20} {:>3} {:4} {:>12}  {:>13}  {:>4}  {:^13} {:^13} {:11}{}",
                self.paint(BOLD),
                "time",
                "mound",
                "pitcher",
                "no.",
                "type",
                "mph",
                "plate x, z ft",
                "cams",
                "readiness",
                "fatigue",
                "state",
                self.paint(PLAIN)
            );
        }
        self.lines += 1;
        let v = &pitch.values;
        let sd = pitch.sd.unwrap_or_default();
        let number = |value: Option<f64>, digits: usize| value.map_or("–".to_owned(), |v| format!("{v:.digits$}"));
        let speed = match (v.release_speed, sd.release_speed) {
            (Some(value), Some(sd)) => format!("{value:.1} ±{sd:.2}"),
            (value, _) => number(value, 1),
        };
        let mound = self.mounds.get(&pitch.mound).map_or("?", String::as_str);
        let name = readiness.map_or("(no mark yet)", |r| r.name.as_str());
        let count = readiness
            .map_or_else(|| "0".to_owned(), |r| format!("{}{}", if r.is_at_least() { "≥" } else { "" }, r.pitches));
        let mut line = format!(
            "{}  {mound:16} {name:20} {count:>3} {:4} {speed:>12}  {:>6} {:>6}  {:>4}  ",
            self.time(pitch.release_ns),
            pitch.pitch_type,
            number(v.plate_x, 2),
            number(v.plate_z, 2),
            pitch.cameras,
        );
        if let Some(r) = readiness {
            let colour = match r.readiness.value {
                _ if r.state == State::Held => DIM,
                Some(value) if value < 60.0 => RED,
                Some(value) if value < 80.0 => YELLOW,
                Some(_) => GREEN,
                None => DIM,
            };
            let _ = write!(
                line,
                "{}{:^13}{} {:^13} {:11}",
                self.paint(colour),
                interval(&r.readiness, whole),
                self.paint(PLAIN),
                interval(&r.fatigue, |value| format!("{value:.0}")),
                state(r)
            );
        }
        if !pitch.flags.is_empty() {
            let _ = write!(line, " {}{}{}", self.paint(YELLOW), pitch.flags.join(", "), self.paint(PLAIN));
        }
        say!("{}", line.trim_end());
        if let Some(reason) =
            readiness.filter(|r| r.readiness.value.is_some_and(|v| v < 90.0)).and_then(|r| r.reasons.first())
        {
            say!("          {}{reason}{}", self.paint(DIM), self.paint(PLAIN));
        }
    }

    fn time(&self, ns: u64) -> String {
        jiff::Timestamp::from_nanosecond(i128::from(ns))
            .map_or_else(|_| "--:--:--".to_owned(), |t| t.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string())
    }

    fn paint(&self, colour: &'static str) -> &'static str {
        if self.colour { colour } else { "" }
    }
}

fn interval(index: &Index, shown: impl Fn(f64) -> String) -> String {
    match (index.value, index.low, index.high) {
        (Some(value), Some(low), Some(high)) => format!("{} ({}–{})", shown(value), shown(low), shown(high)),
        _ => "–".to_owned(),
    }
}

/// A held number says of which pitch it is; where there is none, nothing is held.
fn state(readiness: &Readiness) -> String {
    match (readiness.state, &readiness.as_of) {
        (State::Provisional, _) => "provisional".to_owned(),
        (State::Final, _) => "final".to_owned(),
        (State::Held, Some(as_of)) => format!("held, of {}", as_of.pitches),
        (State::Held, None) => "no number".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_on_the_board_is_never_rounded_over_a_limit() {
        let index = Index { value: Some(79.6), low: Some(71.2), high: Some(83.9), one_sided: None };
        assert_eq!(interval(&index, whole), "79 (71–83)");
        assert_eq!(interval(&Index::default(), whole), "–");
    }
}
