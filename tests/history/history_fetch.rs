//! Fetching days from a source that fails in every way, and the stages that follow.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Mutex;
use std::time::Duration;

use crate::savant_support::{Act, Source as Server, body};
use jiff::civil::{Date, date};
use pitchguard::history::etl::{DailyModel, LabelCounts, Training, days_due, last_run, run_etl};
use pitchguard::history::fetch::{Days, FetchSummary, Settings, Source, fetch_days};
use pitchguard::history::jobs::{Job, ModelJob, Outcome, Sources, perform};
use pitchguard::history::{self, Inputs, Paths, Unwatched, Watcher};
use pitchguard::store::{Store, StoreError, StoreOptions};

const TODAY: Date = Date::constant(2023, 7, 20);
const DAY: Date = Date::constant(2023, 7, 1);

/// From [`DAY`] on.
fn days(to: Date) -> Days {
    Days { from: DAY, to, again: false }
}

struct Rig {
    _dir: tempfile::TempDir,
    store: Store,
    server: Server,
}

fn settings(server: &Server) -> Settings {
    Settings {
        timeout: Duration::from_millis(700),
        attempts: 4,
        wait: Duration::from_millis(1),
        wait_max: Duration::from_millis(4),
        failures_max: 50,
        open: Duration::from_mins(1),
        pause: Duration::ZERO,
        ..Settings::of(&server.url)
    }
}

impl Rig {
    fn new(acts: &[Act]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::open(dir.path(), StoreOptions::default()).expect("a new store opens");
        Self { _dir: dir, store, server: Server::start(acts) }
    }

    fn fetch(&self, to: Date) -> FetchSummary {
        self.fetch_by(&Source::new(settings(&self.server)), to)
    }

    fn fetch_by(&self, source: &Source, to: Date) -> FetchSummary {
        fetch_days(&self.store, source, days(to), TODAY, &mut Unwatched).expect("the store works")
    }

    fn pitches(&self) -> u64 {
        self.store.counts().expect("counted").pitches
    }
}

#[test]
fn days_come_one_after_the_other_and_are_not_asked_for_again() {
    let b = Rig::new(&[]);
    let summary = b.fetch(date(2023, 7, 3));
    assert_eq!((summary.days, summary.known, summary.retries, summary.pitches.new), (3, 0, 0, 9), "{summary}");
    assert_eq!(b.server.days(), ["2023-07-01", "2023-07-02", "2023-07-03"]);
    assert_eq!(b.store.appearances_of(7, "2023-07-01", "2023-07-03").expect("read").len(), 3);
    let again = b.fetch(date(2023, 7, 4));
    assert_eq!((again.days, again.known, again.pitches.new), (1, 3, 3), "{again}");
}

#[test]
fn whatever_goes_wrong_once_is_asked_for_again_and_nothing_of_it_is_kept() {
    for act in [
        Act::Status(500),
        Act::Status(502),
        Act::Status(408),
        Act::Later(0),
        Act::Hangs,
        Act::Closes,
        Act::CutByLength,
        Act::CutInRow,
        Act::Garbage,
        Act::Html,
        Act::Trickles,
        Act::Empty,
    ] {
        let b = Rig::new(&[act]);
        let summary = b.fetch(DAY);
        assert_eq!((summary.days, summary.retries), (1, 1), "{act:?}: {summary}");
        assert_eq!((summary.pitches.new, summary.pitches.refused.total(), b.pitches()), (3, 0, 3), "{act:?}");
    }
}

#[test]
fn the_first_day_that_does_not_come_ends_the_run_and_the_next_run_goes_on_there() {
    for (acts, why) in [
        (vec![Act::Good, Act::Status(404)], "answers 404"),
        (vec![Act::Good, Act::TooMany], "25000 rows"),
        ([&[Act::Good][..], &[Act::CutInRow; 4]].concat(), "no whole Savant CSV"),
        ([&[Act::Good][..], &[Act::Later(3600)]].concat(), "asks to wait 3600 s"),
    ] {
        let b = Rig::new(&acts);
        let summary = b.fetch(date(2023, 7, 3));
        let (day, said) = summary.ended_at.clone().expect("it ended early");
        assert!(day == "2023-07-02" && said.contains(why), "{summary}");
        assert_eq!((b.server.days().len(), b.pitches()), (acts.len(), 3), "{why}");
        let rest = b.fetch(date(2023, 7, 3));
        assert_eq!((rest.known, rest.days, rest.ended_at, b.pitches()), (1, 2, None, 9), "{why}");
    }
}

#[test]
fn a_source_is_left_alone_as_long_as_it_asks() {
    let b = Rig::new(&[Act::Later(1)]);
    assert_eq!(b.fetch(DAY).days, 1);
    // A sleep is never shorter than it is told.
    assert!(b.server.between(0, 1) >= Duration::from_secs(1));
}

#[test]
fn a_source_that_keeps_failing_is_asked_no_more_until_it_had_a_rest() {
    let b = Rig::new(&[Act::Status(503); 3]);
    let settings = Settings { attempts: 10, failures_max: 2, open: Duration::from_millis(400), ..settings(&b.server) };
    let source = Source::new(settings);
    let summary = b.fetch_by(&source, DAY);
    assert!(summary.ended_at.as_ref().is_some_and(|(_, why)| why.contains("left alone")), "{summary}");
    let asked = b.server.days().len();
    assert_eq!(asked, 3);
    assert_eq!(b.fetch_by(&source, DAY).days, 0, "another run of the same daemon");
    assert_eq!(b.server.days().len(), asked);
    std::thread::sleep(Duration::from_millis(450));
    assert_eq!(b.fetch_by(&source, DAY).days, 1, "it had its rest");
}

#[test]
fn the_last_days_before_the_day_of_asking_are_asked_for_again() {
    let b = Rig::new(&[]);
    let source = Source::new(settings(&b.server));
    let run = |today| fetch_days(&b.store, &source, days(DAY), today, &mut Unwatched).expect("the store works");
    assert_eq!(run(date(2023, 7, 2)).days, 1);
    let later = run(date(2023, 7, 5));
    assert_eq!((later.days, later.pitches.unchanged), (1, 3), "scorers correct");
    assert_eq!(run(date(2023, 7, 6)).known, 1);
}

#[test]
fn a_day_of_the_season_without_a_row_is_asked_for_again_for_weeks_and_told() {
    let b = Rig::new(&[Act::HeaderOnly, Act::HeaderOnly]);
    let source = Source::new(settings(&b.server));
    let run = |today| fetch_days(&b.store, &source, days(DAY), today, &mut Unwatched).expect("the store works");
    let first = run(date(2023, 7, 20));
    assert_eq!((first.days, first.empty.as_slice()), (1, &["2023-07-01".to_owned()][..]), "{first}");
    assert!(first.to_string().contains("1 day of the season without a pitch, asked for again"), "{first}");
    assert_eq!((run(date(2023, 8, 1)).empty.len(), b.pitches()), (1, 0));
    let third = run(date(2023, 8, 2));
    assert_eq!((third.days, third.empty.len(), b.pitches()), (1, 0, 3), "its pitches came late: {third}");
    assert_eq!(run(date(2023, 8, 3)).known, 1);

    let b = Rig::new(&[Act::HeaderOnly; 3]);
    let source = Source::new(settings(&b.server));
    let run = |day: Date, today| {
        let days = Days { from: day, to: day, again: false };
        fetch_days(&b.store, &source, days, today, &mut Unwatched).expect("the store works")
    };
    assert_eq!(run(DAY, date(2023, 7, 20)).days, 1);
    assert_eq!(run(DAY, date(2023, 8, 17)).days, 1);
    assert_eq!(run(DAY, date(2023, 8, 18)).known, 1, "four weeks empty: there was no game");
    let winter = run(date(2023, 1, 5), date(2023, 7, 20));
    assert_eq!((winter.days, winter.empty.len()), (1, 0), "{winter}");
    assert_eq!(run(date(2023, 1, 5), date(2023, 7, 21)).known, 1);
}

#[test]
fn a_run_that_names_no_days_comes_back_to_one_that_was_empty() {
    let b = Rig::new(&[Act::Good, Act::HeaderOnly]);
    b.fetch(date(2023, 7, 12));
    assert_eq!(days_due(&b.store, TODAY).expect("read"), Some((date(2023, 7, 2), date(2023, 7, 19))));
    b.fetch(date(2023, 7, 2));
    assert_eq!(days_due(&b.store, TODAY).expect("read"), Some((date(2023, 7, 9), date(2023, 7, 19))));
}

#[test]
fn a_day_of_which_nothing_or_a_part_was_taken_is_not_settled_and_is_told() {
    for (act, pitches, word) in
        [(Act::NoGame, 0, "of whose rows none could be taken"), (Act::Part, 3, "of whose games pitches are missing")]
    {
        let b = Rig::new(&[act]);
        let url = Some(b.server.url.clone());
        let fetch = Job::Fetch { from: DAY, to: DAY, url, again: false };
        let run = || {
            let (no_files, sources) = (&mut Paths::new([]), Sources::default());
            perform(&b.store, &fetch, no_files, &sources, None, TODAY, &mut Unwatched).expect("the store works")
        };
        let done = run();
        assert!(done.said.contains(word) && b.pitches() == pitches, "{act:?}: {}", done.said);
        assert!(done.undone.is_some_and(|why| why.contains("1 day came only in part")), "{act:?}");
        let again = run();
        assert!(again.said.starts_with("1 day fetched"), "{act:?}: {}", again.said);
        if act == Act::NoGame {
            let known = run();
            assert!(known.said.starts_with("0 days fetched, 1 known"), "{}", known.said);
            assert_eq!((again.undone, known.undone), (None, None));
        }
    }
    let b = Rig::new(&[Act::Good, Act::Part]);
    b.fetch(date(2023, 7, 12));
    assert_eq!(days_due(&b.store, TODAY).expect("read"), Some((date(2023, 7, 2), date(2023, 7, 19))));
    let b = Rig::new(&[Act::Good, Act::NoGame]);
    let source = Source::new(settings(&b.server));
    let again = Days { again: true, ..days(DAY) };
    let run = || fetch_days(&b.store, &source, again, TODAY, &mut Unwatched).expect("the store works");
    assert_eq!((run().untaken.len(), run().untaken.as_slice()), (0, &["2023-07-01".to_owned()][..]));
    assert_eq!((b.pitches(), b.fetch(DAY).known), (3, 1), "what was there stays");
}

#[test]
fn rows_of_another_day_are_no_answer_and_what_the_source_says_of_itself_is_shown() {
    for (act, word) in [
        (Act::OtherDay, "line 2 is of 2023-06-30, which was not asked for"),
        (Act::Error, "“Too many results, narrow it”"),
        (Act::Json, "\"application/json\", which is no CSV, and says “rate limited”"),
        (Act::Empty, "it is empty"),
    ] {
        let b = Rig::new(&[act; 4]);
        let summary = b.fetch(DAY);
        let (day, said) = summary.ended_at.clone().unwrap_or_default();
        assert!(day == "2023-07-01" && said.contains(word), "{summary}");
        assert_eq!((b.pitches(), b.fetch(DAY).days, b.pitches()), (0, 1, 3), "it is asked for again");
    }
}

#[test]
fn days_that_are_known_are_asked_for_again_where_that_is_wanted_and_keep_what_an_empty_answer_lacks() {
    let b = Rig::new(&[Act::Good, Act::Good, Act::HeaderOnly]);
    let source = Source::new(settings(&b.server));
    let run = |again| {
        let days = Days { from: DAY, to: date(2023, 7, 2), again };
        fetch_days(&b.store, &source, days, TODAY, &mut Unwatched).expect("the store works")
    };
    assert_eq!((run(false).days, run(false).known), (2, 2));
    let again = run(true);
    assert_eq!((again.days, again.emptied.as_slice(), b.pitches()), (2, &["2023-07-01".to_owned()][..], 6), "{again}");
    assert!(again.to_string().contains("came empty, and had pitches before, which stay: 2023-07-01"), "{again}");
    let last = run(true);
    assert_eq!((last.days, last.pitches.unchanged, last.emptied.len()), (2, 6, 0));
}

#[test]
fn work_that_is_told_to_stop_ends_at_a_whole_day() {
    struct After(u32);
    impl Watcher for After {
        fn progress(&mut self, _: &str, _: u64, _: u64) {}
        fn stopped(&mut self) -> bool {
            self.0 = self.0.saturating_sub(1);
            self.0 == 0
        }
    }
    let b = Rig::new(&[Act::Good, Act::Hangs]);
    let source = Source::new(settings(&b.server));
    let nine = days(date(2023, 7, 9));
    let summary = fetch_days(&b.store, &source, nine, TODAY, &mut After(12)).expect("the store works");
    assert!(summary.ended_at.as_ref().is_some_and(|(_, why)| why.contains("told to stop")), "{summary}");
    assert_eq!(b.pitches(), 3 * summary.days, "no day is half there");
    assert_eq!(b.fetch(date(2023, 7, 9)).known, summary.days);
}

/// Notes what it is asked to do.
struct Noting<'s> {
    store: &'s Store,
    featured: Mutex<Vec<BTreeSet<(u32, u16)>>>,
    nights: Mutex<Vec<Date>>,
}

impl DailyModel for Noting<'_> {
    fn features(&self, whose: &BTreeSet<(u32, u16)>) -> Result<u64, StoreError> {
        self.featured.lock().expect("nobody panicked").push(whose.clone());
        Ok(whose.len() as u64)
    }

    fn night(&self, day: Date) -> Result<u64, StoreError> {
        self.nights.lock().expect("nobody panicked").push(day);
        Ok(1)
    }

    fn labels(&self) -> Result<LabelCounts, StoreError> {
        let negative = self.store.counts()?.appearances;
        Ok(LabelCounts { positive: 0, negative, left_out: 0 })
    }

    fn train_if_due(&self, labels: &LabelCounts) -> Result<Training, StoreError> {
        Ok(Training::NotDue(format!("{} days are too few", labels.negative)))
    }

    fn perform(
        &self,
        ask: &ModelJob,
        _: &mut dyn Inputs,
        _: &mut dyn Watcher,
    ) -> Result<Outcome, Box<dyn Error + Send + Sync>> {
        Err(format!("{ask:?} is for others").into())
    }
}

#[test]
fn the_stages_run_on_what_changed_and_a_failing_source_keeps_none_from_it() {
    let b = Rig::new(&[Act::Good, Act::Good, Act::Status(404)]);
    let source = Source::new(settings(&b.server));
    let model = Noting { store: &b.store, featured: Mutex::default(), nights: Mutex::default() };
    let run = |to| run_etl(&b.store, Some((&source, days(to))), Some(&model), TODAY, &mut Unwatched).expect("it works");
    let first = run(date(2023, 7, 3));
    assert_eq!(first.fetch.as_ref().map(|f| (f.days, f.ended_at.is_some())), Some((2, true)));
    assert_eq!((first.changed, first.features), (1, Some(1)));
    assert_eq!(first.labels, Some(LabelCounts { positive: 0, negative: 2, left_out: 0 }));
    assert_eq!(last_run(&b.store).expect("read"), Some(first));
    let second = run(date(2023, 7, 2));
    assert_eq!((second.changed, second.features, second.night), (0, Some(0), None), "nothing is new");
    run(date(2023, 7, 3));
    let whose = BTreeSet::from([(7, 2023)]);
    assert_eq!(*model.featured.lock().expect("nobody panicked"), [whose.clone(), whose]);
    assert_eq!(
        *model.nights.lock().expect("nobody panicked"),
        [date(2023, 7, 19); 2],
        "the night, and what came later"
    );
}

#[test]
fn without_a_model_what_changed_waits_for_one() {
    let b = Rig::new(&[]);
    let source = Source::new(settings(&b.server));
    let report = run_etl(&b.store, Some((&source, days(DAY))), None, TODAY, &mut Unwatched).expect("it works");
    assert_eq!((report.changed, report.features, report.training.clone()), (1, None, None));
    assert!(report.to_string().contains("no features, labels and training"), "{report}");
    assert_eq!(history::changed(&b.store).expect("read"), BTreeSet::from([(7, 2023)]));
    assert_eq!(days_due(&b.store, TODAY).expect("read"), Some((date(2023, 6, 28), date(2023, 7, 19))));
}

#[test]
fn days_that_make_no_sense_are_refused() {
    let b = Rig::new(&[]);
    let ask = |work: &Job| {
        let no_files = &mut Paths::new([]);
        let done = perform(&b.store, work, no_files, &Sources::default(), None, TODAY, &mut Unwatched);
        done.map(|outcome| outcome.said).map_err(|error| error.to_string())
    };
    let url = Some(b.server.url.clone());
    let fetch = |from, to| Job::Fetch { from, to, url: url.clone(), again: false };
    assert!(ask(&fetch(date(2023, 7, 3), DAY)).expect_err("turned round").contains("turn them round"));
    assert!(ask(&fetch(date(2030, 7, 3), date(2030, 7, 4))).expect_err("the future").contains("not come yet"));
    let etl = Job::Etl { from: None, to: None, url: url.clone(), fetch: true };
    assert!(ask(&etl).expect_err("an empty store").contains("say --from"));
    assert!(ask(&fetch(DAY, DAY)).expect("it comes").contains("1 day fetched"));
    assert!(body("2023-07-01").lines().count() == 4);
}
