//! Whether the journal's disk has room for it. Pitches and the store come first: the journal stops while some room is left
//! for them, stays off until there is clearly more, and then goes on by itself.
//!
//! Between the two bounds nothing changes, so that a disk that hovers at one of them does not make the journal begin a part
//! and lose it again and again. Where the disk refuses although it says that it has room (a quota, no free inodes), the
//! least time that the journal stays off keeps the attempts rare.

use std::time::{Duration, Instant};

use crate::disk::Disk;

/// How often the disk is looked at: one system call.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long the journal stays off at least.
const OFF_AT_LEAST: Duration = Duration::from_secs(10);
/// Room that the journal leaves at least, however small the disk, bytes: it writes this much in seconds.
const LEFT_MIN_BYTES: u64 = 4 << 20;
/// It goes on where this many times what it leaves is free.
const AMPLE: u64 = 2;

/// How much room is missing while the journal is off, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// What is free.
    pub free: u64,
    /// What must be free for it to go on.
    pub wanted: u64,
    /// Size of its file system.
    pub disk: u64,
}

/// What follows from a look at the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    AsItIs,
    /// Writing, with too little left: give up what can be, or stop.
    Low(Shortage),
    /// Off, and still to be.
    Off(Shortage),
    /// Off, with room again.
    Ample,
}

/// Decides when the journal stops and goes on.
#[derive(Debug)]
pub(super) struct DiskBudget {
    /// Share of its file system that it leaves free.
    leaves_frac: f64,
    looked: Option<Instant>,
    off_since: Option<Instant>,
}

impl DiskBudget {
    pub(super) fn new(leaves_frac: f64) -> Self {
        Self { leaves_frac, looked: None, off_since: None }
    }

    pub(super) fn is_off(&self) -> bool {
        self.off_since.is_some()
    }

    /// Whether it is time for a look.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.looked.is_none_or(|looked| now.duration_since(looked) >= LOOK_EVERY);
        if due {
            self.looked = Some(now);
        }
        due
    }

    /// Judges a look.
    pub(super) fn judge(&mut self, disk: Disk, now: Instant) -> Verdict {
        let shortage = self.shortage(disk);
        match self.off_since {
            None if self.is_low(disk) => Verdict::Low(shortage),
            None => Verdict::AsItIs,
            Some(since) if disk.free >= shortage.wanted && now.duration_since(since) >= OFF_AT_LEAST => {
                self.off_since = None;
                Verdict::Ample
            }
            Some(_) => Verdict::Off(shortage),
        }
    }

    /// Whether less is free than it leaves.
    pub(super) fn is_low(&self, disk: Disk) -> bool {
        disk.free < self.leaves(disk)
    }

    /// The journal is off from now on.
    pub(super) fn stop(&mut self, now: Instant) {
        self.off_since.get_or_insert(now);
    }

    /// How far the disk is from where the journal would go on.
    pub(super) fn shortage(&self, disk: Disk) -> Shortage {
        Shortage { free: disk.free, wanted: AMPLE * self.leaves(disk), disk: disk.bytes }
    }

    fn leaves(&self, disk: Disk) -> u64 {
        ((disk.bytes as f64 * self.leaves_frac) as u64).max(LEFT_MIN_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISK_BYTES: u64 = 1 << 30;

    fn at(percent: u64) -> Disk {
        Disk { bytes: DISK_BYTES, free: DISK_BYTES / 100 * percent }
    }

    #[test]
    fn it_stops_below_one_bound_and_goes_on_only_beyond_a_higher_one() {
        let (mut room, start) = (DiskBudget::new(0.05), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(room.judge(at(6), start), Verdict::AsItIs);
        assert!(matches!(room.judge(at(4), start), Verdict::Low(_)));
        assert!(!room.is_off(), "what can be given up is its owner's to say");
        room.stop(start);
        for percent in [0, 4, 6, 9] {
            assert!(matches!(room.judge(at(percent), after(60)), Verdict::Off(_)), "at {percent} %");
        }
        assert_eq!(room.judge(at(11), after(60)), Verdict::Ample);
        assert_eq!((room.is_off(), room.judge(at(6), after(61))), (false, Verdict::AsItIs), "and stays on in between");
    }

    #[test]
    fn a_disk_that_refuses_although_it_has_room_is_asked_seldom() {
        let (mut room, start) = (DiskBudget::new(0.05), Instant::now());
        room.stop(start);
        assert!(matches!(room.judge(at(90), start + Duration::from_secs(9)), Verdict::Off(_)));
        assert_eq!(room.judge(at(90), start + Duration::from_secs(10)), Verdict::Ample);
    }

    #[test]
    fn a_small_disk_keeps_a_few_megabytes_however_small_the_share() {
        let mut room = DiskBudget::new(0.05);
        let small = |free| Disk { bytes: 16 << 20, free };
        assert!(matches!(room.judge(small(3 << 20), Instant::now()), Verdict::Low(_)));
        assert_eq!(room.shortage(small(0)), Shortage { free: 0, wanted: 8 << 20, disk: 16 << 20 });
    }

    #[test]
    fn the_disk_is_looked_at_every_few_seconds() {
        let (mut room, start) = (DiskBudget::new(0.05), Instant::now());
        let due: Vec<u64> = (0..10).filter(|s| room.is_due(start + Duration::from_secs(*s))).collect();
        assert_eq!(due, [0, 2, 4, 6, 8]);
    }
}
