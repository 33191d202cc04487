//! The watermark buffer beside a binary heap, ordered maps and a concurrent skip list, all on the same frames in the same
//! run: 20 cameras (5 of 300 frames a second, 15 of 100), lags of 2–5 s, jitter, stragglers, doubles, a camera silent for
//! a minute; 7 s watermark, 5 s idleness; order by (event, source, seq), doubles dropped, late frames counted, per-pitch
//! sums. Every single-threaded engine must come to the same result, to the frame. The buffer does more for it: each frame
//! also passes the eager watermark in order, the clock fence and the accounts of its source, of which the rivals have none.
//!
//! `cargo bench --bench reorder`; `REORDER_BENCH_SECONDS` (of event time at stadium rate, 600) and `REORDER_BENCH_RUNS` (5)
//! scale it. Runs are interleaved and medians printed. Engines of one thread are timed on the processor, those of two by
//! the wall: on a busy machine the latter say little.

#[path = "reorder/rivals.rs"]
mod rivals;
#[path = "reorder/watch.rs"]
mod watch;
#[path = "reorder/workload.rs"]
mod workload;

use std::collections::{BTreeMap, BinaryHeap};
use std::hint::black_box;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::reorder::{Config, MoundPlan, Producer, Reorder, Sink, Stamped, buffer};
use watch::Watch;
use workload::{Frame, Outcome, Payload, frames};

/// Frames between polls: what one batched receive brings in a few datagrams.
const CHUNK: usize = 64;
const GAME: MoundId = MoundId(0);

impl Sink<Payload> for Outcome {
    fn eager(&mut self, _: MoundId, _: &Frame) {}
    fn after_eager(&mut self, _: MoundId, _: &Frame) {}
    fn released(&mut self, _: MoundId, frame: &Frame) {
        self.release(frame);
    }
    fn late(&mut self, _: MoundId, _: &Stamped<Payload>) {
        self.late += 1;
    }
    fn advanced(&mut self, _: MoundId, _: EventNs, _: EventNs, _: BoxNs) {}
}

/// Slots for so many times the stadium's frame rate.
fn new_buffer(rate: u32) -> (Producer<Payload>, Reorder<Payload>) {
    let rate = rate as usize;
    let config = Config {
        mounds: vec![MoundPlan { mound: GAME, cameras: (1..=20).collect() }],
        // The rivals know no maximum hold.
        max_hold_ns: 30_000_000_000,
        slots_per_source: 1 << 13,
        held_max: rate << 16,
        held_per_source: rate << 16,
        ..Config::default()
    };
    let (mut producers, reorder) = buffer(&config).expect("the configuration is right");
    (producers.remove(0), reorder)
}

fn finish(mut reorder: Reorder<Payload>, mut outcome: Outcome) -> Outcome {
    reorder.drain(&mut outcome);
    let counts = reorder.counts();
    assert!(counts.balanced() && counts.overflowed + counts.quarantined + counts.refused == 0, "{counts:?}");
    outcome.duplicates = counts.duplicate;
    outcome
}

fn ours(input: &[Frame], rate: u32) -> (Duration, Outcome) {
    let (mut producer, mut reorder) = new_buffer(rate);
    let mut outcome = Outcome::default();
    let watch = Watch::start();
    for chunk in input.chunks(CHUNK) {
        for frame in chunk {
            producer.push(*frame).expect("the slab holds the workload");
        }
        let now = chunk[chunk.len() - 1].arrival;
        producer.beat(now);
        reorder.poll(now, &mut outcome);
    }
    let outcome = finish(reorder, outcome);
    (watch.alone(), outcome)
}

/// One ingest thread, one merge thread. The ingest thread waits when there is no slot: this measures throughput.
fn ours_two_threads(input: &[Frame], rate: u32) -> (Duration, Outcome) {
    let (mut producer, mut reorder) = new_buffer(rate);
    let mut outcome = Outcome::default();
    let watch = Watch::start();
    std::thread::scope(|scope| {
        let ingest = scope.spawn(move || {
            for chunk in input.chunks(CHUNK) {
                while producer.free() < CHUNK {
                    producer.beat(BoxNs(0));
                    std::thread::yield_now();
                }
                for frame in chunk {
                    producer.push(*frame).expect("there is room");
                }
                producer.beat(chunk[chunk.len() - 1].arrival);
            }
        });
        loop {
            let ended = ingest.is_finished();
            if reorder.poll(input[0].arrival, &mut outcome) == 0 {
                if ended {
                    break;
                }
                std::thread::yield_now();
            }
        }
    });
    reorder.drain(&mut outcome);
    outcome.duplicates = reorder.counts().duplicate;
    (watch.wall(), outcome)
}

/// Time of single calls, ns: a push, and a poll that takes one frame and moves the watermarks.
fn single_calls(input: &[Frame]) {
    let (mut producer, mut reorder) = new_buffer(1);
    let mut outcome = Outcome::default();
    let histogram = || Histogram::<u64>::new_with_bounds(1, 1_000_000_000, 3).expect("the bounds are right");
    let (mut clock, mut push, mut poll) = (histogram(), histogram(), histogram());
    for frame in input {
        let times = [(); 4].map(|()| Instant::now());
        producer.push(*frame).expect("the slab holds the workload");
        let pushed = Instant::now();
        producer.beat(frame.arrival);
        let beaten = Instant::now();
        reorder.poll(frame.arrival, &mut outcome);
        let polled = Instant::now();
        clock.saturating_record((times[3] - times[2]).as_nanos() as u64);
        push.saturating_record((pushed - times[3]).as_nanos() as u64);
        poll.saturating_record((polled - beaten).as_nanos() as u64);
    }
    for (name, h) in [("clock alone", clock), ("push", push), ("poll of one frame", poll)] {
        let at = |q| h.value_at_quantile(q);
        println!("{name:24} p50 {:5} ns  p99 {:5} ns  p99.9 {:6} ns", at(0.5), at(0.99), at(0.999));
    }
}

fn resident_kb() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4
}

fn median(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

type Engine = (&'static str, bool, fn(&[Frame], u32) -> (Duration, Outcome));

fn compare(input: &[Frame], rate: u32, runs: usize) {
    let engines: [Engine; 7] = [
        ("watermark buffer", true, ours),
        ("the same, two threads", false, ours_two_threads),
        ("BinaryHeap", true, rivals::sorted::<BinaryHeap<rivals::ByKey>>),
        ("radix heap", true, rivals::sorted::<rivals::RadixHeap>),
        ("BTreeMap", true, rivals::sorted::<BTreeMap<rivals::Key, Frame>>),
        ("Mutex<BTreeMap>, 2 prod.", false, rivals::shared::<rivals::Locked>),
        ("SkipMap, 2 producers", false, rivals::shared::<rivals::Skip>),
    ];
    let mut times = vec![Vec::new(); engines.len()];
    let mut expected: Option<Outcome> = None;
    for _ in 0..runs {
        for (i, (name, exact, run)) in engines.iter().enumerate() {
            let (took, outcome) = black_box(run(input, rate));
            let expected = expected.get_or_insert_with(|| outcome.clone());
            if *exact {
                assert_eq!(&outcome, expected, "{name}");
            } else {
                // Two threads race by some milliseconds, so that idleness and a few stragglers fall differently.
                assert_eq!(outcome.released + outcome.late + outcome.duplicates, input.len() as u64, "{name}");
                assert!(outcome.released.abs_diff(expected.released) * 1000 < expected.released, "{name}");
            }
            times[i].push(took);
        }
    }
    println!("\n{rate} × stadium rate: {} M frames, medians of {runs} interleaved runs", input.len() as f64 / 1e6);
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    for ((name, ..), seconds) in engines.iter().zip(&medians) {
        println!(
            "{name:24} {:7.2} M frames/s   {:5.2} × BinaryHeap",
            input.len() as f64 / 1e6 / seconds,
            medians[2] / seconds
        );
    }
    let e = expected.expect("there was a run");
    println!("released {} late {} duplicates {}", e.released, e.late, e.duplicates);
}

fn main() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default);
    // As criterion does: `cargo test --benches` only looks whether it runs, and whether the engines agree.
    let (seconds, runs) = if std::env::args().any(|argument| argument == "--bench") { (600, 5) } else { (20, 1) };
    let seconds: u64 = number("REORDER_BENCH_SECONDS", seconds);
    let runs = number("REORDER_BENCH_RUNS", runs) as usize;

    let input = frames(seconds, 1);
    let before = resident_kb();
    let (_, outcome) = ours(&input, 1);
    println!("resident growth over a run: {} kB ({} released)", resident_kb().saturating_sub(before), outcome.released);
    single_calls(&input);
    compare(&input, 1, runs);
    drop(input);
    // Long enough that filling and draining, 10 s of event time each, do not decide.
    compare(&frames((seconds / 5).max(20), 10), 10, runs);
}
