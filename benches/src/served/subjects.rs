//! The servers that are compared.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use axum::routing::post;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Incoming;
use openresponses_hot_paths::layer;
use openresponses_sse::encode::encode_event;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use tokio::sync::mpsc;
use tower::util::BoxCloneService;
use tower::{ServiceExt, service_fn};

use super::server::Answering;
use crate::groups::requests::{axum_endpoint, constant, frames, sample_frames};
use crate::groups::sse_encode::{PlainDelta, plain_deltas};
use crate::{Role, sample};

/// One server.
pub struct Subject {
    /// What it stands for.
    pub role: Role,
    /// Its name.
    pub name: &'static str,
    /// Makes its service, in the runtime of its server.
    pub service: fn() -> Option<Answering>,
}

pub(super) const fn subject(
    role: Role,
    name: &'static str,
    service: fn() -> Option<Answering>,
) -> Subject {
    Subject {
        role,
        name,
        service,
    }
}

pub(super) fn ours<P: Provider>(endpoint: OpenResponses<P>) -> Option<Answering> {
    let service =
        ServiceExt::<Request<Incoming>>::map_response(endpoint, |answer| answer.map(Body::new));
    Some(BoxCloneService::new(service))
}

pub(super) fn axum(router: Router) -> Option<Answering> {
    let service = router.map_request(|request: Request<Incoming>| request.map(Body::new));
    Some(BoxCloneService::new(service))
}

/// Servers of a document.
pub const DOCUMENTS: &[Subject] = &[
    subject(Role::Limit, "hyper, constant bytes", || {
        let answer = Bytes::from(sample::response().to_json());
        let service = service_fn(move |request| constant(request, answer.clone()));
        Some(BoxCloneService::new(service))
    }),
    subject(Role::Ours, "the endpoint", || ours(layer::endpoint())),
    subject(Role::Ours, "with key, gateway and metrics", || {
        ours(layer::gateway()?)
    }),
    subject(Role::Peer, "axum, typed", || axum(axum_endpoint())),
];

/// Servers of a stream whose deltas are all ready.
pub const STREAMS: &[Subject] = &[
    subject(Role::Limit, "hyper, frames encoded before", || {
        let sent = sample_frames();
        let service = service_fn(move |request| frames(request, Arc::clone(&sent)));
        Some(BoxCloneService::new(service))
    }),
    subject(Role::Limit, "hyper, all in one chunk", || {
        let all = Bytes::from(sample_frames().concat());
        let service = service_fn(move |request| constant(request, all.clone()));
        Some(BoxCloneService::new(service))
    }),
    subject(Role::Ours, "the endpoint", || ours(layer::endpoint())),
    subject(Role::Ours, "with key, gateway and metrics", || {
        ours(layer::gateway()?)
    }),
    subject(Role::Peer, "axum Sse json_data", || axum(axum_endpoint())),
];

/// A stream of items, none of which is there before the one ahead of it was sent.
type Waiting<T> = Pin<Box<dyn Stream<Item = T> + Send>>;

/// The items of a channel that a task fills.
fn channel<T: Send + 'static>(items: Vec<T>) -> Waiting<T> {
    let (sender, mut receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for item in items {
            if sender.send(item).await.is_err() {
                return;
            }
        }
    });
    Box::pin(stream::poll_fn(move |cx| receiver.poll_recv(cx)))
}

/// The time between two events of a paced stream.
const PACE: Duration = Duration::from_millis(4);

/// How many events a paced stream has: all, as in the other cases, since with a few it is the request that is
/// measured.
pub const PACED: usize = sample::DELTAS;

/// The items, each after some time.
fn paced<T: Send + 'static>(items: Vec<T>) -> Waiting<T> {
    let mut items = items.into_iter();
    let mut timer = Box::pin(tokio::time::sleep(PACE));
    Box::pin(stream::poll_fn(move |cx| {
        ready!(timer.as_mut().poll(cx));
        let next = timer.deadline() + PACE;
        timer.as_mut().reset(next);
        Poll::Ready(items.next())
    }))
}

/// A way to wait, and how many items of the sample are sent in it.
type Waits<T> = (fn(Vec<T>) -> Waiting<T>, usize);

/// Sends the sample's deltas one after the other.
struct OneByOne(Waits<Delta>);

impl Provider for OneByOne {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let (wait, count) = self.0;
        let deltas = wait(sample::long_deltas(count)).map(Ok::<Delta, Error>);
        Ok(Response::new(OutputStream::new(deltas)))
    }
}

/// The frames of the stream that [`OneByOne`] sends, each delta's with those before it.
fn frames_by_delta(count: usize) -> Vec<Bytes> {
    let mut items = Vec::new();
    let mut open = BytesMut::new();
    for event in sample::events_of(&sample::response(), &sample::long_deltas(count)) {
        // A sequencer's events can always be encoded.
        let _ = encode_event(&event, &mut open);
        if event.as_delta().is_some() {
            items.push(open.split().freeze());
        }
    }
    items.push(open.freeze());
    items
}

/// Sends frames that were encoded before, one after the other.
fn one_by_one((wait, count): Waits<Bytes>) -> Option<Answering> {
    let sent: Arc<[Bytes]> = frames_by_delta(count).into();
    let service = service_fn(move |request: Request<Incoming>| {
        let sent = Arc::clone(&sent);
        async move {
            let _ = request.into_body().collect().await;
            let sent = wait(sent.to_vec());
            let sent = sent.map(|frame| Ok::<_, Infallible>(http_body::Frame::data(frame)));
            Ok(Response::new(Body::new(StreamBody::new(sent))))
        }
    });
    Some(BoxCloneService::new(service))
}

/// Sends the deltas with axum's `json_data`, one after the other.
fn axum_one_by_one((wait, count): Waits<PlainDelta>) -> Option<Answering> {
    let deltas = plain_deltas(&sample::events());
    let deltas = deltas.get(..count).unwrap_or(deltas);
    let answer = move |_: Bytes| {
        let events = wait(deltas.to_vec()).map(|delta| {
            let event = Event::default().event("response.output_text.delta");
            Ok::<_, Infallible>(event.json_data(delta).unwrap_or_default())
        });
        std::future::ready(Sse::new(events).into_response())
    };
    axum(Router::new().route("/v1/responses", post(answer)))
}

/// Servers of a stream whose deltas come through a channel, one after the other.
pub const WAITING_STREAMS: &[Subject] = &[
    subject(Role::Limit, "hyper, frames encoded before", || {
        one_by_one((channel, sample::DELTAS))
    }),
    subject(Role::Ours, "the endpoint", || {
        ours(OpenResponses::new(
            OneByOne((channel, sample::DELTAS)),
            Config::new(),
        ))
    }),
    subject(Role::Peer, "axum Sse json_data", || {
        axum_one_by_one((channel, sample::DELTAS))
    }),
];

/// Servers of a stream with time between its deltas.
pub const PACED_STREAMS: &[Subject] = &[
    subject(Role::Limit, "hyper, frames encoded before", || {
        one_by_one((paced, PACED))
    }),
    subject(Role::Ours, "the endpoint", || {
        ours(OpenResponses::new(OneByOne((paced, PACED)), Config::new()))
    }),
    subject(Role::Peer, "axum Sse json_data", || {
        axum_one_by_one((paced, PACED))
    }),
];

/// Sends one delta and then nothing.
struct Idle;

impl Provider for Idle {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let first = stream::iter([Ok::<_, Error>(Delta::text("One"))]);
        Ok(Response::new(OutputStream::new(
            first.chain(stream::pending()),
        )))
    }
}

/// Servers of a stream with one event that never ends.
pub const IDLE_STREAMS: &[Subject] = &[
    subject(Role::Limit, "hyper, frames encoded before", || {
        let service = service_fn(|request: Request<Incoming>| async move {
            let _ = request.into_body().collect().await;
            let first = sample_frames().first().cloned().unwrap_or_default();
            let first = stream::iter([Ok::<_, Infallible>(http_body::Frame::data(first))]);
            let body = StreamBody::new(first.chain(stream::pending()));
            Ok(Response::new(Body::new(body)))
        });
        Some(BoxCloneService::new(service))
    }),
    subject(Role::Ours, "the endpoint", || {
        ours(OpenResponses::new(Idle, Config::new()))
    }),
    subject(Role::Peer, "axum Sse json_data", || {
        let answer = |_: Bytes| {
            let event = Event::default().event("response.output_text.delta");
            let first = stream::iter([Ok::<_, Infallible>(event.data("{\"delta\":\"One\"}"))]);
            std::future::ready(Sse::new(first.chain(stream::pending())).into_response())
        };
        axum(Router::new().route("/v1/responses", post(answer)))
    }),
];
