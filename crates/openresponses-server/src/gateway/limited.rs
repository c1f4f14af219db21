//! Rate limits for the turns of WebSockets, which authorize only their handshake.

use std::sync::Arc;

use http::{Extensions, Method, Request, Response};
use openresponses_gateway::auth::Principal;
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;

use super::access::Access;

/// Counts the turns of WebSockets.
pub(super) struct Limited<P> {
    inner: P,
    access: Arc<Access>,
}

impl<P> Limited<P> {
    pub(super) fn new(inner: P, access: Arc<Access>) -> Self {
        Self { inner, access }
    }

    /// HTTP requests were counted before their body was read.
    fn count(&self, method: &Method, extensions: &Extensions) -> Result<(), Error> {
        match extensions.get::<Principal>() {
            Some(principal) if *method != Method::POST => self.access.take(principal),
            _ => Ok(()),
        }
    }
}

impl<P: Provider> Provider for Limited<P> {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        self.count(turn.method(), turn.extensions())?;
        self.inner.respond(turn).await
    }

    fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> impl Future<Output = Result<Response<CompactedWindow>, Error>> + Send {
        self.inner.compact(window)
    }

    fn count_input_tokens(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<u64>, Error>> + Send {
        self.inner.count_input_tokens(turn)
    }
}
