//! What the store promises, where private parts are needed to break things on purpose.

use std::sync::Arc;
use std::time::Duration;

use super::codec;
use super::error::StoreError;
use super::handle::Store;
use super::options::StoreOptions;
use super::read::{Cursor, Found, Wanted};
use super::summary::{Summary, SummaryKind};
use super::table_key::{self, Table};
use super::transaction::Put;
use super::write::Write;
use crate::records::{Measured, Origin, PitchRecord, State};

fn small() -> StoreOptions {
    StoreOptions {
        map_bytes: 16 << 20,
        queue: 4,
        group_commit: Duration::from_millis(1),
        backups: None,
        looking: |_| (),
    }
}

pub(super) fn open() -> (tempfile::TempDir, Store) {
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

pub(super) fn put(store: &Store, pitch: &PitchRecord) -> Put {
    store.transact(|txn| txn.put_pitch(pitch)).expect("the pitch is stored")
}

pub(super) fn all(store: &Store) -> Vec<PitchRecord> {
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
