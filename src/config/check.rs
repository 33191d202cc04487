//! What must hold across keys, and of the files that they name.

use super::reader::Reader;
use super::{Auth, Config, Place, ReorderConfig};
use crate::environment::Quantity;
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
    environment(config, r);
    readiness(config, r);
    calibration(config, r);
    if let Err(error) = config.journal.check() {
        let place = r.place_of("journal", error.key);
        r.report(place, format!("[journal] {error}"));
    }
    for (key, why) in config.risk.errors() {
        let place = r.place_of("risk", key);
        r.report(place, format!("[risk] {key} {why}"));
    }
    upstream(config, r);
}

fn upstream(config: &Config, r: &mut Reader<'_>) {
    let faults = config.upstream.errors();
    for (key, why) in &faults {
        // What is missing has no place of its own.
        let place = match r.place_of("upstream", key) {
            Place::Default => r.place_of("upstream", "kind"),
            place => place,
        };
        r.report(place, format!("[upstream] {key} {why}"));
    }
    if config.upstream.is_on()
        && faults.is_empty()
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
}

fn environment(config: &Config, r: &mut Reader<'_>) {
    for quantity in Quantity::ALL {
        let limits = config.environment.limits(quantity);
        if limits.low >= limits.high {
            let place = r.place_of("environment", quantity.name());
            let (name, low, high) = (quantity.name(), limits.low, limits.high);
            r.report(place, format!("[environment] {name}: low is {low} and high {high}; write low below high"));
        }
    }
    if config.environment.stale_s <= 0.0 {
        let place = r.place_of("environment", "stale_s");
        r.report(place, "[environment] stale_s is 0; write a number of seconds above 0 (300.0 is usual)".into());
    }
}

fn readiness(config: &Config, r: &mut Reader<'_>) {
    let readiness = &config.readiness;
    let ramps = [
        ("velocity", readiness.velocity),
        ("spin", readiness.spin),
        ("height", readiness.height),
        ("mechanics", readiness.mechanics),
        ("dose", readiness.dose),
        ("acwr", readiness.acwr),
        ("rest", readiness.rest),
    ];
    for (key, ramp) in ramps {
        if ramp.span <= 0.0 {
            let place = r.place_of("readiness", key);
            r.report(place, format!("[readiness] {key}: span is {}; write more than 0, or points = 0", ramp.span));
        }
    }
    let counts = [
        ("pitchers_max", readiness.pitchers_max),
        ("alerts_max", readiness.alerts_max),
        ("alerts", readiness.alerts.raise_pitches.min(readiness.alerts.clear_pitches) as usize),
    ];
    for (key, count) in counts {
        if count == 0 {
            let place = r.place_of("readiness", key);
            r.report(place, format!("[readiness] {key}: a count is 0; write 1 or more"));
        }
    }
    for (key, cap) in [("starter_cap", readiness.starter_cap), ("reliever_cap", readiness.reliever_cap)] {
        if cap <= 0.0 {
            let place = r.place_of("readiness", key);
            r.report(place, format!("[readiness] {key} is {cap}; write a number of pitches above 0"));
        }
    }
}

fn calibration(config: &Config, r: &mut Reader<'_>) {
    let calibration = &config.calibration;
    if !(calibration.ewma_lambda > 0.0 && calibration.ewma_lambda <= 1.0) {
        let place = r.place_of("calibration", "ewma_lambda");
        let message = format!(
            "[calibration] ewma_lambda is {}; write more than 0 and at most 1 (0.1 is usual)",
            calibration.ewma_lambda
        );
        r.report(place, message);
    }
    // What is divided by, or would make a filter certain of what it cannot know.
    let above_zero = [
        ("walk_px", calibration.walk_px),
        ("pitch_s", calibration.pitch_s),
        ("surveyed_px", calibration.surveyed_px),
        ("surveyed_turn", calibration.surveyed_turn),
        ("surveyed_clock_ns", calibration.surveyed_clock_ns),
        ("common_px", calibration.common_px),
        ("watch_px", calibration.watch_px),
        ("correct_px", calibration.correct_px),
    ];
    for (key, value) in above_zero {
        if value <= 0.0 {
            let place = r.place_of("calibration", key);
            r.report(place, format!("[calibration] {key} is {value}; write more than 0"));
        }
    }
    if calibration.alarm_px < calibration.watch_px {
        let place = r.place_of("calibration", "alarm_px");
        let message = format!(
            "[calibration] alarm_px is {}, below watch_px ({}); an alarm is worse than a watch",
            calibration.alarm_px, calibration.watch_px
        );
        r.report(place, message);
    }
}
