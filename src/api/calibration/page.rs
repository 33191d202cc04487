//! `/calibration`: the cameras for the engineer, rendered here as plain HTML and SVG. A small script fetches the same
//! `<main>` again every two seconds; without it the page is as good, and stands still.

use std::fmt::{self, Display};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use super::super::state::ApiState;
use super::chart::{Chart, Limits};
use super::text::Text;
use crate::calibration::{
    AlertKind, CameraReport, CameraState, CorrectionRecord, MoundReport, Outcome, Report, confidence_shown,
    unverified_words,
};
use crate::ids::BoxNs;
use crate::moment::span;

/// The page, the part of it that is fetched again, and its assets; nothing from elsewhere.
pub(crate) fn routes() -> Router<ApiState> {
    let file =
        |kind: &'static str, text: &'static str| get(move || async move { ([(header::CONTENT_TYPE, kind)], text) });
    let css = include_str!("../page/calibration.css");
    Router::new()
        .route("/calibration", get(page))
        .route("/calibration/main", get(part))
        .route("/assets/calibration.css", file("text/css; charset=utf-8", css))
        .route("/assets/calibration.js", file("text/javascript; charset=utf-8", include_str!("../page/calibration.js")))
}

async fn page(State(state): State<ApiState>) -> impl IntoResponse {
    let report = state.live.calibration();
    let shell = include_str!("../page/calibration.html");
    // The shell is part of this program and has the mark once.
    let (before, after) = shell.split_once("<!-- main -->").unwrap_or((shell, ""));
    Html(format!("{before}{}{after}", Main { report: report.as_deref(), now: state.clock.now() }))
}

async fn part(State(state): State<ApiState>) -> impl IntoResponse {
    let report = state.live.calibration();
    Html(Main { report: report.as_deref(), now: state.clock.now() }.to_string())
}

/// Everything that changes.
struct Main<'a> {
    report: Option<&'a Report>,
    now: BoxNs,
}

impl Display for Main<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(report) = self.report else {
            return f.write_str("<p>Nothing is known of the cameras yet; the merge thread has not started.</p>");
        };
        write!(f, r#"<div id="venue" data-venue="{}"></div>"#, Text(&report.venue))?;
        self.rig(f, report)?;
        self.alerts(f, report)?;
        f.write_str(r#"<section aria-labelledby="cameras"><h2 id="cameras">Cameras</h2>"#)?;
        f.write_str(LEGEND)?;
        f.write_str(r#"<div class="cameras">"#)?;
        // Who needs a look comes first; within a state the order of the sources stays.
        let mut cameras: Vec<&CameraReport> = report.cameras.iter().collect();
        cameras.sort_by_key(|camera| std::cmp::Reverse(camera.state));
        let limits = Limits { watch_px: report.watch_px, alarm_px: report.alarm_px };
        for camera in cameras {
            self.camera(f, camera, limits)?;
        }
        f.write_str("</div></section>")
    }
}

const LEGEND: &str = r#"<p class="note legend"><span class="key dx">dx</span> <span class="key dy">dy</span>
 estimated shift with its sd band, thin: control chart and its limits,
 <span class="key watch">watch</span> and <span class="key alarm">alarm</span> sizes, px. Vertical: the model was corrected.</p>"#;

impl Main<'_> {
    fn rig(&self, f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
        f.write_str(r#"<section aria-labelledby="rig"><h2 id="rig">The rig</h2><div class="rig">"#)?;
        if !report.is_heard {
            let heard = report
                .heard_at
                .map_or_else(|| "none was heard yet".to_owned(), |at| format!("the last one {}", Ago(self.now, at)));
            write!(f, r#"<p class="figure"><span class="value bad">no camera is heard</span> {heard}</p>"#)?;
        }
        let enough = report.mounds.first().is_none_or(can_tell);
        if let (Some(fused), Some(time), Some(residual), true) =
            (report.confidence, report.confidence_time, report.confidence_residual, enough)
        {
            let age = span(report.age_s.unwrap_or_default());
            let figure = |f: &mut fmt::Formatter<'_>, level: &str, value: f64, what: &str| {
                let value = confidence_shown(value);
                write!(f, r#"<p class="figure"><span class="value {level}">{value}</span> {what}</p>"#)
            };
            figure(f, level(report, fused), fused, "confidence")?;
            figure(f, "", time, &format!("by age, {age} effective"))?;
            figure(f, "", residual, "by residuals")?;
        } else {
            let looked = match report.mounds.first() {
                Some(game) => looked_at(game, self.now),
                None => "there is no mound".to_owned(),
            };
            let what = if report.confidence.is_none() { "game mound unverified" } else { "too few cameras" };
            write!(f, r#"<p class="figure"><span class="value watch">{what}</span> {}</p>"#, Text(&looked))?;
        }
        let next = &report.next_action;
        write!(f, r#"<p class="next"><strong>Next:</strong> {}"#, Text(&next.what))?;
        if let Some(when) = next.when {
            write!(f, " {}", Ago(self.now, when))?;
        }
        write!(f, r#"<span class="reason">{}</span></p></div>"#, Text(&next.why))?;
        mounds(f, report, self.now)?;
        f.write_str(
            r#"<p class="act"><button type="button" data-recalibrate="">Recalibrate all…</button>
<span id="answer" role="status"></span></p></section>"#,
        )
    }

    fn alerts(&self, f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
        let of_rig = report.alerts.iter().chain(report.mounds.iter().flat_map(|mound| &mound.alerts));
        let mut of_rig = of_rig.peekable();
        let mut standing = report.cameras.iter().flat_map(|c| c.alerts.iter().map(move |alert| (c, alert))).peekable();
        if standing.peek().is_none() && of_rig.peek().is_none() {
            return Ok(());
        }
        f.write_str(r#"<section aria-labelledby="alerts"><h2 id="alerts">Alerts</h2><ul id="alert-list">"#)?;
        for alert in of_rig {
            let for_s = |began: BoxNs| self.now.0.saturating_sub(began.0) as f64 * 1e-9;
            let so_for = alert.began.map_or_else(String::new, |began| format!("for {}, ", span(for_s(began))));
            write!(
                f,
                r#"<li class="{}"><span>{}</span><span class="reason">{so_for}raised {}</span></li>"#,
                if alert.kind == AlertKind::RigUnverified { "watch" } else { "alarm" },
                Text(&alert.reason),
                Ago(self.now, alert.since)
            )?;
        }
        for (camera, alert) in standing {
            let kind = alert.kind.as_str();
            // Since when it is so is another time than since when that is told.
            let so_for_s = match alert.kind {
                AlertKind::Silent => camera.silent_for_s,
                AlertKind::Useless => camera.useless_for_s,
                _ => None,
            };
            let so_for = so_for_s.map_or_else(String::new, |for_s| format!(" for {}", span(for_s)));
            write!(
                f,
                r##"<li class="{kind}"><span><a href="#camera-{0}">Camera {0}</a>, {kind}{so_for}: {1}</span><span class="reason">raised {2}</span></li>"##,
                camera.id,
                Text(&alert.reason),
                Ago(self.now, alert.since)
            )?;
        }
        f.write_str("</ul></section>")
    }

    fn camera(&self, f: &mut fmt::Formatter<'_>, camera: &CameraReport, limits: Limits) -> fmt::Result {
        let (id, state) = (camera.id, camera.state.as_str());
        let shown = if camera.state == CameraState::Ok { "ok" } else { &state.to_uppercase() };
        write!(
            f,
            r#"<article id="camera-{id}" class="{state}"><header><h3>{id} · {}</h3><span class="badge {state}">{shown}</span></header>"#,
            Text(&camera.name)
        )?;
        let label = format!("drift of camera {id}");
        write!(f, "{}", Chart { points: &camera.chart, now: self.now, limits, label: &label })?;
        f.write_str("<dl>")?;
        if let Some(trouble) = &camera.trouble {
            row(f, "Trouble", trouble)?;
        }
        known(f, camera)?;
        let seen = [
            camera.residual_px.map(|px| format!("{px:.2} px")),
            camera.scatter_px.map(|px| format!("scatter {px:.2} px")),
        ];
        row(f, "Residual", &listed(seen))?;
        let health = [
            camera.temperature_c.map(|c| format!("{c:.1} °C")),
            camera.vibration_g.map(|g| format!("{g:.2} g")),
            camera.dropped.map(|frames| format!("{frames} frames dropped")),
        ];
        row(f, "Health", &listed(health))?;
        f.write_str("</dl>")?;
        self.corrections(f, camera)?;
        write!(f, r#"<p class="act"><button type="button" data-recalibrate="{id}">Recalibrate…</button></p></article>"#)
    }

    fn corrections(&self, f: &mut fmt::Formatter<'_>, camera: &CameraReport) -> fmt::Result {
        if camera.corrections.is_empty() {
            return f.write_str(r#"<p class="reason">Never corrected: the venue file's model.</p>"#);
        }
        let count = camera.corrections.len();
        let (newest, plural) = (camera.correction.version, if count == 1 { "" } else { "s" });
        write!(
            f,
            r#"<details id="corrections-{}"><summary>{count} correction{plural}, version {newest}</summary><ol>"#,
            camera.id
        )?;
        for made in camera.corrections.iter().rev() {
            let CorrectionRecord { at, correction, why, outcome, shift_px } = made;
            let px = |px: Option<f64>| px.map_or_else(|| "–".to_owned(), |px| format!("{px:.2}"));
            write!(
                f,
                r#"<li>v{} {}: dx {}, dy {} px, {} µs; off by {} → {} px; {}<span class="reason">{}</span></li>"#,
                correction.version,
                Ago(self.now, *at),
                signed(correction.dx_px, 2),
                signed(correction.dy_px, 2),
                signed(1e-3 * correction.clock_offset_ns, 0),
                px(shift_px[0]),
                px(shift_px[1]),
                outcome_text(*outcome),
                Text(why)
            )?;
        }
        f.write_str("</ol></details>")
    }
}

/// What is known of where a camera stands; that nothing is, where it is so.
fn known(f: &mut fmt::Formatter<'_>, camera: &CameraReport) -> fmt::Result {
    let (Some(drift), Some(fused), Some(time), Some(residual)) =
        (&camera.drift, camera.confidence, camera.confidence_time, camera.confidence_residual)
    else {
        return row(f, "Drift", "not known");
    };
    let shift = format!(
        "dx {} ± {:.2}, dy {} ± {:.2} px",
        signed(drift.dx_px, 2),
        drift.dx_sd_px,
        signed(drift.dy_px, 2),
        drift.dy_sd_px
    );
    row(f, "Drift", &shift)?;
    row(f, "Roll", &format!("{} ± {:.3} mrad", signed(1e3 * drift.roll_rad, 3), 1e3 * drift.roll_sd_rad))?;
    row(f, "Scale", &format!("{} ± {:.3} ‰", signed(1e3 * drift.scale, 3), 1e3 * drift.scale_sd))?;
    let by_no_pitch = || "not measured: no pitch yet".to_owned();
    row(f, "Moves the plate", &drift.plate_in.map_or_else(by_no_pitch, |inches| format!("{inches:.3} in")))?;
    let clock = match (camera.clock_offset_us, camera.clock_offset_sd_us) {
        (Some(us), Some(sd)) => format!("{} ± {sd:.0} µs", signed(us, 0)),
        _ => by_no_pitch(),
    };
    let told = camera.clock_told_us.map_or_else(String::new, |us| format!("; it says {} µs", signed(us, 0)));
    row(f, "Clock", &(clock + &told))?;
    let [fused, time, residual] = [fused, time, residual].map(confidence_shown);
    row(f, "Confidence", &format!("{fused} (age {time}, residuals {residual})"))
}

/// Whether enough cameras of a mound are heard to tell how far they are trusted.
fn can_tell(mound: &MoundReport) -> bool {
    mound.cameras_heard >= mound.cameras_needed
}

/// When somebody looked at a mound's cameras, or that nobody did.
fn looked_at(mound: &MoundReport, now: BoxNs) -> String {
    if let Some(at) = mound.verified_at {
        return format!("its cameras were last verified {}", Ago(now, at));
    }
    let for_s = mound.unverified_for_s.unwrap_or_default();
    format!("nobody has looked at its cameras since the start {} ago", span(for_s))
}

fn mounds(f: &mut fmt::Formatter<'_>, report: &Report, now: BoxNs) -> fmt::Result {
    if report.mounds.is_empty() {
        return Ok(());
    }
    f.write_str(
        r#"<div class="scroll" tabindex="0" role="region" aria-labelledby="rig"><table><thead><tr>
<th scope="col">Mound</th><th scope="col" class="number">Confidence</th><th scope="col" class="number">By age</th>
<th scope="col" class="number">By residuals</th><th scope="col" class="number">Plate error, 95 %</th>
<th scope="col" class="number">Pitches in 15 min</th><th scope="col" class="number">Cameras of use</th>
<th scope="col">Verified</th></tr></thead><tbody>"#,
    )?;
    for mound in &report.mounds {
        let name = ["Game", "Home bullpen", "Visitor bullpen"].get(usize::from(mound.mound.0)).unwrap_or(&"Other");
        let plate = mound
            .plate_error_in
            .filter(|_| can_tell(mound))
            .map_or_else(|| "–".to_owned(), |inches| format!("{inches:.3} in"));
        let known = mound.confidence.filter(|_| can_tell(mound));
        let parts = match &known {
            Some(c) => [c.fused, c.time, c.residual].map(confidence_shown),
            None => ["–"; 3].map(str::to_owned),
        };
        let looked_s = mound.verified_at.map(|at| now.0.saturating_sub(at.0) as f64 * 1e-9);
        let ago = looked_s.map(|s| format!("{} ago", span(s)));
        let verified = match (mound.unverified_for_s, &mound.unverified) {
            (Some(for_s), _) => unverified_words(looked_s.unwrap_or(for_s), looked_s.is_some()),
            (None, _) if !can_tell(mound) => format!("too few cameras to tell; {}", looked_at(mound, now)),
            (None, why) => {
                let parts = [Some(ago.unwrap_or_else(|| "yes".to_owned())), why.clone()];
                parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
            }
        };
        write!(
            f,
            r#"<tr><th scope="row">{name}</th><td class="number {}">{}</td><td class="number">{}</td><td class="number">{}</td><td class="number">{plate}</td><td class="number">{}</td><td class="number">{}, {} needed</td><td>{}</td></tr>"#,
            known.map_or("watch", |c| level(report, c.fused)),
            parts[0],
            parts[1],
            parts[2],
            mound.pitches,
            mound.cameras_heard,
            mound.cameras_needed,
            Text(&verified)
        )?;
    }
    f.write_str("</tbody></table></div>")
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    write!(f, "<div><dt>{name}</dt><dd>{}</dd></div>", Text(value))
}

/// With its sign, and none where it rounds to zero.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:+.decimals$}");
    if text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { text } else { format!("{:.decimals$}", 0.0) }
}

fn listed<const N: usize>(parts: [Option<String>; N]) -> String {
    let known: Vec<String> = parts.into_iter().flatten().collect();
    if known.is_empty() { "–".to_owned() } else { known.join(", ") }
}

/// As good, as one to look at, or as one that holds readiness: by the limits in force.
fn level(report: &Report, confidence: f64) -> &'static str {
    match confidence {
        c if c < report.hold_below => "bad",
        c if report.look_below.is_some_and(|limit| c < limit) => "watch",
        _ => "good",
    }
}

fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "not yet judged",
        Outcome::Held => "held",
        Outcome::Undone => "undone",
        Outcome::Replaced => "replaced before it was judged",
        Outcome::TookBack => "took an earlier one back",
        Outcome::ByLandmarks => "by landmarks, which balls cannot judge",
    }
}

/// A moment as seen from now.
struct Ago(BoxNs, BoxNs);

impl Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(now, at) = self;
        let seconds = now.0.abs_diff(at.0) as f64 * 1e-9;
        if at > now { write!(f, "in {}", span(seconds)) } else { write!(f, "{} ago", span(seconds)) }
    }
}
