//! Alerts about the box itself: each reason for which it is not ready, or degraded, stands in the list of alerts as well.
//!
//! Cameras and their calibration have alerts of their own, which the pipeline raises. These are raised beside it, so that they stand
//! where the pipeline is what does not work.

use std::collections::BTreeMap;

use crate::api::{Event, Snapshot};
use crate::ids::BoxNs;
use crate::moment::rfc3339;
use crate::observe::{BoxReason, BoxVerdictState};
use crate::readiness::{Alert, Audience, Severity, sentence};

/// What degrades the box is told after so long, as a silent camera is, ns; and so is a part that does not get started.
const DEGRADED_NS: u64 = 30_000_000_000;
/// How often an alert that stands is worded anew, ns.
const REWORDED_NS: u64 = 10_000_000_000;
/// Numbers of alerts come from the millisecond; those of the pipeline count up from its beginning, these from here.
const FIRST_IN_MS: u64 = 900;

/// Those that stand, and what may become one.
#[derive(Debug, Default)]
pub(super) struct PartAlerts {
    known: BTreeMap<String, Known>,
    last_id: u64,
}

#[derive(Debug)]
struct Known {
    state: BoxVerdictState,
    since: BoxNs,
    /// Its alert, and when that was worded.
    raised: Option<(Alert, BoxNs)>,
}

impl PartAlerts {
    /// What is news by the reasons of now, as of a moment of the box. `shown` tells when somebody has seen an alert, and of moments
    /// of the box when they are by the cameras' clock, which all alerts are told by.
    pub(super) fn look(&mut self, reasons: &[BoxReason], shown: &Snapshot, now: BoxNs) -> Vec<Event> {
        let mut news = Vec::new();
        let acknowledged_at = |id: u64| shown.alerts().find(|alert| alert.id == id)?.acknowledged_at.clone();
        let told = |at: BoxNs| rfc3339(shown.seen(at));
        let clear = |alert: Alert, because: &str| {
            let (acknowledged_at, cleared_at) = (acknowledged_at(alert.id), Some(told(now)));
            let cleared_because = Some(because.to_owned());
            Event::AlertCleared(Alert { cleared_at, acknowledged_at, cleared_because, ..alert })
        };
        let is_over = |rule: &String| !reasons.iter().any(|reason| reason.rule == *rule);
        for rule in self.known.keys().filter(|rule| is_over(rule)).cloned().collect::<Vec<_>>() {
            let raised = self.known.remove(&rule).and_then(|known| known.raised);
            news.extend(raised.map(|(alert, _)| clear(alert, "it is over")));
        }
        for reason in reasons {
            let since = reason.since.unwrap_or(now);
            let new = || Known { state: reason.state, since, raised: None };
            let known = self.known.entry(reason.rule.clone()).or_insert_with(new);
            if known.state != reason.state {
                let raised = std::mem::replace(known, new()).raised;
                news.extend(raised.map(|(alert, _)| clear(alert, "it is worse, or better, now")));
            }
            let message = sentence(&reason.sentence);
            if let Some((alert, worded)) = &mut known.raised {
                let is_due = now.0.saturating_sub(worded.0) >= REWORDED_NS;
                if is_due && alert.message != message {
                    alert.message = message;
                    *worded = now;
                    let alert = Alert { acknowledged_at: acknowledged_at(alert.id), ..alert.clone() };
                    news.push(Event::AlertRaised(alert));
                }
                continue;
            }
            let so_for_ns = now.0.saturating_sub(known.since.0);
            let is_now = reason.state == BoxVerdictState::NotReady && !reason.is_starting;
            if !is_now && so_for_ns < DEGRADED_NS {
                continue;
            }
            self.last_id = (self.last_id + 1).max(now.0 / 1_000_000 * 1_000 + FIRST_IN_MS);
            let alert = Alert {
                id: self.last_id,
                rule: reason.rule.clone(),
                severity: if reason.state == BoxVerdictState::NotReady {
                    Severity::Critical
                } else {
                    Severity::Warning
                },
                pitcher: None,
                camera: None,
                message,
                value: so_for_ns as f64 * 1e-9,
                limit: if is_now { 0.0 } else { DEGRADED_NS as f64 * 1e-9 },
                raised_at: told(now),
                since: (known.since < now).then(|| told(known.since)),
                cleared_at: None,
                acknowledged_at: None,
                now: None,
                cleared_because: None,
                mound: None,
                audience: Audience::Engineer,
            };
            known.raised = Some((alert.clone(), now));
            news.push(Event::AlertRaised(alert));
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::api::Live;
    use crate::clock::BoxClock;
    use crate::observe::{About, Accounting, BoxVerdict, PartState, ReorderStatus, StoreStatus, Telemetry};
    use crate::pipeline::AttributionStatus;

    /// What a box's alerts say `after_s` seconds on, and its verdict, its cameras, their calibration and clocks aside.
    fn told(alerts: &mut PartAlerts, telemetry: &Telemetry, now: BoxNs) -> (Vec<Event>, BoxVerdictState) {
        let BoxVerdict { parts, .. } = telemetry.verdict();
        let others = parts
            .iter()
            .filter(|part| !matches!(part.about, About::Cameras | About::Calibration | About::Clocks | About::Marks));
        let state = others.map(|part| part.state).max().expect("some");
        (alerts.look(&telemetry.reasons(), &Live::new(8, BoxClock::start(1.0)).snapshot(), now), state)
    }

    fn well() -> Arc<Telemetry> {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &[]);
        telemetry.publish_attribution(AttributionStatus::example());
        telemetry
    }

    fn later(s: u64) -> BoxNs {
        BoxNs(BoxClock::start(1.0).now().0 + s * 1_000_000_000)
    }

    #[test]
    fn every_part_that_makes_the_box_less_than_ready_has_an_alert_as_bad_as_that_until_it_is_over() {
        let parts =
            ["ingest", "merge", "writer", "store", "api", "control", "disk", "journal", "clocks", "mqtt", "upstream"];
        let states = [PartState::Starting, PartState::Degraded, PartState::Failed, PartState::Stopped];
        for (part, state) in parts.into_iter().flat_map(|part| states.map(|state| (part, state))) {
            let (telemetry, mut alerts) = (well(), PartAlerts::default());
            telemetry.set_part(part, state, "no room on the disk");
            let (at_once, _) = told(&mut alerts, &telemetry, later(1));
            let (after, verdict) = told(&mut alerts, &telemetry, later(40));
            let raised: Vec<_> = at_once.iter().chain(&after).collect();
            let is_told_by_others = part == "clocks" && state == PartState::Degraded;
            let wanted = match verdict {
                BoxVerdictState::Degraded => Severity::Warning,
                BoxVerdictState::NotReady => Severity::Critical,
                BoxVerdictState::Ready | BoxVerdictState::Off => {
                    assert!(raised.is_empty() && is_told_by_others, "{part} {state:?}: {raised:?}");
                    continue;
                }
            };
            let [Event::AlertRaised(alert)] = raised[..] else { panic!("{part} {state:?}: {raised:?}") };
            assert_eq!((alert.severity, alert.rule.as_str()), (wanted, format!("part_{part}").as_str()), "{state:?}");
            assert!(alert.message.to_lowercase().contains("no room on the disk") && alert.since.is_some(), "{alert:?}");
            let is_failed =
                matches!(state, PartState::Failed | PartState::Stopped) && !["mqtt", "upstream"].contains(&part);
            assert_eq!(
                at_once.len(),
                usize::from(is_failed || verdict == BoxVerdictState::NotReady && state != PartState::Starting),
                "{part} {state:?}"
            );
            telemetry.set_part(part, PartState::Ready, "");
            let (over, _) = told(&mut alerts, &telemetry, later(41));
            assert!(matches!(&over[..], [Event::AlertCleared(cleared)] if cleared.id == alert.id), "{over:?}");
        }
    }

    #[test]
    fn frames_and_results_that_are_lost_are_alerts_and_an_alert_is_worded_anew_with_its_number() {
        let (telemetry, mut alerts) = (well(), PartAlerts::default());
        let lost = |lost: u64| telemetry.publish_store(StoreStatus { lost, ..StoreStatus::default() });
        lost(3);
        let accounting = Accounting { received: 10, released: 7, ..Accounting::default() };
        telemetry.publish_reorder(ReorderStatus { accounting, ..ReorderStatus::default() });
        assert!(told(&mut alerts, &telemetry, later(0)).0.is_empty());
        let (raised, _) = told(&mut alerts, &telemetry, later(31));
        let rules: Vec<_> = raised
            .iter()
            .map(|event| if let Event::AlertRaised(alert) = event { alert.rule.as_str() } else { "" })
            .collect();
        assert_eq!(rules, ["frames_unaccounted", "results_lost"]);
        lost(4);
        assert!(told(&mut alerts, &telemetry, later(33)).0.is_empty(), "not every second");
        let (anew, _) = told(&mut alerts, &telemetry, later(42));
        assert!(matches!(&anew[..], [Event::AlertRaised(alert)] if alert.message.starts_with("4 batches")), "{anew:?}");
        telemetry.set_part("writer", PartState::Degraded, "slow");
        told(&mut alerts, &telemetry, later(43));
        told(&mut alerts, &telemetry, later(80));
        telemetry.set_part("writer", PartState::Failed, "dead");
        let (worse, _) = told(&mut alerts, &telemetry, later(81));
        assert!(
            matches!(&worse[..], [Event::AlertCleared(_), Event::AlertRaised(alert)] if alert.severity == Severity::Critical)
        );
    }

    #[test]
    fn the_times_of_an_alert_are_by_the_cameras_clock_as_those_of_all_others() {
        let (telemetry, mut alerts, live) = (well(), PartAlerts::default(), Live::new(8, BoxClock::start(1.0)));
        let ahead_s = 2 * 86_400;
        live.set_clocks_apart(ahead_s * 1_000_000_000);
        telemetry.set_part("writer", PartState::Failed, "dead");
        let now = later(3_600);
        let [Event::AlertRaised(alert)] = &alerts.look(&telemetry.reasons(), &live.snapshot(), now)[..] else {
            panic!("one alert");
        };
        let by_cameras = |at: BoxNs| rfc3339(BoxNs(at.0 - ahead_s as u64 * 1_000_000_000));
        assert_eq!(alert.raised_at, by_cameras(now));
        let since = telemetry.parts().into_iter().find(|part| part.name == "writer").expect("it is there").since;
        assert_eq!(alert.since, Some(by_cameras(since)));
        telemetry.set_part("writer", PartState::Ready, "");
        let end = later(3_601);
        let over = alerts.look(&telemetry.reasons(), &live.snapshot(), end);
        let [Event::AlertCleared(cleared)] = &over[..] else { panic!("{over:?}") };
        assert_eq!(cleared.cleared_at, Some(by_cameras(end)));
    }
}
