use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use crate::body::LayerBody;
use crate::endpoint::ResponseBody;

pin_project! {
    /// The response future of [`OpenResponsesService`](crate::service::OpenResponsesService).
    pub struct OpenResponsesFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<F> {
        Endpoint { future: Answering },
        Inner { #[pin] future: F },
    }
}

/// The endpoint's response future.
type Answering = Pin<Box<dyn Future<Output = Response<ResponseBody>> + Send>>;

impl<F> OpenResponsesFuture<F> {
    pub(crate) fn endpoint(future: Answering) -> Self {
        Self {
            kind: Kind::Endpoint { future },
        }
    }

    pub(crate) fn inner(future: F) -> Self {
        Self {
            kind: Kind::Inner { future },
        }
    }
}

impl<F, R, E> Future for OpenResponsesFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<LayerBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project().kind.project() {
            KindProjection::Endpoint { future } => {
                let answer = ready!(future.as_mut().poll(cx));
                Ok(answer.map(LayerBody::endpoint))
            }
            KindProjection::Inner { future } => {
                ready!(future.poll(cx)).map(|answer| answer.map(LayerBody::inner))
            }
        })
    }
}

impl<F> fmt::Debug for OpenResponsesFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenResponsesFuture")
    }
}
