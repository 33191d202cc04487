//! Imported values that are far from the pitcher's others: a robust z within his season and pitch type.
//!
//! z = 0.6745·(x − median)/MAD (Iglewicz and Hoaglin 1993). The median and the median absolute deviation do not feel the
//! outliers that they are to find. A value is marked, never changed: the pitch keeps it with a flag that names its
//! column, and appearances and baselines leave that one value out. Marks are recomputed from the stored values, so they
//! depend on nothing but those; pitches that this box measured itself are judged by the cameras, not here.

use std::collections::BTreeMap;

use crate::features::baseline::Quantity;
use crate::records::{Origin, PitchRecord};

/// From this robust z on a value is an outlier \[P\]: a tired fastball is 3, a changeup taken for a fastball 6.
const Z_MAX: f64 = 8.0;
/// Values of a season and type below which nobody can say what is usual \[P\].
const SAMPLE_MIN: usize = 30;
/// What a flag of this room begins with.
const MARK: &str = "outlier:";

/// The column, and the smallest scale that a value is judged on, in its unit: below it rounding and measurement noise
/// would make outliers of nothing \[P\].
fn column(quantity: Quantity) -> (&'static str, f64) {
    match quantity {
        Quantity::ReleaseSpeed => ("release_speed", 0.5),
        Quantity::ReleaseSpinRate => ("release_spin_rate", 40.0),
        Quantity::ReleasePosZ => ("release_pos_z", 0.08),
        Quantity::ReleaseExtension => ("release_extension", 0.15),
        Quantity::PfxX => ("pfx_x", 0.1),
        Quantity::PfxZ => ("pfx_z", 0.1),
    }
}

/// Whether a flag of a pitch is one of this room's.
pub(super) fn is_mark(flag: &str) -> bool {
    flag.starts_with(MARK)
}

/// A quantity of a pitch, absent where it is marked.
pub(super) fn trusted(pitch: &PitchRecord, quantity: Quantity) -> Option<f64> {
    let (name, _) = column(quantity);
    let marked = pitch.flags.iter().any(|flag| flag.strip_prefix(MARK) == Some(name));
    quantity.of(&pitch.values).filter(|_| !marked)
}

/// What is usual: median, and the standard deviation that the MAD stands for.
struct Usual {
    median: f64,
    scale: f64,
}

impl Usual {
    fn of(values: &mut [f64], scale_min: f64) -> Option<Self> {
        if values.len() < SAMPLE_MIN {
            return None;
        }
        let median = median(values);
        for value in values.iter_mut() {
            *value = (*value - median).abs();
        }
        Some(Self { median, scale: (self::median(values) / 0.6745).max(scale_min) })
    }

    fn is_far(&self, value: f64) -> bool {
        (value - self.median).abs() > Z_MAX * self.scale
    }
}

/// The middle value; of an even number the upper of the two, which no threshold of 8 feels.
fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Marks the outliers among one pitcher's pitches of a season, and takes the mark from what is none any more. Gives the
/// places of the pitches that changed, and adds to `found` the marks that stand.
pub(super) fn mark(pitches: &mut [PitchRecord], found: &mut BTreeMap<&'static str, u64>) -> Vec<usize> {
    let mut types: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, pitch) in pitches.iter().enumerate().filter(|(_, p)| p.mound == 0 && !p.pitch_type.is_empty()) {
        match types.get_mut(&pitch.pitch_type) {
            Some(places) => places.push(at),
            None => drop(types.insert(pitch.pitch_type.clone(), vec![at])),
        }
    }
    let mut marks: BTreeMap<usize, Vec<&'static str>> = BTreeMap::new();
    let mut values = Vec::new();
    for places in types.values() {
        for quantity in Quantity::ALL {
            let (name, scale_min) = column(quantity);
            values.clear();
            values.extend(places.iter().filter_map(|at| quantity.of(&pitches[*at].values)));
            let Some(usual) = Usual::of(&mut values, scale_min) else { continue };
            let far = |at: &&usize| quantity.of(&pitches[**at].values).is_some_and(|value| usual.is_far(value));
            for at in places.iter().filter(far).filter(|at| pitches[**at].origin == Origin::Savant) {
                marks.entry(*at).or_default().push(name);
                *found.entry(name).or_default() += 1;
            }
        }
    }
    let mut changed = Vec::new();
    for (at, pitch) in pitches.iter_mut().enumerate() {
        let others = pitch.flags.iter().filter(|flag| !is_mark(flag)).cloned();
        let new: Vec<_> =
            others.chain(marks.get(&at).into_iter().flatten().map(|name| format!("{MARK}{name}"))).collect();
        if new != pitch.flags {
            pitch.flags = new;
            changed.push(at);
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Measured, State};

    fn pitch(number: u16, speed: f64) -> PitchRecord {
        PitchRecord {
            pitcher: Some(7),
            release_ns: u64::from(number),
            id: u64::from(number),
            game_date: "2023-06-11".to_owned(),
            game_pk: 50,
            at_bat_number: Some(number),
            pitch_number: Some(1),
            pitch_type: "FF".to_owned(),
            mound: 0,
            origin: Origin::Savant,
            state: State::Final,
            revision: 0,
            values: Measured { release_speed: Some(speed), pfx_x: Some(-0.5), ..Measured::default() },
            sd: None,
            cameras: 0,
            residual_px: None,
            late_data_frac: 0.0,
            calibration_confidence: None,
            release_marked: false,
            flags: Vec::new(),
        }
    }

    /// Fastballs at 94 to 96 mph.
    fn season(n: u16) -> Vec<PitchRecord> {
        (0..n).map(|i| pitch(i, 94.0 + f64::from(i % 5) * 0.5)).collect()
    }

    #[test]
    fn a_value_far_from_his_others_is_marked_and_left_out_and_only_that_one() {
        let mut pitches = season(60);
        pitches.push(pitch(60, 61.0));
        pitches.push(pitch(61, 90.5));
        let mut found = BTreeMap::new();
        assert_eq!(mark(&mut pitches, &mut found), [60]);
        assert_eq!(found, BTreeMap::from([("release_speed", 1)]));
        assert_eq!(pitches[60].flags, ["outlier:release_speed"]);
        assert_eq!(trusted(&pitches[60], Quantity::ReleaseSpeed), None);
        assert_eq!(trusted(&pitches[60], Quantity::PfxX), Some(-0.5));
        assert_eq!(pitches[60].values.release_speed, Some(61.0), "it is kept");
        assert_eq!(mark(&mut pitches, &mut BTreeMap::new()), [] as [usize; 0], "nothing is new the second time");
    }

    #[test]
    fn a_mark_goes_when_the_value_is_usual_now_and_other_flags_stay() {
        let mut pitches = season(60);
        pitches[3].flags = vec!["short_track".to_owned(), "outlier:release_speed".to_owned()];
        assert_eq!(mark(&mut pitches, &mut BTreeMap::new()), [3]);
        assert_eq!(pitches[3].flags, ["short_track"]);
    }

    #[test]
    fn a_small_sample_a_live_pitch_and_another_type_are_not_judged() {
        let mut few = season(20);
        few.push(pitch(20, 61.0));
        assert_eq!(mark(&mut few, &mut BTreeMap::new()), [] as [usize; 0]);
        let mut pitches = season(60);
        pitches.push(PitchRecord { origin: Origin::Live, ..pitch(60, 61.0) });
        pitches.push(PitchRecord { pitch_type: "CU".to_owned(), ..pitch(61, 61.0) });
        assert_eq!(mark(&mut pitches, &mut BTreeMap::new()), [] as [usize; 0]);
    }
}
