//! Names of people, games, mounds and moments. Types carry meaning: a [`PitcherId`] is no `u32`.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A pitcher's MLBAM id, as in Statcast's `pitcher` column. Local ids (no MLBAM id known) start at 2^31.
    PitcherId(u32)
}
number! {
    /// A game's MLBAM id, Statcast's `game_pk`. Zero where no game is known (a bullpen session).
    GamePk(u32)
}
number! {
    /// A mound of the venue: 0 `game`, 1 `bullpen_home`, 2 `bullpen_visitor`.
    MoundId(u8)
}
number! {
    /// A pitch: event time of the release as first published, in ns since the Unix epoch, with the mound
    /// in the lowest four bits. Stable over revisions and over a replay of the same frames.
    PitchId(u64)
}
number! {
    /// Event time: the exposure time in a frame, nanoseconds since the Unix epoch, UTC.
    EventNs(u64)
}
number! {
    /// Box time: the monotonic clock plus one offset taken at start, so that it reads like nanoseconds since the
    /// Unix epoch yet never steps. Arrival stamps and every timer use it.
    BoxNs(u64)
}

impl BoxNs {
    /// This moment by the cameras' clock, where the box's is so far ahead of theirs, ns.
    pub fn by_cameras(self, ahead_ns: i64) -> EventNs {
        EventNs(self.0.saturating_add_signed(ahead_ns.saturating_neg()))
    }
}

impl MoundId {
    /// The mound on which games are played.
    pub const GAME: Self = Self(0);
}

impl PitchId {
    /// The id of a pitch first published with this release on this mound.
    pub fn new(release: EventNs, mound: MoundId) -> Self {
        Self((release.0 & !0xf) | u64::from(mound.0 & 0xf))
    }
}

/// Statcast's pitch type (`FF`, `SI`, `FC`, `SL`, …): up to four ASCII letters, zero-padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PitchType(pub [u8; 4]);

impl PitchType {
    /// From Statcast's text. Longer or non-ASCII text is no pitch type.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.trim().as_bytes();
        if bytes.is_empty() || bytes.len() > 4 || !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let mut out = [0; 4];
        out[..bytes.len()].copy_from_slice(bytes);
        Some(Self(out))
    }

    /// Statcast's text.
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().position(|b| *b == 0).unwrap_or(4);
        std::str::from_utf8(&self.0[..len]).unwrap_or("")
    }

    /// Fastballs are what velocity is judged on: FF, SI, FC (science.md §4).
    pub fn is_fastball(&self) -> bool {
        matches!(self.as_str(), "FF" | "SI" | "FC")
    }
}
