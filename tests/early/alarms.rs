//! No alert is raised by an early result that the full one does not justify.

use std::collections::BTreeMap;

use pitchguard::pipeline::Settings as PipelineSettings;
use pitchguard::readiness::Severity;
use pitchguard::simulate::{Game, Scenario, Settings};
use pitchguard::tracking;
use pitchguard::tracking::venue::Venue;

use crate::common::full;
use crate::evening::{Evening, LAWS, play, settings};

/// How often each alert was raised.
fn counted(evening: &Evening) -> BTreeMap<(String, bool, Option<u32>), usize> {
    let mut counts = BTreeMap::new();
    for (rule, severity, pitcher, _) in &evening.raised {
        let of = (rule.clone(), *severity == Severity::Critical, pitcher.map(|pitcher| pitcher.0));
        *counts.entry(of).or_default() += 1;
    }
    counts
}

#[test]
fn an_early_result_raises_no_alert_that_the_full_one_does_not() {
    let venue = Venue::busch_iii();
    let of_all = settings(&venue);
    let late = tracking::Config { early: false, ..of_all.tracking.clone() };
    let without = PipelineSettings { tracking: late, ..of_all.clone() };
    let (mut alerts, mut early, outings) = (0, 0, if full() { 100 } else { 4 });
    for seed in 1..=outings {
        let law = LAWS[seed as usize % LAWS.len()];
        // A closer who tires: his numbers cross every limit on their way.
        let evening = |pipeline: &PipelineSettings| {
            let own = Settings { seed, pitches_max: Some(45), ..Settings::quiet() };
            play(&venue, &Game::Scenario(Scenario::Closer), law, own, pipeline)
        };
        let (soon, later) = (evening(&of_all), evening(&without));
        let (raised, justified) = (counted(&soon), counted(&later));
        for (alert, count) in &raised {
            assert!(justified.get(alert).is_some_and(|times| count <= times), "seed {seed}: {alert:?} {count} times");
        }
        alerts += raised.values().sum::<usize>();
        early += soon.told.iter().filter(|told| told.early().is_some()).count();
        assert!(later.told.iter().all(|told| told.early().is_none()));
        // What is final is the same to the bit, whatever was told before.
        for (soon, later) in soon.told.iter().zip(&later.told) {
            let last = |told: &crate::evening::Told| told.published.last().map(|(record, _)| record.clone());
            let (Some(soon), Some(later)) = (last(soon), last(later)) else {
                panic!("seed {seed}: a pitch was not found")
            };
            assert_eq!((soon.values, soon.sd, soon.flags), (later.values, later.sd, later.flags));
            assert_eq!((soon.cameras, soon.release_ns, soon.pitcher), (later.cameras, later.release_ns, later.pitcher));
        }
    }
    eprintln!("{outings} outings, {early} early results, {alerts} alerts");
    assert!(alerts >= outings as usize && early > 20, "{alerts} alerts, {early} early results");
}
