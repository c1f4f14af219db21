/// A capability that not every provider has.
///
/// ```
/// use openresponses_gateway::capability::{Capabilities, Capability};
///
/// let text_only = Capabilities::all().without(Capability::Images);
/// assert!(!text_only.has(Capability::Images) && text_only.has(Capability::Tools));
/// ```
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
    /// Parallel tool calls.
    ParallelTools,
    /// Structured output (`text.format`).
    StructuredOutput,
    /// Configurable reasoning.
    Reasoning,
    /// Encrypted reasoning in the output.
    EncryptedReasoning,
    /// Log probabilities.
    Logprobs,
}

impl Capability {
    /// All capabilities.
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

    /// Returns the name used in warnings.
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
    /// Creates the set of all capabilities, including future ones.
    #[must_use]
    pub fn all() -> Self {
        Self(u16::MAX)
    }

    /// Creates the empty set: plain text only.
    #[must_use]
    pub fn none() -> Self {
        Self(0)
    }

    /// Adds a capability.
    #[must_use]
    pub fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability as u16)
    }

    /// Removes a capability.
    #[must_use]
    pub fn without(self, capability: Capability) -> Self {
        Self(self.0 & !(1 << capability as u16))
    }

    /// Returns true if the set contains a capability.
    #[must_use]
    pub fn has(self, capability: Capability) -> bool {
        self.0 & 1 << capability as u16 != 0
    }
}
