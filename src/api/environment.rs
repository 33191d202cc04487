//! `/api/environment`: what the park's sensors tell, and which of them are not believed.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::ProblemDetails;
use super::state::ApiState;
use crate::environment::density::STANDARD_KG_M3;
use crate::environment::{BrokerState, BrokerStatus, Conditions, Counts, Quantity, SensorReport, Speaker, Why};
use crate::ids::{BoxNs, EventNs};
use crate::moment::rfc3339;

/// The environment as of the moment of reading.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EnvironmentReport {
    /// How it stands with the sensors, in words.
    summary: String,
    /// The connection to the sensors' broker.
    broker: SensorBroker,
    /// °C.
    temperature_c: Option<FusedValue>,
    /// Relative, %.
    humidity_pct: Option<FusedValue>,
    /// Station pressure, hPa.
    pressure_hpa: Option<FusedValue>,
    /// m/s.
    wind_speed_mps: Option<FusedValue>,
    /// Where the wind comes from, degrees.
    wind_direction_deg: Option<FusedValue>,
    /// Density of the air; absent without fresh temperature and pressure.
    air_density: Option<AirDensity>,
    /// Every sensor with its last values.
    sensors: Vec<Sensor>,
    /// Values that are not used, and why.
    left_out: Vec<LeftOutValue>,
    /// How each camera shakes.
    vibration: Vec<CameraVibration>,
    /// Who speaks on this venue's topics, with what was not believed of it last.
    speakers: Vec<SensorSpeaker>,
    /// Messages by what became of them.
    counts: Counts,
}

/// Who speaks on this venue's topics.
#[derive(Debug, Serialize, ToSchema)]
struct SensorSpeaker {
    /// Its topic, without `stadium/{venue}/`.
    name: String,
    /// How long ago it was heard, s.
    age_s: f64,
    /// Messages that told something.
    heard: u64,
    /// Messages of which all or a part was not believed.
    refused: u64,
    /// How far its clock is ahead of this box's, s, where that is allowed for; 0 while they agree.
    clock_off_s: f64,
    /// What was not believed last; null while all was.
    refusal: Option<SensorRefusal>,
}

/// What was not believed of a sensor.
#[derive(Debug, Serialize, ToSchema)]
struct SensorRefusal {
    /// How long ago it came, s.
    age_s: f64,
    /// Whether nothing of the message was believed.
    whole: bool,
    /// Which field, what it says, and what is wanted.
    why: String,
    /// How the message began.
    sample: String,
}

/// The connection to the broker.
#[derive(Debug, Serialize, ToSchema)]
struct SensorBroker {
    /// How it stands.
    state: BrokerState,
    /// Its address, without password.
    url: Option<String>,
    /// Since when it stands so, RFC 3339.
    since: String,
    /// Times that it was reached.
    connects: u64,
    /// Why it was lost, or not reached, last.
    error: Option<String>,
}

/// A quantity that sensors agree on.
#[derive(Debug, Serialize, ToSchema)]
struct FusedValue {
    /// In the unit of its name.
    value: f64,
    /// Standard deviation for the field's air.
    sd: f64,
    /// Sensors behind it.
    sensors: u32,
    /// Age of the newest of them, s.
    age_s: f64,
    /// Whether it is too old to be used for anything.
    stale: bool,
}

/// Density of the air.
#[derive(Debug, Serialize, ToSchema)]
struct AirDensity {
    /// kg/m³.
    value: f64,
    /// Standard deviation, kg/m³.
    sd: f64,
    /// Over the density of standard conditions at Busch Stadium.
    relative: f64,
}

/// A sensor.
#[derive(Debug, Serialize, ToSchema)]
struct Sensor {
    /// Its name in the topic.
    name: String,
    /// Its last message's own time, RFC 3339.
    at: String,
    /// Age of that, s.
    age_s: f64,
    /// What it told last.
    values: Vec<SensorValue>,
}

/// What a sensor told last of one quantity.
#[derive(Debug, Serialize, ToSchema)]
struct SensorValue {
    /// Which.
    quantity: Quantity,
    /// As it was said.
    value: f64,
    /// Its age, s.
    age_s: f64,
    /// Why it is not used; absent where it is.
    left_out: Option<Why>,
}

/// A value that is not used.
#[derive(Debug, Serialize, ToSchema)]
struct LeftOutValue {
    /// Whose.
    sensor: String,
    /// Of what.
    quantity: Quantity,
    /// As it was said.
    value: f64,
    /// Why.
    why: Why,
    /// The same in words, with the figures.
    detail: String,
}

/// How a camera shakes.
#[derive(Debug, Serialize, ToSchema)]
struct CameraVibration {
    /// The camera's source.
    camera: u8,
    /// g rms.
    rms_g: f64,
    /// Age, s.
    age_s: f64,
    /// Whether it is too old to be used for anything.
    stale: bool,
}

impl EnvironmentReport {
    fn new(conditions: &Conditions, broker: &BrokerStatus, now: BoxNs) -> Self {
        let value = |quantity: Quantity| {
            let fused = conditions.fused[quantity as usize]?;
            let stale = conditions.is_stale(fused.at, now);
            Some(FusedValue {
                value: fused.value,
                sd: fused.sd,
                sensors: fused.sensors,
                age_s: age_s(fused.at, now),
                stale,
            })
        };
        let left_out = conditions.left_out.iter().map(|out| LeftOutValue {
            sensor: out.sensor.clone(),
            quantity: out.quantity,
            value: out.value,
            why: out.why,
            detail: out.detail.clone(),
        });
        let vibration = conditions.vibration.iter().map(|v| CameraVibration {
            camera: v.camera,
            rms_g: v.rms_g,
            age_s: age_s(v.at, now),
            stale: conditions.is_stale(v.at, now),
        });
        Self {
            summary: summary(conditions, broker, now),
            broker: SensorBroker {
                state: broker.state,
                url: broker.url.clone(),
                since: rfc3339(broker.since),
                connects: broker.connects,
                error: broker.error.clone(),
            },
            temperature_c: value(Quantity::TemperatureC),
            humidity_pct: value(Quantity::HumidityPct),
            pressure_hpa: value(Quantity::PressureHpa),
            wind_speed_mps: value(Quantity::WindSpeedMps),
            wind_direction_deg: value(Quantity::WindDirectionDeg),
            air_density: conditions.density_kg_m3(now).map(|density| AirDensity {
                value: density.value,
                sd: density.sd,
                relative: density.value / STANDARD_KG_M3,
            }),
            sensors: conditions.sensors.iter().map(|sensor| Sensor::new(sensor, now)).collect(),
            left_out: left_out.collect(),
            vibration: vibration.collect(),
            speakers: conditions.speakers.iter().map(|speaker| SensorSpeaker::new(speaker, now)).collect(),
            counts: conditions.counts,
        }
    }
}

impl SensorSpeaker {
    fn new(speaker: &Speaker, now: BoxNs) -> Self {
        let age_s = |at: BoxNs| now.0.saturating_sub(at.0) as f64 * 1e-9;
        let refusal = speaker.last.as_ref().map(|last| SensorRefusal {
            age_s: age_s(last.at),
            whole: last.whole,
            why: last.why.clone(),
            sample: last.sample.clone(),
        });
        Self {
            name: speaker.name.clone(),
            age_s: age_s(speaker.heard_at),
            heard: speaker.heard,
            refused: speaker.refused,
            clock_off_s: speaker.clock_off_s,
            refusal,
        }
    }
}

impl Sensor {
    fn new(sensor: &SensorReport, now: BoxNs) -> Self {
        let values = sensor.values.iter().map(|v| SensorValue {
            quantity: v.quantity,
            value: v.value,
            age_s: age_s(v.at, now),
            left_out: v.left_out,
        });
        Self {
            name: sensor.name.clone(),
            at: rfc3339(BoxNs(sensor.at.0)),
            age_s: age_s(sensor.at, now),
            values: values.collect(),
        }
    }
}

/// Age of a sensor's reading, s; one whose clock is a little ahead is new.
fn age_s(at: EventNs, now: BoxNs) -> f64 {
    now.0.saturating_sub(at.0) as f64 * 1e-9
}

fn summary(conditions: &Conditions, broker: &BrokerStatus, now: BoxNs) -> String {
    let air = conditions.air(now);
    let minutes = conditions.stale_ns as f64 / 60e9;
    match broker.state {
        BrokerState::Off => {
            "no environment data: [mqtt] url is not set; nothing is adjusted, and confidence assumes the worst"
                .to_owned()
        }
        _ if air.is_known() && air.density_kg_m3.is_some() => "the air is known".to_owned(),
        _ if air.is_known() => "part of the air is known; its density needs temperature and pressure".to_owned(),
        BrokerState::Listening => {
            format!(
                "no environment data: no sensor has told of the air for {minutes:.0} min; look at sensors and counts"
            )
        }
        BrokerState::Connecting => "no environment data: the broker is not reached; broker.error says why".to_owned(),
        BrokerState::Refused => {
            "no environment data: the broker does not let this box subscribe; see its access list".to_owned()
        }
    }
}

/// What the park's sensors tell: fused values with their ages, every sensor, those left out and why.
#[utoipa::path(get, path = "/api/environment", tag = "environment", responses(
    (status = 200, body = EnvironmentReport),
    (status = "default", body = ProblemDetails, content_type = "application/problem+json", description = "Problem details"),
))]
pub(super) async fn report(State(state): State<ApiState>) -> Json<EnvironmentReport> {
    let environment = &state.environment;
    Json(EnvironmentReport::new(&environment.conditions(), &environment.broker(), state.clock.now()))
}
