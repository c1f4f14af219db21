//! The models that upstream servers list themselves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use openresponses_upstream::Upstream;
use tokio::sync::Mutex;

use crate::probe::with_causes;

/// How long a list is kept.
const KEPT: Duration = Duration::from_secs(30);

/// How long a server may take to answer a check.
const ASK: Duration = Duration::from_secs(10);

/// A list, and when it was read.
type KeptNames = (Instant, Vec<String>);

/// The model servers, by their names in the file.
#[derive(Clone, Default)]
pub(crate) struct Upstreams {
    all: Vec<(String, Upstream)>,
    /// Those whose models clients can use under the servers' own names.
    open: Vec<String>,
    kept: Arc<Mutex<Option<KeptNames>>>,
}

impl FromIterator<Upstream> for Upstreams {
    /// The server of the command line, which has no name.
    fn from_iter<I: IntoIterator<Item = Upstream>>(upstreams: I) -> Self {
        let mut all = Self::default();
        for upstream in upstreams {
            all.add("upstream", upstream, true);
        }
        all
    }
}

impl Upstreams {
    /// Adds a server; `is_open` if it serves any model.
    pub(super) fn add(&mut self, slug: &str, upstream: Upstream, is_open: bool) {
        self.all.push((slug.to_owned(), upstream));
        if is_open {
            self.open.push(slug.to_owned());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Asks each server for its models. The errors name their causes, for the operator.
    pub(crate) async fn ask(&self) -> Vec<(&str, Result<Vec<String>, String>)> {
        let ask = |(slug, upstream)| async move {
            let models = tokio::time::timeout(ASK, Upstream::models(upstream)).await;
            let models = match models {
                Ok(models) => models.map_err(|error| with_causes(&error)),
                Err(_) => Err(format!("no answer within {} s", ASK.as_secs())),
            };
            (slug, models)
        };
        let all = self.all.iter();
        join_all(all.map(|(slug, upstream)| ask((slug.as_str(), upstream)))).await
    }

    /// Returns the models as clients name them. A server that does not answer is left out.
    pub(super) async fn names(&self) -> Vec<String> {
        // Requests at the same time wait for one answer.
        let mut kept = self.kept.lock().await;
        if let Some((since, names)) = &*kept
            && since.elapsed() < KEPT
        {
            return names.clone();
        }
        let mut names = Vec::new();
        for (slug, models) in self.ask().await {
            if !self.open.iter().any(|open| open == slug) {
                continue;
            }
            match models {
                Ok(models) => names.extend(models.iter().map(|model| format!("{slug}/{model}"))),
                Err(error) => {
                    tracing::warn!(provider = slug, %error, "the models of a server are unknown");
                }
            }
        }
        *kept = Some((Instant::now(), names.clone()));
        names
    }
}
