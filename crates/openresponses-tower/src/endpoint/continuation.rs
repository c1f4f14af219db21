//! Items of earlier turns that a request builds on: `previous_response_id` and item references.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openresponses_types::diagnostics::{Excerpt, Path, ViolationCode};
use openresponses_types::request::Input;
use openresponses_types::{Field, Item, Violation};

use crate::bounds::Claim;
use crate::error::{Error, ErrorKind};
use crate::json_limit::is_longer;
use crate::store::{Conversation, ScopedStore, StoredResponse};
use crate::turn::ConnectionCache;
use crate::workers::LARGE;

/// The most item references of one request.
const REFERENCES: usize = 1_000;

/// Returns the response `id`, which can be continued, and claims its memory.
pub(super) async fn previous(
    store: &ScopedStore,
    claim: &mut Claim,
    id: &str,
    cache: Option<&ConnectionCache>,
) -> Result<StoredResponse, Error> {
    let found = match cache.and_then(|cache| cache.get(id)) {
        // What was deleted or has expired since is gone here as well.
        Some(kept) if kept.is_saved() && store.state(id).await?.is_none() => None,
        Some(kept) => Some(kept),
        None => store.load(id).await?,
    };
    match found {
        Some(found) if found.is_continuable() => {
            claim.memory().grow(found.bytes() as u64)?;
            Ok(found)
        }
        _ => Err(previous_not_found(id)),
    }
}

/// Returns the items that the input refers to and that `previous` does not contain, and claims their
/// memory.
pub(super) async fn references(
    store: &ScopedStore,
    claim: &mut Claim,
    input: &Field<Input>,
    previous: &[Arc<Item>],
) -> Result<BTreeMap<String, Arc<Item>>, Error> {
    let mut found = BTreeMap::new();
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
        if let Some(id) = item.referable_id() {
            wanted.remove(&*id);
        }
    }
    if wanted.len() > REFERENCES {
        return Err(Error::invalid_request(
            "input",
            format!("At most {REFERENCES} different items can be referred to."),
        ));
    }
    if !store.is_present() {
        return Ok(found);
    }
    let ids: Vec<&str> = wanted.into_iter().collect();
    // In memory of their own, since most requests have no references.
    let items = Box::pin(store.find_items(&ids)).await?;
    Box::pin(claim_items(claim, &items)).await?;
    for (id, item) in ids.into_iter().zip(items) {
        found.extend(item.map(|item| (id.to_owned(), item)));
    }
    Ok(found)
}

/// Claims the memory of items. What is large is measured beside the threads that serve connections.
async fn claim_items(claim: &mut Claim, items: &[Option<Arc<Item>>]) -> Result<(), Error> {
    let found: Vec<_> = items.iter().flatten().map(Arc::clone).collect();
    let is_large = is_longer(LARGE, |out| {
        found.iter().try_for_each(|item| item.write_json(out))
    });
    let bytes = if is_large { LARGE as u64 + 1 } else { 0 };
    let measure = move || Conversation::default().appended(found).bytes();
    let bytes = claim.tenant().work(bytes, measure).await?;
    claim.memory().grow(bytes as u64)
}

/// Ids that are unknown, expired or of another scope get the same error.
pub(super) fn previous_not_found(id: &str) -> Error {
    let shown = Excerpt::new(id).limit(100);
    Violation::new(
        Path::default().member("previous_response_id"),
        ViolationCode::PreviousResponseNotFound,
        "previous_response_id:found",
        format!("Previous response with id '{shown}' not found."),
    )
    .into()
}

/// Returns the response with the id in the path, and claims its memory.
pub(super) async fn stored(
    store: &ScopedStore,
    claim: &mut Claim,
    id: &str,
) -> Result<StoredResponse, Error> {
    let found = store.load(id).await?;
    let found = found.ok_or_else(|| response_not_found(id))?;
    claim.memory().grow(found.bytes() as u64)?;
    Ok(found)
}

/// The error for an unknown id in the path.
pub(super) fn response_not_found(id: &str) -> Error {
    let shown = Excerpt::new(id).limit(100);
    Error::new(
        ErrorKind::NotFound,
        "response_not_found",
        format!("Response with id '{shown}' not found."),
    )
    .param("response_id")
}
