//! One man's name on two mounds at once: throws of his that go back and forth between mounds within minutes are two men's.

use super::alert::{Alert, Audience, Severity};
use super::alerts::Changes;
use super::engine::{Engine, EngineState};
use super::presence::GAME_MOUND;
use super::run::Run;
use super::words;
use crate::ids::{BoxNs, EventNs, MoundId, PitcherId};

const NS_PER_MIN: u64 = 60 * 1_000_000_000;
/// Nobody leaves the game and throws in a bullpen, or comes back to a mound, in less, \[P\].
pub(super) const WALK_NS: u64 = 10 * NS_PER_MIN;
/// That a man is on two mounds is told until so long after the last throw that shows it, \[P\].
const TWO_MOUNDS_TOLD_NS: u64 = 2 * NS_PER_MIN;

/// A throw that nobody can have thrown who threw the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TwoMounds {
    /// Where it was thrown.
    pub(super) mound: MoundId,
    /// Where the throw before it was.
    pub(super) other: MoundId,
    /// How long before, ns.
    pub(super) apart_ns: u64,
}

/// The newest of a man's throws that show him on two mounds at once. Who comes from a bullpen to the game shows nothing; who
/// throws in a bullpen so soon after a game pitch, or goes back and forth, is two men.
pub(super) fn at_once(mut throws: Vec<(EventNs, MoundId)>, now: BoxNs) -> Option<TwoMounds> {
    throws.sort_unstable();
    let since = |later: EventNs, earlier: EventNs| later.0.saturating_sub(earlier.0);
    let is_news = |at: EventNs| now.0.saturating_sub(at.0) < TWO_MOUNDS_TOLD_NS;
    let news = (0..throws.len()).rev().take_while(|index| is_news(throws[*index].0));
    news.into_iter().find_map(|index| {
        let (at, mound) = throws[index];
        let near = |(before, _): &&(EventNs, MoundId)| since(at, *before) < WALK_NS;
        let elsewhere = throws[..index].iter().rposition(|(_, on)| *on != mound)?;
        let (before, other) = *Some(&throws[elsewhere]).filter(near)?;
        let came_back = || throws[..elsewhere].iter().filter(near).any(|(_, on)| *on == mound);
        (other == GAME_MOUND || came_back()).then(|| TwoMounds { mound, other, apart_ns: since(at, before) })
    })
}

impl Engine {
    /// Tells that a man's name is on two mounds at once, or no longer; whether that is news.
    pub(super) fn watch_two_mounds(&mut self, pitcher: PitcherId, now: BoxNs, changes: &mut Changes) -> bool {
        let EngineState { book, arms, .. } = &mut self.known;
        let Some(arm) = arms.get_mut(&pitcher) else { return false };
        let of_run = |(mound, run): (&MoundId, &Run)| -> Vec<_> {
            run.outing.pitches().iter().map(|p| (p.release, *mound)).collect()
        };
        let at = EventNs(now.0);
        let Some(TwoMounds { mound, other, apart_ns }) = at_once(arm.runs.iter().flat_map(of_run).collect(), now)
        else {
            let Some((id, _)) = arm.two_mounds.take() else { return false };
            changes.cleared.extend(book.clear(id, at, "his name is on one mound again"));
            return true;
        };
        if arm.two_mounds.is_some() {
            return false;
        }
        let apart_s = apart_ns as f64 / 1e9;
        let told = words::two_mounds(mound, other, apart_s);
        let alert = book.raise(
            at,
            Alert {
                id: 0,
                rule: "two_mounds".to_owned(),
                severity: Severity::Warning,
                pitcher: Some(pitcher),
                camera: None,
                message: format!("{}: {}", arm.called(pitcher), told),
                value: apart_s,
                limit: WALK_NS as f64 / 1e9,
                raised_at: String::new(),
                since: None,
                cleared_at: None,
                acknowledged_at: None,
                now: None,
                cleared_because: None,
                mound: Some(mound),
                audience: Audience::Coach,
            },
        );
        arm.two_mounds = Some((alert.id, told));
        changes.raised.push(alert);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NS_PER_S: u64 = 1_000_000_000;

    fn at(min: u64) -> EventNs {
        EventNs(1_700_000_000 * NS_PER_S + min * NS_PER_MIN)
    }

    #[test]
    fn who_comes_from_the_bullpen_is_one_man_and_who_goes_back_and_forth_is_two() {
        let throws = |throws: &[(u64, u8)]| -> Vec<(EventNs, MoundId)> {
            throws.iter().map(|(s, mound)| (EventNs(at(0).0 + s * NS_PER_S), MoundId(*mound))).collect()
        };
        let told = |list: &[(u64, u8)], s: u64| {
            at_once(throws(list), BoxNs(at(0).0 + s * NS_PER_S)).map(|t| (t.mound.0, t.other.0, t.apart_ns / NS_PER_S))
        };
        assert_eq!(told(&[(0, 1), (10, 1), (20, 0), (40, 0)], 41), None, "he was called in");
        let stray = [(0, 0), (20, 0), (32, 1)];
        assert_eq!(told(&stray, 33), Some((1, 0, 12)));
        assert_eq!(told(&stray, 151), Some((1, 0, 12)));
        assert_eq!(told(&stray, 152), None, "nothing of the kind since");
        assert_eq!(told(&[stray.as_slice(), &[(40, 0)]].concat(), 41), Some((0, 1, 8)), "and back");
        assert_eq!(told(&[(0, 0), (20, 0), (620, 1)], 621), None, "ten minutes later");
        assert_eq!(told(&[(0, 1), (15, 2)], 16), None, "from one bullpen mound to the other");
        assert_eq!(told(&[(0, 1), (15, 2), (30, 1)], 31), Some((1, 2, 15)));
    }
}
