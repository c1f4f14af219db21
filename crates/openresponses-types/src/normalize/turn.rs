//! One turn of a conversation.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{conversation, dialects, echo};
use crate::diagnostics::{Profile, Warning};
use crate::item::Item;
use crate::json::RawJson;
use crate::request::{
    CreateRequest, Include, ReasoningConfig, ServiceTier, StreamOptions, TextConfig, TextFormat,
    TextFormatText, Truncation, Verbosity, carry, echo, settings,
};
use crate::response::{Response, ResponseStatus};
use crate::sequence::{ProviderSettings, ToolPolicy};
use crate::tool::{DeclaredTools, Tool, ToolChoice};
use crate::wire::{Extra, Field};

/// Format and verbosity of the text output.
///
/// ```
/// use openresponses_types::CreateRequest;
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::{Normalizer};
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// assert_eq!(turn.text.verbosity, None);
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TurnText {
    /// The format. Default: plain text.
    pub format: TextFormat,
    /// The verbosity, `None` where the provider decides.
    pub verbosity: Option<Verbosity>,
    /// Members of `text` that the protocol does not name.
    pub extra: Extra,
}

impl TurnText {
    fn carry(text: Field<TextConfig>) -> Self {
        let TextConfig {
            format,
            verbosity,
            extra,
        } = text.into_value().unwrap_or_else(TextConfig::new);
        Self {
            format: dialects::text_format(
                format
                    .into_value()
                    .unwrap_or_else(|| TextFormat::Text(TextFormatText::new())),
            ),
            verbosity: verbosity.into_value(),
            extra,
        }
    }
}

/// What a turn is made of beside the request's settings.
pub(super) struct Context {
    pub(super) model: String,
    pub(super) items: Vec<Arc<Item>>,
    pub(super) input_start: usize,
    pub(super) warnings: Vec<Warning>,
    pub(super) profile: Profile,
}

macro_rules! turn {
    ($(
        response { $(
            $(#[$own_doc:meta])*
            $own:ident: $own_type:ty = $own_value:expr;
        )* }
        settings { $(
            $(#[$doc:meta])*
            $name:ident: $wire:ty => $turn:ty, $way:ident $(($($args:tt)*))?;
        )* }
    )*) => {
        /// One turn of a conversation, as a provider gets it.
        ///
        /// Everything is in the specification's own shapes, whatever dialect the client speaks. A
        /// setting that the request leaves out is `None` where the provider's own default applies,
        /// and resolved where the specification fixes the default. Nothing is lost: items and tools
        /// of unknown types keep their places, and unknown members of the request are in `extra`.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub struct Turn {
            /// The requested model.
            pub model: String,
            /// The whole conversation: previous items, then the request's own. Shared, not copied,
            /// with the turns before.
            pub items: Vec<Arc<Item>>,
            /// The index in `items` at which the request's own items start.
            pub input_start: usize,
            /// Data to include in the response that is left out by default; each value once.
            pub include: Vec<Include>,
            /// Whether a provider may ask for encrypted reasoning that `include` does not name, so that
            /// it gets its reasoning back with the next turn. Set false for a provider that lacks it.
            /// Default: true.
            pub encrypted_reasoning: bool,
            /// Whether the response is streamed. Default: false.
            pub stream: bool,
            /// Whether delta events are padded. Default: false.
            pub include_obfuscation: bool,
            /// Members of `stream_options` that the protocol does not name.
            pub stream_options_extra: Extra,
            $($(
                $(#[$doc])*
                pub $name: $turn,
            )*)*
            /// Members of the request that the protocol does not name, such as `providerOptions`.
            pub extra: Extra,
            /// Leniencies that the request needed, and settings that could not be honored.
            pub warnings: Vec<Warning>,
            /// The profile in which the request was read.
            pub profile: Profile,
        }

        impl Turn {
            /// Carries each member of `request` into a turn. The patterns have no `..`: a member
            /// that is not carried does not compile.
            #[inline(always)]
            pub(super) fn carry(request: CreateRequest, context: Context) -> Self {
                let CreateRequest {
                    // Resolved in the context.
                    model: _,
                    input: _,
                    include,
                    stream,
                    stream_options,
                    $($( $name, )*)*
                    extra,
                } = request;
                let StreamOptions {
                    include_obfuscation,
                    extra: stream_options_extra,
                } = stream_options
                    .into_value()
                    .unwrap_or_else(StreamOptions::new);
                let Context {
                    model,
                    items,
                    input_start,
                    warnings,
                    profile,
                } = context;
                Self {
                    model,
                    items,
                    input_start,
                    include: distinct(include.into_value().unwrap_or_default()),
                    encrypted_reasoning: true,
                    stream: stream.get().unwrap_or(false),
                    include_obfuscation: include_obfuscation.get().unwrap_or(false),
                    stream_options_extra,
                    $($( $name: carry!($name, $way $(($($args)*))?), )*)*
                    extra,
                    warnings,
                    profile,
                }
            }

            /// Creates the response of this turn before any output: every member that the schema
            /// requires, with the request's value or else the documented default.
            #[must_use]
            pub fn response(&self, id: impl Into<String>, created_at: i64) -> Response {
                Response {
                    $(
                        $( $own: $own_value, )*
                        $( $name: echo!(self.$name, self.profile, $way $(($($args)*))?), )*
                    )*
                    ..Response::from_members(id.into(), self.model.clone(), created_at)
                }
            }
        }
    };
}

settings!(turn);

impl Turn {
    /// Returns the items that came with this request.
    #[must_use]
    pub fn input_items(&self) -> &[Arc<Item>] {
        debug_assert!(self.input_start <= self.items.len());
        self.items.get(self.input_start..).unwrap_or_default()
    }

    /// Returns the policy that decides which calls the response may contain.
    ///
    /// Functions that items of the conversation declare (`additional_tools`, `tool_search_output`,
    /// `mcp_list_tools`) count like those in `tools`. Any function passes where the conversation
    /// has a part that cannot be read here and may declare it: a stored `prompt`, a `conversation`
    /// elsewhere, a compaction, a reference that was not resolved, or a tool of another type.
    #[must_use]
    pub fn tool_policy(&self) -> ToolPolicy {
        let mut policy = ToolPolicy::of_declared(self.declared_tools(), &self.tool_choice);
        if let Some(most) = self.max_tool_calls {
            policy = policy.max_calls(most);
        }
        policy.parallel_calls(self.parallel_tool_calls)
    }

    /// Returns the settings that the request leaves to the provider.
    #[must_use]
    pub fn provider_settings(&self) -> ProviderSettings {
        ProviderSettings {
            temperature: self.temperature.is_none(),
            top_p: self.top_p.is_none(),
            presence_penalty: self.presence_penalty.is_none(),
            frequency_penalty: self.frequency_penalty.is_none(),
            top_logprobs: self.top_logprobs.is_none(),
        }
    }

    /// Returns the tools that the request and the items of its conversation declare.
    ///
    /// ```
    /// use openresponses_types::diagnostics::Profile;
    /// use openresponses_types::normalize::Normalizer;
    /// use openresponses_types::CreateRequest;
    ///
    /// let request = CreateRequest::from_json(
    ///     br#"{"model":"m","tools":[],"input":[
    ///         {"type":"additional_tools","tools":[{"type":"function","name":"read"}]}]}"#,
    /// )?;
    /// let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
    /// assert!(turn.declared_tools().contains("read"));
    /// assert!(!turn.declared_tools().contains("delete"));
    /// # Ok::<(), openresponses_types::Violation>(())
    /// ```
    #[must_use]
    pub fn declared_tools(&self) -> DeclaredTools {
        self.declared_tools_of(|_| true, |_| true)
    }

    /// Returns the tools that the request and its conversation declare, without those of `tools` and
    /// of the items for which the predicates return false: a provider that runs tools itself knows
    /// what its own bring.
    #[must_use]
    pub fn declared_tools_of(
        &self,
        counts_tool: impl Fn(&Tool) -> bool,
        counts_item: impl Fn(&Item) -> bool,
    ) -> DeclaredTools {
        let mut declared = DeclaredTools::new(self.tools.iter().filter(|tool| counts_tool(tool)));
        if conversation::has_prompt(&self.extra, self.profile)
            || conversation::continues_elsewhere(&self.extra, self.profile)
        {
            declared.open();
        }
        for item in self.items.iter().filter(|item| counts_item(item)) {
            match &**item {
                Item::Extension(raw) => declared.list(&raw.json().reader()),
                Item::Unknown(raw) => declared.list(&raw.json().reader()),
                Item::Reference(_) | Item::Compaction(_) => declared.open(),
                Item::Message(_)
                | Item::FunctionCall(_)
                | Item::FunctionCallOutput(_)
                | Item::Reasoning(_) => {}
            }
        }
        declared
    }

    /// Returns true if the client asked to include `what`.
    #[must_use]
    pub fn includes(&self, what: &Include) -> bool {
        self.include.contains(what)
    }
}

/// Keeps the first of equal values.
fn distinct(include: Vec<Include>) -> Vec<Include> {
    if include.len() < 2 {
        return include;
    }
    let mut known = BTreeSet::new();
    let firsts = include.iter().filter(|value| known.insert(value.as_str()));
    firsts.cloned().collect()
}

fn value<T>(field: Field<T>) -> Option<T> {
    field.into_value()
}

/// Validation bounds these from below; a negative number is no limit.
fn count(field: Field<i64>) -> Option<u64> {
    field.get().and_then(|value| u64::try_from(value).ok())
}
