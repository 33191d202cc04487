//! From a datagram, or a stretch of a serial line, to admitted frames: no socket, no clock.
//!
//! Frames that decode are admitted by two rules. **Address:** with a list of sources, a frame counts only if its source
//! is listed and the datagram came from the address listed for it. **Replay:** with authentication required, an old
//! frame sent again still carries its valid tag, so a frame of more than 32 s before its source's newest is refused.
//! (Nearer repeats fall into the watermark buffer's span, which knows its duplicates.) "Newest" must not be poisoned by
//! one frame from a camera whose clock jumped ahead, else all its good frames would be refused afterwards: event time is
//! believed to advance by as much as box time does, plus 32 s; a jump beyond that must last 32 s to be believed.

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

/// How far behind its source's newest an authenticated frame may be: the span of the watermark buffer's calendar.
pub const REPLAY_NS_MAX: u64 = 32_000_000_000;

/// Turns datagrams into frames, admits them and hands them on.
pub struct Intake<S> {
    keys: Option<KeyRing>,
    allowed: Option<Box<[Option<IpAddr>; 64]>>,
    replay: [Replay; 64],
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
        Self { keys, allowed, replay: [Replay::default(); 64], told: [0; 2], counters, sink }
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
        let authentication = match &self.keys {
            Some(keys) => Authentication::Required(keys),
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
            if frame.authenticated && !self.replay[row].admit(frame.event_time_ns, arrival) {
                self.counters.refuse(Some(source), Refusal::Replayed);
                tell_once(&mut self.told[1], source, || {
                    tracing::warn!(
                        source,
                        "old authenticated frames refused: replayed, or the source's clock went back"
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

/// A source's newest authenticated event time, as far as it is believed.
#[derive(Debug, Clone, Copy, Default)]
struct Replay {
    newest: Option<(u64, BoxNs)>,
    /// A second frame has borne `newest` out: until then a lone first one of the future proves nothing.
    sure: bool,
    ahead_since: Option<BoxNs>,
}

impl Replay {
    /// Whether a frame is recent enough.
    fn admit(&mut self, event: u64, arrival: BoxNs) -> bool {
        let Some((newest, at)) = self.newest else {
            self.newest = Some((event, arrival));
            return true;
        };
        if event.saturating_add(REPLAY_NS_MAX) < newest {
            if self.sure {
                return false;
            }
            self.newest = Some((event, arrival));
            return true;
        }
        let elapsed = arrival.0.saturating_sub(at.0);
        if event > newest.saturating_add(elapsed).saturating_add(REPLAY_NS_MAX) {
            let since = *self.ahead_since.get_or_insert(arrival);
            if arrival.0.saturating_sub(since.0) < REPLAY_NS_MAX {
                return true;
            }
        }
        (self.ahead_since, self.sure) = (None, true);
        if event > newest {
            self.newest = Some((event, arrival));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    #[test]
    fn an_authenticated_frame_of_more_than_32_s_ago_is_a_replay() {
        let mut replay = Replay::default();
        assert!(replay.admit(1000 * S, BoxNs(1003 * S)));
        assert!(replay.admit(1030 * S, BoxNs(1033 * S)));
        assert!(replay.admit(998 * S, BoxNs(1033 * S)));
        assert!(!replay.admit(998 * S - 1, BoxNs(1033 * S)));
    }

    #[test]
    fn a_lone_frame_of_the_future_does_not_turn_the_good_ones_into_replays() {
        let mut replay = Replay::default();
        for second in 0..100 {
            let now = BoxNs((1003 + second) * S);
            assert!(replay.admit((1000 + second) * S, now));
            if second % 10 == 0 {
                assert!(replay.admit(u64::MAX - second, now), "the clock fence judges it, not this");
            }
        }
    }

    #[test]
    fn a_first_frame_of_the_future_does_not_turn_the_good_ones_into_replays() {
        let mut replay = Replay::default();
        assert!(replay.admit(u64::MAX, BoxNs(1002 * S)));
        for second in 0..100 {
            assert!(replay.admit((1000 + second) * S, BoxNs((1003 + second) * S)));
        }
        assert!(!replay.admit(1000 * S, BoxNs(1103 * S)));
    }

    #[test]
    fn a_clock_that_was_set_ahead_for_good_is_believed_after_32_s() {
        let mut replay = Replay::default();
        assert!(replay.admit(1000 * S, BoxNs(1003 * S)));
        for second in 0..=33 {
            assert!(replay.admit((5000 + second) * S, BoxNs((1004 + second) * S)));
        }
        assert!(!replay.admit(1000 * S, BoxNs(1040 * S)), "what was new before the clock was set is old now");
    }

    #[test]
    fn a_source_back_after_a_long_silence_is_no_jump() {
        let mut replay = Replay::default();
        assert!(replay.admit(1000 * S, BoxNs(1003 * S)));
        assert!(replay.admit(9000 * S, BoxNs(9003 * S)));
        assert!(!replay.admit(1000 * S, BoxNs(9004 * S)));
    }

    #[test]
    fn no_times_overflow() {
        let mut replay = Replay::default();
        for event in [u64::MAX, 0, u64::MAX, 1, 0] {
            for arrival in [0, u64::MAX, 5] {
                replay.admit(event, BoxNs(arrival));
            }
        }
    }
}
