//! The records of the store: that each is read as what was written, whichever schema it is of, and that no bytes are taken for another.

use proptest::prelude::*;

use super::codec::{self, Record};
use super::error::StoreError;
use super::summary::{OutboxRecord, OutboxSums, RefusedRecord, Summary, SummaryKind};
use super::tests::{all, open, pitch, put};
use super::transaction::Put;
use super::write::Write;
use crate::records::{
    AppearanceRecord, BaselineRecord, BodyPart, CalibrationRecord, FeatureSnapshotRecord, InjuryRecord, Lack, Missed,
    MissedOuting, ModelRecord, Moments, PitchRecord, PitcherRecord, SeasonSums, State, TypeSums,
};

fn appearance() -> AppearanceRecord {
    AppearanceRecord {
        pitcher: 5,
        game_date: "2023-06-11".to_owned(),
        game_pk: 717_797,
        game_type: Some("R".to_owned()),
        pitches: 3,
        first_ns: 10,
        last_ns: 30,
        release_speed: Some(95.25),
        release_spin_rate: None,
        effective_speed: Some(94.5),
        types: vec![TypeSums {
            pitch_type: "FF".to_owned(),
            pitches: 3,
            quantities: [Moments { n: 3, mean: 1.5, m2: 0.25 }; 6],
        }],
        missed: Missed { unseen: vec![(20, 30), (40, 50)], unnamed: 6 },
        lack: Some(Lack { missing: 7, by_pitch: true, measured_here: false }),
    }
}

fn baseline() -> BaselineRecord {
    let sums = SeasonSums {
        pitches: 3,
        outings: 1,
        means: Moments { n: 1, mean: 1.5, m2: 0.0 },
        between_m2: 0.5,
        between_dof: 2,
        within_m2: 0.25,
        within_dof: 2,
    };
    BaselineRecord {
        pitcher: 5,
        season: 2023,
        pitch_type: "FF".to_owned(),
        last_date: "2023-06-11".to_owned(),
        quantities: [sums; 6],
    }
}

fn model() -> ModelRecord {
    ModelRecord { version: "20231001-2023".to_owned(), fingerprint: "ab12".to_owned(), artifact: vec![1, 2, 3] }
}

fn calibration() -> CalibrationRecord {
    CalibrationRecord {
        venue: "busch_iii".to_owned(),
        saved_ns: 1_686_506_400_000_000_000,
        state: b"{\"format\":1}".to_vec(),
    }
}

fn person() -> PitcherRecord {
    PitcherRecord {
        id: 5,
        name: Some("Adam Wainwright".to_owned()),
        team: Some("STL".to_owned()),
        throws: Some("R".to_owned()),
        last_date: Some("2023-06-11".to_owned()),
        birth_date: Some("1981-08-30".to_owned()),
    }
}

fn injury() -> InjuryRecord {
    InjuryRecord {
        pitcher: 5,
        season: 2023,
        team: Some("STL".to_owned()),
        position: Some("SP".to_owned()),
        injury: "Strained lat".to_owned(),
        part: BodyPart::Shoulder,
        injury_date: Some("2023-06-16".to_owned()),
        surgery_date: None,
        announced_date: None,
        retroactive_date: Some("2023-06-17".to_owned()),
        eligible_date: Some("2023-08-16".to_owned()),
        return_date: None,
        status: Some("60-Day IL".to_owned()),
    }
}

fn snapshot(date: &str, version: u16) -> FeatureSnapshotRecord {
    FeatureSnapshotRecord {
        pitcher: 5,
        date: date.to_owned(),
        version,
        fingerprint: [7; 32],
        values: vec![Some(1.5), None, Some(-0.25)],
        completeness: 0.625,
    }
}

/// A record written by an older schema is read as what it said.
fn golden_of_old<R: Record + PartialEq + std::fmt::Debug>(record: &R, golden: &str) {
    let digits: Vec<u8> = golden.bytes().filter(u8::is_ascii_hexdigit).collect();
    let nibble = |digit: u8| char::from(digit).to_digit(16).expect("a hexadecimal digit") as u8;
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect();
    assert_eq!(&codec::unseal::<R>(b"golden", &bytes).expect("it decodes"), record);
}

/// The bytes of the record, as they were when its schema was released and had no checksum; whitespace does not count.
pub(super) fn golden<R: Record + PartialEq + std::fmt::Debug>(record: &R, golden: &str) {
    let bytes = codec::seal(b"golden", record).expect("it encodes");
    assert_eq!(&codec::unseal::<R>(b"golden", &bytes).expect("it decodes"), record);
    let mut plain = bytes.clone();
    plain[2..codec::HEADER].fill(0);
    let without: String = golden.split_whitespace().collect();
    assert_eq!(
        codec::hex(&plain),
        without,
        "the layout of table `{}` has changed: it needs a new schema",
        R::TABLE.name()
    );
    golden_of_old(record, golden);
    assert_eq!(codec::resealed(R::TABLE, b"golden", &plain), Some(bytes.clone()));
    assert_eq!(codec::resealed(R::TABLE, b"golden", &bytes), None, "it has its checksum");
}

#[test]
fn the_bytes_of_pitch_schema_1_hold_still() {
    golden(&pitch(Some(425_794), 1_686_506_400_000_000_000, 9), include_str!("golden/pitch_v1.hex"));
}

#[test]
fn a_pitch_that_no_clock_could_date_is_kept_and_told_without_date_and_time() {
    let (_dir, store) = open();
    let counted = 3_600_000_000_000;
    let undated = PitchRecord { game_date: String::new(), state: State::Final, ..pitch(Some(425_794), counted, 9) };
    put(&store, &undated);
    assert_eq!(all(&store), std::slice::from_ref(&undated));
    assert_eq!(store.final_throw(undated.mound, counted).expect("read"), None, "counts are alike after every boot");
    let told = crate::upstream::SummaryEvent::Pitch(&undated).summary(crate::ids::BoxNs(1)).expect("plain data").body;
    let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    assert!(told["game_date"].is_null() && told["release_ns"].is_null(), "{told}");
    assert!(told.get("release_ns").is_some(), "it is there, and null");
    let read: PitchRecord = serde_json::from_value(told).expect("a pitch");
    assert_eq!(read, PitchRecord { release_ns: 0, ..undated });
}

#[test]
fn retention_removes_with_a_games_appearances_what_is_known_of_the_game() {
    let (_dir, store) = open();
    let of = |game_date: &str, game_pk| AppearanceRecord { game_date: game_date.to_owned(), game_pk, ..appearance() };
    let both = [of("2015-05-03", 7), of("2023-05-03", 8)];
    store.bulk(&both, |txn, appearance| txn.put_appearance(appearance).map(drop)).expect("stored");
    let games = [7, 8].map(super::game_name);
    store.bulk(&games, |txn, game| txn.put_meta(game, b"who threw what").map(drop)).expect("stored");
    let first = jiff::civil::date(2020, 1, 1);
    assert_eq!(store.retain_from(first, false, &mut || true).expect("removed").appearances, 1);
    let known = games.each_ref().map(|game| store.meta(game).expect("read").is_some());
    assert_eq!(known, [false, true]);
}

#[test]
fn appearances_of_schemas_1_to_3_are_read_and_the_bytes_of_schema_4_hold_still() {
    let unlacking = AppearanceRecord { lack: None, ..appearance() };
    golden_of_old(&unlacking, include_str!("golden/appearance_v3.hex"));
    let whole = AppearanceRecord { missed: Missed::default(), ..unlacking };
    golden_of_old(&whole, include_str!("golden/appearance_v2.hex"));
    let old = AppearanceRecord { effective_speed: None, ..whole };
    golden_of_old(&old, include_str!("golden/appearance_v1.hex"));
    golden(&appearance(), include_str!("golden/appearance_v4.hex"));
}

#[test]
fn what_is_missing_of_an_outing_is_kept_beside_its_sums_and_before_there_are_any() {
    let (_dir, store) = open();
    let missed = Missed { unseen: vec![(10, 70_000_000_000)], unnamed: 2 };
    assert_eq!(missed.pitches_at_most(), 9, "seven fit in 70 s");
    let note = |game_pk, missed: &Missed| {
        Write::Missed(Box::new(MissedOuting {
            pitcher: 5,
            game_date: "2023-06-11".to_owned(),
            game_pk,
            thrown_ns: 5,
            missed: missed.clone(),
        }))
    };
    let summed = AppearanceRecord { missed: Missed::default(), ..appearance() };
    store.transact(|txn| txn.put_appearance(&summed).map(drop)).expect("stored");
    for game_pk in [717_797, 8] {
        store.transact(|txn| txn.apply(&note(game_pk, &missed))).expect("stored");
    }
    let known = store.appearances_of(5, "2023-06-11", "2023-06-11").expect("read");
    assert_eq!(known.len(), 2);
    assert!(known.iter().all(|a| a.missed == missed && !a.is_means_only()), "{known:?}");
    let of = |game_pk| known.iter().find(|a| a.game_pk == game_pk).expect("kept");
    assert_eq!(*of(717_797), AppearanceRecord { missed, ..summed }, "its sums stay");
    assert_eq!(of(8).pitches, 0, "nobody has summed it up");
}

#[test]
fn the_bytes_of_baseline_schema_1_hold_still() {
    golden(&baseline(), include_str!("golden/baseline_v1.hex"));
}

#[test]
fn the_bytes_of_model_schema_1_hold_still() {
    golden(&model(), include_str!("golden/model_v1.hex"));
}

#[test]
fn models_are_found_by_version_and_listed_in_its_order() {
    let (_dir, store) = open();
    let versions = ["20231001-2023", "20241001-2024", "20221001-2022"];
    store
        .transact(|txn| {
            let put =
                |version: &&str| txn.put_model(&ModelRecord { version: (*version).to_owned(), ..model() }).map(drop);
            versions.iter().try_for_each(put)
        })
        .expect("stored");
    assert_eq!(store.model("20231001-2023").expect("read").map(|m| m.artifact), Some(vec![1, 2, 3]));
    assert_eq!(store.model("20231001").expect("read"), None);
    let listed: Vec<_> = store.models(2).expect("read").into_iter().map(|m| m.version).collect();
    assert_eq!(listed, ["20231001-2023", "20241001-2024"], "the newest two, oldest first");
    let nameless = ModelRecord { version: String::new(), ..model() };
    assert!(matches!(store.transact(|txn| txn.put_model(&nameless)), Err(StoreError::Refused { .. })));
}

#[test]
fn the_bytes_of_calibration_schema_1_hold_still() {
    golden(&calibration(), include_str!("golden/calibration_v1.hex"));
}

#[test]
fn a_venue_has_one_calibration_the_newest() {
    let (_dir, store) = open();
    assert_eq!(store.calibration("busch_iii").expect("read"), None);
    let newer = CalibrationRecord { saved_ns: 1_686_506_401_000_000_000, ..calibration() };
    let elsewhere = CalibrationRecord { venue: "wrigley".to_owned(), ..calibration() };
    for record in [&calibration(), &newer, &elsewhere] {
        store.transact(|txn| txn.put_calibration(record)).expect("stored");
    }
    assert_eq!(store.calibration("busch_iii").expect("read"), Some(newer));
    assert_eq!(store.calibration("wrigley").expect("read"), Some(elsewhere));
    let unnamed = CalibrationRecord::default();
    assert!(matches!(store.transact(|txn| txn.put_calibration(&unnamed)), Err(StoreError::Refused { .. })));
}

#[test]
fn pitchers_of_schema_1_are_read_and_the_bytes_of_schema_2_hold_still() {
    let old = PitcherRecord { birth_date: None, ..person() };
    golden_of_old(&old, include_str!("golden/pitcher_v1.hex"));
    golden(&person(), include_str!("golden/pitcher_v2.hex"));
}

#[test]
fn the_bytes_of_injury_schema_1_hold_still() {
    golden(&injury(), include_str!("golden/injury_v1.hex"));
}

#[test]
fn the_bytes_of_feature_snapshot_schema_1_hold_still() {
    golden(&snapshot("2023-06-11", 1), include_str!("golden/feature_snapshot_v1.hex"));
}

fn queued() -> OutboxRecord {
    let summary = Summary {
        kind: SummaryKind::Readiness,
        queued_ns: 1_686_506_400_000_000_000,
        pitcher: Some(425_794),
        body: b"{\"readiness\":{\"value\":81.5}}".to_vec(),
    };
    OutboxRecord { epoch: 0x0123_4567_89ab_cdef, summary }
}

#[test]
fn the_bytes_of_outbox_schema_1_hold_still() {
    golden(&queued(), include_str!("golden/outbox_v1.hex"));
}

#[test]
fn the_bytes_of_refused_schema_1_hold_still() {
    let refused = RefusedRecord { record: queued(), refused_ns: 1_686_506_401_000_000_000, why: "400: no".to_owned() };
    golden(&refused, include_str!("golden/outbox_refused_v1.hex"));
}

#[test]
fn the_bytes_of_outbox_sums_schema_1_hold_still() {
    let sums = OutboxSums {
        epoch: 0x0123_4567_89ab_cdef,
        next: 12,
        waiting: [1, 2],
        bytes: 345,
        delivered: 4,
        dropped_age: 5,
        dropped_bytes: 6,
        refused: 7,
        refused_ever: 8,
        dropped_refused: 9,
        dropped_forgotten: 10,
        dropped_corrupt: 11,
    };
    golden(&sums, include_str!("golden/outbox_sums_v1.hex"));
}

#[test]
fn injuries_are_filed_by_placement_and_two_of_one_day_are_both_kept() {
    let (_dir, store) = open();
    let first = InjuryRecord { retroactive_date: None, season: 2022, ..injury() };
    let other = InjuryRecord { injury_date: Some("2023-06-10".to_owned()), ..injury() };
    for record in [&injury(), &other, &first] {
        assert_eq!(store.transact(|txn| txn.put_injury(record)).expect("stored"), Put::New);
    }
    let back = InjuryRecord { return_date: Some("2023-09-05".to_owned()), ..injury() };
    assert_eq!(store.transact(|txn| txn.put_injury(&back)).expect("stored"), Put::Changed);
    assert_eq!(store.injuries_of(5).expect("read"), [first, other, back]);
    assert_eq!(store.injuries_of(4).expect("read"), []);
}

#[test]
fn snapshots_come_in_the_order_of_their_days() {
    let (_dir, store) = open();
    for (date, version) in [("2023-06-12", 1), ("2023-06-11", 2), ("2023-06-11", 1), ("2023-06-14", 1)] {
        store.transact(|txn| txn.put_feature_snapshot(&snapshot(date, version))).expect("stored");
    }
    let of = |from, to| store.feature_snapshots_of(5, from, to).expect("read");
    assert_eq!(
        of("2023-06-11", "2023-06-12"),
        [snapshot("2023-06-11", 1), snapshot("2023-06-11", 2), snapshot("2023-06-12", 1)]
    );
    assert_eq!(of("2023-06-13", "2023-06-12"), []);
}

proptest! {
    #[test]
    fn no_bytes_make_a_read_panic(body in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut value = vec![1, 0];
        value.resize(codec::HEADER, 0);
        value.extend_from_slice(&body);
        drop(codec::unseal::<PitchRecord>(b"k", &value));
        drop(codec::unseal::<AppearanceRecord>(b"k", &value));
        drop(codec::unseal::<BaselineRecord>(b"k", &value));
        drop(codec::unseal::<PitcherRecord>(b"k", &value));
        drop(codec::unseal::<InjuryRecord>(b"k", &value));
        drop(codec::unseal::<FeatureSnapshotRecord>(b"k", &value));
        drop(codec::unseal::<CalibrationRecord>(b"k", &value));
        drop(codec::unseal::<ModelRecord>(b"k", &value));
        drop(codec::unseal::<OutboxRecord>(b"k", &value));
        drop(codec::unseal::<RefusedRecord>(b"k", &value));
        drop(codec::unseal::<OutboxSums>(b"k", &value));
    }

    #[test]
    fn a_flipped_byte_is_an_error_and_never_another_record(at in 0_usize..400, flip in 1_u8..) {
        let mut value = codec::seal(b"k", &pitch(Some(5), 1000, 7)).expect("it encodes");
        let at = at % value.len();
        value[at] ^= flip;
        prop_assert!(codec::unseal::<PitchRecord>(b"k", &value).is_err());
    }
}
