//! The models of the upstream server of the command line.

use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::{Error, ErrorKind};
use openresponses_upstream::Upstream;

use crate::probe::with_causes;
use crate::shared_answer::SharedAnswer;

/// How long a server may take to answer a check.
pub(crate) const ASK: Duration = Duration::from_secs(10);

/// The models under their own names. Clones share the list.
#[derive(Clone)]
pub(crate) struct UpstreamModels {
    upstream: Upstream,
    listing: SharedAnswer<Result<Arc<[String]>, Refused>>,
}

/// An error that all who wait for the list get.
type Refused = (ErrorKind, String, String);

impl UpstreamModels {
    pub(crate) fn new(upstream: Upstream) -> Self {
        Self {
            upstream,
            listing: SharedAnswer::default(),
        }
    }

    /// Returns the names.
    ///
    /// # Errors
    /// Those of the server, or that it does not answer in time.
    pub(crate) async fn names(&self) -> Result<Arc<[String]>, Error> {
        let read = || {
            let upstream = self.upstream.clone();
            async move {
                let names = tokio::time::timeout(ASK, upstream.models()).await;
                match names.unwrap_or_else(|_| Err(Error::timeout())) {
                    Ok(names) => Ok(names.into()),
                    Err(error) => {
                        let causes = with_causes(&error);
                        tracing::warn!(error = causes, "the models of the server are unknown");
                        Err((
                            error.kind(),
                            error.code().to_owned(),
                            error.payload().message,
                        ))
                    }
                }
            }
        };
        let names = self.listing.get(read, Result::is_ok).await;
        let refused = |(kind, code, message)| Error::new(kind, code, message);
        names.map_or_else(|| Err(Error::timeout()), |names| names.map_err(refused))
    }
}
