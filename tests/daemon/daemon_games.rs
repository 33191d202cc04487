//! Games over a real UDP socket: the daemon is one process, the stadium another, results come over HTTP.
//!
//! The two start at different moments, and box time runs faster than the wall from the daemon's start on: to the daemon
//! the stadium's clocks are behind by seconds to minutes, as with a box whose own clock is wrong.

use crate::common::process::{
    RunningDaemon, Sending, assert_all_final, assert_every_frame_accounted, independent_sender, pitchguard,
    print_latencies, simulate, succeeded,
};
use crate::common::{assert_accurate, full, real_data, truth};
use pitchguard::observe::StatusReport;
use pitchguard::records::PitchRecord;
use pitchguard::simulate::Score;

/// Box seconds per second of the wall.
const SPEED: f64 = 12.0;

struct Played {
    score: Score,
    status: StatusReport,
    pitches: Vec<PitchRecord>,
}

/// Runs a daemon, lets `send` throw at it and write the truth, and judges what comes out at the other end. Whatever is
/// thrown, every frame is accounted for and every pitch ends final.
fn play(speed: f64, send: impl FnOnce(&RunningDaemon, &std::path::Path) -> Option<Sending>) -> Option<Played> {
    let daemon = RunningDaemon::start(speed);
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("truth.jsonl");
    let sending = send(&daemon, &file)?;
    eprintln!("{}", sending.said.lines().last().unwrap_or_default());
    let status = daemon.settled(sending.frames);
    let pitches = daemon.pitches();
    daemon.stop();
    let score = Score::of(&truth::read(&file), &pitches);
    print_latencies(&status);
    eprintln!("{:?}", status.reorder.accounting);
    assert_every_frame_accounted(&status, sending.frames);
    assert_all_final(&pitches);
    Some(Played { score, status, pitches })
}

fn assert_found(played: &Played, thrown: usize) {
    let score = &played.score;
    assert_eq!((score.thrown, score.found, score.invented), (thrown, thrown, 0), "{score}{:?}", score.missed);
    let flagged: Vec<_> = played.pitches.iter().filter(|p| !p.flags.is_empty()).map(|p| (p.id, &p.flags)).collect();
    assert!(flagged.is_empty(), "{flagged:?}");
}

#[test]
fn the_busch_game_arrives_whole_over_udp() {
    let Some(file) = real_data("statcast/busch_2023-06-11_game717797.csv") else { return };
    let (file, thrown) = (file.display().to_string(), if full() { 305 } else { 80 });
    let count = thrown.to_string();
    let more = ["--statcast", &file, "--seed", "21", "--pace", "2", "--break", "5", "--quiet", "--pitches", &count];
    let played = play(SPEED, |daemon, truth| Some(simulate(daemon, SPEED, truth, &more)));
    let played = played.expect("nothing is missing");
    assert_found(&played, thrown);
    assert_accurate(&played.score);
}

#[test]
fn a_sender_that_knows_only_the_documents_is_understood() {
    let thrown = if full() { 300 } else { 60 };
    let count = thrown.to_string();
    let more = ["--pitches", &count, "--seed", "22", "--pace", "3"];
    let Some(played) = play(SPEED, |daemon, truth| independent_sender(daemon, SPEED, truth, &more)) else { return };
    assert_found(&played, thrown);
    assert_accurate(&played.score);
}

#[test]
fn a_sender_that_knows_only_the_documents_throws_the_busch_game() {
    let Some(file) = real_data("statcast/busch_2023-06-11_game717797.csv") else { return };
    let (file, thrown) = (file.display().to_string(), if full() { 305 } else { 60 });
    let count = thrown.to_string();
    let more = ["--statcast", &file, "--pitches", &count, "--seed", "23", "--pace", "3"];
    let Some(played) = play(SPEED, |daemon, truth| independent_sender(daemon, SPEED, truth, &more)) else { return };
    assert_found(&played, thrown);
    assert_accurate(&played.score);
}

#[test]
fn loss_doubles_stragglers_and_a_silent_camera_cost_no_pitch_and_no_frame_over_udp() {
    let thrown = if full() { 300 } else { 80 };
    let count = thrown.to_string();
    let more = [
        "--scenario",
        "game",
        "--seed",
        "24",
        "--pace",
        "2",
        "--break",
        "10",
        "--pitches",
        &count,
        "--loss",
        "0.01",
        "--doubles",
        "0.002",
        "--stragglers",
        "0.005",
        "--silent",
        "2@60+60",
    ];
    let played = play(SPEED, |daemon, truth| Some(simulate(daemon, SPEED, truth, &more)));
    let played = played.expect("nothing is missing");
    assert_found(&played, thrown);
    assert_accurate(&played.score);
    let accounting = played.status.reorder.accounting;
    assert!(accounting.duplicate > 0 && accounting.late > 0, "the faults were there: {accounting:?}");
}

#[test]
fn at_real_time_both_bullpens_are_measured_and_the_latencies_told() {
    let more = ["--scenario", "bullpen", "--seed", "25", "--pace", "2", "--pitches", "12"];
    let played = play(1.0, |daemon, truth| Some(simulate(daemon, 1.0, truth, &more)));
    let played = played.expect("nothing is missing");
    assert_found(&played, 12);
    eprintln!("{}", played.score);
}

#[test]
fn the_closer_tires_before_the_eyes_of_a_real_daemon() {
    let said = succeeded(pitchguard(&["demo", "--scenario", "closer"]));
    assert_closer(&said);
}

#[test]
fn the_closer_tires_under_a_simulated_clock_just_the_same() {
    let said = succeeded(pitchguard(&["demo", "--scenario", "closer", "--fast"]));
    assert_closer(&said);
}

fn assert_closer(said: &str) {
    assert!(said.contains("alerts came as expected: Warning"), "{said}");
    assert!(said.contains("every frame is accounted for: yes"), "{said}");
}
