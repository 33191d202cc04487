//! The stadium over UDP, in real time or faster: frames leave at the moment at which they would reach the box, those
//! due together share a datagram.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use firmware_protocol::{Body, EncodeError, Frame, Keyring, MAX_DATAGRAM, SourceId, encode};

use super::stadium::{Delivery, Stadium};
use super::thrown::Thrown;
use crate::ids::EventNs;
use crate::ingest::KeyRing;
use crate::signal::Signal;

/// Frames due within this of each other leave together.
const TICK: Duration = Duration::from_millis(1);
/// A wish to stop is seen within this.
const NAP: Duration = Duration::from_millis(50);

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Pitches thrown.
    pub pitches: usize,
    /// Frames handed to the network, doubles counted twice.
    pub frames: u64,
    /// Datagrams handed to the network.
    pub datagrams: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Datagrams after which the far side said that nobody listens there.
    pub unheard: u64,
    /// Whether it was stopped before the end.
    pub stopped: bool,
}

/// Why frames cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The socket cannot be had or does not take a datagram.
    #[error("udp to {to}: {source}; check the address and this machine's network")]
    Socket {
        /// Where to.
        to: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The keys file has no key for a source that sends.
    #[error("the keys file has no key for source {0}; add a line with one, or send without keys")]
    NoKey(u8),
    /// A frame that the wire cannot carry.
    #[error("source {source_id} cannot say this on the wire: {error}; check the venue file's source ids")]
    Encode {
        /// The source.
        source_id: u8,
        /// Why not.
        error: EncodeError,
    },
}

/// Sends a stadium's frames to an address and calls `thrown` with each pitch as it is thrown. `started` is the moment
/// that stands for [`Stadium::start`]; from there time runs `speed` times as fast. Ends with the stadium's evening, or soon
/// after `stop` is set.
///
/// # Errors
/// When the socket fails or a frame cannot be encoded. Nobody listening is counted, not an error: the box may start later.
pub fn send(
    stadium: &mut Stadium,
    to: SocketAddr,
    keys: Option<&KeyRing>,
    started: Instant,
    speed: f64,
    stop: &AtomicBool,
    mut thrown: impl FnMut(usize, &Thrown),
) -> Result<Sent, SendError> {
    let mut line = Line::open(to)?;
    let first = stadium.start();
    let mut sent = Sent::default();
    while let Some(delivery) = stadium.next() {
        let due = started + moment(first, delivery.arrival.0, speed);
        if due > Instant::now() {
            line.flush()?;
            sleep_until(due + TICK, stop);
        }
        if stop.load(Ordering::Relaxed) {
            sent.stopped = true;
            break;
        }
        while let Some(pitch) = stadium.truth().get(sent.pitches).filter(|p| p.release.0 <= delivery.arrival.0) {
            thrown(sent.pitches, pitch);
            sent.pitches += 1;
        }
        line.push(&delivery, keys)?;
    }
    line.flush()?;
    let Line { frames, datagrams, bytes, unheard, .. } = line;
    Ok(Sent { frames, datagrams, bytes, unheard, ..sent })
}

/// How long after the start something happens.
fn moment(first: EventNs, at_ns: u64, speed: f64) -> Duration {
    Duration::from_secs_f64(at_ns.saturating_sub(first.0) as f64 * 1e-9 / speed)
}

/// Sleeps, but not for long once told to stop.
fn sleep_until(due: Instant, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        sleep(left.min(NAP));
    }
}

/// A socket and the datagram being filled.
struct Line {
    socket: UdpSocket,
    to: SocketAddr,
    datagram: [u8; MAX_DATAGRAM],
    filled: usize,
    frames: u64,
    datagrams: u64,
    bytes: u64,
    unheard: u64,
}

impl Line {
    fn open(to: SocketAddr) -> Result<Self, SendError> {
        let any = SocketAddr::new(if to.is_ipv4() { [0; 4].into() } else { [0; 16].into() }, 0);
        let connected = UdpSocket::bind(any).and_then(|socket| socket.connect(to).map(|()| socket));
        let socket = connected.map_err(|source| SendError::Socket { to, source })?;
        let datagram = [0; MAX_DATAGRAM];
        Ok(Self { socket, to, datagram, filled: 0, frames: 0, datagrams: 0, bytes: 0, unheard: 0 })
    }

    /// Adds a frame to the datagram, which leaves first if it has no room.
    fn push(&mut self, delivery: &Delivery, keys: Option<&KeyRing>) -> Result<(), SendError> {
        let Some(body) = body(&delivery.signal) else {
            return Ok(());
        };
        let error = |error| SendError::Encode { source_id: delivery.source, error };
        let source = SourceId::new(delivery.source).ok_or_else(|| error(EncodeError::Values))?;
        let key = match keys {
            Some(ring) => Some(*ring.current().keys(source).first().ok_or(SendError::NoKey(delivery.source))?),
            None => None,
        };
        let frame = Frame {
            source,
            seq: delivery.seq,
            event_time_ns: delivery.event.0,
            clock_locked: true,
            authenticated: key.is_some(),
            body,
        };
        let mut written = encode(&frame, key.as_ref(), &mut self.datagram[self.filled..]);
        if let Err(EncodeError::NoRoom { .. }) = written {
            self.flush()?;
            written = encode(&frame, key.as_ref(), &mut self.datagram);
        }
        self.filled += written.map_err(error)?;
        self.frames += 1;
        Ok(())
    }

    /// Sends the datagram, if there is anything in it.
    fn flush(&mut self) -> Result<(), SendError> {
        if self.filled == 0 {
            return Ok(());
        }
        let datagram = &self.datagram[..self.filled];
        // The refusal of an earlier datagram is told at the next one, which did not leave then: it is sent again.
        let outcome = match self.socket.send(datagram) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.unheard += 1;
                self.socket.send(datagram)
            }
            outcome => outcome,
        };
        match outcome {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => self.unheard += 1,
            Err(source) => return Err(SendError::Socket { to: self.to, source }),
            Ok(_) => {}
        }
        self.datagrams += 1;
        self.bytes += self.filled as u64;
        self.filled = 0;
        Ok(())
    }
}

/// What a signal looks like on the wire; poses are not simulated.
fn body(signal: &Signal) -> Option<Body<'static>> {
    Some(match signal {
        Signal::Ball(ball) => Body::Ball(*ball),
        Signal::Fiducial(fiducial) => Body::Fiducial(*fiducial),
        Signal::Spin(spin) => Body::Spin(*spin),
        Signal::Mark(mark) => Body::Mark(*mark),
        Signal::Health(health) => Body::Health(*health),
        Signal::Pose { .. } => return None,
    })
}
