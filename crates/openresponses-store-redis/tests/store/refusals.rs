//! Refusals by Redis and their error texts.

use libtest_mimic::Trial;
use openresponses_store_redis::{RedisStore, RedisStoreError, RedisStoreOptions};
use openresponses_testing::store_conformance;
use openresponses_tower::Scope;
use openresponses_tower::store::{ResponseStore, StoreError};
use serde_json::Value;

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_record_beyond_the_limit", a_record_beyond_the_limit),
        trial("a_full_redis", a_full_redis),
        trial("passwords_are_used_and_not_shown", passwords),
        trial("an_account_with_few_rights", few_rights),
        trial("a_scope_has_limits", a_scope_has_limits),
        trial("a_conversation_that_goes_on_is_not_removed", goes_on),
        trial("a_save_does_not_fail_for_the_limits", limits_fail),
        trial("a_lowered_limit_is_reached_by_several_saves", lowered_limit),
        trial("referred_items_have_a_limit", async || {
            let server = Server::start();
            let limit = 1 << 20;
            let store = server.store_with(RedisStoreOptions::new().max_record_bytes(limit));
            store_conformance::referred_items_have_a_limit(&store, limit).await;
        }),
        trial("addresses_that_cannot_be_used", addresses),
        trial("what_is_no_response", what_is_no_response),
        trial("a_replica_that_cannot_be_written", a_replica),
    ]
}

async fn a_record_beyond_the_limit() {
    let server = Server::start();
    let record = single("resp_1", "some text");
    let exact = record.parts().bytes();
    let scope = Scope::new("a");
    let store = server.store_with(RedisStoreOptions::new().max_record_bytes(exact - 1));
    let error = store.save(&scope, record.clone()).await.unwrap_err();
    assert_eq!(
        cause(&error),
        &RedisStoreError::TooLarge {
            bytes: exact,
            limit: exact - 1
        }
    );
    assert_eq!(server.keys(), [""; 0]);
    let store = server.store_with(RedisStoreOptions::new().max_record_bytes(exact));
    store.save(&scope, record).await.unwrap();

    // The client still gets its answer.
    let small = service(server.store_with(RedisStoreOptions::new().max_record_bytes(2000)));
    let (_, answer) = say(&small, &Value::Null, &"long ".repeat(1000)).await;
    assert_eq!(answer["status"], "completed");
    assert_eq!(answer["store"], false);
}

async fn a_full_redis() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    store.save(&scope, single("resp_1", "first")).await.unwrap();
    server.cli(&["config", "set", "maxmemory", "1"]);
    for id in ["resp_1", "resp_2"] {
        let error = store.save(&scope, single(id, "second")).await.unwrap_err();
        assert_eq!(
            cause(&error),
            &RedisStoreError::Refused { code: "OOM".into() }
        );
    }
    // Existing content is unchanged.
    let loaded = store.load(&scope, "resp_1").await.unwrap().unwrap();
    assert_eq!(loaded.to_json(), single("resp_1", "first").to_json());
    assert!(store.load(&scope, "resp_2").await.unwrap().is_none());
    assert!(find_item(&store, &scope, "resp_2_in").await.is_none());
    server.cli(&["config", "set", "maxmemory", "0"]);
    store
        .save(&scope, single("resp_2", "second"))
        .await
        .unwrap();
}

async fn a_scope_has_limits() {
    let server = Server::start();
    let (scope, other) = (Scope::new("a"), Scope::new("b"));
    let few = server.store_with(RedisStoreOptions::new().scope_responses(3));
    few.save(&other, single("resp_0", "x")).await.unwrap();
    let there = async |store: &RedisStore, ids: std::ops::Range<u32>| {
        let mut there = Vec::new();
        for number in ids {
            let id = format!("resp_{number}");
            if store.load(&scope, &id).await.unwrap().is_some() {
                there.push(number);
            }
        }
        there
    };
    // One conversation, of which the oldest responses go.
    converse(&few, &scope, 6).await;
    assert_eq!(there(&few, 0..6).await, [3, 4, 5]);
    // Those that are left are complete.
    let last = few.load(&scope, "resp_5").await.unwrap().unwrap();
    assert_eq!(last.conversation().len(), 12);
    // Others, before which the conversation goes.
    for number in 6..10 {
        few.save(&scope, single(&format!("resp_{number}"), "x"))
            .await
            .unwrap();
    }
    assert_eq!(there(&few, 0..10).await, [7, 8, 9]);
    // What is deleted makes room.
    assert!(few.delete(&scope, "resp_8").await.unwrap());
    few.save(&scope, single("resp_10", "x")).await.unwrap();
    assert_eq!(there(&few, 0..11).await, [7, 9, 10]);
    assert!(few.load(&other, "resp_0").await.unwrap().is_some());
    assert_eq!(few.delete_scope(&scope).await.unwrap(), 3);
    assert_eq!(few.delete_scope(&other).await.unwrap(), 1);
    // Bytes.
    let small = server.store_with(RedisStoreOptions::new().scope_bytes(20_000));
    let text = "x".repeat(1000);
    for number in 0..40 {
        small
            .save(&scope, single(&format!("resp_{number}"), &text))
            .await
            .unwrap();
    }
    let left = there(&small, 0..40).await;
    let bytes = single("resp_0", &text).parts().bytes();
    let fits = u32::try_from(20_000 / bytes).unwrap();
    assert!((3..40).contains(&fits), "{fits}");
    assert!(
        (fits - 1..=fits).contains(&u32::try_from(left.len()).unwrap()),
        "{left:?} {fits}"
    );
    assert_eq!(left.last(), Some(&39));
    let large = single("resp_large", &"x".repeat(30_000));
    let error = small.save(&scope, large).await.unwrap_err();
    assert!(matches!(
        cause(&error),
        RedisStoreError::TooLarge { limit: 20_000, .. }
    ));
    small.delete_scope(&scope).await.unwrap();
    let rest = server.keys();
    assert!(rest.iter().all(|key| key.contains(":item:")), "{rest:?}");
}

/// A save of another server has continued the oldest conversation, and has not counted it yet.
async fn goes_on() {
    let server = Server::start();
    let scope = Scope::new("a");
    let few = server.store_with(RedisStoreOptions::new().scope_responses(3));
    let first = single("resp_0", "x");
    few.save(&scope, first.clone()).await.unwrap();
    for id in ["resp_1", "resp_2"] {
        few.save(&scope, single(id, "x")).await.unwrap();
    }
    let other = server.store();
    let input = vec![message("resp_3_in", "x")];
    let next = answered("resp_3", first.saved().conversation(), input, "x");
    other.save(&scope, next).await.unwrap();
    few.save(&scope, single("resp_4", "x")).await.unwrap();
    let mut there = Vec::new();
    for number in 0..5 {
        let found = few.load(&scope, &format!("resp_{number}")).await.unwrap();
        there.extend(found.map(|_| number));
    }
    assert_eq!(there, [0, 3, 4]);
}

/// What is counted of a scope cannot be read.
async fn limits_fail() {
    let server = Server::start();
    let scope = Scope::new("a");
    let few = server.store_with(RedisStoreOptions::new().scope_responses(3));
    few.save(&scope, single("resp_0", "x")).await.unwrap();
    let keys = server.keys();
    let usage = keys.iter().find(|key| key.contains(":usage:")).unwrap();
    server.cli(&["set", usage, "x"]);
    few.save(&scope, single("resp_1", "x")).await.unwrap();
    assert!(few.load(&scope, "resp_1").await.unwrap().is_some());
    assert!(few.delete(&scope, "resp_0").await.unwrap());
    // Trees count until they are gone.
    server.cli(&["del", usage]);
    for number in 2..6 {
        let id = format!("resp_{number}");
        few.save(&scope, single(&id, "x")).await.unwrap();
    }
    assert!(few.load(&scope, "resp_3").await.unwrap().is_some());
    assert!(few.load(&scope, "resp_2").await.unwrap().is_none());
}

async fn lowered_limit() {
    let server = Server::start();
    let scope = Scope::new("a");
    let many = server.store_with(RedisStoreOptions::new().scope_responses(1000));
    for number in 0..300 {
        let id = format!("resp_{number}");
        many.save(&scope, single(&id, "x")).await.unwrap();
    }
    let few = server.store_with(RedisStoreOptions::new().scope_responses(10));
    let trees = || {
        let keys = server.keys();
        keys.iter().filter(|key| key.contains(":tree:")).count()
    };
    let mut left = Vec::new();
    for number in 300..310 {
        let id = format!("resp_{number}");
        few.save(&scope, single(&id, "x")).await.unwrap();
        left.push(trees());
    }
    // One save does not remove all of them.
    assert!(left[0] > 200, "{left:?}");
    assert_eq!(left.last(), Some(&10), "{left:?}");
}

async fn passwords() {
    let server = Server::with(&["--requirepass", "hunter2"]);
    let url = |user: &str| format!("redis://{user}127.0.0.1:{}", server.port);
    let store = |user| RedisStore::connect(&url(user), RedisStoreOptions::new()).unwrap();
    store(":hunter2@").ping().await.unwrap();
    store("default:hunter2@").ping().await.unwrap();
    let check = |store: &RedisStore, error: &StoreError| {
        let text = format!("{store:?} {error} {error:?} {}", cause(error));
        assert!(!text.contains("hunter"), "{text}");
        assert!(!text.contains("wrong-secret"), "{text}");
    };
    for user in [":wrong-secret@", "hunter:wrong-secret@", ""] {
        let store = store(user);
        let error = store.ping().await.unwrap_err();
        assert!(
            matches!(cause(&error), RedisStoreError::Refused { .. }),
            "{error:?}"
        );
        check(&store, &error);
    }
}

/// The permissions of the account in the README.
async fn few_rights() {
    let server = Server::start();
    let commands = [
        "del",
        "eval",
        "get",
        "hdel",
        "hexists",
        "hget",
        "hincrby",
        "hmget",
        "hscan",
        "hset",
        "pexpire",
        "ping",
        "pttl",
        "set",
        "time",
        "unlink",
        "xadd",
        "xdel",
        "xrange",
        "xrevrange",
        "zadd",
        "zrange",
        "zrem",
        "zremrangebyrank",
        "zremrangebyscore",
        "zrangebyscore",
        "zscore",
        "zrevrange",
    ];
    let mut user = vec!["acl", "setuser", "app", "on", ">pw", "~mine:*"];
    let commands = commands.map(|command| format!("+{command}"));
    user.extend(commands.iter().map(String::as_str));
    assert_eq!(server.cli(&user), "OK");
    let url = format!("redis://app:pw@127.0.0.1:{}", server.port);
    let store = RedisStore::connect(&url, RedisStoreOptions::new().prefix("mine")).unwrap();
    store.ping().await.unwrap();
    store_conformance::run(&store).await;
    #[cfg(feature = "budgets")]
    crate::budgets::a_reservation_is_settled_once_in(&store).await;
    let other = RedisStore::connect(&url, RedisStoreOptions::new()).unwrap();
    let error = other.save(&Scope::new("a"), single("resp_1", "x")).await;
    let code = "NOPERM".into();
    assert_eq!(
        cause(&error.unwrap_err()),
        &RedisStoreError::Refused { code }
    );
}

async fn addresses() {
    let wrong = [
        "",
        "127.0.0.1:6379",
        "http://user:secret@127.0.0.1",
        "redis://",
        "redis://user:secret@127.0.0.1:99999999",
        "redis://user:secret@127.0.0.1/secret",
        "redis://user:secret%FF@127.0.0.1",
        "redis://user:secret@127.0.0.1?protocol=secret",
        "redis://user:sec ret@:1",
        #[cfg(not(feature = "tls"))]
        "rediss://user:secret@127.0.0.1",
    ];
    for url in wrong {
        let error = RedisStore::connect(url, RedisStoreOptions::new()).unwrap_err();
        assert!(
            matches!(error, RedisStoreError::Configuration { .. }),
            "{url}"
        );
        let text = format!("{error} {error:?}");
        assert!(
            !text.contains("secret") && !text.contains("sec ret"),
            "{url}: {text}"
        );
    }
}

/// "Not found" would be wrong.
async fn what_is_no_response() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    store.save(&scope, single("resp_1", "x")).await.unwrap();
    let keys = server.keys();
    let key = keys.iter().find(|key| key.contains(":tree:")).unwrap();
    for record in ["", "{}", "{\"response\":{}}", "[1]", "\"x\"", "{\"respon"] {
        server.cli(&["hset", key, "rresp_1", record]);
        let error = store.load(&scope, "resp_1").await.unwrap_err();
        assert_eq!(cause(&error), &RedisStoreError::Unreadable, "{record}");
    }
    server.cli(&["set", key, "another kind"]);
    let error = store.load(&scope, "resp_1").await.unwrap_err();
    let code = "WRONGTYPE".into();
    assert_eq!(cause(&error), &RedisStoreError::Refused { code });
}

/// After a failover the old address may lead to a replica.
async fn a_replica() {
    let (first, second) = (Server::start(), Server::start());
    let store = second.store();
    let scope = Scope::new("a");
    store.save(&scope, single("resp_1", "x")).await.unwrap();
    second.cli(&["replicaof", "127.0.0.1", &first.port.to_string()]);
    let error = store.save(&scope, single("resp_2", "x")).await.unwrap_err();
    let code = "READONLY".into();
    assert_eq!(cause(&error), &RedisStoreError::Refused { code });
    second.cli(&["replicaof", "no", "one"]);
    store.save(&scope, single("resp_2", "x")).await.unwrap();
}
