//! The trace context of a request goes with it.

use http::{HeaderMap, HeaderValue, Method, Request};
use openresponses_tower::{Provider, RequestContext};
use openresponses_types::normalize::Normalizer;
use openresponses_types::{CreateRequest, Profile};
use openresponses_upstream::Upstream;

use crate::server::{HELLO, SSE, chunked, every_dialect, serve};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Asks with a context that was begun with these headers.
async fn ask_with(upstream: &Upstream, headers: &[(&'static str, &str)]) {
    let mut client = HeaderMap::new();
    for (name, value) in headers {
        client.append(*name, HeaderValue::from_str(value).unwrap());
    }
    let request = CreateRequest::from_json(HELLO.as_bytes()).unwrap();
    let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
    let mut request = Request::new(turn);
    let context = RequestContext::begin(&Method::POST, &client);
    request.extensions_mut().insert(context);
    // The answer may be none in the dialect.
    drop(upstream.respond(request).await);
}

#[tokio::test]
async fn every_dialect_sends_the_clients_trace_context_on() {
    let server = serve(chunked(SSE, "data: {}\n\n")).await;
    for upstream in every_dialect(&server) {
        let headers = [("traceparent", PARENT), ("tracestate", "vendor=1")];
        ask_with(&upstream, &headers).await;
        let head = server.seen.heads.lock().unwrap().pop().unwrap();
        assert!(
            head.contains(&format!("traceparent: {PARENT}\r\n")),
            "{head}"
        );
        assert!(head.contains("tracestate: vendor=1"), "{head}");
    }
}

#[tokio::test]
async fn a_trace_context_that_is_not_valid_is_not_sent_on() {
    let server = serve(chunked(SSE, "data: {}\n\n")).await;
    let huge = format!("cc-{}", "a".repeat(60_000));
    for bad in ["garbage", &PARENT.to_uppercase(), &huge] {
        for upstream in every_dialect(&server) {
            let headers = [("traceparent", bad), ("tracestate", "vendor=1")];
            ask_with(&upstream, &headers).await;
            let head = server.seen.heads.lock().unwrap().pop().unwrap();
            assert!(!head.contains("\ntrace"), "{head}");
        }
    }
}
