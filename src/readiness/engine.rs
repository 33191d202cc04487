//! The room itself: one arm per pitcher, a pitch in, what to publish out.
//!
//! - An outing is one pitcher's pitches on one mound in one game (or on one day where no game is known); windows do not
//!   cross outings. The first pitch of a later outing ends the earlier one; a revision of an ended outing changes
//!   nothing any more.
//! - Numbers follow every pitch and revision at once, because the windows reach back over them. Alerts are judged on the
//!   newest pitch and its revisions only: what an earlier pitch changes is seen by the next judgement, so that
//!   the result of an earlier pitch is never announced as news.
//! - Today's pitches, for the dose, are those of this outing and of the game-mound outings that ended within
//!   `same_day_hours` before it. Warm-up throws count while he is in the bullpen, and not against his game:
//!   caps and past pitches are counted in game pitches.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::alerts::{Book, Changes, Rule, Subject, Watches};
use super::config::Config;
use super::indices::{Indices, Inputs, Judge, Points};
use super::words::{self, Dose, Hold};
use super::workload::{OutingKey, Workload};
use super::{Alert, CameraAlert, FeatureValue, Index, InjuryRisk, Readiness};
use crate::features::baseline::PitcherBaseline;
use crate::features::{self, FeatureSetV2, Outing, OutingPitch, Placed, features_v2};
use crate::ids::{BoxNs, EventNs, MoundId, PitchId, PitcherId};
use crate::store::records::State;
use crate::tracking::pitch::PitchState;

const GAME_MOUND: MoundId = MoundId(0);
const NS_PER_HOUR: u64 = 3_600_000_000_000;
const NS_PER_MS: u64 = 1_000_000;

/// What one pitch, revision or removal led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The pitcher's readiness now.
    pub readiness: Readiness,
    /// Whether it differs from what was published before; if not, nothing needs publishing.
    pub changed: bool,
    /// Alerts raised by it.
    pub raised: Vec<Alert>,
    /// Alerts cleared by it.
    pub cleared: Vec<Alert>,
}

/// Why there is no risk before anybody told one, or why there is none.
const NOT_ASKED: &str = "no risk model has been asked about him";

/// Readiness of every pitcher who throws.
#[derive(Debug, Clone)]
pub struct Engine {
    config: Config,
    judge: Judge,
    book: Book,
    arms: BTreeMap<PitcherId, Arm>,
}

/// One pitcher.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Arm {
    name: Option<String>,
    baseline: Option<PitcherBaseline>,
    /// Told before today.
    risk: Option<InjuryRisk>,
    /// Why nothing was told, where nothing was.
    risk_absent: Option<String>,
    workload: Workload,
    current: Option<Current>,
    /// Game-mound outings of today that are over: last release, pitches.
    earlier: Vec<(EventNs, u32)>,
    watches: Watches,
    revision: u64,
}

/// His outing under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Current {
    key: OutingKey,
    mound: MoundId,
    outing: Outing,
    last_good: Option<Indices>,
    /// The newest pitch on which alerts were judged.
    judged: Option<PitchId>,
    /// Release of the newest pitch when last published.
    release: EventNs,
    published: Option<Readiness>,
}

/// All that an engine knows, to go on with elsewhere as if nothing had happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EngineState {
    book: Book,
    arms: BTreeMap<PitcherId, Arm>,
}

impl Engine {
    /// All that it knows.
    pub fn state(&self) -> EngineState {
        EngineState { book: self.book.clone(), arms: self.arms.clone() }
    }

    /// Goes on with what another one knew.
    pub fn resume(&mut self, state: EngineState) {
        (self.book, self.arms) = (state.book, state.arms);
    }

    /// An engine that knows nobody yet.
    pub fn new(config: Config) -> Self {
        let book = Book::new(config.alerts_max);
        Self { config, judge: Judge::default(), book, arms: BTreeMap::new() }
    }

    /// Judges by other limits from the next pitch on. How many alerts are kept stays as it was.
    pub fn judge_by(&mut self, config: Config) {
        self.config = config;
    }

    /// Sets what is usual for a pitcher; it counts from his next pitch on. Returns the alerts of whoever was forgotten
    /// to make room.
    pub fn set_baseline(&mut self, pitcher: PitcherId, baseline: PitcherBaseline) -> Vec<Alert> {
        self.introduce(pitcher, |arm| arm.baseline = Some(baseline))
    }

    /// Sets what he carried into today; it counts from his next pitch on. Returns as [`Self::set_baseline`] does.
    pub fn set_workload(&mut self, pitcher: PitcherId, workload: Workload) -> Vec<Alert> {
        self.introduce(pitcher, |arm| arm.workload = workload)
    }

    /// Sets what an injury model told of him before today. Returns as [`Self::set_baseline`] does.
    pub fn set_risk(&mut self, pitcher: PitcherId, risk: Result<InjuryRisk, String>) -> Vec<Alert> {
        self.introduce(pitcher, |arm| match risk {
            Ok(risk) => (arm.risk, arm.risk_absent) = (Some(risk), None),
            Err(why) => (arm.risk, arm.risk_absent) = (None, Some(why)),
        })
    }

    /// Sets his name for people; it counts from his next pitch on. Returns as [`Self::set_baseline`] does.
    pub fn set_name(&mut self, pitcher: PitcherId, name: String) -> Vec<Alert> {
        self.introduce(pitcher, |arm| arm.name = Some(name))
    }

    /// Whether a baseline of his is known here. Pitchers who threw longest ago are forgotten when there are too many.
    pub fn has_baseline(&self, pitcher: PitcherId) -> bool {
        self.arms.get(&pitcher).is_some_and(|arm| arm.baseline.is_some())
    }

    /// Takes a pitch, or a revision of one.
    pub fn pitch(
        &mut self,
        pitcher: PitcherId,
        mound: MoundId,
        key: OutingKey,
        pitch: OutingPitch,
        now: BoxNs,
    ) -> Outcome {
        let mut changes = Changes::default();
        self.make_room(pitcher, pitch.release, &mut changes);
        let elsewhere =
            self.arms.get(&pitcher).is_some_and(|arm| arm.holds_elsewhere(&self.config, mound, key, &pitch));
        if elsewhere && let Some(outcome) = self.remove(pitcher, pitch.id, now) {
            changes.cleared = outcome.cleared;
        }
        let arm = self.arms.entry(pitcher).or_default();
        let placed = arm.place(&self.config, &mut self.book, mound, key, &pitch, &mut changes);
        if placed != Placed::Stale {
            arm.publish(&self.config, &mut self.judge, pitcher, now);
            arm.judge_alerts(&self.config, &mut self.book, pitcher, placed, &mut changes);
        }
        arm.outcome(elsewhere || placed != Placed::Stale, changes)
    }

    /// Takes back a pitch that a late mark gave to another pitcher. None where it was not his. Alerts that his
    /// remaining pitches do not justify are cleared at once; none is raised.
    pub fn remove(&mut self, pitcher: PitcherId, id: PitchId, now: BoxNs) -> Option<Outcome> {
        let arm = self.arms.get_mut(&pitcher)?;
        let current = arm.current.as_mut()?;
        let removed = current.outing.remove(id)?;
        // A value that rested on another man's pitch is no good one.
        current.last_good = None;
        let mut changes = Changes::default();
        arm.publish(&self.config, &mut self.judge, pitcher, now);
        arm.withdraw_alerts(&self.config, &mut self.book, removed.release, &mut changes);
        Some(arm.outcome(true, changes))
    }

    /// Continues an outing after a restart: its pitches as stored, in any order. Alerts that stood stand again, under
    /// the numbers that they had, and are not raised anew. None without pitches.
    pub fn restore(
        &mut self,
        pitcher: PitcherId,
        mound: MoundId,
        key: OutingKey,
        pitches: impl IntoIterator<Item = OutingPitch>,
        now: BoxNs,
    ) -> Option<Readiness> {
        let mut pitches: Vec<OutingPitch> = pitches.into_iter().collect();
        pitches.sort_by_key(|p| (p.release, p.id));
        pitches.into_iter().map(|pitch| self.pitch(pitcher, mound, key, pitch, now).readiness).last()
    }

    /// Forgets everybody whose newest pitch was released before `before`, with his baseline and workload, which are
    /// another day's; returns the alerts that this cleared. Who has not thrown yet stays.
    pub fn retire(&mut self, before: EventNs) -> Vec<Alert> {
        let mut changes = Changes::default();
        let book = &mut self.book;
        self.arms.retain(|_, arm| match arm.newest_release() {
            Some(newest) if newest < before => {
                arm.watches.end(book, newest, &mut changes);
                false
            }
            _ => true,
        });
        changes.cleared
    }

    /// Notes that somebody has seen an alert. None where no such alert stands.
    pub fn acknowledge(&mut self, alert: u64, when: String) -> Option<&Alert> {
        for published in self.arms.values_mut().filter_map(|arm| arm.current.as_mut()?.published.as_mut()) {
            for shown in published.alerts.iter_mut().filter(|a| a.id == alert) {
                shown.acknowledged_at.get_or_insert_with(|| when.clone());
            }
        }
        self.book.acknowledge(alert, when)
    }

    /// Raises an alert about a camera, in the same book as those about pitchers.
    pub fn raise_of_camera(&mut self, about: CameraAlert, at: EventNs) -> Alert {
        let CameraAlert { camera, rule, severity, message, value, limit } = about;
        self.book.raise(
            at,
            Alert {
                id: 0,
                rule,
                severity,
                pitcher: None,
                camera: Some(camera),
                message,
                value,
                limit,
                raised_at: String::new(),
                cleared_at: None,
                acknowledged_at: None,
            },
        )
    }

    /// Clears an alert that [`Self::raise_of_camera`] raised. None where the book no longer has it.
    pub fn clear_of_camera(&mut self, alert: u64, at: EventNs) -> Option<Alert> {
        self.book.clear(alert, at)
    }

    /// All alerts kept, oldest first: those that stand and the last that cleared.
    pub fn alerts(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.book.alerts()
    }

    /// The readiness last published of every pitcher with an outing, ascending by id.
    pub fn active(&self) -> impl Iterator<Item = &Readiness> {
        let current = self.arms.values().filter_map(|arm| arm.current.as_ref());
        current.filter(|c| c.outing.newest().is_some()).filter_map(|c| c.published.as_ref())
    }

    fn introduce(&mut self, pitcher: PitcherId, tell: impl FnOnce(&mut Arm)) -> Vec<Alert> {
        let mut changes = Changes::default();
        self.make_room(pitcher, EventNs(0), &mut changes);
        tell(self.arms.entry(pitcher).or_default());
        changes.cleared
    }

    /// Forgets the pitcher who threw longest ago when one more would be too many.
    fn make_room(&mut self, pitcher: PitcherId, at: EventNs, changes: &mut Changes) {
        if self.arms.contains_key(&pitcher) || self.arms.len() < self.config.pitchers_max.max(1) {
            return;
        }
        let longest_ago = self.arms.iter().min_by_key(|(_, arm)| arm.newest_release()).map(|(id, _)| *id);
        if let Some(mut arm) = longest_ago.and_then(|id| self.arms.remove(&id)) {
            arm.watches.end(&mut self.book, arm.newest_release().unwrap_or(at), changes);
        }
    }
}

impl Arm {
    /// Why there is no risk, where there is none.
    fn risk_absent(&self) -> Option<String> {
        let nobody_asked = || NOT_ASKED.to_owned();
        self.risk.is_none().then(|| self.risk_absent.clone().unwrap_or_else(nobody_asked))
    }

    fn newest_release(&self) -> Option<EventNs> {
        self.current.as_ref().and_then(|c| c.outing.newest()).map(|p| p.release)
    }

    /// Whether his outing holds the pitch though it belongs to another one: a late mark named another game.
    fn holds_elsewhere(&self, config: &Config, mound: MoundId, key: OutingKey, pitch: &OutingPitch) -> bool {
        self.current.as_ref().is_some_and(|current| {
            let belongs = current.mound == mound && current.continues_with(key, pitch, config);
            !belongs && current.outing.pitches().iter().any(|p| p.id == pitch.id)
        })
    }

    /// Puts a pitch into the outing that it belongs to; opens a new outing where it is the first of one.
    fn place(
        &mut self,
        config: &Config,
        book: &mut Book,
        mound: MoundId,
        key: OutingKey,
        pitch: &OutingPitch,
        changes: &mut Changes,
    ) -> Placed {
        let newest = self.newest_release();
        if let Some(current) = &mut self.current {
            if current.mound == mound && current.continues_with(key, pitch, config) {
                if matches!(key, OutingKey::Game(_)) {
                    current.key = key;
                }
                return current.outing.upsert(*pitch);
            }
            if newest.is_some_and(|newest| pitch.release <= newest) {
                return Placed::Stale;
            }
            self.watches.end(book, pitch.release, changes);
            if current.mound == GAME_MOUND
                && let Some(newest) = newest
            {
                self.earlier.push((newest, current.outing.thrown()));
            }
            let same_day_ns = u64::from(config.same_day_hours) * NS_PER_HOUR;
            self.earlier.retain(|(last, _)| last.0.saturating_add(same_day_ns) >= pitch.release.0);
        }
        let mut outing = Outing::default();
        let placed = outing.upsert(*pitch);
        let release = pitch.release;
        self.current = Some(Current { key, mound, outing, last_good: None, judged: None, release, published: None });
        placed
    }

    /// Computes what to show now.
    fn publish(&mut self, config: &Config, judge: &mut Judge, pitcher: PitcherId, now: BoxNs) {
        let risk_absent = self.risk_absent();
        let Some(current) = &mut self.current else { return };
        let dose = Dose {
            today: current.outing.thrown() + self.earlier.iter().map(|(_, pitches)| pitches).sum::<u32>(),
            carried: self.workload.carried(),
            role: self.workload.role(config.starter_pitches_min),
        };
        let context = features::Context {
            pitches_today: dose.today,
            carried: dose.carried,
            acwr: self.workload.acwr,
            days_rest: self.workload.days_rest(),
        };
        let features = features_v2(&current.outing, self.baseline.as_ref(), &context, &config.features);
        let inputs = Inputs {
            dose: (f64::from(dose.today) + dose.carried) / config.cap(dose.role),
            acwr: self.workload.acwr,
            rest_deficit: self.workload.rest_deficit,
            ..Inputs::of(&features.v1)
        };
        let newest = current.outing.newest();
        let confidence = newest.and_then(|p| p.calibration_confidence);
        let hold = hold(config, &current.outing, &features, self.baseline.is_some());
        if hold.is_none() {
            current.last_good = Some(judge.indices(config, &inputs));
        }
        let indices = current.last_good.unwrap_or_default();
        let points = Points::of(config, &inputs);
        let release = newest.map_or(current.release, |p| p.release);
        let mut behind_it = current.outing.pitches().iter().rev().take(Outing::LATE_WINDOW);
        let provisional = behind_it.any(|p| p.state == PitchState::Provisional);
        self.revision += 1;
        current.release = release;
        current.published = Some(Readiness {
            pitcher,
            name: self.name.clone().unwrap_or_else(|| pitcher.to_string()),
            mound: current.mound,
            readiness: indices.readiness,
            fatigue: indices.fatigue,
            risk: Index { value: self.risk.as_ref().map(|r| r.index), ..Index::default() },
            probability_21d: self.risk.as_ref().map(|r| r.probability),
            base_rate_21d: self.risk.as_ref().map(|r| r.base_rate),
            risk_coverage: self.risk.as_ref().map(|r| r.coverage.clone()),
            risk_absent,
            features: features
                .named()
                .map(|(name, feature)| (name.to_owned(), FeatureValue::of(name, feature)))
                .collect(),
            feature_set: FeatureSetV2::NAME.to_owned(),
            feature_qa_min: features.qa_min(),
            calibration_confidence: confidence,
            late_data_frac: current.outing.late_data_frac(),
            data_age_ms: now.0.saturating_sub(release.0) / NS_PER_MS,
            state: match (hold, provisional) {
                (Some(_), _) => State::Held,
                (None, true) => State::Provisional,
                (None, false) => State::Final,
            },
            revision: self.revision,
            reasons: words::reasons(config, &features.v1, &inputs, &points, dose, hold),
            recommendation: words::recommendation(&indices.readiness, hold.is_some()),
            alerts: Vec::new(),
            model_version: self.risk.as_ref().map(|r| r.model_version.clone()),
            pitches: current.outing.thrown(),
            last_pitch_at: words::rfc3339(release),
        });
    }

    /// Judges alerts, where the newest pitch is what changed.
    fn judge_alerts(
        &mut self,
        config: &Config,
        book: &mut Book,
        pitcher: PitcherId,
        placed: Placed,
        changes: &mut Changes,
    ) {
        let Some((current, published)) = self.current.as_mut().and_then(|c| c.published.take().map(|p| (c, p))) else {
            return;
        };
        let newest = current.outing.newest().map(|p| p.id);
        if placed == Placed::Newest {
            let new_pitch = current.judged != newest;
            current.judged = newest;
            let message = |rule, severity, value| words::alert(&published.name, rule, severity, value);
            let subject = Subject { pitcher, at: current.release, new_pitch };
            self.watches.judge(book, &config.alerts, subject, |rule| watched(&published, rule), message, changes);
        }
        current.published = Some(Readiness { alerts: self.watches.standing(book), ..published });
    }

    fn withdraw_alerts(&mut self, config: &Config, book: &mut Book, at: EventNs, changes: &mut Changes) {
        let Some(published) = self.current.as_mut().and_then(|c| c.published.as_mut()) else { return };
        self.watches.withdraw(book, &config.alerts, at, |rule| watched(published, rule), changes);
        published.alerts = self.watches.standing(book);
    }

    fn outcome(&self, changed: bool, changes: Changes) -> Outcome {
        let published = self.current.as_ref().and_then(|c| c.published.clone());
        let readiness = published.expect("an outing is published with its first pitch");
        Outcome { readiness, changed, raised: changes.raised, cleared: changes.cleared }
    }
}

impl Current {
    /// Whether a pitch on the same mound belongs to this outing. A day without a game and a game close by in time are
    /// one outing: the mark that names the game came late.
    fn continues_with(&self, key: OutingKey, pitch: &OutingPitch, config: &Config) -> bool {
        if self.key == key {
            return true;
        }
        let mixed = matches!(
            (self.key, key),
            (OutingKey::Game(_), OutingKey::Day(_)) | (OutingKey::Day(_), OutingKey::Game(_))
        );
        let apart_ns = self.release.0.abs_diff(pitch.release.0);
        mixed && apart_ns < u64::from(config.same_day_hours) * NS_PER_HOUR
    }
}

/// Why the last value is held instead of judging anew, if it is (science.md §4, §6).
fn hold(config: &Config, outing: &Outing, features: &FeatureSetV2, baseline: bool) -> Option<Hold> {
    let confidence = outing.newest().and_then(|p| p.calibration_confidence);
    if let Some(confidence) = confidence.filter(|c| *c < config.hold_confidence) {
        return Some(Hold::Calibration(confidence));
    }
    if let Some(qa) = features.qa_min().filter(|qa| *qa < config.hold_qa) {
        return Some(Hold::Quality(qa));
    }
    let typed = outing.pitches().iter().filter(|p| p.pitch_type.is_some()).count();
    match (features.v1.can_judge(), baseline) {
        (true, _) => None,
        (false, false) => Some(Hold::NoBaseline),
        (false, true) if 2 * typed < outing.pitches().len() => Some(Hold::NoPitchTypes),
        (false, true) => Some(Hold::TooFewPitches),
    }
}

/// The number that a rule watches. What is held is not judged: neither the value kept nor the features behind it.
fn watched(published: &Readiness, rule: Rule) -> Option<f64> {
    let held = published.state == State::Held;
    match rule {
        Rule::CalibrationConfidence => published.calibration_confidence,
        Rule::LateDataFrac => Some(published.late_data_frac),
        Rule::FeatureQaMin => published.feature_qa_min,
        Rule::VelocityDelta | Rule::Readiness if held => None,
        Rule::VelocityDelta => published.features.get("velocity_delta_5").map(|f| f.value),
        Rule::Readiness => published.readiness.value,
    }
}
