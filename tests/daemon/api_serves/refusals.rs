//! What is refused, and that each refusal says what to do.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use pitchguard::api::HttpOptions;

use crate::api_serves::stage::{Memory, Mood, Setting, client_of_tests, problem};

#[test]
fn unknown_addresses_methods_queries_and_paths_are_problems() {
    let stage = Setting::default().serve();
    problem(stage.get("/api/nothing"), 404, "no-such-address");
    problem(stage.get("/api/docs/nothing.js"), 404, "no-such-address");
    problem(stage.get("/api/pitchers/ace"), 400, "invalid-path");
    for query in ["limit=0", "limit=1001", "limit=ten", "pitchr=1", "since=yesterday", "pitcher=-1"] {
        problem(stage.get(&format!("/api/pitches?{query}")), 400, "invalid-query");
    }
    problem(stage.get("/api/live"), 426, "websocket-only");
    let response = client_of_tests().delete(stage.url("/api/alerts")).send().expect("the server answers");
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    problem(response, 405, "method-not-allowed");
}

#[test]
fn a_store_that_fails_is_told_apart_from_one_that_is_busy_or_slow() {
    let of = |mood| {
        let memory = Memory { pitches: Vec::new(), mood };
        let mut setting = Setting { memory, ..Setting::default() };
        setting.options.request_timeout = Duration::from_millis(if mood == Mood::Dawdles { 50 } else { 10_000 });
        let stage = setting.serve();
        stage.get("/api/pitches")
    };
    problem(of(Mood::Unavailable), 503, "store-unavailable");
    problem(of(Mood::Panics), 500, "internal");
    let slow = of(Mood::Dawdles);
    assert_eq!(slow.headers()["retry-after"], "1");
    problem(slow, 503, "timeout");
}

#[test]
fn foreign_hosts_and_origins_are_refused_everywhere() {
    let mut setting = Setting::default();
    setting.options.allowed_hosts.push("pitchguard.lan".to_owned());
    let stage = setting.serve();
    let host = stage.addr.to_string();
    for path in ["/", "/api/readiness", "/metrics", "/health/live", "/api/docs/", "/nothing"] {
        let asked = |name: &str, value: &str| {
            client_of_tests().get(stage.url(path)).header(name, value).send().expect("the server answers")
        };
        problem(asked("host", "evil.example"), 421, "host-refused");
        problem(asked("origin", "http://evil.example"), 403, "origin-refused");
        assert_ne!(asked("host", "pitchguard.lan").status(), 421, "a configured name");
        assert_ne!(asked("origin", &format!("http://{host}")).status(), 403, "our own page");
    }
}

#[test]
fn a_request_without_host_is_refused() {
    let stage = Setting::default().serve();
    let mut stream = TcpStream::connect(stage.addr).expect("the server accepts");
    stream.write_all(b"GET /health/live HTTP/1.0\r\n\r\n").expect("it takes the request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("400 Bad Request") && answer.contains("urn:pitchguard:problem:host-missing"), "{answer}");
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let mut options = HttpOptions::new(([127, 0, 0, 1], 0).into());
    options.body_limit = 100;
    let stage = Setting { options, ..Setting::default() }.serve();
    let post = client_of_tests().post(stage.url("/api/alerts/1/ack")).body(vec![0; 101]);
    problem(post.send().expect("the server answers"), 413, "body-too-large");
}

#[test]
fn every_answer_carries_the_security_headers_and_is_kept_nowhere() {
    let stage = Setting::default().serve();
    for path in ["/", "/api/readiness", "/api/docs/", "/metrics", "/nothing"] {
        let response = stage.get(path);
        let headers = response.headers();
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        let policy = headers["content-security-policy"].to_str().expect("text");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("http:"), "{path}: {policy}");
        assert!(headers.contains_key("x-request-id"), "{path}");
        assert!(!headers.contains_key("access-control-allow-origin"), "{path}");
    }
}

#[test]
fn answers_are_compressed_for_clients_that_take_it() {
    let stage = Setting::default().serve();
    let asked = client_of_tests().get(stage.url("/api/openapi.json")).header("accept-encoding", "gzip");
    let response = asked.send().expect("the server answers");
    assert_eq!(response.headers()["content-encoding"], "gzip");
}
