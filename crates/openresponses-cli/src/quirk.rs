//! What known servers do wrong, as data.

use crate::finding::Finding;

/// A fault of known servers that their clients cope with.
#[derive(Debug)]
pub(crate) struct Quirk {
    pub(crate) name: &'static str,
    /// What the server sends.
    pub(crate) example: &'static str,
    /// What a client, or a relay in the mode `Repair`, does about it.
    pub(crate) done: &'static str,
    /// Servers that were seen to do it.
    pub(crate) seen_at: &'static str,
    /// The version of this command that excuses it first.
    pub(crate) since: &'static str,
    /// The findings that it explains.
    faults: &'static [Fault],
}

/// Recognizes findings.
#[derive(Debug)]
enum Fault {
    /// This rule.
    Rule(&'static str),
    /// This rule, at a place that ends so.
    At(&'static str, &'static str),
    /// This rule, with a message that contains this.
    Because(&'static str, &'static str),
    /// A required member of this name that is missing.
    Missing(&'static str),
}

use Fault::{At, Because, Missing, Rule};

/// All quirks.
pub(crate) const QUIRKS: &[Quirk] = &[
    Quirk {
        name: "no-done-marker",
        example: "a stream without `data: [DONE]`",
        done: "the terminal event ends the stream",
        seen_at: "OpenAI, Azure, xAI, llama.cpp",
        since: "0.1",
        faults: &[Rule("done-marker-missing")],
    },
    Quirk {
        name: "no-event-names",
        example: "frames without `event:` lines",
        done: "the type in the data counts",
        seen_at: "OpenRouter",
        since: "0.1",
        faults: &[Because("event-name-mismatch", "no such field")],
    },
    Quirk {
        name: "last-event-unterminated",
        example: "a last event without its blank line",
        done: "it is read",
        seen_at: "proxies",
        since: "0.1",
        faults: &[Rule("event-incomplete")],
    },
    Quirk {
        name: "settings-not-echoed",
        example: "a response without `presence_penalty`, `store` and other settings of its request",
        done: "they are taken from the request",
        seen_at: "OpenAI, Azure, Bedrock, llama.cpp",
        since: "0.1",
        faults: &[
            Missing("background"),
            Missing("frequency_penalty"),
            Missing("max_output_tokens"),
            Missing("max_tool_calls"),
            Missing("metadata"),
            Missing("parallel_tool_calls"),
            Missing("presence_penalty"),
            Missing("service_tier"),
            Missing("store"),
            Missing("temperature"),
            Missing("text"),
            Missing("tool_choice"),
            Missing("tools"),
            Missing("top_logprobs"),
            Missing("top_p"),
            Missing("truncation"),
        ],
    },
    Quirk {
        name: "settings-null",
        example: "`\"temperature\": null` in a response",
        done: "null counts as the default",
        seen_at: "xAI",
        since: "0.1",
        faults: &[
            Rule("ResponseResource.temperature:type"),
            Rule("ResponseResource.top_p:type"),
        ],
    },
    Quirk {
        name: "terminal-output-empty",
        example: "`\"output\": []` in the terminal event after streamed items",
        done: "the streamed items count",
        seen_at: "OpenAI Codex",
        since: "0.1",
        faults: &[Because("terminal-output-mismatch", "streamed, got 0")],
    },
    Quirk {
        name: "terminal-item-ids",
        example: "items with other ids in the terminal event than in the stream",
        done: "the streamed ids count",
        seen_at: "OpenAI, Azure",
        since: "0.1",
        faults: &[At("terminal-output-mismatch", ".id")],
    },
    Quirk {
        name: "item-announced-finished",
        example: "an item that is added as `completed`, before its deltas",
        done: "it is in progress until it is done",
        seen_at: "OpenAI gpt-5.6",
        since: "0.1",
        faults: &[Because("delta-after-done", "was announced finished")],
    },
    Quirk {
        name: "item-never-done",
        example: "an `mcp_list_tools` item that is not closed",
        done: "the terminal event closes it",
        seen_at: "OpenAI",
        since: "0.1",
        faults: &[Rule("item-not-done")],
    },
    Quirk {
        name: "item-done-in-progress",
        example: "a call that is closed with the status `in_progress`",
        done: "it is completed",
        seen_at: "OpenAI",
        since: "0.1",
        faults: &[Because("item-status", "got in_progress")],
    },
    Quirk {
        name: "changing-ids",
        example: "another id for the same item or response in each event",
        done: "the first id stays",
        seen_at: "GitHub Copilot",
        since: "0.1",
        faults: &[Rule("item-id-mismatch"), At("response-identity", ".id")],
    },
    Quirk {
        name: "parts-counted-on",
        example: "a `content_index` that counts on from the item before",
        done: "the open part takes the event",
        seen_at: "Bedrock",
        since: "0.1",
        faults: &[Rule("content-index")],
    },
    Quirk {
        name: "no-deltas",
        example: "arguments that appear in their done event only",
        done: "they count as one delta",
        seen_at: "LM Studio",
        since: "0.1",
        faults: &[Rule("deltas-missing")],
    },
    Quirk {
        name: "resumed-stream",
        example: "a stream that begins with `response.in_progress`",
        done: "the first snapshot begins the response",
        seen_at: "OpenAI, for a stream that is resumed",
        since: "0.1",
        faults: &[Because("first-event-not-created", "response.in_progress")],
    },
    Quirk {
        name: "no-places",
        example: "events without `sequence_number`, `output_index` or `content_index`",
        done: "the order of the events tells",
        seen_at: "llama.cpp, aimock",
        since: "0.1",
        faults: &[
            Missing("sequence_number"),
            Missing("output_index"),
            Missing("content_index"),
            Missing("summary_index"),
            Missing("annotation_index"),
            Because("sequence-number", "got none"),
        ],
    },
    Quirk {
        name: "no-logprobs",
        example: "an `output_text` part without `annotations` or `logprobs`",
        done: "they count as empty",
        seen_at: "llama.cpp, LM Studio",
        since: "0.1",
        faults: &[Missing("annotations"), Missing("logprobs")],
    },
    Quirk {
        name: "no-usage-details",
        example: "a usage without `input_tokens_details` or `output_tokens_details`",
        done: "they count as zero",
        seen_at: "llama.cpp",
        since: "0.1",
        faults: &[
            Missing("input_tokens_details"),
            Missing("output_tokens_details"),
        ],
    },
];

/// Returns the quirk that explains a finding.
pub(crate) fn of(found: &Finding) -> Option<&'static Quirk> {
    QUIRKS.iter().find(|quirk| {
        let mut faults = quirk.faults.iter();
        faults.any(|fault| fault.explains(found))
    })
}

impl Fault {
    fn explains(&self, found: &Finding) -> bool {
        match self {
            Rule(rule) => found.rule == *rule,
            At(rule, end) => {
                let at = || found.param().is_some_and(|param| param.ends_with(end));
                found.rule == *rule && at()
            }
            Because(rule, what) => found.rule == *rule && found.message.contains(what),
            Missing(member) => {
                let named = found.rule.rsplit_once('.').map(|(_, named)| named);
                named.and_then(|named| named.strip_suffix(":required")) == Some(member)
            }
        }
    }

    /// Returns the rule, where it is one of streams.
    #[cfg(test)]
    fn rule(&self) -> Option<&'static str> {
        match self {
            Rule(rule) | At(rule, _) | Because(rule, _) => Some(rule),
            Missing(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use openresponses_types::check::StreamRule;

    use super::*;

    #[test]
    fn the_documentation_has_each_quirk() {
        let page = include_str!("../QUIRKS.md");
        for quirk in QUIRKS {
            let row = format!(
                "| `{}` | {} | {} | {} | {} |\n",
                quirk.name, quirk.example, quirk.done, quirk.seen_at, quirk.since
            );
            assert!(page.contains(&row), "{row}");
        }
        let rows = page.lines().filter(|line| line.starts_with("| `"));
        assert_eq!(rows.count(), QUIRKS.len());
    }

    #[test]
    fn each_quirk_has_a_name_of_its_own_and_names_rules_that_there_are() {
        let mut names = HashSet::new();
        for quirk in QUIRKS {
            assert!(names.insert(quirk.name), "{}", quirk.name);
            for rule in quirk.faults.iter().filter_map(Fault::rule) {
                let known = StreamRule::from_name(rule).is_some()
                    || rule == "event-incomplete"
                    || rule.starts_with("ResponseResource.");
                assert!(known, "{}: {rule}", quirk.name);
            }
        }
    }
}
