use std::sync::Arc;

use super::limits::BoundedResource;
use super::{Held, Tenant, Worker};
use crate::error::Error;
use crate::workers::runtime_for;

/// What one request holds, from its authorization until its response was sent.
#[derive(Debug)]
pub(crate) struct Claim {
    tenant: Arc<Tenant>,
    request: RequestHeld,
    memory: Held,
}

/// The request of a claim.
#[derive(Debug)]
enum RequestHeld {
    Alone(#[expect(dead_code, reason = "given back when it is dropped")] Held),
    /// Given back with the last of the claims that share it.
    Shared(Arc<Self>),
}

impl Claim {
    /// Claims a request of a tenant.
    pub(crate) fn new(tenant: Arc<Tenant>) -> Result<Self, Error> {
        let request = tenant.hold(BoundedResource::Requests, 1)?;
        let memory = tenant.nothing(BoundedResource::Memory);
        Ok(Self {
            tenant,
            request: RequestHeld::Alone(request),
            memory,
        })
    }

    /// Returns a claim without memory that is of the same request, which is in progress until both are
    /// dropped: a turn may end before its response was sent, and the reverse.
    pub(crate) fn share(&mut self) -> Self {
        let nothing = RequestHeld::Alone(self.tenant.nothing(BoundedResource::Requests));
        let shared = match std::mem::replace(&mut self.request, nothing) {
            RequestHeld::Shared(shared) => shared,
            alone @ RequestHeld::Alone(_) => Arc::new(alone),
        };
        self.request = RequestHeld::Shared(Arc::clone(&shared));
        Self {
            tenant: Arc::clone(&self.tenant),
            request: RequestHeld::Shared(shared),
            memory: self.tenant.nothing(BoundedResource::Memory),
        }
    }

    /// Returns the tenant.
    pub(crate) fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// Returns the bytes that the request holds.
    pub(crate) fn bytes(&self) -> u64 {
        self.memory.amount()
    }

    /// Returns what works on all that the request holds.
    pub(crate) fn worker(&self) -> Worker {
        Worker::new(Arc::clone(&self.tenant), self.bytes())
    }

    /// Returns the memory that the request holds.
    pub(crate) fn memory(&mut self) -> &mut Held {
        &mut self.memory
    }

    /// Ends the request and returns its memory.
    pub(crate) fn into_memory(self) -> Held {
        self.memory
    }

    /// Does work on so many bytes, which may claim more memory. See [`Tenant::work`].
    pub(crate) async fn work<T, F>(&mut self, bytes: u64, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Held) -> T + Send + 'static,
    {
        if runtime_for(bytes).is_none() {
            return Ok(work(&mut self.memory));
        }
        // The work may outlive the request.
        let nothing = self.tenant.nothing(BoundedResource::Memory);
        let mut memory = std::mem::replace(&mut self.memory, nothing);
        let work = move || (work(&mut memory), memory);
        let (done, memory) = self.tenant.work(bytes, work).await?;
        self.memory = memory;
        Ok(done)
    }
}
