/// Something that not every provider can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Images in the input.
    Images,
    /// Files in the input.
    Files,
    /// Videos in the input.
    Video,
    /// Tools.
    Tools,
    /// Several tool calls at once.
    ParallelTools,
    /// Answers in JSON (`text.format`).
    StructuredOutput,
    /// Reasoning that can be set.
    Reasoning,
    /// Encrypted reasoning in the answer.
    EncryptedReasoning,
    /// Log probabilities.
    Logprobs,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Images,
        Self::Files,
        Self::Video,
        Self::Tools,
        Self::ParallelTools,
        Self::StructuredOutput,
        Self::Reasoning,
        Self::EncryptedReasoning,
        Self::Logprobs,
    ];

    /// The name in warnings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Files => "files",
            Self::Video => "video",
            Self::Tools => "tools",
            Self::ParallelTools => "parallel_tools",
            Self::StructuredOutput => "structured_output",
            Self::Reasoning => "reasoning",
            Self::EncryptedReasoning => "encrypted_reasoning",
            Self::Logprobs => "logprobs",
        }
    }
}

/// A set of capabilities.
///
/// ```
/// use openresponses_gateway::capability::{Capabilities, Capability};
///
/// let text_only = Capabilities::all().without(Capability::Images).without(Capability::Files);
/// assert!(text_only.has(Capability::Tools));
/// assert!(!text_only.has(Capability::Images));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities(u16);

impl Capabilities {
    /// Everything, now and later.
    #[must_use]
    pub fn all() -> Self {
        Self(u16::MAX)
    }

    /// Plain text only.
    #[must_use]
    pub fn none() -> Self {
        Self(0)
    }

    /// The set and this one.
    #[must_use]
    pub fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability as u16)
    }

    /// The set without this one.
    #[must_use]
    pub fn without(self, capability: Capability) -> Self {
        Self(self.0 & !(1 << capability as u16))
    }

    /// Whether this one is in the set.
    #[must_use]
    pub fn has(self, capability: Capability) -> bool {
        self.0 & 1 << capability as u16 != 0
    }
}
