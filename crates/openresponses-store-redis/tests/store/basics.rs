//! What the store keeps, in which scope, and for how long.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use openresponses_store_redis::RedisStoreOptions;
use openresponses_testing::store_conformance;
use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, ResponseStore, StoredResponse};
use openresponses_types::response::ResponseStatus;

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("conformance", the_suite),
        trial("conformance_of_expiry", async || {
            let server = Server::start();
            let time = Duration::from_millis(300);
            let store = server.store_with(RedisStoreOptions::new().time_to_live(time));
            store_conformance::run_expiry(&store, time).await;
        }),
        trial("everything_expires", everything_expires),
        trial("nothing_is_kept_for_ever", nothing_is_kept_for_ever),
        trial(
            "scopes_are_separate_and_not_disclosed",
            scopes_are_separate_and_not_disclosed,
        ),
        trial("prefixes_are_apart", prefixes_are_apart),
        trial("deleting_leaves_no_content", deleting_leaves_no_content),
        trial("an_item_stays_while_a_response_has_it", an_item_stays),
        trial("odd_ids", odd_ids),
        trial("many_items", many_items),
        trial("replacing_renews_the_time", replacing_renews_the_time),
        trial(
            "a_conversation_takes_the_space_of_its_turns",
            a_conversation_takes_its_space,
        ),
    ]
}

async fn the_suite() {
    let server = Server::start();
    let store = server.store();
    store_conformance::run(&store).await;
    // A second run beside existing content.
    store_conformance::run(&store).await;
}

async fn everything_expires() {
    let server = Server::start();
    let time = Duration::from_millis(300);
    let store = server.store_with(RedisStoreOptions::new().time_to_live(time));
    let scope = Scope::new("a");
    // Where the machine is so busy that it has expired when it is looked for, all begins again.
    loop {
        let begun = Instant::now();
        store.save(&scope, single("resp_1", "hello")).await.unwrap();
        let there = store.load(&scope, "resp_1").await.unwrap().is_some()
            && find_item(&store, &scope, "resp_1_in").await.is_some();
        assert!(there || begun.elapsed() >= time);
        if there {
            break;
        }
    }
    tokio::time::sleep(time * 2).await;
    assert!(store.load(&scope, "resp_1").await.unwrap().is_none());
    assert!(find_item(&store, &scope, "resp_1_in").await.is_none());
    assert!(!store.delete(&scope, "resp_1").await.unwrap());
    assert_eq!(server.keys(), [""; 0]);
}

async fn nothing_is_kept_for_ever() {
    let server = Server::start();
    let store = server.store_with(
        RedisStoreOptions::new()
            .time_to_live(Duration::from_secs(60))
            .event_time(Duration::from_secs(60)),
    );
    store_conformance::run(&store).await;
    let keys = server.keys();
    assert!(keys.len() > 100);
    for key in keys {
        let left: i64 = server.cli(&["pttl", &key]).parse().unwrap();
        assert!((1..=60_000).contains(&left), "{key} has {left} ms");
    }
}

async fn scopes_are_separate_and_not_disclosed() {
    let server = Server::start();
    let store = server.store();
    let names = [
        "",
        "a",
        "a:b",
        "b",
        "a:response",
        "sk-secret",
        "{a}",
        "*",
        "a\0",
    ];
    for (number, name) in names.iter().enumerate() {
        let record = single("resp_same", &number.to_string());
        store.save(&Scope::new(name), record).await.unwrap();
    }
    for (number, name) in names.iter().enumerate() {
        let scope = Scope::new(name);
        let found = find_item(&store, &scope, "resp_same_in").await.unwrap();
        assert_eq!(*found, *message("resp_same_in", &number.to_string()));
    }
    let foreign = Scope::new("other");
    assert!(store.load(&foreign, "resp_same").await.unwrap().is_none());
    assert!(find_item(&store, &foreign, "resp_same_in").await.is_none());
    assert!(!store.delete(&foreign, "resp_same").await.unwrap());
    let keys = server.keys();
    // The response, its tree, the list of trees, and two items.
    assert_eq!(keys.len(), names.len() * 5);
    assert!(!keys.concat().contains("secret"));
}

async fn prefixes_are_apart() {
    let server = Server::start();
    let one = server.store_with(RedisStoreOptions::new().prefix("one"));
    let two = server.store_with(RedisStoreOptions::new().prefix("two"));
    let scope = Scope::anonymous();
    one.save(&scope, single("resp_1", "x")).await.unwrap();
    assert!(two.load(&scope, "resp_1").await.unwrap().is_none());
    assert!(find_item(&two, &scope, "resp_1_in").await.is_none());
    assert!(server.keys().iter().all(|key| key.starts_with("one:v3:")));
}

async fn deleting_leaves_no_content() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    store
        .save(&scope, single("resp_1", "confidential"))
        .await
        .unwrap();
    assert!(store.delete(&scope, "resp_1").await.unwrap());
    assert!(find_item(&store, &scope, "resp_1_in").await.is_none());
    assert!(find_item(&store, &scope, "resp_1_out").await.is_none());
    // Lists of ids are left.
    for key in server.keys() {
        assert_eq!(server.cli(&["type", &key]), "zset", "{key}");
        let left = server.cli(&["zrange", &key, "0", "-1"]);
        assert!(
            left.contains("resp_1") && !left.contains("confidential"),
            "{left}"
        );
    }
}

/// Clients that send the whole conversation with each request resend stored items.
async fn an_item_stays() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let shared = message("msg_shared", "again");
    let ids: Vec<String> = (0..12).map(|number| format!("resp_{number}")).collect();
    for id in &ids {
        let record = answered(id, &Conversation::default(), vec![shared.clone()], "yes");
        store.save(&scope, record).await.unwrap();
    }
    // The oldest four are no longer listed for the item.
    for id in ids[5..].iter().chain(&ids[..4]) {
        assert!(store.delete(&scope, id).await.unwrap());
        let found = find_item(&store, &scope, "msg_shared").await;
        assert_eq!(found.as_deref(), Some(&*shared), "without {id}");
    }
    assert!(store.delete(&scope, &ids[4]).await.unwrap());
    assert!(find_item(&store, &scope, "msg_shared").await.is_none());
}

async fn odd_ids() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let long = "x".repeat(100_000);
    for id in [
        "",
        " ",
        "{}",
        "}{",
        "a\r\nDEL b\r\n",
        "\u{1F600}\0",
        "*",
        &long,
    ] {
        let input = vec![message(id, "odd")];
        let record = answered(id, &Conversation::default(), input, "odd");
        let json = record.to_json();
        store.save(&scope, record).await.unwrap();
        let loaded = store.load(&scope, id).await.unwrap().unwrap();
        assert_eq!(loaded.to_json(), json);
        let found = find_item(&store, &scope, id).await;
        assert_eq!(found.as_deref(), Some(&*message(id, "odd")));
        assert!(store.delete(&scope, id).await.unwrap());
    }
}

async fn many_items() {
    let server = Server::start();
    let options = RedisStoreOptions::new().timeout(Duration::from_secs(20));
    let store = server.store_with(options);
    let scope = Scope::new("a");
    let input: Vec<_> = (0..20_000)
        .map(|number| message(&format!("msg_{number}"), "x"))
        .collect();
    let record = answered("resp_1", &Conversation::default(), input, "many");
    store.save(&scope, record).await.unwrap();
    for id in ["msg_0", "msg_999", "msg_1000", "msg_19999", "resp_1_out"] {
        assert!(find_item(&store, &scope, id).await.is_some(), "{id}");
    }
    let loaded = store.load(&scope, "resp_1").await.unwrap().unwrap();
    assert_eq!(loaded.conversation().len(), 20_001);
}

/// A background response is saved when it is queued, started and finished.
async fn replacing_renews_the_time() {
    let server = Server::start();
    let store = server.store();
    let times = || -> Vec<i64> {
        let script = "local out = {} for _, key in ipairs(redis.call('KEYS', '*')) do \
            out[#out + 1] = redis.call('PTTL', key) end return out";
        let times = server.cli(&["--raw", "eval", script, "0"]);
        times.lines().map(|time| time.parse().unwrap()).collect()
    };
    let scope = Scope::new("a");
    let over = single("resp_1", "over");
    let queued = StoredResponse::new(
        over.response()
            .status(ResponseStatus::Queued)
            .output(Vec::new()),
        &Conversation::default(),
        vec![message("resp_1_in", "over")],
    );
    store.save(&scope, queued).await.unwrap();
    assert!(find_item(&store, &scope, "resp_1_out").await.is_none());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = times().into_iter().max().unwrap();
    store.save(&scope, over.clone()).await.unwrap();
    let after = times();
    assert!(
        after.iter().all(|time| *time > before),
        "{after:?} after {before}"
    );
    let loaded = store.load(&scope, "resp_1").await.unwrap().unwrap();
    assert_eq!(loaded.to_json(), over.to_json());
    assert!(find_item(&store, &scope, "resp_1_in").await.is_some());
    assert!(find_item(&store, &scope, "resp_1_out").await.is_some());
}

/// A thousand turns of 2 KB.
async fn a_conversation_takes_its_space() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let used = || -> usize {
        let info = server.cli(&["info", "memory"]);
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"));
        line.unwrap().trim().parse().unwrap()
    };
    store.ping().await.unwrap();
    // Beside them the structure with the whole conversation in each record.
    let mut cases = vec![
        (10, false),
        (100, false),
        (10, true),
        (100, true),
        (1000, false),
    ];
    // Of that structure further sizes take minutes.
    let more = std::env::var("WHOLE_TURNS").ok();
    cases.splice(..0, more.map(|turns| (turns.parse().unwrap(), true)));
    for (turns, whole) in cases {
        store.delete_scope(&scope).await.unwrap();
        let before = used();
        let (mut conversation, mut own) = (Conversation::default(), 0);
        for number in 0..turns {
            let id = format!("resp_{number}");
            let input = vec![message(&format!("{id}_in"), &"x".repeat(1000))];
            own += input[0].to_json().len();
            let record = answered(&id, &conversation, input, &"x".repeat(1000));
            own += record.response().to_json().len();
            conversation = record.saved().conversation().clone();
            let record = if whole { record.detached() } else { record };
            store.save(&scope, record).await.unwrap();
        }
        let stored = used().saturating_sub(before);
        let ratio = stored as f64 / own as f64;
        let structure = if whole {
            "whole conversations"
        } else {
            "turns"
        };
        println!("{structure}, n = {turns}: {stored} bytes for {own}, {ratio:.2} times");
        // That of 10 turns includes the memory of a connection.
        assert!(
            ratio < 3.0 || whole || turns == 10,
            "{stored} bytes for {own}"
        );
    }

    server.cli(&["config", "resetstat"]);
    let loaded = store.load(&scope, "resp_999").await.unwrap().unwrap();
    assert_eq!(loaded.conversation().len(), 2000);
    let stats = server.cli(&["info", "commandstats"]);
    let calls = |command: &str| -> usize {
        let start = format!("cmdstat_{command}:calls=");
        let line = stats.lines().find_map(|line| line.strip_prefix(&start));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    };
    // Two round trips, and a third of commands that are sent together.
    assert_eq!((calls("get"), calls("eval")), (1, 1), "{stats}");
    assert!((1..40).contains(&calls("hmget")), "{stats}");
}
