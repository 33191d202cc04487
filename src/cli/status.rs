//! `pitchguard status`: asks the running daemon how it does, and says it for people or as JSON.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::http_client::{AskError, DaemonClient};
use super::out::{self, say, tell};
use super::values;
use crate::calibration::{confidence_shown, unverified_words};
use crate::config::Config;
use crate::moment::{far, span};
use crate::observe::{
    AccessStatus, BoxVerdictState, LatencyReport, PartState, RefusedFrameStatus, RefusedKeyStatus, SourceState,
    SourceStatus, StatusReport,
};
use crate::pipeline::{AttributionStatus, MarkFeedState};
use crate::store::Store;
use crate::words::counted;

/// No frame is on its way for so long, or comes before it was sent by so much, ms.
const CLOCK_LAG_MS: f64 = 60_000.0;
/// What was refused within so long is told, s, and of so many senders at most.
const LATELY_S: u64 = 600;
const LATELY_MOST: usize = 8;
const NOT_READY: u8 = 1;
const UNREACHABLE: u8 = 2;
const DEGRADED: u8 = 3;

/// How the running daemon does: one verdict first, then parts, latencies, frames, sources, cameras, store.
///
/// Exit status: 0 ready, 3 degraded (it works and somebody should look), 1 not ready (it does not work as it must), 2 no daemon answers.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// Print the daemon's report as JSON.
    #[arg(long)]
    pub json: bool,
    /// Where the daemon serves; without it, where the configuration says.
    #[arg(long, value_name = "URL", value_parser = values::daemon_url)]
    pub url: Option<String>,
}

/// Asks the daemon and prints its report. Without --url it is the daemon that the configuration tells of.
pub fn run(args: &StatusArgs, config: &Config) -> ExitCode {
    let daemon = match &args.url {
        Some(url) => DaemonClient::at(url),
        None => DaemonClient::here(config.http.listen, &config.store.path),
    };
    let report = match report_of(&daemon) {
        Ok(report) => report,
        Err(error) => {
            match Store::doing(&config.store.path).filter(|_| args.url.is_none()) {
                Some((pid, doing)) => tell!("pitchguard status: the daemon is starting: process {pid} is {doing}"),
                None => tell!("pitchguard status: {error}"),
            }
            return ExitCode::from(UNREACHABLE);
        }
    };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report).expect("a report is plain data"));
    } else {
        out::write(format_args!("{}", table(&report)));
    }
    match report.verdict.state {
        _ if !report.ready => ExitCode::from(NOT_READY),
        BoxVerdictState::Off | BoxVerdictState::Ready => ExitCode::SUCCESS,
        BoxVerdictState::Degraded => ExitCode::from(DEGRADED),
        BoxVerdictState::NotReady => ExitCode::from(NOT_READY),
    }
}

/// Asks a running daemon for its report.
///
/// # Errors
/// Where nobody answers, or not with a report.
pub fn ask(base: &str) -> Result<StatusReport, AskError> {
    report_of(&DaemonClient::at(base))
}

fn report_of(daemon: &DaemonClient) -> Result<StatusReport, AskError> {
    let (status, text) = daemon.get("/api/status")?;
    let foreign = |why: String| AskError::Foreign { url: daemon.url("/api/status"), why };
    if status != 200 {
        return Err(foreign(format!("{status} {text}")));
    }
    serde_json::from_str(&text).map_err(|error| foreign(error.to_string()))
}

/// The report for people.
pub fn table(report: &StatusReport) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_table(&mut out, report);
    out
}

fn write_table(out: &mut String, report: &StatusReport) -> std::fmt::Result {
    writeln!(out, "{}\n", report.verdict.sentence)?;
    for part in &report.verdict.parts {
        let state = match part.state {
            BoxVerdictState::Off | BoxVerdictState::Ready => part.state.in_words(),
            BoxVerdictState::Degraded | BoxVerdictState::NotReady => &part.state.in_words().to_uppercase(),
        };
        writeln!(out, "  {:<12} {state:<9} {}", format!("{:?}", part.about).to_lowercase(), part.sentence)?;
    }
    writeln!(out, "\nPitchGuard {}: {}, up {}\n", report.version, parts(report), span(report.uptime_s))?;
    for part in &report.parts {
        let state = match part.state {
            PartState::Off => "off",
            PartState::Ready => "ready",
            PartState::Degraded => "DEGRADED",
            PartState::Starting | PartState::Failed | PartState::Stopped => "NOT READY",
        };
        writeln!(out, "  {:<10} {state:<9} since {}  {}", part.name, part.since, part.detail)?;
    }
    write_frames(out, report)?;
    write_sources(out, report)?;
    write_cameras(out, report)?;
    writeln!(out, "\nLatency                       count        p50        p99        max")?;
    for LatencyReport { stage, count, p50_ms, p99_ms, max_ms } in &report.latencies {
        let [p50, p99, max] = [p50_ms, p99_ms, max_ms].map(|ms| milliseconds(*ms));
        writeln!(out, "  {stage:<24} {count:>8} {p50:>10} {p99:>10} {max:>10}")?;
    }
    let pitches = &report.pitches;
    writeln!(
        out,
        "\nPitches  {} provisional, {} final, {} revised, {}, {} rejected",
        pitches.provisional,
        pitches.r#final,
        pitches.revised,
        pitches.flagged_words(),
        pitches.rejected
    )?;
    if let Some(attribution) = &report.attribution {
        writeln!(out, "Marks    {}", whose(attribution))?;
    }
    if let Some(store) = &report.store {
        writeln!(
            out,
            "Store    {} of {} in use, {} commits, {} failed, {} queued, {} lost; newest backup {}",
            bytes(store.map_used_bytes),
            bytes(store.map_size_bytes),
            store.commits,
            store.commit_failures,
            store.queued,
            store.lost,
            report.newest_backup_at.as_deref().unwrap_or("none yet")
        )?;
    }
    if let Some(system) = &report.system {
        writeln!(
            out,
            "Machine  {} of memory for the daemon, {} of {} left; {} of {} of the disk free",
            bytes(system.process_resident_bytes),
            bytes(system.memory_available_bytes),
            bytes(system.memory_bytes),
            bytes(system.disk_free_bytes),
            bytes(system.disk_bytes)
        )?;
    }
    let clients = &report.clients;
    writeln!(
        out,
        "Clients  {} of {} connected, {} dropped as slow, {} as silent, {} as noisy, {} refused",
        clients.connected,
        clients.seats,
        clients.dropped_slow,
        clients.dropped_silent,
        clients.dropped_noisy,
        clients.refused + clients.refused_address
    )?;
    let http = &report.http;
    writeln!(
        out,
        "HTTP  {} of {} connections open, {} refused, {} sent away for others, {} unfinished, {} unread",
        http.open, http.most, http.refused, http.made_room, http.unfinished, http.unread
    )?;
    write_access(out, &report.access)
}

/// How the parts of the daemon do, together.
fn parts(report: &StatusReport) -> String {
    let named = |states: &[PartState]| {
        let those = report.parts.iter().filter(|part| states.contains(&part.state));
        let names: Vec<&str> = those.map(|part| part.name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let degraded = named(&[PartState::Degraded]).map(|names| format!("DEGRADED in {names}"));
    let not_ready = named(&[PartState::Starting, PartState::Failed, PartState::Stopped])
        .map(|names| format!("NOT READY in {names}"));
    let told: Vec<String> = not_ready.into_iter().chain(degraded).collect();
    match (told.is_empty(), named(&[PartState::Off])) {
        (false, _) => told.join("; "),
        (true, None) => "each part is ready".to_owned(),
        (true, Some(off)) => format!("each part is ready that has something to do; off: {off}"),
    }
}

/// Whose the throws are, for people.
fn whose(attribution: &AttributionStatus) -> String {
    let feed = match (attribution.mark_feed, &attribution.last_mark_at) {
        (MarkFeedState::Live, Some(at)) => format!("the last mark came at {at}"),
        (MarkFeedState::Silent, Some(at)) => format!("the mark feed is SILENT since {at}"),
        (_, None) | (MarkFeedState::Never, _) => "NO MARK has come since the start".to_owned(),
    };
    if attribution.sentence.is_empty() { feed } else { format!("{feed}; {}", attribution.sentence) }
}

fn write_frames(out: &mut String, report: &StatusReport) -> std::fmt::Result {
    let accounting = &report.reorder.accounting;
    let check = if report.identity_holds {
        "every frame accounted for".to_owned()
    } else {
        format!("{} FRAMES NOT ACCOUNTED FOR: please report this", accounting.difference())
    };
    writeln!(out, "\nFrames   {} received = {} released", accounting.received, accounting.released)?;
    for (outcome, count) in &accounting.outcomes()[1..] {
        write!(out, "{}{count} {outcome}", if *outcome == "duplicate" { "         + " } else { " + " })?;
    }
    writeln!(out, " + {} held: {check}", accounting.held)?;
    let Some(ingest) = &report.ingest else { return Ok(()) };
    writeln!(
        out,
        "Ingest   {} datagrams, {}, {} frames; the kernel dropped {}; receive buffer {} of {}",
        ingest.datagrams,
        bytes(ingest.bytes),
        ingest.frames,
        ingest.kernel_drops,
        bytes(ingest.receive_buffer_bytes),
        bytes(ingest.receive_buffer_wanted_bytes)
    )?;
    for line in &ingest.serial {
        writeln!(
            out,
            "Serial   {} at {} baud is {}: {}, {} frames, {} stretches of rubbish, opened {}",
            line.device,
            line.baud,
            line.state,
            bytes(line.bytes),
            line.frames,
            line.rubbish,
            counted(line.opened, "time", "times")
        )?;
    }
    let refused: Vec<String> =
        ingest.refused.iter().filter(|(_, n)| **n > 0).map(|(cause, n)| format!("{n} {cause}")).collect();
    if !refused.is_empty() {
        writeln!(out, "         refused: {}", refused.join(", "))?;
    }
    let lately = ingest.last_refused.iter().filter(|frame| frame.ago_s < LATELY_S);
    for RefusedFrameStatus { cause, from, ago_s, bytes, sample, why, .. } in lately.take(LATELY_MOST) {
        writeln!(out, "           {cause} from {from}, {} ago: {why}", span(*ago_s as f64))?;
        writeln!(
            out,
            "             {bytes} bytes that begin with {}",
            if sample.is_empty() { "nothing" } else { sample }
        )?;
    }
    Ok(())
}

/// Keys and cookies that were refused in the last minutes.
fn write_access(out: &mut String, access: &AccessStatus) -> std::fmt::Result {
    let lately: Vec<_> = access.last_refused.iter().filter(|key| key.ago_s < LATELY_S).take(LATELY_MOST).collect();
    if lately.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "Keys  {} in force, {} wrong ones shown, {} not looked at",
        access.keys, access.refused, access.limited
    )?;
    for RefusedKeyStatus { from, ago_s, times, why, .. } in lately {
        writeln!(
            out,
            "           {} from {from}, last {} ago: {why}",
            counted(times, "time", "times"),
            span(*ago_s as f64)
        )?;
    }
    Ok(())
}

fn write_sources(out: &mut String, report: &StatusReport) -> std::fmt::Result {
    // What sends, and of which nothing could be used since the start, is heard too.
    let is_unused = |source: &SourceStatus| source.state == SourceState::Unseen && source.accounting.received > 0;
    let is_heard = |source: &&SourceStatus| source.state != SourceState::Unseen || is_unused(source);
    let heard: Vec<_> = report.reorder.sources.iter().filter(is_heard).collect();
    if heard.is_empty() {
        return writeln!(out, "\nNo source was heard yet.");
    }
    writeln!(
        out,
        "\nSource                  state      gates               lag  behind newest    frames   gaps restarts"
    )?;
    for source in heard {
        writeln!(
            out,
            "  {:>2} {:<18} {:<10} {:<5} {:>17} {:>14} {:>9} {:>6} {:>8}",
            source.source,
            source.name,
            match source.state {
                _ if is_unused(source) => "NONE USED",
                // As a camera of which nothing came is called.
                SourceState::Unseen => "unheard",
                state => state.as_str(),
            },
            if source.gates { "yes" } else { "no" },
            lag(source.lag_ms),
            milliseconds(source.watermark_lag_ms),
            source.accounting.received,
            source.gaps,
            source.restarts
        )?;
    }
    Ok(())
}

fn write_cameras(out: &mut String, report: &StatusReport) -> std::fmt::Result {
    let Some(calibration) = &report.calibration else { return Ok(()) };
    let age = calibration.age_s.map_or_else(String::new, |age_s| format!(", aged as by {} of calm air", span(age_s)));
    let game = calibration.mounds.first();
    let can_tell = game.is_none_or(|game| game.cameras_heard >= game.cameras_needed);
    match calibration.confidence.filter(|_| can_tell) {
        Some(confidence) => {
            let shown = confidence_shown(confidence);
            writeln!(out, "\nCalibration of {}: confidence {shown}{age}", calibration.venue)?;
        }
        None => writeln!(out, "\nCalibration of {}", calibration.venue)?,
    }
    for mound in &calibration.mounds {
        let can_tell = mound.cameras_heard >= mound.cameras_needed;
        let trusted = match (mound.confidence, mound.unverified_for_s) {
            (Some(_), _) if !can_tell => "too few cameras to tell how far they are trusted".to_owned(),
            (Some(confidence), _) => format!("verified, confidence {}", confidence_shown(confidence)),
            (None, for_s) => unverified_words(for_s.unwrap_or_default(), mound.verified_ns.is_some()),
        };
        let (heard, needed) = (mound.cameras_heard, mound.cameras_needed);
        writeln!(
            out,
            "  {:<18} {trusted}; {} of use, {needed} needed",
            mound.name,
            counted(heard, "camera", "cameras")
        )?;
    }
    writeln!(out, "Camera                  state      confidence            drift      clock  corrections")?;
    let known =
        |value: Option<f64>, decimals: usize| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.decimals$}"));
    for camera in &calibration.cameras {
        writeln!(
            out,
            "  {:>2} {:<18} {:<10} {:>10} {:>8} ± {:<4} px {:>7} µs {:>12}  {}",
            camera.id,
            camera.name,
            camera.state,
            camera.confidence.map_or_else(|| "–".to_owned(), confidence_shown),
            known(camera.drift_px, 2),
            known(camera.drift_sd_px, 2),
            known(camera.clock_offset_us, 0),
            camera.corrections,
            camera.trouble.as_deref().unwrap_or_default()
        )?;
    }
    Ok(())
}

/// How late frames come: what no way through a network explains is a clock that was set otherwise, told in words.
fn lag(ms: Option<f64>) -> String {
    match ms {
        Some(ms) if ms.abs() >= CLOCK_LAG_MS => {
            format!("{} {}", far(ms / 1e3), if ms < 0.0 { "ahead" } else { "behind" })
        }
        ms => milliseconds(ms),
    }
}

fn milliseconds(ms: Option<f64>) -> String {
    match ms {
        None => "–".to_owned(),
        Some(ms) if ms.abs() >= 1000.0 => format!("{:.2} s", ms / 1e3),
        Some(ms) if ms.abs() >= 1.0 => format!("{ms:.1} ms"),
        Some(ms) => format!("{:.0} µs", ms * 1e3),
    }
}

fn bytes(count: u64) -> String {
    let scaled = |unit: f64| count as f64 / unit;
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", scaled(1e3)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", scaled(1e6)),
        _ => format!("{:.2} GB", scaled(1e9)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::http_client::url_of;
    use super::*;
    use crate::clock::BoxClock;
    use crate::observe::{Accounting, CalibrationStatus, CameraStatus, IngestStatus, ReorderStatus, Telemetry};

    #[test]
    fn a_daemon_that_listens_everywhere_is_asked_on_loopback() {
        let url = |listen: &str| url_of(listen.parse().expect("an address"));
        assert_eq!(url("0.0.0.0:8080"), "http://127.0.0.1:8080");
        assert_eq!(url("[::]:80"), "http://[::1]:80");
        assert_eq!(url("192.168.7.2:8080"), "http://192.168.7.2:8080");
    }

    #[test]
    fn a_lag_that_only_clocks_explain_is_told_in_words() {
        let told = [None, Some(3_420.0), Some(-172_796_530.0), Some(90_000.0)].map(lag);
        assert_eq!(told, ["–", "3.42 s", "2 days ahead", "90 s behind"]);
    }

    #[test]
    fn frames_that_are_not_accounted_for_are_shouted() {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &["store"]);
        telemetry.publish_reorder(ReorderStatus {
            accounting: Accounting { received: 10, released: 7, ..Accounting::default() },
            ..ReorderStatus::default()
        });
        let text = table(&telemetry.report());
        assert!(text.contains("NOT READY") && text.starts_with("Not ready, it does not work as it must: "), "{text}");
        assert!(text.contains("3 FRAMES NOT ACCOUNTED FOR"), "{text}");
    }

    #[test]
    fn what_was_refused_lately_is_told_with_its_sender_and_what_is_long_ago_is_not() {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &[]);
        let frame = |from: &str, ago_s| RefusedFrameStatus {
            cause: "magic".to_owned(),
            from: from.to_owned(),
            source: None,
            at: String::new(),
            ago_s,
            bytes: 60,
            sample: "7b 22".to_owned(),
            why: "no frame".to_owned(),
        };
        telemetry.publish_ingest(IngestStatus {
            last_refused: vec![frame("10.0.0.9:4000", 75), frame("10.0.0.8:4000", LATELY_S)],
            ..IngestStatus::default()
        });
        let key = |ago_s| RefusedKeyStatus {
            from: "10.0.0.7".to_owned(),
            at: String::new(),
            ago_s,
            times: 3,
            limited: false,
            why: "key `tablet` (aaaaaaaa), revoked 2026-11-02".to_owned(),
        };
        let access = |last_refused| AccessStatus { keys: 2, refused: 3, last_refused, ..AccessStatus::default() };
        let mut report = StatusReport { access: access(vec![key(5)]), ..telemetry.report() };
        let text = table(&report);
        assert!(text.contains("magic from 10.0.0.9:4000, 75 s ago: no frame"), "{text}");
        assert!(text.contains("60 bytes that begin with 7b 22") && !text.contains("10.0.0.8"), "{text}");
        assert!(text.contains("Keys  2 in force, 3 wrong ones shown, 0 not looked at"), "{text}");
        assert!(
            text.contains("3 times from 10.0.0.7, last 5 s ago: key `tablet` (aaaaaaaa), revoked 2026-11-02"),
            "{text}"
        );
        report.access = access(vec![key(LATELY_S)]);
        assert!(!table(&report).contains("wrong ones shown"));
    }

    #[test]
    fn the_cameras_are_told_with_state_drift_and_clock() {
        let telemetry = Telemetry::new(BoxClock::start(1.0), &[]);
        assert!(!table(&telemetry.report()).contains("Calibration"), "nobody judged them yet");
        let camera = CameraStatus {
            id: 5,
            name: "left_field".to_owned(),
            state: "watch".to_owned(),
            is_heard: true,
            trouble: None,
            trouble_for_s: None,
            maintenance: None,
            confidence: Some(0.82),
            drift_px: Some(0.31),
            drift_sd_px: Some(0.06),
            clock_offset_us: Some(-12.0),
            corrections: 2,
        };
        telemetry.publish_calibration(CalibrationStatus {
            venue: "busch_iii".to_owned(),
            confidence: Some(0.9),
            age_s: Some(400.0),
            is_heard: true,
            mounds: Vec::new(),
            cameras: vec![camera],
            ..CalibrationStatus::default()
        });
        let text = table(&telemetry.report());
        assert!(text.contains("Calibration of busch_iii: confidence 0.90, aged as by 6 min of calm air"), "{text}");
        let words: Vec<&str> = text
            .lines()
            .find(|l| l.trim_start().starts_with("5 left_field"))
            .expect("a line")
            .split_whitespace()
            .collect();
        assert_eq!(words, ["5", "left_field", "watch", "0.82", "0.31", "±", "0.06", "px", "-12", "µs", "2"]);
    }

    #[test]
    fn nobody_there_is_told_with_what_to_do() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let closed = listener.local_addr().expect("it is bound");
        drop(listener);
        let error = ask(&url_of(closed)).expect_err("nobody listens");
        assert!(error.to_string().contains("systemctl start pitchguard"), "{error}");
    }
}
