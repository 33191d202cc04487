//! One ingest thread and the merge thread over the ring that they share: every interleaving of up to three preemptions.
//! A bound, not a proof: what needs a fourth forced switch within these few operations would go unseen.
#![cfg(test)]

#[path = "../../../src/reorder/ring.rs"]
mod ring;

use loom::thread;
use ring::{Reader, Writer, ring};

fn try_push(writer: &mut Writer<u64>, value: u64) -> bool {
    writer.reclaim();
    let room = writer.in_use() < writer.slots();
    if room {
        writer.put(&value);
    }
    room
}

fn push(writer: &mut Writer<u64>, value: u64) {
    while !try_push(writer, value) {
        thread::yield_now();
    }
}

fn wait_for(reader: &mut Reader<u64>) {
    while reader.peek().is_none() {
        reader.look();
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
        let (mut writer, mut reader) = ring(2);
        let ingest = thread::spawn(move || (0..4).for_each(|value| push(&mut writer, value)));
        for value in 0..4 {
            wait_for(&mut reader);
            assert_eq!(reader.peek(), Some(&value));
            reader.pass();
            reader.publish();
        }
        ingest.join().expect("the ingest thread ends");
    });
}

#[test]
fn a_slot_is_never_written_before_it_is_given_back() {
    model(|| {
        let (mut writer, mut reader) = ring(2);
        let ingest = thread::spawn(move || (0..3).for_each(|value| push(&mut writer, value)));
        wait_for(&mut reader);
        let kept = reader.peek().expect("it was waited for");
        assert_eq!(*kept, 0);
        thread::yield_now();
        assert_eq!(*kept, 0, "the ingest thread waits for room");
        for value in 0..3 {
            wait_for(&mut reader);
            assert_eq!(reader.peek(), Some(&value));
            reader.pass();
            reader.publish();
        }
        ingest.join().expect("the ingest thread ends");
    });
}

#[test]
fn a_full_ring_says_so_and_loses_nothing() {
    model(|| {
        let (mut writer, mut reader) = ring(2);
        let ingest = thread::spawn(move || {
            let mut put = 0_u64;
            for value in 0..3 {
                put += u64::from(try_push(&mut writer, value));
            }
            put
        });
        let mut taken = 0;
        let mut take_all = |reader: &mut Reader<u64>| {
            reader.look();
            while reader.peek().is_some() {
                taken += 1;
                reader.pass();
            }
            reader.publish();
        };
        take_all(&mut reader);
        let put = ingest.join().expect("the ingest thread ends");
        take_all(&mut reader);
        assert_eq!(put, taken);
        assert!(put >= 2);
    });
}

#[test]
fn the_writer_may_look_at_what_is_on_its_way_while_it_is_read() {
    model(|| {
        let (mut writer, mut reader) = ring(2);
        let ingest = thread::spawn(move || {
            let (mut seen, mut back) = (0, 0);
            for value in 1..3 {
                push(&mut writer, value);
                writer.each_in_use(|value| seen += value);
            }
            writer.reclaim_each(|value| back += value);
            assert!((3..=4).contains(&seen), "the first may be gone when the second is there: {seen}");
            assert!([0, 1, 2, 3].contains(&back), "{back}");
        });
        for value in 1..3 {
            wait_for(&mut reader);
            assert_eq!(reader.peek(), Some(&value));
            reader.pass();
            reader.publish();
        }
        ingest.join().expect("the ingest thread ends");
    });
}
