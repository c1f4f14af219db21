use std::error::Error;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;

/// A request that the server has not processed, so it may be sent again (RFC 9113, section 8.7).
pub(super) struct Unprocessed {
    pub(super) request: Request<Full<Bytes>>,
    pub(super) error: hyper::Error,
}

/// Sends a request over a connection that others share.
pub(super) async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Result<Response<Incoming>, Box<Unprocessed>>, hyper::Error> {
    // The body is shared, and hyper does not return a request that was on its way.
    let copy = request.clone();
    let mut failed = match connection.try_send_request(request).await {
        Ok(response) => return Ok(Ok(response)),
        Err(failed) => failed,
    };
    let unsent = failed.take_message();
    let error = failed.into_error();
    let request = match unsent {
        // The connection is going away and has not taken the request.
        Some(unsent) => unsent,
        None if is_unprocessed(&error) => copy,
        None => return Err(error),
    };
    tracing::debug!(%error, "an upstream has not processed a request");
    Ok(Err(Box::new(Unprocessed { request, error })))
}

/// Returns true where the server has refused the stream, or has gone away with a last stream below
/// it: other streams do not end with the server's GOAWAY.
fn is_unprocessed(error: &hyper::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            let is_refused = error.reason() == Some(h2::Reason::REFUSED_STREAM);
            return error.is_remote() && (error.is_go_away() || is_refused);
        }
        source = error.source();
    }
    false
}
