//! Reads values from whole texts.

use super::value::WireValue;
use crate::diagnostics::Violation;
use crate::json::{Document, JsonLimits, UncheckedReader};

/// Reads what may not be UTF-8, see [`from_text`].
pub(crate) fn from_json<T: WireValue>(json: &[u8]) -> Result<T, Violation> {
    from_text(Document::utf8(json)?)
}

/// Reads a text while it is checked, and by way of a document where that finds a fault, which the document
/// then tells. Its limits are those of [`JsonLimits::output`]: what was accepted is read.
pub(crate) fn from_text<T: WireValue>(text: &str) -> Result<T, Violation> {
    let limits = JsonLimits::output();
    let mut reader = UncheckedReader::new(text, limits, usize::MAX);
    let mut read = T::read(&mut reader);
    if read.is_err() || reader.end().is_none() {
        let document = Document::parse_text(text, limits)?;
        read = T::read(&mut document.reader());
    }
    read.map_err(|error| *error)
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::{CreateRequest, Response, StreamEvent};

    const REQUEST: &str = r#"{"model":"m","x_a":{"b":[1,2.5e3,{"c":"\u00e9"}],"d":{}},"input":[
        {"type":"message","role":"user","content":[{"type":"input_text","text":"a \"b\" \ud83d\ude00 é"},
            {"text":"later","type":"input_text"},{"type":"acme:part","n":null}]},
        {"role":"user","content":"bare","id":"msg_1"}, {"id":"msg_2"},
        {"id":"rs_1","summary":[],"type":"reasoning"},
        {"type":"function_call","call_id":"c","name":"f","arguments":"{}","status":"completed"}],
        "tools":[{"name":"f","parameters":{"type":"object","properties":{}},"strict":true,"type":"function"},
            {"type":"function","function":{"name":"g"}}], "stream" : false, "x_b":[[]],
        "temperature":0.5,"metadata":{"k":"v"},"instructions":null,"text":{"format":{"type":"text"}}} "#;

    const RESPONSE: &str = r#"{"id":"resp_1","object":"response","created_at":1,"model":"m",
        "status":"completed","output":[{"type":"message","id":"msg_1","role":"assistant",
        "status":"completed","content":[{"type":"output_text","text":"t","annotations":[],
        "logprobs":[{"token":"t","logprob":-0.25,"bytes":[116],"top_logprobs":[]}]}]}],
        "usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}"#;

    const EVENT: &str = r#"{"sequence_number":3,"type":"response.output_text.delta","item_id":"i",
        "output_index":0,"content_index":0,"delta":"\tx","logprobs":[],"x":0}"#;

    /// Reads a text while it is checked. Also returns its weight; `None` where that is above `most_weight`, or
    /// the text has a fault or cannot be represented.
    fn read_unchecked<T: WireValue>(
        text: &str,
        limits: JsonLimits,
        most_weight: usize,
    ) -> Option<(T, usize)> {
        let mut reader = UncheckedReader::new(text, limits, most_weight);
        let value = T::read(&mut reader).ok()?;
        Some((value, reader.end()?))
    }

    fn unchecked<T: WireValue>(text: &str) -> Option<T> {
        let limits = JsonLimits::default();
        read_unchecked(text, limits, usize::MAX).map(|(value, _)| value)
    }

    /// Whether a text is read in one pass. What is read so, a document must read as well.
    fn is_read<T: WireValue + PartialEq + core::fmt::Debug>(text: &str) -> bool {
        let read: Option<T> = unchecked(text);
        if let Some(read) = &read {
            let document = Document::parse(text.as_bytes());
            let document = document.unwrap_or_else(|error| panic!("{error}: {text}"));
            let expected = T::read(&mut document.reader()).map_err(|error| *error);
            assert_eq!(Ok(read), expected.as_ref(), "{text}");
        }
        read.is_some()
    }

    fn is_any_read(text: &str) -> [bool; 3] {
        [
            is_read::<CreateRequest>(text),
            is_read::<Response>(text),
            is_read::<StreamEvent>(text),
        ]
    }

    #[test]
    fn what_has_no_fault_is_read_in_one_pass() {
        assert!(is_read::<CreateRequest>(REQUEST));
        assert!(is_read::<Response>(RESPONSE));
        assert!(is_read::<StreamEvent>(EVENT));
        let weight = |text| read_unchecked::<CreateRequest>(text, JsonLimits::default(), 9_999);
        for text in [
            REQUEST,
            r#" {"model":"m"} "#,
            r#"{"x":[{},"a",["\n",-1]],"top_p":1}"#,
        ] {
            let document = Document::parse(text.as_bytes()).unwrap();
            let (_, weight) = weight(text).unwrap();
            assert_eq!(
                crate::json::typed_bytes(text, weight),
                document.typed_bytes(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_has_a_fault_is_not_read_in_one_pass() {
        for text in [
            "",
            " ",
            "{",
            "{}}",
            "{} x",
            "{\"model\"}",
            "{\"model\":}",
            "{\"model\":\"m\",}",
            "{,\"model\":\"m\"}",
            "{\"model\" \"m\"}",
            "{\"model\":\"m\" \"input\":\"i\"}",
            "{\"model\":\"a\tb\"}",
            "{\"model\":\"\\x\"}",
            "{\"model\":\"\\ud83d\"}",
            "{\"model\":\"m\",\"model\":\"m\"}",
            "{\"model\":\"m\",\"mod\\u0065l\":\"m\"}",
            "{\"model\":null,\"model\":null}",
            "{\"x\":1,\"x\":2}",
            "{\"x\":1,\"\\u0078\":2}",
            "{\"x\":{\"a\":1,\"a\":2}}",
            "{\"x\":[1,]}",
            "{\"x\":01}",
            "{\"x\":1e999}",
            "{\"stream\":tru}",
            "{\"stream\":nul}",
            "{\"temperature\":1e999}",
            "{\"temperature\":1.}",
            "{\"include\":[\"a\" \"b\"]}",
            "{\"include\":[,]}",
            "{\"include\":[\"a\",]}",
            "{\"include\":[\"a\"}",
            "{\"include\":[\"a\"]]",
            "{\"input\":[{\"type\":\"a\",\"type\":\"b\"}]}",
            "{\"input\":[{\"type\":\"message\",\"type\":\"message\",\"role\":\"user\",\"content\":\"\"}]}",
            "{\"text\":{\"format\":{\"type\":\"text\",\"type\":\"text\"}}}",
            "{\"text\":{\"format\":{\"type\":\"text\",\"type\":\"x\"}}}",
        ] {
            assert_eq!(is_any_read(text), [false; 3], "{text}");
        }
    }

    #[test]
    fn limits_are_those_of_documents() {
        let nested =
            |levels: usize| format!("{{\"x\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(is_read::<CreateRequest>(&nested(126)));
        assert!(!is_read::<CreateRequest>(&nested(127)));
        let read = |text: &str, limits, most| read_unchecked::<CreateRequest>(text, limits, most);
        let text = r#"{"model":"m","include":["a","b"],"input":[]}"#;
        for (values, depth) in [(0, 9), (5, 9), (9, 1), (9, 0)] {
            let limits = JsonLimits::default().values(values).depth(depth);
            assert!(Document::parse_with(text.as_bytes(), limits).is_err());
            assert!(read(text, limits, 99).is_none());
        }
        let limits = JsonLimits::default().values(6).depth(2);
        assert!(Document::parse_with(text.as_bytes(), limits).is_ok());
        // Six strings and three containers.
        assert!(read(text, limits, 45).is_some());
        assert!(read(text, limits, 44).is_none());
    }

    #[test]
    fn many_unknown_members_are_left_to_documents() {
        let members: Vec<String> = (0..40).map(|n| format!("\"x{n}\":{n}")).collect();
        for (count, expected) in [(16, true), (17, true), (18, false), (40, false)] {
            let text = format!("{{{}}}", members[..count].join(","));
            assert_eq!(is_read::<CreateRequest>(&text), expected, "{count}");
            assert_eq!(
                from_text::<CreateRequest>(&text).unwrap().extra.len(),
                count
            );
        }
    }

    /// A text of which a few bytes were replaced, removed, repeated or swapped.
    fn mutated() -> impl Strategy<Value = String> {
        let texts = prop::sample::select(alloc::vec![REQUEST, RESPONSE, EVENT]);
        let bytes = prop::sample::select(b" ,:\"\\{}[]0-.eEtnu\x01a".to_vec());
        let changes = prop::collection::vec((any::<prop::sample::Index>(), 0..4, bytes), 1..3);
        (texts, changes).prop_map(|(text, changes)| {
            let mut bytes = text.to_string().into_bytes();
            for (at, change, byte) in changes {
                let at = at.index(bytes.len() - 1);
                match change {
                    0 => bytes[at] = byte,
                    1 => drop(bytes.remove(at)),
                    2 => bytes.insert(at, byte),
                    _ => bytes.swap(at, at + 1),
                }
            }
            String::from_utf8_lossy(&bytes).into_owned()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_in_one_pass_reads_the_same_from_a_document(text in mutated()) {
            is_any_read(&text);
        }
    }

    #[test]
    fn every_text_that_was_cut_is_refused() {
        for text in [REQUEST.trim_end(), RESPONSE, EVENT] {
            for (end, _) in text.char_indices() {
                assert_eq!(is_any_read(&text[..end]), [false; 3]);
            }
        }
    }
}
