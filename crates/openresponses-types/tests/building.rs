//! What the constructors build is valid to the letter: no required member can be forgotten.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use openresponses_types::compact::{CompactRequest, CompactResponse};
use openresponses_types::content::{
    ContentPart, InputFile, InputImage, InputText, InputVideo, LogProb, OutputText, ReasoningText,
    Refusal, SummaryText, TopLogProb, UrlCitation,
};
use openresponses_types::event::{
    ErrorEvent, ResponseCompletedEvent, ResponseContentPartAddedEvent,
    ResponseContentPartDoneEvent, ResponseCreatedEvent, ResponseFailedEvent,
    ResponseFunctionCallArgumentsDeltaEvent, ResponseFunctionCallArgumentsDoneEvent,
    ResponseInProgressEvent, ResponseIncompleteEvent, ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent, ResponseOutputTextAnnotationAddedEvent,
    ResponseOutputTextDeltaEvent, ResponseOutputTextDoneEvent, ResponseQueuedEvent,
    ResponseReasoningDeltaEvent, ResponseReasoningDoneEvent,
    ResponseReasoningSummaryPartAddedEvent, ResponseReasoningSummaryPartDoneEvent,
    ResponseReasoningSummaryTextDeltaEvent, ResponseReasoningSummaryTextDoneEvent,
    ResponseRefusalDeltaEvent, ResponseRefusalDoneEvent,
};
use openresponses_types::item::{
    Compaction, FunctionCall, FunctionCallOutput, ItemReference, Message, Reasoning, Role,
};
use openresponses_types::json::{Document, RawJson};
use openresponses_types::request::{
    ReasoningConfig, ReasoningEffort, TextConfig, TextFormatJsonSchema,
};
use openresponses_types::response::{
    ErrorBody, ErrorPayload, IncompleteDetails, ResponseError, Usage,
};
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::tool::{
    AllowedTools, FunctionTool, FunctionToolChoice, Tool, ToolChoiceMode,
};
use openresponses_types::{CreateRequest, Item, Profile, Response, StreamEvent};

fn assert_valid(kind: DocumentKind, text: &str) {
    let report = validate(
        &Document::parse(text.as_bytes()).unwrap(),
        kind,
        Profile::Strict,
    );
    assert_eq!(report.violations, [], "{text}");
}

#[test]
fn built_requests_are_valid() {
    let schema = RawJson::parse(r#"{"type":"object"}"#).unwrap();
    let question: Vec<ContentPart> = vec![
        InputText::new("x").into(),
        InputImage::new().image_url("u").into(),
        InputFile::new().file_url("u").into(),
    ];
    let items: Vec<Item> = vec![
        Message::system("x").into(),
        Message::new(Role::Developer, "x").into(),
        Message::user(question).into(),
        Message::assistant(vec![OutputText::new("x").into(), Refusal::new("no").into()]).into(),
        Reasoning::new().encrypted_content("e").into(),
        FunctionCall::new("c", "f", "{}").into(),
        FunctionCallOutput::new("c", vec![InputVideo::new("u").into()]).into(),
        Compaction::new("e").into(),
        ItemReference::new("msg_1").into(),
    ];
    let request = CreateRequest::new()
        .model("m")
        .input(items.clone())
        .tools(vec![
            FunctionTool::new("f").parameters(schema.clone()).into(),
        ])
        .tool_choice(AllowedTools::new([FunctionToolChoice::new("f").into()]))
        .reasoning(ReasoningConfig::new().effort(ReasoningEffort::High))
        .text(TextConfig::new().format(TextFormatJsonSchema::new().name("n").schema(schema)))
        .temperature(0.5)
        .max_output_tokens(256)
        .stream(true)
        .background(false);
    assert_valid(DocumentKind::CreateRequest, &request.to_json());
    assert_valid(DocumentKind::WebSocketCreate, &request.to_message_json());
    assert_valid(
        DocumentKind::WebSocketCreate,
        &CreateRequest::new().to_message_json(),
    );
    let forced = request.tool_choice(FunctionToolChoice::new("f"));
    assert_valid(DocumentKind::CreateRequest, &forced.to_json());
    let auto = forced.tool_choice(ToolChoiceMode::Auto);
    assert_valid(DocumentKind::CreateRequest, &auto.to_json());
    let compact = CompactRequest::new("m").input(items);
    assert_valid(DocumentKind::CompactRequest, &compact.to_json());
}

fn output() -> Vec<Item> {
    let text = OutputText::new("x")
        .annotations(vec![UrlCitation::new("u", 0, 1, "t").into()])
        .logprobs(vec![
            LogProb::new("x", -0.5).top_logprobs(vec![TopLogProb::new("é", -1.5)]),
            LogProb::new("y", -0.5),
        ]);
    vec![
        Reasoning::output("rs_1").into(),
        Message::output("msg_1", text).into(),
        Message::output("msg_2", OutputText::new("x")).into(),
        FunctionCall::output("fc_1", "c", "f", "{}").into(),
    ]
}

fn response() -> Response {
    Response::new("resp_1", "m", 1)
}

#[test]
fn built_answers_are_valid() {
    assert_valid(DocumentKind::Response, &response().to_json());
    let full = response()
        .output(output())
        .usage(Usage::new(1, 2))
        .error(ResponseError::new("c", "m"))
        .incomplete_details(IncompleteDetails::new("max_output_tokens"));
    assert_valid(DocumentKind::Response, &full.to_json());
    let compacted: Vec<Item> = vec![Compaction::new("e").id("cmp_1").into()];
    let compaction = CompactResponse::new("resp_1", 1, compacted, Usage::new(1, 2));
    assert_valid(DocumentKind::CompactResponse, &compaction.to_json());
    let error = ErrorPayload::new("not_found", "No.");
    assert_valid(DocumentKind::ErrorBody, &ErrorBody::new(error).to_json());
}

#[test]
fn built_events_are_valid() {
    let whole = || Arc::new(response());
    let item = || output().swap_remove(1);
    let part = || Box::new(ContentPart::from(OutputText::new("x")));
    let summary = || Box::new(ContentPart::from(SummaryText::new("x")));
    let thought = || Box::new(ContentPart::from(ReasoningText::new("x")));
    let citation = UrlCitation::new("u", 0, 1, "t");
    let id = "msg_1";
    let all: Vec<StreamEvent> = vec![
        ResponseCreatedEvent::new(0u64, whole()).into(),
        ResponseQueuedEvent::new(0u64, whole()).into(),
        ResponseInProgressEvent::new(0u64, whole()).into(),
        ResponseCompletedEvent::new(0u64, whole()).into(),
        ResponseFailedEvent::new(0u64, whole()).into(),
        ResponseIncompleteEvent::new(0u64, whole()).into(),
        ResponseOutputItemAddedEvent::new(0u64, 0u64, item()).into(),
        ResponseOutputItemDoneEvent::new(0u64, 0u64, item()).into(),
        ResponseReasoningSummaryPartAddedEvent::new(0u64, id, 0u64, 0u64, summary()).into(),
        ResponseReasoningSummaryPartDoneEvent::new(0u64, id, 0u64, 0u64, summary()).into(),
        ResponseContentPartAddedEvent::new(0u64, id, 0u64, 0u64, part()).into(),
        ResponseContentPartDoneEvent::new(0u64, id, 0u64, 0u64, thought()).into(),
        ResponseOutputTextDeltaEvent::new(0u64, id, 0u64, 0u64, "x").into(),
        ResponseOutputTextDoneEvent::new(0u64, id, 0u64, 0u64, "x").into(),
        ResponseRefusalDeltaEvent::new(0u64, id, 0u64, 0u64, "x").into(),
        ResponseRefusalDoneEvent::new(0u64, id, 0u64, 0u64, "x").into(),
        ResponseReasoningDeltaEvent::new(0u64, id, 0u64, 0u64, "x").into(),
        ResponseReasoningDoneEvent::new(0u64, id, 0u64, 0u64, "x").into(),
        ResponseReasoningSummaryTextDeltaEvent::new(0u64, id, 0u64, 0u64, "x").into(),
        ResponseReasoningSummaryTextDoneEvent::new(0u64, id, 0u64, 0u64, "x").into(),
        ResponseOutputTextAnnotationAddedEvent::new(0u64, id, 0u64, 0u64, 0u64, citation).into(),
        ResponseFunctionCallArgumentsDeltaEvent::new(0u64, id, 0u64, "{").into(),
        ResponseFunctionCallArgumentsDoneEvent::new(0u64, id, 0u64, "{}").into(),
        ErrorEvent::new(0u64, Box::new(ErrorPayload::new("t", "m"))).into(),
    ];
    let types: Vec<_> = all.iter().map(StreamEvent::event_type).collect();
    assert_eq!(types, StreamEvent::TYPES);
    for event in &all {
        assert_valid(DocumentKind::StreamEvent, &event.to_json());
    }
    // A tool of each kind can be put in its place without naming the union.
    let tool: Tool = FunctionTool::new("f").into();
    assert_eq!(tool.type_name(), "function");
}
