//! Reading: each method opens a short read transaction, copies out and closes it.

use std::collections::BTreeMap;
use std::ops::Bound;

use heed::{RoTxn, WithoutTls};

use super::codec::{self, Record};
use super::error::StoreError;
use super::handle::Store;
use super::table_key::{self, Table};
use crate::records::{
    AppearanceRecord, BaselineRecord, CalibrationRecord, FeatureSnapshotRecord, InjuryRecord, ModelRecord, Origin,
    PitchRecord, PitcherRecord, State,
};

/// A place in the order of all pitches: just after the pitch with this release and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cursor {
    /// ns since the Unix epoch.
    pub release_ns: u64,
    /// Pitch id.
    pub id: u64,
}

impl Cursor {
    /// Behind every pitch.
    pub const END: Self = Self { release_ns: u64::MAX, id: u64::MAX };

    /// Just after this pitch.
    pub fn after(pitch: &PitchRecord) -> Self {
        Self { release_ns: pitch.release_ns, id: pitch.id }
    }
}

/// Which pitches to look for, and how far.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Of this pitcher only.
    pub pitcher: Option<u32>,
    /// Of this game only. No table is in the order of games: the pitches of others are read and passed over.
    pub game_pk: Option<u32>,
    /// At most so many are returned, …
    pub limit: usize,
    /// … and at most so many are read.
    pub visits: usize,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Oldest first.
    pub pitches: Vec<PitchRecord>,
    /// The last place that was looked at, where the search ended for the number of visits and there is more to look at.
    pub stopped_at: Option<Cursor>,
}

/// Takes the wanted ones of pitches in the order of the search.
fn gather(
    pitches: impl Iterator<Item = Result<PitchRecord, StoreError>>,
    inside: impl Fn(&PitchRecord) -> bool,
    wanted: Wanted,
) -> Result<Found, StoreError> {
    let mut found = Found::default();
    let mut looked_at = None;
    for (visited, pitch) in pitches.enumerate() {
        if found.pitches.len() >= wanted.limit {
            break;
        }
        if visited >= wanted.visits {
            found.stopped_at = looked_at;
            break;
        }
        let pitch = pitch?;
        looked_at = Some(Cursor::after(&pitch));
        if inside(&pitch) && wanted.game_pk.is_none_or(|game| pitch.game_pk == game) {
            found.pitches.push(pitch);
        }
    }
    Ok(found)
}

/// Records per table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Live and imported.
    pub pitches: u64,
    /// Pitcher-games.
    pub appearances: u64,
    /// Pitcher-season-types, the league's included.
    pub baselines: u64,
    /// People.
    pub pitchers: u64,
    /// Rows of injured-list reports.
    pub injuries: u64,
    /// Pitcher-days of features.
    pub feature_snapshots: u64,
}

/// No throw takes longer from release to plate, ns.
const THROW_NS_MAX: u64 = 2_000_000_000;

/// A range of byte keys.
type Range<'k> = (Bound<&'k [u8]>, Bound<&'k [u8]>);

impl Store {
    /// One pitcher's pitches released in `from_ns..to_ns`, oldest first, `limit` at most. Pitcher 0: unattributed.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn pitches_of(
        &self,
        pitcher: u32,
        from_ns: u64,
        to_ns: u64,
        limit: usize,
    ) -> Result<Vec<PitchRecord>, StoreError> {
        if from_ns >= to_ns {
            return Ok(Vec::new());
        }
        let (from, to) = (table_key::pitch(pitcher, from_ns), table_key::pitch(pitcher, to_ns));
        self.scan((Bound::Included(&from), Bound::Excluded(&to)), limit)
    }

    /// The first pitches after `start` that are wanted, oldest first.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn pitches_after(&self, start: Cursor, wanted: Wanted) -> Result<Found, StoreError> {
        let txn = self.read_txn()?;
        let after = |pitch: &PitchRecord| Cursor::after(pitch) > start;
        if let Some(pitcher) = wanted.pitcher {
            let (from, to) = (table_key::pitch(pitcher, start.release_ns), table_key::pitch(pitcher, u64::MAX));
            let range: Range<'_> = (Bound::Included(&from), Bound::Included(&to));
            let entries = self.table(Table::Pitches).range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
            return gather(entries.map(|entry| self.record(entry)), after, wanted);
        }
        let from = table_key::pitch_time(start.release_ns, start.id);
        let range: Range<'_> = (Bound::Excluded(&from), Bound::Unbounded);
        let entries = self.table(Table::PitchTimes).range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
        gather(entries.map(|entry| self.pitch_of_entry(&txn, entry)), after, wanted)
    }

    /// The last pitches before `end` that are wanted, oldest first.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn pitches_before(&self, end: Cursor, wanted: Wanted) -> Result<Found, StoreError> {
        let txn = self.read_txn()?;
        let before = |pitch: &PitchRecord| Cursor::after(pitch) < end;
        let mut found = if let Some(pitcher) = wanted.pitcher {
            let (from, to) = (table_key::pitch(pitcher, 0), table_key::pitch(pitcher, end.release_ns));
            let range: Range<'_> = (Bound::Included(&from), Bound::Included(&to));
            let entries = self.table(Table::Pitches).rev_range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
            gather(entries.map(|entry| self.record(entry)), before, wanted)?
        } else {
            let to = table_key::pitch_time(end.release_ns, end.id);
            let range: Range<'_> = (Bound::Unbounded, Bound::Excluded(&to));
            let entries = self.table(Table::PitchTimes).rev_range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
            gather(entries.map(|entry| self.pitch_of_entry(&txn, entry)), before, wanted)?
        };
        found.pitches.reverse();
        Ok(found)
    }

    /// All pitchers' pitches after `since`, oldest first, `limit` at most; of one game where `game_pk` names it.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn pitches_since(
        &self,
        since: Cursor,
        limit: usize,
        game_pk: Option<u32>,
    ) -> Result<Vec<PitchRecord>, StoreError> {
        let wanted = Wanted { pitcher: None, game_pk, limit, visits: usize::MAX };
        self.pitches_after(since, wanted).map(|found| found.pitches)
    }

    /// The newest pitches of all pitchers before `before`, `limit` at most, newest last; of one game where `game_pk`
    /// names it.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn latest_pitches(
        &self,
        before: Cursor,
        limit: usize,
        game_pk: Option<u32>,
    ) -> Result<Vec<PitchRecord>, StoreError> {
        let wanted = Wanted { pitcher: None, game_pk, limit, visits: usize::MAX };
        self.pitches_before(before, wanted).map(|found| found.pitches)
    }

    /// The pitch with this id.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn pitch(&self, id: u64) -> Result<Option<PitchRecord>, StoreError> {
        let txn = self.read_txn()?;
        let id_key = table_key::pitch_id(id);
        let Some(key) = self.table(Table::PitchIds).get(&txn, &id_key).map_err(StoreError::lmdb("read"))? else {
            return Ok(None);
        };
        match self.get::<PitchRecord>(&txn, key)? {
            Some(pitch) if pitch.id == id => Ok(Some(pitch)),
            _ => Err(self.counted(codec::corrupt(Table::PitchIds, &id_key, "it leads to no pitch of that id"))),
        }
    }

    /// The final pitch of this box that a ball crossing the plate of a mound at that event time is the throw of.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn final_throw(&self, mound: u8, crossing_ns: u64) -> Result<Option<PitchRecord>, StoreError> {
        let txn = self.read_txn()?;
        let (from, to) = (
            table_key::pitch_time(crossing_ns.saturating_sub(THROW_NS_MAX), 0),
            table_key::pitch_time(crossing_ns, u64::MAX),
        );
        let range: Range<'_> = (Bound::Included(&from), Bound::Included(&to));
        let entries = self.table(Table::PitchTimes).range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
        for entry in entries {
            let pitch = self.pitch_of_entry(&txn, entry)?;
            let is_ours = pitch.origin == Origin::Live && pitch.state == State::Final && pitch.mound == mound;
            // Counts since a boot are alike after every boot.
            if is_ours && pitch.is_dated() && pitch.spans(crossing_ns) {
                return Ok(Some(pitch));
            }
        }
        Ok(None)
    }

    /// The live pitches released at or after `since_ns`, per pitcher, oldest first: what a restarted daemon continues
    /// its outings from. Unattributed pitches are left out.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn open_outings(&self, since_ns: u64) -> Result<BTreeMap<u32, Vec<PitchRecord>>, StoreError> {
        let mut out: BTreeMap<u32, Vec<PitchRecord>> = BTreeMap::new();
        let since = Cursor { release_ns: since_ns.saturating_sub(1), id: u64::MAX };
        for pitch in self.pitches_since(since, usize::MAX, None)? {
            if let (Origin::Live, Some(pitcher)) = (pitch.origin, pitch.pitcher) {
                out.entry(pitcher).or_default().push(pitch);
            }
        }
        Ok(out)
    }

    /// One pitcher's appearances with dates in `from..=to` (`YYYY-MM-DD`), oldest first.
    ///
    /// # Errors
    /// A date that is none, a corrupt record, or LMDB fails.
    pub fn appearances_of(&self, pitcher: u32, from: &str, to: &str) -> Result<Vec<AppearanceRecord>, StoreError> {
        let (from, to) = (table_key::date_of(Table::Appearances, from)?, table_key::date_of(Table::Appearances, to)?);
        if from > to {
            return Ok(Vec::new());
        }
        let (from, to) = (table_key::appearance(pitcher, from, 0), table_key::appearance(pitcher, to, u32::MAX));
        self.scan((Bound::Included(&from), Bound::Included(&to)), usize::MAX)
    }

    /// One pitcher's newest appearance.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn newest_appearance_of(&self, pitcher: u32) -> Result<Option<AppearanceRecord>, StoreError> {
        let txn = self.read_txn()?;
        let (from, to) = (table_key::appearance(pitcher, 0, 0), table_key::appearance(pitcher, u32::MAX, u32::MAX));
        let range: Range<'_> = (Bound::Included(&from), Bound::Included(&to));
        let mut entries = self.table(Table::Appearances).rev_range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
        entries.next().map(|entry| self.record(entry)).transpose()
    }

    /// One pitcher's rows of injured-list reports, by the day that they are filed under.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn injuries_of(&self, pitcher: u32) -> Result<Vec<InjuryRecord>, StoreError> {
        let from = table_key::injury(pitcher, 0, 0, 0);
        let to = table_key::injury(pitcher, u32::MAX, u32::MAX, u16::MAX);
        self.scan((Bound::Included(&from), Bound::Included(&to)), usize::MAX)
    }

    /// One pitcher's feature snapshots with dates in `from..=to` (`YYYY-MM-DD`), oldest first, of every version.
    ///
    /// # Errors
    /// A date that is none, a corrupt record, or LMDB fails.
    pub fn feature_snapshots_of(
        &self,
        pitcher: u32,
        from: &str,
        to: &str,
    ) -> Result<Vec<FeatureSnapshotRecord>, StoreError> {
        let (from, to) =
            (table_key::date_of(Table::FeatureSnapshots, from)?, table_key::date_of(Table::FeatureSnapshots, to)?);
        if from > to {
            return Ok(Vec::new());
        }
        let (from, to) =
            (table_key::feature_snapshot(pitcher, from, 0), table_key::feature_snapshot(pitcher, to, u16::MAX));
        self.scan((Bound::Included(&from), Bound::Included(&to)), usize::MAX)
    }

    /// A season's sums of one pitcher (0: the league) by pitch type.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn baselines_of(&self, pitcher: u32, season: u16) -> Result<Vec<BaselineRecord>, StoreError> {
        let (from, to) =
            (table_key::baseline(pitcher, season, [0; 4]), table_key::baseline(pitcher, season, [u8::MAX; 4]));
        self.scan((Bound::Included(&from), Bound::Included(&to)), usize::MAX)
    }

    /// The sums of every pitcher of a season, without the league's.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn baselines_of_season(&self, season: u16) -> Result<Vec<BaselineRecord>, StoreError> {
        let from = table_key::baseline(1, 0, [0; 4]);
        let txn = self.read_txn()?;
        let range: Range<'_> = (Bound::Included(&from), Bound::Unbounded);
        let entries = self.table(Table::Baselines).range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
        let wanted = entries.filter(|entry| match entry {
            Ok((key, _)) => key.get(4..6) == Some(&season.to_be_bytes()),
            Err(_) => true,
        });
        wanted.map(|entry| self.record(entry)).collect()
    }

    /// What calibration knows of a ballpark.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn calibration(&self, venue: &str) -> Result<Option<CalibrationRecord>, StoreError> {
        self.get(&self.read_txn()?, venue.as_bytes())
    }

    /// One pitcher.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn pitcher(&self, id: u32) -> Result<Option<PitcherRecord>, StoreError> {
        self.get(&self.read_txn()?, &table_key::pitcher(id))
    }

    /// All pitchers, by id.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn pitchers(&self) -> Result<Vec<PitcherRecord>, StoreError> {
        self.scan((Bound::Unbounded, Bound::Unbounded), usize::MAX)
    }

    /// The pitcher of this id; of whom nothing is known but what he threw, the id alone.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn known_pitcher(&self, id: u32) -> Result<Option<PitcherRecord>, StoreError> {
        match self.pitcher(id)? {
            None if id > 0 && !self.pitches_of(id, 0, u64::MAX, 1)?.is_empty() => {
                Ok(Some(PitcherRecord { id, ..PitcherRecord::default() }))
            }
            known => Ok(known),
        }
    }

    /// All pitchers and whoever threw besides, by id.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn known_pitchers(&self) -> Result<Vec<PitcherRecord>, StoreError> {
        let mut known: BTreeMap<u32, PitcherRecord> = self.pitchers()?.into_iter().map(|one| (one.id, one)).collect();
        let txn = self.read_txn()?;
        // From one pitcher's first pitch to the next one's; 0 is nobody.
        let mut from = Some(1);
        while let Some(start) = from {
            let start = table_key::pitch(start, 0);
            let range: Range<'_> = (Bound::Included(&start), Bound::Unbounded);
            let mut entries = self.table(Table::Pitches).range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
            let Some(entry) = entries.next() else { break };
            let Some(id) = self.record::<PitchRecord>(entry)?.pitcher else { break };
            known.entry(id).or_insert_with(|| PitcherRecord { id, ..PitcherRecord::default() });
            from = id.checked_add(1);
        }
        Ok(known.into_values().collect())
    }

    /// The model of this version.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn model(&self, version: &str) -> Result<Option<ModelRecord>, StoreError> {
        self.get(&self.read_txn()?, version.as_bytes())
    }

    /// The newest models, `limit` at most, oldest first.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn models(&self, limit: usize) -> Result<Vec<ModelRecord>, StoreError> {
        let txn = self.read_txn()?;
        let range: Range<'_> = (Bound::Unbounded, Bound::Unbounded);
        let entries = self.table(Table::ModelRegistry).rev_range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
        let mut models: Vec<_> = entries.take(limit).map(|entry| self.record(entry)).collect::<Result<_, _>>()?;
        models.reverse();
        Ok(models)
    }

    /// What a room put under this name with [`super::write::Write::Checkpoint`].
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn checkpoint(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.raw(Table::Checkpoints, name)
    }

    /// What a room put under this name with [`super::write::Write::Meta`].
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.raw(Table::Meta, name)
    }

    /// Records per table.
    ///
    /// # Errors
    /// LMDB fails.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let txn = self.read_txn()?;
        let len = |table| self.table(table).len(&txn).map_err(StoreError::lmdb("count"));
        Ok(Counts {
            pitches: len(Table::Pitches)?,
            appearances: len(Table::Appearances)?,
            baselines: len(Table::Baselines)?,
            pitchers: len(Table::Pitchers)?,
            injuries: len(Table::Injuries)?,
            feature_snapshots: len(Table::FeatureSnapshots)?,
        })
    }

    /// Share of the map in use, 0–1: pages that hold records, over the size of the map. From
    /// [`super::handle::MAP_USED_WARN`] on, run retention or enlarge the map; a full map refuses even deletions.
    ///
    /// # Errors
    /// LMDB fails.
    pub fn map_used(&self) -> Result<f64, StoreError> {
        let txn = self.read_txn()?;
        let mut bytes = 0.0;
        for table in Table::ALL {
            let stat = self.table(table).stat(&txn).map_err(StoreError::lmdb("count pages"))?;
            let pages = stat.branch_pages + stat.leaf_pages + stat.overflow_pages;
            bytes += pages as f64 * f64::from(stat.page_size);
        }
        Ok(bytes / self.env.info().map_size as f64)
    }

    /// Size of the database file, bytes.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn disk_bytes(&self) -> Result<u64, StoreError> {
        self.env.real_disk_size().map_err(StoreError::lmdb("measure its file"))
    }

    /// Every record of a table that has few.
    pub(super) fn all<R: Record>(&self) -> Result<Vec<R>, StoreError> {
        self.scan((Bound::Unbounded, Bound::Unbounded), usize::MAX)
    }

    pub(super) fn read_txn(&self) -> Result<RoTxn<'_, WithoutTls>, StoreError> {
        self.env.read_txn().map_err(StoreError::lmdb("begin a read"))
    }

    fn raw(&self, table: Table, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let txn = self.read_txn()?;
        let value = self.table(table).get(&txn, name.as_bytes()).map_err(StoreError::lmdb("read"))?;
        let bytes = value.map(|v| codec::raw(table, name.as_bytes(), v).map(<[u8]>::to_vec)).transpose();
        bytes.map_err(|e| self.counted(e))
    }

    fn get<R: Record>(&self, txn: &RoTxn<'_, WithoutTls>, key: &[u8]) -> Result<Option<R>, StoreError> {
        let value = self.table(R::TABLE).get(txn, key).map_err(StoreError::lmdb("read"))?;
        value.map(|v| codec::unseal(key, v)).transpose().map_err(|e| self.counted(e))
    }

    fn scan<R: Record>(&self, range: Range<'_>, limit: usize) -> Result<Vec<R>, StoreError> {
        let txn = self.read_txn()?;
        let entries = self.table(R::TABLE).range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
        entries.take(limit).map(|entry| self.record(entry)).collect()
    }

    fn record<R: Record>(&self, entry: heed::Result<(&[u8], &[u8])>) -> Result<R, StoreError> {
        let (key, value) = entry.map_err(StoreError::lmdb("scan"))?;
        codec::unseal(key, value).map_err(|e| self.counted(e))
    }

    /// The pitch that an entry of `pitch_times` points to.
    fn pitch_of_entry(
        &self,
        txn: &RoTxn<'_, WithoutTls>,
        entry: heed::Result<(&[u8], &[u8])>,
    ) -> Result<PitchRecord, StoreError> {
        let (key, value) = entry.map_err(StoreError::lmdb("scan"))?;
        let parts = (key.first_chunk::<8>(), <[u8; 4]>::try_from(value));
        let (Some(release_ns), Ok(pitcher)) = parts else {
            return Err(self.counted(codec::corrupt(Table::PitchTimes, key, "not a time and a pitcher")));
        };
        let pitch_key = table_key::pitch(u32::from_be_bytes(pitcher), u64::from_be_bytes(*release_ns));
        match self.get::<PitchRecord>(txn, &pitch_key)? {
            Some(pitch) if key == table_key::pitch_time(pitch.release_ns, pitch.id) => Ok(pitch),
            _ => Err(self.counted(codec::corrupt(Table::PitchTimes, key, "it leads to no pitch of that time"))),
        }
    }
}
