//! Every interleaving, of up to three preemptions, of one ingest thread and the merge thread over the slab that they share.
#![cfg(all(loom, test))]

#[path = "../../../src/reorder/slab.rs"]
mod slab;

use loom::thread;
use slab::{Held, Reader, Writer, slab};

fn push(writer: &mut Writer<u64>, value: u64) {
    while writer.put(value).is_none() {
        writer.reclaim(|_| ());
        thread::yield_now();
    }
}

fn take(reader: &mut Reader<u64>) -> Held {
    loop {
        reader.look(0);
        if let Some(held) = reader.take(0) {
            return held;
        }
        thread::yield_now();
    }
}

fn model(f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

#[test]
fn values_arrive_whole_and_in_order_while_slots_come_round() {
    model(|| {
        let (mut writers, mut reader) = slab(1, 2);
        let mut writer = writers.remove(0);
        let ingest = thread::spawn(move || (0..4).for_each(|value| push(&mut writer, value)));
        for value in 0..4 {
            let held = take(&mut reader);
            assert_eq!(*reader.get(&held), value);
            reader.give_back(held);
            reader.publish();
        }
        ingest.join().expect("the ingest thread ends");
    });
}

#[test]
fn a_held_slot_is_never_written_though_others_come_round() {
    model(|| {
        let (mut writers, mut reader) = slab(1, 2);
        let mut writer = writers.remove(0);
        let ingest = thread::spawn(move || (0..4).for_each(|value| push(&mut writer, value)));
        let kept = take(&mut reader);
        for value in 1..4 {
            let held = take(&mut reader);
            assert_eq!(*reader.get(&held), value);
            assert_eq!(*reader.get(&kept), 0, "held while its neighbour is used again and again");
            reader.give_back(held);
            reader.publish();
        }
        reader.give_back(kept);
        ingest.join().expect("the ingest thread ends");
    });
}

#[test]
fn a_full_path_says_so_and_loses_nothing() {
    model(|| {
        let (mut writers, mut reader) = slab(1, 2);
        let mut writer = writers.remove(0);
        let ingest = thread::spawn(move || {
            let mut put = 0_u64;
            for value in 0..3 {
                writer.reclaim(|_| ());
                put += u64::from(writer.put(value).is_some());
            }
            put
        });
        let mut taken = 0;
        reader.look(0);
        while let Some(held) = reader.take(0) {
            taken += 1;
            reader.give_back(held);
        }
        reader.publish();
        let put = ingest.join().expect("the ingest thread ends");
        reader.look(0);
        while let Some(held) = reader.take(0) {
            taken += 1;
            reader.give_back(held);
        }
        assert_eq!(put, taken);
        assert!(put >= 2);
    });
}
