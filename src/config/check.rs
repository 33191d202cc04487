//! What must hold across keys, and of the files that they name.

use super::error::Place;
use super::reader::Reader;
use super::sections::{Auth, Config, HttpConfig, IngestConfig, LIVE_CLIENTS_MAX, ReorderConfig, StoreConfig};
use crate::bounds::{Bound, Fault, outside};
use crate::ingest::KeyFileError;
use crate::upstream::check_files;

/// Longest hold and idleness, s: the buffer's calendar, and in it the longest watermark: lag comes on top.
const HOLD_S_MAX: f64 = 30.0;
const WATERMARK_S_MAX: f64 = 15.0;
/// Shortest wait, s.
const WAIT_S_MIN: f64 = 0.001;
/// The longest name of a socket, bytes: the system's `sun_path` less its end.
const SOCKET_NAME_MAX: usize = 107;

/// Reports everything that does not go together.
pub(super) fn check(config: &Config, r: &mut Reader<'_>) {
    venue(config, r);
    ingest(config, r);
    for (section, errors, _) in ROOMS {
        for fault in errors(config) {
            report(section, fault, r);
        }
    }
    paths(config, r);
    http(config, r);
    upstream(config, r);
}

/// Reports everything that does not go together in `[store]` alone.
pub(super) fn store(store: &StoreConfig, r: &mut Reader<'_>) {
    for fault in store.errors() {
        report("store", fault, r);
    }
    socket(store, r);
}

/// Reports a fault of a section where its key was written; else where the other key was that it does not go with.
fn report(section: &str, Fault { key, other, why }: Fault, r: &mut Reader<'_>) {
    if !r.sound(&[(section, &key), (section, other.as_deref().unwrap_or_default())]) {
        return;
    }
    let written = r.written_place(section, &key).or_else(|| r.written_place(section, &other?));
    let place = written.unwrap_or_else(|| match r.place_of(section, &key) {
        // What is missing has no place of its own.
        Place::Default if section == "upstream" => r.place_of(section, "kind"),
        place => place,
    });
    r.report(place, format!("[{section}] {key} {why}"));
}

/// A section, what is wrong with it by itself, and what its numbers may be.
type Room = (&'static str, fn(&Config) -> Vec<Fault>, fn(&Config) -> Vec<Bound>);

/// Every section with numbers. A test compares the list with the sources, another one with the shipped file.
const ROOMS: [Room; 11] = [
    (
        "ingest",
        |config| outside(config.ingest.bounds(), &IngestConfig::default().bounds()),
        |config| config.ingest.bounds(),
    ),
    ("reorder", |config| config.reorder.errors(), |config| config.reorder.bounds()),
    ("store", |config| config.store.errors(), |config| config.store.bounds()),
    ("http", |config| config.http.errors(), |config| config.http.bounds()),
    ("environment", |config| config.environment.errors(), |config| config.environment.bounds()),
    ("tracking", |config| config.tracking.errors(), |config| config.tracking.bounds()),
    ("readiness", |config| config.readiness.errors(), |config| config.readiness.bounds()),
    ("calibration", |config| config.calibration.errors(), |config| config.calibration.bounds()),
    ("journal", |config| config.journal.errors(), |config| config.journal.bounds()),
    ("risk", |config| config.risk.errors(), |config| config.risk.bounds()),
    ("upstream", |config| config.upstream.errors(), |config| config.upstream.bounds()),
];

/// Every number of a configuration by its section, with what it may be.
pub(super) fn bounds(config: &Config) -> Vec<(&'static str, Bound)> {
    ROOMS
        .iter()
        .flat_map(|(section, _, bounds)| bounds(config).into_iter().map(move |bound| (*section, bound)))
        .collect()
}

impl IngestConfig {
    /// What its numbers may be.
    fn bounds(&self) -> Vec<Bound> {
        vec![Bound::new("receive_buffer_bytes", f64::from(self.receive_buffer_bytes), 4096.0, f64::from(1 << 30))]
    }
}

impl HttpConfig {
    /// What its numbers may be.
    fn bounds(&self) -> Vec<Bound> {
        vec![
            Bound::new("connections", f64::from(self.connections), 16.0, 16_384.0),
            Bound::new("connections_per_address", f64::from(self.connections_per_address), 8.0, 16_384.0),
            Bound::new("live_per_address", f64::from(self.live_per_address), 1.0, LIVE_CLIENTS_MAX as f64),
        ]
    }

    /// What is wrong with it.
    fn errors(&self) -> Vec<Fault> {
        let mut errors = outside(self.bounds(), &Self::default().bounds());
        let (all, of_one, live) = (self.connections, self.connections_per_address, self.live_per_address);
        if of_one > all {
            let why = format!("is {of_one}, above connections ({all}); one address has no more than all have");
            errors.push(Fault::of_two("connections_per_address", "connections", why));
        }
        if live > of_one {
            let why = format!("is {live}, above connections_per_address ({of_one}); each live client is a connection");
            errors.push(Fault::of_two("live_per_address", "connections_per_address", why));
        }
        errors
    }
}

impl ReorderConfig {
    /// What its numbers may be.
    fn bounds(&self) -> Vec<Bound> {
        vec![
            Bound::new("watermark_s", self.watermark_s, WAIT_S_MIN, WATERMARK_S_MAX),
            Bound::new("idle_s", self.idle_s, WAIT_S_MIN, HOLD_S_MAX),
            Bound::new("max_hold_s", self.max_hold_s, WAIT_S_MIN, HOLD_S_MAX),
        ]
    }

    /// What is wrong with it.
    fn errors(&self) -> Vec<Fault> {
        let mut errors = outside(self.bounds(), &Self::default().bounds());
        if self.max_hold_s <= self.watermark_s {
            let (hold, watermark) = (self.max_hold_s, self.watermark_s);
            let why = format!("is {hold}; write more than watermark_s ({watermark}) and at most {HOLD_S_MAX}");
            errors.push(Fault::of_two("max_hold_s", "watermark_s", why));
        }
        if self.idle_s > self.max_hold_s {
            let (idle, hold) = (self.idle_s, self.max_hold_s);
            let why =
                format!("is {idle}, above max_hold_s ({hold}); nobody is waited for longer than anything is held");
            errors.push(Fault::of_two("idle_s", "max_hold_s", why));
        }
        errors
    }
}

impl StoreConfig {
    /// What its numbers may be.
    fn bounds(&self) -> Vec<Bound> {
        vec![
            Bound::new("commit_ms", f64::from(self.commit_ms), 1.0, 1000.0),
            Bound::new("retention_years", f64::from(self.retention_years), 1.0, 100.0),
            Bound::new("backup_rate_mb_s", f64::from(self.backup_rate_mb_s), 0.0, 100_000.0),
            Bound::new("backups_keep", f64::from(self.backups_keep), 0.0, 10_000.0),
            Bound::new("disk_warn_frac", self.disk_warn_frac, 0.0, 0.9),
            Bound::new("disk_shed_frac", self.disk_shed_frac, 0.0, 0.9),
        ]
    }

    /// What is wrong with it.
    fn errors(&self) -> Vec<Fault> {
        let mut errors = outside(self.bounds(), &Self::default().bounds());
        let (warn, shed) = (self.disk_warn_frac, self.disk_shed_frac);
        if shed > warn {
            let why = format!("is {shed}, above disk_warn_frac ({warn}); say it before acting on it");
            errors.push(Fault::of_two("disk_shed_frac", "disk_warn_frac", why));
        }
        errors
    }
}

/// What is no directory where one is wanted, or no name that a socket can have.
fn paths(config: &Config, r: &mut Reader<'_>) {
    let store = &config.store;
    let directories = [
        ("store", "path", Some(&store.path)),
        ("store", "backup_dir", store.backup_dir.as_ref()),
        ("journal", "path", config.journal.path.as_ref()),
    ];
    for (section, key, path) in directories {
        let there = path.and_then(|path| path.ancestors().find(|above| above.exists()));
        if let Some(there) = there.filter(|there| !there.is_dir()) {
            let why = format!("needs a directory, and {} is none; write one, or remove what is there", there.display());
            report(section, Fault::new(key, why), r);
        }
    }
    apart(config, r);
    socket(store, r);
}

fn socket(store: &StoreConfig, r: &mut Reader<'_>) {
    let socket = store.control_socket();
    if socket.is_dir() {
        let why = format!("is the directory {}; write the name of a socket in it", socket.display());
        report("store", Fault::new("control_socket", why), r);
    }
    if socket.as_os_str().len() > SOCKET_NAME_MAX {
        let why = format!(
            "is {}: a socket's name has at most {SOCKET_NAME_MAX} bytes; write a shorter one",
            socket.display()
        );
        report("store", Fault::of_two("control_socket", "path", why), r);
    }
}

/// Directories that must not be one another: what lies in the journal's is given up for room, and backups outlive both others.
fn apart(config: &Config, r: &mut Reader<'_>) {
    let [store, backups, journal] =
        [&config.store.path, &config.store.backup_dir(), &config.journal_dir()].map(|path| {
            // What is there by its true name, the rest as it is written.
            let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let there = whole.ancestors().find_map(|above| Some((above.canonicalize().ok()?, above)));
            there.map_or_else(
                || whole.clone(),
                |(real, above)| match whole.strip_prefix(above) {
                    Ok(rest) if rest.as_os_str().is_empty() => real,
                    Ok(rest) => real.join(rest),
                    Err(_) => whole.clone(),
                },
            )
        });
    let journal_key = |why: &str| Fault::of_two("path", "path", format!("is {}, {why}", journal.display()));
    if store.starts_with(&journal) {
        let why = "where the database is, or around it; write a directory of the journal's own";
        report("journal", journal_key(why), r);
    } else if backups.starts_with(&journal) {
        let why = "where backups are written, or around it; write a directory of the journal's own";
        report("journal", journal_key(why), r);
    }
    if backups == store {
        let why = format!("is {}, where the database is; write another directory", backups.display());
        report("store", Fault::of_two("backup_dir", "path", why), r);
    }
}

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
        Err(error @ (KeyFileError::Read { .. } | KeyFileError::Open { .. })) => {
            let place = r.place_of("ingest", "keys_file");
            r.report(place, error.to_string());
        }
    }
}

fn http(config: &Config, r: &mut Reader<'_>) {
    if config.http.insecure && config.http.require_keys {
        let place = r.place_of("http", "insecure");
        let message = "[http] insecure lets everybody in without a key, and require_keys asks everybody for one; remove \
            one of the two";
        r.report(place, message.into());
    }
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
    };
    for name in config.http.allowed_hosts.iter().filter(|name| !is_name(name)) {
        let place = r.place_of("http", "allowed_hosts");
        r.report(place, format!("[http] allowed_hosts names {name:?}; write host names alone: \"bullpen.local\""));
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
        let own = ["ingest", "reorder", "store", "http"];
        let rooms = ROOMS.iter().map(|(room, ..)| *room).filter(|room| !own.contains(room));
        assert_eq!(rooms.map(str::to_owned).collect::<BTreeSet<_>>(), found, "what is called at load, and the sources");
        assert!(ROOMS.iter().all(|(_, errors, _)| errors(&Config::default()).is_empty()), "the defaults are sound");
    }
}
