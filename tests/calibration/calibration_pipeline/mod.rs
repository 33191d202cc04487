//! Calibration inside the whole pipeline: a stadium whose rig goes wrong, frames through the watermark buffer, fits,
//! evidence, corrections back to the trackers. Everyday a seed or two; the full counts of the issue with `make soak`.

mod drift;
mod evening;
mod faults;
mod nights;
mod trust;
