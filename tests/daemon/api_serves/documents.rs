//! `OpenAPI`, its page, the front page and the metrics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pitchguard::api::Event;
use pitchguard::observe::{
    Accounting, IngestStatus, MoundStatus, ReorderStatus, SourceState, SourceStatus, Stage, StoreStatus,
};
use serde_json::Value;

use crate::api_serves::stage::{Setting, readiness};

/// Every `$ref` in a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if let (true, Some(reference)) = (key == "$ref", value.as_str()) {
                    found.insert(reference.to_owned());
                }
                references(value, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn the_openapi_document_lists_every_route_and_every_reference_leads_somewhere() {
    let stage = Setting::default().serve();
    let document = stage.json("/api/openapi.json");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let routes: BTreeMap<&str, Vec<&str>> = document["paths"]
        .as_object()
        .expect("paths")
        .iter()
        .map(|(path, methods)| {
            (path.as_str(), methods.as_object().expect("methods").keys().map(String::as_str).collect())
        })
        .collect();
    let expected = [
        ("/api/alerts", vec!["get"]),
        ("/api/alerts/{id}/ack", vec!["post"]),
        ("/api/calibration/{venue}", vec!["get"]),
        ("/api/calibration/{venue}/recalibrate", vec!["post"]),
        ("/api/environment", vec!["get"]),
        ("/api/live", vec!["get"]),
        ("/api/models", vec!["get"]),
        ("/api/models/rollback", vec!["post"]),
        ("/api/models/{version}/promote", vec!["post"]),
        ("/api/pitchers", vec!["get"]),
        ("/api/pitchers/{id}", vec!["get"]),
        ("/api/pitchers/{id}/baseline", vec!["get"]),
        ("/api/pitches", vec!["get"]),
        ("/api/readiness", vec!["get"]),
        ("/api/readiness/{id}", vec!["get"]),
        ("/api/readiness/{id}/trend", vec!["get"]),
        ("/api/risk/pitcher", vec!["post"]),
        ("/api/risk/pitchers", vec!["post"]),
        ("/api/risk/staff", vec!["get"]),
        ("/api/session", vec!["delete", "get", "post"]),
        ("/api/status", vec!["get"]),
        ("/api/upstream", vec!["get"]),
        ("/api/venue", vec!["get"]),
        ("/api/workload/pitcher/{id}", vec!["get"]),
        ("/health/live", vec!["get"]),
        ("/health/ready", vec!["get"]),
        ("/metrics", vec!["get"]),
    ];
    assert_eq!(routes, expected.into());
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.contains("#/components/schemas/Readiness"), "{found:?}");
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let operations: Vec<_> = document["paths"]
        .as_object()
        .expect("paths")
        .values()
        .flat_map(|methods| methods.as_object().expect("methods").values())
        .collect();
    let names: BTreeSet<_> = operations.iter().map(|operation| operation["operationId"].as_str()).collect();
    assert_eq!(names.len(), operations.len(), "each operation has a name of its own: {names:?}");
    for operation in operations {
        assert!(operation["summary"].is_string() || operation["description"].is_string(), "{operation}");
        assert!(!operation["responses"].as_object().expect("responses").is_empty(), "{operation}");
    }
}

#[test]
fn pages_load_nothing_from_elsewhere() {
    let stage = Setting::default().serve();
    for path in ["/", "/plain", "/assets/live.css", "/assets/live.js", "/api/docs/", "/api/docs/swagger-initializer.js"]
    {
        let response = stage.get(path);
        assert!(response.status().is_success(), "{path}: {}", response.status());
        let text = response.text().expect("text").replace("http://www.w3.org/2000/svg", "");
        for elsewhere in ["http://", "https://", "src=\"//", "@import"] {
            assert!(!text.contains(elsewhere), "{path} names {elsewhere}");
        }
    }
    let page = stage.get("/plain").text().expect("text");
    for needed in ["lang=\"en\"", "name=\"viewport\"", "<title>", "aria-live", "/api/docs/", "/assets/live.js"] {
        assert!(page.contains(needed), "{needed}");
    }
}

#[test]
fn every_view_of_the_tablet_answers_with_its_page_or_home_with_a_plain_one() {
    let stage = Setting::default().serve();
    let built = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tablet/dist/index.html").exists();
    let home = stage.get("/").text().expect("text");
    if !built {
        assert!(home.contains("/assets/live.js") && home.contains("make build"), "it says how to build the tablet");
        assert_eq!(stage.get("/calibration").status().as_u16(), 404);
        return;
    }
    for view in ["/pitchers/477132", "/staff", "/system"] {
        assert_eq!(stage.get(view).text().expect("text"), home, "{view}");
    }
    let before = stage.get("/calibration");
    assert_eq!((before.status().as_u16(), &before.headers()["location"]), (308, &"/system".parse().expect("a header")));
    let script = home.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a script");
    let answer = stage.get(script);
    assert_eq!(answer.headers()["content-type"], "text/javascript; charset=utf-8");
    assert!(answer.headers()["cache-control"].to_str().is_ok_and(|kept| kept.contains("immutable")), "{script}");
    assert_eq!(stage.get("/").headers()["cache-control"], "no-store", "the page itself is asked for anew");
    assert_eq!(stage.get("/assets/nothing.js").status().as_u16(), 404);
}

/// Samples by name with labels, after checking that every line is `OpenMetrics`: each sample belongs to the family that
/// was announced last and has a number.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut family = String::new();
    let mut found = BTreeMap::new();
    assert!(text.ends_with("# EOF\n"));
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(announced) = line.strip_prefix("# ") {
            let mut words = announced.split(' ');
            let (keyword, name) = (words.next().expect("a keyword"), words.next().expect("a name"));
            assert!(["HELP", "TYPE", "UNIT"].contains(&keyword), "{line}");
            if keyword == "UNIT" {
                let unit = words.next().expect("a unit");
                assert!(name.ends_with(&format!("_{unit}")), "the unit is in the name: {line}");
            }
            name.clone_into(&mut family);
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a series and a value");
        assert!(!series.contains("{}"), "{line}");
        assert!(series.starts_with(&family) && family.starts_with("pitchguard_"), "{line} after {family}");
        let value = value.parse().unwrap_or_else(|_| panic!("{line} has no number"));
        assert!(found.insert(series.to_owned(), value).is_none(), "{series} twice");
    }
    found
}

fn source(number: u8, state: SourceState) -> SourceStatus {
    SourceStatus {
        source: number,
        name: "first base high".to_owned(),
        state,
        clock_off_s: (state != SourceState::Unseen).then_some(-37.0),
        clock_told: state != SourceState::Unseen,
        gates: state == SourceState::Active,
        lag_ms: (state != SourceState::Unseen).then_some(2500.0),
        watermark_lag_ms: (state != SourceState::Unseen).then_some(12.5),
        accounting: Accounting { received: 100, released: 99, late: 1, ..Accounting::default() },
        gaps: 3,
        restarts: 1,
        dropped: 2,
    }
}

#[test]
#[allow(clippy::float_cmp)] // whole numbers and written literals
fn metrics_tell_latencies_the_identity_sources_and_the_store() {
    let stage = Setting::default().serve();
    let accounting = Accounting { received: 100, released: 90, late: 4, held: 6, ..Accounting::default() };
    stage.telemetry.publish_reorder(ReorderStatus {
        accounting,
        epochs: 0,
        sources: vec![source(1, SourceState::Active), source(2, SourceState::Unseen)],
        mounds: vec![MoundStatus {
            mound: 0,
            name: "game".to_owned(),
            eager_watermark_lag_ms: Some(2500.0),
            final_watermark_lag_ms: None,
            held: 6,
        }],
        clocks_apart_ms: 0.0,
    });
    stage.telemetry.publish_ingest(IngestStatus {
        kernel_drops: 5,
        receive_buffer_bytes: 212_992,
        refused: BTreeMap::from([("crc".to_owned(), 7)]),
        ..IngestStatus::default()
    });
    stage.telemetry.publish_store(StoreStatus { map_used_bytes: 4096, commits: 3, ..StoreStatus::default() });
    let mut recorder = stage.telemetry.recorder();
    for micros in [300, 400, 700] {
        recorder.record(Stage::Step, Duration::from_micros(micros));
    }
    stage.live.publish(Event::Readiness(readiness(1)));
    let response = stage.get("/metrics");
    assert_eq!(response.headers()["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let samples = samples(&response.text().expect("text"));
    let of = |series: &str| samples.get(series).copied().unwrap_or_else(|| panic!("{series} is missing"));
    assert_eq!(of("pitchguard_reorder_received_total"), 100.0);
    assert_eq!(of("pitchguard_reorder_frames_total{outcome=\"late\"}"), 4.0);
    assert_eq!(of("pitchguard_reorder_unaccounted"), 0.0);
    assert_eq!(of("pitchguard_source_state{source=\"1\",state=\"active\"}"), 1.0);
    assert_eq!(of("pitchguard_source_state{source=\"2\",state=\"active\"}"), 0.0);
    assert_eq!(of("pitchguard_source_watermark_lag_seconds{source=\"1\"}"), 0.0125);
    assert!(!samples.contains_key("pitchguard_source_lag_seconds{source=\"2\"}"), "an unseen source has no lag");
    assert_eq!(of("pitchguard_source_clock_off_seconds{source=\"1\"}"), -37.0);
    assert_eq!(of("pitchguard_source_clock_told{source=\"1\"}"), 1.0);
    assert!(!samples.contains_key("pitchguard_source_clock_off_seconds{source=\"2\"}"), "nothing is known of it");
    assert_eq!(of("pitchguard_mound_watermark_lag_seconds{mound=\"game\",watermark=\"eager\"}"), 2.5);
    assert_eq!(of("pitchguard_ingest_refused_total{cause=\"crc\"}"), 7.0);
    assert_eq!(of("pitchguard_ingest_kernel_drops_total"), 5.0);
    assert_eq!(of("pitchguard_ingest_receive_buffer_bytes{size=\"given\"}"), 212_992.0);
    assert_eq!(of("pitchguard_store_map_used_bytes"), 4096.0);
    assert_eq!(of("pitchguard_part_state{part=\"store\",state=\"starting\"}"), 1.0);
    assert_eq!(of(&format!("pitchguard_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))), 1.0);
    let step = |le: &str| of(&format!("pitchguard_stage_latency_seconds_bucket{{le=\"{le}\",stage=\"step\"}}"));
    assert_eq!((step("0.00025"), step("0.0005"), step("0.001"), step("+Inf")), (0.0, 2.0, 3.0, 3.0));
    assert_eq!(of("pitchguard_stage_latency_seconds_count{stage=\"step\"}"), 3.0);
    assert_eq!(of("pitchguard_stage_latency_seconds_sum{stage=\"step\"}"), 0.0014);
}
