use std::fmt;

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use tower_service::Service;

use super::error::ClientError;
use super::http1::Http1;
use super::options::ClientOptions;

#[cfg(feature = "tls")]
#[path = "tls.rs"]
mod secure;
#[cfg(not(feature = "tls"))]
#[path = "plain.rs"]
mod secure;

pub(super) use secure::Io;
use secure::Secure;

/// A new connection, by what the server chose to speak.
pub(super) enum Connection {
    Http1(Http1),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// Makes connections, through a proxy where the environment names one.
pub(super) struct Connector {
    tcp: HttpConnector,
    proxies: Option<Matcher>,
    secure: Secure,
}

impl Connector {
    pub(super) fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        // Requests are small and wanted at once.
        tcp.set_nodelay(true);
        Ok(Self {
            tcp,
            proxies: options.proxy_from_env.then(Matcher::from_env),
            secure: Secure::new(options)?,
        })
    }

    /// Connects, with TLS where the address asks for it.
    pub(super) async fn io(&self, uri: Uri) -> Result<secure::Io, ClientError> {
        let proxy = self.proxies.as_ref().and_then(|all| all.intercept(&uri));
        match proxy {
            Some(proxy) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
                if let Some(auth) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(auth.clone());
                }
                self.secure.connect(tunnel, uri).await
            }
            None => self.secure.connect(self.tcp.clone(), uri).await,
        }
    }

    /// Connects for HTTP.
    pub(super) async fn connect(&self, uri: Uri) -> Result<Connection, ClientError> {
        let io = self.io(uri).await?;
        if secure::is_http2(&io) {
            let handshake = http2::handshake(TokioExecutor::new(), io).await;
            let (sender, connection) = handshake.map_err(ClientError::Http)?;
            // Requests share it; it ends when the pool and the last body let go of it.
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "an HTTP/2 connection to an upstream broke");
                }
            });
            return Ok(Connection::Http2(sender));
        }
        Http1::new(io).await.map(Connection::Http1)
    }
}

/// A service that connects to an address.
pub(super) trait Connect:
    Service<Uri, Response = secure::Tcp, Future: Send, Error: Into<openresponses_tower::BoxError>>
    + Clone
    + Send
    + 'static
{
}

impl<S> Connect for S where
    S: Service<
            Uri,
            Response = secure::Tcp,
            Future: Send,
            Error: Into<openresponses_tower::BoxError>,
        > + Clone
        + Send
        + 'static
{
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("proxies", &self.proxies.is_some())
            .finish_non_exhaustive()
    }
}
