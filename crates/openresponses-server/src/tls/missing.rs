//! A server without TLS.

use crate::file::{self, Faults, Source};
use crate::watched_socket::WatchedSocket;

/// No certificate.
pub(crate) struct Certificate {
    never: std::convert::Infallible,
}

/// No listener.
#[derive(Clone)]
pub(crate) struct Tls(std::convert::Infallible);

/// Reports that the file asks for TLS.
pub(crate) fn read(file: &file::Tls, source: &Source, faults: &mut Faults) -> Option<Certificate> {
    let named = file.certificate.as_ref().or(file.key.as_ref());
    if let Some(path) = named {
        let message = "this server was built without its feature 'tls'";
        faults.push(source.fault(Some(path.span()), "tls", message));
    }
    None
}

impl Tls {
    pub(crate) fn new(certificate: Certificate) -> Self {
        Self(certificate.never)
    }

    pub(crate) fn replace(&self, certificate: Certificate) {
        match certificate.never {}
    }

    pub(crate) async fn accept(&self, _: WatchedSocket) -> Option<WatchedSocket> {
        match self.0 {}
    }
}
