//! Values that are made once and then shared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values by what they belong to. Clones share them, so those of a reload find what there is.
#[derive(Clone)]
pub(crate) struct ByKey<K, V>(Arc<Mutex<Values<K, V>>>);

struct Values<K, V> {
    all: BTreeMap<K, V>,
    /// Those that were asked for since [`ByKey::begin`].
    used: BTreeSet<K>,
}

impl<K: Clone + Ord, V: Clone> ByKey<K, V> {
    /// Returns the value of a key, which `make` creates the first time.
    pub(crate) fn of(&self, key: K, make: impl FnOnce() -> V) -> V {
        let mut kept = self.lock();
        kept.used.insert(key.clone());
        kept.all.entry(key).or_insert_with(make).clone()
    }

    /// Starts a new round: [`prune`](Self::prune) drops what is not asked for after this.
    pub(crate) fn begin(&self) {
        self.lock().used.clear();
    }

    /// Drops the values that were not asked for in this round.
    pub(crate) fn prune(&self) {
        let mut kept = self.lock();
        let Values { all, used } = &mut *kept;
        all.retain(|key, _| used.contains(key));
    }

    fn lock(&self) -> MutexGuard<'_, Values<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Default for ByKey<K, V> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Values {
            all: BTreeMap::new(),
            used: BTreeSet::new(),
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_round_did_not_ask_for_is_dropped() {
        let values = ByKey::default();
        let ask = |key: &str, made: u8| values.of(key.to_owned(), || made);
        assert_eq!((ask("kept", 1), ask("gone", 1)), (1, 1));
        values.begin();
        // A round that fails drops nothing.
        ask("kept", 2);
        values.begin();
        assert_eq!(ask("kept", 3), 1);
        values.prune();
        assert_eq!((ask("kept", 4), ask("gone", 4)), (1, 4));
    }
}
