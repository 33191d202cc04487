//! A fit in the record's words.

use super::pitch::Quantities;
use crate::records::Measured;

impl From<&Quantities> for Measured {
    /// What a fit gives; spin and the nine parameters are measured apart and stay absent.
    fn from(q: &Quantities) -> Self {
        Self {
            release_speed: Some(q.release_speed),
            release_pos_x: Some(q.release_pos_x),
            release_pos_y: Some(q.release_pos_y),
            release_pos_z: Some(q.release_pos_z),
            release_extension: Some(q.release_extension),
            plate_x: Some(q.plate_x),
            plate_z: Some(q.plate_z),
            pfx_x: Some(q.pfx_x),
            pfx_z: Some(q.pfx_z),
            vertical_approach_angle: Some(q.vertical_approach_angle),
            horizontal_approach_angle: Some(q.horizontal_approach_angle),
            effective_speed: Some(q.effective_speed),
            ..Self::default()
        }
    }
}
