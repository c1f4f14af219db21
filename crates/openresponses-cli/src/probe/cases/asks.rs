//! Cases of one request and one response.

use serde_json::{Value, json};

use super::Ask;
use super::look::{answered, completed, echoed, mentions, text};
use crate::probe::verdict::{Verdict, broken, expect, not_shown};

/// One red pixel.
const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// Words of two, three and four bytes a character.
pub(super) const WORDS: &str = "Grüße, 東京, naïve, 🎈🎉, Ελλάδα";

pub(super) const ALL: &[Ask] = &[
    Ask {
        name: "basic-text",
        section: "HTTP Responses",
        optional: false,
        request: || json!({"input": [message("user", "Say hello in exactly three words.")]}),
        check: answered,
    },
    Ask {
        name: "string-input",
        section: "openapi.json, CreateResponseBody.input",
        optional: false,
        request: || json!({"input": "Say hello."}),
        check: answered,
    },
    Ask {
        name: "non-ascii",
        section: "openapi.json, OutputTextContent.text",
        optional: false,
        request: || json!({"input": format!("Repeat these words exactly: {WORDS}")}),
        check: repeated,
    },
    Ask {
        name: "content-parts",
        section: "User Content vs Model Content",
        optional: false,
        request: || {
            json!({"input": [{"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "Say"}, {"type": "input_text", "text": "hello."},
            ]}]})
        },
        check: answered,
    },
    Ask {
        name: "system-message",
        section: "Items",
        optional: false,
        request: || json!({"input": [message("system", "Talk like a pirate."), message("user", "Say hello.")]}),
        check: answered,
    },
    Ask {
        name: "developer-message",
        section: "Items",
        optional: false,
        request: || json!({"input": [message("developer", "Be brief."), message("user", "Say hello.")]}),
        check: answered,
    },
    Ask {
        name: "instructions",
        section: "openapi.json, CreateResponseBody.instructions",
        optional: false,
        request: || json!({"instructions": "Be brief.", "input": "Say hello."}),
        check: |response| {
            answered(response)?;
            echoed(response, "instructions", &json!("Be brief."))
        },
    },
    Ask {
        name: "multi-turn",
        section: "Items",
        optional: false,
        request: || {
            json!({"input": [
                message("user", "The password is 'Alice'."),
                message("assistant", "The password is 'Alice'."),
                message("user", "What is the password?"),
            ]})
        },
        check: |response| mentions(response, &["alice"], "context-kept", "the previous turns"),
    },
    Ask {
        name: "assistant-phase",
        section: "openapi.json, AssistantMessageItemParam.phase",
        optional: false,
        request: || {
            let phase = |text: &str, phase: &str| json!({"type": "message", "role": "assistant", "content": text, "phase": phase});
            json!({"input": [
                phase("I should answer with the number.", "commentary"),
                phase("The number is four.", "final_answer"),
                message("user", "Repeat only the number."),
            ]})
        },
        check: answered,
    },
    Ask {
        name: "image-input",
        section: "User Content vs Model Content",
        optional: true,
        request: || {
            json!({"input": [{"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "What color is this?"},
                {"type": "input_image", "image_url": PIXEL},
            ]}]})
        },
        check: answered,
    },
    Ask {
        name: "structured-output",
        section: "openapi.json, JsonSchemaResponseFormat",
        optional: true,
        request: || {
            json!({"input": "What is the capital of France?", "text": {"format": {
                "type": "json_schema", "name": "answer", "strict": true,
                "schema": {
                    "type": "object", "additionalProperties": false, "required": ["answer"],
                    "properties": {"answer": {"type": "string"}},
                },
            }}})
        },
        check: structured,
    },
    Ask {
        name: "reasoning",
        section: "Reasoning",
        optional: true,
        request: || json!({"input": "What is 17 times 3?", "reasoning": {"effort": "low"}}),
        check: completed,
    },
    Ask {
        name: "reasoning-summary",
        section: "Reasoning",
        optional: true,
        request: || json!({"input": "What is 17 times 3?", "reasoning": {"effort": "low", "summary": "auto"}}),
        check: completed,
    },
    Ask {
        name: "max-output-tokens",
        section: "Items are state machines",
        optional: false,
        request: || {
            json!({"max_output_tokens": 16, "input": "Count to fifty in words, like this: one, \
                two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, \
                fourteen, fifteen, sixteen, seventeen, eighteen, nineteen, twenty."})
        },
        check: cut,
    },
    Ask {
        name: "metadata-echo",
        section: "openapi.json, ResponseResource.metadata",
        optional: false,
        request: || json!({"input": "Say hello.", "metadata": {"probe": "1", "ünicode": "🎈"}}),
        check: |response| {
            completed(response)?;
            echoed(
                response,
                "metadata",
                &json!({"probe": "1", "ünicode": "🎈"}),
            )
        },
    },
    Ask {
        name: "settings-echo",
        section: "openapi.json, ResponseResource",
        optional: true,
        request: || json!({"input": "Say hello.", "temperature": 0.5, "top_p": 0.5}),
        check: |response| {
            completed(response)?;
            echoed(response, "temperature", &json!(0.5))?;
            echoed(response, "top_p", &json!(0.5))
        },
    },
    Ask {
        name: "unknown-members",
        section: "Extending existing schemas",
        optional: true,
        request: || json!({"input": "Say hello.", "x_probe": {"deep": [1, {"er": null}]}}),
        check: answered,
    },
];

fn message(role: &str, text: &str) -> Value {
    json!({"type": "message", "role": role, "content": text})
}

/// The text has the words, or was at least not damaged.
pub(super) fn repeated(response: &Value) -> Verdict {
    answered(response)?;
    let text = text(response);
    // UTF-8 that was read as Latin-1, or cut within a character.
    let is_damaged = ["\u{FFFD}", "GrÃ", "naÃ", "\\u"]
        .iter()
        .any(|damage| text.contains(damage));
    expect(!is_damaged, "text-encoding", || {
        "The text has damaged characters.".into()
    })?;
    let has = |word: &str| text.contains(word);
    match WORDS.split(", ").any(has) {
        true => Ok(()),
        false => not_shown("text that is not ASCII"),
    }
}

fn structured(response: &Value) -> Verdict {
    answered(response)?;
    match serde_json::from_str::<Value>(&text(response)) {
        Ok(answer) if answer["answer"].is_string() => Ok(()),
        Ok(_) => broken(
            "structured-output",
            "The text is JSON that does not match the schema.",
        ),
        Err(_) => broken("structured-output", "The text is not JSON."),
    }
}

fn cut(response: &Value) -> Verdict {
    if response["status"] == "completed" {
        let used = response["usage"]["output_tokens"].as_u64();
        return expect(used.is_some_and(|used| used <= 16), "output-limit", || {
            format!(
                "Expected at most 16 output tokens, got {}.",
                response["usage"]["output_tokens"]
            )
        });
    }
    expect(
        response["status"] == "incomplete",
        "response-incomplete",
        || {
            format!(
                "Expected the status incomplete, got {}.",
                response["status"]
            )
        },
    )?;
    let reason = &response["incomplete_details"]["reason"];
    expect(reason == "max_output_tokens", "incomplete-reason", || {
        format!("Expected the reason max_output_tokens, got {reason}.")
    })
}
