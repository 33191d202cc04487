//! What goes to the cloud: schema-versioned JSON, one document a summary.
//!
//! A document is an envelope (who, which, when) around `data`, whose fields are those that the API shows for the same thing,
//! under the same names. `docs/summary-schema/v1.json` is its JSON Schema. Within a version fields are only added, and
//! only such as may be absent; anything else is a new version, and the older one's golden documents stay in the tests.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::config::BoxName;
use crate::ids::BoxNs;
use crate::moment::rfc3339;
use crate::observe::CalibrationStatus;
use crate::readiness::{Alert, AsOf, Readiness};
use crate::records::{AppearanceRecord, PitchRecord, serialize_told};
use crate::risk::metrics::Interval;
use crate::risk::model::Model;
use crate::store::summary::{OutboxRecord, Queued, Summary, SummaryKind};

/// Version of the documents.
pub const SCHEMA: u32 = 1;

/// A document as the cloud receives it. `data` depends on `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Document<T> {
    /// Version of this layout.
    pub schema: u32,
    /// The name of the summary, the same at every attempt: box, epoch and sequence with slashes between. What came twice
    /// under one name is one.
    pub id: String,
    /// `pitch`, `outing`, `readiness`, `alert`, `calibration` or `model`.
    pub kind: String,
    /// The box that made it.
    pub r#box: String,
    /// Drawn when the box's store was created and at every restore: 16 hexadecimal digits.
    pub epoch: String,
    /// Counts the summaries of a box up, over all kinds.
    pub sequence: u64,
    /// `live`, or `backlog` where it had to wait for the line. Documents of one kind and lane come in the order of their
    /// sequence.
    pub lane: String,
    /// Box time at which it was made, RFC 3339.
    pub queued_at: String,
    /// True where it is of an invented person, of `pitchguard simulate` or a rehearsal: nothing in it was thrown. Absent of
    /// everybody else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
    /// What it tells.
    pub data: T,
}

/// A figure of a model on its test year, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelFigure {
    /// On the rows as they are.
    pub value: f64,
    /// 2.5 % of the resamples lie below.
    pub low: f64,
    /// 2.5 % of the resamples lie above.
    pub high: f64,
}

impl From<Interval> for ModelFigure {
    fn from(Interval { value, low, high }: Interval) -> Self {
        Self { value, low, high }
    }
}

/// How far an input has moved from what the model was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InputDrift {
    /// Feature.
    pub feature: String,
    /// Population stability index; above 0.25 is a large move.
    pub psi: f64,
}

/// The injury model that serves, and how it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelSummary {
    /// Its version.
    pub version: String,
    /// RFC 3339.
    pub trained_at: String,
    /// SHA-256 of the feature definitions that it was trained with.
    pub fingerprint: String,
    /// Year that it was tested on.
    pub test_year: i16,
    /// Rows of that year.
    pub test_rows: u64,
    /// Area under the ROC curve.
    pub auc: ModelFigure,
    /// Brier score.
    pub brier: ModelFigure,
    /// Expected calibration error.
    pub ece: ModelFigure,
    /// Placements among the riskiest tenth over the average.
    pub lift_10: ModelFigure,
    /// By input; empty while too little was asked to tell.
    pub drift: Vec<InputDrift>,
}

impl ModelSummary {
    /// Of a model, with how far its inputs have moved.
    pub fn new(model: &Model, drift: Vec<InputDrift>) -> Self {
        let test = &model.record.test;
        Self {
            version: model.version.clone(),
            trained_at: model.trained_at.clone(),
            fingerprint: model.fingerprint.clone(),
            test_year: model.record.test_year,
            test_rows: test.rows as u64,
            auc: test.auc.into(),
            brier: test.brier.into(),
            ece: test.ece.into(),
            lift_10: test.lift_10.into(),
            drift,
        }
    }
}

/// Something to tell the cloud.
#[derive(Debug, Clone, Copy)]
pub enum SummaryEvent<'a> {
    /// A published pitch.
    Pitch(&'a PitchRecord),
    /// A game that is over for a pitcher.
    Outing(&'a AppearanceRecord),
    /// A pitcher's readiness.
    Readiness(&'a Readiness),
    /// An alert that was raised, cleared or acknowledged.
    Alert(&'a Alert),
    /// How the cameras stand.
    Calibration(&'a CalibrationStatus),
    /// The injury model.
    Model(&'a ModelSummary),
}

impl SummaryEvent<'_> {
    /// The summary to queue. None where it cannot be written as JSON, which is logged: a number that is none.
    pub fn summary(self, now: BoxNs) -> Option<Summary> {
        let (kind, pitcher, body) = match self {
            Self::Pitch(pitch) => {
                let mut body = Vec::new();
                let written = serialize_told(pitch, &mut serde_json::Serializer::new(&mut body));
                (SummaryKind::Pitch, pitch.pitcher, written.map(|()| body))
            }
            Self::Outing(outing) => (SummaryKind::Outing, Some(outing.pitcher), serde_json::to_vec(outing)),
            Self::Readiness(readiness) => {
                (SummaryKind::Readiness, Some(readiness.pitcher.0), serde_json::to_vec(&always_aged(readiness, now)))
            }
            Self::Alert(alert) => (SummaryKind::Alert, alert.pitcher.map(|id| id.0), serde_json::to_vec(alert)),
            Self::Calibration(status) => (SummaryKind::Calibration, None, serde_json::to_vec(status)),
            Self::Model(model) => (SummaryKind::Model, None, serde_json::to_vec(model)),
        };
        match body {
            Ok(body) => Some(Summary { kind, queued_ns: now.0, pitcher, body }),
            Err(error) => {
                tracing::error!(%error, kind = kind.as_str(), "a summary cannot be written and does not go to the cloud");
                None
            }
        }
    }
}

/// A readiness as version 1 has it, where `data_age_ms` is a number always: where there is no value, that of his newest
/// pitch. What the value is of, `as_of` says.
fn always_aged(readiness: &Readiness, now: BoxNs) -> Readiness {
    let thrown = || AsOf { pitches: readiness.pitches, at: readiness.last_pitch_at.clone() };
    let age_ms = readiness.data_age_ms.or_else(|| thrown().age_ms(now)).unwrap_or(0);
    Readiness { data_age_ms: Some(age_ms), ..readiness.clone() }
}

/// A summary ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its sequence.
    pub sequence: u64,
    /// What it tells of.
    pub kind: SummaryKind,
    /// Its name.
    pub id: String,
    /// The document's JSON text.
    pub json: Vec<u8>,
}

impl Parcel {
    /// Puts a queued summary in its envelope. `simulated` where it is of an invented person.
    pub fn new(box_name: &BoxName, queued: &Queued, simulated: bool) -> Self {
        let Queued { lane, sequence, record: OutboxRecord { epoch, summary } } = queued;
        let id = format!("{box_name}/{epoch:016x}/{sequence}");
        // Nothing here needs escaping: names are [a-z0-9_-], the rest is digits.
        let head = format!(
            "{{\"schema\":{SCHEMA},\"id\":\"{id}\",\"kind\":\"{}\",\"box\":\"{box_name}\",\"epoch\":\"{epoch:016x}\",\
             \"sequence\":{sequence},\"lane\":\"{}\",\"queued_at\":\"{}\",{}\"data\":",
            summary.kind.as_str(),
            lane.as_str(),
            rfc3339(BoxNs(summary.queued_ns)),
            if simulated { "\"simulated\":true," } else { "" }
        );
        let mut json = Vec::with_capacity(head.len() + summary.body.len() + 1);
        json.extend_from_slice(head.as_bytes());
        json.extend_from_slice(&summary.body);
        json.push(b'}');
        Self { sequence: *sequence, kind: summary.kind, id, json }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::summary::Lane;

    #[test]
    fn an_envelope_is_the_document_that_it_says() {
        let box_name: BoxName = "busch_iii".parse().expect("a name");
        let told = CalibrationStatus { venue: "busch \"iii\"".to_owned(), confidence: Some(0.9), ..Default::default() };
        let summary = SummaryEvent::Calibration(&told).summary(BoxNs(1_700_000_000_123_000_000)).expect("plain data");
        let record = OutboxRecord { epoch: 0xab, summary };
        let queued = Queued { lane: Lane::Backlog, sequence: 7, record };
        let parcel = Parcel::new(&box_name, &queued, false);
        let document: Document<CalibrationStatus> = serde_json::from_slice(&parcel.json).expect("it reads back");
        let expected = Document {
            schema: 1,
            id: "busch_iii/00000000000000ab/7".to_owned(),
            kind: "calibration".to_owned(),
            r#box: "busch_iii".to_owned(),
            epoch: "00000000000000ab".to_owned(),
            sequence: 7,
            lane: "backlog".to_owned(),
            queued_at: "2023-11-14T22:13:20.123Z".to_owned(),
            simulated: false,
            data: told,
        };
        assert_eq!(document, expected);
        let invented = Parcel::new(&box_name, &queued, true);
        let invented: Document<CalibrationStatus> = serde_json::from_slice(&invented.json).expect("it reads back");
        assert_eq!(invented, Document { simulated: true, ..expected.clone() });
        assert_eq!((parcel.id, parcel.sequence), (expected.id, 7));
    }
}
