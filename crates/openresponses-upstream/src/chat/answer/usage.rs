use super::*;

/// The counts as the server states them.
#[derive(Default)]
struct Counts {
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    reasoning: Option<u64>,
}

impl ChatMachine {
    /// Reads token counts; the last ones count.
    pub(super) fn usage(&mut self, value: Reader<'_>, place: &str, out: &mut Deltas) {
        let mut counts = Counts::default();
        for (name, value) in members(value) {
            match &*name {
                "prompt_tokens" => counts.input = count(value),
                "completion_tokens" => counts.output = count(value),
                "total_tokens" => counts.total = count(value),
                "prompt_tokens_details" => {
                    let place = format!("{place}.prompt_tokens_details");
                    for (name, value) in members(value) {
                        match &*name {
                            "cached_tokens" => counts.cached = count(value).or(counts.cached),
                            _ => out.unplaced(&place, &name, value),
                        }
                    }
                }
                "completion_tokens_details" => {
                    let place = format!("{place}.completion_tokens_details");
                    for (name, value) in members(value) {
                        match &*name {
                            "reasoning_tokens" => counts.reasoning = count(value),
                            _ => out.unplaced(&place, &name, value),
                        }
                    }
                }
                // What other servers call them.
                "input_tokens" => counts.input = counts.input.or(count(value)),
                "output_tokens" => counts.output = counts.output.or(count(value)),
                "prompt_cache_hit_tokens" | "cached_tokens" | "cache_read_input_tokens" => {
                    counts.cached = counts.cached.or(count(value));
                }
                "reasoning_tokens" => counts.reasoning = counts.reasoning.or(count(value)),
                _ => out.unplaced(place, &name, value),
            }
        }
        if let Some(usage) = counts.usage() {
            self.usage = Some(usage);
        }
    }
}

impl Counts {
    fn usage(self) -> Option<Usage> {
        let input = self.input.unwrap_or(0);
        let stated = self.output.unwrap_or(0);
        if self.input.is_none() && self.output.is_none() {
            return None;
        }
        let reasoning = self.reasoning.unwrap_or(0);
        // Some servers count reasoning on top of the completion: then the sum tells.
        let on_top = reasoning > 0
            && self.total
                == input
                    .checked_add(stated)
                    .and_then(|sum| sum.checked_add(reasoning));
        let output = if on_top {
            stated.saturating_add(reasoning)
        } else {
            stated
        };
        Some(
            Usage::new(input, output)
                .cached_tokens(self.cached.unwrap_or(0))
                .reasoning_tokens(reasoning),
        )
    }
}
