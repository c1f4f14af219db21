use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::{MessagePolicy, UpstreamError};

use crate::support::{Answered, answer, assert_bounded, stream, turn};

/// A chunk of these parts.
fn chunk(parts: &str) -> String {
    format!(r#"{{"candidates":[{{"content":{{"role":"model","parts":[{parts}]}}}}]}}"#)
}

fn ending(reason: &str) -> String {
    format!(r#"{{"candidates":[{{"finishReason":"{reason}","index":0}}]}}"#)
}

/// A stream of chunks, each of these parts, that ends with `STOP`.
fn read(chunks: &[&str]) -> Answered {
    let mut events: Vec<_> = chunks.iter().map(|parts| chunk(parts)).collect();
    events.push(ending("STOP"));
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    stream(&Gemini::new(), &events)
}

#[test]
fn chunks_of_text_are_one_text() {
    let answered = read(&[r#"{"text":"One "}"#, r#"{"text":"two"},{"text":"."}"#]);
    assert_eq!(answered.output(), ["message: One two."]);
    assert_eq!(answered.status(), "completed");
    assert_eq!(answered.unplaced, []);
}

#[test]
fn thoughts_are_reasoning() {
    let answered = read(&[
        r#"{"text":"Hm","thought":true}"#,
        r#"{"text":".","thought":true}"#,
        r#"{"text":"Yes."}"#,
    ]);
    assert_eq!(answered.output(), ["reasoning: Hm. (-)", "message: Yes."]);
}

#[test]
fn a_signature_is_marked_with_the_part_that_it_goes_back_on() {
    let answered = read(&[
        r#"{"text":"Hm.","thought":true,"thoughtSignature":"A"}"#,
        r#"{"text":"One","thoughtSignature":"B"}"#,
        r#"{"text":" two","thoughtSignature":"C"}"#,
        r#"{"text":"","thoughtSignature":"D"}"#,
        r#"{"functionCall":{"name":"f","args":{"a": 1}},"thoughtSignature":"E"},{"functionCall":{"name":"g"}}"#,
        r#"{"text":"","thoughtSignature":"F"}"#,
    ]);
    assert_eq!(
        answered.output(),
        [
            "reasoning: Hm. (gemini/thought:A)",
            "reasoning:  (gemini/text:B)",
            // A signature inside a text does not divide it.
            "message: One two",
            "reasoning:  (gemini/part:C)",
            "reasoning:  (gemini/part:D)",
            "reasoning:  (gemini/call:E)",
            r#"call: f {"a": 1}"#,
            "call: g {}",
            "reasoning:  (gemini/part:F)",
        ]
    );
}

#[test]
fn the_thought_before_a_call_has_the_signature_of_the_call() {
    let answered = read(&[
        r#"{"text":"Hm.","thought":true}"#,
        r#"{"functionCall":{"id":"c1","name":"f","args":{}},"thoughtSignature":"A"}"#,
    ]);
    assert_eq!(
        answered.output(),
        ["reasoning: Hm. (gemini/call:A)", "call: f {}"]
    );
    assert_eq!(answered.response["output"][1]["call_id"], "c1");
}

#[test]
fn arguments_that_are_streamed_are_put_together() {
    let piece = |path: &str, value: &str| {
        format!(
            r#"{{"functionCall":{{"partialArgs":[{{"jsonPath":"{path}",{value}}}],"willContinue":true}}}}"#
        )
    };
    let answered = read(&[
        r#"{"functionCall":{"name":"f","willContinue":true},"thoughtSignature":"A"}"#,
        &piece("$.a[0].b", r#""stringValue":"on","willContinue":true"#),
        &piece("$.a[0].b", r#""stringValue":"e""#),
        &piece("$.a[1].b", r#""numberValue":0.5"#),
        &piece("$['c d']", r#""boolValue":true"#),
        &piece("$.e", r#""nullValue":"NULL_VALUE""#),
        &piece("no path", r#""boolValue":true"#),
        r#"{"functionCall":{}}"#,
        r#"{"functionCall":{"name":"g","args":{}}}"#,
    ]);
    assert_eq!(
        answered.output(),
        [
            "reasoning:  (gemini/call:A)",
            r#"call: f {"a":[{"b":"one"},{"b":0.5}],"c d":true,"e":null}"#,
            "call: g {}"
        ]
    );
    let path = "candidates[].content.parts[].functionCall.partialArgs[]";
    assert_eq!(answered.unplaced, [(path.to_owned(), 1)]);
}

#[test]
fn parts_without_a_place_are_counted() {
    let answered = read(&[
        r#"{"text":"One"}"#,
        r#"{"executableCode":{"code":"1"},"thoughtSignature":"A"}"#,
        r#"{"text":" two"}"#,
        r#"{"inlineData":{"mimeType":"image/png","data":"AA=="}}"#,
    ]);
    assert_eq!(answered.output(), ["message: One two"]);
    let expected = ["executableCode", "inlineData", "thoughtSignature"];
    let expected = expected.map(|name| (format!("candidates[].content.parts[].{name}"), 1));
    assert_eq!(answered.unplaced, expected);
}

#[test]
fn parts_behind_a_finish_reason_count_and_the_last_reason_does() {
    let events = [
        chunk(r#"{"text":"One"}"#),
        ending("STOP"),
        chunk(r#"{"text":" two"}"#),
        ending("MAX_TOKENS"),
        ending("BRAND_NEW"),
    ];
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let answered = stream(&Gemini::new(), &events);
    assert_eq!(answered.output(), ["message: One two"]);
    assert_eq!(answered.status(), "incomplete");
    let counted = ("candidates[].finishReason".to_owned(), 1);
    assert_eq!(answered.unplaced, [counted]);
}

#[test]
fn every_finish_reason_has_its_status() {
    for (reason, status, detail) in [
        ("STOP", "completed", None),
        ("MAX_TOKENS", "incomplete", Some("max_output_tokens")),
        ("SAFETY", "incomplete", Some("content_filter")),
        ("RECITATION", "incomplete", Some("content_filter")),
        ("PROHIBITED_CONTENT", "incomplete", Some("content_filter")),
        ("OTHER", "incomplete", Some("other")),
        ("BRAND_NEW", "completed", None),
        ("MALFORMED_FUNCTION_CALL", "failed", None),
    ] {
        let chunk = chunk(r#"{"text":"Hi"}"#);
        let ending =
            format!(r#"{{"candidates":[{{"finishReason":"{reason}","finishMessage":"Why."}}]}}"#);
        let answered = stream(&Gemini::new(), &[&chunk, &ending]);
        assert_eq!(answered.status(), status, "{reason}");
        let found = &answered.response["incomplete_details"]["reason"];
        assert_eq!(found.as_str(), detail, "{reason}");
        if status == "failed" {
            assert_eq!(answered.response["error"]["message"], "Why.");
            assert_eq!(answered.unplaced, []);
            let hidden = Gemini::new().messages(MessagePolicy::Hide);
            let answered = stream(&hidden, &[&chunk, &ending]);
            assert_ne!(answered.response["error"]["message"], "Why.");
        } else {
            assert!(
                answered
                    .unplaced
                    .contains(&("candidates[].finishMessage".to_owned(), 1))
            );
        }
    }
}

#[test]
fn a_prompt_that_is_blocked_is_filtered() {
    let body = r#"{"promptFeedback":{"blockReason":"SAFETY","safetyRatings":[]}}"#;
    let answered = stream(&Gemini::new(), &[body]);
    assert_eq!(answered.status(), "incomplete");
    let reason = &answered.response["incomplete_details"]["reason"];
    assert_eq!(reason, "content_filter");
    let counted = ("promptFeedback.safetyRatings".to_owned(), 1);
    assert_eq!(answered.unplaced, [counted]);
}

#[test]
fn the_last_counts_count_as_a_whole() {
    let usage = |counts: &str| format!(r#"{{"usageMetadata":{{{counts}}}}}"#);
    let events = [
        usage(r#""promptTokenCount":1,"candidatesTokenCount":9,"totalTokenCount":10"#),
        usage(
            r#""promptTokenCount":10,"toolUsePromptTokenCount":5,"cachedContentTokenCount":4,"thoughtsTokenCount":7,"totalTokenCount":22"#,
        ),
        usage(r#""trafficType":"ON_DEMAND""#),
        ending("STOP"),
    ];
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let answered = stream(&Gemini::new(), &events);
    assert_eq!(
        answered.response["usage"],
        serde_json::json!({
            "input_tokens": 15,
            "input_tokens_details": {"cached_tokens": 4},
            "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": 7},
            "total_tokens": 22,
        })
    );
}

#[test]
fn of_several_candidates_the_first_is_read() {
    let events = r#"{"candidates":[{"index":0,"content":{"parts":[{"text":"One"}]}},{"index":1,"content":{"parts":[{"text":"Two"}]}}]}"#;
    let answered = stream(&Gemini::new(), &[events, &ending("STOP")]);
    assert_eq!(answered.output(), ["message: One"]);
    assert_eq!(answered.unplaced, [("candidates[1..]".to_owned(), 1)]);
}

#[test]
fn the_framing_may_be_lines_that_end_with_crlf_or_one_array() {
    let chunks = [
        chunk(r#"{"text":"One"}"#),
        chunk(r#"{"text":" two"}"#),
        ending("STOP"),
    ];
    let lines: String = chunks
        .iter()
        .map(|chunk| format!("data: {chunk}\r\n\r\n"))
        .collect();
    let array = format!("[{}\n]\n", chunks.join(",\r\n"));
    for body in [&lines, &array] {
        let answered = answer(&Gemini::new(), body);
        assert_eq!(answered.output(), ["message: One two"]);
        assert_eq!(answered.status(), "completed");
    }
    // An array without its end was cut.
    let cut = array.trim_end().trim_end_matches(']');
    assert_eq!(answer(&Gemini::new(), cut).status(), "failed");
}

#[test]
fn a_stream_without_a_reason_fails_and_a_whole_answer_need_not_have_one() {
    let chunk = chunk(r#"{"text":"Hi"}"#);
    let answered = stream(&Gemini::new(), &[&chunk]);
    assert_eq!(answered.status(), "failed");
    assert_eq!(answered.response["error"]["code"], "stream_ended_early");
    assert_eq!(answer(&Gemini::new(), &chunk).status(), "completed");
    assert_eq!(answer(&Gemini::new(), "{}").status(), "failed");
}

#[test]
fn an_error_fails_the_response_with_the_code_of_its_class() {
    let error = r#"{"error":{"code":503,"message":"Overloaded.","status":"UNAVAILABLE"}}"#;
    let chunk = chunk(r#"{"text":"Hi"}"#);
    for body in [
        format!("data: {chunk}\n\ndata: {error}\n\n"),
        format!("[{chunk},{error}]"),
    ] {
        let answered = answer(&Gemini::new(), &body);
        assert_eq!(answered.status(), "failed");
        assert_eq!(answered.response["error"]["code"], "overloaded");
        assert_eq!(answered.output(), ["message: Hi"]);
    }
}

#[test]
fn a_complaint_of_google_names_the_clients_member() {
    let asked = crate::support::ask(
        &Gemini::new(),
        r#""input":"Hi","temperature":9,"tools":[{"type":"function","name":"f"}]"#,
    );
    let param = |error: serde_json::Value| {
        let body = serde_json::json!({"error": error}).to_string();
        let headers = http::HeaderMap::new();
        let error = UpstreamError::read(http::StatusCode::BAD_REQUEST, &headers, body.as_bytes());
        let error = error.to_error(&asked.request.origins, MessagePolicy::Pass);
        error.payload().param.as_str().map(str::to_owned)
    };
    let kind = "INVALID_ARGUMENT";
    for (error, expected) in [
        (
            serde_json::json!({"status": kind, "message": "Bad.", "details": [{"fieldViolations": [{"field": "generation_config.temperature"}]}]}),
            "temperature",
        ),
        (
            serde_json::json!({"status": kind, "message": "* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid.\n"}),
            "tools[0]",
        ),
        (
            serde_json::json!({"status": kind, "message": "Invalid value at 'contents[0].parts[0]' (text)"}),
            "input[0].content",
        ),
    ] {
        assert_eq!(param(error).as_deref(), Some(expected));
    }
}

#[test]
fn a_chunk_may_be_one_level_deeper_and_a_list_of_one_the_one() {
    let deeper = r#"{"response":{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}]},"traceId":"t"}"#;
    let one = r#"{"candidates":{"content":{"parts":{"text":"Hi"}},"finishReason":"STOP"}}"#;
    for chunk in [deeper, one] {
        let answered = stream(&Gemini::new(), &[chunk]);
        assert_eq!(answered.output(), ["message: Hi"], "{chunk}");
        assert_eq!(answered.status(), "completed");
    }
    let printed = r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":"{\"a\":1}"}}]},"finishReason":"STOP"}]}"#;
    assert_eq!(
        stream(&Gemini::new(), &[printed]).output(),
        [r#"call: f {"a":1}"#]
    );
}

#[test]
fn what_waits_for_the_end_of_a_part_is_bounded() {
    let long = "x".repeat(1 << 18);
    let chunk = |part: &str| format!(r#"{{"candidates":[{{"content":{{"parts":[{part}]}}}}]}}"#);
    let call = chunk(r#"{"functionCall":{"name":"f","willContinue":true}}"#);
    let piece = format!(
        r#"{{"functionCall":{{"partialArgs":[{{"jsonPath":"$.a","stringValue":"{long}"}}],"willContinue":true}}}}"#
    );
    let signature = format!(r#"{{"text":"","thoughtSignature":"{long}"}}"#);
    let turn = turn(r#""input":"Hello""#);
    assert_bounded(&Gemini::new(), &turn, &[&call], &chunk(&piece));
    assert_bounded(&Gemini::new(), &turn, &[], &chunk(&signature));
}
