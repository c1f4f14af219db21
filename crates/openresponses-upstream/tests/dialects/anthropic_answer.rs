use openresponses_upstream::MessagePolicy;
use openresponses_upstream::anthropic::Anthropic;

use crate::support::{Answered, answer, assert_bounded, stream, turn};

const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":7,"output_tokens":1}}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;

fn block(index: u32, block: &str, deltas: &[&str]) -> Vec<String> {
    let mut events = vec![format!(
        r#"{{"type":"content_block_start","index":{index},"content_block":{block}}}"#
    )];
    events.extend(deltas.iter().map(|delta| {
        format!(r#"{{"type":"content_block_delta","index":{index},"delta":{delta}}}"#)
    }));
    events.push(format!(
        r#"{{"type":"content_block_stop","index":{index}}}"#
    ));
    events
}

fn text(index: u32, text: &str) -> Vec<String> {
    let delta = format!(r#"{{"type":"text_delta","text":"{text}"}}"#);
    block(index, r#"{"type":"text","text":""}"#, &[&delta])
}

fn ending(reason: &str) -> String {
    format!(
        r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}","stop_sequence":null}},"usage":{{"output_tokens":5}}}}"#
    )
}

/// One message of these blocks.
fn message(blocks: &[Vec<String>], reason: &str) -> Answered {
    let blocks: Vec<_> = blocks.concat();
    let ending = ending(reason);
    let mut events = vec![START];
    events.extend(blocks.iter().map(String::as_str));
    events.extend([&*ending, STOP]);
    stream(&Anthropic::new(), &events)
}

#[test]
fn each_text_block_is_a_part_of_one_message() {
    let answered = message(&[text(0, "One"), text(1, "Two")], "end_turn");
    assert_eq!(answered.output(), ["message: One|Two"]);
    assert_eq!(answered.status(), "completed");
    assert_eq!(answered.unplaced, []);
}

#[test]
fn each_block_of_thinking_is_an_item_with_its_own_signature() {
    let thinking = |index, text: &str, signature: &str| {
        block(
            index,
            r#"{"type":"thinking","thinking":"","signature":""}"#,
            &[
                &format!(r#"{{"type":"thinking_delta","thinking":"{text}"}}"#),
                &format!(r#"{{"type":"signature_delta","signature":"{signature}"}}"#),
            ],
        )
    };
    let redacted = block(2, r#"{"type":"redacted_thinking","data":"Zz=="}"#, &[]);
    let blocks = [
        thinking(0, "Hm.", "AA=="),
        thinking(1, "", "BB=="),
        redacted,
        text(3, "Yes."),
    ];
    assert_eq!(
        message(&blocks, "end_turn").output(),
        [
            "reasoning: Hm. (anthropic/signature:AA==)",
            "reasoning:  (anthropic/signature:BB==)",
            "reasoning:  (anthropic/redacted:Zz==)",
            "message: Yes.",
        ]
    );
}

#[test]
fn the_input_of_a_tool_comes_in_pieces_or_with_the_start() {
    let pieces = block(
        0,
        r#"{"type":"tool_use","id":"toolu_1","name":"add","input":{}}"#,
        &[
            r#"{"type":"input_json_delta","partial_json":""}"#,
            r#"{"type":"input_json_delta","partial_json":"{\"a\": "}"#,
            r#"{"type":"input_json_delta","partial_json":"1}"}"#,
        ],
    );
    let whole = block(
        1,
        r#"{"type":"tool_use","id":"toolu_2","name":"sub","input":{"a": 2}}"#,
        &[],
    );
    let none = block(
        2,
        r#"{"type":"tool_use","id":"toolu_3","name":"now","input":{}}"#,
        &[],
    );
    let answered = message(&[pieces, whole, none], "tool_use");
    assert_eq!(
        answered.output(),
        [
            r#"call: add {"a": 1}"#,
            r#"call: sub {"a": 2}"#,
            "call: now {}"
        ]
    );
    assert_eq!(answered.response["output"][0]["call_id"], "toolu_1");
    assert_eq!(answered.status(), "completed");
}

#[test]
fn a_delta_in_a_block_of_another_kind_is_read_by_its_own_kind() {
    let text = r#"{"type":"text_delta","text":"Hi"}"#;
    let thinking = r#"{"type":"thinking_delta","thinking":"hm"}"#;
    let input = |json: &str| format!(r#"{{"type":"input_json_delta","partial_json":"{json}"}}"#);
    let in_text = block(0, r#"{"type":"text","text":""}"#, &[thinking, text]);
    let answered = message(&[in_text], "end_turn");
    assert_eq!(answered.output(), ["reasoning: hm (-)", "message: Hi"]);
    assert_eq!(answered.unplaced, []);
    let in_thinking = block(0, r#"{"type":"thinking","thinking":""}"#, &[thinking, text]);
    let answered = message(&[in_thinking], "end_turn");
    assert_eq!(answered.output(), ["reasoning: hm (-)", "message: Hi"]);
    // A call goes on behind a text.
    let call = r#"{"type":"tool_use","id":"t","name":"f","input":{}}"#;
    let in_call = || block(0, call, &[&input("["), text, &input("1]")]);
    for blocks in [vec![in_call()], vec![in_call(), block(1, call, &[])]] {
        let answered = message(&blocks, "tool_use");
        assert_eq!(answered.output()[..2], ["call: f [1]", "message: Hi"]);
        assert_eq!(answered.output().len(), blocks.len() + 1);
        assert_eq!(answered.unplaced, []);
    }
}

#[test]
fn the_input_of_a_tool_may_be_printed() {
    for (input, expected) in [
        (r#""{\"a\":1}""#, r#"call: f {"a":1}"#),
        (r#""""#, "call: f {}"),
    ] {
        let call = format!(r#"{{"type":"tool_use","id":"t","name":"f","input":{input}}}"#);
        let answered = message(&[block(0, &call, &[])], "tool_use");
        assert_eq!(answered.output(), [expected], "{input}");
    }
}

#[test]
fn a_call_that_was_cut_is_incomplete() {
    let cut = block(
        0,
        r#"{"type":"tool_use","id":"toolu_1","name":"add","input":{}}"#,
        &[r#"{"type":"input_json_delta","partial_json":"{\"a\":"}"#],
    );
    let answered = message(&[cut], "max_tokens");
    assert_eq!(answered.status(), "incomplete");
    assert_eq!(answered.response["output"][0]["status"], "incomplete");
    assert_eq!(answered.response["output"][0]["arguments"], "{\"a\":");
}

#[test]
fn a_citation_of_a_page_is_an_annotation_of_the_whole_part() {
    let cited = block(
        0,
        r#"{"type":"text","text":"","citations":[]}"#,
        &[
            r#"{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://a.example/","title":"A","cited_text":"a"}}"#,
            r#"{"type":"text_delta","text":"Grün"}"#,
            r#"{"type":"citations_delta","citation":{"type":"char_location","document_index":0}}"#,
        ],
    );
    let answered = message(&[cited], "end_turn");
    assert_eq!(
        answered.response["output"][0]["content"][0]["annotations"],
        serde_json::json!([{"type": "url_citation", "url": "https://a.example/", "title": "A", "start_index": 0, "end_index": 4}])
    );
    assert_eq!(
        answered.unplaced,
        [
            ("content[].citations[]".to_owned(), 1),
            ("content[].citations[].cited_text".to_owned(), 1)
        ]
    );
}

#[test]
fn blocks_of_tools_that_run_at_the_server_are_counted() {
    let call = block(
        1,
        r#"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}"#,
        &[r#"{"type":"input_json_delta","partial_json":"{}"}"#],
    );
    let result = block(2, r#"{"type":"web_search_tool_result","content":[]}"#, &[]);
    let answered = message(&[text(0, "One"), call, result, text(3, "Two")], "end_turn");
    assert_eq!(answered.output(), ["message: One|Two"]);
    let expected = [
        "content[].delta.input_json_delta",
        "content[].server_tool_use",
        "content[].web_search_tool_result",
    ];
    assert_eq!(answered.unplaced, expected.map(|path| (path.to_owned(), 1)));
}

#[test]
fn every_stop_reason_has_its_status() {
    for (reason, status, detail) in [
        ("end_turn", "completed", None),
        ("stop_sequence", "completed", None),
        ("tool_use", "completed", None),
        ("max_tokens", "incomplete", Some("max_output_tokens")),
        (
            "model_context_window_exceeded",
            "incomplete",
            Some("max_output_tokens"),
        ),
        ("refusal", "incomplete", Some("content_filter")),
        ("pause_turn", "incomplete", Some("pause_turn")),
        ("brand_new", "completed", None),
    ] {
        let answered = message(&[text(0, "Hi")], reason);
        assert_eq!(answered.status(), status, "{reason}");
        let found = &answered.response["incomplete_details"]["reason"];
        assert_eq!(found.as_str(), detail, "{reason}");
        let is_counted = answered.unplaced == [("stop_reason".to_owned(), 1)];
        assert_eq!(is_counted, reason == "brand_new");
    }
}

#[test]
fn the_input_includes_what_caches_had_and_a_later_count_replaces_an_earlier_one() {
    let start = r#"{"type":"message_start","message":{"usage":{"input_tokens":7,"output_tokens":1,"cache_read_input_tokens":100,"cache_creation_input_tokens":20}}}"#;
    let end = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":9,"output_tokens":50,"output_tokens_details":{"thinking_tokens":30}}}"#;
    let answered = stream(&Anthropic::new(), &[start, end, STOP]);
    assert_eq!(
        answered.response["usage"],
        serde_json::json!({
            "input_tokens": 129,
            "input_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 20},
            "output_tokens": 50,
            "output_tokens_details": {"reasoning_tokens": 30},
            "total_tokens": 179,
        })
    );
}

#[test]
fn a_start_that_is_repeated_changes_nothing() {
    let mut events = vec![START.to_owned(), START.to_owned()];
    events.extend(text(0, "Hi"));
    events.extend([ending("end_turn"), STOP.to_owned()]);
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let answered = stream(&Anthropic::new(), &events);
    assert_eq!(answered.output(), ["message: Hi"]);
    assert_eq!(answered.response["usage"]["input_tokens"], 7);
}

#[test]
fn a_message_behind_another_is_a_message_of_its_own() {
    let whole = r#"{"type":"message_start","message":{"content":[{"type":"text","text":"Two"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":4}}}"#;
    let mut events = vec![START.to_owned()];
    events.extend(text(0, "One"));
    events.extend([ending("tool_use"), STOP.to_owned(), whole.to_owned()]);
    let unended: Vec<_> = events.iter().map(String::as_str).collect();
    assert_eq!(stream(&Anthropic::new(), &unended).status(), "failed");
    let ended = [&unended[..], &[STOP]].concat();
    let answered = stream(&Anthropic::new(), &ended);
    assert_eq!(answered.output(), ["message: One", "message: Two"]);
    assert_eq!(answered.response["usage"]["total_tokens"], 7);
}

#[test]
fn the_name_of_an_event_counts_where_it_has_no_type() {
    let body = concat!(
        "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n",
        "event: content_block_delta\ndata: {\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n",
        "event: ping\ndata: {}\n\n",
        "event: message_stop\ndata: {}\n\n",
    );
    let answered = answer(&Anthropic::new(), body);
    assert_eq!(answered.output(), ["message: Hi"]);
    assert_eq!(answered.status(), "completed");
}

#[test]
fn an_error_fails_the_response_with_the_code_of_its_class() {
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let mut events = vec![START.to_owned()];
    events.extend(text(0, "Hi"));
    events.push(error.to_owned());
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let answered = stream(&Anthropic::new(), &events);
    assert_eq!(answered.status(), "failed");
    assert_eq!(answered.response["error"]["code"], "overloaded");
    assert_eq!(answered.response["error"]["message"], "Overloaded");
    assert_eq!(answered.response["usage"]["input_tokens"], 7);
    assert_eq!(answered.output(), ["message: Hi"]);
    let hidden = Anthropic::new().messages(MessagePolicy::Hide);
    let answered = stream(&hidden, &events);
    assert_ne!(answered.response["error"]["message"], "Overloaded");
}

#[test]
fn a_stream_without_its_stop_fails() {
    let ending = ending("end_turn");
    for events in [&[START][..], &[START, &ending], &[]] {
        let answered = stream(&Anthropic::new(), events);
        assert_eq!(answered.status(), "failed");
        assert_eq!(answered.response["error"]["code"], "stream_ended_early");
    }
}

#[test]
fn a_whole_message_is_read_like_a_stream() {
    let body = r#"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
        {"type":"thinking","thinking":"Hm.","signature":"AA=="},
        {"type":"text","text":"One"},
        {"type":"tool_use","id":"toolu_1","name":"add","input":{"a": 1}}
    ],"stop_reason":"tool_use","stop_sequence":"END","usage":{"input_tokens":1,"output_tokens":2,"service_tier":"standard"}}"#;
    let answered = answer(&Anthropic::new(), body);
    assert_eq!(
        answered.output(),
        [
            "reasoning: Hm. (anthropic/signature:AA==)",
            "message: One",
            r#"call: add {"a": 1}"#
        ]
    );
    assert_eq!(answered.response["usage"]["total_tokens"], 3);
    assert_eq!(answered.response["service_tier"], "default");
    assert_eq!(answered.unplaced, [("stop_sequence".to_owned(), 1)]);
    let error = r#"{"type":"error","error":{"type":"api_error","message":"No"}}"#;
    assert_eq!(answer(&Anthropic::new(), error).status(), "failed");
    assert_eq!(answer(&Anthropic::new(), "{}").status(), "failed");
}

#[test]
fn a_whole_message_may_be_an_event() {
    let whole = r#"{"type":"message","id":"m","role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"max_tokens","usage":{"input_tokens":1,"output_tokens":1}}"#;
    let answered = stream(&Anthropic::new(), &[whole]);
    assert_eq!(answered.output(), ["message: Hi"]);
    assert_eq!(answered.status(), "incomplete");
}

#[test]
fn what_waits_for_the_end_of_a_block_is_bounded() {
    let long = "x".repeat(1 << 18);
    let start = r#"{"type":"message_start","message":{"content":[]}}"#;
    let block = |block: &str| {
        format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#)
    };
    let thinking = block(r#"{"type":"thinking","thinking":""}"#);
    let text = block(r#"{"type":"text","text":""}"#);
    let tool = block(r#"{"type":"tool_use","id":"a","name":"f","input":{}}"#);
    let delta =
        |delta: &str| format!(r#"{{"type":"content_block_delta","index":0,"delta":{delta}}}"#);
    let turn = turn(r#""input":"Hello""#);
    for (block, more) in [
        (
            &thinking,
            format!(r#"{{"type":"signature_delta","signature":"{long}"}}"#),
        ),
        (&tool, format!(r#"{{"type":"text_delta","text":"{long}"}}"#)),
        (
            &tool,
            format!(r#"{{"type":"thinking_delta","thinking":"{long}"}}"#),
        ),
        (
            &text,
            format!(
                r#"{{"type":"citations_delta","citation":{{"type":"web_search_result_location","url":"{long}"}}}}"#
            ),
        ),
    ] {
        assert_bounded(&Anthropic::new(), &turn, &[start, block], &delta(&more));
    }
}
