//! Settings of a gateway.

use std::sync::Arc;

use http::request::Parts;
use openresponses_tower::ids::RandomIds;
use openresponses_tower::{Error, Scope};
use openresponses_types::sequence::{IdGenerator, IdKind};

use super::failover::is_retryable;
use super::held::HeldBytes;
use crate::auth::RateLimit;
use crate::budget::{Budgets, PriceTable};
use crate::capability::CapabilityPolicy;
use crate::health::RetryBudget;
use crate::observe::Observer;

/// Decides from a request's head whether the caller may use a model.
type Permit = dyn Fn(&Parts, &str) -> bool + Send + Sync;

pub(super) struct Settings {
    pub(super) failover: Box<dyn Fn(&Error) -> bool + Send + Sync>,
    pub(super) max_attempts: usize,
    pub(super) is_reported: bool,
    pub(super) policy: CapabilityPolicy,
    pub(super) binds: bool,
    pub(super) budget: Option<RetryBudget>,
    pub(super) observer: Option<Arc<dyn Observer>>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) permit: Option<Box<Permit>>,
    pub(super) limit: Option<RateLimit>,
    pub(super) budgets: Option<Budgets>,
    pub(super) prices: PriceTable,
    pub(super) held: HeldBytes,
}

impl Settings {
    pub(super) fn new() -> Self {
        Self {
            failover: Box::new(is_retryable),
            max_attempts: 8,
            is_reported: true,
            policy: CapabilityPolicy::new(),
            binds: true,
            budget: None,
            observer: None,
            ids: Arc::new(RandomIds),
            permit: None,
            limit: None,
            budgets: None,
            prices: PriceTable::new(),
            held: HeldBytes::default(),
        }
    }

    /// Counts a request of the caller, or refuses it.
    pub(super) fn count(&self, head: &Parts) -> Result<(), Error> {
        let Some(limit) = &self.limit else {
            return Ok(());
        };
        match head.extensions.get() {
            Some(scope) => limit.take_for(scope, head),
            None => limit.take_for(&Scope::anonymous(), head),
        }
    }

    /// Returns true if the caller may use the model.
    pub(super) fn permits(&self, head: &Parts, model: &str) -> bool {
        let permit = self.permit.as_ref();
        permit.is_none_or(|permit| permit(head, model))
    }

    pub(super) fn generation_id(&self) -> String {
        let mut id = self.ids.id(IdKind::Request);
        // A host's generator may leave the prefix out.
        let prefix = IdKind::Request.prefix();
        let replaced = if id.starts_with(prefix) {
            prefix.len()
        } else {
            0
        };
        id.replace_range(..replaced, "gen_");
        id
    }
}
