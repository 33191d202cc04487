//! Who may ask, over real sockets of this host's own addresses.

use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message, client};

use crate::daemon_support::{Rack, Running};
use crate::ops::{complaint, configure, said};

/// An address of this host beyond loopback; none where it has no network.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // Connecting sends nothing: it only chooses a way.
    socket.connect("198.51.100.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    let found = (!address.is_loopback() && !address.is_unspecified()).then_some(address);
    if found.is_none() {
        crate::common::skip("this host has no address beyond loopback");
    }
    found
}

struct Asker {
    client: Client,
    base: String,
}

impl Asker {
    fn at(ip: IpAddr, daemon: &Running) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client");
        Self { client, base: format!("http://{}", SocketAddr::new(ip, daemon.http.port())) }
    }

    fn get(&self, path: &str, header: Option<(&str, &str)>) -> Response {
        let request = self.client.get(format!("{}{path}", self.base));
        let request = header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        request.send().expect("the daemon answers")
    }

    fn status(&self, path: &str, header: Option<(&str, &str)>) -> u16 {
        self.get(path, header).status().as_u16()
    }
}

/// Serves on all addresses of the host.
fn open_to_the_network(more: &str) -> (Rack, Running) {
    let mut rack = Rack::new();
    configure(&rack, more);
    let daemon = rack.start_with(1.0, &[("PITCHGUARD_HTTP__LISTEN", "0.0.0.0:0")]);
    (rack, daemon)
}

fn add_key(rack: &Rack, name: &str) -> String {
    let said = said(&rack.output(&["key", "add", "--name", name]));
    let key = said.lines().next().expect("the key").to_owned();
    assert!(key.starts_with("pgk_") && said.contains("shown this once"), "{said}");
    key
}

#[test]
fn beyond_loopback_everything_but_the_page_wants_a_key_and_a_revoked_one_ends_at_once() {
    let Some(ip) = own_address() else { return };
    let (rack, mut daemon) = open_to_the_network("");
    let (far, near) = (Asker::at(ip, &daemon), Asker::at([127, 0, 0, 1].into(), &daemon));
    let refused = far.get("/api/readiness", None);
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    assert_eq!(refused.headers()["www-authenticate"], "Bearer realm=\"pitchguard\"");
    let problem: Value = refused.json().expect("problem details");
    assert_eq!((&problem["code"], &problem["status"]), (&json!("KEY_MISSING"), &json!(401)), "{problem}");
    for path in ["/api/status", "/metrics", "/health/ready", "/api/openapi.json", "/api/docs/", "/api/venue"] {
        assert_eq!((far.status(path, None), near.status(path, None)), (401, 200), "{path}");
    }
    for path in ["/", "/health/live", "/api/session"] {
        assert_eq!(far.status(path, None), 200, "{path}");
    }

    let key = add_key(&rack, "bullpen tablet");
    let bearer = format!("Bearer {key}");
    let shown = Some(("authorization", bearer.as_str()));
    assert_eq!(far.status("/api/readiness", shown), 200);
    daemon.wait_for("the key is counted", |_| {
        far.get("/metrics", shown).text().expect("text").contains("pitchguard_api_keys 1").then_some(())
    });
    let list = said(&rack.output(&["key", "list"]));
    assert!(list.contains("bullpen tablet") && list.contains("in force") && !list.contains(&key), "{list}");
    let again = complaint(&rack.output(&["key", "add", "--name", "bullpen tablet"]));
    assert!(again.contains("has a key in force"), "{again}");

    said(&rack.output(&["key", "revoke", "bullpen tablet"]));
    assert_eq!(far.status("/api/readiness", shown), 401);
    assert!(complaint(&rack.output(&["key", "revoke", "bullpen tablet"])).contains("no key in force"));
    assert!(!daemon.log().contains(&key), "a key never reaches the log");
}

#[test]
fn a_browser_trades_its_key_for_a_cookie_that_a_websocket_sends_too() {
    let Some(ip) = own_address() else { return };
    let (rack, daemon) = open_to_the_network("");
    let far = Asker::at(ip, &daemon);
    let key = add_key(&rack, "tablet");
    let trade = |key: &str| {
        let request = far.client.post(format!("{}/api/session", far.base)).json(&json!({ "key": key }));
        request.send().expect("the daemon answers")
    };
    assert_eq!(trade("pgk_none_whatever").status(), 401);
    let traded = trade(&key);
    assert_eq!(traded.status(), 204);
    let cookie = traded.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().expect("a pair");
    assert_eq!(far.status("/api/readiness", Some(("cookie", pair))), 200);
    let session: Value = far.get("/api/session", Some(("cookie", pair))).json().expect("JSON");
    assert_eq!(session, json!({ "key_required": true, "admitted": true }));
    let session: Value = far.get("/api/session", None).json().expect("JSON");
    assert_eq!(session, json!({ "key_required": true, "admitted": false }));

    let address = SocketAddr::new(ip, daemon.http.port());
    let open = |cookie: Option<&str>| {
        let stream = TcpStream::connect(address).expect("the daemon accepts");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
        let mut request = format!("ws://{address}/api/live").into_client_request().expect("a request");
        if let Some(cookie) = cookie {
            request.headers_mut().insert("cookie", cookie.parse().expect("a header"));
        }
        client(request, stream).map_err(Box::new)
    };
    let refused = open(None).expect_err("no cookie, no socket");
    let tokio_tungstenite::tungstenite::HandshakeError::Failure(Error::Http(answer)) = *refused else {
        panic!("{refused}")
    };
    assert_eq!(answer.status(), 401);
    let (mut socket, _) = open(Some(pair)).expect("let in by the cookie");
    let Message::Text(first) = socket.read().expect("a message") else { panic!("not text") };
    assert!(first.contains("\"snapshot\""), "{first}");

    let ended = far.client.delete(format!("{}/api/session", far.base)).send().expect("the daemon answers");
    assert!(ended.headers()["set-cookie"].to_str().expect("text").contains("Max-Age=0"));
    said(&rack.output(&["key", "revoke", "tablet"]));
    assert_eq!(far.status("/api/readiness", Some(("cookie", pair))), 401, "a cookie ends with its key");
}

#[test]
fn wrong_keys_are_limited_and_the_right_one_is_never_locked_out() {
    let Some(ip) = own_address() else { return };
    let (rack, daemon) = open_to_the_network("");
    let far = Asker::at(ip, &daemon);
    let key = add_key(&rack, "tablet");
    let wrong = format!("Bearer {key}x");
    let statuses: Vec<u16> = (0..30).map(|_| far.status("/api/status", Some(("authorization", &wrong)))).collect();
    assert!(statuses.starts_with(&[401; 10]) && statuses.contains(&429), "{statuses:?}");
    let limited = std::iter::repeat_with(|| far.get("/api/status", Some(("authorization", &wrong))));
    let limited = limited.take(50).find(|answer| answer.status() == 429).expect("limited");
    assert!(limited.headers().contains_key("retry-after"));
    assert_eq!(limited.json::<Value>().expect("JSON")["code"], "TOO_MANY_ATTEMPTS");
    assert_eq!(far.status("/api/status", Some(("authorization", &format!("Bearer {key}")))), 200);
}

#[test]
fn loopback_wants_a_key_where_a_proxy_may_stand_before_it_and_the_verbs_of_the_box_still_ask() {
    let mut rack = Rack::new();
    configure(&rack, "[http]\nrequire_keys = true");
    let daemon = rack.start(1.0);
    assert_eq!(daemon.try_get("/api/status").0, 401);
    let here = daemon.http.to_string();
    let own = rack.command(&["status"]).env("PITCHGUARD_HTTP__LISTEN", &here).output().expect("it starts");
    let told = String::from_utf8_lossy(&own.stdout);
    assert!(told.contains("\nPitchGuard "), "whoever may read the store's directory is let in: {told}");
    let stranger = rack.output(&["status", "--url", &format!("http://{here}")]);
    assert!(complaint(&stranger).contains("asks for a key"));
}

#[test]
fn a_page_that_is_opened_without_its_key_asks_for_it_and_a_program_is_told_in_json() {
    let mut rack = Rack::new();
    configure(&rack, "[http]\nrequire_keys = true");
    let daemon = rack.start(1.0);
    let here = Asker::at([127, 0, 0, 1].into(), &daemon);
    let path = "/api/docs/";
    let page = here.get(path, Some(("accept", "text/html,application/xhtml+xml,*/*;q=0.8")));
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (401, &"text/html; charset=utf-8".parse().expect("a header"))
    );
    let text = page.text().expect("text");
    assert!(text.contains("<h1>This box asks for a key</h1>") && text.contains("/assets/key.js"), "{text}");
    let told = here.get(path, None);
    assert_eq!(told.headers()["content-type"], "application/problem+json");
    assert_eq!((here.status("/assets/key.js", None), here.status("/assets/live.css", None)), (200, 200));
}

#[test]
fn who_says_insecure_out_loud_is_asked_for_no_key() {
    let Some(ip) = own_address() else { return };
    let (_rack, daemon) = open_to_the_network("[http]\ninsecure = true");
    assert_eq!(Asker::at(ip, &daemon).status("/api/status", None), 200);
}
