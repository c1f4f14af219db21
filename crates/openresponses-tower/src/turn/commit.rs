//! Saving a finished turn before the client sees its end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use openresponses_types::sequence::{IdGenerator, id_kind};
use openresponses_types::{Item, Response};

use super::connection_cache::ConnectionCache;
use crate::store::{Conversation, ScopedStore, StoredResponse};

/// What is needed to save a turn once it has ended.
pub(crate) struct Commit {
    pub(crate) store: ScopedStore,
    pub(crate) previous: Conversation,
    pub(crate) input: Vec<Arc<Item>>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    /// The cache of the turn's WebSocket connection.
    pub(crate) cache: Option<Arc<ConnectionCache>>,
    pub(crate) persist: bool,
    /// The response was stored before it ended, and may have been cancelled or deleted since.
    pub(crate) background: bool,
}

/// Resolves to true when the turn is saved and to false when saving failed.
pub(super) type Committing = Pin<Box<dyn Future<Output = bool> + Send>>;

impl Commit {
    /// Saves the finished `response` with the items that the client does not see, each group at its
    /// index in the output.
    pub(super) fn run(self, response: &Response, hidden: Vec<(usize, Vec<Item>)>) -> Committing {
        let ids = &*self.ids;
        let input = self.input.into_iter();
        let input = input.map(|item| with_item_id(item, ids)).collect();
        let record = StoredResponse::with_hidden(response.clone(), &self.previous, input, hidden);
        if let Some(cache) = self.cache {
            cache.keep(&record);
        }
        let (store, background) = (self.store, self.background);
        let persist = self.persist && store.is_present();
        Box::pin(async move {
            if !persist {
                return true;
            }
            if background && store.is_called_off(record.id()).await {
                return false;
            }
            match store.save(record).await {
                Ok(()) => true,
                Err(error) => {
                    let source = std::error::Error::source(&error);
                    tracing::error!(error = source, "the response was not stored");
                    false
                }
            }
        })
    }
}

/// Gives an item an id if it has none: stored items can be listed and referred to.
pub(crate) fn with_item_id(item: Arc<Item>, ids: &dyn IdGenerator) -> Arc<Item> {
    if item.id().is_some() {
        return item;
    }
    let kind = id_kind(&item);
    Arc::new(Arc::unwrap_or_clone(item).with_id(&ids.id(kind)))
}
