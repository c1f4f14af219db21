//! How far the response is.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::response::{Response, ResponseError};

/// Where the response is in its life.
#[derive(Clone, Debug, Default)]
pub(super) enum Phase {
    /// No event came.
    #[default]
    Waiting,
    /// The response was announced, or an event that is not its beginning was taken for it.
    Running,
    /// The event `error` came, with this error.
    Failing(Box<ResponseError>),
    /// The terminal event came, with this response.
    Ended(Arc<Response>),
}

/// The marker `[DONE]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Marker {
    /// It may come or not.
    #[default]
    Optional,
    /// It must come after the terminal event.
    Expected,
    /// It came before the terminal event, which may still follow.
    Early,
    /// It came.
    Seen,
}
