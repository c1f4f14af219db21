//! The server behind the endpoint.

use http_body_util::BodyExt;
use hyper::Request;
use openresponses_tower::{Config, OpenResponses};
use openresponses_types::Profile;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{BaseUrl, ClientOptions, HttpClient, Upstream};
use serde_json::Value;
use tower_service::Service;

use crate::answer::Answer;

/// The answer through the endpoint, which must be legal by the letter.
pub(crate) async fn answer(server: &str, request: &Value) -> Answer {
    let client = HttpClient::new(ClientOptions::new()).unwrap();
    let base = BaseUrl::parse(&format!("{server}/v1")).unwrap();
    let upstream = Upstream::new(Responses::new(), base, client);
    let mut service = OpenResponses::new(upstream, Config::new());
    let streamed = request["stream"] == true;
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(request.to_string())
        .unwrap();
    let response = service.call(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(status.is_success(), "{status}: {body}");
    if streamed {
        assert!(body.ends_with("data: [DONE]\n\n"), "{body}");
        let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
        for data in data.filter(|data| *data != "[DONE]") {
            legal(data, DocumentKind::StreamEvent);
        }
    } else {
        legal(&body, DocumentKind::Response);
    }
    Answer::read(&body)
}

fn legal(text: &str, kind: DocumentKind) {
    let document = Document::parse(text.as_bytes()).unwrap();
    let report = validate(&document, kind, Profile::Strict);
    assert!(report.is_ok(), "{text}: {report:?}");
}
