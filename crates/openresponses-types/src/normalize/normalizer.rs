use alloc::sync::Arc;
use core::fmt;

use crate::diagnostics::Profile;
use crate::item::Item;

/// Makes [`Turn`](super::Turn)s of requests.
///
/// ```
/// use openresponses_types::normalize::Normalizer;
/// use openresponses_types::{CreateRequest, Item, Profile};
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// assert!(matches!(&*turn.items[0], Item::Message(_)));
/// assert!(turn.store);
///
/// let request = CreateRequest::from_json(br#"{"input":"Hello"}"#)?;
/// let refused = Normalizer::new(Profile::Compatible).turn(request).unwrap_err();
/// assert_eq!(refused[0].param().as_deref(), Some("model"));
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Copy)]
pub struct Normalizer<'a> {
    pub(super) profile: Profile,
    pub(super) default_model: Option<&'a str>,
    pub(super) previous: &'a [Arc<Item>],
    pub(super) resolve: &'a dyn Fn(&str) -> Option<Arc<Item>>,
}

impl fmt::Debug for Normalizer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Normalizer")
            .field("profile", &self.profile)
            .field("default_model", &self.default_model)
            .field("previous", &self.previous.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Normalizer<'a> {
    /// Creates a normalizer for a profile, without default model and previous response.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            default_model: None,
            previous: &[],
            resolve: &|_| None,
        }
    }

    /// Sets the model of requests that name none. Default: none.
    #[must_use]
    pub fn default_model(mut self, model: Option<&'a str>) -> Self {
        self.default_model = model;
        self
    }

    /// Sets the items of the response that the request continues: its context, then its output.
    #[must_use]
    pub fn previous(mut self, items: &'a [Arc<Item>]) -> Self {
        self.previous = items;
        self
    }

    /// Sets how to find the item that an `item_reference` stands for, besides the previous items.
    #[must_use]
    pub fn resolve(mut self, resolve: &'a dyn Fn(&str) -> Option<Arc<Item>>) -> Self {
        self.resolve = resolve;
        self
    }
}
