//! The frames, and what must come of them.

use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::reorder::{Route, Stamped};

const SECOND_NS: u64 = 1_000_000_000;
const START_NS: u64 = 1_700_000_000 * SECOND_NS;
const PITCH_NS: u64 = 20 * SECOND_NS;
/// Sources of the workload, 1 to this.
pub(crate) const SOURCES: u8 = 20;

/// Makes a frame 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Payload {
    pub pitch: u32,
    pub values: [f32; 9],
}

impl Route for Payload {
    fn mound(&self, _source: u8) -> MoundId {
        MoundId(0)
    }
}

pub(crate) type Frame = Stamped<Payload>;
const _: () = assert!(size_of::<Frame>() == 64);

/// What an engine made of the frames. The checksum knows the order.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub released: u64,
    pub late: u64,
    pub duplicates: u64,
    pub checksum: u64,
    pub pitches: Vec<(u32, f32)>,
}

impl Outcome {
    pub(crate) fn release(&mut self, frame: &Frame) {
        self.released += 1;
        self.checksum = (self.checksum.rotate_left(5) ^ frame.event.0 ^ u64::from(frame.seq) ^ u64::from(frame.source))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let pitch = frame.payload.pitch as usize;
        if pitch >= self.pitches.len() {
            self.pitches.resize(pitch + 1, (0, 0.0));
        }
        self.pitches[pitch].0 += 1;
        self.pitches[pitch].1 += frame.payload.values[0];
    }
}

/// xorshift: the same frames every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// `seconds` of event time at `rate` times the stadium's frame rates, in order of arrival.
pub(crate) fn frames(seconds: u64, rate: u64) -> Vec<Frame> {
    let mut dice = Dice(0x5eed);
    let mut out = Vec::new();
    for source in 1..=SOURCES {
        let every_ns = SECOND_NS / (if source <= 5 { 300 } else { 100 } * rate);
        let phase = f64::from(source);
        for seq in 0..seconds * SECOND_NS / every_ns {
            let since_start = seq * every_ns + u64::from(source) * 1_000;
            // One camera is silent for a minute, or a tenth of a short run.
            let silence = seconds * SECOND_NS / 2;
            if source == 20 && (silence..silence + 60 * SECOND_NS.min(seconds * SECOND_NS / 600)).contains(&since_start)
            {
                continue;
            }
            let turn = since_start as f64 / 97e9 * std::f64::consts::TAU + phase;
            let mut lag = ((3.5 + 1.5 * turn.sin()) * 1e9) as u64 + dice.below(SECOND_NS / 5);
            if dice.below(1000) < 5 {
                lag += 5 * SECOND_NS + dice.below(4 * SECOND_NS);
            }
            let event = START_NS + since_start;
            let mut frame = Frame {
                source,
                seq: seq as u32,
                event: EventNs(event),
                arrival: BoxNs(event + lag),
                payload: Payload { pitch: (since_start / PITCH_NS) as u32, values: [seq as f32 % 7.0; 9] },
            };
            out.push(frame);
            if dice.below(1000) < 2 {
                frame.arrival.0 += dice.below(SECOND_NS / 5);
                out.push(frame);
            }
        }
    }
    out.sort_by_key(|frame| frame.arrival);
    out
}
