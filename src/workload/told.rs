//! A pitcher's workload as it is told.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ids::PitcherId;
use crate::workload::Role;

/// Days of a range of which only one end is told.
pub const RANGE_D: i64 = 30;

/// What roles are told by, and their caps of the dose \[P\].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Roles {
    /// The median outing of a starter has at least so many pitches.
    pub starter_pitches_min: u32,
    /// Dose of a starter.
    pub starter_cap: f64,
    /// Dose of a reliever.
    pub reliever_cap: f64,
}

impl Roles {
    /// The cap of a role's dose, pitches. With no role known it is a starter's: the wrong way round, a reliever's cap would dock every
    /// starter in his second inning.
    pub fn cap(&self, role: Option<Role>) -> f64 {
        match role {
            Some(Role::Starter) | None => self.starter_cap,
            Some(Role::Reliever) => self.reliever_cap,
        }
    }
}

/// One day of pitching.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadAppearance {
    /// `YYYY-MM-DD`.
    pub game_date: String,
    /// Statcast's; absent where none is known.
    pub game_pk: Option<u32>,
    /// Statcast's; absent where unknown.
    pub game_type: Option<String>,
    /// Pitches thrown; at least so many where `partly_seen`.
    pub pitches: u32,
    /// Whether part of it was not seen, or throws that may be his carry no name.
    #[serde(default)]
    pub partly_seen: bool,
    /// Pitches of his that are missing, at least, by the numbers of the game's at-bats; 0 where it is only known that there may be more,
    /// null where none is known to be.
    #[serde(default)]
    pub missing: Option<u32>,
    /// Whether it counts: an outing of which files hold a part feeds no load, dose, role or rest.
    #[serde(default = "counted")]
    pub counted: bool,
    /// Mean, mph.
    pub release_speed: Option<f64>,
    /// Mean, rpm.
    pub release_spin_rate: Option<f64>,
    /// Mean, mph.
    pub effective_speed: Option<f64>,
    /// Whole days since the last day of pitching before; absent where none is known.
    pub rest_days: Option<u32>,
    /// PAP³; absent of relievers.
    pub pap3: Option<f64>,
}

pub(super) fn counted() -> bool {
    true
}

/// What he carries at the end of a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DailyLoad {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Pitches of that day.
    pub pitches: u32,
    /// Today's pitches on the game mound + Σ past ones·2^(−days): the `dose` of that day's readiness.
    pub dose: f64,
    /// The newest day up to this one of which only part was seen, `YYYY-MM-DD`: every count above and below that reaches back to
    /// it is at least what is told, and ratios may be either way off; null where none is within nine weeks.
    #[serde(default)]
    pub partly_seen_on: Option<String>,
    /// Pitches of the last 7 days, this one included.
    pub pitches_7d: u32,
    /// Of the last 14.
    pub pitches_14d: u32,
    /// Of the last 30.
    pub pitches_30d: u32,
    /// EWMA of 7 days, pitches a day.
    pub acute: f64,
    /// EWMA of 28 days that ended where the 7 begin, pitches a day.
    pub chronic: f64,
    /// acute ÷ chronic at the end of this day; absent where too little is known. The readiness of the day is judged by that of the
    /// evening before.
    pub acwr: Option<f64>,
    /// Whole days of rest before this day; absent where no earlier day of pitching is known.
    pub rest_days: Option<u32>,
    /// Days of rest that Pitch Smart advises after his last day of pitching.
    pub rest_days_advised: Option<u32>,
    /// Days short of the rest that any day of pitching before still asks for; 0 where rested.
    pub rest_deficit: Option<u32>,
    /// PAP³ of that day; absent of relievers.
    pub pap3: Option<f64>,
    /// Probability of an arm or shoulder injury within 21 days; absent where no model serves one.
    pub risk: Option<f64>,
}

impl DailyLoad {
    /// Whether only part of the day itself was seen.
    pub fn partly_seen(&self) -> bool {
        self.partly_seen_on.as_ref() == Some(&self.date)
    }
}

/// The range in a few numbers, loads as of its last day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadSummary {
    /// As a roster says, else by the median of his newest days of pitching; null where those are too few to tell.
    pub role: Option<Role>,
    /// Of how many days of pitching, the newest fifteen at most and in the range or not, that is the median; fewer than five tell no role.
    /// Null where a roster says it.
    #[serde(default)]
    pub role_days: Option<u32>,
    /// Days of pitching.
    pub appearances: u32,
    /// Pitches.
    pub pitches: u32,
    /// Mean of a day of pitching; absent where there is none.
    pub pitches_per_appearance: Option<f64>,
    /// Mean rest before them, days.
    pub rest_days_mean: Option<f64>,
    /// Days of pitching with less rest than Pitch Smart advises.
    pub short_rest_appearances: u32,
    /// Days of 100 pitches or more.
    pub hundred_pitch_days: u32,
    /// Dose at the end; absent where nothing of the range is known.
    pub dose: Option<f64>,
    /// Dose that his role is capped at; a starter's where no role is known.
    pub dose_cap: f64,
    /// acute ÷ chronic at the end of the range's last day.
    pub acwr: Option<f64>,
    /// The newest day behind these numbers of which only part was seen, `YYYY-MM-DD`; null where there is none.
    #[serde(default)]
    pub partly_seen_on: Option<String>,
    /// First day on which Pitch Smart's rest is over; not before it where the last days were only partly seen; absent where no
    /// outing is known.
    pub rested_on: Option<String>,
    /// Whether that is not sure: what he may have thrown unseen would ask for more rest.
    #[serde(default)]
    pub rested_on_unsure: bool,
    /// Most pitches of a day that Pitch Smart advises.
    pub pitches_max_advised: u32,
    /// Whose advice it is.
    pub guidance: String,
}

/// A pitcher's workload over a range of days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkloadReport {
    /// MLBAM id.
    pub pitcher: PitcherId,
    /// First day, `YYYY-MM-DD`.
    pub start_date: String,
    /// Last day.
    pub end_date: String,
    /// Outings in the range, oldest first.
    pub appearances: Vec<WorkloadAppearance>,
    /// Every day of the range that is known: from his first known game, to a month after the newest game that the box knows
    /// of anybody. Before and after it is not known what he threw.
    pub loads: Vec<DailyLoad>,
    /// Which days of the range are left out of `loads`, and why; null where none is.
    pub unknown: Option<String>,
    /// What of the last day is not final, in a sentence: the day is not over. Null where the range ends before today.
    #[serde(default)]
    pub not_final: Option<String>,
    /// The newest day that he is known to have pitched on, `YYYY-MM-DD`, in the range or not; null where no outing is known.
    #[serde(default)]
    pub last_game_date: Option<String>,
    /// The range in a few numbers.
    pub summary: WorkloadSummary,
}
