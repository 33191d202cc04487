//! Settings of the rooms that the pipeline joins.

use crate::{calibration, readiness, reorder, tracking};

/// Settings of each room.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The watermark buffer's.
    pub reorder: reorder::Config,
    /// The fit's.
    pub tracking: tracking::Config,
    /// The indices' and alerts'.
    pub readiness: readiness::Config,
    /// The drift filter's, the confidence's and the recalibration's.
    pub calibration: calibration::Config,
}
