//! Faults of a reference server that the probe must report, one at a time.

use std::io::{Read, Write};
use std::net::TcpStream;

use hyper::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::server::{Exchange, serve};
use crate::{failed, report};

type Fault = (&'static str, fn(&mut Exchange), &'static str);

/// The name of a fault, what it does, and a case that must fail with its rule.
const FAULTS: [Fault; 25] = [
    (
        "405 is sent as 500",
        |it| {
            if it.status == 405 {
                it.status = 500;
            }
        },
        "head json error-status",
    ),
    (
        "deltas that are not ASCII are damaged",
        |it| {
            for word in ["ü", "東", "🎈"] {
                edit_events(it, "response.output_text.delta", |event| {
                    let delta = event["delta"].as_str().unwrap().replace(word, "\u{FFFD}");
                    event["delta"] = json!(delta);
                });
            }
        },
        "non-ascii stream text-mismatch",
    ),
    (
        "text that is not ASCII is damaged everywhere",
        |it| it.replace("ü", "Ã¼"),
        "non-ascii json text-encoding",
    ),
    (
        "a failure has no response.failed",
        |it| drop_events(it, "response.failed"),
        "failing-model stream error-without-response-failed",
    ),
    (
        "a failing model is the fault of the request",
        |it| blame_request(it, 400),
        "failing-model json error-status",
    ),
    (
        "a failing model makes the request time out",
        |it| blame_request(it, 408),
        "failing-model json error-status",
    ),
    (
        "a failing model cannot process the request",
        |it| blame_request(it, 422),
        "failing-model json error-status",
    ),
    (
        "429 has no retry-after",
        |it| drop(it.headers.remove(RETRY_AFTER)),
        "limited-model json retry-after",
    ),
    (
        "401 is sent as 400",
        |it| {
            if it.status == 401 {
                it.status = 400;
            }
        },
        "bad-key json error-status",
    ),
    (
        "404 is sent as 500",
        |it| {
            if it.status == 404 {
                it.status = 500;
            }
        },
        "unknown-model json error-status",
    ),
    (
        "a refusal is sent as 200",
        |it| {
            if it.status == 400 {
                it.status = 200;
            }
        },
        "wrong-type json error-status",
    ),
    (
        "errors have no envelope",
        |it| {
            if it.status != 200 {
                it.body = json!({"detail": "no"}).to_string();
            }
        },
        "malformed-json json ErrorBody.error:required",
    ),
    (
        "errors are text",
        |it| {
            if it.status != 200 {
                it.media_type = "text/plain".into();
            }
        },
        "malformed-json json content-type",
    ),
    (
        "an error has no param",
        |it| {
            if it.status == 400 {
                edit(it, |error| error["error"]["param"] = Value::Null);
            }
        },
        "wrong-type json error-param",
    ),
    (
        "there is no [DONE]",
        |it| it.replace("data: [DONE]\n\n", ""),
        "basic-text stream done-marker-missing",
    ),
    (
        "a sequence number is wrong",
        |it| it.replace("\"sequence_number\":4", "\"sequence_number\":44"),
        "basic-text stream sequence-number",
    ),
    (
        "the type of streams is wrong",
        |it| {
            it.media_type = it
                .media_type
                .replace("text/event-stream", "application/json")
        },
        "basic-text stream content-type",
    ),
    (
        "the type of documents is wrong",
        |it| it.media_type = it.media_type.replace("application/json", "text/json"),
        "basic-text json content-type",
    ),
    (
        "an event is missing",
        |it| drop_events(it, "response.content_part.added"),
        "basic-text stream part-not-added",
    ),
    (
        "the terminal event is missing",
        |it| drop_events(it, "response.completed"),
        "basic-text stream terminal-event-missing",
    ),
    (
        "the end has another text than the deltas",
        |it| {
            edit_events(it, "response.completed", |event| {
                let part = &mut event["response"]["output"][0]["content"][0];
                if part["text"].is_string() {
                    part["text"] = json!("another text");
                }
            });
        },
        "basic-text stream terminal-output-mismatch",
    ),
    (
        "the id of the response changes",
        |it| {
            edit_events(it, "response.completed", |event| {
                event["response"]["id"] = json!("resp_other");
            });
        },
        "basic-text stream response-identity",
    ),
    (
        "the ids of items change",
        |it| {
            edit_events(it, "response.output_item.done", |event| {
                event["item"]["id"] = json!("item_other");
            });
        },
        "basic-text stream item-id-mismatch",
    ),
    (
        "streams have no usage",
        |it| {
            edit_events(it, "response.completed", |event| {
                event["response"]["usage"] = Value::Null;
            });
        },
        "usage-everywhere stream usage-missing",
    ),
    (
        "an event is named otherwise than its type",
        |it| it.replace("event: response.completed", "event: response.done"),
        "basic-text stream event-name-mismatch",
    ),
];

/// Answers a request of the failing model with an error of the client.
fn blame_request(it: &mut Exchange, status: u16) {
    if it.request.contains("fail-midstream") {
        let error =
            json!({"type": "invalid_request_error", "code": null, "param": null, "message": "No."});
        it.status = status;
        it.media_type = "application/json".into();
        it.body = json!({"error": error}).to_string();
    }
}

fn edit(it: &mut Exchange, edit: impl FnOnce(&mut Value)) {
    let mut body: Value = serde_json::from_str(&it.body).unwrap();
    edit(&mut body);
    it.body = body.to_string();
}

/// Changes the events of a type.
fn edit_events(it: &mut Exchange, kind: &str, edit: impl Fn(&mut Value)) {
    change(it, kind, |event| {
        edit(event);
        true
    });
}

/// Drops the events of a type and numbers the others anew.
fn drop_events(it: &mut Exchange, kind: &str) {
    change(it, kind, |_| false);
}

fn change(it: &mut Exchange, kind: &str, keep: impl Fn(&mut Value) -> bool) {
    if it.media_type != "text/event-stream" {
        return;
    }
    let mut number = 0;
    let frames = it.body.split_terminator("\n\n").filter_map(|frame| {
        let data = frame.split("data: ").nth(1).unwrap();
        let Ok(mut event) = serde_json::from_str::<Value>(data) else {
            return Some(format!("{frame}\n\n"));
        };
        if event["type"] == kind && !keep(&mut event) {
            return None;
        }
        event["sequence_number"] = json!(number);
        number += 1;
        let name = event["type"].as_str().unwrap();
        Some(format!("event: {name}\ndata: {event}\n\n"))
    });
    it.body = frames.collect();
}

#[test]
fn each_fault_of_a_server_is_reported() {
    for (name, fault, expected) in FAULTS {
        let (code, report) = report(serve(fault), &[]);
        assert_eq!(code, Some(1), "{name}: {report:#}");
        let failed = failed(&report);
        assert!(
            failed.iter().any(|case| case.starts_with(expected)),
            "{name}: {failed:#?}"
        );
    }
}

/// The first event of a stream at once, the others together some time later.
#[test]
fn deltas_that_are_sent_at_the_end_are_reported_whenever_the_start_comes() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = serve(|_| {});
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut upstream = TcpStream::connect(server).unwrap();
            let mut requests = client.try_clone().unwrap();
            let mut to = upstream.try_clone().unwrap();
            std::thread::spawn(move || std::io::copy(&mut requests, &mut to));
            std::thread::spawn(move || {
                let mut answer = [0; 65_536];
                while let Ok(read @ 1..) = upstream.read(&mut answer) {
                    let answer = &answer[..read];
                    let text = String::from_utf8_lossy(answer);
                    let start = text.find("event: response.output_text.delta").unwrap_or(0);
                    client.write_all(&answer[..start]).unwrap();
                    std::thread::sleep(std::time::Duration::from_millis(300));
                    client.write_all(&answer[start..]).unwrap();
                }
            });
        }
    });
    let cases = ["--slow-model", "slow", "--case", "slow-model"];
    let (code, report) = report(address, &cases);
    assert_eq!(code, Some(1));
    assert_eq!(failed(&report), ["slow-model stream events-buffered"]);
}

#[test]
fn a_stream_that_is_sent_at_its_end_is_reported() {
    let (code, report) = report(serve(|_| {}), &["--slow-model", "slow"]);
    assert_eq!(code, Some(1));
    assert_eq!(failed(&report), ["slow-model stream events-buffered"]);
}
