//! The memory and the work that a legal body costs, over shapes: bytes and allocations are counted,
//! not time.
#![allow(clippy::unwrap_used)]

mod list;

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

use list::{SHAPES, list, with_input};

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
