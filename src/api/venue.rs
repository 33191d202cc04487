//! `/api/venue`: which ballpark this box serves.

use super::place::Place;
use axum::Json;
use axum::extract::State;

use super::state::ApiState;

/// The ballpark that this box serves: its name, its time zone and its mounds.
#[utoipa::path(get, path = "/api/venue", tag = "health", responses((status = 200, body = Place)))]
pub(super) async fn venue(State(state): State<ApiState>) -> Json<Place> {
    Json(Place::clone(&state.place))
}
