//! The live WebSocket: snapshot, events, resume, and clients that do not keep up.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use pitchguard::api::{Event, Since};
use pitchguard::observe::{PartReport, PartState};
use pitchguard::pipeline::{AttributionStatus, MarkFeedState};
use serde_json::json;
use socket2::{Domain, Socket, Type};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, client};

use crate::api_serves::stage::{Setting, Stage, alert, next, pitch, readiness};

#[test]
fn a_client_gets_a_snapshot_and_then_every_event_with_the_next_number() {
    let stage = Setting::default().serve();
    stage.live.publish(Event::Readiness(readiness(1)));
    stage.live.publish(Event::AlertRaised(alert(7)));
    let before = stage.live.publish(Event::Pitch(pitch(0, 1)));
    let mut socket = stage.listen("/api/live");
    let snapshot = next(&mut socket);
    assert_eq!((&snapshot["type"], &snapshot["seq"]), (&json!("snapshot"), &json!(before)));
    assert_eq!(snapshot["data"]["readiness"][0]["pitcher"], 1);
    assert_eq!(snapshot["data"]["alerts"][0]["id"], 7);
    assert_eq!(snapshot["data"]["pitches"][0]["release_speed"], 95.1);
    let health = PartReport {
        name: "store".to_owned(),
        state: PartState::Degraded,
        since: "2025-07-04T18:15:00Z".to_owned(),
        detail: "the map is half full".to_owned(),
    };
    let whose = AttributionStatus {
        mark_feed: MarkFeedState::Never,
        degraded: true,
        sentence: "Nobody tells who pitches: no mark has come since the start.".to_owned(),
        game_date: "2025-07-04".to_owned(),
        unattributed_today: 14,
        unattributed_by_mound: [("game".to_owned(), 14)].into(),
        last_mark_at: None,
        mounds: Vec::new(),
    };
    let events = [
        Event::Pitch(pitch(1, 1)),
        Event::Readiness(readiness(1)),
        Event::AlertCleared(alert(7)),
        Event::Health(health),
        Event::Attribution(whose),
    ];
    for (event, kind) in events.into_iter().zip(["pitch", "readiness", "alert_cleared", "health", "attribution"]) {
        let seq = stage.live.publish(event);
        let told = next(&mut socket);
        assert_eq!((&told["type"], &told["seq"]), (&json!(kind), &json!(seq)));
        assert!(told["published_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{told}");
        assert!(told["data"].is_object(), "{told}");
    }
    assert!(stage.live.head() < 1 << 53, "JavaScript counts it exactly");
    let late_comer = next(&mut stage.listen("/api/live"));
    assert_eq!(late_comer["data"]["attribution"]["unattributed_today"], 14);
    assert_eq!(late_comer["data"]["attribution"]["mark_feed"], "never");
}

#[test]
fn a_client_resumes_without_a_snapshot_while_the_ring_has_what_it_missed() {
    let stage = Setting { ring: 4, ..Setting::default() }.serve();
    let known = stage.live.publish(Event::Pitch(pitch(0, 1)));
    stage.live.publish(Event::Pitch(pitch(1, 1)));
    stage.live.publish(Event::Pitch(pitch(2, 1)));
    let mut socket = stage.listen(&format!("/api/live?since={known}"));
    for missed in 1..=2 {
        let told = next(&mut socket);
        assert_eq!((&told["type"], &told["seq"]), (&json!("pitch"), &json!(known + missed)));
    }
    let newest = stage.live.publish(Event::Pitch(pitch(3, 1)));
    assert_eq!(next(&mut socket)["seq"], newest, "and goes on");
    let mut at_head = stage.listen(&format!("/api/live?since={newest}"));
    let seq = stage.live.publish(Event::Pitch(pitch(4, 1)));
    assert_eq!(next(&mut at_head)["seq"], seq, "nothing missed, nothing repeated");
}

#[test]
fn a_client_with_a_gap_or_a_number_of_another_run_starts_from_a_snapshot() {
    let stage = Setting { ring: 4, ..Setting::default() }.serve();
    let first = stage.live.publish(Event::Pitch(pitch(0, 1)));
    for number in 1..=5 {
        stage.live.publish(Event::Pitch(pitch(number, 1)));
    }
    for since in [first, 0, 1, first - 1_000_000, stage.live.head() + 1, u64::MAX] {
        let mut socket = stage.listen(&format!("/api/live?since={since}"));
        let snapshot = next(&mut socket);
        assert_eq!((&snapshot["type"], &snapshot["seq"]), (&json!("snapshot"), &json!(stage.live.head())), "{since}");
    }
    assert!(matches!(stage.live.since(first + 1), Since::Events(events) if events.len() == 4), "four are kept");
}

/// A pitcher with so much to say that sockets fill up soon.
fn long_event() -> Event {
    let mut long = readiness(1);
    long.reasons = vec!["Fastball 0.4 mph below his season".repeat(2000)];
    Event::Readiness(long)
}

/// A client with the smallest receive buffer that takes the snapshot and then nothing more.
fn lazy_client(stage: &Stage) -> tokio_tungstenite::tungstenite::WebSocket<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    socket.connect(&stage.addr.into()).expect("the server accepts");
    let mut lazy = stage.listen_on(socket.into(), "/api/live");
    assert_eq!(next(&mut lazy)["type"], "snapshot");
    lazy
}

#[test]
fn a_slow_client_is_dropped_with_a_reason_while_others_and_the_publisher_go_on() {
    let mut setting = Setting { ring: 8, ..Setting::default() };
    setting.options.close_within = Duration::from_secs(20);
    let stage = setting.serve();
    let mut brisk = stage.listen("/api/live");
    assert_eq!(next(&mut brisk)["type"], "snapshot");
    let mut lazy = lazy_client(&stage);
    let mut published = 0;
    while stage.telemetry.report().clients.dropped_slow == 0 {
        let seq = stage.live.publish(long_event());
        assert_eq!(next(&mut brisk)["seq"], seq, "the brisk client misses nothing");
        published += 1;
        assert!(published < 5000, "the lazy client is dropped once the sockets are full and the ring has turned");
    }
    let reason = loop {
        match lazy.read().expect("what was under way still comes, then the close frame") {
            Message::Close(frame) => break frame.expect("with a reason"),
            message => assert!(message.is_text() || message.is_ping(), "{message:?}"),
        }
    };
    assert_eq!(reason.code, CloseCode::Again);
    assert!(reason.reason.contains("too slow") && reason.reason.contains("connect again"), "{}", reason.reason);
    let seq = stage.live.publish(Event::Pitch(pitch(0, 1)));
    assert_eq!(next(&mut brisk)["seq"], seq);
}

#[test]
fn a_client_that_takes_nothing_at_all_does_not_hold_its_seat() {
    let mut setting = Setting { ring: 1, ..Setting::default() };
    setting.options.close_within = Duration::from_millis(20);
    let stage = setting.serve();
    let lazy = lazy_client(&stage);
    for _ in 0..5000 {
        stage.live.publish(long_event());
        if stage.telemetry.report().clients.connected == 0 {
            break;
        }
        std::thread::yield_now();
    }
    for _ in 0..1000 {
        if stage.telemetry.report().clients.connected == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let clients = stage.telemetry.report().clients;
    assert_eq!((clients.connected, clients.dropped_slow), (0, 1));
    drop(lazy);
}

#[test]
fn a_client_that_no_longer_answers_pings_is_dropped_with_a_reason() {
    let mut setting = Setting::default();
    setting.options.ping_every = Duration::from_millis(20);
    setting.options.silent_after = Duration::from_millis(100);
    let stage = setting.serve();
    let mut socket = stage.listen("/api/live");
    // The library answers pings only while it reads.
    std::thread::sleep(Duration::from_millis(400));
    let reason = loop {
        match socket.read().expect("pings, then the close frame") {
            Message::Close(frame) => break frame.expect("with a reason"),
            message => assert!(message.is_text() || message.is_ping(), "{message:?}"),
        }
    };
    assert_eq!(reason.code, CloseCode::Policy);
    assert!(reason.reason.contains("silent"), "{}", reason.reason);
    assert_eq!(stage.telemetry.report().clients.dropped_silent, 1);
}

#[test]
fn clients_are_sent_away_with_a_word_when_the_daemon_stops() {
    let stage = Setting::default().serve();
    let mut socket = stage.listen("/api/live");
    assert_eq!(next(&mut socket)["type"], "snapshot");
    stage.live.close();
    let Message::Close(Some(reason)) = socket.read().expect("a close frame") else { panic!("no close frame") };
    assert_eq!(reason.code, CloseCode::Away);
}

#[test]
fn no_more_clients_are_taken_than_there_are_seats() {
    let mut setting = Setting::default();
    setting.options.live_clients_max = 1;
    let stage = setting.serve();
    let mut first = stage.listen("/api/live");
    assert_eq!(next(&mut first)["type"], "snapshot");
    let stream = TcpStream::connect(stage.addr).expect("the server accepts");
    match client(format!("ws://{}/api/live", stage.addr), stream) {
        Err(tokio_tungstenite::tungstenite::HandshakeError::Failure(Error::Http(response))) => {
            assert_eq!(response.status().as_u16(), 503);
        }
        other => panic!("{other:?} instead of a refusal"),
    }
    assert_eq!(stage.telemetry.report().clients.refused, 1);
}

/// A client that connects from another address of this host.
fn from_address(stage: &Stage, address: [u8; 4]) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((address, 0)).into()).expect("all of 127/8 is this host's");
    socket.connect(&stage.addr.into()).expect("the server accepts");
    socket.into()
}

#[test]
fn one_address_cannot_take_every_seat() {
    let mut setting = Setting::default();
    setting.options.live_per_address = 2;
    let stage = setting.serve();
    let mut held: Vec<_> = (0..2).map(|_| stage.listen("/api/live")).collect();
    let refused = stage.get("/api/live");
    assert_eq!(refused.status(), 426, "who asks for no WebSocket takes no seat");
    match client(format!("ws://{}/api/live", stage.addr), from_address(&stage, [127, 0, 0, 1])) {
        Err(tokio_tungstenite::tungstenite::HandshakeError::Failure(Error::Http(response))) => {
            assert_eq!(response.status().as_u16(), 503);
        }
        other => panic!("{other:?} instead of a refusal"),
    }
    let mut other = stage.listen_on(from_address(&stage, [127, 0, 0, 2]), "/api/live");
    assert_eq!(next(&mut other)["type"], "snapshot");
    let clients = stage.telemetry.report().clients;
    assert_eq!((clients.connected, clients.refused_address, clients.refused, clients.seats), (3, 1, 0, 256));
    held.pop().expect("two").close(None).expect("sent");
    let mut again = None;
    for _ in 0..1000 {
        again = client(format!("ws://{}/api/live", stage.addr), from_address(&stage, [127, 0, 0, 1])).ok();
        if again.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(again.is_some(), "a seat is given back");
}

#[test]
fn a_client_that_pings_without_end_is_dropped_with_a_reason() {
    let mut setting = Setting::default();
    setting.options.live_messages = 30;
    let stage = setting.serve();
    let mut socket = stage.listen("/api/live");
    assert_eq!(next(&mut socket)["type"], "snapshot");
    for _ in 0..40 {
        socket.send(Message::Ping(vec![7; 100].into())).expect("taken");
    }
    let reason = loop {
        match socket.read().expect("pongs, then the close frame") {
            Message::Close(frame) => break frame.expect("with a reason"),
            message => assert!(message.is_pong() || message.is_ping(), "{message:?}"),
        }
    };
    assert_eq!(reason.code, CloseCode::Policy);
    assert!(reason.reason.contains("too many messages"), "{}", reason.reason);
    assert_eq!(stage.telemetry.report().clients.dropped_noisy, 1);
}

#[test]
fn a_client_that_asks_for_beats_hears_one_in_quiet_moments_with_the_number_of_what_it_has() {
    let stage = Setting::default().serve();
    let mut socket = stage.listen("/api/live?beat_s=1");
    let first = next(&mut socket);
    let beat = next(&mut socket);
    assert_eq!((&beat["type"], &beat["seq"]), (&"beat".into(), &first["seq"]));
    let seq = stage.live.publish(Event::Readiness(readiness(1)));
    assert_eq!(next(&mut socket)["type"], "readiness");
    let beat = next(&mut socket);
    assert_eq!((&beat["type"], &beat["seq"]), (&"beat".into(), &seq.into()));
    let refused = stage.get("/api/live?beat_s=61");
    assert!(refused.status().is_client_error(), "{}", refused.status());
}
