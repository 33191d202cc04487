//! Whole frames: header, payload, tag and checksum, and the datagrams that hold them.

use core::fmt;
use core::iter::FusedIterator;

use crc::{CRC_32_ISCSI, Crc, Table};

use crate::auth::{tag, tags_equal};
use crate::header::Header;
use crate::{
    Authentication, Ball, Cause, EncodeError, Fiducial, HEADER_LEN, Health, Mark, Pose, Rejected, SourceId, Spin,
    TAG_LEN, ball, fiducial, health, mark, pose, spin,
};

/// The most bytes of a frame, header, tag and checksum included: what an Ethernet packet leaves a UDP datagram.
pub const MAX_FRAME: usize = 1472;
/// The most bytes of a datagram.
pub const MAX_DATAGRAM: usize = 1472;

const CRC_LEN: usize = 4;
const MIN_FRAME: usize = HEADER_LEN + CRC_LEN;

/// CRC-32C (Castagnoli), sixteen bytes a step.
static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// What a frame is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A ball seen by a camera.
    Ball = 1,
    /// A landmark seen by a camera.
    Fiducial = 2,
    /// A ball's spin.
    Spin = 3,
    /// A pitcher's joints.
    Pose = 4,
    /// What the game feed says happened.
    Mark = 5,
    /// A camera's heartbeat.
    Health = 6,
}

impl Kind {
    /// Every kind, by number.
    pub const ALL: [Self; 6] = [Self::Ball, Self::Fiducial, Self::Spin, Self::Pose, Self::Mark, Self::Health];

    /// The name that counters carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ball => "ball",
            Self::Fiducial => "fiducial",
            Self::Spin => "spin",
            Self::Pose => "pose",
            Self::Mark => "mark",
            Self::Health => "health",
        }
    }

    /// The kind of this number on the wire.
    pub const fn from_number(kind: u8) -> Option<Self> {
        Some(match kind {
            1 => Self::Ball,
            2 => Self::Fiducial,
            3 => Self::Spin,
            4 => Self::Pose,
            5 => Self::Mark,
            6 => Self::Health,
            _ => return None,
        })
    }

    /// Length of its payload in bytes; none for a pose, whose joints say.
    pub const fn payload_len(self) -> Option<usize> {
        Some(match self {
            Self::Ball => ball::LEN,
            Self::Fiducial => fiducial::LEN,
            Self::Spin => spin::LEN,
            Self::Pose => return None,
            Self::Mark => mark::LEN,
            Self::Health => health::LEN,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The payload of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Body<'a> {
    /// A ball seen by a camera.
    Ball(Ball),
    /// A landmark seen by a camera.
    Fiducial(Fiducial),
    /// A ball's spin.
    Spin(Spin),
    /// A pitcher's joints.
    Pose(Pose<'a>),
    /// What the game feed says happened.
    Mark(Mark),
    /// A camera's heartbeat.
    Health(Health),
}

impl<'a> Body<'a> {
    /// The kind of the payload.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Ball(_) => Kind::Ball,
            Self::Fiducial(_) => Kind::Fiducial,
            Self::Spin(_) => Kind::Spin,
            Self::Pose(_) => Kind::Pose,
            Self::Mark(_) => Kind::Mark,
            Self::Health(_) => Kind::Health,
        }
    }

    /// Whether receivers accept the values; each kind's own `is_valid` says which.
    pub fn is_valid(&self) -> bool {
        match self {
            Self::Ball(ball) => ball.is_valid(),
            Self::Fiducial(fiducial) => fiducial.is_valid(),
            Self::Spin(spin) => spin.is_valid(),
            Self::Pose(pose) => pose.is_valid(),
            Self::Mark(mark) => mark.is_valid(),
            Self::Health(_) => true,
        }
    }

    /// Reads a payload of that kind, as whoever keeps payloads without their frames does.
    ///
    /// # Errors
    /// [`Cause::PayloadSize`] or [`Cause::Values`].
    pub fn parse(kind: Kind, payload: &'a [u8]) -> Result<Self, Cause> {
        match kind {
            Kind::Ball => Ball::parse(payload).map(Self::Ball),
            Kind::Fiducial => Fiducial::parse(payload).map(Self::Fiducial),
            Kind::Spin => Spin::parse(payload).map(Self::Spin),
            Kind::Pose => Pose::parse(payload).map(Self::Pose),
            Kind::Mark => Mark::parse(payload).map(Self::Mark),
            Kind::Health => Health::parse(payload).map(Self::Health),
        }
    }

    /// Writes the payload at the start of `out`, and returns its length. Whether receivers accept the values is not asked.
    ///
    /// # Errors
    /// [`EncodeError::TooLong`] for a pose of more than 255 joints, [`EncodeError::NoRoom`] where `out` is shorter.
    pub fn emit(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let mut writer = Writer { out, written: 0, needed: self.payload_len() };
        writer.body(self)?;
        Ok(writer.written)
    }

    fn payload_len(&self) -> usize {
        match self {
            Self::Pose(pose) => pose.count().saturating_mul(pose::JOINT_LEN).saturating_add(pose::HEAD_LEN),
            other => other.kind().payload_len().unwrap_or_default(),
        }
    }
}

/// A frame: one source's observation at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame<'a> {
    /// Who sent it.
    pub source: SourceId,
    /// The source's count of its frames; wraps.
    pub seq: u32,
    /// When it was exposed or happened, ns since 1970-01-01 UTC.
    pub event_time_ns: u64,
    /// Whether the source's clock follows PTP.
    pub clock_locked: bool,
    /// Whether its tag was verified. Always false with [`Authentication::Off`], where a tag is skipped, so that
    /// nobody takes an unverified tag for a promise. [`encode`] goes by its key alone and ignores this.
    pub authenticated: bool,
    /// What it says.
    pub body: Body<'a>,
}

/// A frame whose envelope (everything but its kind and payload) holds.
struct Envelope<'a> {
    header: Header,
    payload: &'a [u8],
    authenticated: bool,
    length: usize,
}

/// Checks length, magic, version, `payload_len`, checksum, flags and authentication, in this order.
fn open<'a>(bytes: &'a [u8], auth: Authentication<'_>) -> Result<Envelope<'a>, Rejected> {
    let nameless = |cause| Rejected { cause, source: None };
    let head = match bytes.first_chunk::<HEADER_LEN>() {
        Some(head) if bytes.len() >= MIN_FRAME => head,
        _ => return Err(nameless(Cause::Truncated)),
    };
    let header = Header::parse(head).map_err(nameless)?;
    let source = SourceId::new(header.source);
    let refused = |cause| Rejected { cause, source };

    let (covered, rest) = bytes.split_at_checked(header.covered_len()).ok_or(refused(Cause::Truncated))?;
    let checksum = rest.first_chunk::<CRC_LEN>().ok_or(refused(Cause::Truncated))?;
    let length = covered.len().saturating_add(CRC_LEN);
    if length > MAX_FRAME {
        return Err(refused(Cause::Truncated));
    }
    if CRC32C.checksum(covered) != u32::from_le_bytes(*checksum) {
        return Err(refused(Cause::Crc));
    }
    if header.has_unknown_flags() {
        return Err(refused(Cause::Flags));
    }

    let (signed, sent_tag) = match covered.split_last_chunk::<TAG_LEN>() {
        Some((signed, sent_tag)) if header.tagged() => (signed, Some(sent_tag)),
        _ => (covered, None),
    };
    let authenticated = match (auth, sent_tag, source) {
        (Authentication::Off, _, _) => false,
        (Authentication::Required(keyring), Some(sent_tag), Some(source))
            if keyring.keys(source).iter().any(|key| tags_equal(&tag(key, signed), sent_tag)) =>
        {
            true
        }
        (Authentication::Required(_), _, _) => return Err(refused(Cause::Auth)),
    };
    let (_, payload) = signed.split_at_checked(HEADER_LEN).ok_or(refused(Cause::Truncated))?;
    Ok(Envelope { header, payload, authenticated, length })
}

impl<'a> Envelope<'a> {
    /// Checks kind, payload size and values, in this order.
    fn read(&self) -> Result<Frame<'a>, Rejected> {
        let source = SourceId::new(self.header.source);
        let refused = |cause| Rejected { cause, source };
        let kind = Kind::from_number(self.header.kind).ok_or(refused(Cause::Kind))?;
        let body = Body::parse(kind, self.payload).map_err(refused)?;
        Ok(Frame {
            source: source.ok_or(refused(Cause::Values))?,
            seq: self.header.seq,
            event_time_ns: self.header.event_time_ns,
            clock_locked: self.header.clock_locked(),
            authenticated: self.authenticated,
            body,
        })
    }
}

/// Decodes the frame at the start of the bytes and says how long it is; what follows it is not looked at.
///
/// # Errors
/// The first check that failed, in the order of [`Cause`].
pub fn decode<'a>(bytes: &'a [u8], auth: Authentication<'_>) -> Result<(Frame<'a>, usize), Rejected> {
    let envelope = open(bytes, auth)?;
    Ok((envelope.read()?, envelope.length))
}

/// The frames of a datagram, or of what stood between two zeros of a serial line.
///
/// Ends after the first failure, since what follows it cannot be trusted to begin a frame; only an unknown kind, whose
/// envelope holds, is yielded as [`Cause::Kind`] and skipped. An empty datagram, and one of more than
/// [`MAX_DATAGRAM`] bytes, is a failure of its own, [`Cause::Truncated`].
pub fn frames<'a, 'k>(datagram: &'a [u8], auth: Authentication<'k>) -> Frames<'a, 'k> {
    let rest = if datagram.len() <= MAX_DATAGRAM { datagram } else { &[] };
    Frames { rest: Some(rest), auth }
}

/// Iterator of [`frames`].
#[derive(Debug, Clone)]
pub struct Frames<'a, 'k> {
    /// What is still to be read; `None` once the datagram ended or failed.
    rest: Option<&'a [u8]>,
    auth: Authentication<'k>,
}

impl<'a> Frames<'a, '_> {
    /// The bytes from the next frame on; none after the last one or the failure that ended it.
    pub fn rest(&self) -> &'a [u8] {
        self.rest.unwrap_or_default()
    }
}

impl<'a> Iterator for Frames<'a, '_> {
    type Item = Result<Frame<'a>, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.rest.take()?;
        let envelope = match open(bytes, self.auth) {
            Ok(envelope) => envelope,
            Err(rejected) => return Some(Err(rejected)),
        };
        let frame = envelope.read();
        if matches!(frame, Ok(_) | Err(Rejected { cause: Cause::Kind, .. })) {
            self.rest = bytes.get(envelope.length..).filter(|rest| !rest.is_empty());
        }
        Some(frame)
    }
}

impl FusedIterator for Frames<'_, '_> {}

/// Writes a frame at the start of `out`, authenticated when there is a key, and returns its length.
///
/// # Errors
/// [`EncodeError::Values`] where receivers would refuse a value, [`EncodeError::TooLong`] for a pose whose joints do
/// not fit into a frame, [`EncodeError::NoRoom`] where `out` is shorter than the frame. `out` may have been
/// written to in the last case only.
pub fn encode(frame: &Frame<'_>, key: Option<&[u8; 32]>, out: &mut [u8]) -> Result<usize, EncodeError> {
    if !frame.body.is_valid() {
        return Err(EncodeError::Values);
    }
    let payload_len = frame.body.payload_len();
    let tag_len = if key.is_some() { TAG_LEN } else { 0 };
    let length = MIN_FRAME.saturating_add(payload_len).saturating_add(tag_len);
    let too_long = EncodeError::TooLong { length };
    if length > MAX_FRAME {
        return Err(too_long);
    }
    let header = Header::new(
        frame.body.kind() as u8,
        frame.source,
        u16::try_from(payload_len).map_err(|_| too_long)?,
        frame.seq,
        frame.event_time_ns,
    )
    .with_flags(key.is_some(), frame.clock_locked);

    let mut writer = Writer { out, written: 0, needed: length };
    writer.put(&header.emit())?;
    writer.body(&frame.body)?;
    if let Some(key) = key {
        writer.put(&tag(key, writer.written()))?;
    }
    writer.put(&CRC32C.checksum(writer.written()).to_le_bytes())?;
    Ok(writer.written)
}

/// Appends to the caller's buffer and says how much room the whole would have needed where there is too little.
struct Writer<'o> {
    out: &'o mut [u8],
    written: usize,
    needed: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let end = self.written.saturating_add(bytes.len());
        let no_room = EncodeError::NoRoom { needed: self.needed };
        self.out.get_mut(self.written..end).ok_or(no_room)?.copy_from_slice(bytes);
        self.written = end;
        Ok(())
    }

    fn body(&mut self, body: &Body<'_>) -> Result<(), EncodeError> {
        match body {
            Body::Ball(ball) => self.put(&ball.emit()),
            Body::Fiducial(fiducial) => self.put(&fiducial.emit()),
            Body::Spin(spin) => self.put(&spin.emit()),
            Body::Pose(pose) => {
                let too_long = EncodeError::TooLong { length: self.needed };
                self.put(&pose.emit_head(u8::try_from(pose.count()).map_err(|_| too_long)?))?;
                pose.joints().try_for_each(|joint| self.put(&joint.emit()))
            }
            Body::Mark(mark) => self.put(&mark.emit()),
            Body::Health(health) => self.put(&health.emit()),
        }
    }

    fn written(&self) -> &[u8] {
        self.out.get(..self.written).unwrap_or_default()
    }
}
