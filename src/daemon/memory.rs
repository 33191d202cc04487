//! How memory goes back to the system.
#![allow(unsafe_code)]

/// Blocks from this size on are the system's own pages, and go back to it when they are freed, bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_FROM: libc::c_int = 64 << 10;

/// Keeps big blocks out of the heap for as long as the process lives. Every pitch brings some, what calibration knows and its
/// picture above all, each a little larger than the last and freed by another thread. The C library would soon take them
/// from its heaps, in which no hole then fits the next: half an hour of a game left 8 MB of holes (`make soak`).
pub(super) fn map_big_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number under the allocator's own lock; what is allocated already stays as it is.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_FROM);
    }
}

/// Gives what is free in the heaps back to the system: above all the index of a part of the journal that was closed. The
/// heaps are locked one after the other meanwhile; the path of the frames takes nothing from any.
pub(super) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: gives back whole pages that nothing lives in, under the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}
