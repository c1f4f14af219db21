//! Values of labels that share one text.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use metrics::SharedString;

/// How many names a thread keeps. Catalogs are reloaded, so names come and go.
const KEPT: usize = 1024;

thread_local! {
    static NAMES: RefCell<BTreeSet<Arc<str>>> = const { RefCell::new(BTreeSet::new()) };
}

/// Returns a name of the catalog or an outcome as the value of a label. They are few, and are allocated
/// once for each thread.
pub(super) fn label(name: &str) -> SharedString {
    NAMES.with_borrow_mut(|names| {
        if let Some(known) = names.get(name) {
            return Arc::clone(known).into();
        }
        if names.len() >= KEPT {
            names.clear();
        }
        let name = Arc::<str>::from(name);
        names.insert(Arc::clone(&name));
        name.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_share_their_text_and_few_are_kept() {
        let address = |name: &str| label(name).as_ptr();
        assert_eq!(&*label("openai"), "openai");
        assert_eq!(address("openai"), address("openai"));
        (0..2 * KEPT).for_each(|at| drop(label(&at.to_string())));
        assert!(NAMES.with_borrow(BTreeSet::len) <= KEPT);
        assert_eq!(&*label("openai"), "openai");
    }
}
