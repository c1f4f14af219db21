//! Reading and validating requests.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use openresponses_benches::{plain, sample};
use openresponses_types::json::Document;
use openresponses_types::{CreateRequest, DocumentKind, Normalizer, Profile, validate};

/// Typed and lossless against plain derives of the same fields.
fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse_request");
    for (name, body) in sample::requests() {
        let body = body.as_bytes();
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_with_input(BenchmarkId::new("lossless", name), body, |bencher, body| {
            bencher.iter(|| CreateRequest::from_json(black_box(body)));
        });
        group.bench_with_input(
            BenchmarkId::new("plain_serde", name),
            body,
            |bencher, body| {
                bencher.iter(|| serde_json::from_slice::<plain::CreateRequest>(black_box(body)));
            },
        );
        // The pre-pass alone: the share of the time that goes into checking.
        group.bench_with_input(BenchmarkId::new("check", name), body, |bencher, body| {
            bencher.iter(|| Document::parse(black_box(body)).is_ok());
        });
    }
    group.finish();
}

/// A checked document against every rule.
fn validation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("validate_request");
    for (name, body) in sample::requests() {
        let Ok(document) = Document::parse(body.as_bytes()) else {
            continue;
        };
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                validate(
                    black_box(&document),
                    DocumentKind::CreateRequest,
                    Profile::Compatible,
                )
            });
        });
    }
    group.finish();
}

/// The whole road from bytes to a turn.
fn turn(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("request_to_turn");
    for (name, body) in sample::requests() {
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let document = Document::parse(black_box(body.as_bytes())).ok()?;
                let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
                let request = CreateRequest::from_document(&document).ok()?;
                let turn = Normalizer::new(Profile::Compatible).turn(request).ok()?;
                Some((report, turn))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parse, validation, turn);
criterion_main!(benches);
