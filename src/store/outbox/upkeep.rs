//! What leaves the outbox without the cloud's word: what is out of bounds, cannot be read, or tells of somebody who is
//! to be forgotten. Each is counted by name.

use super::super::codec;
use super::super::error::StoreError;
use super::super::handle::Store;
use super::super::outbox_bounds::Bounds;
use super::super::table_key::Table;
use super::super::transaction::Transaction;
use super::{Lane, OUTBOX_STEP, RefusedRecord, lane_from, queued_of};

/// Keys of the summaries that tell of a pitcher: those that wait, and those set aside.
type SummariesOf = (Vec<(Lane, u64)>, Vec<Vec<u8>>);

impl Transaction<'_> {
    /// Lets go of what is out of bounds, the oldest first and the backlog before what is live, [`OUTBOX_STEP`] at most.
    /// How many.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails.
    pub fn enforce(&mut self, bounds: Bounds) -> Result<usize, StoreError> {
        let mut sums = self.outbox_sums()?;
        let before = sums;
        let mut gone = 0;
        for lane in [Lane::Backlog, Lane::Live] {
            // Where the oldest may stay there is nothing to look through.
            let oldest = self.queued_in(lane_from(lane, 0), 1)?;
            let out = |ns| ns < bounds.before_ns || sums.bytes > bounds.bytes_max;
            if !oldest.first().is_some_and(|queued| out(queued.record.summary.queued_ns)) {
                continue;
            }
            for queued in self.queued_in(lane_from(lane, 0), OUTBOX_STEP - gone)? {
                let too_old = queued.record.summary.queued_ns < bounds.before_ns;
                if !too_old && sums.bytes <= bounds.bytes_max {
                    break;
                }
                self.take_queued(lane, queued.sequence, &mut sums)?;
                *(if too_old { &mut sums.dropped_age } else { &mut sums.dropped_bytes }) += 1;
                gone += 1;
            }
        }
        if sums != before {
            self.put_sums(&sums)?;
        }
        Ok(gone)
    }

    /// Lets go of what cannot be read among the first [`OUTBOX_STEP`] of a lane, so that it stops nobody behind it. How many.
    ///
    /// # Errors
    /// The sums are corrupt, or LMDB fails.
    pub fn drop_unreadable(&mut self, lane: Lane) -> Result<u64, StoreError> {
        let (from, to) = lane_from(lane, 0);
        let range = (from.as_ref().map(<[u8; 9]>::as_slice), to.as_ref().map(<[u8; 9]>::as_slice));
        let read = |key: &[u8], value: &[u8]| Ok(queued_of(key, value).is_err().then(|| key.to_vec()));
        let unreadable = self.entries(Table::Outbox, &range, OUTBOX_STEP, read)?;
        let mut sums = self.outbox_sums()?;
        let before = sums.dropped_corrupt;
        for key in unreadable.into_iter().flatten() {
            self.delete(Table::Outbox, &key)?;
            sums.waiting[lane as usize] = sums.waiting[lane as usize].saturating_sub(1);
            sums.dropped_corrupt += 1;
        }
        self.put_sums(&sums)?;
        Ok(sums.dropped_corrupt - before)
    }
}

impl Store {
    /// Lets go of every summary that waits or was set aside and tells of this pitcher. How many. What the cloud has already
    /// is the cloud's to forget.
    ///
    /// # Errors
    /// A corrupt record, or LMDB fails. What was let go before stays so.
    pub fn forget_summaries_of(&self, pitcher: u32) -> Result<u64, StoreError> {
        let (queued, refused) = self.summaries_of(pitcher)?;
        self.bulk(queued.chunks(OUTBOX_STEP), |txn, keys| {
            let mut sums = txn.outbox_sums()?;
            for (lane, sequence) in keys {
                sums.dropped_forgotten += u64::from(txn.take_queued(*lane, *sequence, &mut sums)?.is_some());
            }
            txn.put_sums(&sums)
        })?;
        self.bulk(refused.chunks(OUTBOX_STEP), |txn, keys| {
            let mut sums = txn.outbox_sums()?;
            for key in keys {
                if txn.delete(Table::Refused, key)? {
                    sums.refused = sums.refused.saturating_sub(1);
                    sums.dropped_forgotten += 1;
                }
            }
            txn.put_sums(&sums)
        })?;
        Ok((queued.len() + refused.len()) as u64)
    }

    fn summaries_of(&self, pitcher: u32) -> Result<SummariesOf, StoreError> {
        let txn = self.read_txn()?;
        let (mut waiting, mut aside) = (Vec::new(), Vec::new());
        for entry in self.table(Table::Outbox).iter(&txn).map_err(StoreError::lmdb("scan"))? {
            let (key, value) = entry.map_err(StoreError::lmdb("scan"))?;
            let queued = queued_of(key, value).map_err(|e| self.counted(e))?;
            if queued.record.summary.pitcher == Some(pitcher) {
                waiting.push((queued.lane, queued.sequence));
            }
        }
        for entry in self.table(Table::Refused).iter(&txn).map_err(StoreError::lmdb("scan"))? {
            let (key, value) = entry.map_err(StoreError::lmdb("scan"))?;
            let refused: RefusedRecord = codec::unseal(key, value).map_err(|e| self.counted(e))?;
            if refused.record.summary.pitcher == Some(pitcher) {
                aside.push(key.to_vec());
            }
        }
        Ok((waiting, aside))
    }
}
