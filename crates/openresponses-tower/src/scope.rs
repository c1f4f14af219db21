//! Whose request it is.

use std::fmt;
use std::sync::Arc;

/// The tenant on whose behalf a request is made. What one scope stores, no other can see.
///
/// A provider finds it in the extensions of its request.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scope(Arc<str>);

impl Scope {
    /// The scope of a tenant.
    #[must_use]
    pub fn new(tenant: &str) -> Self {
        Self(Arc::from(tenant))
    }

    /// The scope of services that know no tenants.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::new("")
    }

    /// The tenant's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A tenant's name may be a secret, such as the hash of a key.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scope(..)")
    }
}
