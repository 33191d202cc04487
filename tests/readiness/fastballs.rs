//! A man's season of fastballs, and one of an evening.

use pitchguard::features::baseline::{Expected, PitcherBaseline, TypeBaseline};
use pitchguard::features::{OutingPitch, Reading};
use pitchguard::ids::{EventNs, MoundId, PitchId, PitchType, PitcherId};
use pitchguard::tracking::pitch::PitchState;

pub(crate) fn baseline(pitcher: PitcherId) -> PitcherBaseline {
    let expected = |mean, sd_mean, sd: f64| Some(Expected { mean, sd_mean, var_within: sd * sd, outings: 12 });
    PitcherBaseline {
        pitcher,
        types: vec![TypeBaseline {
            pitch_type: PitchType::parse("FF").expect("a pitch type"),
            release_speed: expected(95.0, 0.2, 0.8),
            release_spin_rate: expected(2300.0, 10.0, 50.0),
            release_pos_z: expected(6.0, 0.02, 0.1),
            release_extension: expected(6.5, 0.05, 0.15),
            pfx_x: expected(-0.5, 0.05, 0.2),
            pfx_z: expected(1.4, 0.05, 0.2),
        }],
    }
}

/// A fastball so much slower than usual, mph, with his usual scatter; which one of it goes by the count.
pub(crate) fn fastball(release: EventNs, mound: MoundId, state: PitchState, slower: f64, count: u64) -> OutingPitch {
    let scatter = [0.9, -1.1, 0.2, 1.1, -1.1][(count % 5) as usize];
    OutingPitch {
        id: PitchId::new(release, mound),
        release,
        revision: 0,
        state,
        pitch_type: PitchType::parse("FF"),
        release_speed: Reading::new(95.0 - slower, 0.03),
        release_spin_rate: Reading::new(2300.0 + 50.0 * scatter, 0.0),
        release_pos_z: Reading::new(6.0 + 0.1 * scatter, 0.003),
        release_extension: Reading::new(6.5, 0.02),
        pfx_x: Reading::new(-0.5, 0.004),
        pfx_z: Reading::new(1.4, 0.004),
        flagged: false,
        early: false,
        late_data_frac: 0.0,
        calibration_confidence: Some(0.94),
        environment: None,
    }
}
