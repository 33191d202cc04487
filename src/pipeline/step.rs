//! The ways in: frames by the step, everything else by [`Input`]; and what is asked of a pipeline.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::attribution::{AttributionStatus, Waiting};
use super::clocks::{Clocks, SourceClock};
use super::gap::Gap;
use super::held::{Downstream, Lane, Pipeline, RECENT_MAX, RETIRE_EVERY_NS, Recent, SOURCES};
use super::input::{Answer, Input};
use super::late::Late;
use super::note::Note;
use super::output::Output;
use super::profile::Profiles;
use super::rig::Rig;
use super::scales::Scales;
use super::settings::Settings;
use super::whose::Whose;
use super::{checkpoint, clocks, whose};
use crate::calibration::{CalibrationState, Conditions, MoundSight, Report};
use crate::environment::{Air, celsius};
use crate::features::OutingPitch;
use crate::ids::{BoxNs, EventNs, GamePk, MoundId, PitcherId};
use crate::moment::rfc3339;
use crate::readiness::{Alert, Engine, Readiness, Trend};
use crate::records::{Missed, PitchRecord};
use crate::reorder::{self, Reorder, TICK_BITS};
use crate::signal::Signal;
use crate::tracking::venue::Venue;
use crate::tracking::{JerkScale, MoundTracker};

impl<P: Profiles> Pipeline<P> {
    /// The pipeline behind a buffer made with the same settings. Cameras of which the venue does not say when they were
    /// calibrated count as calibrated now.
    pub fn new(venue: &Venue, settings: &Settings, reorder: Reorder<Signal>, profiles: P, now: BoxNs) -> Self {
        let lanes = venue
            .mounds
            .iter()
            .map(|mound| Lane {
                mound: mound.id,
                tracker: MoundTracker::new(venue, mound.id, settings.tracking.clone()),
                scales: Scales::default(),
                late: Late::default(),
            })
            .collect();
        Self {
            reorder,
            stage: Downstream {
                lanes,
                engine: Engine::new(settings.readiness),
                rig: Rig::new(venue, settings, now),
                air: Air::default(),
                profiles,
                zone: crate::day::zone(&venue.time_zone),
                whose: Whose::new(venue),
                clocks: Clocks::default(),
                recent: VecDeque::with_capacity(RECENT_MAX),
                profiled: HashMap::new(),
                dropped: [0; SOURCES],
                first_taken: None,
                pitches: Vec::with_capacity(8),
                counts: Vec::with_capacity(8),
                outputs: Vec::with_capacity(64),
                now,
                clock_ns: 0,
                retired: now,
                seen: BoxNs(0),
                nameless: BTreeSet::new(),
                begun: now,
                warming: false,
                was_killed: false,
                returned: None,
                recorder: None,
                gaps: Vec::new(),
                open: Vec::new(),
            },
        }
    }

    /// Takes what the rings hold, moves the watermarks and appends what happened to `outputs`. Returns how many frames
    /// it took.
    pub fn step(&mut self, now: BoxNs, outputs: &mut Vec<Output>) -> usize {
        self.stage.now = now;
        self.stage.clock_ns = self.clocks_apart_ns();
        self.stage.first_taken = None;
        if std::mem::take(&mut self.stage.was_killed) && !self.stage.warming {
            self.stage.was_away();
            self.stage.seen = BoxNs(0);
        }
        if self.stage.warming {
            self.stage.recall_scales();
        }
        let frames = self.reorder.poll(now, &mut self.stage);
        self.stage.clock_ns = self.clocks_apart_ns();
        self.mind_clocks(now);
        self.stage.tell_gathered(now);
        if !self.stage.warming {
            self.stage.see();
            self.stage.watch();
            self.stage.rig.vouched(self.reorder.lives());
            self.stage.pass_time();
            self.stage.tell_critical(self.reorder.clock_offset_ns());
            if now.0.saturating_sub(self.stage.retired.0) >= RETIRE_EVERY_NS {
                self.stage.retired = now;
                self.stage.retire(self.stage.seen_now().0);
            }
        }
        if let Some(recorder) = &mut self.stage.recorder {
            recorder.step(now, self.reorder.lives(), !self.stage.outputs.is_empty());
        }
        outputs.append(&mut self.stage.outputs);
        frames
    }

    /// Takes in what is no frame, and has it journalled: beside the answers that the pipeline asks for itself, which are journalled
    /// too, nothing else changes it between its steps, so a replay makes all of it again. It is written down after what was asked
    /// meanwhile, which a replay must know first; what changes nothing is not written down.
    pub fn input(&mut self, input: Input, now: BoxNs) -> Answer {
        let Some(answer) = self.apply(&input, now) else { return Answer::default() };
        self.stage.note(|| Note::Input { input, now });
        answer
    }

    /// None where it changes nothing.
    fn apply(&mut self, input: &Input, now: BoxNs) -> Option<Answer> {
        let stage = &mut self.stage;
        let mut answer = Answer::default();
        match input {
            Input::Weather(air) => {
                stage.air = *air;
                let conditions = Conditions {
                    wind_mph: air.wind_mph.map(|wind| wind.value),
                    temperature_c: air.temperature_f.map(|f| celsius(f.value)),
                };
                stage.rig.calibration.weather(&conditions, now);
            }
            Input::Vibration { camera, rms_g } => stage.rig.calibration.vibration(*camera, *rms_g, now),
            Input::Recalibrate { cameras, dry_run } => {
                stage.now = now;
                answer.proposals = stage.rig.calibration.recalibrate(cameras.as_deref(), *dry_run, now);
                stage.settle();
            }
            Input::Acknowledge { alert } => answer.alert = stage.engine.acknowledge(*alert, rfc3339(now)).cloned(),
            Input::JudgeBy(limits) if stage.engine.limits() == &**limits => return None,
            Input::JudgeBy(limits) => {
                stage.rig.judge_by(limits);
                stage.engine.judge_by(**limits, stage.seen_now());
            }
            Input::Reprocessed(again) => stage.take_remeasured(again),
            Input::Wall { ahead_ns } => return stage.clocks.set_wall(*ahead_ns).then_some(answer),
        }
        Some(answer)
    }

    /// How far the box's clock is ahead of its cameras', ns, 0 while they agree: as they show, until one is heard as was supposed.
    pub fn clocks_apart_ns(&self) -> i64 {
        if self.reorder.median_lag_ns().is_some() { self.reorder.clock_offset_ns() } else { self.stage.clock_ns }
    }

    /// Until a camera is heard the box's clock counts as so far ahead of theirs, ns, as it was before.
    pub fn suppose_clocks_apart(&mut self, ns: i64) {
        self.stage.clock_ns = ns;
    }

    /// Learns whose clock is off, and takes what comes by it from the next frame on.
    fn mind_clocks(&mut self, now: BoxNs) {
        let median = self.reorder.median_lag_ns();
        let was_never_set = self.stage.clocks.is_never_set();
        let cameras = median.is_some_and(|lag| self.stage.clocks.look(self.reorder.sources(), lag, now));
        if cameras && was_never_set {
            self.stage.know_when(self.stage.clocks.cameras_ns());
        }
        let again = self.stage.clocks.learn();
        let ticks = self.stage.clocks.take_moves();
        if ticks != 0 {
            self.reorder.move_on(ticks);
            self.stage.move_on(ticks << TICK_BITS);
        }
        if cameras || !again.is_empty() {
            self.take_by_clocks();
        }
        for frame in again {
            if self.stage.clocks.is_of_now(&frame) {
                self.stage.take_mark_again(&frame);
            }
        }
    }

    /// Takes sources' event times as their clocks are known to be off.
    pub(super) fn take_by_clocks(&mut self) {
        for source in 1..=reorder::SOURCE_MAX {
            self.reorder.set_shift(source, self.stage.clocks.shift_ns(source));
            let is_rough = self.stage.clocks.is_rough(source);
            self.stage.lanes.iter_mut().for_each(|lane| lane.tracker.set_rough(source, is_rough));
        }
    }

    /// Which clocks are off by how much, a sentence each; none while all agree.
    pub fn clocks_off(&self, now: BoxNs) -> Vec<String> {
        let cameras = self.stage.rig.calibration.clocks_off(now);
        cameras.into_iter().chain(self.stage.clocks.words(now)).collect()
    }

    /// How far each source's clock is off the cameras', of those that were heard of late.
    pub fn source_clocks(&self, now: BoxNs) -> Vec<SourceClock> {
        let cameras = self.stage.rig.calibration.clocks_ahead(now);
        let cameras = cameras.into_iter().map(|(source, ahead_s, is_told)| SourceClock { source, ahead_s, is_told });
        cameras.chain(self.stage.clocks.of_sources(now)).collect()
    }

    /// What is known of sources' clocks, for the next run after an orderly stop.
    pub fn clocks(&self) -> Vec<u8> {
        postcard::to_extend(&self.stage.clocks.kept(), vec![clocks::LAYOUT])
            .expect("it is plain data, and a Vec takes everything")
    }

    /// Remembers what an earlier run knew of sources' clocks: it is believed once their first marks agree.
    pub fn resume_clocks(&mut self, kept: &[u8]) {
        if let Ok(known) = checkpoint::read(clocks::LAYOUT, kept) {
            self.stage.clocks.remember(known);
        }
    }

    /// Whether a step would take any frame.
    pub fn has_frames(&mut self) -> bool {
        self.reorder.has_frames()
    }

    /// Arrival of the frame that waited longest for the last step.
    pub fn first_taken(&self) -> Option<BoxNs> {
        self.stage.first_taken
    }

    /// Whether nothing of any camera is held, so that nothing but the passing of time can happen.
    pub fn is_still(&self) -> bool {
        self.reorder.counts().held == 0
    }

    /// Frames that a camera itself says it dropped since it started (HEALTH).
    pub fn dropped(&self, source: u8) -> u32 {
        self.stage.dropped.get(usize::from(source)).copied().unwrap_or(0)
    }

    /// Shutdown: everything held goes through, and what is open becomes final.
    pub fn finish(&mut self, now: BoxNs, outputs: &mut Vec<Output>) {
        self.let_through(now, outputs);
        // After what it asks for and takes, which a replay must know first.
        self.stage.note(|| Note::Finished { now });
    }

    /// The shutdown that a kill kept a run from, made up for: what it held goes through, and pitches of which more would
    /// have come are flagged. It journals no more.
    pub fn cut_short(&mut self, now: BoxNs, outputs: &mut Vec<Output>) {
        self.stage.gaps.iter_mut().for_each(Gap::end_here);
        self.let_through(now, outputs);
        self.stage.note(|| Note::CutShort { now });
        self.stage.recorder = None;
    }

    fn let_through(&mut self, now: BoxNs, outputs: &mut Vec<Output>) {
        self.stage.now = now;
        self.reorder.drain(&mut self.stage);
        self.stage.tell_gathered(BoxNs(u64::MAX));
        self.stage.keep_rig();
        outputs.append(&mut self.stage.outputs);
    }

    /// Whose the throws are, as far as the mark feed says, and who waits to throw.
    pub fn attribution(&self, now: BoxNs) -> AttributionStatus {
        let stage = &self.stage;
        let off = stage.clocks.unmatched(now);
        let mut status = stage.whose.status(now, stage.seen_now(), &stage.zone, off.as_deref());
        for mound in &mut status.mounds {
            let waits = stage.engine.waiting(MoundId(mound.mound), stage.seen_now());
            mound.waiting = waits.map(|(pitcher, since)| Waiting {
                pitcher: pitcher.0,
                name: stage.engine.name_of(pitcher).map_or_else(|| pitcher.to_string(), str::to_owned),
                since: rfc3339(BoxNs(since.0)),
            });
            mound.deserted = stage.engine.is_deserted(MoundId(mound.mound), stage.seen_now());
        }
        status
    }

    /// Names came in: whoever throws, or was named by a mark, is called by them at once. What that changed leaves with the next
    /// step.
    pub fn names_came(&mut self) {
        let mut known = std::mem::take(&mut self.stage.nameless);
        known.extend(self.stage.engine.followed());
        for pitcher in known {
            self.stage.ask_name(pitcher);
        }
    }

    /// Marks that were not kept, because a feed with a lower number says otherwise.
    pub fn contradicted_marks(&self) -> u64 {
        self.stage.lanes.iter().map(|lane| lane.tracker.contradicted_marks()).sum()
    }

    /// How the cameras stand, and how far to trust them.
    pub fn calibration(&self, now: BoxNs) -> Report {
        self.stage.rig.calibration.report(now)
    }

    /// Goes on with what an earlier run knew of the cameras. Its alerts leave with the next step.
    pub fn restore_calibration(&mut self, state: CalibrationState, now: BoxNs) {
        self.stage.now = now;
        self.stage.restore_rig(state);
    }

    /// The box's clock was set by so much, ns, while the daemon was away, as the machine itself tells.
    pub fn clock_was_set(&mut self, by_ns: i64, now: BoxNs) {
        self.stage.rig.calibration.clock_was_set(by_ns, now);
    }

    /// Cameras are known to have been heard until a moment before the start, whatever an earlier run kept of them.
    pub fn were_heard_until(&mut self, at: BoxNs) {
        self.stage.rig.calibration.were_heard_until(at);
    }

    /// Takes back whose a throw of today was, as stored before a restart: who stands in a bullpen, and how many are
    /// nobody's. In the order of release.
    pub fn recall_throw(&mut self, record: &PitchRecord) {
        match record.pitcher {
            Some(pitcher) => self.stage.recall_standing(record, PitcherId(pitcher)),
            // Which of them are somebody's is stored with the outings.
            None if whose::is_nobodys(record) => self.stage.whose.recall(record),
            None => {}
        }
    }

    /// Takes back a pitch of an outing in progress, as stored before a restart; `now` is by the cameras' clock.
    pub fn restore(&mut self, record: &PitchRecord, now: BoxNs) {
        let (Some(pitcher), Ok(day)) = (record.pitcher.map(PitcherId), record.game_date.parse()) else { return };
        let mound = MoundId(record.mound);
        let key = self.stage.begin((pitcher, mound), day, EventNs(record.release_ns), GamePk(record.game_pk));
        let pitch = OutingPitch::from(record);
        self.stage.engine.restore(pitcher, mound, key, [pitch], now);
        self.stage.engine.was_seen(mound, pitch.release);
        self.stage.whose.was_away(EventNs(now.0));
        self.stage.remember(Recent { record: record.clone(), outing: Some((pitcher, key, pitch)) });
        self.stage.count_on(record);
    }

    /// Takes back what was stored of what is missing of an outing in progress on the game mound.
    pub fn recall_missed(&mut self, pitcher: PitcherId, missed: &Missed) {
        self.stage.engine.recall_missed(pitcher, MoundId::GAME, missed);
    }

    /// Mounds and releases of the pitches that were published last.
    pub fn published(&self) -> impl Iterator<Item = (MoundId, EventNs)> + '_ {
        self.stage.recent.iter().map(|Recent { record, .. }| (MoundId(record.mound), EventNs(record.release_ns)))
    }

    /// A pitch of an earlier run: frames of it that still come make no second one.
    pub fn published_before(&mut self, mound: MoundId, release: EventNs) {
        if let Some(lane) = self.stage.lane(mound) {
            lane.tracker.published_before(release);
        }
    }

    /// Looks who stands where, and who is seen, after outings were taken back; what that changed leaves with the next step.
    pub fn look(&mut self, now: BoxNs) {
        (self.stage.now, self.stage.returned) = (now, Some(now));
        self.stage.see();
        self.stage.watch();
    }

    /// Readiness of everybody who has an outing, as last judged, ascending by pitcher and mound.
    pub fn active(&self) -> impl Iterator<Item = &Readiness> {
        self.stage.engine.active()
    }

    /// Alerts that stand, about pitchers and about cameras, oldest first.
    pub fn standing_alerts(&self) -> impl Iterator<Item = &Alert> {
        self.stage.engine.standing()
    }

    /// The same with how each outing went.
    pub fn outings(&self) -> impl Iterator<Item = (&Readiness, &Trend)> {
        self.stage.engine.outings()
    }

    /// How an outing went that is shown.
    pub fn trend_of(&self, (pitcher, mound): (PitcherId, MoundId)) -> Option<&Trend> {
        self.stage.engine.trend_of(pitcher, mound)
    }

    /// The same as of now, though no step was taken since: who is not seen any more has no verdict. Nothing of it is kept, for
    /// what is kept is what steps made, and a replay of them makes again.
    pub fn outings_at(&self, now: BoxNs) -> Vec<(Readiness, Trend)> {
        let stage = &self.stage;
        let mut engine = stage.engine.clone();
        let seen_now = BoxNs(stage.seen_at(now).0);
        for (mound, MoundSight { is_seen, until, unseen }) in stage.sights(now) {
            engine.see(mound, is_seen, until, unseen);
        }
        engine.watch(seen_now);
        engine.outings().map(|(readiness, trend)| (readiness.clone(), trend.clone())).collect()
    }

    /// Takes over what an earlier run learned about a mound's flights.
    pub fn set_learned(&mut self, mound: MoundId, scale: JerkScale) {
        if let Some(lane) = self.stage.lane(mound) {
            lane.tracker.set_jerk_scale(scale);
            lane.scales = Scales::from(scale);
        }
        self.stage.share_scales();
    }

    /// The buffer's own counts and sources, for observation.
    pub fn reorder(&self) -> &Reorder<Signal> {
        &self.reorder
    }
}
