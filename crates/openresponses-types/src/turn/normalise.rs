use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::{canonical, context};
use crate::field::Field;
use crate::input::Input;
use crate::item::{Item, Message};
use crate::json::RawJson;
use crate::members::Members;
use crate::path::Path;
use crate::profile::Profile;
use crate::reasoning_config::ReasoningConfig;
use crate::report::Warning;
use crate::request::{CreateRequest, Include, ServiceTier, Truncation};
use crate::sequence::ToolPolicy;
use crate::text::{TextFormat, TextFormatText, Verbosity};
use crate::tool::Tool;
use crate::tool_choice::ToolChoice;
use crate::violation::{Code, Violation};

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
    pub extra: Members,
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
            policy = policy.at_most(most);
        }
        if self.parallel_tool_calls {
            policy
        } else {
            policy.at_most(1)
        }
    }

    /// True when the client asked to include `what`.
    #[must_use]
    pub fn includes(&self, what: &Include) -> bool {
        self.include.contains(what)
    }
}

/// Makes [`Turn`]s of requests.
///
/// ```
/// use openresponses_types::{CreateRequest, Item, Normalizer, Profile};
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// assert!(matches!(&*turn.items[0], Item::Message(_)));
/// assert!(turn.store);
///
/// let request = CreateRequest::from_json(br#"{"input":"Hello"}"#)?;
/// let refused = Normalizer::new(Profile::Compatible).turn(request).unwrap_err();
/// assert_eq!(refused[0].param().as_deref(), Some("model"));
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Copy)]
pub struct Normalizer<'a> {
    pub(super) profile: Profile,
    pub(super) default_model: Option<&'a str>,
    pub(super) previous: &'a [Arc<Item>],
    pub(super) resolve: &'a dyn Fn(&str) -> Option<Arc<Item>>,
}

impl fmt::Debug for Normalizer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Normalizer")
            .field("profile", &self.profile)
            .field("default_model", &self.default_model)
            .field("previous", &self.previous.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Normalizer<'a> {
    /// For requests of a profile, without a default model and without a previous response.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            default_model: None,
            previous: &[],
            resolve: &|_| None,
        }
    }

    /// The model of requests that name none.
    #[must_use]
    pub fn default_model(mut self, model: Option<&'a str>) -> Self {
        self.default_model = model;
        self
    }

    /// The items of the response that the request continues: its context, then its output.
    #[must_use]
    pub fn previous(mut self, items: &'a [Arc<Item>]) -> Self {
        self.previous = items;
        self
    }

    /// How to find the item that an `item_reference` stands for, besides the previous items.
    #[must_use]
    pub fn resolve(mut self, resolve: &'a dyn Fn(&str) -> Option<Arc<Item>>) -> Self {
        self.resolve = resolve;
        self
    }

    /// Makes a turn of a request that was found valid.
    ///
    /// # Errors
    /// What is missing, and what only the whole conversation can show to be wrong: outputs without
    /// their call, a forced or allowed tool that is not there, references that lead nowhere
    /// (in [`Profile::Strict`]).
    pub fn turn(&self, request: CreateRequest) -> Result<Turn, Vec<Violation>> {
        let mut violations = Vec::new();
        let mut extra = request.extra;
        let model = request
            .model
            .into_value()
            .or_else(|| self.default_model.map(Into::into));
        if model.is_none() {
            violations.push(missing("model", "Name the model that should answer."));
        }
        let previous_response_id = request.previous_response_id.into_value();
        let input = match request.input.into_value() {
            Some(Input::Text(text)) => alloc::vec![Item::from(Message::user(text))],
            Some(Input::Items(items)) => items,
            None => {
                if previous_response_id.is_none() {
                    let fix =
                        "Give the model something to answer, or continue a previous response.";
                    violations.push(missing("input", fix));
                }
                Vec::new()
            }
        };
        let mut warnings = Vec::new();
        let input_start = self.previous.len();
        let elsewhere = context::continues_elsewhere(&extra, self.profile);
        let items = context::join(self, input, elsewhere, &mut violations, &mut warnings);
        let tools: Vec<Tool> = request
            .tools
            .into_value()
            .unwrap_or_default()
            .into_iter()
            .map(canonical::tool)
            .collect();
        let tool_choice = canonical::tool_choice(request.tool_choice, &mut extra);
        if !context::has_prompt(&extra, self.profile) {
            context::check_tool_choice(&tools, &tool_choice, &mut violations);
        }
        let text = request.text.into_value();
        let (format, verbosity) = match text {
            Some(text) => (text.format.into_value(), text.verbosity.into_value()),
            None => (None, None),
        };
        let Some(model) = model.filter(|_| violations.is_empty()) else {
            return Err(violations);
        };
        Ok(Turn {
            model,
            items,
            input_start,
            instructions: request.instructions.into_value(),
            tools,
            tool_choice,
            parallel_tool_calls: request.parallel_tool_calls.get().unwrap_or(true),
            max_tool_calls: count(request.max_tool_calls),
            text_format: format.unwrap_or_else(|| TextFormat::Text(TextFormatText::new())),
            verbosity,
            reasoning: request.reasoning.into_value(),
            temperature: request.temperature.get(),
            top_p: request.top_p.get(),
            presence_penalty: request.presence_penalty.get(),
            frequency_penalty: request.frequency_penalty.get(),
            max_output_tokens: count(request.max_output_tokens),
            top_logprobs: count(request.top_logprobs),
            include: request.include.into_value().unwrap_or_default(),
            metadata: request
                .metadata
                .into_value()
                .unwrap_or_else(RawJson::empty_object),
            truncation: request
                .truncation
                .into_value()
                .unwrap_or(Truncation::Disabled),
            service_tier: request.service_tier.into_value(),
            previous_response_id,
            safety_identifier: request.safety_identifier.into_value(),
            prompt_cache_key: request.prompt_cache_key.into_value(),
            store: request.store.get().unwrap_or(true),
            background: request.background.get().unwrap_or(false),
            stream: request.stream.get().unwrap_or(false),
            include_obfuscation: request
                .stream_options
                .value()
                .and_then(|options| options.include_obfuscation.get())
                .unwrap_or(false),
            extra,
            warnings,
            profile: self.profile,
        })
    }
}

/// Validation bounds these from below; whatever else gets here is no limit.
fn count(value: Field<i64>) -> Option<u64> {
    value.get().and_then(|value| u64::try_from(value).ok())
}

pub(super) fn missing(name: &str, fix: &str) -> Violation {
    Violation::new(
        Path::default().member(name),
        Code::MissingParameter,
        "required",
        alloc::format!("Missing required parameter: '{name}'. {fix}"),
    )
}
