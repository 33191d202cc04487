//! One statement on how the box does: over cameras, calibration, clocks, marks, results, sensors and line, each in a sentence
//! that is true, and all of them in one.
//!
//! One scale, the same in `/health/ready`, `pitchguard status` and the System view. *Ready* asks nobody to do anything. *Degraded*
//! works, and somebody should look. *Not ready* is where a part of the daemon does not work, or where somebody throws, or may throw,
//! and nothing can be measured: of a mound that everybody left that is not said. What is not configured, or never was there yet, is
//! *off*: no fault, and nothing that works either.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::status::{
    CalibrationStatus, CameraStatus, MoundCameras, Part, PartState, PublishedPitches, ReorderStatus, StoreStatus,
};
use crate::calibration::{clock_words, confidence_shown, held_words, unverified_words};
use crate::ids::BoxNs;
use crate::moment::span;
use crate::pipeline::{AttributionStatus, MarkFeedState};
use crate::tracking::venue::mound_in_words;
use crate::words::{agreeing, counted};

/// States of a camera of which nothing comes that results could use.
const ABSENT: [&str; 4] = ["silent", "useless", "unheard", "excluded"];
/// A pitch so far ahead of the cameras' clock was stamped by another one, ns.
const AHEAD_NS: u64 = 10_000_000_000;
/// After so long without one it is told since when no mark came, s \[P\]: pitches of an inning are nearer to one another.
const MARKS_QUIET_S: f64 = 60.0;
/// That nothing is known of clocks.
pub const NO_CLOCKS: &str = "no camera is heard to compare clocks with";
/// Cameras named one by one in a sentence.
const NAMED_MAX: usize = 4;

/// How good, on the one scale that is used everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoxVerdictState {
    /// Not configured, or nothing of it was there yet.
    Off,
    /// Nobody has to do anything.
    Ready,
    /// It works, and somebody should look.
    #[default]
    Degraded,
    /// Something that is needed now does not work.
    NotReady,
}

/// What a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Who is heard.
    Cameras,
    /// How far they are trusted.
    Calibration,
    /// Whose clock is off: the box's, a camera's, or that of whoever else dates what comes.
    Clocks,
    /// Who tells who pitches.
    Marks,
    /// Whether pitches are measured, stored and served.
    Results,
    /// The park's weather.
    Sensors,
    /// The line to the analytics cloud.
    Line,
}

/// One sentence of a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoxVerdictPart {
    /// About what.
    pub about: About,
    /// How good.
    pub state: BoxVerdictState,
    /// In words.
    pub sentence: String,
}

/// One statement on how the box does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct BoxVerdict {
    /// The worst of its parts; one that is off says nothing.
    pub state: BoxVerdictState,
    /// In one sentence.
    pub sentence: String,
    /// Cameras, calibration, clocks, marks, results, sensors, line, in this order.
    pub parts: Vec<BoxVerdictPart>,
}

/// One reason why the box is not ready, or degraded.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxReason {
    /// The rule of its alert: `part_` and the part's name, `frames_unaccounted`, `results_lost`.
    pub rule: String,
    /// How bad.
    pub state: BoxVerdictState,
    /// In words.
    pub sentence: String,
    /// Since when it is so, where that is known.
    pub since: Option<BoxNs>,
    /// Whether it is a part that is just starting.
    pub is_starting: bool,
}

/// What a verdict is made of, at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) parts: &'a [Part],
    /// None before calibration said anything.
    pub(super) calibration: Option<&'a CalibrationStatus>,
    pub(super) reorder: Option<&'a ReorderStatus>,
    /// None before the merge thread said anything.
    pub(super) attribution: Option<&'a AttributionStatus>,
    pub(super) store: Option<StoreStatus>,
    pub(super) pitches: &'a PublishedPitches,
    pub(super) now: BoxNs,
    pub(super) started: BoxNs,
}

impl Seen<'_> {
    /// Whether whoever threw on a mound is known to have left it.
    fn is_deserted(&self, mound: &MoundCameras) -> bool {
        let told = self.attribution.iter().flat_map(|attribution| &attribution.mounds);
        told.into_iter().any(|told| told.mound == mound.mound && told.deserted)
    }

    /// Whether somebody throws on a mound, or did just now and may go on.
    fn is_used(&self, mound: &MoundCameras) -> bool {
        mound.in_use && !self.is_deserted(mound)
    }

    /// That the box was away some minutes ago, in words.
    fn away(&self) -> Option<String> {
        let whiles = &self.calibration?.away;
        let each: Vec<&str> = whiles.iter().map(|away| away.told.as_str()).collect();
        let (last, others) = each.split_last()?;
        let when = if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) };
        Some(format!("the box was away {when}, and what was thrown then was not measured"))
    }
}

type Finding = (BoxVerdictState, String);

impl BoxVerdictState {
    /// In words: `off`, `ready`, `degraded`, `not ready`.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::NotReady => "not ready",
        }
    }
}

impl BoxVerdict {
    /// Whether what is needed now works, if need be degraded.
    pub fn is_ready(&self) -> bool {
        self.state < BoxVerdictState::NotReady
    }

    pub(super) fn of(seen: &Seen<'_>) -> Self {
        let found = [
            (About::Cameras, cameras(seen)),
            (About::Calibration, calibration(seen)),
            (About::Clocks, clocks(seen)),
            (About::Marks, marks(seen)),
            (About::Results, results(seen)),
            (
                About::Sensors,
                optional(seen, "mqtt", "weather comes from the park's sensors", "no sensors are configured"),
            ),
            (
                About::Line,
                optional(seen, "upstream", "the line to the cloud is up", "the line to the cloud is not configured"),
            ),
        ];
        let parts: Vec<BoxVerdictPart> =
            found.into_iter().map(|(about, (state, sentence))| BoxVerdictPart { about, state, sentence }).collect();
        let state = parts.iter().map(|part| part.state).max().unwrap_or_default();
        Self { state, sentence: whole(state, seen, &parts), parts }
    }
}

/// The one sentence: what is wrong, the worst first; where nothing is, what matters most. Last that the box was away, and what is
/// missing for it, which is no fault of now.
fn whole(state: BoxVerdictState, seen: &Seen<'_>, parts: &[BoxVerdictPart]) -> String {
    let of = |state| parts.iter().filter(move |part| part.state == state).map(|part| part.sentence.as_str());
    let measures = seen.calibration.is_some_and(|rig| rig.is_heard);
    let somebodys = seen.attribution.is_none_or(|attribution| attribution.unattributed_today == 0);
    let away = seen.away();
    let (opening, told): (&str, Vec<&str>) = match state {
        BoxVerdictState::Off | BoxVerdictState::Ready => {
            let opening = match (&away, somebodys) {
                (Some(_), _) => "Ready again",
                (None, false) => "Ready",
                (None, true) => "Ready, all is well",
            };
            (opening, of(state).collect())
        }
        BoxVerdictState::Degraded => {
            let opening = if measures {
                "Degraded, it works and somebody should look"
            } else {
                "Degraded, it waits for cameras and somebody should look"
            };
            (opening, of(state).collect())
        }
        BoxVerdictState::NotReady => (
            "Not ready, it does not work as it must",
            of(BoxVerdictState::NotReady).chain(of(BoxVerdictState::Degraded)).collect(),
        ),
    };
    let told: Vec<&str> = told.into_iter().chain(away.as_deref()).collect();
    format!("{opening}: {}.", told.join("; "))
}

fn cameras(seen: &Seen<'_>) -> Finding {
    use BoxVerdictState::{Degraded, NotReady, Ready};
    let Some(rig) = seen.calibration else { return (Degraded, "nothing is known of the cameras yet".to_owned()) };
    if !rig.is_heard {
        let in_use = rig.mounds.iter().any(|mound| seen.is_used(mound));
        return (if in_use { NotReady } else { Degraded }, unheard(rig, seen));
    }
    let is_short = |mound: &&MoundCameras| mound.cameras_heard < mound.cameras_needed;
    let told = |mound: &MoundCameras| {
        let nobody = if seen.is_deserted(mound) { "; nobody stands there" } else { "" };
        format!("{}{nobody}", short(mound))
    };
    let mut told: Vec<String> = rig.mounds.iter().filter(is_short).map(told).collect();
    let needed_now = |mound: &MoundCameras| seen.is_used(mound) || mound.mound == 0 && !seen.is_deserted(mound);
    let not_ready = rig.mounds.iter().filter(is_short).any(needed_now);
    let absent = |camera: &&CameraStatus| ABSENT.contains(&camera.state.as_str());
    for state in ABSENT {
        let those: Vec<&CameraStatus> = rig.cameras.iter().filter(|camera| camera.state == state).collect();
        told.extend(named(&those).map(|names| match (state, those.len()) {
            ("silent", 1) => format!("{names} is silent{}", those[0].trouble_for_s.map_or_else(String::new, since)),
            ("silent", _) => format!("{names} are silent"),
            ("useless", 1) => {
                format!("{names} sends nothing of use{}", those[0].trouble_for_s.map_or_else(String::new, since))
            }
            ("useless", _) => format!("{names} send nothing of use"),
            ("unheard", 1) => format!("{names} was not heard yet since the start"),
            ("unheard", _) => format!("{names} were not heard yet since the start"),
            (_, 1) => format!("{names} is left out of results"),
            _ => format!("{names} are left out of results"),
        }));
    }
    let all = rig.cameras.len();
    let lost = rig.cameras.iter().filter(absent).count();
    let quiet: Vec<&CameraStatus> = rig.cameras.iter().filter(|camera| !camera.is_heard && !absent(camera)).collect();
    if let Some(names) = named(&quiet) {
        let for_s = quiet.iter().filter_map(|camera| camera.trouble_for_s).reduce(f64::max);
        let since = for_s.map_or_else(|| " just now".to_owned(), since);
        told.push(format!("{names} {} not heard{since}", agreeing(quiet.len(), "is", "are")));
    }
    match lost {
        0 if told.is_empty() && all == 1 => return (Ready, "the only camera is heard".to_owned()),
        0 if told.is_empty() => return (Ready, format!("all {all} cameras are heard")),
        // What lasts is silence, and told as such.
        0 if told.len() == 1 && !quiet.is_empty() => {
            let left = all - quiet.len();
            let are = agreeing(left, "is", "are");
            return (Ready, format!("{left} of {all} cameras {are} heard, {}", told.remove(0)));
        }
        0 => {}
        _ => {
            let left = all - lost - quiet.len();
            told.push(format!("{left} of {all} cameras {} of use", agreeing(left, "is", "are")));
        }
    }
    (if not_ready { NotReady } else { Degraded }, told.join("; "))
}

fn clocks(seen: &Seen<'_>) -> Finding {
    let part = seen.parts.iter().find(|part| part.name == "clocks" && part.state == PartState::Degraded);
    let of_box = || seen.calibration?.box_clock_off_s.map(clock_words);
    match part.map(|part| part.detail.clone()).or_else(of_box) {
        Some(off) => (BoxVerdictState::Degraded, off),
        None if seen.calibration.is_some_and(|rig| rig.is_heard) => {
            (BoxVerdictState::Ready, "the clocks agree".to_owned())
        }
        None => (BoxVerdictState::Off, NO_CLOCKS.to_owned()),
    }
}

/// That no camera is heard, and whether any was.
fn unheard(rig: &CalibrationStatus, seen: &Seen<'_>) -> String {
    let ago = |at: u64| span(seen.now.0.saturating_sub(at) as f64 * 1e-9);
    match rig.heard_ns {
        Some(at) if at >= seen.started.0 => {
            format!("no camera is heard any more, the last one {} ago, so nothing is measured", ago(at))
        }
        _ => format!("no camera was heard since the start {} ago, so nothing is measured", ago(seen.started.0)),
    }
}

/// ` for 5 min`.
fn since(seconds: f64) -> String {
    format!(" for {}", span(seconds))
}

/// A mound that has too few cameras.
fn short(mound: &MoundCameras) -> String {
    let MoundCameras { cameras_heard, cameras_needed, .. } = mound;
    format!(
        "{} cannot be measured: {cameras_heard} of its cameras {} of use, and it needs {cameras_needed}",
        mound_in_words(&mound.name),
        agreeing(*cameras_heard, "is", "are")
    )
}

/// `camera 7 (1b_low)`, `cameras 3, 7 and 9`; `None` of none.
fn named(cameras: &[&CameraStatus]) -> Option<String> {
    match cameras {
        [] => None,
        [one] => Some(format!("camera {} ({})", one.id, one.name)),
        many if many.len() > NAMED_MAX => Some(format!("{} cameras", many.len())),
        [first @ .., last] => {
            let ids: Vec<String> = first.iter().map(|camera| camera.id.to_string()).collect();
            Some(format!("cameras {} and {}", ids.join(", "), last.id))
        }
    }
}

fn calibration(seen: &Seen<'_>) -> Finding {
    use BoxVerdictState::{Degraded, NotReady, Off, Ready};
    let Some(rig) = seen.calibration else { return (Degraded, "no calibration is known yet".to_owned()) };
    let can_tell = |mound: &&MoundCameras| mound.cameras_heard >= mound.cameras_needed;
    let (mut told, mut held) = (Vec::new(), Vec::new());
    let mut state = Ready;
    for mound in &rig.mounds {
        match (mound.confidence, mound.unverified_for_s) {
            // What its cameras were trusted to says nothing where too few of them are heard.
            (Some(_), _) if !can_tell(&mound) => {}
            (Some(confidence), _) if confidence < rig.hold_below => {
                state = state.max(if seen.is_used(mound) { NotReady } else { Degraded });
                held.push((mound_in_words(&mound.name), confidence));
            }
            (Some(confidence), _) if mound.is_held => {
                state = state.max(if seen.is_used(mound) { NotReady } else { Degraded });
                let (name, shown) = (mound_in_words(&mound.name), confidence_shown(confidence));
                told.push(format!("readiness was held on and off until just now: {name} is trusted to {shown}"));
            }
            (Some(confidence), _) if rig.look_below.is_some_and(|limit| confidence < limit) => {
                state = state.max(Degraded);
                told.push(format!("{} is trusted to {}", mound_in_words(&mound.name), confidence_shown(confidence)));
            }
            (Some(_), _) => {}
            // Where no camera is heard that is said.
            (None, _) if !rig.is_heard && mound.verified_ns.is_some() => {}
            (None, for_s) => {
                state = state.max(Degraded);
                let words = unverified_words(for_s.unwrap_or_default(), mound.verified_ns.is_some());
                told.push(format!("{} is {words}", mound_in_words(&mound.name)));
            }
        }
    }
    if !held.is_empty() {
        told.insert(0, held_words(&held, rig.hold_below));
    }
    for (camera_state, words) in [("watch", "on watch"), ("alarm", "in alarm")] {
        let those: Vec<&CameraStatus> = rig.cameras.iter().filter(|camera| camera.state == camera_state).collect();
        if let Some(names) = named(&those) {
            state = state.max(Degraded);
            told.push(format!("{names} {} {words}", agreeing(those.len(), "is", "are")));
        }
    }
    for camera in &rig.cameras {
        if let Some(foreseen) = &camera.maintenance {
            state = state.max(Degraded);
            told.push(format!("camera {} ({}) {foreseen}", camera.id, camera.name));
        }
    }
    if told.is_empty() {
        if !rig.mounds.iter().any(|mound| can_tell(&mound)) {
            return (Off, "no mound has enough cameras to tell how far they are trusted".to_owned());
        }
        let least = rig.mounds.iter().filter(can_tell).filter_map(|mound| mound.confidence).fold(1.0, f64::min);
        let least = confidence_shown(least);
        let every = if rig.mounds.iter().all(|mound| can_tell(&mound)) {
            "every mound's calibration is verified"
        } else {
            "the calibration of every mound that has enough cameras is verified"
        };
        return (state, format!("{every}, the least trusted to {least}"));
    }
    (state, told.join("; "))
}

fn marks(seen: &Seen<'_>) -> Finding {
    let Some(attribution) = seen.attribution else {
        return (BoxVerdictState::Degraded, "nothing is known of the mark feed yet".to_owned());
    };
    let quiet_for_s = attribution.last_mark_at.as_deref().and_then(|at| at.parse::<jiff::Timestamp>().ok()).map(|at| {
        let ns = i128::from(seen.now.0) - at.as_nanosecond();
        ns as f64 * 1e-9
    });
    let quiet = quiet_for_s.filter(|s| *s >= MARKS_QUIET_S).map(|s| format!("no mark came for {}", span(s)));
    let feed = match (attribution.mark_feed, &quiet) {
        (MarkFeedState::Never, _) => "no mark came since the start, so nobody tells who pitches",
        (_, Some(quiet)) => quiet,
        (MarkFeedState::Live, None) => "the mark feed tells who pitches",
        (MarkFeedState::Silent, None) => "no mark came for five minutes",
    };
    let sentence = match (attribution.sentence.trim_end_matches('.'), attribution.mark_feed, &quiet) {
        ("", ..) => feed.to_owned(),
        (told, MarkFeedState::Live, Some(quiet)) => format!("{told}; {quiet}"),
        (told, ..) => told.to_owned(),
    };
    let state = match attribution.mark_feed {
        _ if attribution.degraded => BoxVerdictState::Degraded,
        MarkFeedState::Live | MarkFeedState::Silent => BoxVerdictState::Ready,
        MarkFeedState::Never => BoxVerdictState::Off,
    };
    (state, sentence)
}

/// The parts of the daemon that a result passes.
fn results(seen: &Seen<'_>) -> Finding {
    let told = result_reasons(seen);
    let Some(state) = told.iter().map(|reason| reason.state).max() else {
        return (BoxVerdictState::Ready, newest(seen));
    };
    let told: Vec<String> = told.into_iter().map(|reason| reason.sentence).collect();
    (state, told.join("; "))
}

/// What is wrong with them.
fn result_reasons(seen: &Seen<'_>) -> Vec<BoxReason> {
    use BoxVerdictState::{Degraded, NotReady};
    let mut told = Vec::new();
    // Clocks are told of by those whose they are; what does not work at all is told here, whose it may be.
    let is_told_elsewhere = |part: &&Part| match part.name.as_str() {
        "cameras" | "calibration" => part.state != PartState::Starting,
        "clocks" | "marks" | "mqtt" | "upstream" => part.state.works(),
        _ => false,
    };
    for part in seen.parts.iter().filter(|part| !is_told_elsewhere(part)) {
        let state = match part.state {
            PartState::Off | PartState::Ready => continue,
            PartState::Degraded => Degraded,
            PartState::Starting | PartState::Failed | PartState::Stopped => NotReady,
        };
        let mut sentence = match part.state {
            PartState::Starting => format!("{} is starting", part.name),
            PartState::Stopped => format!("{} has stopped", part.name),
            PartState::Failed => format!("{} does not work", part.name),
            PartState::Off | PartState::Degraded | PartState::Ready => format!("{} is in trouble", part.name),
        };
        if !part.detail.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(sentence, " ({})", part.detail);
        }
        let (since, is_starting) = (Some(part.since), part.state == PartState::Starting);
        told.push(BoxReason { rule: part_rule(&part.name), state, sentence, since, is_starting });
    }
    let of = |rule: &str, sentence| BoxReason {
        rule: rule.to_owned(),
        state: Degraded,
        sentence,
        since: None,
        is_starting: false,
    };
    if let Some(reorder) = seen.reorder.filter(|reorder| !reorder.accounting.holds()) {
        let sentence =
            format!("{} not accounted for", counted(reorder.accounting.difference(), "frame is", "frames are"));
        told.push(of("frames_unaccounted", sentence));
    }
    if let Some(lost) = seen.store.map(|store| store.lost).filter(|lost| *lost > 0) {
        let sentence = format!(
            "{} of results {} lost while nothing could be stored",
            counted(lost, "batch", "batches"),
            agreeing(lost, "was", "were")
        );
        told.push(of("results_lost", sentence));
    }
    told
}

/// The rule of the alert about a part.
fn part_rule(part: &str) -> String {
    format!("part_{part}")
}

/// Why the box is not ready, or degraded, beside its cameras and their calibration, which have alerts of their own.
pub(super) fn reasons(seen: &Seen<'_>) -> Vec<BoxReason> {
    let mut reasons = result_reasons(seen);
    let others = [
        ("marks", marks(seen)),
        ("mqtt", optional(seen, "mqtt", "", "")),
        ("upstream", optional(seen, "upstream", "", "")),
    ];
    for (name, (state, sentence)) in others {
        let rule = part_rule(name);
        // One that does not work at all is told with what results pass.
        let is_told = reasons.iter().any(|reason| reason.rule == rule);
        if state >= BoxVerdictState::Degraded && !is_told {
            let part = seen.parts.iter().find(|part| part.name == name && part.state != PartState::Ready);
            reasons.push(BoxReason { rule, state, sentence, since: part.map(|part| part.since), is_starting: false });
        }
    }
    reasons
}

/// What came last, by the cameras' clock, which stamped it.
fn newest(seen: &Seen<'_>) -> String {
    let ago = |ns: u64| span(ns as f64 * 1e-9);
    let apart_ms = seen.reorder.map_or(0.0, |reorder| reorder.clocks_apart_ms);
    let seen_now = seen.now.0.saturating_add_signed((-1e6 * apart_ms) as i64);
    match seen.pitches.newest_ns {
        Some(at_ns) if at_ns > seen_now.saturating_add(AHEAD_NS) => {
            "results are stored and served, how old the newest pitch is no clock tells".to_owned()
        }
        Some(at_ns) => {
            format!("results are stored and served, the newest pitch is {} old", ago(seen_now.saturating_sub(at_ns)))
        }
        None => {
            let up = ago(seen.now.0.saturating_sub(seen.started.0));
            format!("results would be stored and served, and no pitch came since the start {up} ago")
        }
    }
}

/// A part that is absent where it is not configured, and has a word to say where nothing came of it yet.
fn optional(seen: &Seen<'_>, name: &str, up: &str, off: &str) -> Finding {
    let Some(part) = seen.parts.iter().find(|part| part.name == name) else {
        return (BoxVerdictState::Off, off.to_owned());
    };
    match part.state {
        PartState::Ready => (BoxVerdictState::Ready, up.to_owned()),
        PartState::Off => (BoxVerdictState::Off, part.detail.clone()),
        _ if part.detail.is_empty() => (BoxVerdictState::Degraded, format!("{name} is {}", part.state.as_str())),
        _ => (BoxVerdictState::Degraded, part.detail.clone()),
    }
}
