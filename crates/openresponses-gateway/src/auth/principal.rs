use std::collections::BTreeMap;
use std::fmt;

use http::Extensions;
use openresponses_tower::{Authorized, Scope};

/// Who a request is from: a tenant, and what else its credentials say.
///
/// It is in the extensions of the request that a provider gets, whether an [`Auth`](super::Auth)
/// decided as a layer or at the endpoint. A host whose own hook makes one converts it into what
/// the hook yields:
///
/// ```
/// use http::request::Parts;
/// use openresponses_gateway::auth::Principal;
/// use openresponses_tower::{Authorized, Config, Error, Scope};
///
/// async fn check() -> Result<Authorized, Error> {
///     Ok(Principal::new(Scope::new("acme")).attribute("plan", "gold").into())
/// }
/// let config = Config::new().authorize(|_: &Parts| check());
/// # let _ = config;
/// ```
///
/// Attributes are plain text:
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

    /// Who a request is from, as its extensions say. The [`Scope`] there counts: a principal of
    /// another tenant, which a layer in front may have left, is not who the endpoint let in. Where
    /// only a scope is known the principal has no attributes; where nothing is, it is
    /// [anonymous](Scope::anonymous).
    #[must_use]
    pub fn from_extensions(extensions: &Extensions) -> Self {
        match (extensions.get::<Self>(), extensions.get::<Scope>()) {
            (Some(principal), Some(scope)) if principal.scope == *scope => principal.clone(),
            (Some(principal), None) => principal.clone(),
            (_, scope) => Self::new(scope.cloned().unwrap_or_else(Scope::anonymous)),
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

impl From<Principal> for Authorized {
    fn from(principal: Principal) -> Self {
        Self::new(principal.scope.clone()).with_extension(principal)
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
