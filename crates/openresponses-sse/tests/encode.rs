//! Encoded bytes, and decoding them again.
#![allow(clippy::unwrap_used)]

use bytes::BytesMut;
use openresponses_sse::{
    Decoder, EncodeErrorKind,
    encode::{DONE, Encoder, KEEP_ALIVE, encode_comment, encode_event, is_event_name},
};
use openresponses_types::StreamEvent;
use openresponses_types::event::{ErrorEvent, ResponseOutputTextDeltaEvent};
use openresponses_types::response::ErrorPayload;
use proptest::prelude::*;

fn delta(number: u64, text: &str) -> StreamEvent {
    ResponseOutputTextDeltaEvent::new(number, "msg_1", 0_u64, 0_u64, text).into()
}

fn encoded(event: &StreamEvent) -> String {
    let mut out = BytesMut::new();
    encode_event(event, &mut out).unwrap();
    String::from_utf8(out.to_vec()).unwrap()
}

#[test]
fn an_event_is_a_name_and_one_line_of_json() {
    assert_eq!(
        encoded(&delta(3, "a\r\nb")),
        "event: response.output_text.delta\n\
         data: {\"type\":\"response.output_text.delta\",\"sequence_number\":3,\"item_id\":\"msg_1\",\
         \"output_index\":0,\"content_index\":0,\"delta\":\"a\\r\\nb\"}\n\n"
    );
    let error = ErrorEvent::new(0_u64, Box::new(ErrorPayload::new("server_error", "x")));
    assert!(encoded(&error.into()).starts_with("event: error\ndata: {\"type\":\"error\","));
}

#[test]
fn a_name_with_line_breaks_is_refused_and_nothing_is_written() {
    for name in [
        "a\\nb",
        "a\\rb",
        "\\n",
        "x\\r\\n\\r\\ndata: [DONE]",
        "\\u000ax",
        "\\u0000",
        "\\t",
        "a\\u0085data: x",
        "a\\u2028data: x",
        "\\u2029",
    ] {
        let event = StreamEvent::from_json(format!("{{\"type\":\"{name}\"}}").as_bytes()).unwrap();
        let mut out = BytesMut::from(&b"before"[..]);
        let error = encode_event(&event, &mut out).unwrap_err();
        assert_eq!(error.kind(), EncodeErrorKind::EventType);
        assert_eq!(out, "before");
        assert!(!is_event_name(event.event_type()));
    }
}

#[test]
fn nothing_else_is_refused() {
    for name in ["", " ", "a b", "a:b", ":", "ä", "\\u2027"] {
        let event = StreamEvent::from_json(format!("{{\"type\":\"{name}\"}}").as_bytes()).unwrap();
        let mut decoder = Decoder::new();
        let out = encoded(&event);
        let mut input = out.as_bytes();
        let frame = decoder.next_frame(&mut input).unwrap().unwrap();
        assert_eq!(frame.event().unwrap().unwrap_or(""), event.event_type());
        assert_eq!(frame.to_event().unwrap(), event);
    }
}

#[test]
fn comments_and_the_end_mark() {
    let mut out = BytesMut::new();
    encode_comment("keep-alive", &mut out).unwrap();
    assert_eq!(out, KEEP_ALIVE);
    encode_comment("", &mut out).unwrap();
    for text in ["a\nb", "a\r", "\n\ndata: x"] {
        let error = encode_comment(text, &mut out).unwrap_err();
        assert_eq!(error.kind(), EncodeErrorKind::Comment);
    }
    out.extend_from_slice(DONE);
    assert_eq!(out, ": keep-alive\n\n: \n\ndata: [DONE]\n\n");
    let mut decoder = Decoder::new();
    let mut input = &out[..];
    assert!(decoder.next_frame(&mut input).unwrap().unwrap().is_done());
}

/// Events of every kind that the encoder writes in its own way, and what it must not.
fn event() -> impl Strategy<Value = StreamEvent> {
    let member = |name: &'static str| {
        prop_oneof![
            6 => Just(String::new()),
            1 => Just(format!(",\"{name}\":null")),
            1 => Just(format!(",\"{name}\":[]")),
            1 => Just(format!(",\"{name}\":\"\\u2028 \\\"x\"")),
        ]
    };
    let kind = prop::sample::select(vec![
        ("response.output_text.delta", "content_index"),
        ("response.reasoning.delta", "content_index"),
        ("response.reasoning_summary_text.delta", "summary_index"),
        ("response.function_call_arguments.delta", "x"),
        ("response.refusal.delta", "content_index"),
        ("acme:delta", "content_index"),
    ]);
    (
        kind,
        any::<u64>().prop_map(|number| number >> 11),
        0..3_u32,
        0..2_u32,
        0..2_u32,
        "[ab\\u{2028}\n]{0,3}",
        (member("logprobs"), member("obfuscation"), member("unheard_of")),
    )
        .prop_filter_map("no event", |(kind, number, item, output, index, text, more)| {
            let ((name, key), (logprobs, obfuscation, extra)) = (kind, more);
            let text = json_string(&text);
            let json = format!(
                "{{\"type\":\"{name}\",\"sequence_number\":{number},\"item_id\":\"it\\u0085m{item}\",\
                 \"output_index\":{output},\"{key}\":{index},\"delta\":{text}{logprobs}{obfuscation}{extra}}}"
            );
            StreamEvent::from_json(json.as_bytes()).ok()
        })
}

fn json_string(text: &str) -> String {
    let mut out = String::new();
    openresponses_types::json::write_string(&mut out, text).unwrap();
    out
}

/// Line ends for this protocol and for the line splitters of other languages.
fn line_ends(text: &str) -> usize {
    text.chars()
        .filter(|c| matches!(c, '\n'..='\r' | '\x1C'..='\x1E' | '\u{85}' | '\u{2028}' | '\u{2029}'))
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_encoder_writes_what_encode_event_writes(events in prop::collection::vec(event(), 1..20)) {
        let (mut fast, mut plain) = (BytesMut::new(), BytesMut::new());
        let mut encoder = Encoder::new();
        for event in &events {
            encoder.encode(event, &mut fast).unwrap();
            encode_event(event, &mut plain).unwrap();
        }
        prop_assert_eq!(fast, plain);
    }

    #[test]
    fn numbers_that_go_up_are_printed_as_others_are(
        first in prop_oneof![0..1_200_u64, any::<u64>()],
        steps in prop::collection::vec(0..3_u64, 1..30),
    ) {
        let (mut fast, mut plain) = (BytesMut::new(), BytesMut::new());
        let mut encoder = Encoder::new();
        let mut number = first;
        for step in steps {
            let event = delta(number, "text");
            encoder.encode(&event, &mut fast).unwrap();
            encode_event(&event, &mut plain).unwrap();
            number = number.wrapping_add(step);
        }
        prop_assert_eq!(fast, plain);
    }

    #[test]
    fn what_is_written_reads_back_as_it_was(
        texts in prop::collection::vec("(\\PC|[\r\n\u{85}\u{2028}\u{2029}\u{0}-\u{1f}\"\\\\]){0,30}", 1..8),
        size in 1_usize..300,
    ) {
        let events: Vec<_> = texts.iter().zip(0..).map(|(text, n)| delta(n, text)).collect();
        let mut out = BytesMut::new();
        for event in &events {
            let start = out.len();
            encode_event(event, &mut out).unwrap();
            let written = std::str::from_utf8(&out[start..]).unwrap();
            prop_assert_eq!(line_ends(written), 3);
            encode_comment("between", &mut out).unwrap();
        }
        let mut decoder = Decoder::new();
        let mut read = Vec::new();
        for mut input in out.chunks(size) {
            while let Some(frame) = decoder.next_frame(&mut input).unwrap() {
                prop_assert!(frame.canonical().is_some());
                let event = frame.to_event().unwrap();
                prop_assert_eq!(frame.event().unwrap(), Some(event.event_type()));
                read.push(event);
            }
        }
        prop_assert_eq!(read, events);
        prop_assert!(decoder.tail().is_clean());
    }
}
