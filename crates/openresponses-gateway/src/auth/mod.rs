//! Authentication of callers.
//!
//! An [`Authenticator`] returns the [`Principal`] of a request or refuses it. [`Credentials`] is
//! the ready-made one: an API key in `x-api-key` or `Authorization: Bearer`, or an OIDC token in
//! `Authorization: Bearer`. [`Auth`] applies an authenticator to the endpoint, with
//! `Config::authorize`, and to other routes, as a tower layer. An endpoint behind the layer without
//! its own hook uses the layer's tenant.
//!
//! ```
//! use http::{Request, Response};
//! use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, Principal};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let keys = ApiKeys::new().key("acme", "sk-acme-0123456789").unwrap();
//! let auth = Auth::new(Credentials::new().api_keys(keys));
//!
//! // For the endpoint.
//! let config = openresponses_tower::Config::new().authorize(auth.clone());
//!
//! // For other routes.
//! let models = auth.layer(service_fn(|request: Request<String>| async move {
//!     let principal = request.extensions().get::<Principal>().unwrap();
//!     assert_eq!(principal.scope().as_str(), "acme");
//!     Ok::<_, std::convert::Infallible>(Response::new(String::from("models")))
//! }));
//! let request = |key: &str| Request::get("/v1/models").header("x-api-key", key).body(String::new());
//! let answer = models.clone().oneshot(request("sk-acme-0123456789").unwrap()).await.unwrap();
//! assert_eq!(answer.status(), 200);
//! let refused = models.oneshot(request("sk-acme-0123456788").unwrap()).await.unwrap();
//! assert_eq!(refused.status(), 401);
//! assert_eq!(refused.headers()["www-authenticate"], "Bearer");
//! # let _ = config;
//! # }
//! ```
//!
//! # Which credential counts
//! The first rule that matches decides; there is no fallback to another credential.
//!
//! 1. A key or token in the query is refused even beside a valid credential, since addresses end up
//!    in logs.
//! 2. More than one `Authorization` or `x-api-key` header is refused.
//! 3. `x-api-key` is an API key. A bearer beside it must be the same key or have the form of a JWT,
//!    which is then ignored.
//! 4. A bearer in the form of a JWT is a token where tokens are accepted.
//! 5. Any other bearer is an API key.

mod api_keys;
#[allow(clippy::module_inception, reason = "named after its type")]
mod auth;
mod authenticator;
mod credentials;
mod digest;
mod extract;
#[cfg(feature = "jwt")]
mod jwt;
mod key_file;
mod layer;
mod principal;
mod rate_limit;
mod verifier;

pub use api_keys::{ApiKeys, InvalidKey};
pub use auth::Auth;
pub use authenticator::Authenticator;
pub use credentials::Credentials;
#[cfg(feature = "jwt")]
pub use jwt::{InvalidKeySet, Jwt, JwtAlgorithm, KeySet};
pub use key_file::KeyFileError;
pub use layer::{AuthFuture, AuthService};
pub use principal::Principal;
pub use rate_limit::RateLimit;
pub use verifier::Verifier;
