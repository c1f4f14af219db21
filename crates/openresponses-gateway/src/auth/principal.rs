use std::collections::BTreeMap;
use std::fmt;

use openresponses_tower::Scope;

/// Who a request is from: a tenant, and what else its credentials say.
///
/// Behind an [`Auth`](super::Auth), as a layer or at the endpoint, it is in the request's extensions.
///
/// ```
/// use openresponses_gateway::auth::Principal;
/// use openresponses_tower::Scope;
///
/// let principal = Principal::new(Scope::new("acme")).attribute("plan", "gold");
/// assert_eq!(principal.get("plan"), Some("gold"));
/// assert_eq!(principal.get("role"), None);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Principal {
    scope: Scope,
    attributes: BTreeMap<String, String>,
}

impl Principal {
    /// A principal of a tenant.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            attributes: BTreeMap::new(),
        }
    }

    /// Sets an attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// The tenant: what it stores, no other can see.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The attribute `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// All attributes, by name.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.attributes.iter();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Values may be personal: only the names are shown.
impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("scope", &self.scope)
            .field("attributes", &self.attributes.keys())
            .finish()
    }
}
