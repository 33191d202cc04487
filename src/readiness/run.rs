//! One outing of an arm, pitch by pitch.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::alerts::Watches;
use super::answer::Readiness;
use super::arm::{Good, NAMED_LATE_NS};
use super::sight::While;
use super::trend::Trend;
use super::words;
use crate::features::{Outing, OutingPitch};
use crate::ids::{EventNs, PitchId};
use crate::records::{Missed, State};
use crate::workload::OutingKey;

/// An outing on the game mound that is over.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Earlier {
    pub(super) day: Date,
    pub(super) pitches: u32,
    /// More than he can have thrown in it besides.
    pub(super) missed: u32,
}

/// His outing on one mound.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) key: OutingKey,
    pub(super) outing: Outing,
    pub(super) good: Option<Good>,
    /// Why the value is held, if it is.
    pub(super) why: Option<String>,
    pub(super) reasons: Vec<String>,
    /// The same as they were when the newest pitch was thrown, for its point of the trend.
    pub(super) reasons_then: Vec<String>,
    /// The newest pitch on which alerts were judged.
    pub(super) judged: Option<PitchId>,
    /// Release of the newest pitch when last published.
    pub(super) release: EventNs,
    pub(super) watches: Watches,
    pub(super) published: Option<Readiness>,
    pub(super) trend: Trend,
    /// Whether he left the mound so long ago that he is shown no more.
    pub(super) is_past: bool,
    /// When his mound was not seen while he may have thrown there.
    pub(super) unseen: Vec<While>,
    /// Throws there that no mark names and that may be his: of this run of the box, and of those before it.
    pub(super) unnamed: u32,
    /// When the first and the last of them were thrown that this run of the box knows.
    pub(super) unnamed_between: Option<(EventNs, EventNs)>,
    pub(super) unnamed_before: u32,
    /// Whether he may have gone from this mound unseen, and thrown elsewhere since.
    pub(super) may_have_gone: bool,
    /// Whether something of it was ever missing, which is stored.
    pub(super) was_missed: bool,
    /// His readiness if he threw as much as can be while he was not seen; absent where all is seen.
    pub(super) least: Option<f64>,
    /// Days that he is short of the rest guidance.
    pub(super) rest_short: f64,
}

impl Run {
    pub(super) fn new(key: OutingKey, release: EventNs) -> Self {
        Self {
            key,
            outing: Outing::default(),
            good: None,
            why: None,
            reasons: Vec::new(),
            reasons_then: Vec::new(),
            judged: None,
            release,
            watches: Watches::default(),
            published: None,
            trend: Trend::default(),
            is_past: false,
            unseen: Vec::new(),
            unnamed: 0,
            unnamed_between: None,
            unnamed_before: 0,
            may_have_gone: false,
            was_missed: false,
            least: None,
            rest_short: 0.0,
        }
    }

    /// Whether something of it is missing that is not told yet.
    pub(super) fn has_missed(&self) -> bool {
        self.published.as_ref().is_some_and(|published| {
            let told = self.unnamed_told().map(|(first, last)| (words::rfc3339(first), words::rfc3339(last)));
            published.unnamed_throws != self.unnamed_throws()
                || published.unnamed_from.clone().zip(published.unnamed_to.clone()) != told
                || !self.unseen.iter().map(While::told).eq(published.unseen.iter().cloned())
        })
    }

    /// What of it is missing.
    pub(super) fn missed(&self) -> Missed {
        Missed { unseen: self.unseen.iter().map(While::ends).collect(), unnamed: self.unnamed_throws() }
    }

    pub(super) fn unnamed_throws(&self) -> u32 {
        self.unnamed.saturating_add(self.unnamed_before)
    }

    /// When the first and the last throw were thrown that no mark names and that may be his; none where that is not known of all.
    pub(super) fn unnamed_told(&self) -> Option<(EventNs, EventNs)> {
        self.unnamed_between.filter(|_| self.unnamed_before == 0)
    }

    /// For how long he was not seen; none where he was seen all the time.
    pub(super) fn unseen_ns(&self) -> Option<u64> {
        (!self.unseen.is_empty()).then(|| self.unseen.iter().map(While::ns).sum())
    }

    /// For how long he had not been seen by a moment; none where he had been seen all the time.
    pub(super) fn unseen_ns_by(&self, at: EventNs) -> Option<u64> {
        let before = || self.unseen.iter().filter(|unseen| unseen.from() < at);
        before().next().map(|_| before().map(|unseen| unseen.to().min(at).0 - unseen.from().0).sum())
    }

    /// Throws that had no name by a moment and may be his, as far as it is known when they were thrown.
    pub(super) fn unnamed_by(&self, at: EventNs) -> u32 {
        let now = if self.unnamed_between.is_some_and(|(_, last)| last < at) { self.unnamed } else { 0 };
        now.saturating_add(self.unnamed_before)
    }

    /// Whether more may have been thrown in it by a moment than was counted.
    pub(super) fn is_least_by(&self, at: EventNs) -> bool {
        let unnamed = self.unnamed_before > 0 || self.unnamed_between.is_some_and(|(first, _)| first < at);
        unnamed || self.unseen_ns_by(at).is_some()
    }

    pub(super) fn newest_release(&self) -> Option<EventNs> {
        self.outing.newest().map(|p| p.release)
    }

    /// The day of baseball that it is of.
    pub(super) fn day(&self) -> Date {
        self.key.day
    }

    /// A value that rested on another man's pitch is no good one.
    pub(super) fn forget_good(&mut self) {
        self.good = None;
    }

    /// Whether a pitch on the same mound belongs to this outing: of the same day and game. A day without a game and a game
    /// close by in time are one outing: the mark that names the game came late.
    pub(super) fn continues_with(&self, key: OutingKey, pitch: &OutingPitch) -> bool {
        let is_near = || self.release.0.abs_diff(pitch.release.0) < NAMED_LATE_NS;
        self.key.day == key.day
            && (self.key.game == key.game || (self.key.game.is_none() || key.game.is_none()) && is_near())
    }

    pub(super) fn state(&self) -> State {
        match &self.why {
            Some(_) => State::Held,
            None if self.outing.is_provisional() => State::Provisional,
            None => State::Final,
        }
    }
}
