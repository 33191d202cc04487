//! Whole games through the whole pipeline under a simulated clock.

use crate::common::{assert_accurate, full, play, real_data};
use pitchguard::records::State;
use pitchguard::simulate::{Game, Scenario, Settings, Silence, Stadium, statcast};
use pitchguard::tracking::venue::Venue;

fn pitches() -> usize {
    if full() { 1_000 } else { 240 }
}

#[test]
fn on_drag_and_magnus_flights_every_pitch_is_found_and_measured_well() {
    let venue = Venue::busch_iii();
    let settings = Settings { seed: 11, pitches_max: Some(pitches()), ..Settings::quiet() };
    let played = play(&venue, Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings));
    assert_eq!((played.score.missed.len(), played.score.invented), (0, 0), "{}", played.score);
    assert!(played.counts.balanced());
    assert_accurate(&played.score);
}

#[test]
fn the_busch_game_is_found_whole_and_measured_well() {
    let Some(file) = real_data("statcast/busch_2023-06-11_game717797.csv") else { return };
    let venue = Venue::busch_iii();
    let game = statcast::read(&file).expect("a Savant file");
    assert_eq!(game.pitches.len(), 305);
    let settings = Settings { seed: 12, ..Settings::quiet() };
    let played = play(&venue, Stadium::new(&venue, &Game::Statcast(game.pitches), settings));
    assert_eq!((played.score.missed.len(), played.score.invented), (0, 0), "{}", played.score);
    assert_accurate(&played.score);
}

#[test]
fn loss_doubles_stragglers_and_a_silent_camera_lose_no_pitch_and_no_frame() {
    let venue = Venue::busch_iii();
    let silent = Some(Silence { camera: 2, from_s: 120.0, for_s: 60.0 });
    let settings = Settings { seed: 13, pitches_max: Some(pitches()), silent, ..Settings::default() };
    assert!((settings.loss, settings.doubles, settings.stragglers) == (0.01, 0.002, 0.005), "the faults of the issue");
    let played = play(&venue, Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings));
    assert_eq!((played.score.missed.len(), played.score.invented), (0, 0), "{}", played.score);
    assert!(played.counts.balanced(), "{:?}", played.counts);
    assert!(played.counts.duplicate > 0 && played.counts.late > 0, "the faults were there: {:?}", played.counts);
    assert_eq!(played.counts.held, 0);
    assert_accurate(&played.score);
}

#[test]
fn the_same_seed_gives_the_same_results_to_the_bit() {
    let venue = Venue::busch_iii();
    let once = || {
        let settings = Settings { seed: 14, pitches_max: Some(30), ..Settings::default() };
        play(&venue, Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings)).pitches
    };
    assert_eq!(once(), once());
}

#[test]
fn both_bullpens_and_the_game_mound_are_measured_at_once() {
    let venue = Venue::busch_iii();
    let settings = Settings { seed: 15, pitches_max: Some(120), ..Settings::default() };
    let played = play(&venue, Stadium::new(&venue, &Game::Scenario(Scenario::Bullpen), settings));
    assert_eq!((played.score.missed.len(), played.score.invented), (0, 0), "{}", played.score);
    let mounds: std::collections::BTreeSet<u8> = played.pitches.iter().map(|p| p.mound).collect();
    assert_eq!(mounds.into_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn every_pitch_is_provisional_first_and_final_once() {
    let venue = Venue::busch_iii();
    let settings = Settings { seed: 16, pitches_max: Some(60), ..Settings::default() };
    let played = play(&venue, Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings));
    let mut by_id = std::collections::BTreeMap::<u64, Vec<_>>::new();
    for pitch in &played.pitches {
        by_id.entry(pitch.id).or_default().push(pitch);
    }
    for (id, revisions) in by_id {
        assert_eq!(revisions[0].state, State::Provisional, "{id}");
        let finals = revisions.iter().filter(|p| p.state == State::Final).count();
        assert_eq!(finals, 1, "{id}");
        assert_eq!(revisions.last().map(|p| p.state), Some(State::Final), "{id}");
        assert!(revisions.windows(2).all(|w| w[1].revision == w[0].revision + 1), "{id}");
    }
}

#[test]
fn pitches_are_found_without_marks() {
    let venue = Venue::busch_iii();
    let mut settings = Settings { seed: 17, pitches_max: Some(60), ..Settings::default() };
    settings.marks.on = false;
    let played = play(&venue, Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings));
    assert_eq!((played.score.missed.len(), played.score.invented), (0, 0), "{}", played.score);
    assert!(played.pitches.iter().all(|p| p.pitcher.is_none() && !p.release_marked));
}

#[test]
fn late_doubled_and_absent_marks_cost_no_pitch_and_make_none() {
    let venue = Venue::busch_iii();
    let mut settings = Settings { seed: 18, pitches_max: Some(120), ..Settings::default() };
    settings.marks.late = 0.3;
    settings.marks.doubled = 0.3;
    settings.marks.absent = 0.2;
    let played = play(&venue, Stadium::new(&venue, &Game::Scenario(Scenario::Game), settings));
    assert_eq!((played.score.missed.len(), played.score.invented), (0, 0), "{}", played.score);
}
