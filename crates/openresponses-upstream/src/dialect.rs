use std::fmt;

use http::{HeaderMap, HeaderName, header};
use openresponses_tower::output::RelayOptions;
use openresponses_tower::provider::CompactedWindow;
use openresponses_types::normalize::ContextWindow;
use openresponses_types::{Response, Turn, Violation};

use crate::answer::AnswerReader;
use crate::request::UpstreamRequest;

/// The API of an upstream: how a turn is requested there, and how the answer is read.
///
/// A dialect does no I/O and holds no state of a request; one value serves any number of turns.
///
/// ```
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::Normalizer;
/// use openresponses_types::{CreateRequest, Turn};
/// use openresponses_upstream::Dialect;
/// use openresponses_upstream::chat::Chat;
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn: Turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// let request = Chat::new().request(&turn)?;
/// assert_eq!(request.path, "/chat/completions");
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
pub trait Dialect: fmt::Debug + Send + Sync + 'static {
    /// Returns the dialect's name, as in the `kind` of a server's configuration.
    fn name(&self) -> &'static str;

    /// Translates a turn into a request.
    ///
    /// # Errors
    /// When the turn has something that the dialect cannot express and that must not be left out.
    /// The violation names the client's member.
    fn request(&self, turn: &Turn) -> Result<UpstreamRequest, Violation>;

    /// Translates a turn that continues a response which the server keeps, so that only what is new is
    /// sent. `previous` is the endpoint's response. `None`, the default, where the server does not
    /// have it: [`request`](Self::request) sends the whole conversation.
    fn continuation(
        &self,
        turn: &Turn,
        previous: &Response,
    ) -> Option<Result<UpstreamRequest, Violation>> {
        let (_, _) = (turn, previous);
        None
    }

    /// Returns how the answer to a turn is read.
    fn answer(&self, turn: &Turn) -> Answer;

    /// Translates a conversation to be compacted. `None`, the default, where the API compacts nothing.
    fn compaction(&self, window: &ContextWindow) -> Option<Result<UpstreamRequest, Violation>> {
        let _ = window;
        None
    }

    /// Reads the answer to a [`compaction`](Self::compaction); nothing where it is no such answer, which
    /// is the default.
    fn read_compaction(&self, body: &[u8]) -> Option<CompactedWindow> {
        let _ = body;
        None
    }

    /// Translates a turn whose input tokens are to be counted. `None`, the default, where the API counts
    /// nothing.
    fn token_count(&self, turn: &Turn) -> Option<Result<UpstreamRequest, Violation>> {
        let _ = turn;
        None
    }

    /// Reads the answer to a [`token_count`](Self::token_count); nothing where it is no such answer,
    /// which is the default.
    fn read_token_count(&self, body: &[u8]) -> Option<u64> {
        let _ = body;
        None
    }

    /// Returns the header that carries the key. The value is the key with [`key_prefix`](Self::key_prefix)
    /// in front of it. Default: `authorization`.
    fn key_header(&self) -> HeaderName {
        header::AUTHORIZATION
    }

    /// Returns what stands before the key in its header. Default: `Bearer `.
    fn key_prefix(&self) -> &'static str {
        "Bearer "
    }

    /// Returns the headers that every request has besides those of [`UpstreamRequest::headers`],
    /// such as a version; also sent with the request for the list of models. Default: none.
    fn common_headers(&self) -> HeaderMap {
        HeaderMap::new()
    }

    /// Returns the path of the list of models behind the base URL. Default: `/models`.
    fn models_path(&self) -> &'static str {
        "/models"
    }

    /// Returns the names in a list of models, nothing where `body` is no such list. Default: the
    /// `id` of every element of `data`.
    fn read_models(&self, body: &[u8]) -> Vec<String> {
        crate::json::names(body, "data", "id")
    }
}

/// How an answer is read.
///
/// ```
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::Normalizer;
/// use openresponses_types::{CreateRequest, Turn};
/// use openresponses_upstream::chat::Chat;
/// use openresponses_upstream::{Answer, Dialect};
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn: Turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// assert!(matches!(Chat::new().answer(&turn), Answer::Deltas(_)));
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[expect(clippy::large_enum_variant, reason = "made once for a response")]
#[derive(Debug)]
#[non_exhaustive]
pub enum Answer {
    /// The body is translated: push its bytes, pop deltas.
    Deltas(AnswerReader),
    /// The body is an event stream of the protocol itself and is relayed.
    Relay(RelayOptions),
}
