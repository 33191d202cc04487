//! What the merge thread tells of itself and of what feeds it.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::merge::{CAMERA_MAX, FEED_MIN, is_heard};
use super::profiles::StoreProfiles;
use super::refused;
use crate::ids::BoxNs;
use crate::ingest::{IngestCounters, LineSnapshot, OnlyRefused, Refusal, Twofold, refusals};
use crate::moment::rfc3339;
use crate::observe::{
    Accounting, IngestStatus, MoundStatus, NO_CLOCKS, PartState, ReorderStatus, SerialStatus, SourceState, SourceStatus,
};
use crate::pipeline::Pipeline;
use crate::reorder;
use crate::store::writer::Trouble;
use crate::tracking::venue::Venue;
use crate::words::{agreeing, counted};

/// Whose clocks are off, a sentence each; with no camera heard there is nothing to compare with.
pub(super) fn clocks_part(off: &[String], cameras_heard: bool) -> (PartState, String) {
    match (off, cameras_heard) {
        ([], true) => (PartState::Ready, String::new()),
        ([], false) => (PartState::Off, NO_CLOCKS.to_owned()),
        _ => (PartState::Degraded, off.join("; ")),
    }
}

/// How the writer does. While its queue has room a disk that takes nothing is no reason to stop: a restart would lose what
/// waits.
pub(super) fn writer_part(trouble: Option<Trouble>, queued: u64, room: usize, lost: u64) -> (PartState, String) {
    match trouble {
        None if lost > 0 => (
            PartState::Ready,
            format!("{} {} lost while nothing could be stored", batches(lost), agreeing(lost, "was", "were")),
        ),
        None => (PartState::Ready, String::new()),
        Some(Trouble { why, .. }) if queued < room as u64 => (
            PartState::Degraded,
            format!(
                "{why}; {} {} in memory, which has room for {room}",
                batches(queued),
                agreeing(queued, "waits", "wait")
            ),
        ),
        Some(Trouble { why, .. }) => (
            PartState::Failed,
            format!("{why}; the queue is full and {} {} lost", batches(lost), agreeing(lost, "is", "are")),
        ),
    }
}

fn batches(count: u64) -> String {
    counted(count, "batch", "batches")
}

pub(super) fn reorder_status(
    pipeline: &Pipeline<StoreProfiles>,
    venue: &Venue,
    apart_ns: i64,
    now: BoxNs,
) -> ReorderStatus {
    let buffer = pipeline.reorder();
    let counts = buffer.counts();
    let ms = |ns: i128| ns as f64 / 1e6;
    let sources: Vec<reorder::SourceStatus> = buffer.sources().collect();
    let clocks = pipeline.source_clocks(now);
    let clock_of = |source: u8| clocks.iter().find(|clock| clock.source == source);
    let newest = |mound| sources.iter().filter(|s| s.mound == mound).filter_map(|s| s.largest).max();
    let behind = |of: crate::ids::EventNs| ms(i128::from(now.0) - i128::from(of.0));
    ReorderStatus {
        accounting: Accounting {
            received: counts.received,
            released: counts.released,
            duplicate: counts.duplicate,
            late: counts.late,
            quarantined: counts.quarantined,
            refused: counts.refused,
            overflowed: counts.overflowed,
            held: counts.held,
        },
        epochs: counts.epochs,
        clocks_apart_ms: ms(apart_ns.into()),
        sources: sources
            .iter()
            .map(|s| SourceStatus {
                source: s.source,
                name: source_name(venue, s.source),
                state: match s.state {
                    reorder::SourceState::Unseen => SourceState::Unseen,
                    reorder::SourceState::Active => SourceState::Active,
                    reorder::SourceState::Idle => SourceState::Idle,
                    reorder::SourceState::Rejoining => SourceState::Rejoining,
                    reorder::SourceState::Finished => SourceState::Finished,
                },
                gates: s.mound.is_some() && s.state == reorder::SourceState::Active,
                clock_off_s: clock_of(s.source).map(|clock| clock.ahead_s),
                clock_told: clock_of(s.source).is_some_and(|clock| clock.is_told),
                lag_ms: s.lag_ns.filter(|_| is_heard(s.state)).map(|ns| ms(ns.into())),
                watermark_lag_ms: newest(s.mound)
                    .zip(s.largest)
                    .map(|(newest, own)| ms(i128::from(newest.0) - i128::from(own.0))),
                accounting: Accounting {
                    received: s.held + s.released + s.duplicate + s.late + s.quarantined + s.refused + s.overflowed,
                    released: s.released,
                    duplicate: s.duplicate,
                    late: s.late,
                    quarantined: s.quarantined,
                    refused: s.refused,
                    overflowed: s.overflowed,
                    held: s.held,
                },
                gaps: s.gaps,
                restarts: s.restarts,
                dropped: pipeline.dropped(s.source).into(),
            })
            .collect(),
        mounds: venue
            .mounds
            .iter()
            .map(|mound| {
                let watermarks = buffer.watermarks(mound.id);
                let held = sources.iter().filter(|s| s.mound == Some(mound.id)).map(|s| s.held).sum();
                MoundStatus {
                    mound: mound.id.0,
                    name: mound.name.clone(),
                    eager_watermark_lag_ms: watermarks.map(|(eager, _)| behind(eager)),
                    final_watermark_lag_ms: watermarks.map(|(_, final_)| behind(final_)),
                    held,
                }
            })
            .collect(),
    }
}

/// What people call a source.
fn source_name(venue: &Venue, source: u8) -> String {
    let kind = || match source {
        ..=CAMERA_MAX => "not in the venue file",
        source if source < FEED_MIN => "device",
        _ => "mark feed",
    };
    venue.camera(source).map_or_else(|| kind().to_owned(), |camera| camera.name.clone())
}

pub(super) fn ingest_status(counters: &IngestCounters, (asked, given): (u32, u32), at: BoxNs) -> IngestStatus {
    let now = counters.snapshot();
    let last_refused = counters.last_refused().iter().map(|frame| refused::status(frame, &now.lines, at)).collect();
    IngestStatus {
        datagrams: now.datagrams,
        bytes: now.bytes,
        frames: now.frames(),
        refused: Refusal::all().map(|refusal| (refusal.as_str().to_owned(), now.refused(refusal))).collect(),
        last_refused,
        kernel_drops: now.kernel_dropped,
        unstamped: now.unstamped,
        socket_errors: now.socket_errors,
        receive_buffer_bytes: given.into(),
        receive_buffer_wanted_bytes: asked.into(),
        serial: now.lines.iter().map(serial_status).collect(),
    }
}

fn serial_status(line: &LineSnapshot) -> SerialStatus {
    SerialStatus {
        device: line.line.device().display().to_string(),
        baud: line.line.baud(),
        state: line.state.as_str().to_owned(),
        bytes: line.bytes,
        frames: line.frames,
        rubbish: line.rubbish,
        opened: line.opened,
        open_failures: line.open_failures,
    }
}

/// How ingest does: the UDP socket works as long as its thread does, a serial line may be away, and a source may send
/// nothing that is let in, or be two.
pub(super) fn ingest_part(
    lines: &[LineSnapshot],
    refused: &[OnlyRefused],
    twofold: &[Twofold],
    udp: SocketAddr,
) -> (PartState, String) {
    let mut detail = format!("udp {udp}");
    for line in lines {
        // Writing to a string cannot fail.
        let _ = write!(detail, "; serial {} {}", line.line, line.state.as_str());
        if !line.state.advice().is_empty() {
            let _ = write!(detail, " ({})", line.state.advice());
        }
    }
    for sentence in refusals::sentences(refused, rfc3339) {
        let _ = write!(detail, "; {sentence}");
    }
    for Twofold { source, from: [one, other] } in twofold {
        let _ = write!(
            detail,
            "; source {source} is sent from {one} and {other}: two devices have one number, and neither's frames can be \
             believed; give each its own"
        );
    }
    let troubled =
        !refused.is_empty() || !twofold.is_empty() || lines.iter().any(|line| !line.state.advice().is_empty());
    (if troubled { PartState::Degraded } else { PartState::Ready }, detail)
}
