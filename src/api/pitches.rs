//! `/api/pitches`: pitches in the order of their release, page by page.
//!
//! Pages go forward in time, newest last. `next` is the position of the page's last pitch; given back as `since` it
//! continues after it. A position is release, pitcher and id, which no revision changes, so a cursor stays good while
//! pitches are added and revised. Pitches that the store has not committed yet are taken from the live snapshot.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApiState;
use super::extract::{Asked, read_history};
use super::history::{PitchPosition, PitchQuery};
use super::live::Snapshot;
use super::problem::Problem;
use crate::ids::{GamePk, PitcherId};
use crate::store::records::{Origin, PitchRecord};

/// Pitches of a page where the client says nothing: a game of both teams fits in three.
const LIMIT_DEFAULT: usize = 100;
/// Pitches of a page at most: about 1 MB of JSON.
const LIMIT_MAX: usize = 1000;

/// Which pitches.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PitchesQuery {
    /// Of this pitcher only, MLBAM id.
    pitcher: Option<u32>,
    /// Of this game only, Statcast's `game_pk`; 0 for bullpen sessions.
    game_pk: Option<u32>,
    /// The `next` of the page before, to continue after it; or a time, to start there: RFC 3339, `YYYY-MM-DD` (UTC), or
    /// ns since the Unix epoch. Without it, from the first pitch on.
    since: Option<String>,
    /// 1 to 1000, 100 where absent.
    limit: Option<usize>,
}

/// A page of pitches.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pitches {
    /// Newest last.
    pitches: Vec<PitchRecord>,
    /// Give it as `since` to read on; null where nothing more is there now.
    next: Option<String>,
}

/// Pitches in the order of their release, newest last.
#[utoipa::path(get, path = "/api/pitches", tag = "pitches", params(PitchesQuery), responses(
    (status = 200, body = Pitches),
    (status = "default", body = Problem, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn list(
    State(state): State<ApiState>,
    Asked(asked): Asked<PitchesQuery>,
) -> Result<Json<Pitches>, Problem> {
    let limit = asked.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid_query(format!("limit = {limit} is not in 1 to {LIMIT_MAX}; ask page by page")));
    }
    // One more than asked for tells whether there is a next page.
    let query = PitchQuery {
        pitcher: asked.pitcher.map(PitcherId),
        game_pk: asked.game_pk.map(GamePk),
        after: asked.since.as_deref().map(parse_since).transpose()?.flatten(),
        limit: limit + 1,
    };
    // The snapshot first: a pitch that is committed in between is then in both rather than in neither.
    let snapshot = state.live.snapshot();
    let mut pitches = read_history(&state, move |history| history.pitches(&query)).await?;
    overlay(&mut pitches, &snapshot, &query);
    let more = pitches.len() > limit;
    pitches.truncate(limit);
    let next = pitches.last().filter(|_| more).map(|last| write_cursor(PitchPosition::of(last)));
    Ok(Json(Pitches { pitches, next }))
}

/// Puts the live pitches that fit into a page of the store: newer revisions in place, unknown ones in order.
fn overlay(page: &mut Vec<PitchRecord>, snapshot: &Snapshot, query: &PitchQuery) {
    let end = if page.len() < query.limit { None } else { page.last().map(PitchPosition::of) };
    for pitch in snapshot.pitches().filter(|pitch| query.fits(pitch)) {
        let same = |known: &&mut PitchRecord| known.origin == Origin::Live && known.id == pitch.id;
        if let Some(known) = page.iter_mut().find(same) {
            if pitch.revision >= known.revision {
                known.clone_from(pitch);
            }
        } else if end.is_none_or(|end| PitchPosition::of(pitch) < end) {
            page.push(pitch.clone());
        }
    }
    page.sort_by_key(PitchPosition::of);
    page.truncate(query.limit);
}

fn write_cursor(position: PitchPosition) -> String {
    format!("{:016x}{:08x}{:016x}", position.release_ns, position.pitcher, position.id)
}

fn read_cursor(text: &str) -> Option<PitchPosition> {
    if text.len() != 40 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(PitchPosition {
        release_ns: u64::from_str_radix(&text[..16], 16).ok()?,
        pitcher: u32::from_str_radix(&text[16..24], 16).ok()?,
        id: u64::from_str_radix(&text[24..], 16).ok()?,
    })
}

/// A cursor, or a time at which to start.
fn parse_since(text: &str) -> Result<Option<PitchPosition>, Problem> {
    if let Some(position) = read_cursor(text) {
        return Ok(Some(position));
    }
    let ns = read_time_ns(text).ok_or_else(|| {
        Problem::invalid_query(format!(
            "since = {text:?} is neither the next of an earlier page nor a time (2025-07-04T18:15:00Z, 2025-07-04, or ns \
             since the Unix epoch); in a URL write + as %2B"
        ))
    })?;
    // Everything before that moment stands at or before the last position of the nanosecond before it.
    Ok(ns.checked_sub(1).map(|release_ns| PitchPosition { release_ns, pitcher: u32::MAX, id: u64::MAX }))
}

fn read_time_ns(text: &str) -> Option<u64> {
    if let Ok(ns) = text.parse() {
        return Some(ns);
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return u64::try_from(time.as_nanosecond()).ok();
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    u64::try_from(midnight.timestamp().as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_as_the_position_that_it_names() {
        let position = PitchPosition { release_ns: u64::MAX, pitcher: 1, id: 0x0123_4567_89ab_cdef };
        assert_eq!(read_cursor(&write_cursor(position)), Some(position));
        assert_eq!(read_cursor("+0000000000000000000000000000000000000ff"), None, "only what was written");
        assert_eq!(read_cursor("é00000000000000000000000000000000000000"), None, "and no panic on other text");
    }

    #[test]
    fn since_takes_times_as_people_and_records_write_them() {
        let ns = 1_751_652_900_000_000_000;
        for text in ["2025-07-04T18:15:00Z", "2025-07-04T13:15:00-05:00", "1751652900000000000"] {
            assert_eq!(read_time_ns(text), Some(ns), "{text}");
        }
        assert_eq!(read_time_ns("2025-07-04"), Some(1_751_587_200_000_000_000));
        for text in ["", "yesterday", "1900-01-01", "-5", "2025-13-01"] {
            assert_eq!(read_time_ns(text), None, "{text}");
        }
        assert!(parse_since("0").is_ok_and(|position| position.is_none()), "the epoch is before every pitch");
    }
}
