use futures_util::StreamExt;
use http::HeaderValue;
use openresponses_tower::Provider;
use openresponses_tower::output::Output;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use openresponses_upstream::Secret;

use crate::server::{
    HELLO, SSE, all, ask, chunked, endless, serve, serve_with, status, turn, upstream,
};

const STREAM: &str = concat!(
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}],\"x\":1}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n",
    "data: [DONE]\n\n",
);

#[tokio::test]
async fn a_turn_is_asked_and_its_answer_read() {
    let server = serve(chunked(SSE, STREAM)).await;
    let upstream = upstream(&server)
        .key("sk-1")
        .header("x-team".parse().unwrap(), HeaderValue::from_static("a"))
        .header("te".parse().unwrap(), HeaderValue::from_static("trailers"));
    let (deltas, error) = all(ask(&upstream, HELLO).await.unwrap()).await;
    assert!(error.is_none());
    let expected = [
        Delta::text("Hi"),
        Delta::usage(Usage::new(3, 1)),
        Delta::complete(),
    ];
    assert_eq!(deltas, expected);
    let head = server.seen.heads.lock().unwrap()[0].clone();
    assert!(
        head.starts_with("post /v1/chat/completions http/1.1\r\n"),
        "{head}"
    );
    for line in [
        "authorization: bearer sk-1",
        "accept: text/event-stream",
        "content-type: application/json",
        "x-team: a",
        "host: 127.0.0.1:",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    assert!(!head.contains("\nte:"), "{head}");
    let body = server.seen.bodies.lock().unwrap()[0].clone();
    assert!(body.contains(r#""stream":true"#), "{body}");
}

#[tokio::test]
async fn headers_of_one_connection_go_neither_way() {
    let answer = chunked(SSE, STREAM).replacen(
        "\r\n",
        "\r\nconnection: keep-alive, x-hop\r\nkeep-alive: timeout=5\r\nx-hop: 1\r\nupgrade: h2c\r\n\
         proxy-authenticate: Basic\r\nserver: theirs\r\n",
        1,
    );
    let server = serve(answer).await;
    let dropped = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "proxy-authenticate",
        "te",
        "trailer",
        "upgrade",
    ];
    let mut upstream = upstream(&server);
    for name in dropped {
        upstream = upstream.header(name.parse().unwrap(), HeaderValue::from_static("x"));
    }
    let answer = upstream.respond(turn(HELLO)).await.unwrap();
    assert!(answer.headers().is_empty(), "{:?}", answer.headers());
    let head = server.seen.heads.lock().unwrap()[0].clone();
    for name in dropped {
        assert!(!head.contains(&format!("\n{name}:")), "{name} in {head}");
    }
}

#[tokio::test]
async fn the_first_output_for_a_client_that_wants_a_document_comes_before_the_end() {
    let first = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    let server = serve_with(|body| {
        if body.contains(r#""stream":true"#) {
            endless(SSE, first)
        } else {
            status("400 Bad Request", "", "{}")
        }
    })
    .await;
    let output = ask(&upstream(&server), r#"{"model":"m","input":"Hello"}"#).await;
    let piece = output.unwrap().next().await.unwrap().unwrap();
    assert!(
        matches!(&piece, Output::Delta(delta) if *delta == Delta::text("Hi")),
        "{piece:?}"
    );
}

#[tokio::test]
async fn an_answer_may_be_a_document() {
    let document = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"length"}]}"#;
    let server = serve(status("200 OK", "", document)).await;
    let output = ask(&upstream(&server), r#"{"model":"m","input":"Hello"}"#).await;
    let (deltas, _) = all(output.unwrap()).await;
    let expected = [Delta::text("Hi"), Delta::incomplete("max_output_tokens")];
    assert_eq!(deltas, expected);
}

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let server = serve(chunked(SSE, STREAM)).await;
    let upstream = upstream(&server);
    for _ in 0..5 {
        let (deltas, error) = all(ask(&upstream, HELLO).await.unwrap()).await;
        assert!(error.is_none());
        assert_eq!(deltas.len(), 3);
    }
    assert_eq!(*server.seen.connections.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_used_again() {
    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ";
    let server = serve(format!("{head}{}\r\n\r\n{STREAM}", STREAM.len())).await;
    let upstream = upstream(&server);
    for _ in 0..3 {
        let (_, error) = all(ask(&upstream, HELLO).await.unwrap()).await;
        assert!(error.is_none());
    }
    assert_eq!(*server.seen.connections.lock().unwrap(), 3);
}

#[tokio::test]
async fn the_server_is_asked_for_its_models() {
    let server = serve(status(
        "200 OK",
        "",
        r#"{"data":[{"id":"a"},{"id":"b"},{}]}"#,
    ))
    .await;
    let upstream = upstream(&server).key(Secret::new("sk-1"));
    assert_eq!(upstream.models().await.unwrap(), ["a", "b"]);
    let head = server.seen.heads.lock().unwrap()[0].clone();
    assert!(head.starts_with("get /v1/models http/1.1"), "{head}");
    assert!(head.contains("authorization: bearer sk-1"), "{head}");
}

#[tokio::test]
async fn what_had_no_place_is_reported_on_request() {
    let server = serve(chunked(SSE, STREAM)).await;
    let upstream = upstream(&server).report(true);
    let body = r#"{"model":"m","input":"Hello","stream":true,"truncation":"auto"}"#;
    let (deltas, _) = all(ask(&upstream, body).await.unwrap()).await;
    let Some(Delta::Member { name, value }) = deltas.get(2) else {
        panic!("{deltas:?}");
    };
    assert_eq!(name, "upstream_report");
    assert_eq!(
        value.get(),
        concat!(
            r#"{"request":[{"member":"truncation","#,
            r#""reason":"The upstream's API does not have the setting."}],"#,
            r#""answer":[{"member":"x","count":1}]}"#,
        )
    );
    assert_eq!(deltas.last(), Some(&Delta::complete()));
}
