//! How servers of Chat Completions differ, as data.

use super::call_ids::CallIds;
use crate::hosts;

/// How one kind of server differs from the others.
///
/// ```
/// use openresponses_upstream::chat::Quirks;
///
/// assert_eq!(Quirks::named(Quirks::default().name), Some(Quirks::default()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirks {
    /// The name in a configuration.
    pub name: &'static str,
    /// Hosts that are known to be of this kind. A name that begins with a dot stands for every host below
    /// it.
    pub hosts: &'static [&'static str],
    /// The role of instructions and of developers' messages.
    pub developer: DeveloperRole,
    /// Where messages of the system and the developer may stand.
    pub system: SystemMessages,
    /// Which ids of calls the server takes.
    pub call_ids: CallIds,
    /// The member that bounds the output.
    pub max_tokens: MaxTokens,
    /// How reasoning of earlier turns goes back.
    pub replay: ReasoningReplay,
    /// How the effort of reasoning is asked for.
    pub effort: EffortMember,
    /// Whether `tool_choice` may be a set of allowed tools. Where it may not, the other tools are
    /// left out.
    pub allowed_tools: bool,
    /// Whether the output of a tool may have images. Where it may not, they follow in a message of
    /// the user's.
    pub tool_images: bool,
    /// Whether streams are asked for token counts with `stream_options`.
    pub include_usage: bool,
    /// Whether a file may be given by its address.
    pub file_urls: bool,
    /// Whether reasoning stands in `<think>` tags at the start of the content.
    pub think_tags: bool,
    /// Whether `service_tier`, `verbosity`, `safety_identifier` and `prompt_cache_key` exist.
    pub platform: bool,
    /// The member that is the seed of samples.
    pub seed: &'static str,
    /// Members that most servers have and this one refuses: they count as members that the dialect does not
    /// have.
    pub unknown: &'static [&'static str],
}

/// The role of instructions and of developers' messages.
///
/// ```
/// use openresponses_upstream::chat::{DeveloperRole, Quirks};
///
/// let mut quirks = Quirks::default();
/// quirks.developer = DeveloperRole::System;
/// assert_eq!(quirks.developer, DeveloperRole::System);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeveloperRole {
    /// `system`, which every server has.
    System,
    /// `developer`.
    Developer,
}

/// Where messages of the system and the developer may stand.
///
/// ```
/// use openresponses_upstream::chat::{Quirks, SystemMessages};
///
/// let mut quirks = Quirks::default();
/// quirks.system = SystemMessages::Anywhere;
/// assert_ne!(quirks, Quirks::COMMON);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SystemMessages {
    /// Anywhere, in any number.
    Anywhere,
    /// The first message only, as the templates of several models want it: all of them are sent as that
    /// one, with a warning for those that came later.
    First,
}

/// The member that bounds the output.
///
/// ```
/// use openresponses_upstream::chat::{MaxTokens, Quirks};
///
/// let mut quirks = Quirks::default();
/// quirks.max_tokens = MaxTokens::MaxTokens;
/// assert_eq!(quirks.max_tokens, MaxTokens::MaxTokens);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaxTokens {
    /// `max_tokens`.
    MaxTokens,
    /// `max_completion_tokens`.
    MaxCompletionTokens,
}

/// How reasoning of earlier turns goes back to the server.
///
/// ```
/// use openresponses_upstream::chat::{Quirks, ReasoningReplay};
///
/// let mut quirks = Quirks::default();
/// quirks.replay = ReasoningReplay::Details;
/// assert_eq!(quirks.replay, ReasoningReplay::Details);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReasoningReplay {
    /// Not at all, with a warning.
    Omit,
    /// As `reasoning_content` of the assistant's message.
    ReasoningContent,
    /// As `reasoning` of the assistant's message.
    Reasoning,
    /// As `reasoning_details` of the assistant's message, opaque ones included.
    Details,
}

/// How the effort of reasoning is asked for.
///
/// ```
/// use openresponses_upstream::chat::{EffortMember, Quirks};
///
/// let mut quirks = Quirks::default();
/// quirks.effort = EffortMember::Omit;
/// assert_eq!(quirks.effort, EffortMember::Omit);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EffortMember {
    /// As `reasoning_effort`.
    ReasoningEffort,
    /// As `reasoning.effort`.
    Reasoning,
    /// Not at all, with a warning.
    Omit,
}

impl Quirks {
    /// What most servers have in common: the default.
    pub const COMMON: Self = Self {
        name: "common",
        hosts: &[],
        developer: DeveloperRole::System,
        system: SystemMessages::First,
        call_ids: CallIds::Any,
        max_tokens: MaxTokens::MaxTokens,
        replay: ReasoningReplay::Omit,
        effort: EffortMember::ReasoningEffort,
        allowed_tools: false,
        tool_images: false,
        include_usage: true,
        file_urls: false,
        think_tags: false,
        platform: false,
        seed: "seed",
        unknown: &[],
    };

    /// OpenAI, of any region, and Azure.
    pub const OPENAI: Self = Self {
        name: "openai",
        hosts: hosts::OPENAI,
        system: SystemMessages::Anywhere,
        developer: DeveloperRole::Developer,
        max_tokens: MaxTokens::MaxCompletionTokens,
        allowed_tools: true,
        platform: true,
        unknown: &["top_k", "min_p", "repetition_penalty"],
        ..Self::COMMON
    };

    /// OpenRouter.
    pub const OPENROUTER: Self = Self {
        name: "openrouter",
        hosts: &["openrouter.ai"],
        system: SystemMessages::Anywhere,
        replay: ReasoningReplay::Details,
        effort: EffortMember::Reasoning,
        tool_images: true,
        file_urls: true,
        ..Self::COMMON
    };

    /// DeepSeek, which wants the reasoning of a turn with tool calls back.
    pub const DEEPSEEK: Self = Self {
        name: "deepseek",
        hosts: &["api.deepseek.com"],
        system: SystemMessages::Anywhere,
        replay: ReasoningReplay::ReasoningContent,
        ..Self::COMMON
    };

    /// Mistral, which refuses members that it does not know.
    pub const MISTRAL: Self = Self {
        name: "mistral",
        hosts: &["api.mistral.ai"],
        system: SystemMessages::Anywhere,
        call_ids: CallIds::Nine,
        effort: EffortMember::Omit,
        include_usage: false,
        tool_images: true,
        seed: "random_seed",
        unknown: &[
            "logit_bias",
            "user",
            "modalities",
            "audio",
            "web_search_options",
            "top_k",
            "min_p",
            "repetition_penalty",
        ],
        ..Self::COMMON
    };

    /// Perplexity.
    pub const PERPLEXITY: Self = Self {
        name: "perplexity",
        hosts: &["api.perplexity.ai"],
        think_tags: true,
        ..Self::COMMON
    };

    /// Groq.
    pub const GROQ: Self = Self {
        name: "groq",
        hosts: &["api.groq.com"],
        system: SystemMessages::Anywhere,
        max_tokens: MaxTokens::MaxCompletionTokens,
        replay: ReasoningReplay::Reasoning,
        ..Self::COMMON
    };

    /// llama.cpp, vLLM and SGLang, whose chat templates take the reasoning back.
    pub const LOCAL: Self = Self {
        name: "local",
        replay: ReasoningReplay::ReasoningContent,
        tool_images: true,
        ..Self::COMMON
    };

    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::COMMON,
        Self::OPENAI,
        Self::OPENROUTER,
        Self::DEEPSEEK,
        Self::MISTRAL,
        Self::PERPLEXITY,
        Self::GROQ,
        Self::LOCAL,
    ];

    /// Returns the quirks of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|quirks| quirks.name == name).cloned()
    }

    /// Returns the quirks of the server at `host`, [`COMMON`](Self::COMMON) where it is not known.
    #[must_use]
    pub fn of_host(host: &str) -> Self {
        Self::ALL
            .iter()
            .find(|quirks| hosts::is_one_of(quirks.hosts, host))
            .cloned()
            .unwrap_or(Self::COMMON)
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Self::COMMON
    }
}
