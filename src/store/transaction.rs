//! One write transaction: what a batch of writes becomes. All of it is kept, or nothing.

use std::ops::Bound;

use heed::RwTxn;

use super::codec::{self, Record};
use super::error::StoreError;
use super::handle::Store;
use super::summary;
use super::summary::SummaryKind;
use super::table_key::{self, Table};
use super::write::Write;
use crate::records::{
    AppearanceRecord, BaselineRecord, CalibrationRecord, FeatureSnapshotRecord, InjuryRecord, MissedOuting,
    ModelRecord, Origin, PitchRecord, PitcherRecord, REPROCESSED, State,
};

/// What a put did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// There was none.
    New,
    /// There was another value.
    Changed,
    /// The same value was there; nothing was written.
    Unchanged,
    /// What was there is final, and stays; this was counted.
    Refused,
}

/// An open write transaction; dropped without a commit, it never happened.
pub struct Transaction<'s> {
    store: &'s Store,
    txn: RwTxn<'s>,
    dirty: bool,
    /// The pitch that was written last was refused: what is told of it is not, either.
    refused: bool,
}

impl<'s> Transaction<'s> {
    pub(super) fn begin(store: &'s Store) -> Result<Self, StoreError> {
        let txn = store.env.write_txn().map_err(StoreError::lmdb("begin a transaction"))?;
        Ok(Self { store, txn, dirty: false, refused: false })
    }

    /// Commits and syncs; a transaction that wrote nothing touches no file.
    pub(super) fn commit(self) -> Result<(), StoreError> {
        if self.dirty {
            self.txn.commit().map_err(StoreError::lmdb("commit"))?;
            self.store.note_held();
        }
        Ok(())
    }

    /// Applies one write of a batch.
    ///
    /// # Errors
    /// The record cannot be stored, what it replaces is corrupt, or LMDB fails.
    pub fn apply(&mut self, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Pitch(pitch) => {
                self.refused = self.put_pitch(pitch)? == Put::Refused;
                Ok(())
            }
            Write::Summary(summary) if self.refused && summary.kind == SummaryKind::Pitch => Ok(()),
            Write::Appearance(appearance) => self.put_appearance(appearance).map(drop),
            Write::Missed(outing) => self.note_missed(outing).map(drop),
            Write::Calibration(calibration) => self.put_calibration(calibration).map(drop),
            Write::Pitcher(pitcher) => self.put_pitcher(pitcher).map(drop),
            Write::Checkpoint { name, bytes } => self.put_raw(Table::Checkpoints, name, bytes).map(drop),
            Write::SourceMarks(marks) => self.put_source_marks(marks),
            Write::Meta { key, bytes } => self.put_meta(key, bytes).map(drop),
            Write::Summary(summary) => self.queue(summary).map(drop),
        }
    }

    /// Puts a pitch, replacing whatever revision of it (the same id) is there, also where the release moved or the
    /// pitcher became known. Two pitches of one pitcher never share a nanosecond: the second is stored one later.
    ///
    /// A pitch of this box that is final stays as it is, but for a later revision that was measured again, for the share of its
    /// frames that came late, and for how far its cameras are trusted where nobody knew that; anything else is [`Put::Refused`].
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn put_pitch(&mut self, pitch: &PitchRecord) -> Result<Put, StoreError> {
        let pitcher = pitch.pitcher.unwrap_or(0);
        let id_key = table_key::pitch_id(pitch.id);
        let old = self.get(Table::PitchIds, &id_key)?.map(<[u8; 12]>::try_from);
        let old = old.transpose().map_err(|_| self.corrupt(Table::PitchIds, &id_key, "not a key of 12 bytes"))?;
        let mut record = std::borrow::Cow::Borrowed(pitch);
        let key = loop {
            let key = table_key::pitch(pitcher, record.release_ns);
            if old == Some(key) || self.get(Table::Pitches, &key)?.is_none() {
                break key;
            }
            record.to_mut().release_ns += 1;
        };
        if old.is_some()
            && let Some(before) = self.pitch(pitch.id)?
            && !may_replace(&before, &record)
        {
            self.store.refuse(&before);
            return Ok(Put::Refused);
        }
        if let Some(old) = old
            && old != key
        {
            self.delete_pitch_at(old, pitch.id)?;
        }
        let put = self.put(Table::Pitches, &key, &codec::seal(&key, record.as_ref())?)?;
        if old != Some(key) {
            self.put(Table::PitchIds, &id_key, &key)?;
            self.put(Table::PitchTimes, &table_key::pitch_time(record.release_ns, pitch.id), &pitcher.to_be_bytes())?;
        }
        Ok(if old.is_some() && put == Put::New { Put::Changed } else { put })
    }

    fn delete_pitch_at(&mut self, old: [u8; 12], id: u64) -> Result<(), StoreError> {
        let release_ns = u64::from_be_bytes(*old.last_chunk().expect("12 bytes end in 8"));
        self.delete(Table::Pitches, &old)?;
        self.delete(Table::PitchTimes, &table_key::pitch_time(release_ns, id))?;
        Ok(())
    }

    /// Removes a pitch. Whether there was one.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn remove_pitch(&mut self, id: u64) -> Result<bool, StoreError> {
        let id_key = table_key::pitch_id(id);
        let Some(key) = self.get(Table::PitchIds, &id_key)?.map(<[u8; 12]>::try_from) else { return Ok(false) };
        let key = key.map_err(|_| self.corrupt(Table::PitchIds, &id_key, "not a key of 12 bytes"))?;
        self.delete_pitch_at(key, id)?;
        self.delete(Table::PitchIds, &id_key)
    }

    /// The stored pitch with this id, as of this transaction.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn pitch(&self, id: u64) -> Result<Option<PitchRecord>, StoreError> {
        let id_key = table_key::pitch_id(id);
        let Some(key) = self.get(Table::PitchIds, &id_key)? else { return Ok(None) };
        let found = self.get(Table::Pitches, key)?.map(|value| codec::unseal::<PitchRecord>(key, value));
        let found = found.transpose().map_err(|e| self.store.counted(e))?;
        match found {
            Some(pitch) if pitch.id == id => Ok(Some(pitch)),
            _ => Err(self.corrupt(Table::PitchIds, &id_key, "it leads to no pitch of that id")),
        }
    }

    /// Puts an appearance.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn put_appearance(&mut self, record: &AppearanceRecord) -> Result<Put, StoreError> {
        let date = table_key::date_of(Table::Appearances, &record.game_date)?;
        self.put_record(&table_key::appearance(record.pitcher, date, record.game_pk), record)
    }

    /// Notes what is missing of an outing: in its appearance, which stands without pitches until it is summed up.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn note_missed(&mut self, outing: &MissedOuting) -> Result<Put, StoreError> {
        let date = table_key::date_of(Table::Appearances, &outing.game_date)?;
        let key = table_key::appearance(outing.pitcher, date, outing.game_pk);
        let known = self.get(Table::Appearances, &key)?.map(|value| codec::unseal::<AppearanceRecord>(&key, value));
        let known = known.transpose().map_err(|e| self.store.counted(e))?;
        let new = || AppearanceRecord {
            pitcher: outing.pitcher,
            game_date: outing.game_date.clone(),
            game_pk: outing.game_pk,
            first_ns: outing.thrown_ns,
            ..AppearanceRecord::default()
        };
        self.put_record(&key, &AppearanceRecord { missed: outing.missed.clone(), ..known.unwrap_or_else(new) })
    }

    /// Removes an appearance. Whether there was one.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn remove_appearance(&mut self, record: &AppearanceRecord) -> Result<bool, StoreError> {
        let date = table_key::date_of(Table::Appearances, &record.game_date)?;
        self.delete(Table::Appearances, &table_key::appearance(record.pitcher, date, record.game_pk))
    }

    /// Puts a season's sums of one pitch type.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn put_baseline(&mut self, record: &BaselineRecord) -> Result<Put, StoreError> {
        let pitch_type = table_key::type_of(Table::Baselines, &record.pitch_type)?;
        self.put_record(&table_key::baseline(record.pitcher, record.season, pitch_type), record)
    }

    /// Removes a season's sums of one pitch type. Whether there were any.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn remove_baseline(&mut self, record: &BaselineRecord) -> Result<bool, StoreError> {
        let pitch_type = table_key::type_of(Table::Baselines, &record.pitch_type)?;
        self.delete(Table::Baselines, &table_key::baseline(record.pitcher, record.season, pitch_type))
    }

    /// Puts what calibration knows of a ballpark.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn put_calibration(&mut self, record: &CalibrationRecord) -> Result<Put, StoreError> {
        name_fits(Table::Calibration, &record.venue)?;
        self.put_record(record.venue.as_bytes(), record)
    }

    /// Puts a pitcher.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn put_pitcher(&mut self, record: &PitcherRecord) -> Result<Put, StoreError> {
        self.put_record(&table_key::pitcher(record.id), record)
    }

    /// Removes a pitcher. Whether he was there.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn remove_pitcher(&mut self, id: u32) -> Result<bool, StoreError> {
        self.delete(Table::Pitchers, &table_key::pitcher(id))
    }

    /// Puts a row of an injured-list report.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn put_injury(&mut self, record: &InjuryRecord) -> Result<Put, StoreError> {
        let number = |date: Option<&str>| date.map_or(Ok(0), |date| table_key::date_of(Table::Injuries, date));
        let hurt = number(record.injury_date.as_deref().or(record.surgery_date.as_deref()))?;
        self.put_record(&table_key::injury(record.pitcher, number(record.filed())?, hurt, record.season), record)
    }

    /// Puts a day's features.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn put_feature_snapshot(&mut self, record: &FeatureSnapshotRecord) -> Result<Put, StoreError> {
        let date = table_key::date_of(Table::FeatureSnapshots, &record.date)?;
        self.put_record(&table_key::feature_snapshot(record.pitcher, date, record.version), record)
    }

    /// Puts a model.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn put_model(&mut self, record: &ModelRecord) -> Result<Put, StoreError> {
        if !(1..=200).contains(&record.version.len()) {
            return Err(StoreError::Refused {
                table: Table::ModelRegistry.name(),
                why: "a version has 1 to 200 bytes".to_owned(),
            });
        }
        self.put_record(record.version.as_bytes(), record)
    }

    /// Puts bytes under a name of the room's own. The names `schema` and `outbox` are the store's.
    ///
    /// # Errors
    /// As [`Transaction::apply`].
    pub fn put_meta(&mut self, name: &str, bytes: &[u8]) -> Result<Put, StoreError> {
        if name == "schema" || name.as_bytes() == summary::SUMS_KEY {
            return Err(StoreError::Refused { table: "meta", why: format!("the name `{name}` is the store's own") });
        }
        self.put_raw(Table::Meta, name, bytes)
    }

    /// The bytes under a name of `meta`, as of this transaction.
    pub(super) fn raw_meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.get(Table::Meta, name.as_bytes())?;
        let bytes = value.map(|value| codec::raw(Table::Meta, name.as_bytes(), value).map(<[u8]>::to_vec));
        bytes.transpose().map_err(|e| self.store.counted(e))
    }

    fn put_raw(&mut self, table: Table, name: &str, bytes: &[u8]) -> Result<Put, StoreError> {
        name_fits(table, name)?;
        self.put(table, name.as_bytes(), &codec::seal_raw(table, name.as_bytes(), bytes))
    }

    pub(super) fn put_record<R: Record>(&mut self, key: &[u8], record: &R) -> Result<Put, StoreError> {
        self.put(R::TABLE, key, &codec::seal(key, record)?)
    }

    pub(super) fn get(&self, table: Table, key: &[u8]) -> Result<Option<&[u8]>, StoreError> {
        self.store.table(table).get(&self.txn, key).map_err(StoreError::lmdb("read"))
    }

    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<Put, StoreError> {
        let put = match self.get(table, key)? {
            Some(old) if old == value => return Ok(Put::Unchanged),
            Some(_) => Put::Changed,
            None => Put::New,
        };
        self.store.table(table).put(&mut self.txn, key, value).map_err(StoreError::lmdb("write"))?;
        self.dirty = true;
        Ok(put)
    }

    pub(super) fn delete(&mut self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        let deleted = self.store.table(table).delete(&mut self.txn, key).map_err(StoreError::lmdb("delete"))?;
        self.dirty |= deleted;
        Ok(deleted)
    }

    /// The first `limit` entries of a range of keys, each read by `read`.
    pub(super) fn entries<T>(
        &self,
        table: Table,
        range: &(Bound<&[u8]>, Bound<&[u8]>),
        limit: usize,
        read: impl Fn(&[u8], &[u8]) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let entries = self.store.table(table).range(&self.txn, range).map_err(StoreError::lmdb("scan"))?;
        let read = |entry: heed::Result<(&[u8], &[u8])>| {
            let (key, value) = entry.map_err(StoreError::lmdb("scan"))?;
            read(key, value).map_err(|e| self.store.counted(e))
        };
        entries.take(limit).map(read).collect()
    }

    /// The smallest key of a table.
    pub(super) fn first_key(&self, table: Table) -> Result<Option<Vec<u8>>, StoreError> {
        let first = self.store.table(table).first(&self.txn).map_err(StoreError::lmdb("scan"))?;
        Ok(first.map(|(key, _)| key.to_vec()))
    }

    fn corrupt(&self, table: Table, key: &[u8], why: &str) -> StoreError {
        self.store.counted(codec::corrupt(table, key, why))
    }
}

/// Whether a pitch may take the place of what is stored of it.
fn may_replace(before: &PitchRecord, pitch: &PitchRecord) -> bool {
    if before.state != State::Final || before.origin != Origin::Live {
        return true;
    }
    let measured_again =
        pitch.revision > before.revision && pitch.state == State::Final && pitch.flags.iter().any(|f| f == REPROCESSED);
    // How far its cameras are trusted may become known later.
    let calibration_confidence = before.calibration_confidence.and(pitch.calibration_confidence);
    let recounted = PitchRecord { late_data_frac: before.late_data_frac, calibration_confidence, ..pitch.clone() };
    measured_again || recounted == *before
}

/// LMDB's longest key is 511 bytes, and it has none of length 0.
fn name_fits(table: Table, name: &str) -> Result<(), StoreError> {
    if name.is_empty() || name.len() > 500 {
        return Err(StoreError::Refused { table: table.name(), why: "a name has 1 to 500 bytes".to_owned() });
    }
    Ok(())
}
