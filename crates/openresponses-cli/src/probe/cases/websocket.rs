//! The WebSocket transport. Since 2026-04-24.

use openresponses_types::json::Document;
use openresponses_types::schema::DocumentKind;
use serde_json::{Value, json};

use super::asks::{WORDS, repeated};
use super::faults::{failed, named};
use super::look::{answered, completed, mentions};
use super::state::{UNKNOWN_ID, not_found};
use crate::check::check_document;
use crate::probe::Probe;
use crate::probe::answer::status_and_message;
use crate::probe::client::Key;
use crate::probe::rows::Rows;
use crate::probe::socket::{Event, Opened, Socket, transcript};
use crate::probe::verdict::{Over, Stop, Verdict, broken, expect};

const TRANSPORT: &str = "WebSocket Transport";
const CONTINUATION: &str = "WebSocket Continuation";
const ERRORS: &str = "WebSocket Errors";

pub(super) async fn run(probe: &Probe, rows: &mut Rows) {
    let over = Over::Socket;
    rows.run("websocket-turn", TRANSPORT, over, turn(probe))
        .await;
    rows.run("websocket-non-ascii", TRANSPORT, over, non_ascii(probe))
        .await;
    rows.run("websocket-sequential", TRANSPORT, over, sequential(probe))
        .await;
    let case = "websocket-continuation";
    rows.run(case, CONTINUATION, over, continuation(probe))
        .await;
    let case = "websocket-other-connection";
    rows.run(case, CONTINUATION, over, other_connection(probe))
        .await;
    let case = "websocket-unknown-previous-response";
    rows.run(case, CONTINUATION, over, unknown(probe)).await;
    rows.run("websocket-eviction", CONTINUATION, over, eviction(probe))
        .await;
    for (case, message) in [
        ("websocket-malformed", "{".to_owned()),
        ("websocket-no-object", "[]".to_owned()),
        (
            "websocket-wrong-type",
            probe.body(&json!({"input": 7}), over).to_string(),
        ),
        (
            "websocket-unknown-message",
            json!({"type": "openresponses_probe.unknown"}).to_string(),
        ),
    ] {
        rows.run(case, ERRORS, over, refused(probe, message)).await;
    }
    rows.run("websocket-failing-model", ERRORS, over, failing(probe))
        .await;
    rows.run("websocket-no-key", TRANSPORT, over, key(probe, Key::Absent))
        .await;
    rows.run("websocket-bad-key", TRANSPORT, over, key(probe, Key::Bad))
        .await;
}

async fn open(probe: &Probe) -> Verdict<Box<Socket>> {
    match probe.client.open(Key::Given).await {
        Ok(Opened::Socket(socket)) => Ok(socket),
        Ok(Opened::Refused(answer)) if matches!(answer.status, 400 | 404 | 405 | 426 | 501) => Err(
            Stop::Skip(format!("Not offered: {}.", status_and_message(&answer))),
        ),
        Ok(Opened::Refused(answer)) => broken(
            "websocket-handshake",
            format!("Expected 101, got {}.", status_and_message(&answer)),
        ),
        Err(problem) => broken("websocket-handshake", format!("{problem}.")),
    }
}

async fn create(probe: &Probe, socket: &mut Socket, members: &Value) -> Verdict {
    let body = probe.body(members, Over::Socket);
    socket.send(body.to_string()).await
}

/// Sends a request and returns its response.
async fn respond(probe: &Probe, socket: &mut Socket, members: &Value) -> Verdict<Value> {
    create(probe, socket, members).await?;
    response(probe, &socket.turn().await?)
}

/// A turn, which shows that the connection is usable.
async fn greeted(probe: &Probe, socket: &mut Socket) -> Verdict {
    answered(&respond(probe, socket, &json!({"input": "Say hello."})).await?)
}

fn response(probe: &Probe, events: &[Event]) -> Verdict<Value> {
    if let [event] = events
        && event.is_error()
    {
        return broken(
            "request-accepted",
            format!("Expected a response, got {}.", event.json["error"]),
        );
    }
    probe.transcript(transcript(events).as_bytes())
}

/// Sends a message that is refused and returns its error.
async fn error(probe: &Probe, socket: &mut Socket, message: String) -> Verdict<Value> {
    socket.send(message).await?;
    let events = socket.turn().await?;
    let [event] = &events[..] else {
        return broken("websocket-error", "Expected one error, got a stream.");
    };
    expect(event.is_error(), "websocket-error", || {
        format!("Expected an error, got {}.", event.json["type"])
    })?;
    if let Ok(document) = Document::parse(event.text().as_bytes()) {
        let checked = check_document(&document, DocumentKind::WebSocketError, probe.profile);
        if let Some(found) = checked.violations.first() {
            return Err(Stop::from(found));
        }
    }
    let status = event.json["status"].as_u64().unwrap_or_default();
    expect((400..500).contains(&status), "error-status", || {
        format!("Expected a status of 400 to 499, got {status}.")
    })?;
    Ok(event.json["error"].clone())
}

async fn turn(probe: &Probe) -> Verdict {
    let mut socket = open(probe).await?;
    greeted(probe, &mut socket).await?;
    socket.quiet().await?;
    answered(&respond(probe, &mut socket, &json!({"input": "Say goodbye."})).await?)
}

async fn non_ascii(probe: &Probe) -> Verdict {
    let mut socket = open(probe).await?;
    let request = json!({"input": format!("Repeat these words exactly: {WORDS}")});
    repeated(&respond(probe, &mut socket, &request).await?)
}

/// Two messages at once are two turns, one after the other.
async fn sequential(probe: &Probe) -> Verdict {
    let mut socket = open(probe).await?;
    for input in ["Count to ten.", "Say hello."] {
        create(probe, &mut socket, &json!({"input": input})).await?;
    }
    let first = socket.turn().await?;
    let begun = |event: &&Event| event.json["type"] == "response.created";
    expect(
        first.iter().filter(begun).count() <= 1,
        "websocket-one-in-flight",
        || "A second response began before the first had ended.".into(),
    )?;
    completed(&response(probe, &first)?)?;
    let second = socket.turn().await?;
    if let [event] = &second[..]
        && event.is_error()
    {
        let why = format!("The server queues no messages: {}.", event.json["error"]);
        return Err(Stop::Skip(why));
    }
    completed(&response(probe, &second)?)
}

/// Returns the id of a response that is known on its connection only.
async fn unstored(probe: &Probe, socket: &mut Socket) -> Verdict<Value> {
    let request = json!({"input": "The word is green. What is the word?", "store": false});
    let response = respond(probe, socket, &request).await?;
    completed(&response)?;
    Ok(response["id"].clone())
}

async fn continuation(probe: &Probe) -> Verdict {
    let mut socket = open(probe).await?;
    let first = unstored(probe, &mut socket).await?;
    let request = json!({
        "input": "What is the word?", "previous_response_id": first, "store": false,
    });
    create(probe, &mut socket, &request).await?;
    let events = socket.turn().await?;
    if let [event] = &events[..]
        && event.json["error"]["code"] == "previous_response_not_found"
    {
        let why = "The server keeps no response on the connection.";
        return Err(Stop::Skip(why.into()));
    }
    let second = response(probe, &events)?;
    mentions(&second, &["green"], "context-kept", "the previous response")
}

/// Continuing this response is refused.
async fn lost(probe: &Probe, socket: &mut Socket, id: &Value) -> Verdict {
    let request = json!({"input": "Say hello.", "previous_response_id": id, "store": false});
    let message = probe.body(&request, Over::Socket).to_string();
    not_found(&error(probe, socket, message).await?)
}

async fn other_connection(probe: &Probe) -> Verdict {
    let (mut one, mut other) = (open(probe).await?, open(probe).await?);
    let id = unstored(probe, &mut one).await?;
    lost(probe, &mut other, &id).await
}

async fn unknown(probe: &Probe) -> Verdict {
    let mut socket = open(probe).await?;
    lost(probe, &mut socket, &json!(UNKNOWN_ID)).await?;
    greeted(probe, &mut socket).await
}

/// A continuation that fails evicts the response that it continues.
async fn eviction(probe: &Probe) -> Verdict {
    let mut socket = open(probe).await?;
    let id = unstored(probe, &mut socket).await?;
    let faulty = json!({"input": 7, "previous_response_id": id, "store": false});
    let message = probe.body(&faulty, Over::Socket).to_string();
    error(probe, &mut socket, message).await?;
    lost(probe, &mut socket, &id).await
}

/// A message that is refused leaves the connection usable.
async fn refused(probe: &Probe, message: String) -> Verdict {
    let mut socket = open(probe).await?;
    error(probe, &mut socket, message).await?;
    greeted(probe, &mut socket).await
}

async fn failing(probe: &Probe) -> Verdict {
    let model = named(probe.models.failing.as_ref(), "--failing-model")?;
    let mut socket = open(probe).await?;
    let request = json!({"model": model, "input": "Say hello."});
    create(probe, &mut socket, &request).await?;
    let events = socket.turn().await?;
    match &events[..] {
        [event] if event.is_error() => {}
        events if events.last().is_some_and(Event::is_error) => {
            return broken(
                "terminal-event-missing",
                "A response that has started ends in response.failed, not in an error.",
            );
        }
        events => failed(&response(probe, events)?)?,
    }
    socket.quiet().await?;
    greeted(probe, &mut socket).await
}

async fn key(probe: &Probe, key: Key) -> Verdict {
    // Whether there are WebSockets at all.
    open(probe).await?;
    if key == Key::Absent && !probe.has_key {
        return Err(Stop::Skip("No key was given.".into()));
    }
    match probe.client.open(key).await {
        Ok(Opened::Refused(answer)) => expect(answer.status == 401, "error-status", || {
            format!("Expected 401, got {}.", status_and_message(&answer))
        }),
        Ok(Opened::Socket(_)) if key == Key::Bad && probe.has_bad_key => broken(
            "error-status",
            "Expected 401, got 101 with the key of --bad-key.",
        ),
        Ok(Opened::Socket(_)) => Err(Stop::Skip("The server requires no such key.".into())),
        Err(problem) => broken("websocket-handshake", format!("{problem}.")),
    }
}
