use std::time::Duration;

use openresponses_tower::provider::CallerCredentials;
use openresponses_tower::{ErrorKind, Provider};
use openresponses_types::sequence::Delta;
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::{BaseUrl, HttpClient, Upstream};

use crate::server::{
    HELLO, SSE, all, ask, chunked, endless, every_dialect, options, outcome, serve, status, turn,
    upstream, with_options,
};

const HI: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";

async fn refusal(line: &str, headers: &str, body: &str) -> openresponses_tower::Error {
    let server = serve(status(line, headers, body)).await;
    ask(&upstream(&server).key("sk-secret"), HELLO)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_key_that_is_refused_is_not_the_clients_fault() {
    let body = r#"{"error":{"message":"Incorrect API key provided: sk-secret.","code":"invalid_api_key"}}"#;
    for line in ["401 Unauthorized", "400 Bad Request"] {
        let error = refusal(line, "", body).await;
        assert_eq!(error.kind(), ErrorKind::Upstream);
        assert_eq!(error.code(), "upstream_authentication");
        assert!(!error.to_string().contains("sk-"));
    }
}

#[tokio::test]
async fn a_refused_account_of_the_client_is_its_own_fault() {
    let of_account = [
        "401 Unauthorized",
        "402 Payment Required",
        "403 Forbidden",
        "429 Too Many Requests",
    ];
    for line in of_account {
        assert!(!refusal(line, "", "{}").await.is_of_caller(), "{line}");
        let server = serve(status(line, "", "{}")).await;
        let forwarding = upstream(&server).forward_client_key(true);
        let error = ask(&forwarding, HELLO).await.unwrap_err();
        assert!(error.is_of_caller(), "{line}");
        let error = ask(&forwarding.key("sk-1"), HELLO).await.unwrap_err();
        assert!(!error.is_of_caller(), "{line}");
    }
    let server = serve(status("500 Internal Server Error", "", "{}")).await;
    let forwarding = upstream(&server).forward_client_key(true);
    assert!(!ask(&forwarding, HELLO).await.unwrap_err().is_of_caller());
}

#[tokio::test]
async fn a_response_says_that_the_clients_key_was_used() {
    let server = serve(chunked(SSE, HI)).await;
    for (upstream, uses) in [
        (upstream(&server), false),
        (upstream(&server).forward_client_key(true), true),
        (
            upstream(&server).forward_client_key(true).key("sk-1"),
            false,
        ),
    ] {
        let answer = upstream.respond(turn(HELLO)).await.unwrap();
        let mark = answer.extensions().get::<CallerCredentials>();
        assert_eq!(mark.is_some(), uses);
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let error = refusal("429 Too Many Requests", "retry-after: 7\r\n", "{}").await;
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry_after_hint(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_refused_member_is_named_as_the_client_knows_it() {
    let body = r#"{"error":{"message":"Too large.","type":"invalid_request_error","param":"messages[0].content","code":"string_above_max_length"}}"#;
    let error = refusal("400 Bad Request", "", body).await;
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.code(), "string_above_max_length");
    assert_eq!(error.payload().param.as_str(), Some("input[0]"));
}

const IMAGE: &str = r#"{"model":"m","stream":true,"input":[{"role":"user","content":[
    {"type":"input_text","text":"What is it?"},
    {"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}]}"#;

const TOOL: &str =
    r#"{"model":"m","input":"Hi","stream":true,"tools":[{"type":"function","name":"f"}]}"#;

#[tokio::test]
async fn what_the_model_does_not_take_is_refused_with_the_clients_member() {
    let image = Some("input[0].content[1]");
    for (line, message, body, param) in [
        (
            "500 Internal Server Error",
            "image input is not supported",
            IMAGE,
            image,
        ),
        (
            "400 Bad Request",
            "This model does not support images.",
            IMAGE,
            image,
        ),
        (
            "400 Bad Request",
            "At most 0 image(s) may be provided.",
            IMAGE,
            image,
        ),
        (
            "400 Bad Request",
            "m does not support tools",
            TOOL,
            Some("tools"),
        ),
        (
            "500 Internal Server Error",
            "prompt too long; exceeded max context length",
            HELLO,
            None,
        ),
        (
            "500 Internal Server Error",
            "Conversation roles must alternate",
            HELLO,
            None,
        ),
        (
            "500 Internal Server Error",
            "System message must be at the beginning.",
            HELLO,
            None,
        ),
    ] {
        let error = format!(r#"{{"error":{{"message":"{message}","type":"server_error"}}}}"#);
        let server = serve(status(line, "", &error)).await;
        for upstream in every_dialect(&server) {
            let error = ask(&upstream, body).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{message}");
            assert_eq!(error.payload().param.as_str(), param, "{message}");
        }
    }
}

#[tokio::test]
async fn a_fault_of_the_server_is_not_the_requests() {
    for message in ["The image worker crashed.", "tools are not supported"] {
        let error = format!(r#"{{"error":{{"message":"{message}","type":"server_error"}}}}"#);
        let server = serve(status("500 Internal Server Error", "", &error)).await;
        for upstream in every_dialect(&server) {
            let error = ask(&upstream, IMAGE).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Upstream, "{message}");
        }
    }
}

#[tokio::test]
async fn an_error_in_the_stream_keeps_its_status() {
    let body = "data: {\"error\":{\"message\":\"Slow down.\",\"code\":429}}\n\n";
    for (said, text) in [(&[][..], ""), (&[Delta::text("Hi")], HI)] {
        let server = serve(chunked(SSE, &format!("{text}{body}"))).await;
        let (deltas, error) = outcome(ask(&upstream(&server), HELLO).await).await;
        assert_eq!(deltas, said);
        assert_eq!(error.unwrap().kind(), ErrorKind::RateLimited);
    }
}

#[tokio::test]
async fn an_answer_that_fails_at_once_has_a_status() {
    for answer in [
        status("200 OK", "", "<html></html>"),
        status("200 OK", "", "[]"),
        status("200 OK", "", "null"),
        status("200 OK", "", r#"{"error":{"message":"No","code":503}}"#),
        chunked("text/html", "<html></html>"),
        chunked(
            "application/json",
            r#"{"error":{"message":"No","code":503}}"#,
        ),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "HTTP/1.1 301 Moved\r\nlocation: /\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "no HTTP at all\r\n\r\n".to_owned(),
    ] {
        let server = serve(answer.clone()).await;
        for upstream in every_dialect(&server) {
            let error = ask(&upstream, HELLO).await.unwrap_err();
            let kinds = [ErrorKind::Upstream, ErrorKind::Overloaded];
            assert!(kinds.contains(&error.kind()), "{answer}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_behind_a_whole_answer_breaks_nothing() {
    let stop = "data: {\"type\":\"message_stop\"}\n\n";
    let start = "data: {\"type\":\"message_start\",\"message\":{\"content\":[]}}\n\n";
    for (body, is_whole) in [(format!("{start}{stop}"), true), (start.to_owned(), false)] {
        let server = serve(endless(SSE, &body) + "5\r\nconnection: close").await;
        let client = HttpClient::new(options()).unwrap();
        let upstream = Upstream::new(Anthropic::new(), server.base.clone(), client);
        let (deltas, error) = outcome(ask(&upstream, HELLO).await).await;
        assert_eq!(deltas.contains(&Delta::complete()), is_whole);
        assert_eq!(error.is_none(), is_whole);
    }
    let finish = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n";
    let within = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}}]}\n\n";
    for (body, is_whole) in [
        (format!("{HI}{finish}"), true),
        (format!("{within}{finish}"), false),
    ] {
        let server = serve(endless(SSE, &body) + "5\r\nconnection: close").await;
        let (deltas, error) = outcome(ask(&upstream(&server), HELLO).await).await;
        assert_eq!(deltas.contains(&Delta::complete()), is_whole);
        assert_eq!(error.is_none(), is_whole);
    }
}

#[tokio::test]
async fn a_stream_that_breaks_fails() {
    let cut = endless(SSE, HI) + "5\r\n";
    for (answer, code) in [
        (chunked(SSE, HI), "stream_ended_early"),
        (chunked(SSE, &HI[..HI.len() - 9]), "stream_ended_early"),
        (chunked(SSE, "data: {\n\n"), "upstream_error"),
        (format!("{cut}connection: close"), "upstream_error"),
    ] {
        let server = serve(answer).await;
        let (deltas, error) = outcome(ask(&upstream(&server), HELLO).await).await;
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Upstream);
        assert_eq!(error.code(), code);
        assert!(!deltas.contains(&Delta::complete()));
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_bad_gateway() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut server = serve("").await;
    server.base = BaseUrl::parse(&format!("http://{address}/v1")).unwrap();
    let error = ask(&upstream(&server), HELLO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upstream);
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let server = serve("").await;
    let quick = options().first_byte_timeout(Duration::from_millis(50));
    let error = ask(&with_options(&server, quick), HELLO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);

    let server = serve(endless(SSE, HI)).await;
    let quick = options().idle_timeout(Duration::from_millis(50));
    let output = ask(&with_options(&server, quick), HELLO).await.unwrap();
    let (deltas, error) = all(output).await;
    assert_eq!(deltas, [Delta::text("Hi")]);
    assert_eq!(error.unwrap().kind(), ErrorKind::Timeout);
}
