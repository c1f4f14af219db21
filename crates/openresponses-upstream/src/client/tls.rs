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
    /// Whether any certificate is trusted.
    trusts: bool,
}

impl Secure {
    pub(super) fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        let mut roots = RootCertStore::empty();
        if options.system_certificates {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        } else if options.certificates.is_empty() {
            return Err(failed(&"the options trust none"));
        }
        for pem in &options.certificates {
            let before = roots.len();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| failed(&error))?;
                roots.add(certificate).map_err(|error| failed(&error))?;
            }
            if roots.len() == before {
                return Err(failed(&"the PEM file has none"));
            }
        }
        Self::trusting(roots, options)
    }

    fn trusting(roots: RootCertStore, options: &ClientOptions) -> Result<Self, ClientError> {
        let trusts = !roots.is_empty();
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
            trusts,
        })
    }

    pub(super) async fn connect(&self, tcp: impl Connect, uri: Uri) -> Result<Io, ClientError> {
        if !self.trusts && uri.scheme_str() == Some("https") {
            return Err(failed(
                &"the system has none to trust, and the options name none",
            ));
        }
        let mut https = HttpsConnector::from((tcp, Arc::clone(&self.config)));
        let ready = poll_fn(|cx| https.poll_ready(cx)).await;
        ready.map_err(ClientError::Connect)?;
        https.call(uri).await.map_err(ClientError::Connect)
    }
}

fn failed(error: &dyn std::fmt::Display) -> ClientError {
    ClientError::Certificates(error.to_string())
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

#[cfg(test)]
mod tests {
    use hyper_util::client::legacy::connect::HttpConnector;

    use super::*;

    #[test]
    fn without_trusted_certificates_there_are_plain_connections_only() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        let secure = Secure::trusting(RootCertStore::empty(), &ClientOptions::new()).unwrap();
        let connect = |uri: &'static str| {
            let mut tcp = HttpConnector::new();
            tcp.enforce_http(false);
            runtime.block_on(secure.connect(tcp, Uri::from_static(uri)))
        };
        // Nobody listens at port 1.
        let plain = connect("http://127.0.0.1:1").map(drop).unwrap_err();
        assert!(matches!(plain, ClientError::Connect(_)), "{plain}");
        let secure = connect("https://127.0.0.1:1").map(drop).unwrap_err();
        assert!(matches!(secure, ClientError::Certificates(_)), "{secure}");
    }
}
