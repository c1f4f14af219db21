//! Streams of real servers, relayed. A test for each, ignored where the recordings are not there.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use libtest_mimic::{Failed, Trial};
use openresponses_tower::output::RelayMode;
use serde_json::{Value, json};

use crate::frames;
use crate::judge::{self, Fault, fault};
use crate::relayed::{Relayed, cut, relay};
use crate::returned;
use crate::table::Table;
use crate::transcript::{Transcript, array};
use crate::transitions::{self, Transition};

/// Two ways to cut each stream.
const SEEDS: [u64; 2] = [1, 2];

/// The recordings; empty where they are not there.
pub(crate) fn paths() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder.join("../../../shared/recordings/responses-sse");
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

pub(crate) fn trials(table: &Table) -> Vec<Trial> {
    let paths = paths();
    if paths.is_empty() {
        return vec![Trial::test("recordings", || Ok(())).with_ignored_flag(true)];
    }
    let mut trials = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for (mode, run) in [
            ("repair", repair as fn(&str, &[u8]) -> Outcome),
            ("enforce", enforce),
            ("observe", observe),
        ] {
            let (path, table, stream) = (path.clone(), table.clone(), name.clone());
            trials.push(Trial::test(format!("{mode}::{name}"), move || {
                let outcome = run(&stream, &fs::read(&path)?);
                table.note(
                    mode,
                    outcome.server,
                    &stream,
                    &outcome.faults,
                    &outcome.names,
                );
                outcome.verdict()
            }));
        }
    }
    trials
}

struct Outcome {
    server: &'static str,
    faults: Vec<Fault>,
    names: Vec<String>,
}

impl Outcome {
    fn verdict(self) -> Result<(), Failed> {
        if self.faults.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = self
            .faults
            .iter()
            .map(|fault| {
                let detail: String = fault.detail.chars().take(600).collect();
                format!("{}: {detail}", fault.kind)
            })
            .collect();
        Err(lines.join("\n").into())
    }
}

/// A request that could have led to the stream: the tools that the upstream echoes.
pub(crate) fn request(events: &[Value]) -> Value {
    let mut request = json!({"model": "ours", "input": "x", "stream": true});
    let first = events.iter().find(|event| event["response"].is_object());
    if let Some(response) = first.map(|event| &event["response"]) {
        for member in ["tools", "parallel_tool_calls", "tool_choice"] {
            if !response[member].is_null() {
                request[member] = response[member].clone();
            }
        }
    }
    request
}

fn repair(name: &str, bytes: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(bytes);
    let events = frames::events(&text);
    let request = request(&events);
    let upstream = Transcript::read(&events);
    let mut faults = Vec::new();
    let whole = relay(
        vec![Bytes::copy_from_slice(bytes)],
        RelayMode::Repair,
        &request,
    );
    if whole.status == 400 {
        faults.push(fault("request refused", whole.body.clone()));
        return Outcome {
            server: server(&events),
            faults,
            names: Vec::new(),
        };
    }
    if is_stream(&whole) {
        judge::legality(&format!("repair_{name}"), &whole.body, &text, &mut faults);
        judge::content(&upstream, &whole.body, &mut faults);
        let sent = frames::events(&whole.body);
        let change = judge::change(&events, &sent).filter(|_| whole.names.is_empty());
        faults.extend(change.map(|change| fault("change without a name", change)));
    } else {
        faults.push(fault(
            "no stream",
            format!("{} {}", whole.status, whole.body),
        ));
    }
    for seed in SEEDS {
        let pieces = relay(cut(bytes, seed), RelayMode::Repair, &request);
        if pieces.body != whole.body {
            let detail = first_line(&whole.body, &pieces.body);
            faults.push(fault("chunks change the answer", detail));
            break;
        }
    }
    let mut asked = request;
    asked["stream"] = false.into();
    let document = relay(
        vec![Bytes::copy_from_slice(bytes)],
        RelayMode::Repair,
        &asked,
    );
    if document.status == 200 {
        judge::document(&upstream, &document.body, &mut faults);
        let body: Value = serde_json::from_str(&document.body).unwrap();
        if let Err(refused) = returned::accepted(array(&body["output"])) {
            let refused = refused.message().unwrap_or_default();
            faults.push(fault("our output is refused as input", refused));
        }
    } else if upstream.ending.is_some_and(|end| end.status != "failed") {
        faults.push(fault(
            "error for an answer",
            format!("{} {}", document.status, document.body),
        ));
    }
    faults.dedup();
    Outcome {
        server: server(&events),
        faults,
        names: whole.names,
    }
}

/// What follows the specification is not refused. What else is refused is counted by its rule.
fn enforce(name: &str, bytes: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(bytes);
    let events = frames::events(&text);
    let upstream = Transcript::read(&events);
    let relayed = relay(
        vec![Bytes::copy_from_slice(bytes)],
        RelayMode::Enforce,
        &request(&events),
    );
    let mut faults = Vec::new();
    if is_stream(&relayed) {
        judge::legality(
            &format!("enforce_{name}"),
            &relayed.body,
            &text,
            &mut faults,
        );
    }
    let sent = frames::events(&relayed.body);
    let failed = |event: &Value| event["type"] == "response.failed";
    let refused = !is_stream(&relayed) || sent.last().is_some_and(failed);
    let names = if refused { relayed.names } else { Vec::new() };
    if refused
        && upstream.ending.is_some_and(|end| end.status != "failed")
        && follows_the_text(&events)
        // By the standard of event streams the last event is lost without its blank line.
        && text.ends_with("\n\n")
    {
        faults.push(fault("a legal stream is refused", names.join(", ")));
    }
    Outcome {
        server: server(&events),
        faults,
        names,
    }
}

/// Everything between the lifecycle events passes as it came, but for its number.
fn observe(_: &str, bytes: &[u8]) -> Outcome {
    // A last event without its blank line is lost by the standard of event streams.
    let text = String::from_utf8_lossy(bytes);
    let bytes = [bytes, b"\n\n"].concat();
    let events = frames::events(&text);
    let relayed = relay(
        vec![Bytes::from(bytes)],
        RelayMode::Observe,
        &request(&events),
    );
    let sent = frames::events(&relayed.body);
    let mut faults = Vec::new();
    if events.iter().all(|event| event["type"].is_string()) {
        let change = judge::change(&events, &sent);
        faults.extend(change.map(|change| fault("an observed event changed", change)));
    }
    let ending = Transcript::read(&events).ending;
    let status = sent.last().map(|event| event["response"]["status"].clone());
    if let Some(ending) = ending
        && status.as_ref().and_then(Value::as_str) != Some(&*ending.status)
    {
        faults.push(fault("an observed end changed", format!("{status:?}")));
    }
    Outcome {
        server: server(&events),
        faults,
        names: relayed.names,
    }
}

/// The server that sent a stream, by the model and the ids that it names.
fn server(events: &[Value]) -> &'static str {
    let first = events.iter().find(|event| event["response"].is_object());
    let response = first.map_or(&Value::Null, |event| &event["response"]);
    let id = response["id"].as_str().unwrap_or_default();
    if id.starts_with("capture-id") {
        return "Copilot";
    }
    match response["model"].as_str().unwrap_or_default() {
        "" => "unknown",
        model if model.starts_with("gpt") || model.starts_with("o4") => "OpenAI, Azure",
        model if model.starts_with("grok") => "xAI",
        model if model.starts_with("deepseek") => "DeepSeek",
        model if model.starts_with("google/") => "OpenRouter",
        model if model.starts_with("openai.") => "Bedrock",
        _ => "LM Studio and the like",
    }
}

/// Whether the only fault is that types of a vendor have no prefix, if there is one.
fn follows_the_text(events: &[Value]) -> bool {
    let mut faults = transitions::faults(events).into_iter();
    faults.all(|fault| fault == Transition::Prefix)
}

fn is_stream(relayed: &Relayed) -> bool {
    relayed.status == 200 && relayed.body.starts_with("event:")
}

fn first_line(left: &str, right: &str) -> String {
    let mut lines = left.lines().zip(right.lines());
    let differing = lines.find(|(left, right)| left != right);
    differing.map_or("one is longer".into(), |(left, right)| {
        format!("{left}\n  in chunks {right}")
    })
}
