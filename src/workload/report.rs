//! What a pitcher carried, day by day (science.md §5): rolling loads, rest, acute:chronic ratio, dose, pitcher abuse
//! points and the guidance of Pitch Smart.
//!
//! Acute and chronic load, their ratio and the rest that is missing are readiness's own, as of the end of each day: what
//! the next morning's readiness is told.
//!
//! - Rolling loads of 7, 14 and 30 days end with the day itself.
//! - **Acute and chronic** are exponentially weighted means of pitches a day over 7 and 28 days, uncoupled. The ratio is
//!   absent until four weeks are known, and where the chronic load is next to nothing. Display it, don't lean on it.
//! - **Dose** = today's pitches + Σ past pitches·2^(−days), all on the game mound: warm-ups are none of them; its cap goes by
//!   role \[P\]. It is the dose that readiness tells on the same day.
//! - A day that was only partly seen has at least the pitches that are counted. `partly_seen_on` tells the newest one behind a
//!   number: all windows end with their day, so that one holds such a day exactly where it holds the newest.
//! - **PAP³** = max(0, pitches − 100)³, of starters only.
//! - **Rest** is counted in whole days between two days of pitching: who pitched yesterday has none.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;

use super::carried::{HISTORY_DAYS, ROLE_DAYS_MIN, Role, Workload, acute_chronic, newest_days, rest_asked};
use super::told::{DailyLoad, Roles, WorkloadAppearance, WorkloadReport, WorkloadSummary};
use crate::ids::PitcherId;
use crate::records::AppearanceRecord;
use crate::words::counted;

/// Days before the range that its first loads depend on: a winter, so that the rest before opening day is known too.
pub const LOOK_BACK_D: i64 = 180;

/// Days after the newest game that is known of anybody for which it is known that he threw no other \[P\]: games come in
/// within days, and a month without any is a source that tells nothing more.
pub const KNOWN_FOR_D: i64 = 30;

/// Games of which pitches are missing are told of so many days back: they could still weigh in a load.
const LACK_TOLD_D: i64 = 35;

/// And so many of them by name, the newest.
const LACKS_TOLD: usize = 5;

/// Pitch Smart, 19 to 22 years: at most so many pitches of a day.
const PITCH_SMART_MAX: u32 = 120;

const GUIDANCE: &str = "Pitch Smart, ages 19 to 22: guidance, not a rule of this league";

/// PAP³ of a day: max(0, pitches − 100)³.
pub fn pap3(pitches: u32) -> f64 {
    f64::from(pitches.saturating_sub(100)).powi(3)
}

/// The first day that appearances are wanted from for a range that starts on `start`.
pub fn needed_from(start: Date) -> Date {
    start.saturating_sub(LOOK_BACK_D.days())
}

/// Whole days from one date to a later one; 0 where it is not later.
fn days_between(early: Date, late: Date) -> usize {
    late.since(early).map_or(0, |span| usize::try_from(span.get_days()).unwrap_or(0))
}

/// The workload over `start..=end`, from his appearances of the range and of [`LOOK_BACK_D`] days before, in any order.
pub fn report(
    pitcher: PitcherId,
    appearances: &[AppearanceRecord],
    range: (Date, Date),
    roles: &Roles,
) -> WorkloadReport {
    report_of(pitcher, appearances, range, Until { known_to: range.1, today: Date::MAX }, roles, None)
}

/// Up to when what is known.
#[derive(Debug, Clone, Copy)]
pub struct Until {
    /// The last day on which a game of anybody would be known.
    pub known_to: Date,
    /// The day of baseball that is not over.
    pub today: Date,
}

/// [`report`] where games are known up to a day, of somebody whose role is told; judged by his outings where it is not.
pub fn report_of(
    pitcher: PitcherId,
    appearances: &[AppearanceRecord],
    (start, end): (Date, Date),
    Until { known_to, today }: Until,
    roles: &Roles,
    told: Option<Role>,
) -> WorkloadReport {
    let mut thrown: BTreeMap<Date, u32> = BTreeMap::new();
    let mut at_most: BTreeMap<Date, u32> = BTreeMap::new();
    let mut partly_seen: BTreeSet<Date> = BTreeSet::new();
    for appearance in appearances {
        let Ok(date) = appearance.game_date.parse::<Date>() else { continue };
        if (needed_from(start)..=end).contains(&date) {
            let (pitches, more) = appearance.counted();
            if appearance.counts() {
                let day = thrown.entry(date).or_default();
                *day = day.saturating_add(pitches);
            }
            let most = at_most.entry(date).or_default();
            *most = most.saturating_add(pitches).saturating_add(more);
            partly_seen.extend(Some(date).filter(|_| more > 0 || !appearance.missed.is_nothing()));
        }
    }
    let role_days = role_days(appearances, end);
    let role = told.or_else(|| Role::of(&role_days, roles.starter_pitches_min));
    let days = Days::of(&thrown, partly_seen, start, end);
    let of_starters = |pitches| (role == Some(Role::Starter)).then(|| pap3(pitches));
    let first_known = appearances.iter().filter_map(|a| a.game_date.parse::<Date>().ok()).min();
    let known = first_known.map(|first| (first.max(start), known_to.max(first).min(end)));
    let loads: Vec<DailyLoad> = (days.first_of_range..days.pitches.len())
        .filter(|at| known.is_some_and(|(from, to)| (from..=to).contains(&days.date(*at))))
        .map(|at| days.load(at, of_starters))
        .collect();

    let mut shown: Vec<_> = appearances
        .iter()
        .filter_map(|a| {
            let date: Date = a.game_date.parse().ok()?;
            (start..=end).contains(&date).then(|| WorkloadAppearance {
                game_date: a.game_date.clone(),
                game_pk: (a.game_pk != 0).then_some(a.game_pk),
                game_type: a.game_type.clone(),
                pitches: a.pitches,
                partly_seen: !a.missed.is_nothing(),
                missing: a.lack.map(|lack| lack.missing),
                counted: a.counts(),
                release_speed: a.release_speed,
                release_spin_rate: a.release_spin_rate,
                effective_speed: a.effective_speed,
                rest_days: loads.iter().find(|load| load.date == a.game_date).and_then(|load| load.rest_days),
                pap3: of_starters(a.pitches).filter(|_| a.counts()),
            })
        })
        .collect();
    shown.sort_by(|a, b| (&a.game_date, a.game_pk).cmp(&(&b.game_date, b.game_pk)));
    let rested_on = |thrown: &BTreeMap<Date, u32>| {
        thrown.iter().rev().take(RESTED_LOOK_BACK).map(|(date, pitches)| rested_after(*date, *pitches)).max()
    };
    let role = (role, told.is_none().then_some(role_days.len() as u32));
    let summary = summary(role, &loads, (rested_on(&thrown), rested_on(&at_most)), roles);
    WorkloadReport {
        pitcher,
        start_date: start.to_string(),
        end_date: end.to_string(),
        appearances: shown,
        unknown: unknown(first_known, known_to, (start, end), appearances),
        not_final: (end >= today).then(|| not_final(today, loads.last())),
        last_game_date: appearances.iter().map(|a| a.game_date.clone()).max(),
        loads,
        summary,
    }
}

/// Pitches of his newest days of pitching up to a day, the newest first, as many as tell a role; of all his days where those up to it are
/// too few.
fn role_days(appearances: &[AppearanceRecord], end: Date) -> Vec<u32> {
    let thrown = |outing: &AppearanceRecord| Some((outing.game_date.parse::<Date>().ok()?, outing.counted().0));
    let outings: Vec<_> = appearances.iter().filter(|outing| outing.counts()).filter_map(thrown).collect();
    let newest = |until: Date| {
        let by_then = outings.iter().filter(|(date, _)| *date <= until);
        newest_days(by_then.map(|(date, pitches)| (Reverse(*date), *pitches)))
    };
    let until_then = newest(end);
    if until_then.len() < ROLE_DAYS_MIN { newest(Date::MAX) } else { until_then }
}

/// That today is not over, in a sentence. `last` is the last day that is known.
fn not_final(today: Date, last: Option<&DailyLoad>) -> String {
    let so_far =
        last.filter(|load| load.date == today.to_string()).map(|load| match (load.pitches, load.partly_seen()) {
            (0, false) => "he has thrown no game pitch so far".to_owned(),
            (pitches, partly_seen) => {
                let least = if partly_seen { "at least " } else { "" };
                format!("he has thrown {least}{} so far", counted(pitches, "game pitch", "game pitches"))
            }
        });
    let so_far = so_far.unwrap_or_else(|| "what he throws on it is not known".to_owned());
    format!("Today, {today}, is not over: {so_far}.")
}

/// Which days of a range are not known, in a sentence.
fn unknown(
    first: Option<Date>,
    known_to: Date,
    (start, end): (Date, Date),
    appearances: &[AppearanceRecord],
) -> Option<String> {
    let Some(first) = first else { return Some("No game of his is known, so no day of his is.".to_owned()) };
    let before = (start < first)
        .then(|| format!("His first known game is of {first}: what he threw before that day is unknown."));
    let known_to = known_to.max(first);
    let after = (end > known_to).then(|| {
        format!("No game of anybody is known in the {KNOWN_FOR_D} days before {known_to}: what he threw after it is unknown.")
    });
    let near = |a: &&AppearanceRecord| {
        a.game_date
            .parse::<Date>()
            .is_ok_and(|date| (end.saturating_sub(LACK_TOLD_D.days()).min(start)..=end).contains(&date))
    };
    let lacking: Vec<String> = appearances.iter().filter(near).filter_map(lack_in_words).collect();
    let more = lacking.len().saturating_sub(LACKS_TOLD);
    let more = (more > 0).then(|| format!("So do {more} other games."));
    let told: Vec<String> =
        before.into_iter().chain(after).chain(lacking.into_iter().rev().take(LACKS_TOLD)).chain(more).collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// What an outing lacks, in a sentence.
fn lack_in_words(outing: &AppearanceRecord) -> Option<String> {
    let lack = outing.lack?;
    let (date, n) = (&outing.game_date, outing.pitches);
    let s = if n == 1 && lack.missing == 0 { "" } else { "es" };
    let of = if lack.missing > 0 { format!("{n} of at least {}", n + lack.missing) } else { n.to_string() };
    Some(if lack.measured_here {
        format!("{date}: {of} pitch{s} of his were measured; counted as measured, and he threw at least so many.")
    } else if lack.missing > 0 {
        format!("{date}: the file holds {of} pitch{s} of his; not counted.")
    } else {
        format!("{date}: the file holds {of} pitch{s} of his, and not the whole of his outing; not counted.")
    })
}

/// Days of pitching that may still ask for rest: nobody is asked for more than four days.
const RESTED_LOOK_BACK: usize = 5;

/// The first day on which the rest that this day of pitching asks for is over.
fn rested_after(date: Date, pitches: u32) -> Date {
    date.saturating_add((i64::from(rest_asked(pitches)) + 1).days())
}

/// Of the day on which he is rested: by what was counted, and by the most that he can have thrown.
fn summary(
    (role, role_days): (Option<Role>, Option<u32>),
    loads: &[DailyLoad],
    (rested_on, rested_at_most): (Option<Date>, Option<Date>),
    roles: &Roles,
) -> WorkloadSummary {
    let pitched: Vec<_> = loads.iter().filter(|load| load.pitches > 0).collect();
    let pitches: u32 = pitched.iter().map(|load| load.pitches).sum();
    let rests: Vec<u32> = pitched.iter().filter_map(|load| load.rest_days).collect();
    let mean = |sum: u32, n: usize| (n > 0).then(|| f64::from(sum) / n as f64);
    let count = |of: &dyn Fn(&DailyLoad) -> bool| pitched.iter().filter(|load| of(load)).count() as u32;
    WorkloadSummary {
        role,
        role_days,
        appearances: pitched.len() as u32,
        pitches,
        pitches_per_appearance: mean(pitches, pitched.len()),
        rest_days_mean: mean(rests.iter().sum(), rests.len()),
        short_rest_appearances: count(&|load| load.rest_deficit.is_some_and(|days| days > 0)),
        hundred_pitch_days: count(&|load| load.pitches >= 100),
        dose: loads.last().map(|load| load.dose),
        dose_cap: roles.cap(role),
        acwr: loads.last().and_then(|load| load.acwr),
        partly_seen_on: loads.last().and_then(|load| load.partly_seen_on.clone()),
        rested_on: rested_on.map(|date| date.to_string()),
        rested_on_unsure: rested_on < rested_at_most,
        pitches_max_advised: PITCH_SMART_MAX,
        guidance: GUIDANCE.to_owned(),
    }
}

/// One number a day, from the first day that matters to the last of the range.
struct Days {
    first: Date,
    first_of_range: usize,
    pitches: Vec<u32>,
    dose: Vec<f64>,
    partly_seen: BTreeSet<Date>,
}

impl Days {
    fn of(thrown: &BTreeMap<Date, u32>, partly_seen: BTreeSet<Date>, start: Date, end: Date) -> Self {
        let first = needed_from(start);
        let mut pitches = vec![0; days_between(first, end) + 1];
        for (date, count) in thrown {
            pitches[days_between(first, *date)] = *count;
        }
        let mut carried = 0.0;
        let dose = pitches.iter().map(|count| {
            carried = carried / 2.0 + f64::from(*count);
            carried
        });
        let dose = dose.collect();
        Self { first, first_of_range: days_between(first, start), dose, pitches, partly_seen }
    }

    /// What a morning knows: how many days ago he threw how much. `morning` is the place of its day.
    fn past(&self, morning: usize) -> Vec<(u32, u32)> {
        let from = morning.saturating_sub(HISTORY_DAYS as usize);
        let thrown = (from..morning).filter(|at| self.pitches[*at] > 0);
        thrown.map(|at| ((morning - at) as u32, self.pitches[at])).collect()
    }

    /// The newest day up to one that was only partly seen and still weighs.
    fn partly_seen_by(&self, at: usize) -> Option<String> {
        let newest = self.partly_seen.range(..=self.date(at)).next_back()?;
        (days_between(*newest, self.date(at)) <= HISTORY_DAYS as usize).then(|| newest.to_string())
    }

    pub(super) fn date(&self, at: usize) -> Date {
        self.first.saturating_add((at as i64).days())
    }

    fn load(&self, at: usize, pap3: impl Fn(u32) -> Option<f64>) -> DailyLoad {
        let sum = |days: usize| self.pitches[(at + 1).saturating_sub(days)..=at].iter().sum();
        let last = self.pitches[..at].iter().rposition(|count| *count > 0);
        let rest_days = last.map(|last| (at - last - 1) as u32);
        let rest_days_advised = last.map(|last| rest_asked(self.pitches[last]));
        let past = self.past(at + 1);
        let (acute, chronic) = acute_chronic(&past);
        DailyLoad {
            date: self.date(at).to_string(),
            pitches: self.pitches[at],
            dose: self.dose[at],
            pitches_7d: sum(7),
            pitches_14d: sum(14),
            pitches_30d: sum(30),
            partly_seen_on: self.partly_seen_by(at),
            acute,
            chronic,
            acwr: Workload::of_past(past).acwr,
            rest_days,
            rest_days_advised,
            // Where he has rested for longer than that, nothing asks for rest.
            rest_deficit: rest_days
                .map(|_| Workload::of_past(self.past(at)).rest_deficit.map_or(0, |days| days as u32)),
            pap3: pap3(self.pitches[at]),
            risk: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: Roles = Roles { starter_pitches_min: 50, starter_cap: 100.0, reliever_cap: 25.0 };

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn outing(game_date: &str, pitches: u32) -> AppearanceRecord {
        let game_pk = 7;
        AppearanceRecord {
            pitcher: 5,
            game_date: game_date.to_owned(),
            game_pk,
            pitches,
            ..AppearanceRecord::default()
        }
    }

    fn until(known_to: &str) -> Until {
        Until { known_to: date(known_to), today: Date::MAX }
    }

    fn of(outings: &[AppearanceRecord], start: &str, end: &str) -> WorkloadReport {
        report(PitcherId(5), outings, (date(start), date(end)), &ROLES)
    }

    #[test]
    fn a_day_of_few_pitches_ends_no_rest_that_the_day_before_asks_for() {
        let found = of(&[outing("2023-05-01", 90), outing("2023-05-03", 5)], "2023-05-01", "2023-05-06");
        let deficits: Vec<_> = found.loads.iter().map(|l| l.rest_deficit).collect();
        assert_eq!(deficits, [None, Some(4), Some(3), Some(2), Some(1), Some(0)]);
        assert_eq!(found.summary.rested_on.as_deref(), Some("2023-05-06"));
    }

    #[test]
    fn the_evening_says_what_the_next_mornings_readiness_is_told() {
        let days = ["2023-05-01", "2023-05-06", "2023-05-12", "2023-05-17", "2023-06-02"];
        let outings: Vec<_> = days.iter().zip([80, 91, 75, 99, 60]).map(|(day, n)| outing(day, n)).collect();
        let evening = of(&outings, "2023-06-02", "2023-06-02").loads.remove(0);
        let morning = Workload::of_past(vec![(33, 80), (28, 91), (22, 75), (17, 99), (1, 60)]);
        assert!(evening.acwr.is_some() && evening.acwr == morning.acwr, "{:?} {:?}", evening.acwr, morning.acwr);
    }

    #[test]
    fn rest_dose_and_sums_follow_the_days() {
        let found = of(&[outing("2023-05-01", 64), outing("2023-05-04", 20)], "2023-05-01", "2023-05-06");
        let loads = &found.loads;
        assert_eq!(
            loads.iter().map(|l| l.rest_days).collect::<Vec<_>>(),
            [None, Some(0), Some(1), Some(2), Some(0), Some(1)]
        );
        assert_eq!(loads.iter().map(|l| l.dose).collect::<Vec<_>>(), [64.0, 32.0, 16.0, 28.0, 14.0, 7.0]);
        assert_eq!(loads.iter().map(|l| l.pitches_7d).collect::<Vec<_>>(), [64, 64, 64, 84, 84, 84]);
        assert_eq!(loads[3].rest_deficit, Some(1), "64 pitches ask for three days, he had two");
        assert_eq!(loads[5].rest_days_advised, Some(0), "20 pitches ask for none");
        assert_eq!((found.summary.appearances, found.summary.pitches), (2, 84));
        assert_eq!(found.summary.short_rest_appearances, 1);
        assert_eq!(found.summary.rested_on.as_deref(), Some("2023-05-05"));
        assert_eq!(found.appearances[1].rest_days, Some(2));
    }

    #[test]
    fn two_games_of_a_day_are_one_days_work() {
        let mut second = outing("2023-05-01", 30);
        second.game_pk = 8;
        let found = of(&[outing("2023-05-01", 25), second], "2023-05-01", "2023-05-02");
        assert_eq!((found.appearances.len(), found.summary.appearances, found.loads[0].pitches), (2, 1, 55));
        assert_eq!(found.loads[1].rest_days_advised, Some(2));
    }

    #[test]
    fn the_ratio_of_a_steady_load_is_one_and_no_pitch_is_in_both_means() {
        let start = date("2023-03-01");
        let daily: Vec<_> =
            (0..150).map(|d| outing(&start.saturating_add(i64::from(d).days()).to_string(), 10)).collect();
        let steady = of(&daily, "2023-03-01", "2023-07-28");
        assert_eq!(steady.loads[26].acwr, None, "four weeks are not known yet");
        assert!(steady.loads[27].acwr.is_some());
        let last = steady.loads.last().expect("150 days");
        assert!((last.acwr.expect("known") - 1.0).abs() < 1e-3, "{last:?}");

        let mut spike = daily.clone();
        spike[149].pitches = 110;
        let spiked = of(&spike, "2023-07-28", "2023-07-28").loads[0].clone();
        assert!((spiked.chronic - last.chronic).abs() < 1e-3, "today's pitches are not in the chronic mean");
        assert!((spiked.acute - (last.acute + 100.0 * 0.25)).abs() < 1e-5, "λ = 2/(7 + 1)");
    }

    #[test]
    fn the_ratio_is_what_anybody_makes_of_each_days_pitches() {
        let start = date("2023-03-01");
        let some = (0..150).filter(|d| d % 5 == 0 || d % 7 == 3);
        let outings: Vec<_> = some
            .map(|d| outing(&start.saturating_add(i64::from(d).days()).to_string(), (20 + 13 * d % 71) as u32))
            .collect();
        let loads = of(&outings, "2023-03-01", "2023-08-20").loads;
        let mean = |past: &[(usize, f64)], from: usize, to: usize, share: f64| {
            let weight = |days: usize| share.powi((days - from) as i32);
            let load: f64 = past.iter().filter(|(days, _)| *days >= from).map(|(days, p)| weight(*days) * p).sum();
            load / (from..=to).map(weight).sum::<f64>()
        };
        let mut told = 0;
        for (at, load) in loads.iter().enumerate() {
            // As the tablet says: no more than the counts on the page, 0.75, 27/29, 7 and 63 days.
            let back = |days: &usize| at + 1 >= *days && loads[at + 1 - days].pitches > 0;
            let past: Vec<(usize, f64)> =
                (1..=63).filter(back).map(|days| (days, f64::from(loads[at + 1 - days].pitches))).collect();
            let Some(earliest) = past.last().map(|(days, _)| *days).filter(|days| *days >= 28) else {
                assert_eq!(load.acwr, None, "{load:?}");
                continue;
            };
            let (acute, chronic) = (mean(&past, 1, earliest, 0.75), mean(&past, 8, earliest, 27.0 / 29.0));
            assert!((load.acute - acute).abs() < 1e-9 && (load.chronic - chronic).abs() < 1e-9, "{load:?}");
            assert_eq!(load.acwr.is_some(), chronic >= 0.5, "{load:?}");
            if let Some(ratio) = load.acwr {
                told += 1;
                assert!((ratio - acute / chronic).abs() < 1e-9, "{load:?}");
            }
        }
        assert!(told > 100, "{told}");
    }

    #[test]
    fn abuse_points_are_starters_only() {
        let five = |pitches: u32| -> Vec<AppearanceRecord> {
            (1..=5).map(|day| outing(&format!("2023-05-{day:02}"), pitches)).collect()
        };
        let starter = of(&five(110), "2023-05-05", "2023-05-05");
        assert_eq!((starter.summary.role, starter.loads[0].pap3), (Some(Role::Starter), Some(1000.0)));
        assert_eq!(starter.summary.hundred_pitch_days, 1);
        let reliever = of(&five(12), "2023-05-05", "2023-05-05");
        assert_eq!(
            (reliever.summary.role, reliever.loads[0].pap3, reliever.summary.dose_cap),
            (Some(Role::Reliever), None, 25.0)
        );
    }

    #[test]
    fn a_role_is_told_with_the_days_that_it_rests_on_and_not_of_those_of_the_range_alone() {
        let turns = |days: std::ops::RangeInclusive<i64>, pitches: u32| -> Vec<AppearanceRecord> {
            let of = |day: i64| outing(&date("2023-04-01").saturating_add((5 * day).days()).to_string(), pitches);
            days.map(of).collect()
        };
        let role = |outings: &[AppearanceRecord], told: Option<Role>| {
            let range = (date("2023-07-01"), date("2023-07-31"));
            let summary = report_of(PitcherId(5), outings, range, until("2023-07-31"), &ROLES, told).summary;
            (summary.role, summary.role_days, summary.dose_cap)
        };
        let comes_back = [turns(0..=14, 95), turns(18..=20, 20)].concat();
        assert_eq!(role(&comes_back, None), (Some(Role::Starter), Some(15), 100.0), "three short outings in the range");
        assert_eq!(role(&turns(18..=20, 20), None), (None, Some(3), 100.0), "too few to tell");
        assert_eq!(role(&[], None), (None, Some(0), 100.0));
        assert_eq!(role(&turns(18..=20, 95), Some(Role::Reliever)), (Some(Role::Reliever), None, 25.0));
        assert_eq!(role(&turns(30..=40, 95), None).0, Some(Role::Starter), "he is what he is known to be");
    }

    #[test]
    fn days_of_which_nothing_is_known_are_left_out_and_told_and_no_zeros() {
        let outings = [outing("2023-05-03", 64), outing("2023-05-04", 20)];
        let dates = |report: &WorkloadReport| report.loads.iter().map(|l| l.date.clone()).collect::<Vec<_>>();
        let over = |start, end, known_to| {
            report_of(PitcherId(5), &outings, (date(start), date(end)), until(known_to), &ROLES, None)
        };
        let all = over("2023-05-03", "2023-05-05", "2023-06-03");
        assert_eq!((all.loads.len(), &all.unknown), (3, &None));
        let both = over("2023-05-01", "2023-05-07", "2023-05-05");
        assert_eq!(dates(&both), ["2023-05-03", "2023-05-04", "2023-05-05"]);
        let told = both.unknown.expect("told");
        assert!(told.contains("first known game is of 2023-05-03") && told.contains("before 2023-05-05"), "{told}");
        let outings = [outing("2023-05-03", 20), outing("2023-05-04", 20)];
        let over =
            |start, end| report_of(PitcherId(5), &outings, (date(start), date(end)), until("2023-06-03"), &ROLES, None);
        let near = over("2023-05-03", "2023-05-05");
        for (start, end) in [("1950-01-01", "1950-02-01"), ("2026-01-01", "2026-02-01")] {
            let nothing = over(start, end);
            assert_eq!((nothing.loads.len(), nothing.summary.dose, nothing.summary.acwr), (0, None, None));
            assert_eq!(nothing.summary.role, near.summary.role, "he is what he is known to be");
            assert!(nothing.unknown.is_some(), "{start}");
        }
        let nobody = of(&[], "2023-05-01", "2023-05-02");
        assert!(nobody.loads.is_empty() && nobody.unknown.is_some_and(|why| why.contains("No game of his")));
    }

    #[test]
    fn he_may_be_rested_later_only_where_what_he_threw_unseen_would_ask_for_it() {
        let rested = |missed: u32| {
            let mut outings = [outing("2023-05-03", 22)];
            outings[0].missed.unnamed = missed;
            let summary = of(&outings, "2023-05-03", "2023-05-03").summary;
            (summary.rested_on.expect("he threw"), summary.rested_on_unsure)
        };
        assert_eq!([0, 8, 9].map(|missed| rested(missed).1), [false, false, true], "30 pitches ask for no day of rest");
        assert_eq!(rested(9).0, rested(0).0);
    }

    #[test]
    fn a_day_that_was_only_partly_seen_makes_every_count_that_reaches_back_to_it_the_least() {
        let mut outings = [outing("2023-05-03", 20), outing("2023-05-05", 23), outing("2023-05-20", 10)];
        outings[1].missed.unnamed = 6;
        let found = of(&outings, "2023-05-04", "2023-05-20");
        let told: Vec<_> = found.loads.iter().map(|l| (l.partly_seen(), l.partly_seen_on.as_deref())).collect();
        assert_eq!(told[0], (false, None));
        assert_eq!(told[1], (true, Some("2023-05-05")));
        assert!(told[2..].iter().all(|told| *told == (false, Some("2023-05-05"))), "{told:?}");
        assert_eq!(found.summary.partly_seen_on.as_deref(), Some("2023-05-05"));
        assert_eq!(found.appearances.iter().map(|a| a.partly_seen).collect::<Vec<_>>(), [true, false]);
        assert_eq!(of(&outings, "2023-08-01", "2023-08-01").summary.partly_seen_on, None, "it weighs no more");
    }

    #[test]
    fn of_today_it_is_told_that_it_is_not_over() {
        let mut outings = [outing("2023-05-03", 20), outing("2023-05-05", 23)];
        outings[1].missed.unseen = vec![(0, 1)];
        let over = |end, today| {
            let until = Until { today: date(today), ..until("2023-06-05") };
            report_of(PitcherId(5), &outings, (date("2023-05-01"), date(end)), until, &ROLES, None)
        };
        let told = |end, today| over(end, today).not_final;
        assert_eq!(told("2023-05-04", "2023-05-05"), None);
        let so_far = "Today, 2023-05-05, is not over: he has thrown at least 23 game pitches so far.";
        assert_eq!(told("2023-05-05", "2023-05-05").as_deref(), Some(so_far));
        assert!(
            told("2023-05-06", "2023-05-06").is_some_and(|told| told.ends_with("he has thrown no game pitch so far."))
        );
        assert!(
            told("2023-08-06", "2023-08-06").is_some_and(|told| told.ends_with("what he throws on it is not known."))
        );
        assert_eq!(over("2023-05-03", "2023-08-06").last_game_date.as_deref(), Some("2023-05-05"));
    }

    #[test]
    fn what_lies_before_the_range_counts_and_what_comes_after_does_not() {
        let outings = [outing("2023-04-29", 40), outing("2023-05-09", 40)];
        let found = of(&outings, "2023-05-01", "2023-05-02");
        assert_eq!((found.loads[0].dose, found.loads[0].rest_days), (10.0, Some(1)));
        assert_eq!((found.appearances.len(), found.summary.pitches_per_appearance), (0, None));
        assert_eq!(found.summary.rested_on.as_deref(), Some("2023-05-01"), "31 to 45 pitches: one day");
    }
}
