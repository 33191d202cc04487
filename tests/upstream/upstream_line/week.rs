//! A homestand without a line.

use pitchguard::store::summary::{Lane, SummaryKind};
use pitchguard::upstream::line::LineSettings;

use crate::upstream_line::world::{Fate, MS, S, START, World};

const HOUR: u64 = 3600 * S;
const DAY: u64 = 24 * HOUR;
/// A game lasts so long …
const GAME: u64 = 3 * HOUR;
/// … and has a pitch this often: 300 of it.
const PITCH_EVERY: u64 = 36 * S;
/// A pitch is final so long after it was provisional.
const FINAL_AFTER: u64 = 8 * S;

/// What is made at this moment: a game a day, from the 18th hour of the simulated day on.
fn makes(since: u64) -> Vec<SummaryKind> {
    let of_day = since % DAY;
    let Some(of_game) = of_day.checked_sub(18 * HOUR).filter(|t| *t < GAME) else {
        // The model once a day, and outings when the game is over.
        return match of_day {
            0 => vec![SummaryKind::Model],
            t if t == 23 * HOUR => vec![SummaryKind::Outing; 10],
            _ => Vec::new(),
        };
    };
    let mut made = Vec::new();
    if of_game.is_multiple_of(PITCH_EVERY) || of_game % PITCH_EVERY == FINAL_AFTER {
        made.extend([SummaryKind::Pitch, SummaryKind::Readiness]);
    }
    if of_game.is_multiple_of(60 * S) {
        made.push(SummaryKind::Calibration);
    }
    if of_game.is_multiple_of(20 * 60 * S) {
        made.push(SummaryKind::Alert);
    }
    made
}

#[test]
fn after_a_week_offline_live_summaries_come_at_once_and_the_backlog_at_its_rate() {
    let settings = LineSettings::default();
    let mut world = World::new(7, settings);
    // The line comes back in the middle of the eighth day's game.
    let back = START + 7 * DAY + 19 * HOUR + 17 * S;
    let end = back + HOUR;
    let mut waiting_at_return = 0;
    while world.now < end {
        // Seconds while nothing can happen faster, finer once the line is back.
        let step = if world.now < back { S } else { 50 * MS };
        world.now += step;
        if world.now.is_multiple_of(S) {
            for kind in makes(world.now - START) {
                world.make(kind, false);
            }
        }
        if world.now < back {
            waiting_at_return = world.outbox.len();
        }
        world.tick(|_, now| if now < back { Fate::NoRoute } else { Fate::Good });
    }
    assert!(waiting_at_return > 8000, "a week and an hour: {waiting_at_return}");
    world.assert_in_order(7);

    let delay = |sequence: u64| {
        let came = world.cloud.received.get(&sequence).copied().unwrap_or(end);
        came.saturating_sub(world.made[sequence as usize])
    };
    let live = world.cloud.order.iter().filter(|((_, lane), _)| *lane == Lane::Live);
    let live: std::collections::BTreeSet<u64> = live.flat_map(|(_, sequences)| sequences.clone()).collect();
    // The line is found within the longest back-off; from then on nothing that is made waits.
    let found = back + 5 * S;
    let judged = (0_u64..).zip(&world.made).filter(|(_, at)| **at >= found && **at + 2 * S < end);
    let judged: Vec<u64> = judged.map(|(sequence, _)| sequence).collect();
    assert!(judged.len() > 300, "{}", judged.len());
    let worst = judged.iter().map(|s| delay(*s)).max().unwrap_or_default();
    eprintln!("live, from 5 s after the return on: {} summaries, the slowest after {} ms", judged.len(), worst / MS);
    assert!(worst <= 2 * S, "{} ms", worst / MS);
    assert!(judged.iter().all(|s| live.contains(s)), "in their own lane");

    let mut backlog: Vec<u64> = (0..world.made.len() as u64)
        .filter(|s| !live.contains(s))
        .map(|s| world.cloud.received.get(&s).copied().unwrap_or(u64::MAX))
        .collect();
    backlog.sort_unstable();
    let (first, last) = (backlog[0], backlog[backlog.len() - 1]);
    assert!(last < end, "all of it came");
    let per_s = backlog.len() as f64 / ((last - first) as f64 / S as f64);
    eprintln!("backlog: {} summaries at {per_s:.1} a second", backlog.len());
    assert!((0.95..1.05).contains(&(per_s / settings.backlog_per_s)), "{per_s}");
    for from in (first..last).step_by((10 * S) as usize) {
        let within = backlog.partition_point(|at| *at < from + 10 * S) - backlog.partition_point(|at| *at < from);
        // What a second saved up may come on top.
        assert!(within as f64 <= 11.0 * settings.backlog_per_s + 1.0, "{within} in ten seconds");
    }
    assert!(world.outbox.is_empty(), "{} wait", world.outbox.len());
}
