//! Seeded schedules of faults. `PITCHGUARD_SEED=n` plays one of them alone.

use pitchguard::store::summary::SummaryKind;
use pitchguard::upstream::line::LineSettings;
use rand::Rng;
use rand::rngs::SmallRng;

use crate::upstream_line::full;
use crate::upstream_line::world::{Fate, MS, S, START, World};

/// Step of the simulated clock.
const STEP: u64 = 50 * MS;

/// How a schedule is troubled.
#[derive(Debug, Clone, Copy)]
struct Schedule {
    /// Until when there is trouble, ns after the start.
    trouble_ns: u64,
    /// Share of attempts that go wrong while there is.
    faults: f64,
    /// Share of summaries that the cloud refuses.
    poison: f64,
    /// Mean time between two restarts of the box, s.
    restart_s: f64,
    /// Mean time between two summaries, s.
    make_s: f64,
    /// Outages: length and distance, ns; none for a distance of 0.
    outage_ns: u64,
    every_ns: u64,
    settings: LineSettings,
}

impl Schedule {
    fn draw(random: &mut SmallRng) -> Self {
        let settings = LineSettings {
            batch_max: *pick(random, &[1, 2, 7, 100]),
            backlog_per_s: *pick(random, &[2.0, 10.0, 50.0]),
            live_ns_max: *pick(random, &[1, 5, 10]) * S,
            batch_bytes_max: *pick(random, &[50, 350, 512 << 10]),
            ..LineSettings::default()
        };
        Self {
            trouble_ns: random.random_range(60..600) * S,
            faults: random.random_range(0.0..0.95),
            poison: *pick(random, &[0.0, 0.01, 0.2]),
            restart_s: *pick(random, &[1e9, 120.0, 20.0]),
            make_s: *pick(random, &[0.3, 1.0, 5.0]),
            outage_ns: random.random_range(0..120) * S,
            every_ns: *pick(random, &[0, 200 * S]),
            settings,
        }
    }

    fn fate(&self, random: &mut SmallRng, now: u64) -> Fate {
        let since = now - START;
        if since >= self.trouble_ns {
            return Fate::Good;
        }
        if self.every_ns > 0 && since % self.every_ns < self.outage_ns {
            return *pick(random, &[Fate::NoRoute, Fate::NoRoute, Fate::RequestLost]);
        }
        if !random.random_bool(self.faults) {
            return Fate::Good;
        }
        match random.random_range(0..9) {
            0 => Fate::NoRoute,
            1 => Fate::RequestLost,
            2 => Fate::AnswerLost,
            3 => Fate::Late(random.random_range(0..60) * S),
            4 => Fate::Twice(random.random_range(0..30) * S),
            5 => Fate::Fails { stored: true },
            6 => Fate::Fails { stored: false },
            7 => Fate::Busy(random.random_range(0..20) * S),
            _ => Fate::Spurious400,
        }
    }
}

fn pick<'a, T>(random: &mut SmallRng, from: &'a [T]) -> &'a T {
    &from[random.random_range(0..from.len())]
}

/// Plays one schedule to its end; what was made, and how often it came twice.
fn play(seed: u64) -> (u64, u64) {
    let mut world = World::new(seed, LineSettings::default());
    let schedule = Schedule::draw(&mut world.random);
    world.settings = schedule.settings;
    world.restart();
    let per_step = STEP as f64 / S as f64;
    // Long enough for every Retry-After, and for the slowest backlog at its rate.
    let end = START + schedule.trouble_ns + 3600 * S;
    while world.now < end {
        world.now += STEP;
        let since = world.now - START;
        if since < schedule.trouble_ns {
            if world.random.random_bool((per_step / schedule.make_s).min(1.0)) {
                let kind = *pick(&mut world.random, &SummaryKind::ALL);
                let poison = world.random.random_bool(schedule.poison);
                world.make(kind, poison);
            }
            if world.random.random_bool(per_step / schedule.restart_s) {
                world.restart();
            }
        } else if world.outbox.is_empty() {
            break;
        }
        world.tick(|random, now| schedule.fate(random, now));
    }
    assert!(world.outbox.is_empty(), "seed {seed}: {} summaries never went: {schedule:?}", world.outbox.len());
    settle(&mut world, seed);
    let came: usize = world.cloud.order.values().map(Vec::len).sum();
    assert_eq!(came, world.cloud.received.len(), "seed {seed}: once after deduplication");
    world.assert_in_order(seed);
    (world.made.len() as u64, world.cloud.duplicates)
}

/// Two days later, one summary a day: the cloud has all that it ever takes, and only what it never takes is aside. (A round of
/// asking that is still under way from the trouble may have passed what was refused in it; the next one has it.)
fn settle(world: &mut World, seed: u64) {
    for _ in 0..2 {
        world.now += 86_400 * S;
        world.make(SummaryKind::Pitch, false);
        let end = world.now + 900 * S;
        while world.now < end {
            world.now += STEP;
            world.tick(|_, _| Fate::Good);
        }
    }
    assert!(world.outbox.is_empty(), "seed {seed}: {} summaries never went", world.outbox.len());
    for sequence in 0..world.made.len() as u64 {
        let came = world.cloud.received.contains_key(&sequence);
        assert!(came || world.aside.contains_key(&sequence), "seed {seed}: {sequence} is neither here nor there");
    }
    let wrongly = world.aside.iter().find(|(_, record)| !record.summary.body.starts_with(b"poison"));
    assert!(wrongly.is_none(), "seed {seed}: {wrongly:?} would have been taken");
}

/// What a receiver makes of an attempt.
type Receiver = dyn Fn(&mut SmallRng) -> Fate;

#[test]
fn a_receiver_that_is_broken_for_an_hour_has_in_the_end_what_was_queued() {
    let half = |fate| move |random: &mut SmallRng| if random.random() { fate } else { Fate::Good };
    let always = |fate| move |_: &mut SmallRng| fate;
    let kinds: [(&str, Box<Receiver>); 8] = [
        ("refuses all", Box::new(always(Fate::Spurious400))),
        ("refuses half", Box::new(half(Fate::Spurious400))),
        ("fails", Box::new(always(Fate::Fails { stored: false }))),
        ("fails and stores", Box::new(always(Fate::Fails { stored: true }))),
        ("is busy", Box::new(always(Fate::Busy(60 * S)))),
        ("answers nothing", Box::new(always(Fate::AnswerLost))),
        ("is not there", Box::new(always(Fate::NoRoute))),
        ("answers late", Box::new(half(Fate::Late(30 * S)))),
    ];
    for (kind, fate) in &kinds {
        for (restart_s, poison) in [(f64::INFINITY, 0.0), (300.0, 0.0), (f64::INFINITY, 0.02)] {
            let mut world = World::new(1, LineSettings::default());
            let broken_until = START + 3600 * S;
            let mut most_aside = 0;
            while world.now < broken_until || (!world.outbox.is_empty() && world.now < broken_until + 7200 * S) {
                world.now += STEP;
                if world.now < broken_until && world.now.is_multiple_of(S) {
                    let bad = world.random.random_bool(poison);
                    let kind = *pick(&mut world.random, &SummaryKind::ALL);
                    world.make(kind, bad);
                }
                if world.random.random_bool(STEP as f64 / S as f64 / restart_s) {
                    world.restart();
                }
                world.tick(|random, now| if now < broken_until { fate(random) } else { Fate::Good });
                most_aside = most_aside.max(world.aside.len());
            }
            settle(&mut world, 1);
            let (aside, attempts) = (world.aside.len(), world.attempts);
            eprintln!("{kind}: {attempts} attempts, at most {most_aside} aside, {aside} in the end");
            world.assert_in_order(1);
        }
    }
}

#[test]
fn every_summary_arrives_once_after_deduplication_and_in_order_whatever_fails() {
    if let Some(seed) = std::env::var("PITCHGUARD_SEED").ok().and_then(|seed| seed.parse().ok()) {
        play(seed);
        return;
    }
    let schedules = if full() { 1000 } else { 100 };
    let (made, duplicates) = (0..schedules).map(play).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    eprintln!("{schedules} schedules, {made} summaries, {duplicates} came more than once");
    assert!(made > 100 * schedules && duplicates > schedules, "the schedules are no schedules of faults");
}
