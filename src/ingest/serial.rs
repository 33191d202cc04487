//! Frames off serial lines: one thread a device, each with a tokio runtime of its own that knows nothing but this line.
//!
//! What stands between two zeros is a COBS-encoded frame ([`firmware_protocol::serial`]); after damage the next zero is
//! where reading begins anew, so that one bad byte costs the frame it fell into and, where it fell on a zero, the
//! neighbour. A serial line stamps nothing: a frame arrived when the read that held its last byte returned.
//!
//! A device that goes away is opened again under the same path, after 100 ms and then with pauses that double up to 2 s,
//! until frames come again. Meanwhile its path into the watermark buffer vouches for nobody ([`FrameSink::hang_up`]): what
//! its sources do is unknown, and nobody waits for them. Rubbish that goes on is said in words once a minute.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use firmware_protocol::serial::Decoder;
use tokio::io::AsyncReadExt;
use tokio_serial::{DataBits, FlowControl, Parity, SerialStream, StopBits};

use super::counters::{IngestCounters, add};
use super::intake::Intake;
use super::keys::KeyRing;
use super::line::{LineCounters, LineState};
use super::refused::Sample;
use super::sink::FrameSink;
use super::sys;
use crate::clock::BoxClock;

/// Longest wait for a byte: how fast the thread stops, and how often it beats when nothing comes.
const WAIT: Duration = Duration::from_millis(50);
/// First and longest pause before a device is opened again.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(2);
/// Bytes of one read: 44 ms of the fastest usual line (921,600 baud), and what the kernel's own buffer holds.
const READ_BYTES: usize = 4096;
/// So many bytes, and so long, without one frame are more than a disturbance: nearly three of the longest frames.
const RUBBISH_BYTES: u64 = 4096;
const RUBBISH_FOR: Duration = Duration::from_secs(2);
/// How often it is said.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// A serial line that is not listened to yet.
#[derive(Debug)]
pub struct SerialIngest {
    line: Arc<LineCounters>,
    /// Its place in the configuration.
    number: u8,
    keys: Option<KeyRing>,
    counters: Arc<IngestCounters>,
}

impl SerialIngest {
    /// The lines that the counters were made for, each with the keys that its frames must be authenticated with; none for
    /// no authentication. `[ingest] sources` lists addresses of the network, and does not bind what is plugged in.
    pub fn lines(keys: Option<&KeyRing>, counters: &Arc<IngestCounters>) -> Vec<Self> {
        // There are few lines (LINES_MAX).
        let line = |(number, line): (usize, &Arc<LineCounters>)| Self {
            line: Arc::clone(line),
            number: number as u8,
            keys: keys.cloned(),
            counters: Arc::clone(counters),
        };
        counters.lines().iter().enumerate().map(line).collect()
    }

    /// Starts the reading thread. It ends within 50 ms of `stop` and gives the sink back. The device may be absent.
    ///
    /// # Errors
    /// When the system gives no thread or no event queue.
    pub fn spawn<S: FrameSink>(self, clock: BoxClock, stop: Arc<AtomicBool>, sink: S) -> io::Result<JoinHandle<S>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        std::thread::Builder::new().name("ingest-serial".into()).spawn(move || {
            let Self { line, number, keys, counters } = self;
            let intake = Intake::new(keys, &BTreeMap::new(), counters, sink);
            let (rubbish, raw) = (Rubbish::default(), Sample::default());
            let listener = Listener { line, number, clock, intake, raw, rubbish, pause: RETRY_MIN };
            runtime.block_on(listener.run(&stop))
        })
    }
}

struct Listener<S> {
    line: Arc<LineCounters>,
    number: u8,
    clock: BoxClock,
    intake: Intake<S>,
    /// How what came since the last zero begins.
    raw: Sample,
    rubbish: Rubbish,
    /// Before the next attempt to open.
    pause: Duration,
}

impl<S: FrameSink> Listener<S> {
    async fn run(mut self, stop: &AtomicBool) -> S {
        let mut bytes = vec![0; READ_BYTES].into_boxed_slice();
        while !stop.load(Ordering::Relaxed) {
            match open(&self.line) {
                Ok(mut port) => {
                    add(&self.line.opened, 1);
                    self.enter(LineState::Open, None);
                    if let Err(error) = self.listen(&mut port, &mut bytes, stop).await {
                        self.enter(LineState::Unplugged, Some(&error));
                        self.intake.hang_up();
                    }
                }
                Err(error) => {
                    add(&self.line.open_failures, 1);
                    // The error's own kind says as little as "no device" of one that is taken.
                    let there = self.line.line().device().exists();
                    self.enter(if there { LineState::Refused } else { LineState::Unplugged }, Some(&error));
                }
            }
            self.rest(stop).await;
        }
        self.intake.into_sink()
    }

    /// Reads until told to stop, or until the device is gone: then the error.
    async fn listen(&mut self, port: &mut SerialStream, bytes: &mut [u8], stop: &AtomicBool) -> io::Result<()> {
        let mut decoder = Decoder::new();
        self.rubbish.reopen();
        self.raw = Sample::default();
        while !stop.load(Ordering::Relaxed) {
            add(&self.line.turns, 1);
            self.intake.beat(self.clock.now());
            // Out of time: nothing came, which is as well. The read waits for readiness and takes it back when it finds
            // nothing more, so that a line costs what comes on it.
            match tokio::time::timeout(WAIT, port.read(bytes)).await {
                Err(_nothing) => {}
                Ok(Ok(0)) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the line was hung up")),
                Ok(Ok(count)) => self.take(&mut decoder, &bytes[..count]),
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(error),
            }
        }
        self.intake.beat(self.clock.now());
        Ok(())
    }

    fn take(&mut self, decoder: &mut Decoder, bytes: &[u8]) {
        let arrival = self.clock.now();
        add(&self.line.bytes, bytes.len() as u64);
        let mut frames = 0_u32;
        for byte in bytes {
            let stretch = decoder.push(*byte);
            let raw = match byte {
                0 => std::mem::take(&mut self.raw),
                byte => {
                    self.raw.push(*byte);
                    self.raw
                }
            };
            let Some(stretch) = stretch else { continue };
            let whole = self.intake.stretch(stretch, raw, self.number, arrival);
            self.line.stretch(whole);
            frames += u32::from(whole);
        }
        let (count, line) = (bytes.len() as u64, &self.line);
        match self.rubbish.judge(count, frames > 0, Instant::now()) {
            Verdict::Frames => {
                self.pause = RETRY_MIN;
                if line.state() == LineState::Rubbish {
                    self.enter(LineState::Open, None);
                }
            }
            Verdict::Unclear => {}
            Verdict::Rubbish { say } => {
                line.set(LineState::Rubbish);
                if let Some(rubbish) = say {
                    let (device, baud) = (line.line().device().display(), line.line().baud());
                    tracing::warn!(
                        %device, baud, bytes = rubbish,
                        "wrong speed? Nothing that comes on the serial line is a frame; set the device's own speed in \
                         [ingest] serial, and check that it sends pitchguard frames, its cable and its ground"
                    );
                }
            }
        }
    }

    /// Notes the line's state, and says so where it is another one.
    fn enter(&self, state: LineState, why: Option<&io::Error>) {
        if self.line.set(state) == state {
            return;
        }
        let device = self.line.line();
        match why {
            None => tracing::info!(%device, "the serial line is read"),
            Some(error) => tracing::warn!(%device, %error, "serial line {}: {}", state.as_str(), state.advice()),
        }
    }

    /// Pauses before the next attempt, twice as long each time.
    async fn rest(&mut self, stop: &AtomicBool) {
        let until = Instant::now() + self.pause;
        self.pause = (2 * self.pause).min(RETRY_MAX);
        while !stop.load(Ordering::Relaxed) {
            add(&self.line.turns, 1);
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(WAIT)).await;
        }
    }
}

/// Opens the device: 8N1, raw, no flow control, for this process alone.
fn open(line: &LineCounters) -> io::Result<SerialStream> {
    let (device, baud) = (line.line().device().to_string_lossy(), line.line().baud());
    let builder = tokio_serial::new(device, baud)
        .data_bits(DataBits::Eight)
        .parity(Parity::None)
        .stop_bits(StopBits::One)
        .flow_control(FlowControl::None);
    let port = SerialStream::open(&builder)?;
    sys::read_waits_for_a_byte(&port)?;
    Ok(port)
}

/// Tells a disturbance from a line on which nothing is a frame.
#[derive(Debug, Default)]
struct Rubbish {
    /// Bytes since the last whole frame.
    bytes: u64,
    /// When the first of them came.
    since: Option<Instant>,
    told: Option<Instant>,
}

/// What a read brought.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Whole frames, one at least.
    Frames,
    /// None, and it may be a disturbance or the beginning of one.
    Unclear,
    /// None for so long that it is neither; with the bytes since the last frame where it is due to be said.
    Rubbish { say: Option<u64> },
}

impl Rubbish {
    /// Forgets what came, not when it was said.
    fn reopen(&mut self) {
        (self.bytes, self.since) = (0, None);
    }

    fn judge(&mut self, bytes: u64, frames: bool, now: Instant) -> Verdict {
        if frames {
            self.reopen();
            return Verdict::Frames;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        let since = *self.since.get_or_insert(now);
        if self.bytes < RUBBISH_BYTES || now.saturating_duration_since(since) < RUBBISH_FOR {
            return Verdict::Unclear;
        }
        let due = self.told.is_none_or(|told| now.saturating_duration_since(told) >= TELL_EVERY);
        if due {
            self.told = Some(now);
        }
        Verdict::Rubbish { say: due.then_some(self.bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rubbish_is_told_after_4_kb_and_2_s_without_a_frame_and_then_once_a_minute() {
        let (mut rubbish, start) = (Rubbish::default(), Instant::now());
        let mut at = |seconds: u64, bytes, frames| rubbish.judge(bytes, frames, start + Duration::from_secs(seconds));
        assert_eq!(at(0, 1_000_000, false), Verdict::Unclear, "a burst");
        assert_eq!(at(1, 10, true), Verdict::Frames);
        assert_eq!(at(2, 1, false), Verdict::Unclear);
        assert_eq!(at(60, 4094, false), Verdict::Unclear, "a byte here and there");
        assert_eq!(at(61, 1, false), Verdict::Rubbish { say: Some(4096) });
        assert_eq!(at(120, 1, false), Verdict::Rubbish { say: None });
        assert_eq!(at(121, 1, false), Verdict::Rubbish { say: Some(4098) });
        assert_eq!(at(122, 60, true), Verdict::Frames);
        assert_eq!(at(123, 5000, false), Verdict::Unclear);
        assert_eq!(at(125, 1, false), Verdict::Rubbish { say: None }, "said less than a minute ago");
    }
}
