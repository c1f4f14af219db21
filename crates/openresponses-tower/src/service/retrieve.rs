//! Stored responses over HTTP, as the ecosystem's SDKs expect them.

use http::{HeaderMap, Response, StatusCode};
use openresponses_types::json::write_string;

use super::reply::{self, ResponseBody};
use super::state::{State, response_not_found};
use crate::error::Error;

/// `GET {prefix}/responses/{id}`
pub(super) async fn retrieve(state: &State, id: &str) -> Result<Response<ResponseBody>, Error> {
    let found = state
        .load(id)
        .await?
        .ok_or_else(|| response_not_found(id))?;
    Ok(ok(found.response().to_json()))
}

/// `DELETE {prefix}/responses/{id}`
pub(super) async fn delete(state: &State, id: &str) -> Result<Response<ResponseBody>, Error> {
    if !state.delete(id).await? {
        return Err(response_not_found(id));
    }
    let mut text = String::from("{\"id\":");
    // Printing into a string cannot fail.
    let _ = write_string(&mut text, id);
    text.push_str(",\"object\":\"response\",\"deleted\":true}");
    Ok(ok(text))
}

/// `GET {prefix}/responses/{id}/input_items`: everything that the model saw, page by page.
pub(super) async fn input_items(
    state: &State,
    id: &str,
    query: &str,
) -> Result<Response<ResponseBody>, Error> {
    let page = Page::parse(query)?;
    let found = state
        .load(id)
        .await?
        .ok_or_else(|| response_not_found(id))?;
    let mut items = found.input_items();
    if page.newest_first {
        items.reverse();
    }
    let start = match &page.after {
        Some(after) => {
            let at = items
                .iter()
                .position(|item| item.id().as_deref() == Some(after.as_str()));
            at.ok_or_else(|| {
                Error::invalid_request("after", "There is no item with the id given in 'after'.")
            })? + 1
        }
        None => 0,
    };
    let rest = items.get(start..).unwrap_or_default();
    let (shown, more) = rest.split_at(page.limit.min(rest.len()));
    let mut text = String::from("{\"object\":\"list\",\"data\":[");
    for (at, item) in shown.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
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
    Ok(ok(text))
}

fn ok(text: String) -> Response<ResponseBody> {
    reply::json(StatusCode::OK, HeaderMap::new(), text)
}

/// What part of a list is wanted.
struct Page {
    limit: usize,
    newest_first: bool,
    after: Option<String>,
}

impl Page {
    /// `limit` 1 to 100 (20), `order` `asc` or `desc` (`desc`), `after` an item's id. Other
    /// parameters are none of ours.
    fn parse(query: &str) -> Result<Self, Error> {
        let mut page = Self {
            limit: 20,
            newest_first: true,
            after: None,
        };
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=100).contains(limit));
                    page.limit = limit.ok_or_else(|| {
                        Error::invalid_request("limit", "Invalid value: 'limit' is 1 to 100.")
                    })?;
                }
                "order" => {
                    page.newest_first = match value {
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
                "after" if !value.is_empty() => page.after = Some(value.to_owned()),
                _ => {}
            }
        }
        Ok(page)
    }
}
