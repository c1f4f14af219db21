//! Large values: no command reads or writes much of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use libtest_mimic::Trial;
use openresponses_store_redis::RedisStoreOptions;
use openresponses_testing::store_conformance;
use openresponses_tower::Scope;
use openresponses_tower::store::{
    Claim, Conversation, EventBatch, EventPage, LoggedEvent, ResponseStore, StoredResponse,
    UpdateCondition,
};
use openresponses_types::Item;
use openresponses_types::response::ResponseStatus;

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_large_response_is_kept_in_pieces", in_pieces),
        trial("pieces_go_with_their_response", pieces_go),
        trial("pieces_of_a_refused_write_go", refused_pieces_go),
        trial("pieces_of_a_job_are_those_of_its_end", a_large_job),
        trial("pieces_of_a_lost_write_go", lost_pieces_go),
        trial("any_piece_of_a_lost_write_is_enough", any_piece_is_enough),
        trial("a_load_beside_deletions_is_whole", beside_deletions),
        trial(
            "items_of_a_large_response_are_read_in_parts",
            items_in_parts,
        ),
        trial("items_of_many_conversations", items_of_many),
        trial("a_very_long_conversation", very_long),
        trial("a_large_event_is_kept_in_pieces", event_in_pieces),
        trial("others_wait_little_for_large_values", others_wait_little),
        trial("large_values_wait_for_each_other", wait_for_each_other),
    ]
}

/// The most bytes of a field.
const PIECE: usize = 64 << 10;

/// The bytes of one command.
const COMMAND: usize = 256 << 10;

impl Server {
    /// Returns the fields of all trees with their sizes.
    fn fields(&self) -> Vec<(String, usize)> {
        let script = "local out = {} \
            for _, key in ipairs(redis.call('KEYS', '*:tree:*')) do \
              for _, field in ipairs(redis.call('HKEYS', key)) do \
                out[#out + 1] = redis.call('HSTRLEN', key, field) .. ' ' .. field end end \
            return out";
        let lines = self.cli(&["--raw", "eval", script, "0"]);
        let split = |line: &str| {
            let (size, field) = line.split_once(' ')?;
            Some((field.to_owned(), size.parse().ok()?))
        };
        lines.lines().filter_map(split).collect()
    }

    fn pieces(&self) -> usize {
        let fields = self.fields();
        fields
            .iter()
            .filter(|field| field.0.starts_with('c'))
            .count()
    }

    /// Returns how often a command ran since the last reset.
    fn calls(&self, command: &str) -> usize {
        let stats = self.cli(&["info", "commandstats"]);
        let start = format!("cmdstat_{command}:calls=");
        let line = stats.lines().find_map(|line| line.strip_prefix(&start));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    }
}

/// A response with large instructions and a large input.
fn large(id: &str, previous: &Conversation, text: &str) -> StoredResponse {
    let input = vec![message(&format!("{id}_in"), &text.repeat(40_000))];
    let mut response = answered(id, previous, Vec::new(), "x").response();
    response.instructions = Some(text.repeat(20_000)).into();
    StoredResponse::new(response, previous, input)
}

async fn in_pieces() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let text = "x".repeat(4 << 20);
    let record = single("resp_1", &text);
    store.save(&scope, record.clone()).await.unwrap();
    let largest = server.fields().into_iter().map(|field| field.1).max();
    assert!(largest.is_some_and(|size| size <= PIECE), "{largest:?}");
    server.cli(&["config", "resetstat"]);
    let loaded = store.load(&scope, "resp_1").await.unwrap().unwrap();
    assert_eq!(loaded.to_json(), record.to_json());
    let least = record.parts().bytes() / COMMAND;
    assert!((least..2 * least).contains(&server.calls("hmget")));
    assert_eq!((server.calls("get"), server.calls("eval")), (1, 1));
    // Characters that are cut, in the response and in its items, and a continuation.
    let first = large("resp_2", &Conversation::default(), "a\u{20ac}");
    store.save(&scope, first.clone()).await.unwrap();
    let next = large("resp_3", first.saved().conversation(), "\u{1F600}");
    store.save(&scope, next.clone()).await.unwrap();
    for record in [&first, &next] {
        let loaded = store.load(&scope, record.id()).await.unwrap().unwrap();
        assert_eq!(loaded.to_json(), record.to_json());
    }
    assert_eq!(store.delete_scope(&scope).await.unwrap(), 3);
    assert_eq!(server.fields(), []);
}

async fn pieces_go() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let first = large("resp_1", &Conversation::default(), "one ");
    store.save(&scope, first.clone()).await.unwrap();
    let whole = server.pieces();
    let next = answered("resp_2", first.saved().conversation(), Vec::new(), "two");
    store.save(&scope, next.clone()).await.unwrap();
    // Saved again, as something small and as something large.
    store.save(&scope, single("resp_3", "three")).await.unwrap();
    let third = large("resp_3", &Conversation::default(), "three ");
    store.save(&scope, third).await.unwrap();
    store.save(&scope, single("resp_3", "three")).await.unwrap();
    assert_eq!(server.pieces(), whole);
    assert!(store.delete(&scope, "resp_1").await.unwrap());
    // The items are left, the instructions are not.
    let left = server.pieces();
    assert!((1..whole).contains(&left), "{left} of {whole}");
    let loaded = store.load(&scope, "resp_2").await.unwrap().unwrap();
    assert_eq!(loaded.to_json(), next.to_json());
    assert!(store.delete(&scope, "resp_2").await.unwrap());
    assert_eq!(server.pieces(), 0);
}

async fn refused_pieces_go() {
    let server = Server::start();
    let store = server.store_with(RedisStoreOptions::new().max_record_bytes(1 << 20));
    let scope = Scope::new("a");
    let first = large("resp_1", &Conversation::default(), "one ");
    store.save(&scope, first.clone()).await.unwrap();
    let before = server.fields().len();
    // It is finished.
    let condition = UpdateCondition::Unfinished;
    let other = large("resp_1", &Conversation::default(), "two ");
    assert!(!store.update(&scope, other, condition).await.unwrap());
    assert_eq!(server.fields().len(), before);
    // With its conversation it is too large.
    let input = vec![message("resp_2_in", &"x".repeat(900_000))];
    let next = answered("resp_2", first.saved().conversation(), input, "two");
    store.save(&scope, next).await.unwrap_err();
    assert_eq!(server.fields().len(), before);
}

/// A job whose response is large before and after its end.
async fn a_large_job() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let done = large("resp_1", &Conversation::default(), "one ");
    let queued = done.response().status(ResponseStatus::Queued);
    let input = vec![done.own_items()[0].clone()];
    let queued = StoredResponse::new(queued.output(Vec::new()), &Conversation::default(), input);
    let claim = Claim::new("job", Duration::from_secs(60));
    store
        .save(&scope, queued.clone().claimed(claim.clone()))
        .await
        .unwrap();
    let before = server.pieces();
    assert!(store.renew(&scope, "resp_1", &claim).await.unwrap());
    let loaded = store.load(&scope, "resp_1").await.unwrap().unwrap();
    assert_eq!(loaded.to_json(), queued.to_json());
    // Again after its reply was lost: it is there, and nothing else is.
    for _ in 0..2 {
        let held = UpdateCondition::HeldBy("job");
        assert!(store.update(&scope, done.clone(), held).await.unwrap());
        let loaded = store.load(&scope, "resp_1").await.unwrap().unwrap();
        assert_eq!(loaded.to_json(), done.to_json());
        assert_eq!(server.pieces(), before);
    }
    let other = large("resp_1", &Conversation::default(), "two ");
    let held = UpdateCondition::HeldBy("job");
    assert!(!store.update(&scope, other, held).await.unwrap());
    assert_eq!(server.pieces(), before);
}

async fn lost_pieces_go() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let first = large("resp_1", &Conversation::default(), "one ");
    store.save(&scope, first.clone()).await.unwrap();
    let before = server.fields().len();
    let keys = server.keys();
    let tree = keys.iter().find(|key| key.contains(":tree:")).unwrap();
    // What a write leaves that was interrupted long ago, and one that has just begun.
    let script = "redis.call('HSET', KEYS[1], 'cgone:1', 'x', 'cgone:2', 'x', 'cnew:1', 'x', '#s', \
        cmsgpack.pack({ { 'gone', 1, 'resp_2', 2 }, { 'new', 9999999999999, 'resp_3', 1 } }))";
    server.cli(&["eval", script, "1", tree]);
    let next = answered("resp_4", first.saved().conversation(), Vec::new(), "two");
    store.save(&scope, next).await.unwrap();
    let fields = server.fields();
    let is_there = |name: &str| fields.iter().any(|field| field.0.starts_with(name));
    assert!(!is_there("cgone:") && is_there("cnew:1"));
    // That response's fields, its place in the queue, and what has just begun.
    assert_eq!(fields.len(), before + 4 + 2);
}

/// In a cluster pieces arrive in any order, and the first one may be the one that is lost.
async fn any_piece_is_enough() {
    let server = Server::start();
    let scripts = ["tree.lua", "stage.lua"].map(|name| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/scripts/");
        std::fs::read_to_string(format!("{path}{name}")).unwrap()
    });
    let stage = |number: &str| {
        let piece = ["name", number, "bytes", "resp_1", "3", "60000"];
        let script = scripts.concat();
        server.cli(&[&["eval", &script, "1", "tree"], &piece[..]].concat())
    };
    let listed = || server.cli(&["hstrlen", "tree", "#s"]);
    assert_eq!((stage("2"), listed() != "0"), ("1".into(), true));
    let once = listed();
    assert_eq!((stage("3"), listed()), ("1".into(), once));
}

async fn beside_deletions() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let records: Vec<StoredResponse> = ["one ", "two "]
        .map(|text| large("resp_1", &Conversation::default(), text))
        .into();
    let whole: Vec<String> = records.iter().map(StoredResponse::to_json).collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let (store, scope, is_over) = (server.store(), scope.clone(), Arc::clone(&is_over));
        async move {
            let mut seen = [0; 3];
            while !is_over.load(Ordering::Relaxed) || seen.contains(&0) {
                match store.load(&scope, "resp_1").await.unwrap() {
                    None => seen[2] += 1,
                    Some(record) => {
                        let json = record.to_json();
                        let at = whole.iter().position(|whole| *whole == json);
                        seen[at.unwrap()] += 1;
                    }
                }
            }
            seen
        }
    });
    for round in 0..40 {
        store
            .save(&scope, records[round % 2].clone())
            .await
            .unwrap();
        // Replaced or deleted.
        if round % 3 == 0 {
            assert!(store.delete(&scope, "resp_1").await.unwrap());
        }
    }
    is_over.store(true, Ordering::Relaxed);
    while !reader.is_finished() {
        store.save(&scope, records[0].clone()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        store.save(&scope, records[1].clone()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        store.delete(&scope, "resp_1").await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("seen: {:?}", reader.await.unwrap());
}

async fn items_in_parts() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let input: Vec<Arc<Item>> = (0..1000)
        .map(|number| message(&format!("msg_{number}"), &format!("{number} ").repeat(800)))
        .collect();
    let record = answered("resp_1", &Conversation::default(), input.clone(), "x");
    store.save(&scope, record).await.unwrap();
    store.save(&scope, single("resp_2", "small")).await.unwrap();
    let mut ids: Vec<String> = (0..1000).map(|number| format!("msg_{number}")).collect();
    ids.extend(["msg_none".into(), "resp_2_in".into()]);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    server.cli(&["config", "resetstat"]);
    let found = store.find_items(&scope, &ids).await.unwrap();
    for (input, found) in input.iter().zip(&found) {
        assert_eq!(Some(input), found.as_ref());
    }
    assert!(found[1000].is_none() && found[1001].is_some());
    // Each piece is read once or twice, not once for each item.
    let pieces = server.pieces();
    let reads = server.calls("hget");
    assert!(reads < 3 * pieces + 50, "{reads} for {pieces} pieces");
}

/// More than one script walks over, or removes.
async fn very_long() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let last = converse(&store, &scope, 2500).await.to_json();
    let loaded = store.load(&scope, "resp_2499").await.unwrap().unwrap();
    assert_eq!(loaded.to_json(), last);
    for number in 0..2499 {
        assert!(
            store
                .delete(&scope, &format!("resp_{number}"))
                .await
                .unwrap()
        );
    }
    let loaded = store.load(&scope, "resp_2499").await.unwrap().unwrap();
    assert_eq!(loaded.to_json(), last);
    assert!(store.delete(&scope, "resp_2499").await.unwrap());
    until("what it has left is removed", async || {
        server.fields().is_empty()
    })
    .await;
}

/// References to items of many conversations, some of which are gone.
async fn items_of_many() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let shared = message("msg_shared", &"shared".repeat(1000));
    let mut ids = vec!["msg_shared".to_owned()];
    for number in 0..200 {
        let id = format!("resp_{number}");
        let input = vec![
            message(&format!("{id}_in"), &"x".repeat(2000)),
            shared.clone(),
        ];
        let record = answered(&id, &Conversation::default(), input, "x");
        store.save(&scope, record).await.unwrap();
        ids.push(format!("{id}_in"));
    }
    // The newest ones are listed for the shared item.
    for number in 195..200 {
        let id = format!("resp_{number}");
        assert!(store.delete(&scope, &id).await.unwrap());
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    server.cli(&["config", "resetstat"]);
    let found = store.find_items(&scope, &ids).await.unwrap();
    let there: Vec<bool> = found.iter().map(Option::is_some).collect();
    let expected: Vec<bool> = (0..201).map(|at| at <= 195).collect();
    assert_eq!(there, expected);
    assert_eq!(found[0].as_ref(), Some(&shared));
    // A look at each tree, one at the others that have the missing ones, and what was not small.
    let evals = server.calls("eval");
    assert!(evals < 2 * 200 + 20, "{evals}");
}

async fn event_in_pieces() {
    let server = Server::start();
    let store = server.store_with(RedisStoreOptions::new().event_bytes(8 << 20));
    let scope = Scope::new("a");
    let frame = |number: u64, bytes: usize| {
        let text = format!("{number} ").repeat(bytes / 2);
        LoggedEvent::new(number, text)
    };
    let sizes = [10, PIECE - 64, 5 << 20, 10, 1 << 20, 20];
    let events: Vec<LoggedEvent> = sizes
        .iter()
        .zip(0..)
        .map(|(bytes, number)| frame(number, *bytes))
        .collect();
    let batch = EventBatch::new(events.clone());
    assert!(
        store
            .append_events(&scope, "resp_1", batch.clone().opens(true))
            .await
            .unwrap()
    );
    // The same again, as after a lost reply, and the end.
    assert!(
        store
            .append_events(&scope, "resp_1", batch.ends(true))
            .await
            .unwrap()
    );
    let mut seen = Vec::new();
    loop {
        let after = seen.last().map(|event: &LoggedEvent| event.number);
        match store
            .read_events(&scope, "resp_1", after, Duration::ZERO)
            .await
            .unwrap()
        {
            EventPage::Events { events, ended } => {
                seen.extend(events);
                if ended {
                    break;
                }
            }
            page => panic!("{page:?}"),
        }
    }
    assert!(seen == events, "{} events", seen.len());
    // The first pieces of an event go first, and with them the event.
    let more = EventBatch::new(vec![frame(0, 10), frame(1, 5 << 20), frame(2, 4 << 20)]);
    assert!(
        store
            .append_events(&scope, "resp_2", more.opens(true))
            .await
            .unwrap()
    );
    for (after, is_gone) in [(None, true), (Some(0), true), (Some(1), false)] {
        let page = store
            .read_events(&scope, "resp_2", after, Duration::ZERO)
            .await
            .unwrap();
        assert_eq!(page == EventPage::Gone, is_gone, "after {after:?}");
    }
}

/// Prints how long the slowest command took. What is asserted are sizes, in the cases before.
async fn others_wait_little() {
    let server = Server::start();
    // The test's own work on 8 MiB takes long where it is not optimized.
    let store = server.store_with(RedisStoreOptions::new().timeout(Duration::from_secs(60)));
    let scope = Scope::new("a");
    let record = single("resp_1", &"x".repeat(4 << 20));
    for setting in [
        ["slowlog-log-slower-than", "0"],
        ["slowlog-max-len", "100000"],
    ] {
        server.cli(&["config", "set", setting[0], setting[1]]);
    }
    let slowest = || {
        let log = server.cli(&[
            "--raw",
            "eval",
            "local out = {} \
            for _, one in ipairs(redis.call('SLOWLOG', 'GET', -1)) do \
              out[#out + 1] = one[3] .. ' ' .. one[4][1] end \
            redis.call('SLOWLOG', 'RESET') return out",
            "0",
        ]);
        let read = |line: &str| {
            let (time, command) = line.split_once(' ')?;
            Some((time.parse::<u64>().ok()?, command.to_owned()))
        };
        // This one is in lower case.
        let commands = log.lines().filter_map(read);
        commands.filter(|(_, command)| command != "eval").max()
    };
    slowest();
    store.save(&scope, record).await.unwrap();
    println!("saving 8 MiB, slowest: {:?} us", slowest());
    for _ in 0..3 {
        store.load(&scope, "resp_1").await.unwrap().unwrap();
    }
    println!("loading 8 MiB three times, slowest: {:?} us", slowest());
    let readers: Vec<_> = (0..12)
        .map(|_| {
            let (store, scope) = (store.clone(), scope.clone());
            tokio::spawn(async move {
                for _ in 0..2 {
                    store.load(&scope, "resp_1").await.unwrap().unwrap();
                }
            })
        })
        .collect();
    let other = server.store();
    other.save(&scope, single("resp_2", "small")).await.unwrap();
    let mut longest = Duration::ZERO;
    while !readers.iter().all(tokio::task::JoinHandle::is_finished) {
        let begun = std::time::Instant::now();
        other.load(&scope, "resp_2").await.unwrap().unwrap();
        longest = longest.max(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    for reader in readers {
        reader.await.unwrap();
    }
    println!(
        "twelve readers, slowest: {:?} us; a small load took at most {longest:?}",
        slowest()
    );
    assert!(store.delete(&scope, "resp_1").await.unwrap());
    println!("deleting 8 MiB, slowest: {:?} us", slowest());
}

/// Calls that come together wait for each other, and others do not wait for them.
async fn wait_for_each_other() {
    let server = Server::start();
    let options = RedisStoreOptions::new().transfer_bytes(1 << 20);
    let store = server.store_with(options.clone().timeout(Duration::from_secs(60)));
    let hasty = server.store_with(options.timeout(Duration::from_nanos(1)));
    store_conformance::large_values_wait_for_each_other(&store, &hasty, 1 << 20).await;
}
