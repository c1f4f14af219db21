//! Starts the example and talks to it.

use example_support::Server;

#[test]
fn answers_in_front_of_the_own_service() -> std::io::Result<()> {
    let server = Server::start(env!("CARGO_BIN_EXE_example-hyper"), &[])?;
    assert_eq!(server.get("/a/b")?.body, "This is /a/b.");

    let answer = server.post("/v1/responses", r#"{"model":"hyper","input":"Hi"}"#)?;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("Hello from hyper"), "{answer:?}");

    let body = r#"{"model":"hyper","input":"Hi","stream":true}"#;
    let answer = server.post("/v1/responses", body)?;
    assert!(
        answer.body.contains("event: response.completed\n"),
        "{answer:?}"
    );
    assert!(answer.body.ends_with("data: [DONE]\n\n"), "{answer:?}");

    let refused = server.get("/v1/responses")?;
    assert_eq!(refused.status, 405);
    assert!(refused.body.contains("method_not_allowed"), "{refused:?}");

    let create = r#"{"type":"response.create","model":"hyper","input":"Hi"}"#;
    let events = server.websocket("/v1/responses", create, "response.completed")?;
    assert!(events.starts_with("HTTP/1.1 101 "), "{events}");
    assert!(events.contains("response.output_text.delta"), "{events}");
    Ok(())
}
