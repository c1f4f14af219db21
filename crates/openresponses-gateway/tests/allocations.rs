//! What the gateway allocates: for a request, nothing for a piece of its stream.
#![allow(clippy::unwrap_used)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use futures_util::{Stream, stream};
use http::{Request, Response};
use openresponses_gateway::Gateway;
use openresponses_gateway::registry::{Catalog, Registry};
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::sequence::Delta;
use openresponses_types::{CreateRequest, Normalizer, Profile, Turn};

/// Says nothing as often as its model is called, without allocating for it.
struct Words;

impl Provider for Words {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let count = turn.body().model.parse().unwrap();
        let words = (0..count).map(|_| Ok(Delta::Text(String::new())));
        let end = std::iter::once(Ok(Delta::complete()));
        Ok(Response::new(OutputStream::new(stream::iter(
            words.chain(end),
        ))))
    }
}

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing waits"),
    }
}

fn allocations(gateway: &Gateway, pieces: usize) -> u64 {
    let json = format!(r#"{{"model":"p/{pieces}","input":"x","stream":true}}"#);
    let request = CreateRequest::from_json(json.as_bytes()).unwrap();
    let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
    let answer = ready(gateway.respond(Request::new(turn))).unwrap();
    let mut output = pin!(answer.into_body());
    let mut seen = 0;
    let info = allocation_counter::measure(|| {
        let mut cx = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(piece)) = output.as_mut().poll_next(&mut cx) {
            assert!(piece.is_ok());
            seen += 1;
        }
    });
    // The pieces, the report and the end.
    assert_eq!(seen, pieces + 2);
    info.count_total
}

#[test]
fn nothing_for_a_piece() {
    let catalog = Catalog::new().provider("p", Words).serve_any("p");
    let registry = Registry::new(catalog).unwrap();
    let quiet = Gateway::new(registry.clone()).report(true);
    // The report at the end, whatever came before it.
    assert_eq!(allocations(&quiet, 100), allocations(&quiet, 10_000));
    assert!(allocations(&quiet, 100) < 400);
}
