//! Reads answers of upstreams of growing [sizes] for callgrind, which counts the calls of `counted`.

use std::process::ExitCode;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use openresponses_hot_paths::sizes;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{Answer, Dialect};
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;

/// How much of an answer comes at once, in bytes.
const CHUNK: usize = 16 * 1024;

/// A name, the dialect, and a function that makes an answer of about so many pieces.
type Shape = (&'static str, fn() -> Box<dyn Dialect>, fn(usize) -> String);

const CHAT: fn() -> Box<dyn Dialect> = || Box::new(Chat::new());
const ANTHROPIC: fn() -> Box<dyn Dialect> = || Box::new(Anthropic::new());
const GEMINI: fn() -> Box<dyn Dialect> = || Box::new(Gemini::new());
const RESPONSES: fn() -> Box<dyn Dialect> = || Box::new(Responses::new());

/// A stream of these events, with a mark at its end.
fn stream(events: impl IntoIterator<Item = String>) -> String {
    let events = events.into_iter().map(|data| format!("data: {data}\n\n"));
    events.chain(["data: [DONE]\n\n".into()]).collect()
}

/// A stream of chunks with these deltas.
fn chat(deltas: impl IntoIterator<Item = String>) -> String {
    let chunk = |delta| format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#);
    stream(deltas.into_iter().map(chunk))
}

/// `count` texts of a function.
fn each(count: usize, text: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(text).collect()
}

fn list(count: usize, element: impl Fn(usize) -> String) -> String {
    format!("[{}]", each(count, element).join(","))
}

/// A stream of these events between the begin and the end of a message.
fn anthropic(events: impl IntoIterator<Item = String>) -> String {
    let begin = r#"{"type":"message_start","message":{"id":"m","usage":{}}}"#.to_owned();
    let end = r#"{"type":"message_stop"}"#.to_owned();
    let reason = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#.to_owned();
    let events = [begin].into_iter().chain(events).chain([reason, end]);
    events.map(|data| format!("data: {data}\n\n")).collect()
}

/// A block of Anthropic's with these deltas.
fn block(start: &str, deltas: Vec<String>) -> String {
    let start = format!(r#"{{"type":"content_block_start","index":0,"content_block":{start}}}"#);
    let delta = |delta| format!(r#"{{"type":"content_block_delta","index":0,"delta":{delta}}}"#);
    let deltas = deltas.into_iter().map(delta);
    let stop = r#"{"type":"content_block_stop","index":0}"#.to_owned();
    anthropic([start].into_iter().chain(deltas).chain([stop]))
}

/// A stream of an upstream of the protocol, between the begin and the end of its response.
fn relayed(events: impl IntoIterator<Item = String>) -> String {
    let response = |kind: &str, status: &str| {
        format!(
            r#"{{"type":"response.{kind}","response":{{"id":"r","object":"response","model":"m","created_at":1,"status":"{status}","output":[]}}}}"#
        )
    };
    let begin = response("created", "in_progress");
    let end = response("completed", "completed");
    stream([begin].into_iter().chain(events).chain([end]))
}

fn item(kind: &str, index: usize) -> String {
    format!(
        r#"{{"type":"response.output_item.{kind}","output_index":{index},"item":{{"type":"message","id":"i{index}","role":"assistant","status":"completed","content":[]}}}}"#
    )
}

fn text_event(kind: &str, member: &str) -> String {
    format!(
        r#"{{"type":"response.output_text.{kind}","item_id":"i0","output_index":0,"content_index":0,"{member}":"a word"}}"#
    )
}

/// One call whose argument `member` comes in pieces.
fn call(name: &str, member: &str, count: usize) -> String {
    let first = format!(
        r#"{{"tool_calls":[{{"index":0,"id":"c","function":{{"name":"{name}","arguments":"{{\"{member}\":\""}}}}]}}"#
    );
    let piece = |_| r#"{"tool_calls":[{"index":0,"function":{"arguments":"abc"}}]}"#.to_owned();
    let last = r#"{"tool_calls":[{"index":0,"function":{"arguments":"\"}"}}]}"#.to_owned();
    chat([first].into_iter().chain(each(count, piece)).chain([last]))
}

const SHAPES: &[Shape] = &[
    ("chat: texts", CHAT, |count| {
        chat(each(count, |n| format!(r#"{{"content":"word {n} "}}"#)))
    }),
    ("chat: reasoning details", CHAT, |count| {
        chat(each(count, |n| {
            format!(
                r#"{{"reasoning_details":[{{"type":"reasoning.text","text":"w{n} ","index":0}}]}}"#
            )
        }))
    }),
    ("chat: opaque details", CHAT, |count| {
        chat(each(count, |n| {
            format!(
                r#"{{"reasoning_details":[{{"type":"reasoning.encrypted","data":"w{n}","index":0}}]}}"#
            )
        }))
    }),
    ("chat: opaque details between texts", CHAT, |count| {
        chat(each(count, |n| {
            format!(
                r#"{{"content":"w","reasoning_details":[{{"type":"reasoning.encrypted","data":"w{n}"}}]}}"#
            )
        }))
    }),
    ("chat: pieces of a call", CHAT, |count| {
        call("f", "a", count)
    }),
    ("chat: pieces of a custom call", CHAT, |count| {
        call("custom", "input", count)
    }),
    (
        "chat: pieces behind a custom call without an input",
        CHAT,
        |count| {
            let long = "x".repeat(20 * count);
            let first = format!(
                r#"{{"tool_calls":[{{"index":0,"id":"c","function":{{"name":"custom","arguments":"{{\"a\":\"{long}\"}}"}}}}]}}"#
            );
            let piece =
                |_| r#"{"tool_calls":[{"index":0,"function":{"arguments":" "}}]}"#.to_owned();
            chat([first].into_iter().chain(each(count, piece)))
        },
    ),
    ("chat: calls", CHAT, |count| {
        chat(each(count, |n| {
            format!(
                r#"{{"tool_calls":[{{"index":{n},"id":"c{n}","function":{{"name":"f","arguments":"{{}}"}}}}]}}"#
            )
        }))
    }),
    ("chat: calls in turn", CHAT, |count| {
        chat(each(count, |n| {
            let (index, part) = (n % 16, if n < 16 { "{" } else { " " });
            format!(
                r#"{{"tool_calls":[{{"index":{index},"id":"c{index}","function":{{"name":"f","arguments":"{part}"}}}}]}}"#
            )
        }))
    }),
    ("chat: calls without a name", CHAT, |count| {
        chat(each(count, |n| {
            format!(r#"{{"tool_calls":[{{"index":{n},"function":{{"arguments":"{{}}"}}}}]}}"#)
        }))
    }),
    ("chat: names before arguments", CHAT, |count| {
        let named = |n| {
            format!(r#"{{"tool_calls":[{{"index":{n},"id":"c{n}","function":{{"name":"f"}}}}]}}"#)
        };
        let filled =
            |n| format!(r#"{{"tool_calls":[{{"index":{n},"function":{{"arguments":"{{}}"}}}}]}}"#);
        chat(
            each(count / 2, named)
                .into_iter()
                .chain(each(count / 2, filled)),
        )
    }),
    ("chat: texts inside a call", CHAT, |count| {
        let first =
            r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}"#;
        chat(
            [first.to_owned()]
                .into_iter()
                .chain(each(count, |_| r#"{"content":"w"}"#.into())),
        )
    }),
    ("chat: choices", CHAT, |count| {
        let choice = |n| format!(r#"{{"index":{n},"delta":{{"content":"w"}}}}"#);
        stream([format!(r#"{{"choices":{}}}"#, list(count, choice))])
    }),
    ("chat: unknown members", CHAT, |count| {
        chat(each(count, |n| format!(r#"{{"x{n}":1}}"#)))
    }),
    ("chat: citations again and again", CHAT, |count| {
        stream(each(count, |n| {
            format!(
                r#"{{"citations":["http://x/{n}"],"choices":[{{"index":0,"delta":{{"content":"w"}}}}]}}"#
            )
        }))
    }),
    ("chat: annotations", CHAT, |count| {
        chat(each(count, |n| {
            format!(
                r#"{{"content":"w","annotations":[{{"type":"url_citation","url_citation":{{"url":"http://x/{n}","title":"t","start_index":0,"end_index":1}}}}]}}"#
            )
        }))
    }),
    ("chat: a document of calls", CHAT, |count| {
        let call = |n| {
            format!(
                r#"{{"id":"c{n}","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}"#
            )
        };
        format!(
            r#"{{"choices":[{{"index":0,"message":{{"tool_calls":{}}},"finish_reason":"tool_calls"}}]}}"#,
            list(count, call)
        )
    }),
    ("chat: an error with many details", CHAT, |count| {
        let detail = |n| format!(r#"{{"reason":"R{n}","fieldViolations":[{{"field":"f"}}]}}"#);
        stream([format!(
            r#"{{"error":{{"message":"m","details":{}}}}}"#,
            list(count, detail)
        )])
    }),
    ("chat: an error with a long message", CHAT, |count| {
        let words = "Bearer sk-x. ".repeat(count);
        stream([format!(r#"{{"error":{{"message":"{words}","code":"c"}}}}"#)])
    }),
    ("anthropic: blocks", ANTHROPIC, |count| {
        anthropic(each(count, |n| {
            match n % 2 {
            0 => r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"w"}}"#.into(),
            _ => r#"{"type":"content_block_stop","index":0}"#.to_owned(),
        }
        }))
    }),
    ("anthropic: blocks that stay open", ANTHROPIC, |count| {
        anthropic(each(count, |n| {
            format!(
                r#"{{"type":"content_block_start","index":{n},"content_block":{{"type":"text","text":"w"}}}}"#
            )
        }))
    }),
    ("anthropic: pieces of a signature", ANTHROPIC, |count| {
        let piece = |_| r#"{"type":"signature_delta","signature":"abc"}"#.to_owned();
        block(r#"{"type":"thinking","thinking":""}"#, each(count, piece))
    }),
    ("anthropic: citations", ANTHROPIC, |count| {
        let citation = |n| {
            format!(
                r#"{{"type":"citations_delta","citation":{{"type":"web_search_result_location","url":"http://x/{n}","title":"t","cited_text":"c","encrypted_index":"e"}}}}"#
            )
        };
        block(r#"{"type":"text","text":"w"}"#, each(count, citation))
    }),
    ("anthropic: pieces of a call", ANTHROPIC, |count| {
        let piece = |_| r#"{"type":"input_json_delta","partial_json":"[1"}"#.to_owned();
        block(
            r#"{"type":"tool_use","id":"t","name":"f","input":{}}"#,
            each(count, piece),
        )
    }),
    ("anthropic: texts inside a call", ANTHROPIC, |count| {
        let piece = |_| r#"{"type":"text_delta","text":"w"}"#.to_owned();
        block(
            r#"{"type":"tool_use","id":"t","name":"f","input":{}}"#,
            each(count, piece),
        )
    }),
    ("gemini: parts", GEMINI, |count| {
        let part = |n| format!(r#"{{"text":"w{n} "}}"#);
        stream([format!(
            r#"{{"candidates":[{{"index":0,"content":{{"role":"model","parts":{}}},"finishReason":"STOP"}}]}}"#,
            list(count, part)
        )])
    }),
    ("gemini: calls", GEMINI, |count| {
        let part = |n| {
            format!(
                r#"{{"functionCall":{{"name":"f","args":{{"a":{n}}}}},"thoughtSignature":"s{n}"}}"#
            )
        };
        stream([format!(
            r#"{{"candidates":[{{"index":0,"content":{{"role":"model","parts":{}}},"finishReason":"STOP"}}]}}"#,
            list(count, part)
        )])
    }),
    ("gemini: pieces of arguments", GEMINI, |count| {
        let piece = |n: usize| format!(r#"{{"jsonPath":"$.a[{n}]","stringValue":"w"}}"#);
        stream([format!(
            r#"{{"candidates":[{{"index":0,"content":{{"role":"model","parts":[{{"functionCall":{{"name":"f","willContinue":true,"partialArgs":{}}}}}]}}}}]}}"#,
            list(count, piece)
        )])
    }),
    ("responses: texts", RESPONSES, |count| {
        let texts = each(count, |_| text_event("delta", "delta"));
        relayed([item("added", 0)].into_iter().chain(texts))
    }),
    (
        "responses: the end of a text, again and again",
        RESPONSES,
        |count| {
            let texts = each(count / 2, |_| text_event("delta", "delta"));
            let ends = each(count / 2, |_| text_event("done", "text"));
            relayed([item("added", 0)].into_iter().chain(texts).chain(ends))
        },
    ),
    (
        "responses: the end of an item, again and again",
        RESPONSES,
        |count| {
            let texts = each(count / 2, |_| text_event("delta", "delta"));
            let ends = each(count / 2, |_| item("done", 0));
            relayed([item("added", 0)].into_iter().chain(texts).chain(ends))
        },
    ),
    ("responses: items", RESPONSES, |count| {
        relayed(each(count, |n| {
            item(if n % 2 == 0 { "added" } else { "done" }, n / 2)
        }))
    }),
    ("responses: items that stay open", RESPONSES, |count| {
        relayed(each(count, |n| item("added", n)))
    }),
    ("responses: ends without a begin", RESPONSES, |count| {
        relayed(each(count, |n| item("done", n)))
    }),
    ("responses: texts of unknown items", RESPONSES, |count| {
        let unknown = |n: usize| text_event("delta", "delta").replace("i0", &format!("u{n}"));
        relayed(each(count, unknown))
    }),
    ("responses: events of vendors", RESPONSES, |count| {
        relayed(each(count, |n| format!(r#"{{"type":"x:event","n":{n}}}"#)))
    }),
    ("responses: annotations", RESPONSES, |count| {
        let annotation = |n| {
            format!(
                r#"{{"type":"response.output_text.annotation.added","item_id":"i0","output_index":0,"content_index":0,"annotation_index":{n},"annotation":{{"type":"url_citation","url":"","start_index":0,"end_index":0,"title":""}}}}"#
            )
        };
        relayed(
            [item("added", 0), text_event("delta", "delta")]
                .into_iter()
                .chain(each(count, annotation)),
        )
    }),
];

/// A custom tool, since its calls are put together.
const REQUEST: &str = r#"{"model":"m","stream":true,"input":"x","tools":[{"type":"custom","name":"custom"},{"type":"function","name":"f"}]}"#;

/// An upstream that answers with these bytes.
struct Upstream {
    dialect: Box<dyn Dialect>,
    body: Bytes,
}

impl Provider for Upstream {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let mut reader = match self.dialect.answer(turn.body()) {
            Answer::Deltas(reader) => reader,
            Answer::Relay(options) => {
                let body = Full::new(self.body.clone());
                return Ok(Response::new(OutputStream::relay(body, options)));
            }
            _ => return Err(Error::overloaded()),
        };
        let mut deltas: Vec<Delta> = Vec::new();
        for chunk in self.body.chunks(CHUNK) {
            reader.push(chunk);
            deltas.extend(std::iter::from_fn(|| reader.pop()));
        }
        reader.end();
        deltas.extend(std::iter::from_fn(|| reader.pop()));
        Ok(Response::new(OutputStream::from_deltas(deltas)))
    }
}

/// Reads an answer, and what becomes of it. Returns the status.
#[inline(never)]
fn counted(runtime: &Runtime, upstream: Upstream) -> u16 {
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(Full::<Bytes>::from(REQUEST));
    let Ok(request) = request else { return 0 };
    let mut service = OpenResponses::new(upstream, Config::new());
    let Ok(answer) = runtime.block_on(service.call(request));
    let status = answer.status().as_u16();
    let Ok(_) = runtime.block_on(answer.into_body().collect());
    status
}

fn main() -> ExitCode {
    // Long answers set timers.
    let Ok(runtime) = Builder::new_current_thread().enable_time().build() else {
        return ExitCode::FAILURE;
    };
    let shapes = SHAPES
        .iter()
        .map(|&(name, dialect, shape)| (name, shape, dialect));
    sizes::run(shapes, |body, dialect| {
        let dialect = dialect();
        counted(&runtime, Upstream { dialect, body })
    })
}
