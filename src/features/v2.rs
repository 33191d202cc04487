//! Feature set v2 (science.md §4): v1, and what surrounds the arm.
//!
//! | feature | unit | from | opens |
//! |---|---|---|---|
//! | `release_extension_delta` | ft | pitches of a type with a baseline, the last 5 | at 5 |
//! | `pitch_tempo_delta` | s | the last 5 intervals less those before them in this outing | at 5 + 10 |
//! | `late_data_frac` | – | the last 25 pitches | with the first pitch |
//! | `calibration_confidence` | – | the newest pitch | where it is judged |
//! | `dose` | pitches | today's and what still counts of earlier days (science.md §5) | with the first pitch |
//! | `acwr` | – | the acute:chronic ratio before today | where his past is known |
//! | `days_rest` | days | full days since his last game | where his past is known |
//!
//! Tempo has no baseline of a season: no source that seasons come from has a clock. He is compared with himself, earlier
//! in the outing; an interval of over a minute is no interval but a change of batter, a mound visit or an inning.
//!
//! QA is that of features with a window. What is counted or judged elsewhere (the last five above) has a QA of 1, and none
//! that [`FeatureSetV2::qa_min`] looks at: calibration confidence is judged on its own, and a late-data fraction is already
//! in the QA of every window.

use super::baseline::PitcherBaseline;
use super::config::Config;
use super::outing::Outing;
use super::v1::{Computation, Feature, FeatureSet, features_v1};

/// Intervals compared, and those before them that they are compared with, at least.
const TEMPO_LAST: usize = 5;
const TEMPO_BEFORE_MIN: usize = 10;
/// The longest interval between two pitches to the same batter, ns.
const INTERVAL_NS_MAX: u64 = 60_000_000_000;

/// What surrounds the outing, told by whoever knows it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Context {
    /// Today's pitches, those of other outings of today included.
    pub pitches_today: u32,
    /// Pitches of earlier days that still count: Σ pitches·2^(−days).
    pub carried: f64,
    /// Acute:chronic workload ratio; absent where unknown.
    pub acwr: Option<f64>,
    /// Full days since his last game; absent where unknown.
    pub days_rest: Option<u32>,
}

/// Feature set v2.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FeatureSetV2 {
    /// All of v1.
    pub v1: FeatureSet,
    /// Extension against baseline, ft.
    pub release_extension_delta: Option<Feature>,
    /// Time between pitches against earlier in the outing, s; positive is slower.
    pub pitch_tempo_delta: Option<Feature>,
    /// Mean late-data fraction of the last 25 pitches.
    pub late_data_frac: Option<Feature>,
    /// Confidence in the rig's calibration at the newest pitch.
    pub calibration_confidence: Option<Feature>,
    /// Pitches, those of earlier days halved for each day.
    pub dose: Option<Feature>,
    /// Acute:chronic workload ratio.
    pub acwr: Option<Feature>,
    /// Full days since his last game.
    pub days_rest: Option<Feature>,
}

impl FeatureSetV2 {
    /// Name of the set.
    pub const NAME: &'static str = "v2";

    /// The present features by name.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Feature)> {
        self.v1.named().chain(self.windowed()).chain(
            [
                ("late_data_frac", self.late_data_frac),
                ("calibration_confidence", self.calibration_confidence),
                ("dose", self.dose),
                ("acwr", self.acwr),
                ("days_rest", self.days_rest),
            ]
            .into_iter()
            .filter_map(|(name, feature)| Some((name, feature?))),
        )
    }

    /// Those beyond v1 that have a window.
    fn windowed(&self) -> impl Iterator<Item = (&'static str, Feature)> {
        [("release_extension_delta", self.release_extension_delta), ("pitch_tempo_delta", self.pitch_tempo_delta)]
            .into_iter()
            .filter_map(|(name, feature)| Some((name, feature?)))
    }

    /// The smallest QA over present features that have a window; none with none.
    pub fn qa_min(&self) -> Option<f64> {
        self.v1.qa_min().into_iter().chain(self.windowed().map(|(_, feature)| feature.qa)).min_by(f64::total_cmp)
    }
}

/// Computes feature set v2 of an outing.
pub fn features_v2(
    outing: &Outing,
    baseline: Option<&PitcherBaseline>,
    context: &Context,
    config: &Config,
) -> FeatureSetV2 {
    let known = |value: f64, n: u32| Some(Feature { value, sd: 0.0, qa: 1.0, n }).filter(|f| f.value.is_finite());
    let thrown = outing.newest().is_some();
    let late_n = outing.pitches().len().min(Outing::LATE_WINDOW) as u32;
    FeatureSetV2 {
        v1: features_v1(outing, baseline, config),
        release_extension_delta: Computation::new(outing, baseline).extension(),
        pitch_tempo_delta: tempo(outing),
        late_data_frac: known(outing.late_data_frac(), late_n).filter(|_| thrown),
        calibration_confidence: outing.newest().and_then(|p| p.calibration_confidence).and_then(|c| known(c, 1)),
        dose: known(f64::from(context.pitches_today) + context.carried, context.pitches_today).filter(|_| thrown),
        acwr: context.acwr.and_then(|ratio| known(ratio, 0)),
        days_rest: context.days_rest.and_then(|days| known(f64::from(days), 0)),
    }
}

/// Mean of the last intervals less the mean of those before, with the standard deviation of the difference from the scatter
/// of those before.
fn tempo(outing: &Outing) -> Option<Feature> {
    let intervals = || {
        outing
            .pitches()
            .windows(2)
            .rev()
            .map(|pair| pair[1].release.0.saturating_sub(pair[0].release.0))
            .filter(|ns| *ns <= INTERVAL_NS_MAX)
            .map(|ns| ns as f64 / 1e9)
    };
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (n, sum) = values.fold((0_u32, 0.0), |(n, sum), value| (n + 1, sum + value));
        (f64::from(n), sum / f64::from(n))
    };
    let (last_n, last) = mean(&mut intervals().take(TEMPO_LAST));
    let (before_n, before) = mean(&mut intervals().skip(TEMPO_LAST));
    if before_n < TEMPO_BEFORE_MIN as f64 {
        return None;
    }
    let squares: f64 = intervals().skip(TEMPO_LAST).map(|value| (value - before).powi(2)).sum();
    let variance = squares / (before_n - 1.0) * (1.0 / last_n + 1.0 / before_n);
    let qa = 1.0 - outing.late_data_frac();
    Some(Feature { value: last - before, sd: variance.sqrt(), qa, n: last_n as u32 })
}
