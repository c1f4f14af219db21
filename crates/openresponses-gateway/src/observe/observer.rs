use std::time::Duration;

use openresponses_types::response::Usage;

/// Is told what happens in a gateway. Every method does nothing unless it is implemented. They are
/// called on the request's own task: be quick, and do not block.
///
/// ```
/// use openresponses_gateway::Gateway;
/// use openresponses_gateway::observe::{AttemptEnd, Observer, Outcome};
/// use openresponses_gateway::registry::{Catalog, Registry};
///
/// struct Failures;
///
/// impl Observer for Failures {
///     fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
///         if let Outcome::Failed(code) = attempt.outcome {
///             eprintln!("{} of {}: {code} after {:?}", attempt.model, attempt.provider, attempt.took);
///         }
///     }
/// }
///
/// let gateway = Gateway::new(Registry::new(Catalog::new())?).observer(Failures);
/// # let _ = gateway;
/// # Ok::<(), openresponses_gateway::registry::CatalogError>(())
/// ```
pub trait Observer: Send + Sync + 'static {
    /// A request came.
    fn request_started(&self) {}

    /// The client can see something of the answer, this long after the request came.
    fn first_output(&self, model: &str, provider: &str, after: Duration) {
        let _ = (model, provider, after);
    }

    /// One provider's attempt is over.
    fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
        let _ = attempt;
    }

    /// The request is over: its stream has ended, it was refused, or its client has gone.
    fn request_ended(&self, request: &RequestEnd<'_>) {
        let _ = request;
    }
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// Well.
    Ok,
    /// With an error of this code: one of few words.
    Failed(&'a str),
    /// The client has gone.
    Cancelled,
}

impl<'a> Outcome<'a> {
    /// `ok`, `cancelled`, or the error's code; `other` for a code that is no word, such as an
    /// upstream may make up.
    #[must_use]
    pub fn label(self) -> &'a str {
        match self {
            Self::Ok => "ok",
            Self::Failed(code) if is_word(code) => code,
            Self::Failed(_) => "other",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Letters and underscores: what has a number in it may be another one each time.
fn is_word(code: &str) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphabetic() || b"_-.".contains(&byte);
    (1..=64).contains(&code.len()) && code.bytes().all(is_of_word)
}

/// An attempt that is over.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptEnd<'a> {
    /// The model in the catalog.
    pub model: &'a str,
    /// The provider.
    pub provider: &'a str,
    /// How it ended.
    pub outcome: Outcome<'a>,
    /// How long it took, its stream included.
    pub took: Duration,
}

/// A request that is over.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestEnd<'a> {
    /// The model in the catalog that was asked last; none when nobody was asked. What the client
    /// wrote is not told: it could be anything.
    pub model: Option<&'a str>,
    /// The provider that was asked last.
    pub provider: Option<&'a str>,
    /// How it ended.
    pub outcome: Outcome<'a>,
    /// How long it took, its stream included.
    pub took: Duration,
    /// Token counts, where the provider said them.
    pub usage: Option<&'a Usage>,
}
