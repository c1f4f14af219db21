//! What two replicas with one store must do, as a suite for the tests of a store. Unlike
//! [`store_conformance`](crate::store_conformance) it runs the endpoint.
//!
//! ```
//! use openresponses_testing::replica_conformance;
//! use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
//!
//! # #[tokio::main]
//! # async fn main() {
//! let store = MemoryStore::new(MemoryStoreLimits::default());
//! replica_conformance::resumes_cut_streams(&store, &store, 1000).await;
//! replica_conformance::calls_off_in_every_phase(&store, &store).await;
//! # }
//! ```

mod calling_off;
mod gated;
mod resuming;

use std::convert::Infallible;

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::{Config, OpenResponses, Provider};
use tower_service::Service;

pub use calling_off::calls_off_in_every_phase;
pub use resuming::resumes_cut_streams;

/// A replica of a service.
struct Replica<P>(OpenResponses<P>);

impl<P: Provider> Replica<P> {
    fn new(provider: P, config: Config) -> Self {
        let config = config.background(|task| drop(tokio::spawn(task)));
        Self(OpenResponses::new(provider, config))
    }

    async fn send(&self, method: &str, path: &str, body: String) -> (StatusCode, ResponseBody) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/v1/responses{path}"))
            .header("content-type", "application/json")
            .body(body);
        let request = match request {
            Ok(request) => request,
            Err(error) => fail(&error.to_string()),
        };
        let Ok::<_, Infallible>(answer) = self.0.clone().call(request).await;
        (answer.status(), answer.into_body())
    }

    async fn text(&self, method: &str, path: &str, body: String) -> (StatusCode, String) {
        let (status, mut body) = self.send(method, path, body).await;
        let mut text = String::new();
        while let Some(more) = frame(&mut body).await {
            text.push_str(&more);
        }
        (status, text)
    }
}

/// Returns the next frame of a body.
async fn frame(body: &mut ResponseBody) -> Option<String> {
    let Ok::<_, Infallible>(frame) = body.frame().await?;
    let data = frame.into_data().unwrap_or_default();
    Some(String::from_utf8_lossy(&data).into_owned())
}

/// Returns the id of the response in a document or an event.
fn id_in(text: &str) -> String {
    let id = text
        .split('"')
        .find(|part| part.starts_with("resp_"))
        .map(str::to_owned);
    id.unwrap_or_else(|| fail(&format!("no id in {text}")))
}

/// Fails the suite.
#[allow(clippy::panic, reason = "a test suite that is not passed")]
fn fail(why: &str) -> ! {
    std::panic::panic_any(why.to_owned())
}
