//! One pitcher: his outing on each mound, what is usual for him, and what is shown of him.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::alert::{Alert, Severity};
use super::alerts::{Book, Changes, Rule, Seen, Subject};
use super::answer::{AsOf, FeatureValue, Index, InjuryRisk, Readiness};
use super::config::{Config, Limits};
use super::indices::{Indices, Inputs, Judge, Points};
use super::presence::{GAME_MOUND, Known, Presence, Stand};
use super::run::{Earlier, Run};
use super::sight::{self, While};
use super::verdict::is_in_doubt;
use super::words::{self, Dose, Hold, LastGood, Telling, Weighed};
use crate::features::baseline::PitcherBaseline;
use crate::features::{self, FeatureSetV2, Outing, OutingPitch, Placed, features_v2};
use crate::ids::{BoxNs, EventNs, MoundId, PitchId, PitcherId};
use crate::records::{Missed, MissedOuting, State};
use crate::workload::{OutingKey, Workload};

/// The mark that names the game of an outing comes this long after its pitches at most: farther apart, throws without a
/// game and a game of the same day are two outings.
pub(super) const NAMED_LATE_NS: u64 = 3 * 3_600 * 1_000_000_000;

/// Nine in ten are within so many standard deviations on either side.
const NINE_IN_TEN_SD: f64 = 1.644_854;

/// The feature whose pitches are counted on another mound too.
const DOSE: &str = "dose";

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
    /// Game-mound outings of today that are over.
    earlier: Vec<Earlier>,
    /// The alert that his name is on two mounds at once, and what it says.
    pub(super) two_mounds: Option<(u64, String)>,
    revision: u64,
}

/// How a mound stands when somebody is told of.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    /// Where he stands; none where he did not throw there.
    pub(super) stand: Option<Stand>,
    /// What people call who took his place, where that is known.
    pub(super) by_name: Option<String>,
    /// Whether nothing that is thrown there now would be measured.
    pub(super) is_blind: bool,
    /// How well it is known whether he stands there.
    pub(super) known: Known,
    /// By the cameras' clock.
    pub(super) now: BoxNs,
}

impl Scene {
    /// Why he is not on the mound, in words; empty where he is.
    pub(super) fn left(&self) -> String {
        let away = self.stand.filter(|stand| !stand.is_here());
        away.map(|stand| words::left(&stand, self.by_name.as_deref())).unwrap_or_default()
    }

    fn presence(&self) -> Option<Presence> {
        self.stand.map(|stand| stand.told(self.by_name.clone(), self.known))
    }
}

/// The last value that could be judged, and what stands behind it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Good {
    indices: Indices,
    pub(super) pitches: u32,
    pub(super) at: EventNs,
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

    /// What is shown of his outing on a mound.
    pub(super) fn published(&self, mound: MoundId) -> Option<&Readiness> {
        self.runs.get(&mound)?.published.as_ref()
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
                let (pitches, missed) = (run.outing.thrown(), run.missed().pitches_at_most());
                self.earlier.push(Earlier { day: run.key.day, pitches, missed });
            }
        }
        self.earlier.retain(|earlier| earlier.day >= key.day);
        let mut run = Run::new(key, pitch.release);
        let placed = run.outing.upsert(*pitch);
        self.runs.insert(mound, run);
        placed
    }

    /// The pitches of an outing's day on the game mound, as they are counted on every evening, whatever mound he stands on; and
    /// how many more there may be at most.
    fn today(&self, mound: MoundId, run: &Run) -> (u32, u32) {
        self.today_until(mound, run, EventNs(u64::MAX))
    }

    /// The same of those until a moment: a number is of its own pitch, whatever he threw elsewhere after it.
    fn today_until(&self, mound: MoundId, run: &Run, at: EventNs) -> (u32, u32) {
        let day = run.key.day;
        let earlier = self.earlier.iter().filter(|earlier| earlier.day == day).map(|e| (e.pitches, e.missed));
        let game = if mound == GAME_MOUND { Some(run) } else { self.runs.get(&GAME_MOUND) };
        let game = game.filter(|game| game.key.day == day);
        let game = game.map(|game| (game.outing.thrown_until(at), game.missed().pitches_at_most()));
        earlier.chain(game).fold((0, 0), |(pitches, missed), (p, m)| (pitches + p, missed.saturating_add(m)))
    }

    /// Whether more may have been thrown on the game mound by a moment of an outing's day than was counted by then.
    fn is_least_by(&self, mound: MoundId, run: &Run, at: EventNs) -> bool {
        let day = run.key.day;
        let game = if mound == GAME_MOUND { Some(run) } else { self.runs.get(&GAME_MOUND) };
        self.earlier.iter().any(|earlier| earlier.day == day && earlier.missed > 0)
            || game.is_some_and(|game| game.key.day == day && game.is_least_by(at))
    }

    /// Whether something is missing of an outing that is not told yet, or the dose told is not that of now.
    pub(super) fn is_behind(&self, mound: MoundId) -> bool {
        let Some(run) = self.runs.get(&mound) else { return false };
        run.has_missed() || Self::dose_told(run).is_some_and(|told| told != self.dose_now(mound, run))
    }

    /// Brings the dose of an outing that is over up to date: the number of then stays.
    pub(super) fn carry_dose(&mut self, mound: MoundId) {
        let Some(mut run) = self.runs.remove(&mound) else { return };
        let (value, partly_seen) = self.dose_now(mound, &run);
        if let Some(dose) = run.published.as_mut().and_then(|published| published.features.get_mut(DOSE)) {
            (dose.value, dose.partly_seen) = (value, partly_seen);
        }
        self.runs.insert(mound, run);
    }

    fn dose_told(run: &Run) -> Option<(f64, bool)> {
        let dose = run.published.as_ref()?.features.get(DOSE)?;
        Some((dose.value, dose.partly_seen))
    }

    /// The dose as of an outing, pitches, and whether it is the least that it can be.
    fn dose_now(&self, mound: MoundId, run: &Run) -> (f64, bool) {
        let (today, missed) = self.today(mound, run);
        let is_least =
            missed > 0 || run.may_have_gone || self.may_be_in_game(run.key.day) || !self.workload.missed.is_empty();
        (f64::from(today) + self.workload.carried(), is_least)
    }

    /// Whether he may have gone from a bullpen into the game of a day unseen.
    fn may_be_in_game(&self, day: Date) -> bool {
        self.runs.values().any(|run| run.key.day == day && run.may_have_gone)
    }

    /// Takes back what was stored of what is missing of an outing.
    pub(super) fn recall_missed(&mut self, mound: MoundId, missed: &Missed) {
        if let Some(run) = self.runs.get_mut(&mound) {
            missed.unseen.iter().for_each(|ends| sight::add(&mut run.unseen, While::of(*ends)));
            run.unnamed_before = run.unnamed_before.max(missed.unnamed);
        }
    }

    /// What is missing of his outing on the game mound, to be stored; none where nothing ever was.
    pub(super) fn missed_outing(&mut self, pitcher: PitcherId, mound: MoundId) -> Option<MissedOuting> {
        let run = self.runs.get_mut(&mound).filter(|_| mound == GAME_MOUND)?;
        run.was_missed |= !run.missed().is_nothing();
        run.was_missed.then(|| MissedOuting {
            pitcher: pitcher.0,
            game_date: run.key.day.to_string(),
            game_pk: run.key.game.map_or(0, |game| game.0),
            thrown_ns: run.release.0,
            missed: run.missed(),
        })
    }

    /// Notes when throws on a mound were thrown that no mark names and that may be his; whether that is news.
    pub(super) fn count_unnamed(&mut self, mound: MoundId, thrown: &[EventNs]) -> bool {
        let Some(run) = self.runs.get_mut(&mound) else { return false };
        let before = (run.unnamed, run.unnamed_between);
        let between = thrown.iter().min().copied().zip(thrown.iter().max().copied());
        (run.unnamed, run.unnamed_between) = (thrown.len() as u32, between);
        (run.unnamed, run.unnamed_between) != before
    }

    /// Notes that a mound was not seen for a while in which he may have thrown there.
    pub(super) fn miss(&mut self, mound: MoundId, unseen: While) {
        if let Some(run) = self.runs.get_mut(&mound) {
            sight::add(&mut run.unseen, unseen);
        }
    }

    /// Takes back that he may have thrown on a mound in a while in which it was not seen; whether that was told.
    pub(super) fn did_not_throw_in(&mut self, mound: MoundId, unseen: While) -> bool {
        self.runs.get_mut(&mound).is_some_and(|run| sight::take_back(&mut run.unseen, unseen))
    }

    /// Takes how far the cameras are trusted that saw his pitches on a mound, where nobody knew that then, and tells of which
    /// pitches that is. Only pitches from `since` on: what the cameras stood like before is not known by it.
    pub(super) fn trust(&mut self, mound: MoundId, confidence: f64, since: EventNs) -> Vec<PitchId> {
        self.runs.get_mut(&mound).map_or_else(Vec::new, |run| run.outing.trust(confidence, since))
    }

    /// The first pitch of an outing, where it holds no other.
    pub(super) fn first_of(&self, mound: MoundId) -> Option<EventNs> {
        let run = self.runs.get(&mound).filter(|run| run.outing.thrown() == 1)?;
        run.newest_release()
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
        let newest = run.outing.newest().map(|p| (p.release, p.calibration_confidence));
        let release = newest.map_or(run.release, |(release, _)| release);
        let (today, missed) = self.today_until(mound, &run, release);
        let most = self.workload.at_most();
        let dose = Dose {
            today,
            at_least: missed > 0 || run.may_have_gone || self.may_be_in_game(run.key.day),
            carried_at_least: !self.workload.missed.is_empty(),
            carried: self.workload.carried(),
            role: self.workload.role(config.starter_pitches_min),
        };
        let (features, inputs) = self.weigh(config, &run.outing, today);
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
        let at_most = Inputs {
            dose: (f64::from(today.saturating_add(missed)) + most.carried()) / config.roles().cap(dose.role),
            acwr: most.acwr,
            rest_deficit: most.rest_deficit,
            ..inputs
        };
        run.rest_short = inputs.rest_deficit.unwrap_or_default();
        let is_partly_seen = dose.at_least || dose.carried_at_least;
        run.least = is_partly_seen.then(|| Points::of(config, &at_most).readiness().min(points.readiness()));
        let good = run.good.as_ref();
        let indices = good.map_or_else(Indices::default, |good| good.indices);
        let as_of = good.map(|good| AsOf { pitches: good.pitches, at: words::rfc3339(good.at) });
        let measured = good.map_or_else(Weighed::new, |good| good.measured.clone());
        let held_at = as_of.as_ref().map(|as_of| as_of.pitches);
        let held = hold.map(|hold| (hold, held_at));
        run.reasons = words::reasons(config, measured.clone(), &inputs, &points, dose, held);
        let dose_then = Dose { at_least: self.is_least_by(mound, &run, release), ..dose };
        run.reasons_then = words::reasons(config, measured, &inputs, &points, dose_then, held);
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
                .map(|(name, feature)| {
                    let partly_seen = match name {
                        DOSE => is_partly_seen,
                        "acwr" => dose.carried_at_least,
                        _ => false,
                    };
                    (name.to_owned(), FeatureValue { partly_seen, ..FeatureValue::of(name, feature) })
                })
                .collect(),
            feature_set: FeatureSetV2::NAME.to_owned(),
            feature_qa_min: features.qa_min(),
            calibration_confidence: newest.and_then(|(_, confidence)| confidence),
            late_data_frac: run.outing.late_data_frac(),
            data_age_ms: as_of.as_ref().and_then(|as_of| as_of.age_ms(now)),
            state: run.state(),
            early: run.outing.newest().is_some_and(|pitch| pitch.early),
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
            verdict_limits: config.alerts.readiness.verdicts(),
            verdict_absent: None,
            unseen: run.unseen.iter().map(While::told).collect(),
            unnamed_throws: run.unnamed_throws(),
            unnamed_from: run.unnamed_told().map(|(first, _)| words::rfc3339(first)),
            unnamed_to: run.unnamed_told().map(|(_, last)| words::rfc3339(last)),
        });
        self.settle_trend(config, judge, (mound, today), &mut run);
        self.runs.insert(mound, run);
    }

    /// The features of an outing, and what its indices are made of, with so many pitches of today on the game mound.
    fn weigh(&self, config: &Config, outing: &Outing, today: u32) -> (FeatureSetV2, Inputs) {
        let Workload { acwr, rest_deficit, .. } = self.workload;
        let (carried, days_rest) = (self.workload.carried(), self.workload.days_rest());
        let context = features::Context { pitches_today: today, carried, acwr, days_rest };
        let features = features_v2(outing, self.baseline.as_ref(), &context, &config.features);
        let cap = config.roles().cap(self.workload.role(config.starter_pitches_min));
        let dose = (f64::from(today) + carried) / cap;
        let inputs = Inputs { dose, acwr, rest_deficit, ..Inputs::of(&features.v1) };
        (features, inputs)
    }

    /// Judges the points of earlier pitches anew that rest on provisional data, once all of that is final. `today` is how many he
    /// has thrown on the game mound by now.
    fn settle_trend(&self, config: &Config, judge: &mut Judge, (mound, today): (MoundId, u32), run: &mut Run) {
        let thrown = run.outing.thrown();
        for pitches in run.trend.unsettled() {
            let Some(then) = run.outing.until(pitches).filter(|then| !then.is_provisional()) else { continue };
            let since = if mound == GAME_MOUND { thrown - pitches } else { 0 };
            let (features, inputs) = self.weigh(config, &then, today.saturating_sub(since));
            if hold(config, &then, &features, self.baseline.is_some()).is_none() {
                run.trend.settle(pitches, judge.indices(config, &inputs));
            }
        }
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
        let newest = run.outing.newest();
        let is_early = newest.is_some_and(|pitch| pitch.early);
        let newest = newest.map(|pitch| pitch.id);
        let new_pitch = run.judged != newest;
        run.judged = newest;
        let subject = Subject { pitcher, mound, at: run.release, new_pitch };
        let message = worded(&name, mound, config.alerts.readiness);
        let seen_of = |rule| {
            let value = watched(published, rule)?;
            Some(if is_early { doubtful(published, rule, value) } else { Seen::from(value) })
        };
        run.watches.judge(book, &config.alerts, subject, seen_of, message, changes);
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

    /// Whether what is shown of an outing is other than it would be now.
    pub(super) fn is_outdated(&self, config: &Config, (pitcher, mound): (PitcherId, MoundId), scene: &Scene) -> bool {
        let Some(run) = self.runs.get(&mound) else { return false };
        let Some(published) = &run.published else { return false };
        let presence = scene.presence();
        let (verdict, recommendation) = run.advice(config, published, scene);
        published.presence != presence
            || published.name != self.called(pitcher)
            || published.recommendation != recommendation
            || (published.verdict, published.verdict_absent) != (verdict.ok(), verdict.err())
    }

    /// Puts what was computed and judged, and where he stands, into what is shown of an outing.
    pub(super) fn conclude(
        &mut self,
        config: &Config,
        book: &mut Book,
        (pitcher, mound): (PitcherId, MoundId),
        scene: &Scene,
    ) {
        let name = self.called(pitcher);
        let two_mounds = self.two_mounds.clone();
        let Some(run) = self.runs.get_mut(&mound) else { return };
        let Some(mut published) = run.published.take() else { return };
        published.data_age_ms = published.as_of.as_ref().and_then(|as_of| as_of.age_ms(scene.now));
        let (verdict, recommendation) = run.advice(config, &published, scene);
        let value_of = |rule| watched(&published, rule).filter(|_| !is_in_doubt(rule, verdict));
        let last = published.readiness.value.zip(published.as_of.as_ref().map(|as_of| as_of.pitches));
        let last = last.map(|(readiness, pitches)| LastGood { readiness, pitches });
        run.watches.tell(book, &config.alerts, value_of, last, worded(&name, mound, config.alerts.readiness));
        let mut alerts: Vec<Alert> = run.watches.standing(book);
        alerts.extend(two_mounds.as_ref().and_then(|(id, _)| book.get(*id).cloned()));
        published.alerts = alerts;
        let told = two_mounds.map(|(_, told)| words::sentence(&told));
        let missed = words::missed(run.unseen_ns(), published.unnamed_throws, published.pitches);
        // What could have changed the verdict comes first; what does not, and what follows on a number that is held, last.
        let is_held = run.why.is_some() && run.good.is_some();
        let (first, last) = if verdict.is_err() && !is_held { (missed, None) } else { (None, missed) };
        published.reasons = told.into_iter().chain(first).chain(run.reasons.iter().cloned()).chain(last).collect();
        published.name = name;
        published.presence = scene.presence();
        (published.verdict, published.verdict_absent) = (verdict.ok(), verdict.err());
        published.recommendation = recommendation;
        let missed_then = words::missed(run.unseen_ns_by(run.release), run.unnamed_by(run.release), published.pitches);
        run.trend.push(&published, || run.reasons_then.iter().cloned().chain(missed_then).collect());
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

fn worded(name: &str, mound: MoundId, limits: Limits) -> impl Fn(Rule, Severity, &Telling) -> String + '_ {
    move |rule, severity, telling| words::alert(name, mound, rule, severity, limits, telling)
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

/// The number that a rule watches, out of an early result: it may be anything in its interval; what has none may be anything until
/// all cameras have spoken.
fn doubtful(published: &Readiness, rule: Rule, value: f64) -> Seen {
    const UNKNOWN: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
    let (low, high) = match rule {
        Rule::CalibrationConfidence => (value, value),
        Rule::LateDataFrac | Rule::FeatureQaMin => UNKNOWN,
        Rule::VelocityDelta => published.features.get("velocity_delta_5").map_or(UNKNOWN, |f| {
            let reach = NINE_IN_TEN_SD * f.sd;
            (value - reach, value + reach)
        }),
        Rule::Readiness => published.readiness.low.zip(published.readiness.high).unwrap_or(UNKNOWN),
    };
    Seen { value, low: low.min(value), high: high.max(value) }
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
