//! Services that share a Redis server.

use http::StatusCode;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_conversation_hops_between_services", a_conversation_hops),
        trial("a_long_conversation_hops", a_long_conversation),
        trial("tenants_are_apart_over_http", tenants_are_apart),
    ]
}

async fn a_conversation_hops() {
    let server = Server::start();
    let services = [service(server.store()), service(server.store())];
    let mut previous = Value::Null;
    let mut expected = String::new();
    for (turn, word) in ["one", "two", "three", "four"].iter().enumerate() {
        let (status, response) = say(&services[turn % 2], &previous, word).await;
        assert_eq!(status, StatusCode::OK, "{response}");
        assert_eq!(response["store"], true);
        expected = match expected.as_str() {
            "" => (*word).to_owned(),
            before => format!("{before}|{before}|{word}"),
        };
        assert_eq!(text(&response), expected);
        // The other service returns the same response.
        let other = &services[(turn + 1) % 2];
        let found = send(other, "GET", &path(&response), "a", Value::Null).await;
        assert_eq!(found, (StatusCode::OK, response.clone()));
        let items = format!("{}/input_items?order=asc&limit=100", path(&response));
        let (_, list) = send(other, "GET", &items, "a", Value::Null).await;
        assert_eq!(list["data"].as_array().unwrap().len(), 2 * turn + 1);
        previous = response["id"].clone();
    }

    let (left, right) = (&services[0], &services[1]);
    let (_, response) = say(left, &Value::Null, "mark").await;
    let reference = json!({"type": "item_reference", "id": response["output"][0]["id"]});
    let body = json!({"model": "m", "input": [reference, {"role": "user", "content": "new"}]});
    let (_, referred) = send(right, "POST", "/v1/responses", "a", body).await;
    assert_eq!(text(&referred), "mark|new");

    let (status, _) = send(right, "DELETE", &path(&response), "a", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let (status, error) = say(left, &response["id"], "gone").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(error["error"]["code"], "previous_response_not_found");
    let (status, _) = send(left, "DELETE", &path(&response), "a", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

async fn a_long_conversation() {
    let server = Server::start();
    let services = [service(server.store()), service(server.store())];
    let mut previous = Value::Null;
    for turn in 0..200 {
        let (status, response) = say(&services[turn % 2], &previous, "more").await;
        assert_eq!(status, StatusCode::OK, "turn {turn}: {response}");
        assert_eq!(response["store"], true, "turn {turn}");
        if turn > 5 {
            assert_eq!(text(&response), format!("{} items", 2 * turn + 1));
        }
        previous = response["id"].clone();
    }
}

async fn tenants_are_apart() {
    let server = Server::start();
    let service = service(server.store());
    let (_, stored) = say(&service, &Value::Null, "secret").await;
    for id in [&stored["id"], &json!("resp_nothing")] {
        let body = json!({"model": "m", "input": "y", "previous_response_id": id});
        let (status, error) = send(&service, "POST", "/v1/responses", "b", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(error["error"]["code"], "previous_response_not_found");
        let path = format!("/v1/responses/{}", id.as_str().unwrap());
        let items = format!("{path}/input_items");
        for (method, path) in [("GET", &path), ("GET", &items), ("DELETE", &path)] {
            let (status, error) = send(&service, method, path, "b", Value::Null).await;
            assert_eq!(status, StatusCode::NOT_FOUND);
            let message = error["error"]["message"].as_str().unwrap();
            // Except for the id, which the caller sent.
            let message = message.replace(id.as_str().unwrap(), "ID");
            assert_eq!(message, "Response with id 'ID' not found.");
        }
    }
    let reference = json!({"type": "item_reference", "id": stored["output"][0]["id"]});
    let body = json!({"model": "m", "input": [reference, {"role": "user", "content": "x"}]});
    let (_, foreign) = send(&service, "POST", "/v1/responses", "b", body).await;
    assert_eq!(text(&foreign), "item_reference|x");
    let found = send(&service, "GET", &path(&stored), "a", Value::Null).await;
    assert_eq!(found, (StatusCode::OK, stored));
}
