//! Each leniency: where `Strict` refuses the document, and where `Compatible` warns. What is
//! accepted can be read and printed without loss.

use std::collections::BTreeSet;

use openresponses_types::diagnostics::Leniency;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{CreateRequest, Profile, Response, StreamEvent};

use DocumentKind as K;
use Leniency as L;

/// A response that is complete, but for what `change` does to its text.
fn response(change: impl Fn(String) -> String) -> String {
    change(Response::new("resp_1", "m", 1).to_json())
}

fn rows() -> Vec<(DocumentKind, String, &'static str, L, &'static str)> {
    let request = |text: &str, strict: &'static str, leniency, warned: &'static str| {
        (K::CreateRequest, text.to_owned(), strict, leniency, warned)
    };
    let answer = |text: String, strict: &'static str, leniency, warned: &'static str| {
        (K::Response, text, strict, leniency, warned)
    };
    let output = |item: &str| {
        response(|text| text.replace(r#""output":[]"#, &format!(r#""output":[{item}]"#)))
    };
    let user = |part: &str| {
        format!(r#"{{"input": [{{"type":"message","role":"user","content":[{part}]}}]}}"#)
    };
    vec![
        request(
            r#"{"input":[{"role":"user","content":"x"}]}"#,
            "input[0].type",
            L::MessageWithoutType,
            "input[0].type",
        ),
        request(
            r#"{"input":[{"type":null,"role":"user","content":"x"}]}"#,
            "input[0].type",
            L::MessageWithoutType,
            "input[0].type",
        ),
        request(r#"{"store":null}"#, "store", L::ExplicitNull, "store"),
        request(r#"{"include":null}"#, "include", L::ExplicitNull, "include"),
        request(
            r#"{"input":[{"type":"message","role":"assistant","content":"x","phase":null}]}"#,
            "input[0].phase",
            L::ExplicitNull,
            "input[0].phase",
        ),
        request(
            r#"{"tools":[{"type":"function","name":"f","strict":null}]}"#,
            "tools[0].strict",
            L::ExplicitNull,
            "tools[0].strict",
        ),
        request(
            r#"{"text":{"format":{"type":"json_schema","name":"n","description":null}}}"#,
            "text.format.description",
            L::ExplicitNull,
            "text.format.description",
        ),
        request(
            r#"{"input":[{"type":"message","role":"assistant","content":[{"type":"input_text","text":"x"}]}]}"#,
            "input[0].content[0].type",
            L::InputPartInAssistantMessage,
            "input[0].content[0]",
        ),
        request(
            r#"{"input":[{"type":"message","role":"system","content":[{"type":"input_image","image_url":"u"}]}]}"#,
            "input[0].content[0].type",
            L::MediaInSystemMessage,
            "input[0].content[0]",
        ),
        request(
            r#"{"input":[{"type":"message","role":"developer","content":[{"type":"input_file","file_id":"f"}]}]}"#,
            "input[0].content[0].type",
            L::MediaInSystemMessage,
            "input[0].content[0]",
        ),
        request(
            &user(r#"{"type":"input_video","video_url":"u"}"#),
            "input[0].content[0].type",
            L::VideoElsewhere,
            "input[0].content[0]",
        ),
        request(
            &user(r#"{"type":"input_image","detail":"original"}"#),
            "input[0].content[0].detail",
            L::VendorImageDetail,
            "input[0].content[0].detail",
        ),
        request(
            &user(r#"{"type":"input_audio","input_audio":{}}"#),
            "input[0].content[0].type",
            L::UnknownContentPart,
            "input[0].content[0]",
        ),
        request(
            r#"{"input":[{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"x"}]}]}"#,
            "input[0].content",
            L::ReasoningContent,
            "input[0].content",
        ),
        request(
            r#"{"input":[{"type":"function_call_output","call_id":"c","output":"x","status":"queued"}]}"#,
            "input[0].status",
            L::OpenItemStatus,
            "input[0].status",
        ),
        request(
            r#"{"input":[{"type":"web_search_call","id":"w"}]}"#,
            "input[0].type",
            L::UnknownItem,
            "input[0]",
        ),
        request(
            r#"{"input":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"x","annotations":[{"type":"file_citation"}]}]}]}"#,
            "input[0].content[0].annotations[0].type",
            L::UnknownAnnotation,
            "input[0].content[0].annotations[0]",
        ),
        request(
            r#"{"tools":[{"type":"web_search"}]}"#,
            "tools[0].type",
            L::UnknownTool,
            "tools[0]",
        ),
        request(
            r#"{"tool_choice":{"type":"mcp","server_label":"s"}}"#,
            "tool_choice.type",
            L::UnknownToolChoice,
            "tool_choice",
        ),
        request(
            r#"{"tool_choice":{"type":"allowed_tools","tools":[{"type":"custom","name":"c"}]}}"#,
            "tool_choice.tools[0].type",
            L::UnknownToolChoice,
            "tool_choice.tools[0]",
        ),
        request(
            r#"{"text":{"format":{"type":"grammar"}}}"#,
            "text.format.type",
            L::UnknownTextFormat,
            "text.format",
        ),
        request(
            r#"{"tools":[{"type":"function","function":{"name":"f","strict":null}}]}"#,
            "tools[0].name",
            L::NestedFunctionTool,
            "tools[0].function",
        ),
        request(
            r#"{"tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"function","function":{"name":"f"}}}"#,
            "tool_choice.name",
            L::NestedFunctionChoice,
            "tool_choice.function",
        ),
        // An unknown member is legal in `Strict`, which does not look at it.
        request(
            r#"{"tools":[{"type":"function","name":"f"}],"allowed_tools":["f"]}"#,
            "",
            L::TopLevelAllowedTools,
            "allowed_tools",
        ),
        request(r#"{"generate":false}"#, "", L::GenerateFalse, "generate"),
        request(
            r#"{"text":{"format":{"type":"json_schema","json_schema":{"name":"n","schema":{},"strict":true}}}}"#,
            "text.format.json_schema",
            L::NestedJsonSchemaFormat,
            "text.format.json_schema",
        ),
        request(
            r#"{"input":[{"type":"message","role":"user","content":[{"type":"image_url","image_url":{"url":"u","detail":"low"}}]}]}"#,
            "input[0].content[0].type",
            L::NestedImageUrl,
            "input[0].content[0]",
        ),
        request(
            &format!(
                r#"{{"input":[{{"type":"function_call","call_id":"{}","name":"f","arguments":"{{}}"}}]}}"#,
                "x".repeat(65)
            ),
            "input[0].call_id",
            L::ForeignCallName,
            "input[0].call_id",
        ),
        request(
            r#"{"input":[{"type":"function_call","call_id":"c","name":"team.read/file","arguments":"{}"}]}"#,
            "input[0].name",
            L::ForeignCallName,
            "input[0].name",
        ),
        request(
            r#"{"maxOutputTokens":100}"#,
            "",
            L::MisspelledMember,
            "maxOutputTokens",
        ),
        request(
            r#"{"text":{"format":{"type":"json_object"}}}"#,
            "text.format.type",
            L::JsonObjectFormat,
            "text.format",
        ),
        request(
            r#"{"service_tier":"standard"}"#,
            "service_tier",
            L::OpenServiceTier,
            "service_tier",
        ),
        request(
            r#"{"include":["web_search_call.results"]}"#,
            "include[0]",
            L::VendorInclude,
            "include[0]",
        ),
        request(
            r#"{"reasoning":{"effort":"minimal"}}"#,
            "reasoning.effort",
            L::VendorReasoningEffort,
            "reasoning.effort",
        ),
        (
            K::WebSocketCreate,
            r#"{"type":"response.create","stream":true}"#.into(),
            "stream",
            L::TransportMemberOnWebSocket,
            "stream",
        ),
        (
            K::WebSocketCreate,
            r#"{"type":"response.create","stream_options":null}"#.into(),
            "stream_options",
            L::TransportMemberOnWebSocket,
            "stream_options",
        ),
        (
            K::WebSocketCreate,
            r#"{"type":"response.create","background":false}"#.into(),
            "background",
            L::TransportMemberOnWebSocket,
            "background",
        ),
        answer(
            response(|text| text.replace(r#""usage":null,"#, "")),
            "usage",
            L::MissingNullableMember,
            "usage",
        ),
        answer(
            response(|text| {
                text.replace(r#"{"type":"text"}"#, r#"{"type":"json_schema","name":"n","description":null,"strict":true,"schema":{}}"#)
            }),
            "text.format.schema",
            L::EchoedFormatSchema,
            "text.format.schema",
        ),
        answer(
            output(
                r#"{"type":"message","id":"m","status":"completed","role":"user","content":[{"type":"input_image","image_url":"u"}]}"#,
            ),
            "output[0].content[0].detail",
            L::ImageWithoutDetail,
            "output[0].content[0].detail",
        ),
        answer(
            output(r#"{"type":"mcp_call","id":"m"}"#),
            "output[0].type",
            L::UnknownItem,
            "output[0]",
        ),
        answer(
            output(
                r#"{"type":"function_call_output","id":"m","call_id":"c","status":"completed","output":[{"type":"input_video","video_url":"u"}]}"#,
            ),
            "output[0].output[0].type",
            L::VideoElsewhere,
            "output[0].output[0]",
        ),
        (
            K::StreamEvent,
            r#"{"type":"response.mcp_call.completed"}"#.into(),
            "type",
            L::UnknownEvent,
            "",
        ),
        (
            K::StreamEvent,
            r#"{"type":"error","sequence_number":1,"message":"m","code":null,"param":null}"#.into(),
            "error",
            L::FlatErrorEvent,
            "",
        ),
    ]
}

#[test]
fn each_is_refused_in_strict_and_named_in_compatible() {
    let mut seen = BTreeSet::new();
    for (kind, text, strict, leniency, warned) in rows() {
        let document = Document::parse(text.as_bytes()).expect(&text);
        let refused = validate(&document, kind, Profile::Strict);
        assert_eq!(refused.warnings, [], "{text}");
        let params: Vec<_> = refused
            .violations
            .iter()
            .map(|found| found.param().unwrap())
            .collect();
        let expected: Vec<_> = [strict]
            .into_iter()
            .filter(|param| !param.is_empty())
            .collect();
        assert_eq!(params, expected, "{text}");

        let accepted = validate(&document, kind, Profile::Compatible);
        assert_eq!(accepted.violations, [], "{text}");
        let warnings: Vec<_> = accepted
            .warnings
            .iter()
            .map(|warning| (warning.leniency, warning.path.param().unwrap_or_default()))
            .collect();
        assert_eq!(warnings, [(leniency, warned.to_owned())], "{text}");
        seen.insert(leniency);

        let printed = match kind {
            K::Response => Response::from_document(&document).unwrap().to_json(),
            K::StreamEvent => StreamEvent::from_document(&document).unwrap().to_json(),
            _ => CreateRequest::from_document(&document).unwrap().to_json(),
        };
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&printed), read(&text));
    }
    // Whether a reference resolves is not known here.
    seen.insert(L::UnresolvedItemReference);
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), {
        let mut all = Leniency::ALL.to_vec();
        all.sort();
        all
    });
}

#[test]
fn names_are_distinct_and_spelled_alike() {
    let names: BTreeSet<_> = Leniency::ALL
        .iter()
        .map(|leniency| leniency.name())
        .collect();
    assert_eq!(names.len(), Leniency::ALL.len());
    assert!(names.iter().all(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    }));
}

/// What the original service refuses is refused in `Compatible`, too.
#[test]
fn limits_hold_in_both_profiles() {
    for (text, param) in [
        (r#"{"input":[{"role":"user"}]}"#, "input[0].content"),
        (
            r#"{"input":[{"role":"tool","content":"x"}]}"#,
            "input[0].role",
        ),
        (
            r#"{"input":[{"role":"user","content":null}]}"#,
            "input[0].content",
        ),
        (
            r#"{"input":[{"role":"user","content":[{"type":"text","text":"x"}]}]}"#,
            "input[0].content[0].type",
        ),
        (r#"{"input":[{"type":"reasoning"}]}"#, "input[0].summary"),
        (
            r#"{"input":[{"type":"reasoning","summary":null}]}"#,
            "input[0].summary",
        ),
        (r#"{"reasoning":{"effort":"enormous"}}"#, "reasoning.effort"),
        (r#"{"include":[""]}"#, "include[0]"),
        (r#"{"include":[null]}"#, "include[0]"),
        (r#"{"tools":[{"type":""}]}"#, "tools[0].type"),
        (r#"{"tools":[{"type":"web search"}]}"#, "tools[0].type"),
        (r#"{"tools":[{"name":"f"}]}"#, "tools[0].type"),
        (
            r#"{"tools":[{"type":"function","function":{"name":"a b"}}]}"#,
            "tools[0].function.name",
        ),
        (
            r#"{"tools":[{"type":"function","function":{}}]}"#,
            "tools[0].function.name",
        ),
        (
            r#"{"tools":[{"type":"function","function":7}]}"#,
            "tools[0].name",
        ),
        (
            r#"{"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"g"}}}"#,
            "tool_choice.function.name",
        ),
        (r#"{"max_output_tokens":8}"#, "max_output_tokens"),
        (
            r#"{"tool_choice":{"type":"function","function":{}}}"#,
            "tool_choice.function.name",
        ),
    ] {
        let document = Document::parse(text.as_bytes()).expect(text);
        let report = validate(&document, K::CreateRequest, Profile::Compatible);
        let params: Vec<_> = report
            .violations
            .iter()
            .filter_map(|found| found.param())
            .collect();
        assert_eq!(params, [param], "{text}");
    }
    let document = Document::parse(br#"{"type":"response.create","stream":"yes"}"#).unwrap();
    let report = validate(&document, K::WebSocketCreate, Profile::Compatible);
    assert_eq!(report.violations[0].param().as_deref(), Some("stream"));
}

/// A function may come from a tool of unknown content, or from a stored prompt.
#[test]
fn a_choice_that_cannot_be_resolved_is_accepted() {
    let choice = r#""tool_choice":{"type":"function","name":"f"}"#;
    for (text, ok) in [
        (
            format!(r#"{{"tools":[{{"type":"namespace","tools":[]}}],{choice}}}"#),
            true,
        ),
        (format!(r#"{{"prompt":{{"id":"p"}},{choice}}}"#), true),
        (format!(r#"{{"prompt":null,{choice}}}"#), false),
        (
            format!(r#"{{"tools":[{{"type":"acme:x"}}],{choice}}}"#),
            false,
        ),
        (
            format!(r#"{{"tools":[{{"type":"function","function":{{"name":"f"}}}}],{choice}}}"#),
            true,
        ),
    ] {
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(
            validate(&document, K::CreateRequest, Profile::Compatible).is_ok(),
            ok,
            "{text}"
        );
    }
}
