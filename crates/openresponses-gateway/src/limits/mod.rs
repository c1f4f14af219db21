//! What is left of a caller's limits, as headers.
//!
//! [`LimitHeadersLayer`] adds `x-ratelimit-*` headers to the answers of an endpoint, under the names
//! that users of OpenAI's SDKs know. A [`RateLimit`](crate::auth::RateLimit) and
//! [`Budgets`](crate::budget::Budgets) report to it; a host's own limits report through
//! [`LimitReport`].

use std::time::Duration;

mod headers;
mod money;
mod report;
mod resource;

pub use headers::{LimitHeaders, LimitHeadersFuture, LimitHeadersLayer};
pub use money::Money;
pub(crate) use report::span;
pub use report::{LimitReport, LimitState};
pub use resource::LimitedResource;

/// The longest period of a rate and the longest window of a budget.
pub(crate) const MAX_PERIOD: Duration = Duration::from_secs(366 * 24 * 60 * 60);
