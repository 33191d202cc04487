//! What must hold of outings and feature set v1.

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rand_distr::StandardNormal;

use super::baseline::{Expected, PitcherBaseline, TypeBaseline};
use super::*;
use crate::environment::density::STANDARD_KG_M3;
use crate::environment::{Air, Estimate};
use crate::ids::{EventNs, MoundId, PitchId, PitchType, PitcherId};
use crate::tracking::pitch::PitchState;

const NS_PER_S: u64 = 1_000_000_000;

fn kind(text: &str) -> PitchType {
    PitchType::parse(text).expect("a pitch type")
}

fn expected(mean: f64, sd_mean: f64, sd_within: f64) -> Expected {
    Expected { mean, sd_mean, var_within: sd_within * sd_within, outings: 10 }
}

fn usual(pitch_type: &str, speed: f64, spin: f64) -> TypeBaseline {
    TypeBaseline {
        pitch_type: kind(pitch_type),
        release_speed: Some(expected(speed, 0.2, 0.8)),
        release_spin_rate: Some(expected(spin, 10.0, 0.02 * spin)),
        release_pos_z: Some(expected(6.0, 0.02, 0.1)),
        release_extension: Some(expected(6.5, 0.05, 0.15)),
        pfx_x: Some(expected(-0.5, 0.05, 0.2)),
        pfx_z: Some(expected(1.4, 0.05, 0.2)),
    }
}

fn baseline() -> PitcherBaseline {
    PitcherBaseline { pitcher: PitcherId(1), types: vec![usual("FF", 95.0, 2300.0), usual("SL", 86.0, 2500.0)] }
}

/// The `i`-th pitch, just as usual.
fn pitch(i: u64, pitch_type: &str) -> OutingPitch {
    let release = EventNs((1_000 + 20 * i) * NS_PER_S);
    let usual = baseline();
    let usual = usual.of(kind(pitch_type));
    let mean = |e: Option<Expected>| e.and_then(|e| Reading::new(e.mean, 0.0));
    OutingPitch {
        id: PitchId::new(release, MoundId(0)),
        release,
        revision: 0,
        state: PitchState::Final,
        pitch_type: Some(kind(pitch_type)),
        release_speed: mean(usual.and_then(|u| u.release_speed)),
        release_spin_rate: mean(usual.and_then(|u| u.release_spin_rate)),
        release_pos_z: mean(usual.and_then(|u| u.release_pos_z)),
        release_extension: mean(usual.and_then(|u| u.release_extension)),
        pfx_x: mean(usual.and_then(|u| u.pfx_x)),
        pfx_z: mean(usual.and_then(|u| u.pfx_z)),
        flagged: false,
        early: false,
        late_data_frac: 0.0,
        calibration_confidence: None,
        environment: None,
    }
}

fn moved(reading: Option<Reading>, by: f64) -> Option<Reading> {
    reading.map(|r| Reading { value: r.value + by, ..r })
}

fn outing(pitches: impl IntoIterator<Item = OutingPitch>) -> Outing {
    let mut outing = Outing::default();
    for pitch in pitches {
        outing.upsert(pitch);
    }
    outing
}

fn v1(outing: &Outing) -> FeatureSet {
    features_v1(outing, Some(&baseline()), &Config::default())
}

#[test]
fn windows_open_at_5_and_10_and_are_absent_before() {
    for n in 0..=30 {
        let features = v1(&outing((0..n).map(|i| pitch(i, "FF"))));
        let n_of = |f: Option<Feature>| f.map(|f| f.n);
        let from = |open: u64, full: u64| (n >= open).then_some(n.min(full) as u32);
        assert_eq!(n_of(features.velocity_delta_5), from(5, 5));
        assert_eq!(n_of(features.spin_consistency_20), from(10, 20));
        assert_eq!(n_of(features.release_height_var_25), from(10, 25));
        assert_eq!(n_of(features.break_adj_x), from(10, 20));
        assert_eq!(n_of(features.break_adj_z), from(10, 20));
        assert_eq!(features.mechanics.release_pos_z.is_some(), n >= 5);
        assert_eq!(features.can_judge(), n >= 5);
        assert_eq!(features.qa_min(), (n >= 5).then_some(1.0));
    }
}

#[test]
fn velocity_is_the_mean_of_the_last_5_fastballs_against_their_own_types() {
    let pitches = (0..8).map(|i| OutingPitch {
        release_speed: moved(pitch(i, "FF").release_speed, -(i as f64) / 2.0),
        ..pitch(i, "FF")
    });
    // A slider and a fastball without baseline between them change nothing.
    let others = [pitch(100, "SL"), pitch(101, "SI")];
    let delta = v1(&outing(pitches.chain(others))).velocity_delta_5.expect("8 fastballs open the window");
    assert!((delta.value - -2.5).abs() < 1e-9, "{delta:?}");
    // Scatter, baseline, unknown temperature.
    let sd = (0.8_f64.powi(2) / 5.0 + 0.2_f64.powi(2) + (12.0_f64 / 37.0).powi(2)).sqrt();
    assert!((delta.sd - sd).abs() < 1e-9, "{delta:?}");
    assert!((delta.qa - 1.0).abs() < 1e-12);
}

#[test]
fn spin_scatter_is_pooled_within_types_and_blind_to_the_mix() {
    // ±3 % about each type's own mean; the types lie 200 rpm apart.
    let pitches = (0..20).map(|i| {
        let p = pitch(i, if i % 4 < 2 { "FF" } else { "SL" });
        let spin = p.release_spin_rate.expect("the helper sets it").value;
        OutingPitch { release_spin_rate: moved(p.release_spin_rate, spin * if i % 2 == 0 { 0.03 } else { -0.03 }), ..p }
    });
    let features = v1(&outing(pitches));
    let cv = features.spin_consistency_20.expect("20 pitches");
    let expected = 0.03 * (20.0_f64 / 18.0).sqrt();
    assert!((cv.value - expected).abs() < 1e-9, "{cv:?}");
    let ratio = features.spin_ratio.expect("both types have a baseline");
    assert!((ratio.value - expected / 0.02).abs() < 1e-9, "{ratio:?}");
    assert!((ratio.sd - ratio.value / 36.0_f64.sqrt()).abs() < 1e-9, "{ratio:?}");
}

#[test]
fn release_height_variance_is_within_type_over_the_usual_within_variance() {
    // Sliders come out 3 in lower throughout: no variance of his.
    let pitches = (0..24).map(|i| {
        let p = pitch(i, if i % 4 < 2 { "FF" } else { "SL" });
        let by = if i % 2 == 0 { 0.1 } else { -0.1 } - if i % 4 < 2 { 0.0 } else { 0.25 };
        OutingPitch { release_pos_z: moved(p.release_pos_z, by), ..p }
    });
    let features = v1(&outing(pitches));
    let ratio = features.release_height_var_25.expect("24 pitches");
    let raw = features.release_height_var_25_ft2.expect("24 pitches");
    assert!((ratio.value - 24.0 / 22.0).abs() < 1e-9, "{ratio:?}");
    assert!((raw.value - 0.01 * 24.0 / 22.0).abs() < 1e-9, "{raw:?}");
}

#[test]
fn break_is_the_difference_from_baseline_in_inches() {
    let pitches = (0..10).map(|i| OutingPitch { pfx_z: moved(pitch(i, "FF").pfx_z, -0.25), ..pitch(i, "FF") });
    let features = v1(&outing(pitches));
    assert!((features.break_adj_z.expect("10 pitches").value - -3.0).abs() < 1e-9);
    assert!(features.break_adj_x.expect("10 pitches").value.abs() < 1e-9);
}

/// Air of this density over the standard's, this warm, calm.
fn air(relative: f64, temperature_f: f64) -> Air {
    Air {
        temperature_f: Some(Estimate { value: temperature_f, sd: 0.9 }),
        density_kg_m3: Some(Estimate { value: relative * STANDARD_KG_M3, sd: 0.003 }),
        wind_mph: Some(Estimate { value: 1.0, sd: 1.0 }),
        wind_direction_deg: None,
    }
}

#[test]
fn a_usual_outing_in_the_cold_is_as_usual_and_known_more_surely_than_without_sensors() {
    let in_the_cold = |i| {
        let p = pitch(i, "FF");
        OutingPitch {
            release_speed: moved(p.release_speed, -1.0),
            pfx_z: p.pfx_z.map(|r| Reading { value: r.value * 1.063, ..r }),
            ..p
        }
    };
    let measured = v1(&outing((0..20).map(in_the_cold)));
    let told = v1(&outing((0..20).map(|i| in_the_cold(i).in_standard_air(&air(1.063, 33.0)))));
    let velocity = told.velocity_delta_5.expect("20 fastballs");
    assert!(velocity.value.abs() < 1e-9, "{velocity:?}");
    assert!(velocity.sd < measured.velocity_delta_5.expect("20 fastballs").sd);
    let (adjusted, raw) = (told.break_adj_z.expect("20 pitches"), measured.break_adj_z.expect("20 pitches"));
    assert!(adjusted.value.abs() < 1e-9 && raw.value > 0.5, "{adjusted:?} {raw:?}");
    assert!(adjusted.sd < raw.sd, "{adjusted:?} {raw:?}");
}

#[test]
fn a_pitch_is_adjusted_once_and_a_single_one_without_sensors_keeps_the_window_in_doubt() {
    let cold = air(1.063, 33.0);
    let once = pitch(0, "FF").in_standard_air(&cold);
    assert_eq!(once.in_standard_air(&cold), once);
    assert_eq!(pitch(0, "FF").in_standard_air(&Air::default()), pitch(0, "FF"));
    let mixed = outing((0..20).map(|i| if i == 15 { pitch(i, "FF") } else { pitch(i, "FF").in_standard_air(&cold) }));
    let untold = v1(&outing((0..20).map(|i| pitch(i, "FF"))));
    let sd = |set: FeatureSet| set.velocity_delta_5.expect("20 fastballs").sd;
    assert!((sd(v1(&mixed)) - sd(untold)).abs() < 0.05);
}

#[test]
fn a_lower_release_and_a_shorter_stride_are_drops_in_pitch_to_pitch_deviations() {
    let pitches = (0..5).map(|i| OutingPitch {
        release_pos_z: moved(pitch(i, "FF").release_pos_z, -0.2),
        release_extension: moved(pitch(i, "FF").release_extension, 0.3),
        ..pitch(i, "FF")
    });
    let mechanics = v1(&outing(pitches)).mechanics;
    let height = mechanics.release_pos_z.expect("5 pitches");
    assert!((height.z - 2.0).abs() < 1e-9 && (height.inches - 2.4).abs() < 1e-9, "{height:?}");
    assert!((mechanics.release_extension.expect("5 pitches").z - -2.0).abs() < 1e-9);
}

fn v2(outing: &Outing) -> FeatureSetV2 {
    features_v2(outing, Some(&baseline()), &Context::default(), &Config::default())
}

#[test]
fn extension_is_the_mean_of_the_last_5_against_their_own_types_in_feet() {
    for n in 0..4 {
        assert_eq!(v2(&outing((0..n).map(|i| pitch(i, "FF")))).release_extension_delta, None);
    }
    let short = |i| OutingPitch {
        release_extension: moved(pitch(i, "SL").release_extension, if i < 3 { 1.0 } else { -0.3 }),
        ..pitch(i, "SL")
    };
    let delta = v2(&outing((0..8).map(short))).release_extension_delta.expect("5 pitches of a known type");
    assert!((delta.value + 0.3).abs() < 1e-9 && delta.n == 5, "{delta:?}");
    assert!((delta.sd - (0.15_f64.powi(2) / 5.0 + 0.05_f64.powi(2)).sqrt()).abs() < 1e-9);
    let blind = |i| OutingPitch { release_extension: None, ..pitch(i, "SL") };
    assert_eq!(v2(&outing((0..8).map(blind))).release_extension_delta, None);
}

#[test]
fn tempo_is_compared_with_himself_earlier_and_breaks_are_no_intervals() {
    // 20 s apart, after the 17th pitch 26 s; a long walk in between.
    let at = |i: u64| {
        let walk = if i >= 9 { 300 } else { 0 };
        let slow = i.saturating_sub(17) * 6;
        let release = EventNs((1_000 + 20 * i + slow + walk) * NS_PER_S);
        OutingPitch { id: PitchId::new(release, MoundId(0)), release, ..pitch(i, "FF") }
    };
    // 16 intervals but for the walk.
    assert_eq!(v2(&outing((0..16).map(at))).pitch_tempo_delta, None, "9 before the last 5");
    let even = v2(&outing((0..17).map(at))).pitch_tempo_delta.expect("10 before the last 5");
    assert!(even.value.abs() < 1e-9 && even.sd.abs() < 1e-9, "{even:?}");
    let slower = v2(&outing((0..23).map(at))).pitch_tempo_delta.expect("present");
    assert!((slower.value - 6.0).abs() < 1e-9 && slower.n == 5, "{slower:?}");
}

#[test]
fn what_surrounds_the_arm_is_absent_without_a_pitch_and_never_the_smallest_qa() {
    let context = Context { pitches_today: 7, carried: 3.5, acwr: Some(1.2), days_rest: Some(4) };
    let of = |outing: &Outing| features_v2(outing, Some(&baseline()), &context, &Config::default());
    let names = |features: &FeatureSetV2| features.named().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&of(&Outing::default())), ["acwr", "days_rest"]);
    let late = OutingPitch { late_data_frac: 0.5, calibration_confidence: Some(0.61), ..pitch(0, "FF") };
    let one = of(&outing([late]));
    assert_eq!(names(&one), ["late_data_frac", "calibration_confidence", "dose", "acwr", "days_rest"]);
    let values: Vec<f64> = one.named().map(|(_, feature)| feature.value).collect();
    assert_eq!((values, one.qa_min()), (vec![0.5, 0.61, 10.5, 1.2, 4.0], None));
    let many = of(&outing((0..30).map(|i| OutingPitch { late_data_frac: 0.4, ..pitch(i, "FF") })));
    assert!((many.qa_min().expect("windows are open") - 0.6).abs() < 1e-9);
    assert_eq!(many.named().count(), 6 + 2 + 4, "all of v1, two windows, and no confidence");
}

/// Pitches of two types about a true day that differs from the baseline as the baseline and the weather say it may.
fn random_day(rng: &mut StdRng, n: u64) -> (Outing, f64) {
    let mut normal = |sd: f64| -> f64 { sd * rng.sample::<f64, _>(StandardNormal) };
    let truth = normal(1.0);
    let weather = normal(12.0 / 37.0);
    let baselines_off = [normal(0.2), normal(0.2)];
    let pitches = (0..n).map(|i| {
        // Sinkers take the slider's place in the baseline of this test.
        let of_type = usize::from(i.is_multiple_of(3));
        let p = pitch(i, "FF");
        OutingPitch {
            pitch_type: Some(kind(["FF", "SI"][of_type])),
            release_speed: moved(p.release_speed, truth + weather + baselines_off[of_type] + normal(0.8)),
            release_spin_rate: moved(p.release_spin_rate, normal(46.0)),
            release_pos_z: moved(p.release_pos_z, normal(0.1)),
            ..p
        }
    });
    (outing(pitches), truth)
}

#[test]
fn stated_standard_deviations_are_honest() {
    const DAYS: u32 = 4000;
    let mut rng = StdRng::seed_from_u64(4);
    let usual = PitcherBaseline { types: vec![usual("FF", 95.0, 2300.0), usual("SI", 95.0, 2300.0)], ..baseline() };
    let (mut held, mut ratios, mut cvs) = (0, Vec::new(), Vec::new());
    for _ in 0..DAYS {
        let (outing, truth) = random_day(&mut rng, 25);
        let features = features_v1(&outing, Some(&usual), &Config::default());
        let delta = features.velocity_delta_5.expect("25 fastballs");
        held += u32::from((delta.value - truth).abs() < 1.645 * delta.sd);
        ratios.extend(features.release_height_var_25);
        cvs.extend(features.spin_consistency_20);
    }
    let share = f64::from(held) / f64::from(DAYS);
    assert!((0.88..0.92).contains(&share), "90 % intervals of velocity hold {share}");
    for (name, features) in [("height", ratios), ("spin", cvs)] {
        let n = features.len() as f64;
        let mean = features.iter().map(|f| f.value).sum::<f64>() / n;
        let sd = (features.iter().map(|f| (f.value - mean).powi(2)).sum::<f64>() / n).sqrt();
        let stated = features.iter().map(|f| f.sd).sum::<f64>() / n;
        assert!((stated / sd - 1.0).abs() < 0.05, "{name}: stated {stated}, is {sd}");
    }
}

#[test]
fn without_a_baseline_only_what_needs_none_is_present_and_nothing_can_be_judged() {
    let features = features_v1(&outing((0..30).map(|i| pitch(i, "FF"))), None, &Config::default());
    let names: Vec<_> = features.named().map(|(name, _)| name).collect();
    assert_eq!(names, ["spin_consistency_20", "release_height_var_25_ft2"]);
    assert!(!features.can_judge());
}

#[test]
fn flagged_pitches_feed_nothing_and_lower_qa() {
    let wild = |i| OutingPitch { flagged: true, release_speed: Reading::new(40.0, 1.0), ..pitch(i, "FF") };
    let features = v1(&outing((0..10).map(|i| if i < 8 { pitch(i, "FF") } else { wild(i) })));
    let delta = features.velocity_delta_5.expect("8 good fastballs");
    assert!(delta.value.abs() < 1e-9);
    assert!((delta.qa - 5.0 / 7.0).abs() < 1e-9, "{delta:?}");
    assert_eq!(features.spin_consistency_20, None);
}

#[test]
fn a_feature_whose_device_fell_silent_loses_qa_and_then_disappears() {
    let silent = |i| OutingPitch { release_spin_rate: None, ..pitch(i, "FF") };
    let after = |gap: u64| v1(&outing((0..20).map(|i| pitch(i, "FF")).chain((20..20 + gap).map(silent))));
    assert!((after(4).spin_consistency_20.expect("recent").qa - 20.0 / 24.0).abs() < 1e-9);
    assert!(after(15).spin_consistency_20.expect("within twice the window").qa < 0.7);
    assert_eq!(after(31).spin_consistency_20, None);
    assert!(after(31).velocity_delta_5.is_some());
}

#[test]
fn late_data_lowers_the_qa_of_every_feature() {
    let late = (0..30).map(|i| OutingPitch { late_data_frac: if i >= 5 { 0.2 } else { 1.0 }, ..pitch(i, "FF") });
    let outing = outing(late);
    assert!((outing.late_data_frac() - 0.2).abs() < 1e-12, "the last 25 count");
    assert!((v1(&outing).qa_min().expect("open windows") - 0.8).abs() < 1e-12);
}

#[test]
fn a_revision_replaces_and_an_older_revision_does_not() {
    let mut outing = outing((0..6).map(|i| pitch(i, "FF")));
    let revised = OutingPitch { revision: 1, release_speed: Reading::new(90.0, 0.1), ..pitch(5, "FF") };
    assert_eq!(outing.upsert(revised), Placed::Newest);
    assert_eq!(outing.upsert(pitch(5, "FF")), Placed::Stale);
    assert_eq!(outing.upsert(revised), Placed::Stale, "nothing new in it");
    assert_eq!(outing.upsert(OutingPitch { revision: 1, ..pitch(2, "FF") }), Placed::Earlier);
    assert_eq!(outing.thrown(), 6);
    assert_eq!(outing.newest(), Some(&revised));
}

#[test]
fn a_pitch_that_was_final_does_not_become_provisional_again() {
    let mut outing = outing([pitch(0, "FF")]);
    assert_eq!(outing.upsert(OutingPitch { state: PitchState::Provisional, ..pitch(0, "FF") }), Placed::Stale);
    assert_eq!(outing.upsert(OutingPitch { late_data_frac: 0.1, ..pitch(0, "FF") }), Placed::Newest);
}

#[test]
fn an_outing_is_bounded_and_still_counts_all() {
    let n = 3 * Outing::PITCHES_MAX as u64;
    let mut outing = outing((0..n).map(|i| pitch(i, "FF")));
    assert_eq!(outing.pitches().len(), Outing::PITCHES_MAX);
    assert_eq!(outing.thrown(), n as u32);
    assert_eq!(outing.upsert(pitch(0, "FF")), Placed::Stale);
}

proptest! {
    #[test]
    fn features_do_not_depend_on_the_order_in_which_pitches_arrive(
        order in Just((0..40_u64).collect::<Vec<_>>()).prop_shuffle(),
        speeds in prop::collection::vec(-5.0..5.0, 40),
        cut in 1..40_usize,
    ) {
        let thrown = |i: u64| {
            let p = pitch(i, if i.is_multiple_of(3) { "SL" } else { "FF" });
            OutingPitch {
                release_speed: moved(p.release_speed, speeds[i as usize]),
                release_pos_z: moved(p.release_pos_z, speeds[39 - i as usize] / 20.0),
                release_spin_rate: moved(p.release_spin_rate, speeds[i as usize] * 20.0),
                ..p
            }
        };
        let known = &order[..cut];
        let mut sorted = known.to_vec();
        sorted.sort_unstable();
        let arrived = outing(known.iter().map(|i| thrown(*i)));
        prop_assert_eq!(arrived.newest().map(|p| p.id), sorted.last().map(|i| thrown(*i).id));
        prop_assert_eq!(v2(&arrived), v2(&outing(sorted.into_iter().map(thrown))));
    }

    #[test]
    fn qa_stays_within_0_and_1_and_sd_is_never_negative(
        pitches in prop::collection::vec((any::<bool>(), any::<bool>(), 0.0..1.0, -20.0..20.0_f64), 0..60),
    ) {
        let outing = outing(pitches.into_iter().enumerate().map(|(i, (flagged, typed, late, by))| {
            let p = pitch(i as u64, "FF");
            OutingPitch {
                flagged,
                pitch_type: p.pitch_type.filter(|_| typed),
                late_data_frac: late,
                release: EventNs(p.release.0 + (by.abs() * 1e9) as u64),
                release_speed: moved(p.release_speed, by),
                release_pos_z: moved(p.release_pos_z, by),
                ..p
            }
            .in_standard_air(&air(by / 20.0, 10.0 * by))
        }));
        for (name, feature) in v2(&outing).named() {
            prop_assert!((0.0..=1.0).contains(&feature.qa), "{name}: {feature:?}");
            prop_assert!(feature.sd >= 0.0 && feature.value.is_finite(), "{name}: {feature:?}");
        }
    }
}
