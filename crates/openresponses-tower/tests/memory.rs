//! What the store in memory counts, beside what the process allocates for it.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::Scope;
use openresponses_tower::store::{
    Conversation, EventBatch, EventPage, LoggedEvent, MemoryStore, MemoryStoreLimits,
    ResponseStore, StoredResponse,
};
use openresponses_types::response::ResponseStatus;
use openresponses_types::{Item, Response};

/// Runs a future that never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => unreachable!("the store in memory does not wait"),
    }
}

/// Returns the allocated bytes that `fill` leaves, and those that the store counts.
fn measure(fill: impl Fn(&MemoryStore)) -> (f64, f64) {
    let mut store = None;
    let allocated = allocation_counter::measure(|| {
        let filled = MemoryStore::new(MemoryStoreLimits::default());
        fill(&filled);
        store = Some(filled);
    });
    let counted = store.as_ref().map_or(0, MemoryStore::bytes);
    (allocated.bytes_current as f64, counted as f64)
}

fn item(json: &str) -> Arc<Item> {
    Arc::new(Item::from_json(json.as_bytes()).unwrap())
}

/// Saves a conversation whose turns have the input and output items that `items` returns.
fn converse(store: &MemoryStore, turns: usize, items: impl Fn(usize) -> [Vec<String>; 2]) {
    let scope = Scope::new("tenant");
    let mut conversation = Conversation::default();
    for turn in 0..turns {
        let [input, output] = items(turn);
        let input = input.iter().map(|json| item(json)).collect();
        let output = output
            .iter()
            .map(|json| Item::from_json(json.as_bytes()).unwrap());
        let response = Response::new(format!("resp_{turn:048}"), "model", 1);
        let response = response
            .status(ResponseStatus::Completed)
            .output(output.collect::<Vec<_>>());
        let record = StoredResponse::new(response, &conversation, input);
        now(store.save(&scope, record.clone())).unwrap();
        conversation = record.saved().conversation().clone();
    }
}

fn user(id: &str, text: &str) -> String {
    format!(
        r#"{{"type":"message","id":"{id}","role":"user","content":[{{"type":"input_text","text":"{text}"}}]}}"#
    )
}

fn assistant(id: &str, text: &str) -> String {
    format!(
        r#"{{"type":"message","id":"{id}","status":"completed","role":"assistant","content":[{{"type":"output_text","text":"{text}","annotations":[],"logprobs":[]}}]}}"#
    )
}

fn id(kind: &str, turn: usize, at: usize) -> String {
    format!("{kind}_{turn:040}{at:08}")
}

/// Fills a store.
type Fill<'a> = &'a dyn Fn(&MemoryStore);

#[test]
fn the_store_counts_what_it_holds() {
    let texts = |length: usize| {
        move |store: &MemoryStore| {
            converse(store, 200, |turn| {
                let text = "x".repeat(length);
                [
                    vec![user(&id("msg", turn, 0), &text)],
                    vec![assistant(&id("msg", turn, 1), &text)],
                ]
            });
        }
    };
    let many_items = |store: &MemoryStore| {
        converse(store, 10, |turn| {
            let input = (0..300).map(|at| user(&id("msg", turn, at), "x"));
            [input.collect(), vec![assistant(&id("msg", turn, 999), "y")]]
        });
    };
    let many_parts = |store: &MemoryStore| {
        converse(store, 50, |turn| {
            let parts = vec![r#"{"type":"input_text","text":"x"}"#; 50].join(",");
            let id = id("msg", turn, 0);
            let input =
                format!(r#"{{"type":"message","id":"{id}","role":"user","content":[{parts}]}}"#);
            [vec![input], Vec::new()]
        });
    };
    let calls = |store: &MemoryStore| {
        converse(store, 100, |turn| {
            let call = (0..3).map(|at| {
                let id = id("fc", turn, at);
                format!(r#"{{"type":"function_call","id":"{id}","call_id":"call_{turn:020}{at}","name":"weather","arguments":"{{\"city\":\"Paris\"}}","status":"completed"}}"#)
            });
            let result = (0..3).map(|at| {
                let id = id("fco", turn, at);
                format!(r#"{{"type":"function_call_output","id":"{id}","call_id":"call_{turn:020}{at}","output":"22 degrees"}}"#)
            });
            [result.collect(), call.collect()]
        });
    };
    let vendor_items = |store: &MemoryStore| {
        converse(store, 100, |turn| {
            let id = id("x", turn, 0);
            let note = "n".repeat(300);
            [
                vec![format!(
                    r#"{{"type":"acme:note","id":"{id}","status":"completed","note":"{note}"}}"#
                )],
                Vec::new(),
            ]
        });
    };
    let tenants = |store: &MemoryStore| {
        for number in 0..300 {
            let scope = Scope::new(&format!("tenant {number}"));
            let response = Response::new(id("resp", number, 0), "model", 1);
            let input = vec![item(&user(&id("msg", number, 0), "x"))];
            let record = StoredResponse::new(response, &Conversation::default(), input);
            now(store.save(&scope, record)).unwrap();
        }
    };
    let events = |store: &MemoryStore| {
        let scope = Scope::new("tenant");
        for log in 0..20 {
            let frame = |number| LoggedEvent::new(number, vec![b'x'; 200]);
            let batch = EventBatch::new((0..200).map(frame).collect()).opens(true);
            now(store.append_events(&scope, &id("resp", log, 0), batch)).unwrap();
        }
    };
    let cases: [(&str, Fill<'_>); 9] = [
        ("texts of 1 byte", &texts(1)),
        ("texts of 1 KB", &texts(1000)),
        ("texts of 50 KB", &texts(50_000)),
        ("many items", &many_items),
        ("many parts", &many_parts),
        ("calls", &calls),
        ("vendor items", &vendor_items),
        ("tenants", &tenants),
        ("events", &events),
    ];
    let mut wrong = Vec::new();
    for (name, fill) in cases {
        let (allocated, counted) = measure(fill);
        let ratio = allocated / counted;
        println!("{name}: {allocated} allocated, {counted} counted, {ratio:.2}");
        if !(1.0 / 1.2..=1.2).contains(&ratio) {
            wrong.push(format!("{name}: {ratio:.2}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Seven large tenants do not evict what a small one has.
/// Turns of 2 KB, whose own bytes are those of their input and their response.
#[test]
fn a_conversation_takes_the_space_of_its_turns() {
    for turns in [10, 100, 1000] {
        let items = |turn| {
            let text = "x".repeat(1000);
            [
                vec![user(&id("msg", turn, 0), &text)],
                vec![assistant(&id("msg", turn, 1), &text)],
            ]
        };
        let [input, output] = items(0).map(|items| items[0].len());
        let head = Response::new(id("resp", 0, 0), "model", 1).to_json().len();
        let own = (turns * (input + output + head)) as f64;
        let (allocated, _) = measure(|store| converse(store, turns, items));
        let ratio = allocated / own;
        println!("n = {turns}: {allocated} bytes for {own}, {ratio:.2} times");
        assert!(ratio < 3.0, "{ratio:.2} for {turns} turns");
    }
}

#[test]
fn a_scope_loses_nothing_to_larger_ones() {
    let store = MemoryStore::new(MemoryStoreLimits::default().bytes(1_000_000));
    let save = |tenant: &str, number: usize, length: usize| {
        let response = Response::new(id("resp", number, 0), "model", 1);
        let input = vec![item(&user(&id("msg", number, 0), &"x".repeat(length)))];
        let record = StoredResponse::new(response, &Conversation::default(), input);
        now(store.save(&Scope::new(tenant), record)).unwrap();
    };
    for number in 0..10 {
        save("small", number, 1000);
    }
    for number in 0..200 {
        save(&format!("large {}", number % 7), number, 100_000);
        assert!(store.bytes() <= 1_000_000);
    }
    for number in 0..10 {
        let found = now(store.load(&Scope::new("small"), &id("resp", number, 0))).unwrap();
        assert!(found.is_some(), "{number}");
    }
    // One large tenant keeps about an equal share with the others.
    let kept = (0..200).filter(|number| {
        let scope = Scope::new(&format!("large {}", number % 7));
        now(store.load(&scope, &id("resp", *number, 0)))
            .unwrap()
            .is_some()
    });
    assert!(kept.count() >= 7);
}

fn response_of(number: usize, length: usize) -> StoredResponse {
    let response = Response::new(id("resp", number, 0), "model", 1);
    let input = vec![item(&user(&id("msg", number, 0), &"x".repeat(length)))];
    StoredResponse::new(response, &Conversation::default(), input)
}

fn log_of(length: usize) -> EventBatch {
    let events = (0..10).map(|number| LoggedEvent::new(number, "x".repeat(length / 10)));
    EventBatch::new(events.collect()).opens(true)
}

#[test]
fn what_was_saved_is_there() {
    let scope = Scope::new("tenant");
    for length in (90_000..=201_000).step_by(100) {
        let store = MemoryStore::new(MemoryStoreLimits::default().scope_bytes(200_000));
        let id = id("resp", 1, 0);
        assert!(now(store.append_events(&scope, &id, log_of(150_000))).unwrap());
        now(store.save(&scope, response_of(2, 90_000))).unwrap();
        let saved = now(store.save(&scope, response_of(1, length)));
        let found = now(store.load(&scope, &id)).unwrap();
        let is_small = saved.map_err(|error| assert!(error.is_too_large())).is_ok();
        assert_eq!(found.is_some(), is_small, "{length}");
        assert!(is_small || length > 195_000, "{length}");
        assert!(store.bytes() <= 200_000, "{}", store.bytes());
    }
}

#[test]
fn events_go_before_conversations() {
    let scope = Scope::new("tenant");
    let name = |number| id("resp", number, 0);
    for limits in [
        MemoryStoreLimits::default().scope_bytes(100_000),
        MemoryStoreLimits::default().bytes(100_000),
    ] {
        let store = MemoryStore::new(limits);
        for number in 0..5 {
            now(store.save(&scope, response_of(number, 10_000))).unwrap();
        }
        assert!(now(store.append_events(&scope, &name(10), log_of(30_000))).unwrap());
        for number in 0..8 {
            let ended = log_of(30_000).ends(true);
            assert!(now(store.append_events(&scope, &name(number), ended)).unwrap());
        }
        for number in 0..5 {
            assert!(
                now(store.load(&scope, &name(number))).unwrap().is_some(),
                "{number}"
            );
        }
        let read = |number, after| {
            now(store.read_events(&scope, &name(number), after, Duration::ZERO)).unwrap()
        };
        // The end of one that is written.
        assert!(matches!(read(10, None), EventPage::Events { .. }));
        assert_eq!(read(6, None), EventPage::Missing);
        for number in 11..14 {
            assert!(now(store.append_events(&scope, &name(number), log_of(30_000))).unwrap());
        }
        assert_eq!(read(10, None), EventPage::Gone);
        assert!(matches!(read(13, None), EventPage::Events { .. }));
        assert_eq!((store.len(), store.bytes() <= 100_000), (5, true));
    }
}

/// The content of deleted and evicted responses is freed.
#[test]
fn nothing_is_held_for_what_is_gone() {
    let mut store = None;
    let allocated = allocation_counter::measure(|| {
        let limits = MemoryStoreLimits::default().bytes(2_000_000);
        let filled = MemoryStore::new(limits);
        let shared = item(&user("msg_shared", &"s".repeat(1000)));
        for round in 0..600 {
            // The same item in many responses, as clients send it that keep their conversation.
            let response = Response::new(id("resp", round, 0), "model", 1);
            let own = item(&user("msg_shared", &"x".repeat(20_000)));
            let input = vec![Arc::clone(&shared), own];
            let record = StoredResponse::new(response, &Conversation::default(), input);
            now(filled.save(&Scope::new("tenant"), record)).unwrap();
            if round % 3 == 0 {
                let deleted = now(filled.delete(&Scope::new("tenant"), &id("resp", round, 0)));
                assert!(deleted.unwrap());
            }
        }
        store = Some(filled);
    });
    assert!(
        allocated.bytes_current <= 2_400_000,
        "{}",
        allocated.bytes_current
    );
}
