//! What happens behind the watermark buffer, frame by frame and pitch by pitch.

use std::borrow::Cow;
use std::collections::BTreeSet;

use firmware_protocol::{Mark, MarkKind};
use jiff::civil::Date;

use super::gap::Gap;
use super::held::{Downstream, Lane, PROFILED_MAX, RECENT_MAX, RETIRE_NS, Recent};
use super::note::Note;
use super::output::Output;
use super::profile::Profiles;
use super::{record, whose};
use crate::calibration::{FIT_CAMERAS_MIN, MoundSight};
use crate::day::game_date;
use crate::features::OutingPitch;
use crate::ids::{BoxNs, EventNs, GamePk, MoundId, PitchId, PitcherId};
use crate::moment::is_plausible;
use crate::readiness::{Outcome, Sign};
use crate::records::{EARLY, JOURNAL_GAP, PitchRecord, State, UNDATED, WITHDRAWN};
use crate::reorder::{Route, Sink, Stamped};
use crate::signal::Signal;
use crate::tracking::pitch::{Pitch, PitchState};
use crate::tracking::{LateCount, Standing, When};
use crate::workload::OutingKey;

/// So long after its release a pitch that a tracker knows is final once the final watermark is there, ns.
const OVER_NS: u64 = 2_000_000_000;
/// How often readiness is told which mounds are seen, box time.
const SEE_EVERY_NS: u64 = 1_000_000_000;

impl<P: Profiles> Downstream<P> {
    pub(super) fn lane(&mut self, mound: MoundId) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|l| l.mound == mound)
    }

    /// Publishes what late frames changed, as far as they were gathered until then. A camera that stands still holds up
    /// the watermarks, and none of this.
    pub(super) fn tell_gathered(&mut self, until: BoxNs) {
        let mut pitches = std::mem::take(&mut self.pitches);
        let mut counts = std::mem::take(&mut self.counts);
        for lane in &mut self.lanes {
            lane.tracker.revise(until, &mut pitches);
            lane.tracker.late_counts(until, &mut counts);
        }
        for pitch in pitches.drain(..) {
            self.publish(&pitch, self.now);
        }
        for count in counts.drain(..) {
            self.recount(count, self.now);
        }
        (self.pitches, self.counts) = (pitches, counts);
    }

    pub(super) fn observe(&mut self, mound: MoundId, frame: &Stamped<Signal>, when: When) {
        if let (Signal::Health(health), Some(dropped)) =
            (&frame.payload, self.dropped.get_mut(usize::from(frame.source)))
        {
            *dropped = health.dropped;
        }
        if when != When::Late && !self.warming {
            self.inspect(frame);
        }
        if let Signal::Mark(mark) = &frame.payload {
            self.hear_mark(mark, frame.event, frame.arrival);
        }
        if let Some(lane) = self.lane(mound) {
            lane.tracker.observe(frame.source, frame.event, frame.arrival, &frame.payload, when);
        }
    }

    /// Takes a mark or a spin that came before its source's clock was known.
    pub(super) fn take_mark_again(&mut self, frame: &Stamped<Signal>) {
        let frame = self.clocks.corrected(frame);
        self.observe(frame.payload.mound(frame.source), &frame, When::AfterEager);
    }

    /// The first step after a kill: marks that came meanwhile were not heard.
    pub(super) fn was_away(&mut self) {
        self.returned = Some(self.now);
        self.whose.was_away(EventNs(self.seen_now().0));
        self.rig.calibration.was_away(self.now);
        // Before anything is told of this step, and once more after what came in it.
        self.look_who_is_seen();
    }

    /// Tells readiness which mounds are seen.
    pub(super) fn see(&mut self) {
        if self.now.0.saturating_sub(self.seen.0) < SEE_EVERY_NS {
            return;
        }
        self.seen = self.now;
        self.look_who_is_seen();
        self.engine.is_told(MoundId::GAME, !self.whose.is_untold());
        self.engine.set_today(game_date(self.seen_now().0, &self.zone));
    }

    fn look_who_is_seen(&mut self) {
        for (mound, MoundSight { is_seen, until, unseen }) in self.sights(self.now) {
            self.engine.see(mound, is_seen, until, unseen);
            let confidence = self.rig.calibration.confidence(mound, self.now).map(|c| c.fused);
            let told = self.engine.trust(mound, confidence, self.seen_now());
            self.keep_trust(&told, confidence);
        }
    }

    /// Keeps of pitches how far the cameras are trusted that saw them, where that became known after they were published: what is
    /// shown of a pitcher and what is kept of his pitches says the same.
    fn keep_trust(&mut self, pitches: &[PitchId], confidence: Option<f64>) {
        for id in pitches {
            let Some(recent) = self.recent.iter_mut().rev().find(|recent| recent.record.id == id.0) else { continue };
            recent.record.calibration_confidence = confidence;
            if let Some((.., seen)) = &mut recent.outing {
                seen.calibration_confidence = confidence;
            }
            self.outputs.push(Output::Recounted(Box::new(recent.record.clone())));
        }
    }

    /// What can be seen of each mound. After an earlier run nothing, until it is known whether a throw was missed meanwhile.
    pub(super) fn sights(&self, now: BoxNs) -> Vec<(MoundId, MoundSight)> {
        let of = |lane: &Lane| {
            let sight = self.rig.calibration.sight(lane.mound, now)?;
            let is_known = !self.was_killed && self.is_known_since(lane.mound, sight.until);
            Some((lane.mound, MoundSight { is_seen: sight.is_seen && is_known, ..sight }))
        };
        self.lanes.iter().filter_map(of).collect()
    }

    /// Whether it is known what happened on a mound since an earlier run: its cameras have told of a moment since this one is back, or as
    /// many as a pitch needs go on with the very next of their frames.
    fn is_known_since(&self, mound: MoundId, until: Option<EventNs>) -> bool {
        let Some(returned) = self.returned else { return true };
        let is_none = |gap: &Gap| gap.is_none_of(self.rig.cameras_of(mound), FIT_CAMERAS_MIN);
        until.is_some_and(|until| until >= self.seen_at(returned)) || self.gaps.last().is_some_and(is_none)
    }

    /// Asks what people call somebody.
    pub(super) fn ask_name(&mut self, pitcher: PitcherId) {
        match self.profiles.name(pitcher) {
            Some(name) => self.call(pitcher, name),
            None if self.nameless.len() < PROFILED_MAX => drop(self.nameless.insert(pitcher)),
            None => {}
        }
    }

    /// From now on people call him so.
    pub(super) fn call(&mut self, pitcher: PitcherId, name: String) {
        if self.engine.name_of(pitcher) == Some(name.as_str()) {
            return;
        }
        self.note(|| Note::Called { pitcher, name: name.clone() });
        let cleared = self.engine.set_name(pitcher, name);
        self.outputs.extend(cleared.into_iter().map(Output::Cleared));
    }

    /// Notes that the mark feed lives. Whom it names on the game mound stands on no other one any more.
    fn hear_mark(&mut self, mark: &Mark, event: EventNs, arrival: BoxNs) {
        if !self.warming {
            self.whose.hear(mark, event, arrival);
            if let Some(sign) = sign(mark) {
                self.engine.mark(MoundId(mark.mound), event, sign);
                if mark.what == MarkKind::PitchReleased && mark.at_bat_number > 0 {
                    self.engine.mark(MoundId(mark.mound), event, Sign::Batter(mark.at_bat_number));
                }
                if let Sign::Named(pitcher) = sign
                    && self.engine.name_of(pitcher).is_none()
                    && !self.nameless.contains(&pitcher)
                {
                    self.ask_name(pitcher);
                }
            }
        }
        if names_in_game(mark) {
            self.left_bullpens(PitcherId(mark.pitcher), event, arrival);
        }
    }

    fn left_bullpens(&mut self, pitcher: PitcherId, event: EventNs, arrival: BoxNs) {
        for lane in self.lanes.iter_mut().filter(|lane| lane.mound != MoundId::GAME) {
            lane.tracker.left(event, arrival, pitcher);
        }
    }

    /// Who threw in a bullpen before a restart stands there still; on the game mound each pitch has a mark of its own.
    pub(super) fn recall_standing(&mut self, record: &PitchRecord, pitcher: PitcherId) {
        let event = EventNs(record.release_ns);
        if record.mound == MoundId::GAME.0 {
            return self.left_bullpens(pitcher, event, self.now);
        }
        let mark = Mark {
            what: MarkKind::PitcherOnMound,
            mound: record.mound,
            at_bat_number: 0,
            pitch_number: 0,
            game_pk: record.game_pk,
            pitcher: pitcher.0,
            pitch_type: [0; 4],
        };
        if let Some(lane) = self.lane(MoundId(record.mound)) {
            lane.tracker.set_standing(&Standing { event, mark, thrown: event });
        }
    }

    /// The outing that a pitch belongs to; at its first pitch the pitcher's profile is asked for, and arms of another
    /// day are forgotten.
    pub(super) fn begin(
        &mut self,
        (pitcher, mound): (PitcherId, MoundId),
        day: Date,
        release: EventNs,
        game: GamePk,
    ) -> OutingKey {
        let key = OutingKey::new(day, game);
        if self.profiled.get(&(pitcher, mound)) != Some(&key) {
            self.retire(release.0);
            if self.profiled.len() >= PROFILED_MAX {
                self.profiled.clear();
            }
            self.profiled.insert((pitcher, mound), key);
            let profile = self.profiles.profile(pitcher, day);
            self.note(|| Note::Profile { pitcher, day, profile: profile.clone() });
            self.engine.forget_past(pitcher);
            let mut cleared = self.engine.set_workload(pitcher, profile.workload);
            if let Some(risk) = profile.risk.map(Ok).or(profile.risk_absent.map(Err)) {
                cleared.extend(self.engine.set_risk(pitcher, risk));
            }
            if let Some(name) = profile.name {
                cleared.extend(self.engine.set_name(pitcher, name));
            }
            if let Some(baseline) = profile.baseline {
                cleared.extend(self.engine.set_baseline(pitcher, baseline));
            }
            self.outputs.extend(cleared.into_iter().map(Output::Cleared));
        }
        key
    }

    /// Takes what is open as so much later, ns, as all that is held is.
    pub(super) fn move_on(&mut self, by_ns: i64) {
        for lane in &mut self.lanes {
            lane.tracker.move_on(by_ns);
            lane.late.move_on(by_ns);
        }
        let open = self.recent.iter_mut().map(|recent| &mut recent.record);
        for record in open.filter(|record| record.state == State::Provisional) {
            record.release_ns = record.release_ns.saturating_add_signed(by_ns);
        }
        for (.., release) in &mut self.open {
            release.0 = release.0.saturating_add_signed(by_ns);
        }
    }

    /// When final pitches without a date were thrown is known now: so much later than their cameras counted. They stay without, and
    /// count as throws that may be anybody's: whoever may have thrown them threw at least what is counted.
    pub(super) fn know_when(&mut self, later_ns: i64) {
        let undated = self.recent.iter().map(|recent| &recent.record);
        let undated = undated.filter(|record| !record.is_dated() && record.state == State::Final);
        let thrown: Vec<(MoundId, PitchId, EventNs)> = undated
            .map(|record| {
                let at = EventNs(record.release_ns.saturating_add_signed(later_ns));
                (MoundId(record.mound), PitchId(record.id), at)
            })
            .collect();
        for (mound, id, at) in thrown {
            self.engine.throw_unnamed(mound, at, id);
        }
    }

    /// Forgets the arms whose last pitch is long ago at `now_ns`, and that their profiles were asked for.
    pub(super) fn retire(&mut self, now_ns: u64) {
        let over = self.engine.retire(EventNs(now_ns.saturating_sub(RETIRE_NS)));
        self.outputs.extend(over.into_iter().map(Output::Cleared));
        let followed: BTreeSet<PitcherId> = self.engine.followed().collect();
        self.profiled.retain(|(pitcher, _), _| followed.contains(pitcher));
    }

    /// Publishes of whom it changed where he stands.
    pub(super) fn watch(&mut self) {
        for outcome in self.engine.watch(self.seen_now()) {
            self.tell(outcome, self.now);
        }
    }

    pub(super) fn remember(&mut self, recent: Recent) {
        if let Some(known) = self.recent.iter_mut().rev().find(|r| r.record.id == recent.record.id) {
            *known = recent;
            return;
        }
        if self.recent.len() == RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(recent);
    }

    /// Before a step of the warming: its trackers see no final pitch that was thrown before it, and yet the run that they
    /// follow had learned from such ones.
    pub(super) fn recall_scales(&mut self) {
        let before = BoxNs(self.now.0.saturating_sub(1));
        for lane in &mut self.lanes {
            lane.tracker.set_jerk_scale(lane.scales.at(before));
        }
    }

    fn publish(&mut self, pitch: &Pitch, moved_by: BoxNs) {
        self.publish_as(pitch, moved_by, None);
    }

    pub(super) fn publish_as(&mut self, pitch: &Pitch, moved_by: BoxNs, flag: Option<&str>) {
        let is_final = |recent: &Recent| recent.record.id == pitch.id.0 && recent.record.state == State::Final;
        // A run that was killed may have committed it as final, out of frames that it had not journalled yet.
        if self.warming || flag.is_none() && self.recent.iter().any(is_final) {
            return;
        }
        let Some(pitch) = self.as_published(pitch) else { return };
        let pitch = &*pitch;
        self.clocks.threw(pitch.mound, pitch.id.0, pitch.release);
        let day = game_date(pitch.release.0, &self.zone);
        let is_dated = is_plausible(pitch.release.0);
        let known = self.recent.iter().rev().find(|r| r.record.id == pitch.id.0);
        // Of cameras that nobody judges now, because the box was away, it stays what it was.
        let before = known.and_then(|known| known.record.calibration_confidence);
        let confidence = self.rig.calibration.confidence(pitch.mound, self.now).map(|c| c.fused).or(before);
        let date = if is_dated { day.to_string() } else { String::new() };
        let mut record = record::record(pitch, date, confidence);
        record.flags.extend((!is_dated).then(|| UNDATED.to_owned()));
        let touched = |gap: &Gap| gap.touches(self.rig.cameras_of(pitch.mound), pitch.release, pitch.plate);
        if self.gaps.iter().any(touched) {
            record.flags.push(JOURNAL_GAP.to_owned());
        }
        record.flags.extend(flag.map(str::to_owned));
        let crossed = is_first_of_its_kind(known.map(|known| &known.record), &record).then_some(pitch.plate);
        self.outputs.push(Output::Pitch { record: Box::new(record.clone()), moved_by, crossed });
        let known = self.recent.iter().rev().find(|r| r.record.id == record.id);
        match (known.is_some_and(|known| whose::is_nobodys(&known.record)), whose::is_nobodys(&record)) {
            (false, true) => {
                for (id, at) in self.whose.count(&record) {
                    self.engine.throw_unnamed(pitch.mound, at, id);
                }
            }
            (true, false) => self.whose.uncount(&record),
            _ => {}
        }
        if record.state == State::Final && record.pitcher.is_some() {
            self.whose.pitched(&record);
        }
        let before = self.recent.iter().rev().find(|r| r.record.id == record.id).and_then(|r| r.outing);
        if let Some((before, ..)) = before.filter(|(before, ..)| Some(*before) != pitch.context.pitcher)
            && let Some(outcome) = self.engine.remove(before, pitch.id, self.seen_now())
        {
            self.tell(outcome, moved_by);
        }
        let outing = pitch.context.pitcher.map(|pitcher| {
            let game = pitch.context.game_pk.unwrap_or(GamePk(0));
            let key = self.begin((pitcher, pitch.mound), day, pitch.release, game);
            let seen = OutingPitch { calibration_confidence: confidence, ..OutingPitch::from(pitch) };
            (pitcher, key, seen.in_standard_air(&self.air))
        });
        if let Some((pitcher, key, seen)) = outing {
            let outcome = self.engine.pitch(pitcher, pitch.mound, key, seen, self.seen_now());
            self.tell(outcome, moved_by);
        } else if !pitch.flags.withdrawn {
            self.engine.mark(pitch.mound, pitch.release, Sign::Somebody);
        }
        self.remember(Recent { record: record.clone(), outing });
        self.count_on(&record);
    }

    /// The pitch as what this or an earlier run published of its throw goes on: under its id where that is provisional; none where
    /// it is final, for then its frames came again, or the cameras' clocks were set while it was in the air.
    fn as_published<'p>(&mut self, pitch: &'p Pitch) -> Option<Cow<'p, Pitch>> {
        if self.recent.iter().any(|recent| recent.record.id == pitch.id.0) {
            return Some(Cow::Borrowed(pitch));
        }
        let is_open = |record: &&PitchRecord| {
            record.mound == pitch.mound.0 && record.state == State::Provisional && record.spans(pitch.plate.0)
        };
        if let Some(open) = self.recent.iter().rev().map(|recent| &recent.record).find(is_open) {
            let revision = open.revision + 1 + pitch.revision;
            return Some(Cow::Owned(Pitch { id: PitchId(open.id), revision, ..pitch.clone() }));
        }
        let is_of_one = |record: &PitchRecord| {
            record.mound == pitch.mound.0 && self.clocks.is_cut_off(pitch.release, EventNs(record.release_ns), self.now)
        };
        if self.recent.iter().any(|recent| is_of_one(&recent.record)) {
            return None;
        }
        if self.profiles.is_old_throw(pitch) {
            self.note(|| Note::OldThrow { id: pitch.id });
            return None;
        }
        Some(Cow::Borrowed(pitch))
    }

    /// Provisional pitches of a run that was killed whose frames are not there any more get no better: they are final as they
    /// are, once the final watermark has passed them, and are flagged.
    fn close_open(&mut self, mound: MoundId, final_: EventNs, moved_by: BoxNs) {
        let is_over = |open: &(MoundId, u64, EventNs)| open.0 == mound && open.2.0.saturating_add(OVER_NS) < final_.0;
        while let Some(at) = self.open.iter().position(is_over) {
            let (_, id, _) = self.open.swap_remove(at);
            let is_it = |recent: &&mut Recent| recent.record.id == id && recent.record.state == State::Provisional;
            let Some(recent) = self.recent.iter_mut().find(is_it) else { continue };
            recent.record.close_unfinished();
            self.outputs.push(Output::Pitch { record: Box::new(recent.record.clone()), moved_by, crossed: None });
        }
    }

    /// Takes a frame as it arrives: the flight of a ball may be known well enough by it, before all cameras have shown it.
    #[inline]
    fn take_early(&mut self, frame: &Stamped<Signal>) {
        let is_told = !self.warming;
        let mut pitches = std::mem::take(&mut self.pitches);
        let mound = match frame.payload {
            Signal::Mark(_) | Signal::Spin(_) => Some(frame.payload.mound(frame.source)),
            _ => self.rig.mound_of(frame.source),
        };
        if let Some(lane) = self.lanes.iter_mut().find(|lane| Some(lane.mound) == mound) {
            lane.tracker.arrive(frame.source, frame.event, frame.arrival, &frame.payload, is_told, &mut pitches);
        }
        if let Signal::Mark(mark) = &frame.payload
            && names_in_game(mark)
        {
            for lane in self.lanes.iter_mut().filter(|lane| lane.mound != MoundId::GAME) {
                lane.tracker.left_early(frame.event, PitcherId(mark.pitcher), is_told, &mut pitches);
            }
        }
        for pitch in pitches.drain(..) {
            self.publish(&pitch, frame.arrival);
        }
        self.pitches = pitches;
    }

    /// Early results take what any mound of the park taught of flights.
    pub(super) fn share_scales(&mut self) {
        for at in 0..self.lanes.len() {
            let (before, rest) = self.lanes.split_at_mut(at);
            let Some((own, after)) = rest.split_first_mut() else { return };
            own.tracker.share_jerk_scales(before.iter().chain(&*after).map(|lane| lane.tracker.jerk_scale()));
        }
    }

    /// Takes what a tracker found or settled.
    fn take_pitches(&mut self, mound: MoundId, pitches: &mut Vec<Pitch>, moved_by: BoxNs) {
        let Some(lane) = self.lanes.iter_mut().find(|l| l.mound == mound) else { return };
        if pitches.iter().any(|p| p.state == PitchState::Final) {
            if self.warming {
                // Of the pitches before the warming it knows less than the run that learned from them did.
                lane.tracker.set_jerk_scale(lane.scales.at(self.now));
                lane.tracker.evidence().for_each(drop);
                return pitches.clear();
            }
            lane.scales.note(self.now, lane.tracker.jerk_scale());
            self.outputs.push(Output::Learned(mound, lane.tracker.jerk_scale()));
            self.share_scales();
            // First what they say of the cameras: their own confidence knows of it.
            self.hear(mound);
        }
        for pitch in pitches.drain(..) {
            self.publish(&pitch, moved_by);
        }
    }

    /// A final pitch has more late frames than when it was published.
    fn recount(&mut self, count: LateCount, moved_by: BoxNs) {
        if self.warming {
            return;
        }
        let Some(recent) = self.recent.iter_mut().rev().find(|r| r.record.id == count.id.0) else { return };
        let share = f64::from(count.frames_late) / f64::from(count.frames.max(1));
        recent.record.late_data_frac = share;
        let (record, mound) = (recent.record.clone(), MoundId(recent.record.mound));
        let outing = recent.outing.as_mut().map(|(pitcher, key, seen)| {
            seen.late_data_frac = share;
            (*pitcher, *key, *seen)
        });
        self.outputs.push(Output::Recounted(Box::new(record)));
        if let Some((pitcher, key, seen)) = outing {
            let outcome = self.engine.pitch(pitcher, mound, key, seen, self.seen_now());
            self.tell(outcome, moved_by);
        }
    }

    fn tell(&mut self, outcome: Outcome, moved_by: BoxNs) {
        if outcome.changed {
            self.outputs.push(Output::Readiness { readiness: Box::new(outcome.readiness), moved_by });
        }
        self.outputs.extend(outcome.missed.map(|missed| Output::Missed(Box::new(missed))));
        self.outputs.extend(outcome.cleared.into_iter().map(Output::Cleared));
        self.outputs.extend(outcome.raised.into_iter().map(Output::Raised));
    }
}

/// Whether a result is early, of all cameras or final, and none of that kind came of the pitch before.
fn is_first_of_its_kind(before: Option<&PitchRecord>, record: &PitchRecord) -> bool {
    let kind = |record: &PitchRecord| (record.state, record.flags.iter().any(|flag| flag == EARLY));
    let is_withdrawn = record.flags.iter().any(|flag| flag == WITHDRAWN);
    !is_withdrawn && before.is_none_or(|before| kind(before) != kind(record))
}

/// Whether a mark names somebody on the game mound.
fn names_in_game(mark: &Mark) -> bool {
    let names = matches!(mark.what, MarkKind::PitcherOnMound | MarkKind::PitchReleased) && mark.pitcher != 0;
    names && mark.mound == MoundId::GAME.0
}

/// What a mark says of who stands on its mound.
fn sign(mark: &Mark) -> Option<Sign> {
    Some(match mark.what {
        MarkKind::InningEnd => Sign::InningEnded,
        MarkKind::InningStart => Sign::InningBegan,
        MarkKind::PitcherOnMound | MarkKind::PitchReleased if mark.pitcher != 0 => Sign::Named(PitcherId(mark.pitcher)),
        MarkKind::PitcherOnMound | MarkKind::PitchReleased | MarkKind::PitchEnded => Sign::Somebody,
        MarkKind::CalibrationDone => return None,
    })
}

impl<P: Profiles> Sink<Signal> for Downstream<P> {
    #[inline]
    fn taken(&mut self, path: usize, frame: &Stamped<Signal>) {
        self.first_taken.get_or_insert(frame.arrival);
        if let Some(recorder) = &mut self.recorder {
            recorder.frame(path, frame);
        }
        self.clocks.hear(frame, self.clock_ns);
        let frame = &self.clocks.corrected(frame);
        self.rig.calibration.arrived(frame.source, frame.event, frame.arrival);
        self.gaps.retain_mut(|gap| gap.note(frame));
        self.take_early(frame);
    }

    fn eager(&mut self, mound: MoundId, frame: &Stamped<Signal>) {
        self.observe(mound, frame, When::Eager);
    }

    fn after_eager(&mut self, mound: MoundId, frame: &Stamped<Signal>) {
        self.observe(mound, frame, When::AfterEager);
    }

    fn released(&mut self, _mound: MoundId, _frame: &Stamped<Signal>) {}

    fn late(&mut self, mound: MoundId, frame: &Stamped<Signal>) {
        self.observe(mound, frame, When::Late);
        self.note_late(mound, frame);
    }

    fn advanced(&mut self, mound: MoundId, eager: EventNs, final_: EventNs, moved_by: BoxNs) {
        let Some(lane) = self.lanes.iter_mut().find(|l| l.mound == mound) else { return };
        let mut pitches = std::mem::take(&mut self.pitches);
        lane.tracker.advance(eager, final_, self.now, &mut pitches);
        self.take_pitches(mound, &mut pitches, moved_by);
        self.pitches = pitches;
        if !self.warming && !self.open.is_empty() {
            self.close_open(mound, final_, moved_by);
        }
    }

    fn restarted(&mut self, mound: MoundId) {
        self.tell_gathered(BoxNs(u64::MAX));
        let mut pitches = std::mem::take(&mut self.pitches);
        if let Some(lane) = self.lane(mound) {
            // What is open in the time that has ended gets no more frames.
            lane.tracker.finish(EventNs(u64::MAX), &mut pitches);
            self.take_pitches(mound, &mut pitches, self.now);
        }
        self.pitches = pitches;
        if let Some(lane) = self.lane(mound) {
            lane.tracker.restart();
        }
    }
}
