//! The frozen layouts of stored records, one type per schema, apart from the public records.
//!
//! A layout never changes once released: a change is a new type with the next number, and `decode` keeps reading the
//! old ones. The golden bytes in the tests hold every layout still. Absent measurements cost one bit, not sixteen bytes.

mod access;
mod daily;
mod outbox;

use rkyv::rancor::{Error, Fallible};
use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

use super::codec::{Record, unknown_schema};
use super::error::StoreError;
use super::table_key::{Table, date_of, date_text, type_of, type_text};
use crate::records::{
    AppearanceRecord, BaselineRecord, CalibrationRecord, Lack, Measured, Missed, ModelRecord, Moments, Origin,
    PitchRecord, PitcherRecord, SeasonSums, State, TypeSums,
};

/// Statcast's quantities that are there: bit i of `present` for the i-th of [`fields`], values in that order.
#[derive(Archive, Serialize, Deserialize)]
struct MeasuredV1 {
    present: u32,
    values: Vec<f64>,
}

#[derive(Archive, Serialize, Deserialize)]
struct PitchV1 {
    pitcher: u32,
    release_ns: u64,
    id: u64,
    game_date: u32,
    game_pk: u32,
    at_bat_number: Option<u16>,
    pitch_number: Option<u16>,
    pitch_type: [u8; 4],
    mound: u8,
    origin: u8,
    state: u8,
    revision: u32,
    values: MeasuredV1,
    sd: Option<MeasuredV1>,
    cameras: u8,
    residual_px: Option<f64>,
    late_data_frac: f64,
    calibration_confidence: Option<f64>,
    release_marked: bool,
    flags: Vec<String>,
}

#[derive(Archive, Serialize, Deserialize)]
struct MomentsV1 {
    n: u32,
    mean: f64,
    m2: f64,
}

#[derive(Archive, Serialize, Deserialize)]
struct TypeSumsV1 {
    pitch_type: [u8; 4],
    pitches: u32,
    quantities: [MomentsV1; 6],
}

#[derive(Archive, Serialize, Deserialize)]
struct AppearanceV1 {
    pitcher: u32,
    game_date: u32,
    game_pk: u32,
    game_type: Option<String>,
    pitches: u32,
    first_ns: u64,
    last_ns: u64,
    release_speed: Option<f64>,
    release_spin_rate: Option<f64>,
    types: Vec<TypeSumsV1>,
}

/// [`AppearanceV1`] with `effective_speed`.
#[derive(Archive, Serialize, Deserialize)]
struct AppearanceV2 {
    v1: AppearanceV1,
    effective_speed: Option<f64>,
}

/// [`AppearanceV2`] with what is known to be missing.
#[derive(Archive, Serialize, Deserialize)]
struct AppearanceV3 {
    v2: AppearanceV2,
    unseen: Vec<(u64, u64)>,
    unnamed: u32,
}

/// What is missing by the numbers: pitches, whether within at-bats, whether of what was measured here.
#[derive(Archive, Serialize, Deserialize)]
struct LackV1 {
    missing: u32,
    by_pitch: bool,
    measured_here: bool,
}

/// [`AppearanceV3`] with what is missing by the numbers.
#[derive(Archive, Serialize, Deserialize)]
struct AppearanceV4 {
    v3: AppearanceV3,
    lack: Option<LackV1>,
}

#[derive(Archive, Serialize, Deserialize)]
struct SeasonSumsV1 {
    pitches: u32,
    outings: u32,
    means: MomentsV1,
    between_m2: f64,
    between_dof: u32,
    within_m2: f64,
    within_dof: u32,
}

#[derive(Archive, Serialize, Deserialize)]
struct BaselineV1 {
    pitcher: u32,
    season: u16,
    pitch_type: [u8; 4],
    last_date: u32,
    quantities: [SeasonSumsV1; 6],
}

#[derive(Archive, Serialize, Deserialize)]
struct ModelV1 {
    version: String,
    fingerprint: String,
    artifact: Vec<u8>,
}

#[derive(Archive, Serialize, Deserialize)]
struct CalibrationV1 {
    venue: String,
    saved_ns: u64,
    state: Vec<u8>,
}

#[derive(Archive, Serialize, Deserialize)]
struct PitcherV1 {
    id: u32,
    name: Option<String>,
    team: Option<String>,
    throws: Option<String>,
    last_date: Option<u32>,
}

/// [`PitcherV1`] with `birth_date`.
#[derive(Archive, Serialize, Deserialize)]
struct PitcherV2 {
    v1: PitcherV1,
    birth_date: Option<u32>,
}

/// Every quantity in the order that `MeasuredV1` freezes.
fn fields(m: &mut Measured) -> [&mut Option<f64>; 20] {
    [
        &mut m.release_speed,
        &mut m.release_pos_x,
        &mut m.release_pos_y,
        &mut m.release_pos_z,
        &mut m.release_extension,
        &mut m.plate_x,
        &mut m.plate_z,
        &mut m.pfx_x,
        &mut m.pfx_z,
        &mut m.vertical_approach_angle,
        &mut m.horizontal_approach_angle,
        &mut m.effective_speed,
        &mut m.release_spin_rate,
        &mut m.spin_axis,
        &mut m.vx0,
        &mut m.vy0,
        &mut m.vz0,
        &mut m.ax,
        &mut m.ay,
        &mut m.az,
    ]
}

impl MeasuredV1 {
    fn of(mut measured: Measured) -> Self {
        let mut present = 0;
        let mut values = Vec::with_capacity(20);
        for (bit, field) in fields(&mut measured).into_iter().enumerate() {
            if let Some(value) = *field {
                present |= 1 << bit;
                values.push(value);
            }
        }
        Self { present, values }
    }

    fn measured(&self) -> Result<Measured, String> {
        let mut out = Measured::default();
        let mut values = self.values.iter();
        for (bit, field) in fields(&mut out).into_iter().enumerate() {
            if self.present & (1 << bit) != 0 {
                *field = Some(*values.next().ok_or("fewer values than the mask of present ones says")?);
            }
        }
        if values.next().is_some() {
            return Err("more values than the mask of present ones says".to_owned());
        }
        Ok(out)
    }
}

/// Archives a layout.
fn archive<T>(layout: &T) -> AlignedVec<16>
where
    T: for<'a> Serialize<rkyv::api::high::HighSerializer<AlignedVec<16>, rkyv::ser::allocator::ArenaHandle<'a>, Error>>,
{
    rkyv::to_bytes::<Error>(layout).expect("archiving into memory fails only without memory")
}

/// Validates and reads a layout.
fn unarchive<T>(body: &AlignedVec<16>) -> Result<T, String>
where
    T: Archive,
    T::Archived: for<'a> rkyv::bytecheck::CheckBytes<rkyv::api::high::HighValidator<'a, Error>>
        + Deserialize<T, rkyv::api::high::HighDeserializer<Error>>,
    rkyv::api::high::HighDeserializer<Error>: Fallible,
{
    rkyv::from_bytes::<T, Error>(body).map_err(|e| e.to_string())
}

fn only_v1(schema: u16) -> Result<(), String> {
    if schema == 1 { Ok(()) } else { Err(unknown_schema(schema)) }
}

/// The date of a pitch of which nobody knows it.
const UNKNOWN_DATE: u32 = 0;

impl Record for PitchRecord {
    const TABLE: Table = Table::Pitches;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let layout = PitchV1 {
            pitcher: self.pitcher.unwrap_or(0),
            release_ns: self.release_ns,
            id: self.id,
            game_date: if self.is_dated() { date_of(Self::TABLE, &self.game_date)? } else { UNKNOWN_DATE },
            game_pk: self.game_pk,
            at_bat_number: self.at_bat_number,
            pitch_number: self.pitch_number,
            pitch_type: type_of(Self::TABLE, &self.pitch_type)?,
            mound: self.mound,
            origin: match self.origin {
                Origin::Live => 0,
                Origin::Savant => 1,
            },
            state: match self.state {
                State::Provisional => 0,
                State::Final => 1,
                State::Held => 2,
            },
            revision: self.revision,
            values: MeasuredV1::of(self.values),
            sd: self.sd.map(MeasuredV1::of),
            cameras: self.cameras,
            residual_px: self.residual_px,
            late_data_frac: self.late_data_frac,
            calibration_confidence: self.calibration_confidence,
            release_marked: self.release_marked,
            flags: self.flags.clone(),
        };
        Ok((1, archive(&layout)))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        let v: PitchV1 = unarchive(body)?;
        Ok(Self {
            pitcher: (v.pitcher != 0).then_some(v.pitcher),
            release_ns: v.release_ns,
            id: v.id,
            game_date: if v.game_date == UNKNOWN_DATE { String::new() } else { date_text(v.game_date) },
            game_pk: v.game_pk,
            at_bat_number: v.at_bat_number,
            pitch_number: v.pitch_number,
            pitch_type: type_text(v.pitch_type),
            mound: v.mound,
            origin: match v.origin {
                0 => Origin::Live,
                1 => Origin::Savant,
                other => return Err(format!("origin {other} is unknown")),
            },
            state: match v.state {
                0 => State::Provisional,
                1 => State::Final,
                2 => State::Held,
                other => return Err(format!("state {other} is unknown")),
            },
            revision: v.revision,
            values: v.values.measured()?,
            sd: v.sd.map(|sd| sd.measured()).transpose()?,
            cameras: v.cameras,
            residual_px: v.residual_px,
            late_data_frac: v.late_data_frac,
            calibration_confidence: v.calibration_confidence,
            release_marked: v.release_marked,
            flags: v.flags,
        })
    }
}

impl From<Moments> for MomentsV1 {
    fn from(m: Moments) -> Self {
        Self { n: m.n, mean: m.mean, m2: m.m2 }
    }
}

impl From<MomentsV1> for Moments {
    fn from(m: MomentsV1) -> Self {
        Self { n: m.n, mean: m.mean, m2: m.m2 }
    }
}

impl Record for AppearanceRecord {
    const TABLE: Table = Table::Appearances;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let types = self.types.iter().map(|t| {
            Ok(TypeSumsV1 {
                pitch_type: type_of(Self::TABLE, &t.pitch_type)?,
                pitches: t.pitches,
                quantities: t.quantities.map(Into::into),
            })
        });
        let v1 = AppearanceV1 {
            pitcher: self.pitcher,
            game_date: date_of(Self::TABLE, &self.game_date)?,
            game_pk: self.game_pk,
            game_type: self.game_type.clone(),
            pitches: self.pitches,
            first_ns: self.first_ns,
            last_ns: self.last_ns,
            release_speed: self.release_speed,
            release_spin_rate: self.release_spin_rate,
            types: types.collect::<Result<_, StoreError>>()?,
        };
        let v2 = AppearanceV2 { v1, effective_speed: self.effective_speed };
        let Missed { unseen, unnamed } = self.missed.clone();
        let v3 = AppearanceV3 { v2, unseen, unnamed };
        let lack =
            self.lack.map(|Lack { missing, by_pitch, measured_here }| LackV1 { missing, by_pitch, measured_here });
        Ok((4, archive(&AppearanceV4 { v3, lack })))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        let seen = |v2| AppearanceV3 { v2, unseen: Vec::new(), unnamed: 0 };
        let whole = |v3| AppearanceV4 { v3, lack: None };
        let AppearanceV4 { v3, lack } = match schema {
            1 => whole(seen(AppearanceV2 { v1: unarchive(body)?, effective_speed: None })),
            2 => whole(seen(unarchive(body)?)),
            3 => whole(unarchive(body)?),
            4 => unarchive(body)?,
            other => return Err(unknown_schema(other)),
        };
        let AppearanceV3 { v2: AppearanceV2 { v1: v, effective_speed }, unseen, unnamed } = v3;
        let types = v.types.into_iter().map(|t| TypeSums {
            pitch_type: type_text(t.pitch_type),
            pitches: t.pitches,
            quantities: t.quantities.map(Into::into),
        });
        Ok(Self {
            pitcher: v.pitcher,
            game_date: date_text(v.game_date),
            game_pk: v.game_pk,
            game_type: v.game_type,
            pitches: v.pitches,
            first_ns: v.first_ns,
            last_ns: v.last_ns,
            release_speed: v.release_speed,
            release_spin_rate: v.release_spin_rate,
            effective_speed,
            types: types.collect(),
            missed: Missed { unseen, unnamed },
            lack: lack.map(|LackV1 { missing, by_pitch, measured_here }| Lack { missing, by_pitch, measured_here }),
        })
    }
}

impl Record for BaselineRecord {
    const TABLE: Table = Table::Baselines;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let layout = BaselineV1 {
            pitcher: self.pitcher,
            season: self.season,
            pitch_type: type_of(Self::TABLE, &self.pitch_type)?,
            last_date: date_of(Self::TABLE, &self.last_date)?,
            quantities: self.quantities.map(|q| SeasonSumsV1 {
                pitches: q.pitches,
                outings: q.outings,
                means: q.means.into(),
                between_m2: q.between_m2,
                between_dof: q.between_dof,
                within_m2: q.within_m2,
                within_dof: q.within_dof,
            }),
        };
        Ok((1, archive(&layout)))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        let v: BaselineV1 = unarchive(body)?;
        Ok(Self {
            pitcher: v.pitcher,
            season: v.season,
            pitch_type: type_text(v.pitch_type),
            last_date: date_text(v.last_date),
            quantities: v.quantities.map(|q| SeasonSums {
                pitches: q.pitches,
                outings: q.outings,
                means: q.means.into(),
                between_m2: q.between_m2,
                between_dof: q.between_dof,
                within_m2: q.within_m2,
                within_dof: q.within_dof,
            }),
        })
    }
}

impl Record for CalibrationRecord {
    const TABLE: Table = Table::Calibration;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let Self { venue, saved_ns, state } = self.clone();
        Ok((1, archive(&CalibrationV1 { venue, saved_ns, state })))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        let CalibrationV1 { venue, saved_ns, state } = unarchive(body)?;
        Ok(Self { venue, saved_ns, state })
    }
}

/// A date that may be absent, as its number.
fn number_of(table: Table, date: Option<&str>) -> Result<Option<u32>, StoreError> {
    date.map(|date| date_of(table, date)).transpose()
}

impl Record for PitcherRecord {
    const TABLE: Table = Table::Pitchers;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let v1 = PitcherV1 {
            id: self.id,
            name: self.name.clone(),
            team: self.team.clone(),
            throws: self.throws.clone(),
            last_date: number_of(Self::TABLE, self.last_date.as_deref())?,
        };
        let birth_date = number_of(Self::TABLE, self.birth_date.as_deref())?;
        Ok((2, archive(&PitcherV2 { v1, birth_date })))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        let PitcherV2 { v1: v, birth_date } = match schema {
            1 => PitcherV2 { v1: unarchive(body)?, birth_date: None },
            2 => unarchive(body)?,
            other => return Err(unknown_schema(other)),
        };
        Ok(Self {
            id: v.id,
            name: v.name,
            team: v.team,
            throws: v.throws,
            last_date: v.last_date.map(date_text),
            birth_date: birth_date.map(date_text),
        })
    }
}

impl Record for ModelRecord {
    const TABLE: Table = Table::ModelRegistry;

    fn encode(&self) -> Result<(u16, AlignedVec<16>), StoreError> {
        let layout = ModelV1 {
            version: self.version.clone(),
            fingerprint: self.fingerprint.clone(),
            artifact: self.artifact.clone(),
        };
        Ok((1, archive(&layout)))
    }

    fn decode(schema: u16, body: &AlignedVec<16>) -> Result<Self, String> {
        only_v1(schema)?;
        let v: ModelV1 = unarchive(body)?;
        Ok(Self { version: v.version, fingerprint: v.fingerprint, artifact: v.artifact })
    }
}
