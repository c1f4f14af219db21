//! Panics of the host's code.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt};
use http::request::Parts;
use openresponses_tower::Scope;
use openresponses_tower::authorize::{Authorize, Authorized};
use openresponses_tower::output::{Output, RelayMode, RelayObserver};
use openresponses_tower::store::{
    Claim, ResponseStore, StoreError, StoredResponse, UpdateCondition,
};
use openresponses_tower::types::Item;

use openresponses_tower::{Config, Error, OpenResponses, OutputStream};
use openresponses_types::sequence::Delta;

use crate::common::*;

/// An output whose destructor panics.
struct Bomb(Vec<Delta>);

impl Stream for Bomb {
    type Item = Result<Delta, Error>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.pop().map(Ok))
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a panic in a destructor");
    }
}

fn bomb() -> Result<OutputStream, Error> {
    let deltas = vec![Delta::complete(), Delta::text("x")];
    Ok(OutputStream::new(Bomb(deltas)))
}

/// A store of which every method panics.
struct Broken;

impl ResponseStore for Broken {
    async fn load(&self, _: &Scope, _: &str) -> Result<Option<StoredResponse>, StoreError> {
        panic!("a panic in the store")
    }

    async fn save(&self, _: &Scope, _: StoredResponse) -> Result<(), StoreError> {
        panic!("a panic in the store")
    }

    async fn delete(&self, _: &Scope, _: &str) -> Result<bool, StoreError> {
        panic!("a panic in the store")
    }

    async fn update(
        &self,
        _: &Scope,
        _: StoredResponse,
        _: UpdateCondition<'_>,
    ) -> Result<bool, StoreError> {
        panic!("a panic in the store")
    }

    async fn renew(&self, _: &Scope, _: &str, _: &Claim) -> Result<bool, StoreError> {
        panic!("a panic in the store")
    }

    async fn delete_scope(&self, _: &Scope) -> Result<u64, StoreError> {
        panic!("a panic in the store")
    }

    async fn find_items(
        &self,
        _: &Scope,
        _: &[&str],
    ) -> Result<Vec<Option<Arc<Item>>>, StoreError> {
        panic!("a panic in the store")
    }
}

#[tokio::test]
async fn a_panic_in_the_drop_of_an_output_does_not_cut_the_stream() {
    let text = text(stream(Model(bomb), Config::new()).await).await;
    assert_eq!(types(&events(&text)).last(), Some(&"response.completed"));
    // A client that leaves early drops it as well.
    drop(stream(Model(bomb), Config::new()).await);
}

#[tokio::test]
async fn a_panic_of_the_store_leaves_the_response_whole() {
    let model = || Ok(items([Ok(Delta::text("x")), Ok(Delta::complete())]).into_body());
    let answer = stream(Model(model), Config::new().store(Broken)).await;
    let all = events(&text(answer).await);
    let last = all.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["store"], false);
    let service = OpenResponses::new(Model(model), Config::new().store(Broken));
    let body = STREAMED.replace(
        "\"stream\"",
        "\"previous_response_id\":\"resp_1\",\"stream\"",
    );
    let code = refused(post(&service, body).await, 503).await;
    assert_eq!(code, "store_unavailable");
}

/// Relays a short stream to an observer that panics when it is called, or when it is dropped.
fn watched_relay(is_called: bool) -> Result<OutputStream, Error> {
    struct Faulty(bool);
    impl Drop for Faulty {
        fn drop(&mut self) {
            assert!(self.0, "a panic in the destructor of an observer");
        }
    }
    let faulty = Faulty(is_called);
    let observer = RelayObserver::new(move |_| {
        let faulty = &faulty;
        assert!(!faulty.0, "a panic in an observer");
    });
    let item = r#"{"type":"message","id":"m","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi","annotations":[]}]}"#;
    let upstream = format!(
        "data: {{\"type\":\"response.completed\",\"response\":{{\"status\":\"completed\",\"output\":[{item}]}}}}\n\n"
    );
    let first = futures_util::stream::iter([Ok(Output::RelayObserver(observer))]);
    let relayed = OutputStream::relay(upstream, RelayMode::Repair);
    Ok(OutputStream::new(first.chain(relayed)))
}

#[tokio::test]
async fn a_panic_in_an_observer_of_relays_leaves_the_answer_whole() {
    for is_called in [true, false] {
        let model = || Model(move || watched_relay(is_called));
        let text = text(stream(model(), Config::new()).await).await;
        assert_eq!(types(&events(&text)).last(), Some(&"response.completed"));
        let service = OpenResponses::new(model(), Config::new());
        let answer = post(&service, STREAMED.replace("true", "false")).await;
        assert_eq!(answer.status(), 200);
        assert!(crate::common::text(answer).await.contains("Hi"));
    }
}

/// A hook that panics when it is called, or when it is polled.
struct Hook(bool);

impl Authorize for Hook {
    fn authorize(&self, _: &Parts) -> impl Future<Output = Result<Authorized, Error>> + Send {
        assert!(self.0, "a panic in the call");
        async { panic!("a panic in the future") }
    }
}

#[tokio::test]
async fn a_panic_of_the_authorization_hook_is_a_server_error() {
    for polled in [false, true] {
        let service = OpenResponses::new(Model(bomb), Config::new().authorize(Hook(polled)));
        let answer = post(&service, String::from(STREAMED)).await;
        assert_eq!(refused(answer, 500).await, "server_error");
    }
}

#[tokio::test(start_paused = true)]
async fn an_authorization_hook_that_hangs_is_a_server_error() {
    let never = |_: &Parts| std::future::pending::<Result<Scope, Error>>();
    let service = OpenResponses::new(Model(bomb), Config::new().authorize(never));
    let answer = post(&service, String::from(STREAMED)).await;
    assert_eq!(refused(answer, 500).await, "server_error");
}

/// The host's generator of ids and its clock fail in the middle of a stream.
#[tokio::test]
async fn panics_of_ids_and_clock_leave_the_stream_legal() {
    use openresponses_types::sequence::{Clock, IdGenerator, IdKind};

    struct Faulty;
    impl IdGenerator for Faulty {
        fn id(&self, _: IdKind) -> String {
            panic!("no id")
        }
    }
    impl Clock for Faulty {
        fn now(&self) -> i64 {
            panic!("no time")
        }
    }
    let config = Config::new().ids(Faulty).clock(Faulty);
    let text = text(stream(Model(bomb), config).await).await;
    assert_eq!(types(&events(&text)).last(), Some(&"response.completed"));
}
