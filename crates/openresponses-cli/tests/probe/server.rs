//! The embedded model behind a socket, with answers that tests may change.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, UPGRADE};
use hyper::server::conn::http1;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use openresponses_testing::{EmbeddedModel, TestKeys};
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, OpenResponses};
use openresponses_types::Profile;
use tower::ServiceExt;

/// A request, and the answer that a test may change.
pub(crate) struct Exchange {
    pub(crate) request: String,
    /// The content type of the request.
    pub(crate) asked_type: String,
    pub(crate) status: u16,
    pub(crate) media_type: String,
    /// The other headers.
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Exchange {
    pub(crate) fn replace(&mut self, from: &str, to: &str) {
        self.body = self.body.replace(from, to);
    }
}

pub(crate) trait Edit: Fn(&mut Exchange) + Send + Sync + 'static {}

impl<F: Fn(&mut Exchange) + Send + Sync + 'static> Edit for F {}

/// Serves until the test process ends.
pub(crate) fn serve(edit: impl Edit) -> SocketAddr {
    serve_as(Profile::Compatible, edit)
}

pub(crate) fn serve_as(profile: Profile, edit: impl Edit) -> SocketAddr {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            let config = Config::new()
                .profile(profile)
                .authorize(TestKeys::new())
                .store(MemoryStore::new(MemoryStoreLimits::default()));
            let model = OpenResponses::new(EmbeddedModel::new(), config);
            let edit = Arc::new(edit);
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (model, edit) = (model.clone(), Arc::clone(&edit));
                let answer = hyper::service::service_fn(move |request| {
                    answer(model.clone(), request, Arc::clone(&edit))
                });
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
                tokio::spawn(connection.with_upgrades());
            }
        });
    });
    receiver.recv().unwrap()
}

async fn answer<E: Edit>(
    model: OpenResponses<EmbeddedModel>,
    request: Request<Incoming>,
    edit: Arc<E>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    if head.headers.contains_key(UPGRADE) {
        let request = Request::from_parts(head, Full::<Bytes>::default());
        let answer = model.oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        return Ok(Response::from_parts(head, Full::from(body)));
    }
    let body = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&body).into_owned();
    let asked_type = head.headers.get(CONTENT_TYPE);
    let asked_type = asked_type.and_then(|value| value.to_str().ok());
    let asked_type = asked_type.unwrap_or_default().to_owned();
    let request = Request::from_parts(head, Full::new(body));
    let (mut head, body) = model.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut exchange = Exchange {
        request: text,
        asked_type,
        status: head.status.as_u16(),
        media_type: head.headers[CONTENT_TYPE].to_str().unwrap().to_owned(),
        headers: std::mem::take(&mut head.headers),
        body: String::from_utf8(body.to_vec()).unwrap(),
    };
    edit(&mut exchange);
    head.headers = exchange.headers;
    head.status = StatusCode::from_u16(exchange.status).unwrap();
    head.headers.remove(CONTENT_LENGTH);
    let media_type = exchange.media_type.parse().unwrap();
    head.headers.insert(CONTENT_TYPE, media_type);
    Ok(Response::from_parts(head, Full::from(exchange.body)))
}
