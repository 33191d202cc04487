//! Hints about memory: to the processor what will soon be needed, to the system what is used all over.
#![allow(unsafe_code)]

/// Fetches the first cache line of a value. Changes nothing but the time that the next look at it takes.
#[inline]
pub(super) fn prefetch<V>(value: &V) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program can see, and the address is a reference's.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// Asks for large pages behind a reserved vector, so that a walk over all of it needs few of the processor's page entries.
/// Changes nothing but the time that looking at it takes.
pub(super) fn large_pages<V>(reserved: &Vec<V>) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 1 << 21;
        let from = reserved.as_ptr().addr().next_multiple_of(PAGE);
        let to = (reserved.as_ptr().addr() + reserved.capacity() * size_of::<V>()) / PAGE * PAGE;
        if from < to {
            let pages = reserved.as_ptr().cast_mut().with_addr(from).cast();
            // SAFETY: whole pages within one reservation of ours; the advice changes no content, and may be refused.
            unsafe { libc::madvise(pages, to - from, libc::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = reserved;
}
