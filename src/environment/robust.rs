//! One value from several sensors, of which some may be wrong.
//!
//! The centre is the median, for directions the reading nearest to all others. A reading farther from it than
//! `outlier_sd`·1.4826·MAD, and than sensors in one park may differ, is left out where three or more are there to outvote
//! it. Of what is kept the value is the median (directions: the circular mean), and its standard deviation the larger of a
//! good sensor's and the spread; not divided by √n, since sensors share sun and shade. Two that disagree are both kept:
//! nobody can tell which is wrong, and the spread says so.

use super::config::{Config, Quantity};

/// From the median absolute deviation to the standard deviation of a normal distribution.
const MAD_TO_SD: f64 = 1.4826;
/// A mean direction needs readings that point somewhere together: shortest mean of unit vectors.
const RESULTANT_MIN: f64 = 0.2;

/// What the readings say together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Agreed {
    pub(super) value: f64,
    pub(super) sd: f64,
}

/// A limit that a reading was beyond.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Beyond {
    /// How far from the centre.
    pub(super) off: f64,
    /// How far it may be.
    pub(super) limit: f64,
}

/// The centre of some readings; none of none. Sorts them.
pub(super) fn centre(quantity: Quantity, values: &mut [f64]) -> Option<f64> {
    if quantity == Quantity::WindDirectionDeg {
        let total = |a: &f64| values.iter().map(|b| quantity.distance(*a, *b)).sum::<f64>();
        return values.iter().copied().min_by(|a, b| total(a).total_cmp(&total(b)));
    }
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// Judges each reading, and tells what those that are kept say together; nothing where they point nowhere.
pub(super) fn fuse(quantity: Quantity, values: &[f64], config: &Config) -> (Vec<Option<Beyond>>, Option<Agreed>) {
    let mut judged = vec![None; values.len()];
    let Some(middle) = centre(quantity, &mut values.to_vec()) else { return (judged, None) };
    let limits = config.limits(quantity);
    if values.len() >= 3 {
        let mut off: Vec<f64> = values.iter().map(|v| quantity.distance(*v, middle)).collect();
        let by_spread = config.outlier_sd * MAD_TO_SD * median(&mut off);
        let limit = by_spread.max(limits.differ);
        for (judged, value) in judged.iter_mut().zip(values) {
            let off = quantity.distance(*value, middle);
            *judged = (off > limit).then_some(Beyond { off, limit });
        }
    }
    let mut kept: Vec<f64> = values.iter().zip(&judged).filter(|(_, j)| j.is_none()).map(|(v, _)| *v).collect();
    let agreed = agree(quantity, &mut kept).map(|(value, spread)| {
        let floor = if kept.len() == 1 { 2.0 * limits.sd } else { limits.sd };
        Agreed { value, sd: spread.max(floor) }
    });
    (judged, agreed)
}

/// Value and spread of the readings kept.
fn agree(quantity: Quantity, kept: &mut [f64]) -> Option<(f64, f64)> {
    if quantity == Quantity::WindDirectionDeg {
        return mean_direction(kept);
    }
    let value = centre(quantity, kept)?;
    let mut off: Vec<f64> = kept.iter().map(|v| (v - value).abs()).collect();
    let spread = match kept {
        [a, b] => (*a - *b).abs() * std::f64::consts::FRAC_1_SQRT_2,
        _ => MAD_TO_SD * median(&mut off),
    };
    Some((value, spread))
}

/// Circular mean and standard deviation √(−2 ln R), degrees; nothing where the directions cancel out.
fn mean_direction(degrees: &[f64]) -> Option<(f64, f64)> {
    let n = degrees.len() as f64;
    let (x, y) = degrees.iter().map(|d| d.to_radians()).fold((0.0, 0.0), |(x, y), r| (x + r.cos(), y + r.sin()));
    let resultant = x.hypot(y) / n;
    if degrees.is_empty() || resultant < RESULTANT_MIN {
        return None;
    }
    let spread = (-2.0 * resultant.min(1.0).ln()).sqrt().to_degrees();
    Some((y.atan2(x).to_degrees().rem_euclid(360.0), spread))
}

fn median(values: &mut [f64]) -> f64 {
    centre(Quantity::TemperatureC, values).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(quantity: Quantity, values: &[f64]) -> (Vec<bool>, Option<Agreed>) {
        let (judged, agreed) = fuse(quantity, values, &Config::default());
        (judged.iter().map(Option::is_some).collect(), agreed)
    }

    #[test]
    fn an_absurd_reading_is_outvoted_and_moves_nothing() {
        let (out, agreed) = of(Quantity::TemperatureC, &[21.0, 21.4, 48.0, 20.8]);
        assert_eq!(out, [false, false, true, false]);
        assert!((agreed.expect("three agree").value - 21.0).abs() < 1e-12);
        let (out, agreed) = of(Quantity::PressureHpa, &[996.0, 940.1, 996.4, 996.1, 1040.4]);
        assert_eq!(out, [false, true, false, false, true]);
        assert!((agreed.expect("three agree").value - 996.1).abs() < 1e-12);
    }

    #[test]
    fn two_that_disagree_are_both_kept_and_the_spread_says_so() {
        let (out, agreed) = of(Quantity::TemperatureC, &[20.0, 40.0]);
        let agreed = agreed.expect("two");
        assert_eq!(out, [false, false]);
        assert!((agreed.value - 30.0).abs() < 1e-12 && agreed.sd > 14.0, "{agreed:?}");
        let (_, alone) = of(Quantity::TemperatureC, &[20.0]);
        assert_eq!(alone, Some(Agreed { value: 20.0, sd: 1.0 }));
        assert_eq!(of(Quantity::TemperatureC, &[]), (vec![], None));
    }

    #[test]
    fn directions_are_averaged_the_short_way_round() {
        let (_, agreed) = of(Quantity::WindDirectionDeg, &[350.0, 10.0, 6.0]);
        let agreed = agreed.expect("they agree");
        assert!(Quantity::WindDirectionDeg.distance(agreed.value, 2.0) < 0.1, "{agreed:?}");
        assert!((8.0..20.0).contains(&agreed.sd), "{agreed:?}");
        let (out, agreed) = of(Quantity::WindDirectionDeg, &[350.0, 10.0, 180.0, 355.0]);
        assert_eq!(out, [false, false, true, false]);
        assert!(Quantity::WindDirectionDeg.distance(agreed.expect("three agree").value, 358.3) < 0.1);
        let (_, nowhere) = of(Quantity::WindDirectionDeg, &[0.0, 180.0]);
        assert_eq!(nowhere, None, "opposite directions have no mean");
    }
}
