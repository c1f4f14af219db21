//! What rounds of the tool loop cost: n rounds beside n turns of the same provider without a loop. Each
//! round but the last calls a tool that answers at once; the last has the sample's text.
//! `tests/cost.rs` of `openresponses-tools` counts the allocations.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::StreamExt;
use http::{Request, Response};
use openresponses_benches::sample;
use openresponses_tools::{Limits, Tool, ToolLoop, ToolOutput, Tools};
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::normalize::Normalizer;
use openresponses_types::sequence::Delta;
use openresponses_types::{CreateRequest, Item, Profile, Turn};
use tokio::runtime::{Builder, Runtime};

const ROUNDS: [usize; 4] = [1, 2, 4, 8];

/// Calls a tool in all rounds but the last.
struct Model {
    rounds: usize,
}

impl Provider for Model {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let items = &turn.body().items;
        let outputs = items
            .iter()
            .filter(|item| matches!(&***item, Item::FunctionCallOutput(_)));
        Ok(Response::new(OutputStream::from_deltas(
            match outputs.count() + 1 < self.rounds {
                true => call(),
                false => sample::deltas(),
            },
        )))
    }
}

fn call() -> Vec<Delta> {
    let call = Delta::Call {
        key: 0,
        call_id: None,
        name: "tool".into(),
    };
    vec![call, Delta::complete()]
}

fn turn() -> Turn {
    let request = CreateRequest::from_json(sample::short_request().as_bytes());
    let request = request.unwrap_or_else(|error| panic!("{error:?}"));
    Normalizer::new(Profile::Compatible)
        .turn(request)
        .unwrap_or_else(|found| panic!("{found:?}"))
}

/// Runs a turn to its end and counts what it puts out.
async fn run(provider: &impl Provider, turn: Turn) -> usize {
    let response = provider.respond(Request::new(turn)).await;
    let mut output = response
        .unwrap_or_else(|error| panic!("{error:?}"))
        .into_body();
    let mut count = 0;
    while let Some(piece) = output.next().await {
        black_box(piece).unwrap_or_else(|error| panic!("{error:?}"));
        count += 1;
    }
    count
}

fn looped(rounds: usize) -> ToolLoop<Model> {
    let parameters = serde_json::json!({"type": "object"});
    let tool = Tool::raw("tool", parameters, |_: serde_json::Value, _| async {
        Ok(ToolOutput::new("x"))
    });
    let limits = Limits::default().rounds(16);
    ToolLoop::new(Model { rounds }, Tools::new().tool(tool)).limits(limits)
}

fn rounds(criterion: &mut Criterion) {
    let runtime: Runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let mut group = criterion.benchmark_group("rounds");
    for rounds in ROUNDS {
        group.throughput(Throughput::Elements(rounds as u64));
        group.bench_function(
            BenchmarkId::new("turns without a loop", rounds),
            |bencher| {
                let calls = Model { rounds: 2 };
                let says = Model { rounds: 1 };
                let turn = turn();
                bencher.iter(|| {
                    runtime.block_on(async {
                        for _ in 1..rounds {
                            black_box(run(&calls, turn.clone()).await);
                        }
                        run(&says, turn.clone()).await
                    })
                });
            },
        );
        group.bench_function(BenchmarkId::new("ToolLoop", rounds), |bencher| {
            let looped = looped(rounds);
            let turn = turn();
            bencher.iter(|| {
                let count = runtime.block_on(run(&looped, turn.clone()));
                assert!(count >= sample::DELTAS, "{count}");
                count
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rounds);
criterion_main!(benches);
