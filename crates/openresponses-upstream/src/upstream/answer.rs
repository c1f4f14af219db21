use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use http_body::Body;
use openresponses_tower::{Error, ErrorKind};
use openresponses_types::sequence::{Delta, Finish};

use super::report;
use crate::answer::AnswerReader;
use crate::client::UpstreamBody;
use crate::error::MessagePolicy;
use crate::request::UpstreamRequest;

/// How long the head of an answer waits for the first delta: what fails at once has a status of its own,
/// and what takes longer has its events.
pub(super) const HELD: Duration = Duration::from_secs(1);

/// The deltas of an answer's body.
#[derive(Debug)]
pub(super) struct Answered {
    /// What was read while the head waited.
    first: Option<Delta>,
    body: UpstreamBody,
    reader: AnswerReader,
    policy: MessagePolicy,
    request: UpstreamRequest,
    report: bool,
    /// The finish, while what goes before it is sent.
    finish: Option<Delta>,
    is_over: bool,
}

impl Answered {
    pub(super) fn new(
        body: UpstreamBody,
        reader: AnswerReader,
        policy: MessagePolicy,
        mut request: UpstreamRequest,
        report: bool,
    ) -> Self {
        // A request may be large, and is not sent again.
        request.body = bytes::Bytes::new();
        Self {
            first: None,
            body,
            reader,
            policy,
            request,
            report,
            finish: None,
            is_over: false,
        }
    }

    /// Waits for the first delta.
    ///
    /// # Errors
    /// When the answer fails before it.
    pub(super) async fn primed(mut self) -> Result<Self, Error> {
        let first = poll_fn(|cx| Pin::new(&mut self).poll_next(cx));
        if let Ok(first) = tokio::time::timeout(HELD, first).await {
            self.first = first.transpose()?;
        }
        Ok(self)
    }

    /// What the stream yields for a delta.
    fn yielded(&mut self, delta: Delta, cx: &mut Context<'_>) -> Result<Delta, Error> {
        let Delta::Finish(finish) = delta else {
            return Ok(delta);
        };
        self.is_over = true;
        report::log_answer(&self.reader);
        if let Finish::Failed(failure) = &finish {
            // An error in the stream has a status of its own while nothing was sent.
            return Err(match self.reader.error() {
                Some(error) => error.to_error(&self.request.origins, self.policy),
                None => Error::new(
                    ErrorKind::Upstream,
                    failure.code.clone(),
                    failure.message.clone(),
                ),
            });
        }
        // Where the body has ended, too, its connection can be used again.
        let _ = Pin::new(&mut self.body).poll_frame(cx);
        let delta = Delta::Finish(finish);
        if !self.report {
            return Ok(delta);
        }
        match report::member(&self.request, &self.reader) {
            Some(member) => {
                self.finish = Some(delta);
                Ok(member)
            }
            None => Ok(delta),
        }
    }
}

impl Stream for Answered {
    type Item = Result<Delta, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        loop {
            if let Some(delta) = this.reader.pop() {
                return Poll::Ready(Some(this.yielded(delta, cx)));
            }
            if this.is_over {
                return Poll::Ready(this.finish.take().map(Ok));
            }
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        this.reader.push(&data);
                    }
                }
                Poll::Ready(Some(Err(_))) if this.reader.is_whole() => this.reader.end(),
                Poll::Ready(Some(Err(error))) => {
                    this.is_over = true;
                    return Poll::Ready(Some(Err(error.into())));
                }
                Poll::Ready(None) => this.reader.end(),
            }
        }
    }
}
