use std::collections::HashMap;

use super::set::Capability;

/// What happens to what a provider cannot do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsupported {
    /// The provider is not asked. When no other can do it either, the request is refused with 400
    /// and the member's path.
    Refuse,
    /// It is taken out of the request, and a warning says so.
    Strip,
    /// It is passed on: the provider has the last word.
    Pass,
}

/// [`Unsupported`] for each [`Capability`].
///
/// Unless told otherwise that is refused without which the answer would be to another question
/// (images, files, video, tools, structured output), and the rest stripped.
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
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what happens when this one is lacking.
    #[must_use]
    pub fn on(mut self, capability: Capability, then: Unsupported) -> Self {
        self.0.insert(capability, then);
        self
    }

    /// What happens when this one is lacking.
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
