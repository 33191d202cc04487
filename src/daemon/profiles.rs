//! What the pipeline is told of a pitcher before his first pitch of the day, and of itself after a restart: from the
//! store.

use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::history;
use crate::ids::{BoxNs, MoundId, PitcherId};
use crate::pipeline::{Pipeline, Profile, Profiles};
use crate::readiness::Workload;
use crate::store::records::PitchRecord;
use crate::store::{Store, StoreError};
use crate::tracking::JerkScale;
use crate::tracking::venue::Venue;

/// Days of past appearances that still weigh in today's dose: half of a pitch is left after one, 2^−14 after this many.
const WORKLOAD_DAYS: i32 = 14;
/// An outing in progress is at most this old; nobody pitches for longer.
const OUTING_NS: u64 = 18 * 3_600 * 1_000_000_000;

/// Profiles from the store. One read an outing, tens of microseconds.
#[derive(Debug)]
pub struct StoreProfiles {
    store: Arc<Store>,
}

impl StoreProfiles {
    /// Reads from this store.
    pub fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    fn read(&self, pitcher: PitcherId, day: Date) -> Result<Profile, StoreError> {
        let today = day.to_string();
        let baseline = history::baseline_before(&self.store, pitcher, &today)?;
        let first = day.saturating_sub(WORKLOAD_DAYS.days());
        let yesterday = day.saturating_sub(1.day());
        let past = self
            .store
            .appearances_of(pitcher.0, &first.to_string(), &yesterday.to_string())?
            .iter()
            .filter_map(|a| {
                let date: Date = a.game_date.parse().ok()?;
                let days = day.since(date).ok()?.get_days();
                Some((u32::try_from(days).ok()?, a.pitches))
            })
            .collect();
        Ok(Profile {
            name: self.store.pitcher(pitcher.0)?.and_then(|p| p.name),
            baseline: (!baseline.types.is_empty()).then_some(baseline),
            workload: Workload { past, ..Workload::default() },
        })
    }
}

impl Profiles for StoreProfiles {
    fn profile(&mut self, pitcher: PitcherId, day: Date) -> Profile {
        self.read(pitcher, day).unwrap_or_else(|error| {
            tracing::error!(%error, "no history for a pitcher: his readiness goes without a baseline");
            Profile::default()
        })
    }
}

/// Where a mound's learned jerk scale is kept.
pub(super) fn learned_key(mound: MoundId) -> String {
    format!("jerk_scale/{mound}")
}

/// Mean, variance (f64) and count (u32), little-endian.
pub(super) fn encode(scale: JerkScale) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(20);
    bytes.extend(scale.mean.to_le_bytes());
    bytes.extend(scale.variance.to_le_bytes());
    bytes.extend(scale.pitches.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<JerkScale> {
    let (mean, rest) = bytes.split_first_chunk()?;
    let (variance, rest) = rest.split_first_chunk()?;
    let scale = JerkScale {
        mean: f64::from_le_bytes(*mean),
        variance: f64::from_le_bytes(*variance),
        pitches: u32::from_le_bytes(rest.try_into().ok()?),
    };
    (scale.mean.is_finite() && scale.variance.is_finite() && scale.variance > 0.0).then_some(scale)
}

/// Gives the pipeline back what an earlier run knew: what the trackers learned, and the outings in progress.
pub(super) fn recall(
    store: &Store,
    venue: &Venue,
    pipeline: &mut Pipeline<StoreProfiles>,
    now: BoxNs,
) -> Result<(), StoreError> {
    for mound in &venue.mounds {
        if let Some(scale) = store.checkpoint(&learned_key(mound.id))?.as_deref().and_then(decode) {
            pipeline.set_learned(mound.id, scale);
        }
    }
    let mut pitches: Vec<PitchRecord> =
        store.open_outings(now.0.saturating_sub(OUTING_NS))?.into_values().flatten().collect();
    pitches.sort_by_key(|p| p.release_ns);
    for pitch in &pitches {
        pipeline.restore(pitch, now);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_learned_scale_survives_its_bytes_and_rubbish_is_refused() {
        let scale = JerkScale { mean: 0.93, variance: 0.002, pitches: 412 };
        assert_eq!(decode(&encode(scale)), Some(scale));
        assert_eq!(decode(&[0; 20]), None, "a variance of zero was never learned");
        assert_eq!(decode(&encode(scale)[..19]), None);
    }
}
