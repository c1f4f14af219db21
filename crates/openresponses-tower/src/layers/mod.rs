//! Layers for what stands between the protocol and a provider.
//!
//! A provider is a `tower::Service` too ([`ProviderService`](crate::provider::ProviderService),
//! [`FromService`](crate::provider::FromService)), so tower's layers can guard it. But most of them are
//! done when the head of an answer is there, and an answer of this protocol has hardly begun
//! then. These know the stream behind the head:
//!
//! * [`PrimeLayer`] answers when the first output is there, so that retries, timeouts and HTTP
//!   statuses mean what they say;
//! * [`StreamTimeoutLayer`] bounds the time to the first output, each silence, and the whole;
//! * [`StreamConcurrencyLimitLayer`] counts streams for as long as they live.
//!
//! They work on any `Service<Request, Response = http::Response<OutputStream>>`, and their error
//! is always [`Error`](crate::Error). Errors of another type, such as those of tower's timeout,
//! become server errors, HTTP 500; to say more, map them (`ServiceBuilder::map_err`).
//!
//! ```
//! use std::time::Duration;
//! use openresponses_tower::layers::{PrimeLayer, StreamConcurrencyLimitLayer, StreamTimeoutLayer};
//! use openresponses_tower::provider::{FromService, ProviderService};
//! use openresponses_tower::Provider;
//! use tower::ServiceBuilder;
//!
//! fn guarded(provider: impl Provider) -> impl Provider {
//!     let service = ServiceBuilder::new()
//!         .layer(StreamConcurrencyLimitLayer::new(100).reject(Duration::from_secs(1)))
//!         .layer(StreamTimeoutLayer::new().first_output(Duration::from_secs(60)))
//!         .layer(PrimeLayer::new())
//!         .service(ProviderService::new(provider));
//!     FromService::new(service)
//! }
//! ```
//!
//! The timers are tokio's: a service with a timeout runs in a tokio runtime whose time is on.

mod prime;
mod stream_concurrency_limit;
mod stream_timeout;

pub use prime::{Prime, PrimeFuture, PrimeLayer};
pub use stream_concurrency_limit::{
    StreamConcurrencyLimit, StreamConcurrencyLimitFuture, StreamConcurrencyLimitLayer,
};
pub use stream_timeout::{StreamTimeout, StreamTimeoutFuture, StreamTimeoutLayer};
