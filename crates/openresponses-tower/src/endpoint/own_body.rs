//! Bodies of requests for paths of the host's own.

use std::pin::pin;

use http_body::Body;

use super::body::read_body;
use super::core::Core;
use super::headers::too_large;
use super::unread::RequestBody;
use crate::bounds::{Claim, Held};
use crate::error::{BoxError, Error};
use crate::guard;
use crate::scope::Scope;

impl<P> Core<P> {
    /// Reads a body of up to `limit` bytes like one of the endpoint, and works on it.
    pub(crate) async fn with_body<B, T, F>(
        &self,
        scope: &Scope,
        body: B,
        limit: u64,
        work: F,
    ) -> Result<T, Error>
    where
        B: Body,
        B::Error: Into<BoxError>,
        T: Send + 'static,
        F: FnOnce(&[u8]) -> T + Send + 'static,
    {
        let config = &self.config;
        let worked = async {
            // A client may wait for `100 Continue`, which reading would send.
            if body.size_hint().lower() > limit {
                return Err(too_large(limit));
            }
            let mut claim = Claim::new(config.bounds.tenant(scope))?;
            let body = pin!(RequestBody::new(body));
            let body = read_body(body, limit, config.body_time, claim.memory()).await?;
            let bytes = body.len() as u64;
            let work = move |_: &mut Held| guard::call(|| work(&body));
            claim.work(bytes, work).await?
        };
        config.shutdown.unless_ended(worked).await
    }
}
