//! Answers requests of growing [sizes] for callgrind, which counts the calls of `counted`.

use std::process::ExitCode;

use bytes::Bytes;
use futures_executor::block_on;
use http::Request;
use http_body_util::{BodyExt, Full};
use openresponses_hot_paths::sizes;
use openresponses_testing::EmbeddedModel;
use openresponses_tower::{Config, OpenResponses};
use tower_service::Service;

#[path = "../../../../crates/openresponses-tower/tests/shapes/list.rs"]
mod list;

use list::{SHAPES, Shape, list, with};

/// Shapes whose work is the model's.
const OF_THE_MODEL: &[Shape] = &[
    ("calls of tools", |count| {
        let call = |n| {
            format!(
                r#"{{"type":"function_call","call_id":"{n}","name":"f{n}","arguments":""}},{{"type":"function_call_output","call_id":"{n}","output":""}}"#
            )
        };
        let tool = |n| format!(r#"{{"type":"function","name":"f{n}"}}"#);
        let (calls, tools) = (list(count, call), list(count, tool));
        format!(r#"{{"model":"m","tool_choice":"required","input":{calls},"tools":{tools}}}"#)
    }),
    ("written calls of tools", |count| {
        let calls = (0..count)
            .map(|n| format!("call g{n} {{}} "))
            .collect::<String>();
        let tool = |n| format!(r#"{{"type":"function","name":"f{n}"}}"#);
        format!(
            r#"{{"model":"m","input":"{calls}","tools":{}}}"#,
            list(count, tool)
        )
    }),
    ("a written object without an end", |count| {
        let braces = "}".repeat(10 * count);
        format!(
            r#"{{"model":"m","input":"call f {{\"{braces}","tools":[{{"type":"function","name":"f"}}]}}"#
        )
    }),
    ("words", |count| {
        with(&format!(r#""instructions":"{}""#, "a ".repeat(count)))
    }),
];

/// Answers a request, and reads the whole answer. Returns its status.
#[inline(never)]
fn counted(body: Bytes) -> u16 {
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(Full::<Bytes>::from(body));
    let Ok(request) = request else { return 0 };
    let mut service = OpenResponses::new(EmbeddedModel::new(), Config::new());
    let Ok(answer) = block_on(service.call(request));
    let status = answer.status().as_u16();
    let Ok(_) = block_on(answer.into_body().collect());
    status
}

fn main() -> ExitCode {
    let shapes = SHAPES.iter().chain(OF_THE_MODEL);
    let shapes = shapes.map(|&(name, shape)| (name, shape, ()));
    sizes::run(shapes, |body, ()| counted(body))
}
