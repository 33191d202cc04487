//! The merge thread's end: takes frames off the rings in order of arrival, and tells idleness.

use std::sync::Arc;

use super::config::{Config, SOURCE_MAX};
use super::frame::{Route, Sink, Stamped};
use super::judge::Judge;
use super::producer::{Life, Signals};
use super::ring::Reader;
use super::status::{Counts, SourceStatus};
use super::tally::NUMBERS;
use crate::ids::{BoxNs, EventNs, MoundId};

/// How many frames ahead of the one taken buckets are fetched into the cache, and the frames' places in them.
const BUCKET_AHEAD: u32 = 8;
const CHUNK_AHEAD: u32 = 4;

/// An ingest thread's ring, and what is known of the thread.
struct Path<T> {
    reader: Reader<Stamped<T>>,
    signals: Arc<Signals>,
    life: Life,
    /// The sign of life at which one of its sources may be idle.
    look_at: BoxNs,
}

/// The merge thread's end of the buffer: takes frames from all paths and gives them to a [`Sink`] in order.
///
/// Frames are taken in order of arrival over all paths, and time passes as they arrive, so that what comes out depends on
/// the arrivals and not on how often [`Reorder::poll`] is called; idleness alone is told at the end of a poll.
pub struct Reorder<T> {
    paths: Vec<Path<T>>,
    merge: Judge<T>,
    /// By source: how much later its event times are taken, ns.
    shifts: [i64; NUMBERS],
}

impl<T: Copy + Send + Route> Reorder<T> {
    pub(super) fn new(config: &Config, rings: Vec<(Reader<Stamped<T>>, Arc<Signals>)>) -> Self {
        let path =
            |(reader, signals): (_, Arc<Signals>)| Path { reader, life: signals.life(), signals, look_at: BoxNs(0) };
        Self { paths: rings.into_iter().map(path).collect(), merge: Judge::new(config), shifts: [0; NUMBERS] }
    }

    /// Takes all that has arrived and moves the watermarks; the number of frames taken.
    pub fn poll(&mut self, now: BoxNs, sink: &mut impl Sink<T>) -> usize {
        // The signs of life first: what they vouch for is then on the rings.
        for path in &mut self.paths {
            path.life = path.signals.life();
            path.reader.look();
        }
        let mut taken = 0;
        while let Some((at, until)) = self.earliest() {
            let reader = &mut self.paths[at].reader;
            while let Some(frame) = reader.peek().filter(|frame| frame.arrival <= until) {
                if let Some(coming) = reader.peek_at(BUCKET_AHEAD) {
                    self.merge.prefetch_bucket(coming);
                }
                if let Some(coming) = reader.peek_at(CHUNK_AHEAD) {
                    self.merge.prefetch_chunk(coming);
                }
                sink.taken(at, frame);
                match self.shifts.get(usize::from(frame.source)) {
                    None | Some(0) => self.merge.take(at, frame, sink),
                    Some(by_ns) => {
                        let event = EventNs(frame.event.0.saturating_add_signed(*by_ns));
                        self.merge.take(at, &Stamped { event, ..*frame }, sink);
                    }
                }
                reader.pass();
                taken += 1;
            }
            reader.publish();
        }
        self.merge.pass_time(now, sink);
        for (at, path) in self.paths.iter_mut().enumerate() {
            if path.life.beat >= path.look_at || path.life.closed {
                path.look_at = self.merge.hear_life(at, path.life, sink);
            }
        }
        debug_assert!(self.counts().balanced(), "{:?}", self.counts());
        taken
    }

    /// Takes a source's event times as `ns` later than they say, from the next frame on: its clock is known to be behind by that.
    /// A [`Sink`] is told of frames as they came by [`Sink::taken`], and otherwise by the corrected time.
    pub fn set_shift(&mut self, source: u8, ns: i64) {
        if let Some(shift) = self.shifts.get_mut(usize::from(source)) {
            let by_ns = ns.saturating_sub(std::mem::replace(shift, ns));
            if by_ns != 0 {
                self.merge.shift(source, by_ns);
            }
        }
    }

    /// Takes all that is held, and the watermarks, as so many whole ticks later (2^[`TICK_BITS`](super::TICK_BITS) ns each; earlier
    /// where that is negative): the cameras, of which nobody's clock stepped, are all taken as later by that from now on
    /// ([`Self::set_shift`]). Nothing is released by it, and what was in the air stays one flight.
    pub fn move_on(&mut self, ticks: i64) {
        self.merge.move_on(ticks);
    }

    /// Whether a poll would take anything.
    pub fn has_frames(&mut self) -> bool {
        self.paths.iter_mut().any(|path| {
            path.reader.look();
            path.reader.peek().is_some()
        })
    }

    /// Each path's signs of life, in order, as the last poll read them.
    pub fn lives(&self) -> impl Iterator<Item = Life> + '_ {
        self.paths.iter().map(|path| path.life)
    }

    /// The path whose next frame arrived first, and up to which arrival it stays so.
    fn earliest(&self) -> Option<(usize, BoxNs)> {
        let mut earliest: Option<(usize, BoxNs)> = None;
        let mut until = BoxNs(u64::MAX);
        for (at, path) in self.paths.iter().enumerate() {
            let Some(arrival) = path.reader.peek().map(|frame| frame.arrival) else { continue };
            match earliest {
                Some((_, first)) if first <= arrival => until = until.min(arrival),
                _ => {
                    until = earliest.map_or(until, |(_, first)| first);
                    earliest = Some((at, arrival));
                }
            }
        }
        earliest.map(|(at, _)| (at, until))
    }

    /// Shutdown: takes what is on the rings and releases all that is held, in order.
    pub fn drain(&mut self, sink: &mut impl Sink<T>) {
        self.poll(self.merge.now(), sink);
        self.merge.finish(sink);
    }

    /// Where every frame went; exact whenever no producer is pushing.
    pub fn counts(&self) -> Counts {
        let overflowed: u64 = (0..=SOURCE_MAX).map(|id| self.overflowed(id)).sum();
        let counts = self.merge.counts();
        Counts { received: counts.received + overflowed, overflowed: counts.overflowed + overflowed, ..counts }
    }

    /// A source's frames that found no slot on their way here.
    fn overflowed(&self, id: u8) -> u64 {
        self.paths.iter().map(|path| path.signals.overflowed(id)).sum()
    }

    /// Every source that is planned or was heard, by number.
    pub fn sources(&self) -> impl Iterator<Item = SourceStatus> + '_ {
        (1..=SOURCE_MAX).filter_map(|id| self.merge.status(id, self.overflowed(id)))
    }

    /// Eager and final watermark of a mound: every frame before them has passed them. `None` for a mound that is not
    /// planned, or before its first frame.
    pub fn watermarks(&self, mound: MoundId) -> Option<(EventNs, EventNs)> {
        self.merge.watermarks(mound)
    }

    /// How far the box's clock is ahead of the cameras', ns, where their lags say so; 0 while they are plausible.
    pub fn clock_offset_ns(&self) -> i64 {
        self.merge.clock_offset_ns()
    }

    /// The median camera's lag, ns, by the box's clock; implausible when the box's clock is wrong. `None` before the fence
    /// knows the clocks.
    pub fn median_lag_ns(&self) -> Option<i64> {
        self.merge.median_lag_ns()
    }
}
