use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::Extensions;
use openresponses_tower::Scope;
use openresponses_tower::authorize::Authorized;

/// The caller of a request: a tenant and attributes of its credentials.
///
/// It is in the extensions of a provider's request, whether an [`Auth`](super::Auth) authenticated
/// as a layer or at the endpoint. A host's own hook converts it into the hook's result:
///
/// ```
/// use http::request::Parts;
/// use openresponses_gateway::auth::Principal;
/// use openresponses_tower::authorize::Authorized;
/// use openresponses_tower::{Config, Error, Scope};
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
pub struct Principal(Arc<Facts>);

/// What is known of a caller. Shared, since each request of a key has a clone of its principal.
#[derive(Clone, PartialEq, Eq)]
struct Facts {
    scope: Scope,
    attributes: BTreeMap<String, String>,
    key_id: Option<String>,
    key_name: Option<String>,
}

impl Principal {
    /// Creates a principal of a tenant.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self(Arc::new(Facts {
            scope,
            attributes: BTreeMap::new(),
            key_id: None,
            key_name: None,
        }))
    }

    fn facts_mut(&mut self) -> &mut Facts {
        Arc::make_mut(&mut self.0)
    }

    /// Returns the principal in a request's extensions. The [`Scope`] takes precedence: a principal
    /// of another tenant, left by an outer layer, is ignored. With only a scope the principal has
    /// no attributes; without either it is [anonymous](Scope::anonymous).
    #[must_use]
    pub fn from_extensions(extensions: &Extensions) -> Self {
        match (extensions.get::<Self>(), extensions.get::<Scope>()) {
            (Some(principal), Some(scope)) if principal.0.scope == *scope => principal.clone(),
            (Some(principal), None) => principal.clone(),
            (_, scope) => Self::new(scope.cloned().unwrap_or_else(Scope::anonymous)),
        }
    }

    /// Sets an attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts_mut()
            .attributes
            .insert(name.into(), value.into());
        self
    }

    /// Sets the id of the key, which distinguishes [accounts](crate::budget::Account).
    #[must_use]
    pub fn with_key_id(mut self, id: impl Into<String>) -> Self {
        self.facts_mut().key_id = Some(id.into());
        self
    }

    /// Returns the id of the key: of an [API key](super::ApiKeys) the first 12 hexadecimal digits of
    /// its SHA-256, unless the host has set another; `None` for other credentials. A key that can be
    /// guessed can be found by it, so it is not shown in logs and metrics.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.0.key_id.as_deref()
    }

    /// Sets the name of the key in logs and metrics.
    #[must_use]
    pub fn with_key_name(mut self, name: impl Into<String>) -> Self {
        self.facts_mut().key_name = Some(name.into());
        self
    }

    /// Returns the name of the key, which the host gives. Default: `None`.
    #[must_use]
    pub fn key_name(&self) -> Option<&str> {
        self.0.key_name.as_deref()
    }

    /// Returns the tenant, whose stored responses are invisible to others.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.0.scope
    }

    /// Returns the attribute `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.attributes.get(name).map(String::as_str)
    }

    /// Returns all attributes by name.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.attributes.iter();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl From<Principal> for Authorized {
    fn from(principal: Principal) -> Self {
        Self::new(principal.scope().clone()).with_extension(principal)
    }
}

/// Values may be personal, so only names are printed.
impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("scope", &self.0.scope)
            .field("attributes", &self.0.attributes.keys())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_of_the_request_decides_whose_attributes_count() {
        let acme = Principal::new(Scope::new("acme")).attribute("plan", "gold");
        let found = |principal: Option<&Principal>, scope: Option<&str>| {
            let mut extensions = Extensions::new();
            if let Some(principal) = principal {
                extensions.insert(principal.clone());
            }
            if let Some(scope) = scope {
                extensions.insert(Scope::new(scope));
            }
            Principal::from_extensions(&extensions)
        };
        assert_eq!(found(Some(&acme), Some("acme")), acme);
        assert_eq!(found(Some(&acme), None), acme);
        // An outer layer's principal of another tenant.
        let globex = Principal::new(Scope::new("globex"));
        assert_eq!(found(Some(&acme), Some("globex")), globex);
        assert_eq!(found(None, Some("globex")), globex);
        assert_eq!(found(None, None), Principal::new(Scope::anonymous()));
    }

    #[test]
    fn a_key_has_an_id_and_a_name() {
        let unnamed = Principal::new(Scope::new("acme"));
        assert_eq!((unnamed.key_id(), unnamed.key_name()), (None, None));
        let named = unnamed.with_key_id("k1").with_key_name("laptop");
        assert_eq!(
            (named.key_id(), named.key_name()),
            (Some("k1"), Some("laptop"))
        );
    }
}
