//! Servers with TLS, whose authority the host names, over HTTP/2 and HTTP/1.1.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use openresponses_tower::ErrorKind;
use openresponses_types::sequence::Delta;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::{BaseUrl, ClientError, ClientOptions, HttpClient, Upstream};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::server::{HELLO, all, ask, options};

// Made for these tests, of an authority whose key was not kept.
const AUTHORITY: &[u8] = include_bytes!("tls/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("tls/server.pem");
const KEY: &[u8] = include_bytes!("tls/server.key");

pub(crate) const HI: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
pub(crate) const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// A server with TLS that answers "Hi", and to "endless" does not end.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    /// The version and the `host` or authority of each request.
    asked: mpsc::UnboundedReceiver<(Version, String)>,
    /// Says when the body of an endless answer was dropped.
    gone: mpsc::UnboundedReceiver<()>,
}

/// Says so when it is dropped.
struct Guard(mpsc::UnboundedSender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

pub(crate) fn acceptor(protocols: &[&str]) -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(CERTIFICATE);
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
    config.alpn_protocols = protocols.collect();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(protocols: &[&str]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let (tell, asked) = mpsc::unbounded_channel();
    let (leave, gone) = mpsc::unbounded_channel();
    let (acceptor, count) = (acceptor(protocols), Arc::clone(&connections));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, tell, leave) = (acceptor.clone(), tell.clone(), leave.clone());
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                count.fetch_add(1, Ordering::Relaxed);
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let io = TokioIo::new(stream);
                let service =
                    service_fn(move |request| answer(request, tell.clone(), leave.clone()));
                if is_http2 {
                    let http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let _ = http2.serve_connection(io, service).await;
                } else {
                    let http1 = hyper::server::conn::http1::Builder::new();
                    let _ = http1.serve_connection(io, service).await;
                }
            });
        }
    });
    Server {
        address,
        connections,
        asked,
        gone,
    }
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>;

async fn answer(
    request: Request<Incoming>,
    tell: mpsc::UnboundedSender<(Version, String)>,
    leave: mpsc::UnboundedSender<()>,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let host = head.headers.get("host").map(|host| host.to_str().unwrap());
    let authority = head.uri.authority().map(|authority| authority.as_str());
    let host = authority.or(host).unwrap().to_owned();
    tell.send((head.version, host)).unwrap();
    let body = body.collect().await.unwrap().to_bytes();
    let is_endless = body.windows(7).any(|bytes| bytes == b"endless");
    let frame = |text: &'static str| Ok(Frame::data(Bytes::from_static(text.as_bytes())));
    let first = stream::iter([frame(HI)]);
    let body = if is_endless {
        let guard = Guard(leave);
        let rest = stream::once(async move {
            let _guard = guard;
            std::future::pending().await
        });
        StreamBody::new(first.chain(rest)).boxed_unsync()
    } else {
        StreamBody::new(first.chain(stream::iter([frame(STOP)]))).boxed_unsync()
    };
    let response = Response::builder().header("content-type", "text/event-stream");
    Ok(response.body(body).unwrap())
}

fn upstream(server: &Server, options: ClientOptions) -> Upstream {
    upstream_at(server.address.port(), options)
}

pub(crate) fn upstream_at(port: u16, options: ClientOptions) -> Upstream {
    let base = format!("https://localhost:{port}/v1");
    let client = HttpClient::new(options).unwrap();
    Upstream::new(Chat::new(), BaseUrl::parse(&base).unwrap(), client)
}

pub(crate) fn trusting() -> ClientOptions {
    options().system_certificates(false).certificates(AUTHORITY)
}

#[tokio::test]
async fn http2_is_spoken_where_the_server_offers_it_over_one_connection() {
    let mut server = serve(&["h2", "http/1.1"]).await;
    let upstream = upstream(&server, trusting());
    let first = ask(&upstream, HELLO).await.unwrap();
    let second = ask(&upstream, HELLO).await.unwrap();
    for output in [second, first] {
        let (deltas, error) = all(output).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(deltas, [Delta::text("Hi"), Delta::complete()]);
        let (version, host) = server.asked.recv().await.unwrap();
        assert_eq!(version, Version::HTTP_2);
        assert_eq!(host, format!("localhost:{}", server.address.port()));
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn http1_is_spoken_where_the_server_or_the_host_does_not_want_http2() {
    for (protocols, options) in [
        (&["http/1.1"][..], trusting()),
        (&[], trusting()),
        (&["h2", "http/1.1"], trusting().http2(false)),
    ] {
        let mut server = serve(protocols).await;
        let output = ask(&upstream(&server, options), HELLO).await.unwrap();
        assert!(all(output).await.1.is_none());
        assert_eq!(server.asked.recv().await.unwrap().0, Version::HTTP_11);
    }
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_a_bad_gateway() {
    let server = serve(&["h2"]).await;
    let options = options().system_certificates(true);
    let error = ask(&upstream(&server, options), HELLO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upstream);
    assert_eq!(server.connections.load(Ordering::Relaxed), 0);
}

#[test]
fn a_certificate_that_is_none_is_refused_at_once() {
    let options =
        trusting().certificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert!(HttpClient::new(options).is_err());
}

#[tokio::test]
async fn a_dropped_answer_resets_its_stream_and_keeps_the_connection() {
    let mut server = serve(&["h2"]).await;
    let upstream = upstream(&server, trusting());
    for _ in 0..50 {
        let endless = HELLO.replace("Hello", "endless");
        let mut output = ask(&upstream, &endless).await.unwrap();
        assert!(output.next().await.unwrap().is_ok());
        assert!(server.gone.try_recv().is_err());
        drop(output);
        server.gone.recv().await.unwrap();
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[test]
fn options_that_leave_no_certificate_to_trust_are_an_error() {
    let trusted = |options: ClientOptions| HttpClient::new(options).map(drop);
    let own = ClientOptions::new().system_certificates(false);
    assert!(trusted(own.clone().certificates(AUTHORITY)).is_ok());
    for options in [
        own.clone(),
        own.certificates(KEY),
        ClientOptions::new().certificates(KEY),
        ClientOptions::new()
            .certificates(AUTHORITY)
            .certificates("nothing"),
    ] {
        let error = trusted(options).unwrap_err();
        assert!(matches!(error, ClientError::Certificates(_)), "{error}");
    }
}
