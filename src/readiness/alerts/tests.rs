//! What must hold of `alerts.rs`.

use super::*;
use proptest::prelude::*;

/// One rule of one pitcher, fed values.
#[derive(Default)]
struct Bench {
    watches: Watches,
    book: Book,
    pitches: u64,
}

impl Bench {
    fn new() -> Self {
        Self { book: Book::new(100), ..Self::default() }
    }

    fn feed(&mut self, rule: Rule, value: f64, new_pitch: bool) -> Changes {
        self.pitches += u64::from(new_pitch);
        let mut changes = Changes::default();
        let subject = Subject {
            pitcher: PitcherId(1),
            mound: MoundId(0),
            at: EventNs(1_700_000_000_000_000_000 + self.pitches),
            new_pitch,
        };
        let config = AlertConfig::default();
        let value_of = |r| (r == rule).then_some(Seen::from(value));
        self.watches.judge(&mut self.book, &config, subject, value_of, |_, _, _| String::new(), &mut changes);
        changes
    }

    fn standing(&self) -> Option<Severity> {
        self.watches.standing(&self.book).first().map(|a| a.severity)
    }
}

#[test]
fn every_limit_of_the_science_raises_and_the_limit_itself_does_not() {
    for (rule, limit, worse, severity) in [
        (Rule::Readiness, 60.0, -0.1, Severity::Critical),
        (Rule::CalibrationConfidence, 0.6, -0.01, Severity::Critical),
        (Rule::LateDataFrac, 0.3, 0.01, Severity::Critical),
        (Rule::FeatureQaMin, 0.7, -0.01, Severity::Critical),
        (Rule::Readiness, 80.0, -0.1, Severity::Warning),
        (Rule::CalibrationConfidence, 0.8, -0.01, Severity::Warning),
        (Rule::LateDataFrac, 0.2, 0.01, Severity::Warning),
        (Rule::VelocityDelta, -2.0, -0.1, Severity::Warning),
    ] {
        let mut bench = Bench::new();
        bench.feed(rule, limit, true);
        assert_ne!(bench.standing(), Some(severity), "{rule:?} at {limit}");
        let changes = bench.feed(rule, limit + worse, true);
        assert_eq!(bench.standing(), Some(severity), "{rule:?} beyond {limit}");
        let raised = changes.raised.last().expect("raised");
        assert_eq!((raised.rule.as_str(), raised.limit, raised.value), (rule.name(), limit, limit + worse));
    }
}

#[test]
fn a_confidence_that_nobody_knows_any_more_is_no_alert() {
    let mut bench = Bench::new();
    let changes = bench.feed(Rule::CalibrationConfidence, 0.55, true);
    assert_eq!(changes.raised.last().map(|alert| alert.audience), Some(Audience::Engineer));
    assert_eq!(bench.standing(), Some(Severity::Critical));
    let changes = bench.feed(Rule::Readiness, 95.0, true);
    assert!(changes.raised.iter().all(|alert| alert.audience == Audience::Coach));
    assert_eq!((bench.standing(), changes.cleared.len()), (None, 1), "{changes:?}");
    assert!(changes.cleared[0].cleared_because.as_ref().is_some_and(|why| why.contains("unverified")));
}

#[test]
fn a_value_on_the_line_does_not_flap() {
    let mut bench = Bench::new();
    let raised: usize =
        (0..100).map(|i| bench.feed(Rule::Readiness, if i % 2 == 0 { 79.5 } else { 80.5 }, true).raised.len()).sum();
    assert_eq!((raised, bench.standing()), (1, Some(Severity::Warning)));
}

proptest! {
    #[test]
    fn no_noise_between_limit_and_clear_value_raises_twice_or_clears(
        rule in 0..Rule::ALL.len(), noise in proptest::collection::vec(-1.0..1.0_f64, 3..60), critical: bool,
    ) {
        let rule = Rule::ALL[rule];
        let Limits { warning, critical: worst } = rule.limits(&AlertConfig::default());
        let limit = if critical { worst.or(warning) } else { warning.or(worst) }.expect("every rule has one");
        // On both sides of the limit, and never as good as the clear value.
        let band = 0.99 * (limit.clear - limit.raise);
        let mut bench = Bench::new();
        let severities: Vec<_> = noise
            .iter()
            .map(|off| {
                bench.feed(rule, limit.raise + off * band, true);
                bench.standing()
            })
            .collect();
        let changes = severities.windows(2).filter(|pair| pair[0] != pair[1]).count();
        // None, warning, critical: once each, and never back.
        prop_assert!(changes <= 2 && severities.is_sorted(), "{severities:?}");
    }
}

#[test]
fn clearing_takes_three_new_pitches_in_a_row_and_revisions_do_not_count() {
    let mut bench = Bench::new();
    bench.feed(Rule::Readiness, 75.0, true);
    for (value, new_pitch) in [(90.0, true), (90.0, true), (90.0, false), (90.0, false), (82.0, true), (90.0, true)] {
        assert_eq!(bench.feed(Rule::Readiness, value, new_pitch), Changes::default());
    }
    bench.feed(Rule::Readiness, 90.0, true);
    assert_eq!(bench.feed(Rule::Readiness, 90.0, true).cleared.len(), 1);
    assert_eq!(bench.standing(), None);
}

#[test]
fn a_revision_that_takes_the_cause_away_clears_at_once() {
    let mut bench = Bench::new();
    for _ in 0..5 {
        bench.feed(Rule::VelocityDelta, 0.0, true);
    }
    assert_eq!(bench.feed(Rule::VelocityDelta, -2.5, true).raised.len(), 1);
    assert_eq!(bench.feed(Rule::VelocityDelta, 0.0, false).cleared.len(), 1);
}

#[test]
fn an_alert_that_cleared_is_no_longer_acknowledged() {
    let mut bench = Bench::new();
    let id = bench.feed(Rule::Readiness, 75.0, true).raised[0].id;
    for _ in 0..3 {
        bench.feed(Rule::Readiness, 95.0, true);
    }
    assert_eq!((bench.standing(), bench.book.acknowledge(id, "now".to_owned())), (None, None));
}

#[test]
fn a_critical_takes_its_warnings_place_and_leaves_one_behind_on_the_way_back() {
    let mut bench = Bench::new();
    bench.feed(Rule::Readiness, 70.0, true);
    let changes = bench.feed(Rule::Readiness, 55.0, true);
    assert_eq!((changes.raised.len(), changes.cleared.len()), (1, 1));
    assert_eq!(bench.standing(), Some(Severity::Critical));
    for _ in 0..3 {
        bench.feed(Rule::Readiness, 70.0, true);
    }
    assert_eq!(bench.standing(), Some(Severity::Warning));
    for _ in 0..3 {
        bench.feed(Rule::Readiness, 95.0, true);
    }
    assert_eq!(bench.standing(), None);
}

#[test]
fn what_stands_is_acknowledged_by_the_first_who_says_so_and_what_has_cleared_by_nobody() {
    let mut bench = Bench::new();
    let id = bench.feed(Rule::Readiness, 75.0, true).raised[0].id;
    let mut seen = |when: &str| bench.book.acknowledge(id, when.to_owned()).and_then(|a| a.acknowledged_at.clone());
    assert_eq!(seen("early").as_deref(), Some("early"));
    assert_eq!(seen("late").as_deref(), Some("early"));
    for _ in 0..3 {
        bench.feed(Rule::Readiness, 95.0, true);
    }
    assert!(bench.book.acknowledge(id, "too late".to_owned()).is_none());
}

#[test]
fn the_book_is_bounded_and_gives_up_cleared_alerts_first() {
    let mut bench = Bench { book: Book::new(5), ..Bench::default() };
    bench.feed(Rule::LateDataFrac, 0.5, true);
    for i in 0..100 {
        bench.feed(Rule::Readiness, if i % 4 == 0 { 70.0 } else { 95.0 }, true);
    }
    assert_eq!(bench.book.alerts().count(), 5);
    assert_eq!(bench.book.alerts().filter(|a| a.rule == "late_data_frac").count(), 1);
}

proptest! {
    #[test]
    fn beyond_a_limit_an_alert_stands_inside_none_is_raised_and_ids_never_repeat(
        values in prop::collection::vec((40.0..100.0_f64, any::<bool>()), 1..200),
    ) {
        let mut bench = Bench::new();
        let mut last_id = 0;
        for (value, new_pitch) in values {
            let before = bench.standing();
            let changes = bench.feed(Rule::Readiness, value, new_pitch);
            for alert in &changes.raised {
                prop_assert!(alert.id > last_id && alert.id < 1 << 53);
                last_id = alert.id;
            }
            prop_assert!(changes.raised.len() <= 1 && changes.cleared.len() <= 1);
            prop_assert_eq!(bench.watches.standing(&bench.book).len(), usize::from(bench.standing().is_some()));
            if value < 60.0 {
                prop_assert_eq!(bench.standing(), Some(Severity::Critical));
            }
            if value < 80.0 {
                prop_assert!(bench.standing().is_some());
            } else if before.is_none() {
                prop_assert!(bench.standing().is_none());
            }
        }
    }
}
