//! Alerts with hysteresis (science.md §6).
//!
//! Each rule watches one number of one pitcher. It raises when so many new pitches in a row are beyond a limit, and
//! clears when so many in a row are back inside the clear value, which lies apart from the limit: a value on the line
//! does not flap. Of an early result, of the first cameras, it counts only where the whole interval is beyond, or inside: what the
//! full one will say is somewhere in it. A revision of the newest pitch judges that pitch again instead of counting as another one, and an
//! alert that stands is never raised a second time. A critical alert takes the place of its warning.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::alert::{Alert, Audience, Severity};
use super::config::{AlertConfig, Limit, Limits};
use super::words::{self, LastGood, Telling};
use crate::bounds::{Bound, Fault};
use crate::ids::{EventNs, MoundId, PitcherId};

/// What an alert watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Readiness; low is bad.
    Readiness,
    /// `velocity_delta_5`; low is bad.
    VelocityDelta,
    /// Late-data fraction; high is bad.
    LateDataFrac,
    /// Smallest feature QA; low is bad.
    FeatureQaMin,
    /// Confidence in the rig's calibration; low is bad.
    CalibrationConfidence,
}

impl Rule {
    /// All rules, in the order in which they are judged: causes before consequences.
    pub const ALL: [Self; 5] =
        [Self::CalibrationConfidence, Self::LateDataFrac, Self::FeatureQaMin, Self::VelocityDelta, Self::Readiness];

    /// The rule's name on every interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Readiness => "readiness",
            Self::VelocityDelta => "velocity_delta",
            Self::LateDataFrac => "late_data_frac",
            Self::FeatureQaMin => "feature_qa_min",
            Self::CalibrationConfidence => "calibration_confidence",
        }
    }

    fn limits(self, config: &AlertConfig) -> Limits {
        match self {
            Self::Readiness => config.readiness,
            Self::VelocityDelta => config.velocity_delta,
            Self::LateDataFrac => config.late_data_frac,
            Self::FeatureQaMin => config.feature_qa_min,
            Self::CalibrationConfidence => config.calibration_confidence,
        }
    }

    /// Who is to see it: what cameras are trusted to is for who looks after them, and the coach sees what it does to a number.
    fn audience(self) -> Audience {
        match self {
            Self::CalibrationConfidence => Audience::Engineer,
            Self::Readiness | Self::VelocityDelta | Self::LateDataFrac | Self::FeatureQaMin => Audience::Coach,
        }
    }

    /// The least and the most that can be meant by a limit of its number.
    fn range(self) -> (f64, f64) {
        match self {
            Self::Readiness => (0.0, 100.0),
            // What is lost is negative; nobody loses more from one day to another.
            Self::VelocityDelta => (-20.0, 0.0),
            Self::LateDataFrac | Self::FeatureQaMin | Self::CalibrationConfidence => (0.0, 1.0),
        }
    }

    /// Its limits, each with its key in `[readiness]`.
    fn keyed(self, config: &AlertConfig) -> impl Iterator<Item = (String, Limit)> {
        let Limits { warning, critical } = self.limits(config);
        let limits = [("warning", warning), ("critical", critical)];
        limits
            .into_iter()
            .filter_map(move |(severity, limit)| Some((format!("alerts.{}.{severity}", self.name()), limit?)))
    }

    /// What its limits may be.
    pub(super) fn bounds(self, config: &AlertConfig) -> Vec<Bound> {
        let (low, high) = self.range();
        let of = |(key, Limit { raise, clear }): (String, Limit)| {
            [("raise", raise), ("clear", clear)].map(|(name, x)| Bound::new(format!("{key}.{name}"), x, low, high))
        };
        self.keyed(config).flat_map(of).collect()
    }

    /// Where its limits contradict each other: one clears on its bad side, or the critical one does not lie beyond the warning.
    pub(super) fn contradictions(self, config: &AlertConfig) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, Limit { raise, clear }) in self.keyed(config) {
            if self.goodness(clear) < self.goodness(raise) {
                let way = if self.low_is_bad() { "above" } else { "below" };
                let why = format!(
                    "is {clear} and its raise {raise}; write a clear {way} raise, so that it does not clear while it raises"
                );
                faults.push(Fault::of_two(format!("{key}.clear"), format!("{key}.raise"), why));
            }
        }
        let Limits { warning, critical } = self.limits(config);
        if let (Some(warning), Some(critical)) = (warning, critical)
            && self.goodness(critical.raise) > self.goodness(warning.raise)
        {
            let (raise, warning) = (critical.raise, warning.raise);
            let why = format!("is {raise} and that of the warning {warning}; the critical one must be the worse");
            let key = |severity| format!("alerts.{}.{severity}.raise", self.name());
            faults.push(Fault::of_two(key("critical"), key("warning"), why));
        }
        faults
    }

    /// The limit of a severity.
    fn limit(self, config: &AlertConfig, severity: Severity) -> Option<Limit> {
        let Limits { warning, critical } = self.limits(config);
        if severity == Severity::Critical { critical } else { warning }
    }

    /// Whether a low value is the bad one.
    pub(super) fn low_is_bad(self) -> bool {
        match self {
            Self::Readiness | Self::VelocityDelta | Self::FeatureQaMin | Self::CalibrationConfidence => true,
            Self::LateDataFrac => false,
        }
    }

    /// Turned so that low is bad, for all rules alike.
    fn goodness(self, x: f64) -> f64 {
        if self.low_is_bad() { x } else { -x }
    }
}

/// Pitches in a row of which something holds. A revised pitch is judged again on top of those before it.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Streak {
    before: u32,
    now: u32,
}

impl Streak {
    fn judge(&mut self, holds: bool, new_pitch: bool) {
        if new_pitch {
            self.before = self.now;
        }
        self.now = if holds { self.before.saturating_add(1) } else { 0 };
    }
}

/// One limit's streaks.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Line {
    beyond: Streak,
    inside: Streak,
}

impl Line {
    fn judge(&mut self, rule: Rule, limit: Option<Limit>, seen: Seen, new_pitch: bool) {
        if let Some(limit) = limit {
            let (one, other) = (rule.goodness(seen.low), rule.goodness(seen.high));
            self.beyond.judge(one.max(other) < rule.goodness(limit.raise), new_pitch);
            self.inside.judge(one.min(other) >= rule.goodness(limit.clear), new_pitch);
        }
    }
}

/// One rule's state for one pitcher.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Watch {
    standing: Option<(Severity, u64)>,
    warning: Line,
    critical: Line,
}

impl Watch {
    /// The severity that should stand now.
    fn judge(&mut self, rule: Rule, config: &AlertConfig, value: Seen, new_pitch: bool) -> Option<Severity> {
        let limits = rule.limits(config);
        self.warning.judge(rule, limits.warning, value, new_pitch);
        self.critical.judge(rule, limits.critical, value, new_pitch);
        let raised =
            |line: &Line, limit: Option<Limit>| limit.is_some() && line.beyond.now >= config.raise_pitches.max(1);
        let cleared = |line: &Line| line.inside.now >= config.clear_pitches.max(1);
        let standing = self.standing.map(|(severity, _)| severity);
        if raised(&self.critical, limits.critical) || (standing == Some(Severity::Critical) && !cleared(&self.critical))
        {
            return Some(Severity::Critical);
        }
        let warned = match standing {
            None => raised(&self.warning, limits.warning),
            Some(Severity::Warning) => !cleared(&self.warning),
            // A critical one that clears leaves a warning behind unless the value is clear of that too.
            Some(Severity::Critical) => limits.warning.is_some() && self.warning.inside.now == 0,
        };
        warned.then_some(Severity::Warning)
    }
}

/// A number that is watched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) value: f64,
    /// Between what it may be, as far as a judgement may rest on it: the value itself where that is as known as it will be.
    pub(super) low: f64,
    pub(super) high: f64,
}

impl From<f64> for Seen {
    fn from(value: f64) -> Self {
        Self { value, low: value, high: value }
    }
}

/// Whose pitch is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    pub(super) pitcher: PitcherId,
    pub(super) mound: MoundId,
    /// Its release.
    pub(super) at: EventNs,
    /// Whether it was judged before, in another revision, or is new.
    pub(super) new_pitch: bool,
}

/// What changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Changes {
    pub(super) raised: Vec<Alert>,
    pub(super) cleared: Vec<Alert>,
}

/// The rules of one pitcher.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Watches([Watch; Rule::ALL.len()]);

impl Watches {
    /// Judges every rule whose value is known. `message` words an alert of a rule at a severity.
    pub(super) fn judge(
        &mut self,
        book: &mut Book,
        config: &AlertConfig,
        subject: Subject,
        seen_of: impl Fn(Rule) -> Option<Seen>,
        message: impl Fn(Rule, Severity, &Telling) -> String,
        changes: &mut Changes,
    ) {
        let Subject { pitcher, mound, at, new_pitch } = subject;
        for (watch, rule) in self.0.iter_mut().zip(Rule::ALL) {
            let Some(seen) = seen_of(rule) else {
                // A rig that nobody has looked at any more has no confidence that could come back over a limit.
                if rule == Rule::CalibrationConfidence
                    && let Some((_, id)) = watch.standing.take()
                {
                    *watch = Watch::default();
                    changes.cleared.extend(book.clear(id, at, words::NOBODY_LOOKED));
                }
                continue;
            };
            let value = seen.value;
            let wanted = watch.judge(rule, config, seen, new_pitch);
            if wanted == watch.standing.map(|(severity, _)| severity) {
                continue;
            }
            if let Some((severity, id)) = watch.standing.take() {
                let clear = rule.limit(config, severity).map_or(value, |limit| limit.clear);
                let because = match wanted {
                    Some(Severity::Critical) => words::WORSE.to_owned(),
                    Some(Severity::Warning) | None => words::back(rule, clear),
                };
                let limit = rule.limit(config, severity);
                book.tell(id, Some(value), None, |telling| message(rule, severity, telling), limit);
                changes.cleared.extend(book.clear(id, at, &because));
            }
            if let Some(severity) = wanted {
                let limit = rule.limit(config, severity).unwrap_or(Limit { raise: value, clear: value });
                let telling = Telling { raised: value, now: Some(value), last: None, limit };
                let alert = book.raise(
                    at,
                    Alert {
                        id: 0,
                        rule: rule.name().to_owned(),
                        severity,
                        pitcher: Some(pitcher),
                        camera: None,
                        message: message(rule, severity, &telling),
                        value,
                        limit: limit.raise,
                        raised_at: String::new(),
                        since: None,
                        cleared_at: None,
                        acknowledged_at: None,
                        now: Some(value),
                        cleared_because: None,
                        mound: Some(mound),
                        audience: rule.audience(),
                    },
                );
                watch.standing = Some((severity, alert.id));
                changes.raised.push(alert);
            }
        }
    }

    /// Has the alerts that stand say what is watched now, whatever changed it; of what is not known now, since when.
    pub(super) fn tell(
        &self,
        book: &mut Book,
        config: &AlertConfig,
        value_of: impl Fn(Rule) -> Option<f64>,
        last: Option<LastGood>,
        message: impl Fn(Rule, Severity, &Telling) -> String,
    ) {
        for (watch, rule) in self.0.iter().zip(Rule::ALL) {
            let Some((severity, id)) = watch.standing else { continue };
            let limit = rule.limit(config, severity);
            book.tell(id, value_of(rule), last, |telling| message(rule, severity, telling), limit);
        }
    }

    /// Clears what a value no longer justifies, at once, and raises nothing: for pitches that turned out to be
    /// another pitcher's. A value that is not known any more justifies nothing.
    pub(super) fn withdraw(
        &mut self,
        book: &mut Book,
        config: &AlertConfig,
        at: EventNs,
        value_of: impl Fn(Rule) -> Option<f64>,
        changes: &mut Changes,
    ) {
        for (watch, rule) in self.0.iter_mut().zip(Rule::ALL) {
            let Some((severity, id)) = watch.standing else { continue };
            let justified = value_of(rule)
                .zip(rule.limit(config, severity))
                .is_some_and(|(value, limit)| rule.goodness(value) < rule.goodness(limit.clear));
            if !justified {
                *watch = Watch::default();
                changes.cleared.extend(book.clear(id, at, words::ANOTHER_MANS));
            }
        }
    }

    /// Clears everything.
    pub(super) fn end(&mut self, book: &mut Book, at: EventNs, because: &str, changes: &mut Changes) {
        for watch in &mut self.0 {
            if let Some((_, id)) = watch.standing {
                changes.cleared.extend(book.clear(id, at, because));
            }
            *watch = Watch::default();
        }
    }

    /// What stands of a rule, and where it clears.
    pub(super) fn standing_of(&self, config: &AlertConfig, rule: Rule) -> Option<(Severity, f64)> {
        let (watch, _) = self.0.iter().zip(Rule::ALL).find(|(_, of)| *of == rule)?;
        let (severity, _) = watch.standing?;
        Some((severity, rule.limit(config, severity)?.clear))
    }

    /// Alerts that stand.
    pub(super) fn standing(&self, book: &Book) -> Vec<Alert> {
        self.0.iter().filter_map(|w| w.standing).filter_map(|(_, id)| book.get(id).cloned()).collect()
    }
}

/// All alerts, oldest first; bounded.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Book {
    alerts: VecDeque<Alert>,
    last_id: u64,
    max: usize,
}

impl Book {
    pub(super) fn new(max: usize) -> Self {
        Self { alerts: VecDeque::new(), last_id: 0, max: max.max(1) }
    }

    pub(super) fn alerts(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.alerts.iter()
    }

    pub(super) fn keep_of_pitchers(&mut self) {
        self.alerts.retain(|alert| alert.pitcher.is_some());
    }

    pub(super) fn get(&self, id: u64) -> Option<&Alert> {
        self.position(id).map(|at| &self.alerts[at])
    }

    /// None where no such alert stands.
    pub(super) fn acknowledge(&mut self, id: u64, when: String) -> Option<&Alert> {
        let at = self.position(id).filter(|at| self.alerts[*at].cleared_at.is_none())?;
        self.alerts[at].acknowledged_at.get_or_insert(when);
        Some(&self.alerts[at])
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.alerts.binary_search_by_key(&id, |a| a.id).ok()
    }

    /// Numbers an alert and keeps it. The number comes from the event's millisecond, so that it is unique over
    /// restarts without being stored, the same when the pitches are replayed, and exact in a browser (below 2^53).
    pub(super) fn raise(&mut self, at: EventNs, mut alert: Alert) -> Alert {
        const NS_PER_MS: u64 = 1_000_000;
        const IDS_PER_MS: u64 = 1_000;
        self.last_id = (self.last_id + 1).max(at.0 / NS_PER_MS * IDS_PER_MS);
        alert.id = self.last_id;
        alert.raised_at = super::words::rfc3339(at);
        if self.alerts.len() == self.max {
            let oldest_cleared = self.alerts.iter().position(|a| a.cleared_at.is_some()).unwrap_or(0);
            self.alerts.remove(oldest_cleared);
        }
        self.alerts.push_back(alert.clone());
        alert
    }

    /// Has an alert say what is watched now, or since when that is not known. `limit` is as it is set now; what it crossed stays.
    fn tell(
        &mut self,
        id: u64,
        now: Option<f64>,
        last: Option<LastGood>,
        message: impl Fn(&Telling) -> String,
        limit: Option<Limit>,
    ) {
        let Some(position) = self.position(id) else { return };
        let alert = &mut self.alerts[position];
        let clear = limit.map_or(alert.limit, |limit| limit.clear);
        alert.now = now;
        let limit = Limit { raise: alert.limit, clear };
        alert.message = message(&Telling { raised: alert.value, now, last, limit });
    }

    /// What is over is told as such, without advice. `because` is empty where nobody says why.
    pub(super) fn clear(&mut self, id: u64, at: EventNs, because: &str) -> Option<Alert> {
        let position = self.position(id)?;
        let alert = &mut self.alerts[position];
        alert.cleared_at.get_or_insert(super::words::rfc3339(at));
        if Rule::ALL.iter().any(|rule| rule.name() == alert.rule) {
            alert.message = words::over(&alert.message);
        }
        if !because.is_empty() {
            alert.cleared_because.get_or_insert_with(|| because.to_owned());
        }
        Some(alert.clone())
    }
}

#[cfg(test)]
mod tests;
