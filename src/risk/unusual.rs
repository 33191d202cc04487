//! Outings and pitches far from their pitcher's own, from the store.

use std::collections::BTreeMap;

use crate::records::{Measured, PitchRecord};
use crate::risk::anomaly::{Anomaly, Usual, outing};
use crate::risk::coverage::Lists;
use crate::risk::{Day, stored};
use crate::store::{Cursor, Store, StoreError, Wanted};

/// A quantity by name.
type Quantity = (&'static str, fn(&Measured) -> Option<f64>);

/// What a pitch is judged by, where it was measured.
const QUANTITIES: [Quantity; 6] = [
    ("release_speed", |v| v.release_speed),
    ("release_spin_rate", |v| v.release_spin_rate),
    ("release_pos_z", |v| v.release_pos_z),
    ("release_extension", |v| v.release_extension),
    ("pfx_x", |v| v.pfx_x),
    ("pfx_z", |v| v.pfx_z),
];
/// Pitches before an outing that are looked at: some of each type that he throws.
const LOOK_BACK: usize = 600;
/// Pitches of a type below which nobody can say what is usual in six quantities.
const PITCHES_MIN: usize = 30;
/// Outings that one question looks back from: a game's pitchers, and as many again.
const OUTINGS_MAX: usize = 48;

/// A pitcher's latest outing against those before it; none where too little is known.
pub(crate) fn latest_outing(store: &Store, pitcher: u32) -> Result<Option<Anomaly>, StoreError> {
    let series = stored::series_of(store, pitcher, &Lists::default())?;
    Ok(series.and_then(|series| outing(&series, Day(i32::MAX))))
}

/// Whose outing of which day.
type Outing<'p> = (u32, &'p str);
/// Which pitches are compared with each other: type, and a bit for each quantity that was measured.
type Kind = (String, u8);

/// Each pitch against his own of that type before that day; none where too little is known of them.
pub(crate) fn of_pitches(store: &Store, pitches: &[PitchRecord]) -> Result<Vec<Option<Anomaly>>, StoreError> {
    let mut pasts: BTreeMap<Outing<'_>, Vec<PitchRecord>> = BTreeMap::new();
    let mut usual: BTreeMap<(Outing<'_>, Kind), Option<Usual>> = BTreeMap::new();
    let mut judged = Vec::with_capacity(pitches.len());
    for pitch in pitches {
        let Some(pitcher) = pitch.pitcher.filter(|_| pitch.mound == 0 && !pitch.pitch_type.is_empty()) else {
            judged.push(None);
            continue;
        };
        let whose = (pitcher, pitch.game_date.as_str());
        if !pasts.contains_key(&whose) {
            let past = if pasts.len() < OUTINGS_MAX { before(store, pitcher, pitch)? } else { Vec::new() };
            pasts.insert(whose, past);
        }
        let (measured, now) = row(&pitch.values, u8::MAX);
        let kind = (pitch.pitch_type.clone(), measured);
        let past = &pasts[&whose];
        let usual = usual.entry((whose, kind)).or_insert_with(|| usual_of(past, &pitch.pitch_type, measured));
        judged.push(usual.as_ref().and_then(|usual| usual.judge(&now)));
    }
    Ok(judged)
}

/// His pitches before the day of this one, oldest first.
fn before(store: &Store, pitcher: u32, pitch: &PitchRecord) -> Result<Vec<PitchRecord>, StoreError> {
    let wanted = Wanted { pitcher: Some(pitcher), game_pk: None, limit: LOOK_BACK, visits: LOOK_BACK };
    let end = Cursor { release_ns: pitch.release_ns, id: pitch.id };
    let mut past = store.pitches_before(end, wanted)?.pitches;
    past.retain(|p| p.game_date < pitch.game_date && p.mound == 0 && p.flags.is_empty());
    Ok(past)
}

fn usual_of(past: &[PitchRecord], pitch_type: &str, measured: u8) -> Option<Usual> {
    let alike = past.iter().filter(|p| p.pitch_type == pitch_type).map(|p| row(&p.values, measured));
    let rows: Vec<Vec<f64>> = alike.filter(|(has, _)| *has == measured).map(|(_, row)| row).collect();
    let wanted = QUANTITIES.iter().enumerate().filter(|(bit, _)| measured & (1 << bit) != 0);
    let names: Vec<&'static str> = wanted.map(|(_, (name, _))| *name).collect();
    if rows.len() < PITCHES_MIN { None } else { Usual::of(&names, &rows) }
}

/// Those of the wanted quantities that were measured: a bit each, and their values.
fn row(values: &Measured, wanted: u8) -> (u8, Vec<f64>) {
    let mut measured = 0;
    let mut row = Vec::with_capacity(QUANTITIES.len());
    for (bit, (_, of)) in QUANTITIES.iter().enumerate().filter(|(bit, _)| wanted & (1 << bit) != 0) {
        if let Some(value) = of(values) {
            measured |= 1 << bit;
            row.push(value);
        }
    }
    (measured, row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::live_pitch;
    use crate::store::StoreOptions;

    fn fastball(n: u64, date: &str, speed: f64, spin: Option<f64>) -> PitchRecord {
        let mut pitch = live_pitch(5, 1_700_000_000_000_000_000 + n * 1_000_000_000, n);
        date.clone_into(&mut pitch.game_date);
        pitch.values.release_speed = Some(speed);
        pitch.values.release_spin_rate = spin;
        pitch
    }

    #[test]
    fn a_pitch_is_judged_by_those_before_its_day_and_by_what_was_measured_of_it() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens");
        let past = (0..60)
            .map(|n| fastball(n, "2027-01-10", 95.0 + 0.1 * (n % 7) as f64, Some(2300.0 + (n % 5) as f64 * 20.0)));
        let slow: Vec<_> = (100..140).map(|n| fastball(n, "2027-01-15", 89.0, Some(2340.0))).collect();
        store.bulk(past.chain(slow.clone()), |txn, p| txn.put_pitch(&p).map(drop)).expect("stored");
        let judged = of_pitches(&store, &slow).expect("read");
        let told =
            |a: &Option<Anomaly>| a.as_ref().is_some_and(|a| a.unusual && a.driver == "release_speed" && a.z < -3.0);
        assert!(judged.iter().all(told), "forty of one outing do not make each other usual: {:?}", judged[39]);
        let unspun = fastball(200, "2027-01-15", 95.3, None);
        let changeup = PitchRecord { pitch_type: "CH".to_owned(), ..slow[0].clone() };
        let nobody = PitchRecord { pitcher: None, ..slow[0].clone() };
        let judged = of_pitches(&store, &[unspun, changeup, nobody]).expect("read");
        let by_speed = judged[0].as_ref().is_some_and(|a| !a.unusual && a.limit < 7.0);
        assert!(by_speed, "judged by what was measured of it: {:?}", judged[0]);
        assert_eq!(judged[1..], [None, None], "no pitch of the past is a changeup, and nobody has none");
    }
}
