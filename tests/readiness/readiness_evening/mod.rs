//! What a coach's evening must look like from the readiness room: what a number is of, who stands where, which day it is.

mod outings;
mod unseen;

use crate::fastballs::{baseline, fastball};
use jiff::civil::{Date, date};
use pitchguard::features::OutingPitch;
use pitchguard::ids::{BoxNs, EventNs, GamePk, MoundId, PitcherId};
use pitchguard::readiness::{Config, Engine, Outcome, PresenceState, Readiness, Sign};
use pitchguard::tracking::pitch::PitchState;
use pitchguard::workload::{OutingKey, Role, Workload};

const S: u64 = 1_000_000_000;
const MIN: u64 = 60 * S;
const START: u64 = 1_700_000_000 * S;
const HIM: PitcherId = PitcherId(669_456);
const OTHER: PitcherId = PitcherId(543_037);
const DAY: Date = date(2023, 11, 14);
const NEXT_DAY: Date = date(2023, 11, 15);
const GAME: OutingKey = OutingKey { day: DAY, game: Some(GamePk(717_797)) };
const UNNAMED: OutingKey = OutingKey { day: DAY, game: None };
const MOUND: MoundId = MoundId(0);
const BULLPEN: MoundId = MoundId(1);

/// A fastball at a moment, so much slower than usual.
fn pitch(at_ns: u64, mound: MoundId, slower: f64) -> OutingPitch {
    fastball(EventNs(START + at_ns), mound, PitchState::Final, slower, at_ns / S / 20)
}

struct Evening(Engine);

impl Evening {
    fn new() -> Self {
        let mut engine = Engine::new(Config::default());
        for pitcher in [HIM, OTHER] {
            engine.set_baseline(pitcher, baseline(pitcher));
            engine.set_workload(pitcher, Workload { role: Some(Role::Starter), ..Workload::default() });
        }
        engine.set_name(HIM, "Sam Closer".to_owned());
        engine.set_name(OTHER, "Bob Bull".to_owned());
        engine.mark(MOUND, EventNs(START - S), Sign::InningBegan);
        Self(engine)
    }

    fn take(&mut self, pitcher: PitcherId, mound: MoundId, key: OutingKey, pitch: &OutingPitch) -> Readiness {
        self.0.pitch(pitcher, mound, key, *pitch, BoxNs(pitch.release.0 + 3 * S)).readiness
    }

    /// His `count` fastballs on the game mound, one every 20 s from a moment on.
    fn throws(&mut self, count: u64, from_ns: u64, slower: f64) -> Readiness {
        let last = (0..count).map(|i| self.take(HIM, MOUND, GAME, &pitch(from_ns + 20 * S * i, MOUND, slower))).last();
        last.expect("some were thrown")
    }

    fn watch(&mut self, at_ns: u64) -> Vec<Outcome> {
        self.0.watch(BoxNs(START + at_ns))
    }

    fn shown(&self, pitcher: PitcherId, mound: MoundId) -> Option<&Readiness> {
        self.0.active().find(|r| (r.pitcher, r.mound) == (pitcher, mound))
    }

    fn state(&self, pitcher: PitcherId, mound: MoundId) -> Option<PresenceState> {
        self.shown(pitcher, mound)?.presence.as_ref().map(|presence| presence.state)
    }
}

fn utc(at_ns: u64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(START + at_ns)).expect("a moment").to_string()
}
