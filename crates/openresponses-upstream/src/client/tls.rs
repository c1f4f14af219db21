//! Connections with TLS where the address asks for it.

use std::future::poll_fn;
use std::sync::Arc;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::TokioIo;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower_service::Service;

use super::{ClientError, ClientOptions, Connect};

pub(super) type Tcp = TokioIo<TcpStream>;
pub(in crate::client) type Io = MaybeHttpsStream<Tcp>;

pub(super) struct Secure {
    config: Arc<ClientConfig>,
}

impl Secure {
    pub(super) fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        let failed = |error: &dyn std::fmt::Display| ClientError::Certificates(error.to_string());
        let mut roots = RootCertStore::empty();
        if options.system_certificates {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        for pem in &options.certificates {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| failed(&error))?;
                roots.add(certificate).map_err(|error| failed(&error))?;
            }
        }
        let provider = provider().ok_or_else(|| failed(&"no cryptography is compiled in"))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = if options.http2 {
            vec![b"h2".to_vec(), b"http/1.1".to_vec()]
        } else {
            vec![b"http/1.1".to_vec()]
        };
        Ok(Self {
            config: Arc::new(config),
        })
    }

    pub(super) async fn connect(&self, tcp: impl Connect, uri: Uri) -> Result<Io, ClientError> {
        let mut https = HttpsConnector::from((tcp, Arc::clone(&self.config)));
        let ready = poll_fn(|cx| https.poll_ready(cx)).await;
        ready.map_err(ClientError::Connect)?;
        https.call(uri).await.map_err(ClientError::Connect)
    }
}

/// The cryptography that is compiled in; ring where both are.
fn provider() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "tls-ring")]
    return Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(all(feature = "tls-aws-lc", not(feature = "tls-ring")))]
    return Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(not(any(feature = "tls-ring", feature = "tls-aws-lc")))]
    CryptoProvider::get_default().cloned()
}

pub(super) fn is_http2(io: &Io) -> bool {
    io.connected().is_negotiated_h2()
}
