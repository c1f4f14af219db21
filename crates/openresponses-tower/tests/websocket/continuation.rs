use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::client::{Client, raw, text};
use crate::model::Model;
use crate::server::{STACKS, config, start, start_on};

const NOT_FOUND: &str = "previous_response_not_found";

#[tokio::test]
async fn an_unstored_response_is_continued_on_its_socket_only() {
    for stack in STACKS {
        let address = start_on(stack, Model::default(), config()).await;
        let mut client = Client::connect(address).await;
        let first = client
            .respond(json!({"input": "one", "store": false}))
            .await;
        assert_eq!(first["store"], false);
        let follow = json!({"input": "two", "store": false, "previous_response_id": first["id"]});

        let mut other = Client::connect(address).await;
        assert_eq!(other.refused(follow.clone()).await, NOT_FOUND);

        let second = client.respond(follow.clone()).await;
        assert_eq!(text(&second), "one|one|two");
        // The connection remembers the last one only.
        assert_eq!(client.refused(follow).await, NOT_FOUND);
        let third = json!({"input": "three", "store": false, "previous_response_id": second["id"]});
        let third = client.respond(third).await;
        assert_eq!(text(&third), "one|one|two|one|one|two|three");

        // A new connection has an empty cache.
        drop(client);
        let mut client = Client::connect(address).await;
        let fourth = json!({"input": "four", "previous_response_id": third["id"]});
        assert_eq!(client.refused(fourth).await, NOT_FOUND);
        client
            .respond(json!({"input": "one two three four", "previous_response_id": null}))
            .await;
    }
}

#[tokio::test]
async fn the_error_is_as_the_specification_prints_it() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    let error = client
        .ask(json!({"previous_response_id": "resp_abc"}))
        .await;
    assert_eq!(
        error,
        json!({
            "type": "error",
            "status": 400,
            "error": {
                "type": "invalid_request_error",
                "code": "previous_response_not_found",
                "message": "Previous response with id 'resp_abc' not found.",
                "param": "previous_response_id",
            },
        })
    );
}

#[tokio::test]
async fn a_failed_continuation_is_forgotten() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    let orphan = json!([{"type": "function_call_output", "call_id": "call_1", "output": "x"}]);
    for bad in [
        json!({"input": orphan}),
        json!({"input": 7}),
        json!({"model": "missing"}),
        json!({"model": "panic"}),
        json!({"model": "fail"}),
        json!({"model": "panic-later"}),
    ] {
        let first = client
            .respond(json!({"input": "one", "store": false}))
            .await;
        // A turn that continues nothing, or something else, takes nothing away.
        client.ask(bad.clone()).await;
        let mut foreign = bad.clone();
        foreign["previous_response_id"] = json!("resp_other");
        assert_eq!(client.ask(foreign).await["type"], "error");
        let continued =
            json!({"input": "two", "previous_response_id": first["id"], "store": false});
        let second = client.respond(continued).await;
        assert_eq!(text(&second), "one|one|two");

        let mut failing = bad.clone();
        failing["previous_response_id"] = second["id"].clone();
        let end = client.ask(failing).await;
        assert!(end["type"] != "response.completed", "{end}");
        let again = json!({"input": "three", "previous_response_id": second["id"]});
        assert_eq!(client.refused(again).await, NOT_FOUND, "{bad}");
    }
    client.respond(json!({})).await;
}

#[tokio::test]
async fn a_stored_response_survives_its_socket_and_its_failures() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    let first = client.respond(json!({"input": "one"})).await;
    assert_eq!(first["store"], true);
    let failing = json!({"model": "missing", "previous_response_id": first["id"]});
    client.refused(failing).await;
    drop(client);
    let mut client = Client::connect(address).await;
    let second = json!({"input": "two", "previous_response_id": first["id"]});
    let second = client.respond(second).await;
    assert_eq!(text(&second), "one|one|two");
    // And over HTTP.
    let third = json!({"model": "m", "input": "three", "stream": true, "previous_response_id": second["id"]});
    let answer = post(address, "a", third).await;
    assert!(answer.contains("one|one|two|one|one|two|three"), "{answer}");
}

#[tokio::test]
async fn a_deleted_response_is_gone_from_its_open_socket() {
    let address = start(Model::default(), config()).await;
    let mut client = Client::connect(address).await;
    let follow = |id: &Value| json!({"input": "two", "previous_response_id": id, "store": false});
    let first = client.respond(json!({"input": "one"})).await;
    delete(address, &first["id"]).await;
    assert_eq!(client.refused(follow(&first["id"])).await, NOT_FOUND);
    // What has continued it keeps its items, as in a store.
    let first = client.respond(json!({"input": "one"})).await;
    let second = client.respond(follow(&first["id"])).await;
    delete(address, &first["id"]).await;
    let third = client.respond(follow(&second["id"])).await;
    assert_eq!(text(&third), "one|one|two|one|one|two|two");
}

#[tokio::test]
async fn a_foreign_response_is_not_there() {
    let address = start(Model::default(), config()).await;
    let mut other = Client::connect_as(address, "b").await;
    let secret = other.respond(json!({"input": "secret"})).await;
    let item = secret["output"][0]["id"].clone();
    let mut client = Client::connect_as(address, "a").await;
    let follow = |id: &Value| json!({"input": "x", "previous_response_id": id});
    let foreign = client.ask(follow(&secret["id"])).await;
    let unknown = client.ask(follow(&json!("resp_unknown"))).await;
    let id = secret["id"].as_str().unwrap();
    let answer = foreign.to_string().replace(id, "resp_unknown");
    assert_eq!(answer, unknown.to_string());
    // Nor what it is made of.
    let reference = json!([{"type": "item_reference", "id": item}]);
    let response = client.respond(json!({"input": reference})).await;
    assert_eq!(text(&response), "item_reference");
    let answer = post(
        address,
        "a",
        json!({"model": "m", "input": "x", "stream": true, "previous_response_id": id}),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 400"));
    other.respond(follow(&secret["id"])).await;
}

#[tokio::test]
async fn a_connection_is_warmed_up_without_the_provider() {
    let model = Model::default();
    let address = start(model.clone(), config()).await;
    let mut client = Client::connect(address).await;
    let prompt = json!([{"type": "message", "role": "developer", "content": "Be brief."}]);
    let warm = json!({
        "input": prompt, "generate": false, "stream": true, "store": false,
        "tools": [{"type": "function", "name": "f"}], "tool_choice": "required",
    });
    client.create(warm).await;
    let messages = client.turn().await;
    assert_eq!(messages.len(), 3);
    let response = &messages[2]["response"];
    assert_eq!(response["status"], "completed");
    assert_eq!(response["output"], json!([]));
    assert_eq!(model.asked(), 0);
    let follow = json!({"input": "go", "store": false, "previous_response_id": response["id"]});
    let second = client.respond(follow).await;
    assert_eq!(text(&second), "Be brief.|go");
    assert_eq!(model.asked(), 1);
    // It is checked as any other.
    let refused = client.ask(json!({"generate": false, "input": 7})).await;
    assert_eq!(refused["error"]["param"], "input");
    let refused = client
        .refused(json!({"generate": false, "previous_response_id": "resp_x"}))
        .await;
    assert_eq!(refused, NOT_FOUND);
}

async fn post(address: SocketAddr, tenant: &str, body: Value) -> String {
    let body = body.to_string();
    let length = body.len();
    let request = format!(
        "POST /v1/responses HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {tenant}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    raw(address, &request).await
}

async fn delete(address: SocketAddr, id: &Value) {
    let id = id.as_str().unwrap();
    let request = format!(
        "DELETE /v1/responses/{id} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer a\r\n\
         connection: close\r\n\r\n"
    );
    let answer = raw(address, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
