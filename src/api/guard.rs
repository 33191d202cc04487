//! Who may ask: Host and Origin.
//!
//! A page of the internet, opened on a tablet in the ballpark, can point its own host name at this box (DNS rebinding)
//! and would then read everything as if it were ours; and any page can open a WebSocket to anywhere. The first shows
//! in Host, which then names the stranger's site; the second in Origin. Both are checked on every request.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::options::HttpOptions;
use super::problem::Problem;

/// Refuses requests that come under a foreign name or from a foreign page.
pub(super) async fn check(State(options): State<Arc<HttpOptions>>, request: Request, next: Next) -> Response {
    match admit(&options, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn admit(options: &HttpOptions, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let named = hosts.next().and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    // A whole URI in the request's first line goes before the header (RFC 9112, 3.2.2); several headers name nobody.
    let asked = uri.authority().cloned().or(named).filter(|_| hosts.next().is_none());
    let Some(asked) = asked else {
        let detail = "the request names no host that can be read; send one Host header";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "host-missing", "Host missing", detail));
    };
    if !allowed_host(options, asked.host()) {
        let detail = format!(
            "this box does not answer to the name {}; ask under localhost or its listen address, or add the name to \
             allowed_hosts in [http]",
            asked.host()
        );
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host-refused", "Host refused", detail));
    }
    for origin in headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if !same_origin(origin, &asked) {
            tracing::warn!(
                origin = format!("{origin:.100}"),
                host = %asked,
                "a request from a page of another site is refused; a proxy before this box must pass Host on with its port"
            );
            let detail = format!(
                "the request comes from a page of {origin:.100} and asks for {asked}; only pages that this box served may ask. A proxy \
                 between must pass Host on with its port (nginx: proxy_set_header Host $host:$server_port)"
            );
            return Err(Problem::new(StatusCode::FORBIDDEN, "origin-refused", "Origin refused", detail));
        }
    }
    Ok(())
}

/// `localhost`, the listen address, configured names. An address cannot be rebound as a name can, so that where the
/// box listens on all its addresses any of them is good, and on loopback any loopback address.
fn allowed_host(options: &HttpOptions, host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let listen = options.listen.ip();
    if let Ok(ip) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        let (ip, listen) = (ip.to_canonical(), listen.to_canonical());
        return ip == listen || listen.is_unspecified() || (listen.is_loopback() && ip.is_loopback());
    }
    host.eq_ignore_ascii_case("localhost") || options.allowed_hosts.iter().any(|name| name.eq_ignore_ascii_case(host))
}

/// Whether a page of `origin` was served under the host that it now asks. The scheme is left open: a proxy before this
/// box may speak TLS to the page.
fn same_origin(origin: &str, asked: &Authority) -> bool {
    let Ok(origin) = origin.parse::<Uri>() else { return false };
    let default_port = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    origin.authority().is_some_and(|authority| {
        authority.host().eq_ignore_ascii_case(asked.host())
            && authority.port_u16().unwrap_or(default_port) == asked.port_u16().unwrap_or(default_port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(options: &HttpOptions, host: &str, origin: Option<&str>) -> u16 {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a header"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("a header"));
        }
        match admit(options, &Uri::from_static("/"), &headers) {
            Ok(()) => 200,
            Err(problem) => problem.into_response().status().as_u16(),
        }
    }

    #[test]
    fn a_request_that_names_two_hosts_is_refused_and_the_one_in_its_first_line_counts() {
        let options = listening("127.0.0.1:8080");
        let admitted = |uri: &'static str, hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, host.parse().expect("a header"));
            }
            match admit(&options, &Uri::from_static(uri), &headers) {
                Ok(()) => 200,
                Err(problem) => problem.into_response().status().as_u16(),
            }
        };
        assert_eq!(admitted("/", &["localhost"]), 200);
        assert_eq!(admitted("/", &["localhost", "evil"]), 400);
        assert_eq!(admitted("/", &["localhost", "localhost"]), 400);
        assert_eq!(admitted("/", &[]), 400);
        assert_eq!(admitted("http://localhost/", &["localhost"]), 200);
        assert_eq!(admitted("http://evil/", &["localhost"]), 421);
    }

    fn listening(on: &str) -> HttpOptions {
        HttpOptions::new(on.parse().expect("an address"))
    }

    #[test]
    fn a_loopback_box_answers_to_loopback_names_only() {
        let options = listening("127.0.0.1:8080");
        for host in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "localhost.", "[::1]:8080", "127.0.0.2"] {
            assert_eq!(status(&options, host, None), 200, "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[fe80::1]"] {
            assert_eq!(status(&options, host, None), 421, "{host}");
        }
        assert_eq!(status(&options, "not a host", None), 400);
    }

    #[test]
    fn configured_names_and_the_listen_address_are_answered() {
        let mut options = listening("192.168.7.2:80");
        assert_eq!(status(&options, "192.168.7.2", None), 200);
        assert_eq!(status(&options, "192.168.7.3", None), 421);
        assert_eq!(status(&options, "pitchguard.lan", None), 421);
        options.allowed_hosts.push("PitchGuard.lan".to_owned());
        assert_eq!(status(&options, "pitchguard.lan:80", None), 200);
        assert_eq!(status(&listening("0.0.0.0:80"), "192.168.7.3", None), 200, "any of its addresses");
        assert_eq!(status(&listening("0.0.0.0:80"), "evil.example", None), 421, "but no unknown name");
    }

    #[test]
    fn only_pages_of_the_same_host_and_port_may_ask() {
        let options = listening("127.0.0.1:8080");
        let of = |origin| status(&options, "localhost:8080", Some(origin));
        assert_eq!(of("http://localhost:8080"), 200);
        assert_eq!(of("https://localhost:8080"), 200, "TLS may end at a proxy");
        for foreign in ["http://localhost:3000", "http://evil.example", "null", "", "file://", "http://localhost"] {
            assert_eq!(of(foreign), 403, "{foreign}");
        }
        assert_eq!(status(&options, "localhost", Some("https://localhost")), 200, "default ports fit");
    }
}
