//! Half an hour of the full rig at the rate of real time, from another process (`make soak`): memory that does not grow,
//! 3 % of a core, nothing dropped. In everyday tests half a minute, which judges what does not depend on the machine.

#[path = "support/common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use common::process::{RunningDaemon, assert_all_final, assert_every_frame_accounted, print_latencies, simulate};
use common::{full, truth};
use pitchguard::simulate::Score;

const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// Linux counts a process' time in hundredths of a second, whatever the kernel's own tick is.
const TICKS_PER_S: f64 = 100.0;
const MINUTE: f64 = 60.0;

/// A process as `/proc` shows it.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at_s: f64,
    cpu_s: f64,
    /// Resident, and of that what no file backs (the store's map is a file).
    resident_kb: u64,
    anonymous_kb: u64,
}

impl Sample {
    /// `None` once the process is gone.
    fn take(process: u32, began: Instant) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name in parentheses may hold blanks; utime and stime are the 12th and 13th field behind it.
        let ticks = stat.rsplit(')').next()?.split_whitespace().skip(11).take(2);
        let ticks: f64 = ticks.filter_map(|t| t.parse::<f64>().ok()).sum();
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let kb = |name: &str| status.lines().find_map(|l| l.strip_prefix(name)?.trim().split(' ').next()?.parse().ok());
        Some(Self {
            at_s: began.elapsed().as_secs_f64(),
            cpu_s: ticks / TICKS_PER_S,
            resident_kb: kb("VmRSS:")?,
            anonymous_kb: kb("RssAnon:")?,
        })
    }
}

#[test]
fn the_full_rig_at_real_time_neither_grows_the_daemon_nor_loses_a_frame() {
    // A whole game, warm-ups in both bullpens included, at a pace that brings its end after half an hour.
    let game = ["--scenario", "game", "--pace", "4", "--break", "20", "--seed", "31"];
    let few = ["--scenario", "bullpen", "--pace", "2", "--pitches", "6", "--seed", "31"];
    let daemon = RunningDaemon::start(1.0);
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("truth.jsonl");
    let began = Instant::now();
    let process = daemon.id();
    let mut samples = Vec::new();
    let sending = std::thread::scope(|scope| {
        let sender = scope.spawn(|| simulate(&daemon, 1.0, &file, if full() { &game } else { &few }));
        while !sender.is_finished() {
            let sample = Sample::take(process, began).expect("the daemon runs");
            eprintln!("{sample:?}");
            samples.push(sample);
            std::thread::park_timeout(SAMPLE_EVERY);
        }
        sender.join().expect("the sender does not fail")
    });
    eprintln!("{}", sending.said.lines().last().unwrap_or_default());
    let status = daemon.settled(sending.frames);
    let pitches = daemon.pitches();
    daemon.stop();

    print_latencies(&status);
    let truth = truth::read(&file);
    let score = Score::of(&truth, &pitches);
    eprintln!("{:?}\n{score}", status.reorder.accounting);
    assert_every_frame_accounted(&status, sending.frames);
    assert_all_final(&pitches);
    assert_eq!((score.found, score.invented), (truth.len(), 0), "{:?}", score.missed);
    let active = status.reorder.sources.iter().filter(|s| s.source < 40 && s.accounting.released > 0).count();
    assert_eq!(active, 18, "the full rig");
    if full() {
        let mounds: BTreeSet<u8> = truth.iter().map(|t| t.mound.0).collect();
        assert_eq!(mounds.len(), 3);
        assert_frugal(&samples);
    }
}

/// Half an hour at least, memory of its end as of its beginning, less than 3 % of a core.
fn assert_frugal(samples: &[Sample]) {
    let (first, last) = (samples[0], samples[samples.len() - 1]);
    assert!(last.at_s >= 30.0 * MINUTE, "only {:.1} min", last.at_s / MINUTE);
    let median = |from_s: f64, to_s: f64, of: fn(&Sample) -> u64| {
        let mut kb: Vec<u64> = samples.iter().filter(|s| (from_s..to_s).contains(&s.at_s)).map(of).collect();
        kb.sort_unstable();
        kb[kb.len() / 2] as f64
    };
    let grown = |of| (median(5.0 * MINUTE, 10.0 * MINUTE, of), median(last.at_s - 5.0 * MINUTE, last.at_s, of));
    let (early, late) = grown(|s| s.resident_kb);
    let (early_anonymous, late_anonymous) = grown(|s| s.anonymous_kb);
    let core = (last.cpu_s - first.cpu_s) / (last.at_s - first.at_s);
    eprintln!(
        "{:.1} min: resident {early} kB, then {late} kB; anonymous {early_anonymous} kB, then {late_anonymous} kB; \
         {:.2} % of a core",
        last.at_s / MINUTE,
        core * 100.0
    );
    // What the store's file takes in the map is the system's to take back, and grows with what is stored.
    let most = early_anonymous + f64::max(2048.0, 0.03 * early_anonymous);
    assert!(late_anonymous <= most, "grew from {early_anonymous} kB to {late_anonymous} kB");
    assert!(core < 0.03, "{:.1} % of a core", core * 100.0);
}
