use std::sync::Arc;

use openresponses_types::Response;

use crate::store::StoredResponse;

/// The response that a turn continues, in the extensions of the provider's request.
///
/// The turn has the items of the whole conversation, so most providers need no more. A provider
/// whose server keeps the conversation as well finds here what it left in that response, such as
/// the server's own id in `provider_metadata`.
///
/// ```
/// use http::Request;
/// use openresponses_tower::provider::PreviousResponse;
/// use openresponses_types::{Response, Turn};
///
/// fn previous_id(turn: &Request<Turn>) -> Option<&str> {
///     let previous = turn.extensions().get::<PreviousResponse>()?;
///     Some(&previous.response().id)
/// }
/// # let previous = PreviousResponse::from(Response::new("resp_1", "m", 0));
/// # assert_eq!(previous.response().id, "resp_1");
/// # let _ = previous_id;
/// ```
#[derive(Clone, Debug)]
pub struct PreviousResponse(Arc<Response>);

impl PreviousResponse {
    pub(crate) fn new(stored: &StoredResponse) -> Self {
        Self(stored.without_output())
    }

    /// Returns the response, without its `output`.
    #[must_use]
    pub fn response(&self) -> &Response {
        &self.0
    }
}

impl From<Response> for PreviousResponse {
    fn from(response: Response) -> Self {
        Self(Arc::new(response))
    }
}
