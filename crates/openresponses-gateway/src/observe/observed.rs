use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::request::Parts;
use http::{Extensions, Request, Response};
use openresponses_tower::guard;
use openresponses_tower::output::Output;
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;
use tracing::Instrument;

use super::observer::{Observer, Outcome};
use super::settled::{LastPiece, settle};
use super::span_facts::Asked;
use super::watch::Watch;
use crate::answer::{at_end, ended_early};
use crate::budget::{Budgets, Estimate, PriceTable};

/// Observes a single provider as a [`Gateway`](crate::Gateway) observes its own, for hosts without
/// a gateway. Requests and responses are unchanged.
///
/// The configured names are used as labels, since names in requests are chosen by clients.
///
/// ```
/// # use http::{Request, Response};
/// # use openresponses_types::{Turn, sequence::Delta};
/// use std::sync::{Arc, Mutex};
/// use openresponses_gateway::observe::{Observed, Observer, RequestEnd};
/// use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
/// use tower::ServiceExt;
///
/// # struct Model;
/// # impl Provider for Model {
/// #     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
/// #         Err(Error::overloaded())
/// #     }
/// # }
/// struct Outcomes(Arc<Mutex<Vec<String>>>);
///
/// impl Observer for Outcomes {
///     fn request_ended(&self, request: &RequestEnd<'_>) {
///         self.0.lock().unwrap().push(request.outcome.label().to_owned());
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let outcomes = Arc::default();
/// let model = Observed::new(Model, Outcomes(Arc::clone(&outcomes))).named("mine", "mine/model");
/// let request = Request::post("/v1/responses")
///     .header("content-type", "application/json")
///     .body(String::from(r#"{"model":"m","input":"Hello"}"#));
/// let answer = OpenResponses::new(model, Config::new()).oneshot(request.unwrap()).await.unwrap();
/// assert_eq!(answer.status(), 503);
/// assert_eq!(*outcomes.lock().unwrap(), ["overloaded"]);
/// # }
/// ```
pub struct Observed<P> {
    inner: P,
    observer: Arc<dyn Observer>,
    provider: Arc<str>,
    model: Arc<str>,
    budgets: Option<Budgets>,
    prices: PriceTable,
}

impl<P> Observed<P> {
    /// Observes `provider` with `observer`.
    #[must_use]
    pub fn new(provider: P, observer: impl Observer) -> Self {
        Self {
            inner: provider,
            observer: Arc::new(observer),
            provider: "provider".into(),
            model: "any".into(),
            budgets: None,
            prices: PriceTable::new(),
        }
    }

    /// Sets the labels of the provider and its model. Default: `provider` and `any`.
    #[must_use]
    pub fn named(mut self, provider: impl Into<String>, model: impl Into<String>) -> Self {
        self.provider = provider.into().into();
        self.model = model.into().into();
        self
    }

    /// Sets the budgets of callers. Default: none.
    #[must_use]
    pub fn budgets(mut self, budgets: Budgets) -> Self {
        self.budgets = Some(budgets);
        self
    }

    /// Sets the prices of models, by the names in requests. Default: none.
    #[must_use]
    pub fn prices(mut self, prices: PriceTable) -> Self {
        self.prices = prices;
        self
    }

    fn watch(&self, asked: Asked, extensions: &Extensions) -> Watch {
        Watch::new(Some(Arc::clone(&self.observer)), asked, extensions)
    }

    /// Records that the provider is called.
    fn call(&self, watch: &mut Watch, model: &str) {
        watch.attempt(&self.model, &self.provider, &model.into());
        watch.price(self.prices.find(model, &self.provider));
    }

    /// Reserves the budget of the caller.
    async fn reserve(
        &self,
        watch: &mut Watch,
        head: &Parts,
        model: &str,
        estimate: impl FnOnce() -> Estimate,
    ) -> Result<(), Error> {
        if let Some(budgets) = &self.budgets {
            let price = self.prices.find(model, &self.provider);
            let prices = price.into_iter().collect();
            let reserved = budgets.reserve(head, estimate(), prices).await;
            let charge = reserved.inspect_err(|error| watch.end(Outcome::Failed(error.code())))?;
            watch.charge(charge);
        }
        self.call(watch, model);
        Ok(())
    }
}

/// Awaits a response and reports its failure. A panic is reported as the endpoint answers it.
async fn watched<T>(
    watch: &mut Watch,
    asked: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let answer = guard::future(asked).instrument(watch.span()).await;
    answer
        .and_then(|answer| answer)
        .inspect_err(|error| watch.end(Outcome::Failed(error.code())))
}

impl<P: Provider> Provider for Observed<P> {
    fn warm_up(&self, head: &Parts) -> Result<(), Error> {
        self.inner.warm_up(head)
    }

    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let begun = self.begin(turn).await;
        if begun.is_err() {
            self.settle().await;
        }
        begun
    }

    async fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let compacted = self.compact_once(window).await;
        self.settle().await;
        compacted
    }

    async fn count_input_tokens(&self, turn: Request<Turn>) -> Result<Response<u64>, Error> {
        let counted = self.count_once(turn).await;
        self.settle().await;
        counted
    }
}

impl<P: Provider> Observed<P> {
    /// Waits for the observer after a request that has ended.
    async fn settle(&self) {
        settle(Some(&*self.observer)).await;
    }

    async fn begin(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let mut watch = self.watch(Asked::of(turn.body()), turn.extensions());
        let streamed = turn.body().stream;
        let (head, turn) = turn.into_parts();
        let estimate = || Estimate::of_turn(&turn);
        self.reserve(&mut watch, &head, &turn.model, estimate)
            .await?;
        let turn = Request::from_parts(head, turn);
        let answer = watched(&mut watch, self.inner.respond(turn)).await?;
        Ok(answer.map(|output| {
            OutputStream::from_outputs(ObservedOutput {
                output,
                relay_observer: watch.relay_observer(),
                watch,
                streamed,
                last: None,
            })
        }))
    }

    async fn compact_once(
        &self,
        window: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let mut watch = self.watch(Asked::compact(&window.body().model), window.extensions());
        let (head, window) = window.into_parts();
        let estimate = || Estimate::of_window(&window);
        self.reserve(&mut watch, &head, &window.model, estimate)
            .await?;
        let window = Request::from_parts(head, window);
        let answer = watched(&mut watch, self.inner.compact(window)).await?;
        watch.usage(&answer.body().usage);
        watch.end(Outcome::Ok);
        Ok(answer)
    }

    async fn count_once(&self, turn: Request<Turn>) -> Result<Response<u64>, Error> {
        let mut watch = self.watch(Asked::count(&turn.body().model), turn.extensions());
        self.call(&mut watch, &turn.body().model);
        let answer = watched(&mut watch, self.inner.count_input_tokens(turn)).await?;
        watch.end(Outcome::Ok);
        Ok(answer)
    }
}

impl<P> fmt::Debug for Observed<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed")
            .field("provider", &self.provider)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// The output of an observed response.
struct ObservedOutput {
    output: OutputStream,
    relay_observer: Option<Output>,
    watch: Watch,
    streamed: bool,
    /// Set at the end of the output.
    last: Option<LastPiece>,
}

impl ObservedOutput {
    /// Returns true for the last piece.
    fn look(&mut self, next: Option<&Result<Output, Error>>) -> bool {
        match next {
            Some(Ok(piece)) => {
                let is_end = piece.is_end();
                // A client that waits for one document receives nothing before its end.
                if !self.watch.is_seen() && (self.streamed || is_end) && piece.is_output() {
                    self.watch.seen();
                }
                self.watch.piece(piece);
                if let Some(error) = piece.failure() {
                    self.watch.end(Outcome::Failed(error.code()));
                } else if is_end {
                    self.watch.ending(at_end(piece, "").unwrap_or_default());
                    self.watch.end(Outcome::Ok);
                } else {
                    return false;
                }
            }
            Some(Err(error)) => self.watch.end(Outcome::Failed(error.code())),
            None => self.watch.end(Outcome::Failed(ended_early().code())),
        }
        true
    }
}

impl Stream for ObservedOutput {
    type Item = Result<Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(observer) = this.relay_observer.take() {
            return Poll::Ready(Some(Ok(observer)));
        }
        if let Some(last) = &mut this.last {
            return last.poll(cx);
        }
        let next = this
            .watch
            .within(|| Pin::new(&mut this.output).poll_next(cx));
        let next = ready!(next);
        if this.look(next.as_ref()) {
            return this.last.insert(this.watch.last_piece(next)).poll(cx);
        }
        Poll::Ready(next)
    }
}
