//! Model bundles down the line: signed or refused, registered and never promoted.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pitchguard::risk::features::fingerprint;
use pitchguard::risk::model::Model;
use pitchguard::risk::registry::{Insist, Registry};
use pitchguard::store::{Store, StoreOptions};
use pitchguard::upstream::bundle::{BUNDLE_SCHEMA, Bundle, BundleError, Registered, register, signed_bytes};
use pitchguard::upstream::{Config, Https, MODEL_SUBJECT, SigningKey};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;

use crate::upstream_wire::nats::{self, Server};
use crate::upstream_wire::receiver::{Act, Receiver};
use crate::upstream_wire::stage::Stage;

/// A model of one input, as it would come: a bundle carries any, well trained or not.
fn named(version: &str) -> Model {
    let figure = json!({ "value": 0.64, "low": 0.61, "high": 0.67 });
    let judged = json!({
        "rows": 14_211, "placed": 310, "pitchers": 420, "auc": figure, "pr_auc": figure, "brier": figure,
        "brier_skill": figure, "ece": figure, "slope": figure, "lift_10": figure,
    });
    let column = json!({ "feature": "acwr", "flag": false, "median": 1.0, "mean": 1.02, "sd": 0.31 });
    let model = json!({
        "version": version,
        "trained_at": "2024-01-01T12:00:00Z",
        "fingerprint": fingerprint(),
        "preparation": { "columns": [column], "fitted_on": ["2021-03-20", "2022-10-01"], "left_out": [] },
        "weights": [0.25],
        "intercept": -3.5,
        "means": [0.0],
        "platt": { "a": -1.0, "b": 0.0 },
        "isotonic": null,
        "base_rate": 0.022,
        "reference": { "features": [] },
        "record": {
            "train_years": [2021, 2022], "calibrate_year": 2022, "test_year": 2023, "inputs": "acwr", "c": 0.1,
            "tried": [], "balance": [], "data_end": "2023-10-01", "matched": null, "test": judged,
            "test_with_blackout": judged, "test_isotonic": null, "yardstick": judged, "over_yardstick": figure,
            "boosted": null, "audit": [],
        },
    });
    serde_json::from_value(model).expect("a model")
}

/// A key made of its number alone.
fn key(number: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[number; 32]).expect("any 32 bytes are a seed")
}

fn public(key: &Ed25519KeyPair) -> SigningKey {
    SigningKey(key.public_key().as_ref().try_into().expect("32 bytes"))
}

fn bundle(model: &Model, key: &Ed25519KeyPair) -> Bundle {
    let model = serde_json::to_string(model).expect("plain data");
    let signature = STANDARD.encode(key.sign(&signed_bytes(&model)));
    Bundle { schema: BUNDLE_SCHEMA, key: public(key).to_string(), model, signature }
}

fn bytes(bundle: &Bundle) -> Vec<u8> {
    serde_json::to_vec(bundle).expect("plain data")
}

#[test]
fn a_bundle_is_registered_once_its_signature_is_good_and_never_serves_by_itself() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let registry = Registry::new(Arc::new(Store::open(dir.path(), StoreOptions::default()).expect("it opens")));
    let (ours, theirs) = (key(1), key(2));
    let keys = [public(&ours)];
    let good = bundle(&named("20240101-cloud"), &ours);
    let offer = |bundle: &Bundle| register(&bytes(bundle), &keys, &registry);

    let changed = Bundle { model: good.model.replace("20240101", "20240102"), ..good.clone() };
    assert!(matches!(offer(&changed), Err(BundleError::Signature)));
    let unsigned = Bundle { signature: String::new(), ..good.clone() };
    assert!(matches!(offer(&unsigned), Err(BundleError::Signature)));
    assert!(matches!(offer(&bundle(&named("x"), &theirs)), Err(BundleError::UnknownKey(_))));
    let claimed = Bundle { key: good.key.clone(), ..bundle(&named("x"), &theirs) };
    assert!(matches!(offer(&claimed), Err(BundleError::Signature)));
    // The same key's signature of the same text, made for something else.
    let elsewhere = Bundle { signature: STANDARD.encode(ours.sign(good.model.as_bytes())), ..good.clone() };
    assert!(matches!(offer(&elsewhere), Err(BundleError::Signature)));
    assert!(matches!(offer(&Bundle { schema: 2, ..good.clone() }), Err(BundleError::Schema(2))));
    assert!(matches!(register(b"rubbish", &keys, &registry), Err(BundleError::Garbage(_))));
    assert!(registry.list().expect("read").is_empty(), "nothing of this was registered");

    assert_eq!(offer(&good).expect("taken"), Registered::New("20240101-cloud".to_owned()));
    assert_eq!(offer(&good).expect("taken"), Registered::Known("20240101-cloud".to_owned()));
    let other = Model { intercept: 0.5, ..named("20240101-cloud") };
    assert!(matches!(offer(&bundle(&other, &ours)), Err(BundleError::Taken(_))));
    assert_eq!(registry.get("20240101-cloud").expect("there"), named("20240101-cloud"));
    assert!(registry.serving().expect("read").is_none(), "registered is not promoted");
    registry.promote("20240101-cloud", Insist::Yes).expect("somebody promotes it");
}

#[test]
fn bundles_come_down_https() {
    let ours = key(1);
    let receiver = Receiver::start(|_| Act::Good);
    let config = Config {
        model_keys: vec![public(&ours)],
        model_every_s: 1.0,
        ..crate::upstream_wire::https::config(receiver.url())
    };
    let url = receiver.url();
    let mut stage =
        Stage::new("busch_iii", &config, |config, _| Box::new(Https::new(config, &url).expect("good settings")));
    let registered = |stage: &Stage, version: &str| {
        stage.status.model.as_ref().is_some_and(|model| model.registered.as_deref() == Some(version))
    };
    receiver.offer("\"1\"", bytes(&bundle(&named("a"), &ours)));
    stage.until("registered", |stage| registered(stage, "a"));
    receiver.offer("\"2\"", bytes(&bundle(&named("b"), &key(2))));
    stage.until("refused", |stage| stage.status.model.as_ref().is_some_and(|model| model.refused.is_some()));
    receiver.offer("\"3\"", bytes(&bundle(&named("c"), &ours)));
    stage.until("registered", |stage| registered(stage, "c"));
    let registry = Registry::new(Arc::clone(&stage.store));
    let versions: Vec<_> = registry.list().expect("read").into_iter().map(|l| (l.model.version, l.serving)).collect();
    assert_eq!(versions, [("a".to_owned(), false), ("c".to_owned(), false)]);
}

#[test]
fn bundles_come_down_nats() {
    let Some(binary) = nats::binary() else { return };
    let ours = key(1);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let runtime = nats::runtime();
    let server = Server::start(&binary, folder.path(), "one", "");
    let context = nats::set_up(&runtime, &server.url(), 1);
    let config = Config { model_keys: vec![public(&ours)], model_every_s: 1.0, ..nats::config(server.url()) };
    let mut stage = nats::stage(&runtime, "busch_iii", &config);
    stage.queue(6, 0);
    stage.drain();
    let message = bytes(&bundle(&named("a"), &ours));
    runtime.block_on(async {
        context.publish(MODEL_SUBJECT, message.into()).await.expect("sent").await.expect("stored");
    });
    let registered = |stage: &Stage| stage.status.model.as_ref().is_some_and(|model| model.registered.is_some());
    stage.until("registered", registered);
    assert!(Registry::new(Arc::clone(&stage.store)).serving().expect("read").is_none());
}
