//! Model bundles down the line: signed or refused, registered and never promoted.

use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pitchguard::risk::model::Model;
use pitchguard::risk::registry::Registry;
use pitchguard::risk::train::train;
use pitchguard::store::{Store, StoreOptions};
use pitchguard::upstream::bundle::{BUNDLE_SCHEMA, Bundle, BundleError, Registered, register, signed_bytes};
use pitchguard::upstream::{Config, Https, MODEL_SUBJECT, SigningKey};
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::nats::{self, Server};
use crate::receiver::{Act, Receiver};
use crate::stage::Stage;

#[path = "../risk_support/mod.rs"]
mod risk_support;

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let league = risk_support::league(40, 11);
    train(&league, &risk_support::plan()).expect("three years")
});

fn named(version: &str) -> Model {
    Model { version: version.to_owned(), ..MODEL.clone() }
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
    registry.promote("20240101-cloud").expect("somebody promotes it");
}

#[test]
fn bundles_come_down_https() {
    let ours = key(1);
    let receiver = Receiver::start(|_| Act::Good);
    let config =
        Config { model_keys: vec![public(&ours)], model_every_s: 1.0, ..crate::https::config(receiver.url()) };
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
