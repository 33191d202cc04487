//! The daily features, defined once: training and serving call the same functions on the same series.
//!
//! A feature sees a [`Past`], which holds nothing after the snapshot's day, so that no definition can look ahead. What
//! has not enough data is absent, and a missing flag says so to the model. No feature tells the calendar: loads are over
//! fixed windows, never since a date.

mod load;
mod mix;
mod past;
mod person;
mod recovery;
mod shown;
mod speed;

use std::fmt::Write;

use sha2::{Digest, Sha256};

pub use load::acute_to_chronic;
pub use past::Past;
pub use shown::shown;

use super::day::Day;
use super::series::Series;

/// How a feature is computed from what is known at the end of a day.
type Compute = fn(&Past<'_>) -> Option<f64>;

/// One feature of the daily model.
#[derive(Clone, Copy)]
pub struct Definition {
    /// Its name, stable over versions.
    pub name: &'static str,
    /// What it is, with its unit; part of the fingerprint, so that a change of meaning is a change of model.
    pub what: &'static str,
    /// The least data that opens it, in words; part of the fingerprint.
    pub needs: &'static str,
    /// How it is computed.
    compute: Compute,
    /// Whether it is missing only where no injured list tells.
    of_lists: bool,
}

impl Definition {
    const fn new(name: &'static str, what: &'static str, needs: &'static str, compute: Compute) -> Self {
        Self { name, what, needs, compute, of_lists: false }
    }

    const fn of_lists(name: &'static str, what: &'static str, needs: &'static str, compute: Compute) -> Self {
        Self { name, what, needs, compute, of_lists: true }
    }

    /// Whether it is told by injured lists, and missing only where none covers the year before: then nothing is known,
    /// which moves a risk neither way, and has no missing flag.
    pub fn is_of_lists(&self) -> bool {
        self.of_lists
    }
}

/// All features, in the order of a snapshot's values.
pub fn definitions() -> Vec<Definition> {
    [load::FEATURES, speed::FEATURES, recovery::FEATURES, mix::FEATURES, person::FEATURES].concat()
}

/// SHA-256 of the sorted names and definitions, hexadecimal: a model serves only snapshots of its own fingerprint.
pub fn fingerprint() -> String {
    fingerprint_of(&definitions())
}

fn fingerprint_of(definitions: &[Definition]) -> String {
    let mut lines: Vec<String> = definitions.iter().map(|d| format!("{}\t{}\t{}\n", d.name, d.what, d.needs)).collect();
    lines.sort();
    let digest = Sha256::digest(lines.concat().as_bytes());
    digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes everything");
        hex
    })
}

/// What was known of a pitcher at the end of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Who.
    pub pitcher: u32,
    /// End of which day.
    pub day: Day,
    /// The day of his latest game by then.
    pub last_game: Day,
    /// Values in the order of [`definitions`]; absent where the data does not suffice.
    pub values: Vec<Option<f64>>,
}

impl Snapshot {
    /// The snapshot at the end of `day`; none where he has no game by then.
    pub fn of(series: &Series, day: Day) -> Option<Self> {
        let past = Past::of(series, day);
        let last_game = past.games().last()?.day;
        let values = definitions().iter().map(|d| (d.compute)(&past).filter(|x| x.is_finite())).collect();
        Some(Self { pitcher: series.pitcher, day, last_game, values })
    }

    /// The value of the feature of this name.
    pub fn value(&self, name: &str) -> Option<f64> {
        let index = definitions().iter().position(|d| d.name == name)?;
        self.values.get(index).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::super::series::Appearance;
    use super::*;

    pub(super) fn games(days: &[(i32, u32, f64)]) -> Series {
        let appearances = days.iter().map(|(day, pitches, speed)| Appearance {
            day: Some(Day(*day)),
            pitches: *pitches,
            release_speed: Some(*speed),
            release_spin_rate: Some(25.0 * speed),
            ..Appearance::default()
        });
        Series { pitcher: 7, born: Some(Day(-9000)), appearances: appearances.collect(), ..Series::default() }
    }

    #[test]
    fn names_are_unique_and_every_definition_says_what_it_is() {
        let all = definitions();
        let names: std::collections::BTreeSet<_> = all.iter().map(|d| d.name).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().all(|d| !d.what.is_empty() && !d.needs.is_empty()));
    }

    #[test]
    fn the_fingerprint_tells_a_changed_meaning_and_not_a_changed_order() {
        let all = definitions();
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(fingerprint_of(&all), fingerprint_of(&turned));
        turned[0].what = "something else";
        assert_ne!(fingerprint_of(&all), fingerprint_of(&turned));
        assert_eq!(fingerprint().len(), 64);
    }

    #[test]
    fn the_published_model_card_is_of_these_features() {
        let card =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/model-card.md")).expect("published");
        let own = fingerprint();
        assert!(
            card.contains(&own),
            "docs/model-card.md is of other features than {own}: `make model-card` writes it anew"
        );
    }

    #[test]
    fn no_game_no_snapshot() {
        let series = games(&[(100, 20, 95.0)]);
        assert_eq!(Snapshot::of(&series, Day(99)), None);
        assert_eq!(Snapshot::of(&series, Day(104)).map(|s| s.last_game), Some(Day(100)));
    }

    #[test]
    fn windows_count_the_days_that_they_name() {
        let series = games(&[(70, 40, 95.0), (93, 30, 95.0), (94, 20, 95.0), (100, 10, 95.0)]);
        let snapshot = Snapshot::of(&series, Day(100)).expect("games");
        assert_eq!(snapshot.value("pitches_7d"), Some(30.0), "days 94 to 100");
        assert_eq!(snapshot.value("pitches_30d"), Some(60.0), "days 71 to 100");
        assert_eq!(snapshot.value("days_rest"), Some(5.0), "days without a game between 94 and 100");
    }
}
