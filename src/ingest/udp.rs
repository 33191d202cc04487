//! Datagrams off a UDP socket, in batches, each with the moment at which the kernel received it.
//!
//! The kernel stamps with the system clock, which may step; everything inside uses box time, which never does. So only
//! the datagram's age crosses over: age = system time now − stamp, between 0 and 1 s, and arrival = box time now − age.
//! A step of the system clock can shift the arrivals of one batch by a second at most, never the clock; and arrivals
//! never go back.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use socket2::{Domain, Protocol, Socket, Type};

use super::counters::{IngestCounters, add};
use super::intake::Intake;
use super::keys::KeyRing;
use super::sink::FrameSink;
use super::sys;
use crate::clock::BoxClock;
use crate::ids::BoxNs;

/// Longest wait for a datagram: how fast the thread stops, and how often it beats when nothing comes.
const WAIT: Duration = Duration::from_millis(50);
/// Pause after an error that came at once, so that a socket that only fails does not eat a core.
const PAUSE: Duration = Duration::from_millis(10);
/// Longest believed wait of a datagram in the receive buffer.
const AGE_MAX: Duration = Duration::from_secs(1);

/// Where to listen and whom to believe.
#[derive(Debug, Clone)]
pub struct UdpSettings {
    /// Address and port.
    pub listen: SocketAddr,
    /// Size asked for the receive buffer, bytes.
    pub receive_buffer_bytes: u32,
    /// Source → the address that it must send from; empty for any source from any address.
    pub sources: BTreeMap<u8, IpAddr>,
    /// The keys that frames must be authenticated with; none for no authentication.
    pub keys: Option<KeyRing>,
}

/// Why a socket cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The address cannot be had.
    #[error("cannot listen on udp {address}: {source}; {}", advice(source))]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The socket lacks something that ingest needs.
    #[error("udp {address}: cannot {what}: {source}; Linux 4.6 or later is needed, outside of restrictive sandboxes")]
    Socket {
        /// The address.
        address: SocketAddr,
        /// What was asked of the socket.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::AddrInUse => {
            "another process has it (`ss -ulpn` shows which): stop that, or set [ingest] udp_listen"
        }
        ErrorKind::AddrNotAvailable => {
            "this box has no such address (`ip address` lists them): set [ingest] udp_listen"
        }
        ErrorKind::PermissionDenied => {
            "ports under 1024 need CAP_NET_BIND_SERVICE: set [ingest] udp_listen to a higher one"
        }
        _ => "check [ingest] udp_listen",
    }
}

/// A bound socket, not yet listened to.
#[derive(Debug)]
pub struct UdpIngest {
    socket: Socket,
    address: SocketAddr,
    receive_buffer_bytes: u32,
    settings: UdpSettings,
}

impl UdpIngest {
    /// Binds the socket and sizes its receive buffer; warns when the kernel gave less than was asked for.
    ///
    /// # Errors
    /// When the address cannot be had or the socket cannot stamp; says which and what to do.
    pub fn bind(settings: UdpSettings) -> Result<Self, IngestError> {
        let address = settings.listen;
        let failed = |what| move |source| IngestError::Socket { address, what, source };
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))
            .map_err(failed("make a socket"))?;
        if sys::force_receive_buffer(socket.as_fd(), settings.receive_buffer_bytes).is_err() {
            let asked = settings.receive_buffer_bytes as usize;
            socket.set_recv_buffer_size(asked).map_err(failed("set the receive buffer"))?;
        }
        socket.bind(&address.into()).map_err(|source| IngestError::Bind { address, source })?;
        Self::take_over(socket, settings)
    }

    /// Listens to a socket that is bound already, by a service manager that keeps it open while the daemon is away. Its
    /// receive buffer is as its owner made it.
    ///
    /// # Errors
    /// When the socket cannot stamp.
    pub fn take_over(socket: Socket, settings: UdpSettings) -> Result<Self, IngestError> {
        let (address, asked) = (settings.listen, settings.receive_buffer_bytes);
        let failed = |what| move |source| IngestError::Socket { address, what, source };
        socket.set_nonblocking(false).map_err(failed("make its reads wait"))?;
        // The kernel doubles what is asked for, to have room for its bookkeeping, and reads back the double.
        let doubled = socket.recv_buffer_size().map_err(failed("read the receive buffer's size"))?;
        let receive_buffer_bytes = u32::try_from(doubled / 2).unwrap_or(u32::MAX);
        if let Some(warning) = capped(asked, receive_buffer_bytes) {
            tracing::warn!("{warning}");
        }
        sys::ask_for_stamps_and_drops(socket.as_fd()).map_err(failed("ask for receive stamps and drop counts"))?;
        socket.set_read_timeout(Some(WAIT)).map_err(failed("set the receive timeout"))?;
        let bound = socket.local_addr().map_err(failed("read its address"))?.as_socket().unwrap_or(address);
        Ok(Self { socket, address: bound, receive_buffer_bytes, settings })
    }

    /// The address listened on, with the port that the system chose if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The receive buffer that the kernel gave, bytes.
    pub fn receive_buffer_bytes(&self) -> u32 {
        self.receive_buffer_bytes
    }

    /// Starts the receiving thread. It ends within 50 ms of `stop` and gives the sink back.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn spawn<S: FrameSink>(
        self,
        clock: BoxClock,
        counters: Arc<IngestCounters>,
        stop: Arc<AtomicBool>,
        sink: S,
    ) -> io::Result<JoinHandle<S>> {
        std::thread::Builder::new().name("ingest-udp".into()).spawn(move || {
            let Self { socket, settings, .. } = self;
            let intake = Intake::new(settings.keys, &settings.sources, counters, sink);
            Receiver { socket, clock, intake, drops: Drops::default(), latest: BoxNs(0), failing: false }.run(&stop)
        })
    }
}

/// What to tell the operator when the kernel gave a smaller receive buffer than asked for.
fn capped(asked: u32, got: u32) -> Option<String> {
    (got < asked).then(|| {
        format!(
            "the kernel gave {got} of {asked} bytes of UDP receive buffer, bursts may be dropped; \
             run `sysctl -w net.core.rmem_max={asked}`, or grant CAP_NET_ADMIN, and restart"
        )
    })
}

struct Receiver<S> {
    socket: Socket,
    clock: BoxClock,
    intake: Intake<S>,
    drops: Drops,
    latest: BoxNs,
    failing: bool,
}

impl<S: FrameSink> Receiver<S> {
    fn run(mut self, stop: &AtomicBool) -> S {
        let mut batch = sys::Batch::new();
        while !stop.load(Ordering::Relaxed) {
            match batch.receive(self.socket.as_fd()) {
                Ok(()) => self.take(&batch),
                Err(error) => self.survive(&error),
            }
            add(&self.intake.counters().turns, 1);
            self.intake.beat(self.clock.now());
        }
        self.intake.into_sink()
    }

    fn take(&mut self, batch: &sys::Batch) {
        self.failing = false;
        let now = self.clock.now();
        let system_now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        for datagram in batch.datagrams() {
            if datagram.stamp.is_none() {
                add(&self.intake.counters().unstamped, 1);
            }
            if let Some(drops) = datagram.drops {
                self.count_drops(drops);
            }
            self.latest = arrival(now, system_now, datagram.stamp, self.clock.speed()).max(self.latest);
            self.intake.datagram(datagram.bytes, datagram.length, datagram.from, self.latest);
        }
    }

    fn survive(&mut self, error: &io::Error) {
        match error.kind() {
            // Nothing came: the moment to ask for drops that no later datagram has told of.
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                if let Some(drops) = sys::drops_until_now(self.socket.as_fd()) {
                    self.count_drops(drops);
                }
            }
            ErrorKind::Interrupted => add(&self.intake.counters().socket_errors, 1),
            _ => {
                add(&self.intake.counters().socket_errors, 1);
                if !self.failing {
                    self.failing = true;
                    tracing::warn!(%error, "the UDP socket failed; going on");
                }
                std::thread::sleep(PAUSE);
            }
        }
    }

    fn count_drops(&mut self, drops: u32) {
        add(&self.intake.counters().kernel_dropped, self.drops.new_since(drops));
    }
}

/// The kernel's drop count, which wraps and is told twice in two ways.
#[derive(Debug, Default)]
struct Drops(u32);

impl Drops {
    /// Drops since the last call. A stamp from before it (a datagram that waited) tells nothing new.
    fn new_since(&mut self, count: u32) -> u64 {
        let new = count.wrapping_sub(self.0);
        if new > u32::MAX / 2 {
            return 0;
        }
        self.0 = count;
        u64::from(new)
    }
}

/// When a datagram arrived, in box time.
fn arrival(now: BoxNs, system_now: Duration, stamp: Option<Duration>, speed: f64) -> BoxNs {
    let age = stamp.map_or(Duration::ZERO, |stamp| system_now.saturating_sub(stamp).min(AGE_MAX));
    BoxNs(now.0.saturating_sub((age.as_nanos() as f64 * speed) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: BoxNs = BoxNs(5_000_000_000);
    const SYSTEM: Duration = Duration::from_secs(1_780_000_000);

    #[test]
    fn a_datagram_arrived_as_long_ago_as_its_stamp_says() {
        let stamp = SYSTEM.checked_sub(Duration::from_micros(300));
        assert_eq!(arrival(NOW, SYSTEM, stamp, 1.0), BoxNs(4_999_700_000));
        assert_eq!(arrival(NOW, SYSTEM, stamp, 10.0), BoxNs(4_997_000_000));
        assert_eq!(arrival(NOW, SYSTEM, None, 1.0), NOW);
    }

    #[test]
    fn a_step_of_the_system_clock_shifts_an_arrival_by_a_second_at_most() {
        for hours in [1, 24] {
            let step = Duration::from_secs(3600 * hours);
            assert_eq!(arrival(NOW, SYSTEM + step, Some(SYSTEM), 1.0), BoxNs(4_000_000_000));
            assert_eq!(arrival(NOW, SYSTEM, Some(SYSTEM + step), 1.0), NOW);
        }
    }

    #[test]
    fn drops_are_counted_once_however_often_told_and_over_the_wrap() {
        let mut drops = Drops::default();
        assert_eq!([5, 5, 3, 9].map(|count| drops.new_since(count)), [5, 0, 0, 4]);
        let mut drops = Drops(u32::MAX - 1);
        assert_eq!(drops.new_since(3), 5);
    }

    #[test]
    fn a_socket_that_fails_is_counted_and_survived() {
        /// Stops the receiver at its third beat.
        struct Beats(u32, Arc<AtomicBool>);
        impl FrameSink for Beats {
            fn frame(&mut self, _: crate::reorder::Stamped<crate::signal::Signal>) {}
            fn beat(&mut self, _: BoxNs) {
                self.0 += 1;
                self.1.store(self.0 == 3, Ordering::Relaxed);
            }
        }
        // A stream that was never connected fails at once, each time.
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let (counters, stop) = (Arc::new(IngestCounters::default()), Arc::new(AtomicBool::new(false)));
        let intake = Intake::new(None, &BTreeMap::new(), Arc::clone(&counters), Beats(0, Arc::clone(&stop)));
        let clock = BoxClock::start(1.0);
        Receiver { socket, clock, intake, drops: Drops::default(), latest: BoxNs(0), failing: false }.run(&stop);
        assert_eq!(counters.snapshot().socket_errors, 3);
    }

    #[test]
    fn a_capped_buffer_is_told_with_the_command_that_lifts_the_cap() {
        assert!(capped(1 << 24, 1 << 24).is_none());
        let warning = capped(1 << 24, 212_992).expect("capped");
        assert!(warning.contains("sysctl -w net.core.rmem_max=16777216"), "{warning}");
    }

    #[test]
    fn a_failed_bind_says_which_address_why_and_what_to_do() {
        let settings =
            |listen| UdpSettings { listen, receive_buffer_bytes: 1 << 16, sources: BTreeMap::new(), keys: None };
        let first = UdpIngest::bind(settings(SocketAddr::from(([127, 0, 0, 1], 0)))).expect("a free port");
        let error = UdpIngest::bind(settings(first.address())).expect_err("taken").to_string();
        assert!(error.contains(&first.address().to_string()) && error.contains("ss -ulpn"), "{error}");
        let error =
            UdpIngest::bind(settings(SocketAddr::from(([192, 0, 2, 1], 7117)))).expect_err("not ours").to_string();
        assert!(error.contains("192.0.2.1:7117") && error.contains("ip address"), "{error}");
    }
}
