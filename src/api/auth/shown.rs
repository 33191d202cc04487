//! What somebody shows to be let in.

use axum::http::{HeaderMap, header};

/// Its name.
pub(crate) const COOKIE: &str = "pitchguard_session";
/// What a pass begins with.
pub(super) const PASS: &str = "pgl_";

/// What somebody showed.
pub(super) enum Shown<'h> {
    Nothing,
    Key(&'h str),
    Cookie(&'h str),
}

/// The key or cookie in the headers; a key goes before a cookie.
pub(super) fn shown(headers: &HeaderMap) -> Shown<'_> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some((scheme, key)) = bearer.and_then(|value| value.split_once(' '))
        && scheme.eq_ignore_ascii_case("bearer")
    {
        return Shown::Key(key.trim());
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map_or(Shown::Nothing, |(_, value)| Shown::Cookie(value))
}
