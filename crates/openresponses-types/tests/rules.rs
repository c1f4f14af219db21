//! The rules of the specification's text and the cases where a path is a matter of judgement: one
//! document a row, with what must be found in it, in both profiles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use openresponses_types::Profile;
use openresponses_types::diagnostics::ValidationReport;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};

use DocumentKind::{
    CompactRequest, CreateRequest, ErrorBody, Response, StreamEvent, WebSocketCreate,
    WebSocketError,
};

fn check(kind: DocumentKind, profile: Profile, text: &str) -> ValidationReport {
    let document = Document::parse(text.as_bytes()).expect(text);
    validate(&document, kind, profile)
}

/// What is found: `param code rule`, one a violation.
fn found(kind: DocumentKind, profile: Profile, text: &str) -> Vec<String> {
    let report = check(kind, profile, text);
    let mut all = Vec::new();
    for violation in &report.violations {
        let param = violation.param().unwrap_or_default();
        all.push(format!("{param} {} {}", violation.code, violation.rule));
    }
    all
}

fn assert_found(kind: DocumentKind, text: &str, expected: &[&str]) {
    for profile in [Profile::Strict, Profile::Compatible] {
        assert_eq!(found(kind, profile, text), expected, "{profile:?} {text}");
    }
}

#[test]
fn requests() {
    for (text, expected) in [
        (
            r#"{"metadata": {"k": 1}}"#,
            &["metadata.k invalid_type MetadataParam.*:type"][..],
        ),
        (
            r#"{"temperature": 2.0000001, "top_p": -0.1}"#,
            &[
                "temperature decimal_above_max_value CreateResponseBody.temperature:maximum",
                "top_p decimal_below_min_value CreateResponseBody.top_p:minimum",
            ],
        ),
        (
            r#"{"max_output_tokens": 15, "max_tool_calls": 0, "top_logprobs": 21}"#,
            &[
                "max_output_tokens integer_below_min_value CreateResponseBody.max_output_tokens:minimum",
                "max_tool_calls integer_below_min_value CreateResponseBody.max_tool_calls:minimum",
                "top_logprobs integer_above_max_value CreateResponseBody.top_logprobs:maximum",
            ],
        ),
        (
            r#"{"max_output_tokens": 16.5}"#,
            &["max_output_tokens invalid_type CreateResponseBody.max_output_tokens:type"],
        ),
        (r#"{"max_output_tokens": 256.0}"#, &[]),
        (
            r#"{"max_output_tokens": 2.56e2, "temperature": 2, "top_p": 0}"#,
            &[],
        ),
        // An item without type.
        (
            r#"{"input": [{"content": "x"}, {"type": "item_reference"}]}"#,
            &[
                "input[0].type missing_parameter ItemParam.type:required",
                "input[1].id missing_parameter ItemReferenceParam.id:required",
            ],
        ),
        (
            r#"{"input": [{"id": "x"}, {"type": null, "id": "x"}]}"#,
            &[],
        ),
        // The schema takes this for a reference; it is a message all the same.
        (r#"{"input": [{"id": "x", "role": "user"}]}"#, &[]),
        (
            r#"{"input": [{"id": "x", "role": "user", "content": 7}]}"#,
            &["input[0].content invalid_type UserMessageItemParam.content:type"],
        ),
        // A message without role, or with one that is not known; the rest is looked at all the same.
        (
            r#"{"input": [{"type": "message", "content": [{"type": "input_text"}]}]}"#,
            &[
                "input[0].role missing_parameter ItemParam.role:required",
                "input[0].content[0].text missing_parameter InputTextContentParam.text:required",
            ],
        ),
        (
            r#"{"input": [{"type": "message", "role": "tool", "content": 7}]}"#,
            &[
                "input[0].role invalid_value ItemParam.role:enum",
                "input[0].content invalid_type ItemParam.content:type",
            ],
        ),
        // Parts that exist, but not there.
        (
            r#"{"input": [{"type": "message", "role": "user", "content": [{"type": "output_text", "text": "x"}]}]}"#,
            &["input[0].content[0].type invalid_value UserMessageItemParam.content:oneOf"],
        ),
        (
            r#"{"tools": [7, {"type": "function"}]}"#,
            &[
                "tools[0] invalid_type CreateResponseBody.tools[]:type",
                "tools[1].name missing_parameter FunctionToolParam.name:required",
            ],
        ),
        // Tools that are chosen must be there.
        (
            r#"{"tools": [{"type": "function", "name": "a"}], "tool_choice": {"type": "function", "name": "b"}}"#,
            &["tool_choice.name invalid_value SpecificFunctionParam.name:tools"],
        ),
        (
            r#"{"tool_choice": {"type": "function", "name": "b"}}"#,
            &["tool_choice.name invalid_value SpecificFunctionParam.name:tools"],
        ),
        (
            r#"{"tools": [{"type": "function", "name": "a"}], "tool_choice": {"type": "allowed_tools", "tools": [{"type": "function", "name": "a"}, {"type": "function", "name": "b"}]}}"#,
            &["tool_choice.tools[1].name invalid_value SpecificFunctionParam.name:tools"],
        ),
        (
            r#"{"tools": [{"type": "function", "name": "\u0061"}], "tool_choice": {"type": "function", "name": "a"}}"#,
            &[],
        ),
        (
            r#"{"tool_choice": "any"}"#,
            &["tool_choice invalid_value CreateResponseBody.tool_choice:enum"],
        ),
        (
            r#"{"tool_choice": {}}"#,
            &["tool_choice.type missing_parameter ToolChoiceParam.type:required"],
        ),
        (
            r#"{"tool_choice": {"type": "allowed_tools", "tools": []}}"#,
            &["tool_choice.tools array_below_min_length AllowedToolsParam.tools:minItems"],
        ),
        (
            r#"{"text": {"format": {"type": "json_schema", "name": "no spaces"}}}"#,
            &["text.format.name invalid_value JsonSchemaResponseFormatParam.name:pattern"],
        ),
        // The one format whose schema does not require a type.
        (r#"{"text": {"format": {"name": "x", "schema": {}}}}"#, &[]),
        (r#"{"text": {"format": {}}}"#, &[]),
        // Extensions are legal, and so are unknown members.
        (
            r#"{"messages": 1, "input": [{"type": "acme:x"}], "tools": [{"type": "acme:y", "name": 7}], "tool_choice": {"type": "acme:y"}}"#,
            &[],
        ),
        (r#"[]"#, &[" invalid_type CreateResponseBody:type"]),
    ] {
        assert_found(CreateRequest, text, expected);
    }
    assert_found(
        CompactRequest,
        r#"{"input": null}"#,
        &["model missing_parameter CompactResponseMethodPublicBody.model:required"],
    );
    assert_found(
        CompactRequest,
        r#"{"model": null}"#,
        &["model invalid_type CompactResponseMethodPublicBody.model:type"],
    );
    assert_found(
        WebSocketCreate,
        r#"{"type": "response.created"}"#,
        &["type invalid_value WebSocketResponseCreateEvent.type:enum"],
    );
    assert_found(
        WebSocketCreate,
        "{}",
        &["type missing_parameter WebSocketResponseCreateEvent.type:required"],
    );
}

#[test]
fn metadata() {
    let pairs = |count: usize, name: &str, value: &str| {
        let pairs: Vec<String> = (0..count)
            .map(|n| format!(r#""{name}{n}":"{value}""#))
            .collect();
        format!(r#"{{"metadata": {{{}}}}}"#, pairs.join(","))
    };
    let (name, value) = ("é".repeat(63), "😀".repeat(512));
    assert_found(CreateRequest, &pairs(1, &name, &value), &[]);
    assert_found(CreateRequest, &pairs(16, "k", "v"), &[]);
    assert_found(
        CreateRequest,
        &pairs(17, "k", "v"),
        &["metadata object_above_max_properties MetadataParam:maxProperties"],
    );
    assert_found(
        CreateRequest,
        &pairs(1, &"é".repeat(64), "v"),
        &["metadata property_name_above_max_length MetadataParam:propertyNames.maxLength"],
    );
    assert_found(
        CreateRequest,
        &pairs(1, "k", &"😀".repeat(513)),
        &["metadata.k0 string_above_max_length MetadataParam.*:maxLength"],
    );
}

#[test]
fn events_and_answers() {
    assert_found(
        StreamEvent,
        r#"{"sequence_number": 1}"#,
        &["type missing_parameter StreamEvent.type:required"],
    );
    assert_found(
        StreamEvent,
        r#"{"type": "acme:x"}"#,
        &["sequence_number missing_parameter ExtensionEvent.sequence_number:required"],
    );
    assert_found(
        StreamEvent,
        r#"{"type": "response.output_text.delta", "sequence_number": -1, "item_id": "i", "output_index": 0, "content_index": 0.5, "delta": null}"#,
        &[
            "sequence_number integer_below_min_value ResponseOutputTextDeltaStreamingEvent.sequence_number:minimum",
            "content_index invalid_type ResponseOutputTextDeltaStreamingEvent.content_index:type",
            "delta invalid_type ResponseOutputTextDeltaStreamingEvent.delta:type",
        ],
    );
    assert_found(
        StreamEvent,
        r#"{"type": "response.output_item.done", "sequence_number": 1, "output_index": 0, "item": {"type": "function_call", "id": "f", "call_id": "c", "name": "n", "status": "completed"}}"#,
        &["item.arguments missing_parameter FunctionCall.arguments:required"],
    );
    // An extension item must be addressable and debuggable.
    assert_found(
        StreamEvent,
        r#"{"type": "response.output_item.done", "sequence_number": 1, "output_index": 0, "item": {"type": "acme:x", "id": 7}}"#,
        &[
            "item.status missing_parameter ExtensionItem.status:required",
            "item.id invalid_type ExtensionItem.id:type",
        ],
    );
    assert_found(
        WebSocketError,
        r#"{"type": "error", "status": 400, "error": {"code": null}}"#,
        &[
            "error.message missing_parameter WebSocketErrorEvent.error.message:required",
            "error.code invalid_type WebSocketErrorEvent.error.code:type",
        ],
    );
    assert_found(
        ErrorBody,
        r#"{"error": {"message": "m", "type": 7}}"#,
        &["error.type invalid_type Error.type:type"],
    );
    assert_found(
        ErrorBody,
        "{}",
        &["error missing_parameter ErrorBody.error:required"],
    );
}

#[test]
fn missing_members_of_a_response() {
    let strict = found(Response, Profile::Strict, "{}");
    let compatible = found(Response, Profile::Compatible, "{}");
    assert_eq!(strict.len(), 31);
    // Eleven may be null, and `metadata` may be anything.
    assert_eq!(compatible.len(), 31 - 12);
    assert!(compatible.iter().all(|found| !found.starts_with("usage")));
    assert_eq!(
        compatible[0],
        "id missing_parameter ResponseResource.id:required"
    );
}

#[test]
fn a_wrong_type_hides_nothing() {
    assert_found(
        CreateRequest,
        r#"{"tools": {}, "input": [{"type": "message", "role": "user", "content": {}}, null, 7,
            {"type": "function_call", "call_id": [], "name": "f", "arguments": {}}], "stream": "x"}"#,
        &[
            "tools invalid_type CreateResponseBody.tools:type",
            "input[0].content invalid_type UserMessageItemParam.content:type",
            "input[1] invalid_type CreateResponseBody.input[]:type",
            "input[2] invalid_type CreateResponseBody.input[]:type",
            "input[3].call_id invalid_type FunctionCallItemParam.call_id:type",
            "input[3].arguments invalid_type FunctionCallItemParam.arguments:type",
            "stream invalid_type CreateResponseBody.stream:type",
        ],
    );
}

#[test]
fn offsets_point_at_the_value() {
    let text = r#"{"input": [{"type": "message", "role": 7}]}"#;
    let report = check(CreateRequest, Profile::Strict, text);
    let offsets: Vec<_> = report
        .violations
        .iter()
        .map(|found| found.offset.unwrap())
        .collect();
    // The missing content where its object starts, the role where it is.
    assert_eq!(
        offsets,
        [text.find("{\"type").unwrap(), text.find('7').unwrap()]
    );
    let pointers: Vec<_> = report
        .violations
        .iter()
        .map(|found| found.path.pointer())
        .collect();
    assert_eq!(pointers, ["/input/0/content", "/input/0/role"]);
}

#[test]
fn reports_are_bounded() {
    let items = vec!["7"; 100_000].join(",");
    let report = check(
        CreateRequest,
        Profile::Strict,
        &format!(r#"{{"input": [{items}]}}"#),
    );
    assert_eq!(report.violations.len(), 64);
    assert!(report.more_violations);

    let items = vec![r#"{"role":"user","content":"x"}"#; 1000].join(",");
    let text = format!(r#"{{"input": [{items}], "include": ["x"], "service_tier": "y"}}"#);
    let report = check(CreateRequest, Profile::Compatible, &text);
    assert!(report.is_ok() && report.more_warnings);
    let names: Vec<_> = report
        .warnings
        .iter()
        .map(|warning| warning.leniency.name())
        .collect();
    assert_eq!(names.len(), 18);
    assert_eq!(names[16..], ["vendor_include", "open_service_tier"]);

    // Nothing long of the client's is repeated.
    let long = "é\u{1}".repeat(50_000).replace('\u{1}', "\\u0001");
    for text in [
        format!(r#"{{"tools": [{{"type": "{long}"}}]}}"#),
        format!(r#"{{"tools": [{{"type": "function", "name": "{long}"}}]}}"#),
        format!(r#"{{"metadata": {{"{long}": "v"}}}}"#),
        format!(r#"{{"truncation": "{long}"}}"#),
        format!(r#"{{"tool_choice": {{"type": "function", "name": "{long}"}}}}"#),
        format!(r#"{{"max_output_tokens": {}.5}}"#, "9".repeat(290)),
    ] {
        let report = check(CreateRequest, Profile::Compatible, &text);
        assert!(!report.is_ok());
        for found in &report.violations {
            assert!(found.message.len() < 300, "{}", found.message);
            assert!(found.path.pointer().len() < 300 && !found.message.contains('\u{1}'));
        }
    }
    let long = "k".repeat(100_000);
    let text = format!(
        r#"{{"type": "error", "sequence_number": 1, "error": {{"type": "t", "code": null, "message": "m", "param": null, "headers": {{"{long}": 7}}}}}}"#
    );
    let report = check(StreamEvent, Profile::Strict, &text);
    assert!(report.violations[0].path.pointer().len() < 300);
}

#[test]
fn messages_name_the_fix() {
    for (text, message) in [
        (
            r#"{"input": [{"type": "message", "role": "bot", "content": "x"}]}"#,
            "Invalid value for 'input[0].role': expected 'user', 'assistant', 'system' or 'developer', got 'bot'.",
        ),
        (
            r#"{"input": [{"type": "function_call", "call_id": "", "name": "f", "arguments": "{}"}]}"#,
            "Invalid 'input[0].call_id': expected at least 1 characters, got 0.",
        ),
        (
            r#"{"tools": [{"type": "function", "name": "get weather"}]}"#,
            "Invalid 'tools[0].name': expected a string that matches ^[a-zA-Z0-9_-]+$, got 'get weather'.",
        ),
        (
            r#""x""#,
            "Invalid type for the document: expected an object, got a string.",
        ),
    ] {
        let report = check(CreateRequest, Profile::Strict, text);
        assert_eq!(report.violations[0].message, message);
    }
    let report = check(
        WebSocketCreate,
        Profile::Strict,
        r#"{"type": "response.create", "stream": true}"#,
    );
    assert_eq!(
        report.violations[0].message,
        "'stream' must not be sent here: remove it."
    );
}

/// Members that would be ignored silently: the message names their counterpart.
#[test]
fn members_of_chat_completions() {
    for (text, param, fix) in [
        (r#"{"max_tokens": 5}"#, "max_tokens", "'max_output_tokens'"),
        (
            r#"{"max_completion_tokens": 5}"#,
            "max_completion_tokens",
            "'max_output_tokens'",
        ),
        (
            r#"{"response_format": {"type": "json_object"}}"#,
            "response_format",
            "'text.format'",
        ),
        (
            r#"{"reasoning_effort": "low"}"#,
            "reasoning_effort",
            "'reasoning.effort'",
        ),
        (r#"{"functions": []}"#, "functions", "'tools'"),
        (
            r#"{"function_call": "auto"}"#,
            "function_call",
            "'tool_choice'",
        ),
        (r#"{"verbosity": "low"}"#, "verbosity", "'text.verbosity'"),
        (r#"{"logprobs": true}"#, "logprobs", "'top_logprobs'"),
        (r#"{"n": 2}"#, "n", "one request for each response"),
        (
            r#"{"input": [{"type": "message", "role": "assistant", "content": "x", "tool_calls": []}]}"#,
            "input[0].tool_calls",
            "'function_call'",
        ),
    ] {
        for profile in [Profile::Strict, Profile::Compatible] {
            let report = check(CreateRequest, profile, text);
            let [found] = &report.violations[..] else {
                panic!("{text}: {:?}", report.violations);
            };
            assert_eq!(found.param().as_deref(), Some(param), "{text}");
            assert_eq!(found.code.name(), "unsupported_parameter", "{text}");
            assert!(found.message.contains(fix), "{}", found.message);
        }
    }
    assert_found(
        WebSocketCreate,
        r#"{"type": "response.create", "stream_id": "lane1"}"#,
        &["stream_id unsupported_parameter WebSocketResponseCreateEvent.stream_id:unsupported"],
    );
    // A member that is null asks for nothing, and these for what there is. What an upstream may honour and
    // the protocol has no counterpart of is carried.
    for text in [
        r#"{"max_tokens": null, "response_format": null, "n": null, "logit_bias": null}"#,
        r#"{"n": 1, "logprobs": false}"#,
        r#"{"seed": 1, "stop": "x", "logit_bias": {"1": 2}, "prediction": {}, "modalities": ["text"],
            "web_search_options": {}, "user": "u"}"#,
    ] {
        assert_found(CreateRequest, text, &[]);
    }
    let output =
        r#"{"input": [{"type": "message", "role": "tool", "content": "x", "tool_call_id": "c"}]}"#;
    assert_found(
        CreateRequest,
        output,
        &[
            "input[0].role invalid_value ItemParam.role:enum",
            "input[0].tool_call_id unsupported_parameter ItemParam.tool_call_id:unsupported",
        ],
    );
}

#[test]
fn a_misspelled_member_has_a_suggestion() {
    let text = r#"{"model":"m","input":[{"type":"message","role":"user","content":"x","statsu":"completed"}],"tool":[],"reasoning":{"efort":"low"},"top_k":1,"x_input":1}"#;
    let report = check(CreateRequest, Profile::Compatible, text);
    assert_eq!(report.violations, []);
    let shown: Vec<String> = report.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "misspelled_member at input[0].statsu: did you mean 'status'?",
            "misspelled_member at tool: did you mean 'tools'?",
            "misspelled_member at reasoning.efort: did you mean 'effort'?",
        ]
    );
    let socket = r#"{"type":"response.create","instruction":"x"}"#;
    let report = check(WebSocketCreate, Profile::Compatible, socket);
    assert_eq!(report.warnings[0].suggestion, Some("instructions"));
    // Servers may name their members as they like.
    let answer = r#"{"error":{"message":"m","type":"t","param":null,"code":null,"messages":1}}"#;
    assert_eq!(check(ErrorBody, Profile::Compatible, answer).warnings, []);
}

/// What a response may have carried is taken back, within bounds.
#[test]
fn names_of_foreign_calls_are_bounded() {
    let call = |call_id: &str, name: &str| {
        format!(
            r#"{{"input": [{{"type": "function_call", "call_id": "{call_id}", "name": "{name}", "arguments": "{{}}"}},
                {{"type": "function_call_output", "call_id": "{call_id}", "output": "x"}}]}}"#
        )
    };
    let longest = "é".repeat(1024);
    for text in [call("c", &longest), call(&longest, "f")] {
        let report = check(CreateRequest, Profile::Compatible, &text);
        assert_eq!(report.violations, []);
        assert!(!check(CreateRequest, Profile::Strict, &text).is_ok());
    }
    let longer = format!("{longest}x");
    assert_eq!(
        found(CreateRequest, Profile::Compatible, &call("c", &longer)),
        ["input[0].name string_above_max_length FunctionCallItemParam.name:maxLength"]
    );
    assert_eq!(
        found(CreateRequest, Profile::Compatible, &call("", "")),
        [
            "input[0].call_id string_below_min_length FunctionCallItemParam.call_id:minLength",
            "input[0].name string_below_min_length FunctionCallItemParam.name:minLength",
            "input[1].call_id string_below_min_length FunctionCallOutputItemParam.call_id:minLength",
        ]
    );
    // A tool is declared under a name that every server takes.
    let declared = r#"{"tools": [{"type": "function", "name": "a.b"}]}"#;
    let rule = "tools[0].name invalid_value FunctionToolParam.name:pattern";
    assert_found(CreateRequest, declared, &[rule]);
}
