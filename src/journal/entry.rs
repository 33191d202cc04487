//! What the journal keeps, and its compact encoding.
//!
//! One byte says what follows. Times are zigzag varints of the difference to the time before in the same block, so that
//! a block reads without its neighbours; everything else is little-endian. A frame's payload stands as on the wire
//! (`firmware-protocol/SPEC.md`), but a pose's, of which mound and number of joints are kept. A frame takes some 30 bytes.
//!
//! | first byte | what follows |
//! |---|---|
//! | 1 | frame: path u8, source u8, kind u8, seq u32, event (to the event before), arrival (to the time before), payload |
//! | 2 | step: now (to the time before) |
//! | 3 | life: path u8, beat (to the time before), alive since (to the beat), closed u8 |
//! | 4 | note: length varint, bytes |
//! | 5 | missed: frames varint, steps varint |

use firmware_protocol::{Body, Cause, Kind};

use crate::ids::{BoxNs, EventNs};
use crate::reorder::{Life, Stamped};
use crate::signal::Signal;

/// One thing that entered the pipeline, in the order in which it did.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A frame that the merge thread took off a path.
    Frame {
        /// Which path.
        path: u8,
        /// The frame with its arrival stamp.
        frame: Stamped<Signal>,
    },
    /// The end of a step: what stands before it since the last one was taken in it.
    Step {
        /// Box time that the step was told.
        now: BoxNs,
    },
    /// Signs of life of a path, where they changed, as read at the beginning of the step that ends next.
    Life {
        /// Which path.
        path: u8,
        /// What it said.
        life: Life,
    },
    /// Whatever else the pipeline was told, in its own encoding.
    Note(Box<[u8]>),
    /// Here the journal could not keep up, and so much is not in it.
    Missed(Missed),
}

/// What was not journalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missed {
    /// Frames.
    pub frames: u64,
    /// Steps; their numbers are used up.
    pub steps: u64,
}

impl Missed {
    /// Whether anything was missed.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// Why bytes are no block of the journal.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum BlockError {
    /// It ends within an entry.
    #[error("it is cut short at byte {0}")]
    CutShort(usize),
    /// A byte that no version of this program writes.
    #[error("byte {at} is {found}, which this version does not know")]
    Unknown {
        /// Where.
        at: usize,
        /// What.
        found: u8,
    },
    /// A frame whose payload is none.
    #[error("the payload at byte {at} is refused: {cause}")]
    Payload {
        /// Where.
        at: usize,
        /// Why, as on the wire.
        cause: Cause,
    },
    /// Another version wrote it.
    #[error("its format is {0}, which this version does not read")]
    Format(u32),
    /// The compressed bytes do not unpack.
    #[error("it does not unpack")]
    Packed,
}

const FRAME: u8 = 1;
const STEP: u8 = 2;
const LIFE: u8 = 3;
const NOTE: u8 = 4;
const MISSED: u8 = 5;

/// The longest payload that has one length.
const PAYLOAD_MAX: usize = {
    let (mut max, mut at) = (0, 0);
    while at < Kind::ALL.len() {
        if let Some(length) = Kind::ALL[at].payload_len()
            && length > max
        {
            max = length;
        }
        at += 1;
    }
    max
};

/// Writes entries one after another.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    bytes: Vec<u8>,
    time: u64,
    event: u64,
}

impl Encoder {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), time: 0, event: 0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Begins the next block.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        (self.time, self.event) = (0, 0);
    }

    pub(super) fn push(&mut self, entry: &Entry) {
        match entry {
            Entry::Frame { path, frame } => self.frame(*path, frame),
            Entry::Step { now } => {
                self.bytes.push(STEP);
                self.time(now.0);
            }
            Entry::Life { path, life } => {
                self.bytes.extend([LIFE, *path]);
                self.time(life.beat.0);
                self.varint(zigzag(life.beat.0, life.alive_since.0));
                self.bytes.push(u8::from(life.closed));
            }
            Entry::Note(note) => {
                self.bytes.push(NOTE);
                self.varint(note.len() as u64);
                self.bytes.extend_from_slice(note);
            }
            Entry::Missed(Missed { frames, steps }) => {
                self.bytes.push(MISSED);
                self.varint(*frames);
                self.varint(*steps);
            }
        }
    }

    fn frame(&mut self, path: u8, frame: &Stamped<Signal>) {
        self.bytes.extend([FRAME, path, frame.source, frame.payload.kind() as u8]);
        self.bytes.extend(frame.seq.to_le_bytes());
        self.varint(zigzag(self.event, frame.event.0));
        self.event = frame.event.0;
        self.time(frame.arrival.0);
        self.payload(&frame.payload);
    }

    fn payload(&mut self, signal: &Signal) {
        let body = match *signal {
            Signal::Pose { mound, joints } => return self.bytes.extend([mound, joints]),
            Signal::Ball(ball) => Body::Ball(ball),
            Signal::Fiducial(fiducial) => Body::Fiducial(fiducial),
            Signal::Spin(spin) => Body::Spin(spin),
            Signal::Mark(mark) => Body::Mark(mark),
            Signal::Health(health) => Body::Health(health),
        };
        let mut payload = [0; PAYLOAD_MAX];
        let length = body.emit(&mut payload).expect("the longest payload has room");
        self.bytes.extend_from_slice(&payload[..length]);
    }

    fn time(&mut self, at: u64) {
        self.varint(zigzag(self.time, at));
        self.time = at;
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

fn zigzag(from: u64, to: u64) -> u64 {
    let difference = to.wrapping_sub(from) as i64;
    (difference.wrapping_shl(1) ^ (difference >> 63)) as u64
}

fn unzigzag(from: u64, code: u64) -> u64 {
    from.wrapping_add((code >> 1) ^ (code & 1).wrapping_neg())
}

/// Reads the entries of one block.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Entry>, BlockError> {
    let mut decoder = Decoder { bytes, at: 0, time: 0, event: 0 };
    // An entry has two bytes at least.
    let mut entries = Vec::with_capacity(bytes.len() / 16);
    while decoder.at < bytes.len() {
        entries.push(decoder.entry()?);
    }
    Ok(entries)
}

struct Decoder<'b> {
    bytes: &'b [u8],
    at: usize,
    time: u64,
    event: u64,
}

impl Decoder<'_> {
    fn entry(&mut self) -> Result<Entry, BlockError> {
        let at = self.at;
        Ok(match self.byte()? {
            FRAME => self.frame()?,
            STEP => Entry::Step { now: BoxNs(self.time()?) },
            LIFE => {
                let path = self.byte()?;
                let beat = self.time()?;
                let alive_since = BoxNs(unzigzag(beat, self.varint()?));
                Entry::Life { path, life: Life { beat: BoxNs(beat), alive_since, closed: self.byte()? != 0 } }
            }
            NOTE => {
                let length = usize::try_from(self.varint()?).map_err(|_| BlockError::CutShort(at))?;
                let end = self.at.checked_add(length).ok_or(BlockError::CutShort(at))?;
                let note = self.bytes.get(self.at..end).ok_or(BlockError::CutShort(at))?;
                self.at = end;
                Entry::Note(note.into())
            }
            MISSED => Entry::Missed(Missed { frames: self.varint()?, steps: self.varint()? }),
            found => return Err(BlockError::Unknown { at, found }),
        })
    }

    fn frame(&mut self) -> Result<Entry, BlockError> {
        let [path, source, kind] = self.array()?;
        let kind_at = self.at - 1;
        let seq = u32::from_le_bytes(self.array()?);
        self.event = unzigzag(self.event, self.varint()?);
        let arrival = BoxNs(self.time()?);
        let unknown = BlockError::Unknown { at: kind_at, found: kind };
        let payload = self.payload(Kind::from_number(kind).ok_or(unknown)?)?;
        Ok(Entry::Frame { path, frame: Stamped { source, seq, event: EventNs(self.event), arrival, payload } })
    }

    fn payload(&mut self, kind: Kind) -> Result<Signal, BlockError> {
        let at = self.at;
        let Some(length) = kind.payload_len() else {
            let [mound, joints] = self.array()?;
            return Ok(Signal::Pose { mound, joints });
        };
        let payload = self.bytes.get(at..at + length).ok_or(BlockError::CutShort(at))?;
        self.at += length;
        let body = Body::parse(kind, payload).map_err(|cause| BlockError::Payload { at, cause })?;
        Ok(Signal::from(&body))
    }

    fn time(&mut self) -> Result<u64, BlockError> {
        self.time = unzigzag(self.time, self.varint()?);
        Ok(self.time)
    }

    fn varint(&mut self) -> Result<u64, BlockError> {
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BlockError::CutShort(self.at))
    }

    fn byte(&mut self) -> Result<u8, BlockError> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BlockError> {
        let found =
            self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()).ok_or(BlockError::CutShort(self.at))?;
        self.at += N;
        Ok(*found)
    }
}

#[cfg(test)]
mod tests {
    use firmware_protocol::{Ball, Fiducial, Health, Mark, MarkKind, Spin};
    use proptest::prelude::*;

    use super::*;
    use crate::golden_tests;

    /// What ingest accepts.
    fn signal() -> impl Strategy<Value = Signal> {
        let pixels = || -5e3_f32..5e3;
        prop_oneof![
            (pixels(), pixels(), 1e-3_f32..9.0, 0_f32..99.0)
                .prop_map(|(u, v, sigma, diameter)| { Signal::Ball(Ball { u, v, sigma, diameter }) }),
            (any::<u16>(), pixels(), pixels(), 1e-3_f32..9.0)
                .prop_map(|(landmark, u, v, sigma)| { Signal::Fiducial(Fiducial { landmark, u, v, sigma }) }),
            (0_f32..9e3, 0_f32..1.0).prop_map(|(rate_rpm, confidence)| {
                Signal::Spin(Spin { rate_rpm, axis: [0.6, -0.8, 0.0], confidence })
            }),
            any::<[u8; 2]>().prop_map(|[mound, joints]| Signal::Pose { mound, joints }),
            (any::<[u16; 2]>(), any::<[u32; 2]>(), 0..=2_u8, "[A-Z]{0,4}").prop_map(|(a, b, mound, name)| {
                let mut pitch_type = [0; 4];
                pitch_type[..name.len()].copy_from_slice(name.as_bytes());
                Signal::Mark(Mark {
                    what: MarkKind::PitchReleased,
                    mound,
                    at_bat_number: a[0],
                    pitch_number: a[1],
                    game_pk: b[0],
                    pitcher: b[1],
                    pitch_type,
                })
            }),
            (any::<i16>(), any::<u16>(), any::<u32>(), any::<i32>()).prop_map(|(t, v, dropped, clock_offset_ns)| {
                Signal::Health(Health {
                    temperature_centi_c: t,
                    vibration_milli_g: v,
                    dropped,
                    clock_offset_ns,
                    exposure_ns: dropped,
                })
            }),
        ]
    }

    fn entry() -> impl Strategy<Value = Entry> {
        prop_oneof![
            4 => (any::<u8>(), any::<u8>(), any::<u32>(), any::<[u64; 2]>(), signal()).prop_map(
                |(path, source, seq, [event, arrival], payload)| Entry::Frame {
                    path,
                    frame: Stamped { source, seq, event: EventNs(event), arrival: BoxNs(arrival), payload },
                }
            ),
            2 => any::<u64>().prop_map(|now| Entry::Step { now: BoxNs(now) }),
            1 => (any::<u8>(), any::<[u64; 2]>(), any::<bool>()).prop_map(|(path, [beat, since], closed)| Entry::Life {
                path,
                life: Life { beat: BoxNs(beat), alive_since: BoxNs(since), closed },
            }),
            1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(|note| Entry::Note(note.into())),
            1 => any::<[u64; 2]>().prop_map(|[frames, steps]| Entry::Missed(Missed { frames, steps })),
        ]
    }

    proptest! {
        #[test]
        fn entries_survive_their_bytes(entries in prop::collection::vec(entry(), 0..60)) {
            let mut encoder = Encoder::default();
            for entry in &entries {
                encoder.push(entry);
            }
            prop_assert_eq!(decode(encoder.bytes()), Ok(entries));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn bytes_that_are_cut_short_say_so(entries in prop::collection::vec(entry(), 1..5), cut in 1_usize..8) {
            let mut encoder = Encoder::default();
            for entry in &entries {
                encoder.push(entry);
            }
            let bytes = encoder.bytes();
            let kept = &bytes[..bytes.len() - cut.min(bytes.len())];
            prop_assert_ne!(decode(kept), Ok(entries));
        }
    }

    #[test]
    fn a_frame_of_a_stadium_takes_some_thirty_bytes() {
        let mut encoder = Encoder::default();
        for k in 0..100_u64 {
            let (event, arrival) =
                (EventNs(1_800_000_000_000_000_000 + k * 300_000), BoxNs(1_800_000_003_000_000_000 + k * 333_333));
            let payload = Signal::Ball(Ball { u: 1.0, v: 2.0, sigma: 0.5, diameter: 9.0 });
            encoder
                .push(&Entry::Frame { path: 0, frame: Stamped { source: 3, seq: k as u32, event, arrival, payload } });
        }
        assert!(encoder.bytes().len() < 3_400, "{}", encoder.bytes().len());
    }

    /// What stands in `tests/golden/journal/entries`, in a layout of its own each.
    fn one_of_each() -> Vec<Entry> {
        let signals = [
            Signal::Ball(Ball { u: 612.25, v: 401.5, sigma: 0.5, diameter: 9.75 }),
            Signal::Fiducial(Fiducial { landmark: 258, u: 12.5, v: -3.25, sigma: 0.25 }),
            Signal::Spin(Spin { rate_rpm: 2_350.0, axis: [0.6, -0.8, 0.0], confidence: 0.75 }),
            Signal::Pose { mound: 2, joints: 17 },
            Signal::Mark(Mark {
                what: MarkKind::PitchReleased,
                mound: 1,
                at_bat_number: 33,
                pitch_number: 4,
                game_pk: 746_321,
                pitcher: 669_203,
                pitch_type: *b"FF\0\0",
            }),
            Signal::Health(Health {
                temperature_centi_c: -1_234,
                vibration_milli_g: 56,
                dropped: 7,
                clock_offset_ns: -8_900,
                exposure_ns: 1_000_000,
            }),
        ];
        let frames = (0..).zip(signals).map(|(seq, payload)| Entry::Frame {
            path: 1,
            frame: Stamped {
                source: 12,
                seq: 1_000 + seq,
                event: EventNs(1_780_000_000_000_000_000 + u64::from(seq) * 300_000),
                arrival: BoxNs(1_780_000_003_000_000_000 + u64::from(seq) * 333_333),
                payload,
            },
        });
        let life = Life {
            beat: BoxNs(1_780_000_004_000_000_000),
            alive_since: BoxNs(1_780_000_000_000_000_000),
            closed: true,
        };
        let rest = [
            Entry::Life { path: 1, life },
            Entry::Note([9, 8, 7].into()),
            Entry::Missed(Missed { frames: 300, steps: 2 }),
            Entry::Step { now: BoxNs(1_780_000_004_500_000_000) },
        ];
        frames.chain(rest).collect()
    }

    #[test]
    fn entries_stand_in_the_bytes_in_which_they_always_stood() {
        let mut encoder = Encoder::default();
        for entry in &one_of_each() {
            encoder.push(entry);
        }
        golden_tests::holds("journal/entries-2.bin", encoder.bytes());
        assert_eq!(decode(encoder.bytes()), Ok(one_of_each()));
    }
}
