#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use openresponses_sse::Decoder;
use openresponses_sse::encode::{self, Encoder, is_event_name};
use openresponses_types::StreamEvent;

/// The frames of a whole stream: name and data.
fn decode(mut bytes: &[u8]) -> Vec<(String, String)> {
    let mut decoder = Decoder::new();
    let mut frames = Vec::new();
    while let Some(frame) = decoder.next_frame(&mut bytes).expect("within the limits") {
        assert_eq!(frame.data_lines(), 1);
        // An empty name is none.
        let name = frame.event().expect("UTF-8").unwrap_or_default();
        frames.push((name.to_owned(), frame.data().expect("UTF-8").to_owned()));
    }
    assert!(decoder.tail().is_clean());
    frames
}

// Lines of JSON are the events of a stream. The encoder of a stream writes what the encoder of one
// event writes, which decodes to the events, whatever texts they have.
fuzz_target!(|bytes: &[u8]| {
    let mut encoder = Encoder::new();
    let (mut out, mut single) = (BytesMut::new(), BytesMut::new());
    let mut expected = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(event) = StreamEvent::from_json(line) else { continue };
        let before = out.len();
        let written = encoder.encode(&event, &mut out);
        assert_eq!(written, encode::encode_event(&event, &mut single));
        assert_eq!(out, single);
        assert_eq!(written.is_ok(), is_event_name(event.event_type()));
        match written {
            Ok(()) => expected.push(event),
            Err(_) => assert_eq!(out.len(), before),
        }
    }
    assert!(!out.iter().any(|byte| *byte == b'\r'));
    let frames = decode(&out);
    assert_eq!(frames.len(), expected.len());
    for ((name, data), event) in frames.iter().zip(&expected) {
        assert_eq!(name, event.event_type());
        assert_eq!(&StreamEvent::from_json(data.as_bytes()).expect("what was printed"), event);
    }
});
