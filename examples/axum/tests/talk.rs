//! Starts the example and talks to it.

use example_support::Server;

#[test]
fn answers_beside_the_other_routes() -> std::io::Result<()> {
    let server = Server::start(env!("CARGO_BIN_EXE_example-axum"), &[])?;
    assert_eq!(server.get("/health")?.body, "well");

    let body = r#"{"model":"axum","input":"Hi"}"#;
    let answer = server.post("/v1/responses", body)?;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.contains(r#""status":"completed""#),
        "{answer:?}"
    );
    assert!(
        answer.body.contains("Hello from axum to 1 items."),
        "{answer:?}"
    );

    let body = r#"{"model":"axum","input":"Hi","stream":true}"#;
    let answer = server.post("/v1/responses", body)?;
    assert!(
        answer.head.contains("content-type: text/event-stream"),
        "{answer:?}"
    );
    assert!(
        answer.body.starts_with("event: response.created\n"),
        "{answer:?}"
    );
    assert!(answer.body.ends_with("data: [DONE]\n\n"), "{answer:?}");

    let refused = server.post("/v1/responses", r#"{"model":7,"input":"Hi"}"#)?;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains(r#""param":"model""#), "{refused:?}");
    assert_eq!(server.get("/v1/nothing")?.status, 404);

    let create = r#"{"type":"response.create","model":"axum","input":"Hi"}"#;
    let events = server.websocket("/v1/responses", create, "response.completed")?;
    assert!(events.starts_with("HTTP/1.1 101 "), "{events}");
    assert!(events.contains("response.output_text.delta"), "{events}");
    Ok(())
}
