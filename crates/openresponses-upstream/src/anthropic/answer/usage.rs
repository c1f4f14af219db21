use openresponses_types::json::{RawJson, Reader};
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;

use crate::answer::Deltas;
use crate::json::{count, members, text};

const PLACE: &str = "usage";

/// The counts as the server states them; later ones replace those before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    thinking: Option<u64>,
}

impl Counts {
    /// Reads `usage`.
    pub(super) fn read(&mut self, value: Reader<'_>, out: &mut Deltas) {
        for (name, value) in members(value) {
            match &*name {
                "input_tokens" => set(&mut self.input, value),
                "output_tokens" => set(&mut self.output, value),
                "cache_read_input_tokens" => set(&mut self.cache_read, value),
                "cache_creation_input_tokens" => set(&mut self.cache_write, value),
                "output_tokens_details" => {
                    for (name, value) in members(value) {
                        match &*name {
                            "thinking_tokens" => set(&mut self.thinking, value),
                            _ => out.unplaced("usage.output_tokens_details", &name, value),
                        }
                    }
                }
                "service_tier" => tier(value, out),
                _ => out.unplaced(PLACE, &name, value),
            }
        }
    }

    /// The counts of the protocol, whose input includes what was read from and written to a cache.
    pub(super) fn usage(&self) -> Option<Usage> {
        if self.input.is_none() && self.output.is_none() {
            return None;
        }
        let read = self.cache_read.unwrap_or(0);
        let written = self.cache_write.unwrap_or(0);
        let input = self.input.unwrap_or(0);
        let input = input.saturating_add(read).saturating_add(written);
        let mut usage = Usage::new(input, self.output.unwrap_or(0))
            .cached_tokens(read)
            .reasoning_tokens(self.thinking.unwrap_or(0));
        if written > 0
            && let Some(details) = usage.input_tokens_details.value_mut()
            && let Ok(count) = RawJson::parse(&written.to_string())
        {
            details.extra.insert("cache_write_tokens", count);
        }
        Some(usage)
    }
}

/// Reports the tier that was used, whose default has another name in the protocol.
fn tier(value: Reader<'_>, out: &mut Deltas) {
    let Some(tier) = text(value).filter(|tier| !tier.is_empty()) else {
        return;
    };
    let tier = match &*tier {
        "standard" => "default",
        tier => tier,
    };
    out.push(Delta::Member {
        name: "service_tier".to_owned(),
        value: RawJson::string(tier),
    });
}

fn set(member: &mut Option<u64>, value: Reader<'_>) {
    *member = count(value).or(*member);
}
