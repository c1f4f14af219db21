use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;
use http::{Request, Response};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;

use super::{CompactedWindow, Provider};
use crate::error::Error;
use crate::output::OutputStream;

type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<Response<T>, Error>> + Send + 'a>>;

trait Erased: Send + Sync {
    fn respond(&self, turn: Request<Turn>) -> Answering<'_, OutputStream>;
    fn warm_up(&self, head: &Parts) -> Result<(), Error>;
    fn compact(&self, window: Request<ContextWindow>) -> Answering<'_, CompactedWindow>;
    fn count_input_tokens(&self, turn: Request<Turn>) -> Answering<'_, u64>;
}

impl<P: Provider> Erased for P {
    fn respond(&self, turn: Request<Turn>) -> Answering<'_, OutputStream> {
        Box::pin(Provider::respond(self, turn))
    }

    fn warm_up(&self, head: &Parts) -> Result<(), Error> {
        Provider::warm_up(self, head)
    }

    fn compact(&self, window: Request<ContextWindow>) -> Answering<'_, CompactedWindow> {
        Box::pin(Provider::compact(self, window))
    }

    fn count_input_tokens(&self, turn: Request<Turn>) -> Answering<'_, u64> {
        Box::pin(Provider::count_input_tokens(self, turn))
    }
}

/// A type-erased [`Provider`], so that providers of different types fit into one list.
///
/// ```
/// use http::{Request, Response};
/// use openresponses_tower::provider::DynProvider;
/// use openresponses_tower::{Error, OutputStream, Provider};
/// use openresponses_types::Turn;
///
/// struct Never;
///
/// impl Provider for Never {
///     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
///         Err(Error::overloaded())
///     }
/// }
///
/// let all: Vec<DynProvider> = vec![DynProvider::new(Never), DynProvider::new(Never)];
/// assert_eq!(all.len(), 2);
/// ```
#[derive(Clone)]
pub struct DynProvider(Arc<dyn Erased>);

impl DynProvider {
    /// Erases the type of a provider.
    #[must_use]
    pub fn new(provider: impl Provider) -> Self {
        Self(Arc::new(provider))
    }
}

impl Provider for DynProvider {
    fn respond(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<OutputStream>, Error>> + Send {
        self.0.respond(turn)
    }

    fn warm_up(&self, head: &Parts) -> Result<(), Error> {
        self.0.warm_up(head)
    }

    fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> impl Future<Output = Result<Response<CompactedWindow>, Error>> + Send {
        self.0.compact(window)
    }

    fn count_input_tokens(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<u64>, Error>> + Send {
        self.0.count_input_tokens(turn)
    }
}

impl fmt::Debug for DynProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DynProvider")
    }
}
