//! Chat Completions: from chunks to items.

use openresponses_types::Profile;
use openresponses_types::sequence::{Delta, OutputWarning};
use openresponses_upstream::chat::{Chat, Quirks};
use openresponses_upstream::{Answer, AnswerReader, Dialect};
use serde_json::json;

use crate::support::{Answered, answer, assert_bounded, read, read_for, stream, turn};

/// A stream of the deltas of one choice, ended by `finish`.
fn streamed(deltas: &[&str], finish: &str) -> Answered {
    let chunk = |delta: &str, finish: &str| {
        format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}"#)
    };
    let mut events: Vec<_> = deltas.iter().map(|delta| chunk(delta, "null")).collect();
    events.push(chunk("{}", finish));
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    stream(&Chat::new(), &events)
}

#[test]
fn reasoning_in_any_member_comes_before_the_text() {
    for delta in [
        r#"{"content":"Hi","reasoning_content":"hm"}"#,
        r#"{"content":"Hi","reasoning":"hm"}"#,
        r#"{"content":"Hi","reasoning_text":"hm"}"#,
        r#"{"content":"Hi","thinking":"hm"}"#,
        r#"{"content":"Hi","reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm"}]}"#,
        r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"Hi"}]}"#,
    ] {
        let answered = streamed(&[r#"{"role":"assistant","content":""}"#, delta], "\"stop\"");
        assert_eq!(
            answered.output(),
            ["reasoning: hm (-)", "message: Hi"],
            "{delta}"
        );
        assert_eq!(answered.unplaced, [], "{delta}");
    }
}

#[test]
fn opaque_details_are_kept_for_the_way_back() {
    let answered = streamed(
        &[
            r#"{"reasoning_details":[{"type":"reasoning.text","text":"hm","index":0}]}"#,
            r#"{"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0}]}"#,
            r#"{"content":"Hi"}"#,
        ],
        "\"stop\"",
    );
    let expected =
        r#"reasoning: hm (chat/details:[{"type":"reasoning.text","signature":"s","index":0}])"#;
    assert_eq!(answered.output(), [expected, "message: Hi"]);
}

#[test]
fn interleaved_calls_come_out_one_after_the_other() {
    let call = |index: u32, rest: &str| format!(r#"{{"tool_calls":[{{"index":{index},{rest}}}]}}"#);
    let deltas = [
        call(
            0,
            r#""id":"a","function":{"name":"f","arguments":"{\"x\""}"#,
        ),
        call(1, r#""id":"b","function":{"name":"g","arguments":"{"}"#),
        call(0, r#""function":{"arguments":":1}"}"#),
        call(1, r#""function":{"arguments":"}"}"#),
    ];
    let deltas: Vec<_> = deltas.iter().map(String::as_str).collect();
    let answered = streamed(&deltas, "\"tool_calls\"");
    assert_eq!(answered.output(), [r#"call: f {"x":1}"#, "call: g {}"]);
}

#[test]
fn calls_are_told_apart_without_an_index() {
    let answered = streamed(
        &[
            r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{"}}]}"#,
            r#"{"tool_calls":[{"function":{"arguments":"}"}}]}"#,
        ],
        "\"tool_calls\"",
    );
    assert_eq!(answered.output(), ["call: f {}", "call: g {}"]);
    let same_index = streamed(
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}]}"#,
        ],
        "\"tool_calls\"",
    );
    assert_eq!(same_index.output(), ["call: f {}", "call: f {}"]);
}

#[test]
fn calls_of_one_index_without_ids_are_told_apart_by_name_and_whole_arguments() {
    let call = |name: &str, arguments: &str| {
        format!(
            r#"{{"tool_calls":[{{"index":0,"id":"","function":{{"name":"{name}","arguments":"{arguments}"}}}}]}}"#
        )
    };
    for (pieces, expected) in [
        (
            [call("f", "{}"), call("g", "{}")],
            &["call: f {}", "call: g {}"][..],
        ),
        (
            [call("f", "{}"), call("f", "{}")],
            &["call: f {}", "call: f {}"],
        ),
        // A server that repeats the name with each piece.
        ([call("f", "{"), call("f", "}")], &["call: f {}"]),
        ([call("f", "{}"), call("f", "")], &["call: f {}"]),
    ] {
        let pieces: Vec<_> = pieces.iter().map(String::as_str).collect();
        assert_eq!(
            streamed(&pieces, "\"tool_calls\"").output(),
            expected,
            "{pieces:?}"
        );
    }
}

#[test]
fn a_call_goes_on_under_another_index_than_it_began_with() {
    let head = |index: u32, id: &str| {
        format!(
            r#"{{"tool_calls":[{{"index":{index},"id":"{id}","function":{{"name":"f","arguments":""}}}}]}}"#
        )
    };
    let tail = |index: u32, rest: &str, arguments: &str| {
        format!(
            r#"{{"tool_calls":[{{"index":{index},{rest}"function":{{"arguments":"{arguments}"}}}}]}}"#
        )
    };
    for (pieces, expected) in [
        (
            [
                head(0, "a"),
                tail(0, "", "[1]"),
                head(0, "b"),
                tail(1, "", "[2]"),
            ],
            ["call: f [1]", "call: f [2]"],
        ),
        (
            [
                head(0, "a"),
                tail(1, r#""id":"a","#, "[1]"),
                head(1, "b"),
                tail(1, "", "[2]"),
            ],
            ["call: f [1]", "call: f [2]"],
        ),
        // Ids that repeat: the indices tell the calls apart.
        (
            [
                head(0, "a"),
                head(1, "a"),
                tail(0, "", "[1]"),
                tail(1, "", "[2]"),
            ],
            ["call: f [1]", "call: f [2]"],
        ),
    ] {
        let pieces: Vec<_> = pieces.iter().map(String::as_str).collect();
        assert_eq!(
            streamed(&pieces, "\"tool_calls\"").output(),
            expected,
            "{pieces:?}"
        );
    }
}

#[test]
fn arguments_wait_for_the_name_and_may_be_an_object() {
    let late = streamed(
        &[
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}"#,
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"1}"}}]}"#,
        ],
        "\"stop\"",
    );
    assert_eq!(late.output(), [r#"call: f {"a":1}"#]);
    let object = streamed(
        &[r#"{"tool_calls":[{"id":"a","function":{"name":"f","arguments":{"a":1}}}]}"#],
        "\"stop\"",
    );
    assert_eq!(object.output(), [r#"call: f {"a":1}"#]);
    let legacy = streamed(
        &[
            r#"{"function_call":{"name":"f","arguments":""}}"#,
            r#"{"function_call":{"arguments":"{}"}}"#,
        ],
        "\"function_call\"",
    );
    assert_eq!(legacy.output(), ["call: f {}"]);
}

#[test]
fn text_among_arguments_does_not_cut_them() {
    let answered = streamed(
        &[
            r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a\":"}}]}"#,
            r#"{"content":"so"}"#,
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"\"}\"}"}}]}"#,
        ],
        "\"tool_calls\"",
    );
    assert_eq!(answered.output(), [r#"call: f {"a":"}"}"#, "message: so"]);
}

/// A reader that has read these deltas of one choice, in a stream that goes on.
fn reading(deltas: &[&str]) -> AnswerReader {
    let turn = turn(r#""input":"Hello""#);
    let Answer::Deltas(mut reader) = Chat::new().answer(&turn) else {
        panic!("the answer is relayed");
    };
    for delta in deltas {
        let event = format!(r#"data: {{"choices":[{{"index":0,"delta":{delta}}}]}}"#);
        reader.push(format!("{event}\n\n").as_bytes());
    }
    reader
}

const BARE: &str =
    r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}"#;

#[test]
fn text_behind_a_call_without_arguments_does_not_wait_for_the_end() {
    let mut reader = reading(&[BARE, r#"{"content":"Hi"}"#, r#"{"reasoning_content":"hm"}"#]);
    let deltas: Vec<_> = std::iter::from_fn(|| reader.pop()).collect();
    let reasoning = Delta::Reasoning("hm".to_owned());
    assert_eq!(deltas, [Delta::text("Hi"), reasoning]);
    let answered = streamed(&[BARE, r#"{"content":"Hi"}"#], "\"stop\"");
    assert_eq!(answered.output(), ["message: Hi", "call: f {}"]);
    // White space says nothing: the arguments may follow.
    let arguments = r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}}]}"#;
    let answered = streamed(
        &[
            BARE,
            r#"{"content":"\n"}"#,
            arguments,
            r#"{"content":"Hi"}"#,
        ],
        "\"stop\"",
    );
    assert_eq!(answered.output(), [r#"call: f {"x":1}"#, "message: \nHi"]);
}

#[test]
fn arguments_behind_an_interruption_belong_to_their_call() {
    let name = r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}}]}"#;
    let arguments = r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}}]}"#;
    for (between, expected) in [
        (r#"{"content":"Hi"}"#, "message: Hi"),
        (r#"{"reasoning_content":"hm"}"#, "reasoning: hm (-)"),
        (
            r#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"d"}]}"#,
            r#"reasoning:  (chat/details:[{"type":"reasoning.encrypted","data":"d"}])"#,
        ),
        (r#"{"refusal":"No."}"#, "message: "),
    ] {
        for call in [name, BARE] {
            let answered = streamed(&[call, between, arguments], "\"tool_calls\"");
            assert_eq!(
                answered.output(),
                [expected, r#"call: f {"x":1}"#],
                "{between}"
            );
        }
    }
    // Two calls keep their order, and what comes too late for one of them fails the response.
    let second =
        r#"{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}]}"#;
    let answered = streamed(&[BARE, second], "\"tool_calls\"");
    assert_eq!(answered.output(), ["call: f {}", "call: g {}"]);
    let answered = streamed(
        &[BARE, second, r#"{"content":"Hi"}"#, arguments],
        "\"tool_calls\"",
    );
    assert_eq!(answered.status(), "failed");
}

#[test]
fn a_call_whose_every_piece_has_an_id_of_its_own_is_one() {
    let piece = |id: &str, arguments: &str| {
        format!(
            r#"{{"tool_calls":[{{"index":0,"id":"{id}","function":{{"name":"f","arguments":"{arguments}"}}}}]}}"#
        )
    };
    let pieces = [piece("a", "{\\\"x\\\":"), piece("b", "1"), piece("c", "}")];
    let pieces: Vec<_> = pieces.iter().map(String::as_str).collect();
    let answered = streamed(&pieces, "\"tool_calls\"");
    assert_eq!(answered.output(), [r#"call: f {"x":1}"#]);
}

#[test]
fn opaque_details_of_one_chunk_are_one_delta() {
    let detail = r#"{"type":"reasoning.encrypted","data":"d"}"#;
    let chunk = format!(
        r#"{{"reasoning_details":[{}]}}"#,
        [detail; 50_000].join(",")
    );
    let mut reader = reading(&[&chunk, r#"{"content":"Hi"}"#]);
    let deltas: Vec<_> = std::iter::from_fn(|| reader.pop()).collect();
    let [Delta::EncryptedReasoning(opaque), text] = &deltas[..] else {
        panic!("{} deltas", deltas.len());
    };
    assert_eq!(opaque.matches("reasoning.encrypted").count(), 50_000);
    assert_eq!(*text, Delta::text("Hi"));
    // They are not lost where nothing follows.
    let answered = streamed(
        &[r#"{"reasoning_details":[{"type":"x","data":"d"}]}"#],
        "\"stop\"",
    );
    assert_eq!(
        answered.output(),
        [r#"reasoning:  (chat/details:[{"type":"x","data":"d"}])"#]
    );
}

#[test]
fn the_tier_that_was_used_is_the_responses() {
    let dialect = Chat::new().quirks(Quirks::OPENAI);
    let turn = turn(r#""input":"Hello","service_tier":"auto""#);
    let chunk = |tier: &str| {
        format!(
            "data: {{\"service_tier\":{tier},\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"Hi\"}},\"finish_reason\":\"stop\"}}]}}\n\n"
        )
    };
    for (tier, expected) in [
        (r#""default""#, json!("default")),
        (r#""on_demand""#, json!("on_demand")),
        (r#""""#, json!("default")),
        ("null", json!("default")),
    ] {
        let answered = read_for(&dialect, &turn, &chunk(tier), Profile::Strict);
        assert_eq!(answered.response["service_tier"], expected, "{tier}");
        assert_eq!(answered.unplaced, [], "{tier}");
        assert_eq!(answered.warnings, [], "{tier}");
    }
}

#[test]
fn what_waits_for_arguments_is_bounded() {
    let long = "x".repeat(1 << 18);
    let chunk = |delta: &str| format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#);
    let open = chunk(&BARE.replace(r#""arguments":"""#, r#""arguments":"{""#));
    let text = format!(r#"{{"content":"{long}"}}"#);
    let nameless =
        format!(r#"{{"tool_calls":[{{"index":0,"function":{{"arguments":"{long}"}}}}]}}"#);
    let details = format!(r#"{{"reasoning_details":[{{"type":"x","data":"{long}"}}]}}"#);
    let turn = turn(r#""input":"Hello""#);
    for (first, more) in [(&[&*open][..], text), (&[], nameless), (&[], details)] {
        assert_bounded(&Chat::new(), &turn, first, &chunk(&more));
    }
}

#[test]
fn reasoning_in_tags_is_reasoning_where_the_server_is_known_for_it() {
    let chunks = [
        r#"{"choices":[{"index":0,"delta":{"content":"<th"}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"ink>hm</think>\n\nHi"},"finish_reason":"stop"}]}"#,
    ];
    let of = |quirks: Quirks| stream(&Chat::new().quirks(quirks), &chunks).output();
    assert_eq!(of(Quirks::PERPLEXITY), ["reasoning: hm (-)", "message: Hi"]);
    assert_eq!(of(Quirks::COMMON), ["message: <think>hm</think>\n\nHi"]);
    let cut = stream(
        &Chat::new().quirks(Quirks::PERPLEXITY),
        &[r#"{"choices":[{"index":0,"delta":{"content":"<thi"},"finish_reason":"length"}]}"#],
    );
    assert_eq!(cut.output(), ["message: <thi"]);
}

#[test]
fn a_finish_of_any_kind_is_a_status() {
    for (finish, status, reason) in [
        ("\"stop\"", "completed", None),
        ("\"tool_calls\"", "completed", None),
        ("\"eos\"", "completed", None),
        ("\"length\"", "incomplete", Some("max_output_tokens")),
        ("\"model_length\"", "incomplete", Some("max_output_tokens")),
        ("\"content_filter\"", "incomplete", Some("content_filter")),
        ("\"error\"", "failed", None),
        // No finish at all: the stream has broken off.
        ("null", "failed", None),
        ("\"\"", "failed", None),
    ] {
        let answered = streamed(&[r#"{"content":"Hi"}"#], finish);
        assert_eq!(answered.status(), status, "{finish}");
        let details = &answered.response["incomplete_details"]["reason"];
        assert_eq!(details.as_str(), reason, "{finish}");
        assert_eq!(answered.output(), ["message: Hi"]);
    }
}

#[test]
fn an_end_mark_completes_and_a_native_reason_counts() {
    let chunk = r#"{"choices":[{"index":0,"delta":{"content":"Hi"}}]}"#;
    assert_eq!(
        stream(&Chat::new(), &[chunk, "[DONE]"]).status(),
        "completed"
    );
    assert_eq!(stream(&Chat::new(), &[chunk]).status(), "failed");
    let cut = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls","native_finish_reason":"max_output_tokens"}]}"#;
    assert_eq!(stream(&Chat::new(), &[chunk, cut]).status(), "incomplete");
}

#[test]
fn usage_may_come_anywhere_and_reasoning_on_top() {
    let finish = r#"{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":18,"prompt_cache_hit_tokens":4,"completion_tokens_details":{"reasoning_tokens":3}}}"#;
    let answered = stream(&Chat::new(), &[finish, usage, "[DONE]"]);
    let expected = json!({
        "input_tokens": 10, "output_tokens": 8, "total_tokens": 18,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens_details": {"reasoning_tokens": 3},
    });
    assert_eq!(answered.response["usage"], expected);
}

#[test]
fn what_repeats_the_text_is_not_said_again() {
    let delta = r#"{"choices":[{"index":0,"delta":{"content":"Hi"},"message":{"content":"Hi"},"text":"Hi","finish_reason":null}],"citations":["https://a.example"]}"#;
    let done = r#"{"object":"chat.completion.done","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],"citations":["https://a.example"]}"#;
    let answered = stream(&Chat::new(), &[delta, done]);
    assert_eq!(answered.output(), ["message: Hi"]);
    assert_eq!(answered.response["citations"], json!(["https://a.example"]));
    assert_eq!(answered.unplaced, []);
}

#[test]
fn lists_of_one_may_be_the_one_and_texts_may_stand_alone() {
    let choice = |choice: &str| format!(r#"{{"choices":{choice}}}"#);
    let end = r#""finish_reason":"stop""#;
    for (chunks, expected) in [
        (
            vec![choice(&format!(r#"{{"delta":{{"content":"Hi"}},{end}}}"#))],
            "message: Hi",
        ),
        (
            vec![choice(&format!(
                r#"[{{"delta":{{"content":{{"type":"text","text":"Hi"}}}},{end}}}]"#
            ))],
            "message: Hi",
        ),
        (
            vec![choice(&format!(
                r#"[{{"delta":{{"tool_calls":{{"id":"a","function":{{"name":"f","arguments":"{{}}"}}}}}},{end}}}]"#
            ))],
            "call: f {}",
        ),
        (
            vec![
                choice(r#"[{"text":"H"}]"#),
                choice(&format!(r#"[{{"text":"i",{end}}}]"#)),
            ],
            "message: Hi",
        ),
        // What has deltas is repeated by it.
        (
            vec![
                choice(r#"[{"delta":{"content":"Hi"}}]"#),
                choice(&format!(r#"[{{"text":"Hi",{end}}}]"#)),
            ],
            "message: Hi",
        ),
    ] {
        let chunks: Vec<_> = chunks.iter().map(String::as_str).collect();
        assert_eq!(
            stream(&Chat::new(), &chunks).output(),
            [expected],
            "{chunks:?}"
        );
    }
}

#[test]
fn json_that_no_parser_takes_is_mended() {
    let chunk = |content: &str, rest: &str| {
        format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{content}"}}{rest}}}]}}"#)
    };
    let infinite =
        r#","logprobs":{"content":[{"token":"c","logprob":-Infinity}]},"finish_reason":"stop""#;
    let chunks = [
        chunk("a\\ud83d", ""),
        chunk("b\tb", ""),
        chunk("c", infinite),
    ];
    let chunks: Vec<_> = chunks.iter().map(String::as_str).collect();
    let answered = stream(&Chat::new(), &chunks);
    assert_eq!(answered.output(), ["message: a\u{fffd}b\tbc"]);
    assert_eq!(answered.status(), "completed");
    assert_eq!(
        stream(&Chat::new(), &["{\"choices\":[}"]).status(),
        "failed"
    );
}

#[test]
fn an_error_that_states_nothing_is_none() {
    for error in ["null", "\"\"", "false", "{}"] {
        let chunk = format!(
            r#"{{"error":{error},"choices":[{{"index":0,"delta":{{"content":"Hi"}},"finish_reason":"stop"}}]}}"#
        );
        assert_eq!(
            stream(&Chat::new(), &[&chunk]).status(),
            "completed",
            "{error}"
        );
    }
}

#[test]
fn citations_and_log_probabilities_are_carried() {
    let chunk = r#"{"choices":[{"index":0,"delta":{"content":"Hi","annotations":[{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":0,"end_index":2}}]},"logprobs":{"content":[{"token":"Hi","logprob":-0.5,"bytes":null,"top_logprobs":[]}]},"finish_reason":"stop"}]}"#;
    let answered = stream(&Chat::new(), &[chunk]);
    let part = &answered.response["output"][0]["content"][0];
    let citation = json!({
        "type": "url_citation", "url": "https://a.example", "title": "A",
        "start_index": 0, "end_index": 2,
    });
    assert_eq!(part["annotations"], json!([citation]));
    let logprob = json!({"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []});
    assert_eq!(part["logprobs"], json!([logprob]));
}

#[test]
fn members_without_a_place_are_counted_by_their_path() {
    let chunk = r#"{"system_fingerprint":"f","service_tier":null,"choices":[{"index":0,"delta":{"content":"Hi","token_id":1},"seed":1,"finish_reason":"stop"},{"index":1,"delta":{"content":"no"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.1}}"#;
    let answered = stream(&Chat::new(), &[chunk]);
    let expected = [
        ("choices[1..]", 1),
        ("choices[].delta.token_id", 1),
        ("choices[].seed", 1),
        ("system_fingerprint", 1),
        ("usage.cost", 1),
    ];
    let expected = expected.map(|(path, count)| (path.to_owned(), count));
    assert_eq!(answered.unplaced, expected);
    assert_eq!(answered.output(), ["message: Hi"]);
}

#[test]
fn an_error_in_the_stream_fails_the_response_in_any_form() {
    let hi = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    for error in [
        "data: {\"error\":{\"message\":\"Busy.\",\"code\":429}}\n\n",
        "event: error\ndata: {\"message\":\"Busy.\",\"code\":\"rate_limit_exceeded\"}\n\n",
        "error: {\"message\":\"Busy.\",\"code\":429}\n\n",
        "{\"error\":{\"message\":\"Busy.\",\"type\":\"rate_limit_error\"}}\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\",\"error\":{\"message\":\"Busy.\",\"code\":429}}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"error\":{\"message\":\"Busy.\"}}\n\n",
    ] {
        let answered = answer(&Chat::new(), &format!("{hi}{error}data: [DONE]\n\n"));
        assert_eq!(answered.status(), "failed", "{error}");
        assert_eq!(answered.response["error"]["message"], "Busy.", "{error}");
        assert_eq!(answered.output(), ["message: Hi"], "{error}");
    }
}

#[test]
fn a_document_is_read_like_a_stream() {
    let document = r#"{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":null,"refusal":"No.","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let answered = answer(&Chat::new(), document);
    assert_eq!(answered.status(), "completed");
    assert_eq!(
        answered.response["output"][0]["content"][0]["refusal"],
        "No."
    );
    assert_eq!(answered.output()[1], "call: f {}");
    assert_eq!(answered.response["usage"]["total_tokens"], 3);
    // Perplexity's.
    let beside = r#"{"choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hi"},"delta":{"role":"assistant","content":""}}]}"#;
    let answered = answer(&Chat::new(), beside);
    assert_eq!(answered.output(), ["message: Hi"]);
    assert_eq!(answered.unplaced, []);
    let failed = answer(&Chat::new(), r#"{"error":{"message":"Busy.","code":503}}"#);
    assert_eq!(failed.status(), "failed");
    assert_eq!(answer(&Chat::new(), &document[..90]).status(), "failed");
}

/// A chunk with a piece of the call at `index`; a name begins it.
fn piece(index: u32, name: Option<&str>, arguments: &str) -> String {
    let id = name.map(|_| format!("c{index}"));
    let call =
        json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}});
    json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}).to_string()
}

const CALLED: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#;

#[test]
fn a_whole_call_ends_where_the_arguments_of_another_follow() {
    let Answer::Deltas(mut reader) = Chat::new().answer(&turn(r#""input":"Hello""#)) else {
        panic!("the answer is relayed");
    };
    let pieces = [
        piece(0, Some("f"), "{}"),
        piece(1, Some("g"), "{\"a\":"),
        piece(2, Some("h"), "{"),
        piece(1, None, "1}"),
        piece(2, None, "}"),
    ];
    let mut seen = Vec::new();
    for piece in pieces {
        reader.push(format!("data: {piece}\n\n").as_bytes());
        seen.extend(
            std::iter::from_fn(|| reader.pop()).map(|delta| match delta {
                Delta::Call { key, .. } => format!("begin {key}"),
                Delta::Arguments { key, delta } => format!("{key} {delta}"),
                Delta::EndCall { key } => format!("end {key}"),
                other => panic!("{other:?}"),
            }),
        );
    }
    let expected = [
        "begin 0",
        "0 {}",
        "end 0",
        "begin 1",
        "1 {\"a\":",
        "begin 2",
        "2 {",
        "1 1}",
        "end 1",
        "2 }",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn calls_one_after_the_other_are_of_any_size() {
    let long = "x".repeat(256 << 10);
    let mut events = Vec::new();
    for index in 0..4 {
        events.push(piece(index, Some("f"), "{\"a\":\""));
        events.extend((0..3).map(|_| piece(index, None, &long)));
        events.push(piece(index, None, "\"}"));
    }
    events.push(CALLED.into());
    let events: Vec<_> = events.iter().map(|event| &**event).collect();
    let answered = stream(&Chat::new(), &events);
    assert_eq!(answered.status(), "completed");
    assert_eq!(answered.output().len(), 4);
}

#[test]
fn what_follows_a_whole_call_late_does_not_become_a_part_of_it() {
    let events = |late: &str| {
        let events = [
            piece(0, Some("f"), "{"),
            piece(1, Some("g"), "{}"),
            piece(0, None, "}"),
            piece(2, Some("h"), "{}"),
            piece(1, None, late),
            piece(0, None, late),
            CALLED.into(),
        ];
        events.map(|event| format!("data: {event}\n\n")).concat()
    };
    let blank = answer(&Chat::new(), &events(" \n"));
    let other = read(&Chat::new(), &events("{\"a\":1}"));
    for answered in [blank, other] {
        assert_eq!(answered.status(), "completed");
        assert_eq!(
            answered.output(),
            ["call: f {}", "call: g {}", "call: h {}"]
        );
    }
    let warnings = read(&Chat::new(), &events("x")).warnings;
    assert!(matches!(
        warnings[..],
        [OutputWarning::StrayArguments, OutputWarning::StrayArguments]
    ));
}
