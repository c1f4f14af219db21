use std::io::{BufRead, Read};
use std::process::Command;

use crate::process::{Server, post};

#[test]
fn prints_its_address_and_a_command_that_works() {
    let mut server = Server::start(&[]);
    let mut line = String::new();
    while !line.contains("curl") {
        line.clear();
        server.out.read_line(&mut line).unwrap();
    }
    assert!(line.contains(&format!("http://{}/v1/responses", server.address)));
    let ran = Command::new("sh")
        .args(["-c", line.trim()])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let response: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(response["output"][0]["content"][0]["text"], "Echo: Hello");
}

#[test]
fn a_client_of_chat_completions_is_shown_the_way() {
    let server = Server::start(&[]);
    let answer = server.request("POST", "/v1/chat/completions", "test", "{}");
    assert_eq!(answer.status, 404);
    let error = answer.error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("send POST to '/responses'"), "{message}");
    assert_eq!(error["code"], "unknown_url");
}

#[test]
fn answers_as_json_and_as_events_on_one_connection() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    for _ in 0..3 {
        connection.send(&post(r#"{"model":"any","input":"Hello"}"#));
        let answer = connection.answer();
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["status"], "completed");
        connection.send(&post(r#"{"model":"any","input":"Hello","stream":true}"#));
        let answer = connection.answer();
        assert_eq!(answer.headers["content-type"], "text/event-stream");
        assert!(
            answer
                .text()
                .starts_with("event: response.created\ndata: {")
        );
        assert!(answer.text().ends_with("\n\ndata: [DONE]\n\n"));
    }
}

#[test]
fn each_chunk_holds_whole_events() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    connection.send(&post(r#"{"model":"slow","input":"x","stream":true}"#));
    connection.head();
    let mut deltas = 0;
    loop {
        let chunk = String::from_utf8(connection.chunk()).unwrap();
        if chunk.is_empty() {
            break;
        }
        assert!(chunk.starts_with("event: ") || chunk.starts_with("data: [DONE]"));
        assert!(chunk.ends_with("\n\n"));
        deltas += chunk.matches("event: response.output_text.delta\n").count();
    }
    assert_eq!(deltas, 32);
}

#[test]
fn reading_byte_by_byte_shows_the_same() {
    let server = Server::start(&[]);
    let body =
        r#"{"model":"any","input":"Hällo wörld 😀","stream":true,"reasoning":{"summary":"auto"}}"#;
    let close = post(body).replace("host:", "connection: close\r\nhost:");
    let mut connection = server.connect();
    connection.send(&close);
    connection.head();
    let mut bytes = Vec::new();
    let mut byte = [0];
    // Below the buffer: each read takes one byte from the socket.
    let rest = connection.0.buffer().to_vec();
    while connection.0.get_mut().read(&mut byte).unwrap() == 1 {
        bytes.push(byte[0]);
    }
    let slowly = unchunked(&[rest, bytes].concat());
    let at_once = server.ask(body).body;
    let types = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("event: "));
        lines.map(str::to_owned).collect()
    };
    assert!(types(&slowly).len() > 10);
    assert_eq!(types(&slowly), types(&at_once));
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&bytes[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return all;
        }
        all.extend(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 2 + size + 2..];
    }
}

#[test]
fn the_profile_can_be_chosen() {
    let body = r#"{"model":"any","input":[{"role":"user","content":"Hi"}]}"#;
    assert_eq!(Server::start(&[]).ask(body).status, 200);
    let refused = Server::start(&["--profile", "strict"]).ask(body);
    assert_eq!(refused.status, 400);
    assert_eq!(refused.error()["param"], "input[0].type");
}

#[test]
fn responses_are_kept_for_their_tenant() {
    let server = Server::start(&[]);
    let first = server.ask(r#"{"model":"any","input":"one"}"#).json();
    let next = format!(
        r#"{{"model":"any","input":"two","previous_response_id":{}}}"#,
        first["id"]
    );
    let second = server.ask(&next).json();
    assert_eq!(
        second["output"][0]["content"][0]["text"],
        "Echo: two (earlier: one)"
    );
    let mut connection = server.connect();
    connection.send(&post(&next).replace("Bearer test", "Bearer other"));
    let foreign = connection.answer();
    assert_eq!(foreign.status, 400);
    assert_eq!(foreign.error()["code"], "previous_response_not_found");
}
