//! Frames a second through the codec, on one core: full datagrams of BALL frames, as cameras send them.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use firmware_protocol::serial::{self, Decoder};
use firmware_protocol::{Authentication, Ball, Body, Frame, Keyring, MAX_DATAGRAM, SourceId, decode, encode, frames};

const KEY: [u8; 32] = [7; 32];

struct OneKey;

impl Keyring for OneKey {
    fn keys(&self, _: SourceId) -> &[[u8; 32]] {
        &[KEY]
    }
}

fn ball(seq: u32) -> Frame<'static> {
    Frame {
        source: SourceId::new(3).expect("source 3 is a camera"),
        seq,
        event_time_ns: 1_780_000_000_123_456_789,
        clock_locked: true,
        authenticated: false,
        body: Body::Ball(Ball { u: 1913.25, v: 1024.5, sigma: 0.5, diameter: 12.75 }),
    }
}

/// As many frames as fit into a datagram, and how many those are.
fn full_datagram(key: Option<&[u8; 32]>) -> (Vec<u8>, u32) {
    let mut datagram = vec![0; MAX_DATAGRAM];
    let (mut length, mut count) = (0, 0);
    while let Ok(more) = encode(&ball(count), key, &mut datagram[length..]) {
        length += more;
        count += 1;
    }
    datagram.truncate(length);
    (datagram, count)
}

fn wire(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");

    let (datagram, count) = full_datagram(None);
    group.throughput(Throughput::Elements(u64::from(count)));
    group.bench_function("decode", |bench| {
        bench.iter(|| {
            for frame in frames(black_box(&datagram), Authentication::Off) {
                black_box(frame.expect("a good frame decodes"));
            }
        });
    });

    let (tagged, count) = full_datagram(Some(&KEY));
    group.throughput(Throughput::Elements(u64::from(count)));
    group.bench_function("decode_authenticated", |bench| {
        bench.iter(|| {
            for frame in frames(black_box(&tagged), Authentication::Required(&OneKey)) {
                black_box(frame.expect("a good frame decodes"));
            }
        });
    });

    group.throughput(Throughput::Elements(1));
    let mut out = [0; MAX_DATAGRAM];
    group.bench_function("encode", |bench| {
        bench.iter(|| encode(black_box(&ball(1)), None, &mut out).expect("a good frame can be encoded"));
    });

    let mut line = [0; serial::MAX_ENCODED];
    let length = encode(&ball(1), None, &mut out).expect("a good frame can be encoded");
    let length = serial::encode(&out[..length], &mut line).expect("a frame's length fits");
    let mut decoder = Decoder::new();
    group.bench_function("decode_serial", |bench| {
        bench.iter(|| {
            for byte in black_box(&line[..length]) {
                if let Some(Ok(bytes)) = decoder.push(*byte) {
                    black_box(decode(bytes, Authentication::Off).expect("a good frame decodes"));
                }
            }
        });
    });
    group.finish();
}

criterion_group!(benches, wire);
criterion_main!(benches);
