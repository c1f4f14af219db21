//! A client that leaves takes the upstream's request with it, in every dialect.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{Dialect, HttpClient, Upstream};

use crate::server::{HELLO, SSE, ask, endless, options, serve};

const TRIES: usize = 200;

/// Drops the answer to a request, which began with `events`, again and again.
async fn leave(dialect: impl Dialect, events: &[&str]) {
    let name = dialect.name();
    let lines = events.iter().map(|data| format!("data: {data}\n\n"));
    let mut server = serve(endless(SSE, &lines.collect::<String>())).await;
    let client = HttpClient::new(options()).unwrap();
    let upstream = Upstream::new(dialect, server.base.clone(), client);
    let mut longest = Duration::ZERO;
    for _ in 0..TRIES {
        let mut output = ask(&upstream, HELLO).await.unwrap();
        assert!(output.next().await.unwrap().is_ok(), "{name}");
        assert!(server.closed.try_recv().is_err(), "{name}");
        let left = Instant::now();
        drop(output);
        server.closed.recv().await.unwrap();
        longest = longest.max(left.elapsed());
    }
    // One connection each: none was left open.
    assert_eq!(*server.seen.connections.lock().unwrap(), TRIES, "{name}");
    println!("{name}: gone {TRIES} of {TRIES}, after {longest:?} at most");
}

#[tokio::test]
async fn a_dropped_answer_of_chat_completions_closes_its_connection() {
    let event = r#"{"choices":[{"index":0,"delta":{"content":"Hi"}}]}"#;
    leave(Chat::new(), &[event]).await;
}

#[tokio::test]
async fn a_dropped_answer_of_messages_closes_its_connection() {
    let events = [
        r#"{"type":"message_start","message":{"type":"message","role":"assistant","content":[]}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#,
    ];
    leave(Anthropic::new(), &events).await;
}

#[tokio::test]
async fn a_dropped_answer_of_gemini_closes_its_connection() {
    let event = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]}}]}"#;
    leave(Gemini::new(), &[event]).await;
}

#[tokio::test]
async fn a_dropped_answer_that_is_relayed_closes_its_connection() {
    let response = r#"{"id":"resp_1","object":"response","created_at":1,"status":"in_progress","model":"m","output":[]}"#;
    let event =
        format!(r#"{{"type":"response.created","sequence_number":0,"response":{response}}}"#);
    leave(Responses::new(), &[&event]).await;
}
