//! Reads a request and validates it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::kind::DocumentKind;
use super::{root, validate};
use crate::diagnostics::{Profile, ValidationReport, Violation, Warning};
use crate::json::{Document, JsonLimits, UncheckedReader, typed_bytes};
use crate::request::CreateRequest;
use crate::tool::{SpecificToolChoice, Tool, ToolChoice};
use crate::wire::{ReadResult, WireValue};

/// The longest text that is read before the memory of its types is claimed, in bytes. They take nine times as
/// much at most.
const MAX_UNCLAIMED: usize = 128 * 1024;

/// Reads a body and validates it, with the default limits of JSON. Also returns the leniencies that it needed.
///
/// ```
/// use openresponses_types::Profile;
/// use openresponses_types::schema::{DocumentKind, read_request};
///
/// let read = |body: &[u8]| read_request(body, DocumentKind::CreateRequest, Profile::Compatible);
/// let (request, warnings) = read(br#"{"model":"m","input":"Hello"}"#)?;
/// assert_eq!((request.model.as_str(), warnings.len()), (Some("m"), 0));
///
/// let violation = read(br#"{"model":"m","top_p":7}"#).unwrap_err();
/// assert_eq!(violation.message, "Invalid 'top_p': expected at most 1, got 7.");
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
///
/// # Errors
/// The first fault of the text, or the first violation.
pub fn read_request(
    body: &[u8],
    kind: DocumentKind,
    profile: Profile,
) -> Result<(CreateRequest, Vec<Warning>), Violation> {
    let (limits, claim) = (JsonLimits::default(), |_| Ok::<(), Violation>(()));
    let (request, warnings) = read_request_with(body, limits, kind, profile, claim)?;
    Ok((*request, warnings))
}

/// Does what [`read_request`] does, within limits, and asks for memory: `claim` gets what
/// [`Document::typed_bytes`] returns, once that is known, and its error ends the reading. The request is boxed,
/// since it is large and mostly changes hands several times.
///
/// A short request in which nothing is unusual is read and checked in one pass over the text; for any other,
/// what [`Document::parse_with`], [`validate`] and [`CreateRequest::from_document`] say one after the other.
///
/// ```
/// use openresponses_types::json::JsonLimits;
/// use openresponses_types::schema::{DocumentKind, read_request_with};
/// use openresponses_types::{Profile, Violation};
///
/// let (body, kind) = (br#"{"model":"m","input":"Hello"}"#, DocumentKind::CreateRequest);
/// let read = read_request_with(body, JsonLimits::default(), kind, Profile::Strict, |bytes| {
///     assert!(bytes > body.len());
///     Ok::<(), Violation>(())
/// });
/// assert!(read.is_ok());
/// ```
///
/// # Errors
/// The first fault of the text, the error of `claim`, or the first violation.
pub fn read_request_with<E: From<Violation>>(
    body: &[u8],
    limits: JsonLimits,
    kind: DocumentKind,
    profile: Profile,
    claim: impl FnOnce(usize) -> Result<(), E>,
) -> Result<(Box<CreateRequest>, Vec<Warning>), E> {
    let text = Document::utf8(body).map_err(Violation::from)?;
    if text.len() <= MAX_UNCLAIMED {
        let mut reader = UncheckedReader::new(text, limits, most_weight(text));
        let read = CreateRequest::read(&mut reader).map(Box::new);
        if read.is_ok()
            && let Some(weight) = reader.end()
        {
            claim(typed_bytes(text, weight))?;
            let validate = || validate(&Document::of_checked(text), kind, profile);
            return validated(read, kind, validate);
        }
    }
    let document = Document::parse_text(text, limits).map_err(Violation::from)?;
    claim(document.typed_bytes())?;
    let read = CreateRequest::read(&mut document.reader()).map(Box::new);
    validated(read, kind, || validate(&document, kind, profile))
}

/// The weight of a text, see [`UncheckedReader::new`], above which its memory should be claimed before.
fn most_weight(text: &str) -> usize {
    3 * (text.len() / 8 + 256)
}

/// Returns a request that surely keeps the rules as it was read, and any other one as `validate` decides.
fn validated<E: From<Violation>>(
    read: ReadResult<Box<CreateRequest>>,
    kind: DocumentKind,
    validate: impl FnOnce() -> ValidationReport,
) -> Result<(Box<CreateRequest>, Vec<Warning>), E> {
    let warnings = match &read {
        Ok(request) if request.surely_keeps(root(kind).1) && surely_declares_choice(request) => {
            Vec::new()
        }
        _ => validate().into_result()?,
    };
    let request = read.map_err(|violation| *violation)?;
    Ok((request, warnings))
}

/// Returns true if the tools that the request's choice names are surely among its tools.
fn surely_declares_choice(request: &CreateRequest) -> bool {
    let tools = request.tools.value().map_or(&[][..], Vec::as_slice);
    let has = |name: Option<&str>| {
        name.is_some_and(|name| {
            let is = |tool: &Tool| matches!(tool, Tool::Function(tool) if tool.name == name);
            tools.iter().any(is)
        })
    };
    match request.tool_choice.value() {
        None | Some(ToolChoice::Mode(_)) => true,
        Some(ToolChoice::Function(function)) => has(function.name.as_str()),
        Some(ToolChoice::AllowedTools(set)) => set.tools.iter().all(|tool| match tool {
            SpecificToolChoice::Function(function) => has(function.name.as_str()),
            SpecificToolChoice::Extension(_) | SpecificToolChoice::Unknown(_) => false,
        }),
        Some(ToolChoice::Extension(_) | ToolChoice::Unknown(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use serde_json::{Value, json};

    use super::*;

    /// Requests with every kind of item, part, tool and setting, all of which keep every rule.
    fn plain() -> [Value; 3] {
        let function = json!({"type": "function", "name": "f", "strict": true,
            "description": "d", "parameters": {"type": "object", "properties": {"a": {"minimum": 1}}}});
        let parts = json!([{"type": "input_text", "text": "t"},
            {"type": "input_image", "image_url": "https://a.example/b.png", "detail": "low"},
            {"type": "input_file", "file_url": "https://a.example/b.pdf"}]);
        [
            json!({"model": "m", "input": "Hello", "instructions": null, "temperature": 0.5,
                "top_p": 1, "presence_penalty": -1.5, "max_output_tokens": 16, "max_tool_calls": 1,
                "stream": true, "stream_options": {"include_obfuscation": false}, "store": false,
                "metadata": {"a": "b"}, "include": ["reasoning.encrypted_content"],
                "truncation": "auto", "service_tier": "flex", "top_logprobs": 20,
                "safety_identifier": "s", "prompt_cache_key": "k", "background": false,
                "reasoning": {"effort": "low", "summary": "auto"},
                "text": {"format": {"type": "text"}, "verbosity": "high"}}),
            json!({"model": null, "previous_response_id": "resp_1", "parallel_tool_calls": true,
                "tools": [function.clone(), {"type": "function", "name": "g"}],
                "tool_choice": {"type": "allowed_tools", "mode": "auto",
                    "tools": [{"type": "function", "name": "f"}]},
                "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
                "input": [{"type": "message", "role": "user", "content": parts, "id": "msg_1"}]}),
            json!({"tools": [function], "tool_choice": {"type": "function", "name": "f"}, "input": [
                {"type": "item_reference", "id": "msg_0"},
                {"type": "compaction", "encrypted_content": "e"},
                {"type": "message", "role": "system", "content": "s"},
                {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": ""}]},
                {"type": "reasoning", "id": "rs_1", "encrypted_content": "e",
                    "summary": [{"type": "summary_text", "text": "t"}]},
                {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}",
                    "status": "completed"},
                {"type": "function_call_output", "call_id": "c", "output": "o"},
                {"type": "function_call_output", "call_id": "c", "output": parts},
                {"type": "message", "role": "assistant", "id": "msg_2", "status": "completed",
                    "phase": "final_answer", "content": [
                        {"type": "output_text", "text": "t", "annotations": [], "logprobs": []},
                        {"type": "refusal", "refusal": "r"}]}]}),
        ]
    }

    /// Values to put in the place of another.
    fn others() -> Vec<Value> {
        let words = "message function_call user assistant input_text output_text text function auto a:b \
            completed tool f g input_image refusal item_reference";
        let long = |length| Value::from("é".repeat(length));
        let words = words.split_whitespace().map(Value::from);
        let values = json!([null, true, -1, 0, 15, 129, 2.5, 256.0, 1e20, "", " ", [], {}, [1],
            {"type": "message"}, {"x": 1}, {"id": "i"}, {"role": "user", "content": "c"},
            {"type": "function", "function": {"name": "f"}}, {"type": "a:b"}, {"type": "input_text"}]);
        let lists = values.as_array().cloned().unwrap_or_default();
        words
            .chain(lists)
            .chain([long(33), long(65), long(600)])
            .collect()
    }

    /// `document` with more members in the object at `pointer`.
    fn with(document: &Value, pointer: &str, names: &[String]) -> Value {
        let mut changed = document.clone();
        let object = changed.pointer_mut(pointer).and_then(Value::as_object_mut);
        if let Some(object) = object {
            object.extend(names.iter().map(|name| (name.clone(), json!("completed"))));
        }
        changed
    }

    /// Calls `check` with `document` in which each value was replaced, removed or given a neighbor.
    fn change(document: &Value, pointer: &str, check: &mut impl FnMut(&Value)) {
        let mut changed = document.clone();
        let Some(place) = changed.pointer_mut(pointer) else {
            return;
        };
        let value = place.clone();
        for other in others() {
            if let Some(place) = changed.pointer_mut(pointer) {
                *place = other;
            }
            check(&changed);
        }
        if let Value::Object(members) = &value {
            for name in members.keys() {
                let mut without = document.clone();
                let object = without.pointer_mut(pointer).and_then(Value::as_object_mut);
                object.map(|object| object.remove(name));
                check(&without);
                change(document, &alloc::format!("{pointer}/{name}"), check);
            }
            let long = "n".repeat(65);
            let names = "status id phase detail tempreature conversation x".split(' ');
            for name in names.chain([long.as_str()]) {
                check(&with(document, pointer, &[name.into()]));
            }
            let many: Vec<String> = (0..17).map(|n: usize| n.to_string()).collect();
            check(&with(document, pointer, &many));
        }
        for at in 0..value.as_array().map_or(0, Vec::len) {
            change(document, &alloc::format!("{pointer}/{at}"), check);
        }
    }

    /// What validation and reading say one after the other.
    fn one_by_one(
        document: &Document<'_>,
        profile: Profile,
    ) -> Result<(CreateRequest, Vec<Warning>), Violation> {
        let kind = DocumentKind::CreateRequest;
        let warnings = validate(document, kind, profile).into_result()?;
        Ok((CreateRequest::from_document(document)?, warnings))
    }

    fn in_one_pass(
        text: &str,
        profile: Profile,
    ) -> Result<(CreateRequest, Vec<Warning>), Violation> {
        read_request(text.as_bytes(), DocumentKind::CreateRequest, profile)
    }

    fn is_checked_as_read(text: &str) -> bool {
        let request = CreateRequest::from_json(text.as_bytes());
        request.is_ok_and(|request| {
            request.surely_keeps(root(DocumentKind::CreateRequest).1)
                && surely_declares_choice(&request)
        })
    }

    #[test]
    fn a_request_with_nothing_unusual_needs_no_pass_over_its_text() {
        for request in plain() {
            assert!(is_checked_as_read(&request.to_string()), "{request}");
        }
    }

    #[test]
    fn any_request_is_validated_and_read_as_by_the_two_one_after_the_other() {
        let (mut as_read, mut walked) = (0, 0);
        for request in plain() {
            change(&request, "", &mut |changed| {
                let text: String = changed.to_string();
                let Ok(document) = Document::parse(text.as_bytes()) else {
                    return;
                };
                match is_checked_as_read(&text) {
                    true => as_read += 1,
                    false => walked += 1,
                }
                for profile in [Profile::Strict, Profile::Compatible] {
                    let expected = one_by_one(&document, profile);
                    assert_eq!(in_one_pass(&text, profile), expected, "{text}");
                }
            });
        }
        assert!(as_read > 300 && walked > 3_000, "{as_read} and {walked}");
    }
}
