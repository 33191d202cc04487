//! One pitcher: his outing on each mound, what is usual for him, and what is shown of him.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::alerts::{Book, Changes, Rule, Subject, Watches};
use super::config::Config;
use super::indices::{Indices, Inputs, Judge, Points};
use super::presence::{GAME_MOUND, Stand};
use super::trend::Trend;
use super::words::{self, Advice, Dose, Hold, Telling, Weighed};
use super::workload::{OutingKey, Workload};
use super::{Alert, AsOf, FeatureValue, Index, InjuryRisk, Readiness, Severity};
use crate::features::baseline::PitcherBaseline;
use crate::features::{self, FeatureSetV2, Outing, OutingPitch, Placed, features_v2};
use crate::ids::{BoxNs, EventNs, MoundId, PitchId, PitcherId};
use crate::store::records::State;
use crate::tracking::pitch::PitchState;

/// The mark that names the game of an outing comes this long after its pitches at most: farther apart, throws without a
/// game and a game of the same day are two outings.
const NAMED_LATE_NS: u64 = 3 * 3_600 * 1_000_000_000;

/// Why there is no risk before anybody told one, or why there is none.
const NOT_ASKED: &str = "no risk model has been asked about him";

/// One pitcher.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Arm {
    pub(super) name: Option<String>,
    pub(super) baseline: Option<PitcherBaseline>,
    /// Told before today.
    pub(super) risk: Option<InjuryRisk>,
    /// Why nothing was told, where nothing was.
    pub(super) risk_absent: Option<String>,
    pub(super) workload: Workload,
    pub(super) runs: BTreeMap<MoundId, Run>,
    /// Game-mound outings of today that are over: day, pitches.
    earlier: Vec<(Date, u32)>,
    /// The alert that his name is on two mounds at once, and what it says.
    pub(super) two_mounds: Option<(u64, String)>,
    revision: u64,
}

/// His outing on one mound.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Run {
    key: OutingKey,
    pub(super) outing: Outing,
    good: Option<Good>,
    /// Why the value is held, if it is.
    why: Option<String>,
    reasons: Vec<String>,
    /// The newest pitch on which alerts were judged.
    judged: Option<PitchId>,
    /// Release of the newest pitch when last published.
    release: EventNs,
    watches: Watches,
    pub(super) published: Option<Readiness>,
    pub(super) trend: Trend,
    /// Whether he left the mound so long ago that he is shown no more.
    pub(super) is_past: bool,
}

/// The last value that could be judged, and what stands behind it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Good {
    indices: Indices,
    pitches: u32,
    at: EventNs,
    measured: Weighed,
}

impl Arm {
    /// Why there is no risk, where there is none.
    fn risk_absent(&self) -> Option<String> {
        let nobody_asked = || NOT_ASKED.to_owned();
        self.risk.is_none().then(|| self.risk_absent.clone().unwrap_or_else(nobody_asked))
    }

    pub(super) fn newest_release(&self) -> Option<EventNs> {
        self.runs.values().filter_map(Run::newest_release).max()
    }

    /// What people call him.
    pub(super) fn called(&self, pitcher: PitcherId) -> String {
        self.name.clone().unwrap_or_else(|| pitcher.to_string())
    }

    /// The mound of the outing that holds a pitch.
    pub(super) fn mound_of(&self, id: PitchId) -> Option<MoundId> {
        let holds = |run: &Run| run.outing.pitches().iter().any(|p| p.id == id);
        self.runs.iter().find(|(_, run)| holds(run)).map(|(mound, _)| *mound)
    }

    /// Whether an outing of his holds the pitch though it belongs to another one: a late mark named another game.
    pub(super) fn holds_elsewhere(&self, mound: MoundId, key: OutingKey, pitch: &OutingPitch) -> bool {
        self.mound_of(pitch.id).is_some_and(|held| {
            held != mound || self.runs.get(&held).is_some_and(|run| !run.continues_with(key, pitch))
        })
    }

    /// Puts a pitch into the outing that it belongs to; opens a new outing where it is the first of one, which ends the one
    /// before it on that mound, and all of an earlier day.
    pub(super) fn place(
        &mut self,
        book: &mut Book,
        mound: MoundId,
        key: OutingKey,
        pitch: &OutingPitch,
        changes: &mut Changes,
    ) -> Placed {
        if let Some(run) = self.runs.get_mut(&mound) {
            if run.continues_with(key, pitch) {
                run.key.game = key.game.or(run.key.game);
                return run.outing.upsert(*pitch);
            }
            if run.newest_release().is_some_and(|newest| pitch.release <= newest) {
                return Placed::Stale;
            }
        }
        let is_over = |on: MoundId, run: &Run| on == mound || run.key.day < key.day;
        let over: Vec<MoundId> = self.runs.iter().filter(|(on, run)| is_over(**on, run)).map(|(on, _)| *on).collect();
        for on in over {
            let Some(mut run) = self.runs.remove(&on) else { continue };
            run.watches.end(book, pitch.release, words::OUTING_ENDED, changes);
            if on == GAME_MOUND && run.outing.thrown() > 0 {
                self.earlier.push((run.key.day, run.outing.thrown()));
            }
        }
        self.earlier.retain(|(day, _)| *day >= key.day);
        let mut run = Run::new(key, pitch.release);
        let placed = run.outing.upsert(*pitch);
        self.runs.insert(mound, run);
        placed
    }

    /// Today's pitches as of an outing: its own, and those thrown on the game mound on the same day.
    fn today(&self, mound: MoundId, run: &Run) -> u32 {
        let day = run.key.day;
        let earlier: u32 = self.earlier.iter().filter(|(of, _)| *of == day).map(|(_, pitches)| pitches).sum();
        let game = self.runs.get(&GAME_MOUND).filter(|game| mound != GAME_MOUND && game.key.day == day);
        run.outing.thrown() + earlier + game.map_or(0, |game| game.outing.thrown())
    }

    /// Computes what to show now of his outing on a mound.
    pub(super) fn publish(
        &mut self,
        config: &Config,
        judge: &mut Judge,
        (pitcher, mound): (PitcherId, MoundId),
        now: BoxNs,
    ) {
        let Some(mut run) = self.runs.remove(&mound) else { return };
        let dose = Dose {
            today: self.today(mound, &run),
            carried: self.workload.carried(),
            role: self.workload.role(config.starter_pitches_min),
        };
        let context = features::Context {
            pitches_today: dose.today,
            carried: dose.carried,
            acwr: self.workload.acwr,
            days_rest: self.workload.days_rest(),
        };
        let features = features_v2(&run.outing, self.baseline.as_ref(), &context, &config.features);
        let inputs = Inputs {
            dose: (f64::from(dose.today) + dose.carried) / config.cap(dose.role),
            acwr: self.workload.acwr,
            rest_deficit: self.workload.rest_deficit,
            ..Inputs::of(&features.v1)
        };
        let newest = run.outing.newest().map(|p| (p.release, p.calibration_confidence));
        let release = newest.map_or(run.release, |(release, _)| release);
        let hold = hold(config, &run.outing, &features, self.baseline.is_some());
        let points = Points::of(config, &inputs);
        if hold.is_none() {
            run.good = Some(Good {
                indices: judge.indices(config, &inputs),
                pitches: run.outing.thrown(),
                at: release,
                measured: words::measured(&features.v1, &points),
            });
        }
        let good = run.good.as_ref();
        let indices = good.map_or_else(Indices::default, |good| good.indices);
        let as_of = good.map(|good| AsOf { pitches: good.pitches, at: words::rfc3339(good.at) });
        let measured = good.map_or_else(Weighed::new, |good| good.measured.clone());
        let held = hold.map(|hold| (hold, good.is_some()));
        run.reasons = words::reasons(config, measured, &inputs, &points, dose, held);
        run.why = hold.map(|hold| hold.why(config));
        run.release = release;
        self.revision += 1;
        run.published = Some(Readiness {
            pitcher,
            name: self.called(pitcher),
            mound,
            readiness: indices.readiness,
            fatigue: indices.fatigue,
            risk: Index { value: self.risk.as_ref().map(|r| r.index), ..Index::default() },
            probability_21d: self.risk.as_ref().map(|r| r.probability),
            base_rate_21d: self.risk.as_ref().map(|r| r.base_rate),
            risk_coverage: self.risk.as_ref().map(|r| r.coverage.clone()),
            risk_absent: self.risk_absent(),
            features: features
                .named()
                .map(|(name, feature)| (name.to_owned(), FeatureValue::of(name, feature)))
                .collect(),
            feature_set: FeatureSetV2::NAME.to_owned(),
            feature_qa_min: features.qa_min(),
            calibration_confidence: newest.and_then(|(_, confidence)| confidence),
            late_data_frac: run.outing.late_data_frac(),
            data_age_ms: as_of.as_ref().and_then(|as_of| as_of.age_ms(now)),
            state: run.state(),
            revision: self.revision,
            reasons: Vec::new(),
            recommendation: String::new(),
            alerts: Vec::new(),
            model_version: self.risk.as_ref().map(|r| r.model_version.clone()),
            pitches: run.outing.thrown(),
            last_pitch_at: words::rfc3339(release),
            as_of,
            presence: None,
            verdict: None,
        });
        self.runs.insert(mound, run);
    }

    /// Judges alerts of an outing, where its newest pitch is what changed.
    pub(super) fn judge(
        &mut self,
        config: &Config,
        book: &mut Book,
        (pitcher, mound): (PitcherId, MoundId),
        placed: Placed,
        changes: &mut Changes,
    ) {
        let name = self.called(pitcher);
        let Some(run) = self.runs.get_mut(&mound) else { return };
        let Some(published) = run.published.as_ref().filter(|_| placed == Placed::Newest) else { return };
        let newest = run.outing.newest().map(|p| p.id);
        let new_pitch = run.judged != newest;
        run.judged = newest;
        let subject = Subject { pitcher, mound, at: run.release, new_pitch };
        let message = worded(&name, mound);
        run.watches.judge(book, &config.alerts, subject, |rule| watched(published, rule), message, changes);
    }

    /// Clears alerts of an outing that its remaining pitches do not justify.
    pub(super) fn withdraw(
        &mut self,
        config: &Config,
        book: &mut Book,
        mound: MoundId,
        at: EventNs,
        changes: &mut Changes,
    ) {
        let Some(run) = self.runs.get_mut(&mound) else { return };
        let Some(published) = &run.published else { return };
        run.watches.withdraw(book, &config.alerts, at, |rule| watched(published, rule), changes);
    }

    /// Clears all alerts about him.
    pub(super) fn end(&mut self, book: &mut Book, at: EventNs, because: &str, changes: &mut Changes) {
        for run in self.runs.values_mut() {
            run.watches.end(book, at, because, changes);
        }
        if let Some((id, _)) = self.two_mounds.take() {
            changes.cleared.extend(book.clear(id, at, because));
        }
    }

    /// Clears the alerts of an outing whose mound he left.
    pub(super) fn leave(&mut self, book: &mut Book, mound: MoundId, at: EventNs, because: &str, changes: &mut Changes) {
        if let Some(run) = self.runs.get_mut(&mound) {
            run.watches.end(book, at, because, changes);
        }
    }

    /// Puts what was computed and judged, and where he stands, into what is shown of an outing. `left` says why he is not
    /// on the mound, where he is not.
    pub(super) fn conclude(
        &mut self,
        config: &Config,
        book: &mut Book,
        (pitcher, mound): (PitcherId, MoundId),
        stand: Option<Stand>,
        left: &str,
    ) {
        let name = self.called(pitcher);
        let two_mounds = self.two_mounds.clone();
        let Some(run) = self.runs.get_mut(&mound) else { return };
        let Some(mut published) = run.published.take() else { return };
        run.watches.tell(book, &config.alerts, |rule| watched(&published, rule), worded(&name, mound));
        let mut alerts: Vec<Alert> = run.watches.standing(book);
        alerts.extend(two_mounds.as_ref().and_then(|(id, _)| book.get(*id).cloned()));
        published.alerts = alerts;
        let told = two_mounds.map(|(_, told)| words::sentence(&told)).into_iter();
        published.reasons = told.chain(run.reasons.iter().cloned()).collect();
        published.presence = stand.map(|stand| stand.told());
        (published.verdict, published.recommendation) = run.advice(config, &published, stand, left);
        run.trend.push(&published);
        run.published = Some(published);
    }

    /// One more published change.
    pub(super) fn count_revision(&mut self, mound: MoundId) {
        self.revision += 1;
        if let Some(published) = self.runs.get_mut(&mound).and_then(|run| run.published.as_mut()) {
            published.revision = self.revision;
        }
    }
}

impl Run {
    fn new(key: OutingKey, release: EventNs) -> Self {
        Self {
            key,
            outing: Outing::default(),
            good: None,
            why: None,
            reasons: Vec::new(),
            judged: None,
            release,
            watches: Watches::default(),
            published: None,
            trend: Trend::default(),
            is_past: false,
        }
    }

    pub(super) fn newest_release(&self) -> Option<EventNs> {
        self.outing.newest().map(|p| p.release)
    }

    /// A value that rested on another man's pitch is no good one.
    pub(super) fn forget_good(&mut self) {
        self.good = None;
    }

    /// Whether a pitch on the same mound belongs to this outing: of the same day and game. A day without a game and a game
    /// close by in time are one outing: the mark that names the game came late.
    fn continues_with(&self, key: OutingKey, pitch: &OutingPitch) -> bool {
        let is_near = || self.release.0.abs_diff(pitch.release.0) < NAMED_LATE_NS;
        self.key.day == key.day
            && (self.key.game == key.game || (self.key.game.is_none() || key.game.is_none()) && is_near())
    }

    fn state(&self) -> State {
        let is_provisional = |p: &OutingPitch| p.state == PitchState::Provisional;
        match &self.why {
            Some(_) => State::Held,
            None if self.outing.pitches().iter().rev().take(Outing::LATE_WINDOW).any(is_provisional) => {
                State::Provisional
            }
            None => State::Final,
        }
    }

    fn advice(
        &self,
        config: &Config,
        published: &Readiness,
        stand: Option<Stand>,
        left: &str,
    ) -> (Option<super::Verdict>, String) {
        let away = stand.filter(|stand| !stand.is_here());
        let advice = match (published.readiness.value, &self.why, &self.good, away) {
            (Some(_), _, _, Some(stand)) => Advice::Away { stand, why: left },
            (Some(value), None, _, None) => {
                let standing = self.watches.standing_of(&config.alerts, Rule::Readiness);
                let verdict = words::verdict(value, published.mound, standing);
                return (Some(verdict), words::recommendation(Advice::Verdict(verdict, published.mound)));
            }
            (Some(readiness), Some(why), Some(good), None) => {
                let since = published.pitches.saturating_sub(good.pitches);
                Advice::Held { readiness, pitches: good.pitches, since, why }
            }
            (.., why, _, _) => Advice::NoNumber { why: why.as_deref().unwrap_or("nothing of his is measured") },
        };
        (None, words::recommendation(advice))
    }
}

fn worded(name: &str, mound: MoundId) -> impl Fn(Rule, Severity, &Telling) -> String + '_ {
    move |rule, severity, telling| words::alert(name, mound, rule, severity, telling)
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
