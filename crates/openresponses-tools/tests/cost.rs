//! What the loop costs beyond the provider that it wraps, in allocations.
#![allow(clippy::unwrap_used)]

use allocation_counter::measure;
use futures_util::StreamExt;
use http::{Request, Response};
use openresponses_tools::{Tool, ToolLoop, ToolOutput, Tools};
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::normalize::Normalizer;
use openresponses_types::sequence::Delta;
use openresponses_types::{CreateRequest, Item, Profile, Turn};
use serde_json::{Value, json};

/// Calls a tool in all rounds but the last, in which it says `words` words.
struct Model {
    rounds: usize,
    words: usize,
}

impl Provider for Model {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let items = &turn.body().items;
        let outputs = items
            .iter()
            .filter(|item| matches!(&***item, Item::FunctionCallOutput(_)));
        let mut deltas = Vec::with_capacity(self.words + 4);
        if outputs.count() + 1 < self.rounds {
            deltas.push(Delta::Call {
                key: 0,
                call_id: None,
                name: "tool".into(),
            });
        } else {
            deltas.extend((0..self.words).map(|_| Delta::text("word ")));
        }
        deltas.push(Delta::complete());
        Ok(Response::new(OutputStream::from_deltas(deltas)))
    }
}

fn turn() -> Request<Turn> {
    let request = CreateRequest::from_json(br#"{"model":"m","input":"x"}"#).unwrap();
    Request::new(Normalizer::new(Profile::Compatible).turn(request).unwrap())
}

/// How much is allocated for a response.
fn cost(provider: &impl Provider) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let run = || {
        runtime.block_on(async {
            let mut output = provider.respond(turn()).await.unwrap().into_body();
            while let Some(piece) = output.next().await {
                drop(piece.unwrap());
                let tasks = tokio::runtime::Handle::current()
                    .metrics()
                    .num_alive_tasks();
                assert_eq!(tasks, 0, "a piece of the output has a task");
            }
        });
    };
    // What happens once has happened then.
    run();
    measure(run).count_total
}

fn looped(rounds: usize, words: usize) -> ToolLoop<Model> {
    let tool = Tool::raw("tool", json!({}), |_: Value, _| async {
        Ok(ToolOutput::new("x"))
    });
    ToolLoop::new(Model { rounds, words }, Tools::new().tool(tool))
}

#[test]
fn a_delta_that_passes_costs_nothing() {
    let direct = |words| cost(&Model { rounds: 1, words });
    let plain = direct(20_000) - direct(10_000);
    let with_loop = cost(&looped(1, 20_000)) - cost(&looped(1, 10_000));
    // The text that is kept for a further round grows by doubling.
    assert!(with_loop <= plain + 4, "{plain} {with_loop}");
}

#[test]
fn rounds_cost_what_they_are() {
    let rounds = |count| cost(&looped(count, 10));
    let (two, four, eight) = (rounds(2), rounds(4), rounds(8));
    let (first, second) = ((four - two) / 2, (eight - four) / 4);
    // One more round costs the same, however many were before it.
    assert!(second <= first + first / 10, "{first} {second}");
}

#[test]
fn a_round_costs_a_turn_and_its_call() {
    let turn = cost(&Model {
        rounds: 2,
        words: 10,
    });
    let rounds = |count| cost(&looped(count, 10));
    let round = (rounds(10) - rounds(2)) / 8;
    // The call is checked, run and timed, and the next turn is built of the last.
    assert!(round <= turn + CALL, "{round} {turn}");
}

/// The most allocations of a call beside its turn.
const CALL: u64 = 60;

/// The items of a call that was approved and ran.
fn approved(id: &str) -> [Value; 3] {
    [
        json!({"type": "acme:approval_request", "id": id, "status": "completed", "tool": "acme:tool",
            "call_id": "c", "name": "tool", "arguments": "{}"}),
        json!({"type": "acme:approval_response", "approval_request_id": id, "approve": true}),
        json!({"type": "acme:tool", "id": format!("i{id}"), "status": "completed", "call_id": "c",
            "name": "tool", "arguments": "{}", "approval_request_id": id, "output": "x"}),
    ]
}

#[test]
fn approvals_of_a_conversation_cost_what_they_are() {
    let items = |prefix: &str, count: usize| -> Vec<Value> {
        let ids = (0..count).map(|at| format!("{prefix}{at}"));
        ids.flat_map(|id| approved(&id)).collect()
    };
    let normalized = |previous: &[std::sync::Arc<Item>], items: Vec<Value>| {
        let body = json!({"model": "m", "input": items}).to_string();
        let request = CreateRequest::from_json(body.as_bytes()).unwrap();
        let normalizer = Normalizer::new(Profile::Compatible).previous(previous);
        normalizer.turn(request).unwrap()
    };
    let tool = Tool::raw("tool", json!({}), |_: Value, _| async {
        Ok(ToolOutput::new("x"))
    });
    let item_type = openresponses_types::wire::ExtensionType::new("acme:tool").unwrap();
    let model = Model {
        rounds: 1,
        words: 1,
    };
    let provider = ToolLoop::new(model, Tools::new().tool(tool.shown_as(item_type)));
    let cost = |count| {
        let before = normalized(&[], items("before", count)).items;
        let turn = normalized(&before, items("now", count));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let run = || {
            let turn = Request::new(turn.clone());
            let response = runtime.block_on(provider.respond(turn));
            assert!(response.is_ok());
        };
        run();
        measure(run).count_total
    };
    let (one, two) = (cost(100), cost(200));
    assert!(two <= 2 * one + one / 10, "{one} {two}");
}
