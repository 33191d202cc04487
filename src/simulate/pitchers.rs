//! Fictional pitchers: what they throw, how they scatter, and how they tire.
//!
//! Each throw is drawn around the pitcher's usual values from a random stream of its own. Fatigue moves the usual
//! values over an outing: velocity down, spin scattered wider, release and extension lower, linearly from the pitch at
//! which it sets in. Their season's baselines are exact where a value is drawn directly, and come from a few dozen
//! rested throws for the movement, which only flying them tells.

use nalgebra::Vector3;
use rand::Rng;
use rand_distr::StandardNormal;

use super::flight::{Air, FT_S_PER_MPH, Flight, Launch};
use super::settings::{Purpose, stream};
use crate::features::baseline::{Expected, PitcherBaseline, TypeBaseline};
use crate::ids::{PitchType, PitcherId};
use crate::tracking::pitch::MeasuredSpin;

/// Sd of a release point's coordinates from pitch to pitch, ft.
const RELEASE_SD_FT: f64 = 0.08;
/// Sd of the extension from pitch to pitch, ft.
const EXTENSION_SD_FT: f64 = 0.10;
/// Sd of the release speed from pitch to pitch, mph.
const SPEED_SD_MPH: f64 = 0.7;
/// Sd of the spin rate from pitch to pitch, as a share of it.
const SPIN_CV: f64 = 0.018;
/// Sd of the direction of the spin axis, degrees.
const AXIS_SD_DEG: f64 = 4.0;
/// Mean drag coefficient (science.md §1), its sd between pitchers' pitch types and from pitch to pitch.
const DRAG: (f64, f64, f64) = (0.33, 0.010, 0.005);
/// Where pitches are aimed at the plate, ft: mean height, sd across, sd in height.
const AIM: (f64, f64, f64) = (2.4, 0.65, 0.70);
/// Sd of a whole outing's velocity around the season's, mph.
const FORM_SD_MPH: f64 = 0.3;
/// Outings behind a fictional season's baseline.
const SEASON_OUTINGS: u32 = 30;
/// Pitches of one type in such a season, for the sd of its mean.
const SEASON_PITCHES: f64 = 400.0;
/// Rested throws flown per pitch type to learn the movement.
const BASELINE_THROWS: u64 = 40;

/// One pitch of an arsenal, as a right-hander throws it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Weapon {
    code: &'static str,
    /// Share of his pitches.
    share: f64,
    mph: f64,
    rpm: f64,
    /// Spin axis, degrees: 180 is pure backspin.
    axis_deg: f64,
    /// Angle of the axis out of the plane across the flight, degrees: the part of the spin that moves nothing.
    gyro_deg: f64,
}

impl Weapon {
    fn pitch_type(&self) -> PitchType {
        PitchType::parse(self.code).expect("the arsenals below use Statcast's codes")
    }
}

/// How an outing wears a pitcher down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fatigue {
    /// Pitches thrown before it sets in.
    onset: f64,
    /// Pitches from there until the full loss below.
    span: f64,
    /// Velocity lost, mph.
    speed_mph: f64,
    /// Factor of the spin's scatter.
    spin_scatter: f64,
    /// How far the release drops, ft; the extension shortens by half of it.
    drop_ft: f64,
}

/// A starter's: it shows after 70 pitches.
const STARTER: Fatigue = Fatigue { onset: 70.0, span: 40.0, speed_mph: 1.5, spin_scatter: 1.4, drop_ft: 0.12 };
/// A reliever's: an inning leaves little trace.
const RELIEVER: Fatigue = Fatigue { onset: 20.0, span: 20.0, speed_mph: 1.0, spin_scatter: 1.2, drop_ft: 0.08 };
/// The closer's of the smoke test: 5 mph by his 25th pitch. The velocity goes first, before his load tells.
const OVERUSED: Fatigue = Fatigue { onset: 3.0, span: 22.0, speed_mph: 5.0, spin_scatter: 1.8, drop_ft: 0.16 };

/// A fictional pitcher.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pitcher {
    pub(crate) id: PitcherId,
    pub(crate) name: &'static str,
    pub(crate) left_handed: bool,
    /// Height of the release, ft.
    release_z: f64,
    /// Distance of the release to the side of his throwing arm, ft.
    release_side: f64,
    extension: f64,
    /// Added to every weapon's velocity, mph.
    mph: f64,
    arsenal: &'static [Weapon],
    fatigue: Fatigue,
    /// Whether his velocity varies from outing to outing.
    varies: bool,
}

const fn weapon(code: &'static str, share: f64, mph: f64, rpm: f64, axis_deg: f64, gyro_deg: f64) -> Weapon {
    Weapon { code, share, mph, rpm, axis_deg, gyro_deg }
}

const FOUR_SEAMER: &[Weapon] = &[
    weapon("FF", 0.52, 94.5, 2300.0, 207.0, 15.0),
    weapon("SL", 0.25, 85.5, 2400.0, 110.0, 62.0),
    weapon("CH", 0.13, 85.8, 1750.0, 245.0, 22.0),
    weapon("CU", 0.10, 79.0, 2550.0, 38.0, 28.0),
];
const SINKERBALLER: &[Weapon] = &[
    weapon("SI", 0.50, 93.0, 2150.0, 241.0, 24.0),
    weapon("ST", 0.25, 82.0, 2600.0, 92.0, 38.0),
    weapon("FC", 0.15, 89.0, 2350.0, 178.0, 60.0),
    weapon("CH", 0.10, 85.0, 1700.0, 254.0, 22.0),
];
const TWO_PITCHES: &[Weapon] =
    &[weapon("FF", 0.70, 97.0, 2420.0, 205.0, 14.0), weapon("SL", 0.30, 88.0, 2500.0, 120.0, 64.0)];

/// One pitcher: id, name, left-handed, height, side, extension, velocity against the arsenal's, arsenal, fatigue.
macro_rules! pitcher {
    ($id:literal, $name:literal, $left:literal, $z:literal, $side:literal, $ext:literal, $mph:literal, $arsenal:ident, $fatigue:ident) => {
        Pitcher {
            id: PitcherId($id),
            name: $name,
            left_handed: $left,
            release_z: $z,
            release_side: $side,
            extension: $ext,
            mph: $mph,
            arsenal: $arsenal,
            fatigue: $fatigue,
            varies: true,
        }
    };
}

/// Pitchers of one team: the starter first, then relievers in the order they come in.
pub(crate) type Staff = [Pitcher; 5];

/// The home team, which warms up in `bullpen_home`.
pub(crate) fn home_staff() -> Staff {
    [
        pitcher!(900_001, "Walt Kessler", false, 5.9, 1.7, 6.4, 0.0, FOUR_SEAMER, STARTER),
        pitcher!(900_002, "Ramón Ibarra", true, 5.7, 2.0, 6.2, -0.5, SINKERBALLER, RELIEVER),
        pitcher!(900_003, "Tobias Lindqvist", false, 6.2, 1.2, 6.8, 1.2, FOUR_SEAMER, RELIEVER),
        pitcher!(900_004, "Desmond Pruitt", false, 5.4, 2.3, 6.1, 0.8, SINKERBALLER, RELIEVER),
        pitcher!(900_005, "Kenji Morikawa", true, 6.0, 1.5, 6.5, -1.0, TWO_PITCHES, RELIEVER),
    ]
}

/// The visitors, who warm up in `bullpen_visitor`.
pub(crate) fn visiting_staff() -> Staff {
    [
        pitcher!(900_011, "Curtis Halloran", true, 6.1, 1.6, 6.6, -0.8, FOUR_SEAMER, STARTER),
        pitcher!(900_012, "Emilio Santangelo", false, 5.6, 2.1, 6.0, 0.4, SINKERBALLER, RELIEVER),
        pitcher!(900_013, "Jesse Wardlow", false, 6.3, 1.0, 7.0, 0.9, TWO_PITCHES, RELIEVER),
        pitcher!(900_014, "Paul Okonkwo", true, 5.8, 1.9, 6.3, 0.0, SINKERBALLER, RELIEVER),
        pitcher!(900_015, "Anders Vail", false, 5.9, 1.8, 6.4, 0.5, TWO_PITCHES, RELIEVER),
    ]
}

/// The closer who tires. His evening starts exactly at his season's form, so that the smoke test shows fatigue alone.
pub(crate) fn closer() -> Pitcher {
    let usual = pitcher!(900_021, "Marcus Bellweather", false, 6.0, 1.6, 6.5, 0.0, TWO_PITCHES, OVERUSED);
    Pitcher { varies: false, ..usual }
}

/// Every fictional pitcher.
pub(crate) fn everybody() -> Vec<Pitcher> {
    home_staff().into_iter().chain(visiting_staff()).chain([closer()]).collect()
}

/// Whether somebody of this id and name was invented here; a real person may have the id one day.
pub fn is_invented(id: u32, name: &str) -> bool {
    everybody().iter().any(|one| {
        one.id.0 == id && name.strip_prefix(one.name).is_some_and(|rest| matches!(rest, "" | SIMULATED_MARK))
    })
}

/// What the name of an invented person ends with in a store that real ones may be in.
pub const SIMULATED_MARK: &str = " (simulated)";

/// One throw, ready to fly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Throw {
    pub(crate) launch: Launch,
    pub(crate) pitch_type: PitchType,
    pub(crate) spin: MeasuredSpin,
}

impl Pitcher {
    /// The same pitcher, as he is while nothing tires him.
    pub(crate) fn rested(self) -> Self {
        Self { fatigue: Fatigue { speed_mph: 0.0, spin_scatter: 1.0, drop_ft: 0.0, ..self.fatigue }, ..self }
    }

    /// Whether he starts games; others come in later.
    pub(crate) fn starts(&self) -> bool {
        self.fatigue.onset >= STARTER.onset
    }

    /// His throw after `thrown` pitches of the outing; `rng` must be the stream of this throw alone.
    pub(crate) fn throw(&self, thrown: u32, form_mph: f64, air: &Air, rng: &mut impl Rng) -> Throw {
        let mut left: f64 = rng.random();
        let weapon = self.arsenal.iter().find(|w| {
            left -= w.share;
            left < 0.0
        });
        self.throw_of(weapon.unwrap_or(&self.arsenal[0]), thrown, form_mph, air, rng)
    }

    fn throw_of(&self, weapon: &Weapon, thrown: u32, form_mph: f64, air: &Air, rng: &mut impl Rng) -> Throw {
        let mut normal = || rng.sample::<f64, _>(StandardNormal);
        let f = self.fatigue;
        let tired = ((f64::from(thrown) - f.onset) / f.span).clamp(0.0, 1.25);
        let side = if self.left_handed { -1.0 } else { 1.0 };

        let mph = weapon.mph + self.mph + form_mph - f.speed_mph * tired + SPEED_SD_MPH * normal();
        let scatter = SPIN_CV * (1.0 + (f.spin_scatter - 1.0) * tired);
        let rpm = weapon.rpm * (1.0 + scatter * normal());
        let axis = (weapon.axis_deg + AXIS_SD_DEG * normal()).to_radians();
        let gyro = (weapon.gyro_deg + AXIS_SD_DEG * normal()).to_radians();
        let position = Vector3::new(
            side * (-self.release_side + RELEASE_SD_FT * normal()),
            60.5 - (self.extension - 0.5 * f.drop_ft * tired + EXTENSION_SD_FT * normal()),
            self.release_z - f.drop_ft * tired + RELEASE_SD_FT * normal(),
        );
        let drag_coefficient = self.drag_of(weapon) + DRAG.2 * normal();
        let (aim_x, aim_z) = (AIM.1 * normal(), AIM.0 + AIM.2 * normal());

        // Mirroring a right-hander's pitch keeps the spin across the flight (x) and turns what is upright (z) and
        // along the flight (y): spin is an axial vector.
        let unit = Vector3::new(gyro.cos() * axis.cos(), side * gyro.sin(), side * gyro.cos() * axis.sin());
        let launch = Launch {
            position,
            velocity: Vector3::new(0.0, -mph * FT_S_PER_MPH, 0.0),
            spin: unit * (rpm / 60.0 * std::f64::consts::TAU),
            drag_coefficient,
        };
        Throw {
            launch: launch.aimed_at(aim_x, aim_z, air),
            pitch_type: weapon.pitch_type(),
            spin: MeasuredSpin { release_spin_rate: rpm, spin_axis: spin_axis_deg(&unit), confidence: 1.0 },
        }
    }

    /// His velocity this outing, against the season's, mph.
    pub(crate) fn form_mph(&self, rng: &mut impl Rng) -> f64 {
        let form = FORM_SD_MPH * rng.sample::<f64, _>(StandardNormal);
        if self.varies { form } else { 0.0 }
    }

    /// The mean drag coefficient of one of his pitches: his own, the same in every outing and for every seed.
    fn drag_of(&self, weapon: &Weapon) -> f64 {
        let code = u64::from(u32::from_be_bytes(weapon.pitch_type().0));
        DRAG.0 + DRAG.1 * stream(0, Purpose::Arsenal, u64::from(self.id.0), code).sample::<f64, _>(StandardNormal)
    }

    /// What a season would have taught about him, rested, in this air.
    pub(crate) fn baseline(&self, seed: u64, air: &Air) -> PitcherBaseline {
        let types = self.arsenal.iter().map(|weapon| self.type_baseline(weapon, seed, air)).collect();
        PitcherBaseline { pitcher: self.id, types }
    }

    fn type_baseline(&self, weapon: &Weapon, seed: u64, air: &Air) -> TypeBaseline {
        let movement: Vec<(f64, f64)> = (0..BASELINE_THROWS)
            .map(|i| {
                let mut rng = stream(seed, Purpose::Baseline, u64::from(self.id.0), i);
                let throw = self.throw_of(weapon, 0, 0.0, air, &mut rng);
                let q = Flight::integrated(throw.launch, *air).quantities(air);
                (q.pfx_x, q.pfx_z)
            })
            .collect();
        let n = movement.len() as f64;
        let flown = |of: fn(&(f64, f64)) -> f64| {
            let mean = movement.iter().map(of).sum::<f64>() / n;
            let var_within = movement.iter().map(|m| (of(m) - mean).powi(2)).sum::<f64>() / (n - 1.0);
            Some(Expected { mean, sd_mean: (var_within / n).sqrt(), var_within, outings: SEASON_OUTINGS })
        };
        let drawn = |mean: f64, sd: f64, form_sd: f64| {
            let sd_mean = (sd * sd / SEASON_PITCHES + form_sd * form_sd / f64::from(SEASON_OUTINGS)).sqrt();
            Some(Expected { mean, sd_mean, var_within: sd * sd, outings: SEASON_OUTINGS })
        };
        TypeBaseline {
            pitch_type: weapon.pitch_type(),
            release_speed: drawn(weapon.mph + self.mph, SPEED_SD_MPH, FORM_SD_MPH),
            release_spin_rate: drawn(weapon.rpm, SPIN_CV * weapon.rpm, 0.0),
            release_pos_z: drawn(self.release_z, RELEASE_SD_FT, 0.0),
            release_extension: drawn(self.extension, EXTENSION_SD_FT, 0.0),
            pfx_x: flown(|m| m.0),
            pfx_z: flown(|m| m.1),
        }
    }
}

/// Statcast's spin axis of a spin vector in the mound's frame, degrees in 0–360 (science.md §1).
pub(crate) fn spin_axis_deg(spin: &Vector3<f64>) -> f64 {
    spin.z.atan2(spin.x).to_degrees().rem_euclid(360.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn air() -> Air {
        Air::new(1.1739, Vector3::zeros())
    }

    #[test]
    fn every_pitcher_throws_plausible_pitches() {
        for pitcher in everybody() {
            for i in 0..60 {
                let mut rng = stream(7, Purpose::Throw, u64::from(pitcher.id.0), i);
                let throw = pitcher.throw(10, 0.0, &air(), &mut rng);
                let flight = Flight::integrated(throw.launch, air());
                let q = flight.quantities(&air());
                assert!((74.0..102.0).contains(&q.release_speed), "{} {q:?}", pitcher.name);
                assert!(q.plate_x.abs() < 3.0 && (-0.8..5.6).contains(&q.plate_z), "{} {q:?}", pitcher.name);
                assert!(q.pfx_x.abs() < 2.2 && (-2.0..2.2).contains(&q.pfx_z), "{} {q:?}", pitcher.name);
                assert!((-13.0..-1.0).contains(&q.vertical_approach_angle), "{} {q:?}", pitcher.name);
                assert!((throw.spin.release_spin_rate - 2200.0).abs() < 700.0);
                let fastball_lost = 1.0 - flight.at(flight.plate_s()).1.norm() / flight.at(0.0).1.norm();
                assert!((0.06..0.11).contains(&fastball_lost), "{fastball_lost}");
            }
        }
    }

    #[test]
    fn fastballs_run_to_the_arm_side_and_ride() {
        for pitcher in everybody() {
            let baseline = pitcher.baseline(1, &air());
            let fastball = baseline.types.iter().find(|t| matches!(t.pitch_type.as_str(), "FF" | "SI"));
            let fastball = fastball.expect("everyone has one");
            let run = fastball.pfx_x.expect("flown").mean;
            assert_eq!(run > 0.0, pitcher.left_handed, "{}: {run}", pitcher.name);
            assert!((0.5..1.9).contains(&fastball.pfx_z.expect("flown").mean), "{}", pitcher.name);
        }
    }

    #[test]
    fn the_overused_closer_loses_five_mph_by_his_twenty_fifth_pitch() {
        let closer = closer();
        let mean_speed = |thrown: u32| {
            let fastball = &closer.arsenal[0];
            let speeds = (0..200).map(|i| {
                let mut rng = stream(1, Purpose::Throw, 1, i);
                closer.throw_of(fastball, thrown, 0.0, &air(), &mut rng).launch.velocity.norm() / FT_S_PER_MPH
            });
            speeds.sum::<f64>() / 200.0
        };
        assert!((mean_speed(0) - mean_speed(25) - 5.0).abs() < 1e-6);
        assert!((mean_speed(0) - 97.0).abs() < 0.15);
    }

    #[test]
    fn no_two_pitchers_share_an_id_or_name() {
        let mut ids: Vec<_> = everybody().iter().map(|p| (p.id, p.name)).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 11);
    }
}
