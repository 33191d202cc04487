//! Time taken, whatever else the machine does.

use std::time::{Duration, Instant};

pub(crate) struct Watch {
    wall: Instant,
    on_cpu_ns: Option<u64>,
}

/// How long this thread has been on a processor, where the system tells.
fn on_cpu_ns() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split_whitespace().next()?.parse().ok()
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self { wall: Instant::now(), on_cpu_ns: on_cpu_ns() }
    }

    /// Of this thread's time on the processor; the wall's where the system does not tell.
    pub(crate) fn alone(&self) -> Duration {
        match (self.on_cpu_ns, on_cpu_ns()) {
            (Some(before), Some(now)) => Duration::from_nanos(now - before),
            _ => self.wall(),
        }
    }

    pub(crate) fn wall(&self) -> Duration {
        self.wall.elapsed()
    }
}
