//! What the outbox promises.

use super::*;
use crate::store::StoreOptions;
use crate::store::summary::SummaryKind;

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(dir.path(), StoreOptions::default()).expect("a new store opens");
    (dir, store)
}

fn summary(queued_ns: u64) -> Summary {
    Summary { kind: SummaryKind::Pitch, queued_ns, pitcher: Some(queued_ns as u32 % 2), body: vec![b'x'; 10] }
}

fn queue(store: &Store, moments: impl IntoIterator<Item = u64>) {
    let all = |txn: &mut Transaction<'_>| moments.into_iter().try_for_each(|ns| txn.queue(&summary(ns)).map(drop));
    store.transact(all).expect("queued");
}

fn front(store: &Store, lane: Lane) -> Vec<u64> {
    let front = store.outbox_front(lane, 99).expect("read");
    assert!(front.queued.iter().all(|queued| queued.lane == lane));
    front.queued.iter().map(|queued| queued.sequence).collect()
}

#[test]
fn a_summary_is_kept_until_it_is_acknowledged_and_the_sums_follow() {
    let (_dir, store) = open();
    queue(&store, [1, 2, 3]);
    assert_eq!(front(&store, Lane::Live), [0, 1, 2]);
    store.transact(|txn| txn.acknowledged(&[(Lane::Live, 0), (Lane::Live, 2), (Lane::Live, 7)])).expect("done");
    assert_eq!(front(&store, Lane::Live), [1]);
    let sums = store.outbox_sums().expect("read");
    assert_eq!((sums.next, sums.waiting, sums.bytes, sums.delivered), (3, [1, 0], 10, 2));
}

#[test]
fn what_is_stale_and_was_never_sent_falls_behind_in_its_order() {
    let (_dir, store) = open();
    queue(&store, [1, 2, 3, 4, 5]);
    let moved = store.transact(|txn| txn.fall_behind(Some(0), 4)).expect("moved");
    assert_eq!((moved, front(&store, Lane::Live), front(&store, Lane::Backlog)), (2, vec![0, 3, 4], vec![1, 2]));
    assert_eq!(store.transact(|txn| txn.fall_behind(Some(0), 4)).expect("moved"), 0);
    assert_eq!(store.transact(|txn| txn.fall_behind(None, 9)).expect("moved"), 3);
    let sums = store.outbox_sums().expect("read");
    assert_eq!((sums.waiting, sums.bytes), ([0, 5], 50));
    assert_eq!(front(&store, Lane::Backlog), [0, 1, 2, 3, 4]);
}

#[test]
fn bounds_take_the_oldest_of_the_backlog_first_and_count_by_name() {
    let (_dir, store) = open();
    queue(&store, [10, 20, 30, 40]);
    store.transact(|txn| txn.fall_behind(None, 25)).expect("moved");
    let enforce =
        |before_ns, bytes_max| store.transact(|txn| txn.enforce(Bounds { before_ns, bytes_max })).expect("enforced");
    assert_eq!(enforce(0, 40), 0);
    assert_eq!(enforce(15, 40), 1, "one is too old");
    assert_eq!(enforce(15, 15), 2, "and two are too many");
    let sums = store.outbox_sums().expect("read");
    assert_eq!((sums.dropped_age, sums.dropped_bytes, sums.bytes), (1, 2, 10));
    assert_eq!((front(&store, Lane::Backlog), front(&store, Lane::Live)), (vec![], vec![3]));
}

#[test]
fn what_is_refused_is_set_aside_shown_and_can_be_queued_again_under_its_name() {
    let (_dir, store) = open();
    queue(&store, [1, 2]);
    let epoch = store.outbox_sums().expect("read").epoch;
    store.transact(|txn| txn.set_aside(Lane::Live, 0, 77, "400: no such venue", true)).expect("set aside");
    assert_eq!(front(&store, Lane::Live), [1]);
    let refused = store.refused(9).expect("read");
    assert_eq!((refused[0].0, refused[0].1.refused_ns, refused[0].1.why.as_str()), (0, 77, "400: no such venue"));
    store.renew_outbox_epoch().expect("drawn");
    assert_eq!(store.requeue_refused().expect("queued"), 1);
    let back = store.outbox_front(Lane::Backlog, 9).expect("read").queued;
    assert_eq!((back[0].sequence, back[0].record.epoch), (0, epoch));
    let sums = store.outbox_sums().expect("read");
    assert_eq!((sums.refused, sums.refused_ever, sums.waiting), (0, 1, [1, 1]));
}

#[test]
fn what_is_aside_is_read_in_order_and_goes_on_acknowledgement() {
    let (_dir, store) = open();
    queue(&store, [1, 2, 3]);
    let epoch = store.outbox_sums().expect("read").epoch;
    for sequence in [2, 0, 1] {
        store.transact(|txn| txn.set_aside(Lane::Live, sequence, 77, "400", true)).expect("set aside");
    }
    let aside = |after, limit| {
        let queued = store.refused_from(after, limit).expect("read");
        queued.iter().map(|queued| (queued.sequence, queued.record.epoch)).collect::<Vec<_>>()
    };
    assert_eq!(aside(None, 2), [(0, epoch), (1, epoch)]);
    assert_eq!(aside(Some((1, epoch)), 2), [(2, epoch)]);
    store.transact(|txn| txn.acknowledged_aside(&[(1, epoch), (7, epoch)])).expect("acknowledged");
    assert_eq!(aside(None, 9), [(0, epoch), (2, epoch)]);
    let sums = store.outbox_sums().expect("read");
    assert_eq!((sums.refused, sums.refused_ever, sums.delivered), (2, 3, 1));
}

#[test]
fn a_store_has_an_epoch_of_its_own_that_outlives_a_restart_and_is_drawn_anew_when_asked() {
    let (dir, store) = open();
    let (_other_dir, other) = open();
    let epoch = store.outbox_sums().expect("read").epoch;
    assert_ne!(epoch, other.outbox_sums().expect("read").epoch);
    queue(&store, [1]);
    drop(store);
    let store = Store::open(dir.path(), StoreOptions::default()).expect("it opens again");
    let sums = store.outbox_sums().expect("read");
    assert_eq!((sums.epoch, sums.next), (epoch, 1));
    let renewed = store.renew_outbox_epoch().expect("drawn");
    assert_ne!(renewed, epoch);
    queue(&store, [2]);
    let epochs: Vec<_> =
        store.outbox_front(Lane::Live, 9).expect("read").queued.iter().map(|queued| queued.record.epoch).collect();
    assert_eq!(epochs, [epoch, renewed], "what was queued before keeps its name");
}

#[test]
fn whoever_is_forgotten_is_in_no_summary_that_waits_or_was_set_aside() {
    let (_dir, store) = open();
    queue(&store, [1, 2, 3, 4, 5]);
    store.transact(|txn| txn.set_aside(Lane::Live, 0, 9, "no", true)).expect("set aside");
    store.transact(|txn| txn.fall_behind(None, 4)).expect("moved");
    assert_eq!(store.forget_summaries_of(1).expect("forgotten"), 3);
    assert_eq!((front(&store, Lane::Backlog), front(&store, Lane::Live)), (vec![1], vec![3]));
    assert_eq!(store.refused(9).expect("read"), []);
    let sums = store.outbox_sums().expect("read");
    assert_eq!((sums.dropped_forgotten, sums.refused, sums.waiting, sums.bytes), (3, 0, [1, 1], 20));
}

#[test]
fn what_cannot_be_read_stops_nobody_behind_it_and_is_counted() {
    let (_dir, store) = open();
    queue(&store, [1, 2, 3]);
    let mut txn = store.env.write_txn().expect("a transaction");
    store.table(Table::Outbox).put(&mut txn, &table_key::outbox(0, 0), b"rubbish").expect("put");
    txn.commit().expect("committed");
    assert!(store.outbox_front(Lane::Live, 9).expect_err("unreadable").is_about_a_record());
    assert_eq!(store.transact(|txn| txn.drop_unreadable(Lane::Live)).expect("dropped"), 1);
    assert_eq!(front(&store, Lane::Live), [1, 2]);
    let sums = store.outbox_sums().expect("read");
    assert_eq!((sums.dropped_corrupt, sums.waiting), (1, [2, 0]));
}

#[test]
fn a_transaction_that_fails_queues_nothing() {
    let (_dir, store) = open();
    let failed = store.transact(|txn| {
        txn.queue(&summary(1))?;
        Err::<(), _>(StoreError::WriterStopped)
    });
    assert!(failed.is_err());
    assert_eq!((front(&store, Lane::Live), store.outbox_sums().expect("read").next), (vec![], 0));
}
