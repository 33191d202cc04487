//! What goes to the cloud is what is published, and what went once is still understood.

use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use pitchguard::features::Feature;
use pitchguard::ids::{MoundId, PitcherId};
use pitchguard::observe::{CalibrationStatus, CameraStatus, MoundCameras};
use pitchguard::readiness::{
    Alert, AsOf, Audience, FeatureValue, Index, Presence, PresenceState, Readiness, Severity, Verdict, VerdictLimits,
};
use pitchguard::records::{AppearanceRecord, Measured, Missed, Moments, Origin, PitchRecord, State, TypeSums};
use pitchguard::store::summary::{Lane, OutboxRecord, Queued, SummaryKind};
use pitchguard::upstream::{InputDrift, ModelFigure, ModelSummary, Parcel, SummaryEvent, schema};
use serde_json::{Value, json};

use crate::upstream_wire::stage::box_name;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

const AT_NS: u64 = 1_686_506_400_000_000_000;

fn pitch() -> PitchRecord {
    let values = Measured {
        release_speed: Some(95.25),
        release_pos_x: Some(-1.82),
        release_pos_y: Some(54.31),
        release_pos_z: Some(5.97),
        release_extension: Some(6.19),
        plate_x: Some(0.31),
        plate_z: Some(2.44),
        pfx_x: Some(-0.92),
        pfx_z: Some(1.31),
        vertical_approach_angle: Some(-4.91),
        horizontal_approach_angle: Some(1.72),
        effective_speed: Some(95.61),
        release_spin_rate: Some(2311.0),
        spin_axis: Some(214.2),
        vx0: Some(5.9),
        vy0: Some(-138.4),
        vz0: Some(-5.6),
        ax: Some(-11.9),
        ay: Some(29.1),
        az: Some(-16.5),
    };
    PitchRecord {
        pitcher: Some(425_794),
        release_ns: AT_NS,
        id: AT_NS,
        game_date: "2023-06-11".to_owned(),
        game_pk: 717_797,
        at_bat_number: Some(3),
        pitch_number: Some(2),
        pitch_type: "SI".to_owned(),
        mound: 0,
        origin: Origin::Live,
        state: State::Final,
        revision: 1,
        values,
        sd: Some(Measured { release_spin_rate: None, spin_axis: None, ..values }),
        cameras: 5,
        residual_px: Some(0.48),
        late_data_frac: 0.0,
        calibration_confidence: Some(0.93),
        release_marked: true,
        flags: vec!["short_track".to_owned()],
    }
}

fn alert() -> Alert {
    Alert {
        id: 12,
        rule: "velocity_delta".to_owned(),
        severity: Severity::Warning,
        pitcher: Some(PitcherId(425_794)),
        camera: None,
        message: "His fastball is 2.3 mph below his season's.".to_owned(),
        value: -2.3,
        limit: -2.0,
        raised_at: "2023-06-11T18:20:00.000Z".to_owned(),
        since: None,
        cleared_at: None,
        acknowledged_at: None,
        now: Some(-2.6),
        cleared_because: None,
        mound: Some(MoundId(0)),
        audience: Audience::Coach,
    }
}

fn readiness() -> Readiness {
    let index =
        |value: f64| Index { value: Some(value), low: Some(value - 4.5), high: Some(value + 4.5), one_sided: None };
    let names = ["velocity_delta", "spin_delta", "release_height_delta", "mechanics", "dose", "acwr", "rest_days"];
    let feature = |name: &&str| {
        let feature = Feature { value: -0.41, sd: 0.12, qa: 0.97, n: 15 };
        ((*name).to_owned(), FeatureValue::of(name, feature))
    };
    Readiness {
        pitcher: PitcherId(425_794),
        name: "Adam Wainwright".to_owned(),
        mound: MoundId(0),
        readiness: index(78.25),
        fatigue: index(31.5),
        risk: Index::default(),
        probability_21d: None,
        base_rate_21d: None,
        risk_coverage: None,
        risk_absent: Some("no risk model serves on this box".to_owned()),
        features: names.iter().map(feature).collect(),
        feature_set: "v2".to_owned(),
        feature_qa_min: Some(0.97),
        calibration_confidence: Some(0.93),
        late_data_frac: 0.0,
        data_age_ms: Some(812),
        early: false,
        state: State::Final,
        revision: 44,
        reasons: vec![
            "Velocity is below his season's.".to_owned(),
            "72 pitches of the 100 that he carries.".to_owned(),
        ],
        recommendation: "Watch his fastball; have somebody ready. Describes today's arm, promises nothing.".to_owned(),
        alerts: vec![alert()],
        model_version: None,
        pitches: 72,
        last_pitch_at: "2023-06-11T18:19:59.120Z".to_owned(),
        as_of: Some(AsOf { pitches: 72, at: "2023-06-11T18:19:59.120Z".to_owned() }),
        presence: Some(Presence {
            state: PresenceState::OnMound,
            since: "2023-06-11T18:15:02Z".to_owned(),
            by: None,
            by_name: None,
            to: None,
            seen_until: None,
            unsure_since: None,
            last_named: None,
        }),
        verdict: Some(Verdict::Watch),
        verdict_absent: None,
        unseen: Vec::new(),
        unnamed_throws: 0,
        unnamed_from: None,
        unnamed_to: None,
        verdict_limits: VerdictLimits::default(),
    }
}

fn outing() -> AppearanceRecord {
    let quantity = Moments { n: 31, mean: 95.02, m2: 18.4 };
    let of = |pitch_type: &str| TypeSums { pitch_type: pitch_type.to_owned(), pitches: 31, quantities: [quantity; 6] };
    AppearanceRecord {
        pitcher: 425_794,
        game_date: "2023-06-11".to_owned(),
        game_pk: 717_797,
        game_type: Some("R".to_owned()),
        pitches: 93,
        first_ns: AT_NS,
        last_ns: AT_NS + 7_200_000_000_000,
        release_speed: Some(89.4),
        release_spin_rate: Some(2294.0),
        effective_speed: None,
        types: ["CU", "FC", "SI"].map(of).to_vec(),
        missed: Missed { unseen: vec![(AT_NS + 60_000_000_000, AT_NS + 120_000_000_000)], unnamed: 2 },
        lack: None,
    }
}

fn calibration() -> CalibrationStatus {
    let camera = |id: u8| CameraStatus {
        id,
        name: format!("Camera {id}"),
        state: "ok".to_owned(),
        is_heard: true,
        trouble: None,
        trouble_for_s: None,
        maintenance: None,
        confidence: Some(0.93),
        drift_px: Some(0.11),
        drift_sd_px: Some(0.04),
        clock_offset_us: Some(-3.1),
        corrections: 2,
    };
    CalibrationStatus {
        venue: "busch_iii".to_owned(),
        confidence: Some(0.93),
        age_s: Some(7310.0),
        is_heard: true,
        heard_ns: Some(AT_NS),
        away: Vec::new(),
        box_clock_off_s: None,
        hold_below: 0.6,
        look_below: Some(0.8),
        mounds: vec![MoundCameras {
            mound: 0,
            name: "game".to_owned(),
            state: "verified".to_owned(),
            verified_ns: Some(AT_NS),
            unverified_for_s: None,
            cameras_heard: 12,
            cameras_needed: 2,
            in_use: true,
            confidence: Some(0.93),
            is_held: false,
        }],
        cameras: (1..=12).map(camera).collect(),
    }
}

fn model() -> ModelSummary {
    let figure = ModelFigure { value: 0.64, low: 0.61, high: 0.67 };
    ModelSummary {
        version: "20240101-2023".to_owned(),
        trained_at: "2024-01-01T12:00:00Z".to_owned(),
        fingerprint: "ab".repeat(32),
        test_year: 2023,
        test_rows: 14_211,
        auc: figure,
        brier: figure,
        ece: figure,
        lift_10: figure,
        drift: vec![InputDrift { feature: "acwr".to_owned(), psi: 0.04 }],
    }
}

/// One document of each kind, as this version makes them.
pub(crate) fn documents() -> Vec<(SummaryKind, Value)> {
    let (pitch, outing, readiness) = (pitch(), outing(), readiness());
    let (alert, calibration, model) = (alert(), calibration(), model());
    let told = [
        SummaryEvent::Pitch(&pitch),
        SummaryEvent::Outing(&outing),
        SummaryEvent::Readiness(&readiness),
        SummaryEvent::Alert(&alert),
        SummaryEvent::Calibration(&calibration),
        SummaryEvent::Model(&model),
    ];
    let made = told.into_iter().enumerate().map(|(nth, told)| {
        let summary = told.summary(pitchguard::ids::BoxNs(AT_NS)).expect("plain data");
        let kind = summary.kind;
        let record = OutboxRecord { epoch: 0x0123_4567_89ab_cdef, summary };
        let queued = Queued { lane: Lane::Live, sequence: nth as u64, record };
        let parcel = Parcel::new(&box_name("busch_iii"), &queued, false);
        (kind, serde_json::from_slice(&parcel.json).expect("JSON"))
    });
    made.collect()
}

fn compiled(schema: Value) -> (Schemas, SchemaIndex) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("urn:test:summary", schema).expect("a schema");
    let index = compiler.compile("urn:test:summary", &mut schemas).expect("it compiles");
    (schemas, index)
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let published = read(&root().join("docs/summary-schema/v1.json"));
    assert!(
        published == schema::document(),
        "docs/summary-schema/v1.json is out of date: `pitchguard outbox schema > docs/summary-schema/v1.json`, as long as \
         the golden documents still fit; a new version where they do not"
    );
}

#[test]
fn what_is_made_today_fits_the_schema() {
    let (schemas, index) = compiled(schema::document());
    for (kind, document) in documents() {
        schemas.validate(&document, index).unwrap_or_else(|error| panic!("{kind:?}: {error:#}"));
    }
}

#[test]
fn a_readiness_without_a_value_has_an_age_all_the_same_as_version_1_promised() {
    let without = Readiness { readiness: Index::default(), as_of: None, data_age_ms: None, ..readiness() };
    let now = pitchguard::ids::BoxNs(AT_NS + 1_200_000_000_000);
    let summary = SummaryEvent::Readiness(&without).summary(now).expect("plain data");
    let told: Value = serde_json::from_slice(&summary.body).expect("JSON");
    assert_eq!((&told["data_age_ms"], &told["as_of"]), (&json!(880), &Value::Null), "since his newest pitch");
}

#[test]
fn every_golden_document_of_version_1_still_fits() {
    let (schemas, index) = compiled(schema::document());
    for kind in SummaryKind::ALL {
        let file = root().join(format!("tests/golden/summary/v1/{}.json", kind.as_str()));
        let document = read(&file);
        assert_eq!(document["kind"], kind.as_str());
        schemas.validate(&document, index).unwrap_or_else(|error| panic!("{}: {error:#}", file.display()));
    }
}

#[test]
fn the_schema_tells_a_good_document_from_a_bad_one() {
    let (schemas, index) = compiled(schema::document());
    let (_, good) = documents().swap_remove(0);
    let broken = |pointer: &str, value: Option<Value>| {
        let mut document = good.clone();
        let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
        let parent = document.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        match value {
            Some(value) => drop(parent.insert(field.to_owned(), value)),
            None => drop(parent.remove(field).expect("it was there")),
        }
        document
    };
    for (what, document) in [
        ("another version", broken("/schema", Some(json!(2)))),
        ("no name", broken("/id", None)),
        ("an unknown lane", broken("/lane", Some(json!("express")))),
        ("an unknown kind", broken("/kind", Some(json!("weather")))),
        ("a short epoch", broken("/epoch", Some(json!("ab")))),
        ("no data", broken("/data", None)),
        ("data without its id", broken("/data/id", None)),
        ("a speed in words", broken("/data/release_speed", Some(json!("fast")))),
    ] {
        assert!(schemas.validate(&document, index).is_err(), "{what} fits");
    }
    let more = broken("/data/something_new", Some(json!(1)));
    assert!(schemas.validate(&more, index).is_ok(), "what a later version adds does not disturb an older reader");
}
