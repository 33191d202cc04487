//! The stadium itself.

use crate::features::baseline::PitcherBaseline;
use crate::ids::{BoxNs, EventNs, PitcherId};
use crate::ingest::Signal;
use crate::simulate::settings::Settings;
use crate::simulate::statcast::ThrownNineP;
use crate::simulate::thrown::Thrown;
use crate::tracking::venue::Venue;

/// What is played.
#[derive(Debug, Clone, PartialEq)]
pub enum Game {
    /// Published pitches on the game mound, flown exactly as published.
    Statcast(Vec<ThrownNineP>),
    /// Fictional pitchers, flights under drag and Magnus force.
    Scenario(Scenario),
}

/// A fictional evening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Three hours: starters and relievers take half-innings in turn, relievers warm up on mounds 1 and 2.
    Game,
    /// A closer who tires: velocity falls by about 4 mph, spin scatters, the release drops.
    Closer,
    /// Both bullpens at once, nothing on the game mound.
    Bullpen,
}

/// One frame as it reaches the box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delivery {
    /// When it reaches the box.
    pub arrival: BoxNs,
    /// Who sent it.
    pub source: u8,
    /// Its number at that source.
    pub seq: u32,
    /// When it happened.
    pub event: EventNs,
    /// What it says.
    pub signal: Signal,
}

/// What became of the frames so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Frames that devices sent.
    pub sent: u64,
    /// Of those, lost on the way.
    pub lost: u64,
    /// Of those, delivered twice.
    pub doubled: u64,
    /// Of those, held back for seconds.
    pub straggled: u64,
}

/// A stadium as a stream of frames in arrival order.
#[derive(Debug)]
pub struct Stadium {
    truth: Vec<Thrown>,
    counts: Counts,
}

impl Stadium {
    /// A stadium that has not begun.
    pub fn new(_venue: &Venue, _game: Game, _settings: Settings) -> Self {
        Self { truth: Vec::new(), counts: Counts::default() }
    }

    /// Every pitch of the evening, thrown already or yet to be, in order of release.
    pub fn truth(&self) -> &[Thrown] {
        &self.truth
    }

    /// The fictional pitchers and their names; empty for published pitches, whose file names no pitcher.
    pub fn roster(&self) -> Vec<(PitcherId, String)> {
        Vec::new()
    }

    /// What a season of the fictional pitchers would have taught; empty for published pitches.
    pub fn baselines(&self) -> Vec<PitcherBaseline> {
        Vec::new()
    }

    /// What became of the frames so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Frames generated and not yet delivered: bounded by the lag, not by the evening's length.
    pub fn waiting(&self) -> usize {
        0
    }
}

impl Iterator for Stadium {
    type Item = Delivery;

    fn next(&mut self) -> Option<Delivery> {
        None
    }
}
