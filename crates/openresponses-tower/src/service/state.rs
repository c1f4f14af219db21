//! What outlives a request: looked up before a turn, saved before its end is told.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::sequence::{IdGenerator, id_kind};
use openresponses_types::{
    Field, Input, Item, Path, Response, ResponseStatus, Violation, ViolationCode,
};

use super::local::ConnectionCache;
use crate::error::{Error, ErrorKind};
use crate::scope::Scope;
use crate::store::{Conversation, DynStore, StoreError, StoredResponse};

/// How long the store may take before the client is told something.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many references of one request are looked up.
const REFERENCES: usize = 10_000;

/// The store, for one caller.
#[derive(Clone)]
pub(super) struct State {
    pub(super) store: Option<Arc<dyn DynStore>>,
    pub(super) scope: Scope,
}

impl State {
    /// The conversation that `id` is the end of. `local` is what the connection remembers.
    pub(super) async fn previous(
        &self,
        id: &str,
        local: Option<&ConnectionCache>,
    ) -> Result<Conversation, Error> {
        let found = match local.and_then(|local| local.get(id)) {
            Some(kept) => Some(kept),
            None => self.load(id).await?,
        };
        match found {
            Some(found) if found.is_continuable() => Ok(found.conversation().clone()),
            _ => Err(previous_not_found(id)),
        }
    }

    /// The response `id`.
    pub(super) async fn load(&self, id: &str) -> Result<Option<StoredResponse>, Error> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        bounded(store.load(&self.scope, id))
            .await
            .map_err(unavailable)
    }

    /// True for a response that was cancelled, or deleted. One that cannot be looked at was not.
    pub(super) async fn is_called_off(&self, id: &str) -> bool {
        match self.load(id).await {
            Ok(Some(found)) => found.status() == Some(&ResponseStatus::Cancelled),
            Ok(None) => true,
            Err(_) => false,
        }
    }

    /// Saves a response, or tells the client that it cannot be.
    pub(super) async fn save(&self, response: StoredResponse) -> Result<(), Error> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        bounded(store.save(&self.scope, response))
            .await
            .map_err(unavailable)
    }

    /// Deletes the response `id`; false when there is none.
    pub(super) async fn delete(&self, id: &str) -> Result<bool, Error> {
        let Some(store) = &self.store else {
            return Ok(false);
        };
        bounded(store.delete(&self.scope, id))
            .await
            .map_err(unavailable)
    }

    /// The items that the input refers to and that `previous` does not have.
    pub(super) async fn references(
        &self,
        input: &Field<Input>,
        previous: &[Arc<Item>],
    ) -> Result<BTreeMap<String, Arc<Item>>, Error> {
        let mut found = BTreeMap::new();
        let Some(store) = &self.store else {
            return Ok(found);
        };
        let Some(Input::Items(items)) = input.value() else {
            return Ok(found);
        };
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        for item in items {
            if let Item::Reference(reference) = item {
                wanted.insert(&reference.id);
            }
        }
        if wanted.is_empty() {
            return Ok(found);
        }
        for item in previous {
            if let Some(id) = item.id() {
                wanted.remove(&*id);
            }
        }
        if wanted.len() > REFERENCES {
            return Err(Error::invalid_request(
                "input",
                format!("At most {REFERENCES} different items can be referred to."),
            ));
        }
        for id in wanted {
            let item = bounded(store.find_item(&self.scope, id))
                .await
                .map_err(unavailable)?;
            found.extend(item.map(|item| (id.to_owned(), item)));
        }
        Ok(found)
    }
}

/// What is kept of a turn once it has ended.
pub(crate) struct Commit {
    pub(super) state: State,
    pub(super) previous: Conversation,
    pub(super) input: Vec<Arc<Item>>,
    pub(super) ids: Arc<dyn IdGenerator>,
    /// Where the connection remembers the turn, if it does.
    pub(super) local: Option<Arc<ConnectionCache>>,
    pub(super) persist: bool,
    /// The response was stored before it ended, and others may have called it off.
    pub(super) background: bool,
}

/// Resolves when the turn is saved, or when that has failed: then false.
pub(crate) type Committing = Pin<Box<dyn Future<Output = bool> + Send>>;

impl Commit {
    /// Keeps the finished `response`, with the items that the client does not see, each group at its
    /// index in the output. The client is told of the end only after this.
    pub(crate) fn run(self, response: &Response, hidden: Vec<(usize, Vec<Item>)>) -> Committing {
        let ids = &*self.ids;
        let input = self
            .input
            .into_iter()
            .map(|item| named(item, ids))
            .collect();
        let record = StoredResponse::with_hidden(response.clone(), &self.previous, input, hidden);
        if let Some(local) = self.local {
            local.keep(&record);
        }
        let state = self.state;
        let background = self.background;
        let store = state.store.clone().filter(|_| self.persist);
        Box::pin(async move {
            let Some(store) = store else { return true };
            if background && state.is_called_off(record.id()).await {
                return false;
            }
            match bounded(store.save(&state.scope, record)).await {
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

/// Items get ids when they are stored, so that they can be listed and referred to.
pub(super) fn named(item: Arc<Item>, ids: &dyn IdGenerator) -> Arc<Item> {
    if item.id().is_some() {
        return item;
    }
    let kind = id_kind(&item);
    Arc::new(Arc::unwrap_or_clone(item).with_id(&ids.id(kind)))
}

async fn bounded<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(result) => result,
        Err(elapsed) => Err(StoreError::new(elapsed)),
    }
}

/// "Not found" would be a lie, and the client would give its conversation up.
fn unavailable(error: StoreError) -> Error {
    Error::new(
        ErrorKind::Overloaded,
        "store_unavailable",
        "The stored responses cannot be reached. Try again later.",
    )
    .retry_after(Duration::from_secs(1))
    .with_source(error)
}

/// Foreign, expired and unstored ids are answered as those that never were.
pub(super) fn previous_not_found(id: &str) -> Error {
    let shown: String = id.chars().take(100).collect();
    Violation::new(
        Path::default().member("previous_response_id"),
        ViolationCode::PreviousResponseNotFound,
        "previous_response_id:found",
        format!("Previous response with id '{shown}' not found."),
    )
    .into()
}

/// As [`previous_not_found`], for an id in the path.
pub(super) fn response_not_found(id: &str) -> Error {
    let shown: String = id.chars().take(100).collect();
    Error::new(
        ErrorKind::NotFound,
        "response_not_found",
        format!("Response with id '{shown}' not found."),
    )
    .param("response_id")
}
