//! What was journalled replays to the same results, bit for bit: all of it, and any interval of it.

use std::path::Path;
use std::process::{Command, Output as Ran, Stdio};

use crate::journal_support::{Box0, Known, Told, bytes, deliveries, last_pitches, replay};
use pitchguard::ids::BoxNs;
use pitchguard::pipeline::Output;
use pitchguard::simulate::{Game, Scenario, Settings, Stadium};
use pitchguard::tracking::venue::Venue;

const SECOND: u64 = 1_000_000_000;
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

/// What `pitchguard replay` makes of an interval.
fn verb(journal: &Path, from: Option<u64>, to: Option<u64>) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pitchguard"));
    command.args(["replay", "--journal"]).arg(journal).stdin(Stdio::null());
    for (flag, moment) in [("--from", from), ("--to", to)] {
        if let Some(ns) = moment {
            let stamp = jiff::Timestamp::from_nanosecond(ns.into()).expect("a moment of a game");
            command.args([flag, &stamp.to_string()]);
        }
    }
    command.output().expect("the program starts")
}

fn stderr(ran: &Ran) -> String {
    String::from_utf8_lossy(&ran.stderr).into_owned()
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

/// What the live run published in an interval, as the verb prints it: the shortest decimals that give the same bits.
fn lines(live: &Told, from: Option<u64>, to: Option<u64>) -> Vec<String> {
    let within = |now: &BoxNs| from.is_none_or(|from| now.0 >= from) && to.is_none_or(|to| now.0 <= to);
    let line = |(BoxNs(now), output): &(BoxNs, Output)| {
        Some(match output {
            Output::Pitch { record, moved_by, .. } => format!(
                r#"{{"event":"pitch","now_ns":{now},"moved_by_ns":{},"pitch":{}}}"#,
                moved_by.0,
                json(&**record)
            ),
            Output::Recounted(record) => {
                format!(r#"{{"event":"recounted","now_ns":{now},"pitch":{}}}"#, json(&**record))
            }
            Output::Readiness { readiness, moved_by } => format!(
                r#"{{"event":"readiness","now_ns":{now},"moved_by_ns":{},"readiness":{}}}"#,
                moved_by.0,
                json(&**readiness)
            ),
            Output::Raised(alert) => format!(r#"{{"event":"alert_raised","now_ns":{now},"alert":{}}}"#, json(alert)),
            Output::Cleared(alert) => format!(r#"{{"event":"alert_cleared","now_ns":{now},"alert":{}}}"#, json(alert)),
            Output::Camera(event) => format!(
                r#"{{"event":"camera","now_ns":{now},"camera":{},"reason":{}}}"#,
                event.camera,
                json(&event.reason)
            ),
            Output::Calibration(_) | Output::Learned(..) | Output::Critical(_) | Output::Missed(_) => return None,
        })
    };
    live.iter().filter(|(now, _)| within(now)).filter_map(line).collect()
}

/// Asserts that the verb prints of an interval what the live run published in it; gives what it says besides.
fn assert_as_live(journal: &Path, live: &Told, from: Option<u64>, to: Option<u64>) -> String {
    let ran = verb(journal, from, to);
    let said = stderr(&ran);
    assert!(ran.status.success(), "{said}");
    let printed = String::from_utf8(ran.stdout).expect("text");
    let printed: Vec<&str> = printed.lines().collect();
    let lines = lines(live, from, to);
    assert!(lines.iter().any(|line| line.starts_with(r#"{"event":"pitch""#)), "the interval has pitches");
    for (printed, line) in printed.iter().zip(&lines) {
        assert_eq!(printed, line);
    }
    assert_eq!(printed.len(), lines.len(), "{said}");
    said
}

#[test]
fn any_interval_of_a_game_replays_to_what_was_published_in_it() {
    let venue = Venue::busch_iii();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut stadium = evening(62, 10);
    let start = BoxNs(stadium.start().0);
    let truth = stadium.truth().to_vec();
    let after = |pitch: usize, ms: u64| truth[pitch].release.0 + ms * SECOND / 1_000;
    let mut running = Box0::begin(&venue, Known(stadium.baselines()), start, Some(dir.path()));
    let mut arriving = deliveries(&mut stadium);
    let mut live = Vec::new();
    // Noted while a pitch is in the air, while one waits to be final, and between innings.
    for noted in [after(2, 200), after(4, 4_100), after(7, 5_700)] {
        let later = arriving.split_off(arriving.partition_point(|d| d.arrival.0 < noted));
        running.play(std::mem::replace(&mut arriving, later), &mut live);
        running.pipeline.note_checkpoint();
    }
    running.play(arriving, &mut live);
    let end = running.now.0;
    running.finish(&mut live);
    assert_eq!(last_pitches(&live).len(), 10);
    let journal = dir.path();

    // From the middle to the end: between two pitches, and in the middle of a flight.
    for from in [after(5, 3_000), after(8, 300)] {
        let said = assert_as_live(journal, &live, Some(from), None);
        assert!(said.contains("noted how everything stood"), "{said}");
    }
    // A slice, which ends before its last pitch is final.
    let said = assert_as_live(journal, &live, Some(after(3, 0)), Some(after(6, 5_500)));
    assert!(said.contains("noted how everything stood") && said.contains("not final at the end"), "{said}");
    // From before the journal begins.
    let said = assert_as_live(journal, &live, Some(start.0 - 60 * SECOND), Some(after(1, 8_000)));
    assert!(said.contains("where a daemon began") && said.contains("not in the journal"), "{said}");
    // Beyond its end.
    let said = assert_as_live(journal, &live, Some(after(8, 0)), Some(end + 60 * SECOND));
    assert!(said.contains("the journal ends at"), "{said}");

    for (from, to) in [(Some(end + 10 * SECOND), None), (None, Some(start.0 - 10 * SECOND))] {
        let ran = verb(journal, from, to);
        assert!(!ran.status.success() && ran.stdout.is_empty());
        assert!(stderr(&ran).contains("nothing to replay of the interval"), "{}", stderr(&ran));
    }
    let ran = verb(journal, Some(after(6, 0)), Some(after(3, 0)));
    assert!(!ran.status.success() && stderr(&ran).contains("turn them round"), "{}", stderr(&ran));
}

#[test]
fn a_journal_of_nothing_and_a_directory_without_one_say_so() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let ran = verb(dir.path(), None, None);
    assert!(!ran.status.success() && stderr(&ran).contains("is empty"), "{}", stderr(&ran));
    let ran = verb(&dir.path().join("elsewhere"), None, None);
    assert!(!ran.status.success() && stderr(&ran).contains("elsewhere"), "{}", stderr(&ran));
}
