//! Tower layers for providers.
//!
//! Tower's layers apply to the turns of a provider ([`layered`](crate::provider::layered())). Most of
//! them finish with the head of a response, when a stream has barely started. These layers include the
//! stream:
//!
//! * [`PrimeLayer`] delays a response until its first output, so that retries, timeouts and HTTP
//!   statuses see early failures;
//! * [`StreamTimeoutLayer`] limits the time to the first output, each silence, and the total time;
//! * [`StreamConcurrencyLimitLayer`] limits the number of open streams.
//!
//! They work on any `Service<Request, Response = http::Response<OutputStream>>`, and their error is
//! always [`Error`](crate::Error). Other errors become server errors, HTTP 500; map them with
//! `ServiceBuilder::map_err` for another status.
//!
//! ```
//! use std::time::Duration;
//! use openresponses_tower::layers::{PrimeLayer, StreamConcurrencyLimitLayer, StreamTimeoutLayer};
//! use openresponses_tower::provider::layered;
//! use openresponses_tower::Provider;
//! use tower::ServiceBuilder;
//!
//! fn guarded(provider: impl Provider) -> impl Provider {
//!     let layers = ServiceBuilder::new()
//!         .layer(StreamConcurrencyLimitLayer::new(100).reject(Duration::from_secs(1)))
//!         .layer(StreamTimeoutLayer::new().first_output(Duration::from_secs(60)))
//!         .layer(PrimeLayer::new());
//!     layered(provider, layers)
//! }
//! ```
//!
//! Timers are tokio's: a service with a timeout runs in a tokio runtime with time enabled.

mod prime;
mod stream_concurrency_limit;
mod stream_timeout;

pub use prime::{Prime, PrimeFuture, PrimeLayer};
pub use stream_concurrency_limit::{
    StreamConcurrencyLimit, StreamConcurrencyLimitFuture, StreamConcurrencyLimitLayer,
};
pub(crate) use stream_timeout::{Limits, limited};
pub use stream_timeout::{
    StreamTimeout, StreamTimeoutFuture, StreamTimeoutLayer, TimedOutput, limit_silence,
};
