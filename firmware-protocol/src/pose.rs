//! Kind 4, POSE: the pitcher's joints at one moment.

use crate::Cause;
use crate::bytes::{i16_at, put, u8_at};
use crate::mark::LAST_MOUND;

mod field {
    pub(super) const COUNT: usize = 0;
    pub(super) const MOUND: usize = 1;
    // 2..4 is reserved: zero when sent, ignored when received.
}

mod joint_field {
    pub(super) const JOINT: usize = 0;
    pub(super) const CONFIDENCE: usize = 1;
    pub(super) const X: usize = 2;
    pub(super) const Y: usize = 4;
    pub(super) const Z: usize = 6;
}

/// Length of the payload before its joints, in bytes.
pub(crate) const HEAD_LEN: usize = 4;
/// Length of a joint in bytes.
pub(crate) const JOINT_LEN: usize = 8;

/// A joint of the pitcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joint {
    /// Number of the joint.
    pub joint: u8,
    /// Confidence in 1/255.
    pub confidence: u8,
    /// x, y and z in the mound's frame, but from its rubber, mm.
    pub position_mm: [i16; 3],
}

impl Joint {
    fn parse(bytes: [u8; JOINT_LEN]) -> Self {
        Self {
            joint: u8_at::<{ joint_field::JOINT }, _>(&bytes),
            confidence: u8_at::<{ joint_field::CONFIDENCE }, _>(&bytes),
            position_mm: [
                i16_at::<{ joint_field::X }, _>(&bytes),
                i16_at::<{ joint_field::Y }, _>(&bytes),
                i16_at::<{ joint_field::Z }, _>(&bytes),
            ],
        }
    }

    pub(crate) fn emit(self) -> [u8; JOINT_LEN] {
        let mut bytes = [0; JOINT_LEN];
        let [x, y, z] = self.position_mm;
        put::<{ joint_field::JOINT }, _, _>(&mut bytes, [self.joint]);
        put::<{ joint_field::CONFIDENCE }, _, _>(&mut bytes, [self.confidence]);
        put::<{ joint_field::X }, _, _>(&mut bytes, x.to_le_bytes());
        put::<{ joint_field::Y }, _, _>(&mut bytes, y.to_le_bytes());
        put::<{ joint_field::Z }, _, _>(&mut bytes, z.to_le_bytes());
        bytes
    }
}

/// The joints of a pitcher at the frame's event time, borrowed from the datagram or from the sender's list.
#[derive(Debug, Clone, Copy)]
pub struct Pose<'a> {
    /// Mound: 0 game, 1 `bullpen_home`, 2 `bullpen_visitor`.
    pub mound: u8,
    joints: Joints<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Joints<'a> {
    Received(&'a [[u8; JOINT_LEN]]),
    ToSend(&'a [Joint]),
}

impl<'a> Pose<'a> {
    /// A pose to encode. A frame holds 180 joints at most, 178 when it is authenticated.
    pub fn new(mound: u8, joints: &'a [Joint]) -> Self {
        Self { mound, joints: Joints::ToSend(joints) }
    }

    /// How many joints there are.
    pub fn count(&self) -> usize {
        match self.joints {
            Joints::Received(joints) => joints.len(),
            Joints::ToSend(joints) => joints.len(),
        }
    }

    /// The joints in the order sent.
    pub fn joints(&self) -> impl Iterator<Item = Joint> + Clone + use<'a> {
        let (received, to_send): (&[[u8; JOINT_LEN]], &[Joint]) = match self.joints {
            Joints::Received(joints) => (joints, &[]),
            Joints::ToSend(joints) => (&[], joints),
        };
        received.iter().copied().map(Joint::parse).chain(to_send.iter().copied())
    }

    /// Whether receivers accept it: a mound of 0 to 2.
    pub fn is_valid(&self) -> bool {
        self.mound <= LAST_MOUND
    }

    pub(crate) fn parse(payload: &'a [u8]) -> Result<Self, Cause> {
        let (head, rest) = payload.split_first_chunk::<HEAD_LEN>().ok_or(Cause::PayloadSize)?;
        let (joints, odd) = rest.as_chunks::<JOINT_LEN>();
        if !odd.is_empty() || joints.len() != usize::from(u8_at::<{ field::COUNT }, _>(head)) {
            return Err(Cause::PayloadSize);
        }
        let pose = Self { mound: u8_at::<{ field::MOUND }, _>(head), joints: Joints::Received(joints) };
        if pose.is_valid() { Ok(pose) } else { Err(Cause::Values) }
    }

    /// The payload before its joints.
    pub(crate) fn emit_head(&self, count: u8) -> [u8; HEAD_LEN] {
        let mut head = [0; HEAD_LEN];
        put::<{ field::COUNT }, _, _>(&mut head, [count]);
        put::<{ field::MOUND }, _, _>(&mut head, [self.mound]);
        head
    }
}

impl PartialEq for Pose<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.mound == other.mound && self.joints().eq(other.joints())
    }
}
