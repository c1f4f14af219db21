//! Connections without TLS: the feature is off.

use std::future::poll_fn;

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{ClientError, ClientOptions, Connect};

pub(super) type Tcp = TokioIo<TcpStream>;
pub(in crate::client) type Io = Tcp;

pub(super) struct Secure;

impl Secure {
    pub(super) fn new(_: &ClientOptions) -> Result<Self, ClientError> {
        Ok(Self)
    }

    pub(super) async fn connect(&self, mut tcp: impl Connect, uri: Uri) -> Result<Io, ClientError> {
        if uri.scheme_str() != Some("http") {
            return Err(ClientError::Address(uri.to_string()));
        }
        let ready = poll_fn(|cx| tcp.poll_ready(cx)).await;
        ready.map_err(|error| ClientError::Connect(error.into()))?;
        let connected = tcp.call(uri).await;
        connected.map_err(|error| ClientError::Connect(error.into()))
    }
}

pub(super) fn is_http2(_: &Io) -> bool {
    false
}
