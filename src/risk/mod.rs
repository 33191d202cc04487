//! How likely a pitcher is hurt within 21 days, why, and how far that can be trusted (science.md §7).
pub mod advise;
pub mod anomaly;
pub mod audit;
pub mod boosted;
pub mod calibrate;
pub mod choose;
pub mod config;
pub mod dataset;
pub mod day;
pub mod drift;
pub mod explain;
pub mod features;
pub mod labels;
pub mod logistic;
pub mod metrics;
pub mod model;
pub mod names;
pub mod prepare;
pub mod read;
pub mod report;
pub mod respond;
pub mod season;
pub mod series;
pub mod train;
pub mod words;

pub use day::Day;
