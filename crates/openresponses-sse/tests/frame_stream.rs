//! The adapter over an HTTP body: waiting, failing, ending.

use std::{io, task::Poll};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use openresponses_sse::{EventStream, FrameStream, StreamError};

fn data(text: &'static str) -> Result<Frame<Bytes>, io::Error> {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

#[test]
fn a_frame_comes_as_soon_as_its_blank_line_is_there() {
    let mut chunks = vec!["data: 1\n", "\n", "data: 2\r\n\r", "\ndata: 3\n\ndata: 4"].into_iter();
    let mut ready = false;
    let body = StreamBody::new(stream::poll_fn(move |_| {
        ready = !ready;
        match ready {
            true => Poll::Ready(chunks.next().map(data)),
            false => Poll::Pending,
        }
    }));
    let mut frames = FrameStream::new(body);
    let mut log = Vec::new();
    for _ in 0..9 {
        log.push(match frames.next().now_or_never() {
            None => "-".to_owned(),
            Some(None) => "end".to_owned(),
            Some(Some(frame)) => frame.unwrap().data().unwrap().to_owned(),
        });
    }
    assert_eq!(log, ["-", "1", "-", "2", "-", "3", "-", "end", "end"]);
    assert!(!frames.tail().is_clean());
}

#[test]
fn a_failing_body_ends_the_stream_after_what_came_before() {
    let body = vec![
        data("data: 1\n\ndata: 2"),
        Err(io::Error::other("reset")),
        data("\n\n"),
    ];
    let frames = FrameStream::new(StreamBody::new(stream::iter(body)));
    let items: Vec<_> = futures_executor::block_on(frames.collect());
    assert_eq!(items.len(), 2);
    assert_eq!(items[0].as_ref().unwrap().data_bytes(), b"1");
    assert!(matches!(&items[1], Err(StreamError::Body(error)) if error.to_string() == "reset"));
}

#[test]
fn trailers_and_empty_chunks_are_passed_over() {
    let trailers = Ok(Frame::trailers(Default::default()));
    let body = vec![data(""), data("data: 1\n"), data(""), data("\n"), trailers];
    let frames = FrameStream::new(StreamBody::new(stream::iter(body)));
    let items: Vec<_> = futures_executor::block_on(frames.collect());
    assert_eq!(items.len(), 1);
}

#[test]
fn frames_outlive_the_stream_and_share_the_chunk() {
    let chunk = Bytes::from("event: e\ndata: 1\n\nid: 5\ndata: 2\n\ndata: 3\n\n".to_owned());
    let body = vec![Ok::<_, io::Error>(Frame::data(chunk.clone()))];
    let items: Vec<_> =
        futures_executor::block_on(FrameStream::new(StreamBody::new(stream::iter(body))).collect());
    let frames: Vec<_> = items.into_iter().map(Result::unwrap).collect();
    assert_eq!(frames[0].event(), Ok(Some("e")));
    assert_eq!(
        frames[0].canonical().as_deref(),
        Some(&b"event: e\ndata: 1\n\n"[..])
    );
    assert_eq!(frames[0].last_id(), b"");
    assert_eq!(frames[1].last_id(), b"5");
    assert_eq!(frames[2].last_id(), b"5");
    let range = chunk.as_ptr_range();
    for frame in &frames {
        assert!(range.contains(&frame.shared_data().as_ptr()));
    }
}

#[test]
fn the_frames_behind_events_have_the_last_id_of_those() {
    let event = r#"data: {"type":"acme:ping"}"#;
    for (ids, expected) in [(["1", "2"], "2"), (["1", ""], ""), (["", "2"], "2")] {
        let events = ids.map(|id| format!("id: {id}\n{event}\n\n")).concat();
        let text = format!("{events}data: rest\n\n");
        let mut events = EventStream::new(http_body_util::Full::new(Bytes::from(text)));
        for _ in ids {
            events.next().now_or_never().unwrap().unwrap().unwrap();
        }
        let mut frames = events.into_inner();
        let frame = frames.next().now_or_never().unwrap().unwrap().unwrap();
        assert_eq!(
            (frame.data().unwrap(), frame.last_id()),
            ("rest", expected.as_bytes())
        );
    }
}

#[test]
fn an_event_with_many_log_probabilities_is_read() {
    let top = vec![r#"{"token":" the","logprob":-1.25,"bytes":[32,116,104,101]}"#; 20].join(",");
    let token = format!(
        r#"{{"token":" the","logprob":-1.25,"bytes":[32,116,104,101],"top_logprobs":[{top}]}}"#
    );
    let tokens = vec![token; 7_000].join(",");
    let event = format!(
        r#"data: {{"type":"response.output_text.done","sequence_number":1,"item_id":"m","output_index":0,"content_index":0,"text":"a","logprobs":[{tokens}]}}"#
    );
    let body = http_body_util::Full::new(Bytes::from(event + "\n\n"));
    let event = EventStream::new(body)
        .next()
        .now_or_never()
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(event.event_type(), "response.output_text.done");
}
