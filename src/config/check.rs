//! What must hold across keys, and of the files that they name.

use super::reader::Reader;
use super::{Auth, Config, LIVE_CLIENTS_MAX, Place, ReorderConfig};
use crate::ingest::KeyFileError;
use crate::upstream::check_files;

/// Longest watermark, s: lag comes on top, and both must fit the buffer's calendar.
const WATERMARK_S_MAX: f64 = 15.0;
/// Longest hold and idleness, s: the buffer's calendar.
const HOLD_S_MAX: f64 = 30.0;

/// Reports everything that does not go together.
pub(super) fn check(config: &Config, r: &mut Reader<'_>) {
    venue(config, r);
    ingest(config, r);
    reorder(config, r);
    store(config, r);
    http(config, r);
    for (section, errors) in ROOMS {
        for (key, why) in errors(config) {
            let place = match r.place_of(section, key) {
                // What is missing has no place of its own.
                Place::Default if section == "upstream" => r.place_of(section, "kind"),
                place => place,
            };
            r.report(place, format!("[{section}] {key} {why}"));
        }
    }
    upstream(config, r);
}

/// What a room has against its own section: which key, and why.
type Faults = Vec<(&'static str, String)>;
/// A room by its section, and its checks.
type Room = (&'static str, fn(&Config) -> Faults);

/// Every room with a section of its own, and its checks. A test compares the list with the sources.
const ROOMS: [Room; 7] = [
    ("environment", |config| config.environment.errors()),
    ("tracking", |config| config.tracking.errors()),
    ("readiness", |config| config.readiness.errors()),
    ("calibration", |config| config.calibration.errors()),
    ("journal", |config| config.journal.errors()),
    ("risk", |config| config.risk.errors()),
    ("upstream", |config| config.upstream.errors()),
];

fn upstream(config: &Config, r: &mut Reader<'_>) {
    if config.upstream.is_on()
        && config.upstream.errors().is_empty()
        && let Err(error) = check_files(&config.upstream)
    {
        let place = r.place_of("upstream", error.key());
        r.report(place, error.to_string());
    }
}

fn venue(config: &Config, r: &mut Reader<'_>) {
    match config.venue.load() {
        Ok(venue) => {
            // The waits have checks of their own below; with the usual ones only the rig can be at fault.
            if let Err(error) = ReorderConfig::default().buffer(&venue).check() {
                let place = r.place_of("venue", "file");
                r.report(place, format!("the venue cannot be served: {error}"));
            }
        }
        Err(error) => {
            let place = r.place_of("venue", "file");
            r.report(place, error.to_string());
        }
    }
}

fn ingest(config: &Config, r: &mut Reader<'_>) {
    let ingest = &config.ingest;
    let open = ingest.auth == Auth::Off && ingest.sources.is_empty();
    let sound = r.sound(&[("ingest", "udp_listen"), ("ingest", "auth"), ("ingest", "sources")]);
    if sound && open && !ingest.udp_listen.ip().is_loopback() {
        let place = r.place_of("ingest", "udp_listen");
        let message = format!(
            "[ingest] udp_listen = \"{}\" takes frames from the network, from anybody; set auth = \"required\" with a \
             keys_file, or list the senders: sources = {{ 1 = \"192.0.2.11\" }}",
            ingest.udp_listen
        );
        r.report(place, message);
    }
    if ingest.auth == Auth::Required && ingest.keys_file.is_none() && r.sound(&[("ingest", "keys_file")]) {
        let place = r.place_of("ingest", "auth");
        r.report(place, "[ingest] auth = \"required\" needs keys; name their file: keys_file = \"…\"".into());
    }
    match ingest.udp() {
        Ok(_) => {}
        Err(KeyFileError::Lines { path, faults }) => {
            for (line, fault) in faults {
                r.report(Place::File { path: (&path).into(), line, column: 1 }, fault);
            }
        }
        Err(error @ KeyFileError::Read { .. }) => {
            let place = r.place_of("ingest", "keys_file");
            r.report(place, error.to_string());
        }
    }
    let bytes = ingest.receive_buffer_bytes;
    if !(4096..=1 << 30).contains(&bytes) {
        let place = r.place_of("ingest", "receive_buffer_bytes");
        r.report(
            place,
            format!("[ingest] receive_buffer_bytes is {bytes}; write 4096 to 1073741824 (16777216 is usual)"),
        );
    }
}

fn reorder(config: &Config, r: &mut Reader<'_>) {
    let reorder = &config.reorder;
    if !(reorder.watermark_s > 0.0 && reorder.watermark_s <= WATERMARK_S_MAX) {
        let place = r.place_of("reorder", "watermark_s");
        let message = format!(
            "[reorder] watermark_s is {}; write more than 0 and at most {WATERMARK_S_MAX} (7.0 is usual)",
            reorder.watermark_s
        );
        r.report(place, message);
    }
    if !(reorder.idle_s > 0.0 && reorder.idle_s <= HOLD_S_MAX) {
        let place = r.place_of("reorder", "idle_s");
        let message = format!(
            "[reorder] idle_s is {}; write more than 0 and at most {HOLD_S_MAX} (5.0 is usual)",
            reorder.idle_s
        );
        r.report(place, message);
    }
    let sound = r.sound(&[("reorder", "watermark_s"), ("reorder", "max_hold_s")]);
    if sound && !(reorder.max_hold_s > reorder.watermark_s && reorder.max_hold_s <= HOLD_S_MAX) {
        let place = match r.place_of("reorder", "max_hold_s") {
            Place::Default => r.place_of("reorder", "watermark_s"),
            place => place,
        };
        let message = format!(
            "[reorder] max_hold_s is {}; write more than watermark_s ({}) and at most {HOLD_S_MAX} (12.0 is usual)",
            reorder.max_hold_s, reorder.watermark_s
        );
        r.report(place, message);
    }
}

fn store(config: &Config, r: &mut Reader<'_>) {
    let commit_ms = config.store.commit_ms;
    if !(1..=1000).contains(&commit_ms) {
        let place = r.place_of("store", "commit_ms");
        r.report(place, format!("[store] commit_ms is {commit_ms}; write 1 to 1000 (5 to 20 is usual)"));
    }
    let years = config.store.retention_years;
    if !(1..=100).contains(&years) {
        let place = r.place_of("store", "retention_years");
        r.report(place, format!("[store] retention_years is {years}; write 1 to 100 (5 is usual)"));
    }
    let (warn, shed) = (config.store.disk_warn_frac, config.store.disk_shed_frac);
    for (key, share) in [("disk_warn_frac", warn), ("disk_shed_frac", shed)] {
        if !(0.0..=0.9).contains(&share) {
            let place = r.place_of("store", key);
            r.report(place, format!("[store] {key} is {share}; write a share from 0 to 0.9 (0.1 is a tenth)"));
        }
    }
    if shed > warn {
        let place = r.place_of("store", "disk_shed_frac");
        let message =
            format!("[store] disk_shed_frac is {shed}, above disk_warn_frac ({warn}); say it before acting on it");
        r.report(place, message);
    }
}

fn http(config: &Config, r: &mut Reader<'_>) {
    if config.http.insecure && config.http.require_keys {
        let place = r.place_of("http", "insecure");
        let message = "[http] insecure lets everybody in without a key, and require_keys asks everybody for one; remove \
            one of the two";
        r.report(place, message.into());
    }
    let seats = LIVE_CLIENTS_MAX as u32;
    for (key, value, range, usual) in [
        ("connections", config.http.connections, 16..=16_384, 1024),
        ("connections_per_address", config.http.connections_per_address, 8..=16_384, 256),
        ("live_per_address", config.http.live_per_address, 1..=seats, 64),
    ] {
        if !range.contains(&value) {
            let place = r.place_of("http", key);
            let (least, most) = (range.start(), range.end());
            r.report(place, format!("[http] {key} is {value}; write {least} to {most} ({usual} is usual)"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// How the sources begin a room's checks; in two pieces, so that this file does not pass for one.
    const CHECK: &str = concat!("pub fn errors", "(&self");

    /// The rooms under `dir` whose sources check a section: those with [`CHECK`].
    fn rooms_with_checks(dir: &Path, room: Option<&str>, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(dir).expect("the sources are there") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() {
                rooms_with_checks(&path, Some(room.unwrap_or(&name)), found);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && fs::read_to_string(&path).expect("text").contains(CHECK)
            {
                found.insert(room.unwrap_or(&name).to_owned());
            }
        }
    }

    #[test]
    fn no_rooms_checks_are_left_out() {
        let mut found = BTreeSet::new();
        rooms_with_checks(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), None, &mut found);
        let called: BTreeSet<String> = ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect();
        assert_eq!(called, found, "what is called at load, and what the sources have");
        assert!(ROOMS.iter().all(|(_, errors)| errors(&Config::default()).is_empty()), "the defaults are sound");
    }
}
