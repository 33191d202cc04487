//! A checkpoint: how the pipeline stands at the end of a step, so that another one goes on as if nothing had happened.
//!
//! What stands in the watermark buffer and the trackers is made of the frames of the last seconds, and those are in the
//! journal. So a checkpoint holds only what lives longer: outings and alerts, calibration, what the trackers learned and who
//! stands on each mound. To go on from it, frames are first taken from `since` on with nothing but buffer and trackers
//! at work (*warming*); at the checkpoint's own step the rest is put in place, and from there on everything is as it was.

use firmware_protocol::{Mark, MarkKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::clocks::Clocks;
use super::held::Recent;
use super::rig::About;
use super::scales::Scales;
use super::whose::Known;
use crate::calibration::ExactState;
use crate::environment::Air;
use crate::ids::{BoxNs, EventNs, MoundId, PitcherId};
use crate::readiness::EngineState;
use crate::tracking::{EarlyState, Standing};
use crate::workload::OutingKey;

/// The first byte of a checkpoint's bytes.
pub(super) const LAYOUT: u8 = 11;

/// Why stored bytes are no checkpoint to go on from.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum CheckpointError {
    /// Another version wrote it.
    #[error("layout {0} is another version's")]
    Layout(u8),
    /// It does not read.
    #[error("it does not read: {0}")]
    Unreadable(String),
    /// The cameras, or the mounds, are others now.
    #[error("it is of another rig than the venue file's")]
    OtherRig,
}

/// How the pipeline stands at the end of a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Number of that step in the journal.
    pub step: u64,
    /// What it was told as the time.
    pub now: BoxNs,
    /// From where on frames are needed to go on from it, box time.
    pub since: BoxNs,
    /// The smallest final watermark W of any mound.
    pub watermark: Option<EventNs>,
    /// The earliest event time still open R.
    pub open_since: Option<EventNs>,
    pub(super) begun: BoxNs,
    pub(super) lanes: Vec<LaneState>,
    pub(super) engine: EngineState,
    pub(super) calibration: ExactState,
    pub(super) standing: Vec<(About, u64)>,
    pub(super) recent: Vec<Recent>,
    pub(super) profiled: Vec<((PitcherId, MoundId), OutingKey)>,
    pub(super) whose: Known,
    pub(super) clocks: Clocks,
    pub(super) dropped: Vec<u32>,
    pub(super) air: Air,
    pub(super) passed: BoxNs,
    pub(super) kept: BoxNs,
    pub(super) learned: bool,
    pub(super) retired: BoxNs,
    pub(super) seen: BoxNs,
    pub(super) clock_ns: i64,
    pub(super) returned: Option<BoxNs>,
}

/// One mound.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LaneState {
    pub(super) mound: MoundId,
    pub(super) scales: Scales,
    pub(super) searched: EventNs,
    pub(super) on_mound: Option<OnMound>,
    pub(super) early: EarlyState,
}

/// The mark that says who stands on a mound, or that nobody does any more.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct OnMound {
    event: EventNs,
    said: Said,
    thrown: EventNs,
    at_bat_number: u16,
    pitch_number: u16,
    game_pk: u32,
    pitcher: u32,
    pitch_type: [u8; 4],
}

/// What that mark was.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Said {
    Named,
    Released,
    Over,
}

impl Checkpoint {
    /// As it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![LAYOUT]).expect("a checkpoint is plain data, and a Vec takes everything")
    }

    /// From what was stored.
    ///
    /// # Errors
    /// Bytes of another version, or damaged ones.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        read(LAYOUT, bytes)
    }
}

/// What was written behind a byte that says its layout, to the last byte.
///
/// # Errors
/// Bytes of another layout, or damaged ones.
pub(super) fn read<T: DeserializeOwned>(layout: u8, bytes: &[u8]) -> Result<T, CheckpointError> {
    let unreadable = |why: &str| CheckpointError::Unreadable(why.to_owned());
    match bytes.split_first() {
        Some((found, body)) if *found == layout => match postcard::take_from_bytes(body) {
            Ok((value, [])) => Ok(value),
            Ok(_) => Err(unreadable("more follows than belongs to it")),
            Err(error) => Err(unreadable(&error.to_string())),
        },
        Some((found, _)) => Err(CheckpointError::Layout(*found)),
        None => Err(unreadable("it is empty")),
    }
}

impl From<Standing> for OnMound {
    fn from(Standing { event, mark, thrown }: Standing) -> Self {
        let Mark { what, at_bat_number, pitch_number, game_pk, pitcher, pitch_type, .. } = mark;
        let said = match what {
            MarkKind::PitchReleased => Said::Released,
            MarkKind::InningEnd => Said::Over,
            _ => Said::Named,
        };
        Self { event, said, thrown, at_bat_number, pitch_number, game_pk, pitcher, pitch_type }
    }
}

impl OnMound {
    pub(super) fn standing(&self, mound: MoundId) -> Standing {
        let Self { event, said, thrown, at_bat_number, pitch_number, game_pk, pitcher, pitch_type } = *self;
        let what = match said {
            Said::Named => MarkKind::PitcherOnMound,
            Said::Released => MarkKind::PitchReleased,
            Said::Over => MarkKind::InningEnd,
        };
        let mark = Mark { what, mound: mound.0, at_bat_number, pitch_number, game_pk, pitcher, pitch_type };
        Standing { event, mark, thrown }
    }
}
