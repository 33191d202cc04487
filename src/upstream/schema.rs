//! The JSON Schema of what goes to the cloud, made from the types that are sent.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::summary::{Document, ModelSummary, SCHEMA};
use crate::observe::CalibrationStatus;
use crate::readiness::{Alert, Readiness};
use crate::records::{AppearanceRecord, PitchRecord};
use crate::store::summary::SummaryKind;

/// The schema of one document (JSON Schema 2020-12).
pub fn document() -> Value {
    let mut definitions: Vec<(String, RefOr<Schema>)> = Vec::new();
    let of_kinds = SummaryKind::ALL.map(|kind| {
        let data = match kind {
            SummaryKind::Pitch => of::<PitchRecord>(&mut definitions),
            SummaryKind::Outing => of::<AppearanceRecord>(&mut definitions),
            SummaryKind::Readiness => of::<Readiness>(&mut definitions),
            SummaryKind::Alert => of::<Alert>(&mut definitions),
            SummaryKind::Calibration => of::<CalibrationStatus>(&mut definitions),
            SummaryKind::Model => of::<ModelSummary>(&mut definitions),
        };
        json!({
            "if": { "properties": { "kind": { "const": kind.as_str() } } },
            "then": { "properties": { "data": { "$ref": format!("#/$defs/{data}") } } },
        })
    });
    let mut envelope = json!(Document::<ModelSummary>::schema());
    let mut definitions: Map<String, Value> =
        definitions.into_iter().map(|(name, schema)| (name, local(json!(schema)))).collect();
    always_aged(&mut definitions[&*Readiness::name()]);
    let properties = &mut envelope["properties"];
    properties["data"] = json!({ "type": "object", "description": "What it tells, by kind" });
    properties["schema"] = json!({ "const": SCHEMA, "description": "Version of this layout" });
    properties["kind"]["enum"] = SummaryKind::ALL.iter().map(|kind| kind.as_str()).collect();
    properties["lane"]["enum"] = json!(["live", "backlog"]);
    properties["epoch"]["pattern"] = json!("^[0-9a-f]{16}$");
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:pitchguard:summary:v{SCHEMA}"),
        "title": "PitchGuard summary",
        "type": "object",
        "required": envelope["required"],
        "properties": envelope["properties"],
        "allOf": of_kinds,
        "$defs": definitions,
    })
}

/// What version 1 promised of a readiness and the API does not: its age is a number always.
fn always_aged(readiness: &mut Value) {
    readiness["properties"]["data_age_ms"] = json!({
        "type": "integer",
        "format": "int64",
        "description": "Age of the value, ms: since the newest pitch behind it (`as_of`); where there is none, since his \
                        newest pitch",
        "minimum": 0,
    });
    if let Some(required) = readiness["required"].as_array_mut() {
        required.push("data_age_ms".into());
    }
}

/// The name of a type, its definition and those that it needs added.
fn of<T: ToSchema>(definitions: &mut Vec<(String, RefOr<Schema>)>) -> String {
    definitions.push((T::name().into_owned(), T::schema()));
    T::schemas(definitions);
    T::name().into_owned()
}

/// References as they are within one document.
fn local(schema: Value) -> Value {
    match schema {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| match value {
                Value::String(text) if key == "$ref" => (key, text.replace("#/components/schemas/", "#/$defs/").into()),
                value => (key, local(value)),
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(local).collect(),
        plain => plain,
    }
}
