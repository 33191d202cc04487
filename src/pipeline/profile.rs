//! What is known of a pitcher before his first pitch of the day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::features::baseline::PitcherBaseline;
use crate::ids::PitcherId;
use crate::readiness::InjuryRisk;
use crate::tracking::pitch::Pitch;
use crate::workload::Workload;

/// What is known of a pitcher before his first pitch of the day.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Profile {
    /// Name for people.
    pub name: Option<String>,
    /// What is usual for him, without today.
    pub baseline: Option<PitcherBaseline>,
    /// What he carried into today.
    pub workload: Workload,
    /// What an injury model told of him before today; none where none serves.
    pub risk: Option<InjuryRisk>,
    /// Why none was told, in a coach's words; none where one was, or nobody was asked.
    pub risk_absent: Option<String>,
}

/// Where profiles come from: the store behind the daemon, a table in tests. Asked once an outing.
pub trait Profiles: Send {
    /// What is known of a pitcher before that day.
    fn profile(&mut self, pitcher: PitcherId, day: Date) -> Profile;

    /// What people call him, asked when a mark names him first and when names came in; none where no profile is needed to
    /// know that.
    fn name(&mut self, _pitcher: PitcherId) -> Option<String> {
        None
    }

    /// Whether a ball that crosses the plate at that event time, and was found as this pitch, is the throw of a final one of
    /// before: its frames came again. Asked of what this run has not published yet.
    fn is_old_throw(&mut self, _pitch: &Pitch) -> bool {
        false
    }
}
