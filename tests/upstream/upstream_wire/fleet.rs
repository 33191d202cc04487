//! Many parks and one `JetStream`: what arrives, how fast, and what it takes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pitchguard::store::summary::{Summary, SummaryKind};
use pitchguard::upstream::{Config, STREAM};
use serde_json::Value;

use crate::upstream_wire::nats::{self, Server};
use crate::upstream_wire::schema::documents;
use crate::upstream_wire::stage::{Stage, now_ns};

/// Bytes that a process has in memory, and the processor time that it took, s.
fn usage(pid: u32) -> (u64, f64) {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let status = read("status");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|rest| rest.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or_default();
    let stat = read("stat");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |nth: usize| fields.get(nth).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (kilobytes * 1024, (ticks(11) + ticks(12)) / 100.0)
}

/// A summary of real content.
fn real(bodies: &[(SummaryKind, Vec<u8>)], nth: u64, queued_ns: u64) -> Summary {
    let (kind, body) = &bodies[nth as usize % bodies.len()];
    Summary { kind: *kind, queued_ns, pitcher: None, body: body.clone() }
}

#[test]
fn many_boxes_fill_one_stream_each_in_its_own_order() {
    let Some(binary) = nats::binary() else { return };
    let (boxes, backlog, seconds) = if crate::upstream_wire::full() { (150, 400, 60) } else { (8, 60, 2) };
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = nats::runtime();
    let server = Server::start(&binary, folder.path(), "one", "");
    let context = nats::set_up(&runtime, &server.url(), 1);
    // As a game has them: a pitch and its readiness twice each, anything else now and then.
    let all: Vec<_> = documents()
        .into_iter()
        .map(|(kind, document): (SummaryKind, Value)| (kind, serde_json::to_vec(&document["data"]).expect("JSON")))
        .collect();
    for (kind, body) in &all {
        eprintln!("{:<12} {:>5} bytes", kind.as_str(), body.len());
    }
    let of = |kind: SummaryKind| all.iter().find(|(k, _)| *k == kind).expect("every kind").clone();
    let bodies = [SummaryKind::Pitch, SummaryKind::Readiness, SummaryKind::Pitch, SummaryKind::Readiness].map(of);

    let (done, live, slowest_ms) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let began = Instant::now();
    let config = Config { backlog_per_s: 50.0, ..nats::config(server.url()) };
    let made: Vec<(String, u64)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..boxes)
            .map(|nth| {
                let (config, runtime, bodies, done) = (&config, &runtime, &bodies, &done);
                let (live, slowest_ms) = (&live, &slowest_ms);
                scope.spawn(move || {
                    let name = format!("park_{nth}");
                    let mut stage: Stage = nats::stage(runtime, &name, config);
                    let an_hour_ago = now_ns() - 3_600_000_000_000;
                    let old: Vec<_> = (0..backlog).map(|n| real(bodies, n, an_hour_ago + n)).collect();
                    stage.store.bulk(old, |txn, summary| txn.queue(&summary).map(drop)).expect("queued");
                    let mut made = backlog;
                    while !done.load(Ordering::Relaxed) {
                        // One live summary a second: four times a game's pace.
                        let queued = Instant::now();
                        let before = stage.sums().delivered;
                        stage.store.transact(|txn| txn.queue(&real(bodies, made, now_ns()))).expect("queued");
                        made += 1;
                        let was_live = stage.sums().waiting[0];
                        while stage.sums().waiting[0] >= was_live && queued.elapsed() < Duration::from_secs(20) {
                            stage.turn();
                        }
                        let after_the_first = stage.sums().delivered > before && made > backlog + 5;
                        if after_the_first {
                            live.fetch_add(1, Ordering::Relaxed);
                            slowest_ms.fetch_max(queued.elapsed().as_millis() as u64, Ordering::Relaxed);
                        }
                        while queued.elapsed() < Duration::from_secs(1) {
                            stage.turn();
                        }
                    }
                    stage.drain();
                    (name, made)
                })
            })
            .collect();
        std::thread::sleep(Duration::from_secs(seconds));
        done.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().expect("no box fails")).collect()
    });
    let took = began.elapsed();
    let came = nats::everything(&runtime, &context);
    for (name, made) in &made {
        nats::assert_whole(&came, name, *made);
    }
    let info = runtime.block_on(async {
        let mut stream = context.get_stream(STREAM).await.expect("it is there");
        stream.info().await.expect("told").clone()
    });
    let (messages, bytes) = (info.state.messages, info.state.bytes);
    assert_eq!(messages, made.iter().map(|(_, made)| *made).sum::<u64>());
    let (memory, processor_s) = usage(server.pid());
    eprintln!(
        "{boxes} boxes, {messages} messages in {:.1} s: {:.0} a second, {} bytes each in the stream; live: {} timed, the \
         slowest {} ms; nats-server: {} MB, {processor_s:.1} s of processor",
        took.as_secs_f64(),
        messages as f64 / took.as_secs_f64(),
        bytes / messages,
        live.load(Ordering::Relaxed),
        slowest_ms.load(Ordering::Relaxed),
        memory / 1_000_000,
    );
}
