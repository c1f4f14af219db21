//! Errors of tower's layers.

use tower::load_shed::error::Overloaded;

use super::{BoxError, Error};

/// Converts the error of a layer.
pub(super) fn error(source: BoxError) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&*source);
    while let Some(error) = cause {
        if error.is::<Overloaded>() {
            return Error::overloaded().with_source(source);
        }
        if is_timeout(error) {
            return Error::timeout().with_source(source);
        }
        cause = error.source();
    }
    Error::server(source)
}

/// Returns true for a timeout of tower or tokio.
fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<tower::timeout::error::Elapsed>() || error.is::<tokio::time::error::Elapsed>()
}
