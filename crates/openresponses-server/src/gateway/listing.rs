//! The models that upstream servers list themselves.

use std::sync::Arc;

use futures_util::future::join_all;
use openresponses_upstream::Upstream;

use crate::probe::with_causes;
use crate::shared_answer::SharedAnswer;
use crate::upstream_models::ASK;

/// The model servers, by their names in the file.
#[derive(Clone, Default)]
pub(crate) struct Upstreams {
    all: Vec<(String, Upstream)>,
    /// Those whose models clients can use under the servers' own names.
    open: Vec<String>,
    listing: SharedAnswer<Arc<[String]>>,
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

    /// Returns whether any server lists models for clients.
    pub(super) fn list_models(&self) -> bool {
        !self.open.is_empty()
    }

    /// Asks each server for its models. The errors name their causes, for the operator.
    pub(crate) async fn ask(&self) -> Vec<(&str, Result<Vec<String>, String>)> {
        self.ask_those(|_| true).await
    }

    async fn ask_those(
        &self,
        is_asked: impl Fn(&str) -> bool,
    ) -> Vec<(&str, Result<Vec<String>, String>)> {
        let ask = |(slug, upstream)| async move {
            let models = tokio::time::timeout(ASK, Upstream::models(upstream)).await;
            let models = match models {
                Ok(models) => models.map_err(|error| with_causes(&error)),
                Err(_) => Err(format!("no answer within {} s", ASK.as_secs())),
            };
            (slug, models)
        };
        let asked = self.all.iter().filter(|(slug, _)| is_asked(slug));
        join_all(asked.map(|(slug, upstream)| ask((slug.as_str(), upstream)))).await
    }

    /// Returns the models as clients name them. A server that does not answer is left out.
    pub(super) async fn names(&self) -> Arc<[String]> {
        let read = || {
            let upstreams = self.clone();
            async move { upstreams.open_models().await.into() }
        };
        self.listing.get(read, |_| true).await.unwrap_or_default()
    }

    async fn open_models(&self) -> Vec<String> {
        let mut names = Vec::new();
        let is_open = |slug: &str| self.open.iter().any(|open| open == slug);
        for (slug, models) in self.ask_those(is_open).await {
            match models {
                Ok(models) => names.extend(models.iter().map(|model| format!("{slug}/{model}"))),
                Err(error) => {
                    tracing::warn!(provider = slug, %error, "the models of a server are unknown");
                }
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::oneshot;

    use super::*;
    use crate::file::UpstreamKind;

    #[tokio::test]
    async fn a_server_with_nothing_to_list_is_not_asked() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let upstream = crate::gateway::of_arguments(UpstreamKind::default(), &address, None);
        let mut upstreams = Upstreams::default();
        upstreams.add("closed", upstream.unwrap(), false);
        assert!(!upstreams.list_models());
        tokio::select! {
            biased;
            accepted = listener.accept() => panic!("{accepted:?}"),
            names = upstreams.names() => assert!(names.is_empty()),
        }
    }

    #[tokio::test]
    async fn a_list_is_read_to_its_end_when_the_client_that_asked_leaves() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let (asked, was_asked) = oneshot::channel();
        let (answer, is_answered) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            _ = stream.read(&mut [0; 1024]).await.unwrap();
            asked.send(()).unwrap();
            is_answered.await.unwrap();
            let list = r#"{"object":"list","data":[{"id":"small"}]}"#;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
            let text = format!("{head}\r\ncontent-length: {}\r\n\r\n{list}", list.len());
            stream.write_all(text.as_bytes()).await.unwrap();
            // A second question would find no server.
        });
        let upstream =
            crate::gateway::of_arguments(UpstreamKind::default(), &address, None).unwrap();
        let upstreams: Upstreams = [upstream].into_iter().collect();
        tokio::select! {
            _ = upstreams.names() => panic!("no answer was sent"),
            asked = was_asked => asked.unwrap(),
        }
        answer.send(()).unwrap();
        assert_eq!(*upstreams.names().await, ["upstream/small".to_owned()]);
        server.await.unwrap();
        assert_eq!(*upstreams.names().await, ["upstream/small".to_owned()]);
    }
}
