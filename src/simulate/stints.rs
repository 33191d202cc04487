//! A calendar of one's own: who throws when, on which mound, and what the mark feed says of it. Nights apart, games that
//! go on the next day, men who warm up while another pitches, marks that are missing or name the wrong man.

use crate::ids::{EventNs, GamePk, MoundId, PitcherId};

/// One man's turn on a mound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stint {
    /// When he steps onto the mound; his first throw follows one pace later.
    pub from: EventNs,
    /// Which mound.
    pub mound: MoundId,
    /// One of the fictional pitchers; nobody else has an arm here.
    pub pitcher: PitcherId,
    /// Which game; 0 in a bullpen.
    pub game_pk: GamePk,
    /// How many throws, a pace apart.
    pub throws: u16,
    /// Number of his first throw in the outing, from 0: what has tired him so far.
    pub thrown: u32,
    /// What the feed says of it.
    pub marks: StintMarks,
    /// Whether the feed says after his last throw that the inning has ended.
    pub ends_inning: bool,
}

/// What the feed says of a stint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StintMarks {
    /// Who steps onto the mound, and each release and end of a pitch.
    All,
    /// Only who steps onto the mound: warm-ups, a bullpen, a feed that marks no releases.
    OnMound,
    /// Only releases and ends of pitches.
    Releases,
    /// Nothing: nobody watches, or the feed is away.
    Nothing,
    /// As `All`, with the id of another man.
    Of(PitcherId),
    /// As `All`, but releases carry no id.
    Nameless,
}

impl StintMarks {
    /// Whom the mark "pitcher on mound" names, if there is one.
    pub(super) fn on_mound(self, pitcher: PitcherId) -> Option<PitcherId> {
        match self {
            Self::All | Self::OnMound | Self::Nameless => Some(pitcher),
            Self::Of(other) => Some(other),
            Self::Releases | Self::Nothing => None,
        }
    }

    /// Whom the marks of a throw name, if there are any; 0 names nobody.
    pub(super) fn of_throw(self, pitcher: PitcherId) -> Option<PitcherId> {
        match self {
            Self::All | Self::Releases => Some(pitcher),
            Self::Of(other) => Some(other),
            Self::Nameless => Some(PitcherId(0)),
            Self::OnMound | Self::Nothing => None,
        }
    }
}
