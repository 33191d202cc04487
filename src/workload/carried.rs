//! What he carried into today (science.md §5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a pitcher is used; it sets the cap of his dose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Starts games.
    Starter,
    /// Comes in later.
    Reliever,
}

/// Days of pitching that a role rests on, the newest \[P\].
const ROLE_DAYS_MAX: usize = 15;
/// And so many at least \[P\]: a few short outings of a starter who comes back, or a reliever's spot start, tell nothing.
pub(super) const ROLE_DAYS_MIN: usize = 5;

/// Pitches of the newest days of pitching, the newest first, as many as tell a role. Each outing is with its day, of which a newer one
/// is less than an older.
pub fn newest_days<D: Ord>(outings: impl IntoIterator<Item = (D, u32)>) -> Vec<u32> {
    let mut days: BTreeMap<D, u32> = BTreeMap::new();
    for (day, pitches) in outings {
        let thrown = days.entry(day).or_default();
        *thrown = thrown.saturating_add(pitches);
    }
    days.into_values().filter(|pitches| *pitches > 0).take(ROLE_DAYS_MAX).collect()
}

impl Role {
    /// A starter where the median of his newest days of pitching has at least `starter_pitches_min` pitches, else a reliever; none where
    /// too few of them are known to tell. `newest` are the pitches of each, the newest day first.
    pub fn of(newest: &[u32], starter_pitches_min: u32) -> Option<Self> {
        let mut pitches = newest[..newest.len().min(ROLE_DAYS_MAX)].to_vec();
        if pitches.len() < ROLE_DAYS_MIN {
            return None;
        }
        pitches.sort_unstable();
        let is_starter = pitches[pitches.len() / 2] >= starter_pitches_min;
        Some(if is_starter { Self::Starter } else { Self::Reliever })
    }
}

/// Days whose load is acute, and days over which the chronic one is averaged (science.md §5).
const ACUTE_DAYS: u32 = 7;

const CHRONIC_DAYS: u32 = 28;

/// The farthest day that still weighs in the chronic load: two of its spans before the acute week, where under 2 % is left.
pub const HISTORY_DAYS: u32 = ACUTE_DAYS + 2 * CHRONIC_DAYS;

/// Days of rest that Pitch Smart asks of 19–22-year-olds for so many pitches at most (science.md §5); guidance.
const REST: [(u32, u32); 4] = [(30, 0), (45, 1), (60, 2), (80, 3)];

const REST_MOST: u32 = 4;

/// Load before today. The default knows nothing: no past pitches, role unknown, pW absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Workload {
    /// Past appearances: how many days ago (1 is yesterday) and how many pitches.
    pub past: Vec<(u32, u32)>,
    /// Of those that were only partly seen: how many days ago, and how many more pitches there can have been at most.
    pub missed: Vec<(u32, u32)>,
    /// As a roster says; absent: judged by `role_days`.
    pub role: Option<Role>,
    /// Pitches of his newest days of pitching, the newest first, however long ago.
    pub role_days: Vec<u32>,
    /// Acute:chronic workload ratio; absent where unknown.
    pub acwr: Option<f64>,
    /// Days of rest short of the guidance; absent where unknown.
    pub rest_deficit: Option<f64>,
}

impl Workload {
    /// What his past appearances make of today: the acute:chronic ratio where his first known one is at least 28 days
    /// ago, the rest missing where there is any.
    pub fn of_past(past: Vec<(u32, u32)>) -> Self {
        let (acwr, rest_deficit) = (acwr(&past), rest_deficit(&past));
        let role_days = newest_days(past.iter().copied());
        Self { past, missed: Vec::new(), role: None, role_days, acwr, rest_deficit }
    }

    /// The same of which some days were only partly seen.
    #[must_use]
    pub fn with_missed(self, missed: Vec<(u32, u32)>) -> Self {
        Self { missed, ..self }
    }

    /// As if all had been thrown that can have been thrown unseen.
    #[must_use]
    pub fn at_most(&self) -> Self {
        let mut past = self.past.clone();
        for (days, more) in &self.missed {
            match past.iter_mut().find(|(known, _)| known == days) {
                Some((_, pitches)) => *pitches = pitches.saturating_add(*more),
                None => past.push((*days, *more)),
            }
        }
        Self { role: self.role, role_days: self.role_days.clone(), ..Self::of_past(past) }
    }

    /// Full days since his last appearance; absent where none is known.
    pub fn days_rest(&self) -> Option<u32> {
        self.past.iter().map(|(days, _)| days.saturating_sub(1)).min()
    }

    /// Σ past pitches·2^(−days).
    pub fn carried(&self) -> f64 {
        self.past.iter().map(|(days, pitches)| f64::from(*pitches) * (-f64::from(*days)).exp2()).sum()
    }

    /// The role as a roster says, else by his newest days of pitching; none where those are too few to tell.
    pub fn role(&self, starter_pitches_min: u32) -> Option<Role> {
        self.role.or_else(|| Role::of(&self.role_days, starter_pitches_min))
    }
}

/// Below this chronic load, pitches a day, a ratio says nothing \[P\].
const CHRONIC_MIN: f64 = 0.5;

/// Days of rest that Pitch Smart asks for after so many pitches of a day (science.md §5, ages 19–22); guidance.
pub fn rest_asked(pitches: u32) -> u32 {
    REST.iter().find(|(most, _)| pitches <= *most).map_or(REST_MOST, |(_, rest)| *rest)
}

/// Exponentially weighted means of a day's load, pitches: acute over N = 7 days (λ = 2/(N + 1)), chronic over N = 28,
/// uncoupled: the chronic one ends where the acute week begins. Both are means over the days known, so that a short past is
/// not a small one. `past` is days ago and pitches; what lies farther back than [`HISTORY_DAYS`] is left out.
pub fn acute_chronic(past: &[(u32, u32)]) -> (f64, f64) {
    let known_days = known_days(past);
    let mean = |from: u32, span: u32| {
        let keep = 1.0 - 2.0 / (f64::from(span) + 1.0);
        let Some(days) = known_days.checked_sub(from) else { return 0.0 };
        let inside = past.iter().filter(|(days, _)| (from..=known_days).contains(days));
        let load: f64 = inside.map(|(days, pitches)| keep.powi((days - from) as i32) * f64::from(*pitches)).sum();
        // Over the sum of the weights of days + 1 days.
        load * (1.0 - keep) / (1.0 - keep.powi(days as i32 + 1))
    };
    (mean(1, ACUTE_DAYS), mean(ACUTE_DAYS + 1, CHRONIC_DAYS))
}

fn known_days(past: &[(u32, u32)]) -> u32 {
    past.iter().map(|(days, _)| *days).max().unwrap_or(0).min(HISTORY_DAYS)
}

/// The ratio of the two; absent where under 28 days are known, or next to nothing was thrown in them.
fn acwr(past: &[(u32, u32)]) -> Option<f64> {
    let (acute, chronic) = acute_chronic(past);
    (known_days(past) >= CHRONIC_DAYS && chronic >= CHRONIC_MIN).then(|| acute / chronic)
}

/// The most days that any day's pitches still ask of rest; absent without a past.
fn rest_deficit(past: &[(u32, u32)]) -> Option<f64> {
    let missing = |days: u32| {
        // Both games of a doubleheader are one day's work.
        let pitches: u32 = past.iter().filter(|(other, _)| *other == days).map(|(_, pitches)| *pitches).sum();
        rest_asked(pitches).saturating_sub(days.saturating_sub(1))
    };
    past.iter().map(|(days, _)| missing(*days)).max().map(f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An appearance of so many pitches every so many days, the last one `last` days ago.
    fn every(days: u32, pitches: u32, last: u32, back_to: u32) -> Vec<(u32, u32)> {
        (last..=back_to).step_by(days as usize).map(|ago| (ago, pitches)).collect()
    }

    #[test]
    fn the_same_load_every_day_is_a_ratio_of_1_however_long_it_is_known() {
        for back_to in [28, 40, HISTORY_DAYS, 300] {
            let ratio = Workload::of_past(every(1, 20, 1, back_to)).acwr.expect("28 days are known");
            assert!((ratio - 1.0).abs() < 1e-12, "{back_to}: {ratio}");
        }
    }

    #[test]
    fn a_week_of_double_load_is_a_ratio_of_what_the_weights_say() {
        let past: Vec<_> = every(1, 20, 1, 63).into_iter().map(|(d, p)| (d, if d <= 7 { 2 * p } else { p })).collect();
        // 1 + (1 − 0.75^7)/(1 − 0.75^63).
        let expected = 1.0 + (1.0 - 0.75_f64.powi(7)) / (1.0 - 0.75_f64.powi(63));
        let ratio = Workload::of_past(past).acwr.expect("known");
        assert!((ratio - expected).abs() < 1e-12, "{ratio}");
    }

    #[test]
    fn a_starter_on_his_fifth_day_and_a_past_too_short_say_nothing_bad() {
        let starter = Workload::of_past(every(5, 95, 5, 63));
        assert!(starter.acwr.is_some_and(|ratio| ratio < 1.0), "{starter:?}");
        assert_eq!((starter.rest_deficit, starter.days_rest()), (Some(0.0), Some(4)));
        let fresh = Workload::of_past(every(5, 95, 5, 27));
        assert_eq!(fresh.acwr, None, "his first known game is no 28 days ago");
        assert_eq!(Workload::of_past(vec![(3, 50), (40, 0)]).acwr, None, "no chronic load to compare with");
        let unknown = Workload::of_past(Vec::new());
        assert_eq!((unknown.acwr, unknown.rest_deficit, unknown.days_rest()), (None, None, None));
    }

    #[test]
    fn a_role_rests_on_the_newest_days_of_pitching_and_fewer_than_five_tell_none() {
        let role = |past: &[(u32, u32)]| Workload::of_past(past.to_vec()).role(45);
        assert_eq!(
            [role(&[]), role(&every(5, 20, 1, 16))],
            [None; 2],
            "a starter who comes back, or a reliever: nobody knows"
        );
        assert_eq!(role(&every(5, 90, 1, 21)), Some(Role::Starter));
        assert_eq!(role(&[every(2, 20, 1, 9), every(5, 90, 10, 120)].concat()), Some(Role::Starter), "of fifteen days");
        assert_eq!(role(&[every(2, 20, 1, 17), every(5, 90, 20, 300)].concat()), Some(Role::Reliever), "he was one");
        let told = Workload { role: Some(Role::Reliever), ..Workload::of_past(every(5, 90, 1, 60)) };
        assert_eq!(told.role(45), Some(Role::Reliever), "as the roster says");
        assert_eq!(role(&[(1, 30), (1, 30), (2, 60), (3, 60), (4, 60)]), None, "a doubleheader is a day");
    }

    #[test]
    fn a_day_that_was_only_partly_seen_may_carry_more_and_ask_for_more_rest() {
        let seen = Workload::of_past(vec![(1, 25), (3, 10)]);
        assert_eq!(seen.at_most(), seen);
        let most = seen.clone().with_missed(vec![(1, 8)]).at_most();
        assert_eq!((seen.carried(), most.carried()), (13.75, 17.75));
        assert_eq!((seen.rest_deficit, most.rest_deficit), (Some(0.0), Some(1.0)));
    }

    #[test]
    fn rest_is_asked_by_the_table_and_for_every_day_that_still_asks() {
        for (pitches, asked) in
            [(1, 0), (30, 0), (31, 1), (45, 1), (46, 2), (60, 2), (61, 3), (80, 3), (81, 4), (120, 4)]
        {
            assert_eq!(Workload::of_past(vec![(1, pitches)]).rest_deficit, Some(f64::from(asked)), "{pitches}");
            assert_eq!(Workload::of_past(vec![(1 + asked, pitches)]).rest_deficit, Some(0.0), "{pitches}");
        }
        assert_eq!(Workload::of_past(vec![(2, 90), (1, 5)]).rest_deficit, Some(3.0), "the day before yesterday's");
        assert_eq!(Workload::of_past(vec![(1, 25), (1, 20)]).rest_deficit, Some(1.0), "two games of one day");
    }
}
