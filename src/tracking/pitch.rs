//! A fitted pitch: Statcast's quantities, each with its standard deviation, and what they rest on.

use serde::{Deserialize, Serialize};

use crate::ids::{EventNs, GamePk, MoundId, PitchId, PitchType, PitcherId};

/// How settled a published result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PitchState {
    /// From the eager watermark: late frames may still change it.
    Provisional,
    /// Behind the final watermark.
    Final,
}

/// Statcast's quantities of one pitch; the same struct holds their standard deviations.
/// Units are Statcast's (science.md): feet, mph, rpm, degrees; `pfx_*` in feet.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Quantities {
    /// mph, at release.
    pub release_speed: f64,
    /// ft.
    pub release_pos_x: f64,
    /// ft, from the plate's back tip: 60.5 − extension.
    pub release_pos_y: f64,
    /// ft.
    pub release_pos_z: f64,
    /// ft in front of the rubber.
    pub release_extension: f64,
    /// ft at the plate's front, y = 17/12 ft.
    pub plate_x: f64,
    /// ft at the plate's front.
    pub plate_z: f64,
    /// ft.
    pub pfx_x: f64,
    /// ft.
    pub pfx_z: f64,
    /// degrees, negative for a falling pitch.
    pub vertical_approach_angle: f64,
    /// degrees.
    pub horizontal_approach_angle: f64,
    /// mph, approximate (science.md §1).
    pub effective_speed: f64,
    /// Drag coefficient implied by the flight.
    pub drag_coefficient: f64,
    /// Lift coefficient implied by the flight.
    pub lift_coefficient: f64,
}

/// The nine parameters of constant acceleration at y = 50 ft, as Statcast publishes them: ft, ft/s, ft/s².
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct NineP {
    /// ft at y = 50 ft.
    pub x0: f64,
    /// ft at y = 50 ft.
    pub z0: f64,
    /// ft/s.
    pub vx0: f64,
    /// ft/s.
    pub vy0: f64,
    /// ft/s.
    pub vz0: f64,
    /// ft/s².
    pub ax: f64,
    /// ft/s².
    pub ay: f64,
    /// ft/s².
    pub az: f64,
}

/// Spin measured by a device.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeasuredSpin {
    /// rpm.
    pub release_spin_rate: f64,
    /// degrees, 180 = pure backspin.
    pub spin_axis: f64,
    /// The device's own confidence, 0–1.
    pub confidence: f64,
}

/// Who threw it, as the mark feed said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Context {
    /// Absent while no mark has named a pitcher on this mound.
    pub pitcher: Option<PitcherId>,
    /// Absent in a bullpen session or without marks.
    pub game_pk: Option<GamePk>,
    /// Statcast's, absent without a released mark.
    pub at_bat_number: Option<u16>,
    /// Statcast's, absent without a released mark.
    pub pitch_number: Option<u16>,
    /// Absent without a released mark.
    pub pitch_type: Option<PitchType>,
}

/// What one camera contributed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CameraResidual {
    /// Source id.
    pub camera: u8,
    /// Observations inside the gate.
    pub used: u16,
    /// Observations outside the gate.
    pub gated: u16,
    /// Mean residual (du, dv) before gating, px: what calibration feeds on.
    pub mean_px: [f64; 2],
    /// Root mean square of the gated residuals per axis, px.
    pub rms_px: f64,
}

/// Reasons to distrust a pitch. A flagged pitch is shown with its flags and feeds no feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // independent reasons, not a state
pub struct Flags {
    /// Too few cameras or views too alike to trust the geometry; standard deviations are large.
    pub weak_geometry: bool,
    /// Cameras disagree more than their noise allows.
    pub cameras_disagree: bool,
    /// Part of the flight was not seen; ends are extrapolated.
    pub short_track: bool,
    /// The flight is possible but no ordinary pitch (speed, drag or release out of range).
    pub unusual_flight: bool,
    /// It was given out early, and the full fit of all cameras did not confirm it: it was none.
    pub withdrawn: bool,
}

impl Flags {
    /// Whether anything is flagged.
    pub fn any(self) -> bool {
        self.weak_geometry || self.cameras_disagree || self.short_track || self.unusual_flight || self.withdrawn
    }
}

/// One fitted pitch, as published with a revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pitch {
    /// Stable over revisions.
    pub id: PitchId,
    /// 0 when first published, then counted up.
    pub revision: u32,
    /// Provisional or final.
    pub state: PitchState,
    /// Where it was thrown.
    pub mound: MoundId,
    /// Event time of the release.
    pub release: EventNs,
    /// Whether a released mark gave the release.
    pub release_marked: bool,
    /// Event time at which the ball crossed the plate's front.
    pub plate: EventNs,
    /// Who and which pitch.
    pub context: Context,
    /// The published values: 12P with the jerk prior.
    pub values: Quantities,
    /// Their standard deviations, same units.
    pub sd: Quantities,
    /// The 9P fit beside it, since that is what users compare with.
    pub nine_p: NineP,
    /// Spin, where a device measured it.
    pub spin: Option<MeasuredSpin>,
    /// Cameras that the fit used.
    pub cameras: u8,
    /// Per camera, ascending by source.
    pub residuals: Vec<CameraResidual>,
    /// Root mean square of all used residuals per axis, px.
    pub residual_px: f64,
    /// Reasons to distrust it.
    pub flags: Flags,
    /// Frames of this pitch so far, and those of them that came after the final watermark.
    pub frames: u32,
    /// See `frames`.
    pub frames_late: u32,
    /// Whether only the first cameras that showed it have said so yet: values are as certain as `sd` says, and of fewer.
    pub early: bool,
}

#[cfg(test)]
impl Pitch {
    /// A sinker in the home bullpen, final, of which only a speed and a place are known.
    pub(crate) fn example() -> Self {
        let release = EventNs(1_780_000_000_123_456_789);
        Self {
            id: PitchId::new(release, MoundId(1)),
            revision: 2,
            state: PitchState::Final,
            mound: MoundId(1),
            release,
            release_marked: true,
            plate: EventNs(release.0 + 400_000_000),
            context: Context { pitch_type: PitchType::parse("SI"), ..Context::default() },
            values: Quantities { release_speed: 95.125, plate_x: -0.5, ..Quantities::default() },
            sd: Quantities { release_speed: 0.03125, plate_x: 0.25, ..Quantities::default() },
            nine_p: NineP::default(),
            spin: Some(MeasuredSpin { release_spin_rate: 2150.0, spin_axis: 200.0, confidence: 0.75 }),
            cameras: 5,
            residuals: Vec::new(),
            residual_px: 0.5,
            flags: Flags { short_track: true, ..Flags::default() },
            frames: 200,
            frames_late: 20,
            early: false,
        }
    }
}

impl Pitch {
    /// Frames that came after the final watermark ÷ all its frames so far.
    pub fn late_data_frac(&self) -> f64 {
        if self.frames == 0 { 0.0 } else { f64::from(self.frames_late) / f64::from(self.frames) }
    }
}
