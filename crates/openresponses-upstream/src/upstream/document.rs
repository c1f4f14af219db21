//! Questions that are answered with one document: compaction, and the count of input tokens.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use openresponses_tower::Error;
use openresponses_tower::provider::CompactedWindow;
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;

use super::{ERROR_BODY, MODELS_BODY, Upstream, unreadable};
use crate::error::UpstreamError;
use crate::request::UpstreamRequest;

impl Upstream {
    pub(super) async fn ask_to_compact(
        &self,
        parts: &Parts,
        window: &ContextWindow,
    ) -> Result<Response<CompactedWindow>, Error> {
        let unsupported = Error::compaction_not_supported;
        let request = self.dialect.compaction(window).ok_or_else(unsupported)??;
        let body = self.document(parts, &request, unsupported).await?;
        let compacted = self.dialect.read_compaction(&body);
        compacted.map(Response::new).ok_or_else(unreadable)
    }

    pub(super) async fn ask_to_count(
        &self,
        parts: &Parts,
        turn: &Turn,
    ) -> Result<Response<u64>, Error> {
        let unsupported = Error::token_count_not_supported;
        let request = self.dialect.token_count(turn).ok_or_else(unsupported)??;
        let body = self.document(parts, &request, unsupported).await?;
        let tokens = self.dialect.read_token_count(&body);
        tokens.map(Response::new).ok_or_else(unreadable)
    }

    /// Asks, and returns the document of the answer. `unsupported` is the error of servers that do not
    /// have the endpoint.
    async fn document(
        &self,
        parts: &Parts,
        request: &UpstreamRequest,
        unsupported: fn() -> Error,
    ) -> Result<Bytes, Error> {
        let response = self.client.send(self.http(parts, request)?).await?;
        let status = response.status();
        if !matches!(
            status,
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
        ) {
            let response = self.accepted(response, Some(request)).await?;
            return Ok(response.into_body().read(MODELS_BODY).await?);
        }
        let body = response.into_body().read(ERROR_BODY).await;
        let error = UpstreamError::read(status, &HeaderMap::new(), &body.unwrap_or_default());
        // The path is not the only thing that may be missing.
        Err(match error.code.as_deref() {
            Some("model_not_found") => error.to_error(&request.origins, self.messages),
            _ => unsupported().answered(),
        })
    }
}
