//! Cases of one request and one response.

use serde_json::{Value, json};

use super::look::{answered, completed, echoed, mentions, number, text};
use super::{Ask, Need};
use crate::probe::verdict::{Verdict, broken, expect, not_shown};

/// One red pixel.
const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// Words of two, three and four bytes a character.
pub(super) const WORDS: &str = "Grüße, 東京, naïve, 🎈🎉, Ελλάδα";

pub(super) const ALL: &[Ask] = &[
    Ask {
        name: "basic-text",
        section: "HTTP Responses",
        need: Need::Answer,
        request: || json!({"input": [message("user", "Say hello in exactly three words.")]}),
        check: answered,
    },
    Ask {
        name: "string-input",
        section: "openapi.json, CreateResponseBody.input",
        need: Need::Answer,
        request: || json!({"input": "Say hello."}),
        check: answered,
    },
    Ask {
        name: "non-ascii",
        section: "openapi.json, OutputTextContent.text",
        need: Need::Answer,
        request: || json!({"input": format!("Repeat these words exactly: {WORDS}")}),
        check: repeated,
    },
    Ask {
        name: "content-parts",
        section: "User Content vs Model Content",
        need: Need::Answer,
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
        need: Need::Answer,
        request: || json!({"input": [message("system", "Talk like a pirate."), message("user", "Say hello.")]}),
        check: answered,
    },
    Ask {
        name: "developer-message",
        section: "Items",
        need: Need::Answer,
        request: || json!({"input": [message("developer", "Be brief."), message("user", "Say hello.")]}),
        check: answered,
    },
    Ask {
        name: "instructions",
        section: "openapi.json, CreateResponseBody.instructions",
        need: Need::Answer,
        request: || json!({"instructions": "Be brief.", "input": "Say hello."}),
        check: |response| {
            answered(response)?;
            echoed(response, "instructions", &json!("Be brief."))
        },
    },
    Ask {
        name: "multi-turn",
        section: "Items",
        need: Need::Answer,
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
        need: Need::Answer,
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
        need: Need::AnswerOrRefusal,
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
        need: Need::AnswerOrRefusal,
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
        need: Need::AnswerOrRefusal,
        request: || json!({"input": "What is 17 times 3?", "reasoning": {"effort": "low"}}),
        check: completed,
    },
    Ask {
        name: "reasoning-summary",
        section: "Reasoning",
        need: Need::AnswerOrRefusal,
        request: || json!({"input": "What is 17 times 3?", "reasoning": {"effort": "low", "summary": "auto"}}),
        check: completed,
    },
    Ask {
        name: "max-output-tokens",
        section: "Items are state machines",
        need: Need::Answer,
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
        need: Need::Answer,
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
        need: Need::AnswerOrRefusal,
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
        need: Need::AnswerOrRefusal,
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
    let mut damages = ["\u{FFFD}", "GrÃ", "naÃ", "\\u"].iter();
    let is_damaged = damages.any(|damage| text.contains(damage))
        || WORDS.split(", ").any(|word| is_reduced(&text, word));
    expect(!is_damaged, "text-encoding", || {
        "The text has damaged characters.".into()
    })?;
    match WORDS.split(", ").all(|word| text.contains(word)) {
        true => Ok(()),
        false => not_shown("all of the words that are not ASCII"),
    }
}

/// Returns true if the text has the ASCII characters of the word, with `?` or nothing for some of the
/// others.
fn is_reduced(text: &str, word: &str) -> bool {
    let is_part = |found: char| found == '?' || found.is_alphanumeric();
    let is_rest = |found: &str| {
        let mut rest = found.chars().filter(|next| *next != '?').peekable();
        let fits = |next: char| rest.next_if_eq(&next).is_some() || !next.is_ascii();
        word.chars().all(fits) && rest.next().is_none()
    };
    word.contains(|next: char| next.is_ascii())
        && text
            .split(|next| !is_part(next))
            .any(|found| is_rest(found) && !found.starts_with(word))
}

fn structured(response: &Value) -> Verdict {
    answered(response)?;
    let text = text(response);
    if text.is_empty() {
        return not_shown("an answer other than a refusal");
    }
    match serde_json::from_str::<Value>(&text) {
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
        let used = &response["usage"]["output_tokens"];
        let Some(count) = number(used) else {
            return not_shown("the limit, since the answer does not tell its tokens");
        };
        return expect(count <= 16, "output-limit", || {
            format!("Expected at most 16 output tokens, got {used}.")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::verdict::Stop;

    #[test]
    fn damaged_text_fails_and_text_that_was_not_repeated_is_not_shown() {
        for (text, expected) in [
            (WORDS.to_owned(), "pass"),
            (WORDS.replace('ü', "?"), "fail"),
            (WORDS.replace("üß", "????"), "fail"),
            (WORDS.replace('ï', ""), "fail"),
            (WORDS.replace('ü', "Ã¼"), "fail"),
            (WORDS.replace("東京", ""), "unshown"),
            ("Gruesse, naive".to_owned(), "unshown"),
            ("Greetings? No.".to_owned(), "unshown"),
        ] {
            let part = json!({"type": "output_text", "text": text});
            let message = json!({"type": "message", "role": "assistant", "content": [part]});
            let response = json!({"status": "completed", "output": [message]});
            let result = match repeated(&response) {
                Ok(()) => "pass",
                Err(Stop::Broken(_)) => "fail",
                Err(_) => "unshown",
            };
            assert_eq!(result, expected, "{text}");
        }
    }
}
