//! What a coach reads: reasons, recommendation and alert messages in plain baseball English.

use super::alert::Severity;
use super::alerts::Rule;
use super::answer::Verdict;
use super::config::{Config, Limit, Limits, VerdictLimits};
use super::indices::{Inputs, Points};
use super::presence::{GAME_MOUND, PresenceState, Stand};
use crate::calibration::confidence_shown;
use crate::features::{FeatureSet, Lowering};
use crate::ids::{EventNs, MoundId};
use crate::workload::Role;

/// Said with every recommendation (science.md §6).
const NO_PROMISE: &str = "It describes today's arm and promises nothing about injury.";

/// An event time as RFC 3339, UTC.
pub(super) fn rfc3339(at: EventNs) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(at.0))
        .expect("every u64 of nanoseconds since 1970 lies before the year 2555")
        .to_string()
}

const KM_PER_MILE: f64 = 1.609_344;
const CM_PER_IN: f64 = 2.54;

/// Why a warning cleared that became a critical alert.
pub(super) const WORSE: &str = "it became critical";
/// Why an alert about the cameras cleared whose confidence nobody knows any more.
pub(super) const NOBODY_LOOKED: &str = "the cameras are unverified now";
/// Why an alert cleared whose pitch was not his.
pub(super) const ANOTHER_MANS: &str = "the pitch behind it was another man's";
/// Why an alert cleared of an outing that is over.
pub(super) const OUTING_ENDED: &str = "his outing ended";

/// A readiness as people read it: whole, and never rounded up, so that what is under a limit looks so (79.6 is "79").
pub fn whole(readiness: f64) -> String {
    format!("{:.0}", readiness.floor())
}

/// A number with so many decimals, on the side of a limit on which it is: rounding never crosses it. What lies on the limit
/// is on its good side.
pub fn within(value: f64, limit: f64, low_is_bad: bool, decimals: usize) -> String {
    let is_bad = |x: f64| if low_is_bad { x < limit } else { x > limit };
    let step = 10_f64.powi(-i32::try_from(decimals).unwrap_or(0));
    let shown = (value / step).round() * step;
    // Where a limit is finer than the decimals the nearest number on the right side may be a step away.
    let shown = match (is_bad(value), is_bad(shown)) {
        (true, false) if low_is_bad => shown - step,
        (true, false) => shown + step,
        (false, true) if low_is_bad => shown + step,
        (false, true) => shown - step,
        _ => shown,
    };
    format!("{shown:.decimals$}")
}

/// A mound within a sentence.
pub(super) fn mound(mound: MoundId) -> String {
    if mound == GAME_MOUND { "the game mound".to_owned() } else { format!("bullpen mound {mound}") }
}

/// Why the last value is held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Hold {
    /// Nothing to judge by: no baseline.
    NoBaseline,
    /// Nothing to judge by: no window has opened.
    TooFewPitches,
    /// Nothing to judge by: pitches enough, but no mark names their types.
    NoPitchTypes,
    /// Confidence in calibration is too low.
    Calibration(f64),
    /// Too little of the expected data is there, or it comes too late.
    Quality(f64),
}

impl Hold {
    /// Why, within a sentence.
    pub(super) fn why(self, config: &Config) -> String {
        match self {
            Self::NoBaseline => "no season baseline for him yet, so nothing to compare today with".to_owned(),
            Self::TooFewPitches => "too few pitches yet to compare with his season".to_owned(),
            Self::NoPitchTypes => "no pitch types from the game feed, so nothing to compare with his season".to_owned(),
            Self::Calibration(confidence) => {
                let limit = config.hold_confidence;
                format!("camera calibration confidence {} is under {limit:.2}", confidence_shown(confidence))
            }
            Self::Quality(qa) => {
                let limit = 100.0 * config.hold_qa;
                format!("data quality {} % is under {limit:.0} %", within(100.0 * qa, limit, true, 0))
            }
        }
    }

    /// The same as a reason; `held_at` is the pitch of the last good number, where there was one.
    fn reason(self, config: &Config, held_at: Option<u32>) -> String {
        let why = self.why(config);
        if let Some(pitches) = held_at {
            return format!("Held at the last good number, as of pitch {pitches}: {why}");
        }
        match self {
            Self::Calibration(_) | Self::Quality(_) => format!("No number: {why}"),
            Self::NoBaseline | Self::TooFewPitches | Self::NoPitchTypes => sentence(&why),
        }
    }
}

/// With a capital letter.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What he has thrown on the game mound, for the words about dose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Dose {
    pub(super) today: u32,
    /// Whether he may have thrown more than that.
    pub(super) at_least: bool,
    pub(super) carried: f64,
    /// Whether he may carry more than that, because earlier days were only partly seen.
    pub(super) carried_at_least: bool,
    pub(super) role: Option<Role>,
}

/// Words and the points that they stand for.
pub(super) type Weighed = Vec<(f64, String)>;

/// What the cameras tell against his season.
pub(super) fn measured(features: &FeatureSet, points: &Points) -> Weighed {
    let mut weighed = Weighed::new();
    if let Some(f) = features.velocity_delta_5 {
        let by = if f.value < 0.0 { "under" } else { "over" };
        let words = format!(
            "Fastball {} {by} his season baseline over the last {} (sd {:.1} mph)",
            speed(&format!("{:.1}", f.value.abs()), f.value.abs()),
            f.n,
            f.sd
        );
        weighed.push((points.velocity, words));
    }
    if let (Some(ratio), Some(f)) = (features.spin_ratio, features.spin_consistency_20) {
        weighed.push((
            points.spin,
            format!("Spin varies {:.1} times as much as usual over the last {}", ratio.value, f.n),
        ));
    }
    if let Some(f) = features.release_height_var_25 {
        let words = format!("Release height varies {:.1} times as much as usual over the last {}", f.value, f.n);
        weighed.push((points.height, words));
    }
    if let Some(words) = mechanics(features) {
        weighed.push((points.mechanics, words));
    }
    weighed
}

/// What is counted, whatever the cameras see.
fn counted(inputs: &Inputs, points: &Points, dose: Dose) -> Weighed {
    let mut weighed = Weighed::new();
    let role = match dose.role {
        Some(Role::Starter) => "a starter's load",
        Some(Role::Reliever) => "a reliever's load",
        None => "a starter's load (his own role is not known)",
    };
    let least = if dose.carried_at_least { "at least " } else { "" };
    let carried = match dose.carried {
        0.5.. => format!(" and {least}{:.0} still counting from earlier days", dose.carried),
        _ => String::new(),
    };
    let least = if dose.at_least { "At least " } else { "" };
    let pitches = crate::words::counted(dose.today, "game pitch", "game pitches");
    let words = format!("{least}{pitches} today{carried}, {:.0} % of {role}", inputs.dose * 100.0);
    weighed.push((points.dose, words));
    if let Some(ratio) = inputs.acwr {
        weighed.push((points.acwr, format!("This week's load is {ratio:.1} times his month's")));
    }
    if let Some(days) = inputs.rest_deficit {
        weighed.push((points.rest, short_of_rest(days)));
    }
    weighed
}

fn short_of_rest(days: f64) -> String {
    let days = crate::words::counted(format_args!("{days:.0}"), "day", "days");
    format!("{days} short of the rest guidance")
}

/// Reasons, the weightiest first; what is held and why comes before all. `measured` is what stands behind the value shown.
pub(super) fn reasons(
    config: &Config,
    measured: Weighed,
    inputs: &Inputs,
    points: &Points,
    dose: Dose,
    hold: Option<(Hold, Option<u32>)>,
) -> Vec<String> {
    let mut weighed = measured;
    weighed.extend(counted(inputs, points, dose));
    weighed.retain(|(points, _)| *points > 0.0);
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut reasons: Vec<String> = hold.map(|(hold, held_at)| hold.reason(config, held_at)).into_iter().collect();
    reasons.extend(weighed.into_iter().map(|(_, words)| words));
    if reasons.is_empty() {
        reasons.push("Nothing out of the ordinary against his season".to_owned());
    }
    reasons
}

fn mechanics(features: &FeatureSet) -> Option<String> {
    let (height, extension) = (features.mechanics.release_pos_z, features.mechanics.release_extension);
    let z = |l: Option<Lowering>| l.map_or(f64::NEG_INFINITY, |l| l.z);
    let (part, lowering) =
        if z(height) >= z(extension) { ("Release point is", height?) } else { ("Extension is", extension?) };
    let way = if part == "Extension is" { "shorter" } else { "lower" };
    let inches = lowering.inches;
    Some(format!("{part} {inches:.1} in ({:.1} cm) {way} than usual over the last 5", CM_PER_IN * inches))
}

/// A speed for readers of either system: what is told in words is converted by nobody.
fn speed(shown: &str, mph: f64) -> String {
    format!("{shown} mph ({:.1} km/h)", KM_PER_MILE * mph)
}

/// What a readiness says, by the limits that alerts are raised by; somebody should be warm from half-way between the two on \[P\].
/// `standing` is the alert that stands over it and the value at which it may clear. Until the value is back there, it says no
/// better than its alert does.
pub(super) fn verdict(readiness: f64, on: MoundId, limits: Limits, standing: Option<(Severity, f64)>) -> Verdict {
    let at_game = on == GAME_MOUND;
    let worst = if at_game { Verdict::Out } else { Verdict::Sit };
    let under = |limit: Option<f64>| limit.is_some_and(|limit| readiness < limit);
    let VerdictLimits { ready, warm, out } = limits.verdicts();
    let by_band = if under(out) {
        worst
    } else if at_game && under(warm) {
        Verdict::Warm
    } else if under(ready) {
        Verdict::Watch
    } else {
        Verdict::Ready
    };
    match standing {
        Some((Severity::Critical, clear)) if readiness < clear => worst,
        Some((Severity::Warning, clear)) if readiness < clear && by_band == Verdict::Ready => Verdict::Watch,
        _ => by_band,
    }
}

/// What a coach is told of a number.
#[derive(Debug, Clone)]
pub(super) enum Advice<'a> {
    /// There is none yet.
    NoNumber { why: &'a str },
    /// It is an earlier one.
    Held { readiness: f64, pitches: u32, since: u32, why: &'a str },
    /// He is not on the mound any more.
    Away { left: String },
    /// Too few cameras of his mound are heard.
    NotSeen,
    /// Nobody tells whose the throws on his mound are.
    NotTold { pitches: u32 },
    /// It is too old.
    Old { for_min: u64 },
    /// Nobody knows how old it is.
    AgeUnknown,
    /// What he may have thrown besides would change it, or came after the pitch that the number is of, which is told then, and
    /// whether nobody saw it or nobody named it.
    Incomplete { since: Option<(u32, bool)> },
    /// What to do. \[P\], and the choice is the coach's.
    Verdict { verdict: Verdict, on: MoundId, is_partly_seen: bool, rest_short: f64 },
}

/// What to do, in words.
pub(super) fn recommendation(advice: Advice<'_>) -> String {
    let words = match advice {
        Advice::NoNumber { why } => format!("No number: {why}. Go by what you see."),
        Advice::Held { readiness, pitches, since, why } => {
            let ago = format!("{} ago", crate::words::counted(since, "pitch", "pitches"));
            let ago = if since == 0 { String::new() } else { format!(", {ago}") };
            let number = whole(readiness);
            format!("{number} is the last good number, as of pitch {pitches}{ago}: {why}. Go by what you see.")
        }
        Advice::Away { left } => format!("{}: this is his last number.", sentence(&left)),
        Advice::NotSeen => {
            "What he throws now is not seen: too few cameras of his mound tell of it. Go by what you see.".to_owned()
        }
        Advice::NotTold { pitches } => format!(
            "Nobody tells whose the throws on this mound are: he has thrown {pitches} or more, and this number knows of {pitches}. Go by what you \
             see."
        ),
        Advice::Old { for_min } => {
            format!("This number is more than {for_min} minutes old: his arm may be another now. Go by what you see.")
        }
        Advice::AgeUnknown => {
            "Nobody knows how old this number is: a clock was set since. Go by what you see.".to_owned()
        }
        Advice::Incomplete { since: Some((pitches, true)) } => format!(
            "This number is as of pitch {pitches}: he may have thrown since, and nobody measured it. Go by what you see."
        ),
        Advice::Incomplete { since: Some((pitches, false)) } => format!(
            "This number is as of pitch {pitches}: throws since then belong to nobody, and some may be his. Go by what you see."
        ),
        Advice::Incomplete { since: None } => {
            "Not all that he threw is known, and what he may have thrown besides could change the verdict. Go by what \
                               you see."
                .to_owned()
        }
        Advice::Verdict { verdict, on, is_partly_seen, rest_short } => {
            let besides =
                if is_partly_seen { " The load of throws that were not counted would not change that." } else { "" };
            let to_do = match verdict {
                _ if rest_short < 0.5 => to_do(verdict, on).to_owned(),
                Verdict::Ready => format!("{}. By today's arm he is ready.", short_of_rest(rest_short)),
                _ => format!("{}. {}", short_of_rest(rest_short), to_do(verdict, on)),
            };
            to_do + besides
        }
    };
    format!("{words} {NO_PROMISE}")
}

fn to_do(verdict: Verdict, on: MoundId) -> &'static str {
    match verdict {
        Verdict::Ready => "Ready: good to go.",
        Verdict::Watch if on == GAME_MOUND => "Watch him: check his next few pitches.",
        Verdict::Watch => "Watch him: check his next few throws.",
        Verdict::Warm => "Have someone warm.",
        Verdict::Sit => "Sit him down.",
        Verdict::Out => "Time to take him out.",
    }
}

/// A length of time, never told shorter than it is.
fn span(ns: u64) -> String {
    let seconds = ns.div_ceil(1_000_000_000);
    if seconds < 90 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}

/// That part of his outing was not seen, or that throws on his mound have no name; none where all is counted.
pub(super) fn missed(unseen_ns: Option<u64>, unnamed: u32, pitches: u32) -> Option<String> {
    let least = format!("he has thrown at least {}", crate::words::counted(pitches, "pitch", "pitches"));
    let nameless = match unnamed {
        0 => None,
        1 => Some("1 throw on this mound that may be his carries no name".to_owned()),
        _ => Some(format!("{unnamed} throws on this mound that may be his carry no name")),
    };
    match (unseen_ns, nameless) {
        (None, None) => None,
        (Some(ns), None) => Some(format!("{} in which he may have thrown were not seen: {least}", span(ns))),
        (None, Some(nameless)) => Some(sentence(&format!("{least}; {nameless}"))),
        (Some(ns), Some(nameless)) => {
            Some(format!("{} in which he may have thrown were not seen: {least}; {nameless}", span(ns)))
        }
    }
}

/// Why he is not on the mound any more, within a sentence.
pub(super) fn left(stand: &Stand, by: Option<&str>) -> String {
    match (stand.state, stand.by, stand.to) {
        (PresenceState::Replaced, Some(id), _) => {
            by.map_or_else(|| format!("he was replaced by pitcher {id}"), |name| format!("he was replaced by {name}"))
        }
        (PresenceState::Replaced, None, Some(to)) => format!("he went to {}", mound(to)),
        (PresenceState::Replaced, None, None) => "he was replaced".to_owned(),
        _ => "no throw was seen on his mound for a while".to_owned(),
    }
}

/// That his name is on two mounds at once.
pub(super) fn two_mounds(later: MoundId, other: MoundId, apart_s: f64) -> String {
    format!(
        "a throw under his name on {}, {apart_s:.0} s after one on {}: one of them is another man's",
        mound(later),
        mound(other)
    )
}

/// The last good readiness, and how many pitches he had thrown by then.
#[derive(Debug, Clone, Copy)]
pub(super) struct LastGood {
    pub(super) readiness: f64,
    pub(super) pitches: u32,
}

/// What an alert tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling {
    /// The number at raising.
    pub(super) raised: f64,
    /// The number now; absent where it is not known, or held.
    pub(super) now: Option<f64>,
    /// The last good readiness where the number is not known now.
    pub(super) last: Option<LastGood>,
    /// Where it raises and clears.
    pub(super) limit: Limit,
}

impl Telling {
    /// "is down to 59", or "was down to 59 at first and is 33 now".
    fn numbers(&self, way: &str, shown: impl Fn(f64) -> String) -> String {
        let raised = shown(self.raised);
        match self.now.map(shown) {
            Some(now) if now == raised => format!("is {way}{raised}"),
            Some(now) => format!("was {way}{raised} at first and is {now} now"),
            None if self.last.is_some() => format!("was {way}{raised}"),
            None => format!("was {way}{raised} and is not known now"),
        }
    }

    /// Of a number that follows the good ones: since which pitch it is not known.
    fn since(&self) -> String {
        let last = self.last.filter(|_| self.now.is_none());
        last.map_or_else(String::new, |last| format!("; not known since pitch {}", last.pitches))
    }

    /// Whether the number is back on the good side of what raised, and not yet where it clears.
    fn is_back(&self, low_is_bad: bool) -> bool {
        let Limit { raise, .. } = self.limit;
        self.now.is_some_and(|now| if low_is_bad { now >= raise } else { now <= raise })
    }
}

/// An alert's message.
/// `limits` are those of readiness, which the verdict beside it goes by.
pub(super) fn alert(
    name: &str,
    on: MoundId,
    rule: Rule,
    severity: Severity,
    limits: Limits,
    telling: &Telling,
) -> String {
    let limit = telling.limit.raise;
    let percent = |x: f64| format!("{} %", within(100.0 * x, 100.0 * limit, rule.low_is_bad(), 0));
    match rule {
        Rule::Readiness => {
            let numbers = telling.numbers("down to ", whole);
            let numbers = match telling.last.filter(|_| telling.now.is_none()) {
                Some(LastGood { readiness, pitches }) => {
                    format!("{numbers}; {} is the last good number, as of pitch {pitches}", whole(readiness))
                }
                None => numbers,
            };
            let clear = telling.limit.clear;
            let advice = match telling.now.map(|now| verdict(now, on, limits, Some((severity, clear)))) {
                None => "go by what you see".to_owned(),
                Some(Verdict::Out) => "time to take him out".to_owned(),
                Some(Verdict::Sit) => "sit him down".to_owned(),
                Some(Verdict::Warm) => "have someone warm".to_owned(),
                Some(Verdict::Ready | Verdict::Watch) if telling.is_back(true) => {
                    format!("watch him until he stays over {clear}")
                }
                Some(Verdict::Ready | Verdict::Watch) => "watch him".to_owned(),
            };
            format!("{name}: readiness {numbers}, {advice}")
        }
        Rule::VelocityDelta => {
            let against = |x: f64| {
                let by = if x < 0.0 { "under" } else { "over" };
                let shown = within(x, limit, true, 1);
                format!("{} {by} his season baseline", speed(shown.trim_start_matches('-'), x.abs()))
            };
            format!("{name}: fastball {} over the last 5{}", telling.numbers("", against), telling.since())
        }
        Rule::LateDataFrac => {
            format!("{name}: camera data that comes too late {}{}", telling.numbers("up to ", percent), telling.since())
        }
        Rule::FeatureQaMin => {
            let numbers = telling.numbers("down to ", percent) + &telling.since();
            format!("{name}: data quality {numbers}: no new readiness until it is back")
        }
        Rule::CalibrationConfidence => {
            let numbers = telling.numbers("down to ", confidence_shown) + &telling.since();
            let held = if severity == Severity::Critical { ": no new readiness until it is back" } else { "" };
            format!("{name}: camera calibration confidence {numbers}{held}")
        }
    }
}

/// The message of an alert that is over, from the one that stood: what the number was, and nothing to do.
pub(super) fn over(message: &str) -> String {
    let (name, told) = message.split_once(": ").unwrap_or(("", message));
    // What to do, and what was good last, stands behind a mark; no number is written with one.
    let numbers = told.split([',', ':', ';']).next().unwrap_or(told);
    let numbers = numbers.replace(" and is not known now", "").replace(" and is ", ", then ").replace(" now", "");
    format!("{name}: {}", numbers.replace(" is ", " was "))
}

/// Why an alert cleared: the number is back.
pub(super) fn back(rule: Rule, clear: f64) -> String {
    match rule {
        Rule::Readiness => format!("readiness is back over {clear}"),
        Rule::VelocityDelta => {
            format!("his fastball is back within {} of his season", speed(&format!("{:.1}", clear.abs()), clear.abs()))
        }
        Rule::LateDataFrac => format!("late data is back under {:.0} %", 100.0 * clear),
        Rule::FeatureQaMin => format!("data quality is back over {:.0} %", 100.0 * clear),
        Rule::CalibrationConfidence => format!("calibration confidence is back over {clear:.2}"),
    }
}

#[cfg(test)]
mod tests;
