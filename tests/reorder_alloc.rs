//! After start the buffer allocates nothing, whatever comes.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::reorder::{Config, MoundPlan, Route, Sink, Stamped, buffer};

struct Counting;

thread_local! {
    /// By thread: the test harness has threads of its own that allocate.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as our caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as our caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Clone, Copy)]
struct Nothing;

impl Route for Nothing {
    fn mound(&self, _source: u8) -> MoundId {
        MoundId(0)
    }
}

#[derive(Default)]
struct Count(u64);

impl Sink<Nothing> for Count {
    fn eager(&mut self, _: MoundId, _: &Stamped<Nothing>) {}
    fn after_eager(&mut self, _: MoundId, _: &Stamped<Nothing>) {}
    fn released(&mut self, _: MoundId, _: &Stamped<Nothing>) {
        self.0 += 1;
    }
    fn late(&mut self, _: MoundId, _: &Stamped<Nothing>) {}
    fn advanced(&mut self, _: MoundId, _: EventNs, _: EventNs, _: BoxNs) {}
}

#[test]
fn nothing_is_allocated_after_start() {
    const MS: u64 = 1_000_000;
    let config = Config {
        mounds: vec![MoundPlan { mound: MoundId(0), cameras: (1..=20).collect() }],
        slots_per_path: 1 << 14,
        slots_per_source: 1 << 10,
        held_max: 1 << 14,
        held_per_source: 1 << 10,
        ..Config::default()
    };
    let (mut producers, mut reorder) = buffer::<Nothing>(&config).expect("the configuration is right");
    let mut sink = Count::default();
    let before = ALLOCATIONS.get();
    let mut now = 1_700_000_000_000 * MS;
    for turn in 0..6_000_u32 {
        for source in 1..=20_u8 {
            // All cameras of a tick in one bucket, a flood, stragglers, futures, doubles, a step of all clocks.
            let mut event = now - 2_000 * MS - u64::from(turn % 7) * 30 * MS;
            match (turn + u32::from(source)) % 100 {
                0 => event -= 9_000 * MS,
                1 => event -= 20_000 * MS,
                2 => event += 3_600_000 * MS,
                _ => {}
            }
            if turn > 4_000 {
                event -= 600_000 * MS;
            }
            let frames = if source == 7 && turn % 1000 == 0 { 3_000 } else { 1 };
            for extra in 0..frames {
                let seq = turn / 2 + extra;
                let frame = Stamped { source, seq, event: EventNs(event), arrival: BoxNs(now), payload: Nothing };
                let _ = producers[0].push(frame);
            }
        }
        producers[0].beat(BoxNs(now));
        reorder.poll(BoxNs(now), &mut sink);
        now += 10 * MS;
    }
    reorder.drain(&mut sink);
    assert_eq!(ALLOCATIONS.get() - before, 0);
    let counts = reorder.counts();
    assert!(counts.balanced() && counts.held == 0 && counts.released == sink.0, "{counts:?}");
    let ways = [counts.released, counts.late, counts.quarantined, counts.overflowed, counts.epochs];
    assert!(ways.iter().all(|n| *n > 0), "every way was gone: {counts:?}");
}
