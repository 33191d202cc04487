//! Data that comes too late for a whole inning is worked in from the journal, and nobody waits for it.

use std::collections::BTreeMap;

use crate::journal_support::{Box0, Known, deliveries, last_pitches};
use pitchguard::ids::{BoxNs, MoundId};
use pitchguard::pipeline::Output;
use pitchguard::records::{PitchRecord, REPROCESSED, State};
use pitchguard::simulate::{Game, Scenario, Settings, Stadium, Thrown};
use pitchguard::tracking::venue::Venue;

const SECOND: u64 = 1_000_000_000;
const CAMERAS: std::ops::RangeInclusive<u8> = 1..=5;
/// Longest way of a frame that is not late, and the pipeline's step.
const WAY_NS: u64 = 5_400_000_000;

#[test]
fn an_inning_whose_cameras_are_20_s_late_is_worked_in_and_nobody_else_waits() {
    let venue = Venue::busch_iii();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let settings = Settings {
        seed: 81,
        cameras: Some(CAMERAS.chain(13..=18).collect()),
        pitches_max: Some(14),
        pace_s: 7.0,
        break_s: 15.0,
        tail_s: 40.0,
        ..Settings::quiet()
    };
    let mut stadium = Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings);
    let truth = stadium.truth().to_vec();
    let game: Vec<Thrown> = truth.iter().copied().filter(|t| t.mound == MoundId(0)).collect();
    assert!(game.len() >= 8, "{} of {} on the game mound", game.len(), truth.len());
    let (begins, ends) = (game[2].release.0 - 3 * SECOND, game[game.len() - 2].release.0 - 3 * SECOND);
    let start = BoxNs(stadium.start().0);
    let profiles = Known(stadium.baselines());
    let mut arriving = deliveries(&mut stadium);
    for delivery in &mut arriving {
        if CAMERAS.contains(&delivery.source) && (begins..ends).contains(&delivery.event.0) {
            delivery.arrival.0 += 20 * SECOND;
        }
    }
    arriving.sort_by_key(|d| (d.arrival, d.source, d.seq));
    let mut outputs = Vec::new();
    let mut running = Box0::begin(&venue, profiles, start, Some(dir.path()));
    running.play(arriving, &mut outputs);
    running.finish(&mut outputs);

    let pitches = last_pitches(&outputs);
    let of = |thrown: &Thrown| -> Vec<&PitchRecord> {
        let same = |p: &&PitchRecord| p.mound == thrown.mound.0 && p.release_ns.abs_diff(thrown.release.0) < SECOND / 4;
        pitches.values().filter(same).collect()
    };
    let mut late = 0;
    for thrown in &truth {
        let found = of(thrown);
        let is_late = thrown.mound == MoundId(0) && (begins..ends).contains(&thrown.release.0);
        late += u32::from(is_late);
        assert_eq!(found.len(), 1, "one pitch at {}: {found:?}", thrown.release.0);
        let record = found[0];
        assert_eq!(record.state, State::Final);
        assert_eq!(record.flags.iter().any(|flag| flag == REPROCESSED), is_late, "{record:?}");
        assert_eq!(record.pitcher, Some(thrown.pitcher.0));
        let off = record.values.release_speed.expect("measured") - thrown.quantities.release_speed;
        assert!(off.abs() < 0.2, "{off} mph off");
    }
    assert!(late >= 4, "{late} pitches were late");

    let mut published: BTreeMap<u64, [Option<BoxNs>; 2]> = BTreeMap::new();
    for (now, output) in &outputs {
        let Output::Pitch { record, .. } = output else { continue };
        let at = usize::from(record.state == State::Final);
        published.entry(record.id).or_default()[at].get_or_insert(*now);
    }
    for thrown in &truth {
        let record = of(thrown)[0];
        if record.flags.iter().any(|flag| flag == REPROCESSED) {
            continue;
        }
        let [provisional, settled] = published[&record.id];
        let after = |at: Option<BoxNs>| at.expect("published").0 - thrown.plate.0;
        assert!(after(provisional) < WAY_NS, "{} ns", after(provisional));
        // The last on-time frames of the game mound before the inning wait for its cameras to be idle, 5 s.
        let may_wait = if thrown.mound == MoundId(0) && thrown.release.0 < begins { 6 * SECOND } else { 0 };
        assert!(after(settled) < WAY_NS + 7 * SECOND + may_wait, "{} ns", after(settled));
    }
}
