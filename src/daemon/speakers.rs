//! The sensors of which nothing is believed, and those whose clocks are wrong, beside how the air is known.

use crate::environment::{Conditions, Speaker};
use crate::ids::BoxNs;
use crate::moment::{bracketed, far, usual_cause};
use crate::observe::PartState;

/// Sensors told of one by one.
const TOLD_MAX: usize = 3;
/// Clocks so far apart are wrong by the same, s.
const ALIKE_S: f64 = 30.0;

/// How the sensors do, with what is wrong with those that are heard.
pub(super) fn with_speakers(
    (state, told): (PartState, String),
    conditions: &Conditions,
    now: BoxNs,
) -> (PartState, String) {
    let heard = |speaker: &&Speaker| now.0.saturating_sub(speaker.heard_at.0) <= conditions.stale_ns;
    let heard: Vec<_> = conditions.speakers.iter().filter(heard).collect();
    let faults: Vec<String> = unbelieved(&heard).chain(clocks(&heard)).collect();
    if faults.is_empty() {
        return (state, told);
    }
    let told = Some(told).filter(|told| !told.is_empty()).into_iter().chain(faults).collect::<Vec<_>>().join("; ");
    (PartState::Degraded, told)
}

fn unbelieved(heard: &[&Speaker]) -> impl Iterator<Item = String> {
    let refused: Vec<_> = heard.iter().filter(|speaker| speaker.is_refused()).collect();
    let more = refused.len().saturating_sub(TOLD_MAX);
    let more = (more > 0).then(|| format!("and {more} more, see /api/environment"));
    let told = refused.into_iter().take(TOLD_MAX).filter_map(|speaker| {
        let why = &speaker.last.as_ref()?.why;
        Some(format!("{} is heard and not believed: {why}", speaker.name))
    });
    told.collect::<Vec<_>>().into_iter().chain(more)
}

/// Those whose clocks are wrong, or right where this box's is not.
fn clocks(heard: &[&Speaker]) -> Option<String> {
    let wrong: Vec<_> = heard.iter().filter(|speaker| speaker.clock_off_s != 0.0).collect();
    let first = wrong.first()?;
    let off_s = first.clock_off_s;
    let alike = wrong.iter().filter(|speaker| (speaker.clock_off_s - off_s).abs() < ALIKE_S).count();
    let whose = match alike {
        1 => format!("the clock of {} is", first.name),
        alike if alike == heard.len() => "the clocks of all sensors are".to_owned(),
        alike => format!("the clocks of {alike} sensors are"),
    };
    let (far, way) = (far(off_s), if off_s > 0.0 { "ahead of" } else { "behind" });
    let cause = bracketed(usual_cause(off_s));
    Some(format!("{whose} {far} {way} this box's{cause}, which is allowed for: set the one that is wrong"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Config, Fusion};

    const START: u64 = 1_800_000_000_000_000_000;

    /// What is told after so many seconds of messages, one each ten: who sends what, with a clock so far ahead, s.
    fn told(seconds: u64, sensors: &[(&str, &str, i64)]) -> (PartState, String) {
        let mut fusion = Fusion::new("busch_iii", 466.0, Config::default());
        let at = |s: u64| BoxNs(START + s * 1_000_000_000);
        for s in (0..seconds).step_by(10) {
            for (name, fields, ahead_s) in sensors {
                let time = 1_800_000_000 + s as i64 + ahead_s;
                let payload = format!("{{\"time\":{time},{fields}}}");
                let _counted = fusion.take(&format!("stadium/busch_iii/environment/{name}"), payload.as_bytes(), at(s));
            }
        }
        with_speakers((PartState::Ready, String::new()), &fusion.step(at(seconds)), at(seconds))
    }

    #[test]
    fn a_sensor_that_is_not_believed_is_told_with_what_it_says() {
        assert_eq!(told(60, &[("roof", "\"temperature_c\":21", 0)]), (PartState::Ready, String::new()));
        let (state, detail) = told(60, &[("roof", "\"temp\":21", 0), ("dugout", "\"temperature_c\":21", 0)]);
        assert_eq!(state, PartState::Degraded);
        assert!(
            detail
                .contains("environment/roof is heard and not believed: none of its fields is known: it has temp, time"),
            "{detail}"
        );
        assert!(!detail.contains("dugout"), "{detail}");
    }

    #[test]
    fn a_wrong_clock_is_told_with_its_size_and_what_that_usually_is() {
        let fields = "\"temperature_c\":21";
        let (state, detail) = told(60, &[("roof", fields, 37), ("dugout", fields, -18_000)]);
        assert_eq!(state, PartState::Degraded);
        assert!(
            detail
                .contains("the clock of environment/dugout is 5 h 0 min behind this box's (local time taken for UTC)"),
            "{detail}"
        );
        let (_, detail) = told(60, &[("roof", fields, 1_700_000_000), ("dugout", fields, 1_700_000_000)]);
        assert!(detail.contains("the clocks of all sensors are") && detail.contains("never set"), "{detail}");
    }
}
