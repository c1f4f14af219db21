use tower_layer::Layer;

use super::Prime;

/// Holds an answer back until its first output is there.
///
/// * A stream that fails before it has said anything, by an `Err`, by a finish that is a failure
///   or by its end, is no answer: the service's future fails with that error. So the client gets
///   its HTTP status instead of a 200, and a retry above this layer sees it.
/// * A timeout above this layer is a timeout of the first output.
///
/// Token counts and members of the response are no output; up to 64 of them are held until output
/// comes. Nothing is lost, and nothing is delayed but the head and `response.created`.
///
/// ```
/// use futures_util::stream;
/// use http::Response;
/// use openresponses_tower::layers::PrimeLayer;
/// use openresponses_tower::{Error, ErrorKind, OutputStream};
/// use openresponses_types::sequence::Delta;
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let model = service_fn(|works: bool| async move {
///     let first = if works { Ok(Delta::text("Hello")) } else { Err(Error::overloaded()) };
///     let output = stream::iter([first, Ok(Delta::complete())]);
///     Ok::<_, Error>(Response::new(OutputStream::new(output)))
/// });
/// // The head alone tells nothing.
/// assert!(model.oneshot(false).await.is_ok());
///
/// let primed = PrimeLayer::new().layer(model);
/// assert!(primed.oneshot(true).await.is_ok());
/// assert_eq!(primed.oneshot(false).await.unwrap_err().kind(), ErrorKind::Overloaded);
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct PrimeLayer;

impl PrimeLayer {
    /// The layer.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for PrimeLayer {
    type Service = Prime<S>;

    fn layer(&self, inner: S) -> Prime<S> {
        Prime::new(inner)
    }
}
