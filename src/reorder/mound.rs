//! One mound: the cameras that it waits for, its calendar, and how long anything has been held.

use super::calendar::{Calendar, Shelf};
use super::config::{MoundPlan, TICK_BITS};
use crate::ids::{BoxNs, EventNs, MoundId};

/// What gates when nothing does.
const NONE: u64 = u64::MAX;
/// The hold clock's step: 2^26 ns, 67 ms of arrival time.
const HOLD_BITS: u32 = 26;
/// Steps that it remembers: 34 s, more than any `max_hold_ns`.
const HOLD_STEPS: usize = 512;

/// The tick of an event time.
pub(super) fn tick(event: EventNs) -> u64 {
    event.0 >> TICK_BITS
}

/// Where a tick begins.
pub(super) fn event(tick: u64) -> EventNs {
    EventNs(tick << TICK_BITS)
}

pub(super) struct Mound {
    pub(super) id: MoundId,
    pub(super) calendar: Calendar,
    pub(super) cameras: Vec<u8>,
    /// Per camera the tick of its largest event time, or [`NONE`] while it does not gate.
    gates: Vec<u64>,
    least: u64,
    /// Cameras not heard in this epoch that the mound still waits for.
    pub(super) absent: usize,
    /// From when on it waits for none of them.
    pub(super) deadline: BoxNs,
    pub(super) holds: Holds,
    /// Frames of its cameras that were late since the last one that was not.
    pub(super) late_run: u32,
}

impl Mound {
    pub(super) fn new(plan: &MoundPlan, held_max: usize) -> Self {
        Self {
            id: plan.mound,
            calendar: Calendar::new(plan.mound, held_max),
            cameras: plan.cameras.clone(),
            gates: vec![NONE; plan.cameras.len()],
            least: NONE,
            absent: plan.cameras.len(),
            deadline: BoxNs(u64::MAX),
            holds: Holds::new(),
            late_run: 0,
        }
    }

    /// Sets, or with `None` lifts, the gate of the camera at this place of the plan; whether that moved the slowest.
    pub(super) fn gate(&mut self, camera: usize, at: Option<u64>) -> bool {
        let at = at.unwrap_or(NONE);
        let before = std::mem::replace(&mut self.gates[camera], at);
        if before == at || (before > self.least && at >= self.least) {
            return false;
        }
        let least = self.gates.iter().copied().min().unwrap_or(NONE);
        std::mem::replace(&mut self.least, least) != least
    }

    /// The tick that the slowest gating camera has reached.
    pub(super) fn least(&self) -> Option<u64> {
        Some(self.least).filter(|least| *least != NONE)
    }

    /// Takes all that is held, and how far the cameras have come, as so many ticks later.
    pub(super) fn move_on<T: Copy>(&mut self, shelf: &mut Shelf<T>, ticks: i64) {
        self.calendar.move_on(shelf, ticks);
        for gate in self.gates.iter_mut().chain([&mut self.least]).filter(|gate| **gate != NONE) {
            *gate = gate.saturating_add_signed(ticks);
        }
        self.holds.move_on(ticks);
    }

    /// Begins a new epoch, with an empty calendar, waiting for so many cameras until then.
    pub(super) fn forget(&mut self, absent: usize, deadline: BoxNs) {
        (self.absent, self.deadline) = (absent, deadline);
        self.gates.fill(NONE);
        self.least = NONE;
        self.calendar.forget();
        self.late_run = 0;
        self.holds.forget();
    }
}

/// When what was put in must be out: per step of arrival time the last tick that arrived in it.
pub(super) struct Holds {
    /// Tick + 1; 0 where nothing arrived.
    newest: Box<[u64; HOLD_STEPS]>,
    due: u64,
    /// The step that is being noted, and its last tick + 1 so far.
    step: u64,
    last: u64,
}

impl Holds {
    fn new() -> Self {
        Self { newest: Box::new([0; HOLD_STEPS]), due: 0, step: 0, last: 0 }
    }

    /// A frame of this tick was put in.
    #[inline(always)]
    pub(super) fn note(&mut self, arrival: BoxNs, tick: u64) {
        let step = arrival.0 >> HOLD_BITS;
        if step != self.step {
            self.write_down();
            (self.step, self.last) = (step, 0);
        }
        self.last = self.last.max(tick + 1);
    }

    #[cold]
    fn write_down(&mut self) {
        let step = self.step.clamp(self.due, self.due + HOLD_STEPS as u64 - 1);
        let newest = &mut self.newest[step as usize % HOLD_STEPS];
        *newest = (*newest).max(self.last);
    }

    /// Where the final watermark must be now, so that nothing is held for longer than `max_hold_ns`.
    pub(super) fn due(&mut self, now: BoxNs, max_hold_ns: u64) -> u64 {
        self.write_down();
        // A step is due when its first moment is, hence the one more.
        let until = (now.0.saturating_sub(max_hold_ns) >> HOLD_BITS) + 1;
        let mut tick = 0;
        for step in self.due..until.min(self.due + HOLD_STEPS as u64) {
            tick = tick.max(std::mem::take(&mut self.newest[step as usize % HOLD_STEPS]));
        }
        self.due = self.due.max(until);
        tick
    }

    /// What was put in is so many ticks later.
    fn move_on(&mut self, ticks: i64) {
        for tick in self.newest.iter_mut().chain([&mut self.last]).filter(|tick| **tick > 0) {
            *tick = tick.saturating_add_signed(ticks).max(1);
        }
    }

    /// Nothing is held.
    fn forget(&mut self) {
        self.newest.fill(0);
        self.last = 0;
    }
}
