//! Models that violate the protocol, over real connections: clients get valid events or an error
//! status, and all connections stay usable.

use openresponses_types::StreamEvent;
use openresponses_types::check::Checker;
use serde_json::json;

use crate::process::{Server, post};
use crate::socket::Socket;

/// The error status before the first event, or the type of the terminal event.
const FAULTS: &[(&str, Result<&str, u16>)] = &[
    ("fault-panic-start", Err(500)),
    ("fault-panic-mid", Ok("response.failed")),
    ("fault-error-start", Err(502)),
    ("fault-error-mid", Ok("response.failed")),
    ("fault-missing-terminal", Ok("response.failed")),
    ("fault-delta-after-done", Ok("response.completed")),
    ("fault-unclosed-item", Ok("response.completed")),
    ("fault-events-after-terminal", Ok("response.completed")),
    ("fault-duplicate-created", Ok("response.completed")),
    ("fault-bad-event-name", Ok("response.completed")),
    ("fault-wrong-index", Ok("response.completed")),
    ("fault-huge-delta", Ok("response.completed")),
    ("fault-seq-gap", Ok("response.completed")),
    ("flood", Ok("response.completed")),
    ("any", Ok("response.completed")),
];

/// Checks the received events of a turn, each with its event name.
fn assert_legal(model: &str, events: &[(Option<&str>, &str)], marked: Option<bool>) {
    let mut checker = Checker::new().expect_done_marker(marked.is_some());
    for (name, data) in events {
        let event = StreamEvent::from_json(data.as_bytes()).unwrap();
        checker.push(&event, *name);
    }
    if marked == Some(true) {
        checker.done_marker();
    }
    assert_eq!(checker.finish(), [], "{model}");
}

#[test]
fn over_one_http_connection() {
    let server = Server::start(&[]);
    let mut other = server.connect();
    other.send(&post(r#"{"model":"slow","input":"x","stream":true}"#));
    let mut connection = server.connect();
    for (model, end) in FAULTS {
        let ask = |stream| json!({"model": model, "input": "one two", "stream": stream});
        connection.send(&post(&ask(false).to_string()));
        let whole = connection.answer();
        match end {
            Ok("response.completed") => assert_eq!(whole.status, 200, "{model}"),
            Ok(_) => assert!(whole.status >= 500, "{model}: {}", whole.status),
            Err(status) => assert_eq!(whole.status, *status, "{model}"),
        }
        connection.send(&post(&ask(true).to_string()));
        let answer = connection.answer();
        let end = match end {
            Ok(end) => end,
            Err(status) => {
                assert_eq!(answer.status, *status, "{model}");
                assert_eq!(answer.error()["type"], "server_error", "{model}");
                continue;
            }
        };
        assert_eq!(answer.status, 200, "{model}");
        let text = answer.text().strip_suffix("data: [DONE]\n\n").unwrap();
        let frames: Vec<_> = text
            .split_terminator("\n\n")
            .map(|frame| {
                let (name, data) = frame.split_once('\n').unwrap();
                (
                    name.strip_prefix("event: "),
                    data.strip_prefix("data: ").unwrap(),
                )
            })
            .collect();
        assert_legal(model, &frames, Some(true));
        assert_eq!(frames.last().unwrap().0, Some(*end), "{model}");
    }
    assert!(other.answer().text().ends_with("data: [DONE]\n\n"));
}

#[test]
fn over_one_websocket() {
    let server = Server::start(&[]);
    let mut socket = Socket::open(&server, "test");
    for (model, end) in FAULTS {
        let turn = json!({"type": "response.create", "model": model, "input": "one two"});
        socket.send(&turn.to_string());
        let first = socket.next();
        if let Err(status) = end {
            assert_eq!(first["type"], "error", "{model}");
            assert_eq!(first["status"], *status, "{model}");
            continue;
        }
        let mut events = vec![first];
        while !["response.completed", "response.failed"]
            .map(Some)
            .contains(&events.last().unwrap()["type"].as_str())
        {
            events.push(socket.next());
        }
        assert_eq!(events.last().unwrap()["type"], end.unwrap(), "{model}");
        let events: Vec<String> = events.iter().map(ToString::to_string).collect();
        let events: Vec<_> = events.iter().map(|event| (None, &**event)).collect();
        assert_legal(model, &events, None);
    }
}
