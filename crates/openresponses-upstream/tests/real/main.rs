//! A real model server relayed: what a client gets through the endpoint is what the server says to a
//! client of its own. `tests/real/run` starts llama.cpp and names it in `REAL_LLAMA`; without it every
//! test reports itself as ignored.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answer;
mod direct;
mod relayed;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};

/// At this temperature the model says the same each time.
fn request(input: &str) -> Value {
    json!({"model": "smollm2", "input": input, "temperature": 0, "max_output_tokens": 24})
}

/// Questions: one that the model answers in full, one that takes more tokens than it may write.
const CASES: [(&str, &str); 2] = [
    ("a_short_answer", "Name three colors."),
    ("a_cut_answer", "Tell a story."),
];

fn main() {
    let arguments = Arguments::from_args();
    let server = std::env::var("REAL_LLAMA").ok();
    let mut trials = Vec::new();
    for (name, input) in CASES {
        for stream in [true, false] {
            let how = if stream { "streamed" } else { "in_one_piece" };
            let server = server.clone();
            let mut request = request(input);
            request["stream"] = stream.into();
            let test = move || compare(&server.unwrap(), &request);
            trials.push(Trial::test(format!("llama_cpp::{name}_{how}"), test));
        }
    }
    let trials = trials
        .into_iter()
        .map(|trial| trial.with_ignored_flag(server.is_none()));
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// Holds the relayed answer against the server's own.
fn compare(server: &str, request: &Value) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let theirs = runtime.block_on(direct::answer(server, request));
    let ours = runtime.block_on(relayed::answer(server, request));
    let expect = |holds: bool, what: &str| match holds {
        true => Ok(()),
        false => Err(Failed::from(format!(
            "{what}: directly {theirs:?}, relayed {ours:?}"
        ))),
    };
    expect(
        ours.status == "completed",
        "the relayed response is completed",
    )?;
    expect(theirs.items.len() == 1, "the server answers with one item")?;
    expect(!theirs.items[0].1.is_empty(), "that says something")?;
    expect(ours.items == theirs.items, "the items are the same")?;
    expect(ours.usage == theirs.usage, "so is the usage")?;
    if request["stream"] == true {
        expect(ours.streamed == ours.items, "deltas make up the items")?;
    }
    Ok(())
}
