//! The 24 bytes that open every frame.

use crate::bytes::{array_at, put, u8_at, u16_at, u32_at, u64_at};
use crate::{Cause, SourceId, TAG_LEN};

mod field {
    pub(super) const MAGIC: usize = 0;
    pub(super) const VERSION: usize = 2;
    pub(super) const KIND: usize = 3;
    pub(super) const SOURCE: usize = 4;
    pub(super) const FLAGS: usize = 5;
    pub(super) const PAYLOAD_LEN: usize = 6;
    pub(super) const SEQ: usize = 8;
    // 12..16 is reserved: zero when sent, ignored when received.
    pub(super) const EVENT_TIME_NS: usize = 16;
}

/// Length of the header in bytes.
pub const HEADER_LEN: usize = 24;

/// The first two bytes of every frame.
pub const MAGIC: [u8; 2] = [0x50, 0x47];
const VERSION: u8 = 1;
const AUTHENTICATED: u8 = 1;
const CLOCK_NOT_LOCKED: u8 = 1 << 1;

/// The header as sent: nothing in it is trusted before the checksum was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: u8,
    pub(crate) source: u8,
    flags: u8,
    pub(crate) payload_len: u16,
    pub(crate) seq: u32,
    pub(crate) event_time_ns: u64,
}

impl Header {
    pub(crate) fn new(kind: u8, source: SourceId, payload_len: u16, seq: u32, event_time_ns: u64) -> Self {
        Self { kind, source: source.get(), flags: 0, payload_len, seq, event_time_ns }
    }

    pub(crate) fn with_flags(self, tagged: bool, clock_locked: bool) -> Self {
        let authenticated = if tagged { AUTHENTICATED } else { 0 };
        let clock = if clock_locked { 0 } else { CLOCK_NOT_LOCKED };
        Self { flags: authenticated | clock, ..self }
    }

    pub(crate) fn parse(bytes: &[u8; HEADER_LEN]) -> Result<Self, Cause> {
        if array_at::<{ field::MAGIC }, 2, _>(bytes) != MAGIC {
            return Err(Cause::Magic);
        }
        if u8_at::<{ field::VERSION }, _>(bytes) != VERSION {
            return Err(Cause::Version);
        }
        Ok(Self {
            kind: u8_at::<{ field::KIND }, _>(bytes),
            source: u8_at::<{ field::SOURCE }, _>(bytes),
            flags: u8_at::<{ field::FLAGS }, _>(bytes),
            payload_len: u16_at::<{ field::PAYLOAD_LEN }, _>(bytes),
            seq: u32_at::<{ field::SEQ }, _>(bytes),
            event_time_ns: u64_at::<{ field::EVENT_TIME_NS }, _>(bytes),
        })
    }

    pub(crate) fn emit(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        put::<{ field::MAGIC }, _, _>(&mut bytes, MAGIC);
        put::<{ field::VERSION }, _, _>(&mut bytes, [VERSION]);
        put::<{ field::KIND }, _, _>(&mut bytes, [self.kind]);
        put::<{ field::SOURCE }, _, _>(&mut bytes, [self.source]);
        put::<{ field::FLAGS }, _, _>(&mut bytes, [self.flags]);
        put::<{ field::PAYLOAD_LEN }, _, _>(&mut bytes, self.payload_len.to_le_bytes());
        put::<{ field::SEQ }, _, _>(&mut bytes, self.seq.to_le_bytes());
        put::<{ field::EVENT_TIME_NS }, _, _>(&mut bytes, self.event_time_ns.to_le_bytes());
        bytes
    }

    /// Whether a tag follows the payload.
    pub(crate) fn tagged(&self) -> bool {
        self.flags & AUTHENTICATED != 0
    }

    /// Whether the source's clock follows PTP.
    pub(crate) fn clock_locked(&self) -> bool {
        self.flags & CLOCK_NOT_LOCKED == 0
    }

    /// Whether there are flags that this version does not know.
    pub(crate) fn has_unknown_flags(&self) -> bool {
        self.flags & !(AUTHENTICATED | CLOCK_NOT_LOCKED) != 0
    }

    /// Length of header, payload and tag: all that the checksum covers.
    pub(crate) fn covered_len(&self) -> usize {
        let tag = if self.tagged() { TAG_LEN } else { 0 };
        HEADER_LEN.saturating_add(usize::from(self.payload_len)).saturating_add(tag)
    }
}
