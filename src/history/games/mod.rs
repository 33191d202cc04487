//! What is known of games as wholes: which numbers of which at-bats were pitches, and whose.
//!
//! A file may hold a part of a game: cut at its source's limit, searched for one pitch type, one batter or one result. What is
//! missing shows in the numbers: pitches count from 1 in each at-bat, at-bats from 1 over both sides, and outs and counts go on
//! from one row to the next. So each game has a record of every number that files told and this box measured, apart from the
//! pitches; an outing that it shows to lack pitches feeds no dose, load, role or rest (`judge`).
//!
//! - **A whole replaces.** A file that holds a game from its first at-bat to its end tells all of it: what else was stored of the
//!   game goes, and rows of a part that comes later add nothing that the whole does not have.
//! - **Parts add up**, in whatever order they come.
//! - **Measured here beats filed**: one (`game_pk`, `at_bat_number`, `pitch_number`) is one pitch, on the day it was thrown.
//! - **Numbers without a pitch** are no holes: automatic balls and strikes, told or shown by the count (since 2023), intentional
//!   walks without pitches (since 2017).

mod book;
mod judge;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(super) use self::book::{Book, of_store, put};
pub(super) use self::judge::{Judged, Picking};

/// An at-bat's number, and the pitch's in it.
pub(super) type Number = (u16, u16);

/// What came of a pitch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Outcome {
    Ball,
    Strike,
    Foul,
    /// The at-bat was over, with so many more out.
    Over(u8),
}

/// One number of one at-bat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slot {
    /// Whose a file says it is, else whose was measured, MLBAM id.
    pub(super) pitcher: u32,
    /// Whose pitch of that number this box measured.
    pub(super) measured_by: Option<u32>,
    /// Who batted.
    pub(super) batter: Option<u32>,
    /// Whether a pitch was thrown: no automatic ball, and no row that is none.
    pub(super) thrown: bool,
    /// Whether a file told of it.
    pub(super) told: bool,
    /// Whether only files told of it that pick pitches.
    pub(super) picked: bool,
    /// Twice the inning, and one more in its bottom half.
    pub(super) half: Option<u8>,
    /// Before it.
    pub(super) outs: Option<u8>,
    /// Before it.
    pub(super) balls: Option<u8>,
    /// Before it.
    pub(super) strikes: Option<u8>,
    /// Whether there was a runner on first.
    pub(super) on_first: Option<bool>,
    pub(super) outcome: Option<Outcome>,
}

impl Slot {
    /// A pitch of which nothing more is known.
    pub(super) fn of(pitcher: u32) -> Self {
        Self {
            pitcher,
            measured_by: None,
            batter: None,
            thrown: true,
            told: true,
            picked: false,
            half: None,
            outs: None,
            balls: None,
            strikes: None,
            on_first: None,
            outcome: None,
        }
    }

    /// For whom it counts.
    pub(super) fn owner(&self) -> u32 {
        self.measured_by.unwrap_or(self.pitcher)
    }

    /// What two files tell of it, the later one last.
    fn and(self, later: Self) -> Self {
        let pitcher = if self.told && self.thrown && !later.thrown { self.pitcher } else { later.pitcher };
        Self {
            pitcher,
            measured_by: self.measured_by.or(later.measured_by),
            batter: later.batter.or(self.batter),
            thrown: self.thrown || later.thrown,
            told: self.told || later.told,
            picked: later.picked && (self.picked || !self.told),
            half: later.half.or(self.half),
            outs: later.outs.or(self.outs),
            balls: later.balls.or(self.balls),
            strikes: later.strikes.or(self.strikes),
            on_first: later.on_first.or(self.on_first),
            outcome: later.outcome.or(self.outcome),
        }
    }
}

/// All that is known of one game.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Game {
    /// Of its date.
    pub(super) year: u16,
    /// Whether one file told all of it.
    pub(super) whole: bool,
    pub(super) slots: BTreeMap<Number, Slot>,
    /// Who had pitches in it that a whole took away: whose seasons are looked at with it.
    gone: BTreeSet<u32>,
}

impl Game {
    pub(super) fn pitchers(&self) -> BTreeSet<u32> {
        self.slots.values().map(Slot::owner).chain(self.gone.iter().copied()).collect()
    }

    /// Its rows are of a file that picks pitches.
    pub(super) fn pick(&mut self) {
        self.slots.values_mut().for_each(|slot| slot.picked = true);
    }

    /// Whose outings are judged in another way than they were, and whose there are no longer.
    pub(super) fn differently_judged(&self, before: &Self) -> BTreeSet<u32> {
        let (now, then) = (self.judge(), before.judge());
        let others = now.keys().chain(then.keys()).filter(|pitcher| now.get(pitcher) != then.get(pitcher));
        others.chain(&self.gone).copied().collect()
    }

    /// Takes a number that a row tells.
    pub(super) fn tell(&mut self, number: Number, slot: Slot) {
        self.slots.entry(number).and_modify(|known| *known = known.and(slot)).or_insert(slot);
    }

    /// Takes what another file tells of it. Whether that is the whole.
    pub(super) fn hear(&mut self, told: &Self) -> bool {
        self.year = told.year;
        let last = self.slots.keys().next_back().map_or(0, |(at_bat, _)| *at_bat);
        if told.tells_all(last) {
            let before = self.pitchers();
            let known = std::mem::replace(&mut self.slots, told.slots.clone());
            // By other numbers than the whole's he is measured again where his season is looked at.
            for (number, slot) in known {
                if let Some(filed) = self.slots.get_mut(&number) {
                    filed.measured_by = slot.measured_by.filter(|pitcher| *pitcher == filed.pitcher);
                }
            }
            self.whole = true;
            self.gone.clear();
            self.gone = &before - &self.pitchers();
            return true;
        }
        // A part adds nothing to a whole.
        if !self.whole {
            told.slots.iter().for_each(|(number, slot)| self.tell(*number, *slot));
        }
        false
    }

    /// Takes what this box measured of one pitcher's numbers, all of them.
    ///
    /// A whole that has these numbers as somebody else's, or not at all, was numbered anew at the source since: then they are as many of
    /// the pitches that it has of his, and only those beyond are taken by their number.
    pub(super) fn measured(&mut self, pitcher: u32, numbers: &BTreeSet<Number>) {
        self.slots
            .values_mut()
            .filter(|slot| slot.measured_by == Some(pitcher))
            .for_each(|slot| slot.measured_by = None);
        self.slots.retain(|_, slot| slot.told || slot.measured_by.is_some());
        let is_his = |slot: &Slot| slot.told && slot.thrown && slot.pitcher == pitcher;
        let free = self.slots.iter().filter(|(number, slot)| is_his(slot) && !numbers.contains(number)).count();
        let mut elsewhere = if self.whole { free } else { 0 };
        for number in numbers {
            if elsewhere > 0 && !self.slots.get(number).is_some_and(is_his) {
                elsewhere -= 1;
                continue;
            }
            let slot = self.slots.entry(*number).or_insert(Slot { told: false, ..Slot::of(pitcher) });
            // Marks may give one number to two men: always the same one has it, whoever is looked at last.
            (slot.measured_by, slot.thrown) =
                (Some(slot.measured_by.map_or(pitcher, |other| other.min(pitcher))), true);
        }
    }
}
