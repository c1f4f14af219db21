//! End to end: a client on one thread, a server on another, a socket between them.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http::{Request, Response};
use hyper_util::service::TowerToHyperService;
use openresponses_benches::loopback::{Client, request, serve};
use openresponses_benches::sample;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;

/// Sends the sample's deltas, all ready at once.
struct Sample;

impl Provider for Sample {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Ok(Response::new(OutputStream::from_deltas(sample::deltas())))
    }
}

fn end_to_end(criterion: &mut Criterion) {
    let service = TowerToHyperService::new(OpenResponses::new(Sample, Config::new()));
    let Ok(mut client) = serve(service).and_then(Client::connect) else {
        eprintln!("no socket to measure over");
        return;
    };
    let mut group = criterion.benchmark_group("end_to_end");
    group.throughput(Throughput::Elements(sample::events().len() as u64));
    let stream = request(&sample::short_request());
    group.bench_function("stream of 500 deltas", |bencher| {
        bencher.iter(|| client.call(&stream));
    });
    let whole = request(&sample::short_request().replace(r#""stream":true"#, r#""stream":false"#));
    group.bench_function("response of 500 deltas", |bencher| {
        bencher.iter(|| client.call(&whole));
    });
    group.finish();
}

criterion_group!(benches, end_to_end);
criterion_main!(benches);
