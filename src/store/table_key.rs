//! Tables and their keys, big-endian throughout: the order of the bytes is the order of the numbers.

use super::error::StoreError;

/// How many tables there are.
pub(super) const TABLES: usize = 15;

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Pitches,
    PitchTimes,
    PitchIds,
    Appearances,
    Baselines,
    Calibration,
    Pitchers,
    ModelRegistry,
    Checkpoints,
    Meta,
    Injuries,
    FeatureSnapshots,
    ApiKeys,
    Outbox,
    Refused,
}

impl Table {
    pub(super) const ALL: [Self; TABLES] = [
        Self::Pitches,
        Self::PitchTimes,
        Self::PitchIds,
        Self::Appearances,
        Self::Baselines,
        Self::Calibration,
        Self::Pitchers,
        Self::ModelRegistry,
        Self::Checkpoints,
        Self::Meta,
        Self::Injuries,
        Self::FeatureSnapshots,
        Self::ApiKeys,
        Self::Outbox,
        Self::Refused,
    ];

    /// The table of this name.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name().as_bytes() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pitches => "pitches",
            Self::PitchTimes => "pitch_times",
            Self::PitchIds => "pitch_ids",
            Self::Appearances => "appearances",
            Self::Baselines => "baselines",
            Self::Calibration => "calibration",
            Self::Pitchers => "pitchers",
            Self::ModelRegistry => "model_registry",
            Self::Checkpoints => "checkpoints",
            Self::Meta => "meta",
            Self::Injuries => "injuries",
            Self::FeatureSnapshots => "feature_snapshots",
            Self::ApiKeys => "api_keys",
            Self::Outbox => "outbox",
            Self::Refused => "outbox_refused",
        }
    }
}

/// Joins fixed-size parts to one key of `N` bytes.
fn join<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    let mut at = 0;
    for part in parts {
        out[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    debug_assert_eq!(at, N, "the parts fill the key");
    out
}

pub(super) fn pitch(pitcher: u32, release_ns: u64) -> [u8; 12] {
    join(&[&pitcher.to_be_bytes(), &release_ns.to_be_bytes()])
}

pub(super) fn pitch_time(release_ns: u64, id: u64) -> [u8; 16] {
    join(&[&release_ns.to_be_bytes(), &id.to_be_bytes()])
}

pub(super) fn pitch_id(id: u64) -> [u8; 8] {
    id.to_be_bytes()
}

pub(super) fn appearance(pitcher: u32, date: u32, game_pk: u32) -> [u8; 12] {
    join(&[&pitcher.to_be_bytes(), &date.to_be_bytes(), &game_pk.to_be_bytes()])
}

/// The name in `meta` of what is known of a game as a whole.
pub(crate) fn game(game_pk: u32) -> String {
    format!("game/{game_pk}")
}

pub(super) fn baseline(pitcher: u32, season: u16, pitch_type: [u8; 4]) -> [u8; 10] {
    join(&[&pitcher.to_be_bytes(), &season.to_be_bytes(), &pitch_type])
}

/// `filed` and `hurt` are dates as numbers; 0 where there is none.
pub(super) fn injury(pitcher: u32, filed: u32, hurt: u32, season: u16) -> [u8; 14] {
    join(&[&pitcher.to_be_bytes(), &filed.to_be_bytes(), &hurt.to_be_bytes(), &season.to_be_bytes()])
}

pub(super) fn feature_snapshot(pitcher: u32, date: u32, version: u16) -> [u8; 10] {
    join(&[&pitcher.to_be_bytes(), &date.to_be_bytes(), &version.to_be_bytes()])
}

pub(super) fn outbox(priority: u8, sequence: u64) -> [u8; 9] {
    join(&[&[priority], &sequence.to_be_bytes()])
}

pub(super) fn refused(sequence: u64, epoch: u64) -> [u8; 16] {
    join(&[&sequence.to_be_bytes(), &epoch.to_be_bytes()])
}

pub(super) fn pitcher(id: u32) -> [u8; 4] {
    id.to_be_bytes()
}

/// `YYYY-MM-DD` as the number yyyymmdd, which sorts as the date does. None for what is no calendar date.
pub(super) fn date_number(date: &str) -> Option<u32> {
    let day: jiff::civil::Date = date.parse().ok()?;
    if date.len() != 10 || day.year() < 1 {
        return None;
    }
    Some(u32::from(day.year().unsigned_abs()) * 10_000 + day.month() as u32 * 100 + day.day() as u32)
}

/// The date of [`date_number`].
pub(super) fn date_text(number: u32) -> String {
    format!("{:04}-{:02}-{:02}", number / 10_000, number / 100 % 100, number % 100)
}

/// [`date_number`], or why the record cannot be stored.
pub(super) fn date_of(table: Table, date: &str) -> Result<u32, StoreError> {
    date_number(date)
        .ok_or_else(|| StoreError::Refused { table: table.name(), why: format!("game_date `{date}` is no YYYY-MM-DD") })
}

/// A pitch type's four bytes; an empty one is four zeros.
pub(super) fn type_of(table: Table, pitch_type: &str) -> Result<[u8; 4], StoreError> {
    if pitch_type.is_empty() {
        return Ok([0; 4]);
    }
    crate::ids::PitchType::parse(pitch_type).map(|t| t.0).ok_or_else(|| StoreError::Refused {
        table: table.name(),
        why: format!("pitch_type `{pitch_type}` is not up to four ASCII letters or digits"),
    })
}

/// The text of [`type_of`].
pub(super) fn type_text(bytes: [u8; 4]) -> String {
    crate::ids::PitchType(bytes).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_numbers_do() {
        assert!(pitch(1, u64::MAX) < pitch(2, 0));
        assert!(pitch(7, 255) < pitch(7, 256));
        assert!(pitch_time(1, u64::MAX) < pitch_time(2, 0));
        assert!(appearance(7, 20_230_611, 9) < appearance(7, 20_230_612, 1));
        assert!(baseline(7, 2022, *b"SL\0\0") < baseline(7, 2023, *b"CH\0\0"));
    }

    #[test]
    fn dates_survive_the_way_to_a_number_and_back() {
        assert_eq!(date_number("2023-06-11"), Some(20_230_611));
        assert_eq!(date_text(20_230_611), "2023-06-11");
        for bad in ["", "2023-6-1", "2023-02-30", "11/06/2023", "2023-06-11T00:00"] {
            assert_eq!(date_number(bad), None, "{bad}");
        }
    }
}
