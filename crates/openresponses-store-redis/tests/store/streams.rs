//! Streams that are cut and resumed on another server.

use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use libtest_mimic::Trial;
use openresponses_store_redis::{RedisStore, RedisStoreOptions};
use openresponses_tower::store::{EventBatch, EventPage, LoggedEvent, ResponseStore};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
use openresponses_types::Turn;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::*;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_resumed_stream_is_the_same_bytes", async || {
            let server = Server::start();
            resumed(server.store(), server.store(), 200).await;
        }),
        trial("the_oldest_events_are_discarded", oldest_discarded),
        trial(
            "a_large_value_does_not_delay_small_ones",
            large_beside_small,
        ),
    ]
}

/// Writes ten words with pauses.
struct Words;

impl Provider for Words {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Ok(Response::new(OutputStream::write(|mut out| async move {
            for number in 0..10 {
                out.text(format!("word{number} "));
                out.sink().flush().await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            out.complete();
            Ok(())
        })))
    }
}

/// Cuts streams of one server after different events and resumes them on another.
pub(crate) async fn resumed(here: RedisStore, there: RedisStore, rounds: usize) {
    let service = |store: RedisStore| {
        let config = Config::new().store(store);
        OpenResponses::new(Words, config.background(|task| drop(tokio::spawn(task))))
    };
    let (here, there) = (service(here), service(there));
    for round in 0..rounds {
        let body = json!({"model": "m", "input": "x", "background": true, "stream": true});
        let request = Request::post("/v1/responses")
            .header("content-type", "application/json")
            .body(body.to_string())
            .unwrap();
        let mut body = here.clone().oneshot(request).await.unwrap().into_body();
        let mut begin = String::new();
        while begin.matches("\n\n").count() <= round % 15 {
            let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
            begin.push_str(std::str::from_utf8(&data).unwrap());
        }
        drop(body);
        let data = begin.lines().filter_map(|line| line.strip_prefix("data: "));
        let mut data = data.filter(|line| *line != "[DONE]");
        let first: Value = serde_json::from_str(data.next().unwrap()).unwrap();
        let last: Value = data
            .next_back()
            .map_or(first.clone(), |line| serde_json::from_str(line).unwrap());
        let id = first["response"]["id"].as_str().unwrap();
        let read = async |query: String| {
            let request = Request::get(format!("/v1/responses/{id}?stream=true{query}"));
            let request = request.body(String::new()).unwrap();
            let answer = there.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 200);
            let bytes = answer.into_body().collect().await.unwrap().to_bytes();
            String::from_utf8(bytes.to_vec()).unwrap()
        };
        let rest = read(format!("&starting_after={}", last["sequence_number"])).await;
        let whole = read(String::new()).await;
        let begin = begin.trim_end_matches("data: [DONE]\n\n");
        assert_eq!(format!("{begin}{rest}"), whole);
        assert!(whole.contains("event: response.completed\n"));
    }
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
