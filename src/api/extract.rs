//! Query, path and history for handlers, refusing in problem details.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::ApiState;
use super::history::{History, HistoryError};
use super::problem::Problem;

/// The query string; unknown keys are refused by the type.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        Ok(Self(query?.0))
    }
}

/// The one name in the path.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        Ok(Self(path?.0))
    }
}

/// Reads the past off the event loop.
pub(super) async fn read_history<T, F>(state: &ApiState, read: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce(&dyn History) -> Result<T, HistoryError> + Send + 'static,
{
    let history = state.history.clone();
    match tokio::task::spawn_blocking(move || read(&*history)).await {
        Ok(answer) => answer.map_err(Problem::from),
        Err(_) => Err(Problem::internal("reading the store broke off; the log says more under this request id")),
    }
}
