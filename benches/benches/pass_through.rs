//! What stands between a client and a model server: a proxy of hyper's server and client that passes the
//! bytes on, and an endpoint that relays or translates them. Both are in front of the same server, which
//! sends the same bytes, one chunk an event; client, proxy and server have a thread each.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::stream;
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::TokioExecutor;
use hyper_util::service::TowerToHyperService;
use openresponses_benches::loopback::{Client, request, serve};
use openresponses_benches::{groups, sample};
use openresponses_sse::encode::{DONE, encode_event};
use openresponses_tower::{Config, OpenResponses};
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{BaseUrl, ClientOptions, Dialect, HttpClient, Upstream};

/// A model server that answers every request with the same event stream.
fn model_server(chunks: Vec<Bytes>) -> io::Result<SocketAddr> {
    serve(service_fn(move |asked: Request<Incoming>| {
        let chunks = chunks.clone();
        async move {
            // A connection is used again once the request was read.
            let _ = asked.into_body().collect().await;
            let frames = chunks
                .into_iter()
                .map(|it| Ok::<_, Infallible>(Frame::data(it)));
            let mut response = Response::new(StreamBody::new(stream::iter(frames)));
            let kind = header::HeaderValue::from_static("text/event-stream");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            Ok::<_, Infallible>(response)
        }
    }))
}

/// A proxy that passes everything on and reads nothing of it.
fn pass_through(upstream: SocketAddr) -> io::Result<SocketAddr> {
    let client: HyperClient<_, Incoming> = HyperClient::builder(TokioExecutor::new()).build_http();
    serve(service_fn(move |mut asked: Request<Incoming>| {
        let client = client.clone();
        async move {
            let uri = format!("http://{upstream}{}", asked.uri().path());
            *asked.uri_mut() = uri.parse::<Uri>().unwrap_or_default();
            let response: Response<BoxBody<Bytes, hyper::Error>> = match client.request(asked).await
            {
                Ok(response) => response.map(BodyExt::boxed),
                Err(_) => {
                    let empty = Empty::new().map_err(|never: Infallible| match never {});
                    let mut response = Response::new(empty.boxed());
                    *response.status_mut() = StatusCode::BAD_GATEWAY;
                    response
                }
            };
            Ok::<_, Infallible>(response)
        }
    }))
}

/// An endpoint whose provider asks the model server in its dialect.
fn endpoint(dialect: impl Dialect, upstream: SocketAddr) -> io::Result<SocketAddr> {
    let client = HttpClient::new(ClientOptions::new()).map_err(io::Error::other)?;
    let base = BaseUrl::parse(&format!("http://{upstream}/v1")).map_err(io::Error::other)?;
    let upstream = Upstream::new(dialect, base, client);
    serve(TowerToHyperService::new(OpenResponses::new(
        upstream,
        Config::new(),
    )))
}

/// The sample stream of the protocol itself.
fn events() -> Vec<Bytes> {
    let encoded = sample::events().into_iter().map(|event| {
        let mut frame = BytesMut::new();
        // The events of a sequencer can always be encoded.
        let _ = encode_event(&event, &mut frame);
        frame.freeze()
    });
    encoded.chain([Bytes::from_static(DONE)]).collect()
}

/// Times both ways to the same bytes.
fn beside(
    criterion: &mut Criterion,
    name: &str,
    ours: &str,
    chunks: Vec<Bytes>,
    dialect: impl Dialect,
) {
    let events = chunks.len() as u64;
    let connect = || {
        let upstream = model_server(chunks)?;
        let direct = Client::connect(pass_through(upstream)?)?;
        io::Result::Ok((direct, Client::connect(endpoint(dialect, upstream)?)?))
    };
    let Ok((mut direct, mut through)) = connect() else {
        eprintln!("no socket to measure over");
        return;
    };
    let asked = request(&sample::short_request());
    let mut group = criterion.benchmark_group(format!("pass_through: {name}"));
    group.throughput(Throughput::Elements(events));
    for (subject, client) in [("hyper pass-through", &mut direct), (ours, &mut through)] {
        group.bench_function(subject, |bencher| {
            bencher.iter(|| {
                let read = client
                    .call(&asked)
                    .unwrap_or_else(|error| panic!("{subject}: {error}"));
                // What is shorter is a refusal.
                assert!(read > 50_000, "{subject}: {read} bytes");
            });
        });
    }
    group.finish();
}

fn pass_throughs(criterion: &mut Criterion) {
    beside(criterion, "Responses", "relay", events(), Responses::new());
    let (chat, anthropic, gemini) = (groups::chat(), groups::anthropic(), groups::gemini());
    beside(
        criterion,
        "Chat Completions",
        "translation",
        chat.chunks(),
        Chat::new(),
    );
    beside(
        criterion,
        "Messages",
        "translation",
        anthropic.chunks(),
        Anthropic::new(),
    );
    beside(
        criterion,
        "generateContent",
        "translation",
        gemini.chunks(),
        Gemini::new(),
    );
}

criterion_group!(benches, pass_throughs);
criterion_main!(benches);
