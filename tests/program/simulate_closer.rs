//! The closer of the smoke test tires enough, and only as much, as his alerts need: judged here on the truth, with
//! science.md §6's points computed anew and without any of the pipeline.

use pitchguard::features::baseline::{Expected, PitcherBaseline};
use pitchguard::ids::PitchType;
use pitchguard::simulate::{Game, Scenario, Settings, Stadium, Thrown};
use pitchguard::tracking::venue::Venue;

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of squares around the mean of each pitch type, and its degrees of freedom.
fn within(pitches: &[&Thrown], of: impl Fn(&Thrown) -> f64) -> (f64, f64) {
    let mut types: Vec<PitchType> = pitches.iter().map(|t| t.pitch_type).collect();
    types.sort_unstable();
    types.dedup();
    types.iter().fold((0.0, 0.0), |(squares, freedom), pitch_type| {
        let values: Vec<f64> = pitches.iter().filter(|t| t.pitch_type == *pitch_type).map(|t| of(t)).collect();
        let m = mean(&values);
        (squares + values.iter().map(|v| (v - m).powi(2)).sum::<f64>(), freedom + values.len() as f64 - 1.0)
    })
}

fn spin(thrown: &Thrown) -> f64 {
    thrown.spin.expect("fictional pitches spin").release_spin_rate
}

/// `velocity_delta_5` and readiness.
type Judged = (Option<f64>, f64);

/// The judgement after these pitches of the outing.
fn judge(outing: &[&Thrown], baseline: &PitcherBaseline) -> Judged {
    let expected = |t: &Thrown, of: fn(&pitchguard::features::baseline::TypeBaseline) -> Option<Expected>| {
        baseline.of(t.pitch_type).and_then(of).expect("a baseline of every pitch he throws")
    };
    let fastballs: Vec<f64> = outing
        .iter()
        .filter(|t| t.pitch_type.is_fastball())
        .map(|t| t.quantities.release_speed - expected(t, |b| b.release_speed).mean)
        .collect();
    let delta = (fastballs.len() >= 5).then(|| mean(&fastballs[fastballs.len() - 5..]));
    let mut fatigue = delta.map_or(0.0, |d| 20.0 * ((-d - 0.5) / 1.5).clamp(0.0, 2.0));
    if outing.len() >= 10 {
        let window = &outing[outing.len().saturating_sub(20)..];
        let relative = |t: &Thrown| spin(t) / expected(t, |b| b.release_spin_rate).mean;
        let usual = |t: &&Thrown| {
            let e = expected(t, |b| b.release_spin_rate);
            e.var_within / (e.mean * e.mean)
        };
        let (squares, freedom) = within(window, relative);
        let ratio = (squares / freedom / mean(&window.iter().map(usual).collect::<Vec<_>>())).sqrt();
        fatigue += 10.0 * ((ratio - 1.25) / 0.75).clamp(0.0, 1.5);

        let window = &outing[outing.len().saturating_sub(25)..];
        let (squares, freedom) = within(window, |t| t.quantities.release_pos_z);
        let ratio = squares / freedom / expected(window[0], |b| b.release_pos_z).var_within;
        fatigue += 10.0 * ((ratio - 1.5) / 1.5).clamp(0.0, 1.5);
    }
    (delta, 100.0 - fatigue)
}

#[test]
fn the_closer_warms_up_fresh_and_tires_through_every_alert_in_order() {
    for seed in 1..=25 {
        let settings = Settings { seed, ..Settings::default() };
        let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Closer), settings);
        let baseline = stadium.baselines().remove(0);
        let warm_up: Vec<&Thrown> = stadium.truth().iter().filter(|t| t.mound.0 == 1).collect();
        let game: Vec<&Thrown> = stadium.truth().iter().filter(|t| t.mound.0 == 0).collect();
        for n in 1..=warm_up.len() {
            let (_, readiness) = judge(&warm_up[..n], &baseline);
            assert!(readiness > 82.0, "seed {seed}: readiness {readiness:.0} at warm-up throw {n}");
        }
        // whether or not the warm-up counts as the same outing
        for before in [&[][..], &warm_up[..]] {
            let outing: Vec<&Thrown> = before.iter().chain(&game).copied().collect();
            let judged: Vec<Judged> =
                (before.len() + 1..=outing.len()).map(|n| judge(&outing[..n], &baseline)).collect();
            let first = |what: &str, hit: &dyn Fn(&Judged) -> bool| {
                judged.iter().position(hit).unwrap_or_else(|| panic!("seed {seed}: never {what}")) + 1
            };
            let tiring = first("readiness < 80", &|j| j.1 < 80.0);
            let slow = first("velocity_delta < -2", &|j| j.0.is_some_and(|d| d < -2.0));
            let spent = first("readiness < 60", &|j| j.1 < 60.0);
            assert!(tiring > 6, "seed {seed}: fresh at first, readiness < 80 at pitch {tiring}");
            assert!(tiring < spent && slow < spent, "seed {seed}: {tiring} {slow} {spent}");
            let (delta, readiness) = judged[judged.len() - 1];
            eprintln!("seed {seed}: {tiring} {slow} {spent}, at last {delta:.2?} mph, readiness {readiness:.0}");
            assert!(delta.is_some_and(|d| (-7.0..-4.0).contains(&d)) && readiness < 60.0, "{delta:?} {readiness}");
        }
    }
}
