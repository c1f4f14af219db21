//! Streams that are cut and resumed on another server.

use std::time::Duration;

use libtest_mimic::Trial;
use openresponses_store_redis::RedisStoreOptions;
use openresponses_testing::replica_conformance;
use openresponses_tower::Scope;
use openresponses_tower::store::{EventBatch, EventPage, LoggedEvent, ResponseStore};

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a_thousand_cut_streams_are_resumed_on_another_server",
            async || {
                let server = Server::start();
                let (here, there) = (server.store(), server.store());
                replica_conformance::resumes_cut_streams(&here, &there, 1000).await;
            },
        ),
        trial("what_is_called_off_stays_called_off", async || {
            let server = Server::start();
            let (here, there) = (server.store(), server.store());
            replica_conformance::calls_off_in_every_phase(&here, &there).await;
        }),
        trial("the_oldest_events_are_discarded", oldest_discarded),
        trial("a_large_log_is_read_beside_small_values", large_log),
        trial(
            "a_large_value_does_not_delay_small_ones",
            large_beside_small,
        ),
    ]
}

async fn oldest_discarded() {
    let server = Server::start();
    let store = server.store_with(RedisStoreOptions::new().event_bytes(10_000));
    let scope = Scope::new("a");
    for number in 0..100_u64 {
        let event = LoggedEvent::new(number, "x".repeat(500));
        let batch = EventBatch::new(vec![event]).opens(number == 0);
        assert!(store.append_events(&scope, "resp_1", batch).await.unwrap());
    }
    let read = async |after| {
        store
            .read_events(&scope, "resp_1", after, Duration::ZERO)
            .await
    };
    assert_eq!(read(None).await.unwrap(), EventPage::Gone);
    assert_eq!(read(Some(50)).await.unwrap(), EventPage::Gone);
    match read(Some(90)).await.unwrap() {
        EventPage::Events { events, ended } => assert_eq!((events.len(), ended), (9, false)),
        page => panic!("{page:?}"),
    }
}

/// A page of much has a connection for large values, and waiting reads nothing of the events.
async fn large_log() {
    let server = Server::start();
    let store = server.store();
    let scope = Scope::new("a");
    let event = |number| LoggedEvent::new(number, "x".repeat(50_000));
    let events: Vec<LoggedEvent> = (0..40).map(event).collect();
    let batch = EventBatch::new(events.clone()).opens(true);
    assert!(store.append_events(&scope, "resp_1", batch).await.unwrap());
    let reader = server.store();
    reader.ping().await.unwrap();
    let before = connections(&server);
    let read = async |after, wait| match reader.read_events(&scope, "resp_1", after, wait).await {
        Ok(EventPage::Events { events, .. }) => events,
        page => panic!("{page:?}"),
    };
    let sent = || -> usize {
        let stats = server.cli(&["info", "stats"]);
        let lines = stats.lines();
        let mut line = lines.filter_map(|line| line.strip_prefix("total_net_output_bytes:"));
        line.next().unwrap().trim().parse().unwrap()
    };
    let begun = sent();
    let last = read(Some(38), Duration::ZERO).await;
    assert_eq!((last.len(), connections(&server)), (1, before));
    let mut seen: Vec<LoggedEvent> = Vec::new();
    while seen.len() < 40 {
        let after = seen.last().map(|event| event.number);
        let page = read(after, Duration::ZERO).await;
        assert!((1..=5).contains(&page.len()), "{}", page.len());
        seen.extend(page);
    }
    assert!(seen == events);
    assert_eq!(connections(&server), before + 3);
    let all = sent() - begun;
    assert!(all < 41 * 50_000 + 100_000, "{all}");
    let begun = sent();
    let none = read(Some(39), Duration::from_secs(1)).await;
    assert!(none.is_empty());
    let waiting = sent() - begun;
    assert!(waiting < 50_000, "{waiting}");
}

/// One tenant moves megabytes, another one small responses.
async fn large_beside_small() {
    let server = Server::start();
    // Reading megabytes takes long in a build for tests.
    let options = RedisStoreOptions::new().timeout(Duration::from_secs(600));
    let store = server.store_with(options);
    let text = "x".repeat(256 << 10);
    store
        .save(&Scope::new("large"), single("resp_1", &text))
        .await
        .unwrap();
    store
        .save(&Scope::new("small"), single("resp_1", "x"))
        .await
        .unwrap();
    let before = connections(&server);
    let work = (0..12).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..4 {
                let found = store.load(&Scope::new("large"), "resp_1").await.unwrap();
                assert!(found.is_some());
            }
        })
    });
    let work: Vec<_> = work.collect();
    let mut longest = Duration::ZERO;
    let mut count = 0;
    while !work.iter().all(|work| work.is_finished()) {
        let start = std::time::Instant::now();
        let found = store.load(&Scope::new("small"), "resp_1").await.unwrap();
        assert!(found.is_some());
        longest = longest.max(start.elapsed());
        count += 1;
    }
    println!("{count} small loads beside 48 large ones, the longest took {longest:?}");
    for done in work {
        done.await.unwrap();
    }
    // Those of the beginning, and no new ones.
    assert_eq!(
        connections(&server),
        before.max(5),
        "nothing was connected anew"
    );
}

/// The number of connections, that of the query itself included.
fn connections(server: &Server) -> usize {
    server.cli(&["client", "list"]).lines().count()
}
