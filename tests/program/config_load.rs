//! The configuration as an operator meets it: files, environment, and what is said about them.

use std::ffi::OsString;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pitchguard::config::{Auth, Config, ConfigErrors, Place, Provenance};
use pitchguard::readiness::{Limit, Ramp};
use proptest::prelude::*;
use tempfile::TempDir;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, text).expect("a file in a fresh directory");
        // A keys file that everybody can read is refused.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our own file");
        path
    }

    fn load(&self, text: &str, environment: &[(&str, &str)]) -> Result<(Config, Provenance), ConfigErrors> {
        load(&self.file("pitchguard.toml", text), environment)
    }

    fn errors(&self, text: &str, environment: &[(&str, &str)]) -> Vec<(String, String)> {
        let Err(errors) = self.load(text, environment) else { return Vec::new() };
        errors.0.into_iter().map(|e| (at(&e.place), e.message)).collect()
    }
}

fn load(path: &Path, environment: &[(&str, &str)]) -> Result<(Config, Provenance), ConfigErrors> {
    Config::load(Some(path), environment.iter().map(|(k, v)| (OsString::from(k), OsString::from(v))))
}

fn at(place: &Place) -> String {
    match place {
        Place::File { line, column, .. } => format!("{line}:{column}"),
        other => other.to_string(),
    }
}

#[test]
fn an_empty_file_means_the_defaults_which_need_nothing_else() {
    let (config, provenance) = Desk::new().load("", &[]).expect("an empty file is a good one");
    assert_eq!(config, Config { venue: config.venue.clone(), ..Config::default() });
    assert!(config.ingest.udp_listen.ip().is_loopback() && config.http.listen.ip().is_loopback());
    assert!(provenance.0.iter().all(|o| o.place == Place::Default));
    config.venue.load().expect("the default venue");
}

#[test]
fn the_shipped_file_changes_nothing_and_shows_every_key_with_its_true_default() {
    let shipped = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/pitchguard.toml")).expect("shipped");
    let (_, defaults) = Desk::new().load(&shipped, &[]).expect("the shipped file is good");
    assert!(defaults.0.iter().all(|o| o.place == Place::Default));
    let taken: toml::Table = shipped_taken().parse().expect("TOML");
    let examples = [
        "venue.file",
        "ingest.keys_file",
        "ingest.sources",
        "http.allowed_hosts",
        "http.connections",
        "http.connections_per_address",
        "http.live_per_address",
        "mqtt.url",
        "store.control_socket",
        "store.backup_dir",
        "journal.path",
        "upstream.url",
        "upstream.box",
        "upstream.credential_file",
        "upstream.ca_file",
        "upstream.client_cert",
        "upstream.client_key",
    ];
    for origin in &defaults.0 {
        let name = format!("{}.{}", origin.section, origin.key);
        let shown = taken[origin.section].get(&origin.key);
        assert!(shown.is_some(), "{name} is not in the shipped file");
        if !examples.contains(&name.as_str()) {
            assert_eq!(shown, origin.value.as_ref(), "{name}");
        }
    }
    let keys: usize = taken.values().map(|section| section.as_table().map_or(0, toml::Table::len)).sum();
    assert_eq!(keys, defaults.0.len(), "the shipped file shows a key that there is not");
}

#[test]
fn thirteen_errors_in_one_file_are_thirteen_errors_each_with_line_and_column() {
    let text = "\
[venue]
file = \"/nowhere/park.toml\"

[ingest]
udp_lisen = \"127.0.0.1:7117\"
auth = \"maybe\"
  sources = { 1 = \"camera\", 99 = \"192.0.2.1\" }
serial = [\"/dev/ttyUSB0@921600\", \"/dev/ttyUSB1@921601\", \"ttyUSB2@9600\", \"/dev/ttyUSB0@9600\"]

[reorder]
watermark_s = -1
idle_s = \"five\"

[stroe]
path = \"/var/lib/pitchguard\"

[http]
listen = \"0.0.0.0\"

[mqtt]
url = \"mqtts://park:secret@127.0.0.1:8883\"

[upstream]
kind = \"nats\"
";
    let errors = Desk::new().errors(text, &[]);
    let expected = [
        ("2:1", "venue file /nowhere/park.toml"),
        ("5:1", "did you mean udp_listen?"),
        ("6:8", "write \"off\" or \"required\""),
        ("7:19", "write the address it sends from"),
        ("7:29", "a source is a number from 1 to 63"),
        ("8:34", "asks for 921601 baud; write one of 9600, "),
        ("8:57", "write a device's path and its speed"),
        ("8:73", "names /dev/ttyUSB0 twice"),
        ("11:1", "watermark_s is -1"),
        ("12:10", "write a number such as 7.0"),
        ("14:2", "did you mean [store]?"),
        ("18:10", "write an address and a port"),
        ("21:7", "asks for TLS"),
        ("24:1", "url is missing"),
    ];
    assert_eq!(
        errors.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(),
        expected.map(|(place, _)| place),
        "{errors:#?}"
    );
    for ((_, message), (_, part)) in errors.iter().zip(expected) {
        assert!(message.contains(part), "{message:?} should say {part:?}");
    }
}

#[test]
fn a_broken_line_hides_neither_the_other_broken_lines_nor_wrong_values() {
    let text = "[ingest]\nudp_listen = 127.0.0.1:7117\nauth = \"maybe\"\n[reorder]\nwatermark_s = = 7\nidle = 5\n";
    let errors = Desk::new().errors(text, &[]);
    for line in [2, 3, 5, 6] {
        assert!(errors.iter().any(|(place, _)| place.starts_with(&format!("{line}:"))), "line {line}: {errors:#?}");
    }
}

#[test]
fn a_key_given_twice_is_refused() {
    let errors = Desk::new().errors("[reorder]\nidle_s = 5.0\nidle_s = 6.0\n", &[]);
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(errors[0].0.split(':').next(), Some("3"), "{errors:#?}");
}

#[test]
fn a_named_file_that_is_missing_or_unreadable_is_an_error_and_never_the_defaults() {
    let desk = Desk::new();
    for path in [desk.dir.path().join("absent.toml"), desk.dir.path().to_path_buf()] {
        let errors = load(&path, &[]).expect_err("no file to read");
        assert!(errors.to_string().contains(&path.display().to_string()), "{errors}");
    }
    let latin1 = desk.dir.path().join("latin1.toml");
    fs::write(&latin1, b"# caf\xe9\n").expect("written");
    assert!(load(&latin1, &[]).is_err());
}

#[test]
fn the_environment_wins_and_says_so() {
    let environment = [
        ("PITCHGUARD_INGEST__UDP_LISTEN", "127.0.0.1:7200"),
        ("PITCHGUARD_REORDER__WATERMARK_S", "6"),
        ("PITCHGUARD_INGEST__SOURCES", "{ 3 = \"192.0.2.3\" }"),
        ("PITCHGUARD_HTTP__INSECURE", "true"),
        ("PITCHGUARD_HTTP__ALLOWED_HOSTS", "[\"bullpen.local\"]"),
        ("PITCHGUARD_STORE__PATH", "/tmp/pg"),
        ("PITCHGUARD_TEST_DATA", "/data"),
        ("PATH", "/bin"),
    ];
    let (config, provenance) = Desk::new()
        .load("[ingest]\nudp_listen = \"127.0.0.1:7100\"\n[reorder]\nidle_s = 4\n", &environment)
        .expect("all good");
    assert_eq!(config.ingest.udp_listen.port(), 7200);
    assert_eq!((config.reorder.watermark_s, config.reorder.idle_s), (6.0, 4.0));
    assert_eq!(config.ingest.sources[&3], IpAddr::from([192, 0, 2, 3]));
    assert_eq!((config.http.insecure, config.http.allowed_hosts.as_slice()), (true, &["bullpen.local".to_owned()][..]));
    assert_eq!(config.store.path, Path::new("/tmp/pg"));
    let place = |section, key| at(&provenance.of(section, key).expect("a key").place);
    assert_eq!(place("ingest", "udp_listen"), "environment PITCHGUARD_INGEST__UDP_LISTEN");
    assert_eq!(place("reorder", "idle_s"), "4:1");
    assert_eq!(place("store", "commit_ms"), "default");
}

#[test]
fn faults_of_the_environment_are_named_by_variable() {
    let environment = [
        ("PITCHGUARD_INGEST__UDP_LISEN", "127.0.0.1:1"),
        ("PITCHGUARD_MQTT__URL", "tcp://x"),
        ("PITCHGUARD_REORDER__IDLE_S", "soon"),
        ("PITCHGUARD_STORE__COMMIT_MS", "0"),
    ];
    let errors = Desk::new().errors("", &environment);
    let expected = [
        ("INGEST__UDP_LISEN", "did you mean PITCHGUARD_INGEST__UDP_LISTEN?"),
        ("MQTT__URL", "[mqtt] url is no MQTT address"),
        ("REORDER__IDLE_S", "[reorder] idle_s is \"soon\""),
        ("STORE__COMMIT_MS", "write 1 to 1000"),
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for ((place, message), (variable, part)) in errors.iter().zip(expected) {
        assert_eq!(place, &format!("environment PITCHGUARD_{variable}"));
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn serial_lines_come_from_file_or_environment_and_each_is_shown_as_it_is_written() {
    let desk = Desk::new();
    let text = "[ingest]\nserial = [\"/dev/ttyUSB0@921600\"]\n";
    let lines = |config: &Config| config.ingest.serial.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (config, provenance) = desk.load(text, &[]).expect("a line");
    assert_eq!(lines(&config), ["/dev/ttyUSB0@921600"]);
    assert!(provenance.to_string().contains("serial = [\"/dev/ttyUSB0@921600\"]"), "{provenance}");
    let two = [("PITCHGUARD_INGEST__SERIAL", "[\"/dev/ttyS1@115200\", \"/dev/ttyS2@9600\"]")];
    assert_eq!(lines(&desk.load(text, &two).expect("two lines").0), ["/dev/ttyS1@115200", "/dev/ttyS2@9600"]);
    let many: Vec<String> = (0..17).map(|i| format!("\"/dev/ttyS{i}@9600\"")).collect();
    for (value, part) in [
        ("/dev/ttyS1@9600".to_owned(), "write a list such as [\"/dev/ttyUSB0@921600\"]"),
        (format!("[{}]", many.join(", ")), "names 17 lines; 16 at most"),
        ("[7]".to_owned(), "write a device's path and its speed"),
    ] {
        let errors = desk.errors("", &[("PITCHGUARD_INGEST__SERIAL", &value)]);
        assert_eq!(errors.len(), 1, "{errors:#?}");
        assert!(errors[0].1.contains(part), "{errors:#?}");
    }
}

#[test]
fn listening_beyond_loopback_must_be_made_safe_or_said_out_loud() {
    let desk = Desk::new();
    let keys = desk.file("keys", &format!("1, {KEY}\n"));
    let open = "[ingest]\nudp_listen = \"0.0.0.0:7117\"\n";
    assert!(desk.errors(open, &[])[0].1.contains("auth = \"required\""));
    assert_eq!(desk.errors(&format!("{open}sources = {{ 1 = \"192.0.2.11\" }}\n"), &[]), []);
    assert_eq!(desk.errors(&format!("{open}auth = \"required\"\nkeys_file = {keys:?}\n"), &[]), []);
    for said in ["", "insecure = true\n", "require_keys = true\n"] {
        assert_eq!(
            desk.errors(&format!("[http]\nlisten = \"[::]:8080\"\n{said}"), &[]),
            [],
            "keys make it safe: {said}"
        );
    }
    assert!(desk.errors("[http]\ninsecure = true\nrequire_keys = true\n", &[])[0].1.contains("remove one of the two"));
}

#[test]
fn a_value_that_cannot_be_read_raises_no_second_error_elsewhere() {
    let errors = Desk::new().errors("[ingest]\nudp_listen = \"0.0.0.0:7117\"\nauth = 1\n", &[]);
    assert_eq!(errors.len(), 1, "{errors:#?}");
}

#[test]
fn required_authentication_needs_a_keys_file_and_its_faulty_lines_are_named() {
    let desk = Desk::new();
    assert!(desk.errors("[ingest]\nauth = \"required\"\n", &[])[0].1.contains("keys_file"));
    let keys = desk.file("keys", &format!("1, {KEY}\n64, {KEY}\n2, 00ff\n"));
    let text = format!("[ingest]\nauth = \"required\"\nkeys_file = {keys:?}\n");
    let errors = desk.errors(&text, &[]);
    assert_eq!(errors.iter().map(|(place, _)| place.as_str()).collect::<Vec<_>>(), ["2:1", "3:1"], "{errors:#?}");
    desk.file("keys", &format!("1, {KEY}\n"));
    let (config, _) = desk.load(&text, &[]).expect("good keys");
    assert_eq!(config.ingest.auth, Auth::Required);
    assert!(config.ingest.udp().expect("good keys").keys.is_some());
}

#[test]
fn the_projects_own_choices_can_be_changed_number_by_number() {
    let text = "\
[tracking]
gate_chi2 = 11

[readiness]
starter_cap = 90
velocity = { points = 25 }
[readiness.alerts.readiness.warning]
raise = 75.0
clear = 78.0
";
    let environment = [("PITCHGUARD_READINESS__DOSE", "{ points = 0 }"), ("PITCHGUARD_TRACKING__JERK_SD", "3")];
    let (config, provenance) = Desk::new().load(text, &environment).expect("all good");
    let usual = Config::default();
    assert_eq!((config.tracking.gate_chi2, config.tracking.jerk_sd), (11.0, 3.0));
    assert_eq!((config.readiness.velocity.points, config.readiness.dose.points), (25.0, 0.0));
    assert_eq!(config.readiness.velocity, Ramp { points: 25.0, ..usual.readiness.velocity }, "what is not said stays");
    assert_eq!(config.readiness.alerts.readiness.warning, Some(Limit { raise: 75.0, clear: 78.0 }));
    assert_eq!(config.readiness.alerts.readiness.critical, usual.readiness.alerts.readiness.critical);
    assert_eq!(at(&provenance.of("readiness", "velocity").expect("a key").place), "6:1");
}

#[test]
fn each_wrong_choice_is_named_and_hides_no_other() {
    let text = "\
[tracking]
gate_chi2 = -1
jerk_sd = \"much\"
gate_chi = 9

[readiness]
velocity = { span = 0.0 }
spin = { pints = 5.0 }
pitchers_max = 0
starter_cap = inf

[calibration]
pitch_s = 0.0
ewma_lambda = 2
alarm_px = 0.1
";
    let errors = Desk::new().errors(text, &[]);
    let expected = [
        ("2:1", "gate_chi2 is -1; write 1 to 100 (9.21 is usual)"),
        ("3:1", "jerk_sd"),
        ("4:1", "did you mean gate_chi2?"),
        ("7:14", "velocity.span is 0; write 0.01 to 100 (1.5 is usual)"),
        ("8:10", "unknown field `pints`"),
        ("9:1", "pitchers_max is 0; write 1 to 10000"),
        ("10:1", "is inf"),
        ("13:1", "pitch_s is 0; write 1 to 600"),
        ("14:1", "ewma_lambda is 2; write 0.001 to 1"),
        ("15:1", "below watch_px"),
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for ((place, message), (line, part)) in errors.iter().zip(expected) {
        assert!(place == line && message.contains(part), "{place} {message:?} should be at {line} and say {part:?}");
    }
}

#[test]
fn alert_limits_that_contradict_each_other_are_refused_with_their_line() {
    let text = "\
[readiness]
hold_qa = 1.5

[readiness.alerts]
readiness = { warning = { raise = 80.0, clear = 70.0 }, critical = { raise = 60.0, clear = 50.0 } }
late_data_frac = { critical = { raise = 0.1, clear = 0.25 } }
velocity_delta = { warning = { raise = 2.0 } }

[readiness.alerts.calibration_confidence]
warning = { raise = 0.5 }
";
    let errors = Desk::new().errors(text, &[]);
    let expected = [
        ("2:1", "hold_qa is 1.5"),
        ("5:41", "alerts.readiness.warning.clear is 70 and its raise 80; write a clear above raise"),
        ("5:84", "alerts.readiness.critical.clear is 50 and its raise 60"),
        ("6:33", "alerts.late_data_frac.critical.raise is 0.1 and that of the warning 0.2"),
        ("6:46", "alerts.late_data_frac.critical.clear is 0.25 and its raise 0.1; write a clear below raise"),
        ("7:32", "alerts.velocity_delta.warning.clear is -1.7 and its raise 2"),
        ("7:32", "alerts.velocity_delta.warning.raise is 2; write -20 to 0 (-2 is usual)"),
        ("10:13", "alerts.calibration_confidence.critical.raise is 0.6 and that of the warning 0.5"),
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for ((place, message), (line, part)) in errors.iter().zip(expected) {
        assert!(place == line && message.contains(part), "{place} {message:?} should be at {line} and say {part:?}");
    }
}

/// The shipped file with every remark that is a key taken at its word.
fn shipped_taken() -> String {
    let shipped = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/pitchguard.toml")).expect("shipped");
    let is_setting =
        |line: &&str| line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
    let taken: Vec<&str> = shipped.lines().map(|l| l.strip_prefix("# ").filter(is_setting).unwrap_or(l)).collect();
    taken.join("\n")
}

/// A number of the shipped file.
struct Shown {
    section: String,
    /// With dots through inner tables.
    key: String,
    /// From 1.
    line: usize,
    /// What is said of it: beside it, or before it in its block.
    said: String,
    /// Whether it has no decimals.
    whole: bool,
}

/// Every number of the shipped file.
fn shipped_numbers() -> Vec<Shown> {
    fn numbers(path: &str, value: &toml::Value, found: &mut Vec<(String, bool)>) {
        match value {
            toml::Value::Table(table) => table.iter().for_each(|(k, v)| numbers(&format!("{path}.{k}"), v, found)),
            toml::Value::Integer(_) | toml::Value::Float(_) => found.push((path.to_owned(), value.is_integer())),
            _ => {}
        }
    }
    let (mut out, mut table, mut block) = (Vec::new(), String::new(), String::new());
    for (at, line) in shipped_taken().lines().enumerate() {
        if line.is_empty() {
            block.clear();
        }
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut table);
        }
        if let (false, Ok(one)) = (line.starts_with('['), line.parse::<toml::Table>()) {
            let mut found = Vec::new();
            numbers(&table, &toml::Value::Table(one), &mut found);
            for (path, whole) in found {
                let (section, key) = path.split_once('.').expect("a key in a section");
                let (section, key, said) = (section.to_owned(), key.to_owned(), format!("{block} {line}"));
                out.push(Shown { section, key, line: at + 1, said, whole });
            }
        }
        // What is written on one key's line is of that key alone.
        let before = if line.starts_with('#') { line } else { "" };
        block = format!("{block} {}", before.trim_start_matches("# "));
    }
    out
}

/// The shipped file, all its numbers in effect, with one of them changed; nothing but numbers and their tables is left.
fn with_number(section: &str, key: &str, line: usize, value: f64, whole: bool) -> String {
    let only_numbers = |text: &str| {
        text.starts_with('[')
            || text.parse::<toml::Table>().is_ok_and(|t| {
                t.values().all(|v| matches!(v, toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Table(_)))
                    && !text.starts_with("sources")
            })
    };
    let name = key.rsplit('.').next().expect("a key");
    let taken = shipped_taken();
    let lines = taken.lines().enumerate().map(|(at, text)| {
        if !only_numbers(text) {
            return String::new();
        }
        if at + 1 != line {
            return text.to_owned();
        }
        // The value that follows the key's last name: in a table of tables, behind the name of the inner one.
        let inner =
            key.rsplit('.').nth(1).filter(|_| text.contains('{')).and_then(|name| text.find(&format!("{name} = ")));
        let from = inner.unwrap_or(0);
        let start = from + text[from..].find(&format!("{name} = ")).expect("the key's name") + name.len() + 3;
        let end = start + text[start..].find([',', ' ', '}']).unwrap_or(text.len() - start);
        let value = if whole { format!("{value}") } else { format!("{value:?}").to_lowercase() };
        format!("{}{value}{}", &text[..start], &text[end..])
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    assert!(text.contains(&format!("[{section}]")));
    text
}

#[test]
fn every_number_of_the_shipped_file_states_its_range_and_is_refused_outside_of_it_at_its_own_line() {
    let desk = Desk::new();
    let bounds = Config::default().bounds();
    let numbers = shipped_numbers();
    for (section, bound) in &bounds {
        let shown = numbers.iter().any(|shown| shown.section == *section && shown.key == bound.key);
        assert!(shown, "[{section}] {} is not in the shipped file", bound.key);
    }
    for Shown { section, key, line, said, whole } in &numbers {
        let bound = bounds.iter().find(|(of, bound)| of == section && bound.key == *key);
        let Some((_, bound)) = bound else { panic!("[{section}] {key} takes any number") };
        let (low, high) = (bound.low, bound.high);
        assert!(said.contains(&format!("{low} to {high}")), "[{section}] {key}: {said:?} should state {low} to {high}");
        let beyond = |limit: f64| (limit.abs() * 0.5).max(1.0).ceil();
        for value in [low - beyond(low), high + beyond(high), 1e300, -1e300, f64::INFINITY, f64::NAN] {
            // TOML has no whole number so large, and none that is infinite.
            if *whole && (value.is_nan() || value.abs() >= 1e18) {
                continue;
            }
            let errors = desk.errors(&with_number(section, key, *line, value, *whole), &[]);
            let at_line = |(place, message): &(String, String)| {
                place.starts_with(&format!("{line}:")) && message.contains(key.as_str())
            };
            assert!(errors.iter().any(at_line), "[{section}] {key} = {value} on line {line}: {errors:#?}");
        }
    }
    assert!(numbers.len() > 120, "{} numbers", numbers.len());
}

#[test]
fn every_key_refuses_what_is_of_another_kind_at_its_own_line() {
    let desk = Desk::new();
    let (_, defaults) = desk.load("", &[]).expect("the defaults");
    assert!(defaults.0.len() > 100, "{} keys", defaults.0.len());
    for origin in &defaults.0 {
        let (section, key) = (origin.section, &origin.key);
        let errors = desk.errors(&format!("[{section}]\n{key} = [[true]]\n"), &[]);
        let named = |(place, message): &(String, String)| place.starts_with("2:") && message.contains(key.as_str());
        assert!(errors.iter().any(named), "[{section}] {key}: {errors:#?}");
        assert!(errors.iter().all(|(place, _)| place.starts_with("2:")), "[{section}] {key}: {errors:#?}");
    }
}

#[test]
fn the_ends_of_every_range_are_taken() {
    let desk = Desk::new();
    let bounds = Config::default().bounds();
    for Shown { section, key, line, whole, .. } in shipped_numbers() {
        let (_, bound) = bounds.iter().find(|(of, bound)| *of == section && bound.key == key).expect("a range");
        for end in [bound.low, bound.high] {
            let errors = desk.errors(&with_number(&section, &key, line, end, whole), &[]);
            let refused = errors.iter().find(|(_, message)| message.contains(&format!("write {} to ", bound.low)));
            assert_eq!(refused, None, "[{section}] {key} = {end}");
        }
    }
}

#[test]
fn what_is_no_directory_or_no_socket_or_no_host_is_refused() {
    let desk = Desk::new();
    let file = desk.file("a-file", "text");
    let long = desk.dir.path().join("x".repeat(120));
    let errors = desk.errors(
        &format!(
            "[store]\npath = {file:?}\nbackup_dir = {:?}\ncontrol_socket = {:?}\n[journal]\npath = {:?}\n\
             [http]\nallowed_hosts = [\"park.local\", \"http://park.local/\"]\n",
            file.join("deeper"),
            desk.dir.path(),
            file.join("journal"),
        ),
        &[],
    );
    let expected = [
        ("2:1", "path needs a directory"),
        ("3:1", "a-file is none"),
        ("4:1", "is the directory"),
        ("6:1", "path needs a directory"),
        ("8:1", "allowed_hosts names \"http://park.local/\""),
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for ((place, message), (line, part)) in errors.iter().zip(expected) {
        assert!(place == line && message.contains(part), "{place} {message:?} should be at {line} and say {part:?}");
    }
    let errors = desk.errors(&format!("[store]\npath = {long:?}\n"), &[]);
    assert!(errors.len() == 1 && errors[0].1.contains("at most 107 bytes"), "{errors:#?}");
}

#[test]
fn waits_must_fit_together() {
    let desk = Desk::new();
    for (text, line) in [
        ("[reorder]\nwatermark_s = 0\n", "2:1"),
        ("[reorder]\nwatermark_s = 20.5\nmax_hold_s = 25\n", "2:1"),
        ("[reorder]\nwatermark_s = 13\n", "2:1"),
        ("[reorder]\nmax_hold_s = 7.0\n", "2:1"),
        ("[reorder]\nidle_s = 0\n", "2:1"),
        ("[reorder]\nidle_s = 12.5\n", "2:1"),
        ("[reorder]\nidle_s = nan\n", "2:10"),
    ] {
        let errors = desk.errors(text, &[]);
        assert_eq!(errors.len(), 1, "{text}: {errors:#?}");
        assert_eq!(errors[0].0, line, "{text}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused_where_they_were_written() {
    let desk = Desk::new();
    let dir = desk.dir.path().display();
    for (text, line, part) in [
        ("[http]\nconnections = 100\n".to_owned(), "2:1", "connections_per_address is 256, above connections (100)"),
        (
            "[http]\nconnections_per_address = 20\n".to_owned(),
            "2:1",
            "live_per_address is 64, above connections_per_address",
        ),
        ("[environment]\nold_s = 200\n".to_owned(), "2:1", "stale_s is 300, above old_s (200)"),
        ("[tracking]\ncommon_px = 1.5\n".to_owned(), "2:1", "disagree_px is 1, not above common_px"),
        ("[readiness]\nhold_confidence = 1.0\n".to_owned(), "2:1", "write 0 to 0.95"),
        ("[calibration]\nrearm_confidence = 1.0\n".to_owned(), "2:1", "write 0 to 0.95"),
        ("[store]\nbackups_keep = -1\n".to_owned(), "2:16", "is -1; write a whole number, 0 to 10000 (7 is usual)"),
        ("[readiness]\nalerts_max = -1\n".to_owned(), "2:1", "is -1; write 1 to 100000 (1000 is usual)"),
        ("[log]\nlevel = \"info,inges=debug\"\n".to_owned(), "2:9", "no room of this program"),
        (format!("[store]\npath = \"{dir}/x\"\n[journal]\npath = \"{dir}/x\"\n"), "4:1", "where the database is"),
        (format!("[store]\npath = \"{dir}/x/y\"\n[journal]\npath = \"{dir}/x\"\n"), "4:1", "where the database is"),
        (format!("[store]\npath = \"{dir}/x\"\nbackup_dir = \"{dir}/x\"\n"), "3:1", "where the database is"),
        (format!("[store]\npath = \"{dir}/x\"\n[journal]\npath = \"{dir}/x/backups\"\n"), "4:1", "where backups are"),
    ] {
        let errors = desk.errors(&text, &[]);
        assert_eq!(errors.len(), 1, "{text}: {errors:#?}");
        assert!(errors[0].0 == line && errors[0].1.contains(part), "{text}: {errors:#?}");
    }
    desk.load(
        &format!("[store]\npath = \"{dir}/x\"\nbackup_dir = \"{dir}/b\"\n[journal]\npath = \"{dir}/x/journal\"\n"),
        &[],
    )
    .expect("the journal has a directory of its own within the database's");
}

#[test]
fn where_the_store_is_can_be_told_whatever_is_wrong_elsewhere() {
    let desk = Desk::new();
    let alone = |text: &str| {
        let none = std::iter::empty::<(OsString, OsString)>();
        Config::store_alone(Path::new("pitchguard.toml"), text, none).map(|store| store.path)
    };
    let elsewhere =
        "[ingest]\nauth = \"required\"\nkeys_file = \"/nowhere\"\n[store]\npath = \"/x\"\n[reorder]\nidle_s = 99\n";
    assert!(!desk.errors(elsewhere, &[]).is_empty());
    assert_eq!(alone(elsewhere), Ok(PathBuf::from("/x")));
    assert_eq!(alone("[store]\npath = \"/x\"\n[http]\nlisten = = 7\n"), Ok(PathBuf::from("/x")));
    assert!(alone("[http]\nlisten = = 7\n").is_err(), "the rest of it may have named the store");
    assert!(alone("[store]\npath = \"/x\"\ncommit_ms = 0\n").is_err());
}

#[test]
fn what_passes_here_the_watermark_buffer_takes() {
    let desk = Desk::new();
    for (watermark, hold) in [(0.001, 0.002), (7.0, 12.0), (15.0, 15.1), (15.0, 30.0)] {
        let idle = 5.0_f64.min(hold);
        let text = format!("[reorder]\nwatermark_s = {watermark}\nmax_hold_s = {hold}\nidle_s = {idle}\n");
        let (config, _) = desk.load(&text, &[]).expect("within the bounds");
        let venue = config.venue.load().expect("the built-in venue");
        config.reorder.buffer(&venue).check().expect("the buffer takes it");
    }
}

#[test]
fn what_config_show_prints_can_be_read_back_to_the_same() {
    let desk = Desk::new();
    let text =
        "[ingest]\nsources = { 2 = \"192.0.2.2\" }\n[http]\nallowed_hosts = [\"a\", \"b\"]\n[reorder]\nidle_s = 4\n";
    let (config, provenance) = desk.load(text, &[]).expect("good");
    let shown = provenance.to_string();
    assert!(shown.contains("pitchguard.toml:2:1") && shown.contains("# default"), "{shown}");
    assert_eq!(desk.load(&shown, &[]).expect("it is a good file too").0, config);
    let json: serde_json::Value = serde_json::from_str(&provenance.to_json().expect("JSON")).expect("JSON");
    assert!(json.as_array().is_some_and(|rows| rows.iter().any(|r| r["key"] == "idle_s" && r["value"] == 4.0)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_panics_and_every_place_is_in_the_file(text in "[\\[\\]a-z_={}\",.0-9\\n é#']{0,200}") {
        let desk = Desk::new();
        if let Err(errors) = desk.load(&text, &[]) {
            prop_assert!(!errors.0.is_empty());
            for error in errors.0 {
                if let Place::File { line, .. } = error.place {
                    prop_assert!(line <= text.matches('\n').count() + 1);
                }
            }
        }
    }
}

#[test]
fn a_setting_of_an_earlier_version_is_refused_with_what_took_its_place() {
    let errors = Desk::new().errors("[readiness]\nsame_day_hours = 12\n", &[]);
    let [(place, message)] = errors.as_slice() else { panic!("{errors:?}") };
    assert_eq!(place, "2:1");
    assert!(message.contains("no setting any more") && message.contains("day of baseball"), "{message}");
}
