//! Requests through the endpoint, in process.

use std::convert::Infallible;
use std::hint::black_box;
use std::task::Poll;

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use openresponses_gateway::Gateway;
use openresponses_gateway::auth::{ApiKeys, Auth, Credentials};
use openresponses_gateway::observe::MetricsObserver;
use openresponses_gateway::registry::{Catalog, Model, Registry, Route};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use tower_service::Service;

use crate::sample;

/// Answers with one word, or with all deltas of the sample for a request of a stream.
#[derive(Clone, Debug)]
pub struct Sample;

impl Provider for Sample {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let output = if turn.body().stream {
            OutputStream::from_deltas(sample::output())
        } else {
            OutputStream::from_deltas([Delta::text("Paris."), Delta::complete()])
        };
        Ok(Response::new(output))
    }
}

/// Sends the deltas of the sample, and is silent for three polls before each, as a server sees one that
/// waits for a model.
#[derive(Clone, Debug)]
pub struct OneByOne;

impl Provider for OneByOne {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let mut deltas = sample::output();
        let mut polls = 0;
        let output = stream::poll_fn(move |cx| {
            polls += 1;
            if polls % 4 == 0 {
                return Poll::Ready(deltas.next().map(Ok::<_, Error>));
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        Ok(Response::new(OutputStream::new(output)))
    }
}

/// The endpoint in front of [`Sample`].
#[must_use]
pub fn endpoint() -> OpenResponses<Sample> {
    OpenResponses::new(Sample, Config::new())
}

/// The endpoint behind a key, with a gateway and its metrics in front of [`Sample`].
#[must_use]
pub fn gateway() -> Option<OpenResponses<Gateway>> {
    gateway_to(Sample)
}

/// The same in front of another provider.
#[must_use]
pub fn gateway_to(provider: impl Provider) -> Option<OpenResponses<Gateway>> {
    let keys = ApiKeys::new().key("bench", "sk-bench-0123456789").ok()?;
    let auth = Auth::new(Credentials::new().api_keys(keys));
    let model = Model::new("provider/model-1").route(Route::new("provider"));
    let catalog = Catalog::new().provider("provider", provider).model(model);
    let gateway = Gateway::new(Registry::new(catalog).ok()?).observer(MetricsObserver);
    Some(OpenResponses::new(gateway, Config::new().authorize(auth)))
}

/// Sends a request with the key of [`gateway`] to a service and reads its answer. Returns the answer's
/// bytes.
pub fn call<S, B>(service: &mut S, body: &Bytes) -> usize
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes>,
{
    let mut bytes = 0;
    read(service, body, |data| {
        bytes += black_box(data).len();
        true
    });
    bytes
}

/// [`call`] that reads the first frame of the answer only.
pub fn first_frame<S, B>(service: &mut S, body: &Bytes) -> usize
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes>,
{
    let mut bytes = 0;
    read(service, body, |data| {
        bytes = black_box(data).len();
        false
    });
    bytes
}

/// [`call`] that returns the answer.
pub fn answer<S, B>(service: &mut S, body: &Bytes) -> Vec<u8>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes>,
{
    let mut bytes = Vec::new();
    read(service, body, |data| {
        bytes.extend_from_slice(data);
        true
    });
    bytes
}

/// The id of a response.
#[must_use]
pub fn id_of(response: &[u8]) -> String {
    openresponses_types::Response::from_json(response).map_or_else(|_| String::new(), |it| it.id)
}

/// Reads an answer while `wants_more` returns true for its data.
fn read<S, B>(service: &mut S, body: &Bytes, mut wants_more: impl FnMut(&Bytes) -> bool)
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes>,
{
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .header("authorization", "Bearer sk-bench-0123456789")
        .body(Full::new(black_box(body).clone()));
    let Ok(request) = request else { return };
    block_on(async {
        let Ok(answer) = service.call(request).await;
        let mut body = std::pin::pin!(answer.into_body());
        while let Some(Ok(frame)) = body.frame().await {
            if frame.data_ref().is_some_and(|data| !wants_more(data)) {
                break;
            }
        }
    });
}
