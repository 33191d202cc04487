//! What `GET /api/calibration/{venue}` says, and what the charts are drawn from.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{AlertKind, CameraState};
use crate::ids::{BoxNs, MoundId};
use crate::tracking::CameraCorrection;

/// The rig of a venue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// Short name of the venue.
    pub venue: String,
    /// Of the game mound (the venue's first), 0.50 to 0.95; null while that is unverified.
    pub confidence: Option<f64>,
    /// Its part by age; null while the mound is unverified.
    pub confidence_time: Option<f64>,
    /// Its part by residuals; null while the mound is unverified.
    pub confidence_residual: Option<f64>,
    /// Effective age of the rig, s: the oldest of the cameras that its fit needs, by the weather of each moment; null while the
    /// mound is unverified.
    pub age_s: Option<f64>,
    /// Whether any camera is heard.
    pub is_heard: bool,
    /// When any camera was heard last, box time; null where none ever was.
    pub heard_at: Option<BoxNs>,
    /// Whiles of the last minutes in which the box was away and cameras spoke that nobody heard, oldest first.
    pub away: Vec<AwayWhile>,
    /// How far this box's clock is ahead of its cameras', s, where that makes one of them wrong, negative where it is behind; null
    /// while they agree.
    pub box_clock_off_s: Option<f64>,
    /// How far the clock of a mark feed or a device is ahead of the cameras', s, of the one that is off most, negative where it is
    /// behind; null while they are right.
    pub source_clock_off_s: Option<f64>,
    /// Below this confidence readiness is held.
    pub hold_below: f64,
    /// Below this one its pitchers are warned of; null where that is off.
    pub look_below: Option<f64>,
    /// Standing alerts about the whole rig.
    pub alerts: Vec<StandingAlert>,
    /// A shift of this makes a watch, where the charts agree, px.
    pub watch_px: f64,
    /// And of this an alarm, px.
    pub alarm_px: f64,
    /// Each mound's.
    pub mounds: Vec<MoundReport>,
    /// Every camera, ascending by source.
    pub cameras: Vec<CameraReport>,
    /// What will be done next, and why.
    pub next_action: NextAction,
}

/// A while in which the box was away, box time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AwayWhile {
    /// When the last frame of a camera came before it.
    pub from: BoxNs,
    /// When the box was back.
    pub to: BoxNs,
}

/// Confidence of one mound's results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MoundReport {
    /// Which.
    pub mound: MoundId,
    /// Its name in the venue file: `game`, `bullpen_home`, `bullpen_visitor`.
    pub name: String,
    /// Whether anybody has looked at its cameras lately: pitches, or a round of landmarks.
    pub state: MoundState,
    /// When enough of its cameras were verified last, box time; null where they never were.
    pub verified_at: Option<BoxNs>,
    /// How long ago that was, or the start, where they never were, s; null while it is verified.
    pub unverified_for_s: Option<f64>,
    /// Cameras that send what results can use, and are not left out.
    pub cameras_heard: u32,
    /// Cameras that a fit needs.
    pub cameras_needed: u32,
    /// Whether somebody threw here within 15 minutes; while too few of its cameras are heard, within 15 of when it was last seen.
    pub in_use: bool,
    /// How far to trust its results; null while it is unverified.
    pub confidence: Option<Confidence>,
    /// Whether readiness is held here while somebody throws, or was within the last two minutes.
    pub is_held: bool,
    /// 95 % error at the plate that drift and residuals imply, inches; null with the confidence, and before the first pitch.
    pub plate_error_in: Option<f64>,
    /// Accepted pitches of the last 15 minutes.
    pub pitches: u32,
    /// What keeps its age from starting anew, in words; null where pitches or landmarks verify it.
    pub unverified: Option<String>,
    /// Standing alerts about it.
    pub alerts: Vec<StandingAlert>,
}

/// Whether anybody has looked at a mound's cameras lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MoundState {
    /// Pitches or landmarks say how far to trust it.
    Verified,
    /// Nobody has looked since the start, or for too long: there is no confidence.
    Unverified,
}

impl MoundState {
    /// `verified`, `unverified`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
        }
    }
}

/// Calibration confidence, 0.50 to 0.95.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Confidence {
    /// What to go by.
    pub fused: f64,
    /// By age alone.
    pub time: f64,
    /// By residuals alone.
    pub residual: f64,
}

/// One camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CameraReport {
    /// Source id.
    pub id: u8,
    /// The stadium's name for it.
    pub name: String,
    /// Mound that it serves.
    pub mound: MoundId,
    /// How it stands.
    pub state: CameraState,
    /// Whether it sends just now.
    pub is_heard: bool,
    /// Why it is silent or useless, in words; null where it is neither.
    pub trouble: Option<String>,
    /// For how long it has sent nothing, s, from five seconds on, and from thirty on as an alert; null while it is heard.
    pub silent_for_s: Option<f64>,
    /// For how long it has sent nothing that results could use, s, where that is an alert; null otherwise.
    pub useless_for_s: Option<f64>,
    /// Of this camera alone; null while it is unverified, or not heard.
    pub confidence: Option<f64>,
    /// Its part by age; null with the confidence.
    pub confidence_time: Option<f64>,
    /// Its part by residuals; null with the confidence.
    pub confidence_residual: Option<f64>,
    /// Effective age, s; null with the confidence.
    pub age_s: Option<f64>,
    /// What it is off its corrected model, as estimated; null with the confidence.
    pub drift: Option<Drift>,
    /// How far its clock is ahead of what is corrected, µs; null with the confidence, and before it had a part in a pitch: landmarks
    /// stand still and tell no clock.
    pub clock_offset_us: Option<f64>,
    /// Its standard deviation, µs; null with the offset.
    pub clock_offset_sd_us: Option<f64>,
    /// What the camera itself says of its clock, µs; null while it says nothing.
    pub clock_told_us: Option<f64>,
    /// Smoothed mean residual of its pitches, px; null before the first, and while it is silent or was not heard yet.
    pub residual_px: Option<f64>,
    /// Smoothed scatter of its pixels, px; null with the residual.
    pub scatter_px: Option<f64>,
    /// Frames that it dropped since it started, as last told; null while it says nothing.
    pub dropped: Option<u32>,
    /// °C; null while it says nothing.
    pub temperature_c: Option<f64>,
    /// g rms; null while it says nothing.
    pub vibration_g: Option<f64>,
    /// The correction in force.
    pub correction: CameraCorrection,
    /// All that were made, oldest first, the last 64.
    pub corrections: Vec<CorrectionRecord>,
    /// Standing alerts.
    pub alerts: Vec<StandingAlert>,
    /// For the charts, oldest first.
    pub chart: Vec<ChartPoint>,
}

/// A camera's drift with standard deviations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Drift {
    /// px at the centre of its track.
    pub dx_px: f64,
    /// px at the centre of its track.
    pub dy_px: f64,
    /// Roll, rad.
    pub roll_rad: f64,
    /// Relative change of the focal length.
    pub scale: f64,
    /// Of `dx_px`.
    pub dx_sd_px: f64,
    /// Of `dy_px`.
    pub dy_sd_px: f64,
    /// Of `roll_rad`.
    pub roll_sd_rad: f64,
    /// Of `scale`.
    pub scale_sd: f64,
    /// What it moves a pitch at the plate, inches; null before it had a part in one.
    pub plate_in: Option<f64>,
    /// What roll and scale move the ends of its track by against its centre, px.
    pub turn_px: f64,
}

/// A correction that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CorrectionRecord {
    /// When, box time.
    pub at: BoxNs,
    /// The whole correction after it.
    pub correction: CameraCorrection,
    /// Why, in words.
    pub why: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What the camera was off before and after it, px, where both were seen.
    pub shift_px: [Option<f64>; 2],
}

/// What became of a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Not yet judged by the pitches after it.
    Open,
    /// The pitches after it agree.
    Held,
    /// Residuals got worse.
    Undone,
    /// Overtaken by another before it was judged.
    Replaced,
    /// It took an earlier one back.
    TookBack,
    /// The rig moved as one, by landmarks: balls cannot judge it.
    ByLandmarks,
}

/// An alert that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StandingAlert {
    /// What kind.
    pub kind: AlertKind,
    /// When it was raised, box time.
    pub since: BoxNs,
    /// Since when what it tells of is so, box time, where that is known and was before it was raised.
    #[serde(default)]
    pub began: Option<BoxNs>,
    /// In words.
    pub reason: String,
}

/// What an alert is about to say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    /// In words.
    pub(super) reason: String,
    /// Since when it is so, where that is known.
    pub(super) began: Option<BoxNs>,
}

impl From<String> for Told {
    fn from(reason: String) -> Self {
        Self { reason, began: None }
    }
}

impl Told {
    /// Of what began at a moment, where that is known.
    pub(super) fn since(reason: String, began: Option<BoxNs>) -> Self {
        Self { reason, began }
    }

    /// The alert as it is raised now.
    pub(super) fn raised(self, kind: AlertKind, now: BoxNs) -> StandingAlert {
        let Self { reason, began } = self;
        StandingAlert { kind, since: now, began: began.filter(|began| *began < now), reason }
    }
}

impl StandingAlert {
    /// Since when what it tells of is so, as far as that is known; as it was raised where nothing is.
    pub fn so_since(&self) -> BoxNs {
        self.began.unwrap_or(self.since)
    }
}

/// One pitch on a camera's chart, relative to the model in force then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChartPoint {
    /// Box time.
    pub at: BoxNs,
    /// Estimated shift, px.
    pub dx_px: f64,
    /// Estimated shift, px.
    pub dy_px: f64,
    /// Standard deviation, the worse axis, px.
    pub sd_px: f64,
    /// Control chart of dx and dy, px.
    pub ewma_px: [f64; 2],
    /// Its limits, px.
    pub limit_px: [f64; 2],
    /// Clock offset, µs.
    pub clock_us: f64,
    /// Version of the correction.
    pub version: u32,
}

/// What calibration will do next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NextAction {
    /// In words.
    pub what: String,
    /// In words.
    pub why: String,
    /// Box time, where it is known.
    pub when: Option<BoxNs>,
}

/// What recalibration would do, or did, to one camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// Source id.
    pub camera: u8,
    /// Whether it was applied, or would be.
    pub applies: bool,
    /// Whether a camera that was left out takes part again, as one does that is named.
    pub reinstates: bool,
    /// The whole correction after it.
    pub correction: CameraCorrection,
    /// What it moves the camera's track by, px.
    pub shift_px: f64,
    /// Standard deviation, px.
    pub sd_px: f64,
    /// In words.
    pub why: String,
}
