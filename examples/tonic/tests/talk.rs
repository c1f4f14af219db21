//! Starts the example and talks to it, over both protocols.

use example_support::Server;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

#[tokio::test]
async fn answers_both_on_one_port() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::start(env!("CARGO_BIN_EXE_example-tonic"), &[])?;

    let endpoint = Endpoint::new(format!("http://{}", server.address()))?;
    let mut health = HealthClient::new(endpoint.connect().await?);
    let answer = health.check(HealthCheckRequest::default()).await?;
    assert_eq!(answer.get_ref().status(), ServingStatus::Serving);

    let body = r#"{"model":"tonic","input":"Hi","stream":true}"#;
    let answer = server.post("/v1/responses", body)?;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.contains("event: response.completed\n"),
        "{answer:?}"
    );
    assert!(answer.body.ends_with("data: [DONE]\n\n"), "{answer:?}");

    let end = "websocket_not_supported";
    let refused = server.websocket("/v1/responses", "{}", end)?;
    assert!(refused.starts_with("HTTP/1.1 426 "), "{refused}");
    Ok(())
}
