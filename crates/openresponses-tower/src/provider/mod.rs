//! Providers: the interface between the protocol and a model.

mod caller_credentials;
mod dynamic;
mod from_service;
mod into_service;
mod layered;
mod previous;

use std::future::Future;

use http::request::Parts;
use http::{Request, Response};
use openresponses_types::normalize::ContextWindow;
use openresponses_types::response::Usage;
use openresponses_types::wire::Extra;
use openresponses_types::{Item, Turn};

pub use caller_credentials::CallerCredentials;
pub use dynamic::DynProvider;
pub use from_service::FromService;
pub use into_service::ProviderService;
pub use layered::{Layered, layered};
pub use previous::PreviousResponse;

use crate::error::Error;
use crate::output::OutputStream;

/// Produces the output of turns. This is the trait that a host implements.
///
/// Turns are valid and normalized; the output is sequenced, numbered and encoded by the endpoint.
/// The request contains the client's head; its extensions contain the [`Scope`](crate::Scope), the
/// values that the [hook](crate::authorize::Authorize) added, and the [`PreviousResponse`] if the turn
/// continues one. Headers of the response are forwarded and
/// its status is ignored.
///
/// ```
/// use http::{Request, Response};
/// use openresponses_tower::{Error, OutputStream, Provider};
/// use openresponses_types::{Turn, sequence::Delta};
///
/// struct Greeter;
///
/// impl Provider for Greeter {
///     async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
///         if turn.body().model != "greeter" {
///             return Err(Error::model_not_found(&turn.body().model));
///         }
///         Ok(Response::new(OutputStream::from_deltas([Delta::text("Hello!"), Delta::complete()])))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Provider`",
    note = "implement `Provider` for it, or wrap a `tower::Service<Request<Turn>>` in `FromService`"
)]
pub trait Provider: Send + Sync + 'static {
    /// Runs one turn.
    ///
    /// # Errors
    /// An error here becomes an HTTP status; an error inside the stream becomes `error` and
    /// `response.failed`.
    fn respond(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<OutputStream>, Error>> + Send;

    /// Decides about a turn that generates nothing and is only stored, by the head of its request:
    /// `generate: false` over a WebSocket. The default admits it.
    ///
    /// # Errors
    /// An error refuses the message.
    fn warm_up(&self, head: &Parts) -> Result<(), Error> {
        let _ = head;
        Ok(())
    }

    /// Compacts a conversation. The default refuses with 400 `compaction_not_supported`.
    ///
    /// # Errors
    /// An error becomes an HTTP status.
    fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> impl Future<Output = Result<Response<CompactedWindow>, Error>> + Send {
        let _ = window;
        std::future::ready(Err(Error::compaction_not_supported()))
    }

    /// Returns how many input tokens a turn has, for `POST {prefix}/responses/input_tokens`. The
    /// default refuses with 404 `unsupported_endpoint`.
    ///
    /// # Errors
    /// An error becomes an HTTP status.
    fn count_input_tokens(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<u64>, Error>> + Send {
        let _ = turn;
        std::future::ready(Err(Error::token_count_not_supported()))
    }
}

/// A compacted conversation: the items that replace it in the next request.
///
/// ```
/// use openresponses_tower::provider::CompactedWindow;
/// use openresponses_types::item::Message;
/// use openresponses_types::response::Usage;
///
/// let window = CompactedWindow::new(vec![Message::user("Hello").into()], Usage::new(1, 0));
/// assert_eq!(window.items.len(), 1);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CompactedWindow {
    /// The items, usually messages and one compaction.
    pub items: Vec<Item>,
    /// Token counts.
    pub usage: Usage,
    /// Additional members of the response, such as `provider_metadata`.
    pub extra: Extra,
}

impl CompactedWindow {
    /// Creates a compacted conversation.
    #[must_use]
    pub fn new(items: Vec<Item>, usage: Usage) -> Self {
        Self {
            items,
            usage,
            extra: Extra::default(),
        }
    }
}

impl<P: Provider> Provider for std::sync::Arc<P> {
    fn warm_up(&self, head: &Parts) -> Result<(), Error> {
        P::warm_up(self, head)
    }

    fn respond(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<OutputStream>, Error>> + Send {
        P::respond(self, turn)
    }

    fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> impl Future<Output = Result<Response<CompactedWindow>, Error>> + Send {
        P::compact(self, window)
    }

    fn count_input_tokens(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<u64>, Error>> + Send {
        P::count_input_tokens(self, turn)
    }
}
