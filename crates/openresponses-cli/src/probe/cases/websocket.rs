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
use crate::probe::answer::{busy, fits, limited, not_offered, status_and_message};
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
    let answer = match probe.client.open(Key::Given).await? {
        Opened::Socket(socket) => return Ok(socket),
        Opened::Refused(answer) => answer,
    };
    match answer.status {
        429 | 503 => Err(limited(&answer)),
        // A server without them answers like to any GET.
        200..400 | 400 | 404 | 405 | 426 | 501 if !probe.has_websocket => Err(not_offered(&answer)),
        _ => {
            let shown = status_and_message(&answer);
            broken("websocket-handshake", format!("Expected 101, got {shown}."))
        }
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
    match events {
        [event] if event.is_refusal() => declined(event),
        events => probe.transcript(transcript(events).as_bytes()),
    }
}

/// A request that must be answered is refused.
fn declined<T>(event: &Event) -> Verdict<T> {
    if matches!(event.json["status"].as_u64(), Some(429 | 503)) {
        return Err(busy(&event.json["error"]));
    }
    broken(
        "request-accepted",
        format!("Expected a response, got {}.", event.json["error"]),
    )
}

/// Sends a message that is refused and returns its error.
async fn error(probe: &Probe, socket: &mut Socket, message: String) -> Verdict<Value> {
    socket.send(message).await?;
    let events = socket.turn().await?;
    let [event] = &events[..] else {
        return broken("websocket-error", "Expected one error, got a stream.");
    };
    let (status, error) = envelope(probe, event)?;
    expect((400..500).contains(&status), "error-status", || {
        format!("Expected a status of 400 to 499, got {status}.")
    })?;
    Ok(error)
}

/// Returns the status and the error of a refusal.
fn envelope(probe: &Probe, event: &Event) -> Verdict<(u16, Value)> {
    expect(event.is_refusal(), "websocket-error", || {
        format!("Expected an error, got {}.", event.json["type"])
    })?;
    if let Ok(document) = Document::parse(event.text().as_bytes()) {
        let checked = check_document(&document, DocumentKind::WebSocketError, probe.profile);
        if let Some(found) = checked.violations.first() {
            return Err(Stop::from(found));
        }
    }
    let status = event.json["status"].as_u64();
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status.unwrap_or_default();
    fits(status, &event.json["error"])?;
    Ok((status, event.json["error"].clone()))
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

/// Two messages at once are two turns, one after the other. The server may also refuse the second one
/// while it answers the first.
async fn sequential(probe: &Probe) -> Verdict {
    let mut socket = open(probe).await?;
    for (turn, input) in [("first", "Count to ten."), ("second", "Say hello.")] {
        let request = json!({"input": input, "metadata": {"turn": turn}});
        create(probe, &mut socket, &request).await?;
    }
    let (first, refusal) = beside_refusal(&mut socket).await?;
    let begun = |event: &&Event| event.json["type"] == "response.created";
    expect(
        first.iter().filter(begun).count() <= 1,
        "websocket-one-in-flight",
        || "A second response began before the first had ended.".into(),
    )?;
    let first = response(probe, &first)?;
    completed(&first)?;
    let is_second = first["metadata"]["turn"] == "second";
    let refused = |refusal: &Event| match is_second {
        true => declined(refusal),
        false => {
            let error = &refusal.json["error"];
            Err(Stop::Skip(format!(
                "The server queues no messages: {error}."
            )))
        }
    };
    if let Some(refusal) = refusal {
        return refused(&refusal);
    }
    let second = socket.turn().await?;
    if let [event] = &second[..]
        && event.is_refusal()
    {
        return refused(event);
    }
    let second = response(probe, &second)?;
    completed(&second)?;
    expect(
        !is_second && second["metadata"]["turn"] != "first",
        "websocket-order",
        || "The second message was answered before the first.".into(),
    )
}

/// Returns the events of a turn without the refusal of another message among them.
async fn beside_refusal(socket: &mut Socket) -> Verdict<(Vec<Event>, Option<Event>)> {
    let mut events = socket.turn().await?;
    let Some(refusal) = events.pop_if(|event| event.is_refusal()) else {
        return Ok((events, None));
    };
    events.extend(socket.turn().await?);
    Ok((events, Some(refusal)))
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
        [event] if event.is_refusal() => {
            let (status, _) = envelope(probe, event)?;
            // The request is not to blame.
            expect(matches!(status, 429 | 500..600), "error-status", || {
                format!("Expected a status of 500 to 599, got {status}.")
            })?;
        }
        events if events.last().is_some_and(Event::is_refusal) => {
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
    match probe.client.open(key).await? {
        Opened::Refused(answer) => expect(answer.status == 401, "error-status", || {
            format!("Expected 401, got {}.", status_and_message(&answer))
        }),
        Opened::Socket(_) if key == Key::Bad && probe.has_bad_key => broken(
            "error-status",
            "Expected 401, got 101 with the key of --bad-key.",
        ),
        Opened::Socket(_) => Err(Stop::Skip("The server requires no such key.".into())),
    }
}
