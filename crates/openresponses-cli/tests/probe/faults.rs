//! Servers with one fault each, which the probe reports.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::header::ALLOW;
use serde_json::{Value, json};

use crate::server::{Exchange, serve};
use crate::{failed, report};

/// A case fails for this rule, and other cases only for the rules in `also`.
fn caught(
    fault: &str,
    rule: &str,
    also: &[&str],
    edit: impl Fn(&mut Exchange) + Send + Sync + 'static,
) {
    let (code, report) = report(serve(edit), &[]);
    let failed = failed(&report);
    assert_eq!(code, Some(1), "{fault} is not noticed");
    let rules: Vec<&str> = failed
        .iter()
        .map(|case| case.rsplit(' ').next().unwrap())
        .collect();
    assert!(rules.contains(&rule), "{fault}: {failed:#?}");
    // A stream that fails has no done events, so its faults are found at its end only.
    let of_answers = failed
        .iter()
        .zip(&rules)
        .filter(|(case, _)| !case.starts_with("failing-"));
    for (_, found) in of_answers {
        assert!(
            *found == rule || also.contains(found),
            "{fault}: {failed:#?}"
        );
    }
    for case in report["cases"].as_array().unwrap() {
        assert!(
            case["section"]
                .as_str()
                .is_some_and(|section| !section.is_empty())
        );
    }
}

/// Changes the events of a stream and renumbers them.
fn events(it: &mut Exchange, edit: impl FnOnce(&mut Vec<Value>)) {
    if it.media_type != "text/event-stream" {
        return;
    }
    let data = it
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    let mut events: Vec<Value> = data
        .filter_map(|data| serde_json::from_str(data).ok())
        .collect();
    edit(&mut events);
    it.body = (0..)
        .zip(events)
        .map(|(number, mut event): (u64, Value)| {
            event["sequence_number"] = json!(number);
            format!(
                "event: {}\ndata: {event}\n\n",
                event["type"].as_str().unwrap()
            )
        })
        .chain(["data: [DONE]\n\n".to_owned()])
        .collect();
}

/// Drops the first event of a type.
fn without(it: &mut Exchange, kind: &str) {
    events(it, |all| {
        if let Some(at) = all.iter().position(|event| event["type"] == kind) {
            all.remove(at);
        }
    });
}

/// Changes the response, wherever it is whole.
fn responses(it: &mut Exchange, edit: impl Fn(&mut Value)) {
    if it.status != 200 {
        return;
    }
    if it.media_type == "application/json" {
        let mut response: Value = serde_json::from_str(&it.body).unwrap();
        if response["object"] == "response" {
            edit(&mut response);
            it.body = response.to_string();
        }
    }
    events(it, |all| {
        for event in all.iter_mut().filter(|event| event["response"].is_object()) {
            edit(&mut event["response"]);
        }
    });
}

fn requested(it: &Exchange) -> Value {
    serde_json::from_str(&it.request).unwrap_or_default()
}

#[test]
fn faults_of_streams() {
    caught("no event lines", "event-name-mismatch", &[], |it| {
        let lines = it.body.lines().filter(|line| !line.starts_with("event: "));
        it.body = lines.map(|line| format!("{line}\n")).collect();
    });
    caught(
        "a lost delta",
        "text-mismatch",
        &["deltas-missing", "arguments-mismatch"],
        |it| {
            without(it, "response.output_text.delta");
        },
    );
    caught("a delta twice", "text-mismatch", &[], |it| {
        events(it, |all| {
            if let Some(at) = all
                .iter()
                .position(|event| event["type"] == "response.output_text.delta")
            {
                all.insert(at, all[at].clone());
            }
        });
    });
    caught("no created", "first-event-not-created", &[], |it| {
        without(it, "response.created")
    });
    caught("no item added", "item-not-added", &[], |it| {
        without(it, "response.output_item.added")
    });
    caught("no part added", "part-not-added", &[], |it| {
        without(it, "response.content_part.added")
    });
    caught("no text done", "text-not-done", &[], |it| {
        without(it, "response.output_text.done")
    });
    caught("no part done", "part-not-done", &[], |it| {
        without(it, "response.content_part.done")
    });
    caught("no item done", "item-not-done", &[], |it| {
        without(it, "response.output_item.done")
    });
    caught("no terminal event", "terminal-event-missing", &[], |it| {
        events(it, |all| drop(all.pop()));
    });
    caught("everything at index 1", "output-index", &[], |it| {
        it.replace("\"output_index\":0", "\"output_index\":1");
    });
    caught(
        "another item id in the end",
        "terminal-output-mismatch",
        &[],
        |it| {
            events(it, |all| {
                let output = &mut all.last_mut().unwrap()["response"]["output"];
                if output[0]["id"].is_string() {
                    output[0]["id"] = json!("item_other");
                }
            });
        },
    );
    caught("an id for each delta", "item-id-mismatch", &[], |it| {
        events(it, |all| {
            for (at, event) in all.iter_mut().enumerate() {
                if event["type"] == "response.output_text.delta" {
                    event["item_id"] = json!(format!("msg_{at}"));
                }
            }
        });
    });
    caught(
        "another response id in the end",
        "response-identity",
        &["request-echoed"],
        |it| {
            events(it, |all| {
                all.last_mut().unwrap()["response"]["id"] = json!("resp_other")
            });
        },
    );
    caught(
        "no output in the end",
        "terminal-output-mismatch",
        &[],
        |it| {
            events(it, |all| {
                all.last_mut().unwrap()["response"]["output"] = json!([])
            });
        },
    );
    caught("an item in progress when done", "item-status", &[], |it| {
        events(it, |all| {
            for event in all
                .iter_mut()
                .filter(|event| event["type"] == "response.output_item.done")
            {
                event["item"]["status"] = json!("in_progress");
            }
        });
    });
    caught(
        "JSON instead of a stream",
        "content-type",
        &["error-status"],
        |it| {
            if it.media_type == "text/event-stream" {
                events(it, |all| all.truncate(1));
                it.media_type = "application/json".into();
            }
        },
    );
    caught(
        "a value that is not a number",
        "ResponseOutputTextDeltaStreamingEvent.sequence_number:type",
        &[],
        |it| {
            let event = "\"response.output_text.delta\",\"sequence_number\":";
            it.body = it
                .body
                .split(event)
                .collect::<Vec<_>>()
                .join(&format!("{event}true"));
            it.replace("sequence_number\":true", "sequence_number\":true,\"was\":");
        },
    );
}

#[test]
fn faults_of_responses() {
    caught("no usage", "ResponseResource.usage:required", &[], |it| {
        responses(it, |response| {
            drop(response.as_object_mut().unwrap().remove("usage"))
        });
    });
    caught(
        "no error member",
        "ResponseResource.error:required",
        &[],
        |it| {
            responses(it, |response| {
                drop(response.as_object_mut().unwrap().remove("error"))
            });
        },
    );
    caught("no id", "ResponseResource.id:required", &[], |it| {
        responses(it, |response| {
            drop(response.as_object_mut().unwrap().remove("id"))
        });
    });
    caught("no tools", "ResponseResource.tools:required", &[], |it| {
        responses(it, |response| {
            drop(response.as_object_mut().unwrap().remove("tools"))
        });
    });
    caught("usage that does not add up", "usage-total", &[], |it| {
        responses(it, |response| {
            if response["usage"].is_object() {
                response["usage"]["total_tokens"] = json!(1_000_000);
            }
        });
    });
    caught(
        "usage without details",
        "Usage.input_tokens_details:required",
        &[],
        |it| {
            responses(it, |response| {
                if let Some(usage) = response["usage"].as_object_mut() {
                    usage.remove("input_tokens_details");
                }
            });
        },
    );
    caught("more tokens cached than read", "usage-details", &[], |it| {
        responses(it, |response| {
            if response["usage"].is_object() {
                response["usage"]["input_tokens_details"]["cached_tokens"] = json!(1_000_000);
            }
        });
    });
    caught("a clock that is years behind", "time-of-now", &[], |it| {
        responses(it, |response| response["created_at"] = json!(1_200_000_000));
    });
    caught(
        "an item in progress in a completed document",
        "item-status",
        &[],
        |it| {
            if it.media_type == "application/json" {
                responses(it, |response| {
                    if response["status"] == "completed" {
                        response["output"][0]["status"] = json!("in_progress");
                    }
                });
            }
        },
    );
    caught(
        "the same id for each response",
        "response-id-unique",
        &["context-kept", "request-echoed", "error-status"],
        |it| {
            responses(it, |response| response["id"] = json!("resp_same"));
        },
    );
    caught("milliseconds", "created-at-seconds", &[], |it| {
        responses(it, |response| {
            response["created_at"] = json!(response["created_at"].as_u64().unwrap() * 1000);
        });
    });
    caught(
        "an item without status",
        "Message.status:required",
        &["FunctionCall.status:required"],
        |it| {
            responses(it, |response| {
                for item in response["output"].as_array_mut().into_iter().flatten() {
                    drop(item.as_object_mut().unwrap().remove("status"));
                }
            });
        },
    );
    caught(
        "a text without annotations",
        "OutputTextContent.annotations:required",
        &[],
        |it| {
            it.replace("\"annotations\":[],", "");
        },
    );
    caught(
        "no text",
        "message-expected",
        &["structured-output", "tool-choice-required"],
        |it| {
            if it.media_type == "application/json" {
                responses(it, |response| response["output"] = json!([]));
            }
        },
    );
    caught(
        "the output limit ignored",
        "output-limit",
        &["usage-total"],
        |it| {
            responses(it, |response| {
                if response["status"] == "incomplete" {
                    response["status"] = json!("completed");
                    response["incomplete_details"] = Value::Null;
                    response["usage"]["output_tokens"] = json!(400);
                    for item in response["output"].as_array_mut().unwrap() {
                        item["status"] = json!("completed");
                    }
                }
            });
            it.replace("response.incomplete", "response.completed");
            it.replace("\"status\":\"incomplete\"", "\"status\":\"completed\"");
        },
    );
    caught(
        "no reason for an early end",
        "incomplete-reason",
        &[],
        |it| {
            responses(it, |response| response["incomplete_details"] = Value::Null);
        },
    );
    caught("metadata lost", "request-echoed", &[], |it| {
        responses(it, |response| response["metadata"] = json!({}));
    });
}

#[test]
fn faults_of_tools() {
    // What the model does without a tool choice.
    fn ignoring(name: &'static str) -> impl Fn(&mut Exchange) + Send + Sync {
        move |it| {
            let asked = requested(it)[name].clone();
            if asked.is_null() || it.status != 200 {
                return;
            }
            static NEXT: AtomicUsize = AtomicUsize::new(0);
            let call = |id: &str, name: &str| {
                let id = format!("{id}{}", NEXT.fetch_add(1, Ordering::Relaxed));
                json!({
                    "type": "function_call", "id": id, "call_id": format!("call_{id}"),
                    "name": name, "arguments": "{\"city\":\"Paris\"}", "status": "completed",
                })
            };
            let calls = [call("fc_a", "get_weather"), call("fc_b", "get_time")];
            responses(it, |response| {
                if response["status"] == "completed" {
                    response["output"] = json!(calls);
                }
            });
            events(it, |all| {
                all.retain(|event| event["response"].is_object());
                for (at, call) in calls.iter().enumerate() {
                    let mut open = call.clone();
                    open["status"] = json!("in_progress");
                    let end = all.len() - 1;
                    all.insert(end, json!({"type": "response.output_item.done", "output_index": at, "item": call}));
                    all.insert(end, json!({"type": "response.output_item.added", "output_index": at, "item": open}));
                }
            });
        }
    }
    caught(
        "tool_choice ignored",
        "tool-choice-none",
        &["tool-not-allowed", "parallel-tool-calls", "max-tool-calls"],
        ignoring("tool_choice"),
    );
    caught(
        "parallel_tool_calls ignored",
        "parallel-tool-calls",
        &[],
        ignoring("parallel_tool_calls"),
    );
    caught(
        "max_tool_calls ignored",
        "max-tool-calls",
        &[],
        ignoring("max_tool_calls"),
    );
    caught(
        "arguments that are no JSON",
        "tool-arguments",
        &["text-mismatch"],
        |it| {
            it.replace("\"arguments\":\"{", "\"arguments\":\"({");
            it.replace("\"delta\":\"{", "\"delta\":\"({");
        },
    );
    caught("a schema ignored", "structured-output", &[], |it| {
        if it.request.contains("json_schema") {
            it.replace("{\\\"answer\\\"", "Paris: {\\\"answer\\\"");
        }
    });
}

#[test]
fn faults_of_state() {
    caught("previous turns are ignored", "context-kept", &[], |it| {
        it.replace("green", "grey");
        it.replace("Alice", "Bob");
    });
    caught(
        "the output of a tool is ignored",
        "tool-output-used",
        &[],
        |it| {
            if it.media_type == "application/json" {
                it.replace("Sunny, 21", "Rain, 3");
            }
        },
    );
    caught(
        "the previous response is not passed on",
        "request-echoed",
        &[],
        |it| {
            responses(it, |response| {
                response["previous_response_id"] = Value::Null
            });
        },
    );
    caught(
        "an unknown response is continued",
        "error-status",
        &[],
        |it| {
            if it.body.contains("previous_response_not_found") {
                it.status = 500;
            }
        },
    );
}

#[test]
fn faults_of_errors() {
    fn errors(it: &mut Exchange, edit: impl Fn(&mut Value)) {
        if it.status >= 400
            && let Ok(mut body) = serde_json::from_str::<Value>(&it.body)
        {
            edit(&mut body);
            it.body = body.to_string();
        }
    }
    caught(
        "an error that is a text",
        "ErrorBody.error:type",
        &[],
        |it| {
            errors(it, |body| body["error"] = json!("Something is wrong."));
        },
    );
    caught(
        "an error without envelope",
        "ErrorBody.error:required",
        &[],
        |it| {
            errors(it, |body| *body = body["error"].clone());
        },
    );
    for (member, rule) in [
        ("message", "Error.message:required"),
        ("type", "Error.type:required"),
        ("code", "error-code"),
        ("param", "error-param"),
    ] {
        caught(member, rule, &[], move |it| {
            errors(it, |body| {
                drop(body["error"].as_object_mut().unwrap().remove(member));
            });
        });
    }
    caught(
        "errors that are all the server's",
        "error-type",
        &[],
        |it| {
            errors(it, |body| body["error"]["type"] = json!("server_error"));
        },
    );
    caught(
        "errors as success",
        "error-status",
        &["ResponseResource.id:required"],
        |it| {
            if it.status == 400 {
                it.status = 200;
            }
        },
    );
    caught("401 as an error of the server", "error-type", &[], |it| {
        if it.status == 401 {
            errors(it, |body| body["error"]["type"] = json!("server_error"));
        }
    });
    caught("405 without 'allow'", "allow", &[], |it| {
        it.headers.remove(ALLOW);
    });
    caught(
        "parameters of the content type are refused",
        "request-accepted",
        &[],
        |it| {
            if it.asked_type.contains("charset") {
                it.status = 400;
                it.body = json!({"error": {"message": "No.", "type": "invalid_request_error",
                    "param": null, "code": null}})
                .to_string();
            }
        },
    );
    caught("an error page", "content-type", &[], |it| {
        if it.status == 400 {
            it.media_type = "text/html".into();
            it.body = "<h1>Bad request</h1>".into();
        }
    });
}

/// What a server may do: the probe does not accuse it.
#[test]
fn legal_servers_pass() {
    fn legal(what: &str, edit: impl Fn(&mut Exchange) + Send + Sync + 'static) {
        let (code, report) = report(serve(edit), &[]);
        assert_eq!((code, failed(&report)), (Some(0), vec![]), "{what}");
    }
    fn refuse(it: &mut Exchange, status: u16, code: &str) {
        it.status = status;
        it.media_type = "application/json".into();
        it.body = json!({"error": {"message": "No.", "type": "invalid_request_error",
            "param": null, "code": code}})
        .to_string();
    }
    legal("whole numbers with a point", |it| {
        responses(it, |response| {
            let created = response["created_at"].as_u64().unwrap();
            response["created_at"] = json!(created as f64);
        });
    });
    legal("422 for each fault of a request", |it| {
        if it.status == 400 && !it.body.contains("previous_response_not_found") {
            it.status = 422;
        }
    });
    legal("no count of tokens", |it| {
        responses(it, |response| {
            response["usage"] = Value::Null;
            if response["status"] == "incomplete" {
                response["status"] = json!("completed");
                response["incomplete_details"] = Value::Null;
                response["output"][0]["status"] = json!("completed");
            }
        });
        it.replace("response.incomplete", "response.completed");
        it.replace("\"status\":\"incomplete\"", "\"status\":\"completed\"");
    });
    legal("no continuation", |it| {
        if requested(it)["previous_response_id"].is_string() {
            refuse(it, 400, "unsupported_parameter");
        }
    });
    let last = Mutex::new(String::new());
    legal("bodies are read whatever their type is", move |it| {
        let mut last = last.lock().unwrap();
        if it.asked_type == "text/plain" {
            it.status = 200;
            // A response of its own.
            it.body = last
                .replace("\"resp_", "\"resp_x")
                .replace("\"msg_", "\"msg_x");
        } else if it.status == 200 && it.media_type == "application/json" {
            *last = it.body.clone();
        }
    });
    legal("a refusal in the place of an answer", |it| {
        if it.media_type == "application/json" && it.request.contains("json_schema") {
            responses(it, |response| {
                response["output"][0]["content"] =
                    json!([{"type": "refusal", "refusal": "I do not talk of France."}]);
            });
        }
    });
}

#[test]
fn a_model_that_calls_no_tool_shows_nothing_of_tools() {
    let silenced = |it: &mut Exchange| {
        if requested(it)["tool_choice"] != json!("none") {
            silence(it);
        }
    };
    let (code, report) = report(serve(silenced), &[]);
    assert_eq!((code, &report["ok"]), (Some(0), &json!(true)));
    let cases = report["cases"].as_array().unwrap().iter();
    let unshown: Vec<_> = cases
        .filter(|case| case["result"] == "unshown")
        .map(|case| {
            (
                case["case"].as_str().unwrap(),
                case["over"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        unshown,
        [
            ("tool-choice-required", "json"),
            ("tool-choice-required", "stream"),
            ("tool-choice-function", "json"),
            ("tool-choice-function", "stream"),
            ("tool-choice-allowed-tools", "json"),
            ("tool-choice-allowed-tools", "stream"),
            ("parallel-tool-calls-false", "json"),
            ("parallel-tool-calls-false", "stream"),
            ("max-tool-calls", "json"),
            ("max-tool-calls", "stream"),
            ("tool-round-trip", "json"),
            ("tool-round-trip", "stream"),
        ]
    );
    assert_eq!(report["not_shown"], 12);
}

/// Has a message in the place of each call.
fn silence(it: &mut Exchange) {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    if !it.body.contains("function_call\"") {
        return;
    }
    let part = |text: &str| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
    let id = format!("msg_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let message = |status: &str, content: Vec<Value>| json!({"type": "message", "id": id, "role": "assistant", "status": status, "content": content});
    let whole = message("completed", vec![part("Hi")]);
    responses(it, |response| {
        if response["status"] == "completed" {
            response["output"] = json!([whole]);
        }
    });
    events(it, |all| {
        all.retain(|event| event["response"].is_object());
        let of_part = |kind: &str, member: &str, value: Value| {
            let mut event = json!({"type": format!("response.{kind}"), "item_id": id,
                "output_index": 0, "content_index": 0, "logprobs": []});
            event[member] = value;
            event
        };
        let end = all.pop().unwrap();
        all.extend([
            json!({"type": "response.output_item.added", "output_index": 0,
                "item": message("in_progress", vec![])}),
            of_part("content_part.added", "part", part("")),
            of_part("output_text.delta", "delta", json!("Hi")),
            of_part("output_text.done", "text", json!("Hi")),
            of_part("content_part.done", "part", part("Hi")),
            json!({"type": "response.output_item.done", "output_index": 0, "item": whole}),
            end,
        ]);
    });
}

#[test]
fn a_model_that_calls_tools_freely_must_call_when_it_is_forced_to() {
    caught("a forced call ignored", "tool-choice-required", &[], |it| {
        let choice = &requested(it)["tool_choice"];
        if choice.is_object() || choice == "required" {
            silence(it);
        }
    });
}

#[test]
fn a_choice_of_tools_is_echoed_as_it_was_asked_for() {
    caught("tool_choice is auto", "request-echoed", &[], |it| {
        responses(it, |response| response["tool_choice"] = json!("auto"));
    });
    caught("no tools are echoed", "request-echoed", &[], |it| {
        responses(it, |response| response["tools"] = json!([]));
    });
}
