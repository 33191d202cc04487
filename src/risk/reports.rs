//! From rows of injury reports to placements.
//!
//! Whoever stays on the list over the winter is reported anew each season, with the new list's first day as retroactive
//! date: that is one placement, from its first report to its last return. Read as two, the second would look like a new
//! injury on opening day.

use super::day::Day;
use super::series::Placement;

/// A row of an injury report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The day of the injury or operation that the row tells; none where it tells none.
    pub hurt: Option<Day>,
    /// The placement that it tells.
    pub placement: Placement,
}

impl Report {
    /// Whether the injury is of a year before the list that the row is about.
    fn is_carried(&self) -> bool {
        match (self.hurt, self.placement.dated()) {
            (Some(hurt), Some(dated)) => hurt.year() < dated.year(),
            _ => false,
        }
    }

    /// Whether `later` goes on with it: it was not over by then, or it is the same injury.
    fn goes_on_in(&self, later: &Self) -> bool {
        let open = self.placement.returned.is_none_or(|returned| Some(returned) >= later.placement.dated());
        later.is_carried() && (open || (self.hurt.is_some() && self.hurt == later.hurt))
    }
}

/// One person's placements, ascending by the day that dates them. Rows that no day dates are left out.
pub fn placements(mut reports: Vec<Report>) -> Vec<Placement> {
    reports.retain(|r| r.placement.dated().is_some());
    reports.sort_by_key(|r| r.placement.dated());
    let mut joined: Vec<Report> = Vec::with_capacity(reports.len());
    for report in reports {
        match joined.last_mut() {
            Some(before) if before.goes_on_in(&report) => {
                before.placement.returned = report.placement.returned;
                before.placement.surgery = before.placement.surgery.or(report.placement.surgery);
            }
            _ => joined.push(report),
        }
    }
    joined.into_iter().map(|r| r.placement).collect()
}

#[cfg(test)]
mod tests {
    use super::super::series::BodyPart;
    use super::*;

    fn day(text: &str) -> Option<Day> {
        (!text.is_empty()).then(|| Day::parse(text).expect("a date"))
    }

    fn report(hurt: &str, retroactive: &str, returned: &str) -> Report {
        let placement = Placement {
            hurt: day(hurt),
            announced: None,
            retroactive: day(retroactive),
            surgery: None,
            returned: day(returned),
            part: BodyPart::Elbow,
        };
        Report { hurt: day(hurt), placement }
    }

    fn spans(reports: Vec<Report>) -> Vec<(Option<Day>, Option<Day>)> {
        placements(reports).iter().map(|p| (p.retroactive, p.returned)).collect()
    }

    #[test]
    fn a_list_that_lasts_over_a_winter_is_one_placement() {
        let told = vec![report("2022-05-18", "2023-03-27", "2023-09-24"), report("2022-05-18", "2022-05-19", "")];
        assert_eq!(spans(told), [(day("2022-05-19"), day("2023-09-24"))]);
    }

    #[test]
    fn two_injuries_of_one_season_and_one_after_a_return_stay_apart() {
        let told = vec![
            report("2022-05-18", "2022-05-19", "2022-06-10"),
            report("2022-07-01", "2022-07-02", ""),
            report("2023-04-20", "2023-04-21", ""),
        ];
        assert_eq!(spans(told).len(), 3);
    }

    #[test]
    fn a_row_that_nothing_dates_is_left_out() {
        assert_eq!(spans(vec![report("2022-05-18", "", "")]), []);
    }
}
