//! Reading a body into memory, limited in size, time and total memory.

use std::future::poll_fn;
use std::io;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BufMut};
use http_body::Body;
use http_body_util::LengthLimitError;
use tokio::time::Instant;
use tokio::time::error::Elapsed;

use super::headers::too_large;
use super::unread::RequestBody;
use crate::body_time::{BodyTime, READ_PER_POLL};
use crate::bounds::Held;
use crate::error::{BoxError, Error, ErrorKind};
use crate::timer::Timer;

/// The largest first allocation, since announced bytes may never arrive.
const FIRST: u64 = 64 * 1024;

/// The capacity from which on a body is given all that it has announced: copying it takes longer
/// with each doubling.
const TRUSTED: u64 = 1024 * 1024;

/// The most frames read in one poll, before other tasks run.
const FRAMES: usize = 256;

/// A body in memory.
pub(super) struct Buffered(Vec<u8>);

impl Deref for Buffered {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// Reads the whole body into `memory`. A body of more than `limit` bytes, one that is too slow or beyond
/// the bounds is dropped and no more of it is read.
pub(super) async fn read_body<B>(
    mut body: Pin<&mut RequestBody<B>>,
    limit: u64,
    time: BodyTime,
    memory: &mut Held,
) -> Result<Buffered, Error>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let mut reading = Reading {
        limit,
        time,
        expected: body.size_hint().exact(),
        bytes: Vec::new(),
        memory,
        started: Instant::now(),
        timer: Timer::default(),
    };
    poll_fn(|cx| reading.poll(body.as_mut(), cx)).await?;
    Ok(Buffered(reading.bytes))
}

struct Reading<'a> {
    limit: u64,
    time: BodyTime,
    /// The announced length.
    expected: Option<u64>,
    bytes: Vec<u8>,
    memory: &'a mut Held,
    started: Instant,
    timer: Timer,
}

impl Reading<'_> {
    fn poll<B>(
        &mut self,
        mut body: Pin<&mut RequestBody<B>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let enough = self.bytes.len().saturating_add(READ_PER_POLL);
        for _ in 0..FRAMES {
            if self.bytes.len() >= enough {
                break;
            }
            match body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.take(data)?;
                    }
                }
                // The host's body has panicked.
                Poll::Ready(Some(Err(error))) if body.is_broken() => {
                    return Poll::Ready(Err(Error::from_boxed(error)));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(unreadable(error))),
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Pending => return self.poll_deadline(cx),
            }
        }
        if body.is_end_stream() {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        self.poll_deadline(cx)
    }

    fn take(&mut self, data: impl Buf) -> Result<(), Error> {
        let length = self.bytes.len() as u64 + data.remaining() as u64;
        if length > self.limit {
            return Err(too_large(self.limit));
        }
        self.reserve(length)?;
        self.bytes.put(data);
        Ok(())
    }

    /// Makes room for `length` bytes: doubles it, or takes the announced length once much has
    /// arrived. The capacity counts, not what has arrived.
    fn reserve(&mut self, length: u64) -> Result<(), Error> {
        let capacity = self.bytes.capacity() as u64;
        if length <= capacity {
            return Ok(());
        }
        let doubled = capacity.saturating_mul(2).max(FIRST);
        let wanted = match self.expected {
            Some(announced) if capacity >= TRUSTED => announced,
            Some(announced) => doubled.min(announced),
            None => doubled.min(self.limit),
        };
        let wanted = wanted.max(length);
        let more = usize::try_from(wanted)
            .unwrap_or(usize::MAX)
            .saturating_sub(self.bytes.len());
        self.memory.resize(wanted)?;
        self.bytes.reserve_exact(more);
        Ok(())
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(deadline) = self.deadline() else {
            return Poll::Pending;
        };
        ready!(self.timer.poll(deadline, cx));
        Poll::Ready(Err(too_slow()))
    }

    fn deadline(&self) -> Option<Instant> {
        let length = self.bytes.len() as u64;
        let time = self.time.limit(length)?;
        self.started.checked_add(time)
    }
}

/// What the body timeout of tower-http says. Its type differs between the versions that hosts use.
const TOWER_HTTP_TIMEOUT: &str = "data was not received within the designated timeout";

/// The error of a body that fails. Layers outside of the endpoint may limit its size or its time.
fn unreadable(source: BoxError) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&*source);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return too_large_for_a_layer(source);
        }
        let timed_out = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
        if error.is::<Elapsed>()
            || error.downcast_ref().is_some_and(timed_out)
            || error.to_string() == TOWER_HTTP_TIMEOUT
        {
            return too_slow().with_source(source);
        }
        cause = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            // The source of an I/O error is that of the error in it.
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    Error::new(
        ErrorKind::InvalidRequest,
        "unreadable_body",
        "The body could not be read to its end.",
    )
    .param("body")
    .with_source(source)
}

fn too_large_for_a_layer(source: BoxError) -> Error {
    Error::new(
        ErrorKind::TooLarge,
        "request_too_large",
        "The body is larger than what is accepted here.",
    )
    .param("body")
    .with_source(source)
}

fn too_slow() -> Error {
    Error::new(
        ErrorKind::RequestTimeout,
        "request_timeout",
        "The body took too long to arrive.",
    )
    .param("body")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::{BodyExt, Full, Limited, StreamBody};
    use tower_http::timeout::TimeoutBody;

    use super::*;

    #[tokio::test]
    async fn errors_of_layers_keep_their_status() {
        let body = Limited::new(Full::new(bytes::Bytes::from_static(b"four")), 3);
        let error = unreadable(body.collect().await.unwrap_err());
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        let never = std::future::pending::<()>();
        let elapsed = tokio::time::timeout(Duration::ZERO, never).await;
        for slow in [
            BoxError::from(elapsed.unwrap_err()),
            BoxError::from(io::Error::from(io::ErrorKind::TimedOut)),
            BoxError::from(io::Error::other(io::Error::from(io::ErrorKind::TimedOut))),
        ] {
            assert_eq!(unreadable(slow).kind(), ErrorKind::RequestTimeout);
        }
        let never = StreamBody::new(stream::pending::<Result<Frame<bytes::Bytes>, io::Error>>());
        let late = TimeoutBody::new(Duration::ZERO, never).collect().await;
        assert_eq!(
            unreadable(late.unwrap_err()).kind(),
            ErrorKind::RequestTimeout
        );
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(unreadable(reset.into()).kind(), ErrorKind::InvalidRequest);
    }
}
