//! Responses: OpenAI and other servers of the protocol itself.
//!
//! The answer is relayed: events that are in order pass as they came, the response around them is
//! the endpoint's. The whole conversation is sent each time and nothing is stored at the server, so
//! `previous_response_id` is answered from the endpoint's own store;
//! [`pass_previous_response_id`](Responses::pass_previous_response_id) changes both. Compaction and the
//! count of input tokens are asked of the server's `/responses/compact` and `/responses/input_tokens`,
//! which other dialects refuse. Servers are asked
//! for a stream whether or not the client wants one. `Upstream::websocket` asks them over WebSockets where they have
//! them.
#![doc = include_str!("TABLE.md")]

mod compact;
#[cfg(feature = "client")]
mod document;
mod input_tokens;
mod quirks;
mod reasoning;
mod request;
mod table;

use openresponses_tower::output::{RelayMode, RelayOptions};
use openresponses_tower::provider::CompactedWindow;
use openresponses_types::normalize::ContextWindow;
use openresponses_types::{Response, Turn, Violation};

#[cfg(feature = "client")]
pub(crate) use document::document;
pub use quirks::Quirks;
pub use table::{ANSWER, REQUEST};

use crate::dialect::{Answer, Dialect};
use crate::extra::{ExtraPolicy, Extras};
use crate::json::text;
use crate::request::UpstreamRequest;

/// The dialect of servers that speak the protocol itself.
///
/// ```
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::Normalizer;
/// use openresponses_types::{CreateRequest, Turn};
/// use openresponses_upstream::Dialect;
/// use openresponses_upstream::responses::Responses;
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn: Turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// let request = Responses::new().request(&turn)?;
/// assert!(request.path.contains("responses"), "{}", request.path);
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug)]
pub struct Responses {
    quirks: Quirks,
    relay: RelayOptions,
    extra: ExtraPolicy,
    provider: Option<String>,
    passes_previous: bool,
}

impl Default for Responses {
    fn default() -> Self {
        Self {
            quirks: Quirks::default(),
            relay: RelayOptions::new(RelayMode::Repair),
            extra: ExtraPolicy::Forward,
            provider: None,
            passes_previous: false,
        }
    }
}

impl Responses {
    /// Creates the dialect. Answers are relayed in [`RelayMode::Repair`], with the server's item ids.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how the server differs from others. Default: [`Quirks::COMMON`].
    #[must_use]
    pub fn quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// Sets how answers are relayed.
    #[must_use]
    pub fn relay(mut self, options: impl Into<RelayOptions>) -> Self {
        self.relay = options.into();
        self
    }

    /// Sets what becomes of members that the protocol does not name. Default:
    /// [`ExtraPolicy::Forward`].
    #[must_use]
    pub fn extra(mut self, policy: ExtraPolicy) -> Self {
        self.extra = policy;
        self
    }

    /// Sets the name under which `providerOptions` hold members for this server. Default: none.
    #[must_use]
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = Some(name.into());
        self
    }

    /// Sets whether the server keeps responses, and a turn that continues one sends its
    /// `previous_response_id` there and new items only. Default: false.
    ///
    /// Clients see the endpoint's ids. The server's id of a response is in its
    /// `provider_metadata.relay.response_id`. What the client does not want to be stored is not stored at
    /// the server either. The whole conversation is sent where the previous response has no such id:
    /// it was not stored, or another provider made it. [`Upstream`](crate::Upstream) also sends it, once,
    /// where the server refuses the continuation, for example because it has forgotten the response: with 404,
    /// or with 400 unless the error names a member besides `previous_response_id` and `input`.
    #[must_use]
    pub fn pass_previous_response_id(mut self, passed: bool) -> Self {
        self.passes_previous = passed;
        self
    }

    fn extras(&self) -> Extras<'_> {
        Extras {
            policy: self.extra,
            provider: self.provider.as_deref(),
            ..Extras::default()
        }
    }
}

impl Dialect for Responses {
    fn name(&self) -> &'static str {
        "openresponses"
    }

    fn request(&self, turn: &Turn) -> Result<UpstreamRequest, Violation> {
        request::request(self, turn, None)
    }

    fn continuation(
        &self,
        turn: &Turn,
        previous: &Response,
    ) -> Option<Result<UpstreamRequest, Violation>> {
        if !self.passes_previous {
            return None;
        }
        let id = upstream_id(previous)?;
        Some(request::request(self, turn, Some(&id)))
    }

    fn compaction(&self, window: &ContextWindow) -> Option<Result<UpstreamRequest, Violation>> {
        Some(compact::request(self, window))
    }

    fn read_compaction(&self, body: &[u8]) -> Option<CompactedWindow> {
        compact::read(body)
    }

    fn token_count(&self, turn: &Turn) -> Option<Result<UpstreamRequest, Violation>> {
        Some(input_tokens::request(self, turn))
    }

    fn read_token_count(&self, body: &[u8]) -> Option<u64> {
        input_tokens::read(body)
    }

    fn answer(&self, turn: &Turn) -> Answer {
        // What is not stored cannot be continued.
        let reports = self.passes_previous && turn.store;
        Answer::Relay(match reports {
            true => self.relay.report_response_id(true),
            false => self.relay,
        })
    }
}

/// The id that the server gave a response which it keeps.
fn upstream_id(response: &Response) -> Option<String> {
    let metadata = response.extra.get("provider_metadata")?.reader();
    text(metadata.member("relay")?.member("response_id")?)
}
