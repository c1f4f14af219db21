use tower_layer::Layer;

use super::Prime;

/// Delays a response until its first output is available.
///
/// * A stream that fails before its first output, by an `Err`, by a failed finish or by its end,
///   becomes an error of the service's future. The client gets the HTTP status of the error instead
///   of a 200, and a retry outside of this layer can act on it.
/// * A timeout outside of this layer is a timeout of the first output.
///
/// Token counts and members of the response are not output; up to 64 of them are held. Nothing is
/// lost, and only the head and `response.created` are delayed.
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
/// // The head alone does not show the failure.
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
    /// Creates the layer.
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
