use std::io::Read as _;

use crate::process::{Server, post};

/// A body, the status that it gets, and the member at fault.
type Refused = (&'static str, u16, &'static str);

const REFUSED: [Refused; 18] = [
    ("", 400, "body"),
    ("{", 400, "body"),
    ("nonsense", 400, "body"),
    (r#"{"model":"m","input":"x"}}"#, 400, "body"),
    (r#"{"model":"m","input":"x",}"#, 400, "body"),
    (r#"{"model":"m","input":"\ud800"}"#, 400, "input"),
    (
        r#"{"model":"m","input":"x","temperature":1e400}"#,
        400,
        "temperature",
    ),
    (r#"{"model":"m","model":"n","input":"x"}"#, 400, "model"),
    (
        r#"{"model":"m","input":"x","metadata":{"a":"1","\u0061":"2"}}"#,
        400,
        "metadata.a",
    ),
    ("[]", 400, "body"),
    ("7", 400, "body"),
    (r#"{"input":"x"}"#, 400, "model"),
    (r#"{"model":"m"}"#, 400, "input"),
    (r#"{"model":7,"input":"x"}"#, 400, "model"),
    (r#"{"model":"m","input":"x","stream":"yes"}"#, 400, "stream"),
    (
        r#"{"model":"m","input":[{"type":"message","role":"user","content":[{"type":"input_text"}]}]}"#,
        400,
        "input[0].content[0].text",
    ),
    (
        r#"{"model":"m","input":"x","previous_response_id":"resp_none"}"#,
        400,
        "previous_response_id",
    ),
    (r#"{"model":"missing-model","input":"x"}"#, 404, "model"),
];

#[test]
fn every_refusal_is_an_envelope_and_the_connection_goes_on() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    for (body, status, param) in REFUSED {
        connection.send(&post(body));
        let answer = connection.answer();
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        let error = answer.error();
        assert_eq!(error["param"], param, "{body}: {error}");
        assert!(error["code"].is_string(), "{body}: {error}");
    }
    connection.send(&post(r#"{"model":"m","input":"still there"}"#));
    assert_eq!(connection.answer().status, 200);
}

#[test]
fn depth_is_bounded() {
    let server = Server::start(&[]);
    for (depth, status) in [(40, 200), (200, 400), (400_000, 400)] {
        let nested = "[".repeat(depth) + &"]".repeat(depth);
        let body = format!(r#"{{"model":"m","input":"x","extra":{nested}}}"#);
        assert_eq!(server.ask(&body).status, status, "{depth}");
    }
}

#[test]
fn a_head_that_is_refused_gets_its_status_and_code() {
    let server = Server::start(&[]);
    let good = post(r#"{"model":"m","input":"x"}"#);
    let json = "content-type: application/json\r\n";
    for (request, status, code) in [
        (good.replace(json, ""), 415, "unsupported_media_type"),
        (
            good.replace(json, "content-type: text/plain\r\n"),
            415,
            "unsupported_media_type",
        ),
        (
            good.replace(json, "content-type: application/x-www-form-urlencoded\r\n"),
            415,
            "unsupported_media_type",
        ),
        (
            good.replace(
                json,
                "content-type: application/json\r\ncontent-encoding: gzip\r\n",
            ),
            415,
            "unsupported_content_encoding",
        ),
        (
            good.replace("authorization: Bearer test\r\n", ""),
            401,
            "missing_api_key",
        ),
        (
            good.replace("Bearer test", "Bearer bad"),
            401,
            "invalid_api_key",
        ),
        (
            good.replace("Bearer test", "Basic test"),
            401,
            "invalid_api_key",
        ),
        (
            good.replace("Bearer test", "Bearer"),
            401,
            "missing_api_key",
        ),
        (
            good.replace("POST /v1/responses", "PUT /v1/responses"),
            405,
            "method_not_allowed",
        ),
        (
            good.replace("/v1/responses", "/v1/response"),
            404,
            "unknown_url",
        ),
        (
            good.replace("Bearer test", "Bearer te st"),
            401,
            "invalid_api_key",
        ),
        (good.replace("host: localhost\r\n", ""), 400, "invalid_host"),
        (
            good.replace(
                "host: localhost\r\n",
                "host: localhost\r\nhost: localhost\r\n",
            ),
            400,
            "invalid_host",
        ),
        (
            good.replace("host: localhost\r\n", "host: rebound.example\r\n"),
            403,
            "host_not_allowed",
        ),
        (
            good.replace("/v1/responses", "/"),
            405,
            "method_not_allowed",
        ),
        (
            good.replace("/v1/responses", "//v1/responses"),
            404,
            "unknown_url",
        ),
        (
            good.replace("/v1/responses", "/v1/responses/"),
            404,
            "unknown_url",
        ),
    ] {
        let mut connection = server.connect();
        connection.send(&request);
        let answer = connection.answer();
        assert_eq!(answer.status, status, "{request}");
        let error = answer.error();
        assert_eq!(error["code"], code, "{request}");
        assert!(error["param"].is_string(), "{request}");
    }
}

/// hyper answers these before the endpoint sees them.
#[test]
fn a_head_that_is_not_http_or_too_large_is_refused_in_the_envelope() {
    let server = Server::start(&[]);
    let head = |more: &str| format!("GET /v1/models HTTP/1.1\r\nhost: localhost\r\n{more}\r\n");
    let (malformed, large) = ((400, "malformed_head"), (431, "head_too_large"));
    for (head, (status, code)) in [
        (head("no colon\r\n"), malformed),
        (head("name : value\r\n"), malformed),
        (head("name: va\0lue\r\n"), malformed),
        (
            head("content-length: 1\r\ncontent-length: 2\r\n"),
            malformed,
        ),
        ("GET /v1/models HTTP/3.1\r\n\r\n".into(), malformed),
        ("nonsense\r\n\r\n".into(), malformed),
        (head(&"x: y\r\n".repeat(101)), large),
        // Its client sends all of it before it reads.
        (head(&format!("x: {}\r\n", "y".repeat(2 << 20))), large),
    ] {
        let mut connection = server.connect();
        // Behind a request that is answered, in one write.
        connection.send(&(post(r#"{"model":"m","input":"x"}"#) + &head));
        assert_eq!(connection.answer().status, 200);
        let answer = connection.answer();
        assert_eq!(answer.status, status, "{head:.200}");
        assert_eq!(answer.error()["code"], code);
        assert_eq!(answer.error()["param"], "headers");
        assert_eq!(answer.headers["connection"], "close");
        assert_eq!(answer.headers["content-type"], "application/json");
        let mut rest = Vec::new();
        connection.0.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty());
    }
}
