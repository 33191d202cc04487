//! `/api/pitchers/{id}/baseline`: what is usual for a pitcher, which today is compared with.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Named, QueryParams, read_history};
use super::pitchers::unknown_pitcher;
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;
use crate::features::baseline::{Expected, PitcherBaseline};
use crate::ids::PitcherId;

/// As of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BaselineQuery {
    /// What was known before this day, `YYYY-MM-DD`; today, by the park's day of baseball, where absent.
    date: Option<String>,
}

/// What is usual for a pitcher, by pitch type.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Baseline {
    /// MLBAM id.
    pitcher: PitcherId,
    /// What was known before this day, `YYYY-MM-DD`.
    date: String,
    /// Empty where nothing is known.
    types: Vec<Usual>,
}

/// What is usual of one pitch type; Statcast's names and units.
#[derive(Debug, Serialize, ToSchema)]
struct Usual {
    /// Statcast's code (`FF`).
    pitch_type: String,
    /// mph.
    release_speed: Option<Band>,
    /// rpm.
    release_spin_rate: Option<Band>,
    /// ft.
    release_pos_z: Option<Band>,
    /// ft.
    release_extension: Option<Band>,
    /// ft.
    pfx_x: Option<Band>,
    /// ft.
    pfx_z: Option<Band>,
}

/// Where a single pitch lies as a rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
struct Band {
    /// Mean over outings, shrunk towards last season or the league.
    mean: f64,
    /// Standard deviation of a single pitch around that mean: of pitches within an outing, and of the mean itself.
    sd: f64,
    /// Outings behind it.
    outings: u32,
}

impl From<Expected> for Band {
    fn from(expected: Expected) -> Self {
        Self {
            mean: expected.mean,
            sd: expected.sd_mean.hypot(expected.var_within.max(0.0).sqrt()),
            outings: expected.outings,
        }
    }
}

impl Baseline {
    fn new(baseline: &PitcherBaseline, date: String) -> Self {
        let types = baseline.types.iter().map(|usual| Usual {
            pitch_type: usual.pitch_type.as_str().to_owned(),
            release_speed: usual.release_speed.map(Band::from),
            release_spin_rate: usual.release_spin_rate.map(Band::from),
            release_pos_z: usual.release_pos_z.map(Band::from),
            release_extension: usual.release_extension.map(Band::from),
            pfx_x: usual.pfx_x.map(Band::from),
            pfx_z: usual.pfx_z.map(Band::from),
        });
        Self { pitcher: baseline.pitcher, date, types: types.collect() }
    }
}

/// What is usual for a pitcher: the bands that today's pitches are compared with.
#[utoipa::path(get, path = "/api/pitchers/{id}/baseline", tag = "pitchers",
    params(("id" = u32, Path, description = "MLBAM id"), BaselineQuery),
    responses(
        (status = 200, body = Baseline),
        (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
    ))]
pub(super) async fn of_pitcher(
    State(state): State<ApiState>,
    Named(id): Named<PitcherId>,
    QueryParams(query): QueryParams<BaselineQuery>,
) -> Result<Json<Baseline>, Problem> {
    let date = match query.date {
        None => state.today(),
        Some(text) => text.parse().ok().filter(|_| text.len() == 10).ok_or_else(|| {
            let detail = format!("date is {text:?}; write it as YYYY-MM-DD, such as 2023-06-11");
            Problem::new(StatusCode::BAD_REQUEST, "invalid-date", "Invalid date", detail)
        })?,
    };
    let baseline = read_history(&state, move |history| history.baseline(id, date)).await?;
    baseline.map(|known| Json(Baseline::new(&known, date.to_string()))).ok_or_else(|| unknown_pitcher(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_holds_the_scatter_of_pitches_and_the_doubt_in_the_mean() {
        let band = Band::from(Expected { mean: 95.0, sd_mean: 0.3, var_within: 0.16, outings: 12 });
        assert!((band.sd - 0.5).abs() < 1e-12, "0.3 and 0.4 make 0.5: {band:?}");
        assert_eq!((band.mean.to_bits(), band.outings), (95.0_f64.to_bits(), 12));
    }
}
