//! Frames on a serial line: each is COBS-encoded, so that it holds no zero, and ended by 0x00.
//!
//! COBS cuts the frame into groups of up to 254 bytes other than zero. A group is sent as a code byte, one more than the
//! group's length, and its bytes; after every group but the last stands a zero in the frame, unless the code was FF
//! (a full group, which stands for no zero). A receiver that lost its place waits for the next 0x00.

use core::error::Error;
use core::fmt;

use crate::{EncodeError, MAX_FRAME};

/// The most bytes of a group.
const GROUP_LEN: usize = 254;
/// The code of a full group, after which no zero stands.
const FULL_GROUP: u8 = 0xFF;
const DELIMITER: u8 = 0;

/// The most bytes that [`encode`] writes, the closing 0x00 included.
pub const MAX_ENCODED: usize = MAX_FRAME + MAX_FRAME.div_ceil(GROUP_LEN) + 1;

/// Why what stood between two zeros was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SerialError {
    /// The 0x00 came in the middle of a group: bytes were lost or damaged.
    CutShort,
    /// More bytes than a frame can have.
    TooLong,
}

impl SerialError {
    /// The name that counters carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CutShort => "serial_cut_short",
            Self::TooLong => "serial_too_long",
        }
    }
}

impl fmt::Display for SerialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CutShort => "a serial frame ended in the middle of a group: check cable, baud rate and flow control",
            Self::TooLong => {
                "over 1472 bytes on a serial line without an end of frame: check the baud rate and what the line sends"
            }
        })
    }
}

impl Error for SerialError {}

/// Where the decoder stands between two zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was read since the last zero.
    Start,
    /// In a group of which `left` bytes are to come; `zero_after` says whether a zero follows where another group does.
    Group { left: u8, zero_after: bool },
    /// The stretch was reported as too long; nothing more of it is looked at.
    Dropping,
}

/// Takes the bytes of a serial line one by one and gives out the bytes of whole frames, which
/// [`decode`](crate::decode) then checks. Its memory is fixed: one frame.
#[derive(Debug, Clone)]
pub struct Decoder {
    frame: [u8; MAX_FRAME],
    length: usize,
    state: State,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder at the start of a frame.
    pub fn new() -> Self {
        Self { frame: [0; MAX_FRAME], length: 0, state: State::Start }
    }

    /// Takes a byte. At the 0x00 that ends a frame it gives the frame's bytes; where a stretch between zeros cannot be
    /// a frame it says so once, and begins anew after the next 0x00. Zeros in a row are no frames and no errors.
    pub fn push(&mut self, byte: u8) -> Option<Result<&[u8], SerialError>> {
        if byte == DELIMITER {
            return self.end();
        }
        match self.state {
            State::Start => self.open_group(byte),
            State::Group { left: 0, zero_after } => {
                if zero_after && !self.append(0) {
                    return Some(Err(self.give_up()));
                }
                self.open_group(byte);
            }
            State::Group { left, zero_after } => {
                if !self.append(byte) {
                    return Some(Err(self.give_up()));
                }
                self.state = State::Group { left: left.saturating_sub(1), zero_after };
            }
            State::Dropping => {}
        }
        None
    }

    fn open_group(&mut self, code: u8) {
        self.state = State::Group { left: code.saturating_sub(1), zero_after: code != FULL_GROUP };
    }

    /// Appends to the frame; false when it is full.
    fn append(&mut self, byte: u8) -> bool {
        let Some(place) = self.frame.get_mut(self.length) else { return false };
        *place = byte;
        self.length = self.length.saturating_add(1);
        true
    }

    fn give_up(&mut self) -> SerialError {
        self.state = State::Dropping;
        SerialError::TooLong
    }

    fn end(&mut self) -> Option<Result<&[u8], SerialError>> {
        let state = core::mem::replace(&mut self.state, State::Start);
        let length = core::mem::take(&mut self.length);
        match state {
            State::Start | State::Dropping => None,
            State::Group { left: 0, .. } => self.frame.get(..length).map(Ok),
            State::Group { .. } => Some(Err(SerialError::CutShort)),
        }
    }
}

/// Writes a frame's bytes for a serial line, the closing 0x00 included, and returns how many there are. A buffer of
/// [`MAX_ENCODED`] bytes is enough for any frame.
///
/// # Errors
/// [`EncodeError::TooLong`] for more than [`MAX_FRAME`] bytes, [`EncodeError::NoRoom`] where `out` is too short; what
/// `out` then holds is not to be sent.
pub fn encode(frame: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
    if frame.len() > MAX_FRAME {
        return Err(EncodeError::TooLong { length: frame.len() });
    }
    let no_room = EncodeError::NoRoom { needed: MAX_ENCODED };
    let mut written = 0_usize;
    let mut put = |bytes: &[u8]| {
        let end = written.saturating_add(bytes.len());
        out.get_mut(written..end).ok_or(no_room)?.copy_from_slice(bytes);
        written = end;
        Ok(written)
    };
    let mut rest = frame;
    loop {
        let full = rest.iter().take(GROUP_LEN).position(|byte| *byte == 0);
        let length = full.unwrap_or(rest.len().min(GROUP_LEN));
        let (group, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        put(&[(length as u8).saturating_add(1)])?;
        put(group)?;
        rest = match (full, after) {
            (Some(_), [_zero, after @ ..]) => after,
            (None, after) if !after.is_empty() => after,
            _ => return put(&[DELIMITER]),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoder, FULL_GROUP, GROUP_LEN, MAX_ENCODED, SerialError, encode};
    use crate::{EncodeError, MAX_FRAME};

    /// What the decoder says at each byte where it says anything.
    fn read(line: impl IntoIterator<Item = u8>, mut each: impl FnMut(usize, Result<&[u8], SerialError>)) {
        let mut decoder = Decoder::new();
        for (at, byte) in line.into_iter().enumerate() {
            if let Some(stretch) = decoder.push(byte) {
                each(at, stretch);
            }
        }
    }

    fn reads_as(line: &[u8], expected: &[(usize, Result<&[u8], SerialError>)]) {
        let mut expected = expected.iter();
        read(line.iter().copied(), |at, stretch| assert_eq!(Some(&(at, stretch)), expected.next()));
        assert_eq!(expected.next(), None);
    }

    #[test]
    fn zeros_in_a_row_are_neither_frames_nor_errors() {
        reads_as(&[0, 0, 2, 7, 0, 0, 0], &[(4, Ok(&[7]))]);
    }

    #[test]
    fn a_zero_within_a_group_drops_that_stretch_only() {
        reads_as(&[5, 1, 2, 0, 3, 8, 9, 0], &[(3, Err(SerialError::CutShort)), (7, Ok(&[8, 9]))]);
    }

    #[test]
    fn a_last_zero_of_the_frame_is_kept_and_a_needless_last_group_adds_none() {
        reads_as(&[2, 7, 1, 0], &[(3, Ok(&[7, 0]))]);
        let mut line = [7; GROUP_LEN + 3];
        line[0] = FULL_GROUP;
        line[GROUP_LEN + 1] = 1;
        line[GROUP_LEN + 2] = 0;
        reads_as(&line, &[(GROUP_LEN + 2, Ok(&[7; GROUP_LEN]))]);
    }

    #[test]
    fn a_line_without_zeros_is_reported_once_and_recovers_at_the_next_zero() {
        let noise = core::iter::repeat_n(2, 10_000);
        let mut reports = 0;
        read(noise.chain([0, 3, 8, 9, 0]), |at, stretch| {
            match reports {
                0 => assert_eq!(stretch, Err(SerialError::TooLong)),
                _ => assert_eq!((at, stretch), (10_004, Ok(&[8, 9][..]))),
            }
            reports += 1;
        });
        assert_eq!(reports, 2);
    }

    #[test]
    fn the_longest_frame_passes_and_a_byte_more_does_not() {
        let mut line = [0; MAX_ENCODED];
        let length = encode(&[7; MAX_FRAME], &mut line).expect("the longest frame fits");
        assert_eq!(length, MAX_ENCODED);
        reads_as(&line, &[(length - 1, Ok(&[7; MAX_FRAME]))]);
        assert_eq!(encode(&[7; MAX_FRAME + 1], &mut line), Err(EncodeError::TooLong { length: MAX_FRAME + 1 }));
    }

    #[test]
    fn a_buffer_that_is_too_small_is_refused() {
        assert_eq!(encode(&[1, 2, 3], &mut [0; 4]), Err(EncodeError::NoRoom { needed: MAX_ENCODED }));
        assert_eq!(encode(&[1, 2, 3], &mut [0; 5]), Ok(5));
    }
}
