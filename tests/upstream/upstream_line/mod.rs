//! The line's logic under a simulated clock: receivers and networks that fail in every way, and a week offline.

mod faults;
mod week;
mod world;

/// Whether the full counts of the issue are asked for (`make soak`) instead of the everyday ones.
fn full() -> bool {
    std::env::var_os("PITCHGUARD_FULL").is_some()
}
