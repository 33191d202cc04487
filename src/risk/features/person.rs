//! Who he is: age, and what he was placed on the injured list for before.

use super::super::coverage::LOOK_BACK_DAYS;
use super::super::day::Day;
use super::super::series::{BodyPart, Placement};
use super::Definition;
use super::past::Past;

/// Half-life of what an earlier placement says, days: this project's own choice, half a season. Nothing looks further
/// back than a year: injured lists start somewhere, and a longer window would count from there.
const FADE_DAYS: f64 = 90.0;

/// What a feature of earlier placements needs.
const NEEDS: &str = "injured lists of the 365 days, or a placement known in them";

pub(super) const FEATURES: &[Definition] = &[
    Definition::new("age", "age, years", "day of birth known", age),
    Definition::new("age_squared", "(age − 28)² ÷ 10", "day of birth known", |p| {
        Some((age(p)? - 28.0).powi(2) / 10.0)
    }),
    Definition::of_lists("placements_365d", "placements of any kind announced in the last 365 days", NEEDS, |p| {
        p.as_far_as_known(recent(p, |_| true))
    }),
    Definition::of_lists("arm_placements_365d", "arm placements announced in the last 365 days", NEEDS, |p| {
        p.as_far_as_known(recent(p, |q| q.part.is_arm()))
    }),
    Definition::of_lists(
        "arm_return_fading",
        "Σ over arm placements of 2^(−days since back ÷ 90), back within 365 days",
        NEEDS,
        |p| p.as_far_as_known(fading(p, |q| q.part.is_arm())),
    ),
    Definition::of_lists(
        "other_return_fading",
        "Σ over other placements of 2^(−days since back ÷ 90), back within 365 days",
        NEEDS,
        |p| p.as_far_as_known(fading(p, |q| !q.part.is_arm())),
    ),
    Definition::of_lists("elbow_before", "1 after an elbow placement within 365 days, else 0", NEEDS, |p| {
        p.as_far_as_known(recent(p, |q| q.part == BodyPart::Elbow).min(1.0))
    }),
    Definition::of_lists("shoulder_before", "1 after a shoulder placement within 365 days, else 0", NEEDS, |p| {
        p.as_far_as_known(recent(p, |q| q.part == BodyPart::Shoulder).min(1.0))
    }),
    Definition::of_lists("surgery_before", "1 after an operation on the arm within 365 days, else 0", NEEDS, |p| {
        let operated = |q: &Placement| q.part.is_arm() && q.surgery.is_some_and(|on| in_the_year(p, on));
        p.as_far_as_known(f64::from(u8::from(p.placements().iter().any(|q| operated(q)))))
    }),
];

fn age(past: &Past<'_>) -> Option<f64> {
    Some(f64::from(past.day().since(past.born()?)) / 365.25)
}

fn in_the_year(past: &Past<'_>, day: Day) -> bool {
    (0..=LOOK_BACK_DAYS).contains(&past.day().since(day))
}

fn recent(past: &Past<'_>, which: impl Fn(&Placement) -> bool) -> f64 {
    let fresh = |q: &&&Placement| q.dated().is_some_and(|d| in_the_year(past, d));
    past.placements().iter().filter(fresh).filter(|q| which(q)).count() as f64
}

fn fading(past: &Past<'_>, which: impl Fn(&Placement) -> bool) -> f64 {
    let back = |q: &Placement| q.returned.filter(|on| in_the_year(past, *on)).map(|on| f64::from(past.day().since(on)));
    past.placements().iter().filter(|q| which(q)).filter_map(|q| back(q)).map(|days| (-days / FADE_DAYS).exp2()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::super::coverage::Lists;
    use super::super::super::series::Series;
    use super::super::tests::games;
    use super::super::{Snapshot, definitions};
    use super::*;

    fn day(year: i16, month: i8, of: i8) -> Day {
        Day::ymd(year, month, of).expect("a date")
    }

    fn pitched_in(year: i16, lists: Lists) -> Series {
        Series { lists, ..games(&[(day(year, 5, 1).0, 20, 95.0), (day(year, 5, 4).0, 20, 95.0)]) }
    }

    fn operated(on: Day) -> Placement {
        Placement {
            hurt: None,
            announced: Some(on),
            retroactive: None,
            surgery: Some(on.plus(7)),
            returned: None,
            part: BodyPart::Elbow,
        }
    }

    #[test]
    fn what_no_injured_list_covers_is_unknown_and_no_clean_record() {
        let of_lists: Vec<_> = definitions().into_iter().filter(Definition::is_of_lists).map(|d| d.name).collect();
        assert_eq!(of_lists.len(), 7, "{of_lists:?}");
        let value =
            |series: &Series, name: &str| Snapshot::of(series, day(2025, 5, 4)).expect("he has games").value(name);
        for name in of_lists {
            let uncovered = pitched_in(2025, Lists::of_seasons([2019, 2020]));
            assert_eq!(value(&uncovered, name), None, "{name}: the year before is on no list");
            let covered = pitched_in(2025, Lists::of_seasons([2024, 2025]));
            assert_eq!(value(&covered, name), Some(0.0), "{name}: the lists say that there was none");
        }
        // Operated on in 2024, of which no list is loaded: unknown. Told by a list after all: known, whatever else is not.
        let mut known = pitched_in(2025, Lists::of_seasons([2019]));
        known.placements.push(operated(day(2024, 9, 1)));
        assert_eq!(value(&known, "surgery_before"), Some(1.0));
        assert_eq!(value(&known, "shoulder_before"), None);
    }
}
