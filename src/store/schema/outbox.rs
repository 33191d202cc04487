//! Layouts of the outbox: summaries that wait, that were refused, and their sums.

use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

use super::super::codec::Record;
use super::super::error::StoreError;
use super::super::summary::{OutboxRecord, OutboxSums, RefusedRecord, Summary, SummaryKind};
use super::super::table_key::Table;
use super::{archive, only_v1, unarchive};

#[derive(Archive, Serialize, Deserialize)]
struct OutboxV1 {
    epoch: u64,
    kind: u8,
    queued_ns: u64,
    pitcher: Option<u32>,
    body: Vec<u8>,
}

#[derive(Archive, Serialize, Deserialize)]
struct RefusedV1 {
    record: OutboxV1,
    refused_ns: u64,
    why: String,
}

#[derive(Archive, Serialize, Deserialize)]
struct OutboxSumsV1 {
    epoch: u64,
    next: u64,
    waiting: [u64; 2],
    bytes: u64,
    delivered: u64,
    dropped_age: u64,
    dropped_bytes: u64,
    refused: u64,
    refused_ever: u64,
    dropped_refused: u64,
    dropped_forgotten: u64,
    dropped_corrupt: u64,
}

fn number(kind: SummaryKind) -> u8 {
    match kind {
        SummaryKind::Pitch => 0,
        SummaryKind::Outing => 1,
        SummaryKind::Readiness => 2,
        SummaryKind::Alert => 3,
        SummaryKind::Calibration => 4,
        SummaryKind::Model => 5,
    }
}

impl From<&OutboxRecord> for OutboxV1 {
    fn from(record: &OutboxRecord) -> Self {
        let Summary { kind, queued_ns, pitcher, ref body } = record.summary;
        Self { epoch: record.epoch, kind: number(kind), queued_ns, pitcher, body: body.clone() }
    }
}

impl OutboxV1 {
    fn record(self) -> Result<OutboxRecord, String> {
        let Self { epoch, kind, queued_ns, pitcher, body } = self;
        let kind = SummaryKind::ALL.into_iter().find(|known| number(*known) == kind);
        let kind = kind.ok_or_else(|| "its kind of summary is unknown".to_owned())?;
        Ok(OutboxRecord { epoch, summary: Summary { kind, queued_ns, pitcher, body } })
    }
}

impl Record for OutboxRecord {
    const TABLE: Table = Table::Outbox;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        Ok((1, archive(&OutboxV1::from(self))))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        unarchive::<OutboxV1>(body)?.record()
    }
}

impl Record for RefusedRecord {
    const TABLE: Table = Table::Refused;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let Self { record, refused_ns, why } = self;
        Ok((1, archive(&RefusedV1 { record: record.into(), refused_ns: *refused_ns, why: why.clone() })))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        let RefusedV1 { record, refused_ns, why } = unarchive(body)?;
        Ok(Self { record: record.record()?, refused_ns, why })
    }
}

/// Under a name of its own in `meta`.
impl Record for OutboxSums {
    const TABLE: Table = Table::Meta;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let Self {
            epoch,
            next,
            waiting,
            bytes,
            delivered,
            dropped_age,
            dropped_bytes,
            refused,
            refused_ever,
            dropped_refused,
            dropped_forgotten,
            dropped_corrupt,
        } = *self;
        let layout = OutboxSumsV1 {
            epoch,
            next,
            waiting,
            bytes,
            delivered,
            dropped_age,
            dropped_bytes,
            refused,
            refused_ever,
            dropped_refused,
            dropped_forgotten,
            dropped_corrupt,
        };
        Ok((1, archive(&layout)))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        let v: OutboxSumsV1 = unarchive(body)?;
        Ok(Self {
            epoch: v.epoch,
            next: v.next,
            waiting: v.waiting,
            bytes: v.bytes,
            delivered: v.delivered,
            dropped_age: v.dropped_age,
            dropped_bytes: v.dropped_bytes,
            refused: v.refused,
            refused_ever: v.refused_ever,
            dropped_refused: v.dropped_refused,
            dropped_forgotten: v.dropped_forgotten,
            dropped_corrupt: v.dropped_corrupt,
        })
    }
}
