//! Starts the example in front of a server that answers from a script, and talks to it.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::thread;

use example_support::Server;

const ANSWER: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\n",
    "data: [DONE]\n\n",
);

/// Answers each connection with a status and a body; returns the address.
fn upstream(status: &'static str, body: &'static str) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream?;
            let mut request = Vec::new();
            // The body ends with the object that it is.
            while !request.ends_with(b"}") {
                let mut piece = [0; 4096];
                let read = stream.read(&mut piece)?;
                request.extend_from_slice(piece.get(..read).unwrap_or_default());
            }
            write!(
                stream,
                "HTTP/1.1 {status}\r\nconnection: close\r\n\r\n{body}"
            )?;
        }
        Ok::<_, io::Error>(())
    });
    Ok(format!("http://{address}/v1"))
}

#[test]
fn a_chat_server_answers_through_it() -> io::Result<()> {
    let upstream = upstream("200 OK", ANSWER)?;
    let server = Server::start(env!("CARGO_BIN_EXE_example-upstream"), &[&upstream])?;
    assert_eq!(server.get("/health")?.body, "well");
    let answer = server.post(
        "/v1/responses",
        r#"{"model":"m","input":"Hi","stream":true}"#,
    )?;
    assert!(answer.body.contains(r#""delta":"Hel""#), "{answer:?}");
    assert!(answer.body.ends_with("data: [DONE]\n\n"), "{answer:?}");
    let answer = server.post("/v1/responses", r#"{"model":"m","input":"Hi"}"#)?;
    assert!(answer.body.contains(r#""text":"Hello""#), "{answer:?}");
    Ok(())
}

#[test]
fn an_error_without_end_is_not_read_to_its_end() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let upstream = format!("http://{}/v1", listener.local_addr()?);
    thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        write!(stream, "HTTP/1.1 500 No\r\nconnection: close\r\n\r\n")?;
        // Until the client has closed the connection.
        while stream.write_all(&[b' '; 4096]).is_ok() {}
        Ok::<_, io::Error>(())
    });
    let server = Server::start(env!("CARGO_BIN_EXE_example-upstream"), &[&upstream])?;
    let answer = server.post("/v1/responses", r#"{"model":"m","input":"Hi"}"#)?;
    assert!(answer.status >= 500, "{answer:?}");
    Ok(())
}

#[test]
fn what_the_chat_server_refuses_is_refused_with_its_code() -> io::Result<()> {
    let error =
        r#"{"error":{"message":"No.","type":"invalid_request_error","code":"model_not_found"}}"#;
    let upstream = upstream("404 Not Found", error)?;
    let server = Server::start(env!("CARGO_BIN_EXE_example-upstream"), &[&upstream])?;
    let answer = server.post("/v1/responses", r#"{"model":"m","input":"Hi"}"#)?;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert!(answer.body.contains("model_not_found"), "{answer:?}");
    Ok(())
}
