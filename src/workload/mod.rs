//! What a pitcher carries (science.md §5): one science for what readiness is told, for what the analyst is shown and for what the
//! risk model learns.

mod carried;
mod outing;
mod report;
mod told;

pub use carried::{HISTORY_DAYS, Role, Workload, acute_chronic, newest_days, rest_asked};
pub use outing::OutingKey;
pub use report::{KNOWN_FOR_D, LOOK_BACK_D, Until, needed_from, pap3, report, report_of};
pub use told::{DailyLoad, RANGE_D, Roles, WorkloadAppearance, WorkloadReport, WorkloadSummary};
