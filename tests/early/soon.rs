//! How soon a number comes and how far it is off, over seeds and laws of lag.

use pitchguard::ids::MoundId;
use pitchguard::simulate::{Game, Scenario, Settings, statcast};
use pitchguard::tracking::venue::Venue;

use crate::common::{full, quantile, real_data};
use crate::evening::{Evening, LAWS, Law, QUANTITIES, Told, play, settings};

/// What was told of many pitches.
#[derive(Default)]
struct Pool {
    /// Seconds from the crossing to the first result, and to the first of all cameras.
    after: Vec<f64>,
    full_after: Vec<f64>,
    early: usize,
    all: usize,
    /// By the number of cameras that an early result rested on.
    cameras: [usize; 13],
    /// By quantity: how far off, and the standard deviation that was stated.
    errors: [Vec<(f64, f64)>; 4],
}

impl Pool {
    fn of<'t>(told: impl Iterator<Item = &'t Told>) -> Self {
        let mut pool = Self::default();
        for told in told {
            pool.all += 1;
            let Some(first) = told.first() else { continue };
            pool.after.push(told.after_s(first));
            pool.full_after.extend(told.full().map(|full| told.after_s(full)));
            let Some((record, _)) = told.early() else { continue };
            pool.early += 1;
            pool.cameras[usize::from(record.cameras)] += 1;
            let sds = record.sd.expect("measured here");
            for (errors, (_, published, thrown, scale)) in pool.errors.iter_mut().zip(QUANTITIES) {
                let (Some(value), Some(sd)) = (published(&record.values), published(&sds)) else { continue };
                errors.push(((value - thrown(&told.thrown)).abs() * scale, sd * scale));
            }
        }
        pool
    }

    fn after(&self, share: f64) -> f64 {
        quantile(&self.after, share)
    }

    fn off(&self, quantity: usize, share: f64) -> f64 {
        quantile(&self.errors[quantity].iter().map(|(off, _)| *off).collect::<Vec<_>>(), share)
    }

    /// The share of errors within so many of their standard deviations.
    fn within(&self, quantity: usize, sds: f64) -> f64 {
        let errors = &self.errors[quantity];
        errors.iter().filter(|(off, sd)| *off <= sds * sd).count() as f64 / errors.len().max(1) as f64
    }

    fn early_share(&self) -> f64 {
        self.early as f64 / self.all.max(1) as f64
    }

    fn print(&self, name: &str) {
        let full = [0.5, 0.9].map(|share| quantile(&self.full_after, share));
        let after = [0.5, 0.9].map(|share| self.after(share));
        eprintln!(
            "{name}: {} pitches, {:.1} % early; after the crossing {:.2} / {:.2} s (of all cameras {:.2} / {:.2}); by cameras {:?}",
            self.all,
            100.0 * self.early_share(),
            after[0],
            after[1],
            full[0],
            full[1],
            &self.cameras[2..6]
        );
        for (at, (name, ..)) in QUANTITIES.iter().enumerate() {
            let sds: Vec<f64> = self.errors[at].iter().map(|(_, sd)| *sd).collect();
            eprintln!(
                "  {name:20} 95 % {:.3}, most {:.3}; stated {:.3}; 90 % hold {:.1} %, outside 99 % {:.2} %",
                self.off(at, 0.95),
                self.off(at, 1.0),
                quantile(&sds, 0.5),
                100.0 * self.within(at, 1.645),
                100.0 - 100.0 * self.within(at, 2.576),
            );
        }
    }

    /// 95 % of errors within the limits, and honest 90 % intervals, as far as so many pitches can tell.
    fn assert_certain(&self, name: &str) {
        let few = if self.early < 400 { 1.25 } else { 1.0 };
        for (quantity, limit) in [(0, 0.2), (1, 0.2), (2, 0.12)] {
            assert!(self.off(quantity, 0.95) <= few * limit, "{name}: {quantity}");
            let slack = if self.early < 400 { 3.0 * (0.09 / self.early as f64).sqrt() } else { 0.0 };
            let held = self.within(quantity, 1.645);
            assert!((0.85 - slack..=0.95 + slack).contains(&held), "{name}: {quantity} holds {held:.3}");
        }
    }
}

/// An evening whose early results may be off by `factor` times the usual.
fn evening(law: Law, scenario: Scenario, seed: u64, pitches: usize, factor: f64) -> Evening {
    let venue = Venue::busch_iii();
    let own = Settings { seed, pitches_max: Some(pitches), ..Settings::quiet() };
    let mut pipeline = settings(&venue);
    pipeline.tracking.early_plate_in *= factor;
    pipeline.tracking.early_speed_mph *= factor;
    play(&venue, &Game::Scenario(scenario), law, own, &pipeline)
}

fn assert_none_in_vain(evenings: &[(Law, Evening)]) {
    for (law, evening) in evenings {
        assert!(evening.invented.is_empty(), "{law:?}: {:?}", evening.invented);
        assert_eq!(evening.withdrawn, 0, "{law:?}");
        assert!(evening.told.iter().all(|told| told.first().is_some()), "{law:?}: all are found");
    }
}

#[test]
fn a_number_comes_when_enough_is_known() {
    let seeds: u64 = if full() { 50 } else { 2 };
    let evenings = |scenario, pitches| {
        let of =
            |law| (1..=seeds).map(move |seed| (law, evening(law, scenario, seed + 100 * law as u64, pitches, 1.0)));
        let evenings: Vec<(Law, Evening)> = LAWS.into_iter().flat_map(of).collect();
        assert_none_in_vain(&evenings);
        evenings
    };
    let (games, bullpens) = (evenings(Scenario::Game, 30), evenings(Scenario::Bullpen, 30));
    for (name, evenings, limits) in [("game mound", &games, (3.0, 3.5)), ("bullpens", &bullpens, (3.8, 4.9))] {
        let is_its = |told: &&Told| told.is_trusted && (told.thrown.mound == MoundId(0)) == (name == "game mound");
        for law in LAWS {
            let of = evenings.iter().filter(|(of, _)| *of == law);
            Pool::of(of.flat_map(|(_, e)| &e.told).filter(is_its)).print(&format!("{law:?}, {name}"));
        }
        let pool = Pool::of(evenings.iter().flat_map(|(_, e)| &e.told).filter(is_its));
        pool.print(name);
        let few = if full() { 0.0 } else { 0.4 };
        assert!(pool.after(0.5) <= limits.0 + few && pool.after(0.9) <= limits.1 + few, "{name}");
        assert!(pool.early_share() >= 0.98 - 0.05 * few, "{name}: {:.3} early", pool.early_share());
        pool.assert_certain(name);
    }
}

#[test]
fn a_real_game_comes_as_soon() {
    let Some(path) = real_data("statcast/busch_2023-06-11_game717797.csv") else { return };
    let game = statcast::read(&path).expect("it reads");
    let venue = Venue::busch_iii();
    let seeds = if full() { 3 } else { 1 };
    let evenings: Vec<(Law, Evening)> = LAWS
        .into_iter()
        .flat_map(|law| (1..=seeds).map(move |seed| (law, seed)))
        .map(|(law, seed)| {
            let pitches_max = (!full()).then_some(80);
            let own = Settings { seed: seed + 100 * law as u64, pitches_max, ..Settings::quiet() };
            (law, play(&venue, &Game::Statcast(game.pitches.clone()), law, own, &settings(&venue)))
        })
        .collect();
    assert_none_in_vain(&evenings);
    let pool = Pool::of(evenings.iter().flat_map(|(_, e)| &e.told).filter(|told| told.is_trusted));
    pool.print("Busch");
    assert!(pool.after(0.5) <= 3.0 && pool.after(0.9) <= 3.5 && pool.early_share() >= 0.98);
    pool.assert_certain("Busch");
}

/// The curve of docs/early.md: limits of another size, and what they bring and cost on the game mound.
#[test]
fn sooner_costs_certainty() {
    let seeds = if full() { 10 } else { 1 };
    let mut curve = Vec::new();
    for factor in [0.4, 0.6, 1.0, 1.6, 2.5] {
        let of = |law| (1..=seeds).map(move |seed| evening(law, Scenario::Game, seed + 100 * law as u64, 40, factor));
        let evenings: Vec<Evening> = LAWS.into_iter().flat_map(of).collect();
        let told = evenings.iter().flat_map(|e| &e.told).filter(|t| t.is_trusted && t.thrown.mound == MoundId(0));
        let pool = Pool::of(told);
        pool.print(&format!("limits x {factor}"));
        curve.push((pool.after(0.5), pool.off(1, 0.95)));
    }
    assert!(curve.windows(2).all(|w| w[1].0 <= w[0].0 + 0.02), "wider limits are met no later: {curve:?}");
    assert!(curve[0].1 < curve[4].1, "and are wider: {curve:?}");
}
