//! Early results over the daemon's ends: a kill with some in the air loses none and doubles none, and after an orderly stop they come
//! from the first pitch on.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::daemon_support::{Cameras, Rack, Running};
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::records::{EARLY, PitchRecord, State, WITHDRAWN};
use pitchguard::simulate::{Game, Scenario, Score, Settings, Stadium};
use pitchguard::tracking::venue::Venue;

/// How much faster than the wall.
const SPEED: f64 = 3.0;
const SECOND_NS: u64 = 1_000_000_000;
const CAMERAS: u8 = 6;
/// Pitches after which three are final, and the cameras that showed them are believed.
const TRUSTED_AFTER: usize = 6;
/// What the daemon shows by then it has in its journal as well.
const FLUSHED: Duration = Duration::from_millis(80);

/// A box, and cameras that stand still while it is away.
struct Park {
    rack: Rack,
    cameras: Cameras,
    /// Moments at which a pitch is known by the first cameras, and the others are a while behind.
    in_the_air: Vec<EventNs>,
}

impl Park {
    /// A pitch each five seconds before six cameras, which show it two to five seconds later.
    fn open() -> (Self, Running) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let stadium = || {
            let settings = Settings {
                seed: 3,
                start: EventNs(since.as_nanos() as u64),
                cameras: Some((1..=CAMERAS).collect()),
                pitches_max: Some(14),
                pace_s: 5.0,
                break_s: 8.0,
                tail_s: 12.0,
                ..Settings::quiet()
            };
            Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Game), settings)
        };
        let in_the_air = moments(stadium());
        let mut cameras = Cameras::new(stadium(), SPEED, SocketAddr::from(([127, 0, 0, 1], 0)));
        cameras.make();
        let mut rack = Rack::new();
        let daemon = rack.start_at(SPEED, BoxNs(cameras.stadium.start().0));
        cameras.wire.to = daemon.udp;
        (Self { rack, cameras, in_the_air }, daemon)
    }

    /// Plays on until a pitch was told early, and not by all cameras yet: what is in the air.
    fn play_until(&mut self, daemon: &mut Running, at: EventNs) -> Vec<PitchRecord> {
        self.cameras.play(at);
        let early = daemon.wait_for("an early result", |r| {
            let mut early = kept(r);
            early.retain(|pitch| pitch.state == State::Provisional && is(pitch, EARLY));
            (!early.is_empty()).then_some(early)
        });
        std::thread::sleep(FLUSHED);
        early
    }

    /// Starts the daemon again on the port that the cameras send to, by the clock that it had.
    fn start_again(&mut self, at: EventNs) -> Running {
        let (speed, at) = (SPEED.to_string(), at.0.to_string());
        let mut command = self.rack.command(&["run", "--clock-speed", &speed, "--clock-since", &at]);
        command.env("PITCHGUARD_INGEST__UDP_LISTEN", self.cameras.wire.to.to_string());
        self.rack.start_as(command)
    }

    /// Plays to the end: all that was thrown is final, each once, and what was given out early under the number that it had. All
    /// pitches that were thrown since were told early by this run.
    fn assert_none_lost(mut self, daemon: &mut Running, early: &[PitchRecord], since: EventNs) {
        self.cameras.play_out();
        let truth = self.cameras.stadium.truth();
        let kept = daemon.wait_for("every pitch is final", |r| {
            let kept = kept(r);
            (kept.len() >= truth.len() && kept.iter().all(|p| p.state == State::Final)).then_some(kept)
        });
        let score = Score::of(truth, &kept);
        assert_eq!((score.found, score.invented, kept.len()), (truth.len(), 0, truth.len()), "{score}");
        assert!(kept.iter().all(|pitch| !is(pitch, WITHDRAWN)), "{kept:?}");
        let ended = |early: &PitchRecord| kept.iter().filter(|pitch| pitch.id == early.id).count();
        assert!(early.iter().all(|early| ended(early) == 1), "{early:?}\n{kept:?}");
        let thrown = truth.iter().filter(|thrown| thrown.release > since).count() as u64;
        let told = told_early(daemon);
        assert!(thrown >= 3 && told >= thrown, "{told} of {thrown}: cameras are trusted as before");
    }
}

/// Moments between the third camera's and the last one's showing of a ball at the plate, where a second lies between them; of pitches
/// that are early, and not of two running.
fn moments(mut stadium: Stadium) -> Vec<EventNs> {
    let all: Vec<_> = stadium.by_ref().collect();
    let shown = |source: u8, plate: EventNs| {
        all.iter().filter(|d| d.source == source && d.event >= plate).map(|d| d.arrival.0).min().expect("it goes on")
    };
    let mut moments: Vec<EventNs> = Vec::new();
    for thrown in &stadium.truth()[TRUSTED_AFTER..] {
        let mut shown: Vec<u64> = (1..=CAMERAS).map(|source| shown(source, thrown.plate)).collect();
        shown.sort_unstable();
        let (third, last) = (shown[2], shown[usize::from(CAMERAS) - 1]);
        let at = third.midpoint(last);
        if last - third > SECOND_NS && moments.last().is_none_or(|before| at > before.0 + 6 * SECOND_NS) {
            moments.push(EventNs(at));
        }
    }
    moments
}

fn kept(daemon: &Running) -> Vec<PitchRecord> {
    daemon.pitches().into_iter().map(|pitch| serde_json::from_value(pitch).expect("a pitch")).collect()
}

fn is(pitch: &PitchRecord, flag: &str) -> bool {
    pitch.flags.iter().any(|own| own == flag)
}

/// Pitches that this run told early.
fn told_early(daemon: &Running) -> u64 {
    let status = daemon.status();
    let latencies = status["latencies"].as_array().expect("a list").iter();
    latencies.filter(|of| of["stage"] == "crossing_to_early").filter_map(|of| of["count"].as_u64()).sum()
}

#[test]
fn a_kill_with_early_results_in_the_air_loses_none_and_doubles_none() {
    let (mut park, mut daemon) = Park::open();
    let (mut early, mut killed) = (Vec::new(), EventNs(0));
    for at in [park.in_the_air[0], park.in_the_air[1]] {
        early.extend(park.play_until(&mut daemon, at));
        killed = at;
        let now = daemon.now();
        daemon.kill();
        daemon = park.start_again(now);
        assert!(daemon.log().contains("gone on from the journal"), "{}", daemon.log());
    }
    park.assert_none_lost(&mut daemon, &early, killed);
}

#[test]
fn after_an_orderly_stop_cameras_are_trusted_as_before() {
    let (mut park, mut daemon) = Park::open();
    let at = park.in_the_air[0];
    let early = park.play_until(&mut daemon, at);
    let now = daemon.now();
    let (status, log) = daemon.terminate();
    assert!(status.success(), "{log}");
    let mut daemon = park.start_again(now);
    // Until all cameras are heard again nobody knows when they are.
    park.assert_none_lost(&mut daemon, &early, EventNs(at.0 + 6 * SECOND_NS));
}
