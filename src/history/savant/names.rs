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

/// What a file's rows say about names.
#[derive(Default)]
pub(super) struct Names {
    pitchers: ByName,
    batters: ByName,
}

impl Names {
    pub(super) fn hear(&mut self, pitcher: u32, batter: Option<u32>, name: &str) {
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

    /// The pitchers' names as `First Last`; empty where the column holds batters or could as well.
    pub(super) fn of_pitchers(&self) -> BTreeMap<u32, String> {
        if !fits(&self.pitchers) || fits(&self.batters) {
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
            names.hear(*pitcher, Some(*batter), name);
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
}
