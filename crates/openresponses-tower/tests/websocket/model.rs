//! A model whose name selects its behavior.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use http::{Request, Response};
use openresponses_tower::output::RelayMode;
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::{Error, OutputStream, Provider, Scope};
use openresponses_types::normalize::ContextWindow;
use openresponses_types::sequence::Delta;
use openresponses_types::{Item, Turn};
use tokio::sync::Semaphore;

/// A stream of an upstream's: its deltas go through as they come, spaces and all.
const UPSTREAM: &str = concat!(
    "event: response.output_item.added\ndata: { \"type\":\"response.output_item.added\",",
    "\"sequence_number\":2,\"output_index\":0,\"item\":{\"type\":\"message\",\"id\":\"msg_1\",",
    "\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}}\n\n",
);

/// Answers with the texts of the whole conversation, unless the model is one of those below.
#[derive(Clone)]
pub struct Model {
    /// Number of calls.
    pub asked: Arc<AtomicUsize>,
    /// Number of open answers.
    pub alive: Arc<AtomicUsize>,
    /// How many deltas of `endless` were taken.
    pub taken: Arc<AtomicUsize>,
    /// What `paused` waits for.
    pub permits: Arc<Semaphore>,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            asked: Arc::default(),
            alive: Arc::default(),
            taken: Arc::default(),
            permits: Arc::new(Semaphore::new(0)),
        }
    }
}

impl Model {
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    fn enter(&self) -> Alive {
        self.alive.fetch_add(1, Ordering::SeqCst);
        Alive(Arc::clone(&self.alive))
    }
}

/// Counted until it is dropped.
struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Provider for Model {
    /// Never answers.
    async fn compact(&self, _: Request<ContextWindow>) -> Result<Response<CompactedWindow>, Error> {
        let _alive = self.enter();
        std::future::pending().await
    }

    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let alive = self.enter();
        let (head, turn) = turn.into_parts();
        assert!(turn.stream && !turn.background);
        assert_eq!(turn.extra.get("type"), None);
        assert!(head.extensions.get::<Scope>().is_some());
        let texts = texts(&turn);
        let output = match turn.model.as_str() {
            "missing" => return Err(Error::model_not_found("missing")),
            "panic" => panic!("on purpose"),
            "silent" => {
                let _alive = alive;
                std::future::pending::<()>().await;
                return Err(Error::overloaded());
            }
            "fail" => OutputStream::write(|mut out| async move {
                let _alive = alive;
                out.text("half");
                out.sink().flush().await;
                Err(Error::model("model_failed", "It failed."))
            }),
            "panic-later" => OutputStream::write(|mut out| async move {
                let _alive = alive;
                out.text("half");
                out.sink().flush().await;
                panic!("on purpose");
            }),
            // One word for each permit, and the end after the last word.
            "paused" => {
                let permits = Arc::clone(&self.permits);
                OutputStream::write(|mut out| async move {
                    let _alive = alive;
                    for word in ["one ", "two ", "three"] {
                        permits.acquire().await.unwrap().forget();
                        out.text(word);
                        out.sink().flush().await;
                    }
                    out.complete();
                    Ok(())
                })
            }
            "endless" => {
                let taken = Arc::clone(&self.taken);
                let words = stream::repeat_with(move || {
                    let _alive = &alive;
                    taken.fetch_add(1, Ordering::SeqCst);
                    Ok(Delta::text("x".repeat(1000)))
                });
                OutputStream::new(words)
            }
            "words" => {
                let words: Vec<_> = texts.split(' ').map(|word| format!("{word} ")).collect();
                let deltas = words.into_iter().map(Delta::Text);
                OutputStream::from_deltas(deltas.chain([Delta::complete()]))
            }
            "relay" => OutputStream::relay(UPSTREAM.to_owned(), RelayMode::Observe),
            "tenant" => {
                let scope = head.extensions.get::<Scope>().unwrap().as_str().to_owned();
                OutputStream::from_deltas([Delta::Text(scope), Delta::complete()])
            }
            "headers" => {
                let names: Vec<_> = head.headers.keys().map(|name| name.as_str()).collect();
                OutputStream::from_deltas([Delta::Text(names.join(" ")), Delta::complete()])
            }
            _ => {
                let deltas = stream::iter([Delta::Text(texts), Delta::complete()]);
                OutputStream::new(deltas.map(Ok))
            }
        };
        Ok(Response::new(output))
    }
}

fn texts(turn: &Turn) -> String {
    let texts = turn.items.iter().map(|item| match &**item {
        Item::Message(message) => message.content.texts().collect(),
        other => other.type_name().to_owned(),
    });
    texts.collect::<Vec<String>>().join("|")
}
