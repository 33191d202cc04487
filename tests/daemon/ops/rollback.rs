//! Back to the risk model that served before, through the running daemon, and to the configuration that worked before.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pitchguard::risk::model::Model;
use pitchguard::risk::registry::Registry;
use pitchguard::risk::train::train;
use pitchguard::store::{Store, StoreOptions};

use crate::daemon_support::{Rack, Running};
use crate::ops::{complaint, said};
use crate::risk_support::{plan, telling_league};

/// The versions that the daemon knows, and whether each serves.
fn shown(daemon: &Running) -> Vec<(String, bool)> {
    let models = daemon.get("/api/models")["models"].as_array().expect("a list").clone();
    models
        .iter()
        .map(|model| {
            (model["version"].as_str().expect("a name").to_owned(), model["serving"].as_bool().expect("yes or no"))
        })
        .collect()
}

/// Waits until the numbers say so, too: they are looked at once a second.
fn serves(daemon: &mut Running, version: Option<&str>) {
    let all = ["first", "second"].map(|one| (one.to_owned(), Some(one) == version));
    assert_eq!(shown(daemon), all);
    let metric = version.map(|version| format!("pitchguard_risk_model_info{{version=\"{version}\"}} 1"));
    daemon.wait_for("the numbers name the model that serves", |r| {
        let metrics = r.text("/metrics");
        let is_so = metric.as_ref().map_or(!metrics.contains("pitchguard_risk_model_info{"), |m| metrics.contains(m));
        is_so.then_some(())
    });
}

#[test]
fn a_running_daemon_goes_back_to_the_model_that_served_before_and_says_where_there_is_none() {
    let mut rack = Rack::new();
    let model = train(&telling_league(24, 11), &plan()).expect("three years");
    let store = Arc::new(Store::open(&rack.store(), StoreOptions::default()).expect("a new store opens"));
    let registry = Registry::new(Arc::clone(&store));
    for version in ["first", "second"] {
        registry.register(&Model { version: version.to_owned(), ..model.clone() }).expect("kept");
    }
    drop((registry, store));
    let mut daemon = rack.start(1.0);
    serves(&mut daemon, None);
    let nothing = "nothing to roll back to";
    assert!(complaint(&rack.output(&["rollback", "model"])).contains(nothing));
    for version in ["first", "second"] {
        assert_eq!(said(&rack.output(&["model", "promote", version])), format!("{version} serves\n"));
    }
    serves(&mut daemon, Some("second"));
    assert_eq!(said(&rack.output(&["rollback", "model"])), "first serves\n");
    serves(&mut daemon, Some("first"));
    assert!(complaint(&rack.output(&["rollback", "model"])).contains(nothing));
    serves(&mut daemon, Some("first"));
    let (ended, log) = daemon.terminate();
    assert!(ended.success(), "{log}");

    // It was kept, and the verb does without a daemon, too.
    assert!(said(&rack.output(&["model", "show"])).contains("first"));
    said(&rack.output(&["model", "promote", "second"]));
    assert_eq!(said(&rack.output(&["rollback", "model"])), "first serves\n");
}

/// A daemon that is ready with this configuration, and ends.
fn ready_with(rack: &mut Rack, config: &str) {
    fs::write(rack.config(), config).expect("written");
    let daemon = rack.start(1.0);
    let (ended, log) = daemon.terminate();
    assert!(ended.success(), "{log}");
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("there")
}

#[test]
fn the_configuration_goes_back_to_the_last_that_the_daemon_was_ready_with_and_then_to_the_one_before() {
    let mut rack = Rack::new();
    let first = read(&rack.config());
    let none = complaint(&rack.output(&["rollback", "config"]));
    assert!(none.contains("no working configuration is kept") && read(&rack.config()) == first, "{none}");
    ready_with(&mut rack, &first);
    let none = complaint(&rack.output(&["rollback", "config"]));
    assert!(none.contains("no earlier configuration is kept") && read(&rack.config()) == first, "{none}");

    let venue = rack.path("venue.toml");
    fs::write(&venue, include_str!("../../../config/venues/busch_iii.toml")).expect("written");
    let named = |commit_ms: &str| format!("{first}commit_ms = {commit_ms}\n[venue]\nfile = {venue:?}\n");
    ready_with(&mut rack, &named("9"));
    let venue_then = read(&venue);
    fs::write(rack.config(), named("\"soon\"")).expect("written");
    fs::write(&venue, "no venue").expect("written");
    assert!(!rack.output(&["check-config"]).status.success());

    // A file with a fault says where the store is all the same.
    let told = said(&rack.output(&["rollback", "config"]));
    assert!(told.contains("systemctl restart pitchguard"), "{told}");
    assert_eq!(read(&rack.config()), named("9"));
    assert_eq!(read(&rack.path("pitchguard.toml.rolled-back")), named("\"soon\""), "what was taken back is kept");
    said(&rack.output(&["check-config"]));
    assert!(read(&venue) == venue_then, "the venue is as it was then");
    assert_eq!(read(&rack.path("venue.toml.rolled-back")), "no venue");

    // That is the one in force now, so the next is the one before it.
    said(&rack.output(&["rollback", "config"]));
    assert_eq!(read(&rack.config()), first);
    let left = fs::read_dir(rack.path("")).expect("there").flatten().map(|entry| entry.path());
    let left: Vec<_> = left.filter(|path| path.display().to_string().ends_with(".rolling-back")).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new(), "nothing half done is left");
}

#[test]
fn a_file_with_any_fault_still_says_where_the_store_is() {
    let mut rack = Rack::new();
    let first = read(&rack.config());
    ready_with(&mut rack, &first);
    for fault in
        ["[http]\nlisten = 5\n", "[nothing]\nat = \"all\"\n", "[http\nlisten = \n\"", "commit_ms = 1\ncommit_ms = 2\n"]
    {
        fs::write(rack.config(), format!("{first}{fault}")).expect("written");
        assert!(!rack.output(&["check-config"]).status.success(), "{fault}");
        said(&rack.output(&["rollback", "config"]));
        assert_eq!(read(&rack.config()), first, "{fault}");
    }
    let mut bytes = first.clone().into_bytes();
    bytes.extend(b"# \xff\n");
    fs::write(rack.config(), bytes).expect("written");
    said(&rack.output(&["rollback", "config"]));
    assert_eq!(read(&rack.config()), first);
}
