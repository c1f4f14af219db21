//! Which answers are asked for as a stream.

use http::header::ACCEPT;
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{Dialect, UpstreamRequest};

use crate::support::turn;

/// Whether the request asks for a stream: in its header, and in its body or path.
fn is_streamed(dialect: &dyn Dialect, stream: bool) -> bool {
    let turn = turn(&format!(r#""input":"Hi","stream":{stream}"#));
    let request: UpstreamRequest = dialect.request(&turn).unwrap();
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let asks = body.contains(r#""stream":true"#) || request.path.contains(":streamGenerateContent");
    let accepts = request.headers[ACCEPT] == "text/event-stream";
    assert_eq!(asks, accepts, "{}: {body}", dialect.name());
    asks
}

#[test]
fn a_stream_is_asked_for_where_the_client_wants_a_document() {
    let dialects: [&dyn Dialect; 4] = [
        &Chat::new(),
        &Anthropic::new(),
        &Gemini::new(),
        &Responses::new(),
    ];
    for dialect in dialects {
        assert!(is_streamed(dialect, false), "{}", dialect.name());
        assert!(is_streamed(dialect, true), "{}", dialect.name());
    }
}

#[test]
fn a_server_that_does_not_stream_is_asked_as_the_client_asks() {
    let dialects: [&dyn Dialect; 3] = [
        &Chat::new().always_stream(false),
        &Anthropic::new().always_stream(false),
        &Gemini::new().always_stream(false),
    ];
    for dialect in dialects {
        assert!(!is_streamed(dialect, false), "{}", dialect.name());
        assert!(is_streamed(dialect, true), "{}", dialect.name());
    }
}
