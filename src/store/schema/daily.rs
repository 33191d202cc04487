//! Layouts of what the daily model is made of: injuries and features.

use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

use super::super::codec::Record;
use super::super::error::StoreError;
use super::super::table_key::{Table, date_of, date_text};
use super::{archive, number_of, only_v1, unarchive};
use crate::records::{BodyPart, FeatureSnapshotRecord, InjuryRecord};

#[derive(Archive, Serialize, Deserialize)]
struct InjuryV1 {
    pitcher: u32,
    season: u16,
    team: Option<String>,
    position: Option<String>,
    injury: String,
    part: u8,
    injury_date: Option<u32>,
    surgery_date: Option<u32>,
    announced_date: Option<u32>,
    retroactive_date: Option<u32>,
    eligible_date: Option<u32>,
    return_date: Option<u32>,
    status: Option<String>,
}

/// Features that are there: bit i of `present` for the i-th of `count`, values in that order.
#[derive(Archive, Serialize, Deserialize)]
struct FeatureSnapshotV1 {
    pitcher: u32,
    date: u32,
    version: u16,
    fingerprint: [u8; 32],
    count: u16,
    present: Vec<u64>,
    values: Vec<f64>,
    completeness: f64,
}

impl Record for InjuryRecord {
    const TABLE: Table = Table::Injuries;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let number = |date: &Option<String>| number_of(Self::TABLE, date.as_deref());
        let layout = InjuryV1 {
            pitcher: self.pitcher,
            season: self.season,
            team: self.team.clone(),
            position: self.position.clone(),
            injury: self.injury.clone(),
            // 0 was all of the arm before the elbow and the hand had numbers of their own.
            part: match self.part {
                BodyPart::Arm => 0,
                BodyPart::Shoulder => 1,
                BodyPart::Other => 2,
                BodyPart::Elbow => 3,
                BodyPart::Hand => 4,
            },
            injury_date: number(&self.injury_date)?,
            surgery_date: number(&self.surgery_date)?,
            announced_date: number(&self.announced_date)?,
            retroactive_date: number(&self.retroactive_date)?,
            eligible_date: number(&self.eligible_date)?,
            return_date: number(&self.return_date)?,
            status: self.status.clone(),
        };
        Ok((1, archive(&layout)))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        let v: InjuryV1 = unarchive(body)?;
        Ok(Self {
            pitcher: v.pitcher,
            season: v.season,
            team: v.team,
            position: v.position,
            injury: v.injury,
            part: match v.part {
                0 => BodyPart::Arm,
                1 => BodyPart::Shoulder,
                2 => BodyPart::Other,
                3 => BodyPart::Elbow,
                4 => BodyPart::Hand,
                other => return Err(format!("body part {other} is unknown")),
            },
            injury_date: v.injury_date.map(date_text),
            surgery_date: v.surgery_date.map(date_text),
            announced_date: v.announced_date.map(date_text),
            retroactive_date: v.retroactive_date.map(date_text),
            eligible_date: v.eligible_date.map(date_text),
            return_date: v.return_date.map(date_text),
            status: v.status,
        })
    }
}

impl Record for FeatureSnapshotRecord {
    const TABLE: Table = Table::FeatureSnapshots;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let mut present = vec![0; self.values.len().div_ceil(64)];
        for at in self.values.iter().enumerate().filter_map(|(at, value)| value.map(|_| at)) {
            present[at / 64] |= 1 << (at % 64);
        }
        let count = self.values.len().try_into().map_err(|_| StoreError::Refused {
            table: Self::TABLE.name(),
            why: format!("{} features are more than a snapshot holds", self.values.len()),
        })?;
        let layout = FeatureSnapshotV1 {
            pitcher: self.pitcher,
            date: date_of(Self::TABLE, &self.date)?,
            version: self.version,
            fingerprint: self.fingerprint,
            count,
            present,
            values: self.values.iter().flatten().copied().collect(),
            completeness: self.completeness,
        };
        Ok((1, archive(&layout)))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        let v: FeatureSnapshotV1 = unarchive(body)?;
        let count = usize::from(v.count);
        if v.present.len() != count.div_ceil(64) {
            return Err("the mask of present features does not fit their number".to_owned());
        }
        let mut there = v.values.into_iter();
        let mut values = Vec::with_capacity(count);
        for at in 0..count {
            let present = v.present[at / 64] & (1 << (at % 64)) != 0;
            let value = if present { Some(there.next().ok_or("fewer features than the mask says")?) } else { None };
            values.push(value);
        }
        if there.next().is_some() {
            return Err("more features than the mask says".to_owned());
        }
        Ok(Self {
            pitcher: v.pitcher,
            date: date_text(v.date),
            version: v.version,
            fingerprint: v.fingerprint,
            values,
            completeness: v.completeness,
        })
    }
}
