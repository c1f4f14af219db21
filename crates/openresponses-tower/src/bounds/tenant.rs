use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::limits::BoundedResource;
use super::{Held, Shared};
use crate::error::{Error, ErrorKind};
use crate::scope::Scope;
use crate::workers::Workers;

/// The most that a holder may take of the reserved memory, in bytes.
const SMALL: u64 = 64 * 1024;

/// The `retry-after` of a refusal.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What is used of each resource.
#[derive(Debug, Default)]
pub(crate) struct Account([AtomicU64; BoundedResource::ALL.len()]);

impl Account {
    pub(super) fn used(&self, resource: BoundedResource) -> u64 {
        self.0[resource.index()].load(Ordering::Relaxed)
    }

    /// Adds `more` unless that exceeds `limit`.
    fn take(&self, resource: BoundedResource, more: u64, limit: u64) -> bool {
        // No other memory is published with the number, so relaxed ordering suffices.
        let relaxed = Ordering::Relaxed;
        self.0[resource.index()]
            .fetch_update(relaxed, relaxed, |used| {
                used.checked_add(more).filter(|used| *used <= limit)
            })
            .is_ok()
    }

    fn give_back(&self, resource: BoundedResource, less: u64) {
        self.0[resource.index()].fetch_sub(less, Ordering::Relaxed);
    }
}

/// The account of one tenant.
pub(crate) struct Tenant {
    scope: Scope,
    account: Account,
    pub(super) bounds: Arc<Shared>,
    /// Made for the first large body.
    pub(super) workers: OnceLock<Workers>,
}

impl Tenant {
    pub(super) fn new(scope: Scope, bounds: Arc<Shared>) -> Self {
        Self {
            scope,
            account: Account::default(),
            bounds,
            workers: OnceLock::new(),
        }
    }

    /// Takes `amount` of a resource.
    pub(crate) fn hold(
        self: &Arc<Self>,
        resource: BoundedResource,
        amount: u64,
    ) -> Result<Held, Error> {
        let mut held = self.nothing(resource);
        held.grow(amount)?;
        Ok(held)
    }

    /// Returns a holder of nothing, which may grow.
    pub(crate) fn nothing(self: &Arc<Self>, resource: BoundedResource) -> Held {
        Held::new(Arc::clone(self), resource)
    }

    /// Takes `more` for a holder that then has `whole`.
    pub(super) fn take(
        &self,
        resource: BoundedResource,
        more: u64,
        whole: u64,
    ) -> Result<(), Error> {
        let limit = self.bounds.limits.of(resource);
        let is_large = resource == BoundedResource::Memory && whole > SMALL;
        let usable = |limit: u64| if is_large { limit - limit / 8 } else { limit };
        let is_total = if !self.account.take(resource, more, usable(limit.share)) {
            false
        } else if !self.bounds.all.take(resource, more, usable(limit.total)) {
            self.account.give_back(resource, more);
            true
        } else {
            return Ok(());
        };
        self.bounds.refused.count(resource, is_total);
        Err(if is_total {
            Error::overloaded().retry_after(RETRY_AFTER)
        } else {
            over_share(resource)
        })
    }

    pub(super) fn give_back(&self, resource: BoundedResource, less: u64) {
        self.account.give_back(resource, less);
        self.bounds.all.give_back(resource, less);
    }
}

/// Tenants that hold nothing take no memory.
impl Drop for Tenant {
    fn drop(&mut self) {
        // Another one of the same scope may have been created meanwhile.
        if let Entry::Occupied(known) = self.bounds.tenants().entry(self.scope.clone())
            && known.get().strong_count() == 0
        {
            known.remove();
        }
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tenant").field(&self.account).finish()
    }
}

fn over_share(resource: BoundedResource) -> Error {
    let message = match resource {
        BoundedResource::Memory => {
            "Your requests in progress take all the memory that you may use at once. Wait for one to end, or send less."
        }
        BoundedResource::Requests => {
            "You have as many requests in progress as you may have at once. Wait for one to end."
        }
        BoundedResource::Connections => {
            "You have as many WebSocket connections as you may have at once. Close one first."
        }
        BoundedResource::Background => {
            "You have as many background responses in progress as you may have at once. Wait for one to end, or cancel one."
        }
    };
    Error::new(ErrorKind::RateLimited, "tenant_limit_exceeded", message)
        .param("authorization")
        .retry_after(RETRY_AFTER)
}
