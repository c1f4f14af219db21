use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};

use super::connect::Io;
use super::error::ClientError;
use super::target::TargetForm;

type Running = Pin<Box<http1::Connection<Io, Full<Bytes>>>>;

/// An HTTP/1.1 connection that runs only while it is polled.
pub(super) struct Http1 {
    sender: http1::SendRequest<Full<Bytes>>,
    /// Gone once it is over.
    connection: Option<Running>,
    form: TargetForm,
}

impl Http1 {
    pub(super) async fn new(io: Io, form: TargetForm) -> Result<Self, ClientError> {
        let handshake = http1::handshake(io).await;
        let (sender, connection) = handshake.map_err(ClientError::Http)?;
        Ok(Self {
            sender,
            connection: Some(Box::pin(connection)),
            form,
        })
    }

    /// How requests over the connection name their target.
    pub(super) fn form(&self) -> &TargetForm {
        &self.form
    }

    /// Sends a request; returns when the headers of the response are there.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        let mut response = pin!(self.sender.try_send_request(request));
        let connection = &mut self.connection;
        poll_fn(|cx| {
            if let Poll::Ready(response) = response.as_mut().poll(cx) {
                return Poll::Ready(response);
            }
            poll_connection(connection, cx);
            response.as_mut().poll(cx)
        })
        .await
    }

    /// Lets the connection read and write.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        poll_connection(&mut self.connection, cx);
    }

    /// Returns true if the connection can take another request.
    pub(super) fn is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.connection.is_some() && self.sender.is_ready()
    }
}

fn poll_connection(connection: &mut Option<Running>, cx: &mut Context<'_>) {
    // The response or its body reports the error.
    if let Some(running) = connection
        && running.as_mut().poll(cx).is_ready()
    {
        *connection = None;
    }
}

impl fmt::Debug for Http1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1")
            .field("is_open", &self.connection.is_some())
            .finish_non_exhaustive()
    }
}
