//! The memory and the work that a legal body costs, over shapes: bytes and allocations are counted,
//! not time.
#![allow(clippy::unwrap_used)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::Full;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use tower::ServiceExt;

/// Holds its turn as long as the response is held.
struct Holder;

impl Provider for Holder {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let turn = turn.into_body();
        let held = stream::unfold(turn, async |turn| {
            Some((Ok::<_, Error>(Delta::text("x")), turn))
        });
        Ok(Response::new(OutputStream::new(held)))
    }
}

/// The most that a turn holds, in sizes of its body. The longest bodies of such small values, a
/// million of them, have some 10 MB.
const HELD: f64 = 8.0;

/// The most that is held while it is read.
const PEAK: f64 = 13.0;

/// What a response takes beside, and what the most references take, whose number is bounded.
const HELD_BESIDE: u64 = 32 * 1024;
const PEAK_BESIDE: u64 = 96 * 1024;

/// A list of `count` elements.
fn list(count: usize, element: impl Fn(usize) -> String) -> String {
    let all: Vec<String> = (0..count).map(element).collect();
    format!("[{}]", all.join(","))
}

/// The shapes of bodies: each function makes a body of about so many elements.
type Shape = (&'static str, fn(usize) -> String);

fn with_input(input: &str) -> String {
    format!(r#"{{"model":"m","stream":true,"input":{input}}}"#)
}

fn with(members: &str) -> String {
    format!(r#"{{"model":"m","stream":true,"input":"x",{members}}}"#)
}

const SHAPES: &[Shape] = &[
    ("tools", |count| {
        let tool = |n| format!(r#"{{"type":"function","name":"f{n}"}}"#);
        with(&format!(r#""tools":{}"#, list(count, tool)))
    }),
    ("the same tool", |count| {
        let tool = |_| r#"{"type":"function","name":"f"}"#.to_owned();
        with(&format!(r#""tools":{}"#, list(count, tool)))
    }),
    ("vendor tools", |count| {
        let tool = |_| r#"{"type":"x:y"}"#.to_owned();
        with(&format!(r#""tools":{}"#, list(count, tool)))
    }),
    ("messages", |count| {
        with_input(&list(count, |_| r#"{"role":"user","content":""}"#.into()))
    }),
    ("messages of parts", |count| {
        let item =
            r#"{"type":"message","role":"user","content":[{"type":"input_text","text":""}]}"#;
        with_input(&list(count, |_| item.into()))
    }),
    ("parts", |count| {
        let part = |_| r#"{"type":"input_text","text":""}"#.to_owned();
        with_input(&format!(
            r#"[{{"role":"user","content":{}}}]"#,
            list(count, part)
        ))
    }),
    ("annotations", |count| {
        let annotation = |_| {
            r#"{"type":"url_citation","url":"","start_index":0,"end_index":0,"title":""}"#
                .to_owned()
        };
        with_input(&format!(
            r#"[{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"","annotations":{}}}]}}]"#,
            list(count, annotation)
        ))
    }),
    ("summaries", |count| {
        let part = |_| r#"{"type":"summary_text","text":""}"#.to_owned();
        with_input(&format!(
            r#"[{{"type":"reasoning","summary":{}}}]"#,
            list(count, part)
        ))
    }),
    ("calls and outputs", |count| {
        let pair = |n| {
            format!(
                r#"{{"type":"function_call","call_id":"{n}","name":"f","arguments":""}},{{"type":"function_call_output","call_id":"{n}","output":""}}"#
            )
        };
        with_input(&list(count, pair))
    }),
    ("vendor items", |count| {
        with_input(&list(count, |_| r#"{"type":"x:y"}"#.into()))
    }),
    ("unknown members", |count| {
        let members: Vec<String> = (0..count).map(|n| format!(r#""m{n}":0"#)).collect();
        with(&members.join(","))
    }),
    ("unknown members of items", |count| {
        with_input(&list(count, |_| {
            r#"{"role":"user","content":"","x":0}"#.into()
        }))
    }),
    ("references", |count| {
        with_input(&list(count.min(900), |n| format!(r#"{{"id":"{n}"}}"#)))
    }),
    ("the same reference", |count| {
        with_input(&list(count, |_| r#"{"id":"a"}"#.into()))
    }),
    ("unknown parts", |count| {
        let part = |_| r#"{"type":"x"}"#.to_owned();
        with_input(&format!(
            r#"[{{"role":"user","content":{}}}]"#,
            list(count, part)
        ))
    }),
    ("vendor parts", |count| {
        let part = |_| r#"{"type":"x:y"}"#.to_owned();
        with_input(&format!(
            r#"[{{"role":"user","content":{}}}]"#,
            list(count, part)
        ))
    }),
    ("parts of outputs", |count| {
        let part = |_| r#"{"type":"input_text","text":""}"#.to_owned();
        with_input(&format!(
            r#"[{{"type":"function_call","call_id":"1","name":"f","arguments":""}},{{"type":"function_call_output","call_id":"1","output":{}}}]"#,
            list(count, part)
        ))
    }),
    ("unknown items", |count| {
        with_input(&list(count, |_| r#"{"type":"x"}"#.into()))
    }),
    ("messages without parts", |count| {
        with_input(&list(count, |_| r#"{"role":"user","content":[]}"#.into()))
    }),
    ("empty reasoning", |count| {
        with_input(&list(count, |_| {
            r#"{"type":"reasoning","summary":[]}"#.into()
        }))
    }),
    ("compactions", |count| {
        with_input(&list(count, |_| {
            r#"{"type":"compaction","encrypted_content":""}"#.into()
        }))
    }),
    ("vendor annotations", |count| {
        let annotation = |_| r#"{"type":"x:y"}"#.to_owned();
        with_input(&format!(
            r#"[{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"","annotations":{}}}]}}]"#,
            list(count, annotation)
        ))
    }),
    ("log probabilities", |count| {
        let one = |_| r#"{"token":"","logprob":0,"bytes":[],"top_logprobs":[]}"#.to_owned();
        with_input(&format!(
            r#"[{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"","logprobs":{}}}]}}]"#,
            list(count, one)
        ))
    }),
    ("includes", |count| {
        let one = |_| r#""a""#.to_owned();
        with(&format!(r#""include":{}"#, list(count, one)))
    }),
    ("members of parts", |count| {
        let part = |_| r#"{"type":"input_text","text":"","":0}"#.to_owned();
        with_input(&format!(
            r#"[{{"role":"user","content":{}}}]"#,
            list(count, part)
        ))
    }),
    ("nesting", |count| {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let values = list(count / 100 + 1, |_| deep.clone());
        with(&format!(
            r#""tools":[{{"type":"function","name":"f","parameters":{{"x":{values}}}}}]"#
        ))
    }),
    ("small values", |count| {
        let values = list(count, |_| r#"{"":0}"#.into());
        with(&format!(r#""x:y":{values}"#))
    }),
    ("escapes", |count| {
        with_input(&format!("\"{}\"", r"\u00e9\n".repeat(count)))
    }),
    ("text", |count| {
        with_input(&format!("\"{}\"", "x".repeat(10 * count)))
    }),
    ("metadata", |count| {
        let value = "\\n".repeat(512);
        let members: Vec<String> = (0..16).map(|n| format!(r#""k{n}":"{value}""#)).collect();
        let pad = " ".repeat(count);
        with(&format!(
            r#""metadata":{{{}}},{pad}"x":0"#,
            members.join(",")
        ))
    }),
];

/// Polls a future that needs nothing from outside until it is done.
fn done<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut cx) {
            return done;
        }
    }
}

fn request(body: &str) -> Request<Full<Bytes>> {
    Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(Full::from(body.to_owned()))
        .unwrap()
}

/// Returns the response to a request, when its stream begins.
fn answer(request: Request<Full<Bytes>>) -> Response<ResponseBody> {
    done(OpenResponses::new(Holder, Config::new()).oneshot(request)).unwrap()
}

/// What a request costs until its stream begins. The bytes in use at the end are those that its
/// turn holds.
fn cost(name: &str, body: &str) -> AllocationInfo {
    let mut held: Option<Response<ResponseBody>> = None;
    let request = request(body);
    let info = measure(|| held = Some(answer(request)));
    let status = held.unwrap().status();
    assert_eq!(status, 200, "{name}");
    info
}

#[test]
fn the_memory_of_a_legal_body_is_bounded_by_its_size() {
    let mut failed = Vec::new();
    for (name, shape) in SHAPES {
        // Lists that grow by doubling have the most room left over just above a power of two.
        let body = shape(16_500);
        let info = cost(name, &body);
        #[allow(clippy::cast_precision_loss)]
        let times = |bytes: u64| bytes as f64 / body.len() as f64;
        // The body itself was given from outside and is freed meanwhile.
        let held = body.len() as u64;
        let held = held.saturating_add_signed(info.bytes_current);
        let held = times(held.saturating_sub(HELD_BESIDE));
        let peak = times(info.bytes_max.saturating_sub(PEAK_BESIDE));
        println!(
            "{name}: {} bytes, held {held:.1}, peak {peak:.1}",
            body.len()
        );
        if held > HELD || peak > PEAK {
            failed.push((name, held, peak));
        }
    }
    assert_eq!(failed, []);
}

#[test]
fn the_work_of_a_body_grows_no_faster_than_its_size() {
    for (name, shape) in SHAPES {
        let [small, large] = [10_000, 20_000].map(|count| cost(name, &shape(count)));
        let (small, large) = (small.count_total + 100, large.count_total + 100);
        assert!(
            large * 10 <= small * 22,
            "{name}: {small} and {large} allocations"
        );
    }
}

#[test]
fn a_request_refers_to_a_thousand_different_items() {
    let references = |count: usize| {
        let list = list(count, |n| format!(r#"{{"id":"{n}"}},{{"id":"{n}"}}"#));
        answer(request(&with_input(&list))).status()
    };
    assert_eq!(references(1_000), 200);
    assert_eq!(references(1_001), 400);
}
