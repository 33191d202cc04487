//! The venue file: cameras, landmarks and mounds of one ballpark.

use std::collections::BTreeMap;
use std::path::Path;

use nalgebra::{Point3, Rotation3, Vector3};
use serde::Deserialize;

use super::camera::Camera;
use crate::ids::{BoxNs, MoundId};

/// One ballpark's rig.
#[derive(Debug, Clone)]
pub struct Venue {
    /// Short name, as in topics and addresses (`busch_iii`).
    pub id: String,
    /// Name for people.
    pub name: String,
    /// IANA time zone of the park.
    pub time_zone: String,
    /// Height above the sea, feet.
    pub altitude_ft: f64,
    /// All cameras, ascending by id.
    pub cameras: Vec<Camera>,
    /// All mounds, ascending by id.
    pub mounds: Vec<Mound>,
    /// Landmarks in the field frame, feet.
    pub landmarks: Vec<Landmark>,
    /// When each camera was last surveyed, by source, where the file says so.
    pub calibrated_at: BTreeMap<u8, BoxNs>,
}

/// A mound with its own frame: origin at its plate's back tip, y toward its rubber.
#[derive(Debug, Clone)]
pub struct Mound {
    /// Its id.
    pub id: MoundId,
    /// `game`, `bullpen_home`, `bullpen_visitor`.
    pub name: String,
    /// Its plate's back tip in the field frame, feet.
    pub plate_ft: Vector3<f64>,
    /// Sources of the cameras that serve it.
    pub cameras: Vec<u8>,
    rotation: Rotation3<f64>,
}

/// A fixed point of the park that cameras report as FIDUCIAL.
#[derive(Debug, Clone, PartialEq)]
pub struct Landmark {
    /// Its number on the wire.
    pub id: u16,
    /// Name for people.
    pub name: String,
    /// Field frame, feet.
    pub position_ft: Vector3<f64>,
}

impl Mound {
    /// A point of the mound's frame in the field frame.
    pub fn to_field(&self, point: &Point3<f64>) -> Point3<f64> {
        self.rotation * point + self.plate_ft
    }

    /// The camera as it stands in this mound's own frame, so that a fit never needs the field frame.
    pub fn localise(&self, camera: &Camera) -> Camera {
        camera.in_frame(self.rotation.matrix(), &self.plate_ft)
    }
}

/// A mound's name in the venue file as people say it within a sentence: `bullpen_home` is "the home bullpen".
pub fn mound_in_words(name: &str) -> String {
    match name.strip_prefix("bullpen_") {
        Some(side) => format!("the {} bullpen", side.replace('_', " ")),
        None => format!("the {} mound", name.replace('_', " ")),
    }
}

impl Venue {
    /// The reference rig, built in so that the demo needs no file.
    pub fn busch_iii() -> Self {
        Self::parse(include_str!("../../config/venues/busch_iii.toml")).expect("the built-in venue is checked by tests")
    }

    /// Reads a venue file.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, or does not describe a usable rig; says where and what to do.
    pub fn load(path: &Path) -> Result<Self, VenueError> {
        let text = crate::disk::read_settings_text(path)
            .map_err(|source| VenueError::Read { path: path.display().to_string(), source })?;
        Self::parse(&text)
            .map_err(|fault| VenueError::Faulty { path: path.display().to_string(), fault: Box::new(fault) })
    }

    /// Reads a venue from TOML.
    ///
    /// # Errors
    /// As [`Venue::load`].
    pub fn parse(text: &str) -> Result<Self, VenueError> {
        let file: File = toml::from_str(text)?;
        let mut cameras: Vec<Camera> = Vec::with_capacity(file.camera.len());
        let mut calibrated_at = BTreeMap::new();
        for c in file.camera {
            if let Some(text) = &c.calibrated_at {
                let Some(at) = text.parse::<jiff::Timestamp>().ok().and_then(|t| u64::try_from(t.as_nanosecond()).ok())
                else {
                    return Err(VenueError::Rig(format!(
                        "camera {}: calibrated_at {text:?} is no time: write it like 2026-04-01T18:00:00Z",
                        c.id
                    )));
                };
                calibrated_at.insert(c.id, BoxNs(at));
            }
            if !(1..=39).contains(&c.id) {
                return Err(VenueError::Rig(format!("camera {} ({}): a camera's id is 1 to 39", c.id, c.name)));
            }
            if cameras.iter().any(|other| other.id == c.id) {
                return Err(VenueError::Rig(format!("camera {} appears twice: give each its own id", c.id)));
            }
            let norm = c.rotation.iter().map(|q| q * q).sum::<f64>().sqrt();
            if (norm - 1.0).abs() > 1e-3 {
                return Err(VenueError::Rig(format!(
                    "camera {}: rotation must be a unit quaternion (w, x, y, z); its length is {norm:.4}",
                    c.id
                )));
            }
            if !(c.focal_px > 0.0 && c.image_px[0] > 0.0 && c.image_px[1] > 0.0 && c.fps > 0.0) {
                return Err(VenueError::Rig(format!("camera {}: focal_px, image_px and fps must be above zero", c.id)));
            }
            cameras.push(Camera::new(
                c.id,
                c.name,
                c.fps,
                c.image_px,
                c.position_ft,
                c.rotation,
                c.focal_px,
                c.principal_px,
                c.distortion,
            ));
        }
        cameras.sort_by_key(|c| c.id);
        let mut mounds: Vec<Mound> = Vec::with_capacity(file.mound.len());
        for m in file.mound {
            for camera in &m.cameras {
                if !cameras.iter().any(|c| c.id == *camera) {
                    return Err(VenueError::Rig(format!("mound {}: camera {camera} is not in the file", m.name)));
                }
                if mounds.iter().any(|other| other.cameras.contains(camera)) {
                    return Err(VenueError::Rig(format!("camera {camera} serves two mounds: a camera belongs to one")));
                }
            }
            if mounds.iter().any(|other| other.id.0 == m.id) {
                return Err(VenueError::Rig(format!("mound {} appears twice: give each its own id", m.id)));
            }
            mounds.push(Mound {
                id: MoundId(m.id),
                name: m.name,
                plate_ft: Vector3::from(m.plate_ft),
                cameras: m.cameras,
                rotation: Rotation3::from_axis_angle(&Vector3::z_axis(), m.heading_deg.to_radians()),
            });
        }
        mounds.sort_by_key(|m| m.id);
        if mounds.is_empty() {
            return Err(VenueError::Rig("no [[mound]]: name at least one, with its cameras".into()));
        }
        let landmarks = file
            .landmark
            .into_iter()
            .map(|l| Landmark { id: l.id, name: l.name, position_ft: Vector3::from(l.position_ft) })
            .collect();
        Ok(Self {
            id: file.venue,
            name: file.name,
            time_zone: file.time_zone,
            altitude_ft: file.altitude_ft,
            cameras,
            mounds,
            landmarks,
            calibrated_at,
        })
    }

    /// The mound that a camera serves.
    pub fn mound_of(&self, camera: u8) -> Option<&Mound> {
        self.mounds.iter().find(|m| m.cameras.contains(&camera))
    }

    /// The camera with this source id.
    pub fn camera(&self, id: u8) -> Option<&Camera> {
        self.cameras.iter().find(|c| c.id == id)
    }
}

/// Why a venue file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// The file is not there or not readable.
    #[error("venue file {path}: {source}; check the path and who may read it")]
    Read {
        /// The path tried.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not TOML, or a key is missing or unknown.
    #[error("venue file: {0}")]
    Toml(#[from] toml::de::Error),
    /// The rig does not make sense.
    #[error("venue file: {0}")]
    Rig(String),
    /// One of the faults above, in the file with this name.
    #[error("{path}: {fault}")]
    Faulty {
        /// The file.
        path: String,
        /// What is wrong with it.
        fault: Box<VenueError>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    venue: String,
    name: String,
    time_zone: String,
    altitude_ft: f64,
    #[serde(default)]
    mound: Vec<MoundEntry>,
    #[serde(default)]
    camera: Vec<CameraEntry>,
    #[serde(default)]
    landmark: Vec<LandmarkEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoundEntry {
    id: u8,
    name: String,
    plate_ft: [f64; 3],
    heading_deg: f64,
    cameras: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CameraEntry {
    id: u8,
    name: String,
    #[serde(rename = "role")]
    _role: String,
    fps: f64,
    image_px: [f64; 2],
    position_ft: [f64; 3],
    rotation: [f64; 4],
    focal_px: f64,
    principal_px: [f64; 2],
    distortion: [f64; 5],
    #[serde(default)]
    calibrated_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LandmarkEntry {
    id: u16,
    name: String,
    position_ft: [f64; 3],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_rig_loads_whole() {
        let venue = Venue::busch_iii();
        assert_eq!((venue.cameras.len(), venue.mounds.len(), venue.landmarks.len()), (18, 3, 20));
    }

    #[test]
    fn a_camera_of_two_mounds_is_refused_by_name() {
        let text = include_str!("../../config/venues/busch_iii.toml")
            .replace("cameras = [13, 14, 15]", "cameras = [12, 14, 15]");
        let error = Venue::parse(&text).expect_err("camera 12 serves the game mound already").to_string();
        assert!(error.contains("camera 12 serves two mounds"), "{error}");
    }

    #[test]
    fn a_mounds_frame_points_from_its_plate_to_its_rubber() {
        let venue = Venue::busch_iii();
        let bullpen = &venue.mounds[1];
        let rubber = bullpen.to_field(&Point3::new(0.0, 60.5, 0.0));
        // heading 65° counterclockwise from +y
        let heading = (-(rubber.x - 175.0)).atan2(rubber.y - 330.0).to_degrees();
        assert!((heading - 65.0).abs() < 1e-9, "{heading}");
    }

    #[test]
    fn a_localised_camera_sees_the_same_pixels() {
        let venue = Venue::busch_iii();
        for mound in &venue.mounds {
            for id in &mound.cameras {
                let camera = venue.camera(*id).expect("checked at load");
                let point = Point3::new(0.4, 33.0, 5.0);
                let local = mound.localise(camera).project(&point).expect("in front");
                let field = camera.project(&mound.to_field(&point)).expect("in front");
                assert!((local - field).norm() < 1e-6);
            }
        }
    }
}
