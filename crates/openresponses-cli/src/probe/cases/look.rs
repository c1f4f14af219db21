//! Checks on the content of a response.

use serde_json::Value;

use crate::probe::verdict::{Verdict, broken, expect, not_shown};

/// The response is completed. One that the model has not brought to an end before the server's own limit
/// shows nothing.
pub(super) fn completed(response: &Value) -> Verdict {
    let at_limit = response["status"] == "incomplete"
        && response["incomplete_details"]["reason"] == "max_output_tokens";
    if at_limit && response["max_output_tokens"].is_null() {
        return not_shown("an answer that ends before the server's own limit of tokens");
    }
    expect(
        response["status"] == "completed",
        "response-completed",
        || format!("Expected the status completed, got {}.", response["status"]),
    )
}

pub(super) fn items<'a>(response: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let output = response["output"].as_array();
    output
        .into_iter()
        .flatten()
        .filter(move |item| item["type"] == kind)
}

/// The text of the assistant's messages.
pub(super) fn text(response: &Value) -> String {
    items(response, "message")
        .flat_map(|item| item["content"].as_array().into_iter().flatten())
        .filter_map(|part| part["text"].as_str())
        .collect()
}

/// A completed response with text or a refusal.
pub(super) fn answered(response: &Value) -> Verdict {
    completed(response)?;
    let mut parts = items(response, "message")
        .flat_map(|item| item["content"].as_array().into_iter().flatten());
    let has_text = parts.any(|part| {
        ["text", "refusal"]
            .iter()
            .any(|name| part[*name].as_str().is_some_and(|text| !text.is_empty()))
    });
    expect(has_text, "message-expected", || {
        "Expected a message with text in the output.".into()
    })?;
    for item in items(response, "message") {
        expect(item["role"] == "assistant", "message-role", || {
            format!("Expected a message of the assistant, got {}.", item["role"])
        })?;
    }
    Ok(())
}

/// Returns an integer, which may be written like `1.0`.
pub(super) fn number(value: &Value) -> Option<i64> {
    let decimal = || {
        let value = value.as_f64()?;
        #[allow(clippy::cast_possible_truncation, reason = "saturates")]
        let whole = (value.fract() == 0.0).then_some(value as i64);
        whole
    };
    value.as_i64().or_else(decimal)
}

/// The response echoes the request's member.
pub(super) fn echoed(response: &Value, name: &str, value: &Value) -> Verdict {
    expect(response[name] == *value, "request-echoed", || {
        format!(
            "Expected '{name}' to be {value} as in the request, got {}.",
            response[name]
        )
    })
}

/// The answer contains one of these words, which shows that the input was used.
pub(super) fn mentions(response: &Value, words: &[&str], rule: &str, what: &str) -> Verdict {
    answered(response)?;
    let text = text(response).to_lowercase();
    expect(words.iter().any(|word| text.contains(word)), rule, || {
        format!("Expected an answer that uses {what}.")
    })
}

/// One call. Without any there is nothing to look at.
pub(super) fn one_call(response: &Value, rule: &str) -> Verdict {
    completed(response)?;
    let calls = calls(response).count();
    if calls == 0 {
        return not_shown("a function_call in the output");
    }
    expect(calls == 1, rule, || {
        format!("Expected one call at most, got {calls}.")
    })
}

/// Returns the calls of the output.
pub(super) fn calls(response: &Value) -> impl Iterator<Item = &Value> {
    items(response, "function_call")
}

/// Only calls to the functions of these names, and at least one: without one there is nothing to look
/// at.
pub(super) fn calls_only(response: &Value, names: &[&str]) -> Verdict {
    completed(response)?;
    if calls(response).next().is_none() {
        return not_shown("a function_call in the output");
    }
    for call in calls(response) {
        let name = call["name"].as_str().unwrap_or_default();
        expect(names.contains(&name), "tool-not-allowed", || {
            format!(
                "Expected a call to {}, got one to '{name}'.",
                names.join(" or ")
            )
        })?;
        let arguments = call["arguments"].as_str().unwrap_or_default();
        match serde_json::from_str::<Value>(arguments) {
            Ok(Value::Object(_)) => {}
            _ => return broken("tool-arguments", "The arguments are not a JSON object."),
        }
    }
    Ok(())
}
