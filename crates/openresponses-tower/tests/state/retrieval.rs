use http::StatusCode;
use openresponses_tower::store::{
    Conversation, MemoryStore, MemoryStoreLimits, ResponseStore, StoredResponse,
};
use openresponses_tower::{OpenResponses, Scope};
use openresponses_types::Response;
use serde_json::{Value, json};

use crate::{Recall, ask, memory, send, service};

/// What a tenant's clients wait for is kept in a scope of its own.
#[tokio::test]
async fn everything_of_a_tenant_includes_its_approvals() {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    for scope in ["a", "a\0approvals", "b", "b\0approvals"] {
        let response = Response::new("resp_1", "model", 1);
        let record = StoredResponse::new(response, &Conversation::default(), Vec::new());
        store.save(&Scope::new(scope), record).await.unwrap();
    }
    let service = service(store.clone());
    assert_eq!(service.delete_scope(&Scope::new("a")).await.unwrap(), 1);
    assert_eq!(store.len(), 2);
    for scope in ["b", "b\0approvals"] {
        assert!(
            store
                .load(&Scope::new(scope), "resp_1")
                .await
                .unwrap()
                .is_some()
        );
    }
}

/// What is large is printed beside the threads that serve connections, in the same way.
#[tokio::test]
async fn a_large_response_is_retrieved_and_listed() {
    let service = memory();
    let text = "\"x\" ".repeat(300_000);
    let (_, response) = ask(&service, "a", json!({"model": "m", "input": text})).await;
    let path = format!("/v1/responses/{}", response["id"].as_str().unwrap());
    let (status, found) = send(&service, "GET", &path, "a", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    assert!(found == response, "the response as it was sent");
    let items = format!("{path}/input_items");
    let (_, list) = send(&service, "GET", &items, "a", Value::Null).await;
    assert!(list["data"][0]["content"][0]["text"] == text.as_str());
    let (status, error) = send(
        &service,
        "GET",
        &format!("{items}?after=x"),
        "a",
        Value::Null,
    )
    .await;
    assert_eq!(
        (status, &error["error"]["param"]),
        (StatusCode::BAD_REQUEST, &json!("after"))
    );
}

#[tokio::test]
async fn a_response_is_retrieved_listed_and_deleted() {
    let service = memory();
    let input: Vec<Value> = (0..5)
        .map(|n| json!({"type": "message", "role": "user", "content": n.to_string()}))
        .collect();
    let (_, response) = ask(&service, "a", json!({"model": "m", "input": input})).await;
    let path = format!("/v1/responses/{}", response["id"].as_str().unwrap());
    assert_eq!(
        send(&service, "GET", &path, "a", Value::Null).await.1,
        response
    );

    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let (status, page) = send(
            &service,
            "GET",
            &format!("{path}/input_items?order=asc&limit=2{after}"),
            "a",
            Value::Null,
        )
        .await;
        assert_eq!(status, 200);
        assert_eq!(page["object"], "list");
        seen.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["content"][0]["text"].clone()),
        );
        if page["has_more"] == false {
            break;
        }
        after = format!("&after={}", page["last_id"].as_str().unwrap());
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    let (_, newest) = send(
        &service,
        "GET",
        &format!("{path}/input_items?limit=1"),
        "a",
        Value::Null,
    )
    .await;
    assert_eq!(newest["data"][0]["content"][0]["text"], "4");
    let (status, error) = send(
        &service,
        "GET",
        &format!("{path}/input_items?limit=0"),
        "a",
        Value::Null,
    )
    .await;
    assert_eq!(
        (status, &error["error"]["param"]),
        (StatusCode::BAD_REQUEST, &json!("limit"))
    );

    let (status, deleted) = send(&service, "DELETE", &path, "a", Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(
        deleted,
        json!({"id": response["id"], "object": "response", "deleted": true})
    );
    assert_eq!(send(&service, "GET", &path, "a", Value::Null).await.0, 404);
}

/// A page of a response's input.
async fn page(service: &OpenResponses<Recall>, path: &str, query: &str) -> (StatusCode, Value) {
    let path = format!("{path}/input_items{query}");
    send(service, "GET", &path, "a", Value::Null).await
}

fn texts(page: &Value) -> Vec<&str> {
    let items = page["data"].as_array().unwrap().iter();
    items
        .map(|item| item["content"][0]["text"].as_str().unwrap())
        .collect()
}

/// Short forms of a client are listed in full.
#[tokio::test]
async fn listed_items_are_complete() {
    let service = memory();
    let input = json!([
        {"role": "assistant", "content": "earlier"},
        {"id": "my /&= id", "role": "user", "content": "one"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "done"},
    ]);
    let (_, response) = ask(&service, "a", json!({"model": "m", "input": input})).await;
    let path = format!("/v1/responses/{}", response["id"].as_str().unwrap());
    let (_, list) = page(&service, &path, "?order=asc").await;
    let items = list["data"].as_array().unwrap();
    for item in items {
        assert!(item["id"].is_string() && item["type"].is_string(), "{item}");
        assert_eq!(item["status"], "completed", "{item}");
    }
    assert_eq!(items[0]["content"][0]["type"], "output_text");
    assert_eq!(
        items[1]["content"],
        json!([{"type": "input_text", "text": "one"}])
    );
    assert_eq!(items[3]["output"], "done");
    assert_eq!(
        (&list["first_id"], &list["last_id"]),
        (&items[0]["id"], &items[3]["id"])
    );
    // Asked again, nothing has changed, and an id may be anything.
    assert_eq!(page(&service, &path, "?order=asc").await.1, list);
    let (_, rest) = page(&service, &path, "?order=asc&after=my+%2F%26%3D%20id").await;
    assert_eq!(rest["data"], json!(items[2..]));
}

#[tokio::test]
async fn pages_have_bounds_and_an_order() {
    let service = memory();
    let input: Vec<Value> = (0..130)
        .map(|n| json!({"role": "user", "content": n.to_string()}))
        .collect();
    let (_, response) = ask(&service, "a", json!({"model": "m", "input": input})).await;
    let path = format!("/v1/responses/{}", response["id"].as_str().unwrap());
    // By default twenty, the newest first.
    let (_, newest) = page(&service, &path, "").await;
    let expected: Vec<String> = (110..130).rev().map(|n| n.to_string()).collect();
    assert_eq!(texts(&newest), expected);
    assert_eq!(newest["has_more"], true);
    let (_, most) = page(&service, &path, "?limit=100&order=asc").await;
    assert_eq!(texts(&most).len(), 100);
    let after = most["last_id"].as_str().unwrap();
    let (_, rest) = page(
        &service,
        &path,
        &format!("?limit=100&order=asc&after={after}"),
    )
    .await;
    assert_eq!(texts(&rest).len(), 30);
    assert_eq!(rest["has_more"], false);
    let last = rest["last_id"].as_str().unwrap();
    let (_, nothing) = page(&service, &path, &format!("?order=asc&after={last}")).await;
    let empty =
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false});
    assert_eq!(nothing, empty);
    for (query, param) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("order=up", "order"),
        ("order=", "order"),
        ("after=msg_unknown", "after"),
    ] {
        let (status, error) = page(&service, &path, &format!("?{query}")).await;
        assert_eq!(status, 400, "{query}");
        assert_eq!(error["error"]["param"], param, "{query}");
    }
    // Parameters that SDKs add are ignored.
    let (status, _) = page(
        &service,
        &path,
        "?include[]=a&include=b&x&%ff=%ff&limit=1&after=",
    )
    .await;
    assert_eq!(status, 200);
}

/// An item is listed at its first position, so that paging continues correctly.
#[tokio::test]
async fn an_item_that_is_referred_to_is_listed_once() {
    let service = memory();
    let (_, first) = ask(&service, "a", json!({"model": "m", "input": "one"})).await;
    let reference = json!({"type": "item_reference", "id": first["output"][0]["id"]});
    let input = json!([reference, {"role": "user", "content": "two"}, reference]);
    let body = json!({"model": "m", "input": input, "previous_response_id": first["id"]});
    let (_, second) = ask(&service, "a", body).await;
    let path = format!("/v1/responses/{}", second["id"].as_str().unwrap());
    for (order, expected) in [
        ("asc", ["one", "one", "two"]),
        ("desc", ["two", "one", "one"]),
    ] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let query = format!("?limit=1&order={order}{after}");
            let (_, page) = page(&service, &path, &query).await;
            seen.extend(texts(&page).into_iter().map(String::from));
            if page["has_more"] == false {
                break;
            }
            after = format!("&after={}", page["last_id"].as_str().unwrap());
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn a_response_that_was_not_streamed_has_no_events() {
    let service = memory();
    let (_, response) = ask(&service, "a", json!({"model": "m", "input": "x"})).await;
    let path = format!("/v1/responses/{}", response["id"].as_str().unwrap());
    for query in [
        "?stream=true",
        "?include[]=x&stream=true&starting_after=3",
        "?stream=1",
    ] {
        let (status, error) =
            send(&service, "GET", &format!("{path}{query}"), "a", Value::Null).await;
        assert_eq!(status, 400);
        assert_eq!(error["error"]["param"], "stream");
        assert_eq!(error["error"]["code"], "events_not_found");
    }
    for query in [
        "?stream=false",
        "?include[]=x",
        "?include_obfuscation=true&starting_after=3",
    ] {
        let found = send(&service, "GET", &format!("{path}{query}"), "a", Value::Null).await;
        assert_eq!(found, (StatusCode::OK, response.clone()));
    }
}
