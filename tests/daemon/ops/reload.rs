//! Files that the configuration names, changed while the daemon runs, and a SIGHUP.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use firmware_protocol::{Health, MAX_DATAGRAM, encode};
use pitchguard::ids::{BoxNs, EventNs};
use pitchguard::signal::Signal;
use pitchguard::simulate::Delivery;

use crate::daemon_support::{Rack, Running, Wire, frame};
use crate::ops::configure;

const SOURCE: u8 = 3;
const FIRST: [u8; 32] = [1; 32];
const SECOND: [u8; 32] = [2; 32];

fn write_key(path: &Path, key: [u8; 32]) {
    fs::write(path, format!("{SOURCE}, {}\n", data_encoding::HEXLOWER.encode(&key))).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("our own file");
}

/// A heartbeat of the camera, authenticated with a key.
fn send(daemon: &Running, seq: u32, key: &[u8; 32]) {
    let now = daemon.now();
    let health = Health {
        temperature_centi_c: 2500,
        vibration_milli_g: 0,
        dropped: 0,
        clock_offset_ns: 0,
        exposure_ns: 500_000,
    };
    let delivery =
        Delivery { arrival: BoxNs(now.0), source: SOURCE, seq, event: EventNs(now.0), signal: Signal::Health(health) };
    let mut bytes = [0; MAX_DATAGRAM];
    let length = encode(&frame(&delivery), Some(key), &mut bytes).expect("a good frame");
    Wire::to(daemon.udp).raw(&bytes[..length]);
}

/// Frames admitted, and those refused for their tag.
fn counts(daemon: &Running) -> (u64, u64) {
    let status = daemon.status();
    let count = |pointer: &str| status.pointer(pointer).and_then(serde_json::Value::as_u64).unwrap_or_default();
    (count("/ingest/frames"), count("/ingest/refused/auth"))
}

/// A line of the log from now on that says this.
fn hang_up(daemon: &mut Running, says: &str) {
    let told = daemon.log().len();
    let sent = Command::new("kill").args(["-HUP", &daemon.pid().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    daemon.wait_for(says, |r| r.log()[told..].contains(says).then_some(()));
}

#[test]
fn a_changed_keys_file_is_in_force_after_a_hangup_and_one_open_to_everybody_is_refused() {
    let mut rack = Rack::new();
    let keys = rack.path("keys");
    write_key(&keys, FIRST);
    configure(&rack, &format!("[ingest]\nauth = \"required\"\nkeys_file = \"{}\"\n", keys.display()));
    let mut daemon = rack.start(1.0);
    send(&daemon, 1, &FIRST);
    daemon.wait_for("the key admits", |r| (counts(r) == (1, 0)).then_some(()));
    hang_up(&mut daemon, "configuration read, nothing to apply");

    write_key(&keys, SECOND);
    hang_up(&mut daemon, "configuration read, applied [ingest] keys_file (what is in the file)");
    send(&daemon, 2, &FIRST);
    daemon.wait_for("the removed key admits nobody", |r| (counts(r) == (1, 1)).then_some(()));
    send(&daemon, 3, &SECOND);
    daemon.wait_for("the new key admits", |r| (counts(r) == (2, 1)).then_some(()));
    hang_up(&mut daemon, "configuration read, nothing to apply");

    write_key(&keys, FIRST);
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).expect("our own file");
    hang_up(&mut daemon, "is open to everybody on this box (mode 0644)");
    send(&daemon, 4, &SECOND);
    daemon.wait_for("the keys stay as they were", |r| (counts(r) == (3, 1)).then_some(()));
    drop(daemon);
    let refused = rack.output(&["check-config"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("chmod o-rwx"), "{refused:?}");
}

#[test]
fn a_changed_venue_needs_a_restart_and_is_named() {
    let mut rack = Rack::new();
    let venue = rack.path("venue.toml");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/venues/busch_iii.toml");
    let text = fs::read_to_string(shipped).expect("it is shipped");
    fs::write(&venue, &text).expect("written");
    configure(&rack, &format!("[venue]\nfile = \"{}\"\n", venue.display()));
    let mut daemon = rack.start(1.0);
    fs::write(&venue, text + "\n# somebody was here\n").expect("written");
    for _ in 0..2 {
        hang_up(&mut daemon, "needs a restart: [venue] file (what is in the file)");
    }
}
