//! PitchGuard's wire protocol, version 1.
#![no_std]
#![forbid(unsafe_code)]

/// A ball seen by a camera, pixels, undistortion not yet applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ball {
    /// Column.
    pub u: f32,
    /// Row.
    pub v: f32,
    /// Standard deviation of u and v.
    pub sigma: f32,
    /// Diameter of the ball's picture.
    pub diameter: f32,
}

/// A landmark seen by a camera, pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fiducial {
    /// Number of the landmark in the venue file.
    pub landmark: u16,
    /// Column.
    pub u: f32,
    /// Row.
    pub v: f32,
    /// Standard deviation of u and v.
    pub sigma: f32,
}

/// A ball's spin at release; the frame's event time is the release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spin {
    /// Revolutions per minute.
    pub rate_rpm: f32,
    /// Unit vector, field frame.
    pub axis: [f32; 3],
    /// 0 to 1.
    pub confidence: f32,
}

/// What the game feed says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What happened.
    pub what: MarkKind,
    /// Mound: 0 game, 1 bullpen_home, 2 bullpen_visitor.
    pub mound: u8,
    /// Statcast's at_bat_number.
    pub at_bat_number: u16,
    /// Statcast's pitch_number.
    pub pitch_number: u16,
    /// Statcast's game_pk.
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

/// A camera's heartbeat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Health {
    /// 0.01 °C.
    pub temperature_centi_c: i16,
    /// 0.001 g rms.
    pub vibration_milli_g: u16,
    /// Frames the camera dropped since it started.
    pub dropped: u32,
    /// Offset of the camera's clock, ns.
    pub clock_offset_ns: i32,
    /// Exposure, ns.
    pub exposure_ns: u32,
}
