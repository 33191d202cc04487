//! The pipeline at a hundred times the stadium's rate, with the journal and without, in turns: what a step takes, as a
//! ratio, and what was not journalled.
//!
//! `cargo bench --bench journal`. 300,000 heartbeats a second of fifteen cameras go through the whole pipeline in steps of
//! a millisecond. Nothing is asserted: times are this machine's.

use std::path::Path;
use std::time::{Duration, Instant};

use firmware_protocol::Health;
use pitchguard::config::Config;
use pitchguard::daemon;
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::journal::{self, Journal};
use pitchguard::pipeline::{Answers, Beginning, Pipeline};
use pitchguard::reorder::{self, Stamped};
use pitchguard::signal::Signal;
use pitchguard::tracking::venue::Venue;

/// Frames a second: the stadium's 3,000, a hundred times.
const RATE: u64 = 300_000;
const STEP: Duration = Duration::from_millis(1);
const TURN: Duration = Duration::from_secs(4);
const TURNS: usize = 3;
const LAG_NS: u64 = 3_000_000_000;

/// What each step of a turn took, and what the journal says.
fn turn(venue: &Venue, dir: Option<&Path>) -> (Vec<Duration>, Option<journal::Counts>) {
    let settings = daemon::settings(&Config::default(), venue);
    // Room for the rate: what is measured is the step, not the overflow.
    let buffer = reorder::Config {
        slots_per_path: 1 << 16,
        slots_per_source: 1 << 16,
        held_max: 1 << 22,
        held_per_source: 1 << 22,
        ..settings.reorder.clone()
    };
    let (mut producers, reorder) = reorder::buffer(&buffer).expect("sound settings");
    let mut producer = producers.pop().expect("one path");
    let start = 1_800_000_000_000_000_000_u64;
    let mut pipeline = Pipeline::new(venue, &settings, reorder, Answers::default(), BoxNs(start));
    let journal = dir.map(|dir| {
        let journal = Journal::open(dir, &journal::Config::default()).expect("it opens");
        let (tap, thread) = journal.start().expect("a thread");
        pipeline.journal(tap, Beginning::Anew);
        (journal, thread)
    });
    let cameras: Vec<u8> = venue.cameras.iter().map(|camera| camera.id).collect();
    let health =
        Health { temperature_centi_c: 3_000, vibration_milli_g: 20, dropped: 0, clock_offset_ns: 0, exposure_ns: 0 };
    let mut seqs = [0_u32; 64];
    let (mut took, mut outputs) = (Vec::with_capacity(TURN.as_millis() as usize), Vec::new());
    let (began, mut sent) = (Instant::now(), 0_u64);
    while began.elapsed() < TURN {
        let due = (began.elapsed().as_nanos() as u64) * RATE / 1_000_000_000;
        for frame in sent..due {
            let source = cameras[frame as usize % cameras.len()];
            let arrival = BoxNs(start + frame * 1_000_000_000 / RATE);
            let seq = &mut seqs[usize::from(source)];
            *seq += 1;
            let event = EventNs(arrival.0 - LAG_NS);
            let _counted =
                producer.push(Stamped { source, seq: *seq, event, arrival, payload: Signal::Health(health) });
        }
        sent = due;
        let now = BoxNs(start + sent * 1_000_000_000 / RATE);
        producer.beat(now);
        let stepped = Instant::now();
        pipeline.step(now, &mut outputs);
        took.push(stepped.elapsed());
        outputs.clear();
        std::thread::sleep(STEP);
    }
    let counts = pipeline.reorder().counts();
    eprintln!("  {} frames, {} overflowed", counts.received, counts.overflowed);
    drop(pipeline);
    let counts = journal.map(|(journal, thread)| {
        thread.join().expect("it does not panic");
        journal.counts()
    });
    took.sort_unstable();
    (took, counts)
}

fn main() {
    // As criterion does: `cargo test --benches` only looks whether it runs.
    let turns = if std::env::args().any(|argument| argument == "--bench") { TURNS } else { 1 };
    let venue = Venue::busch_iii();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut medians = [Vec::new(), Vec::new()];
    let mut tails = [Vec::new(), Vec::new()];
    for at in 0..2 * turns {
        let journalled = at % 2 == 1;
        let (took, counts) = turn(&venue, journalled.then_some(dir.path()));
        let quantile = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
        eprintln!(
            "{} journal: {} steps, median {:.0} µs, 99 % {:.0} µs",
            if journalled { "with" } else { "without" },
            took.len(),
            quantile(0.5),
            quantile(0.99),
        );
        medians[usize::from(journalled)].push(quantile(0.5));
        tails[usize::from(journalled)].push(quantile(0.99));
        if let Some(counts) = counts {
            eprintln!("  {counts:?}");
        }
    }
    let middle = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let ratio = |pair: &mut [Vec<f64>; 2]| {
        let without = middle(&mut pair[0]);
        middle(&mut pair[1]) / without
    };
    println!("step with the journal ÷ without: median {:.3}, 99 % {:.3}", ratio(&mut medians), ratio(&mut tails));
}
