//! What a tracker learned of the jerk in the last minutes.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::ids::BoxNs;
use crate::tracking::JerkScale;

/// How long before a checkpoint frames are taken at most: nothing is held for longer than 30 s and lags by more than 10 s.
pub(super) const WARM_NS_MAX: u64 = 75_000_000_000;

/// Finals of one mound within [`WARM_NS_MAX`]: one a second.
pub(super) const SCALES_MAX: usize = 80;

/// What a tracker learned, by the time at which it did; the first entry counts from ever on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Scales(VecDeque<(BoxNs, JerkScale)>);

impl From<JerkScale> for Scales {
    fn from(scale: JerkScale) -> Self {
        Self(VecDeque::from([(BoxNs(0), scale)]))
    }
}

impl Scales {
    pub(super) fn note(&mut self, now: BoxNs, scale: JerkScale) {
        if self.0.is_empty() {
            self.0.push_back((BoxNs(0), JerkScale::default()));
        }
        let is_old = |at: BoxNs| now.0.saturating_sub(at.0) > WARM_NS_MAX;
        while self.0.len() >= SCALES_MAX || self.0.get(1).is_some_and(|(at, _)| is_old(*at)) {
            self.0.pop_front();
        }
        self.0.push_back((now, scale));
    }

    /// What was known at that time.
    pub(super) fn at(&self, now: BoxNs) -> JerkScale {
        let known = self.0.iter().rev().find(|(at, _)| *at <= now).or(self.0.front());
        known.map_or_else(JerkScale::default, |(_, scale)| *scale)
    }
}
