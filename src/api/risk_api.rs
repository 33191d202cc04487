//! Injury risk as the API serves it.

use std::sync::Arc;

use super::limit::Buckets;
use crate::risk::service::RiskService;

/// Risk as the API serves it: the service, and how often each client may ask.
#[derive(Debug)]
pub struct RiskApi {
    pub(super) service: Arc<RiskService>,
    pub(super) asked: Buckets,
}

impl RiskApi {
    /// Serves this service under its configured limits.
    pub fn new(service: impl Into<Arc<RiskService>>) -> Self {
        let service = service.into();
        let asked = Buckets::new(f64::from(service.config().requests_per_minute));
        Self { service, asked }
    }

    /// The service behind it.
    pub fn service(&self) -> &RiskService {
        &self.service
    }
}
