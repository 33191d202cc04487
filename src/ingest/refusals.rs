//! Sources of which nothing but refused frames comes: a rig whose keys or addresses are not those of the configuration sends
//! all evening, and nothing of it arrives.

use super::counters::{IngestSnapshot, Refusal, SOURCES};
use crate::ids::BoxNs;

/// Nothing but refusals for so long is no hiccup: a camera sends ten heartbeats a second.
const TELL_AFTER_NS: u64 = 30_000_000_000;
/// After so long without a further refusal the source is silent, which is told elsewhere.
const OVER_AFTER_NS: u64 = 10_000_000_000;

/// Judges sources by their counts, look by look.
#[derive(Debug)]
pub struct RefusedSources {
    seen: [Seen; SOURCES],
}

impl Default for RefusedSources {
    fn default() -> Self {
        Self { seen: std::array::from_fn(|_| Seen::default()) }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    accepted: u64,
    /// All refusals at the last look.
    refused: u64,
    /// When the first refusal without an accepted frame since was seen, and when the last.
    since: Option<BoxNs>,
    last: Option<BoxNs>,
    told: bool,
}

/// A source of which nothing but refused frames comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnlyRefused {
    /// Which.
    pub source: u8,
    /// Why most of its frames are refused.
    pub refusal: Refusal,
    /// Since when.
    pub since: BoxNs,
    /// Whether it is seen for the first time.
    pub is_news: bool,
}

/// Sources of which nothing but refusals comes, in words with what to do: one sentence a reason.
pub fn sentences(found: &[OnlyRefused], moment: impl Fn(BoxNs) -> String) -> Vec<String> {
    let mut by_refusal: Vec<(Refusal, Vec<&OnlyRefused>)> = Vec::new();
    for one in found {
        match by_refusal.iter_mut().find(|(refusal, _)| *refusal == one.refusal) {
            Some((_, same)) => same.push(one),
            None => by_refusal.push((one.refusal, vec![one])),
        }
    }
    let sentence = |(refusal, same): (Refusal, Vec<&OnlyRefused>)| {
        let names = same.iter().map(|one| one.source.to_string()).collect::<Vec<_>>().join(", ");
        let since = same.iter().map(|one| one.since).min().map_or_else(String::new, &moment);
        let (sources, their) = if same.len() == 1 { ("source", "its") } else { ("sources", "their") };
        let advice = match refusal {
            Refusal::Protocol(firmware_protocol::Cause::Auth) => "no key of the keys file fits",
            Refusal::Address => "another address than [ingest] sources lists",
            Refusal::Replayed => "old frames sent again, or a clock that went back",
            Refusal::Protocol(_) | Refusal::Serial(_) => "no frames of this protocol",
        };
        let cause = refusal.as_str();
        format!("nothing but refused frames of {sources} {names} since {since}: {their} frames fail {cause} ({advice})")
    };
    by_refusal.into_iter().map(sentence).collect()
}

impl RefusedSources {
    /// Looks at the counts; gives the sources, of those that are expected, of which nothing but refusals comes.
    pub fn look(&mut self, counts: &IngestSnapshot, expected: impl Fn(u8) -> bool, now: BoxNs) -> Vec<OnlyRefused> {
        let mut found = Vec::new();
        for source in counts.sources.iter().filter(|source| source.source != 0) {
            let seen = &mut self.seen[usize::from(source.source) % SOURCES];
            let refused = Refusal::all().map(|refusal| source.refused(refusal)).sum();
            if source.frames > seen.accepted {
                (seen.since, seen.told) = (None, false);
            } else if refused > seen.refused {
                seen.since.get_or_insert(now);
                seen.last = Some(now);
            } else if seen.last.is_none_or(|last| now.0.saturating_sub(last.0) >= OVER_AFTER_NS) {
                (seen.since, seen.told) = (None, false);
            }
            (seen.accepted, seen.refused) = (source.frames, refused);
            let for_ns = seen.since.map_or(0, |since| now.0.saturating_sub(since.0));
            if for_ns >= TELL_AFTER_NS && expected(source.source) {
                let refusal = Refusal::all().max_by_key(|refusal| source.refused(*refusal));
                let is_news = !std::mem::replace(&mut seen.told, true);
                let since = BoxNs(now.0 - for_ns);
                found.extend(refusal.map(|refusal| OnlyRefused { source: source.source, refusal, since, is_news }));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use firmware_protocol::Cause;

    use super::*;
    use crate::ingest::IngestCounters;

    const AUTH: Refusal = Refusal::Protocol(Cause::Auth);

    /// What is told at each second.
    fn told(seconds: u64, mut each: impl FnMut(u64, &IngestCounters), expected: impl Fn(u8) -> bool) -> Vec<Vec<u64>> {
        let (counters, mut judge) = (IngestCounters::default(), RefusedSources::default());
        let at = |second: u64| BoxNs((1000 + second) * 1_000_000_000);
        (0..seconds)
            .map(|second| {
                each(second, &counters);
                let found = judge.look(&counters.snapshot(), &expected, at(second));
                let age_s = |found: &OnlyRefused| (at(second).0 - found.since.0) / 1_000_000_000;
                found.iter().inspect(|found| assert_eq!(found.refusal, AUTH)).map(age_s).collect()
            })
            .collect()
    }

    #[test]
    fn thirty_seconds_of_nothing_but_refusals_are_told_until_a_frame_is_accepted_or_the_source_falls_silent() {
        let accepted_at_40 = |second, counters: &IngestCounters| {
            counters.refuse(Some(3), AUTH);
            if second == 40 {
                counters.accept(3);
            }
        };
        let found = told(50, accepted_at_40, |source| source == 3);
        let first = found.iter().position(|found| !found.is_empty());
        assert_eq!((first, &found[39], &found[40]), (Some(30), &vec![39], &Vec::new()));

        let silent_from_40 = |second, counters: &IngestCounters| {
            if second < 40 {
                counters.refuse(Some(3), AUTH);
            }
        };
        let found = told(60, silent_from_40, |source| source == 3);
        assert!(!found[45].is_empty() && found[50].is_empty(), "{found:?}");
    }

    #[test]
    fn a_source_that_gets_through_now_and_then_and_one_that_nobody_expects_are_not_told() {
        let now_and_then = |second: u64, counters: &IngestCounters| {
            counters.refuse(Some(3), AUTH);
            if second.is_multiple_of(20) {
                counters.accept(3);
            }
        };
        assert!(told(100, now_and_then, |_| true).iter().all(Vec::is_empty));
        let stranger = |_, counters: &IngestCounters| counters.refuse(Some(3), AUTH);
        assert!(told(100, stranger, |source| source == 4).iter().all(Vec::is_empty));
    }

    #[test]
    fn it_is_news_once() {
        let (counters, mut judge) = (IngestCounters::default(), RefusedSources::default());
        let mut news = 0;
        for second in 0..60 {
            counters.refuse(Some(7), Refusal::Address);
            let found = judge.look(&counters.snapshot(), |_| true, BoxNs(second * 1_000_000_000));
            news += found.iter().filter(|found| found.is_news).count();
        }
        assert_eq!(news, 1);
    }

    #[test]
    fn a_whole_rig_is_one_sentence_a_reason() {
        let one = |source, refusal, since| OnlyRefused { source, refusal, since: BoxNs(since), is_news: true };
        let found = [one(1, AUTH, 7), one(2, AUTH, 5), one(48, Refusal::Address, 9)];
        assert_eq!(
            sentences(&found, |moment| moment.0.to_string()),
            [
                "nothing but refused frames of sources 1, 2 since 5: their frames fail auth (no key of the keys file fits)",
                "nothing but refused frames of source 48 since 9: its frames fail address (another address than [ingest] \
                 sources lists)"
            ]
        );
    }
}
