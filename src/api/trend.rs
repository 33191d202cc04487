//! How a pitcher's indices went over his outing, pitch by pitch.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiState;
use super::extract::Named;
use super::problem::{Problem, ProblemDetails};
use super::readiness::not_active;
use crate::ids::PitcherId;
use crate::readiness::{Index, Readiness};
use crate::store::records::State as ResultState;

/// Points kept of an outing: more pitches than anybody throws in one.
const POINTS_MAX: usize = 200;

/// The indices after one pitch, in their last revision.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TrendPoint {
    /// Pitches in the outing by then.
    pub pitches: u32,
    /// Release event time of the newest pitch behind it, RFC 3339.
    pub last_pitch_at: String,
    /// 0–100, high is good.
    pub readiness: Index,
    /// 0–100, high is tired.
    pub fatigue: Index,
    /// `provisional`, `final` or `held`.
    pub state: ResultState,
    /// In words, the weightiest first: what moved it.
    pub reasons: Vec<String>,
}

impl From<&Readiness> for TrendPoint {
    fn from(readiness: &Readiness) -> Self {
        Self {
            pitches: readiness.pitches,
            last_pitch_at: readiness.last_pitch_at.clone(),
            readiness: readiness.readiness,
            fatigue: readiness.fatigue,
            state: readiness.state,
            reasons: readiness.reasons.clone(),
        }
    }
}

/// An outing's points, one a pitch, oldest first; bounded. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Trend(VecDeque<Arc<TrendPoint>>);

impl Trend {
    /// The point of a pitch that is known is replaced: a revision, or its final result. Where pitches turned out to be
    /// another pitcher's there are fewer now, and the points beyond are gone.
    pub(super) fn push(&mut self, readiness: &Readiness) {
        while self.0.back().is_some_and(|last| last.pitches >= readiness.pitches) {
            self.0.pop_back();
        }
        if self.0.len() == POINTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(readiness.into()));
    }

    pub(super) fn points(&self) -> Vec<TrendPoint> {
        self.0.iter().map(|point| TrendPoint::clone(point)).collect()
    }
}

/// How an outing went.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutingTrend {
    /// MLBAM id.
    pitcher: PitcherId,
    /// The last event behind these points: `GET /api/live?since=` goes on from there.
    seq: u64,
    /// One a pitch, oldest first, since the outing or this run of the daemon began; the last 200.
    points: Vec<TrendPoint>,
}

/// How an active pitcher's indices went over his outing, and what moved them.
#[utoipa::path(get, path = "/api/readiness/{id}/trend", tag = "readiness",
    params(("id" = u32, Path, description = "MLBAM id")), responses(
    (status = 200, body = OutingTrend),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn of_outing(
    State(state): State<ApiState>,
    Named(id): Named<PitcherId>,
) -> Result<Json<OutingTrend>, Problem> {
    let snapshot = state.live.snapshot();
    let points = snapshot.trend_of(id).ok_or_else(|| not_active(id))?;
    Ok(Json(OutingTrend { pitcher: id, seq: snapshot.seq(), points }))
}
