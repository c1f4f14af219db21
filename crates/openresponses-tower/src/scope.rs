//! The tenant of a request.

use std::fmt;
use std::sync::Arc;

/// The tenant of a request. What one scope stores is invisible to every other.
///
/// Providers find it in the extensions of their request.
///
/// ```
/// use openresponses_tower::Scope;
///
/// let scope = Scope::new("acme");
/// assert_eq!(scope.as_str(), "acme");
/// assert_ne!(scope, Scope::anonymous());
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(
    /// `None` for the anonymous scope, which most requests of a service without tenants have.
    Option<Arc<str>>,
);

impl Scope {
    /// Creates the scope of a tenant.
    #[must_use]
    pub fn new(tenant: &str) -> Self {
        Self((!tenant.is_empty()).then(|| Arc::from(tenant)))
    }

    /// Creates the scope for services without tenants.
    #[must_use]
    pub fn anonymous() -> Self {
        Self(None)
    }

    /// Returns the scope in which the requests for approval of this one are kept, apart from what clients can read.
    /// They are deleted with everything else of the tenant.
    ///
    /// ```
    /// use openresponses_tower::Scope;
    ///
    /// let scope = Scope::new("acme");
    /// assert_ne!(scope.of_approvals(), scope);
    /// ```
    #[must_use]
    pub fn of_approvals(&self) -> Self {
        Self::new(&format!("{}\0approvals", self.as_str()))
    }

    /// Returns the tenant's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

/// The name may be a secret, such as the hash of a key, so it is not printed.
impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scope(..)")
    }
}
