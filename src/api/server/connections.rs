//! Who is connected, and who has to go when there is no place left.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use crate::api::limit::network;
use crate::api::options::HttpOptions;
use crate::observe::Telemetry;

/// How long a newcomer waits for the descriptor of one that was told to leave.
const LEAVES_WITHIN: Duration = Duration::from_secs(1);
/// A client that has taken nothing of its answer for so long may be sent away to make room.
const STALLED_AFTER: Duration = Duration::from_millis(250);
/// How long a request waits for its turn among those of its address, …
const TURN_WITHIN: Duration = Duration::from_secs(5);
/// … and how often it is looked meanwhile whether a stalled one can make room.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Connections on which nothing was asked yet, at most: each costs some 30 kB, and who behaves asks within milliseconds.
const FRESH_MAX: usize = 256;
/// How long the next newcomer waits where there are more, and each may have asked something that was not read yet.
const READ_WITHIN: Duration = Duration::from_millis(1);
/// Clients that do not take their answers at the moment, of all addresses together, and what is kept for them, bytes: of more than
/// that, those that have taken nothing for longest make room once they stall, …
const WAITING_MAX: (usize, usize) = (96, 6 << 20);
/// … and of more than this, at once.
const WAITING_LIMIT: (usize, usize) = (192, 12 << 20);

/// Rank of a connection on which nothing was asked yet, …
const FRESH: u8 = 0;
/// … and of a client that does not take its answer.
const STALLED: u8 = 1;

/// What a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum State {
    /// Nothing was asked on it yet.
    Fresh,
    /// A request is being served, or its answer taken.
    Asking,
    /// Its client does not take its answer at the moment.
    Waiting,
    /// All that was asked is answered.
    Idle,
    /// It became a WebSocket.
    Live,
}

impl State {
    const ALL: [Self; 5] = [Self::Fresh, Self::Asking, Self::Waiting, Self::Idle, Self::Live];
}

/// All connections.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    most_of_address: usize,
    answers_of_address: usize,
    places: Arc<Semaphore>,
    table: Mutex<Table>,
    telemetry: Arc<Telemetry>,
    began: Instant,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    /// Those that were not told to leave.
    staying: HashMap<u64, Arc<Connection>>,
    addresses: HashMap<IpAddr, Address>,
}

/// One address, or one network of IPv6.
#[derive(Debug)]
struct Address {
    connections: usize,
    answers: Arc<Semaphore>,
}

#[derive(Debug)]
struct Connection {
    address: IpAddr,
    state: AtomicU8,
    /// When it last came into its state, or its client last took something, ms since `began`.
    since_ms: AtomicU64,
    /// When its last request began, ms since `began`.
    asked_ms: AtomicU64,
    /// All that had come on it was read, and it was no whole request.
    was_read: AtomicBool,
    /// What is kept of its answer, bytes.
    holds: AtomicUsize,
    leave: Notify,
    /// What its client has not taken is thrown away.
    cut_off: AtomicBool,
    /// Turns of its address: as many as there may be answers under way.
    answers: Arc<Semaphore>,
}

impl Connection {
    fn state(&self) -> State {
        State::ALL[usize::from(self.state.load(Ordering::Relaxed)) % State::ALL.len()]
    }

    /// How soon it goes when somebody has to, the smallest first; none where it stays.
    fn rank(&self, now: Duration) -> Option<(u8, Duration)> {
        let since = Duration::from_millis(self.since_ms.load(Ordering::Relaxed));
        match self.state() {
            State::Fresh => self.was_read.load(Ordering::Relaxed).then_some((FRESH, since)),
            State::Waiting if now.saturating_sub(since) >= STALLED_AFTER => Some((STALLED, since)),
            State::Idle => Some((2, since)),
            State::Asking | State::Waiting | State::Live => None,
        }
    }
}

impl Connections {
    pub(super) fn new(options: &HttpOptions, telemetry: Arc<Telemetry>) -> Arc<Self> {
        telemetry.http().most.store(options.connections_max as u64, Ordering::Relaxed);
        Arc::new(Self {
            most: options.connections_max,
            most_of_address: options.connections_per_address,
            answers_of_address: options.answers_per_address,
            places: Arc::new(Semaphore::new(options.connections_max)),
            table: Mutex::default(),
            telemetry,
            began: Instant::now(),
        })
    }

    /// A place for a newcomer, if need be that of one that is not being served.
    pub(super) async fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let address = network(peer);
        let place = self.find_place(address).await;
        let counts = self.telemetry.http();
        let Some(permit) = place else {
            counts.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        counts.open.fetch_add(1, Ordering::Relaxed);
        let mut table = self.table();
        let answers = || Address { connections: 0, answers: Arc::new(Semaphore::new(self.answers_of_address)) };
        let of_address = table.addresses.entry(address).or_insert_with(answers);
        of_address.connections += 1;
        let connection = Arc::new(Connection {
            address,
            state: AtomicU8::new(State::Fresh as u8),
            since_ms: AtomicU64::new(self.now().as_millis() as u64),
            asked_ms: AtomicU64::default(),
            was_read: AtomicBool::new(false),
            holds: AtomicUsize::default(),
            leave: Notify::new(),
            cut_off: AtomicBool::new(false),
            answers: Arc::clone(&of_address.answers),
        });
        let id = table.next;
        table.next += 1;
        table.staying.insert(id, Arc::clone(&connection));
        Some(Place { id, connection, connections: Arc::clone(self), _permit: permit })
    }

    async fn find_place(&self, address: IpAddr) -> Option<OwnedSemaphorePermit> {
        let of_address = self.table().addresses.get(&address).map_or(0, |address| address.connections);
        let is_fresh = |connection: &&Arc<Connection>| connection.state() == State::Fresh;
        if self.table().staying.values().filter(is_fresh).count() >= FRESH_MAX {
            // One that asks just now goes no more: then there are fewer of these. Nor does one that nobody has listened to.
            if !self.send_away(|_, rank| rank == FRESH) {
                sleep(READ_WITHIN).await;
            }
        }
        if of_address >= self.most_of_address && !self.send_away(|connection, _| connection.address == address) {
            return None;
        }
        if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
            return Some(permit);
        }
        // Of those that were told to leave some may not have left yet: then nobody else has to.
        let left = self.table().staying.len();
        if left >= self.most && !self.send_away(|_, _| true) {
            return None;
        }
        timeout(LEAVES_WITHIN, Arc::clone(&self.places).acquire_owned()).await.ok()?.ok()
    }

    /// Tells one of these, by connection and rank, to leave that is not being served: whether there was one.
    fn send_away(&self, these: impl Fn(&Connection, u8) -> bool) -> bool {
        let now = self.now();
        let mut table = self.table();
        let ranked = table.staying.iter().filter_map(|(id, connection)| {
            let rank = connection.rank(now)?;
            these(connection, rank.0).then_some((rank, *id))
        });
        let Some((_, id)) = ranked.min() else { return false };
        self.cut_off(&mut table, id);
        true
    }

    fn cut_off(&self, table: &mut Table, id: u64) {
        if let Some(connection) = table.strike(id) {
            connection.cut_off.store(true, Ordering::Relaxed);
            connection.leave.notify_one();
        }
        self.telemetry.http().made_room.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps answers that wait for their clients within their bounds.
    fn bound_waiting(&self) {
        let mut table = self.table();
        let waiting = table.staying.iter().filter(|(_, connection)| connection.state() == State::Waiting);
        let mut waiting: Vec<_> = waiting
            .map(|(id, connection)| {
                let holds = connection.holds.load(Ordering::Relaxed);
                (connection.since_ms.load(Ordering::Relaxed), *id, holds)
            })
            .collect();
        let (mut left, mut bytes) = (waiting.len(), waiting.iter().map(|(.., holds)| holds).sum::<usize>());
        let within = |left, bytes, most: (usize, usize)| left <= most.0 && bytes <= most.1;
        if within(left, bytes, WAITING_MAX) {
            return;
        }
        waiting.sort_unstable();
        let stalled = self.now().saturating_sub(STALLED_AFTER).as_millis() as u64;
        for (since_ms, id, holds) in waiting {
            if within(left, bytes, if since_ms <= stalled { WAITING_MAX } else { WAITING_LIMIT }) {
                return;
            }
            self.cut_off(&mut table, id);
            (left, bytes) = (left - 1, bytes - holds);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Plain numbers: they stay good where a thread panicked.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Table {
    /// Takes a connection off the list, if it still stands there.
    fn strike(&mut self, id: u64) -> Option<Arc<Connection>> {
        let connection = self.staying.remove(&id)?;
        if let Some(address) = self.addresses.get_mut(&connection.address) {
            address.connections -= 1;
            if address.connections == 0 {
                self.addresses.remove(&connection.address);
            }
        }
        Some(connection)
    }
}

/// A connection's place; free again when dropped with its socket.
#[derive(Debug)]
pub(super) struct Place {
    id: u64,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// A request begins, as soon as it is its turn; none where its address has too many answers under way.
    pub(super) async fn begin(self: &Arc<Self>) -> Option<Served> {
        let Self { connection, connections, .. } = &**self;
        connection.asked_ms.store(connections.now().as_millis() as u64, Ordering::Relaxed);
        self.enter(State::Asking);
        let until = Instant::now() + TURN_WITHIN;
        loop {
            let turn = timeout(LOOK_EVERY, Arc::clone(&connection.answers).acquire_owned()).await;
            if let Ok(Ok(turn)) = turn {
                return Some(Served { place: Arc::clone(self), _turn: turn });
            }
            let stalled = |other: &Connection, rank| rank == STALLED && other.address == connection.address;
            connections.send_away(stalled);
            if Instant::now() >= until {
                connections.telemetry.http().refused_answers.fetch_add(1, Ordering::Relaxed);
                self.enter(State::Idle);
                return None;
            }
        }
    }

    /// It has become a WebSocket.
    pub(super) fn goes_live(&self) {
        self.enter(State::Live);
    }

    pub(super) fn is_live(&self) -> bool {
        self.connection.state() == State::Live
    }

    /// Its client does not take its answer.
    pub(super) fn waits(&self) {
        self.enter(State::Waiting);
        self.connections.bound_waiting();
    }

    /// All that had come from its client was read.
    pub(super) fn was_read(&self) {
        self.connection.was_read.store(true, Ordering::Relaxed);
    }

    /// It does again.
    pub(super) fn takes(&self) {
        self.enter(State::Asking);
    }

    /// It has not for too long.
    pub(super) fn unread(&self) {
        self.connection.cut_off.store(true, Ordering::Relaxed);
        self.connections.telemetry.http().unread.fetch_add(1, Ordering::Relaxed);
    }

    /// No whole request came in time; on a connection that was of use before, that is no fault.
    pub(super) fn overdue(&self) {
        if self.connection.state() == State::Fresh {
            self.connections.telemetry.http().unfinished.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// When the last request began.
    pub(super) fn asked_at(&self) -> Instant {
        self.connections.began + Duration::from_millis(self.connection.asked_ms.load(Ordering::Relaxed))
    }

    pub(super) fn is_cut_off(&self) -> bool {
        self.connection.cut_off.load(Ordering::Relaxed)
    }

    /// Waits until it has to make room.
    pub(super) async fn told_to_leave(&self) {
        self.connection.leave.notified().await;
    }

    fn enter(&self, state: State) {
        // A WebSocket stays one.
        if !self.is_live() {
            self.connection.since_ms.store(self.connections.now().as_millis() as u64, Ordering::Relaxed);
            self.connection.state.store(state as u8, Ordering::Relaxed);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.table().strike(self.id);
        self.connections.telemetry.http().open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Served {
    /// So much of its answer is kept, bytes.
    pub(super) fn holds(&self, bytes: usize) {
        self.place.connection.holds.store(bytes, Ordering::Relaxed);
    }
}

/// A request that is being served, until its answer is taken.
#[derive(Debug)]
pub(super) struct Served {
    place: Arc<Place>,
    _turn: OwnedSemaphorePermit,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.holds(0);
        self.place.enter(State::Idle);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::clock::BoxClock;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn table(most: usize, of_address: usize, answers: usize) -> Arc<Connections> {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let options = HttpOptions {
            connections_max: most,
            connections_per_address: of_address,
            answers_per_address: answers,
            ..HttpOptions::new(listen)
        };
        Connections::new(&options, Telemetry::new(BoxClock::start(1.0), &[]))
    }

    /// A connection on which nothing came yet.
    async fn admitted(connections: &Arc<Connections>, peer: IpAddr) -> Arc<Place> {
        let place = connections.admit(peer).await.expect("there is a place");
        place.was_read();
        Arc::new(place)
    }

    /// Whether it was told to leave.
    fn leaves(place: &Place) -> bool {
        place.is_cut_off()
    }

    #[tokio::test(start_paused = true)]
    async fn where_an_address_has_no_place_left_its_oldest_connection_that_does_nothing_makes_room() {
        let connections = table(100, 3, 10);
        let other = admitted(&connections, OTHER).await;
        let asked = admitted(&connections, ONE).await;
        let served = asked.begin().await.expect("its turn");
        let [first, second] = [admitted(&connections, ONE).await, admitted(&connections, ONE).await];
        tokio::time::advance(Duration::from_secs(1)).await;
        let third = admitted(&connections, ONE).await;
        assert_eq!([&other, &asked, &first, &second, &third].map(|p| leaves(p)), [false, false, true, false, false]);
        // One that was of use goes after those that never were.
        drop(served);
        let fourth = admitted(&connections, ONE).await;
        assert_eq!([&asked, &second, &third, &fourth].map(|p| leaves(p)), [false, true, false, false]);
        let counts = connections.telemetry.report().http;
        assert_eq!((counts.made_room, counts.refused), (2, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn of_connections_on_which_nothing_was_asked_the_oldest_makes_room_though_places_are_left() {
        let connections = table(1000, 1000, 1000);
        let asked = admitted(&connections, ONE).await;
        let served = asked.begin().await.expect("its turn");
        let mut fresh = Vec::new();
        for _ in 0..FRESH_MAX + 10 {
            fresh.push(admitted(&connections, OTHER).await);
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        let gone: Vec<bool> = fresh.iter().map(|place| leaves(place)).collect();
        assert!(gone[..10].iter().all(|gone| *gone) && gone[10..].iter().all(|gone| !gone), "{gone:?}");
        drop(served);
        assert!(!leaves(&asked), "one that was of use stays");
    }

    #[tokio::test(start_paused = true)]
    async fn connections_that_are_served_make_room_for_nobody() {
        let connections = table(2, 2, 10);
        let (one, other) = (admitted(&connections, ONE).await, admitted(&connections, OTHER).await);
        let served = [one.begin().await.expect("its turn"), other.begin().await.expect("its turn")];
        assert!(connections.admit(ONE).await.is_none());
        other.goes_live();
        assert!(connections.admit(ONE).await.is_none(), "nor does a WebSocket");
        assert_eq!(connections.telemetry.report().http.refused, 2);
        one.waits();
        tokio::time::advance(STALLED_AFTER).await;
        let newcomer = {
            let connections = Arc::clone(&connections);
            tokio::spawn(async move { connections.admit(ONE).await.is_some() })
        };
        one.told_to_leave().await;
        drop((one, served));
        assert!(newcomer.await.expect("no panic"), "a place is taken once its socket is closed");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_of_an_address_take_turns_and_one_that_stalls_makes_room() {
        let connections = table(100, 100, 1);
        let [first, second] = [admitted(&connections, ONE).await, admitted(&connections, ONE).await];
        let served = first.begin().await.expect("its turn");
        assert!(admitted(&connections, OTHER).await.begin().await.is_some(), "addresses do not share turns");
        assert!(second.begin().await.is_none(), "and after 5 s it is told so");
        first.waits();
        let (second_too, waiting) = (Arc::clone(&second), tokio::time::Instant::now());
        let turn = tokio::spawn(async move { second_too.begin().await.is_some() });
        first.told_to_leave().await;
        drop((first, served));
        assert!(turn.await.expect("no panic") && waiting.elapsed() < Duration::from_secs(1));
        let counts = connections.telemetry.report().http;
        assert_eq!((counts.refused_answers, counts.made_room), (1, 1));
    }

    /// So many clients, each of its own address, that do not take so many bytes, one a millisecond; which of them stay.
    async fn unread(count: usize, bytes: usize, apart: Duration) -> (Vec<bool>, Vec<(Arc<Place>, Served)>) {
        let connections = table(10_000, 10, 10);
        let mut waiting = Vec::new();
        for n in 0..count {
            let place = admitted(&connections, IpAddr::from([10, 0, (n / 256) as u8, (n % 256) as u8])).await;
            let served = place.begin().await.expect("its turn");
            served.holds(bytes);
            place.waits();
            waiting.push((place, served));
            tokio::time::advance(apart).await;
        }
        (waiting.iter().map(|(place, _)| !leaves(place)).collect(), waiting)
    }

    #[tokio::test(start_paused = true)]
    async fn answers_that_wait_for_clients_of_many_addresses_are_bounded_and_the_longest_stalled_makes_room() {
        let ms = Duration::from_millis(1);
        let (stay, mut waiting) = unread(500, 1000, ms).await;
        assert_eq!(stay.iter().filter(|stay| **stay).count(), WAITING_LIMIT.0);
        assert!(stay.is_sorted(), "those that came last stay");
        // Whoever takes something begins anew.
        let (taker, _) = &waiting[320];
        taker.takes();
        tokio::time::advance(STALLED_AFTER).await;
        taker.waits();
        let stay: Vec<bool> = waiting.iter().map(|(place, _)| !leaves(place)).collect();
        assert_eq!(stay.iter().filter(|stay| **stay).count(), WAITING_MAX.0);
        assert!(stay[320]);
        waiting.clear();
        let (stay, _waiting) = unread(100, 1 << 20, ms).await;
        assert_eq!(stay.iter().filter(|stay| **stay).count(), WAITING_LIMIT.1 >> 20);
        let (stay, _waiting) = unread(20, 1 << 20, STALLED_AFTER).await;
        assert_eq!(stay.iter().filter(|stay| **stay).count(), WAITING_MAX.1 >> 20);
        let (stay, _waiting) = unread(WAITING_MAX.0, 1000, STALLED_AFTER).await;
        assert!(stay.iter().all(|stay| *stay), "a few slow ones are left alone");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_goes_before_he_was_listened_to() {
        let connections = table(1000, 3, 1000);
        let asks = connections.admit(ONE).await.expect("a place");
        let rest = [admitted(&connections, ONE).await, admitted(&connections, ONE).await];
        assert!(!leaves(&asks) && rest.iter().all(|place| !leaves(place)));
        drop(connections.admit(ONE).await.expect("a place"));
        assert!(!leaves(&asks), "the oldest of its address, and all it sent may be waiting to be read");
        assert!(leaves(&rest[0]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_left_is_forgotten() {
        let connections = table(100, 100, 1);
        for last in 0..200 {
            drop(connections.admit(IpAddr::from([10, 0, 0, last])).await.expect("a place"));
        }
        let table = connections.table();
        assert_eq!((table.staying.len(), table.addresses.len()), (0, 0));
        assert_eq!(connections.telemetry.report().http.open, 0);
    }
}
