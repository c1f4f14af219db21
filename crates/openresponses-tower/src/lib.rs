//! Open Responses as a tower service: the endpoint `POST /v1/responses` for hyper, axum, tonic and
//! every other stack on tower.
//!
//! A host implements [`Provider`] and mounts [`OpenResponsesLayer`] in front of a service, or
//! [`OpenResponses`] as a standalone service. Requests are parsed, validated and normalized before the
//! provider sees them; its output is sequenced into conforming events and leaves as JSON, as an event
//! stream or over a WebSocket.
//!
//! # Mount an endpoint
//!
//! ```
//! use http::{Request, Response};
//! use openresponses_tower::types::Turn;
//! use openresponses_tower::{Config, Error, OpenResponsesLayer, OutputStream, Provider};
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
//! # Call tools, and fail
//!
//! A provider writes content without positions. Errors before the stream become HTTP statuses; errors
//! in the stream become `response.failed`.
//!
//! ```
//! use http::{Request, Response};
//! use openresponses_tower::types::Turn;
//! use openresponses_tower::types::response::Usage;
//! use openresponses_tower::{Error, OutputStream, Provider};
//!
//! struct Weather;
//!
//! impl Provider for Weather {
//!     async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
//!         if turn.body().model != "weather" {
//!             return Err(Error::model_not_found(&turn.body().model));
//!         }
//!         Ok(Response::new(OutputStream::write(|mut out| async move {
//!             out.text("Let me check.");
//!             let mut call = out.call("get_weather");
//!             call.arguments(r#"{"city":"#).arguments(r#""Paris"}"#);
//!             call.end();
//!             // Sends what was written so far and waits until the client has read it.
//!             out.sink().flush().await;
//!             out.usage(Usage::new(12, 9));
//!             out.complete();
//!             Ok(())
//!         })))
//!     }
//! }
//! ```
//!
//! # Relay an upstream, and keep responses
//!
//! The event stream of a server that implements the protocol is checked, repaired where possible, and
//! forwarded. With a store, responses can be continued, retrieved and deleted.
//!
//! ```
//! use http::{Request, Response};
//! use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
//! use openresponses_tower::types::Turn;
//! use openresponses_tower::output::RelayMode;
//! use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
//!
//! struct Upstream;
//!
//! impl Provider for Upstream {
//!     async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
//!         let events = send(turn).await.map_err(Error::upstream)?;
//!         Ok(Response::new(OutputStream::relay(events, RelayMode::Repair)))
//!     }
//! }
//! # async fn send(_: Request<Turn>) -> Result<String, std::io::Error> {
//! #     Ok(String::from("data: [DONE]\n\n"))
//! # }
//!
//! let store = MemoryStore::new(MemoryStoreLimits::default());
//! let service = OpenResponses::new(Upstream, Config::new().store(store));
//! # let _ = service;
//! ```
//!
//! # Where to mount
//!
//! As routes, the endpoint stays mounted whatever the router is merged with or falls back to:
//!
//! ```
//! # use http::{Request, Response};
//! # use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, types::Turn};
//! # struct Greeter;
//! # impl Provider for Greeter {
//! #     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
//! #         Err(Error::overloaded())
//! #     }
//! # }
//! use axum::Router;
//!
//! let endpoint = OpenResponses::new(Greeter, Config::new());
//! let app: Router = Router::new()
//!     .route_service("/v1/responses", endpoint.clone())
//!     .route_service("/v1/responses/{*rest}", endpoint);
//! # let _ = app;
//! ```
//!
//! [`OpenResponsesLayer`] is for whole services. On an axum router, `layer` wraps the routes and the
//! fallback that are set before it:
//! * `fallback` after it replaces the wrapped fallback and unmounts the endpoint. Set it before.
//! * `merge` and `nest` drop the wrapped fallback of the router that they add to another. Add the
//!   layer to the outer router, or mount [`OpenResponses`] as routes.
//! * `nest` and `nest_service` strip the path that they are given: set `Config::prefix("")` inside.
//!   A request that has the prefix twice, or not at all, is logged once as a warning.
//!
//! Layers around the endpoint that fail, such as tower's load shedding and timeouts, need a handler
//! that converts their errors: with axum
//! `HandleErrorLayer::new(async |error: BoxError| Response::from(Error::from_boxed(error)))`, where
//! a shed request is 503 and a timeout 504 in the protocol's envelope. tonic's own
//! `Server::timeout` answers with gRPC's status in a 200 without content: use
//! [`layers::StreamTimeoutLayer`] around the provider instead.
//!
//! # Requirements on the host
//!
//! The host owns its connections and provides:
//! * A tokio runtime with time enabled, around every call of the service.
//! * `TCP_NODELAY`, since events are small and should leave at once.
//! * A time limit for the head of a request. hyper enforces one only with a timer:
//!   `http1().timer(..).header_read_timeout(..)`. `axum::serve` sets no timer and needs a proxy with
//!   such a limit in front of it.
//! * Limits of what is buffered for a client that does not read: the socket's send buffer, hyper's
//!   `max_buf_size` for HTTP/1.1 and `max_send_buf_size` for HTTP/2. By default about 4 MiB a stream
//!   is buffered and lost when the client disconnects.
//! * Upgrades for WebSockets, see `WebSocketConfig`. Without them, set `Config::websocket` to `None`.
//! * [`AllowedHosts`] on a loopback address, where a browser can reach the server under any name.
//!
//! The repository's `crates/openresponses-server` does all of this.
//!
//! # Features
//! * `ws`: WebSockets. On by default.
//! * `http2`: WebSockets over HTTP/2 as well.
#![forbid(unsafe_code)]

pub mod access_log;
pub mod authorize;
mod body;
mod body_time;
pub mod bounds;
mod config;
mod endpoint;
mod error;
mod future;
pub mod guard;
mod hosts;
pub mod ids;
mod json_bytes;
mod layer;
pub mod layers;
pub mod output;
mod prefix;
pub mod provider;
mod request_context;
mod scope;
pub mod service;
mod shutdown;
pub mod store;
mod timer;
pub mod trace;
mod turn;
#[cfg(feature = "ws")]
mod ws;

pub use openresponses_types as types;

pub use config::Config;
pub use error::{BoxError, Error, ErrorKind};
pub use hosts::AllowedHosts;
pub use layer::OpenResponsesLayer;
#[doc(inline)]
pub use output::OutputStream;
#[doc(inline)]
pub use provider::Provider;
pub use request_context::RequestContext;
pub use scope::Scope;
#[doc(inline)]
pub use service::OpenResponses;
pub use shutdown::Shutdown;
#[cfg(feature = "ws")]
pub use ws::WebSocketConfig;
