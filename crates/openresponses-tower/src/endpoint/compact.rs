//! `POST {prefix}/responses/compact`.

use std::sync::Arc;

use http::request::Parts;
use http::{Request, Response, StatusCode};
use openresponses_types::compact::{CompactRequest, CompactResponse};
use openresponses_types::json::Document;
use openresponses_types::normalize::{ContextWindow, Normalizer};
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::sequence::{IdKind, complete_item};
use tracing::Span;

use super::body::Buffered;
use super::call::call;
use super::continuation::{previous, references};
use super::forwarded::forwarded;
use super::plan::{first_violation, read_document};
use super::respond;
use super::response_body::ResponseBody;
use crate::bounds::Claim;
use crate::config::Config;
use crate::error::Error;
use crate::provider::Provider;
use crate::store::{Conversation, ScopedStore, refuse_hidden};

/// Parses a body into a context window.
pub(super) async fn window(
    config: &Config,
    store: &ScopedStore,
    body: Buffered,
    claim: &mut Claim,
) -> Result<ContextWindow, Error> {
    let profile = config.profile;
    let read = move |document: &Document<'_>| {
        let warnings = validate(document, DocumentKind::CompactRequest, profile).into_result()?;
        let request = CompactRequest::from_document(document)?;
        refuse_hidden(&request.input)?;
        Ok((request, warnings))
    };
    let (request, warnings) = read_document(config, body, claim, read).await?;
    let earlier = match request.previous_response_id.as_str() {
        Some(id) => previous(store, claim, id, None)
            .await?
            .conversation()
            .clone(),
        None => Conversation::default(),
    };
    let items = earlier.context();
    let found = references(store, claim, &request.input, &items).await?;
    let normalize = move || {
        let resolve = |id: &str| found.get(id).map(Arc::clone);
        let mut window = Normalizer::new(profile)
            .previous(&items)
            .resolve(&resolve)
            .window(request)
            .map_err(first_violation)?;
        window.warnings.splice(0..0, warnings);
        Ok(window)
    };
    claim.worker().work(normalize).await?
}

/// Runs the compaction of a window, which `claim` holds, and writes the response.
pub(super) async fn compact<P: Provider>(
    config: &Config,
    provider: &P,
    head: Parts,
    window: ContextWindow,
    claim: Claim,
) -> Result<Response<ResponseBody>, Error> {
    let request = Request::from_parts(head, window);
    let answer = call(config, async move { provider.compact(request).await }).await?;
    let (answer, compacted) = answer.into_parts();
    let (ids, now) = (Arc::clone(&config.ids), config.clock.now());
    let span = Span::current();
    let print = move || {
        let complete = |item| complete_item(item, &*ids);
        let items: Vec<_> = compacted.items.into_iter().map(complete).collect();
        let id = ids.id(IdKind::Compaction);
        let mut response = CompactResponse::new(id, now, items, compacted.usage);
        let _entered = span.enter();
        for name in response.add_members(compacted.extra) {
            tracing::warn!(%name, "a member of a compaction is the protocol's and was left out");
        }
        response.to_json()
    };
    let text = claim.worker().work(print).await?;
    let answer = respond::json(StatusCode::OK, forwarded(answer.headers), text);
    Ok(respond::holding_made(answer, claim))
}
