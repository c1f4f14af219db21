use std::collections::HashMap;

use super::set::Capability;

/// Handling of a missing capability.
///
/// ```
/// use openresponses_gateway::capability::{Capability, CapabilityPolicy, Unsupported};
///
/// let policy = CapabilityPolicy::new().on(Capability::Logprobs, Unsupported::Strip);
/// assert_eq!(policy.of(Capability::Logprobs), Unsupported::Strip);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsupported {
    /// The provider is skipped. If no other provider has the capability, the request is refused
    /// with 400 and the member's path.
    Refuse,
    /// The members are removed from the request, with a warning.
    Strip,
    /// The members are passed on, and the provider decides.
    Pass,
}

/// The [`Unsupported`] handling of each [`Capability`].
///
/// Default: capabilities that change the question (images, files, video, tools, structured output)
/// are refused, and others are stripped.
///
/// ```
/// use openresponses_gateway::capability::{Capability, CapabilityPolicy, Unsupported};
///
/// let policy = CapabilityPolicy::new().on(Capability::Images, Unsupported::Strip);
/// assert_eq!(policy.of(Capability::Images), Unsupported::Strip);
/// assert_eq!(policy.of(Capability::Tools), Unsupported::Refuse);
/// ```
#[derive(Clone, Debug, Default)]
pub struct CapabilityPolicy(HashMap<Capability, Unsupported>);

impl CapabilityPolicy {
    /// Creates the default policy.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the handling of one missing capability.
    #[must_use]
    pub fn on(mut self, capability: Capability, then: Unsupported) -> Self {
        self.0.insert(capability, then);
        self
    }

    /// Returns the handling of one missing capability.
    #[must_use]
    pub fn of(&self, capability: Capability) -> Unsupported {
        let default = match capability {
            Capability::ParallelTools
            | Capability::Reasoning
            | Capability::EncryptedReasoning
            | Capability::Logprobs => Unsupported::Strip,
            _ => Unsupported::Refuse,
        };
        self.0.get(&capability).copied().unwrap_or(default)
    }
}
