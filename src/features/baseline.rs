//! What is usual for a pitcher: baselines per season and pitch type (science.md §4).
//!
//! The unit is the outing: today's arm is compared with other days' arms, so a pitcher of 30 outings has 30 values,
//! however many pitches each had. Sums are kept so that they merge exactly, pitch → outing → season → league:
//!
//! - an outing holds count, mean and Σ(x − mean)² per pitch type and quantity;
//! - a season holds the moments of its outing means and the pooled sums of squares within outings;
//! - the league holds the moments of its pitchers' means and the pooled sums between and within outings.
//!
//! Let x̄ be the mean of the n outing means of a season, B their variance and θ the pitcher's true mean. science.md §4 shrinks:
//! θ̂ = (n·x̄ + κ·p)/(n + κ), with p the last season's θ̂, else the league's mean. With x̄ − θ of variance B/n and
//! p − θ of variance P, independent, the error of θ̂ has the variance
//!
//!   (n·B + κ²·P) / (n + κ)²,  whose root is `sd_mean`.
//!
//! P of the league is the variance between its m pitchers, widened by (m − 1)/(m − 3)·(1 + 1/m) since both mean and
//! variance are estimated (the variance of the predictive t). P of the last season is its own error plus B/κ, the
//! change from year to year at which κ is the optimal weight. The variances B and W (within outings) are pooled
//! with the prior's at κ degrees of freedom; where the prior knows no B, κ·P stands in by the same argument.
//! The outing in progress is never part of its own baseline: sums are taken over outings before its date.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{PitchType, PitcherId};
use crate::records::{AppearanceRecord, BaselineRecord, Measured, Moments, SeasonSums};

/// Weight of the prior in outings (science.md §4).
pub const KAPPA: f64 = 3.0;

/// Fewest pitchers, or outings without a prior, from which a variance is taken: the predictive t has one from 4 on.
pub const UNITS_MIN: u32 = 4;

/// Fewest pitches of a type with which a pitcher's season counts in the league's: below, it is a slip of the
/// classification or a position player. \[P\]
pub const LEAGUE_PITCHES_MIN: u32 = 5;

/// What has a baseline. The order is that of stored sums: add at the end only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// mph.
    ReleaseSpeed,
    /// rpm.
    ReleaseSpinRate,
    /// ft.
    ReleasePosZ,
    /// ft.
    ReleaseExtension,
    /// ft.
    PfxX,
    /// ft.
    PfxZ,
}

impl Quantity {
    /// All, in their order.
    pub const ALL: [Self; 6] =
        [Self::ReleaseSpeed, Self::ReleaseSpinRate, Self::ReleasePosZ, Self::ReleaseExtension, Self::PfxX, Self::PfxZ];

    /// Its value of a pitch. A release height that was measured at y = 50 ft (the PITCHf/x era's convention) is none.
    pub fn of(self, values: &Measured) -> Option<f64> {
        match self {
            Self::ReleaseSpeed => values.release_speed,
            Self::ReleaseSpinRate => values.release_spin_rate,
            Self::ReleasePosZ if values.release_pos_y == Some(50.0) => None,
            Self::ReleasePosZ => values.release_pos_z,
            Self::ReleaseExtension => values.release_extension,
            Self::PfxX => values.pfx_x,
            Self::PfxZ => values.pfx_z,
        }
    }
}

impl Moments {
    /// Adds one value.
    pub fn push(&mut self, value: f64) {
        self.n += 1;
        let off = value - self.mean;
        self.mean += off / f64::from(self.n);
        self.m2 += off * (value - self.mean);
    }

    /// Unbiased variance; absent below two values.
    pub fn variance(&self) -> Option<f64> {
        (self.n >= 2).then(|| self.m2 / f64::from(self.n - 1))
    }
}

impl SeasonSums {
    fn add_outing(&mut self, outing: &Moments) {
        if outing.n == 0 {
            return;
        }
        self.pitches += outing.n;
        self.outings += 1;
        self.means.push(outing.mean);
        self.between_m2 = self.means.m2;
        self.between_dof = self.outings - 1;
        self.within_m2 += outing.m2;
        self.within_dof += outing.n - 1;
    }

    fn add_pitcher(&mut self, season: &SeasonSums) {
        if season.pitches < LEAGUE_PITCHES_MIN {
            return;
        }
        self.pitches += season.pitches;
        self.outings += season.outings;
        self.means.push(season.means.mean);
        self.between_m2 += season.between_m2;
        self.between_dof += season.between_dof;
        self.within_m2 += season.within_m2;
        self.within_dof += season.within_dof;
    }
}

/// Whether an appearance counts for baselines: a game that is no spring training and no exhibition, and of which no file picked
/// pitches.
pub fn counts_for_baseline(appearance: &AppearanceRecord) -> bool {
    let is_picked = appearance.lack.is_some_and(|lack| lack.by_pitch && !lack.measured_here);
    !is_picked && !appearance.is_means_only() && !matches!(appearance.game_type.as_deref(), Some("S" | "E"))
}

/// The sums of one pitcher's season by pitch type, over the appearances that count; those on `before` (`YYYY-MM-DD`)
/// or later are left out. Appearances come in the order of their dates.
pub fn season_sums(
    pitcher: u32,
    season: u16,
    appearances: &[AppearanceRecord],
    before: Option<&str>,
) -> Vec<BaselineRecord> {
    let mut types: BTreeMap<&str, BaselineRecord> = BTreeMap::new();
    let counted =
        appearances.iter().filter(|a| counts_for_baseline(a) && before.is_none_or(|b| a.game_date.as_str() < b));
    for appearance in counted {
        for sums in appearance.types.iter().filter(|t| !t.pitch_type.is_empty()) {
            let record = types.entry(&sums.pitch_type).or_insert_with(|| BaselineRecord {
                pitcher,
                season,
                pitch_type: sums.pitch_type.clone(),
                ..BaselineRecord::default()
            });
            record.last_date.clone_from(&appearance.game_date);
            for (season, outing) in record.quantities.iter_mut().zip(&sums.quantities) {
                season.add_outing(outing);
            }
        }
    }
    types.into_values().collect()
}

/// The league's sums of a season by pitch type, from its pitchers' (in a fixed order: sums of floats depend on it).
pub fn league_sums(season: u16, pitchers: &[BaselineRecord]) -> Vec<BaselineRecord> {
    let mut types: BTreeMap<&str, BaselineRecord> = BTreeMap::new();
    for one in pitchers {
        let league = types.entry(&one.pitch_type).or_insert_with(|| BaselineRecord {
            season,
            pitch_type: one.pitch_type.clone(),
            ..BaselineRecord::default()
        });
        if league.last_date < one.last_date {
            league.last_date.clone_from(&one.last_date);
        }
        for (sums, season) in league.quantities.iter_mut().zip(&one.quantities) {
            sums.add_pitcher(season);
        }
    }
    types.into_values().collect()
}

/// What is known of a quantity before this season's outings are looked at.
#[derive(Debug, Clone, Copy)]
struct Prior {
    mean: f64,
    /// P.
    var: f64,
    /// B.
    var_between: f64,
    /// W.
    var_within: f64,
}

impl Prior {
    fn of_league(league: &SeasonSums) -> Option<Self> {
        let pitchers = f64::from(league.means.n);
        if league.means.n < UNITS_MIN || league.within_dof == 0 {
            return None;
        }
        let var = league.means.m2 / (pitchers - 3.0) * (1.0 + 1.0 / pitchers);
        let between_known = league.between_dof + 1 >= UNITS_MIN;
        Some(Self {
            mean: league.means.mean,
            var,
            var_between: if between_known { league.between_m2 / f64::from(league.between_dof) } else { KAPPA * var },
            var_within: league.within_m2 / f64::from(league.within_dof),
        })
    }
}

/// θ̂ and its error's variance, as the module says; `None` where neither side says enough.
fn combine(season: &SeasonSums, prior: Option<Prior>) -> Option<(Expected, Prior)> {
    let n = f64::from(season.outings);
    let (mean, var, var_between, var_within) = match prior {
        Some(prior) => {
            let pool = |m2: f64, dof: u32, prior: f64| (m2 + KAPPA * prior) / (f64::from(dof) + KAPPA);
            let var_between = pool(season.between_m2, season.between_dof, prior.var_between);
            let var_within = pool(season.within_m2, season.within_dof, prior.var_within);
            let mean = (n * season.means.mean + KAPPA * prior.mean) / (n + KAPPA);
            let var = (n * var_between + KAPPA * KAPPA * prior.var) / (n + KAPPA).powi(2);
            (mean, var, var_between, var_within)
        }
        None if season.outings < UNITS_MIN || season.within_dof == 0 => return None,
        None => {
            let var_between = season.between_m2 / (n - 3.0);
            (season.means.mean, var_between / n, var_between, season.within_m2 / f64::from(season.within_dof))
        }
    };
    let expected = Expected { mean, sd_mean: var.sqrt(), var_within, outings: season.outings };
    Some((expected, Prior { mean, var: var + var_between / KAPPA, var_between, var_within }))
}

/// What to expect of a pitcher: this season's sums (before today's date), shrunk towards last season's, and those
/// towards the league's, as science.md §4 says. Each slice holds one record a pitch type.
pub fn resolve(
    pitcher: PitcherId,
    season: &[BaselineRecord],
    last: &[BaselineRecord],
    league: &[BaselineRecord],
) -> PitcherBaseline {
    let find = |records: &[BaselineRecord], name: &str, q: Quantity| {
        records.iter().find(|r| r.pitch_type == name).map(|r| r.quantities[q as usize]).unwrap_or_default()
    };
    let expect = |name: &str, q: Quantity| {
        let league = Prior::of_league(&find(league, name, q));
        let last = find(last, name, q);
        let prior = if last.outings == 0 { league } else { combine(&last, league).map(|(_, prior)| prior) };
        combine(&find(season, name, q), prior).map(|(expected, _)| expected)
    };
    let mut names: Vec<&str> = [season, last, league].into_iter().flatten().map(|r| r.pitch_type.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let types = names.into_iter().filter_map(|name| {
        let expected = Quantity::ALL.map(|q| expect(name, q));
        let [release_speed, release_spin_rate, release_pos_z, release_extension, pfx_x, pfx_z] = expected;
        expected.iter().any(Option::is_some).then_some(TypeBaseline {
            pitch_type: PitchType::parse(name)?,
            release_speed,
            release_spin_rate,
            release_pos_z,
            release_extension,
            pfx_x,
            pfx_z,
        })
    });
    PitcherBaseline { pitcher, types: types.collect() }
}

/// What to expect of one quantity, after shrinkage towards last season or the league.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Mean over outings, shrunk: (n·x̄ + κ·prior)/(n + κ).
    pub mean: f64,
    /// Standard deviation of that mean as an estimate of today's true baseline.
    pub sd_mean: f64,
    /// Variance of single pitches within an outing.
    pub var_within: f64,
    /// Outings behind it (n, without the prior's).
    pub outings: u32,
}

/// What to expect of one pitch type of one pitcher. Units are Statcast's. Absent where nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // Statcast's own columns
pub struct TypeBaseline {
    pub pitch_type: PitchType,
    pub release_speed: Option<Expected>,
    pub release_spin_rate: Option<Expected>,
    pub release_pos_z: Option<Expected>,
    pub release_extension: Option<Expected>,
    pub pfx_x: Option<Expected>,
    pub pfx_z: Option<Expected>,
}

/// What to expect of one pitcher today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PitcherBaseline {
    /// Whose.
    pub pitcher: PitcherId,
    /// By pitch type.
    pub types: Vec<TypeBaseline>,
}

impl PitcherBaseline {
    /// The baseline of one pitch type.
    pub fn of(&self, pitch_type: PitchType) -> Option<&TypeBaseline> {
        self.types.iter().find(|t| t.pitch_type == pitch_type)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_distr::{Distribution, Normal};

    use super::*;
    use crate::records::TypeSums;

    /// An outing of fastballs of these speeds.
    fn outing(pitcher: u32, day: usize, speeds: &[f64]) -> AppearanceRecord {
        let mut sums = TypeSums { pitch_type: "FF".to_owned(), pitches: speeds.len() as u32, ..TypeSums::default() };
        for speed in speeds {
            sums.quantities[0].push(*speed);
        }
        AppearanceRecord {
            pitcher,
            game_date: format!("2023-{:02}-{:02}", 4 + day / 28, 1 + day % 28),
            game_pk: 1000 + day as u32,
            pitches: speeds.len() as u32,
            types: vec![sums],
            ..AppearanceRecord::default()
        }
    }

    fn season(pitcher: u32, outings: &[Vec<f64>]) -> Vec<BaselineRecord> {
        let appearances: Vec<_> = outings.iter().enumerate().map(|(day, s)| outing(pitcher, day, s)).collect();
        season_sums(pitcher, 2023, &appearances, None)
    }

    fn speed(baseline: &PitcherBaseline) -> Option<Expected> {
        baseline.of(PitchType(*b"FF\0\0"))?.release_speed
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    fn squares(values: &[f64]) -> f64 {
        values.iter().map(|v| (v - mean(values)).powi(2)).sum()
    }

    proptest! {
        #[test]
        fn season_sums_are_those_of_the_plain_formulas(
            outings in proptest::collection::vec(proptest::collection::vec(80.0..102.0, 1..30), 1..20)
        ) {
            let sums = season(7, &outings)[0].quantities[0];
            let means: Vec<f64> = outings.iter().map(|o| mean(o)).collect();
            prop_assert_eq!(sums.outings as usize, outings.len());
            prop_assert!((sums.means.mean - mean(&means)).abs() < 1e-9);
            prop_assert!((sums.between_m2 - squares(&means)).abs() < 1e-7);
            prop_assert!((sums.within_m2 - outings.iter().map(|o| squares(o)).sum::<f64>()).abs() < 1e-7);
        }
    }

    #[test]
    fn a_season_is_shrunk_by_three_outings_of_the_prior() {
        let last = season(7, &[vec![94.0, 96.0], vec![95.0, 97.0], vec![93.0, 95.0], vec![94.0, 96.0]]);
        let this = season(7, &[vec![98.0, 99.0]]);
        let found = speed(&resolve(PitcherId(7), &this, &last, &[])).expect("last season is a prior");
        assert!((found.mean - (98.5 + 3.0 * 95.0) / 4.0).abs() < 1e-9, "{found:?}");
        assert_eq!(found.outings, 1);
    }

    #[test]
    fn outings_on_the_day_and_after_it_are_left_out() {
        let appearances: Vec<_> = (0..6).map(|day| outing(7, day, &[90.0 + day as f64, 91.0])).collect();
        let sums = season_sums(7, 2023, &appearances, Some("2023-04-03"));
        assert_eq!((sums[0].quantities[0].outings, sums[0].last_date.as_str()), (2, "2023-04-02"));
    }

    #[test]
    fn spring_exhibitions_and_games_without_a_number_do_not_count() {
        let mut appearances: Vec<_> = (0..4).map(|day| outing(7, day, &[90.0, 91.0])).collect();
        appearances[0].game_type = Some("S".to_owned());
        appearances[1].game_type = Some("E".to_owned());
        appearances[2].game_pk = 0;
        assert_eq!(season_sums(7, 2023, &appearances, None)[0].quantities[0].outings, 1);
    }

    #[test]
    fn a_release_height_measured_at_50_ft_is_none() {
        let mut values = Measured { release_pos_y: Some(54.2), release_pos_z: Some(6.0), ..Measured::default() };
        assert_eq!(Quantity::ReleasePosZ.of(&values), Some(6.0));
        values.release_pos_y = Some(50.0);
        assert_eq!(Quantity::ReleasePosZ.of(&values), None);
    }

    #[test]
    fn three_pitchers_are_no_league() {
        let pitchers: Vec<_> = (1..=3).flat_map(|id| season(id, &[vec![90.0, 91.0, 92.0, 93.0, 94.0]])).collect();
        let league = league_sums(2023, &pitchers);
        assert_eq!(resolve(PitcherId(9), &[], &[], &league).types, []);
    }

    #[test]
    fn nine_tenths_of_true_baselines_lie_in_the_stated_interval() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(20_230_611);
        let (talent, day, single) = (2.4, 0.65, 1.0);
        let normal = |mean: f64, sd: f64| Normal::new(mean, sd).expect("a positive sd");
        let play = |truth: f64, outings: usize, rng: &mut rand::rngs::StdRng| -> Vec<Vec<f64>> {
            let play_one = |rng: &mut rand::rngs::StdRng| {
                let today = normal(truth, day).sample(rng);
                (0..rng.random_range(5..30)).map(|_| normal(today, single).sample(rng)).collect()
            };
            (0..outings).map(|_| play_one(rng)).collect()
        };
        for outings in [0, 1, 3, 10] {
            let (mut inside, rounds) = (0, 400);
            for _ in 0..rounds {
                let pitchers: Vec<_> = (1..=40)
                    .flat_map(|id| {
                        let truth = normal(94.0, talent).sample(&mut rng);
                        season(id, &play(truth, 4, &mut rng))
                    })
                    .collect();
                let league = league_sums(2023, &pitchers);
                let truth = normal(94.0, talent).sample(&mut rng);
                let found = resolve(PitcherId(99), &season(99, &play(truth, outings, &mut rng)), &[], &league);
                let found = speed(&found).expect("the league is a prior");
                inside += usize::from((found.mean - truth).abs() < 1.645 * found.sd_mean);
            }
            let share = inside as f64 / f64::from(rounds);
            assert!((0.85..=0.95).contains(&share), "{outings} outings: {share}");
        }
    }
}
