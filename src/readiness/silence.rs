//! How long nothing was thrown or marked on a mound.
//!
//! What nobody saw is no silence: it counts only while a throw would have been seen. So it never grows shorter as time goes by, and
//! whoever has left a mound by it comes back by a throw or a mark only. And nobody waits on a mound for ever that nobody sees.

use crate::ids::EventNs;

const NS_PER_MIN: u64 = 60 * 1_000_000_000;
/// Of whiles unseen that are over no more than this is no silence, \[P\]: who went on in a longer one would be seen to throw.
const UNSEEN_OVER_NS: u64 = 60 * NS_PER_MIN;
/// And of the one that lasts no more than this, \[P\]: who stands there may throw on unseen, but not for the rest of the night.
const UNSEEN_LASTS_NS: u64 = 150 * NS_PER_MIN;

/// How long nothing was heard from a moment on until another one, ns; `unseen` are whiles that are over, in any order, and
/// `blind_since` is since when nobody sees the mound, where that lasts.
pub(super) fn silent_ns(
    from: EventNs,
    to: EventNs,
    unseen: impl Iterator<Item = (EventNs, EventNs)>,
    blind_since: Option<EventNs>,
) -> u64 {
    let to = to.max(from);
    let seen_until = blind_since.map_or(to, |since| since.clamp(from, to));
    let mut whiles: Vec<_> = unseen.map(|(start, end)| (start, end.min(seen_until))).collect();
    whiles.sort_unstable();
    let (mut unseen_ns, mut counted) = (0, from);
    for (start, end) in whiles {
        unseen_ns += end.0.saturating_sub(start.max(counted).0);
        counted = counted.max(end);
    }
    let lasts_ns = to.0 - seen_until.0;
    to.0 - from.0 - unseen_ns.min(UNSEEN_OVER_NS) - lasts_ns.min(UNSEEN_LASTS_NS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(min: u64) -> EventNs {
        EventNs(min * NS_PER_MIN)
    }

    #[test]
    fn what_nobody_saw_is_no_silence_up_to_an_hour_and_each_minute_counts_once() {
        let of = |unseen: &[(u64, u64)], blind: Option<u64>| {
            let unseen = unseen.iter().map(|(from, to)| (at(*from), at(*to)));
            silent_ns(at(100), at(300), unseen, blind.map(at)) / NS_PER_MIN
        };
        assert_eq!(of(&[], None), 200);
        assert_eq!(of(&[(90, 110), (120, 130), (125, 135)], None), 175);
        assert_eq!(of(&[(110, 290)], None), 140);
        assert_eq!(of(&[(110, 120)], Some(200)), 90);
        assert_eq!(of(&[], Some(0)), 50);
        assert_eq!(silent_ns(at(5), at(3), std::iter::empty(), None), 0);
    }

    proptest! {
        #[test]
        fn it_never_grows_shorter(
            unseen in proptest::collection::vec((0..200_u64, 1..90_u64), 0..6), blind in 0..300_u64, now in 0..300_u64,
        ) {
            let (now, later) = (now.max(blind), now.max(blind) + 1);
            let over = || unseen.iter().map(|(from, ns)| (at(*from), at((from + ns).min(blind))));
            let blinded = silent_ns(at(50), at(later), over(), Some(at(blind)));
            prop_assert!(silent_ns(at(50), at(now), over(), Some(at(blind))) <= blinded);
            let ended = over().chain([(at(blind), at(later))]);
            prop_assert!(blinded <= silent_ns(at(50), at(later), ended, None));
        }
    }
}
