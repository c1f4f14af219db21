//! Tokens of issuers in the file.

use serde_json::json;

use crate::gateway::MODELS;
use crate::process::{Server, file, program};

const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k1","alg":"EdDSA","use":"sig","x":"fnWFaXaj1XcBcNf9ipYh7NKN4bnS_LR_YBfwugM8d1Y"}]}"#;

/// Those of another issuer, from RFC 8037.
const OTHERS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k9","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// Of `https://two.example` for `gateway`, with the scope `responses:write`, until 2100. It claims
/// the first policy of the file, too.
const GOOD: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL3R3by5leGFtcGxlIiwiYXVkIjoiZ2F0ZXdheSIsInN1YiI6InUxIiwib3JnIjoiaW5pdGVjaCIsImV4cCI6NDEwMjQ0NDgwMCwic2NvcGUiOiJyZWFkIHJlc3BvbnNlczp3cml0ZSIsIm9wZW5yZXNwb25zZXMtc2VydmVyLnBvbGljeSI6IjAifQ.WpgFPmeVgV7g-3AMc5LcfazXd1CfOuC0Mu7aVjWi263ZavzyxRNeO5e4c_aWMBz8xkqYdxiDWXgJvepwJW6XBw";

/// Without that scope.
const POOR: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL3R3by5leGFtcGxlIiwiYXVkIjoiZ2F0ZXdheSIsInN1YiI6InUxIiwib3JnIjoiaW5pdGVjaCIsImV4cCI6NDEwMjQ0NDgwMCwic2NvcGUiOiJyZWFkIn0.-3HB-vFy-1kmjMf1z5btHNZjjQdhzC6tZprrRUQElqvPVQP0MLkp7WlCM-hXKnPqJaVMpE9liyVwawHZ2Ut5Bw";

/// Until 2023.
const OLD: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL3R3by5leGFtcGxlIiwiYXVkIjoiZ2F0ZXdheSIsInN1YiI6InUxIiwib3JnIjoiaW5pdGVjaCIsImV4cCI6MTcwMDAwMDAwMCwic2NvcGUiOiJyZXNwb25zZXM6d3JpdGUifQ.g2i6G3Z954EFyPL7-YDs3r58li-CLClJRqrL7QBk-9ucUTmSZLDmUCO7PJc43KCwapgJ4bGXMMQwclWrLzPdBw";

#[test]
fn a_token_of_each_issuer_has_its_own_policy() {
    file("one.jwks", OTHERS);
    file("two.jwks", KEYS);
    let callers = r#"
        [[keys]]
        tenant = "acme"
        sha256 = "5f8eee912cd7c0ccb238560e8a22e7f78909e6dac18288188f7f4ea35112700d"
        [[issuers]]
        issuer = "https://one.example"
        audiences = ["gateway"]
        jwks_file = "one.jwks"
        [[issuers]]
        issuer = "https://two.example"
        audiences = ["other", "gateway"]
        jwks_file = "two.jwks"
        algorithms = ["EdDSA"]
        require = { scope = "responses:write" }
        models = ["acme/good"]
        rate = { requests = 4, per = "1h" }
    "#;
    let path = file("tokens.toml", &format!("{callers}{MODELS}"));
    let server = Server::start(&["--config", &path]);
    let ask = |key: &str, model: &str| {
        let answer = server.ask_as(
            Some(key),
            &json!({"model": model, "input": "x"}).to_string(),
        );
        let code = match answer.status {
            200 => String::from("ok"),
            _ => answer.error()["code"].as_str().unwrap().to_owned(),
        };
        (answer.status, code)
    };
    let outcome = |status: u16, code: &str| (status, code.to_owned());
    let forged = GOOD.replace("WpgF", "WpgG");
    for (token, model, expected) in [
        (GOOD, "acme/good", outcome(200, "ok")),
        // Claims of the token do not change the policy.
        (GOOD, "acme/second", outcome(403, "model_not_allowed")),
        (POOR, "acme/good", outcome(403, "insufficient_scope")),
        (OLD, "acme/good", outcome(401, "token_expired")),
        (&forged, "acme/good", outcome(401, "invalid_token")),
        (GOOD, "acme/good", outcome(200, "ok")),
        (GOOD, "acme/good", outcome(200, "ok")),
        (GOOD, "acme/good", outcome(429, "rate_limit_exceeded")),
        ("sk-acme", "acme/second", outcome(200, "ok")),
    ] {
        assert_eq!(ask(token, model), expected, "{model}");
    }
    // An invalid key is refused even beside a valid token.
    let mut connection = server.connect();
    connection.send(&format!(
        "GET /v1/models HTTP/1.1\r\nhost: x\r\nx-api-key: sk-wrong\r\nauthorization: Bearer {GOOD}\r\n\r\n"
    ));
    let refused = connection.answer();
    assert_eq!(
        (refused.status, &refused.error()["code"]),
        (401, &json!("invalid_api_key"))
    );
}

#[test]
fn a_second_entry_for_the_same_tokens_is_refused() {
    file("same.jwks", KEYS);
    let entry = "[[issuers]]\nissuer = \"https://i.example\"\naudiences = [\"a\"]\njwks_file = \"same.jwks\"\n";
    for (second, is_good) in [("", false), ("require = { role = \"b\" }\n", true)] {
        let path = file("same.toml", &format!("{entry}{entry}{second}"));
        let ran = program().args(["--config", &path, "--check"]).output();
        let ran = ran.unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.success(), is_good, "{stderr}");
        let expected =
            ":5:1: issuers[1]: it is the issuer, the audiences and the requirements of issuers[0]";
        assert_eq!(stderr.contains(expected), !is_good, "{stderr}");
    }
}
