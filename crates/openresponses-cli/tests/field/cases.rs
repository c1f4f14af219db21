//! Small cases from public bug reports of servers like this one: each with the answer that is right.
//! Every case is written here as well ([`ours`](crate::ours)); those beside the project run where they are there.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use libtest_mimic::{Failed, Trial};
use openresponses_tower::output::RelayMode;
use serde_json::{Value, json};

use crate::asked::{Answered, ask};
use crate::build;
use crate::frames;
use crate::judge::{self, Fault, fault};
use crate::ours::{self, Case};
use crate::relayed::relay;
use crate::table::Table;
use crate::transcript::{Transcript, array};

pub(crate) fn trials(table: &Table) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (place, cases) in [("case", ours::all()), ("field_case", beside())] {
        if cases.is_empty() {
            trials.push(Trial::test(place, || Ok(())).with_ignored_flag(true));
        }
        for case in cases {
            let table = table.clone();
            let name = format!("{place}::{:02}_{}", case.number, title(case.number));
            trials.push(Trial::test(name, move || {
                let faults = run(&case);
                let number = format!("{:02}", case.number);
                table.note(place, "", &number, &faults, &[]);
                verdict(faults)
            }));
        }
    }
    trials
}

/// What is right, in a few words.
fn title(number: u32) -> &'static str {
    match number {
        2 => "a_custom_tool_that_an_item_declares_may_be_called",
        3 => "a_function_that_a_tool_search_found_may_be_called",
        4 => "a_stored_prompt_may_bring_any_function",
        6 => "missing_numbers_change_nothing",
        8 => "a_delta_without_index_belongs_to_the_item_that_it_names",
        9 => "empty_usage_details_count_zero",
        10 => "a_count_of_null_is_zero",
        11 => "usage_of_chat_completions_is_mapped",
        12 => "a_sparse_terminal_response_is_filled_in",
        13 => "an_echo_that_cannot_be_read_fails_nothing",
        14 => "missing_usage_details_count_zero",
        16 => "a_failed_response_in_a_completed_event_is_failed",
        17 => "an_error_without_code_keeps_its_message",
        18 => "an_error_with_a_numeric_code_keeps_its_message",
        19 => "an_untyped_error_frame_is_an_error",
        20 => "the_class_of_an_error_decides_the_status",
        21 => "a_new_id_at_a_used_index_is_another_item",
        22 => "what_an_item_lacks_is_filled_in",
        23 => "a_keepalive_event_is_not_passed_on",
        25 => "a_json_schema_in_the_shape_of_chat_is_unfolded",
        26 => "a_response_format_is_not_ignored",
        27 => "an_item_id_that_comes_twice_is_not_lost",
        28 => "a_reason_behind_response_failed_is_kept",
        29 => "a_tool_output_may_have_parts",
        30 => "an_assistant_message_may_be_a_string",
        31 => "an_assistant_message_needs_no_id",
        32 => "reasoning_needs_no_content",
        33 => "an_item_of_a_hosted_tool_may_hold_anything",
        34 => "a_namespace_is_a_tool",
        35 => "members_of_null_count_as_absent",
        36 => "a_whole_float_is_an_integer",
        37 => "an_empty_output_at_the_end_is_filled_in",
        38 => "a_summary_part_is_made_up",
        39 => "created_comes_first",
        40 => "no_second_call_where_parallel_calls_are_off",
        41 => "a_finished_response_cannot_be_cancelled_otherwise",
        43 => "a_stream_id_is_not_swallowed",
        _ => "unknown",
    }
}

/// The cases beside the project.
fn beside() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/field-cases");
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let name = path.file_name().unwrap().to_string_lossy();
    let number = name.split('-').next().unwrap().parse().unwrap();
    let case: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let upstream = array(&case["upstream"]).iter();
    let upstream = upstream.map(|event| match event.as_str() {
        Some(text) => serde_json::from_str(text).unwrap(),
        None => event.clone(),
    });
    Case {
        number,
        request: case["request"].clone(),
        upstream: upstream.collect(),
    }
}

fn verdict(faults: Vec<Fault>) -> Result<(), Failed> {
    if faults.is_empty() {
        return Ok(());
    }
    let lines = faults.iter().map(|fault| {
        let detail: String = fault.detail.chars().take(600).collect();
        format!("{}: {detail}", fault.kind)
    });
    Err(lines.collect::<Vec<_>>().join("\n").into())
}

fn run(case: &Case) -> Vec<Fault> {
    let mut faults = Vec::new();
    match case.number {
        41 => crate::asked::cancelling(&mut faults),
        43 => crate::socket::stream_id(&mut faults),
        _ if case.upstream.is_empty() => answered(case, &mut faults),
        _ => relayed(case, &mut faults),
    }
    faults
}

/// Notes a fault unless `holds`.
fn require(holds: bool, what: &str, shown: impl ToString, faults: &mut Vec<Fault>) {
    if !holds {
        faults.push(fault(what, shown.to_string()));
    }
}

fn relayed(case: &Case, faults: &mut Vec<Fault>) {
    let text = frames::printed(&case.upstream);
    let upstream = Transcript::read(&case.upstream);
    let chunk = || vec![Bytes::from(text.clone())];
    let mut request = case.request.clone();
    request["model"] = "ours".into();
    let document = relay(chunk(), RelayMode::Repair, &request);
    request["stream"] = true.into();
    let stream = relay(chunk(), RelayMode::Repair, &request);
    if stream.status != 200 {
        faults.push(fault(
            "no stream",
            format!("{} {}", stream.status, stream.body),
        ));
        return;
    }
    let sent_by_others = format!("{text}{request}");
    judge::legality(
        &format!("{:02}", case.number),
        &stream.body,
        &sent_by_others,
        faults,
    );
    let events = frames::events(&stream.body);
    let Some(response) = events.last().map(|event| &event["response"]) else {
        faults.push(fault("no stream", stream.body));
        return;
    };
    let body: Value = serde_json::from_str(&document.body).unwrap();
    // Of two calls the request forbids the second.
    if case.number == 40 {
        let calls = array(&response["output"]);
        require(calls.len() == 1, "one call", &response["output"], faults);
        require(
            response["status"] == "completed",
            "completed",
            response,
            faults,
        );
        return;
    }
    judge::content(&upstream, &stream.body, faults);
    if document.status == 200 {
        judge::document(&upstream, &document.body, faults);
    } else if response["status"] != "failed" {
        faults.push(fault("error for an answer", document.body.clone()));
    }
    particulars(case.number, &events, (document.status, &body), faults);
}

/// What is right about one case beyond its texts, status and usage.
fn particulars(number: u32, events: &[Value], document: (u16, &Value), faults: &mut Vec<Fault>) {
    let (status, body) = document;
    let response = &events[events.len() - 1]["response"];
    let types: Vec<&str> = events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    match number {
        9 | 10 | 11 | 14 => {
            for (details, count) in [
                ("input_tokens_details", "cached_tokens"),
                ("output_tokens_details", "reasoning_tokens"),
            ] {
                let usage = &response["usage"];
                require(usage[details][count] == 0, "zero counts", usage, faults);
            }
        }
        12 => {
            require(
                response["model"] == "ours",
                "model of ours",
                response,
                faults,
            );
            require(
                response["created_at"] == 7,
                "created_at of ours",
                response,
                faults,
            );
        }
        13 => require(
            response["instructions"].is_null(),
            "echo of ours",
            response,
            faults,
        ),
        16 => {
            require(
                (500..600).contains(&status),
                "JSON status 5xx",
                status,
                faults,
            );
            require(
                body["error"]["message"] == "engine died",
                "message",
                body,
                faults,
            );
            require(
                response["error"]["code"] == "server_error",
                "code",
                response,
                faults,
            );
        }
        17 => require(
            body["error"]["message"] == "engine died",
            "message",
            body,
            faults,
        ),
        18 => {
            require(
                body["error"]["message"] == "slow down",
                "message",
                body,
                faults,
            );
            require(status == 429, "JSON status 429", status, faults);
            let error = events.iter().find(|event| event["type"] == "error");
            let message = error.map(|event| &event["error"]["message"]);
            let kept = message.is_some_and(|message| message == "slow down");
            require(kept, "error event", types.join(" "), faults);
        }
        19 | 28 => {
            require(
                body["error"]["message"] == "blocked by policy",
                "message",
                body,
                faults,
            );
            require(
                response["error"]["code"] == "content_filter",
                "code",
                response,
                faults,
            );
        }
        20 => classes(faults),
        22 => {
            let item = &response["output"][0];
            require(item["status"] == "completed", "status", item, faults);
            require(
                item["content"][0]["annotations"] == json!([]),
                "annotations",
                item,
                faults,
            );
            require(
                item["content"][0]["logprobs"] == json!([]),
                "logprobs",
                item,
                faults,
            );
        }
        23 => {
            require(
                !types.contains(&"keepalive"),
                "no keepalive",
                types.join(" "),
                faults,
            );
            require(
                events.len() == 10,
                "the rest unchanged",
                types.join(" "),
                faults,
            );
        }
        36 => require(response["created_at"].is_u64(), "integer", response, faults),
        38 => {
            let made_up = "response.reasoning_summary_part.added";
            require(
                types.contains(&made_up),
                "part added",
                types.join(" "),
                faults,
            );
        }
        39 => {
            require(
                types.first() == Some(&"response.created"),
                "created",
                types.join(" "),
                faults,
            );
            let added = types
                .iter()
                .filter(|kind| **kind == "response.output_item.added");
            require(
                added.count() == 2,
                "items are announced",
                types.join(" "),
                faults,
            );
        }
        _ => {}
    }
}

/// What an upstream's error is called decides the status; SDKs repeat what is 429 or 5xx.
fn classes(faults: &mut Vec<Fault>) {
    for (code, status, kind) in [
        ("rate_limit_exceeded", 429, "too_many_requests"),
        ("insufficient_quota", 429, "too_many_requests"),
        ("context_length_exceeded", 400, "invalid_request_error"),
        ("invalid_prompt", 400, "invalid_request_error"),
        ("whatever", 502, "server_error"),
    ] {
        let upstream = build::failing_with(code);
        for text in upstream.iter().map(|events| frames::printed(events)) {
            let request = json!({"model": "ours", "input": "x"});
            let answer = relay(vec![Bytes::from(text)], RelayMode::Repair, &request);
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            let shown = format!("{code}: {} {body}", answer.status);
            require(answer.status == status, "status of a class", &shown, faults);
            require(
                body["error"]["type"] == kind,
                "type of a class",
                &shown,
                faults,
            );
            require(
                body["error"]["code"] == code,
                "code of a class",
                &shown,
                faults,
            );
            require(
                body["error"]["message"] == "so it is",
                "message of a class",
                &shown,
                faults,
            );
        }
    }
}

/// Cases that the embedded model answers.
fn answered(case: &Case, faults: &mut Vec<Fault>) {
    let Answered {
        status,
        body,
        input,
    } = ask(&case.request);
    let shown = format!("{status} {body}");
    let text = body["output"][0]["content"][0]["text"].as_str();
    let error = &body["error"];
    match case.number {
        25 if status == 200 => {
            let object: Option<Value> = text.and_then(|text| serde_json::from_str(text).ok());
            let city = object.is_some_and(|object| object["city"].is_string());
            require(city, "an answer by the schema", &shown, faults);
        }
        25 => {
            let named = error["param"]
                .as_str()
                .is_some_and(|param| param.starts_with("text.format"));
            require(
                status == 400 && named,
                "refused at its place",
                &shown,
                faults,
            );
        }
        26 => {
            let message = error["message"].as_str().unwrap_or_default();
            require(status == 400, "refused", &shown, faults);
            require(error["param"] == "response_format", "param", &shown, faults);
            require(
                error["code"] == "unsupported_parameter",
                "code",
                &shown,
                faults,
            );
            require(message.contains("text.format"), "the fix", &shown, faults);
        }
        27 if status == 200 => {
            require(
                input.len() == 4,
                "all items are listed",
                input.len(),
                faults,
            );
        }
        27 => require(error["param"] == "input[1].id", "param", &shown, faults),
        29 => {
            require(status == 200, "accepted", &shown, faults);
            require(
                text == Some("Tool result: a"),
                "the output's text",
                &shown,
                faults,
            );
        }
        _ => require(status == 200, "accepted", &shown, faults),
    }
}
