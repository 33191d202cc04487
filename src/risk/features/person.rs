//! Who he is: age, and what he was placed on the injured list for before.

use super::super::series::{BodyPart, Placement};
use super::Definition;
use super::past::Past;

/// Half-life of what an earlier placement says, days: this project's own choice, half a season. Nothing looks further
/// back than a year: injury reports start somewhere, and a longer window would count from there.
const FADE_DAYS: f64 = 90.0;

pub(super) const FEATURES: &[Definition] = &[
    Definition::new("age", "age, years", "day of birth known", age),
    Definition::new("age_squared", "(age − 28)² ÷ 10", "day of birth known", |p| {
        Some((age(p)? - 28.0).powi(2) / 10.0)
    }),
    Definition::new("placements_365d", "placements of any kind announced in the last 365 days", "a game", |p| {
        Some(recent(p, 365, |_| true))
    }),
    Definition::new("arm_placements_365d", "arm placements announced in the last 365 days", "a game", |p| {
        Some(recent(p, 365, |q| q.part.is_arm()))
    }),
    Definition::new("arm_return_fading", "Σ over arm placements of 2^(−days since back ÷ 90)", "a game", |p| {
        Some(fading(p, |q| q.part.is_arm()))
    }),
    Definition::new("other_return_fading", "Σ over other placements of 2^(−days since back ÷ 90)", "a game", |p| {
        Some(fading(p, |q| !q.part.is_arm()))
    }),
    Definition::new("elbow_before", "1 after an elbow placement within 365 days, else 0", "a game", |p| {
        Some(recent(p, 365, |q| q.part == BodyPart::Elbow).min(1.0))
    }),
    Definition::new("shoulder_before", "1 after a shoulder placement within 365 days, else 0", "a game", |p| {
        Some(recent(p, 365, |q| q.part == BodyPart::Shoulder).min(1.0))
    }),
    Definition::new("surgery_before", "1 after an operation on the arm within 365 days, else 0", "a game", |p| {
        let operated =
            |q: &Placement| q.part.is_arm() && q.surgery.is_some_and(|s| (0..=365).contains(&p.day().since(s)));
        Some(f64::from(u8::from(p.placements().iter().any(|q| operated(q)))))
    }),
];

fn age(past: &Past<'_>) -> Option<f64> {
    Some(f64::from(past.day().since(past.born()?)) / 365.25)
}

fn recent(past: &Past<'_>, days: i32, which: impl Fn(&Placement) -> bool) -> f64 {
    let fresh = |q: &&&Placement| q.dated().is_some_and(|d| past.day().since(d) <= days);
    past.placements().iter().filter(fresh).filter(|q| which(q)).count() as f64
}

fn fading(past: &Past<'_>, which: impl Fn(&Placement) -> bool) -> f64 {
    let back = |q: &Placement| q.returned.filter(|r| *r <= past.day()).map(|r| f64::from(past.day().since(r)));
    past.placements().iter().filter(|q| which(q)).filter_map(|q| back(q)).map(|days| (-days / FADE_DAYS).exp2()).sum()
}
