//! What the rounds of a response cost.

use openresponses_types::json::RawJson;
use openresponses_types::response::Usage;

/// The member that reports stand in.
const MEMBER: &str = "provider_metadata";

/// The counts of a response's rounds.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    rounds: Vec<RoundCost>,
    pub(super) calls: u64,
    pub(super) result_bytes: usize,
}

#[derive(Debug, Default)]
struct RoundCost {
    usage: Option<Usage>,
    calls: usize,
    metadata: Option<RawJson>,
}

impl Ledger {
    pub(super) fn rounds(&self) -> u32 {
        u32::try_from(self.rounds.len()).unwrap_or(u32::MAX)
    }

    /// A round has begun.
    pub(super) fn begin(&mut self) {
        self.rounds.push(RoundCost::default());
    }

    pub(super) fn usage(&mut self, usage: Usage) {
        if let Some(round) = self.rounds.last_mut() {
            round.usage = Some(usage);
        }
    }

    /// Counts calls. Those that the client approved run before the first round.
    pub(super) fn add_calls(&mut self, calls: usize) {
        self.calls += calls as u64;
        if let Some(round) = self.rounds.last_mut() {
            round.calls += calls;
        }
    }

    /// Keeps a member of the round's response where it is reported per round. Gives it back where it
    /// is not.
    pub(super) fn member(&mut self, name: String, value: RawJson) -> Option<(String, RawJson)> {
        match self.rounds.last_mut() {
            Some(round) if name == MEMBER => {
                round.metadata = Some(value);
                None
            }
            _ => Some((name, value)),
        }
    }

    /// The sum over the rounds.
    pub(super) fn total(&self) -> Option<Usage> {
        let mut all = self.rounds.iter().filter_map(|round| round.usage.as_ref());
        let first = all.next()?.clone();
        Some(all.fold(first, Usage::plus))
    }

    /// The member of the response that tells of its rounds: what the last one says, and beside it
    /// `tool_loop` where there was more than one.
    pub(super) fn report(&mut self) -> Option<(String, RawJson)> {
        let last = self.rounds.last_mut()?.metadata.take();
        if self.rounds.len() < 2 {
            return last.map(|value| (MEMBER.into(), value));
        }
        let mut text = String::from("{");
        if let Some(last) = &last {
            let mut reader = last.reader();
            let mut members = reader.enter_object();
            while let Some(name) = reader.next_member(&mut members) {
                let value = reader.raw();
                if name != "tool_loop" {
                    text.push_str(&format!("{}:{value},", RawJson::string(&name)));
                }
            }
        }
        text.push_str("\"tool_loop\":{\"rounds\":[");
        for (at, round) in self.rounds.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            let usage = round.usage.as_ref().map_or("null".into(), Usage::to_json);
            text.push_str(&format!("{{\"calls\":{},\"usage\":{usage}", round.calls));
            if let Some(metadata) = &round.metadata {
                text.push_str(&format!(",\"{MEMBER}\":{metadata}"));
            }
            text.push('}');
        }
        text.push_str("]}}");
        Some((MEMBER.into(), RawJson::parse(&text).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(json: &str) -> Usage {
        RawJson::parse(json).unwrap().read_as().unwrap()
    }

    #[test]
    fn counts_of_vendors_are_added_and_what_is_no_count_is_the_last_rounds() {
        let mut ledger = Ledger::default();
        for json in [
            r#"{"input_tokens":1,"output_tokens":2,"total_tokens":10,
                "input_tokens_details":{"cached_tokens":1,"cache_write_tokens":5},
                "output_tokens_details":{"reasoning_tokens":1,"audio_tokens":2},
                "cost":0.25,"tier":"a","first":7}"#,
            r#"{"input_tokens":3,"output_tokens":4,"total_tokens":20,
                "input_tokens_details":{"cached_tokens":2,"cache_write_tokens":6},
                "output_tokens_details":{"reasoning_tokens":3,"audio_tokens":4},
                "cost":0.5,"tier":"b","last":null}"#,
        ] {
            ledger.begin();
            ledger.usage(usage(json));
        }
        let total: serde_json::Value =
            serde_json::from_str(&ledger.total().unwrap().to_json()).unwrap();
        assert_eq!(
            total,
            serde_json::json!({
                "input_tokens": 4, "output_tokens": 6, "total_tokens": 30,
                "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 11},
                "output_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 6},
                "cost": 0.75, "tier": "b", "first": 7, "last": null,
            })
        );
    }
}
