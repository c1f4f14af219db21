//! Values that are made once and then shared.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by what they belong to. Clones share them, so those of a reload find what there is.
#[derive(Clone)]
pub(crate) struct ByKey<K, V>(Arc<Mutex<BTreeMap<K, V>>>);

impl<K: Ord, V: Clone> ByKey<K, V> {
    /// Returns the value of a key, which `make` creates the first time.
    pub(crate) fn of(&self, key: K, make: impl FnOnce() -> V) -> V {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(key).or_insert_with(make).clone()
    }
}

impl<K, V> Default for ByKey<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}
