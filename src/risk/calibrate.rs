//! From a model's decision to a probability: Platt's sigmoid, and isotonic regression beside it (science.md §7).

use serde::{Deserialize, Serialize};

use super::logistic::sigmoid;

/// p = 1/(1 + e^(A·f + B)).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// A, negative where the decision tells anything.
    pub a: f64,
    /// B.
    pub b: f64,
}

/// Newton steps at most.
const STEPS: usize = 100;

impl Platt {
    /// Fits on decisions and their targets (0 and 1) by Newton's method: targets T₊ = (N₊ + 1)/(N₊ + 2) and
    /// T₋ = 1/(N₋ + 2), start A = 0, B = ln((N₋ + 1)/(N₊ + 1)) (Platt 1999; Lin, Lin and Weng 2007).
    pub fn fit(decisions: &[f64], targets: &[f64]) -> Self {
        let plus = targets.iter().filter(|y| **y > 0.5).count() as f64;
        let minus = targets.len() as f64 - plus;
        let soft = |y: f64| if y > 0.5 { (plus + 1.0) / (plus + 2.0) } else { 1.0 / (minus + 2.0) };
        let mut platt = Self { a: 0.0, b: ((minus + 1.0) / (plus + 1.0)).ln() };
        let loss = |at: &Self| -> f64 {
            let one = |(f, y): (&f64, &f64)| {
                let z = at.a * f + at.b;
                // −t·ln p − (1 − t)·ln(1 − p), with p = σ(−z).
                let softplus = z.max(0.0) + (-z.abs()).exp().ln_1p();
                softplus - (1.0 - soft(*y)) * z
            };
            decisions.iter().zip(targets).map(one).sum()
        };
        let mut value = loss(&platt);
        for _ in 0..STEPS {
            let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
            for (f, y) in decisions.iter().zip(targets) {
                let p = platt.probability(*f);
                let (residual, curvature) = (soft(*y) - p, p * (1.0 - p));
                ga += f * residual;
                gb += residual;
                haa += f * f * curvature;
                hab += f * curvature;
                hbb += curvature;
            }
            let det = haa * hbb - hab * hab;
            if det <= 0.0 || !det.is_finite() || (ga.abs() < 1e-10 && gb.abs() < 1e-10) {
                break;
            }
            let (da, db) = ((hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det);
            let mut share = 1.0;
            loop {
                let next = Self { a: platt.a - share * da, b: platt.b - share * db };
                let next_value = loss(&next);
                if next_value <= value {
                    (platt, value) = (next, next_value);
                    break;
                }
                share /= 2.0;
                if share < 1e-10 {
                    return platt;
                }
            }
        }
        platt
    }

    /// The probability of a decision.
    pub fn probability(&self, decision: f64) -> f64 {
        sigmoid(-(self.a * decision + self.b))
    }
}

/// Isotonic regression: the best non-decreasing steps, joined by lines and held at the ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    /// Decisions, ascending, and the probability at each.
    knots: Vec<(f64, f64)>,
}

/// Fewer samples make steps of noise.
pub const ISOTONIC_SAMPLES: usize = 1000;

impl Isotonic {
    /// Fits by pooling adjacent violators; equal decisions are averaged first. None below [`ISOTONIC_SAMPLES`].
    pub fn fit(decisions: &[f64], targets: &[f64]) -> Option<Self> {
        if decisions.len() < ISOTONIC_SAMPLES {
            return None;
        }
        let mut pairs: Vec<(f64, f64)> = decisions.iter().copied().zip(targets.iter().copied()).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Blocks of (first decision, last decision, sum of targets, count).
        let mut blocks: Vec<(f64, f64, f64, f64)> = Vec::new();
        for (x, y) in pairs {
            match blocks.last_mut() {
                Some(last) if last.0.total_cmp(&x).is_eq() => {
                    last.2 += y;
                    last.3 += 1.0;
                }
                _ => blocks.push((x, x, y, 1.0)),
            }
        }
        let mut pooled: Vec<(f64, f64, f64, f64)> = Vec::with_capacity(blocks.len());
        for block in blocks {
            pooled.push(block);
            while let [.., before, last] = pooled[..] {
                if before.2 / before.3 < last.2 / last.3 {
                    break;
                }
                pooled.truncate(pooled.len() - 2);
                pooled.push((before.0, last.1, before.2 + last.2, before.3 + last.3));
            }
        }
        let mut knots: Vec<(f64, f64)> = Vec::with_capacity(2 * pooled.len());
        for (first, last, sum, count) in pooled {
            let mean = sum / count;
            knots.push((first, mean));
            if last > first {
                knots.push((last, mean));
            }
        }
        Some(Self { knots })
    }

    /// The probability of a decision.
    pub fn probability(&self, decision: f64) -> f64 {
        let after = self.knots.partition_point(|(x, _)| *x < decision);
        match (after.checked_sub(1).map(|i| self.knots[i]), self.knots.get(after)) {
            (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (decision - x0) / (x1 - x0),
            (Some((_, y)), None) | (None, Some(&(_, y))) => y,
            (None, None) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platt_meets_the_softened_share_where_the_decision_says_nothing() {
        let platt = Platt::fit(&[0.0; 10], &[1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let softened = (3.0 * 4.0 / 5.0 + 7.0 / 9.0) / 10.0;
        assert!((platt.probability(0.0) - softened).abs() < 1e-9, "{platt:?}");
    }

    #[test]
    fn isotonic_pools_violators_averages_ties_and_holds_the_ends() {
        let mut x: Vec<f64> = (0..1000).map(|i| f64::from(i / 2)).collect();
        let y: Vec<f64> = (0..1000).map(|i| f64::from(u8::from(i >= 500 && i % 4 != 0))).collect();
        let isotonic = Isotonic::fit(&x, &y).expect("enough samples");
        let mut last = 0.0;
        for decision in -10..520 {
            let p = isotonic.probability(f64::from(decision));
            assert!(p >= last && p <= 1.0, "never falls: {p} after {last}");
            last = p;
        }
        assert!(isotonic.probability(-5.0).abs() < 1e-12 && (isotonic.probability(600.0) - last).abs() < 1e-12);
        x.truncate(999);
        assert_eq!(Isotonic::fit(&x, &y), None, "too few samples");
    }
}
