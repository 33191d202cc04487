//! `/api/pitches`: pitches in the order of their release, page by page.
//!
//! A page is in order, newest last. Without `since` it is the newest one, and `next` leads back into the past page by
//! page; from a time on, pages go forward and `next` leads to the later ones. A cursor is the direction and the position
//! of the pitch at the page's end, that is release and id, so it stays good while pitches are added and revised.
//! Pitches that the store has not committed yet are taken from the live snapshot.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{QueryParams, read_history};
use super::live::Snapshot;
use super::problem::{Problem, ProblemDetails};
use super::state::ApiState;
use crate::ids::{BoxNs, GamePk, PitcherId};
use crate::moment::rfc3339;
use crate::queries::{History, PitchPage, PitchPosition, PitchQuery, PitchSlice};
use crate::records::{Measured, Origin, PitchRecord, State as ResultState};
use crate::risk::anomaly::Anomaly;

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
    /// A time from which to read forward: RFC 3339, `YYYY-MM-DD` (UTC), or ns since the Unix epoch; or the `next` of
    /// another page, to go on. Without it, the newest pitches, and `next` leads back. Imported pitches have no time: they
    /// stand in the evening of their day, UTC, in the order of play, so ask for them by day.
    since: Option<String>,
    /// 1 to 1000, 100 where absent.
    limit: Option<usize>,
    /// Whether to tell how far each pitch is from his own of that type before that day; false where absent.
    #[serde(default)]
    anomalies: bool,
}

/// A pitch, and how far it is from what is usual.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PitchShown {
    /// MLBAM id of the pitcher; null while no mark has named one.
    pitcher: Option<u32>,
    /// Release event time, ns since the Unix epoch; null of an imported pitch, whose source tells its day and its place in the
    /// order of play, and no time, and of one that no clock could date.
    release_ns: Option<u64>,
    /// The same, RFC 3339.
    release_at: Option<String>,
    /// Pitch id, stable over revisions.
    id: u64,
    /// `YYYY-MM-DD`, the park's local date; null where no clock could tell it.
    #[schema(required = true)]
    game_date: Option<String>,
    /// Statcast's `game_pk`; 0 where no game is known.
    game_pk: u32,
    /// Statcast's.
    at_bat_number: Option<u16>,
    /// Statcast's.
    pitch_number: Option<u16>,
    /// Statcast's code (`FF`); empty where unknown.
    pitch_type: String,
    /// Mound id; 0 of imported pitches.
    mound: u8,
    /// Where the record came from.
    origin: Origin,
    /// Provisional or final.
    state: ResultState,
    /// Counts up with each published change.
    revision: u32,
    /// The values, Statcast's names.
    #[serde(flatten)]
    values: Measured,
    /// Their standard deviations; null of imported pitches.
    sd: Option<Measured>,
    /// Cameras that the fit used; null of imported pitches.
    cameras: Option<u8>,
    /// Root mean square residual of the fit, px; null of imported pitches.
    residual_px: Option<f64>,
    /// Share of its frames that came after the final watermark; null of imported pitches.
    late_data_frac: Option<f64>,
    /// Confidence in the rig's calibration, 0.50–0.95; null where nobody judges it yet.
    calibration_confidence: Option<f64>,
    /// Whether a released mark gave the release.
    release_marked: bool,
    /// Reasons to distrust it, and how it came about; see `PitchRecord`.
    flags: Vec<String>,
    /// How far it is from his own of that type, and what drives that; absent where it was not asked for, or too little is
    /// known.
    #[serde(skip_serializing_if = "Option::is_none")]
    anomaly: Option<Anomaly>,
}

impl PitchShown {
    /// A pitch without what nobody measured: the store files an imported pitch under a time made from its day and its place
    /// in the order of play, which is no time of day.
    fn of(pitch: PitchRecord, anomaly: Option<Anomaly>) -> Self {
        let measured_here = pitch.origin == Origin::Live;
        let release_ns = (measured_here && pitch.is_dated()).then_some(pitch.release_ns);
        Self {
            pitcher: pitch.pitcher,
            release_ns,
            release_at: release_ns.map(|ns| rfc3339(BoxNs(ns))),
            id: pitch.id,
            game_date: Some(pitch.game_date).filter(|date| !date.is_empty()),
            game_pk: pitch.game_pk,
            at_bat_number: pitch.at_bat_number,
            pitch_number: pitch.pitch_number,
            pitch_type: pitch.pitch_type,
            mound: pitch.mound,
            origin: pitch.origin,
            state: pitch.state,
            revision: pitch.revision,
            values: pitch.values,
            sd: pitch.sd,
            cameras: measured_here.then_some(pitch.cameras),
            residual_px: pitch.residual_px,
            late_data_frac: measured_here.then_some(pitch.late_data_frac),
            calibration_confidence: pitch.calibration_confidence,
            release_marked: pitch.release_marked,
            flags: pitch.flags,
            anomaly,
        }
    }
}

/// A page of pitches.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Pitches {
    /// Newest last.
    pitches: Vec<PitchShown>,
    /// Give it as `since` to read on; null where nothing more is there. A page can be short, or empty, and have one:
    /// pitches of one game are looked for in pieces.
    next: Option<String>,
}

/// Pitches in the order of their release, newest last.
#[utoipa::path(get, path = "/api/pitches", tag = "pitches", params(PitchesQuery), responses(
    (status = 200, body = Pitches),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn list(
    State(state): State<ApiState>,
    QueryParams(asked): QueryParams<PitchesQuery>,
) -> Result<Json<Pitches>, Problem> {
    let limit = asked.limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::invalid_query(format!("limit = {limit} is not in 1 to {LIMIT_MAX}; ask page by page")));
    }
    // One more than asked for tells whether there is a next page.
    let query = PitchQuery {
        pitcher: asked.pitcher.map(PitcherId),
        game_pk: asked.game_pk.map(GamePk),
        page: asked.since.as_deref().map_or(Ok(PitchPage::Newest), parse_since)?,
        limit: limit + 1,
    };
    // The snapshot first: a pitch that is committed in between is then in both rather than in neither.
    let snapshot = state.live.snapshot();
    let PitchSlice { mut pitches, stopped_at } = read_history(&state, move |history| history.pitches(&query)).await?;
    overlay(&mut pitches, &snapshot, &query, stopped_at);
    let more = pitches.len() > limit;
    PitchQuery { limit, ..query }.cut(&mut pitches);
    let next = next_page(&query, &pitches, more, stopped_at).and_then(write_cursor);
    let shown = if asked.anomalies {
        let judge = move |history: &dyn History| Ok((history.anomalies(&pitches)?, pitches));
        let (anomalies, pitches) = read_history(&state, judge).await?;
        pitches.into_iter().zip(anomalies).map(|(pitch, anomaly)| PitchShown::of(pitch, anomaly)).collect()
    } else {
        pitches.into_iter().map(|pitch| PitchShown::of(pitch, None)).collect()
    };
    Ok(Json(Pitches { pitches: shown, next }))
}

/// Where to read on: after a full page at its end, after a search that was cut off where it stopped.
fn next_page(
    query: &PitchQuery,
    page: &[PitchRecord],
    more: bool,
    stopped_at: Option<PitchPosition>,
) -> Option<PitchPage> {
    let (end, way): (_, fn(PitchPosition) -> PitchPage) = match query.page {
        PitchPage::After(_) => (page.last(), PitchPage::After),
        PitchPage::Newest | PitchPage::Before(_) => (page.first(), PitchPage::Before),
    };
    if more { end.map(PitchPosition::of).map(way) } else { stopped_at.map(way) }
}

/// Puts the live pitches that fit into a page of the store: newer revisions in place, unknown ones in order. Beyond the
/// end of a full page, and of what was looked at, the store has pitches that were not read, so nothing is put there.
fn overlay(page: &mut Vec<PitchRecord>, snapshot: &Snapshot, query: &PitchQuery, stopped_at: Option<PitchPosition>) {
    let full = page.len() >= query.limit;
    let span = page.first().map(PitchPosition::of).zip(page.last().map(PitchPosition::of)).filter(|_| full);
    let inside = |position: PitchPosition| match (query.page, span) {
        (_, None) => true,
        (PitchPage::After(_), Some((_, last))) => position < last,
        (PitchPage::Newest | PitchPage::Before(_), Some((first, _))) => position > first,
    };
    let looked_at = |position: PitchPosition| match (query.page, stopped_at) {
        (_, None) => true,
        (PitchPage::After(_), Some(end)) => position <= end,
        (PitchPage::Newest | PitchPage::Before(_), Some(end)) => position >= end,
    };
    for pitch in snapshot.pitches().filter(|pitch| query.fits(pitch)) {
        if let Some(known) = page.iter_mut().find(|known| known.id == pitch.id) {
            if pitch.revision >= known.revision {
                known.clone_from(pitch);
            }
        } else if inside(PitchPosition::of(pitch)) && looked_at(PitchPosition::of(pitch)) {
            page.push(pitch.clone());
        }
    }
    page.sort_by_key(PitchPosition::of);
    query.cut(page);
}

/// A page other than the newest, as text.
fn write_cursor(page: PitchPage) -> Option<String> {
    let (way, position) = match page {
        PitchPage::Newest => return None,
        PitchPage::Before(position) => ('b', position),
        PitchPage::After(position) => ('a', position),
    };
    Some(format!("{way}{:016x}{:016x}", position.release_ns, position.id))
}

fn read_cursor(text: &str) -> Option<PitchPage> {
    let (way, hex) = text.split_at_checked(1)?;
    if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = |range| u64::from_str_radix(&hex[range], 16).ok();
    let position = PitchPosition { release_ns: number(0..16)?, id: number(16..32)? };
    match way {
        "b" => Some(PitchPage::Before(position)),
        "a" => Some(PitchPage::After(position)),
        _ => None,
    }
}

/// A cursor, or a time at which to start.
fn parse_since(text: &str) -> Result<PitchPage, Problem> {
    if let Some(page) = read_cursor(text) {
        return Ok(page);
    }
    let ns = read_time_ns(text).ok_or_else(|| {
        Problem::invalid_query(format!(
            "since = {text:?} is neither the next of an earlier page nor a time (2025-07-04T18:15:00Z, 2025-07-04, or ns \
             since the Unix epoch); in a URL write + as %2B"
        ))
    })?;
    // Everything before that moment stands at or before the last position of the nanosecond before it.
    Ok(PitchPage::After(match ns.checked_sub(1) {
        Some(release_ns) => PitchPosition { release_ns, id: u64::MAX },
        None => PitchPosition { release_ns: 0, id: 0 },
    }))
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
    fn a_cursor_reads_back_as_the_page_that_it_names() {
        let position = PitchPosition { release_ns: u64::MAX, id: 0x0123_4567_89ab_cdef };
        for page in [PitchPage::Before(position), PitchPage::After(position)] {
            let text = write_cursor(page).expect("it is not the newest page");
            assert_eq!(read_cursor(&text), Some(page));
        }
        assert_eq!(read_cursor("a+000000000000000000000000000000f"), None, "only what was written");
        assert_eq!(read_cursor("é00000000000000000000000000000000"), None, "and no panic on other text");
    }

    #[test]
    fn a_search_that_was_cut_off_goes_on_from_where_it_stopped() {
        let at = PitchPosition { release_ns: 5, id: 6 };
        let query = |page| PitchQuery { pitcher: None, game_pk: None, page, limit: 3 };
        for (page, next) in [
            (PitchPage::Newest, PitchPage::Before(at)),
            (PitchPage::Before(at), PitchPage::Before(at)),
            (PitchPage::After(at), PitchPage::After(at)),
        ] {
            assert_eq!(next_page(&query(page), &[], false, Some(at)), Some(next));
            assert_eq!(next_page(&query(page), &[], false, None), None);
        }
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
    }

    #[test]
    fn an_imported_pitch_has_no_time_and_keeps_its_id_and_its_place() {
        let live = crate::daemon::live_pitch(5, 1_751_652_900_000_000_000, 7);
        let imported = PitchRecord { origin: Origin::Savant, id: 717_797, cameras: 0, ..live.clone() };
        let shown = |pitch| serde_json::to_value(PitchShown::of(pitch, None)).expect("plain data");
        let (live, imported) = (shown(live), shown(imported));
        assert_eq!(live["release_at"], "2025-07-04T18:15:00.000Z");
        assert_eq!(live["release_ns"], 1_751_652_900_000_000_000_u64);
        for measured in ["release_ns", "release_at", "cameras", "late_data_frac"] {
            assert!(!live[measured].is_null() && imported[measured].is_null(), "{measured}: {imported}");
        }
        assert_eq!((&imported["id"], &imported["game_date"]), (&717_797.into(), &live["game_date"]));
    }
}
