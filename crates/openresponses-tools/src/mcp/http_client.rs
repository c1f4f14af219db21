use std::fmt;
use std::sync::Arc;

use rustls_platform_verifier::BuilderVerifierExt;
use tokio::sync::OnceCell;

use super::target::unreachable;
use crate::error::ToolError;

/// The HTTP client of all servers of one [`ToolLoop`](crate::ToolLoop), made when the first is needed.
#[derive(Clone, Default)]
pub(crate) struct HttpClient(Arc<OnceCell<reqwest::Client>>);

impl HttpClient {
    pub(super) async fn get(&self) -> Result<reqwest::Client, ToolError> {
        let make = || async {
            // The certificates of the system are read from files.
            let made = tokio::task::spawn_blocking(client).await;
            made.map_err(unreachable)?
        };
        self.0.get_or_try_init(make).await.cloned()
    }
}

fn client() -> Result<reqwest::Client, ToolError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(unreachable)?
        .with_no_client_auth();
    // A redirect would carry the client's headers to a server that it did not name.
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()
        .map_err(unreachable)
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient")
    }
}
