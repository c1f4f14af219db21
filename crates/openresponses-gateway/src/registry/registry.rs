use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::catalog::Catalog;
use super::check::CatalogError;

/// The catalog of a running gateway. Clones are the same registry.
///
/// A request sees one catalog from beginning to end, whatever changes meanwhile.
///
/// ```
/// use openresponses_gateway::registry::{Catalog, Registry};
///
/// let registry = Registry::new(Catalog::new())?;
/// let refused = registry.update(|catalog| catalog.alias("fast", ["openai/gpt"]));
/// assert!(refused.is_err());
/// // Nothing has changed.
/// assert_eq!(registry.catalog().aliases().count(), 0);
/// # Ok::<(), openresponses_gateway::registry::CatalogError>(())
/// ```
#[derive(Clone)]
pub struct Registry(Arc<Shared>);

struct Shared {
    current: RwLock<Arc<Catalog>>,
    /// Held by a change from reading to writing, so that no change is lost.
    changing: Mutex<()>,
}

impl Registry {
    /// A registry with a catalog.
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

    /// The catalog as it is now.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        let current = self.0.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the catalog by what `change` makes of it. Requests that have begun are not touched.
    ///
    /// # Errors
    /// As [`Catalog::check`]; then nothing has changed.
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
