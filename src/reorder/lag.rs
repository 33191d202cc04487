//! How late a frame comes, and what is believed of it.

use crate::ids::{BoxNs, EventNs};

/// How far ahead of its arrival an event time may be, with what passed between two frames added.
pub(super) const FUTURE_NS: i64 = 1_000_000_000;

/// Arrival − event, ns. Wrapping: times more than 292 years apart come out wrong, and are far outside the fence anyway.
#[inline]
pub(super) fn lag_ns(arrival: BoxNs, event: EventNs) -> i64 {
    arrival.0.wrapping_sub(event.0) as i64
}
