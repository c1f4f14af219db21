use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use openresponses_types::sequence::Delta;

use super::Output;
use super::write::{self, OutputWriter};
use crate::error::Error;
use crate::guard;

/// The output of a provider as a stream.
///
/// The stream is polled only when the client reads, and dropped when the client disconnects or the
/// response ends. An `Err` ends the response as failed, and so does the end of the stream without
/// [`Delta::Finish`].
///
/// ```
/// use openresponses_tower::OutputStream;
/// use openresponses_types::sequence::Delta;
///
/// let hello = OutputStream::from_deltas([Delta::text("Hello"), Delta::complete()]);
///
/// let written = OutputStream::write(|mut out| async move {
///     for word in ["one ", "two ", "three"] {
///         out.text(word);
///         out.sink().flush().await;
///     }
///     out.complete();
///     Ok(())
/// });
/// # let _ = (hello, written);
/// ```
///
/// Dropping it drops the host's stream; a panic of that stream's destructor is caught and logged.
pub struct OutputStream(Option<Inner>);

/// `None` only while it is dropped.
type Inner = Pin<Box<dyn Stream<Item = Result<Output, Error>> + Send>>;

impl OutputStream {
    /// Wraps a stream of [`Delta`]s or [`Output`]s.
    pub fn new<T: Into<Output>>(
        stream: impl Stream<Item = Result<T, Error>> + Send + 'static,
    ) -> Self {
        Self::from_outputs(stream.map(|output| output.map(Into::into)))
    }

    /// Wraps a stream of [`Output`]s as they are, such as another output with something around it.
    ///
    /// ```
    /// use openresponses_tower::OutputStream;
    /// use openresponses_tower::output::Output;
    /// use openresponses_types::sequence::Delta;
    ///
    /// let hidden = futures_util::stream::iter([Ok(Output::Hidden(Vec::new()))]);
    /// let hello = OutputStream::from_deltas([Delta::text("Hello"), Delta::complete()]);
    /// let both = OutputStream::from_outputs(futures_util::StreamExt::chain(hidden, hello));
    /// # let _ = both;
    /// ```
    pub fn from_outputs(
        stream: impl Stream<Item = Result<Output, Error>> + Send + 'static,
    ) -> Self {
        Self(Some(Box::pin(stream)))
    }

    /// Creates an output from deltas that are known already.
    #[must_use]
    pub fn from_deltas<I>(deltas: I) -> Self
    where
        I: IntoIterator<Item = Delta>,
        I::IntoIter: Send + 'static,
    {
        Self::new(futures_util::stream::iter(deltas.into_iter().map(Ok)))
    }

    /// Creates an output that `run` writes. `run` is polled inside the stream, without a task or a
    /// channel. Deltas leave at the next `await`; [`OutputWriter::flush`] waits until the client
    /// has taken them.
    pub fn write<F, Fut>(run: F) -> Self
    where
        F: FnOnce(openresponses_types::sequence::Writer<OutputWriter>) -> Fut,
        Fut: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self::new(write::run(run))
    }
}

impl Stream for OutputStream {
    type Item = Result<Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Some(stream) => stream.as_mut().poll_next(cx),
            None => Poll::Ready(None),
        }
    }
}

/// A panic here would end the connection of the response.
impl Drop for OutputStream {
    fn drop(&mut self) {
        guard::discard(self.0.take());
    }
}

impl fmt::Debug for OutputStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OutputStream")
    }
}
