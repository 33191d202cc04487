//! A kill changes nothing but the pause that it makes: what comes out of a run that is killed again and again is, bit for
//! bit, what comes out of one that only paused.

use std::collections::BTreeMap;
use std::path::Path;

use crate::journal_support::{Box0, Known, Told, bytes, deliveries, last_pitches, last_readiness, replay};
use pitchguard::ids::{BoxNs, MoundId, PitcherId};
use pitchguard::pipeline::Output;
use pitchguard::readiness::{Readiness, VerdictAbsent};
use pitchguard::records::{JOURNAL_GAP, State};
use pitchguard::simulate::{Delivery, Game, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;

const MS: u64 = 1_000_000;
/// From a kill to the first step afterwards.
const PAUSE_NS: u64 = 1_200 * MS;

fn evening() -> Stadium {
    let settings = Settings {
        seed: 91,
        cameras: Some(vec![1, 3, 5]),
        pitches_max: Some(7),
        pace_s: 6.0,
        break_s: 12.0,
        tail_s: 15.0,
        ..Settings::quiet()
    };
    Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings)
}

/// The moments at which it is killed: in flight, between pitches, before finals, and soon after one another.
fn moments(stadium: &Stadium) -> Vec<u64> {
    let truth = stadium.truth();
    let after = |pitch: usize, ms: u64| truth[pitch].release.0 + ms * MS;
    vec![after(0, 900), after(1, 3_300), after(1, 5_100), after(2, 3_700), after(4, 7_600), after(6, 9_000)]
}

/// Plays the evening in stretches between the moments; a frame that arrives in the pause is taken after it.
fn stretches(deliveries: Vec<Delivery>, moments: &[u64]) -> Vec<Vec<Delivery>> {
    let mut out = vec![Vec::new(); moments.len() + 1];
    for delivery in deliveries {
        out[moments.iter().filter(|at| delivery.arrival.0 >= **at).count()].push(delivery);
    }
    out
}

/// What was published, and what its journal replays to.
fn run(kill: bool, lost_ns: u64) -> (Told, Told) {
    let stadium = evening();
    let moments = moments(&stadium);
    play(stadium, &moments, kill, lost_ns)
}

fn play(mut stadium: Stadium, moments: &[u64], kill: bool, lost_ns: u64) -> (Told, Told) {
    let venue = Venue::busch_iii();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (start, profiles) = (BoxNs(stadium.start().0), Known(stadium.baselines()));
    let stretches = stretches(deliveries(&mut stadium), moments);
    let mut outputs = Vec::new();
    let mut running = Box0::begin(&venue, profiles.clone(), start, Some(dir.path()));
    for (at, stretch) in stretches.into_iter().enumerate() {
        let end = moments.get(at).copied().unwrap_or(u64::MAX);
        // What the killed run took last was not flushed.
        let kept = stretch.into_iter().filter(|d| d.arrival.0 < end - lost_ns || end == u64::MAX);
        running.play(kept, &mut outputs);
        if end == u64::MAX {
            break;
        }
        if kill {
            let committed = running.committed.clone();
            running.stop();
            running = Box0::go_on(&venue, &profiles, dir.path(), committed, &mut outputs);
        }
        running.now = BoxNs(end + PAUSE_NS);
    }
    running.finish(&mut outputs);
    let replayed = replay(&venue, dir.path(), None);
    (outputs, replayed)
}

#[test]
fn a_run_that_is_killed_publishes_what_one_that_pauses_does() {
    let (paused, replayed) = run(false, 0);
    assert_eq!(last_pitches(&paused).len(), 7);
    assert!(bytes(&replayed) == bytes(&paused));
    let (killed, replayed) = run(true, 0);
    same(&replayed, &killed);
    let (killed, paused) = (without_sight(killed), without_sight(paused));
    same(&killed, &paused);
}

/// Fails at the first output that is another one.
#[track_caller]
fn same(these: &Told, those: &Told) {
    for (own, other) in these.iter().zip(those) {
        let (own, other) = (std::slice::from_ref(own), std::slice::from_ref(other));
        assert!(bytes(own) == bytes(other), "{own:?}\n{other:?}");
    }
    assert_eq!(these.len(), those.len());
}

/// What was published but for whether a mound is seen, which nobody knows after a kill until its cameras go on: a number is told once.
fn without_sight(told: Told) -> Told {
    let mut last: BTreeMap<(PitcherId, MoundId), Readiness> = BTreeMap::new();
    let is_news = |(at, output): (BoxNs, Output)| match output {
        Output::Readiness { readiness, .. } if readiness.verdict_absent == Some(VerdictAbsent::NotSeen) => None,
        Output::Readiness { readiness, moved_by } => {
            let readiness = Readiness { revision: 0, data_age_ms: None, ..*readiness };
            let before = last.insert((readiness.pitcher, readiness.mound), readiness.clone());
            (before.as_ref() != Some(&readiness))
                .then(|| (at, Output::Readiness { readiness: Box::new(readiness), moved_by }))
        }
        other => Some((at, other)),
    };
    told.into_iter().filter_map(is_news).collect()
}

/// A kill in an outing, after which frames are lost for a while: no number carries a verdict before it is known that throws may have
/// been missed, and then none of before does.
#[test]
fn after_a_kill_nobody_has_a_verdict_until_it_is_known_what_was_missed() {
    const AWAY_NS: u64 = 12_000 * MS;
    let settings = Settings {
        seed: 91,
        cameras: Some(vec![1, 3, 5]),
        pitches_max: Some(16),
        pace_s: 6.0,
        break_s: 60.0,
        tail_s: 15.0,
        ..Settings::quiet()
    };
    let mut stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings);
    let killed = stadium.truth()[13].release.0 + 4_500 * MS;
    let venue = Venue::busch_iii();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (start, profiles) = (BoxNs(stadium.start().0), Known(stadium.baselines()));
    let (before, after): (Vec<_>, Vec<_>) =
        deliveries(&mut stadium).into_iter().partition(|delivery| delivery.arrival.0 < killed);
    let mut outputs = Vec::new();
    let mut running = Box0::begin(&venue, profiles.clone(), start, Some(dir.path()));
    running.play(before, &mut outputs);
    let of_him = |outputs: &Told| -> Vec<_> {
        let readiness = outputs.iter().filter_map(|(_, output)| match output {
            Output::Readiness { readiness, .. } => Some((**readiness).clone()),
            _ => None,
        });
        readiness.collect()
    };
    let before = of_him(&outputs).pop().expect("he throws");
    assert!(before.verdict.is_some(), "{before:?}");
    let committed = running.committed.clone();
    running.stop();
    let mut told = Vec::new();
    running = Box0::go_on(&venue, &profiles, dir.path(), committed, &mut told);
    running.now = BoxNs(killed + AWAY_NS);
    told.clear();
    running.play(after.into_iter().filter(|delivery| delivery.arrival.0 >= killed + AWAY_NS), &mut told);
    running.finish(&mut told);
    let shown = of_him(&told);
    let known = shown.iter().position(|shown| !shown.unseen.is_empty()).expect("what was missed is told");
    let until: Vec<_> = shown[..=known].iter().map(|shown| (shown.verdict, shown.verdict_absent)).collect();
    assert!(until.iter().all(|(verdict, _)| verdict.is_none()), "{until:?}");
    assert!(until.len() > 1, "first that it is not known, then what was missed: {until:?}");
}

/// The pitch before is thrown before the warming begins and becomes final in it: what it taught is not seen there.
#[test]
fn a_pitch_after_a_pause_is_measured_by_what_those_before_it_taught() {
    let pausing = || {
        let settings = Settings {
            seed: 92,
            cameras: Some(vec![1, 3, 5]),
            pitches_max: Some(4),
            pace_s: 24.0,
            tail_s: 15.0,
            ..Settings::quiet()
        };
        Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings)
    };
    // Provisional by then, and not final.
    let moments: Vec<u64> = pausing().truth().iter().map(|thrown| thrown.release.0 + 9_000 * MS).collect();
    let (paused, _) = play(pausing(), &moments, false, 0);
    let (killed, _) = play(pausing(), &moments, true, 0);
    assert_eq!(last_pitches(&paused).len(), 4);
    assert!(bytes(&killed) == bytes(&paused));
}

#[test]
fn frames_that_were_not_flushed_flag_the_pitches_that_they_touch_and_no_others_change() {
    let (paused, _) = run(false, 0);
    let (killed, _) = run(true, 50 * MS);
    let (paused, told) = (last_pitches(&paused), last_pitches(&killed));
    let flagged = told.values().filter(|p| p.flags.iter().any(|flag| flag == JOURNAL_GAP)).count();
    assert!(flagged < told.len(), "not every pitch");
    for record in told.values().filter(|p| !p.flags.iter().any(|flag| flag == JOURNAL_GAP)) {
        let other = paused.get(&record.id).expect("the same pitch");
        assert_eq!(
            (record.pitcher, record.pitch_number, record.state),
            (other.pitcher, other.pitch_number, other.state)
        );
        // What the tracker learned from a touched pitch, of the jerk of flights, moves the ones after it by a little.
        let (values, sd) = (record.values, record.sd.expect("measured"));
        for (own, other, sd) in [
            (values.release_speed, other.values.release_speed, sd.release_speed),
            (values.plate_x, other.values.plate_x, sd.plate_x),
            (values.plate_z, other.values.plate_z, sd.plate_z),
            (values.release_pos_z, other.values.release_pos_z, sd.release_pos_z),
        ] {
            let [own, other, sd] = [own, other, sd].map(|x| x.expect("measured"));
            assert!((own - other).abs() <= 0.5 * sd, "{own} and {other}, sd {sd}");
        }
    }
    assert!(!last_readiness(&killed).is_empty());
    assert_eq!(told.len(), 7);
}

/// A result waits a quarter of a second for the journal, and no longer: what was committed while that was behind is known from
/// what was committed with it.
#[test]
fn what_was_committed_beyond_the_journals_end_replays_as_it_was_committed() {
    let (venue, mut stadium) = (Venue::busch_iii(), evening());
    let (start, profiles) = (BoxNs(stadium.start().0), Known(stadium.baselines()));
    let second = stadium.truth()[1].release.0;
    // The second pitch is provisional where the journal ends, and final where it is killed.
    let (flushed, killed) = (second + 5_100 * MS, second + 16_000 * MS);
    let stretches = stretches(deliveries(&mut stadium), &[flushed, killed]);
    let [whole, behind] = [(), ()].map(|()| tempfile::tempdir().expect("a temporary directory"));
    let mut outputs = Vec::new();
    let mut running = Box0::begin(&venue, profiles.clone(), start, Some(whole.path()));
    for (at, stretch) in stretches.into_iter().enumerate() {
        if at > 0 {
            let committed = running.committed.clone();
            running.stop();
            if at == 1 {
                copy(whole.path(), behind.path());
            }
            let journal = if at == 1 { whole.path() } else { behind.path() };
            running = Box0::go_on(&venue, &profiles, journal, committed, &mut outputs);
        }
        running.play(stretch, &mut outputs);
    }
    running.finish(&mut outputs);
    let told = last_pitches(&outputs);
    let replayed = last_pitches(&replay(&venue, behind.path(), None));
    let own = told.values().find(|pitch| pitch.release_ns.abs_diff(second) < 250 * MS).expect("the second pitch");
    assert!(own.state == State::Final && !own.flags.iter().any(|flag| flag == JOURNAL_GAP), "{own:?}");
    let is_it = |output: &Output| matches!(output, Output::Pitch { record, .. } if **record == *own);
    let settled = outputs.iter().find(|(_, output)| is_it(output)).map(|(now, _)| now.0);
    assert!(
        settled.is_some_and(|at| (flushed..killed).contains(&at)),
        "{:?}",
        settled.map(|at| at as i64 - second as i64)
    );
    assert_eq!(replayed.get(&own.id), Some(own));
    for pitch in told.values().filter(|pitch| !pitch.flags.iter().any(|flag| flag == JOURNAL_GAP)) {
        assert_eq!(replayed.get(&pitch.id), Some(pitch));
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("it reads");
        let into = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&into).expect("made");
            copy(&entry.path(), &into);
        } else {
            std::fs::copy(entry.path(), into).expect("copied");
        }
    }
}
