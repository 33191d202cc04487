//! The risk model's families.

use std::fmt;

use prometheus_client::metrics::MetricType;

use super::{Families, Labels, no_labels};
use crate::observe::RiskStatus;

impl Families<'_> {
    pub(super) fn risk(&mut self, status: &RiskStatus) -> fmt::Result {
        let labels: &Labels<'_> = &[("version", &status.model_version)];
        self.0
            .encode_descriptor("risk_model", "The risk model that serves", None, MetricType::Info)?
            .encode_info(&labels)?;
        let inputs = status.inputs.iter().map(|(feature, psi)| (vec![("feature", feature.as_str())], *psi));
        let help = "How far an input has moved since training: from 0.1 look, from 0.25 act";
        self.gauges("risk_input_psi", help, None, inputs)?;
        if let Some(outcomes) = status.outcomes {
            let kinds = [("came", outcomes.came), ("foretold", outcomes.foretold)];
            let kinds = kinds.into_iter().map(|(kind, count)| (vec![("kind", kind)], count));
            let help = "Days of pitching with a placement within 21 days since the training data ended";
            self.gauges("risk_placements", help, None, kinds)?;
            let help = "How far apart these are, in standard deviations: from 3 look, from 6 act";
            self.gauges("risk_placements_z", help, None, [(no_labels(), outcomes.z)])?;
        }
        if let Some(fault) = status.fault {
            let help = "1 where the model should be trained anew";
            self.gauges("risk_model_fault", help, None, [(no_labels(), u32::from(fault))])?;
        }
        Ok(())
    }
}
