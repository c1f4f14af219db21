//! What one tenant keeps is not there for another: the answers are those to ids that never were.

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
        assert_eq!(told(strangers, id), told(strangers, &never(id)));
    }
    let path = format!("/v1/responses/{}", kept["id"].as_str().unwrap());
    let items = format!("{path}/input_items");
    let items = owners.request("GET", &items, OWNER, "").json();
    let item = items["data"][0]["id"].as_str().unwrap();
    let said = referred(strangers, STRANGER, item);
    assert_eq!(said, referred(strangers, STRANGER, &never(item)));
    assert!(!said.concat().contains("secret"), "{said:?}");

    // The owner has it all.
    let found = strangers.request("GET", &path, OWNER, "");
    assert_eq!(found.json(), kept);
    let said = referred(strangers, OWNER, item);
    assert!(said.iter().all(|said| said.contains("secret")), "{said:?}");
    let path = format!("/v1/responses/{}/cancel", running["id"].as_str().unwrap());
    let cancelled = owners.request("POST", &path, OWNER, "");
    assert_eq!(cancelled.json()["status"], "cancelled");
}

/// An unknown id of the same form.
fn never(id: &str) -> String {
    let (kind, random) = id.split_once('_').unwrap();
    format!("{kind}_{}", "0".repeat(random.len()))
}

/// Whatever a stranger can ask about a response, and all that it is answered.
fn told(server: &Server, id: &str) -> Vec<String> {
    let path = format!("/v1/responses/{id}");
    let mut told = Vec::new();
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
        told.push(whole(&answer));
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
        told.push(whole(&answer));
    }
    let mut socket = Socket::open(server, STRANGER);
    for members in [
        &previous,
        &json!({"model": "any", "previous_response_id": id, "generate": false}),
    ] {
        let end = socket.ask(members.clone());
        assert_eq!(end["error"]["code"], "previous_response_not_found", "{end}");
        told.push(end.to_string());
    }
    told.iter().map(|text| text.replace(id, "ID")).collect()
}

/// All of an answer that does not differ anyway from one request to the next.
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

/// What a tenant is answered who refers to an item, but for ids and times.
fn referred(server: &Server, tenant: &str, item: &str) -> Vec<String> {
    let input = json!([{"type": "item_reference", "id": item}, {"role": "user", "content": "x"}]);
    let body = json!({"model": "any", "input": input, "store": false});
    let answer = server.request("POST", "/v1/responses", tenant, &body.to_string());
    let end = Socket::open(server, tenant).ask(body);
    let body = json!({"model": "any", "input": input}).to_string();
    let window = server.request("POST", "/v1/responses/compact", tenant, &body);
    let said = [answer.json(), end["response"].clone(), window.json()];
    said.map(|said| {
        let output = said["output"].as_array().unwrap().iter();
        let contents: Vec<_> = output.map(|item| &item["content"]).collect();
        json!([contents, said["usage"]]).to_string()
    })
    .into()
}
