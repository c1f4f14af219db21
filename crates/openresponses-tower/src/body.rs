use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::endpoint::ResponseBody;

pin_project! {
    /// A response body: the endpoint's, or that of the inner service.
    pub struct LayerBody<R> {
        #[pin]
        kind: BodyKind<R>,
    }
}

pin_project! {
    #[project = BodyKindProjection]
    enum BodyKind<R> {
        Endpoint { #[pin] body: ResponseBody },
        Inner { #[pin] body: R },
    }
}

impl<R> LayerBody<R> {
    /// Wraps a response of the layer itself, for example an [`Error`](crate::Error) converted into
    /// a response.
    #[must_use]
    pub fn endpoint(body: ResponseBody) -> Self {
        Self {
            kind: BodyKind::Endpoint { body },
        }
    }

    /// Wraps a response of the inner service.
    #[must_use]
    pub fn inner(body: R) -> Self {
        Self {
            kind: BodyKind::Inner { body },
        }
    }
}

/// An empty body, see [`ResponseBody`].
impl<R> Default for LayerBody<R> {
    fn default() -> Self {
        Self::endpoint(ResponseBody::default())
    }
}

impl<R: Body<Data = Bytes>> Body for LayerBody<R> {
    type Data = Bytes;
    type Error = R::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
        match self.project().kind.project() {
            BodyKindProjection::Endpoint { body } => {
                body.poll_frame(cx).map_err(|never| match never {})
            }
            BodyKindProjection::Inner { body } => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            BodyKind::Endpoint { body } => body.is_end_stream(),
            BodyKind::Inner { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            BodyKind::Endpoint { body } => body.size_hint(),
            BodyKind::Inner { body } => body.size_hint(),
        }
    }
}

impl<R> fmt::Debug for LayerBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LayerBody")
    }
}
