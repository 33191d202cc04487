//! Why a frame was refused, or could not be written.

use core::error::Error;
use core::fmt;

use crate::SourceId;

/// The first check that a received frame failed; the causes stand in the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Fewer bytes than the shortest frame, or than the frame's own `payload_len` asks for, or more than 1472.
    Truncated,
    /// The first two bytes are not `50 47`.
    Magic,
    /// A version other than 1.
    Version,
    /// The checksum does not fit the bytes.
    Crc,
    /// A flag bit that version 1 does not know.
    Flags,
    /// Authentication is required and the tag is missing, or fits none of the source's keys.
    Auth,
    /// A kind that version 1 does not know: the only cause after which the rest of a datagram is still read.
    Kind,
    /// The payload is not as long as its kind says.
    PayloadSize,
    /// A value that cannot be: NaN, infinity, sigma ≤ 0, source 0 or above 63, and what `SPEC.md` lists.
    Values,
}

impl Cause {
    /// Every cause, in the order of the checks; `cause as usize` is its place here.
    pub const ALL: [Self; 9] = [
        Self::Truncated,
        Self::Magic,
        Self::Version,
        Self::Crc,
        Self::Flags,
        Self::Auth,
        Self::Kind,
        Self::PayloadSize,
        Self::Values,
    ];

    /// The name that counters carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Magic => "magic",
            Self::Version => "version",
            Self::Crc => "crc",
            Self::Flags => "flags",
            Self::Auth => "auth",
            Self::Kind => "kind",
            Self::PayloadSize => "payload_size",
            Self::Values => "values",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => {
                "the frame is cut short or over 1472 bytes: check that the sender keeps whole frames in datagrams of at \
                 most 1472 bytes, and the path's MTU"
            }
            Self::Magic => "the bytes are not a pitchguard frame: check what else sends to this address or line",
            Self::Version => "the frame is not of version 1: update the sender or the daemon to a common version",
            Self::Crc => "the checksum does not fit: check cable, baud rate and the sender's CRC-32C",
            Self::Flags => "the frame has flag bits that version 1 does not know: update the daemon",
            Self::Auth => "the tag is missing or fits no key of the source: give sender and keys file the same key",
            Self::Kind => "the kind of the frame is unknown and was skipped: update the daemon to use it",
            Self::PayloadSize => "the payload's length does not fit its kind: check the sender's layout",
            Self::Values => "a value is not possible, such as NaN, a sigma of 0 or source 64: check the sender",
        })
    }
}

impl Error for Cause {}

/// A frame that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected {
    /// The first check that failed.
    pub cause: Cause,
    /// The source that the frame names, where it could be read. It is the frame's own claim: for causes before
    /// [`Cause::Flags`] not even the checksum vouches for it.
    pub source: Option<SourceId>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Some(source) => write!(f, "frame of source {source} refused: {}", self.cause),
            None => write!(f, "frame refused: {}", self.cause),
        }
    }
}

impl Error for Rejected {}

/// Why a frame could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodeError {
    /// The buffer is too small.
    NoRoom {
        /// Bytes that the buffer must hold.
        needed: usize,
    },
    /// The frame would be longer than [`MAX_FRAME`](crate::MAX_FRAME).
    TooLong {
        /// Bytes that the frame would take.
        length: usize,
    },
    /// A value that every receiver would refuse with [`Cause::Values`].
    Values,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom { needed } => write!(f, "the buffer is too small: it must hold {needed} bytes"),
            Self::TooLong { length } => {
                write!(f, "the frame would take {length} bytes of 1472 at most: send fewer joints in it")
            }
            Self::Values => f.write_str(
                "the frame has a value that receivers refuse, such as NaN or a sigma of 0: correct it or leave it out",
            ),
        }
    }
}

impl Error for EncodeError {}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn a_cause_as_a_number_is_its_place_in_the_order_of_the_checks() {
        for (place, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, place);
        }
    }
}
