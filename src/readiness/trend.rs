//! How a pitcher's indices went over his outing, pitch by pitch.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Index, Readiness};
use super::indices::Indices;
use crate::records::State;

/// Points kept of an outing: more pitches than anybody throws in one.
const POINTS_MAX: usize = 200;

/// The indices after one pitch, in their last revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrendPoint {
    /// Pitches in the outing by then.
    pub pitches: u32,
    /// Release event time of the newest pitch by then, RFC 3339.
    pub last_pitch_at: String,
    /// 0–100, high is good; of a pitch earlier than this one where `held`.
    pub readiness: Index,
    /// 0–100, high is tired.
    pub fatigue: Index,
    /// `provisional`, `final` or `held`.
    pub state: State,
    /// In words, the weightiest first: what moved it, as far as it had happened by that pitch.
    pub reasons: Vec<String>,
}

impl TrendPoint {
    fn of(readiness: &Readiness, reasons: Vec<String>) -> Self {
        Self {
            pitches: readiness.pitches,
            last_pitch_at: readiness.last_pitch_at.clone(),
            readiness: readiness.readiness,
            fatigue: readiness.fatigue,
            state: readiness.state,
            reasons,
        }
    }
}

/// An outing's points, one a pitch, oldest first; bounded. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<TrendPoint>", into = "Vec<TrendPoint>")]
pub struct Trend(VecDeque<Arc<TrendPoint>>);

impl From<Vec<TrendPoint>> for Trend {
    fn from(points: Vec<TrendPoint>) -> Self {
        Self(points.into_iter().map(Arc::new).collect())
    }
}

impl From<Trend> for Vec<TrendPoint> {
    fn from(trend: Trend) -> Self {
        trend.0.into_iter().map(Arc::unwrap_or_clone).collect()
    }
}

impl Trend {
    /// The point of a pitch that is known is replaced: a revision, or its final result. Where pitches turned out to be
    /// another pitcher's there are fewer now, and the points beyond are gone. A number that is held from its own pitch on is that
    /// pitch's, whose point stays as it was. So does one whose number is the same: what is told of it later is of a later moment.
    /// `reasons` are those of its pitch, and not of what came after it.
    pub fn push(&mut self, readiness: &Readiness, reasons: impl FnOnce() -> Vec<String>) {
        let of_own_pitch = readiness.state == State::Held
            && readiness.as_of.as_ref().is_some_and(|as_of| as_of.pitches == readiness.pitches);
        let known = self.0.back().is_some_and(|last| last.pitches == readiness.pitches && last.state != State::Held);
        let number = (readiness.readiness, readiness.fatigue, readiness.state);
        let is_same = self.0.back().is_some_and(|last| {
            (last.pitches, &last.last_pitch_at) == (readiness.pitches, &readiness.last_pitch_at)
                && (last.readiness, last.fatigue, last.state) == number
        });
        if of_own_pitch && known || is_same {
            return;
        }
        while self.0.back().is_some_and(|last| last.pitches >= readiness.pitches) {
            self.0.pop_back();
        }
        if readiness.pitches == 0 {
            return;
        }
        if self.0.len() == POINTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(TrendPoint::of(readiness, reasons())));
    }

    /// Points before the newest that rest on provisional data, by their pitches.
    pub(super) fn unsettled(&self) -> Vec<u32> {
        let earlier = self.0.iter().rev().skip(1);
        earlier.filter(|point| point.state == State::Provisional).map(|point| point.pitches).collect()
    }

    /// The point of an earlier pitch is final, with these indices.
    pub(super) fn settle(&mut self, pitches: u32, indices: Indices) {
        if let Some(point) = self.0.iter_mut().rev().find(|point| point.pitches == pitches) {
            let Indices { readiness, fatigue } = indices;
            *point = Arc::new(TrendPoint { readiness, fatigue, state: State::Final, ..TrendPoint::clone(point) });
        }
    }

    /// Oldest first.
    pub fn points(&self) -> impl ExactSizeIterator<Item = &TrendPoint> {
        self.0.iter().map(Arc::as_ref)
    }
}
