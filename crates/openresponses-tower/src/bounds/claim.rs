use std::sync::Arc;

use super::limits::BoundedResource;
use super::{Held, Tenant};
use crate::error::Error;

/// What one request holds, from its authorization until its response was sent.
#[derive(Debug)]
pub(crate) struct Claim {
    tenant: Arc<Tenant>,
    _request: Held,
    memory: Held,
}

impl Claim {
    /// Claims a request of a tenant.
    pub(crate) fn new(tenant: Arc<Tenant>) -> Result<Self, Error> {
        let request = tenant.hold(BoundedResource::Requests, 1)?;
        let memory = tenant.nothing(BoundedResource::Memory);
        Ok(Self {
            tenant,
            _request: request,
            memory,
        })
    }

    /// Returns the tenant.
    pub(crate) fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// Returns the memory that the request holds.
    pub(crate) fn memory(&mut self) -> &mut Held {
        &mut self.memory
    }
}
