use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body::Body;
use openresponses_tower::BoxError;
use openresponses_tower::service::{LayerBody, ResponseBody, answer_unread};
use tower_layer::Layer;
use tower_service::Service;

use super::auth::Auth;
use super::extract::API_KEY;

impl<S> Layer<S> for Auth {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService {
            inner,
            auth: self.clone(),
        }
    }
}

/// A service behind authentication, created by the layer of an [`Auth`].
///
/// Refusals are error envelopes, sent before the body is read. Headers with credentials are marked
/// as sensitive, so that inner services do not print them.
#[derive(Clone, Debug)]
pub struct AuthService<S> {
    inner: S,
    auth: Auth,
}

impl<S, B, R> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
{
    type Response = Response<LayerBody<R>>;
    type Error = S::Error;
    type Future = AuthFuture<R, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The ready service answers; its clone waits for the next request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let auth = self.auth.clone();
        AuthFuture(Box::pin(async move {
            let (mut head, body) = request.into_parts();
            if let Err(refusal) = auth.leave_principal(&mut head).await {
                let refused: Response<ResponseBody> = refusal.into();
                let answer = answer_unread(&head, body, refused).await;
                return Ok(answer.map(LayerBody::endpoint));
            }
            for name in [AUTHORIZATION, API_KEY] {
                if let Some(value) = head.headers.get_mut(name) {
                    value.set_sensitive(true);
                }
            }
            let answer = inner.call(Request::from_parts(head, body)).await?;
            Ok(answer.map(LayerBody::inner))
        }))
    }
}

/// The response future of [`AuthService`].
pub struct AuthFuture<R, E>(Answering<R, E>);

type Answering<R, E> = Pin<Box<dyn Future<Output = Result<Response<LayerBody<R>>, E>> + Send>>;

impl<R, E> Future for AuthFuture<R, E> {
    type Output = Result<Response<LayerBody<R>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<R, E> fmt::Debug for AuthFuture<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthFuture")
    }
}
