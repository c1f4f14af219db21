//! What is accepted or written can be read again, however large it is.
#![allow(clippy::unwrap_used)]

mod streams;

use openresponses_types::json::{Document, JsonLimits};
use openresponses_types::normalize::Normalizer;
use openresponses_types::relay::{Frame, RelayMode, RelayOptions};
use openresponses_types::schema::{DocumentKind, read_request};
use openresponses_types::{Profile, Response, StreamEvent};
use serde_json::json;
use streams::*;

#[test]
fn a_text_with_many_log_probabilities_is_relayed_to_its_end() {
    let top = json!({"token": " the", "logprob": -1.25, "bytes": [32, 116, 104, 101]});
    let token = json!({"token": " the", "logprob": -1.25, "bytes": [32, 116, 104, 101], "top_logprobs": vec![top; 20]});
    let text = " the".repeat(7_000);
    let content = json!({"type": "output_text", "text": text, "annotations": [], "logprobs": vec![token; 7_000]});
    let begin =
        json!({"part": {"type": "output_text", "text": "", "annotations": [], "logprobs": []}});
    let item = message("m", "completed", std::slice::from_ref(&content));
    let added = json!({"type": "response.output_item.added", "output_index": 0, "item": {
        "type": "message", "id": "m", "role": "assistant", "status": "in_progress", "content": [],
    }});
    let middle = vec![
        added,
        part("content_part.added", "m", 0, 0, &begin),
        part(
            "output_text.delta",
            "m",
            0,
            0,
            &json!({"delta": text, "logprobs": content["logprobs"]}),
        ),
        part(
            "output_text.done",
            "m",
            0,
            0,
            &json!({"text": text, "logprobs": content["logprobs"]}),
        ),
        part("content_part.done", "m", 0, 0, &json!({"part": content})),
        done(0, &item),
    ];
    let events = stream(middle, completed(&[item]));
    let frames: Vec<String> = events.iter().map(ToString::to_string).collect();
    let request = Document::parse_with(frames.last().unwrap().as_bytes(), JsonLimits::default());
    assert!(request.is_err(), "more values than a request may have");
    let all = frames.iter().map(|data| Frame::new(data.as_bytes()));
    let options = RelayOptions::new(RelayMode::Repair).output_limit(256 << 20);
    let (sent, _) = frames_through(options, all);
    let end = sent.last().unwrap();
    assert_eq!(end.event_type(), "response.completed");
    assert!(StreamEvent::from_json(end.to_json().as_bytes()).is_ok());
}

#[test]
fn what_echoes_a_request_as_deep_as_it_may_be_is_read() {
    let nested = format!("{}{}", "[".repeat(123), "]".repeat(123));
    let body = format!(
        r#"{{"model":"m","input":"x","tools":[{{"type":"function","name":"f","parameters":{{"x":{nested}}}}}]}}"#
    );
    assert!(Document::parse_with(body.as_bytes(), JsonLimits::default()).is_ok());
    let deeper = body.replace("[]", "[[]]");
    assert!(Document::parse_with(deeper.as_bytes(), JsonLimits::default()).is_err());
    let kind = DocumentKind::CreateRequest;
    let (request, _) = read_request(body.as_bytes(), kind, Profile::Compatible).unwrap();
    let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
    let response = turn.response("resp_1", 1);
    let event = json!({
        "type": "response.created", "sequence_number": 0, "response": "@",
    });
    let event = event.to_string().replace("\"@\"", &response.to_json());
    assert!(StreamEvent::from_json(event.as_bytes()).is_ok());
    let record = format!(r#"{{"record":{event}}}"#);
    assert!(Document::parse(record.as_bytes()).is_ok());
    assert_eq!(
        Response::from_json(response.to_json().as_bytes()),
        Ok(response)
    );
}

#[test]
fn the_deepest_limit_for_requests_leaves_room_for_what_echoes_them() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let limits = JsonLimits::default().depth(usize::MAX);
    assert!(Document::parse_with(nested(500).as_bytes(), limits).is_ok());
    assert!(Document::parse_with(nested(501).as_bytes(), limits).is_err());
    assert!(Document::parse(nested(512).as_bytes()).is_ok());
}
