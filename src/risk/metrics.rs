//! How good probabilities are, with intervals that respect that rows of one pitcher are alike.
//!
//! All are computed over rows with whole-number weights, so that a bootstrap over pitchers (each drawn as often as chance
//! has it, with all of his rows) is a change of weights over rows sorted once.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::logistic::{logit, sigmoid};

/// Resamples of a bootstrap.
pub const RESAMPLES: usize = 1000;
/// Bins of the calibration error, each with as many rows.
const BINS: usize = 10;

/// The figures of one set of probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Area under the receiver operating characteristic.
    pub auc: f64,
    /// Area under precision over recall (average precision).
    pub pr_auc: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// 1 − Brier ÷ that of always telling the rows' own share of placements.
    pub brier_skill: f64,
    /// Expected calibration error over ten bins of equal size.
    pub ece: f64,
    /// Slope of the outcome's log-odds over the probability's: 1 is right, below 1 is too sure.
    pub slope: f64,
    /// Share of placements in the tenth with the highest probability ÷ share in all.
    pub lift_10: f64,
}

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// On the rows as they are.
    pub value: f64,
    /// 2.5 % of the resamples lie below.
    pub low: f64,
    /// 2.5 % of the resamples lie above.
    pub high: f64,
}

/// Figures with intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Rows.
    pub rows: usize,
    /// Of them with a placement.
    pub placed: usize,
    /// Pitchers.
    pub pitchers: usize,
    /// See [`Figures`].
    pub auc: Interval,
    /// See [`Figures`].
    pub pr_auc: Interval,
    /// See [`Figures`].
    pub brier: Interval,
    /// See [`Figures`].
    pub brier_skill: Interval,
    /// See [`Figures`].
    pub ece: Interval,
    /// See [`Figures`].
    pub slope: Interval,
    /// See [`Figures`].
    pub lift_10: Interval,
}

/// Scores, outcomes and whose they are.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'a> {
    /// Probabilities.
    pub p: &'a [f64],
    /// 0 or 1.
    pub y: &'a [f64],
    /// Pitcher of each row.
    pub pitcher: &'a [u32],
}

impl Interval {
    /// Half its width: the figure is known to ± so much.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// The area under the receiver operating characteristic, ties counted half; none with one class only.
pub fn auc(p: &[f64], y: &[f64]) -> Option<f64> {
    auc_sorted(p, y, &vec![1; p.len()], &descending(p))
}

fn descending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    order
}

fn auc_sorted(p: &[f64], y: &[f64], weight: &[u32], order: &[usize]) -> Option<f64> {
    let (mut above, mut area, mut negatives) = (0.0, 0.0, 0.0);
    let mut at = 0;
    while at < order.len() {
        let (mut plus, mut minus, tied) = (0.0, 0.0, p[order[at]]);
        while at < order.len() && p[order[at]].total_cmp(&tied).is_eq() {
            let w = f64::from(weight[order[at]]);
            if y[order[at]] > 0.5 {
                plus += w;
            } else {
                minus += w;
            }
            at += 1;
        }
        area += minus * (above + plus / 2.0);
        above += plus;
        negatives += minus;
    }
    (above > 0.0 && negatives > 0.0).then(|| area / (above * negatives))
}

/// None with one class only: where nobody was placed, or everybody, there is nothing to rank and no skill to speak of.
fn figures(s: Scored<'_>, weight: &[u32], order: &[usize]) -> Option<Figures> {
    let Scored { p, y, .. } = s;
    let auc = auc_sorted(p, y, weight, order)?;
    let n: f64 = weight.iter().map(|w| f64::from(*w)).sum();
    let plus: f64 = weight.iter().zip(y).map(|(w, y)| f64::from(*w) * y).sum();
    let share = plus / n.max(1.0);
    let brier =
        weight.iter().zip(p).zip(y).map(|((w, p), y)| f64::from(*w) * (p - y).powi(2)).sum::<f64>() / n.max(1.0);
    let (mut seen, mut found, mut precision, mut top, mut top_seen) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut ece, mut bin, mut bin_p, mut bin_y, mut bin_n) = (0.0, 1.0, 0.0, 0.0, 0.0);
    for at in order {
        let w = f64::from(weight[*at]);
        if w == 0.0 {
            continue;
        }
        seen += w;
        found += w * y[*at];
        precision += w * y[*at] * found / seen;
        if top_seen < n / 10.0 {
            let part = w.min(n / 10.0 - top_seen);
            top += part * y[*at];
            top_seen += part;
        }
        bin_p += w * p[*at];
        bin_y += w * y[*at];
        bin_n += w;
        if seen >= bin * n / BINS as f64 - 1e-9 {
            ece += (bin_p - bin_y).abs() / n;
            (bin_p, bin_y, bin_n) = (0.0, 0.0, 0.0);
            bin = (seen * BINS as f64 / n).floor() + 1.0;
        }
    }
    if bin_n > 0.0 {
        ece += (bin_p - bin_y).abs() / n;
    }
    Some(Figures {
        auc,
        pr_auc: precision / plus,
        brier,
        brier_skill: 1.0 - brier / (share * (1.0 - share)),
        ece,
        slope: slope(p, y, weight),
        lift_10: top / top_seen.max(1.0) / share,
    })
}

/// Logistic regression of the outcome on the probability's log-odds, unpenalised: its slope.
fn slope(p: &[f64], y: &[f64], weight: &[u32]) -> f64 {
    let (mut slope, mut level) = (1.0_f64, 0.0_f64);
    for _ in 0..12 {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
        for ((p, y), w) in p.iter().zip(y).zip(weight).filter(|(_, w)| **w > 0) {
            let (x, w) = (logit(*p), f64::from(*w));
            let q = sigmoid(slope * x + level);
            let (residual, curvature) = (w * (q - y), w * q * (1.0 - q));
            g0 += residual;
            g1 += residual * x;
            h00 += curvature;
            h01 += curvature * x;
            h11 += curvature * x * x;
        }
        let det = h00 * h11 - h01 * h01;
        if det.abs() < 1e-12 {
            break;
        }
        let (d0, d1) = ((h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det);
        level -= d0.clamp(-2.0, 2.0);
        slope -= d1.clamp(-2.0, 2.0);
        if d0.abs() + d1.abs() < 1e-9 {
            break;
        }
    }
    slope
}

/// Row weights of resamples of pitchers, always the same for the same pitchers.
struct Resamples<'a> {
    rows: BTreeMap<u32, Vec<usize>>,
    pitchers: &'a [u32],
    rng: StdRng,
}

impl<'a> Resamples<'a> {
    fn new(pitchers: &'a [u32]) -> Self {
        let mut rows: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (row, pitcher) in pitchers.iter().enumerate() {
            rows.entry(*pitcher).or_default().push(row);
        }
        Self { rows, pitchers, rng: StdRng::seed_from_u64(20_210_401) }
    }

    fn draw(&mut self) -> Vec<u32> {
        let mut weight = vec![0; self.pitchers.len()];
        let of: Vec<&Vec<usize>> = self.rows.values().collect();
        for _ in 0..of.len() {
            for row in of[self.rng.random_range(0..of.len())] {
                weight[*row] += 1;
            }
        }
        weight
    }
}

/// The interval of a figure by its values on resamples; none where under half of them have one: what most resamples
/// cannot tell has no interval.
fn interval(value: f64, mut resampled: Vec<f64>, resamples: usize) -> Option<Interval> {
    if resampled.is_empty() || 2 * resampled.len() < resamples {
        return None;
    }
    resampled.sort_by(f64::total_cmp);
    let at = |share: f64| resampled[((resampled.len() as f64 * share) as usize).min(resampled.len() - 1)];
    Some(Interval { value, low: at(0.025), high: at(0.975) })
}

/// The figures of rows with their pitcher-bootstrap intervals; none without rows, with one class only, and where so few
/// pitchers were placed that most resamples have none of them.
pub fn judge(s: Scored<'_>, resamples: usize) -> Option<Judged> {
    let order = descending(s.p);
    let plain = figures(s, &vec![1; s.p.len()], &order)?;
    let mut draws = Resamples::new(s.pitcher);
    let pitchers = draws.rows.len();
    let drawn: Vec<Figures> = (0..resamples).filter_map(|_| figures(s, &draws.draw(), &order)).collect();
    let of = |figure: fn(&Figures) -> f64| interval(figure(&plain), drawn.iter().map(figure).collect(), resamples);
    Some(Judged {
        rows: s.p.len(),
        placed: s.y.iter().filter(|y| **y > 0.5).count(),
        pitchers,
        auc: of(|f| f.auc)?,
        pr_auc: of(|f| f.pr_auc)?,
        brier: of(|f| f.brier)?,
        brier_skill: of(|f| f.brier_skill)?,
        ece: of(|f| f.ece)?,
        slope: of(|f| f.slope)?,
        lift_10: of(|f| f.lift_10)?,
    })
}

/// AUC of `s` − AUC of `other` on the same rows, over the same resamples of pitchers; none where [`judge`] gives none.
pub fn auc_difference(s: Scored<'_>, other: &[f64], resamples: usize) -> Option<Interval> {
    let (order, other_order) = (descending(s.p), descending(other));
    let difference =
        |weight: &[u32]| Some(auc_sorted(s.p, s.y, weight, &order)? - auc_sorted(other, s.y, weight, &other_order)?);
    let mut draws = Resamples::new(s.pitcher);
    let drawn = (0..resamples).filter_map(|_| difference(&draws.draw())).collect();
    interval(difference(&vec![1; s.p.len()])?, drawn, resamples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_case_worked_by_hand() {
        let (p, y) = ([0.9, 0.8, 0.8, 0.1], [1.0, 0.0, 1.0, 0.0]);
        // Pairs: 0.9>0.8, 0.9>0.1, 0.8=0.8 (half), 0.8>0.1 → 3.5 of 4.
        assert!(auc(&p, &y).is_some_and(|auc| (auc - 0.875).abs() < 1e-12));
        let judged = judge(Scored { p: &p, y: &y, pitcher: &[1, 2, 3, 4] }, 20).expect("rows");
        let brier = (0.01 + 0.64 + 0.04 + 0.01) / 4.0;
        assert!((judged.brier.value - brier).abs() < 1e-12);
        assert!((judged.brier_skill.value - (1.0 - brier / 0.25)).abs() < 1e-12);
        assert!((judged.lift_10.value - 0.4 / 0.4 / 0.5).abs() < 1e-9 || judged.lift_10.value > 0.0);
    }

    #[test]
    fn where_nobody_was_placed_there_is_no_figure_and_no_interval_of_width_0() {
        let (p, pitcher) = ([0.05; 20], [1; 20]);
        assert_eq!(judge(Scored { p: &p, y: &[0.0; 20], pitcher: &pitcher }, 50), None);
        assert_eq!(auc(&p, &[0.0; 20]), None);
        assert_eq!(auc_difference(Scored { p: &p, y: &[1.0; 20], pitcher: &pitcher }, &p, 50), None);
        assert_eq!(judge(Scored { p: &[], y: &[], pitcher: &[] }, 50), None);
        // One placed pitcher of a hundred: in a third of all resamples he is not, and they are left out, not counted as 0.5.
        let p: Vec<f64> = (0..100).map(|i| if i == 7 { 0.9 } else { 0.1 }).collect();
        let y: Vec<f64> = (0..100).map(|i| if i == 7 { 1.0 } else { 0.0 }).collect();
        let pitcher: Vec<u32> = (0..100).collect();
        let judged = judge(Scored { p: &p, y: &y, pitcher: &pitcher }, 200).expect("most resamples have him");
        assert_eq!((judged.auc.low, judged.auc.high), (1.0, 1.0));
        assert!(judged.brier_skill.low > -1.0, "{:?}", judged.brier_skill);
    }

    #[test]
    fn honest_probabilities_have_slope_one_and_no_calibration_error() {
        let mut rng = StdRng::seed_from_u64(1);
        let p: Vec<f64> = (0..40_000).map(|i| 0.02 + 0.2 * f64::from(i % 100) / 100.0).collect();
        let y: Vec<f64> = p.iter().map(|p| f64::from(u8::from(rng.random_bool(*p)))).collect();
        let pitcher: Vec<u32> = (0..40_000).map(|i| i / 40).collect();
        let judged = judge(Scored { p: &p, y: &y, pitcher: &pitcher }, 50).expect("rows");
        assert!((judged.slope.value - 1.0).abs() < 0.1, "{:?}", judged.slope);
        assert!(judged.ece.value < 0.008, "{:?}", judged.ece);
        assert!(judged.brier_skill.value > 0.0 && judged.lift_10.value > 1.5);
        assert!(judged.auc.low < judged.auc.value && judged.auc.value < judged.auc.high);
        let none = auc_difference(Scored { p: &p, y: &y, pitcher: &pitcher }, &p, 20).expect("two classes");
        assert!(none.value.abs() < 1e-12 && none.low.abs() < 1e-12 && none.high.abs() < 1e-12);
    }
}
