//! How the receiving threads wake the merge thread: it waits in the kernel until one of them has frames for it, or its own time is up,
//! and costs nothing meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::thread::Thread;
use std::time::Duration;

use crate::ids::BoxNs;
use crate::ingest::FrameSink;
use crate::reorder::{Producer, Stamped};
use crate::signal::Signal;

/// Whether the merge thread waits.
#[derive(Debug, Clone, Default)]
pub(super) struct Rest(Arc<AtomicBool>);

/// Wakes it.
#[derive(Debug, Clone)]
pub(super) struct Waker {
    rest: Rest,
    merge: Thread,
}

impl Rest {
    /// Waits, on the merge thread, until it is woken or this long, unless there is something to do already. Whoever makes something
    /// to do looks afterwards whether it waits; it looks for something to do after it says so: one of the two sees the other.
    pub(super) fn rest(&self, within: Duration, has_work: impl FnOnce() -> bool) {
        self.0.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if !has_work() {
            std::thread::park_timeout(within);
        }
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Waker {
    /// Of a thread that rests there.
    pub(super) fn new(rest: Rest, merge: &Thread) -> Self {
        Self { rest, merge: merge.clone() }
    }

    /// A path whose frames wake it.
    pub(super) fn on(&self, producer: Producer<Signal>) -> Waking {
        Waking { producer, has_pushed: false, waker: self.clone() }
    }

    fn wake(&self) {
        fence(Ordering::SeqCst);
        if self.rest.0.load(Ordering::SeqCst) && self.rest.0.swap(false, Ordering::SeqCst) {
            self.merge.unpark();
        }
    }
}

/// A path into the watermark buffer whose other end is woken.
pub(super) struct Waking {
    producer: Producer<Signal>,
    has_pushed: bool,
    waker: Waker,
}

impl FrameSink for Waking {
    fn frame(&mut self, frame: Stamped<Signal>) {
        self.producer.frame(frame);
        self.has_pushed = true;
    }

    fn beat(&mut self, now: BoxNs) {
        self.producer.beat(now);
        if std::mem::take(&mut self.has_pushed) {
            self.waker.wake();
        }
    }

    fn hang_up(&mut self) {
        self.producer.hang_up();
        self.waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn who_rests_is_woken_and_does_not_rest_where_there_is_work() {
        let rest = Rest::default();
        rest.rest(Duration::from_hours(1), || true);
        let (woken, told) = mpsc::channel();
        let resting = {
            let rest = rest.clone();
            std::thread::spawn(move || {
                rest.rest(Duration::from_hours(1), || false);
                woken.send(()).expect("somebody waits for it");
            })
        };
        let waker = Waker::new(rest, resting.thread());
        while told.try_recv().is_err() {
            waker.wake();
            std::thread::yield_now();
        }
        resting.join().expect("it ended");
    }
}
