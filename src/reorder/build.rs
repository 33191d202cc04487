//! Rings and buffer, made together.

use std::sync::Arc;

use super::config::{Config, ConfigError};
use super::frame::Route;
use super::poll::Reorder;
use super::producer::Producer;
use super::{producer, ring};

/// Builds a buffer: one producer per path, in order, for the ingest threads, and the reorder for the merge thread. All
/// memory is taken here.
///
/// # Errors
/// A setting that cannot be, see [`ConfigError`].
pub fn buffer<T: Copy + Send + Route>(config: &Config) -> Result<(Vec<Producer<T>>, Reorder<T>), ConfigError> {
    config.check()?;
    let (mut producers, mut readers) = (Vec::new(), Vec::new());
    for _ in 0..config.paths {
        let (writer, reader) = ring::ring(config.slots_per_path.next_power_of_two());
        let signals = Arc::new(producer::Signals::new());
        producers.push(Producer::new(writer, Arc::clone(&signals), config.slots_per_source));
        readers.push((reader, signals));
    }
    Ok((producers, Reorder::new(config, readers)))
}
