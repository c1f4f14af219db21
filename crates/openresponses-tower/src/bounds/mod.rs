//! What callers hold at once: memory, requests, connections, background responses.
//!
//! ```text
//! Bounds ── limits, and what all callers hold
//!   └─ Tenant ── what one caller holds; lives while it holds anything
//!        ├─ Held ── an amount of one resource, returned when it is dropped
//!        └─ work ── large documents are read and printed beside the threads that serve connections
//! ```

mod claim;
mod held;
mod limits;
mod tenant;
mod work;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

pub(crate) use claim::Claim;
pub use held::Held;
pub use limits::{BoundUsage, BoundedResource};
use limits::{Limit, Limits};
use tenant::Account;
pub(crate) use tenant::Tenant;
pub(crate) use work::{Discarded, Worker, discard};

use crate::scope::Scope;
use crate::workers::Workers;

/// What callers may hold at once, all together and each tenant.
///
/// A tenant beyond its share is refused with 429 `tenant_limit_exceeded`, any caller beyond the
/// total with 503 `overloaded`, both with `retry-after`; over a WebSocket with the error envelope
/// of the same status. A tenant is a [`Scope`]; all anonymous callers are one tenant. One eighth of
/// each amount of memory is reserved for holders of up to 64 KiB, so that large bodies do not lock
/// out small ones.
///
/// Clones share their counts, and so does everything built from one configuration. Changing a limit
/// starts new counts.
///
/// ```
/// use openresponses_tower::bounds::Bounds;
/// use openresponses_tower::Config;
///
/// let bounds = Bounds::new().memory(1 << 30, 256 << 20).background(100, 10);
/// let config = Config::new().bounds(&bounds);
/// for usage in bounds.usage() {
///     println!("{}: {} of {}", usage.resource.as_str(), usage.held, usage.total);
/// }
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct Bounds(Arc<Shared>);

pub(crate) struct Shared {
    limits: Limits,
    all: Account,
    tenants: Mutex<HashMap<Scope, Weak<Tenant>>>,
    refused: limits::Refused,
    workers: Workers,
}

impl Bounds {
    /// Creates the default bounds: 512 MiB of memory, 256 MiB a tenant; 16,384 requests and as many
    /// WebSocket connections, 12,288 a tenant; 256 background responses, 64 a tenant.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Shared::new(Limits::default())))
    }

    /// Sets how many bytes are held by bodies and messages while they are read, by turns, their
    /// conversations and their output, and by the conversations that WebSocket connections
    /// remember. Default: 536,870,912 (512 MiB) and 268,435,456 (256 MiB) a tenant.
    ///
    /// Buffers count by their capacity. A turn counts by an upper bound of what its body takes once
    /// it is read.
    #[must_use]
    pub fn memory(self, total: u64, share: u64) -> Self {
        self.with(BoundedResource::Memory, total, share)
    }

    /// Sets how many requests are in progress, streams and the turns of WebSockets included.
    /// Default: 16,384, and 12,288 a tenant.
    #[must_use]
    pub fn requests(self, total: u64, share: u64) -> Self {
        self.with(BoundedResource::Requests, total, share)
    }

    /// Sets how many WebSocket connections are open. Default: 16,384, and 12,288 a tenant.
    #[must_use]
    pub fn connections(self, total: u64, share: u64) -> Self {
        self.with(BoundedResource::Connections, total, share)
    }

    /// Sets how many background responses are in progress. Default: 256, and 64 a tenant.
    #[must_use]
    pub fn background(self, total: u64, share: u64) -> Self {
        self.with(BoundedResource::Background, total, share)
    }

    /// Returns what is held of each resource.
    #[must_use]
    pub fn usage(&self) -> [BoundUsage; BoundedResource::ALL.len()] {
        BoundedResource::ALL.map(|resource| {
            let Limit { total, share } = self.0.limits.of(resource);
            let (over_share, over_total) = self.0.refused.of(resource);
            BoundUsage {
                resource,
                total,
                share,
                held: self.0.all.used(resource),
                over_share,
                over_total,
            }
        })
    }

    /// Returns a holder of nothing, which may take amounts of a resource for a tenant, for bounds of a
    /// host's own.
    ///
    /// ```
    /// use openresponses_tower::Scope;
    /// use openresponses_tower::bounds::{BoundedResource, Bounds};
    ///
    /// let bounds = Bounds::new().memory(64 << 20, 16 << 20);
    /// let mut held = bounds.hold(&Scope::new("acme"), BoundedResource::Memory);
    /// assert!(held.grow(1 << 20).is_ok() && held.grow(16 << 20).is_err());
    /// assert_eq!(bounds.usage()[0].held, 1 << 20);
    /// drop(held);
    /// assert_eq!(bounds.usage()[0].held, 0);
    /// ```
    #[must_use]
    pub fn hold(&self, scope: &Scope, resource: BoundedResource) -> Held {
        self.tenant(scope).nothing(resource)
    }

    /// Returns the account of a tenant.
    pub(crate) fn tenant(&self, scope: &Scope) -> Arc<Tenant> {
        let new = || Arc::new(Tenant::new(scope.clone(), Arc::clone(&self.0)));
        match self.0.tenants().entry(scope.clone()) {
            Entry::Occupied(mut known) => known.get().upgrade().unwrap_or_else(|| {
                let tenant = new();
                known.insert(Arc::downgrade(&tenant));
                tenant
            }),
            Entry::Vacant(place) => {
                let tenant = new();
                place.insert(Arc::downgrade(&tenant));
                tenant
            }
        }
    }

    fn with(self, resource: BoundedResource, total: u64, share: u64) -> Self {
        let limit = Limit { total, share };
        Self(Arc::new(Shared::new(self.0.limits.with(resource, limit))))
    }
}

impl Shared {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            all: Account::default(),
            tenants: Mutex::default(),
            refused: limits::Refused::default(),
            workers: Workers::one_in(1),
        }
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<Scope, Weak<Tenant>>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.usage()).finish()
    }
}

#[cfg(test)]
mod tests;
