//! A gateway: one provider that dispatches to many, and authentication of its callers.
//!
//! | module | purpose |
//! |---|---|
//! | [`auth`] | API keys, OIDC tokens, a host's own authentication, rate limits |
//! | [`registry`] | the catalog of models and providers, `GET /v1/models` |
//! | [`Gateway`] | attempts at one provider after the other until one responds |
//! | [`budget`] | budgets of callers: requests, tokens, money |
//! | [`limits`] | what is left of a caller's limits, as `x-ratelimit-*` headers |
//! | [`capability`] | what providers can do, and the handling of requests that need more |
//! | [`health`] | circuit breakers and retry budgets |
//! | [`observe`] | spans, observers, metrics |
//!
//! # Example
//! API keys, a model with two providers, limits, and the list of models, around a host's service:
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
//! // Authentication: keys of two tenants, one of which is restricted.
//! let trial = Principal::new(Scope::new("globex")).attribute("plan", "trial");
//! let keys = ApiKeys::new().key("acme", "sk-acme-0123456789")?.key_of(trial, "sk-globex-0123456789")?;
//! let auth = Auth::new(Credentials::new().api_keys(keys));
//!
//! // Providers: the second is tried when the first fails or is skipped.
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
//! // Later, while the service is running.
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
//! `providerOptions.{provider}` is passed to that provider unchanged, and to no other.
//! `providerOptions.gateway` selects providers and models:
//!
//! | member | meaning | when it has no effect |
//! |---|---|---|
//! | `models` | fallback models, tried when every provider of the previous one failed | warning |
//! | `only` | the providers that may be used, for every model | 400 when none of them serves the requested model, or when it is not a list of names |
//! | `sort` | orders the providers of a model by `cost`, `ttft` or `tps`, using the host's figures | warning |
//! | `order` | providers to try first; the others follow | warning |
//! | `providerTimeouts` | `{provider: milliseconds}` until the first output, 1,000 to 789,000 | warning; values out of range are clamped |
//! | any other | | warning |
//!
//! A list has up to 64 names of up to 256 bytes, and `providerTimeouts` up to 64 members. A response
//! reports up to 32 warnings.
//!
//! Options without effect do not fail a request: they are reported in
//! `provider_metadata.gateway.warnings`, as are options for unknown providers. `only` restricts, so a
//! request that cannot respect it is refused.
#![forbid(unsafe_code)]

mod answer;
pub mod auth;
pub mod budget;
pub mod capability;
mod gateway;
pub mod health;
pub mod limits;
pub mod observe;
mod percent;
pub mod registry;

pub use gateway::{Gateway, is_retryable};
