//! What a running daemon refuses is told with who sent it, when last, a sample, and in words what to do.

use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;

use crate::daemon_support::{Rack, Running};
use firmware_protocol::{Ball, Body, Frame, SourceId, encode};
use reqwest::blocking::Client;
use serde_json::Value;

const KEY: [u8; 32] = [7; 32];

/// A datagram, the cause and words that it is refused with, the source that it claims, and how its sample begins.
type Sent = (Vec<u8>, &'static str, &'static str, Option<u8>, &'static str);

/// A frame of a source at a moment of its clock, signed where there is a key.
fn ball(source: u8, seq: u32, event_time_ns: u64, key: Option<&[u8; 32]>) -> Vec<u8> {
    let body = Body::Ball(Ball { u: 100.0, v: 200.0, sigma: 0.5, diameter: 9.0 });
    let source = SourceId::new(source).expect("a source");
    let frame = Frame { source, seq, event_time_ns, clock_locked: true, authenticated: false, body };
    let mut bytes = vec![0; 1472];
    let length = encode(&frame, key, &mut bytes).expect("a good frame");
    bytes.truncate(length);
    bytes
}

fn refused<'s>(status: &'s Value, cause: &str, word: &str) -> &'s Value {
    let all = status["ingest"]["last_refused"].as_array().expect("a list");
    let is_it = |one: &&Value| one["cause"] == cause && one["why"].as_str().is_some_and(|why| why.contains(word));
    all.iter().find(is_it).unwrap_or_else(|| panic!("no {cause} with {word:?} in {all:#?}"))
}

#[test]
fn refused_datagrams_are_told_with_sender_moment_size_sample_and_what_to_do() {
    let mut rack = Rack::new();
    let keys = rack.path("keys");
    fs::write(&keys, [1, 2, 6].map(|source| format!("{source}, {}\n", "07".repeat(32))).concat()).expect("written");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).expect("set");
    let text = format!(
        "[ingest]\nauth = \"required\"\nkeys_file = \"{}\"\nsources = {{ 1 = \"127.0.0.1\", 2 = \"127.0.0.1\", 6 = \"192.0.2.11\" }}\n\
         [store]\npath = \"{}\"\n",
        keys.display(),
        rack.store().display()
    );
    fs::write(rack.config(), text).expect("written");
    let mut daemon = rack.start(1.0);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    let from = socket.local_addr().expect("bound").to_string();
    let now = daemon.now().0;
    let signed = |source, seq, event| ball(source, seq, event, Some(&KEY));
    let good = signed(1, 1, now);
    let asks = good.len();
    let changed = |at: usize, to: u8| {
        let mut frame = good.clone();
        frame[at] = to;
        frame
    };
    let mut batch = good.clone();
    batch.extend(&signed(1, 2, now)[..40]);
    let json = br#"{"event":"pitch","pitcher":543037,"speed":95.1}"#.to_vec();
    let mut dns = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    dns.extend(b"\x04pool\x03ntp\x03org\x00\x00\x01\x00\x01");
    let long = UdpSocket::bind("127.0.0.3:0").expect("loopback");
    long.send_to(&[b'x'; 6600], daemon.udp).expect("loopback takes it");
    let sent: Vec<Sent> = vec![
        (batch, "truncated", "cut short: 40 bytes, its header asks for", Some(1), "50 47 01 01 01 01"),
        (json, "magic", "this looks like JSON text", None, "7b 22 65 76"),
        (changed(2, 9), "version", "a frame of version 9", None, "50 47 09"),
        (changed(30, 0x55), "crc", "the checksum does not fit", Some(1), "50 47 01"),
        (ball(2, 1, now, None), "auth", "source 2 and is not signed", Some(2), "50 47 01 01 02 00"),
        (ball(1, 2, now, Some(&[8; 32])), "auth", "source 1, and its tag fits none", Some(1), "50 47 01 01 01 01"),
        (ball(9, 1, now, Some(&KEY)), "auth", "source 9, of which the keys file has no key", Some(9), "50 47 01 01 09"),
        (signed(6, 1, now), "address", "lists 192.0.2.11 for source 6", Some(6), "50 47 01 01 06"),
        (signed(1, 3, now - 100_000_000_000), "replayed", "source reset 1", Some(1), "50 47 01 01 01"),
    ];
    // Its clock is known by frames enough.
    let before: Vec<_> =
        (0..40).map(|k| signed(1, 100 + k, now - 40_000_000_000 + u64::from(k) * 1_000_000_000)).collect();
    for datagram in before.iter().chain(sent.iter().map(|(datagram, ..)| datagram)) {
        socket.send_to(datagram, daemon.udp).expect("loopback takes it");
    }
    let status = daemon.wait_for("all were refused", |r| {
        let status = r.status();
        let counts = status["ingest"]["refused"].as_object()?;
        (counts.values().filter_map(Value::as_u64).sum::<u64>() == sent.len() as u64 + 1).then_some(status)
    });
    for (datagram, cause, word, source, sample) in &sent {
        let told = refused(&status, cause, word);
        assert_eq!((told["from"].as_str(), &told["source"]), (Some(from.as_str()), &Value::from(*source)), "{told}");
        assert!(told["sample"].as_str().is_some_and(|told| told.starts_with(sample)), "{told}");
        assert!(told["ago_s"].as_u64().is_some_and(|ago| ago < 60), "{told}");
        let bytes = if *word == "cut short: 40 bytes, its header asks for" { 40 } else { datagram.len() };
        assert_eq!(told["bytes"], bytes, "{told}");
    }
    let told = refused(&status, "truncated", "too long: 6,600 bytes, at most 1,472");
    assert_eq!((&told["bytes"], &told["source"]), (&6600.into(), &Value::Null), "{told}");
    assert_eq!(told["from"], long.local_addr().expect("bound").to_string());
    let cut = refused(&status, "truncated", "cut short")["why"].as_str().expect("words").to_owned();
    assert!(cut.contains(&format!("asks for {asks}:")), "{cut}");
    let all = before.iter().chain(sent.iter().map(|(datagram, ..)| datagram));
    assert_eq!(status["ingest"]["bytes"], 6600 + all.map(|datagram| datagram.len() as u64).sum::<u64>());

    // Another sender beside them, and what the status verb says of all.
    let other = UdpSocket::bind("127.0.0.2:0").expect("loopback");
    other.send_to(&dns, daemon.udp).expect("loopback takes it");
    let status = daemon.wait_for("it was refused", |r| {
        let status = r.status();
        (status["ingest"]["refused"]["magic"] == 2).then_some(status)
    });
    let told = refused(&status, "magic", "this looks like DNS");
    assert_eq!(told["from"], other.local_addr().expect("bound").to_string());
    refused(&status, "magic", "this looks like JSON text");
    let said = rack.output(&["status", "--url", &format!("http://{}", daemon.http)]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains(&format!("magic from {}", other.local_addr().expect("bound"))), "{said}");
    assert!(said.contains("this looks like DNS") && said.contains("begin with 12 34 01 00 00 01"), "{said}");
}

#[test]
fn two_devices_with_one_number_are_told_with_both_addresses_until_one_is_gone() {
    let mut rack = Rack::new();
    let mut daemon = rack.start(1.0);
    let sockets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").expect("loopback"));
    let mut seq = [0, 90_000];
    let mut turn = |daemon: &Running, which: usize| {
        seq[which] += 1;
        let frame = ball(3, seq[which], daemon.now().0, None);
        sockets[which].send_to(&frame, daemon.udp).expect("loopback takes it");
    };
    let part = |daemon: &Running| {
        let status = daemon.status();
        let parts = status["parts"].as_array().expect("a list").clone();
        let part = parts.into_iter().find(|part| part["name"] == "ingest").expect("it receives");
        (part["state"].as_str().unwrap_or_default().to_owned(), part["detail"].as_str().unwrap_or_default().to_owned())
    };
    let told = daemon.wait_for("both to be told", |daemon| {
        (0..2).for_each(|which| turn(daemon, which));
        Some(part(daemon)).filter(|(state, _)| state == "degraded")
    });
    for socket in &sockets {
        let address = socket.local_addr().expect("bound").to_string();
        assert!(told.1.contains("source 3 is sent from") && told.1.contains(&address), "{told:?}");
    }
    let sentence = daemon.status()["verdict"]["sentence"].as_str().unwrap_or_default().to_owned();
    assert!(sentence.starts_with("Degraded") && sentence.contains("two devices have one number"), "{sentence}");
    daemon.wait_for("one to be gone", |daemon| {
        turn(daemon, 0);
        Some(()).filter(|()| part(daemon).0 == "ready")
    });
}

fn asks(client: &Client, daemon: &Running, key: &str) -> (u16, Value) {
    let request = client.get(format!("http://{}/api/status", daemon.http)).bearer_auth(key);
    let answer = request.send().expect("the daemon answers");
    (answer.status().as_u16(), answer.json().expect("JSON"))
}

#[test]
fn refused_keys_are_told_with_who_showed_them_when_and_which_they_are_and_never_the_key() {
    let mut rack = Rack::new();
    let text = format!("[http]\nrequire_keys = true\n[store]\npath = \"{}\"\n", rack.store().display());
    fs::write(rack.config(), text).expect("written");
    let mut daemon = rack.start(1.0);
    let verb = |arguments: &[&str]| {
        let output = rack.output(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let made = |name: &str| verb(&["key", "add", "--name", name]).lines().next().expect("the key").to_owned();
    let (tablet, board) = (made("bullpen tablet"), made("board"));
    let client = Client::builder().no_proxy().build().expect("a client");
    assert_eq!(asks(&client, &daemon, &tablet).0, 200);
    verb(&["key", "revoke", "bullpen tablet"]);
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let (refused, body) = asks(&client, &daemon, &tablet);
    assert_eq!(refused, 401);
    assert!(!body.to_string().contains("bullpen tablet"), "a stranger is told nothing: {body}");

    let words = format!("key `bullpen tablet` ({}), revoked {today}", &tablet[4..12]);
    let access = daemon.wait_for("it is told", |r| {
        let access = asks(&client, r, &board).1["access"].clone();
        (access["refused"] == 1).then_some(access)
    });
    let told = &access["last_refused"][0];
    assert_eq!(
        (&told["from"], &told["times"], &access["keys"]),
        (&"127.0.0.1".into(), &1.into(), &1.into()),
        "{access}"
    );
    assert!(told["why"].as_str().is_some_and(|why| why.starts_with(&words)), "{told}");
    let listed = verb(&["key", "list"]);
    assert!(listed.contains("127.0.0.1, 1 time, last 20") && listed.contains(&words), "{listed}");
    for secret in [&tablet[13..], &board[13..]] {
        assert!(!access.to_string().contains(secret) && !listed.contains(secret) && !daemon.log().contains(secret));
    }
    assert!(daemon.log().contains(&words), "{}", daemon.log());
}
