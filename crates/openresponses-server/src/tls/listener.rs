//! Handshakes with the certificate of the last reload.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificate::Certificate;
use crate::watched_socket::WatchedSocket;

/// Answers handshakes. Clones share the certificate.
#[derive(Clone)]
pub(crate) struct Tls(Arc<ArcSwap<Certificate>>);

impl Tls {
    pub(crate) fn new(certificate: Certificate) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(certificate)))
    }

    /// Presents another certificate from now on. Connections that have begun are not affected.
    pub(crate) fn replace(&self, certificate: Certificate) {
        self.0.store(Arc::new(certificate));
    }

    /// Returns `None` for a client whose handshake fails or takes too long.
    pub(crate) async fn accept(&self, socket: WatchedSocket) -> Option<TlsStream<WatchedSocket>> {
        let certificate = self.0.load_full();
        let acceptor = TlsAcceptor::from(Arc::clone(&certificate.config));
        let handshake = timeout(certificate.handshake, acceptor.accept(socket)).await;
        match handshake.ok()? {
            Ok(stream) => Some(stream),
            Err(error) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
        }
    }
}
