use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use http_body::Body;
use openresponses_tower::{Error, ErrorKind};
use openresponses_types::sequence::{Delta, Finish};

use super::report;
use crate::answer::AnswerReader;
use crate::client::UpstreamBody;
use crate::error::MessagePolicy;
use crate::request::UpstreamRequest;

/// The deltas of an answer's body.
#[derive(Debug)]
pub(super) struct Answered {
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
            body,
            reader,
            policy,
            request,
            report,
            finish: None,
            is_over: false,
        }
    }

    /// What the stream yields for a delta.
    fn said(&mut self, delta: Delta, cx: &mut Context<'_>) -> Result<Delta, Error> {
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
        loop {
            if let Some(delta) = this.reader.pop() {
                return Poll::Ready(Some(this.said(delta, cx)));
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
