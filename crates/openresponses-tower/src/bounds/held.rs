use std::sync::Arc;

use super::Tenant;
use super::limits::BoundedResource;
use crate::error::Error;

/// An amount of a resource that a tenant holds until this is dropped, made by
/// [`Bounds::hold`](super::Bounds::hold).
///
/// ```
/// use openresponses_tower::bounds::Held;
/// use openresponses_tower::Error;
///
/// /// Counts a file that is sent to a client.
/// fn count(file: &[u8], held: &mut Held) -> Result<(), Error> {
///     held.grow(file.len() as u64)
/// }
/// # let _ = count;
/// ```
#[derive(Debug)]
pub struct Held {
    tenant: Arc<Tenant>,
    resource: BoundedResource,
    amount: u64,
}

impl Held {
    pub(super) fn new(tenant: Arc<Tenant>, resource: BoundedResource) -> Self {
        Self {
            tenant,
            resource,
            amount: 0,
        }
    }

    /// Returns the amount.
    #[must_use]
    pub fn amount(&self) -> u64 {
        self.amount
    }

    /// Returns the tenant that it is counted for.
    pub(crate) fn tenant(&self) -> &Arc<Tenant> {
        &self.tenant
    }

    /// Takes `more`.
    ///
    /// # Errors
    /// The refusal when it is not available; then nothing is taken.
    pub fn grow(&mut self, more: u64) -> Result<(), Error> {
        let whole = self.amount.saturating_add(more);
        self.tenant.take(self.resource, more, whole)?;
        self.amount = whole;
        Ok(())
    }

    /// Changes the amount to `whole`. Changes nothing and returns the refusal when that is not
    /// available.
    pub(crate) fn resize(&mut self, whole: u64) -> Result<(), Error> {
        match self.amount.checked_sub(whole) {
            // All callers share the counts, and a connection calls this with every poll.
            Some(0) => Ok(()),
            Some(less) => {
                self.tenant.give_back(self.resource, less);
                self.amount = whole;
                Ok(())
            }
            None => self.grow(whole - self.amount),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.tenant.give_back(self.resource, self.amount);
    }
}
