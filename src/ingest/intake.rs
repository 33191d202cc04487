//! From a datagram, or a stretch of a serial line, to admitted frames: no socket, no clock.
//!
//! Frames that decode are admitted by two rules. **Address:** with a list of sources, a frame counts only if its source
//! is listed and the datagram came from the address listed for it. **Replay:** with authentication required, an old
//! frame sent again still carries its valid tag, so a frame far before its source's mark ([`marks`](super::marks)) is refused.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use firmware_protocol::serial::SerialError;
use firmware_protocol::{Authentication, Cause, Frame, SourceId, frames};

use super::counters::{IngestCounters, Refusal, add};
use super::keys::KeyRing;
use super::{FrameSink, Signal};
use crate::ids::{BoxNs, EventNs};
use crate::reorder::Stamped;

/// Turns datagrams into frames, admits them and hands them on.
pub struct Intake<S> {
    keys: Option<KeyRing>,
    allowed: Option<Box<[Option<IpAddr>; 64]>>,
    told: [u64; 2],
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
        Self { keys, allowed, told: [0; 2], counters, sink }
    }

    /// Takes one datagram that came from an address and arrived at that time.
    pub fn datagram(&mut self, bytes: &[u8], from: Option<IpAddr>, arrival: BoxNs) {
        add(&self.counters.datagrams, 1);
        add(&self.counters.bytes, bytes.len() as u64);
        self.admit(bytes, from, arrival);
    }

    /// Takes what stood between two zeros of a serial line, which nothing but its own checksum vouches for. Whether that
    /// holds, be the frame admitted or not.
    pub fn stretch(&mut self, stretch: Result<&[u8], SerialError>, arrival: BoxNs) -> bool {
        match stretch {
            Ok(bytes) => self.admit(bytes, None, arrival),
            Err(error) => {
                self.counters.refuse(None, Refusal::Serial(error));
                false
            }
        }
    }

    /// Decodes and admits frames; whether every checksum held.
    fn admit(&mut self, bytes: &[u8], from: Option<IpAddr>, arrival: BoxNs) -> bool {
        let mut whole = true;
        let keys = self.keys.as_ref().map(KeyRing::current);
        let authentication = match &keys {
            Some(keys) => Authentication::Required(&***keys),
            None => Authentication::Off,
        };
        for frame in frames(bytes, authentication) {
            let frame = match frame {
                Ok(frame) => frame,
                Err(rejected) => {
                    let vouched = rejected.cause > Cause::Crc;
                    whole &= vouched;
                    let source = rejected.source.filter(|_| vouched).map(SourceId::get);
                    self.counters.refuse(source, Refusal::Protocol(rejected.cause));
                    continue;
                }
            };
            let source = frame.source.get();
            let row = usize::from(source) % 64;
            if let Some(allowed) = &self.allowed
                && (from.is_none() || allowed[row] != from)
            {
                self.counters.refuse(Some(source), Refusal::Address);
                tell_once(&mut self.told[0], source, || {
                    tracing::warn!(source, from = ?from, "frames refused: not the address that [ingest] sources lists");
                });
                continue;
            }
            if frame.authenticated && !self.counters.marks.admit(source, frame.event_time_ns, arrival) {
                self.counters.refuse(Some(source), Refusal::Replayed);
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
