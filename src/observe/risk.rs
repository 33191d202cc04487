//! How the risk model that serves stands, for metrics.

/// One look at the model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RiskStatus {
    /// Which model serves.
    pub model_version: String,
    /// Population stability index of each input since training; empty while the days are too few to tell.
    pub inputs: Vec<(String, f64)>,
    /// Days of pitching with a placement within 21 days since its training data ended, and how many it foretold; absent
    /// while no 21 days are over.
    pub outcomes: Option<Outcomes>,
    /// Whether it should be trained anew; absent while nobody has looked.
    pub fault: Option<bool>,
}

/// Placements that came and that were foretold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcomes {
    /// Days followed by a placement.
    pub came: f64,
    /// Sum of the probabilities.
    pub foretold: f64,
    /// How far apart, standard deviations.
    pub z: f64,
}
