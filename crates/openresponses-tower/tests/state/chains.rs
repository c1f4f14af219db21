use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use serde_json::{Value, json};

use crate::{ask, send, service, text};

/// A turn costs only its own items, independent of the conversation's length.
#[tokio::test]
async fn a_thousand_turns() {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    let service = service(store.clone());
    let mut ids = vec![Value::Null];
    let mut costs = Vec::new();
    for turn in 0..1000 {
        let before = store.bytes();
        let body = json!({"model": "m", "input": "count", "previous_response_id": ids[turn]});
        let (status, response) = ask(&service, "a", body).await;
        assert_eq!(status, 200);
        assert_eq!(text(&response), (2 * turn + 1).to_string());
        ids.push(response["id"].clone());
        costs.push(store.bytes() - before);
    }
    // The first one adds the scope, and the model's words get longer by a digit.
    let costs = &costs[1..];
    let (least, most) = (costs.iter().min().unwrap(), costs.iter().max().unwrap());
    assert!(most - least < 200, "{least} {most}");

    // Items of the last turn remain stored and counted when the others are deleted.
    let path = |id: &Value| format!("/v1/responses/{}", id.as_str().unwrap());
    let last = ids.pop().unwrap();
    for id in &ids[1..] {
        let (status, _) = send(&service, "DELETE", &path(id), "a", Value::Null).await;
        assert_eq!(status, 200);
    }
    assert_eq!(store.len(), 1);
    let kept = store.bytes();
    let items = format!("{}/input_items?order=asc&limit=100", path(&last));
    let (mut listed, mut after) = (0, String::new());
    loop {
        let page = format!("{items}{after}");
        let (_, page) = send(&service, "GET", &page, "a", Value::Null).await;
        listed += page["data"].as_array().unwrap().len();
        if page["has_more"] == false {
            break;
        }
        after = format!("&after={}", page["last_id"].as_str().unwrap());
    }
    assert_eq!(listed, 1999);
    let body = json!({"model": "m", "input": "count", "previous_response_id": last});
    let (_, next) = ask(&service, "a", body).await;
    assert_eq!(text(&next), "2001");
    let (_, deleted) = send(&service, "DELETE", &path(&next["id"]), "a", Value::Null).await;
    assert_eq!((&deleted["deleted"], store.bytes()), (&json!(true), kept));
    send(&service, "DELETE", &path(&last), "a", Value::Null).await;
    assert_eq!((store.len(), store.bytes()), (0, 0));
}
