//! What a number says of a man, and when it says nothing.
//!
//! A number is only as good as the throws since it that nobody measured. Where he may have thrown after its pitch and nobody saw it,
//! or no mark names it, there is no verdict until he is measured again. What he may have thrown before that is missing in
//! the load alone, which is judged at the least and at the most that it can be.

use super::alerts::Rule;
use super::answer::{Readiness, VERDICT_FOR_S, Verdict, VerdictAbsent};
use super::arm::Scene;
use super::config::Config;
use super::run::Run;
use super::words::{self, Advice};
use crate::ids::EventNs;

impl Run {
    /// The verdict, or why there is none, and what to do in words.
    pub(super) fn advice(
        &self,
        config: &Config,
        published: &Readiness,
        scene: &Scene,
    ) -> (Result<Verdict, VerdictAbsent>, String) {
        let verdict = self.verdict(config, published, scene);
        let why = self.why.as_deref().unwrap_or("nothing of his is measured");
        let advice = match verdict {
            Ok(verdict) => Advice::Verdict {
                verdict,
                on: published.mound,
                is_partly_seen: self.least.is_some(),
                rest_short: self.rest_short,
            },
            Err(VerdictAbsent::NotSeen) => Advice::NotSeen,
            Err(VerdictAbsent::NotTold) => Advice::NotTold { pitches: published.pitches },
            Err(VerdictAbsent::NoNumber) => Advice::NoNumber { why },
            Err(VerdictAbsent::Away) => Advice::Away { left: scene.left() },
            Err(VerdictAbsent::Held) => {
                let pitches = self.good.as_ref().map_or(0, |good| good.pitches);
                let since = published.pitches.saturating_sub(pitches);
                Advice::Held { readiness: published.readiness.value.unwrap_or_default(), pitches, since, why }
            }
            Err(VerdictAbsent::Old) => Advice::Old { for_min: VERDICT_FOR_S / 60 },
            Err(VerdictAbsent::AgeUnknown) => Advice::AgeUnknown,
            Err(VerdictAbsent::Incomplete) => {
                let good = self.good.as_ref().filter(|good| self.may_have_thrown_since(good.at));
                Advice::Incomplete { since: good.map(|good| (good.pitches, self.was_unseen_since(good.at))) }
            }
        };
        (verdict, words::recommendation(advice))
    }

    /// Whether he may have thrown after a moment what nobody measured.
    fn may_have_thrown_since(&self, at: EventNs) -> bool {
        self.was_unseen_since(at) || self.unnamed_between.is_some_and(|(_, last)| last > at)
    }

    /// Whether his mound was not seen after a moment.
    fn was_unseen_since(&self, at: EventNs) -> bool {
        self.unseen.iter().any(|unseen| unseen.to() > at)
    }

    fn verdict(&self, config: &Config, published: &Readiness, scene: &Scene) -> Result<Verdict, VerdictAbsent> {
        let is_away = scene.stand.is_some_and(|stand| !stand.is_here());
        let age_ms = || published.as_of.as_ref().and_then(|as_of| as_of.age_ms(scene.now));
        let value = match published.readiness.value {
            Some(_) if is_away => return Err(VerdictAbsent::Away),
            _ if scene.is_blind && !is_away => return Err(VerdictAbsent::NotSeen),
            Some(_) if scene.known.is_untold => return Err(VerdictAbsent::NotTold),
            None => return Err(VerdictAbsent::NoNumber),
            Some(_) if self.why.is_some() => return Err(VerdictAbsent::Held),
            Some(_) if self.good.as_ref().is_some_and(|good| self.may_have_thrown_since(good.at)) => {
                return Err(VerdictAbsent::Incomplete);
            }
            Some(value) => value,
        };
        match age_ms() {
            None => return Err(VerdictAbsent::AgeUnknown),
            Some(age_ms) if age_ms > 1_000 * VERDICT_FOR_S => return Err(VerdictAbsent::Old),
            Some(_) => {}
        }
        let standing = self.watches.standing_of(&config.alerts, Rule::Readiness);
        let of = |readiness: f64| words::verdict(readiness, published.mound, config.alerts.readiness, standing);
        let is_sure = self.least.is_none_or(|least| of(least) == of(value));
        if is_sure { Ok(of(value)) } else { Err(VerdictAbsent::Incomplete) }
    }
}

/// Whether the number that a rule watches is of a time that nobody should act on any more.
pub(super) fn is_in_doubt(rule: Rule, verdict: Result<Verdict, VerdictAbsent>) -> bool {
    matches!(rule, Rule::Readiness | Rule::VelocityDelta)
        && matches!(
            verdict,
            Err(VerdictAbsent::NotSeen
                | VerdictAbsent::NotTold
                | VerdictAbsent::Old
                | VerdictAbsent::AgeUnknown
                | VerdictAbsent::Incomplete)
        )
}
