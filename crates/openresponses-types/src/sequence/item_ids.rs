use alloc::collections::BTreeSet;
use alloc::sync::Arc;

/// The ids of a response's items. Most responses have one item, which needs no set.
#[derive(Debug, Default)]
pub(super) struct ItemIds {
    first: Option<Arc<str>>,
    others: BTreeSet<Arc<str>>,
}

impl ItemIds {
    /// Adds an id. Returns false if it is there already.
    pub(super) fn insert(&mut self, id: &Arc<str>) -> bool {
        match &self.first {
            None => {
                self.first = Some(Arc::clone(id));
                true
            }
            Some(first) => first != id && self.others.insert(Arc::clone(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_added_once() {
        let mut ids = ItemIds::default();
        for (id, is_new) in [
            ("a", true),
            ("a", false),
            ("b", true),
            ("a", false),
            ("b", false),
            ("c", true),
        ] {
            assert_eq!(ids.insert(&Arc::from(id)), is_new, "{id}");
        }
    }
}
