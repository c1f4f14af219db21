//! Responses: OpenAI and other servers of the protocol itself.
//!
//! The answer is relayed: events that are in order pass as they came, the response around them is
//! the endpoint's. The whole conversation is sent each time and nothing is stored at the server, so
//! `previous_response_id` is answered from the endpoint's own store. Servers are asked for a stream
//! whether or not the client wants one. `Upstream::websocket` asks them over WebSockets where they have
//! them.
#![doc = include_str!("TABLE.md")]

#[cfg(feature = "client")]
mod document;
mod request;
mod table;

use openresponses_tower::RelayMode;
use openresponses_tower::output::RelayOptions;
use openresponses_types::{Turn, Violation};

#[cfg(feature = "client")]
pub(crate) use document::document;
pub use table::{ANSWER, REQUEST};

use crate::dialect::{Answer, Dialect};
use crate::extra::ExtraPolicy;
use crate::request::UpstreamRequest;

/// The dialect of servers that speak the protocol itself.
#[derive(Clone, Debug)]
pub struct Responses {
    relay: RelayOptions,
    extra: ExtraPolicy,
    provider: Option<String>,
}

impl Default for Responses {
    fn default() -> Self {
        Self {
            relay: RelayOptions::new(RelayMode::Repair),
            extra: ExtraPolicy::Forward,
            provider: None,
        }
    }
}

impl Responses {
    /// Creates the dialect. Answers are relayed in [`RelayMode::Repair`], with the server's item ids.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
}

impl Dialect for Responses {
    fn name(&self) -> &'static str {
        "openresponses"
    }

    fn request(&self, turn: &Turn) -> Result<UpstreamRequest, Violation> {
        request::request(self, turn)
    }

    fn answer(&self, _: &Turn) -> Answer {
        Answer::Relay(self.relay)
    }
}
