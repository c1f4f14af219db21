use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::diagnostics::{Profile, Warning};
use crate::item::Item;
use crate::json::RawJson;
use crate::request::{Include, ReasoningConfig, ServiceTier, TextFormat, Truncation, Verbosity};
use crate::sequence::ToolPolicy;
use crate::tool::{Tool, ToolChoice};
use crate::wire::Extra;

/// One turn of a conversation, as a provider gets it.
///
/// Everything is in the specification's own shapes, whatever dialect the client speaks; what the
/// client did not say is `None` where the provider's own default should hold, and resolved where the
/// specification fixes it. Nothing is lost: items and tools of unknown types are in their
/// places, unknown members of the request in `extra`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Turn {
    /// The model that was asked for.
    pub model: String,
    /// The whole conversation: previous items, then the request's own. Shared, not copied, with the
    /// turns before.
    pub items: Vec<Arc<Item>>,
    /// Where the request's own items start in `items`.
    pub input_start: usize,
    /// Instructions of this request; those of previous ones do not carry over.
    pub instructions: Option<String>,
    /// The tools that the model can see.
    pub tools: Vec<Tool>,
    /// Which of them it may or must call.
    pub tool_choice: ToolChoice,
    /// Whether it may call several at once.
    pub parallel_tool_calls: bool,
    /// The most calls that it may make.
    pub max_tool_calls: Option<u64>,
    /// The format of the answer.
    pub text_format: TextFormat,
    /// The length of the answer.
    pub verbosity: Option<Verbosity>,
    /// How much the model should reason.
    pub reasoning: Option<ReasoningConfig>,
    /// Randomness, 0 to 2.
    pub temperature: Option<f64>,
    /// Nucleus sampling, 0 to 1.
    pub top_p: Option<f64>,
    /// Penalty for tokens that appeared.
    pub presence_penalty: Option<f64>,
    /// Penalty for tokens by how often they appeared.
    pub frequency_penalty: Option<f64>,
    /// The most tokens to generate.
    pub max_output_tokens: Option<u64>,
    /// How many likely tokens to report in each place.
    pub top_logprobs: Option<u64>,
    /// What to include in the response.
    pub include: Vec<Include>,
    /// The client's pairs of strings, to be echoed.
    pub metadata: RawJson,
    /// Whether the context may be shortened.
    pub truncation: Truncation,
    /// How urgently the request is processed.
    pub service_tier: Option<ServiceTier>,
    /// The response that this one continues.
    pub previous_response_id: Option<String>,
    /// The end user's stable name.
    pub safety_identifier: Option<String>,
    /// The key for prompt caches.
    pub prompt_cache_key: Option<String>,
    /// Whether the response is to be stored. True unless the client said no.
    pub store: bool,
    /// Whether the response is made in the background.
    pub background: bool,
    /// Whether the response is streamed.
    pub stream: bool,
    /// Whether delta events are padded.
    pub include_obfuscation: bool,
    /// Members that the protocol does not name, such as `providerOptions`.
    pub extra: Extra,
    /// What was accepted although the specification does not have it, and what could not be honoured.
    pub warnings: Vec<Warning>,
    /// The profile that the request was read in.
    pub profile: Profile,
}

impl Turn {
    /// The items that came with this request.
    #[must_use]
    pub fn input_items(&self) -> &[Arc<Item>] {
        self.items.get(self.input_start..).unwrap_or_default()
    }

    /// Which calls the response may contain.
    #[must_use]
    pub fn tool_policy(&self) -> ToolPolicy {
        let mut policy = ToolPolicy::new(&self.tools, &self.tool_choice);
        if let Some(most) = self.max_tool_calls {
            policy = policy.max_calls(most);
        }
        if self.parallel_tool_calls {
            policy
        } else {
            policy.max_calls(1)
        }
    }

    /// True when the client asked to include `what`.
    #[must_use]
    pub fn includes(&self, what: &Include) -> bool {
        self.include.contains(what)
    }
}
