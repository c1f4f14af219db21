//! What an error of an upstream comes to.

use http::{HeaderMap, StatusCode};
use openresponses_tower::{Error, ErrorKind};
use openresponses_upstream::{MessagePolicy, Origins, UpstreamError};
use serde_json::json;

/// The error that a client gets where its upstream answers with this status and body.
fn error(status: u16, body: &str) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    let read = UpstreamError::read(status, &HeaderMap::new(), body.as_bytes());
    read.to_error(&Origins::default(), MessagePolicy::Pass)
}

#[test]
fn a_context_that_is_too_long_has_one_code_whatever_the_server_says() {
    for message in [
        "prompt is too long: 219898 tokens > 200000 maximum",
        "This model's maximum context length is 8192 tokens.",
        "The input token count (1594712) exceeds the maximum number of tokens allowed (1048576).",
        "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
        "This model's maximum prompt length is 131072 but the request contains 530000 tokens.",
        "Input is too long for requested model.",
        "Too many input tokens. Max input tokens: 1024, request input token count: 1151",
        "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
        "the request exceeds the available context size. try increasing the context size",
        "Your request exceeded model token limit: 8192",
        "Input tokens exceed the configured limit: context length exceeded",
        "Please reduce the length of the messages or completion.",
    ] {
        for status in [400, 500] {
            let body = json!({"error": {"message": message}}).to_string();
            let error = error(status, &body);
            assert_eq!(error.code(), "context_length_exceeded", "{message}");
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{message}");
        }
    }
    let other = json!({"error": {"message": "The parameter 'temperature' exceeds the maximum."}});
    assert_eq!(error(400, &other.to_string()).code(), "invalid_value");
}

#[test]
fn a_gateways_error_says_what_the_server_behind_it_said() {
    let body = |metadata: serde_json::Value| {
        let error =
            json!({"code": 429, "message": "Provider returned error", "metadata": metadata});
        json!({"error": error}).to_string()
    };
    let of = |metadata| error(429, &body(metadata));
    let text = of(json!({"raw": "m is rate-limited upstream.", "provider_name": "P"}));
    assert_eq!(text.payload().message, "m is rate-limited upstream.");
    assert_eq!(text.kind(), ErrorKind::RateLimited);
    let inner = json!({"error": {"message": "Slow down.", "code": "slow_down"}});
    let document = of(json!({"raw": inner.to_string()}));
    assert_eq!(document.payload().message, "Slow down.");
    assert_eq!(document.code(), "slow_down");
    let page = of(json!({"raw": "<html>Busy</html>"}));
    assert_eq!(page.payload().message, "Provider returned error");
    let own = json!({"error": {"code": 429, "message": "Yours.", "metadata": {"raw": "Theirs."}}});
    assert_eq!(error(429, &own.to_string()).payload().message, "Yours.");
}

#[test]
fn moderation_is_about_the_request_and_not_the_account() {
    for metadata in [
        json!({"reasons": ["violence"], "flagged_input": "..", "provider_name": "P"}),
        json!({"reasons": ["violence"]}),
        json!({"flagged_input": ".."}),
    ] {
        let error_body =
            json!({"code": 403, "message": "Your input was flagged.", "metadata": metadata});
        let error = error(403, &json!({"error": error_body}).to_string());
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert_eq!(error.code(), "content_filter");
        assert_eq!(error.payload().message, "Your input was flagged.");
    }
    let account = json!({"error": {"code": 403, "message": "No.", "metadata": {"reasons": []}}});
    assert_eq!(
        error(403, &account.to_string()).code(),
        "upstream_permission"
    );
}

#[test]
fn the_state_of_the_hosts_account_is_not_the_clients_fault() {
    let anthropic = |message: &str| {
        let error = json!({"type": "invalid_request_error", "message": message});
        json!({"type": "error", "error": error}).to_string()
    };
    let gemini = |message: &str| {
        json!({"error": {"code": 400, "message": message, "status": "FAILED_PRECONDITION"}})
            .to_string()
    };
    let cases = [
        (
            anthropic(
                "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
            ),
            "upstream_billing",
        ),
        (
            anthropic(
                "You have reached your specified API usage limits. You will regain access on 2026-01-01 at 00:00 UTC.",
            ),
            "upstream_billing",
        ),
        (
            gemini(
                "Gemini API free tier is not available in your country. Please enable billing on your project in Google AI Studio.",
            ),
            "upstream_billing",
        ),
        (
            gemini("User location is not supported for the API use."),
            "upstream_permission",
        ),
        (
            anthropic("This organization has been disabled."),
            "upstream_permission",
        ),
    ];
    for (body, code) in cases {
        let error = error(400, &body);
        assert_eq!(error.kind(), ErrorKind::Upstream, "{body}");
        assert_eq!(error.code(), code, "{body}");
        let message = &error.payload().message;
        assert!(message.starts_with("The model's server"), "{message}");
    }
    let other = error(400, &gemini("The model does not have the modality."));
    assert_eq!(other.kind(), ErrorKind::InvalidRequest);
}
