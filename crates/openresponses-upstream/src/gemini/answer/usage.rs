use openresponses_types::json::Reader;
use openresponses_types::response::Usage;

use crate::answer::Deltas;
use crate::json::{count, members};

/// The counts as the server states them. Counts of zero are left out on the wire, so the last
/// statement counts as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    prompt: Option<u64>,
    tool_use: Option<u64>,
    cached: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    total: Option<u64>,
}

impl Counts {
    /// Reads `usageMetadata`.
    pub(super) fn read(&mut self, value: Reader<'_>, out: &mut Deltas) {
        let mut counts = Self::default();
        for (name, value) in members(value) {
            let member = match &*name {
                "promptTokenCount" => &mut counts.prompt,
                "toolUsePromptTokenCount" => &mut counts.tool_use,
                "cachedContentTokenCount" => &mut counts.cached,
                "candidatesTokenCount" | "responseTokenCount" => &mut counts.candidates,
                "thoughtsTokenCount" => &mut counts.thoughts,
                "totalTokenCount" => &mut counts.total,
                _ => {
                    out.unplaced("usageMetadata", &name, value);
                    continue;
                }
            };
            *member = count(value);
        }
        if counts.usage().is_some() {
            *self = counts;
        }
    }

    /// The counts of the protocol: the input has the prompts of tools that run at the server, the
    /// output the thoughts.
    pub(super) fn usage(&self) -> Option<Usage> {
        if self.prompt.is_none() && self.candidates.is_none() && self.total.is_none() {
            return None;
        }
        let of = |count: Option<u64>| count.unwrap_or(0);
        let input = of(self.prompt).saturating_add(of(self.tool_use));
        let output = of(self.candidates).saturating_add(of(self.thoughts));
        Some(
            Usage::new(input, output)
                .cached_tokens(of(self.cached))
                .reasoning_tokens(of(self.thoughts)),
        )
    }
}
