//! An orderly stop in mid-game: what full fits found of the cameras is kept, for as long as it would have been believed.

use pitchguard::ids::BoxNs;
use pitchguard::pipeline::{Output, Pipeline, Profile, Profiles};
use pitchguard::records::{PitchRecord, State, WITHDRAWN};
use pitchguard::simulate::{Delivery, Game, Scenario, Settings, Stadium, Thrown};
use pitchguard::tracking::venue::Venue;

use crate::evening::{Law, deliveries, is_early, settings, under};

const SECOND_NS: u64 = 1_000_000_000;
const STEP_NS: u64 = 500_000;
/// What is published of a pitch was released this near to it.
const SAME_NS: u64 = 60_000_000;

struct Strangers;

impl Profiles for Strangers {
    fn profile(&mut self, _: pitchguard::ids::PitcherId, _: jiff::civil::Date) -> Profile {
        Profile::default()
    }
}

/// Plays these frames in a run of its own, which ends in order: what it published, and what it keeps of the cameras.
fn run(all: &[Delivery], start: BoxNs, kept: &[u8], before: &[PitchRecord]) -> (Vec<PitchRecord>, Vec<u8>) {
    let venue = Venue::busch_iii();
    let settings = settings(&venue);
    let (mut producers, buffer) = pitchguard::reorder::buffer(&settings.reorder).expect("good settings");
    let mut producer = producers.pop().expect("one path");
    let mut pipe = Pipeline::new(&venue, &settings, buffer, Strangers, start);
    pipe.resume_trust(kept);
    for pitch in before {
        pipe.published_before(pitchguard::ids::MoundId(pitch.mound), pitchguard::ids::EventNs(pitch.release_ns));
    }
    let (mut outputs, mut now) = (Vec::new(), start);
    for delivery in all {
        if delivery.arrival.0 >= now.0 + STEP_NS {
            now = delivery.arrival;
            producer.beat(now);
            pipe.step(now, &mut outputs);
        }
        let _counted = producer.push((*delivery).into());
    }
    pipe.step(now, &mut outputs);
    pipe.finish(now, &mut outputs);
    let published = outputs.into_iter().filter_map(|output| match output {
        Output::Pitch { record, .. } => Some(*record),
        _ => None,
    });
    (published.collect(), pipe.trust())
}

/// The pitches of a mound that are published of a run, each as it was first.
fn first_told(published: &[PitchRecord], thrown: &Thrown) -> Option<PitchRecord> {
    let is_it = |p: &&PitchRecord| p.mound == thrown.mound.0 && p.release_ns.abs_diff(thrown.release.0) <= SAME_NS;
    published.iter().find(is_it).cloned()
}

#[test]
fn cameras_are_trusted_over_an_orderly_stop_for_twenty_minutes() {
    let own = Settings { seed: 3, pitches_max: Some(14), ..Settings::quiet() };
    let stadium = Stadium::new(&Venue::busch_iii(), &Game::Scenario(Scenario::Closer), under(Law::Drawn, own));
    let (start, truth) = (BoxNs(stadium.start().0), stadium.truth().to_vec());
    let all = deliveries(stadium, Law::Drawn, 3);
    // The first cameras have shown the seventh pitch, and the others have not.
    let stopped = truth[6].plate.0 + 3 * SECOND_NS + SECOND_NS / 2;
    let (first, rest): (Vec<_>, Vec<_>) = all.iter().partition(|delivery| delivery.arrival.0 < stopped);
    let (before, trust) = run(&first, start, &[], &[]);
    let early = first_told(&before, &truth[6]).expect("it was told");
    assert!(is_early(&early), "{early:?}");
    let ended = before.iter().rfind(|pitch| pitch.id == early.id).expect("it is there");
    assert!(ended.state == State::Final && !ended.flags.iter().any(|flag| flag == WITHDRAWN), "{ended:?}");

    // What came in the two seconds that the box was away is lost; what comes then is of the pitch that was told as well.
    let after = |minutes: u64| -> Vec<Delivery> {
        let by = minutes * 60 * SECOND_NS;
        let later = |d: &Delivery| Delivery {
            event: pitchguard::ids::EventNs(d.event.0 + by),
            arrival: BoxNs(d.arrival.0 + by),
            ..*d
        };
        rest.iter().filter(|d| d.arrival.0 > stopped + 2 * SECOND_NS).map(later).collect()
    };
    let told_first = |minutes: u64, trust: &[u8]| {
        let frames = after(minutes);
        let (published, _) = run(&frames, frames[0].arrival, trust, &before);
        let by = minutes * 60 * SECOND_NS;
        let moved = |at: u64| pitchguard::ids::EventNs(at + by);
        assert!(first_told(&published, &truth[6]).is_none(), "it was told before");
        let next = Thrown { release: moved(truth[7].release.0), plate: moved(truth[7].plate.0), ..truth[7] };
        first_told(&published, &next).expect("the next one is found")
    };
    assert!(is_early(&told_first(0, &trust)), "trusted at once");
    assert!(!is_early(&told_first(0, &[])), "without what was kept nobody is");
    assert!(is_early(&told_first(15, &trust)));
    assert!(!is_early(&told_first(21, &trust)), "what was found so long ago says nothing");
}
