//! The sections of the file as plain typed values.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::check;
use super::error::{ConfigError, ConfigErrors, Place};
use super::log::LogConfig;
use super::provenance::Provenance;
use super::reader::Reader;
use crate::bounds::Bound;
use crate::environment::BrokerUrl;
use crate::ingest::{KeyFileError, KeyRing, SerialLine, UdpSettings};
use crate::reorder::MoundPlan;
use crate::tracking::venue::{Venue, VenueError};
use crate::{calibration, environment, journal, readiness, reorder, risk, tracking, upstream};

/// Where the configuration is looked for when no file is named.
pub const DEFAULT_FILE: &str = "/etc/pitchguard/pitchguard.toml";

/// Where the venue file is looked for when none is named; the built-in reference rig serves where it does not exist.
pub const DEFAULT_VENUE_FILE: &str = "/etc/pitchguard/venues/busch_iii.toml";

/// Clients of the live WebSocket at once: each tablet is one.
pub const LIVE_CLIENTS_MAX: usize = 256;

/// Where the service manager takes credentials from.
const CREDENTIAL_STORE: &str = "/etc/credstore";

/// The credential that holds the frames' keys: where the service manager hands it over and no keys file is named, it is
/// the keys file. Outside of the service it is looked for where the service manager takes it from.
pub const KEYS_CREDENTIAL: &str = "pitchguard.frame-keys";

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// `[venue]`.
    pub venue: VenueConfig,
    /// `[ingest]`.
    pub ingest: IngestConfig,
    /// `[reorder]`.
    pub reorder: ReorderConfig,
    /// `[store]`.
    pub store: StoreConfig,
    /// `[http]`.
    pub http: HttpConfig,
    /// `[mqtt]`.
    pub mqtt: MqttConfig,
    /// `[environment]`: this project's own choices in judging sensors.
    pub environment: environment::Config,
    /// `[tracking]`: this project's own choices in tracking.
    pub tracking: tracking::Config,
    /// `[readiness]`: this project's own choices in judging readiness, limits of alerts among them.
    pub readiness: readiness::Config,
    /// `[calibration]`: this project's own choices in judging the cameras.
    pub calibration: calibration::Config,
    /// `[journal]`: the replayable log of frames.
    pub journal: journal::Config,
    /// `[risk]`: this project's own choices in telling injury risk.
    pub risk: risk::Config,
    /// `[upstream]`: the line to the analytics cloud.
    pub upstream: upstream::Config,
    /// `[log]`.
    pub log: LogConfig,
}

/// The venue file where none is named: absent where there is none at its usual place.
fn default_venue() -> Option<PathBuf> {
    Some(PathBuf::from(DEFAULT_VENUE_FILE)).filter(|file| file.exists())
}

/// `[venue]`: the ballpark.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VenueConfig {
    /// The venue file; none means the reference rig built into the binary.
    pub file: Option<PathBuf>,
}

impl VenueConfig {
    /// The venue that is meant.
    ///
    /// # Errors
    /// When the named file cannot be read or does not describe a usable rig.
    pub fn load(&self) -> Result<Venue, VenueError> {
        match &self.file {
            Some(path) => Venue::load(path),
            None => Ok(Venue::busch_iii()),
        }
    }
}

/// Whether a frame must carry a valid tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Auth {
    /// Tags are not looked at.
    #[default]
    Off,
    /// Every frame needs a tag made with a key of its source.
    Required,
}

/// `[ingest]`: where frames come in, and from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestConfig {
    /// Address and port for UDP.
    pub udp_listen: SocketAddr,
    /// Serial devices with their speeds.
    pub serial: Vec<SerialLine>,
    /// Whether frames must be authenticated.
    pub auth: Auth,
    /// File of keys, lines of source and hex key.
    pub keys_file: Option<PathBuf>,
    /// Source → the address it must send from. Empty: any source from any address. Not empty: only these sources. Serial
    /// lines have no addresses and are not bound by it.
    pub sources: BTreeMap<u8, IpAddr>,
    /// Size asked for the socket's receive buffer, bytes.
    pub receive_buffer_bytes: u32,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            udp_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7117)),
            serial: Vec::new(),
            auth: Auth::Off,
            keys_file: None,
            sources: BTreeMap::new(),
            receive_buffer_bytes: 16 << 20,
        }
    }
}

impl IngestConfig {
    /// What the UDP receiver needs, the keys read from their file if authentication is required.
    ///
    /// # Errors
    /// When the keys file cannot be read, and every faulty line in it.
    pub fn udp(&self) -> Result<UdpSettings, KeyFileError> {
        let keys = match (self.auth, &self.keys_file) {
            (Auth::Required, Some(path)) => Some(KeyRing::load(path)?),
            // Required without a file: no key is valid, so nothing is let in. `Config::load` refuses it.
            (Auth::Required, None) => Some(KeyRing::default()),
            (Auth::Off, _) => None,
        };
        Ok(UdpSettings {
            listen: self.udp_listen,
            receive_buffer_bytes: self.receive_buffer_bytes,
            sources: self.sources.clone(),
            keys,
        })
    }
}

/// `[reorder]`: the watermark buffer. All in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReorderConfig {
    /// Results are final this long behind the slowest gating camera.
    pub watermark_s: f64,
    /// A camera silent for this long stops holding others up.
    pub idle_s: f64,
    /// Nothing is held longer than this after it arrived.
    pub max_hold_s: f64,
}

impl Default for ReorderConfig {
    fn default() -> Self {
        Self { watermark_s: 7.0, idle_s: 5.0, max_hold_s: 12.0 }
    }
}

impl ReorderConfig {
    /// What the watermark buffer needs, for the mounds and cameras of a venue.
    pub fn buffer(&self, venue: &Venue) -> reorder::Config {
        let ns = |seconds: f64| (seconds * 1e9) as u64;
        let default = reorder::Config::default();
        reorder::Config {
            mounds: venue.mounds.iter().map(|m| MoundPlan { mound: m.id, cameras: m.cameras.clone() }).collect(),
            watermark_ns: ns(self.watermark_s),
            idle_ns: ns(self.idle_s),
            max_hold_ns: ns(self.max_hold_s),
            startup_ns: default.startup_ns.min(ns(self.max_hold_s)),
            ..default
        }
    }
}

/// `[store]`: the database.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreConfig {
    /// Its directory.
    pub path: PathBuf,
    /// Writes are committed in groups this often, ms.
    pub commit_ms: u32,
    /// The daemon's control socket; `control.sock` in the directory where absent.
    pub control_socket: Option<PathBuf>,
    /// Where backups are written; `backups` in the directory where absent.
    pub backup_dir: Option<PathBuf>,
    /// MB a second that a backup writes at most; 0 for no limit.
    pub backup_rate_mb_s: u32,
    /// Backups kept, the newest; 0 keeps all.
    pub backups_keep: u32,
    /// Years for which records are kept.
    pub retention_years: u32,
    /// Share of the disk that is free below which it is said.
    pub disk_warn_frac: f64,
    /// Share of the disk that is free below which what can be rebuilt is given up.
    pub disk_shed_frac: f64,
}

impl StoreConfig {
    /// Where the daemon that has this store takes work from the command line.
    pub fn control_socket(&self) -> PathBuf {
        self.control_socket.clone().unwrap_or_else(|| self.path.join("control.sock"))
    }

    pub(super) fn take(r: &mut Reader<'_>, usual: Self) -> Self {
        Self {
            path: r.take("store", "path", usual.path),
            commit_ms: r.take("store", "commit_ms", usual.commit_ms),
            control_socket: r.take("store", "control_socket", usual.control_socket),
            backup_dir: r.take("store", "backup_dir", usual.backup_dir),
            backup_rate_mb_s: r.take("store", "backup_rate_mb_s", usual.backup_rate_mb_s),
            backups_keep: r.take("store", "backups_keep", usual.backups_keep),
            retention_years: r.take("store", "retention_years", usual.retention_years),
            disk_warn_frac: r.take("store", "disk_warn_frac", usual.disk_warn_frac),
            disk_shed_frac: r.take("store", "disk_shed_frac", usual.disk_shed_frac),
        }
    }

    /// Where backups are written.
    pub fn backup_dir(&self) -> PathBuf {
        self.backup_dir.clone().unwrap_or_else(|| self.path.join(crate::store::backup_files::DIR))
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            path: PathBuf::from("/var/lib/pitchguard"),
            commit_ms: 10,
            control_socket: None,
            backup_dir: None,
            backup_rate_mb_s: 32,
            backups_keep: 7,
            retention_years: 5,
            disk_warn_frac: 0.10,
            disk_shed_frac: 0.05,
        }
    }
}

/// `[http]`: the API and the tablet's pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Said out loud: anybody who reaches the address may read, without a key.
    pub insecure: bool,
    /// Whether a key is asked for on loopback too: where a proxy on this box passes requests on from elsewhere.
    pub require_keys: bool,
    /// Host names, besides the address itself and localhost, that a request may name.
    pub allowed_hosts: Vec<String>,
    /// Connections that may be open at once.
    pub connections: u32,
    /// Of one address.
    pub connections_per_address: u32,
    /// Clients of the live WebSocket of one address, of [`LIVE_CLIENTS_MAX`] in all.
    pub live_per_address: u32,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            insecure: false,
            require_keys: false,
            allowed_hosts: Vec::new(),
            connections: 1024,
            connections_per_address: 256,
            live_per_address: 64,
        }
    }
}

/// `[mqtt]`: where the sensors of the environment are heard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MqttConfig {
    /// The broker; none means no environment data.
    pub url: Option<BrokerUrl>,
}

impl Config {
    /// Every number by its section, with the least and the most that can be meant by it.
    pub fn bounds(&self) -> Vec<(&'static str, Bound)> {
        check::bounds(self)
    }

    /// Where the journal is.
    pub fn journal_dir(&self) -> PathBuf {
        self.journal.path.clone().unwrap_or_else(|| self.store.path.join("journal"))
    }

    /// Reads the configuration from a file and the environment (`std::env::vars_os()`).
    ///
    /// With no path, [`DEFAULT_FILE`] is read if it exists; a file that is named must exist.
    ///
    /// # Errors
    /// Every fault found in file, environment, and the files that they name.
    pub fn load(
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(Self, Provenance), ConfigErrors> {
        let (path, named) = path.map_or((Path::new(DEFAULT_FILE), false), |p| (p, true));
        let text = match crate::disk::read_settings_text(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => None,
            Err(error) => {
                let advice = match error.kind() {
                    std::io::ErrorKind::InvalidData => "save it as UTF-8 text",
                    _ => "check the path and its permissions",
                };
                let message = format!("cannot be read: {error}; {advice}");
                let place = Place::WholeFile(path.to_path_buf());
                return Err(ConfigErrors(vec![ConfigError { place, message }]));
            }
        };
        let venue = VenueConfig { file: default_venue() };
        let environment: Vec<_> = environment.into_iter().collect();
        let handed_over = environment.iter().find(|(name, _)| name == "CREDENTIALS_DIRECTORY");
        let credentials = handed_over.map_or(Path::new(CREDENTIAL_STORE), |(_, dir)| Path::new(dir));
        let keys = Some(credentials.join(KEYS_CREDENTIAL)).filter(|file| file.exists());
        let ingest = IngestConfig { keys_file: keys, ..IngestConfig::default() };
        let default = Self { venue, ingest, ..Self::default() };
        Self::read(text.as_deref().map(|text| (path, text)), environment, default)
    }

    /// Defaults, with what the environment says over them; no file is read.
    ///
    /// # Errors
    /// Every fault of the environment.
    pub fn embedded(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<(Self, Provenance), ConfigErrors> {
        Self::read(None, environment, Self::default())
    }

    /// The store's directory that a configuration file of this text names, whatever else is wrong with it.
    pub fn store_of(path: &Path, text: &str, environment: impl IntoIterator<Item = (OsString, OsString)>) -> PathBuf {
        Reader::new(Some((path, text)), environment).take("store", "path", StoreConfig::default().path)
    }

    /// `[store]` alone, as file and environment have it whatever is wrong with the rest: for verbs that need no more, above
    /// all where something must be done at once.
    ///
    /// # Errors
    /// Every fault of `[store]`, and those of a file that is no TOML, where it is not known by what can be read of it where the
    /// store is.
    pub fn store_alone(
        path: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<StoreConfig, ConfigErrors> {
        let mut r = Reader::new(Some((path, text)), environment);
        let store = StoreConfig::take(&mut r, StoreConfig::default());
        check::store(&store, &mut r);
        r.finish_section("store", "path").map(|()| store)
    }

    /// The venue file that a configuration file of this text names, whatever else is wrong with it.
    pub fn venue_of(
        path: &Path,
        text: &str,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Option<PathBuf> {
        Reader::new(Some((path, text)), environment).take("venue", "file", default_venue())
    }

    pub(super) fn read(
        file: Option<(&Path, &str)>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        default: Self,
    ) -> Result<(Self, Provenance), ConfigErrors> {
        let mut r = Reader::new(file, environment);
        r.set_ranges(check::bounds(&Self::default()));
        let Self {
            venue,
            ingest,
            reorder,
            store,
            http,
            mqtt,
            environment: air,
            tracking,
            readiness,
            calibration,
            risk,
            journal,
            upstream: cloud,
            log,
        } = default;
        let config = Self {
            venue: VenueConfig { file: r.take("venue", "file", venue.file) },
            ingest: IngestConfig {
                udp_listen: r.take("ingest", "udp_listen", ingest.udp_listen),
                serial: r.take("ingest", "serial", ingest.serial),
                auth: r.take("ingest", "auth", ingest.auth),
                keys_file: r.take("ingest", "keys_file", ingest.keys_file),
                sources: r.take("ingest", "sources", ingest.sources),
                receive_buffer_bytes: r.take("ingest", "receive_buffer_bytes", ingest.receive_buffer_bytes),
            },
            reorder: ReorderConfig {
                watermark_s: r.take("reorder", "watermark_s", reorder.watermark_s),
                idle_s: r.take("reorder", "idle_s", reorder.idle_s),
                max_hold_s: r.take("reorder", "max_hold_s", reorder.max_hold_s),
            },
            store: StoreConfig::take(&mut r, store),
            http: HttpConfig {
                listen: r.take("http", "listen", http.listen),
                insecure: r.take("http", "insecure", http.insecure),
                require_keys: r.take("http", "require_keys", http.require_keys),
                allowed_hosts: r.take("http", "allowed_hosts", http.allowed_hosts),
                connections: r.take("http", "connections", http.connections),
                connections_per_address: r.take("http", "connections_per_address", http.connections_per_address),
                live_per_address: r.take("http", "live_per_address", http.live_per_address),
            },
            mqtt: MqttConfig { url: r.take("mqtt", "url", mqtt.url) },
            environment: r.take_section("environment", &air),
            tracking: r.take_section("tracking", &tracking),
            readiness: r.take_section("readiness", &readiness),
            calibration: r.take_section("calibration", &calibration),
            journal: journal::Config {
                enabled: r.take("journal", "enabled", journal.enabled),
                path: r.take("journal", "path", journal.path),
                max_age_h: r.take("journal", "max_age_h", journal.max_age_h),
                max_bytes: r.take("journal", "max_bytes", journal.max_bytes),
                ..journal
            },
            risk: r.take_section("risk", &risk),
            upstream: upstream::Config {
                kind: r.take("upstream", "kind", cloud.kind),
                url: r.take("upstream", "url", cloud.url),
                box_name: r.take("upstream", "box", cloud.box_name),
                credential_file: r.take("upstream", "credential_file", cloud.credential_file),
                ca_file: r.take("upstream", "ca_file", cloud.ca_file),
                client_cert: r.take("upstream", "client_cert", cloud.client_cert),
                client_key: r.take("upstream", "client_key", cloud.client_key),
                backlog_per_s: r.take("upstream", "backlog_per_s", cloud.backlog_per_s),
                live_s: r.take("upstream", "live_s", cloud.live_s),
                batch_max: r.take("upstream", "batch_max", cloud.batch_max),
                max_age_days: r.take("upstream", "max_age_days", cloud.max_age_days),
                max_mb: r.take("upstream", "max_mb", cloud.max_mb),
                model_keys: r.take("upstream", "model_keys", cloud.model_keys),
                model_every_s: r.take("upstream", "model_every_s", cloud.model_every_s),
            },
            log: LogConfig { level: r.take("log", "level", log.level) },
        };
        check::check(&config, &mut r);
        r.finish().map(|provenance| (config, provenance))
    }
}
