//! The HTTP client of the exporters.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::Handle;

use crate::telemetry::{EXPORTS, TelemetryError};

/// The longest answer of a collector that is read, in bytes.
const ANSWER: usize = 64 * 1024;

/// Sends batches to a collector. Exporters have threads of their own, so requests are tasks of the
/// runtime.
pub(super) struct OtlpClient {
    signal: &'static str,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
    timeout: Duration,
    /// Whether the last export failed: only changes are logged.
    has_failed: AtomicBool,
}

impl OtlpClient {
    /// Needs a runtime.
    ///
    /// # Errors
    /// An `https` endpoint without trusted certificates on this machine.
    pub(super) fn new(
        signal: &'static str,
        endpoint: &str,
        timeout: Duration,
    ) -> Result<Self, TelemetryError> {
        let unusable = |error: &dyn fmt::Display| TelemetryError(format!("OTLP: {error}"));
        let builder = HttpsConnectorBuilder::new();
        let provider = ring::default_provider();
        let connector = if endpoint.starts_with("https:") {
            builder
                .with_provider_and_native_roots(provider)
                .map_err(|error| unusable(&error))?
        } else {
            // Certificates are not needed, and there may be none.
            let config = ClientConfig::builder_with_provider(provider.into())
                .with_safe_default_protocol_versions()
                .map_err(|error| unusable(&error))?
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            builder.with_tls_config(config)
        };
        let connector = connector.https_or_http().enable_http1().build();
        Ok(Self {
            signal,
            client: Client::builder(TokioExecutor::new()).build(connector),
            runtime: Handle::current(),
            timeout,
            has_failed: AtomicBool::new(false),
        })
    }

    /// Sends one request within the time limit.
    fn exchange(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, HttpError>> + Send + use<> {
        let answer = self.client.request(request.map(Full::new));
        let exchange = async move {
            let (head, body) = answer.await?.into_parts();
            let body = Limited::new(body, ANSWER).collect().await?.to_bytes();
            Ok::<_, HttpError>(Response::from_parts(head, body))
        };
        let limited = tokio::time::timeout(self.timeout, exchange);
        async move { limited.await? }
    }

    /// Logs that exports began to fail, or to work again.
    fn note(&self, answer: &Result<Response<Bytes>, HttpError>) {
        let signal = self.signal;
        let failure = match answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        let had_failed = self.has_failed.swap(failure.is_some(), Ordering::Relaxed);
        let outcome = if failure.is_some() { "failed" } else { "ok" };
        metrics::counter!(EXPORTS, "signal" => signal, "outcome" => outcome).increment(1);
        match failure {
            Some(error) if !had_failed => {
                tracing::warn!(target: "openresponses::otlp", signal, error, "the collector cannot be reached");
            }
            None if had_failed => {
                tracing::info!(target: "openresponses::otlp", signal, "the collector can be reached again");
            }
            Some(_) | None => {}
        }
    }
}

impl fmt::Debug for OtlpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpClient")
            .field("signal", &self.signal)
            .finish_non_exhaustive()
    }
}

impl HttpClient for OtlpClient {
    fn send_bytes<'client, 'future>(
        &'client self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'future>>
    where
        'client: 'future,
        Self: 'future,
    {
        let entered = self.runtime.enter();
        let task = self.runtime.spawn(self.exchange(request));
        drop(entered);
        Box::pin(async move {
            let answer = match task.await {
                Ok(answer) => answer,
                // The runtime is shutting down.
                Err(error) => Err(error.into()),
            };
            self.note(&answer);
            answer
        })
    }
}
