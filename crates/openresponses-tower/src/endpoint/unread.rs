//! Answers to requests whose body was not read to its end.
//!
//! Over HTTP/1.1 the rest of a body stands between an answer and the next request of the connection.
//! A small rest is discarded before the answer. Otherwise the answer announces `connection: close`.
//! The rest is then read for a limited time behind it: closing a socket with unread data resets the
//! connection, as dropping a body resets a stream of HTTP/2, and a client that is still sending would
//! lose the answer. A client that sends little has little time, and only so many rests are read at once.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Buf;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, Version, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use pin_project_lite::pin_project;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use super::response_body::ResponseBody;
use crate::body_time::BodyTime;
use crate::error::{BoxError, Error};
use crate::guard;
use crate::shutdown::Shutdown;

/// The largest rest that is discarded before the answer, in bytes.
const SMALL: u64 = 64 * 1024;

/// How long the answer waits for a small rest.
const PATIENCE: Duration = Duration::from_millis(500);

/// The longest time of discarding behind the answer.
const DISCARD_TIME: Duration = Duration::from_secs(30);

/// The longest pause of the client behind the answer.
const SILENCE: Duration = Duration::from_secs(2);

/// The time of discarding that a client gets for what it sends: one that trickles has hardly more than
/// a silent one.
const EARNED: BodyTime = BodyTime {
    base: Some(SILENCE),
    rate: 16 * 1024,
};

/// The most rests that are discarded behind their answers at the same time. Others are dropped.
static DISCARDED: Semaphore = Semaphore::const_new(256);

pin_project! {
    /// A request's body that records how far it was read. It is polled and dropped within the guard.
    pub(crate) struct RequestBody<B> {
        // `None` once it has panicked.
        #[pin]
        body: Option<B>,
        is_touched: bool,
        is_over: bool,
        has_failed: bool,
    }

    impl<B> PinnedDrop for RequestBody<B> {
        fn drop(this: Pin<&mut Self>) {
            this.discard();
        }
    }
}

impl<B> RequestBody<B> {
    pub(crate) fn new(body: B) -> Self {
        Self {
            body: Some(body),
            is_touched: false,
            is_over: false,
            has_failed: false,
        }
    }

    /// Returns true once it has panicked: it cannot be read to its end.
    pub(super) fn is_broken(&self) -> bool {
        self.body.is_none()
    }

    /// Returns true once it has failed or panicked: where it ends is not known.
    fn has_no_end(&self) -> bool {
        self.has_failed || self.is_broken()
    }

    fn discard(self: Pin<&mut Self>) {
        let mut body = self.project().body;
        if body.is_some() {
            guard::discard_with(|| body.set(None));
        }
    }
}

impl<B: Body<Error: Into<BoxError>>> Body for RequestBody<B> {
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.as_mut().project();
        *this.is_touched = true;
        let Some(body) = this.body.as_pin_mut() else {
            return Poll::Ready(None);
        };
        match guard::call(|| body.poll_frame(cx)) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(frame)) => {
                // After an error nothing can be read.
                *this.is_over |= !matches!(frame, Some(Ok(_)));
                *this.has_failed |= matches!(frame, Some(Err(_)));
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Err(panicked) => {
                self.discard();
                Poll::Ready(Some(Err(panicked.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let ends = |body: &B| guard::call(|| body.is_end_stream()).unwrap_or(false);
        self.is_over || self.body.as_ref().is_none_or(ends)
    }

    fn size_hint(&self) -> SizeHint {
        let hint = |body: &B| guard::call(|| body.size_hint()).unwrap_or_default();
        self.body.as_ref().map(hint).unwrap_or_default()
    }
}

/// What the end of an answer depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requester {
    /// HEAD: the answer has no content.
    is_head: bool,
    /// A request can follow only where the body was read.
    is_http1: bool,
    /// Waits for `100 Continue` before it sends the body.
    is_waiting: bool,
}

impl Requester {
    pub(crate) fn new(head: &Parts) -> Self {
        Self {
            is_head: head.method == Method::HEAD,
            is_http1: head.version < Version::HTTP_2,
            is_waiting: head.headers.contains_key(header::EXPECT),
        }
    }

    /// Completes the answer to a request whose body may not have been read. A rest that is discarded
    /// behind the answer is dropped when `shutdown` ends.
    pub(crate) async fn complete<B>(
        self,
        mut body: Pin<Box<RequestBody<B>>>,
        mut answer: Response<ResponseBody>,
        shutdown: Option<Shutdown>,
    ) -> Response<ResponseBody>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let rest = match answer.status() {
            StatusCode::SWITCHING_PROTOCOLS => Rest::None,
            _ if body.has_no_end() => Rest::Dropped,
            _ if body.is_end_stream() => Rest::None,
            // The client is too slow, or sends too much: there is no end to wait for.
            StatusCode::REQUEST_TIMEOUT => Rest::Dropped,
            StatusCode::PAYLOAD_TOO_LARGE if body.is_touched => Rest::Behind,
            _ if self.withholds(&body) => Rest::Dropped,
            _ if discards(body.as_mut()).await => Rest::None,
            _ if body.has_no_end() => Rest::Dropped,
            _ => Rest::Behind,
        };
        if rest != Rest::None && self.is_http1 {
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(header::CONNECTION, close);
        }
        if rest == Rest::Behind {
            linger(body, shutdown);
        }
        if self.is_head {
            return without_content(answer);
        }
        answer
    }

    /// Returns true if the client sends the body only after `100 Continue`, which reading it would
    /// send.
    fn withholds<B>(self, body: &RequestBody<B>) -> bool {
        self.is_waiting && !body.is_touched
    }
}

/// What becomes of the unread rest of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// Everything was read.
    None,
    /// It is discarded behind the answer.
    Behind,
    Dropped,
}

/// Reads a small rest of a body. Returns false if the rest is not small or does not arrive.
async fn discards<B: Body<Error: Into<BoxError>>>(mut body: Pin<&mut RequestBody<B>>) -> bool {
    if body.size_hint().lower() > SMALL {
        return false;
    }
    let mut left = SMALL;
    let rest = async {
        while let Some(length) = next(body.as_mut()).await {
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => return false,
            }
            // A body may always be ready.
            yield_now().await;
        }
        !body.has_no_end()
    };
    timeout(PATIENCE, rest).await.unwrap_or(false)
}

/// Reads the next frame and returns its length. `None` at the end and after an error.
async fn next<B: Body<Error: Into<BoxError>>>(mut body: Pin<&mut RequestBody<B>>) -> Option<u64> {
    let frame = body.frame().await?.ok()?;
    Some(frame.data_ref().map_or(0, Buf::remaining) as u64)
}

/// Discards the rest of a body while its answer is sent.
fn linger<B>(body: Pin<Box<RequestBody<B>>>, shutdown: Option<Shutdown>)
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    if let (Ok(runtime), Ok(place)) = (Handle::try_current(), DISCARDED.try_acquire()) {
        let rest = discard_rest(body, Instant::now());
        drop(runtime.spawn(async move {
            match shutdown {
                Some(shutdown) => drop(shutdown.unless_ended(rest).await),
                None => drop(rest.await),
            }
            drop(place);
        }));
    }
}

/// Discards the rest of a body until its time is over.
async fn discard_rest<B: Body<Error: Into<BoxError>>>(
    mut body: Pin<Box<RequestBody<B>>>,
    started: Instant,
) -> Result<(), Error> {
    let mut received = 0_u64;
    loop {
        let earned = EARNED.limit(received).unwrap_or(DISCARD_TIME);
        let left = earned.min(DISCARD_TIME).saturating_sub(started.elapsed());
        // A body that is always ready is polled before its time-out.
        if left.is_zero() {
            return Ok(());
        }
        match timeout(left.min(SILENCE), next(body.as_mut())).await {
            Ok(Some(length)) => received = received.saturating_add(length),
            Ok(None) | Err(_) => return Ok(()),
        }
        yield_now().await;
    }
}

/// Removes the content of an answer to HEAD and keeps its length. hyper does this over HTTP/1.1 and
/// not over HTTP/2.
fn without_content(answer: Response<ResponseBody>) -> Response<ResponseBody> {
    let length = answer.body().size_hint().exact();
    let mut answer = answer.map(|_| ResponseBody::default());
    if let Some(length) = length {
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    answer
}

/// Completes an answer to a request whose body was not read, for layers and services in front of or
/// beside the endpoint.
///
/// * A rest of the body of up to 64 KiB is discarded, for at most 500 ms, so that an HTTP/1.1
///   connection can be used for the next request. Otherwise the answer gets `connection: close`, and
///   over both versions the rest is discarded behind it, for 2 s and a second for each 16 KiB, at most
///   30 s. This is done for 256 bodies at a time; the rests of others are dropped.
/// * The answer to HEAD loses its content and keeps its length.
///
/// ```
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use openresponses_tower::Error;
/// use openresponses_tower::service::{ResponseBody, answer_unread};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let refused: Response<ResponseBody> = Error::missing_api_key().into();
/// let body = Full::new(bytes::Bytes::from(vec![0; 100_000]));
/// let (head, body) = Request::post("/").body(body).unwrap().into_parts();
/// let answer = answer_unread(&head, body, refused).await;
/// assert_eq!(answer.headers()["connection"], "close");
/// # }
/// ```
pub fn answer_unread<B>(
    head: &Parts,
    body: B,
    answer: Response<ResponseBody>,
) -> impl Future<Output = Response<ResponseBody>> + Send + use<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    Requester::new(head).complete(Box::pin(RequestBody::new(body)), answer, None)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::Bytes;
    use futures_util::stream;
    use http_body_util::StreamBody;
    use tokio::time::sleep;

    use super::*;

    /// Sends `length` bytes again and again, with a pause before each.
    fn endless(
        length: usize,
        pause: Duration,
    ) -> impl Body<Data = Bytes, Error = Infallible> + Send {
        StreamBody::new(stream::unfold((), move |()| async move {
            sleep(pause).await;
            let data = Bytes::from(vec![0; length]);
            Some((Ok(Frame::data(data)), ()))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_discarding_is_earned() {
        let second = Duration::from_secs(1);
        for (length, pause, expected) in [
            (0, 3 * second, 2),
            (1, second, 2),
            (8 * 1024, second, 3),
            (64 * 1024, second, 30),
            (16 << 20, second, 30),
            (16 << 20, 3 * second, 2),
        ] {
            let started = Instant::now();
            let body = Box::pin(RequestBody::new(endless(length, pause)));
            assert!(discard_rest(body, started).await.is_ok());
            assert_eq!(started.elapsed().as_secs(), expected, "{length} {pause:?}");
        }
    }
}
