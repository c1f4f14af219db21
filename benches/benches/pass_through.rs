//! What stands between a client and a model server: a proxy of hyper's server and client that passes the
//! bytes on, and an endpoint that relays or translates them. Both are in front of the same server, which
//! sends the same bytes, one chunk an event; client, proxy and server have a thread each.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hyper::service::service_fn;
use hyper_util::service::TowerToHyperService;
use openresponses_benches::loopback::{Client, request, serve};
use openresponses_benches::served::{PooledProxy, model_server, sample_chunks};
use openresponses_benches::{groups, sample};
use openresponses_tower::{Config, OpenResponses};
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{BaseUrl, ClientOptions, Dialect, HttpClient, Upstream};

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
        let proxy = PooledProxy::new(upstream);
        let direct = serve(service_fn(move |request| proxy.clone().pass(request)))?;
        let direct = Client::connect(direct)?;
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
    beside(
        criterion,
        "Responses",
        "relay",
        sample_chunks(),
        Responses::new(),
    );
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
