//! Why a message is not believed, and how many were not.

use serde::Serialize;
use utoipa::ToSchema;

/// Why a message changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a topic of this venue.
    #[error("not a topic of this venue")]
    Topic,
    /// Longer than any message of a sensor.
    #[error("longer than {max} bytes", max = super::message::PAYLOAD_MAX)]
    Oversized,
    /// Not a JSON object.
    #[error("not a JSON object")]
    NotJson,
    /// Without a time that can be read.
    #[error("without a \"time\" in RFC 3339 or in seconds since 1970")]
    NoTime,
    /// Its own time is ahead of the box's.
    #[error("from the future; set the sensor's clock")]
    Future,
    /// Its own time is long past.
    #[error("of a time long past; set the sensor's clock, or clear the retained message")]
    Old,
    /// Not newer than what the sensor said before: a duplicate, or overtaken.
    #[error("not newer than what is known")]
    Repeated,
    /// None of the known fields is in it.
    #[error("without any known field")]
    Empty,
    /// All its values are beyond belief.
    #[error("beyond belief")]
    Implausible,
    /// More sensors than there is room for.
    #[error("one sensor too many: 64 are known already")]
    TooMany,
}

/// Why one message changes nothing, with what it is about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Complaint {
    /// What it is counted as.
    pub why: Refusal,
    /// The same in words: which field, what it says, and what is wanted.
    pub detail: String,
}

impl Complaint {
    pub(super) fn new(why: Refusal, detail: impl Into<String>) -> Self {
        Self { why, detail: detail.into() }
    }
}

impl From<Refusal> for Complaint {
    fn from(why: Refusal) -> Self {
        Self::new(why, why.to_string())
    }
}

/// Messages by what became of them. `received` is the sum of all others but `implausible_values`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Counts {
    /// Messages that came.
    pub received: u64,
    /// Of those, believed.
    pub accepted: u64,
    /// Not newer than what is known: duplicates and overtaken ones.
    pub repeated: u64,
    /// Not a topic of this venue.
    pub topic: u64,
    /// Too long.
    pub oversized: u64,
    /// Not a JSON object.
    pub not_json: u64,
    /// Without a time.
    pub no_time: u64,
    /// Its own time ahead of the box's.
    pub future: u64,
    /// Its own time long past.
    pub old: u64,
    /// Without a known field.
    pub empty: u64,
    /// All values beyond belief.
    pub implausible: u64,
    /// No room for another sensor.
    pub too_many: u64,
    /// Single values beyond belief, those of accepted messages included.
    pub implausible_values: u64,
}

impl Counts {
    /// Counts one message.
    pub(super) fn count(&mut self, outcome: Result<(), Refusal>) {
        self.received += 1;
        let counter = match outcome {
            Ok(()) => &mut self.accepted,
            Err(Refusal::Topic) => &mut self.topic,
            Err(Refusal::Oversized) => &mut self.oversized,
            Err(Refusal::NotJson) => &mut self.not_json,
            Err(Refusal::NoTime) => &mut self.no_time,
            Err(Refusal::Future) => &mut self.future,
            Err(Refusal::Old) => &mut self.old,
            Err(Refusal::Repeated) => &mut self.repeated,
            Err(Refusal::Empty) => &mut self.empty,
            Err(Refusal::Implausible) => &mut self.implausible,
            Err(Refusal::TooMany) => &mut self.too_many,
        };
        *counter += 1;
    }

    /// Messages that were refused for a fault of theirs; repeated ones are none.
    pub fn refused(&self) -> u64 {
        self.received - self.accepted - self.repeated
    }
}
