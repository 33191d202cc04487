//! From a datagram, or a stretch of a serial line, to admitted frames: no socket, no clock.
//!
//! Frames that decode are admitted by two rules. **Address:** with a list of sources, a frame counts only if its source
//! is listed and the datagram came from the address listed for it. **Replay:** with authentication required, an old
//! frame sent again still carries its valid tag, so a frame far before its source's mark ([`marks`](super::marks)) is refused;
//! and so is any, signed or not, that was heard before the last start ([`heard`](super::heard)).

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use firmware_protocol::serial::SerialError;
use firmware_protocol::{Authentication, Cause, Frame, Keyring, MAX_DATAGRAM, SourceId, frames};

use super::counters::{IngestCounters, Refusal, add};
use super::keys::KeyRing;
use super::refused::{Known, RefusedFrame, Sample, Sender};
use super::senders::mark;
use super::sink::FrameSink;
use crate::ids::{BoxNs, EventNs};
use crate::reorder::Stamped;
use crate::signal::Signal;

/// Turns datagrams into frames, admits them and hands them on.
pub struct Intake<S> {
    keys: Option<KeyRing>,
    allowed: Option<Box<[Option<IpAddr>; 64]>>,
    told: [u64; 3],
    counters: Arc<IngestCounters>,
    sink: S,
}

impl<S: FrameSink> Intake<S> {
    /// An intake that requires authentication if there are keys, and listed sources if any are listed.
    pub fn new(keys: Option<KeyRing>, sources: &BTreeMap<u8, IpAddr>, counters: Arc<IngestCounters>, sink: S) -> Self {
        let allowed = (!sources.is_empty()).then(|| {
            let mut allowed = Box::new([None; 64]);
            for (source, address) in sources {
                allowed[usize::from(*source) % 64] = Some(address.to_canonical());
            }
            allowed
        });
        Self { keys, allowed, told: [0; 3], counters, sink }
    }

    /// Takes one datagram that came from an address and arrived at that time. `length` is its own, bytes, where it is longer
    /// than what was kept of it.
    pub fn datagram(&mut self, bytes: &[u8], length: usize, from: Option<SocketAddr>, arrival: BoxNs) {
        add(&self.counters.datagrams, 1);
        add(&self.counters.bytes, length as u64);
        self.admit(bytes, length, Sender::Network(from), arrival);
    }

    /// Takes what stood between two zeros of the serial line with this number, which nothing but its own checksum vouches
    /// for; `raw` is how it came. Whether the checksum holds, be the frame admitted or not.
    pub(super) fn stretch(
        &mut self,
        stretch: Result<&[u8], SerialError>,
        raw: Sample,
        line: u8,
        arrival: BoxNs,
    ) -> bool {
        let from = Sender::Line(line);
        match stretch {
            Ok(bytes) => self.admit(bytes, bytes.len(), from, arrival),
            Err(error) => {
                let refusal = Refusal::Serial(error);
                self.counters.refuse(None, refusal);
                self.counters.remember(RefusedFrame { refusal, from, at: arrival, sample: raw, known: Known::Nothing });
                false
            }
        }
    }

    /// Decodes and admits frames; whether every checksum held.
    fn admit(&mut self, bytes: &[u8], length: usize, from: Sender, arrival: BoxNs) -> bool {
        let mut whole = true;
        let place = match from {
            Sender::Network(from) => from.map(|from| (from, mark(from))),
            Sender::Line(_) => None,
        };
        let address = place.map(|(from, _)| from.ip());
        let keys = self.keys.as_ref().map(KeyRing::current);
        let authentication = match &keys {
            Some(keys) => Authentication::Required(&***keys),
            None => Authentication::Off,
        };
        let counters = &self.counters;
        let refuse = |source, refusal, rest: &[u8], known| {
            counters.refuse(source, refusal);
            // One that is too long as a whole is looked at no further.
            let (start, length) = if length > MAX_DATAGRAM { (bytes, length) } else { (rest, rest.len()) };
            let sample = Sample::of(start, length);
            counters.remember(RefusedFrame { refusal, from, at: arrival, sample, known });
        };
        let mut all = frames(bytes, authentication);
        let mut next = all.rest();
        while let Some(frame) = all.next() {
            let rest = std::mem::replace(&mut next, all.rest());
            let frame = match frame {
                Ok(frame) => frame,
                Err(rejected) => {
                    let vouched = rejected.cause > Cause::Crc;
                    whole &= vouched;
                    let source = rejected.source.filter(|_| vouched).map(SourceId::get);
                    let known = match (&keys, rejected.source) {
                        (Some(keys), Some(claimed)) => Known::HasKey(!keys.keys(claimed).is_empty()),
                        _ => Known::Nothing,
                    };
                    refuse(source, Refusal::Protocol(rejected.cause), rest, known);
                    continue;
                }
            };
            let source = frame.source.get();
            let row = usize::from(source) % 64;
            if let Some(allowed) = &self.allowed
                && (address.is_none() || allowed[row] != address)
            {
                refuse(Some(source), Refusal::Address, rest, Known::Listed(allowed[row]));
                tell_once(&mut self.told[0], source, || {
                    tracing::warn!(source, from = ?address, "frames refused: not the address that [ingest] sources lists");
                });
                continue;
            }
            if self.counters.heard.get().is_some_and(|heard| heard.has(source, frame.event_time_ns, frame.seq)) {
                refuse(Some(source), Refusal::Replayed, rest, Known::Heard);
                tell_once(&mut self.told[2], source, || {
                    tracing::warn!(
                        source,
                        ?from,
                        "frames that were heard before the last start are refused: they are sent again, or were doubled on their way"
                    );
                });
                continue;
            }
            if frame.authenticated && !self.counters.marks.admit(source, frame.event_time_ns, arrival) {
                refuse(Some(source), Refusal::Replayed, rest, Known::Nothing);
                tell_once(&mut self.told[1], source, || {
                    tracing::warn!(
                        source,
                        "old authenticated frames refused: replayed, or the source's clock went back; \
                        `pitchguard source reset {source}` believes its clock anew"
                    );
                });
                continue;
            }
            self.counters.accept(source);
            if let Some(from) = place {
                self.counters.senders.hear(source, from, arrival);
            }
            self.sink.frame(stamped(&frame, arrival));
        }
        whole
    }

    /// What feeds the intake is gone.
    pub fn hang_up(&mut self) {
        self.sink.hang_up();
    }

    /// All that arrived before `now` has been handed over.
    pub fn beat(&mut self, now: BoxNs) {
        self.sink.beat(now);
    }

    /// The counters.
    pub fn counters(&self) -> &IngestCounters {
        &self.counters
    }

    /// The sink, when all is over.
    pub fn into_sink(self) -> S {
        self.sink
    }
}

fn stamped(frame: &Frame<'_>, arrival: BoxNs) -> Stamped<Signal> {
    Stamped {
        source: frame.source.get(),
        seq: frame.seq,
        event: EventNs(frame.event_time_ns),
        arrival,
        payload: Signal::from(&frame.body),
    }
}

/// Logs once per source, so that a flood of bad frames is no flood of log lines; the counters tell how many.
fn tell_once(told: &mut u64, source: u8, log: impl FnOnce()) {
    let bit = 1 << (source % 64);
    if *told & bit == 0 {
        *told |= bit;
        log();
    }
}
