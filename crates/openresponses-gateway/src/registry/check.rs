use std::fmt;

use super::catalog::Catalog;
use super::model::Route;

/// A catalog with a name that does not resolve.
///
/// ```
/// use openresponses_gateway::registry::{Catalog, Model, Route};
///
/// let catalog = Catalog::new().model(Model::new("acme/one").route(Route::new("absent")));
/// let error = catalog.check().unwrap_err();
/// assert_eq!(error.to_string(), "the model 'acme/one': no provider 'absent'");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError(String);

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CatalogError {}

impl Catalog {
    /// Checks that every name resolves.
    ///
    /// # Errors
    /// The first name that does not resolve.
    pub fn check(&self) -> Result<(), CatalogError> {
        check(self)
    }
}

fn check(catalog: &Catalog) -> Result<(), CatalogError> {
    let fault = |text: String| Err(CatalogError(text));
    for slug in catalog.providers.keys() {
        if !is_slug(slug) {
            return fault(format!("'{slug}' cannot be the name of a provider"));
        }
    }
    for slug in &catalog.open {
        if !catalog.providers.contains_key(slug) {
            return fault(format!("no provider '{slug}'"));
        }
    }
    for model in catalog.models.values() {
        let id = &model.id;
        if id.is_empty() {
            return fault("a model without an id".into());
        }
        if model.routes.is_empty() {
            return fault(format!("the model '{id}' has no provider"));
        }
        for Route { provider, .. } in &model.routes {
            if !catalog.providers.contains_key(&**provider) {
                return fault(format!("the model '{id}': no provider '{provider}'"));
            }
        }
        let mut fallbacks = model.fallbacks.iter();
        if let Some(missing) = fallbacks.find(|name| catalog.find(name).is_none()) {
            return fault(format!(
                "the model '{id}': no model '{missing}' to fall back to"
            ));
        }
    }
    for (name, models) in &catalog.aliases {
        if catalog.models.contains_key(name) {
            return fault(format!("'{name}' is an alias and a model"));
        }
        if models.is_empty() {
            return fault(format!("the alias '{name}' has no models"));
        }
        // Aliases of aliases are refused, which rules out cycles.
        if let Some(missing) = models.iter().find(|model| catalog.find(model).is_none()) {
            return fault(format!("the alias '{name}': no model '{missing}'"));
        }
    }
    Ok(())
}

fn is_slug(slug: &str) -> bool {
    // `providerOptions.gateway` is reserved.
    slug != "gateway"
        && !slug.is_empty()
        && slug.len() <= 64
        && slug.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
        })
}
