//! Stored responses are invisible to other tenants: the answers equal those for unknown ids.

use std::collections::BTreeMap;

use serde_json::json;

use crate::process::{Answer, Server};
use crate::socket::Socket;

#[test]
fn tenants_are_apart_in_memory() {
    let server = Server::start(&[]);
    check(&server, &server);
}

const OWNER: &str = "test";
const STRANGER: &str = "other";

/// Tenants of two servers with one store.
pub(crate) fn check(owners: &Server, strangers: &Server) {
    let body = json!({"model": "any", "input": "secret"}).to_string();
    let kept = owners.request("POST", "/v1/responses", OWNER, &body).json();
    let body = json!({"model": "slow", "input": "secret", "background": true}).to_string();
    let running = owners.request("POST", "/v1/responses", OWNER, &body).json();

    for response in [&kept, &running] {
        let id = response["id"].as_str().unwrap();
        assert_eq!(
            all_answers(strangers, id),
            all_answers(strangers, &never(id))
        );
    }
    let path = format!("/v1/responses/{}", kept["id"].as_str().unwrap());
    let items = format!("{path}/input_items");
    let items = owners.request("GET", &items, OWNER, "").json();
    let item = items["data"][0]["id"].as_str().unwrap();
    let answers = referred(strangers, STRANGER, item);
    assert_eq!(answers, referred(strangers, STRANGER, &never(item)));
    assert!(!answers.concat().contains("secret"), "{answers:?}");

    // The owner has full access.
    let found = strangers.request("GET", &path, OWNER, "");
    assert_eq!(found.json(), kept);
    let answers = referred(strangers, OWNER, item);
    assert!(
        answers.iter().all(|answer| answer.contains("secret")),
        "{answers:?}"
    );
    let path = format!("/v1/responses/{}/cancel", running["id"].as_str().unwrap());
    let cancelled = owners.request("POST", &path, OWNER, "");
    assert_eq!(cancelled.json()["status"], "cancelled");
}

/// An unknown id of the same form.
fn never(id: &str) -> String {
    let (kind, random) = id.split_once('_').unwrap();
    format!("{kind}_{}", "0".repeat(random.len()))
}

/// All requests about a response by another tenant, and their answers.
fn all_answers(server: &Server, id: &str) -> Vec<String> {
    let path = format!("/v1/responses/{id}");
    let mut answers = Vec::new();
    for (method, path) in [
        ("GET", path.clone()),
        (
            "GET",
            format!("{path}?include[]=message.output_text.logprobs"),
        ),
        ("GET", format!("{path}/input_items")),
        (
            "GET",
            format!("{path}/input_items?order=asc&limit=1&after=msg_1"),
        ),
        ("POST", format!("{path}/cancel")),
        ("DELETE", path.clone()),
    ] {
        let answer = server.request(method, &path, STRANGER, "");
        assert_eq!(answer.status, 404, "{method} {path}");
        answers.push(whole(&answer));
    }
    let previous = json!({"model": "any", "input": "x", "previous_response_id": id});
    let mut streamed = previous.clone();
    streamed["stream"] = json!(true);
    let mut background = previous.clone();
    background["background"] = json!(true);
    for (path, body) in [
        ("/v1/responses", &previous),
        ("/v1/responses", &streamed),
        ("/v1/responses", &background),
        ("/v1/responses/compact", &previous),
        (
            "/v1/responses/compact",
            &json!({"model": "any", "previous_response_id": id}),
        ),
    ] {
        let answer = server.request("POST", path, STRANGER, &body.to_string());
        assert_eq!(answer.status, 400, "{path} {body}");
        assert_eq!(answer.error()["code"], "previous_response_not_found");
        answers.push(whole(&answer));
    }
    let mut socket = Socket::open(server, STRANGER);
    for members in [
        &previous,
        &json!({"model": "any", "previous_response_id": id, "generate": false}),
    ] {
        let end = socket.ask(members.clone());
        assert_eq!(end["error"]["code"], "previous_response_not_found", "{end}");
        answers.push(end.to_string());
    }
    answers.iter().map(|text| text.replace(id, "ID")).collect()
}

/// The parts of an answer that do not vary between requests.
fn whole(answer: &Answer) -> String {
    let mut headers: BTreeMap<_, _> = answer.headers.clone();
    headers.remove("date");
    let request = headers.remove("x-request-id").unwrap_or_default();
    format!(
        "{} {} {headers:?} {}",
        answer.status,
        request.len(),
        answer.text()
    )
}

/// The answer to a tenant that refers to an item, without ids and times.
fn referred(server: &Server, tenant: &str, item: &str) -> Vec<String> {
    let input = json!([{"type": "item_reference", "id": item}, {"role": "user", "content": "x"}]);
    let body = json!({"model": "any", "input": input, "store": false});
    let answer = server.request("POST", "/v1/responses", tenant, &body.to_string());
    let end = Socket::open(server, tenant).ask(body);
    let body = json!({"model": "any", "input": input}).to_string();
    let window = server.request("POST", "/v1/responses/compact", tenant, &body);
    let answers = [answer.json(), end["response"].clone(), window.json()];
    answers
        .map(|answer| {
            let output = answer["output"].as_array().unwrap().iter();
            let contents: Vec<_> = output.map(|item| &item["content"]).collect();
            json!([contents, answer["usage"]]).to_string()
        })
        .into()
}
