//! `/api/models`: the risk models, and which of them serves.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Named, QueryParams};
use super::problem::{Problem, ProblemDetails};
use super::risk::{blocking, desk};
use super::state::ApiState;
use crate::observe::{Outcomes, RiskStatus};
use crate::risk::drift::Moved;
use crate::risk::features::fingerprint;
use crate::risk::model::Model;
use crate::risk::monitor::Watch;
use crate::risk::registry::{Insist, RegistryError};
use crate::risk::service::RiskService;

/// A figure with its 95 % interval.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Figure {
    value: f64,
    low: f64,
    high: f64,
}

/// A risk model.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelShown {
    /// Its name.
    version: String,
    /// When, RFC 3339.
    trained_at: String,
    /// Whether it serves.
    serving: bool,
    /// Whether its features are those that this version computes: it can be promoted.
    features_match: bool,
    /// SHA-256 of its feature definitions.
    fingerprint: String,
    /// Years trained on, from and to.
    train_years: (i16, i16),
    /// Year calibrated on.
    calibrate_year: i16,
    /// Year tested on.
    test_year: i16,
    /// Days of pitching in it that were judged.
    test_rows: usize,
    /// Of those, followed by a placement.
    test_placed: usize,
    /// Whether its ranking can be told from chance: the whole interval of `auc` lies above 0.5. If not, it is promoted only
    /// by force, and its numbers are shown to nobody.
    better_than_chance: bool,
    /// Share of placements that the index is measured from.
    base_rate: f64,
    /// On the test year.
    auc: Figure,
    /// On the test year: share of placements in the highest tenth ÷ share in all.
    lift_10: Figure,
    /// On the test year.
    ece: Figure,
    /// What the leakage audit found.
    audit: Vec<String>,
}

/// How far an input has moved since training.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InputMoved {
    /// Which feature.
    feature: String,
    /// Population stability index: from 0.1 look, from 0.25 act.
    psi: f64,
}

/// Placements since the model's training data ended, against those that it foretold.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Calibration {
    /// Days of pitching whose 21 days are over.
    snapshots: usize,
    /// Of those, followed by a placement.
    came: f64,
    /// Sum of their probabilities.
    foretold: f64,
    /// How far apart, in standard deviations: from 3 look, from 6 act.
    z: f64,
}

/// Whether a model is still fit: looked at every night and by `pitchguard etl`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelDrift {
    /// As of the end of this day, `YYYY-MM-DD`.
    as_of: String,
    /// Days of pitching whose inputs were compared with the training's.
    snapshots: usize,
    /// How far the inputs have moved, the farthest first; null while the days are too few to tell.
    inputs: Option<Vec<InputMoved>>,
    /// Calibration as outcomes come in; null while none has.
    calibration: Option<Calibration>,
    /// Why it should be trained anew, in words; null where nothing speaks for it.
    fault: Option<String>,
}

impl ModelDrift {
    fn of(watch: &Watch) -> Self {
        let moved = |m: &Moved| InputMoved { feature: m.feature.clone(), psi: m.psi };
        Self {
            as_of: watch.as_of.to_string(),
            snapshots: watch.snapshots,
            inputs: watch.inputs.as_ref().map(|all| all.iter().map(moved).collect()),
            calibration: watch.settled.map(|s| Calibration {
                snapshots: s.snapshots,
                came: s.came,
                foretold: s.foretold,
                z: s.z,
            }),
            fault: watch.fault(),
        }
    }
}

/// The registry.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Models {
    /// Oldest first.
    models: Vec<ModelShown>,
    /// The latest look at the serving model; null while nobody has looked.
    drift: Option<ModelDrift>,
}

fn shown(model: &Model, serving: bool) -> ModelShown {
    let figure = |i: crate::risk::metrics::Interval| Figure { value: i.value, low: i.low, high: i.high };
    let record = &model.record;
    ModelShown {
        version: model.version.clone(),
        trained_at: model.trained_at.clone(),
        serving,
        features_match: model.fingerprint == fingerprint(),
        fingerprint: model.fingerprint.clone(),
        train_years: record.train_years,
        calibrate_year: record.calibrate_year,
        test_year: record.test_year,
        test_rows: record.test.rows,
        test_placed: record.test.placed,
        better_than_chance: model.is_better_than_chance(),
        base_rate: model.base_rate,
        auc: figure(record.test.auc),
        lift_10: figure(record.test.lift_10),
        ece: figure(record.test.ece),
        audit: record.audit.clone(),
    }
}

/// How the serving model stands, for metrics; none where none serves.
pub(super) fn status(service: &RiskService) -> Option<RiskStatus> {
    let model = service.model()?;
    let watch = service.watch();
    let inputs = watch.iter().flat_map(|w| w.inputs.iter().flatten()).map(|m| (m.feature.clone(), m.psi));
    let outcomes = watch.as_ref().and_then(|w| w.settled);
    Some(RiskStatus {
        model_version: model.version.clone(),
        inputs: inputs.collect(),
        outcomes: outcomes.map(|s| Outcomes { came: s.came, foretold: s.foretold, z: s.z }),
        fault: watch.map(|w| w.fault().is_some()),
    })
}

/// All risk models, which of them serves, and how far its inputs have moved.
#[utoipa::path(get, path = "/api/models", tag = "risk", responses(
    (status = 200, body = Models),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn list(State(state): State<ApiState>) -> Result<Json<Models>, Problem> {
    let desk = desk(&state)?;
    let work = move || {
        let service = desk.service();
        let models = service.models()?.iter().map(|l| shown(&l.model, l.serving)).collect();
        let drift = service.watch().map(|watch| ModelDrift::of(&watch));
        Ok::<_, RegistryError>(Models { models, drift })
    };
    Ok(Json(blocking(work).await??))
}

/// Whether somebody insists.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PromoteQuery {
    /// Whether a model that is not better than chance is to serve all the same; its numbers are then shown to nobody.
    #[serde(default)]
    force: bool,
}

/// Lets a model serve, at once. One that is not better than chance is refused (`NOT_BETTER_THAN_CHANCE`).
#[utoipa::path(post, path = "/api/models/{version}/promote", tag = "risk",
    params(("version" = String, Path, description = "The model's version"), PromoteQuery), responses(
    (status = 200, body = ModelShown),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn promote(
    State(state): State<ApiState>,
    Named(version): Named<String>,
    QueryParams(asked): QueryParams<PromoteQuery>,
) -> Result<Json<ModelShown>, Problem> {
    let desk = desk(&state)?;
    let model = blocking(move || desk.service().promote(&version, Insist::from(asked.force))).await??;
    Ok(Json(shown(&model, true)))
}

/// Lets the model serve again that served before.
#[utoipa::path(post, path = "/api/models/rollback", tag = "risk", responses(
    (status = 200, body = ModelShown),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn rollback(State(state): State<ApiState>) -> Result<Json<ModelShown>, Problem> {
    let desk = desk(&state)?;
    let model = blocking(move || desk.service().rollback()).await??;
    Ok(Json(shown(&model, true)))
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        let (status, slug, title) = match &error {
            RegistryError::Unknown(_) => (StatusCode::NOT_FOUND, "unknown-model", "Unknown model"),
            RegistryError::NothingBefore => (StatusCode::CONFLICT, "nothing-before", "No earlier model"),
            RegistryError::NoneServes => (StatusCode::CONFLICT, "none-serves", "No model serves"),
            RegistryError::Mismatch(_) => (StatusCode::CONFLICT, "features-differ", "Features differ"),
            RegistryError::NotBetterThanChance { .. } => {
                (StatusCode::CONFLICT, "not-better-than-chance", "Model not better than chance")
            }
            RegistryError::Unreadable { .. } | RegistryError::Store(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "store-failed", "Store failed")
            }
        };
        Self::new(status, slug, title, error.to_string())
    }
}
