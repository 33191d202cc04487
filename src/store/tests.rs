//! What the store promises, where private parts are needed to break things on purpose.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::codec::{self, Record};
use super::error::StoreError;
use super::handle::Store;
use super::options::StoreOptions;
use super::read::{Cursor, Found, Wanted};
use super::summary::{OutboxRecord, OutboxSums, RefusedRecord, Summary, SummaryKind};
use super::table_key::{self, Table};
use super::transaction::Put;
use super::write::Write;
use crate::records::{
    AppearanceRecord, BaselineRecord, BodyPart, CalibrationRecord, FeatureSnapshotRecord, InjuryRecord, Lack, Measured,
    Missed, MissedOuting, ModelRecord, Moments, Origin, PitchRecord, PitcherRecord, SeasonSums, State, TypeSums,
};

fn small() -> StoreOptions {
    StoreOptions {
        map_bytes: 16 << 20,
        queue: 4,
        group_commit: Duration::from_millis(1),
        backups: None,
        looking: |_| (),
    }
}

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(dir.path(), small()).expect("a new store opens");
    (dir, store)
}

pub(super) fn pitch(pitcher: Option<u32>, release_ns: u64, id: u64) -> PitchRecord {
    PitchRecord {
        pitcher,
        release_ns,
        id,
        game_date: "2023-06-11".to_owned(),
        game_pk: 717_797,
        at_bat_number: Some(3),
        pitch_number: None,
        pitch_type: "FF".to_owned(),
        mound: 0,
        origin: Origin::Live,
        state: State::Provisional,
        revision: 2,
        values: Measured { release_speed: Some(95.25), az: Some(-16.5), ..Measured::default() },
        sd: Some(Measured { release_speed: Some(0.03), ..Measured::default() }),
        cameras: 5,
        residual_px: Some(0.5),
        late_data_frac: 0.0625,
        calibration_confidence: None,
        release_marked: true,
        flags: vec!["short_track".to_owned()],
    }
}

fn put(store: &Store, pitch: &PitchRecord) -> Put {
    store.transact(|txn| txn.put_pitch(pitch)).expect("the pitch is stored")
}

fn all(store: &Store) -> Vec<PitchRecord> {
    store.pitches_since(Cursor::default(), usize::MAX, None).expect("pitches are read")
}

#[test]
fn a_revision_replaces_the_pitch_also_where_its_release_moved_or_its_pitcher_became_known() {
    let (_dir, store) = open();
    assert_eq!(put(&store, &pitch(None, 1000, 7)), Put::New);
    assert_eq!(put(&store, &pitch(None, 1010, 7)), Put::Changed);
    assert_eq!(put(&store, &pitch(Some(5), 1005, 7)), Put::Changed);
    assert_eq!(put(&store, &pitch(Some(5), 1005, 7)), Put::Unchanged);
    assert_eq!(all(&store), [pitch(Some(5), 1005, 7)]);
    assert_eq!(store.pitches_of(0, 0, u64::MAX, 9).expect("read"), []);
    assert_eq!(store.pitches_of(5, 1005, 1006, 9).expect("read").len(), 1);
    assert_eq!(store.pitch(7).expect("read"), Some(pitch(Some(5), 1005, 7)));
}

#[test]
fn two_pitches_of_one_nanosecond_are_both_kept() {
    let (_dir, store) = open();
    put(&store, &pitch(None, 1000, 1));
    put(&store, &pitch(None, 1000, 2));
    assert_eq!(put(&store, &pitch(None, 1000, 2)), Put::Unchanged);
    let kept: Vec<_> = all(&store).iter().map(|p| (p.release_ns, p.id)).collect();
    assert_eq!(kept, [(1000, 1), (1001, 2)]);
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    let (_dir, store) = open();
    for i in 0..10_u64 {
        let mut pitch = pitch(Some(1 + (i % 3) as u32), 100 + i / 2, i);
        pitch.game_pk = 1 + (i % 2) as u32;
        put(&store, &pitch);
    }
    let mut seen = Vec::new();
    let mut cursor = Cursor::default();
    loop {
        let page = store.pitches_since(cursor, 3, None).expect("read");
        let Some(last) = page.last() else { break };
        cursor = Cursor::after(last);
        seen.extend(page.iter().map(|p| p.id));
    }
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
    let of_game: Vec<_> = store.latest_pitches(Cursor::END, 2, Some(1)).expect("read").iter().map(|p| p.id).collect();
    assert_eq!(of_game, [6, 8]);
    let of_pitcher = Wanted { pitcher: Some(1), game_pk: None, limit: 2, visits: usize::MAX };
    let ids = |found: Found| found.pitches.iter().map(|p| p.id).collect::<Vec<_>>();
    assert_eq!(ids(store.pitches_before(Cursor::END, of_pitcher).expect("read")), [6, 9]);
    assert_eq!(ids(store.pitches_before(Cursor { release_ns: 104, id: 9 }, of_pitcher).expect("read")), [3, 6]);
    assert_eq!(ids(store.pitches_after(Cursor::default(), of_pitcher).expect("read")), [0, 3]);
    assert_eq!(ids(store.pitches_after(Cursor { release_ns: 101, id: 3 }, of_pitcher).expect("read")), [6, 9]);
}

#[test]
fn open_outings_are_the_recent_live_pitches_by_pitcher() {
    let (_dir, store) = open();
    put(&store, &pitch(Some(5), 99, 1));
    put(&store, &pitch(Some(5), 100, 2));
    put(&store, &pitch(Some(6), 120, 3));
    put(&store, &pitch(None, 130, 4));
    put(&store, &PitchRecord { origin: Origin::Savant, ..pitch(Some(5), 140, 5) });
    let outings = store.open_outings(100).expect("read");
    let ids: Vec<_> = outings.iter().map(|(who, p)| (*who, p.iter().map(|p| p.id).collect::<Vec<_>>())).collect();
    assert_eq!(ids, [(5, vec![2]), (6, vec![3])]);
}

#[test]
fn a_corrupt_record_is_an_error_that_names_table_and_key_and_is_counted() {
    let (_dir, store) = open();
    put(&store, &pitch(Some(5), 1000, 7));
    let key = table_key::pitch(5, 1000);
    let good = codec::seal(&key, &pitch(Some(5), 1000, 7)).expect("it encodes");
    let mut newer = good.clone();
    newer[0] = 9;
    let mut encrypted = good.clone();
    encrypted[4] = 1;
    for bad in [&good[..good.len() - 8], &good[..10], &[], &newer, &encrypted, &[0xff; 200]] {
        let mut txn = store.env.write_txn().expect("a transaction");
        store.table(Table::Pitches).put(&mut txn, &key, bad).expect("put");
        txn.commit().expect("commit");
        let before = store.corrupt_records();
        let error = store.pitch(7).expect_err("it is corrupt");
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("`pitches`") && said.contains("0000000500000000000003e8"), "{said}");
        assert_eq!(store.corrupt_records(), before + 1);
        assert!(store.pitches_since(Cursor::default(), 9, None).is_err());
    }
}

#[test]
fn every_flipped_bit_and_a_record_in_anothers_place_are_refused() {
    let record = pitch(Some(5), 1000, 7);
    let value = codec::seal(b"k", &record).expect("it encodes");
    for bit in 0..value.len() * 8 {
        let mut flipped = value.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = codec::unseal::<PitchRecord>(b"k", &flipped).expect_err("a bit is another");
        assert!(matches!(error, StoreError::Corrupt { table: "pitches", .. }), "bit {bit}: {error}");
    }
    assert!(codec::unseal::<PitchRecord>(b"l", &value).is_err(), "of another key");
    let raw = codec::seal_raw(Table::Meta, b"k", &[1]);
    assert!(codec::raw(Table::Checkpoints, b"k", &raw).is_err(), "of another table");
    assert_eq!(codec::raw(Table::Meta, b"k", &raw).expect("it is whole"), [1]);
}

/// The checksum's place and kind, which no later version may read otherwise.
#[test]
fn the_bytes_of_the_envelope_hold_still() {
    let value = codec::seal_raw(Table::Meta, b"key", b"value");
    assert_eq!(codec::hex(&value), "01000100000000003386b9d9d7b685520000000000000000000000000000000076616c7565");
}

#[test]
fn an_index_that_leads_to_another_pitch_is_corrupt() {
    let (_dir, store) = open();
    put(&store, &pitch(Some(5), 1000, 16));
    put(&store, &pitch(Some(5), 2000, 32));
    let mut txn = store.env.write_txn().expect("a transaction");
    let other = table_key::pitch(5, 2000);
    store.table(Table::PitchIds).put(&mut txn, &table_key::pitch_id(16), &other).expect("put");
    store.table(Table::PitchTimes).put(&mut txn, &table_key::pitch_time(2000, 48), &5_u32.to_be_bytes()).expect("put");
    txn.commit().expect("commit");
    assert!(matches!(store.pitch(16), Err(StoreError::Corrupt { table: "pitch_ids", .. })));
    assert!(store.transact(|txn| txn.put_pitch(&pitch(Some(5), 1000, 16))).is_err(), "nor is anything put by it");
    let scan = store.pitches_since(Cursor { release_ns: 2000, id: 40 }, 9, None);
    assert!(matches!(scan, Err(StoreError::Corrupt { table: "pitch_times", .. })), "{scan:?}");
    assert_eq!(store.corrupt_records(), 3);
}

#[test]
fn a_final_pitch_is_replaced_by_what_was_measured_again_only_and_what_tries_is_counted() {
    let (_dir, store) = open();
    let last = PitchRecord { state: State::Final, ..pitch(Some(5), 1000, 16) };
    assert_eq!(put(&store, &pitch(Some(5), 1010, 16)), Put::New);
    assert_eq!(put(&store, &last), Put::Changed);
    let fewer = PitchRecord { cameras: 3, ..last.clone() };
    let flagged =
        |pitch: &PitchRecord| PitchRecord { flags: vec![crate::records::REPROCESSED.to_owned()], ..pitch.clone() };
    for other in [
        fewer.clone(),
        PitchRecord { revision: 3, ..fewer.clone() },
        flagged(&fewer),
        PitchRecord { state: State::Provisional, revision: 3, ..flagged(&fewer) },
        PitchRecord { release_ns: 1001, ..last.clone() },
        PitchRecord { pitcher: None, ..last.clone() },
    ] {
        let before = store.refused_finals();
        assert_eq!(put(&store, &other), Put::Refused, "{other:?}");
        assert_eq!(store.refused_finals(), before + 1);
        assert_eq!(all(&store), std::slice::from_ref(&last));
    }
    // A batch with one goes on, but what is told of it.
    let told = Summary { kind: SummaryKind::Pitch, queued_ns: 1, pitcher: Some(5), body: vec![b'x'] };
    let batch = [
        Write::Pitch(Box::new(fewer)),
        Write::Summary(Box::new(told.clone())),
        Write::Pitch(Box::new(pitch(Some(6), 3000, 48))),
        Write::Summary(Box::new(told)),
    ];
    store.transact(|txn| batch.iter().try_for_each(|write| txn.apply(write))).expect("stored");
    assert_eq!(store.outbox_sums().expect("read").next, 1);
    assert_eq!(all(&store).len(), 2);
    assert_eq!(put(&store, &last), Put::Unchanged);
    let later = PitchRecord { late_data_frac: 0.5, ..last.clone() };
    assert_eq!(put(&store, &later), Put::Changed, "late frames are counted on");
    let trusted = PitchRecord { calibration_confidence: Some(0.9), ..later.clone() };
    assert_eq!(put(&store, &trusted), Put::Changed, "how far its cameras are trusted becomes known later");
    for other in [Some(0.5), None] {
        let other = PitchRecord { calibration_confidence: other, ..trusted.clone() };
        assert_eq!(put(&store, &other), Put::Refused, "and is no other afterwards");
    }
    let again = PitchRecord { revision: 3, ..flagged(&later) };
    assert_eq!(put(&store, &again), Put::Changed);
    assert_eq!(store.pitch(16).expect("read"), Some(again));
    let imported = PitchRecord { origin: Origin::Savant, ..pitch(Some(7), 5000, 64) };
    let imported = PitchRecord { state: State::Final, ..imported };
    assert_eq!(put(&store, &imported), Put::New);
    let corrected = PitchRecord { pitch_type: "SL".to_owned(), ..imported };
    assert_eq!(put(&store, &corrected), Put::Changed, "who imports again may correct");
}

#[test]
fn a_store_of_a_newer_layout_is_refused_and_left_alone() {
    let (dir, store) = open();
    let mut txn = store.env.write_txn().expect("a transaction");
    store.table(Table::Meta).put(&mut txn, b"schema", &super::layout::value(super::scheme::SCHEMA + 1)).expect("put");
    txn.commit().expect("commit");
    drop(store);
    let error = Store::open(dir.path(), small()).expect_err("it is newer");
    assert!(matches!(error, StoreError::Newer { found, .. } if found == super::scheme::SCHEMA + 1), "{error}");
}

#[test]
fn a_second_opening_is_refused_with_the_holders_pid() {
    let (dir, store) = open();
    let error = Store::open(dir.path(), small()).expect_err("it is held");
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    drop(store);
    Store::open(dir.path(), small()).expect("it is free again");
}

#[test]
fn a_batch_is_all_or_nothing_and_a_bad_one_spoils_no_other() {
    let (_dir, store) = open();
    let store = Arc::new(store);
    let (writer, thread) = Arc::clone(&store).writer(|_| {}).expect("a thread");
    let bad = PitchRecord { game_date: "yesterday".to_owned(), ..pitch(Some(5), 3, 3) };
    writer.submit(vec![Write::Pitch(Box::new(pitch(Some(5), 1, 1)))]).expect("queued");
    writer.submit(vec![Write::Pitch(Box::new(pitch(Some(5), 2, 2))), Write::Pitch(Box::new(bad))]).expect("queued");
    let checkpoint = Write::Checkpoint { name: "reorder".to_owned(), bytes: vec![1, 2, 3] };
    let last = writer.submit(vec![Write::Pitch(Box::new(pitch(Some(5), 4, 4))), checkpoint]).expect("queued");
    assert!(writer.wait(last, Duration::from_secs(30)));
    assert_eq!(all(&store).iter().map(|p| p.id).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(store.checkpoint("reorder").expect("read"), Some(vec![1, 2, 3]));
    let counts = writer.counts();
    assert_eq!((counts.submitted, counts.settled, counts.refused, counts.lost), (3, 3, 1, 0));
    drop(writer);
    thread.join().expect("the writer ends well");
}

#[test]
fn a_full_queue_makes_the_submitter_wait_and_loses_nothing() {
    let (_dir, store) = open();
    let store = Arc::new(store);
    let (writer, thread) = Arc::clone(&store).writer(|_| {}).expect("a thread");
    for id in 1..=200 {
        writer.submit(vec![Write::Pitch(Box::new(pitch(Some(5), id, id)))]).expect("queued");
    }
    drop(writer);
    thread.join().expect("the writer ends well");
    assert_eq!(store.counts().expect("count").pitches, 200);
}

#[test]
fn a_full_map_is_said_and_tried_again_until_nobody_is_left_to_wait() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let options = StoreOptions { map_bytes: 256 << 10, ..small() };
    let store = Arc::new(Store::open(dir.path(), options).expect("it opens"));
    let (writer, thread) = Arc::clone(&store).writer(|_| {}).expect("a thread");
    let big = Write::Meta { key: "big".to_owned(), bytes: vec![7; 300 << 10] };
    writer.submit(vec![big]).expect("queued");
    while writer.trouble().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(writer.counts().retries > 0);
    assert_eq!(writer.committed(), 0);
    drop(writer);
    thread.join().expect("the writer ends well");
    assert_eq!(store.meta("big").expect("read"), None);
}

#[test]
fn a_submitter_who_waits_on_a_full_store_is_let_go_at_the_end_and_what_is_lost_is_counted() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let options = StoreOptions { map_bytes: 256 << 10, ..small() };
    let store = Arc::new(Store::open(dir.path(), options).expect("it opens"));
    let (writer, thread) = Arc::clone(&store).writer(|_| {}).expect("a thread");
    let big = || vec![Write::Meta { key: "big".to_owned(), bytes: vec![7; 300 << 10] }];
    let merge = {
        let writer = writer.clone();
        std::thread::spawn(move || (0..400).map(|_| u64::from(writer.submit(big()).is_err())).sum::<u64>())
    };
    while writer.trouble().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    writer.stop();
    let refused = merge.join().expect("it is let go");
    assert!(writer.wait(400 - refused, Duration::from_secs(30)), "what was queued is settled");
    assert_eq!(writer.counts().lost, 400);
    drop(writer);
    thread.join().expect("the writer ends well");
}

#[test]
fn a_writer_that_ended_by_itself_stays_in_trouble() {
    let (_dir, store) = open();
    let (writer, thread) = Arc::new(store).writer(|_| panic!("a fault behind the commit")).expect("a thread");
    writer.submit(vec![Write::Pitch(Box::new(pitch(Some(5), 1, 1)))]).expect("queued");
    thread.join().expect_err("it panicked");
    assert_eq!(writer.trouble().map(|t| t.why), Some(StoreError::WriterStopped.to_string()));
    assert!(matches!(writer.submit(Vec::new()), Err(StoreError::WriterStopped)));
}

#[test]
fn bulk_commits_in_parts_and_keeps_the_parts_before_an_error() {
    let (_dir, store) = open();
    let result = store.bulk(1..=20_u64, |txn, id| {
        std::thread::sleep(Duration::from_millis(1));
        if id == 20 {
            return Err(StoreError::WriterStopped);
        }
        txn.put_pitch(&pitch(Some(5), id, id)).map(drop)
    });
    assert!(result.is_err());
    let kept = store.counts().expect("count").pitches;
    assert!((5..20).contains(&kept), "{kept}");
}

#[test]
fn the_map_fills_as_pitches_come() {
    let (_dir, store) = open();
    let before = store.map_used().expect("stat");
    store.bulk(1..=5000_u64, |txn, id| txn.put_pitch(&pitch(Some(5), id, id)).map(drop)).expect("stored");
    let after = store.map_used().expect("stat");
    assert!(before < 0.01 && after > 0.05 && after < 0.5, "{before} {after}");
}

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
