//! The outbox: summaries on their way to the analytics cloud, queued in the transaction that stores what they tell.
//!
//! Constraints that shaped it:
//! - **One transaction.** A summary is queued by the batch that stores its record: both are there after a crash, or
//!   neither.
//! - **The lane is in the key**: (priority, sequence), live before backlog, each in the order of the sequence. Moving a
//!   summary to the backlog is moving its key, so that a restart finds lanes as they were.
//! - **A summary has one name for ever**: (epoch, sequence). The epoch is drawn when the store is created and again at
//!   every restore, since a restored store counts through sequences that were given out already; what was queued before
//!   keeps the epoch that it was queued under, and so its name.
//! - **Deleted only on acknowledgement**, or by the bounds of age and bytes, which are counted by name.
//! - **The sums are kept beside the queue** in one value, written in the same transactions: nothing is ever counted by
//!   walking the queue.

#[cfg(test)]
mod tests;
mod upkeep;

use super::summary::{Front, Lane, OutboxRecord, OutboxSums, Queued, RefusedRecord, SUMS, Summary, sums_of};
use std::ops::Bound;

use heed::{RoTxn, WithoutTls};

use super::codec;
use super::error::StoreError;
use super::handle::Store;
pub use super::outbox_bounds::Bounds;
use super::table_key::{self, Table};
use super::transaction::{Put, Transaction};

/// Summaries that one transaction moves or lets go: about a millisecond's work.
pub const OUTBOX_STEP: usize = 512;

/// Summaries set aside at most; the oldest makes room, counted.
const REFUSED_MAX: u64 = 10_000;

/// A range of keys of one lane.
type Keys = (Bound<[u8; 9]>, Bound<[u8; 9]>);

fn lane_from(lane: Lane, sequence: u64) -> Keys {
    (Bound::Included(table_key::outbox(lane as u8, sequence)), Bound::Included(table_key::outbox(lane as u8, u64::MAX)))
}

/// The queued summary of an entry.
fn queued_of(key: &[u8], value: &[u8]) -> Result<Queued, StoreError> {
    let (lane, sequence) = match *key {
        [0, ref sequence @ ..] => (Lane::Live, sequence),
        [1, ref sequence @ ..] => (Lane::Backlog, sequence),
        _ => return Err(codec::corrupt(Table::Outbox, key, "its lane is unknown")),
    };
    let sequence = <[u8; 8]>::try_from(sequence)
        .map_err(|_| codec::corrupt(Table::Outbox, key, "not a lane and a sequence"))
        .map(u64::from_be_bytes)?;
    Ok(Queued { lane, sequence, record: codec::unseal(key, value)? })
}

/// The sequence and the record of an entry of what is aside.
fn refused_of(key: &[u8], value: &[u8]) -> Result<(u64, RefusedRecord), StoreError> {
    let sequence = key.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    codec::unseal(key, value).map(|record| (sequence, record))
}

impl Transaction<'_> {
    /// Queues a summary in the live lane. Its sequence.
    ///
    /// # Errors
    /// The sums are corrupt, or LMDB fails.
    pub fn queue(&mut self, summary: &Summary) -> Result<u64, StoreError> {
        let mut sums = self.outbox_sums()?;
        let sequence = sums.next;
        sums.next += 1;
        sums.waiting[Lane::Live as usize] += 1;
        sums.bytes += summary.body.len() as u64;
        let record = OutboxRecord { epoch: sums.epoch, summary: summary.clone() };
        self.put_record(&table_key::outbox(Lane::Live as u8, sequence), &record)?;
        self.put_sums(&sums)?;
        Ok(sequence)
    }

    /// Deletes what was acknowledged. What is no longer there had to go before, and is counted there.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn acknowledged(&mut self, keys: &[(Lane, u64)]) -> Result<(), StoreError> {
        let mut sums = self.outbox_sums()?;
        for (lane, sequence) in keys {
            if self.take_queued(*lane, *sequence, &mut sums)?.is_some() {
                sums.delivered += 1;
            }
        }
        self.put_sums(&sums)
    }

    /// Sets aside what the cloud refuses, with what it said. Where there is no room aside, the oldest there makes some if the
    /// cloud takes others; if it does not, what it refuses stays queued.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn set_aside(
        &mut self,
        lane: Lane,
        sequence: u64,
        now_ns: u64,
        why: &str,
        others_pass: bool,
    ) -> Result<(), StoreError> {
        let mut sums = self.outbox_sums()?;
        if !others_pass && sums.refused >= REFUSED_MAX {
            return Ok(());
        }
        let Some(record) = self.take_queued(lane, sequence, &mut sums)? else { return Ok(()) };
        let key = table_key::refused(sequence, record.epoch);
        let why = why.chars().take(500).collect();
        if self.put_record(&key, &RefusedRecord { record, refused_ns: now_ns, why })? == Put::New {
            sums.refused += 1;
        }
        sums.refused_ever += 1;
        while sums.refused > REFUSED_MAX {
            let Some(oldest) = self.first_key(Table::Refused)? else { break };
            self.delete(Table::Refused, &oldest)?;
            sums.refused -= 1;
            sums.dropped_refused += 1;
        }
        self.put_sums(&sums)
    }

    /// Puts what was set aside into the backlog again, the oldest [`OUTBOX_STEP`] at most. How many.
    fn requeue_some(&mut self) -> Result<u64, StoreError> {
        let mut sums = self.outbox_sums()?;
        let mut requeued = 0;
        while requeued < OUTBOX_STEP as u64
            && let Some(key) = self.first_key(Table::Refused)?
        {
            let value = self.get(Table::Refused, &key)?.unwrap_or_default();
            let (sequence, RefusedRecord { record, .. }) = refused_of(&key, value)?;
            self.delete(Table::Refused, &key)?;
            sums.refused = sums.refused.saturating_sub(1);
            sums.waiting[Lane::Backlog as usize] += 1;
            sums.bytes += record.summary.body.len() as u64;
            self.put_record(&table_key::outbox(Lane::Backlog as u8, sequence), &record)?;
            requeued += 1;
        }
        self.put_sums(&sums)?;
        Ok(requeued)
    }

    /// Moves live summaries behind sequence `after` that were made before `before_ns` to the backlog, the oldest
    /// [`OUTBOX_STEP`] at most. How many.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn fall_behind(&mut self, after: Option<u64>, before_ns: u64) -> Result<usize, StoreError> {
        let from = after.map_or(0, |after| after.saturating_add(1));
        let mut stale = self.queued_in(lane_from(Lane::Live, from), OUTBOX_STEP)?;
        let fresh = stale.iter().position(|queued| queued.record.summary.queued_ns >= before_ns);
        stale.truncate(fresh.unwrap_or(stale.len()));
        if stale.is_empty() {
            return Ok(0);
        }
        let mut sums = self.outbox_sums()?;
        for queued in &stale {
            self.delete(Table::Outbox, &table_key::outbox(Lane::Live as u8, queued.sequence))?;
            self.put_record(&table_key::outbox(Lane::Backlog as u8, queued.sequence), &queued.record)?;
        }
        sums.waiting[Lane::Live as usize] = sums.waiting[Lane::Live as usize].saturating_sub(stale.len() as u64);
        sums.waiting[Lane::Backlog as usize] += stale.len() as u64;
        self.put_sums(&sums)?;
        Ok(stale.len())
    }

    /// Deletes of what is aside what was acknowledged: sequences and epochs.
    ///
    /// # Errors
    /// LMDB fails.
    pub fn acknowledged_aside(&mut self, keys: &[(u64, u64)]) -> Result<(), StoreError> {
        let mut sums = self.outbox_sums()?;
        for (sequence, epoch) in keys {
            if self.delete(Table::Refused, &table_key::refused(*sequence, *epoch))? {
                sums.refused = sums.refused.saturating_sub(1);
                sums.delivered += 1;
            }
        }
        self.put_sums(&sums)
    }

    /// Takes a summary out of its lane; none where it is not there.
    fn take_queued(
        &mut self,
        lane: Lane,
        sequence: u64,
        sums: &mut OutboxSums,
    ) -> Result<Option<OutboxRecord>, StoreError> {
        let key = table_key::outbox(lane as u8, sequence);
        let Some(value) = self.get(Table::Outbox, &key)? else { return Ok(None) };
        let record: OutboxRecord = codec::unseal(&key, value)?;
        self.delete(Table::Outbox, &key)?;
        sums.waiting[lane as usize] = sums.waiting[lane as usize].saturating_sub(1);
        sums.bytes = sums.bytes.saturating_sub(record.summary.body.len() as u64);
        Ok(Some(record))
    }

    fn outbox_sums(&self) -> Result<OutboxSums, StoreError> {
        sums_of(self.get(Table::Meta, SUMS.as_bytes())?)
    }

    fn put_sums(&mut self, sums: &OutboxSums) -> Result<(), StoreError> {
        self.put_record(SUMS.as_bytes(), sums).map(drop)
    }

    fn queued_in(&self, (from, to): Keys, limit: usize) -> Result<Vec<Queued>, StoreError> {
        let range = (from.as_ref().map(<[u8; 9]>::as_slice), to.as_ref().map(<[u8; 9]>::as_slice));
        self.entries(Table::Outbox, &range, limit, queued_of)
    }
}

impl Store {
    /// The first summaries of a lane, and the sums.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn outbox_front(&self, lane: Lane, limit: usize) -> Result<Front, StoreError> {
        let txn = self.read_txn()?;
        let (from, to) = lane_from(lane, 0);
        let range = (from.as_ref().map(<[u8; 9]>::as_slice), to.as_ref().map(<[u8; 9]>::as_slice));
        let entries = self.table(Table::Outbox).range(&txn, &range).map_err(StoreError::lmdb("scan"))?;
        let queued = entries.take(limit).map(|entry| {
            let (key, value) = entry.map_err(StoreError::lmdb("scan"))?;
            queued_of(key, value).map_err(|e| self.counted(e))
        });
        let queued = queued.collect::<Result<_, _>>()?;
        Ok(Front { queued, sums: self.sums(&txn)? })
    }

    /// The sums of the outbox.
    ///
    /// # Errors
    /// They are corrupt, or LMDB fails.
    pub fn outbox_sums(&self) -> Result<OutboxSums, StoreError> {
        self.sums(&self.read_txn()?)
    }

    /// The newest of what was set aside, `limit` at most, newest first: sequence and record.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn refused(&self, limit: usize) -> Result<Vec<(u64, RefusedRecord)>, StoreError> {
        let txn = self.read_txn()?;
        let entries = self.table(Table::Refused).rev_iter(&txn).map_err(StoreError::lmdb("scan"))?;
        let refused = entries.take(limit).map(|entry| {
            let (key, value) = entry.map_err(StoreError::lmdb("scan"))?;
            refused_of(key, value).map_err(|e| self.counted(e))
        });
        refused.collect()
    }

    /// What is aside behind this sequence and epoch, `limit` at most, in the order of the sequence.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn refused_from(&self, after: Option<(u64, u64)>, limit: usize) -> Result<Vec<Queued>, StoreError> {
        let txn = self.read_txn()?;
        let from = after.map(|(sequence, epoch)| table_key::refused(sequence, epoch));
        let from = from.as_ref().map_or(Bound::Unbounded, |key| Bound::Excluded(key.as_slice()));
        let entries =
            self.table(Table::Refused).range(&txn, &(from, Bound::Unbounded)).map_err(StoreError::lmdb("scan"))?;
        let queued = entries.take(limit).map(|entry| {
            let (key, value) = entry.map_err(StoreError::lmdb("scan"))?;
            let (sequence, RefusedRecord { record, .. }) = refused_of(key, value).map_err(|e| self.counted(e))?;
            Ok(Queued { lane: Lane::Backlog, sequence, record })
        });
        queued.collect()
    }

    /// Puts everything that was set aside into the backlog again, under its old name, in transactions that live pitches need
    /// not wait for. How many.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails. What was put back before stays.
    pub fn requeue_refused(&self) -> Result<u64, StoreError> {
        let mut requeued = 0;
        loop {
            let mut some = 0;
            self.bulk([()], |txn, ()| {
                some = txn.requeue_some()?;
                Ok(())
            })?;
            if some == 0 {
                return Ok(requeued);
            }
            requeued += some;
        }
    }

    /// Draws a new epoch, as a restored store must: what is queued from now on has names that were never given out, though
    /// it counts through sequences that were.
    ///
    /// # Errors
    /// The sums are corrupt, or LMDB fails.
    pub fn renew_outbox_epoch(&self) -> Result<u64, StoreError> {
        self.transact(|txn| {
            let mut sums = txn.outbox_sums()?;
            sums.epoch = rand::random();
            txn.put_sums(&sums)?;
            Ok(sums.epoch)
        })
    }

    fn sums(&self, txn: &RoTxn<'_, WithoutTls>) -> Result<OutboxSums, StoreError> {
        let value = self.table(Table::Meta).get(txn, SUMS.as_bytes()).map_err(StoreError::lmdb("read"))?;
        sums_of(value).map_err(|e| self.counted(e))
    }
}
