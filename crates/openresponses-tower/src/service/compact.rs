//! `POST {prefix}/responses/compact`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use openresponses_types::json::Document;
use openresponses_types::sequence::{IdKind, complete_item};
use openresponses_types::{
    CompactRequest, CompactResponse, ContextWindow, DocumentKind, Normalizer, Violation, validate,
};

use super::config::Config;
use super::pipeline::first;
use super::reply::{self, ResponseBody};
use super::state::State;
use crate::error::Error;
use crate::provider::Provider;
use crate::store::Conversation;
use crate::turn_stream::panicked;

/// A body as a window.
pub(super) async fn window(
    config: &Config,
    state: &State,
    body: &[u8],
) -> Result<ContextWindow, Error> {
    let document = Document::parse_with(body, config.json_limits).map_err(Violation::from)?;
    let report = validate(&document, DocumentKind::CompactRequest, config.profile);
    if let Some(violation) = report.violations.into_iter().next() {
        return Err(violation.into());
    }
    let request = CompactRequest::from_document(&document)?;
    let previous = match request.previous_response_id.as_str() {
        Some(id) => state.previous(id, None).await?,
        None => Conversation::default(),
    };
    let items = previous.context();
    let found = state.references(&request.input, &items).await?;
    let resolve = |id: &str| found.get(id).map(Arc::clone);
    let mut window = Normalizer::new(config.profile)
        .previous(&items)
        .resolve(&resolve)
        .window(request)
        .map_err(first)?;
    window.warnings.splice(0..0, report.warnings);
    Ok(window)
}

/// Asks the provider.
pub(super) async fn compact<P: Provider>(
    config: &Config,
    provider: &P,
    head: Parts,
    window: ContextWindow,
) -> Result<Response<ResponseBody>, Error> {
    let request = Request::from_parts(head, window);
    let asked = AssertUnwindSafe(async move { provider.compact(request).await }).catch_unwind();
    let asked = config.shutdown.unless_ended(asked).await?;
    let (answer, compacted) = asked.map_err(|_| panicked())??.into_parts();
    let complete = |item| complete_item(item, &*config.ids);
    let items: Vec<_> = compacted.items.into_iter().map(complete).collect();
    let id = config.ids.id(IdKind::Compaction);
    let mut response = CompactResponse::new(id, config.clock.now(), items, compacted.usage);
    response.extra = compacted.extra;
    Ok(reply::json(
        StatusCode::OK,
        answer.headers,
        response.to_json(),
    ))
}
