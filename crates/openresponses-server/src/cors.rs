//! Cross-origin requests of pages, by `[cors]`.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::file::{Cors, Faults, Origins, Source};

/// How long a browser may keep the answer to a preflight. Default of the setting `max_age`.
const MAX_AGE: Duration = Duration::from_secs(600);

/// Headers that scripts of other origins may read.
const EXPOSED: [&str; 12] = [
    "openresponses-leniencies",
    "retry-after",
    "x-ratelimit-limit-cost",
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-cost",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-cost",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "x-request-id",
];

/// Returns the layer of the file, `None` where no origin is allowed.
pub(crate) fn layer(file: &Cors, source: &Source, faults: &mut Faults) -> Option<CorsLayer> {
    let credentials = file.credentials.as_ref();
    let allows_credentials = credentials.is_some_and(|setting| *setting.as_ref());
    let Some(origins) = &file.origins else {
        if let Some(setting) = credentials.filter(|_| allows_credentials) {
            let message = "it has no effect without `origins`";
            faults.push(source.fault(Some(setting.span()), "cors.credentials", message));
        }
        return None;
    };
    let allowed = match origins.as_ref() {
        Origins::Any if allows_credentials => {
            let message = "with credentials origins must be listed: \"any\" would let every page act \
                           for its visitors";
            faults.push(source.fault(Some(origins.span()), "cors.origins", message));
            return None;
        }
        Origins::Any => AllowOrigin::any(),
        Origins::Listed(origins) => {
            let values = origins.iter();
            AllowOrigin::list(values.filter_map(|origin| HeaderValue::from_str(&origin.0).ok()))
        }
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // SDKs add headers of their own; what a key permits does not depend on them.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED.map(HeaderName::from_static))
        .max_age(file.max_age.map_or(MAX_AGE, |time| time.0));
    Some(layer.allow_credentials(allows_credentials))
}
