use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openresponses_tower::RequestContext;
use openresponses_tower::output::RelayReport;
use openresponses_types::response::Usage;

use crate::limits::Money;

/// Receives the events of a gateway. Every method has an empty default. Methods run on the
/// request's task and must return quickly without blocking.
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
    /// A request started.
    fn request_started(&self) {}

    /// The first output is available to the client, this long after the start of the request.
    fn first_output(&self, model: &str, provider: &str, after: Duration) {
        let _ = (model, provider, after);
    }

    /// An attempt ended. Providers that are passed over, since they are busy or down, make none.
    fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
        let _ = attempt;
    }

    /// A response that was relayed from a server of the protocol ended. What was mended, dropped or
    /// tolerated is counted by name.
    fn relayed(&self, relay: &RelayEnd<'_>) {
        let _ = relay;
    }

    /// A request ended: its stream ended, it was refused, or its client disconnected.
    fn request_ended(&self, request: &RequestEnd<'_>) {
        let _ = request;
    }

    /// Returns what the end of a response waits for after [`request_ended`](Self::request_ended), for
    /// at most 2 s, so that an observer can write elsewhere what must not be lost. Default: nothing.
    fn settled(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        None
    }
}

/// Two observers are one that passes everything to both.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn request_started(&self) {
        self.0.request_started();
        self.1.request_started();
    }

    fn first_output(&self, model: &str, provider: &str, after: Duration) {
        self.0.first_output(model, provider, after);
        self.1.first_output(model, provider, after);
    }

    fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
        self.0.attempt_ended(attempt);
        self.1.attempt_ended(attempt);
    }

    fn relayed(&self, relay: &RelayEnd<'_>) {
        self.0.relayed(relay);
        self.1.relayed(relay);
    }

    fn request_ended(&self, request: &RequestEnd<'_>) {
        self.0.request_ended(request);
        self.1.request_ended(request);
    }

    fn settled(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        match (self.0.settled(), self.1.settled()) {
            (Some(first), Some(second)) => Some(Box::pin(async {
                first.await;
                second.await;
            })),
            (one, other) => one.or(other),
        }
    }
}

/// The outcome of a request or an attempt.
///
/// ```
/// use openresponses_gateway::observe::Outcome;
///
/// assert_eq!(Outcome::Failed("upstream_error").label(), "upstream_error");
/// assert_eq!(Outcome::Failed("failed in 17 ms").label(), "other");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// Success.
    Ok,
    /// An error with this code, from a bounded set.
    Failed(&'a str),
    /// The client disconnected.
    Cancelled,
}

impl<'a> Outcome<'a> {
    /// Returns `ok`, `cancelled`, or the error's code; `other` for a code that is not a plain word,
    /// which an upstream may invent.
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

/// Returns true for letters and underscores only: a code with digits may differ each time.
fn is_word(code: &str) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphabetic() || b"_-.".contains(&byte);
    (1..=64).contains(&code.len()) && code.bytes().all(is_of_word)
}

/// A finished attempt.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use openresponses_gateway::observe::{AttemptEnd, Observer};
///
/// /// Counts attempts with token counts.
/// #[derive(Default)]
/// struct Count(AtomicU64);
///
/// impl Observer for Count {
///     fn attempt_ended(&self, end: &AttemptEnd<'_>) {
///         self.0.fetch_add(u64::from(end.usage.is_some()), Ordering::Relaxed);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptEnd<'a> {
    /// The model in the catalog.
    pub model: &'a str,
    /// The provider.
    pub provider: &'a str,
    /// The outcome.
    pub outcome: Outcome<'a>,
    /// Duration, including the stream.
    pub took: Duration,
    /// The operation: `chat`, `compact` or `count_input_tokens`.
    pub operation: &'a str,
    /// Times of the answer's pieces, for a response that was streamed to the client.
    pub chunks: Option<Chunks>,
    /// Token counts, if the provider reported them.
    pub usage: Option<&'a Usage>,
}

/// When the pieces of a streamed answer arrived.
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_gateway::observe::Chunks;
///
/// /// Returns the mean time between pieces of an answer that took `took`.
/// fn pause(chunks: Chunks, took: Duration) -> Option<Duration> {
///     let rest = took.saturating_sub(chunks.first);
///     rest.checked_div(u32::try_from(chunks.later).ok()?)
/// }
/// # let _ = pause;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunks {
    /// Time until the first output, since the start of the attempt or the request.
    pub first: Duration,
    /// The number of pieces after it.
    pub later: u64,
}

/// A finished relay.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use openresponses_gateway::observe::{Observer, RelayEnd};
///
/// /// Counts relayed responses with violations.
/// #[derive(Default)]
/// struct Count(AtomicU64);
///
/// impl Observer for Count {
///     fn relayed(&self, end: &RelayEnd<'_>) {
///         self.0.fetch_add(u64::from(!end.report.violations.is_empty()), Ordering::Relaxed);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RelayEnd<'a> {
    /// The model in the catalog.
    pub model: &'a str,
    /// The provider.
    pub provider: &'a str,
    /// What was mended, and the rules that were broken.
    pub report: RelayReport<'a>,
}

/// A finished request.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use openresponses_gateway::observe::{Observer, RequestEnd};
///
/// /// Counts output tokens.
/// #[derive(Default)]
/// struct Count(AtomicU64);
///
/// impl Observer for Count {
///     fn request_ended(&self, end: &RequestEnd<'_>) {
///         self.0.fetch_add(end.usage.map_or(0, |usage| usage.output_tokens), Ordering::Relaxed);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RequestEnd<'a> {
    /// The operation: `chat`, `compact` or `count_input_tokens`.
    pub operation: &'a str,
    /// The model in the catalog that was tried last; `None` if no provider was called. The client's
    /// own value is not reported, since it is unbounded.
    pub model: Option<&'a str>,
    /// The provider that was called last.
    pub provider: Option<&'a str>,
    /// The provider's name of the model. Not bounded where the provider serves any model.
    pub provider_model: Option<&'a str>,
    /// The name of the caller's key, if the host has
    /// [named](crate::auth::Principal::with_key_name) it.
    pub key_name: Option<&'a str>,
    /// The outcome.
    pub outcome: Outcome<'a>,
    /// Duration, including the stream.
    pub took: Duration,
    /// The cost of all attempts, if a provider reported token counts and the model has a
    /// [price](crate::budget::PriceTable).
    pub cost: Option<Money>,
    /// Times of the answer's pieces, for a response that was streamed to the client.
    pub chunks: Option<Chunks>,
    /// Token counts of all attempts, as far as providers reported them.
    pub usage: Option<&'a Usage>,
    /// The ids and the tenant of the request; `None` outside of the endpoint.
    pub context: Option<&'a RequestContext>,
}
