//! Open Responses as a tower layer.
//!
//! A host implements [`Provider`] and mounts [`OpenResponsesLayer`] in front of a service that it
//! already runs, or [`OpenResponses`] as a service of its own. Requests are parsed, validated and
//! normalised before the provider sees them; what it answers is sequenced into conformant events and
//! leaves as JSON, as an event stream or over a WebSocket.
//!
//! ```
//! use http::{Request, Response};
//! use openresponses_tower::{Config, Error, OpenResponsesLayer, OutputStream, Provider};
//! use openresponses_types::Turn;
//!
//! struct Greeter;
//!
//! impl Provider for Greeter {
//!     async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
//!         Ok(Response::new(OutputStream::write(|mut out| async move {
//!             out.text(format!("Hello from {}.", turn.body().model));
//!             out.complete();
//!             Ok(())
//!         })))
//!     }
//! }
//!
//! let app: axum::Router =
//!     axum::Router::new().layer(OpenResponsesLayer::new(Greeter, Config::new()));
//! # let _ = app;
//! ```
//!
//! # For hosts
//! Connections are the host's, and so is what they need:
//! * A tokio runtime whose time is on, around every call of the service.
//! * `TCP_NODELAY`: events are small and wanted at once.
//! * A limit for the head of a request. hyper has one, and keeps it only with a timer:
//!   `http1().timer(..).header_read_timeout(..)`. `axum::serve` sets no timer, so it wants a proxy
//!   with such a limit in front of it.
//! * Bounds of what is taken ahead of a client that does not read: the socket's send buffer, hyper's
//!   `max_buf_size` for HTTP/1.1 and `max_send_buf_size` for HTTP/2. Left alone they come to some
//!   4 MiB a stream, which the provider has said in vain.
//! * Upgrades, where WebSockets are wanted: see `WebSocketConfig`. Without them
//!   `Config::websocket` is told `None`.
//! * [`AllowedHosts`], where a browser can reach the server under any name: on a loopback address.
//!
//! The repository's `crates/openresponses-server` does all of it.
//!
//! # Features
//! * `ws`, on unless turned off: WebSockets.
//! * `http2`: WebSockets over HTTP/2, too.
#![forbid(unsafe_code)]

pub mod authorize;
mod body;
mod budget;
mod config;
mod endpoint;
mod error;
mod future;
mod hosts;
pub mod ids;
mod layer;
pub mod layers;
pub mod output;
mod prefix;
pub mod provider;
mod scope;
pub mod service;
mod shutdown;
pub mod store;
mod timer;
mod turn;
#[cfg(feature = "ws")]
mod ws;

pub use openresponses_types as types;

#[doc(inline)]
pub use authorize::{Authorize, Authorized};
pub use config::Config;
pub use error::{BoxError, Error, ErrorKind};
pub use hosts::AllowedHosts;
pub use layer::OpenResponsesLayer;
#[doc(inline)]
pub use output::{Output, OutputStream, OutputWriter, RelayMode};
#[doc(inline)]
pub use provider::Provider;
pub use scope::Scope;
#[doc(inline)]
pub use service::OpenResponses;
pub use shutdown::Shutdown;
#[cfg(feature = "ws")]
pub use ws::WebSocketConfig;
