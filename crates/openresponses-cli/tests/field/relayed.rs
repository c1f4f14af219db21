//! A stream behind the service, and what the service makes of it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Debug;

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::{Request, Response};
use openresponses_tower::output::RelayMode;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::{CountingIds, FixedClock};
use serde_json::Value;
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::random::Random;

thread_local! {
    static NAMES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Collects the names of rules and repairs, each thread its own.
pub(crate) struct Names;

impl Visit for Names {
    fn record_str(&mut self, field: &Field, value: &str) {
        if matches!(field.name(), "rule" | "repair" | "quirk") {
            NAMES.with_borrow_mut(|names| names.push(value.into()));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl Subscriber for Names {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("openresponses")
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Self);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// An upstream that sends its chunks one after the other.
struct Upstream {
    chunks: Vec<Bytes>,
    mode: RelayMode,
}

impl Provider for Upstream {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let frames = self.chunks.clone().into_iter();
        let frames = frames.map(|chunk| Ok::<_, Infallible>(Frame::data(chunk)));
        let body = StreamBody::new(futures_util::stream::iter(frames));
        Ok(Response::new(OutputStream::relay(body, self.mode)))
    }
}

/// What a client got.
#[derive(Clone, Debug)]
pub(crate) struct Relayed {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// Names of the rules that the upstream broke and of what was mended.
    pub(crate) names: Vec<String>,
}

/// Asks the service with `request`, behind which `upstream` answers.
pub(crate) fn relay(upstream: Vec<Bytes>, mode: RelayMode, request: &Value) -> Relayed {
    NAMES.with_borrow_mut(Vec::clear);
    let config = Config::new()
        .store(MemoryStore::new(MemoryStoreLimits::default()))
        .ids(CountingIds::default())
        .clock(FixedClock(7));
    let provider = Upstream {
        chunks: upstream,
        mode,
    };
    let service = OpenResponses::new(provider, config);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(request.to_string())
        .unwrap();
    let (status, body) = runtime.block_on(async {
        let answer = service.oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        (
            status,
            answer.into_body().collect().await.unwrap().to_bytes(),
        )
    });
    drop(runtime);
    Relayed {
        status,
        body: String::from_utf8(body.to_vec()).unwrap(),
        names: NAMES.take(),
    }
}

/// The bytes in chunks of 1 to 40 bytes; the same for the same seed.
pub(crate) fn cut(bytes: &[u8], seed: u64) -> Vec<Bytes> {
    let mut random = Random::new(seed);
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let size = (random.index(40) + 1).min(rest.len());
        let (chunk, after) = rest.split_at(size);
        chunks.push(Bytes::copy_from_slice(chunk));
        rest = after;
    }
    chunks
}
