//! Places for transcripts that are read and checked, which no bound of a tenant counts.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openresponses_tower::Scope;

/// How many transcripts are read and checked at the same time.
const AT_ONCE: usize = 8;

/// The places, of which each tenant has one.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    all: usize,
    tenants: HashSet<Scope>,
}

impl Places {
    /// Takes a place until the result is dropped. Without tenants only the number counts.
    pub(super) fn take(&self, tenant: Option<Scope>) -> Option<Place> {
        let mut taken = self.lock();
        if taken.all >= AT_ONCE {
            return None;
        }
        if let Some(tenant) = &tenant
            && !taken.tenants.insert(tenant.clone())
        {
            return None;
        }
        taken.all += 1;
        Some(Place {
            places: self.clone(),
            tenant,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A taken place.
pub(super) struct Place {
    places: Places,
    tenant: Option<Scope>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.all -= 1;
        if let Some(tenant) = &self.tenant {
            taken.tenants.remove(tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_one_place_and_all_have_a_few() {
        let places = Places::default();
        let take = |tenant: &str| places.take(Some(Scope::new(tenant)));
        let first = take("a");
        assert!(first.is_some() && take("a").is_none());
        let others: Vec<_> = (1..AT_ONCE)
            .map(|n| take(&n.to_string()).unwrap())
            .collect();
        assert!(take("b").is_none() && places.take(None).is_none());
        drop(first);
        assert!(take("a").is_some());
        drop(others);
        let anonymous: Vec<_> = (0..AT_ONCE).filter_map(|_| places.take(None)).collect();
        assert!(anonymous.len() == AT_ONCE && places.take(None).is_none());
    }
}
