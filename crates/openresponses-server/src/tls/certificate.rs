//! The certificate and key of a file.

use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{Error, InconsistentKeys, ServerConfig};
use toml::Spanned;

use crate::file::{self, Fault, Faults, Source};

/// The time limit for a handshake. Default of the setting `handshake_timeout`.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What the listeners present.
pub(crate) struct Certificate {
    pub(super) config: Arc<ServerConfig>,
    pub(super) handshake: Duration,
}

/// Returns the certificate of the file, `None` where it names none.
pub(crate) fn read(file: &file::Tls, source: &Source, faults: &mut Faults) -> Option<Certificate> {
    let (certificate, key) = match (&file.certificate, &file.key) {
        (None, None) => return None,
        (Some(certificate), Some(key)) => (certificate, key),
        (first, second) => {
            let at = first.as_ref().or(second.as_ref()).map(Spanned::span);
            let message = "it needs both `certificate` and `key`";
            faults.push(source.fault(at, "tls", message));
            return None;
        }
    };
    let chain = faults.take(chain(certificate, source));
    let private = faults.take(private(key, source));
    let (chain, private) = (chain?, private?);
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            let builder = builder.with_no_client_auth();
            builder.with_single_cert(chain, private)
        })
        .map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                let message = "it does not belong to the certificate";
                source.fault(Some(key.span()), "tls.key", message)
            }
            error => source.fault(Some(certificate.span()), "tls.certificate", error),
        });
    let mut config = faults.take(config)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Some(Certificate {
        config: Arc::new(config),
        handshake: file.handshake_timeout().unwrap_or(HANDSHAKE),
    })
}

fn chain(
    path: &Spanned<std::path::PathBuf>,
    source: &Source,
) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let found = source.beside(path.as_ref());
    let fault = |message: String| {
        let message = format!("{}: {message}", found.display());
        source.fault(Some(path.span()), "tls.certificate", message)
    };
    let all =
        CertificateDer::pem_file_iter(&found).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let all = all.map_err(|error| fault(format!("it cannot be read: {error}")))?;
    if all.is_empty() {
        return Err(fault("it contains no certificate in PEM".to_owned()));
    }
    Ok(all)
}

fn private(
    path: &Spanned<std::path::PathBuf>,
    source: &Source,
) -> Result<PrivateKeyDer<'static>, Fault> {
    let found = source.beside(path.as_ref());
    PrivateKeyDer::from_pem_file(&found).map_err(|error| {
        let message = format!("{}: it cannot be read: {error}", found.display());
        source.fault(Some(path.span()), "tls.key", message)
    })
}
