//! `GET /healthz`, for load balancers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::{Response, StatusCode};
use openresponses_tower::service::ResponseBody;

use super::body::document;

/// Whether the server accepts new requests.
#[derive(Clone, Default)]
pub(crate) struct Health {
    draining: Arc<AtomicBool>,
}

impl Health {
    /// Reports from now on that the server is draining.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Answers 200, or 503 while draining.
    pub(super) fn tell(&self) -> Response<ResponseBody> {
        let draining = self.draining.load(Ordering::Relaxed);
        let status = if draining { "draining" } else { "ok" };
        let mut answer = document("application/json", format!("{{\"status\":\"{status}\"}}"));
        if draining {
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        answer
    }
}
