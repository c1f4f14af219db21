//! Large bodies, and bodies over the limit.

use std::io::Write;

use crate::process::{Server, head, post};

const LIMIT: usize = 34_603_008;

#[test]
fn ten_mebibytes_of_text() {
    let server = Server::start(&[]);
    let text = "x".repeat(10 << 20);
    let answer = server.ask(&format!(r#"{{"model":"m","input":"{text}"}}"#));
    assert_eq!(answer.status, 200);
    let echo = answer.json();
    let echo = echo["output"][0]["content"][0]["text"].as_str().unwrap();
    assert_eq!(echo.len(), "Echo: ".len() + text.len());
    // One character more exceeds the limit of a text.
    let refused = server.ask(&format!(r#"{{"model":"m","input":"{text}x"}}"#));
    assert_eq!(refused.status, 400);
    assert_eq!(refused.error()["param"], "input");
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_sent() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    connection.send(&head(LIMIT + 1));
    let answer = connection.answer();
    assert_eq!(answer.status, 413);
    assert_eq!(answer.error()["code"], "request_too_large");
}

/// Clients that write the whole body before reading must also get the refusal, not a reset
/// connection.
#[test]
fn a_body_over_the_limit_is_refused_to_clients_that_read_afterwards() {
    let server = Server::start(&[]);
    let piece = vec![b'x'; 1 << 16];
    let mut declared = server.connect();
    declared.send(&head(40 << 20));
    for _ in 0..(40 << 20) / piece.len() {
        declared.0.get_mut().write_all(&piece).unwrap();
    }
    assert_eq!(declared.answer().status, 413);

    let mut chunked = server.connect();
    let chunks = head(0).replace("content-length: 0", "transfer-encoding: chunked");
    chunked.send(&chunks);
    for _ in 0..(40 << 20) / piece.len() {
        let stream = chunked.0.get_mut();
        write!(stream, "{:x}\r\n", piece.len()).unwrap();
        stream.write_all(&piece).unwrap();
        stream.write_all(b"\r\n").unwrap();
    }
    chunked.send("0\r\n\r\n");
    assert_eq!(chunked.answer().status, 413);

    let mut unauthorized = server.connect();
    unauthorized.send(&head(8 << 20).replace("authorization: Bearer test\r\n", ""));
    for _ in 0..(8 << 20) / piece.len() {
        unauthorized.0.get_mut().write_all(&piece).unwrap();
    }
    assert_eq!(unauthorized.answer().status, 401);
}

/// The model's work is bounded for any schema in a request.
#[test]
fn hostile_schemas_are_answered() {
    let server = Server::start(&[]);
    let definitions: Vec<String> = (0..40)
        .map(|n| {
            format!(
                r##""d{n}":{{"type":"array","minItems":9,"items":{{"$ref":"#/$defs/d{}"}}}}"##,
                n + 1
            )
        })
        .collect();
    let schema = format!(
        r##"{{"$ref":"#/$defs/d0","$defs":{{{}}}}}"##,
        definitions.join(",")
    );
    let body = format!(
        r#"{{"model":"m","input":"x","text":{{"format":{{"type":"json_schema","name":"n","schema":{schema}}}}}}}"#
    );
    let answer = server.ask(&body);
    assert_eq!(answer.status, 200);
    assert_eq!(server.ask(&post("x")).status, 400);
}
