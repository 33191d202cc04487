//! The families of what surrounds the pipeline.

use std::fmt;

use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use super::{Families, Labels, by_label, no_labels};
use crate::observe::surroundings::{EnvironmentStatus, ModelStatus, PitcherStatus, Surroundings};
use crate::observe::{AccessStatus, SystemStatus};

type PitcherGauge = fn(&PitcherStatus) -> Option<f64>;

impl Families<'_> {
    pub(super) fn surroundings(&mut self, around: &Surroundings) -> fmt::Result {
        if let Some(system) = &around.system {
            self.system(system)?;
        }
        self.access(&around.access)?;
        if let Some(environment) = &around.environment {
            self.environment(environment)?;
        }
        self.model(&around.model)?;
        self.pitchers(&around.pitchers)?;
        let alerts = around
            .alerts
            .iter()
            .map(|((rule, severity), count)| (vec![("rule", rule.as_str()), ("severity", *severity)], *count));
        self.gauges("alerts", "Standing alerts", None, alerts)?;
        let help = "When the newest backup was written";
        let newest = around.newest_backup_s.map(|at| (no_labels(), at));
        self.gauges("backup_newest_timestamp", help, Some(&Unit::Seconds), newest)?;
        let help = "Given up because the disk was full";
        self.counters("disk_shed", help, Some(&Unit::Bytes), [(no_labels(), around.shed_bytes)])
    }

    fn system(&mut self, system: &SystemStatus) -> fmt::Result {
        let bytes = [
            ("process_resident_memory", "Memory of the daemon in RAM", system.process_resident_bytes),
            ("system_memory", "Memory of the machine", system.memory_bytes),
            ("system_memory_available", "Memory that programs may still take", system.memory_available_bytes),
            ("disk_size", "Size of the file system of the store", system.disk_bytes),
            ("disk_free", "What of it is free", system.disk_free_bytes),
        ];
        for (name, help, value) in bytes {
            self.gauges(name, help, Some(&Unit::Bytes), [(no_labels(), value)])?;
        }
        let counts = [
            ("process_open_files", "Open files of the daemon", system.process_open_files),
            ("process_open_files_max", "Open files that it may have", system.process_open_files_max),
            ("process_threads", "Threads of the daemon", system.process_threads),
            ("system_cpus", "Cores of the machine", system.cpus),
        ];
        for (name, help, value) in counts {
            self.gauges(name, help, None, [(no_labels(), value)])?;
        }
        self.seconds_total("process_cpu", "Processor time of the daemon", system.process_cpu_s)?;
        self.seconds_total("system_cpu_busy", "Processor time of the machine that was not idle", system.cpu_busy_s)
    }

    fn seconds_total(&mut self, name: &str, help: &str, seconds: f64) -> fmt::Result {
        let encoder: &mut DescriptorEncoder<'_> = &mut self.0;
        let mut metric = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Counter)?;
        metric.encode_counter::<prometheus_client::encoding::NoLabelSet, _, f64>(&seconds, None)
    }

    fn access(&mut self, access: &AccessStatus) -> fmt::Result {
        self.gauges("api_keys", "Keys of the API in force", None, [(no_labels(), access.keys)])?;
        let outcomes = [("admitted", access.admitted), ("refused", access.refused), ("limited", access.limited)];
        self.counters("api_key_checks", "Keys and cookies that were shown", None, by_label("outcome", &outcomes))
    }

    fn environment(&mut self, environment: &EnvironmentStatus) -> fmt::Result {
        let connected = [(no_labels(), u32::from(environment.connected))];
        self.gauges("environment_connected", "1 while the sensors' broker is listened to", None, connected)?;
        let help = "Times that the broker was reached";
        self.counters("environment_connects", help, None, [(no_labels(), environment.connects)])?;
        let help = "Messages of sensors, by what became of them";
        self.counters("environment_messages", help, None, by_label("outcome", &environment.messages))?;
        self.gauges("environment_sensors", "Sensors heard", None, [(no_labels(), environment.sensors)])?;
        let help = "Values of sensors left out as stale, stuck, absurd or beyond the altitude";
        self.gauges("environment_left_out", help, None, [(no_labels(), environment.left_out)])?;
        let values = [
            ("environment_temperature", "Of the air", Unit::Celsius, environment.temperature_c),
            (
                "environment_humidity",
                "Relative",
                Unit::Other("ratio".to_owned()),
                environment.humidity_pct.map(|pct| pct / 100.0),
            ),
            (
                "environment_pressure",
                "At the station",
                Unit::Other("pascals".to_owned()),
                environment.pressure_hpa.map(|hpa| hpa * 100.0),
            ),
            ("environment_wind", "Speed", Unit::Other("meters_per_second".to_owned()), environment.wind_speed_mps),
        ];
        for (name, help, unit, value) in values {
            self.gauges(name, help, Some(&unit), value.map(|value| (no_labels(), value)))?;
        }
        Ok(())
    }

    fn model(&mut self, model: &ModelStatus) -> fmt::Result {
        let serving = [(no_labels(), u32::from(model.version.is_some()))];
        self.gauges("model_serving", "1 while a risk model serves", None, serving)?;
        if let Some(version) = &model.version {
            let labels: &Labels<'_> = &[("version", version)];
            self.0
                .encode_descriptor("model", "The risk model that serves", None, MetricType::Info)?
                .encode_info(&labels)?;
        }
        let help = "When the risk model was trained";
        let trained = model.trained_s.map(|at| (no_labels(), at));
        self.gauges("model_trained_timestamp", help, Some(&Unit::Seconds), trained)?;
        let help = "Risk assessments, by what became of them";
        self.counters("model_assessments", help, None, by_label("outcome", &model.assessments))
    }

    fn pitchers(&mut self, pitchers: &[PitcherStatus]) -> fmt::Result {
        let ids: Vec<[String; 2]> =
            pitchers.iter().map(|pitcher| [pitcher.pitcher.to_string(), pitcher.mound.to_string()]).collect();
        let [points, mph, ratio] = ["points", "miles_per_hour", "ratio"].map(|unit| Unit::Other(unit.to_owned()));
        let gauges: [(&str, &str, Option<&Unit>, PitcherGauge); 12] = [
            ("pitcher_readiness", "Readiness of an active pitcher, 0–100", Some(&points), |p| p.readiness[0]),
            ("pitcher_readiness_low", "Its 5 % quantile", Some(&points), |p| p.readiness[1]),
            ("pitcher_readiness_high", "Its 95 % quantile", Some(&points), |p| p.readiness[2]),
            ("pitcher_fatigue", "Fatigue, 0–100", Some(&points), |p| p.fatigue),
            ("pitcher_risk", "Risk Index, 0–100", Some(&points), |p| p.risk),
            ("pitcher_velocity_delta", "Velocity of five pitches against his usual", Some(&mph), |p| {
                p.velocity_delta_mph
            }),
            ("pitcher_feature_qa_min", "Smallest QA of a feature", Some(&ratio), |p| p.feature_qa_min),
            ("pitcher_late_data", "Late frames of 25 pitches", Some(&ratio), |p| Some(p.late_data_frac)),
            ("pitcher_calibration_confidence", "Confidence in the cameras behind it", Some(&ratio), |p| {
                p.calibration_confidence
            }),
            ("pitcher_data_age", "Age of his readiness: since the newest pitch behind it", Some(&Unit::Seconds), |p| {
                p.data_age_s
            }),
            ("pitcher_held", "1 while the last value is held", None, |p| Some(f64::from(u8::from(p.held)))),
            ("pitcher_pitches", "Pitches in this outing", None, |p| Some(f64::from(p.pitches))),
        ];
        for (name, help, unit, value) in gauges {
            let each = pitchers.iter().zip(&ids);
            let values = each.filter_map(|(of, [pitcher, mound])| {
                Some((vec![("pitcher", pitcher.as_str()), ("mound", mound.as_str())], value(of)?))
            });
            self.gauges(name, help, unit, values)?;
        }
        Ok(())
    }
}
