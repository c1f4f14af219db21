//! Failing providers.

use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use openresponses_tower::{Error, ErrorKind, OutputStream};
use openresponses_types::sequence::{Delta, Failure, Finish};
use serde_json::{Value, json};

use crate::client::{answer, events, post, send, terminal, with};

fn request() -> Value {
    json!({"model": "m", "input": "Hi"})
}

fn streamed() -> String {
    json!({"model": "m", "input": "Hi", "stream": true}).to_string()
}

/// Errors of a provider and their answers.
#[tokio::test]
async fn errors_before_the_stream_have_a_status() {
    type Make = fn() -> Error;
    let cases: [(Make, u16, &str, &str); 11] = [
        (
            || Error::invalid_request("model", "no"),
            400,
            "invalid_request_error",
            "invalid_value",
        ),
        (
            Error::missing_api_key,
            401,
            "authentication_error",
            "missing_api_key",
        ),
        (
            Error::invalid_api_key,
            401,
            "authentication_error",
            "invalid_api_key",
        ),
        (
            || Error::permission("not_yours", "no"),
            403,
            "permission_error",
            "not_yours",
        ),
        (
            || Error::model_not_found("m"),
            404,
            "not_found",
            "model_not_found",
        ),
        (
            || Error::rate_limited(Duration::from_millis(1_500)),
            429,
            "too_many_requests",
            "rate_limit_exceeded",
        ),
        (|| Error::model("broke", "no"), 500, "model_error", "broke"),
        (
            || Error::server("secret"),
            500,
            "server_error",
            "server_error",
        ),
        (
            || Error::upstream("secret"),
            502,
            "server_error",
            "upstream_error",
        ),
        (Error::overloaded, 503, "server_error", "overloaded"),
        (Error::timeout, 504, "server_error", "timeout"),
    ];
    for (make, status, kind, code) in cases {
        let service = with(move |_| ready(Err(make())));
        for body in [request().to_string(), streamed()] {
            let refused = answer(&service, post(body)).await;
            assert_eq!(refused.status, status);
            let error = &refused.body["error"];
            assert_eq!(error["type"], kind);
            assert_eq!(error["code"], code);
            assert_eq!(error.as_object().unwrap().len(), 4);
            assert!(!refused.body.to_string().contains("secret"));
            let wait = match status {
                429 => Some("2"),
                503 => Some("1"),
                _ => None,
            };
            let sent = refused.headers.get("retry-after");
            assert_eq!(sent.map(|value| value.to_str().unwrap()), wait);
        }
    }
}

/// An answer that starts normally and continues with `rest`.
async fn broken<S>(rest: impl Fn() -> S + Clone + Send + Sync + 'static, code: &str, status: u16)
where
    S: stream::Stream<Item = Result<Delta, Error>> + Send + 'static,
{
    for begun in [0, 1, 2] {
        let rest = rest.clone();
        let service = with(move |_| {
            let half = (0..begun).map(|_| Ok(Delta::text("half ")));
            ready(Ok(OutputStream::new(stream::iter(half).chain(rest()))))
        });
        let events = events(&service, &request()).await;
        let failed = terminal(&events);
        assert_eq!(failed["status"], "failed");
        assert_eq!(failed["error"]["code"], code);
        assert!(!failed.to_string().contains("secret"));
        let refused = answer(&service, post(request().to_string())).await;
        assert_eq!(refused.status, status);
        assert_eq!(refused.body["error"]["code"], code);
    }
}

#[tokio::test]
async fn errors_in_the_stream_fail_the_response() {
    broken(
        || stream::iter([Err(Error::upstream("secret"))]),
        "upstream_error",
        502,
    )
    .await;
    let failed = || {
        Delta::Finish(Finish::Failed(
            Failure::new("model_error", "broke", "no").into(),
        ))
    };
    broken(move || stream::iter([Ok(failed())]), "broke", 500).await;
}

#[tokio::test]
async fn a_stream_without_a_finish_has_failed() {
    broken(stream::empty, "stream_ended_early", 500).await;
}

fn panicking(_: &mut Context<'_>) -> Poll<Option<Result<Delta, Error>>> {
    panic!("secret");
}

#[tokio::test]
async fn panics_fail_their_own_response_only() {
    let service = with(|turn| async move {
        match turn.model.as_str() {
            "early" => panic!("secret"),
            "late" => Ok(OutputStream::new(stream::poll_fn(panicking))),
            _ => Ok(OutputStream::from_deltas([Delta::complete()])),
        }
    });
    let early = answer(
        &service,
        post(json!({"model": "early", "input": "x", "stream": true}).to_string()),
    )
    .await;
    assert_eq!(early.status, 500);
    assert_eq!(early.body["error"]["type"], "server_error");
    let late = json!({"model": "late", "input": "x"});
    let whole = answer(&service, post(late.to_string())).await;
    assert_eq!(whole.status, 500);
    let events = events(&service, &late).await;
    assert_eq!(terminal(&events)["error"]["code"], "server_error");
    let fine = answer(
        &service,
        post(json!({"model": "m", "input": "x"}).to_string()),
    )
    .await;
    assert_eq!(fine.status, 200);
    broken(|| stream::poll_fn(panicking), "server_error", 500).await;
}

/// Counts those that are alive.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_client_that_stops_reading_stops_the_provider() {
    let count = Arc::new(AtomicUsize::new(0));
    let alive = Arc::clone(&count);
    let service = with(move |_| {
        let guard = Alive::new(&alive);
        ready(Ok(OutputStream::write(|mut out| async move {
            let _guard = guard;
            out.text("half");
            pending::<()>().await;
            Ok(())
        })))
    });
    let mut body = send(&service, post(streamed())).await.into_body();
    for _ in 0..2 {
        let frame = body.frame().await.unwrap().unwrap();
        assert!(frame.into_data().unwrap().ends_with(b"\n\n"));
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
    drop(body);
    assert_eq!(count.load(Ordering::SeqCst), 0);

    // The same for an answer that is not streamed.
    let whole = tokio::spawn({
        let service = service.clone();
        async move { send(&service, post(request().to_string())).await }
    });
    while count.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    whole.abort();
    assert!(whole.await.unwrap_err().is_cancelled());
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_provider_is_dropped_as_soon_as_it_has_finished() {
    let count = Arc::new(AtomicUsize::new(0));
    let alive = Arc::clone(&count);
    let service = with(move |_| {
        let guard = Alive::new(&alive);
        let more = stream::poll_fn(move |_| {
            let _ = &guard;
            Poll::<Option<Result<Delta, Error>>>::Ready(Some(Ok(Delta::complete())))
        });
        ready(Ok(OutputStream::new(more)))
    });
    let mut body = send(&service, post(streamed())).await.into_body();
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        text.extend(frame.unwrap().into_data().unwrap());
        if String::from_utf8_lossy(&text).contains("response.completed") {
            assert_eq!(count.load(Ordering::SeqCst), 0);
        }
    }
    assert!(text.ends_with(b"data: [DONE]\n\n"));
}

#[tokio::test]
async fn forbidden_calls_are_never_sent() {
    let call = |key, name: &str| Delta::Call {
        key,
        call_id: None,
        name: name.into(),
    };
    let deltas = vec![call(0, "a"), call(1, "b"), call(2, "a"), Delta::complete()];
    let service = with(move |_| ready(Ok(OutputStream::from_deltas(deltas.clone()))));
    let tools = json!([{"type": "function", "name": "a"}, {"type": "function", "name": "b"}]);
    let only = json!({"type": "allowed_tools", "tools": [{"type": "function", "name": "a"}]});
    for (members, names) in [
        (json!({"tools": tools}), vec!["a", "b", "a"]),
        (json!({"tools": tools, "tool_choice": "none"}), vec![]),
        (
            json!({"tools": tools, "parallel_tool_calls": false}),
            vec!["a"],
        ),
        (json!({"tools": tools, "max_tool_calls": 2}), vec!["a", "b"]),
        (json!({"tools": tools, "tool_choice": only}), vec!["a", "a"]),
        (
            json!({"tools": tools, "tool_choice": {"type": "function", "name": "b"}}),
            vec!["b"],
        ),
    ] {
        let mut request = request();
        request
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        let events = events(&service, &request).await;
        let output = terminal(&events)["output"].as_array().unwrap();
        let called: Vec<_> = output
            .iter()
            .map(|item| item["name"].as_str().unwrap())
            .collect();
        assert_eq!(called, names, "{request}");
    }
}

#[test]
fn each_kind_has_its_status() {
    assert_eq!(ErrorKind::MethodNotAllowed.status(), 405);
    assert_eq!(ErrorKind::TooLarge.status(), 413);
    assert_eq!(ErrorKind::UnsupportedMediaType.status(), 415);
}
