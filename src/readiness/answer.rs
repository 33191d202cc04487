//! What is told of a pitcher.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::alert::Alert;
use super::config::VerdictLimits;
use super::presence::Presence;
use super::sight::Unseen;
use crate::features;
use crate::features::Feature;
use crate::ids::{BoxNs, MoundId, PitcherId};
use crate::units::Unit;

/// A side of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Its lower end.
    Low,
    /// Its upper end.
    High,
}

/// A number with its 90 % interval, of the features that are present; all null where it cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Index {
    /// 0–100.
    pub value: Option<f64>,
    /// Its lower end.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// The end at which the interval stops with the value, because under 5 % lie beyond it (what he carries alone takes the points
    /// that are missing, or the scale ends): nine in ten lie on the other side. Null where it reaches to both sides, or nowhere.
    #[serde(default)]
    pub one_sided: Option<Side>,
}

/// One feature as shown: value, uncertainty, QA.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeatureValue {
    /// In `unit`.
    pub value: f64,
    /// Standard deviation of the value; 0 of one that is counted and has none, of which no ± is shown.
    pub sd: f64,
    /// Completeness × (1 − `late_data_frac`) of a feature with a window; 1 of one that is counted or judged elsewhere.
    pub qa: f64,
    /// Pitches behind it; 0 where it rests on earlier days.
    pub n: u32,
    /// In what it is told.
    #[serde(default)]
    pub unit: Option<Unit>,
    /// Decimals that it is shown with in that unit: fewer would hide it, more would feign.
    #[serde(default)]
    pub digits: Option<u8>,
    /// Whether something behind it was not seen: a count is at least what is told, a ratio of counts may be either way off.
    #[serde(default)]
    pub partly_seen: bool,
}

impl FeatureValue {
    /// A feature as it is shown under its name.
    pub fn of(name: &str, feature: Feature) -> Self {
        let Feature { value, sd, qa, n } = feature;
        let shown = features::shown(name);
        Self { value, sd, qa, n, unit: shown.map(|s| s.unit), digits: shown.map(|s| s.digits), partly_seen: false }
    }
}

/// What an injury model told of a pitcher before today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InjuryRisk {
    /// Risk Index, 0–100.
    pub index: f64,
    /// Calibrated 21-day probability.
    pub probability: f64,
    /// What is usual: the share of days of pitching that a placement follows within 21 days.
    pub base_rate: f64,
    /// Of which days injured lists and his games are known, in a sentence.
    pub coverage: String,
    /// Which model told.
    pub model_version: String,
}

/// The newest pitch behind a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AsOf {
    /// Pitches in the outing by then.
    pub pitches: u32,
    /// Its release event time, RFC 3339.
    pub at: String,
}

/// So far ahead of the cameras' clock a pitch may lie and be of now: no two of them that are believed are farther apart.
/// Beyond it somebody's clock was set meanwhile, and nobody knows how old the pitch is.
const AHEAD_NS: i128 = 10_000_000_000;

/// A value that is older carries no verdict, s \[P\]: hardly a half-inning takes longer, so a man on the mound who has thrown
/// nothing for so long is cold, and what was measured of his warm arm says nothing of his next pitch.
pub const VERDICT_FOR_S: u64 = 20 * 60;

impl AsOf {
    /// How old the value is, ms: how long ago its newest pitch was thrown, by the clock that ran from then to now, which is the
    /// cameras'. `now` is by that clock: the box's time less what it is ahead of them, as frames that arrive tell, and the
    /// box's time itself as long as none does. None where nobody knows, because the pitch lies ahead of that moment.
    pub fn age_ms(&self, now: BoxNs) -> Option<u64> {
        let at: jiff::Timestamp = self.at.parse().ok()?;
        let age_ns = i128::from(now.0) - at.as_nanosecond();
        (age_ns >= -AHEAD_NS).then(|| u64::try_from(age_ns.max(0) / 1_000_000).ok())?
    }
}

/// What a readiness says of a man, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Good to go.
    Ready,
    /// Check his next few pitches.
    Watch,
    /// On the game mound: have someone warm.
    Warm,
    /// In a bullpen: sit him down.
    Sit,
    /// On the game mound: take him out.
    Out,
}

/// Why a readiness says nothing of a man.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictAbsent {
    /// There is no value yet.
    NoNumber,
    /// The value is an earlier one: the data is not good enough now.
    Held,
    /// He is no longer on the mound.
    Away,
    /// Too few cameras of his mound are heard: what he throws now is not seen.
    NotSeen,
    /// Throws on his mound have no mark: nobody tells whether they are his, and his count may be short of them.
    NotTold,
    /// The value is more than 20 minutes old.
    Old,
    /// Nobody knows how old the value is: a clock was set.
    AgeUnknown,
    /// Part of what he threw was not seen or has no name (`unseen`, `unnamed_throws`, earlier days), and he may have thrown it after
    /// the pitch of the value, or it would change the verdict.
    Incomplete,
}

/// The answer for one pitcher on one mound, as published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// MLBAM id.
    pub pitcher: PitcherId,
    /// Name for people; the id's digits where no name is known.
    pub name: String,
    /// Where he throws.
    pub mound: MoundId,
    /// 0–100, high is good. It describes today's arm and promises nothing about injury.
    pub readiness: Index,
    /// 0–100, high is tired.
    pub fatigue: Index,
    /// 0–100, 25 is usual; no percentage: show `probability_21d` beside `base_rate_21d`. Null where there is none.
    pub risk: Index,
    /// Calibrated 21-day injury probability; null where there is none, see `risk_absent`.
    pub probability_21d: Option<f64>,
    /// What is usual: the share of days of pitching that a placement follows within 21 days; null where there is no
    /// probability to be compared with it.
    #[serde(default)]
    pub base_rate_21d: Option<f64>,
    /// Of which days injured lists and his games are known; null where there is no probability that rests on them.
    #[serde(default)]
    pub risk_coverage: Option<String>,
    /// Why there is no probability, in a coach's words; null where there is one.
    #[serde(default)]
    pub risk_absent: Option<String>,
    /// Present features by name. `acwr` is of the days before today, without today's pitches; `dose` is with them, and counts
    /// pitches on the game mound, the same on each of his mounds.
    pub features: BTreeMap<String, FeatureValue>,
    /// `v2`.
    pub feature_set: String,
    /// Smallest QA over present features that have a window; null with none.
    pub feature_qa_min: Option<f64>,
    /// 0.50–0.95; null where nobody judges it yet.
    pub calibration_confidence: Option<f64>,
    /// Mean over the last 25 pitches.
    pub late_data_frac: f64,
    /// Age of the value, ms: how long ago the newest pitch behind it (`as_of`) was thrown, by the cameras' clock as arriving frames
    /// show it: a box whose own clock is wrong tells right ages. Null where there is no value, or nobody knows its age.
    pub data_age_ms: Option<u64>,
    /// `provisional`, `final` or `held`.
    pub state: crate::records::State,
    /// Whether only the first cameras have shown his newest pitch yet: the number is as certain as its interval says, and those that
    /// follow make it firm.
    #[serde(default)]
    pub early: bool,
    /// Counts up with each published change.
    pub revision: u64,
    /// In words, the weightiest first.
    pub reasons: Vec<String>,
    /// In a coach's words, which fit the mound. Where there is no verdict they say why.
    pub recommendation: String,
    /// Standing alerts about him on this mound.
    pub alerts: Vec<Alert>,
    /// Version of the injury model; null until one serves.
    pub model_version: Option<String>,
    /// Pitches in this outing so far; at least so many where `unseen` tells of a while, or `unnamed_throws` of throws.
    pub pitches: u32,
    /// Release event time of his newest pitch on this mound, RFC 3339. A held value is older: see `as_of`.
    pub last_pitch_at: String,
    /// The newest pitch behind `readiness` and `fatigue`; null where there is no value.
    #[serde(default)]
    pub as_of: Option<AsOf>,
    /// Whether he stands on this mound, as far as marks and throws tell.
    #[serde(default)]
    pub presence: Option<Presence>,
    /// `ready`, `watch`, `warm` or `out` on the game mound, `ready`, `watch` or `sit` in a bullpen; null where there is none,
    /// see `verdict_absent`.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// Below which readiness the verdict is another one, as configured.
    #[serde(default)]
    pub verdict_limits: VerdictLimits,
    /// Why there is no verdict: `no_number`, `held`, `away`, `not_seen`, `not_told`, `old`, `age_unknown` or `incomplete`; null where there is one.
    #[serde(default)]
    pub verdict_absent: Option<VerdictAbsent>,
    /// When his mound was not seen while he may have thrown there, oldest first: `pitches` and the dose are at least what is told.
    #[serde(default)]
    pub unseen: Vec<Unseen>,
    /// Throws on his mound that no mark names and that may be his: `pitches` and the dose are at least what is told.
    #[serde(default)]
    pub unnamed_throws: u32,
    /// When the first of them was thrown, RFC 3339; null where there is none, or where that is not known of each.
    #[serde(default)]
    pub unnamed_from: Option<String>,
    /// The same of the last.
    #[serde(default)]
    pub unnamed_to: Option<String>,
}

impl Readiness {
    /// Whether he threw at least `pitches` in this outing, and nobody knows how much more.
    pub fn is_at_least(&self) -> bool {
        !self.unseen.is_empty() || self.unnamed_throws > 0
    }
}
