//! The buffer against a sorted map that knows what was accepted: arbitrary sources, lags, jitter, doubles, stragglers,
//! silences, restarts, futures, floods, two paths.

use std::collections::{BTreeMap, BTreeSet};

use crate::reorder_support::{Key, Log, MS, Names, S, T0};
use pitchguard::ids::{BoxNs, EventNs, MoundId};
use pitchguard::reorder::{Config, MoundPlan, Sink, Stamped, buffer};
use proptest::prelude::*;

/// What a source does in the next second.
#[derive(Debug, Clone, Copy)]
struct Spell {
    lag_ms: u16,
    jitter_ms: u16,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Steady,
    Silent,
    Doubled,
    Straggling,
    Restarting,
    Future,
    Past,
    Flood,
    OtherPath,
}

fn spell() -> impl Strategy<Value = Spell> {
    let kind = prop_oneof![
        8 => Just(Kind::Steady),
        3 => Just(Kind::Silent),
        1 => Just(Kind::Doubled),
        1 => Just(Kind::Straggling),
        1 => Just(Kind::Restarting),
        1 => Just(Kind::Future),
        1 => Just(Kind::Past),
        1 => Just(Kind::Flood),
        1 => Just(Kind::OtherPath),
    ];
    (0_u16..6000, 0_u16..300, kind).prop_map(|(lag_ms, jitter_ms, kind)| Spell { lag_ms, jitter_ms, kind })
}

/// Sources of the game: cameras and a mark feed; of the bullpen: a camera.
const SOURCES: [u8; 6] = [1, 2, 3, 4, 48, 10];

/// (path, frame) in order of arrival, 20 frames a second and source.
fn stadium(spells: &[Vec<Spell>]) -> Vec<(usize, Stamped<Names>)> {
    let mut frames = Vec::new();
    for (source, spells) in SOURCES.iter().zip(spells) {
        let mut seq = u32::MAX - 30;
        for (second, spell) in spells.iter().enumerate() {
            if spell.kind == Kind::Restarting {
                seq = 0;
            }
            for i in 0..20_u64 {
                if spell.kind == Kind::Silent {
                    continue;
                }
                let sent = T0 + second as u64 * S + i * 50 * MS;
                let odd = i == 7;
                let mut lag = u64::from(spell.lag_ms) * MS + i * 7919 % (u64::from(spell.jitter_ms) + 1) * MS;
                let mut event = sent;
                match spell.kind {
                    Kind::Straggling if odd => lag += 9 * S,
                    Kind::Future if odd => event += 3600 * S,
                    Kind::Past if odd => event -= 60 * S,
                    _ => {}
                }
                let path = usize::from(source % 2 == 0) ^ usize::from(spell.kind == Kind::OtherPath && odd);
                let copies = match spell.kind {
                    Kind::Doubled if i % 3 == 0 => 2,
                    Kind::Flood if odd => 150,
                    _ => 1,
                };
                for copy in 0..copies {
                    let own_seq = if spell.kind == Kind::Flood { seq.wrapping_add(copy) } else { seq };
                    let arrival = BoxNs(sent + lag + u64::from(copy) * MS / 10);
                    let payload = Names(u8::from(*source == 10));
                    frames.push((
                        path,
                        Stamped { source: *source, seq: own_seq, event: EventNs(event), arrival, payload },
                    ));
                }
                seq = seq.wrapping_add(if spell.kind == Kind::Flood { copies } else { 1 });
            }
        }
    }
    frames.sort_by_key(|(_, frame)| frame.arrival);
    frames
}

fn config() -> Config {
    Config {
        mounds: vec![
            MoundPlan { mound: MoundId(0), cameras: vec![1, 2, 3, 4] },
            MoundPlan { mound: MoundId(1), cameras: vec![10] },
        ],
        paths: 2,
        slots_per_path: 1024,
        slots_per_source: 400,
        held_max: 2048,
        held_per_source: 400,
        ..Config::default()
    }
}

/// Checks as they come what must hold at every call.
#[derive(Default)]
struct Oracle {
    log: Log,
    /// Per mound what passed the eager watermark or came after it, and waits: (event, source, seq).
    waiting: BTreeMap<MoundId, BTreeSet<Key>>,
    last: BTreeMap<MoundId, Key>,
    last_eager: BTreeMap<MoundId, Key>,
    watermarks: BTreeMap<MoundId, (u64, u64)>,
}

fn key(frame: &Stamped<Names>) -> Key {
    (frame.event.0, frame.source, frame.seq)
}

impl Sink<Names> for Oracle {
    fn eager(&mut self, mound: MoundId, frame: &Stamped<Names>) {
        let before = self.last_eager.insert(mound, key(frame));
        assert!(before < Some(key(frame)), "eager order");
        assert!(self.waiting.entry(mound).or_default().insert(key(frame)), "eager once");
        self.log.eager(mound, frame);
    }
    fn after_eager(&mut self, mound: MoundId, frame: &Stamped<Names>) {
        assert!(
            self.watermarks.get(&mound).is_none_or(|w| (w.1..w.0).contains(&frame.event.0)),
            "between the watermarks"
        );
        assert!(self.waiting.entry(mound).or_default().insert(key(frame)), "accepted once");
        self.log.after_eager(mound, frame);
    }
    fn released(&mut self, mound: MoundId, frame: &Stamped<Names>) {
        assert!(self.last.insert(mound, key(frame)) < Some(key(frame)), "release order");
        let first = self.waiting.get_mut(&mound).and_then(BTreeSet::pop_first);
        assert_eq!(first, Some(key(frame)), "the sorted map's first, unchanged");
        self.log.released(mound, frame);
    }
    fn late(&mut self, mound: MoundId, frame: &Stamped<Names>) {
        assert!(self.watermarks.get(&mound).is_none_or(|(_, final_)| frame.event.0 < *final_));
        self.log.late(mound, frame);
    }
    fn advanced(&mut self, mound: MoundId, eager: EventNs, final_: EventNs, moved_by: BoxNs) {
        let before = self.watermarks.insert(mound, (eager.0, final_.0)).unwrap_or_default();
        assert!(before.0 <= eager.0 && before.1 <= final_.0 && final_ <= eager, "monotone");
        let due = |k: &Key| k.0 < final_.0;
        assert!(!self.waiting.get(&mound).is_some_and(|w| w.first().is_some_and(due)), "all before it are released");
        self.log.advanced(mound, eager, final_, moved_by);
    }
    fn restarted(&mut self, mound: MoundId) {
        panic!("no clock stepped back on mound {mound}");
    }
}

fn run(frames: &[(usize, Stamped<Names>)], poll_ms: u64) -> Result<Oracle, TestCaseError> {
    let config = config();
    let (mut paths, mut reorder) = buffer(&config).expect("the configuration is right");
    let mut oracle = Oracle::default();
    let (mut next, mut now, mut pushed) = (0, T0, 0_u64);
    let end = frames.last().map_or(T0, |(_, frame)| frame.arrival.0);
    // The cameras fall silent at the end; 13 s on nothing may be held.
    while now < end + 13 * S {
        now += poll_ms * MS;
        while next < frames.len() && frames[next].1.arrival.0 <= now {
            let _ = paths[frames[next].0].push(frames[next].1);
            pushed += 1;
            next += 1;
        }
        for path in &mut paths {
            path.beat(BoxNs(now));
        }
        reorder.poll(BoxNs(now), &mut oracle);
        let counts = reorder.counts();
        prop_assert!(counts.balanced(), "{:?}", counts);
        prop_assert_eq!(counts.received, pushed);
        prop_assert!(counts.held <= 2048);
        for source in reorder.sources() {
            prop_assert!(source.held <= 400, "{:?}", source);
        }
    }
    let counts = reorder.counts();
    prop_assert_eq!(counts.held, 0, "silence releases everything");
    prop_assert_eq!(counts.released, oracle.log.released.len() as u64);
    prop_assert_eq!(counts.late, oracle.log.late.len() as u64);
    prop_assert_eq!(counts.released, (oracle.log.eager.len() + oracle.log.after_eager.len()) as u64);
    // By the arrivals alone: what was sent is released once, or late, or accounted for by name.
    let sent: BTreeSet<Key> = frames.iter().map(|(_, frame)| key(frame)).collect();
    prop_assert!(oracle.log.released.iter().all(|(_, key)| sent.contains(key)));
    Ok(oracle)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_frame_is_accounted_for_and_released_in_order(
        spells in prop::collection::vec(prop::collection::vec(spell(), 25), SOURCES.len()),
        poll_ms in 1_u64..60,
    ) {
        run(&stadium(&spells), poll_ms)?;
    }

    #[test]
    fn without_faults_what_is_released_is_what_was_sent_whatever_the_order_of_arrival(
        lags in prop::collection::vec((1000_u16..5000, 0_u16..300), SOURCES.len()),
        poll_ms in 1_u64..60,
    ) {
        let spells: Vec<Vec<Spell>> = lags
            .iter()
            .map(|&(lag_ms, jitter_ms)| vec![Spell { lag_ms, jitter_ms, kind: Kind::Steady }; 20])
            .collect();
        let frames = stadium(&spells);
        let oracle = run(&frames, poll_ms)?;
        for mound in [MoundId(0), MoundId(1)] {
            let sent: BTreeSet<Key> =
                frames.iter().map(|(_, f)| f).filter(|f| f.payload.0 == mound.0).map(key).collect();
            let released: Vec<Key> = oracle.log.released.iter().filter(|(m, _)| *m == mound).map(|(_, k)| *k).collect();
            prop_assert_eq!(released, sent.into_iter().collect::<Vec<_>>());
        }
    }
}
