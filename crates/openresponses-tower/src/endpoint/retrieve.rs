//! Stored responses over HTTP, as the SDKs expect them.

use std::collections::HashSet;
use std::sync::Arc;

use http::Response;
use openresponses_types::Item;
use openresponses_types::json::write_string;
use openresponses_types::sequence::{IdGenerator, complete_item};

use super::continuation::{response_not_found, stored};
use super::respond;
use super::response_body::ResponseBody;
use crate::bounds::Claim;
use crate::config::Config;
use crate::error::Error;
use crate::store::{ScopedStore, StoredResponse};

/// `GET {prefix}/responses/{id}`
pub(super) async fn retrieve(
    store: &ScopedStore,
    mut claim: Claim,
    id: &str,
) -> Result<Response<ResponseBody>, Error> {
    let found = stored(store, &mut claim, id).await?;
    response(claim, found).await
}

/// Answers with a stored response, whose memory was claimed.
pub(super) async fn response(
    mut claim: Claim,
    found: StoredResponse,
) -> Result<Response<ResponseBody>, Error> {
    let bytes = found.response_bytes();
    let text = print(&mut claim, found, bytes, |found| found.response().to_json());
    let answer = ResponseBody::document(text.await?);
    respond::holding(answer, claim)
}

/// Prints up to `bytes` bytes of a record, which it claims; what is large beside the threads that serve
/// connections.
pub(super) async fn print<T: Send + 'static>(
    claim: &mut Claim,
    found: StoredResponse,
    bytes: usize,
    print: impl FnOnce(&StoredResponse) -> T + Send + 'static,
) -> Result<T, Error> {
    claim.memory().grow(bytes as u64)?;
    // A large conversation takes time to be freed, too.
    claim.worker().work(move || print(&found)).await
}

/// `DELETE {prefix}/responses/{id}`
pub(super) async fn delete(store: &ScopedStore, id: &str) -> Result<Response<ResponseBody>, Error> {
    if !store.delete(id).await? {
        return Err(response_not_found(id));
    }
    let mut text = String::from("{\"id\":");
    // Printing into a string cannot fail.
    let _ = write_string(&mut text, id);
    text.push_str(",\"object\":\"response\",\"deleted\":true}");
    Ok(ResponseBody::document(text))
}

/// `GET {prefix}/responses/{id}/input_items`: the items that the model read, in pages.
pub(super) async fn input_items(
    config: &Config,
    store: &ScopedStore,
    mut claim: Claim,
    id: &str,
    query: &str,
) -> Result<Response<ResponseBody>, Error> {
    let page = Page::parse(query)?;
    let found = stored(store, &mut claim, id).await?;
    let bytes = found.bytes();
    let ids = Arc::clone(&config.ids);
    let list = move |found: &StoredResponse| page.list(found.input_items(), &*ids);
    let text = print(&mut claim, found, bytes, list).await?;
    respond::holding(ResponseBody::document(text?), claim)
}

/// Keeps the first item of each id, since references repeat items and a page starts after an id.
fn distinct(mut items: Vec<Arc<Item>>) -> Vec<Arc<Item>> {
    let mut seen = HashSet::new();
    items.retain(|item| item.id().is_none_or(|id| seen.insert(id)));
    items
}

/// The requested page of a list.
struct Page {
    limit: usize,
    newest_first: bool,
    after: Option<String>,
}

impl Page {
    /// Prints the page of `items`, which come in their order.
    fn list(&self, items: Vec<Arc<Item>>, ids: &dyn IdGenerator) -> Result<String, Error> {
        let mut items = distinct(items);
        if self.newest_first {
            items.reverse();
        }
        let start = match &self.after {
            Some(after) => {
                let at = items
                    .iter()
                    .position(|item| item.id().as_deref() == Some(after.as_str()));
                at.ok_or_else(|| {
                    Error::invalid_request(
                        "after",
                        "There is no item with the id given in 'after'.",
                    )
                })? + 1
            }
            None => 0,
        };
        let rest = items.get(start..).unwrap_or_default();
        let (shown, more) = rest.split_at(self.limit.min(rest.len()));
        let mut text = String::from("{\"object\":\"list\",\"data\":[");
        for (at, item) in shown.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            // Clients expect complete items in a list.
            let item = complete_item(Item::clone(item), ids);
            // Printing into a string cannot fail.
            let _ = item.write_json(&mut text);
        }
        text.push(']');
        for (name, item) in [("first_id", shown.first()), ("last_id", shown.last())] {
            text.push_str(&format!(",\"{name}\":"));
            match item.and_then(|item| item.id()) {
                Some(id) => {
                    let _ = write_string(&mut text, &id);
                }
                None => text.push_str("null"),
            }
        }
        text.push_str(&format!(",\"has_more\":{}}}", !more.is_empty()));
        Ok(text)
    }

    /// Parses `limit` (1 to 100, default 20), `order` (`asc` or `desc`, default `desc`) and `after`
    /// (an item's id). Other parameters are ignored.
    fn parse(query: &str) -> Result<Self, Error> {
        let mut page = Self {
            limit: 20,
            newest_first: true,
            after: None,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=100).contains(limit));
                    page.limit = limit.ok_or_else(|| {
                        Error::invalid_request("limit", "Invalid value: 'limit' is 1 to 100.")
                    })?;
                }
                "order" => {
                    page.newest_first = match &*value {
                        "asc" => false,
                        "desc" => true,
                        _ => {
                            return Err(Error::invalid_request(
                                "order",
                                "Invalid value: 'order' is 'asc' or 'desc'.",
                            ));
                        }
                    };
                }
                "after" if !value.is_empty() => page.after = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(page)
    }
}
