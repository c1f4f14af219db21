use std::fmt;
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tower_service::Service;

use super::error::ClientError;
use super::http1::Http1;
use super::options::ClientOptions;
use super::shared::Shared;
use super::target::TargetForm;

#[cfg(feature = "tls")]
#[path = "tls.rs"]
mod secure;
#[cfg(not(feature = "tls"))]
#[path = "plain.rs"]
mod secure;

pub(super) use secure::Io;
use secure::Secure;

/// How long a connection is silent before the system sends a keep-alive probe.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// A new connection, by what the server chose to speak.
pub(super) enum Connection {
    Http1(Http1),
    Http2(Shared),
}

/// Makes connections, through a proxy where the environment names one.
pub(super) struct Connector {
    tcp: HttpConnector,
    proxies: Option<Matcher>,
    secure: Secure,
    ping_after: Option<Duration>,
}

impl Connector {
    pub(super) fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        // Requests are small and wanted at once.
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEP_ALIVE));
        Ok(Self {
            tcp,
            proxies: options.proxy_from_env.then(Matcher::from_env),
            secure: Secure::new(options)?,
            ping_after: options.ping_after,
        })
    }

    fn proxy(&self, uri: &Uri) -> Option<Intercept> {
        self.proxies.as_ref()?.intercept(uri)
    }

    /// Connects to the server, with TLS where the address asks for it, and through the tunnel of a proxy
    /// where there is one.
    pub(super) async fn io(&self, uri: Uri) -> Result<secure::Io, ClientError> {
        let Some(proxy) = self.proxy(&uri) else {
            return self.secure.connect(self.tcp.clone(), uri).await;
        };
        let (address, tcp) = (proxy.uri().clone(), self.tcp.clone());
        match address.scheme_str() {
            Some("socks5" | "socks5h") => {
                let is_local = address.scheme_str() == Some("socks5");
                let mut socks = SocksV5::new(address, tcp).local_dns(is_local);
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                self.secure.connect(socks, uri).await
            }
            Some("http") => {
                let mut tunnel = Tunnel::new(address, tcp);
                if let Some(auth) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(auth.clone());
                }
                self.secure.connect(tunnel, uri).await
            }
            _ => Err(ClientError::Connect(
                format!(
                    "proxies of the kind {:?} are not supported",
                    address.scheme_str()
                )
                .into(),
            )),
        }
    }

    /// Connects for HTTP.
    pub(super) async fn connect(&self, uri: Uri) -> Result<Connection, ClientError> {
        if uri.scheme_str() == Some("http")
            && let Some(proxy) = self.proxy(&uri)
            && proxy.uri().scheme_str() == Some("http")
        {
            // Many proxies make tunnels to the ports of TLS only.
            let io = self
                .secure
                .connect(self.tcp.clone(), proxy.uri().clone())
                .await?;
            let form = TargetForm::Absolute(proxy.basic_auth().cloned());
            return Http1::new(io, form).await.map(Connection::Http1);
        }
        let io = self.io(uri).await?;
        if secure::is_http2(&io) {
            let connection = Shared::new(io, self.ping_after).await;
            return connection.map(Connection::Http2);
        }
        let form = TargetForm::Origin;
        Http1::new(io, form).await.map(Connection::Http1)
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
