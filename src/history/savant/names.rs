//! Whose name is in `player_name`? Savant's pitcher searches put the pitcher there, its batter searches the batter, and
//! nothing in the header tells. The file does: a person's name goes with that person's id, and other ids have other names.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::people::first_last;

/// Share of rows that must carry their id's commonest name (spellings change).
const AGREEMENT_MIN: f64 = 0.99;
/// Names per id at least (namesakes exist).
const NAMES_PER_ID_MIN: f64 = 0.9;

/// Rows by id and name.
type ByName = BTreeMap<u32, BTreeMap<String, u32>>;

/// Home teams of a file from which on a name for each is that of its park, or of itself.
const PLACES_MIN: usize = 5;
/// What parks are called last.
const PARKS: [&str; 10] =
    ["park", "field", "stadium", "dome", "coliseum", "centre", "center", "ballpark", "yards", "place"];

/// What a file's rows say about names.
#[derive(Default)]
pub(super) struct Names {
    pitchers: ByName,
    batters: ByName,
    /// Home teams by name, and names by home team.
    homes: BTreeMap<String, BTreeSet<String>>,
    named: BTreeMap<String, BTreeSet<String>>,
}

impl Names {
    pub(super) fn hear(&mut self, pitcher: u32, batter: Option<u32>, home: Option<&str>, name: &str) {
        if let Some(home) = home {
            for (of, one, other) in [(&mut self.homes, name, home), (&mut self.named, home, name)] {
                let others = match of.get_mut(one) {
                    Some(others) => others,
                    None => of.entry(one.to_owned()).or_default(),
                };
                if !others.contains(other) {
                    others.insert(other.to_owned());
                }
            }
        }
        for (by_name, id) in [(&mut self.pitchers, Some(pitcher)), (&mut self.batters, batter)] {
            let Some(id) = id else { continue };
            let names = by_name.entry(id).or_default();
            match names.get_mut(name) {
                Some(rows) => *rows += 1,
                None => {
                    names.insert(name.to_owned(), 1);
                }
            }
        }
    }

    /// Whether the column holds places: Savant writes there what a search is grouped by. Each home team then has a name, and each
    /// name a home team; of few of them the words tell.
    pub(super) fn are_places(&self) -> bool {
        let alone = |of: &BTreeMap<String, BTreeSet<String>>| of.values().all(|others| others.len() == 1);
        let is_park = |name: &&String| {
            let last = name.rsplit(' ').next().unwrap_or_default().to_ascii_lowercase();
            !name.contains(',') && PARKS.contains(&last.as_str())
        };
        let parks = self.homes.keys().filter(is_park).count();
        let pairs = self.homes.len() >= PLACES_MIN && alone(&self.homes) && alone(&self.named);
        !self.homes.is_empty() && (pairs || 2 * parks > self.homes.len())
    }

    /// The pitchers' names as `First Last`; empty where the column holds batters or could as well.
    pub(super) fn of_pitchers(&self) -> BTreeMap<u32, String> {
        if self.are_places() || !fits(&self.pitchers) || fits(&self.batters) {
            return BTreeMap::new();
        }
        self.pitchers.iter().filter_map(|(id, names)| Some((*id, first_last(commonest(names)?.0)))).collect()
    }
}

fn commonest(names: &BTreeMap<String, u32>) -> Option<(&str, u32)> {
    names.iter().max_by_key(|(_, rows)| **rows).map(|(name, rows)| (name.as_str(), *rows))
}

/// Whether names go with these ids, one each.
fn fits(by_name: &ByName) -> bool {
    let rows: u32 = by_name.values().flat_map(BTreeMap::values).sum();
    let agreeing: u32 = by_name.values().filter_map(commonest).map(|(_, rows)| rows).sum();
    let names: BTreeSet<_> = by_name.values().filter_map(commonest).map(|(name, _)| name).collect();
    rows > 0
        && f64::from(agreeing) >= AGREEMENT_MIN * f64::from(rows)
        && names.len() as f64 >= NAMES_PER_ID_MIN * by_name.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(rows: &[(u32, u32, &str)]) -> BTreeMap<u32, String> {
        let mut names = Names::default();
        for (pitcher, batter, name) in rows {
            names.hear(*pitcher, Some(*batter), None, name);
        }
        names.of_pitchers()
    }

    #[test]
    fn a_pitchers_name_is_taken_and_turned_round() {
        let found = names(&[(1, 10, "Strider, Spencer"), (1, 11, "Strider, Spencer")]);
        assert_eq!(found.get(&1).map(String::as_str), Some("Spencer Strider"));
    }

    #[test]
    fn a_batters_name_is_not_the_pitchers() {
        assert!(names(&[(1, 10, "Judge, Aaron"), (1, 11, "Soto, Juan"), (2, 10, "Judge, Aaron")]).is_empty());
    }

    #[test]
    fn one_pitcher_one_batter_and_one_name_tell_nothing() {
        assert!(names(&[(1, 10, "Jeter, Derek"), (1, 10, "Jeter, Derek")]).is_empty());
    }

    #[test]
    fn what_a_search_is_grouped_by_is_nobodys_name() {
        let of = |rows: &[(u32, &str, &str)]| {
            let mut names = Names::default();
            for (batter, (pitcher, home, name)) in (900..).zip(rows.iter().chain(rows)) {
                names.hear(*pitcher, Some(batter), Some(home), name);
            }
            (names.are_places(), names.of_pitchers().len())
        };
        assert_eq!(of(&[(1, "MIN", "Target Field"), (2, "PIT", "PNC Park")]), (true, 0));
        let clubs = [
            (1, "MIN", "Twins"),
            (2, "PIT", "Pirates"),
            (3, "STL", "Cardinals"),
            (4, "CHC", "Cubs"),
            (5, "BOS", "Red Sox"),
        ];
        assert_eq!(of(&clubs), (true, 0));
        let men =
            clubs.map(|(pitcher, home, name)| [(pitcher, home, name), (pitcher + 5, home, "Park, Chan Ho")]).concat();
        assert!(!of(&men).0, "two men of one team");
        assert_eq!(of(&[(1, "LAD", "Park, Chan Ho"), (1, "SDP", "Park, Chan Ho")]), (false, 1));
        assert_eq!(of(&[(1, "LAD", "Chan Ho Park"), (2, "LAD", "Jo Doe"), (3, "LAD", "Ed Roe")]), (false, 3));
    }
}
