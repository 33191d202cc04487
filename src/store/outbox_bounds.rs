//! What of the outbox may wait.

/// What may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Summaries made before this moment of box time go.
    pub before_ns: u64,
    /// Bytes of bodies that may stay.
    pub bytes_max: u64,
}
