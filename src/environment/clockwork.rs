//! A sensor's clock, judged by its messages' arrivals.
//!
//! What a sensor says now has a time of now, whatever its clock calls it: messages whose times go on as they arrive, and are
//! always as far off, tell of a clock that is wrong by so much. A retained message, or one that waited at the broker, does not
//! go on like that.

use super::config::Config;
use super::refusal::{Complaint, Refusal};
use crate::ids::{BoxNs, EventNs};
use crate::moment::{bracketed, span, usual_cause};

/// Messages after which a clock that goes on equally far off is known.
const KNOWN_AFTER: u32 = 3;
/// Equally far: within this, ns.
const STEADY_NS: i128 = 5_000_000_000;

/// What is known of a sensor's clock.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Clockwork {
    /// How far it was ahead when it first was as far off as now, ns, and its own time then last.
    off: Option<(i128, i128)>,
    /// Messages that agree.
    agree: u32,
}

impl Clockwork {
    /// When a message is of, by this box's clock, and how far the sensor's is ahead, s: 0 where it is not known to be wrong.
    pub(super) fn judge(&mut self, said_ns: i128, config: &Config, now: BoxNs) -> Result<(EventNs, f64), Complaint> {
        let off_ns = said_ns - i128::from(now.0);
        let off_s = off_ns as f64 * 1e-9;
        let said = u64::try_from(said_ns).map(EventNs);
        if off_s.abs() <= config.future_s {
            *self = Self::default();
            return said.map(|said| (said, 0.0)).map_err(|_| Refusal::Old.into());
        }
        let goes_on = self.off.filter(|(first, last)| (off_ns - first).abs() <= STEADY_NS && said_ns > *last);
        self.agree = if goes_on.is_some() { self.agree + 1 } else { 1 };
        let (first, _) = goes_on.unwrap_or((off_ns, said_ns));
        self.off = Some((first, said_ns));
        if self.agree >= KNOWN_AFTER {
            let of = u64::try_from(said_ns - first).unwrap_or(now.0);
            return Ok((EventNs(of.min(now.0)), first as f64 * 1e-9));
        }
        match said {
            Ok(said) if (-config.old_s..0.0).contains(&off_s) => Ok((said, 0.0)),
            _ => Err(far_off(off_s)),
        }
    }
}

fn far_off(off_s: f64) -> Complaint {
    let usual = bracketed(usual_cause(off_s));
    let (why, way) = if off_s > 0.0 { (Refusal::Future, "ahead of") } else { (Refusal::Old, "behind") };
    let far = span(off_s.abs());
    Complaint::new(
        why,
        format!(
            "its time is {far} {way} this box's{usual}: an old message, or a clock to set; if it goes on so, it is allowed for"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000_000_000;
    const S: u64 = 1_000_000_000;

    fn judge(clockwork: &mut Clockwork, said_s: i64, now_s: u64) -> Result<(i64, f64), Refusal> {
        let now = BoxNs(NOW + now_s * S);
        let said = i128::from(NOW) + i128::from(said_s) * i128::from(S);
        let judged = clockwork.judge(said, &Config::default(), now);
        judged.map(|(of, off_s)| ((of.0 as i64 - NOW as i64) / S as i64, off_s)).map_err(|complaint| complaint.why)
    }

    #[test]
    fn a_clock_that_goes_on_equally_far_off_is_allowed_for() {
        for off in [-2 * 86_400_i64, 3600, 18_000, -1_700_000_000] {
            let why = if off > 0 { Refusal::Future } else { Refusal::Old };
            let mut clockwork = Clockwork::default();
            assert_eq!(judge(&mut clockwork, off, 0), Err(why));
            assert_eq!(judge(&mut clockwork, off + 10, 10), Err(why));
            assert_eq!(judge(&mut clockwork, off + 20, 21), Ok((20, off as f64)));
            assert_eq!(judge(&mut clockwork, off + 30, 30), Ok((30, off as f64)));
            assert_eq!(judge(&mut clockwork, 40, 40), Ok((40, 0.0)), "it was set");
        }
    }

    #[test]
    fn an_old_message_that_comes_again_and_those_that_waited_are_not_taken_for_new() {
        let mut clockwork = Clockwork::default();
        for now in [0, 10, 20, 30] {
            assert_eq!(judge(&mut clockwork, -86_400, now), Err(Refusal::Old), "retained");
        }
        for waited in 0..9 {
            assert_eq!(judge(&mut clockwork, -90_000 + 60 * waited, 40), Err(Refusal::Old), "{waited}");
        }
        assert_eq!(judge(&mut clockwork, -600, 50), Ok((-600, 0.0)), "late, and told as such");
    }
}
