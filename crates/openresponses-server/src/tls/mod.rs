//! TLS of the listeners. Certificates are read from files and replaced by a reload.

#[cfg(feature = "tls")]
mod certificate;
#[cfg(feature = "tls")]
mod listener;
#[cfg(not(feature = "tls"))]
mod missing;

#[cfg(feature = "tls")]
pub(crate) use certificate::{Certificate, read};
#[cfg(feature = "tls")]
pub(crate) use listener::Tls;
#[cfg(not(feature = "tls"))]
pub(crate) use missing::{Certificate, Tls, read};
