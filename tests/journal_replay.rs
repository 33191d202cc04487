//! What was journalled replays to the same results, bit for bit.

mod journal_support;

use journal_support::{Box0, Known, bytes, deliveries, last_pitches, replay};
use pitchguard::ids::BoxNs;
use pitchguard::simulate::{Game, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;

/// Enough for a scale to be learned, and for pitches that are open while others become final.
const PITCHES: usize = 8;

fn evening(seed: u64, pitches: usize) -> Stadium {
    let cameras = Some(vec![1, 2, 3, 4, 5]);
    let settings =
        Settings { seed, cameras, pitches_max: Some(pitches), pace_s: 6.0, break_s: 20.0, ..Settings::default() };
    Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings)
}

#[test]
fn a_game_replays_to_the_same_bytes() {
    let venue = Venue::busch_iii();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut stadium = evening(61, PITCHES);
    let start = BoxNs(stadium.start().0);
    let mut live = Vec::new();
    let mut running = Box0::begin(&venue, Known(stadium.baselines()), start, Some(dir.path()));
    running.play(deliveries(&mut stadium), &mut live);
    running.finish(&mut live);
    assert_eq!(last_pitches(&live).len(), PITCHES);

    let replayed = replay(&venue, dir.path(), None);
    assert_eq!(replayed.len(), live.len());
    assert!(bytes(&replayed) == bytes(&live), "the same, bit for bit");
}
