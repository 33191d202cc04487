//! The last refused frame of each sender: who, when, how many bytes, their beginning, and in words what is wrong.
//!
//! Written by the receiving threads and read by whoever tells of it. The memory is there from the start, [`SENDERS`]
//! places a cause, of which the one unheard for longest is given to a new sender; a place that is being read is left as it
//! is. So a flood costs nothing but its own last frame, and nobody waits. The counts are told elsewhere, exactly
//! ([`counters`](super::counters)).

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError, TryLockError};

use firmware_protocol::serial::SerialError;
use firmware_protocol::{Cause, HEADER_LEN, Kind, MAGIC, MAX_DATAGRAM, TAG_LEN};

use super::counters::{REFUSALS, Refusal};
use super::looks::looks_like;
use crate::ids::BoxNs;

/// Senders that are remembered for one cause.
pub const SENDERS: usize = 8;
/// Bytes of a refused frame that are kept.
pub const SAMPLE: usize = 16;
/// What the shortest frame has, bytes.
const SHORTEST: usize = HEADER_LEN + 4;

/// Where a frame came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Off the network, from this address and port; none where the kernel did not tell.
    Network(Option<SocketAddr>),
    /// Off the serial line with this number, in the order of the configuration.
    Line(u8),
}

impl Sender {
    /// The same machine or line, whatever its port.
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Network(one), Self::Network(other)) => one.map(|one| one.ip()) == other.map(|other| other.ip()),
            (Self::Line(one), Self::Line(other)) => one == other,
            _ => false,
        }
    }
}

/// The first bytes of what was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    bytes: [u8; SAMPLE],
    /// Of the whole, of which no more than [`SAMPLE`] are kept.
    length: u32,
}

impl Sample {
    /// Of bytes that are the beginning of something that is so long.
    pub(super) fn of(bytes: &[u8], length: usize) -> Self {
        let mut sample = Self { bytes: [0; SAMPLE], length: u32::try_from(length).unwrap_or(u32::MAX) };
        let kept = bytes.len().min(SAMPLE).min(length);
        sample.bytes[..kept].copy_from_slice(&bytes[..kept]);
        sample
    }

    /// One byte more.
    pub(super) fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length as usize) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    /// Bytes of the whole.
    pub fn length(&self) -> usize {
        self.length as usize
    }

    /// The kept ones.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length().min(SAMPLE)]
    }
}

/// What the box knew when it refused, beyond the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Nothing,
    /// Whether there is any key of the source.
    HasKey(bool),
    /// The address that `[ingest] sources` lists for the source; none where it lists none.
    Listed(Option<IpAddr>),
    /// It is one that was heard before the last start.
    Heard,
}

/// The last frame of a sender that was refused for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedFrame {
    /// Why.
    pub refusal: Refusal,
    /// Who sent it.
    pub from: Sender,
    /// When it arrived.
    pub at: BoxNs,
    /// How it begins, from the frame that was refused to the end of its datagram or stretch.
    pub sample: Sample,
    /// What the box knew.
    pub known: Known,
}

impl RefusedFrame {
    /// The source that it claims to be of, be it one or not; none where it is no frame of this protocol's version.
    pub fn claims(&self) -> Option<u8> {
        let serial = matches!(self.refusal, Refusal::Serial(_));
        match self.sample.bytes() {
            [p, g, 1, _, source, ..] if !serial && [*p, *g] == MAGIC => Some(*source),
            _ => None,
        }
    }

    /// Whether a frame of the same sender was refused for the same reason. Where the checksum held, each source that it
    /// claims is a sender of its own: several cameras may come through one address.
    fn is_like(&self, other: &Self) -> bool {
        let vouched = !matches!(self.refusal, Refusal::Protocol(cause) if cause <= Cause::Crc);
        self.from.is_same(other.from) && (!vouched || self.claims() == other.claims())
    }

    /// What is wrong with it and what to do, in words.
    pub fn why(&self) -> String {
        let bytes = self.sample.bytes();
        let source = self.claims().map_or_else(|| "the source".to_owned(), |source| format!("source {source}"));
        match self.refusal {
            Refusal::Protocol(Cause::Truncated) => self.too_long_or_short(),
            Refusal::Protocol(Cause::Magic) => {
                let begins = hex(&bytes[..bytes.len().min(2)]);
                let looks = looks_like(bytes, self.sample.length());
                let looks = looks.map_or_else(String::new, |what| format!(": this looks like {what}"));
                let place = if matches!(self.from, Sender::Line(_)) { "line" } else { "address and port" };
                format!("no frame: it begins with {begins}, not 50 47{looks}; check what else sends to this {place}")
            }
            Refusal::Protocol(Cause::Version) => {
                let version = bytes.get(2).copied().unwrap_or_default();
                format!("a frame of version {version}, where this box knows 1: update the sender or this box")
            }
            Refusal::Protocol(Cause::Flags) => {
                let flags = bytes.get(5).copied().unwrap_or_default();
                format!("flags {flags:#04x}, of which version 1 knows 0x01 and 0x02 only: update this box")
            }
            Refusal::Protocol(cause @ Cause::Auth) => match (self.known, self.claims()) {
                (_, Some(0 | 64..)) => format!("it claims to be of {source}; sources are 1 to 63: check the sender"),
                _ if bytes.get(5).is_some_and(|flags| flags & 1 == 0) => {
                    format!("it claims to be of {source} and is not signed: give the sender the key of the keys file")
                }
                (Known::HasKey(false), _) => {
                    format!(
                        "it claims to be of {source}, of which the keys file has no key: add it, or mend its number"
                    )
                }
                (Known::HasKey(true), _) => format!(
                    "it claims to be of {source}, and its tag fits none of that source's keys: give sender and keys file the \
                     same key"
                ),
                _ => cause.to_string(),
            },
            Refusal::Protocol(Cause::Kind) => {
                let kind = bytes.get(3).copied().unwrap_or_default();
                format!("kind {kind} is unknown and was skipped: update this box to use it")
            }
            Refusal::Protocol(cause @ Cause::PayloadSize) => match bytes {
                [_, _, _, kind, _, _, low, high, ..] => {
                    let kind =
                        Kind::ALL.get(usize::from(*kind).wrapping_sub(1)).map_or("its kind", |kind| kind.as_str());
                    let long = u16::from_le_bytes([*low, *high]);
                    format!("a payload of {long} bytes is not what {kind} has: check the sender's layout")
                }
                _ => cause.to_string(),
            },
            Refusal::Protocol(Cause::Values) if matches!(self.claims(), Some(0 | 64..)) => {
                format!("it is of {source}; sources are 1 to 63: check the sender")
            }
            Refusal::Protocol(cause) => cause.to_string(),
            Refusal::Address => match self.known {
                Known::Listed(Some(address)) => {
                    format!("[ingest] sources lists {address} for {source}: mend that, or the sender's address")
                }
                _ => format!("[ingest] sources does not list {source}: add it there, or mend its number"),
            },
            Refusal::Replayed if self.known == Known::Heard => format!(
                "a frame of {source} that was heard before the last start: it is sent again, or was doubled on its way"
            ),
            Refusal::Replayed => {
                let named = source;
                let source = self.claims().unwrap_or_default();
                format!(
                    "signed, and of more than 32 s before the newest of {named}: an old frame sent again, or its clock went \
                     back (then `pitchguard source reset {source}`)"
                )
            }
            Refusal::Serial(error @ SerialError::CutShort) => {
                format!("{} bytes on the line: {error}", grouped(self.sample.length()))
            }
            Refusal::Serial(error @ SerialError::TooLong) => error.to_string(),
        }
    }

    fn too_long_or_short(&self) -> String {
        let (bytes, length) = (self.sample.bytes(), self.sample.length());
        let looks = if bytes.starts_with(&MAGIC) { None } else { looks_like(bytes, length) };
        let looks = looks.map_or_else(String::new, |what| format!("; this looks like {what}"));
        let most = grouped(MAX_DATAGRAM);
        let (has, too_long) = (grouped(length), length > MAX_DATAGRAM);
        if too_long {
            let advice = if looks.is_empty() { ": send whole frames in datagrams of that size" } else { "" };
            return format!("too long: {has} bytes, at most {most}{looks}{advice}");
        }
        let asked = match bytes {
            [_, _, _, _, _, flags, low, high, ..] if looks.is_empty() => {
                let tag = if flags & 1 == 0 { 0 } else { TAG_LEN };
                let asked = |payload: [u8; 2]| SHORTEST + tag + usize::from(u16::from_le_bytes(payload));
                Some((asked([*low, *high]), asked([*high, *low])))
            }
            _ => None,
        };
        match asked {
            _ if length == 0 => "an empty datagram: nothing came with it".to_owned(),
            Some((asked, turned)) if asked > length && turned == length => {
                format!(
                    "its length is turned round: the header asks for {}, {has} bytes came: payload_len is little-endian",
                    grouped(asked)
                )
            }
            Some((asked, _)) if asked > MAX_DATAGRAM => {
                format!("the header asks for {} bytes, at most {most}: check the sender's payload_len", grouped(asked))
            }
            Some((asked, _)) if asked > length && length >= SHORTEST => format!(
                "cut short: {has} bytes, its header asks for {}: check that the sender keeps whole frames in a datagram",
                grouped(asked)
            ),
            _ => format!("too short: {has} bytes, at least {SHORTEST}{looks}"),
        }
    }
}

/// Bytes in hexadecimal, two digits each.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// A number with a comma between thousands.
fn grouped(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{},{rest:03}", grouped(thousands)),
    }
}

/// The places of all causes.
#[derive(Debug)]
pub(super) struct LastRefused([Mutex<[Option<RefusedFrame>; SENDERS]>; REFUSALS]);

impl Default for LastRefused {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new([None; SENDERS])))
    }
}

impl LastRefused {
    /// Notes a refused frame. Allocates nothing, and lets it be where somebody is reading.
    pub(super) fn note(&self, frame: RefusedFrame) {
        let mut places = match self.0[frame.refusal.column()].try_lock() {
            Ok(places) => places,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let own = places.iter().position(|place| place.as_ref().is_some_and(|place| frame.is_like(place)));
        // None is before any moment: a place that is free goes first.
        let oldest = || (0..SENDERS).min_by_key(|place| places[*place].map(|place| place.at)).unwrap_or_default();
        let place = own.unwrap_or_else(oldest);
        places[place] = Some(frame);
    }

    /// All that is remembered, the newest first.
    pub(super) fn all(&self) -> Vec<RefusedFrame> {
        let places = self.0.iter().map(|places| *places.lock().unwrap_or_else(PoisonError::into_inner));
        let mut all: Vec<_> = places.flatten().flatten().collect();
        all.sort_by_key(|frame| std::cmp::Reverse(frame.at));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAGIC_REFUSED: Refusal = Refusal::Protocol(Cause::Magic);

    fn refused(refusal: Refusal, from: u8, bytes: &[u8], at: u64) -> RefusedFrame {
        let from = Sender::Network(Some(SocketAddr::from(([192, 0, 2, from], 4000 + at as u16))));
        RefusedFrame { refusal, from, at: BoxNs(at), sample: Sample::of(bytes, bytes.len()), known: Known::Nothing }
    }

    /// A frame that claims to be of a source.
    fn of(source: u8) -> [u8; SHORTEST] {
        let mut bytes = [0; SHORTEST];
        bytes[..6].copy_from_slice(&[0x50, 0x47, 1, 1, source, 1]);
        bytes
    }

    #[test]
    fn each_sender_has_his_last_and_a_flood_of_one_hides_no_other() {
        let last = LastRefused::default();
        for at in 0..1000 {
            last.note(refused(MAGIC_REFUSED, 1, b"{\"a\":1}", at));
            if at == 500 {
                last.note(refused(MAGIC_REFUSED, 2, b"GET / HTTP/1.1", at));
            }
        }
        let told: Vec<_> = last.all().iter().map(|frame| (frame.at.0, frame.sample.length())).collect();
        assert_eq!(told, [(999, 7), (500, 14)]);
    }

    #[test]
    fn more_senders_than_there_are_places_take_that_of_the_one_unheard_for_longest() {
        let last = LastRefused::default();
        for at in 0..20 {
            last.note(refused(MAGIC_REFUSED, at as u8, b"x", at));
            last.note(refused(MAGIC_REFUSED, 0, b"x", at));
        }
        let told: Vec<_> = last.all().iter().map(|frame| frame.at.0).collect();
        assert_eq!(told, [19, 19, 18, 17, 16, 15, 14, 13]);
    }

    #[test]
    fn cameras_behind_one_address_are_told_apart_where_their_checksum_held() {
        let last = LastRefused::default();
        for source in 1..=3 {
            last.note(refused(Refusal::Protocol(Cause::Auth), 1, &of(source), 1));
            last.note(refused(Refusal::Protocol(Cause::Crc), 1, &of(source), 1));
        }
        let claims = |cause| {
            let of =
                |frame: &RefusedFrame| (frame.refusal == Refusal::Protocol(cause)).then(|| frame.claims()).flatten();
            last.all().iter().filter_map(of).collect::<Vec<_>>()
        };
        assert_eq!((claims(Cause::Auth), claims(Cause::Crc)), (vec![1, 2, 3], vec![3]));
    }

    #[test]
    fn while_somebody_reads_nobody_waits() {
        let last = LastRefused::default();
        let held = last.0[MAGIC_REFUSED.column()].lock().expect("free");
        last.note(refused(MAGIC_REFUSED, 1, b"x", 1));
        drop(held);
        assert_eq!(last.all(), []);
    }

    #[test]
    fn lengths_are_told_as_they_are() {
        let why = |bytes: &[u8], length| {
            let sample = Sample::of(bytes, length);
            RefusedFrame { sample, ..refused(Refusal::Protocol(Cause::Truncated), 1, b"", 1) }.why()
        };
        let mut ball = of(3);
        ball[6] = 16;
        for (told, words) in [
            (why(&of(3), 6600), "too long: 6,600 bytes, at most 1,472: send whole frames"),
            (why(b"{\"a\": 1, \"b\": [1]}", 6600), "too long: 6,600 bytes, at most 1,472; this looks like JSON text"),
            (why(&ball, 40), "cut short: 40 bytes, its header asks for 60"),
            (why(&ball[..9], 9), "too short: 9 bytes, at least 28"),
            (why(b"hello\n", 6), "too short: 6 bytes, at least 28; this looks like text"),
            (why(b"", 0), "an empty datagram"),
        ] {
            assert!(told.starts_with(words), "{told}");
        }
        (ball[6], ball[7]) = (0, 16);
        let told = why(&ball, 60);
        assert!(told.contains("asks for 4,140, 60 bytes came: payload_len is little-endian"), "{told}");
    }

    #[test]
    fn words_say_what_and_what_to_do() {
        let auth = Refusal::Protocol(Cause::Auth);
        let mut bare = of(3);
        bare[5] = 0;
        let known = |refusal, bytes: &[u8], known| RefusedFrame { known, ..refused(refusal, 1, bytes, 1) }.why();
        let listed = "10.0.0.3".parse().ok();
        for (told, words) in [
            (
                known(MAGIC_REFUSED, b"{\"a\":1}", Known::Nothing),
                "it begins with 7b 22, not 50 47: this looks like JSON text;",
            ),
            (known(auth, &of(3), Known::HasKey(true)), "claims to be of source 3, and its tag fits none"),
            (known(auth, &of(3), Known::HasKey(false)), "source 3, of which the keys file has no key"),
            (known(auth, &bare, Known::HasKey(true)), "source 3 and is not signed"),
            (known(auth, &of(64), Known::HasKey(false)), "source 64; sources are 1 to 63"),
            (known(Refusal::Address, &of(3), Known::Listed(listed)), "lists 10.0.0.3 for source 3"),
            (known(Refusal::Address, &of(4), Known::Listed(None)), "does not list source 4"),
            (known(Refusal::Replayed, &of(5), Known::Nothing), "`pitchguard source reset 5`"),
            (
                known(Refusal::Replayed, &of(5), Known::Heard),
                "a frame of source 5 that was heard before the last start",
            ),
            (
                known(Refusal::Protocol(Cause::PayloadSize), &of(5), Known::Nothing),
                "a payload of 0 bytes is not what ball has",
            ),
            (known(Refusal::Protocol(Cause::Values), &of(0), Known::Nothing), "it is of source 0; sources are 1 to 63"),
        ] {
            assert!(told.contains(words), "{told}");
        }
    }
}
