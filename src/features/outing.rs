//! One pitcher's pitches of a game day on one mound, ordered by release.

use serde::{Deserialize, Serialize};

use crate::environment::adjust::Adjustment;
use crate::environment::{Air, Estimate};
use crate::ids::{EventNs, PitchId, PitchType};
use crate::tracking::pitch::{Pitch, PitchState};

/// A measured value with its standard deviation, in Statcast's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The value.
    pub value: f64,
    /// Its standard deviation; 0 where none is stated (then the scatter over a window has to speak for it).
    pub sd: f64,
}

impl Reading {
    /// A reading, or none where the value is not a finite number. A standard deviation that is none counts as 0.
    pub fn new(value: f64, sd: f64) -> Option<Self> {
        value.is_finite().then_some(Self { value, sd: if sd.is_finite() { sd.max(0.0) } else { 0.0 } })
    }

    fn adjusted(self, adjust: impl Fn(Estimate) -> Estimate) -> Self {
        let Estimate { value, sd } = adjust(Estimate { value: self.value, sd: self.sd });
        Self { value, sd }
    }
}

/// What the features need of a pitch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutingPitch {
    /// Stable over revisions.
    pub id: PitchId,
    /// Event time of the release.
    pub release: EventNs,
    /// A higher one replaces a lower one.
    pub revision: u32,
    /// Provisional or final.
    pub state: PitchState,
    /// Absent while no mark has named it.
    pub pitch_type: Option<PitchType>,
    /// mph.
    pub release_speed: Option<Reading>,
    /// rpm.
    pub release_spin_rate: Option<Reading>,
    /// ft.
    pub release_pos_z: Option<Reading>,
    /// ft.
    pub release_extension: Option<Reading>,
    /// ft.
    pub pfx_x: Option<Reading>,
    /// ft.
    pub pfx_z: Option<Reading>,
    /// A flagged pitch counts as thrown and feeds no feature.
    pub flagged: bool,
    /// Whether only the first cameras that showed it have said so yet.
    pub early: bool,
    /// Share of its frames that came after the final watermark.
    pub late_data_frac: f64,
    /// Confidence in the rig's calibration when it was thrown; absent where nobody judges it.
    pub calibration_confidence: Option<f64>,
    /// How speed and break above were brought to standard air; absent where they are as measured.
    pub environment: Option<Adjustment>,
}

impl OutingPitch {
    /// The pitch with release speed and break as in standard air (science.md §1), if anything is known of the air it was
    /// thrown in. The standard deviations stay the fit's: what is uncertain about the air is common to a window of
    /// pitches, and the features add it once. A pitch that is in standard air already stays as it is.
    #[must_use]
    pub fn in_standard_air(self, air: &Air) -> Self {
        let Some(adjustment) = Adjustment::of(air).filter(|_| self.environment.is_none()) else { return self };
        let raised = adjustment.speed_mph.map_or(0.0, |raised| raised.value);
        Self {
            release_speed: self.release_speed.map(|r| Reading { value: r.value + raised, ..r }),
            pfx_x: self.pfx_x.map(|r| r.adjusted(|e| adjustment.scaled_pfx_ft(e))),
            pfx_z: self.pfx_z.map(|r| r.adjusted(|e| adjustment.scaled_pfx_ft(e))),
            environment: Some(adjustment),
            ..self
        }
    }
}

impl From<&Pitch> for OutingPitch {
    /// Calibration confidence and the air are not the fit's to know and stay absent; whoever has them sets them.
    fn from(pitch: &Pitch) -> Self {
        let (v, sd) = (&pitch.values, &pitch.sd);
        Self {
            id: pitch.id,
            release: pitch.release,
            revision: pitch.revision,
            state: pitch.state,
            pitch_type: pitch.context.pitch_type,
            release_speed: Reading::new(v.release_speed, sd.release_speed),
            release_spin_rate: pitch.spin.and_then(|s| Reading::new(s.release_spin_rate, 0.0)),
            release_pos_z: Reading::new(v.release_pos_z, sd.release_pos_z),
            release_extension: Reading::new(v.release_extension, sd.release_extension),
            pfx_x: Reading::new(v.pfx_x, sd.pfx_x),
            pfx_z: Reading::new(v.pfx_z, sd.pfx_z),
            flagged: pitch.flags.any(),
            early: pitch.early,
            late_data_frac: pitch.late_data_frac(),
            calibration_confidence: None,
            environment: None,
        }
    }
}

/// Where an upserted pitch went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It is the newest pitch of the outing now.
    Newest,
    /// It stands before the newest one.
    Earlier,
    /// Nothing changed: a better revision is held already, or the pitch is older than all that a full outing keeps.
    Stale,
}

/// One pitcher's pitches, ascending by release. Bounded: when full, the oldest makes room, and is still counted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outing {
    pitches: Vec<OutingPitch>,
    dropped: u32,
}

impl Outing {
    /// Pitches kept. Nobody throws half as many in a day; a feed gone mad might.
    pub const PITCHES_MAX: usize = 400;
    /// Pitches that the late-data fraction of a pitcher looks at: the longest window of
    /// any feature.
    pub const LATE_WINDOW: usize = 25;

    /// Puts a pitch at its place by release. One with a known id replaces what was known, unless its revision is
    /// lower, or the same and the known one is final while it is not.
    pub fn upsert(&mut self, pitch: OutingPitch) -> Placed {
        if let Some(at) = self.pitches.iter().rposition(|p| p.id == pitch.id) {
            let known = &self.pitches[at];
            let rank = |p: &OutingPitch| (p.revision, p.state == PitchState::Final);
            if rank(&pitch) < rank(known) || *known == pitch {
                return Placed::Stale;
            }
            self.pitches.remove(at);
        } else if self.pitches.len() == Self::PITCHES_MAX {
            if self.pitches.first().is_some_and(|oldest| pitch.release < oldest.release) {
                return Placed::Stale;
            }
            self.pitches.remove(0);
            self.dropped += 1;
        }
        let at = self.pitches.partition_point(|p| (p.release, p.id) < (pitch.release, pitch.id));
        self.pitches.insert(at, pitch);
        if at + 1 == self.pitches.len() { Placed::Newest } else { Placed::Earlier }
    }

    /// Takes a pitch out, because it turned out to be another pitcher's.
    pub fn remove(&mut self, id: PitchId) -> Option<OutingPitch> {
        let at = self.pitches.iter().rposition(|p| p.id == id)?;
        Some(self.pitches.remove(at))
    }

    /// Gives a confidence to the pitches from `since` on that have none, and tells which those are.
    pub fn trust(&mut self, confidence: f64, since: EventNs) -> Vec<PitchId> {
        let recent = self.pitches.iter_mut().rev().take_while(|p| p.release >= since);
        let told = recent.filter(|p| p.calibration_confidence.is_none()).map(|pitch| {
            pitch.calibration_confidence = Some(confidence);
            pitch.id
        });
        told.collect()
    }

    /// The pitches kept, oldest first.
    pub fn pitches(&self) -> &[OutingPitch] {
        &self.pitches
    }

    /// The outing as it was after so many pitches; none where those are no longer all kept, or it never had so many.
    pub fn until(&self, thrown: u32) -> Option<Self> {
        let kept = thrown.checked_sub(self.dropped)? as usize;
        Some(Self { pitches: self.pitches.get(..kept)?.to_vec(), dropped: self.dropped })
    }

    /// Whether any pitch that the longest window of a feature reaches back to is provisional.
    pub fn is_provisional(&self) -> bool {
        self.pitches.iter().rev().take(Self::LATE_WINDOW).any(|p| p.state == PitchState::Provisional)
    }

    /// The pitch with the latest release.
    pub fn newest(&self) -> Option<&OutingPitch> {
        self.pitches.last()
    }

    /// Pitches thrown, flagged ones and those no longer kept included.
    pub fn thrown(&self) -> u32 {
        self.pitches.len() as u32 + self.dropped
    }

    /// How many of them until a moment.
    pub fn thrown_until(&self, at: EventNs) -> u32 {
        self.thrown() - self.pitches.iter().filter(|pitch| pitch.release > at).count() as u32
    }

    /// Mean late-data fraction of the last 25 pitches; 0 with none.
    pub fn late_data_frac(&self) -> f64 {
        let last = &self.pitches[self.pitches.len().saturating_sub(Self::LATE_WINDOW)..];
        if last.is_empty() { 0.0 } else { last.iter().map(|p| p.late_data_frac).sum::<f64>() / last.len() as f64 }
    }
}
