//! Alerts with hysteresis (science.md §6).
//!
//! Each rule watches one number of one pitcher. It raises when so many new pitches in a row are beyond a limit, and
//! clears when so many in a row are back inside the clear value, which lies apart from the limit: a value on the line
//! does not flap. A revision of the newest pitch judges that pitch again instead of counting as another one, and an
//! alert that stands is never raised a second time. A critical alert takes the place of its warning.

use std::collections::VecDeque;

use super::config::{AlertConfig, Limit, Limits};
use super::{Alert, Severity};
use crate::ids::{EventNs, PitcherId};

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

    /// Turned so that low is bad, for all rules alike.
    fn badness_down(self, x: f64) -> f64 {
        if self == Self::LateDataFrac { -x } else { x }
    }
}

/// Pitches in a row of which something holds. A revised pitch is judged again on top of those before it.
#[derive(Debug, Clone, Copy, Default)]
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
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    beyond: Streak,
    inside: Streak,
}

impl Line {
    fn judge(&mut self, rule: Rule, limit: Option<Limit>, value: f64, new_pitch: bool) {
        if let Some(limit) = limit {
            let value = rule.badness_down(value);
            self.beyond.judge(value < rule.badness_down(limit.raise), new_pitch);
            self.inside.judge(value >= rule.badness_down(limit.clear), new_pitch);
        }
    }
}

/// One rule's state for one pitcher.
#[derive(Debug, Clone, Copy, Default)]
struct Watch {
    standing: Option<(Severity, u64)>,
    warning: Line,
    critical: Line,
}

impl Watch {
    /// The severity that should stand now.
    fn judge(&mut self, rule: Rule, config: &AlertConfig, value: f64, new_pitch: bool) -> Option<Severity> {
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

/// Whose pitch is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject {
    pub(super) pitcher: PitcherId,
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
#[derive(Debug, Clone, Default)]
pub(super) struct Watches([Watch; Rule::ALL.len()]);

impl Watches {
    /// Judges every rule whose value is known. `message` words an alert of a rule at a severity and value.
    pub(super) fn judge(
        &mut self,
        book: &mut Book,
        config: &AlertConfig,
        subject: Subject,
        value_of: impl Fn(Rule) -> Option<f64>,
        message: impl Fn(Rule, Severity, f64) -> String,
        changes: &mut Changes,
    ) {
        let Subject { pitcher, at, new_pitch } = subject;
        for (watch, rule) in self.0.iter_mut().zip(Rule::ALL) {
            let Some(value) = value_of(rule) else { continue };
            let wanted = watch.judge(rule, config, value, new_pitch);
            if wanted == watch.standing.map(|(severity, _)| severity) {
                continue;
            }
            if let Some((_, id)) = watch.standing.take() {
                changes.cleared.extend(book.clear(id, at));
            }
            if let Some(severity) = wanted {
                let limits = rule.limits(config);
                let limit = if severity == Severity::Critical { limits.critical } else { limits.warning };
                let alert = book.raise(
                    at,
                    Alert {
                        id: 0,
                        rule: rule.name().to_owned(),
                        severity,
                        pitcher: Some(pitcher),
                        message: message(rule, severity, value),
                        value,
                        limit: limit.map_or(value, |l| l.raise),
                        raised_at: String::new(),
                        cleared_at: None,
                        acknowledged_at: None,
                    },
                );
                watch.standing = Some((severity, alert.id));
                changes.raised.push(alert);
            }
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
            let limits = rule.limits(config);
            let limit = if severity == Severity::Critical { limits.critical } else { limits.warning };
            let justified = value_of(rule)
                .zip(limit)
                .is_some_and(|(value, limit)| rule.badness_down(value) < rule.badness_down(limit.clear));
            if !justified {
                *watch = Watch::default();
                changes.cleared.extend(book.clear(id, at));
            }
        }
    }

    /// Clears everything: the outing is over.
    pub(super) fn end(&mut self, book: &mut Book, at: EventNs, changes: &mut Changes) {
        for watch in &mut self.0 {
            if let Some((_, id)) = watch.standing {
                changes.cleared.extend(book.clear(id, at));
            }
            *watch = Watch::default();
        }
    }

    /// Alerts that stand.
    pub(super) fn standing(&self, book: &Book) -> Vec<Alert> {
        self.0.iter().filter_map(|w| w.standing).filter_map(|(_, id)| book.get(id).cloned()).collect()
    }
}

/// All alerts, oldest first; bounded.
#[derive(Debug, Clone, Default)]
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

    pub(super) fn get(&self, id: u64) -> Option<&Alert> {
        self.position(id).map(|at| &self.alerts[at])
    }

    pub(super) fn acknowledge(&mut self, id: u64, when: String) -> Option<&Alert> {
        let at = self.position(id)?;
        self.alerts[at].acknowledged_at.get_or_insert(when);
        Some(&self.alerts[at])
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.alerts.binary_search_by_key(&id, |a| a.id).ok()
    }

    /// Numbers an alert and keeps it. The number comes from the event's millisecond, so that it is unique over
    /// restarts without being stored, the same when the pitches are replayed, and exact in a browser (below 2^53).
    fn raise(&mut self, at: EventNs, mut alert: Alert) -> Alert {
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

    fn clear(&mut self, id: u64, at: EventNs) -> Option<Alert> {
        let position = self.position(id)?;
        self.alerts[position].cleared_at.get_or_insert(super::words::rfc3339(at));
        Some(self.alerts[position].clone())
    }
}
