//! The HTTP client of [`Upstream`](crate::Upstream).
//!
//! An HTTP/1.1 connection has no task of its own: it is polled while its response's body is polled,
//! so that an event goes from the socket to the translator without a channel between them, and
//! dropping the body closes the connection at once. HTTP/2 connections, which several requests share,
//! are tasks of tokio's.

mod body;
mod connect;
mod error;
mod http1;
mod options;
mod pool;
mod secret;
mod target;
#[cfg(feature = "websocket")]
mod websocket;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::time::timeout;

pub use body::UpstreamBody;
pub use error::ClientError;
pub use options::ClientOptions;
pub use secret::Secret;
#[cfg(feature = "websocket")]
pub(crate) use websocket::{Asked, WebSockets};

use connect::{Connection, Connector};
use http1::Http1;
use pool::{Key, Pool};
use target::TargetForm;

/// A pooling HTTP client. Clones share one pool.
///
/// ```
/// use openresponses_upstream::{ClientOptions, HttpClient};
///
/// let client = HttpClient::new(ClientOptions::new())?;
/// # let _ = client;
/// # Ok::<(), openresponses_upstream::ClientError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: ClientOptions,
    connector: Connector,
    pool: Arc<Pool>,
}

impl HttpClient {
    /// Creates a client.
    ///
    /// # Errors
    /// When a certificate of the options cannot be read, or no trusted certificate is found.
    pub fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let connector = Connector::new(&options)?;
        let pool = Arc::new(Pool::new(options.max_idle, options.idle_connection));
        Ok(Self(Arc::new(Inner {
            options,
            connector,
            pool,
        })))
    }

    /// Creates what asks a server over WebSockets, with the same options.
    #[cfg(feature = "websocket")]
    pub(crate) fn websockets(&self) -> Result<WebSockets, ClientError> {
        WebSockets::new(&self.0.options)
    }

    /// Sends a request and returns the answer when its headers are there.
    ///
    /// # Errors
    /// When the server cannot be reached, breaks the connection, or takes too long.
    pub async fn send(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<UpstreamBody>, ClientError> {
        let exchange = self.exchange(request.map(Full::new));
        match self.0.options.first_byte {
            Some(limit) => timeout(limit, exchange)
                .await
                .map_err(|_| ClientError::Timeout("the first byte"))?,
            None => exchange.await,
        }
    }

    async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<UpstreamBody>, ClientError> {
        let inner = &*self.0;
        let key = Key::of(request.uri())?;
        let idle = inner.options.idle;
        if let Some(mut sender) = inner.pool.http2(&key) {
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(response.map(|body| UpstreamBody::http2(body, idle))),
                // The connection is going away and has not taken the request.
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(ClientError::Http(error.into_error())),
                },
            }
        }
        while let Some(connection) = inner.pool.http1(&key) {
            match self.over(connection, request, &key).await? {
                Ok(response) => return Ok(response),
                Err(unsent) => request = unsent,
            }
        }
        let connecting = inner.connector.connect(request.uri().clone());
        let connection = match inner.options.connect {
            Some(limit) => timeout(limit, connecting)
                .await
                .map_err(|_| ClientError::Timeout("a connection"))??,
            None => connecting.await?,
        };
        match connection {
            Connection::Http2(mut sender) => {
                inner.pool.keep_http2(key, sender.clone());
                let response = sender.send_request(request).await;
                Ok(response
                    .map_err(ClientError::Http)?
                    .map(|body| UpstreamBody::http2(body, idle)))
            }
            Connection::Http1(connection) => self
                .over(connection, request, &key)
                .await?
                .map_err(|_| ClientError::Closed),
        }
    }

    /// Sends over one connection; returns the request where the connection has not taken it.
    async fn over(
        &self,
        mut connection: Http1,
        mut request: Request<Full<Bytes>>,
        key: &Key,
    ) -> Result<Result<Response<UpstreamBody>, Request<Full<Bytes>>>, ClientError> {
        let uri = connection.form().write(&mut request);
        match connection.send(request).await {
            Ok(response) => {
                let inner = &*self.0;
                let pool = Arc::clone(&inner.pool);
                let home = (pool, key.clone());
                Ok(Ok(response.map(|body| {
                    UpstreamBody::http1(body, connection, home, inner.options.idle)
                })))
            }
            Err(mut error) => match error.take_message() {
                Some(mut unsent) => {
                    TargetForm::restore(&mut unsent, uri);
                    Ok(Err(unsent))
                }
                None => Err(ClientError::Http(error.into_error())),
            },
        }
    }
}
