//! Kind 5, MARK: what the game feed says happened.

use crate::Cause;
use crate::bytes::{array_at, put, u8_at, u16_at, u32_at};

mod field {
    pub(super) const WHAT: usize = 0;
    pub(super) const MOUND: usize = 1;
    pub(super) const AT_BAT_NUMBER: usize = 2;
    pub(super) const PITCH_NUMBER: usize = 4;
    // 6..8 is reserved: zero when sent, ignored when received.
    pub(super) const GAME_PK: usize = 8;
    pub(super) const PITCHER: usize = 12;
    pub(super) const PITCH_TYPE: usize = 16;
}

/// Length of the payload in bytes.
pub(crate) const LEN: usize = 20;

/// The last mound there is: 0 game, 1 `bullpen_home`, 2 `bullpen_visitor`.
pub(crate) const LAST_MOUND: u8 = 2;

/// What the game feed says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What happened.
    pub what: MarkKind,
    /// Mound: 0 game, 1 `bullpen_home`, 2 `bullpen_visitor`.
    pub mound: u8,
    /// Statcast's `at_bat_number`.
    pub at_bat_number: u16,
    /// Statcast's `pitch_number`.
    pub pitch_number: u16,
    /// Statcast's `game_pk`.
    pub game_pk: u32,
    /// MLBAM id.
    pub pitcher: u32,
    /// Statcast's pitch type, ASCII, zero-padded.
    pub pitch_type: [u8; 4],
}

/// What a mark says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum MarkKind {
    /// The pitcher steps on the mound.
    PitcherOnMound = 1,
    /// The ball leaves the hand.
    PitchReleased = 2,
    /// The ball is caught, hit or past.
    PitchEnded = 3,
    /// A half-inning starts.
    InningStart = 4,
    /// A half-inning ends.
    InningEnd = 5,
    /// The rig was calibrated.
    CalibrationDone = 6,
}

impl MarkKind {
    const fn from_wire(what: u8) -> Option<Self> {
        Some(match what {
            1 => Self::PitcherOnMound,
            2 => Self::PitchReleased,
            3 => Self::PitchEnded,
            4 => Self::InningStart,
            5 => Self::InningEnd,
            6 => Self::CalibrationDone,
            _ => return None,
        })
    }
}

impl Mark {
    /// Whether receivers accept it: a mound of 0 to 2, and a pitch type of printable ASCII without spaces followed
    /// by nothing but zeros (all zeros where the type is not known).
    pub fn is_valid(&self) -> bool {
        let mut padding = self.pitch_type.iter().skip_while(|byte| byte.is_ascii_graphic());
        self.mound <= LAST_MOUND && padding.all(|byte| *byte == 0)
    }

    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Cause> {
        let payload: &[u8; LEN] = payload.try_into().map_err(|_| Cause::PayloadSize)?;
        let mark = Self {
            what: MarkKind::from_wire(u8_at::<{ field::WHAT }, _>(payload)).ok_or(Cause::Values)?,
            mound: u8_at::<{ field::MOUND }, _>(payload),
            at_bat_number: u16_at::<{ field::AT_BAT_NUMBER }, _>(payload),
            pitch_number: u16_at::<{ field::PITCH_NUMBER }, _>(payload),
            game_pk: u32_at::<{ field::GAME_PK }, _>(payload),
            pitcher: u32_at::<{ field::PITCHER }, _>(payload),
            pitch_type: array_at::<{ field::PITCH_TYPE }, 4, _>(payload),
        };
        if mark.is_valid() { Ok(mark) } else { Err(Cause::Values) }
    }

    pub(crate) fn emit(&self) -> [u8; LEN] {
        let mut payload = [0; LEN];
        put::<{ field::WHAT }, _, _>(&mut payload, [self.what as u8]);
        put::<{ field::MOUND }, _, _>(&mut payload, [self.mound]);
        put::<{ field::AT_BAT_NUMBER }, _, _>(&mut payload, self.at_bat_number.to_le_bytes());
        put::<{ field::PITCH_NUMBER }, _, _>(&mut payload, self.pitch_number.to_le_bytes());
        put::<{ field::GAME_PK }, _, _>(&mut payload, self.game_pk.to_le_bytes());
        put::<{ field::PITCHER }, _, _>(&mut payload, self.pitcher.to_le_bytes());
        put::<{ field::PITCH_TYPE }, _, _>(&mut payload, self.pitch_type);
        payload
    }
}
