//! The box's clock was set while the daemon was away: what an earlier run dated by it moves along.
//!
//! Arrival less event time of a camera's newest frame holds what the two clocks are apart. Where that is another at the return,
//! for most cameras by the same, one of the clocks was set; that it was the box's the time away tells: by the earlier clock it
//! cannot have begun after its end.

use serde::{Deserialize, Serialize};

use super::estimator::Calibration;
use super::rules::FIT_CAMERAS_MIN;
use crate::ids::BoxNs;
use crate::moment::{WAYS_NS, span};

/// What an earlier run knew of the clocks, until the cameras that speak again say what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Before {
    /// When that run last did something, by its clock.
    pub(super) stopped: BoxNs,
    /// When this one began, by its own.
    pub(super) began: BoxNs,
    /// Arrival less event time of each camera's newest frame, ns, by source; none of whom it never heard.
    pub(super) lags: Vec<Option<i64>>,
}

impl Before {
    /// How far this run's clock was behind that run's end when it began, s; none where that is no more than clocks differ by.
    pub(super) fn behind_s(&self) -> Option<f64> {
        let behind_ns = self.stopped.0.saturating_sub(self.began.0);
        (behind_ns > WAYS_NS).then_some(behind_ns as f64 * 1e-9)
    }

    /// By how much the box's clock was set forward meanwhile, ns, by how much more each camera lags now: `None` while too few of
    /// them tell, 0 where it was not.
    fn set_by_ns(&self, mut more: Vec<i64>, now: BoxNs) -> Option<i64> {
        more.sort_unstable();
        let enough = more.len() > FIT_CAMERAS_MIN.min(self.lags.iter().flatten().count().saturating_sub(1));
        let by = *more.get(more.len() / 2).filter(|_| enough)?;
        let stopped = moved(self.stopped, by);
        let is_possible = stopped.0 <= now.0.saturating_add(WAYS_NS) && (by > 0 || self.stopped > self.began);
        Some(if is_possible && by.unsigned_abs() > WAYS_NS { by } else { 0 })
    }
}

/// That the box's clock is at least so far behind its own records, s, in words.
pub(super) fn back_words(behind_s: f64) -> String {
    format!(
        "this box's clock is at least {} behind its own records, so how long ago anything was nobody knows: set it",
        span(behind_s)
    )
}

/// A moment by a clock that was set forward by so much, ns.
pub(super) fn moved(at: BoxNs, by_ns: i64) -> BoxNs {
    BoxNs(at.0.saturating_add_signed(by_ns))
}

impl Calibration {
    /// Moves what an earlier run dated to this one's clock, once cameras tell by how much it was set.
    pub(super) fn follow_clock(&mut self, now: BoxNs) {
        let Some(before) = &self.hearing.before else { return };
        let Some(by_ns) = before.set_by_ns(self.hearing.lag_more(before), now) else { return };
        let began = before.began;
        self.hearing.before = None;
        if by_ns != 0 {
            self.date_anew(began, by_ns, now);
        }
    }

    /// The box's clock was set forward by so much, ns, while the daemon was away, as the machine itself tells: what an earlier run
    /// dated moves along at once. By how much it was set back the cameras are to tell.
    pub fn clock_was_set(&mut self, by_ns: i64, now: BoxNs) {
        let Some(before) = self.hearing.before.take_if(|_| by_ns > 0) else { return };
        self.hearing.clock_was_set(by_ns, now);
        self.date_anew(before.began, by_ns, now);
    }

    fn date_anew(&mut self, began: BoxNs, by_ns: i64, now: BoxNs) {
        let follow = |at: &mut BoxNs| *at = moved(*at, by_ns).min(now);
        // What was later than this clock began is known to be no later than that already.
        if by_ns > 0 {
            self.hearing.dates_of_before(began).for_each(follow);
        }
        for camera in &mut self.cameras {
            let kept = &mut camera.kept;
            kept.age.clock_was_set(by_ns, now);
            let lists = kept.pitches.iter_mut().chain(&mut kept.undone).chain(&mut kept.knocks);
            let single = kept.corrected_at.iter_mut().chain(&mut kept.excluded_at).chain(&mut kept.judged_at);
            lists.chain(single).for_each(follow);
        }
        for lane in &mut self.lanes {
            lane.pitches.iter_mut().chain(&mut lane.landmarks_at).for_each(follow);
            follow(&mut lane.walked);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::super::event::AlertKind;
    use super::*;
    use crate::ids::EventNs;
    use crate::tracking::venue::Venue;

    const S: u64 = 1_000_000_000;
    const DAYS: u64 = 2 * 86_400 * S;
    /// By the cameras' clock.
    const START: u64 = 1_800_000_000 * S;

    /// All cameras send for so many seconds, by their own clock from `from` on, the box's being `ahead` of theirs.
    fn listen(calibration: &mut Calibration, from: u64, seconds: u64, ahead: i64) -> BoxNs {
        let mut now = BoxNs(0);
        for second in 0..seconds {
            let event = EventNs(from + second * S);
            now = BoxNs((event.0 + S).saturating_add_signed(ahead));
            for id in 1..=18 {
                calibration.arrived(id, event, now);
                calibration.delivered(id, event, now);
            }
            calibration.pass_time(now);
        }
        now
    }

    fn verify_all(calibration: &mut Calibration, now: BoxNs) {
        let air = calibration.air;
        for camera in &mut calibration.cameras {
            camera.kept.age.verified(now, now, &air, &camera.kept.vibration_g);
        }
    }

    /// How long ago the game mound was verified, s, and whether it still is, after a run of a minute by one clock, and one of
    /// half a minute by another.
    fn after(first_ahead: i64, then_ahead: i64) -> (u64, bool) {
        let venue = Venue::busch_iii();
        let ahead_of = |ahead| BoxNs(START.saturating_add_signed(ahead));
        let mut calibration = Calibration::new(&venue, Config::default(), ahead_of(first_ahead));
        let now = listen(&mut calibration, START, 60, first_ahead);
        verify_all(&mut calibration, now);
        let state = calibration.state();
        let began = BoxNs((START + 70 * S).saturating_add_signed(then_ahead));
        let mut calibration = Calibration::new(&venue, Config::default(), began);
        calibration.restore(state, began);
        let now = listen(&mut calibration, START + 71 * S, 30, then_ahead);
        let raised = calibration.lanes.iter().any(|lane| lane.alerts.contains_key(&AlertKind::RigUnverified));
        let verified_at = calibration.looked_at(0, now).expect("it was verified");
        ((now.0 - verified_at.0) / S, calibration.unverified_for_s(0, now).is_none() && !raised)
    }

    #[test]
    fn what_was_verified_by_a_clock_that_was_set_since_was_verified_when_it_was() {
        let days = DAYS as i64;
        let as_it_is = after(0, 0);
        assert_eq!(as_it_is, (41, true));
        assert_eq!(after(-days, 0), as_it_is, "the box was behind, and is right now");
        assert_eq!(after(days, 0), as_it_is, "it was ahead");
        assert_eq!(after(0, -days), as_it_is, "it was right, and is behind now");
        assert_eq!(after(-days, -days), as_it_is, "nobody mended it");
    }

    #[test]
    fn a_clock_behind_its_own_records_is_told_and_dates_nothing_until_cameras_are_heard() {
        let venue = Venue::busch_iii();
        let mut calibration = Calibration::new(&venue, Config::default(), BoxNs(START));
        let now = listen(&mut calibration, START, 60, 0);
        verify_all(&mut calibration, now);
        let state = calibration.state();
        let began = BoxNs(START - DAYS);
        let mut calibration = Calibration::new(&venue, Config::default(), began);
        calibration.restore(state, began);
        let mut now = began;
        for second in 1..=40 {
            now = BoxNs(began.0 + second * S);
            calibration.pass_time(now);
        }
        let told = calibration.clocks_off(now);
        assert!(matches!(&told[..], [one] if one.contains("at least 2 days behind its own records")), "{told:?}");
        let report = calibration.report(now);
        assert_eq!((report.heard_at, report.mounds[0].verified_at), (None, None));
        assert!(report.alerts.iter().any(|alert| alert.kind == AlertKind::BoxClock && told.contains(&alert.reason)));
        let now = listen(&mut calibration, START + 300 * S, 30, 0);
        let report = calibration.report(now);
        assert_eq!((calibration.clocks_off(now), report.alerts, report.heard_at), (vec![], vec![], Some(now)));
        assert!(report.mounds[0].verified_at.is_some());
    }

    #[test]
    fn a_clock_of_the_cameras_that_was_set_moves_nothing() {
        let lags = vec![Some(-(DAYS as i64)); 3];
        let before = Before { stopped: BoxNs(START), began: BoxNs(START + 10 * S), lags };
        assert_eq!(before.set_by_ns(vec![DAYS as i64; 3], BoxNs(START + 20 * S)), Some(0), "away for seconds only");
        assert_eq!(before.set_by_ns(vec![DAYS as i64; 3], BoxNs(START + 20 * S + DAYS)), Some(DAYS as i64));
        assert_eq!(before.set_by_ns(vec![DAYS as i64; 2], BoxNs(START + 20 * S + DAYS)), None, "too few tell");
    }
}
