use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::catalog::Catalog;
use super::check::CatalogError;

/// The catalog of a running gateway. Clones share one registry.
///
/// A request uses one catalog from start to end, regardless of updates.
///
/// ```
/// use openresponses_gateway::registry::{Catalog, Registry};
///
/// let registry = Registry::new(Catalog::new())?;
/// let refused = registry.update(|catalog| catalog.alias("fast", ["openai/gpt"]));
/// assert!(refused.is_err());
/// // The catalog is unchanged.
/// assert_eq!(registry.catalog().aliases().count(), 0);
/// # Ok::<(), openresponses_gateway::registry::CatalogError>(())
/// ```
#[derive(Clone)]
pub struct Registry(Arc<Shared>);

struct Shared {
    current: RwLock<Arc<Catalog>>,
    /// Held during an update from reading to writing, so that no update is lost.
    changing: Mutex<()>,
}

impl Registry {
    /// Creates a registry.
    ///
    /// # Errors
    /// As [`Catalog::check`].
    pub fn new(catalog: Catalog) -> Result<Self, CatalogError> {
        catalog.check()?;
        Ok(Self(Arc::new(Shared {
            current: RwLock::new(Arc::new(catalog)),
            changing: Mutex::new(()),
        })))
    }

    /// Returns the current catalog.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        let current = self.0.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the catalog with the result of `change`. Requests in progress keep the previous
    /// one.
    ///
    /// # Errors
    /// As [`Catalog::check`]; the catalog is then unchanged.
    pub fn update(&self, change: impl FnOnce(Catalog) -> Catalog) -> Result<(), CatalogError> {
        let _changing = self
            .0
            .changing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let changed = change(Catalog::clone(&self.catalog()));
        changed.check()?;
        let mut current = self
            .0
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(changed);
        Ok(())
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registry").field(&self.catalog()).finish()
    }
}
