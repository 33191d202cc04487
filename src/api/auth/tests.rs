use std::net::Ipv4Addr;

use axum::http::header;
use axum::response::IntoResponse as _;

use super::*;
use crate::store::StoreOptions;

const FAR: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
const NEAR: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn desk(asked: KeyPolicy) -> (tempfile::TempDir, ApiKeys) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("a new store opens"));
    (dir, ApiKeys::new(store, asked).expect("a desk"))
}

fn issue(desk: &ApiKeys, name: &str) -> String {
    let key = desk.store.issue_key(name, None, now_ns()).expect("made").key;
    desk.reload().expect("read");
    key
}

fn bearer(key: &str) -> HeaderMap {
    HeaderMap::from_iter([(header::AUTHORIZATION, format!("Bearer {key}").parse().expect("a header"))])
}

fn with_cookie(cookie: &HeaderValue) -> HeaderMap {
    let pair = cookie.to_str().expect("text").split(';').next().expect("a pair");
    let line = format!("theme=sun; {pair}; other=1");
    HeaderMap::from_iter([(header::COOKIE, line.parse().expect("a header"))])
}

fn status(desk: &ApiKeys, peer: IpAddr, headers: &HeaderMap) -> u16 {
    let admitted = desk.admit(peer, headers, Instant::now());
    admitted.map_or_else(|problem| problem.into_response().status().as_u16(), |_| 200)
}

#[test]
fn loopback_is_not_asked_unless_everybody_is_and_nobody_where_it_is_said_out_loud() {
    let nothing = HeaderMap::new();
    for (asked, near, far) in
        [(KeyPolicy::BeyondLoopback, 200, 401), (KeyPolicy::Everybody, 401, 401), (KeyPolicy::Nobody, 200, 200)]
    {
        let (_dir, desk) = desk(asked);
        assert_eq!((status(&desk, NEAR, &nothing), status(&desk, FAR, &nothing)), (near, far), "{asked:?}");
    }
}

#[test]
fn a_key_admits_until_it_is_revoked_and_so_does_its_cookie_and_an_open_connection() {
    let (_dir, desk) = desk(KeyPolicy::BeyondLoopback);
    let key = issue(&desk, "tablet");
    let credential = desk.admit(FAR, &bearer(&key), Instant::now()).expect("let in");
    let cookie = desk.cookie(&credential).expect("a cookie");
    assert_eq!(status(&desk, FAR, &with_cookie(&cookie)), 200);
    assert!(desk.still_holds(&credential));
    desk.store.revoke_key("tablet", now_ns()).expect("stored");
    desk.reload().expect("read");
    assert_eq!((status(&desk, FAR, &bearer(&key)), status(&desk, FAR, &with_cookie(&cookie))), (401, 401));
    assert!(!desk.still_holds(&credential));
}

#[test]
fn a_cookie_survives_a_restart_and_no_forged_one_admits() {
    let (dir, first) = desk(KeyPolicy::Everybody);
    let (key, other) = (issue(&first, "tablet"), issue(&first, "other"));
    let credential = first.admit(FAR, &bearer(&key), Instant::now()).expect("let in");
    let cookie = first.cookie(&credential).expect("a cookie");
    drop(first);
    let store = Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens again"));
    let desk = ApiKeys::new(store, KeyPolicy::Everybody).expect("a desk");
    assert_eq!(status(&desk, FAR, &with_cookie(&cookie)), 200);
    let text = cookie.to_str().expect("text");
    let value = &text[COOKIE.len() + 1..text.find(';').expect("attributes")];
    let (id, until, tag) = {
        let mut parts = value.split('.');
        (parts.next().expect("id"), parts.next().expect("until"), parts.next().expect("tag"))
    };
    let longer = until.parse::<u64>().expect("a number") + 1;
    let other_id = id_in(&other).expect("an id");
    for forged in [
        format!("{id}.{longer}.{tag}"),
        format!("{other_id}.{until}.{tag}"),
        format!("{id}.{until}."),
        format!("{id}.{until}.{}", BASE64URL_NOPAD.encode(&[0; 32])),
        "..".to_owned(),
        String::new(),
    ] {
        let header = format!("{COOKIE}={forged}; Path=/").parse().expect("a header");
        assert_ne!(status(&desk, FAR, &with_cookie(&header)), 200, "{forged}");
    }
    let secret = fs::metadata(dir.path().join(SECRET)).expect("it is kept");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&secret.permissions()) & 0o777, 0o600);
}

#[test]
fn wrong_keys_are_limited_by_address_and_a_right_one_still_admits() {
    let (_dir, desk) = desk(KeyPolicy::Everybody);
    let key = issue(&desk, "tablet");
    let wrong = bearer(&format!("{key}x"));
    let now = Instant::now();
    let statuses: Vec<u16> =
        (0..12).map(|_| desk.admit(FAR, &wrong, now).expect_err("refused").into_response().status().as_u16()).collect();
    assert_eq!(statuses, [vec![401; 10], vec![429; 2]].concat());
    assert_eq!(status(&desk, FAR, &bearer(&key)), 200, "not locked out");
    assert_eq!(status(&desk, FAR, &HeaderMap::new()), 401, "who shows nothing makes no attempt");
    let told = desk.status();
    assert_eq!((told.keys, told.admitted, told.refused, told.limited), (1, 1, 10, 2));
}

#[test]
fn asking_whether_one_is_let_in_tries_no_keys_without_limit_or_count() {
    let (_dir, desk) = desk(KeyPolicy::Everybody);
    let key = issue(&desk, "tablet");
    let (right, wrong, now) = (bearer(&key), bearer(&format!("{key}x")), Instant::now());
    let ask = |headers: &HeaderMap| desk.would_admit(FAR, headers, now).map_err(|problem| problem.status().as_u16());
    assert_eq!((0..12).map(|_| ask(&wrong)).collect::<Vec<_>>(), [vec![Ok(false); 10], vec![Err(429); 2]].concat());
    assert_eq!((ask(&right), ask(&HeaderMap::new())), (Ok(true), Ok(false)), "a right key is not locked out");
    assert_eq!((desk.status().refused, desk.status().limited), (10, 2));
}

#[test]
fn who_may_read_the_directory_is_let_in_for_a_minute_and_no_longer() {
    let (dir, desk) = desk(KeyPolicy::Everybody);
    let pass = local_pass(dir.path()).expect("the secret can be read");
    assert_eq!(status(&desk, FAR, &bearer(&pass)), 200);
    let old = now_ns() / 1_000_000_000 - 1;
    let late = format!("{PASS}{old}_{}", BASE64URL_NOPAD.encode(pass_tag(&desk.secret, old).as_bytes()));
    let early =
        format!("{PASS}{}_{}", old + 3600, BASE64URL_NOPAD.encode(pass_tag(&desk.secret, old + 3600).as_bytes()));
    let foreign = format!("{PASS}{}_{}", old + 30, BASE64URL_NOPAD.encode(pass_tag(&[0; 32], old + 30).as_bytes()));
    for bad in [late, early, foreign, PASS.to_owned(), format!("{PASS}_")] {
        assert_eq!(status(&desk, FAR, &bearer(&bad)), 401, "{bad}");
    }
    assert_eq!(local_pass(&dir.path().join("gone")), None);
}

#[test]
fn the_last_use_reaches_the_store() {
    let (_dir, desk) = desk(KeyPolicy::Everybody);
    let key = issue(&desk, "tablet");
    desk.note_used().expect("stored");
    assert_eq!(desk.store.keys().expect("read")[0].last_used_ns, None, "never used");
    desk.admit(FAR, &bearer(&key), Instant::now()).expect("let in");
    desk.note_used().expect("stored");
    assert!(desk.store.keys().expect("read")[0].last_used_ns.is_some());
}

#[test]
fn what_was_refused_is_told_with_who_when_and_which_key_and_never_the_key() {
    let (_dir, desk) = desk(KeyPolicy::BeyondLoopback);
    let (tablet, board, day) = (issue(&desk, "bullpen tablet"), issue(&desk, "board"), 86_400_000_000_000);
    let credential = desk.admit(FAR, &bearer(&tablet), Instant::now()).expect("let in");
    let cookie = desk.cookie(&credential).expect("a cookie");
    let old = desk.store.issue_key("old", Some(now_ns() - 2 * day), now_ns() - 3 * day).expect("made").key;
    desk.store.revoke_key("bullpen tablet", now_ns()).expect("stored");
    desk.reload().expect("read");
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let (tablet_id, board_id) = (id_in(&tablet).expect("an id"), id_in(&board).expect("an id"));
    let cut = &board[..board.len() - 1];
    let secret_first = format!("pgk_{}_x", &board[13..40].replace('_', "-"));
    for (headers, words) in [
        (bearer(&tablet), format!("key `bullpen tablet` ({tablet_id}), revoked {today}")),
        (with_cookie(&cookie), format!("cookie of the key `bullpen tablet` ({tablet_id}), revoked {today}")),
        (bearer(&old), format!("key `old` ({}), expired ", id_in(&old).expect("an id"))),
        (bearer(cut), format!("begins as the key `board` ({board_id}) does, and the rest is wrong")),
        (bearer("pgk_aaaaaaaa_bbbb"), "a key with the id aaaaaaaa that this box does not know".to_owned()),
        (bearer(&secret_first), "a key without an id that this box does not know".to_owned()),
        (bearer("hunter2"), "no key of a PitchGuard".to_owned()),
        (bearer("pgl_17_aaaa"), "a pass of this box's own user that has run out".to_owned()),
    ] {
        assert_eq!(status(&desk, FAR, &headers), 401);
        let told = desk.status().last_refused;
        assert_eq!((told.len(), told[0].from.as_str(), told[0].limited), (1, "192.0.2.7", false));
        assert!(told[0].why.contains(&words) && told[0].ago_s < 60, "{words}: {told:?}");
        for secret in [&tablet[13..], &board[13..], &board[13..40], "hunter2"] {
            assert!(!told[0].why.contains(secret), "{told:?}");
        }
    }
    assert_eq!(desk.status().last_refused[0].times, 8);
    assert_eq!(status(&desk, FAR, &HeaderMap::new()), 401, "who shows nothing");
    assert_eq!(desk.status().last_refused[0].times, 8, "is not told of");
    for _ in 0..4 {
        status(&desk, FAR, &bearer("hunter2"));
    }
    let told = desk.status().last_refused;
    assert_eq!((told[0].times, told[0].limited), (12, true), "{told:?}");
}
