use http::StatusCode;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, OpenResponses};
use serde_json::{Value, json};

use crate::{Recall, ask, memory, send, text};

#[tokio::test]
async fn a_response_can_be_continued() {
    let service = memory();
    let (_, first) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "one", "instructions": "brief"}),
    )
    .await;
    assert_eq!(first["store"], true);
    let (_, second) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "two", "previous_response_id": first["id"]}),
    )
    .await;
    assert_eq!(text(&second), "one|one|two");
    assert_eq!(second["previous_response_id"], first["id"]);
    assert_eq!(second["instructions"], Value::Null);
    let (_, third) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "three", "previous_response_id": second["id"]}),
    )
    .await;
    assert_eq!(text(&third), "one|one|two|one|one|two|three");
    // The first can still be continued another way.
    let (_, fork) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "zwei", "previous_response_id": first["id"]}),
    )
    .await;
    assert_eq!(text(&fork), "one|one|zwei");
}

#[tokio::test]
async fn foreign_unknown_unstored_and_failed_responses_are_all_not_found() {
    let service = memory();
    let (_, stored) = ask(&service, "a", json!({"model": "m", "input": "secret"})).await;
    let (_, unstored) = ask(
        &service,
        "a",
        json!({"model": "m", "input": "x", "store": false}),
    )
    .await;
    assert_eq!(unstored["store"], false);
    let (status, _) = ask(&service, "a", json!({"model": "m", "input": "fail"})).await;
    assert_eq!(status, 500);
    for (tenant, id) in [
        ("b", &stored["id"]),
        ("a", &unstored["id"]),
        ("a", &json!("resp_nothing")),
    ] {
        let (status, error) = ask(
            &service,
            tenant,
            json!({"model": "m", "input": "y", "previous_response_id": id}),
        )
        .await;
        assert_eq!(status, 400);
        assert_eq!(error["error"]["code"], "previous_response_not_found");
        assert_eq!(error["error"]["param"], "previous_response_id");
        assert_eq!(
            error["error"]["message"],
            format!(
                "Previous response with id '{}' not found.",
                id.as_str().unwrap()
            )
        );
        let path = format!("/v1/responses/{}", id.as_str().unwrap());
        for (method, path) in [
            ("GET", path.clone()),
            ("GET", format!("{path}/input_items")),
            ("DELETE", path.clone()),
        ] {
            let (status, error) = send(&service, method, &path, tenant, Value::Null).await;
            assert_eq!(
                (status, &error["error"]["code"]),
                (StatusCode::NOT_FOUND, &json!("response_not_found")),
                "{method} {path}"
            );
        }
    }
    let path = format!("/v1/responses/{}", stored["id"].as_str().unwrap());
    assert_eq!(
        send(&service, "GET", &path, "a", Value::Null).await,
        (StatusCode::OK, stored)
    );
}

#[tokio::test]
async fn references_resolve_within_the_tenant() {
    let service = memory();
    let (_, first) = ask(&service, "a", json!({"model": "m", "input": "one"})).await;
    let id = &first["output"][0]["id"];
    let body = json!({"model": "m", "input": [{"type": "item_reference", "id": id}, {"role": "user", "content": "two"}]});
    let (_, second) = ask(&service, "a", body.clone()).await;
    assert_eq!(text(&second), "one|two");
    let (_, foreign) = ask(&service, "b", body).await;
    assert_eq!(text(&foreign), "item_reference|two");
}

#[tokio::test]
async fn a_host_stores_nothing_that_it_is_not_asked_to_store() {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let config = Config::new().store(store.clone()).store_default(false);
    let service = OpenResponses::new(Recall, config);
    for (given, stored) in [
        (Value::Null, false),
        (json!(false), false),
        (json!(true), true),
    ] {
        let mut body = json!({"model": "m", "input": "x"});
        if !given.is_null() {
            body["store"] = given;
        }
        let (_, response) = ask(&service, "a", body).await;
        assert_eq!(response["store"], stored);
        assert_eq!(store.len(), usize::from(stored));
    }
}
