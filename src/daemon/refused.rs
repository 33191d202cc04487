//! The last refused frames, as status tells them.

use crate::ids::BoxNs;
use crate::ingest::refused::hex;
use crate::ingest::{LineSnapshot, RefusedFrame, Sender};
use crate::moment::rfc3339;
use crate::observe::RefusedFrameStatus;

/// A refused frame for status; `lines` are the serial lines as configured.
pub(super) fn status(frame: &RefusedFrame, lines: &[LineSnapshot], now: BoxNs) -> RefusedFrameStatus {
    let from = match frame.from {
        Sender::Network(from) => from.map(|from| from.to_string()),
        Sender::Line(line) => lines.get(usize::from(line)).map(|line| line.line.device().display().to_string()),
    };
    RefusedFrameStatus {
        cause: frame.refusal.as_str().to_owned(),
        from: from.unwrap_or_else(|| "unknown".to_owned()),
        source: frame.claims(),
        at: rfc3339(frame.at),
        ago_s: now.0.saturating_sub(frame.at.0) / 1_000_000_000,
        bytes: frame.sample.length() as u64,
        sample: hex(frame.sample.bytes()),
        why: frame.why(),
    }
}
