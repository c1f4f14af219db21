//! The rules of WHATWG HTML §9.2.6 one by one, as in the web platform tests.

mod common;

use std::time::Duration;

use common::{Outcome, decode, text};
use openresponses_sse::{DecodeErrorKind, Decoder};

fn names(outcome: &Outcome) -> Vec<Option<&str>> {
    outcome
        .events
        .iter()
        .map(|event| event.event.as_deref())
        .collect()
}

fn ids(outcome: &Outcome) -> Vec<&str> {
    outcome
        .events
        .iter()
        .map(|event| event.last_id.as_str())
        .collect()
}

#[test]
fn a_byte_order_mark_is_passed_over_once() {
    assert_eq!(
        decode(b"\xEF\xBB\xBFdata:1\n\n\xEF\xBB\xBFdata:2\n\ndata:3\n\n").data(),
        ["1", "3"]
    );
    assert_eq!(
        decode(b"\xEF\xBB\xBF\xEF\xBB\xBFdata:1\n\ndata:2\n\ndata:3\n\n").data(),
        ["2", "3"]
    );
    assert_eq!(decode(b"\xEF\xBB\xBFdata:1\n\n").events[0].offset, 3);
}

#[test]
fn comments_are_passed_over_wherever_they_stand() {
    let long = "x".repeat(2049);
    let stream =
        format!("data:1\r:\0\n:\r\ndata:2\n:{long}\rdata:3\n:data:fail\r:{long}\ndata:4\n\n");
    assert_eq!(decode(stream.as_bytes()).data(), ["1\\n2\\n3\\n4"]);
    assert_eq!(decode(b": a\n\n:\n\ndata:1\n\n").data(), ["1"]);
}

#[test]
fn data_lines_are_joined_and_empty_data_is_data() {
    assert_eq!(
        decode(
            b"data:msg\ndata:msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\n\
        data\n\ndata:end\n\n"
        )
        .data(),
        ["msg\\nmsg", "", "end"]
    );
    assert_eq!(
        decode(b"data:\n\ndata\ndata\n\ndata:test\n\n").data(),
        ["", "\\n", "test"]
    );
}

#[test]
fn field_names_are_exact_and_one_space_is_taken() {
    let stream = b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\n\
        data:3\rdata:\r\n data:32\ndata:4\n\n";
    assert_eq!(decode(stream).data(), ["\\x00\\n 2\\n1\\n3\\n\\n4"]);
    assert_eq!(
        decode(b"data:\ttest\rdata: \ndata:test\n\n").data(),
        ["\\ttest\\n\\ntest"]
    );
    assert_eq!(
        decode(
            b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n"
        )
        .data(),
        ["test\\n\\ntest"]
    );
    assert_eq!(
        decode(b"dat: 1\ndatas: 1\nI D: 1\nid : 1\n\n").events.len(),
        0
    );
}

#[test]
fn line_ends_may_be_mixed() {
    assert_eq!(
        decode(b"data:test\r\ndata\ndata:test\r\n\r\n").data(),
        ["test\\n\\ntest"]
    );
    assert_eq!(
        decode(b"data:a\r\rdata:b\n\ndata:c\r\n\r\n").data(),
        ["a", "b", "c"]
    );
    // LF CR is two line ends, not one.
    assert_eq!(decode(b"data:a\n\rdata:b\n\r").data(), ["a", "b"]);
}

#[test]
fn the_event_name_lasts_for_one_block() {
    let outcome = decode(b"event:test\ndata:x\n\ndata:x\n\n");
    assert_eq!(names(&outcome), [Some("test"), None]);
    let outcome = decode(b"event: \ndata:a\n\nevent\ndata:b\n\nevent:x\nevent:\ndata:c\n\n");
    assert_eq!(names(&outcome), [None, None, None]);
    let outcome = decode(b"event:lost\n\ndata:a\n\n");
    assert_eq!(names(&outcome), [None]);
    let outcome = decode(b"event: x y \ndata:a\n\n");
    assert_eq!(names(&outcome), [Some("x y ")]);
}

#[test]
fn an_id_persists_changes_resets_and_holds_no_nul() {
    assert_eq!(ids(&decode(b"id: 1\ndata: 1\n\ndata: 2\n\n")), ["1", "1"]);
    assert_eq!(
        ids(&decode(b"id: 1\ndata: 1\n\nid: 2\ndata:2\n\ndata:3\n\n")),
        ["1", "2", "2"]
    );
    assert_eq!(
        ids(&decode(b"id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n")),
        ["1", "", ""]
    );
    assert_eq!(ids(&decode(b"id: 1\ndata: 1\n\nid\ndata:2\n\n")), ["1", ""]);
    assert_eq!(ids(&decode(b"id\0: 1\nid: \0\nid: 2\0\ndata: 1\n\n")), [""]);
    assert_eq!(ids(&decode(b"id: 1\n\ndata: 1\n\n")), ["1"]);
    assert_eq!(
        ids(&decode("id: …\ndata: 1\n\n".as_bytes())),
        [text("…".as_bytes())]
    );
}

#[test]
fn an_unfinished_event_is_discarded_and_shown() {
    let outcome = decode(b"retry:1000\ndata:test1\n\nid:test\ndata:test2");
    assert_eq!(outcome.data(), ["test1"]);
    assert_eq!(ids(&outcome), [""]);
    assert_eq!(outcome.last_id, "");
    assert_eq!(outcome.tail, Some((23, "id:test\\ndata:test2".to_owned())));
    assert_eq!(
        decode(b"data:1\n\ndata:2\n").tail,
        Some((8, "data:2\\n".to_owned()))
    );
    assert_eq!(
        decode(b"data:1\n\n: cut of").tail,
        Some((8, ": cut of".to_owned()))
    );
    assert_eq!(decode(b"data:1\n\n: whole\n").tail, None);
    assert_eq!(decode(b"data:1\n\n").tail, None);
    assert_eq!(decode(b"").tail, None);
}

#[test]
fn a_reconnection_time_is_digits_only() {
    let retry = |stream: &[u8]| decode(stream).retry;
    assert_eq!(
        retry(b"retry:3000\ndata:x\n\n"),
        Some(Duration::from_millis(3000))
    );
    assert_eq!(retry(b"retry: 3000\n"), Some(Duration::from_millis(3000)));
    assert_eq!(
        retry(b"retry:2000\nretry:1000x\ndata:x\n\n"),
        Some(Duration::from_millis(2000))
    );
    assert_eq!(retry(b"retry\ndata:x\n\nretry:\ndata:x\n\n"), None);
    for bogus in ["-1", "+1", " 1", "1 ", "0x10", "1.5", "1e3", "\u{0661}"] {
        // One space after the colon is taken, so a second one is there.
        assert_eq!(
            retry(format!("retry: {bogus}\n\n").as_bytes()),
            None,
            "{bogus}"
        );
    }
    assert_eq!(retry(b"retry: 0011\n\n"), Some(Duration::from_millis(11)));
    let outcome = decode(b"retry: 1\ndata: a\n\ndata: b\n\n");
    assert_eq!(outcome.events[0].retry, Some(Duration::from_millis(1)));
    assert_eq!(outcome.events[1].retry, None);
}

#[test]
fn nul_is_an_ordinary_character_of_data() {
    assert_eq!(decode(b"data:\0\n\n").data(), ["\\x00"]);
}

#[test]
fn text_is_utf8_whatever_it_holds() {
    let mut decoder = Decoder::new();
    let mut input = "data:ok…\n\n".as_bytes();
    let frame = decoder.next_frame(&mut input).unwrap().unwrap();
    assert_eq!(frame.data(), Ok("ok…"));
    // These split lines in other decoders.
    let mut input = "data:a\u{85}b\u{2028}c\u{2029}d\u{0B}e\u{0C}f\n\n".as_bytes();
    let frame = decoder.next_frame(&mut input).unwrap().unwrap();
    assert_eq!(frame.data(), Ok("a\u{85}b\u{2028}c\u{2029}d\u{0B}e\u{0C}f"));
}

#[test]
fn text_that_is_not_utf8_is_an_error_with_its_place_and_spoils_one_frame() {
    let mut decoder = Decoder::new();
    let mut input: &[u8] = b"event: \xFF\ndata: ok\xC3(\n\ndata: fine\n\ndata: 1\ndata: \xFF\n\n";
    let frame = decoder.next_frame(&mut input).unwrap().unwrap();
    let error = frame.event().unwrap_err();
    assert_eq!(
        (error.kind(), error.offset()),
        (DecodeErrorKind::InvalidUtf8, 7)
    );
    assert_eq!(frame.data().unwrap_err().offset(), 17);
    assert_eq!(frame.data_lossy(), "ok\u{FFFD}(");
    assert_eq!(frame.event_bytes(), Some(&b"\xFF"[..]));
    let frame = decoder.next_frame(&mut input).unwrap().unwrap();
    assert_eq!(frame.data(), Ok("fine"));
    let frame = decoder.next_frame(&mut input).unwrap().unwrap();
    assert_eq!(frame.data().unwrap_err().offset(), frame.offset());
}

#[test]
fn the_end_mark_is_data_and_nothing_else() {
    let done = |stream: &[u8]| {
        let mut input = stream;
        Decoder::new()
            .next_frame(&mut input)
            .unwrap()
            .unwrap()
            .is_done()
    };
    assert!(done(b"data: [DONE]\n\n"));
    assert!(done(b"data:[DONE]\r\n\r\n"));
    assert!(done(b"event: done\ndata: [DONE]\n\n"));
    assert!(!done(b"data: [DONE] \n\n"));
    assert!(!done(b"data: \"[DONE]\"\n\n"));
    assert!(!done(b"data: [DONE]\ndata:\n\n"));
}

#[test]
fn offsets_are_those_of_the_first_field() {
    let stream = b": c\n\r\nfoo: bar\nevent: e\ndata: 1\n\n\n\ndata: 2\r\n\r\n:\r\ndata: 3\n\n";
    for event in decode(stream).events {
        let at = usize::try_from(event.offset).unwrap();
        assert!(stream[at..].starts_with(b"event: e") || stream[at..].starts_with(b"data: "));
    }
}

#[test]
fn debug_output_shows_no_data() {
    let mut decoder = Decoder::new();
    let mut input: &[u8] = b"event: e\ndata: secret\n\ndata: secret";
    let frame = decoder.next_frame(&mut input).unwrap().unwrap();
    let shown = format!("{frame:?}");
    assert!(
        shown.contains("\"e\"") && !shown.contains("secret"),
        "{shown}"
    );
    assert!(decoder.next_frame(&mut input).unwrap().is_none());
    assert!(!format!("{:?} {decoder:?}", decoder.tail()).contains("secret"));
}
