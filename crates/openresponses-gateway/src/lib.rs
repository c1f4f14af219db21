//! A provider made of providers, and who may call it.
//!
//! [`auth`] decides whose request it is: API keys, OIDC tokens, or a host's own way. [`registry`]
//! says which models there are and who serves them. [`Gateway`] is the provider that asks one after
//! the other until one answers; [`capability`], [`health`] and [`observe`] say what they can do, when
//! they are left alone, and what became of it.
//!
//! # A host
//! Keys, a model with two providers, limits, and the list of models, around a service of the host's:
//!
//! ```
//! # use http::{Request, Response};
//! # use openresponses_tower::{Error, OutputStream, Provider};
//! # use openresponses_types::{Turn, sequence::Delta};
//! # struct Anthropic;
//! # impl Provider for Anthropic {
//! #     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
//! #         Err(Error::overloaded())
//! #     }
//! # }
//! # struct Bedrock;
//! # impl Provider for Bedrock {
//! #     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
//! #         Ok(Response::new(OutputStream::from_deltas([Delta::text("Paris"), Delta::complete()])))
//! #     }
//! # }
//! use std::time::Duration;
//! use axum::{Router, routing::get};
//! use openresponses_gateway::Gateway;
//! use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal, RateLimit};
//! use openresponses_gateway::health::{CircuitBreaker, RetryBudget};
//! use openresponses_gateway::registry::{Catalog, Model, ModelsLayer, ProviderEntry, Registry, Route};
//! use openresponses_tower::{Config, OpenResponsesLayer, Scope};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Who may call: keys of two tenants, one of which may not use everything.
//! let trial = Principal::new(Scope::new("globex")).attribute("plan", "trial");
//! let keys = ApiKeys::new().key("acme", "sk-acme-0123456789")?.key_of(trial, "sk-globex-0123456789")?;
//! let auth = Auth::new(Credentials::new().api_keys(keys));
//!
//! // Who answers: the first provider, or the second when that fails or is left alone.
//! let first = ProviderEntry::new(Anthropic)
//!     .timeout(Duration::from_secs(20))
//!     .concurrency(100)
//!     .circuit_breaker(CircuitBreaker::default());
//! let catalog = Catalog::new().provider("anthropic", first).provider("bedrock", Bedrock).model(
//!     Model::new("anthropic/claude-sonnet-4.5")
//!         .route(Route::new("anthropic"))
//!         .route(Route::new("bedrock").model("us.anthropic.claude-sonnet-4-5")),
//! );
//! let registry = Registry::new(catalog)?;
//! let gateway = Gateway::new(registry.clone())
//!     .retry_budget(RetryBudget::new(0.2, 5.0))
//!     .rate_limit(RateLimit::new(60, Duration::from_secs(60)))
//!     .permit(|head, model| {
//!         let plan = Principal::from_extensions(&head.extensions).get("plan").map(str::to_owned);
//!         plan.as_deref() != Some("trial") || model.starts_with("meta/")
//!     });
//!
//! let app = Router::new()
//!     .route("/health", get(|| async { "well" }))
//!     .layer(OpenResponsesLayer::new(gateway, Config::new().authorize(auth.clone())))
//!     .layer(ModelsLayer::new(registry.clone()).auth(auth));
//!
//! // Later, while it serves.
//! registry.update(|catalog| catalog.alias("default", ["anthropic/claude-sonnet-4.5"]))?;
//! # use tower::ServiceExt;
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
//! # runtime.block_on(async {
//! #     for (key, model, status) in [
//! #         ("sk-acme-0123456789", "default", 200),
//! #         ("sk-globex-0123456789", "anthropic/claude-sonnet-4.5", 403),
//! #         ("sk-acme-0123456780", "default", 401),
//! #         ("sk-acme-0123456789", "none", 404),
//! #     ] {
//! #         let request = Request::post("/v1/responses")
//! #             .header("host", "example.org")
//! #             .header("content-type", "application/json")
//! #             .header("authorization", format!("Bearer {key}"))
//! #             .body(axum::body::Body::from(format!(r#"{{"model":"{model}","input":"x"}}"#)));
//! #         let answer = app.clone().oneshot(request.unwrap()).await.unwrap();
//! #         assert_eq!(answer.status(), status, "{key} {model}");
//! #     }
//! # });
//! # Ok(())
//! # }
//! ```
//!
//! # `providerOptions`
//! `providerOptions.{provider}` goes to that provider untouched, and to no other.
//! `providerOptions.gateway` says who is asked:
//!
//! | member | what | when it cannot be honoured |
//! |---|---|---|
//! | `models` | further models, tried when every provider of the one before failed | warning |
//! | `only` | the providers that may answer, for every model | 400 when none of them serves the model that was asked for, or it is no list of names |
//! | `sort` | the providers of a model by `cost`, `ttft` or `tps`, by the host's figures | warning |
//! | `order` | providers to ask first; the others come after them | warning |
//! | `providerTimeouts` | `{provider: milliseconds}` until the first output, 1,000 to 789,000 | warning; what is out of bounds is brought into them |
//! | any other | | warning |
//!
//! A list has up to 64 names of up to 256 bytes, and so many providers have time-outs. Up to 32
//! warnings are told.
//!
//! A wish that cannot be fulfilled never fails a request: it comes back in
//! `provider_metadata.gateway.warnings`, and so do options for a provider that does not exist.
//! `only` is no wish but a bound, so it is refused when it cannot be kept.
#![forbid(unsafe_code)]

mod answer;
pub mod auth;
pub mod capability;
mod gateway;
pub mod health;
pub mod observe;
mod percent;
pub mod registry;

pub use gateway::{Gateway, is_retryable};
