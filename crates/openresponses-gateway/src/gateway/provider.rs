use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use http::{Request, Response};
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;
use openresponses_types::sequence::IdGenerator;
use tracing::Instrument;

use super::attempt;
use super::capability_filter::filter_by_capability;
use super::dispatch::Dispatch;
use super::provider_request::{turn_for, window_for};
use super::report;
use super::response_stream::ReportedStream;
use super::settings::Settings;
#[cfg(doc)]
use crate::auth::Principal;
use crate::auth::RateLimit;
use crate::budget::{Budgets, Estimate, PriceTable};
use crate::capability::{CapabilityPolicy, bind_item, bound_compaction, needs, needs_of_items};
use crate::health::RetryBudget;
use crate::observe::{Asked, Observer, Outcome, Watch, settle};
use crate::registry::Registry;

/// A provider that dispatches to the providers of a [`Registry`].
///
/// Each turn goes to the first provider of its model and, as long as attempts fail before the
/// client has received anything, to the next ones and then to those of fallback models: see the
/// [crate](crate) for `providerOptions.gateway`. A streamed turn counts as received with its first
/// output, any other when it is complete.
///
/// ```
/// # use http::{Request, Response};
/// # use openresponses_types::{Turn, sequence::Delta};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use http_body_util::BodyExt;
/// use openresponses_gateway::Gateway;
/// use openresponses_gateway::registry::{Catalog, Model, Registry, Route};
/// use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
/// use tower::ServiceExt;
///
/// struct Down;
/// impl Provider for Down {
///     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
///         Err(Error::overloaded())
///     }
/// }
/// struct Up;
/// impl Provider for Up {
///     async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
///         let text = format!("I am {}.", turn.body().model);
///         Ok(Response::new(OutputStream::from_deltas([Delta::text(text), Delta::complete()])))
///     }
/// }
///
/// let catalog = Catalog::new().provider("down", Down).provider("up", Up).model(
///     Model::new("acme/model").route(Route::new("down")).route(Route::new("up").model("model-2")),
/// );
/// let gateway = Gateway::new(Registry::new(catalog).unwrap());
/// let service = OpenResponses::new(gateway, Config::new());
/// let ask = |model: &str| {
///     let body = format!(r#"{{"model":"{model}","input":"Who are you?"}}"#);
///     Request::post("/v1/responses").header("content-type", "application/json").body(body).unwrap()
/// };
/// let answer = service.clone().oneshot(ask("acme/model")).await.unwrap();
/// let body = answer.into_body().collect().await.unwrap().to_bytes();
/// let body = String::from_utf8_lossy(&body);
/// assert!(body.contains("I am model-2."));
/// assert!(body.contains(r#""finalProvider":"up""#));
///
/// let refused = service.oneshot(ask("acme/unknown")).await.unwrap();
/// assert_eq!(refused.status(), 404);
/// # }
/// ```
pub struct Gateway {
    registry: Registry,
    settings: Settings,
}

impl Gateway {
    /// Creates a gateway over a registry.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self {
            registry,
            settings: Settings::new(),
        }
    }

    /// Sets which failures justify another attempt. Default: [`is_retryable`](crate::is_retryable).
    #[must_use]
    pub fn failover(mut self, worth: impl Fn(&Error) -> bool + Send + Sync + 'static) -> Self {
        self.settings.failover = Box::new(worth);
        self
    }

    /// Sets the maximum number of attempts of one request, at least 1. Default: 8.
    #[must_use]
    pub fn max_attempts(mut self, attempts: usize) -> Self {
        self.settings.max_attempts = attempts.max(1);
        self
    }

    /// Sets whether responses report their attempts and ignored options in
    /// `provider_metadata.gateway`. A request that fails before any output gets the plain error
    /// envelope; its attempts are logged. Default: true.
    #[must_use]
    pub fn report(mut self, report: bool) -> Self {
        self.settings.is_reported = report;
        self
    }

    /// Sets the handling of missing capabilities. Default: [`CapabilityPolicy::default`].
    #[must_use]
    pub fn capability_policy(mut self, policy: CapabilityPolicy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// Sets whether encrypted reasoning and compactions are bound to the provider that made them.
    /// Default: true.
    ///
    /// Bound content goes back to its provider only: requests to other providers lose encrypted
    /// reasoning, with a warning, and a compaction restricts the request to its provider.
    #[must_use]
    pub fn bind_encrypted(mut self, bind: bool) -> Self {
        self.settings.binds = bind;
        self
    }

    /// Limits the attempts beyond the first of all requests together, without those that follow what only
    /// the client's choice explains: a model that the provider does not have, a time limit that the
    /// client has shortened, or a refusal of the caller's own account. Default: no limit besides
    /// [`max_attempts`](Self::max_attempts).
    #[must_use]
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.settings.budget = Some(budget);
        self
    }

    /// Sets which models a caller may use, by the request's head and the name of a model. Default:
    /// all.
    ///
    /// A request for another model is refused with 403 `model_not_allowed`; a fallback that it
    /// names in `providerOptions.gateway.models` is skipped with a warning. Of an alias that the
    /// caller may not use, it may use the permitted models. The head's extensions contain the
    /// [`Principal`] and the other values of the [hook](openresponses_tower::authorize::Authorize).
    ///
    /// ```
    /// use openresponses_gateway::Gateway;
    /// use openresponses_gateway::auth::Principal;
    /// use openresponses_gateway::registry::{Catalog, Registry};
    ///
    /// let gateway = Gateway::new(Registry::new(Catalog::new()).unwrap()).permit(|head, model| {
    ///     let caller = Principal::from_extensions(&head.extensions);
    ///     caller.get("plan") == Some("gold") || model.ends_with("-mini")
    /// });
    /// # let _ = gateway;
    /// ```
    #[must_use]
    pub fn permit(mut self, permit: impl Fn(&Parts, &str) -> bool + Send + Sync + 'static) -> Self {
        self.settings.permit = Some(Box::new(permit));
        self
    }

    /// Limits the turns and compactions of each tenant over every transport. On a WebSocket,
    /// authentication runs once and this limit for each turn, also for one that generates nothing.
    /// Default: no limit.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.settings.limit = Some(limit);
        self
    }

    /// Sets the budgets of callers. Default: none.
    #[must_use]
    pub fn budgets(mut self, budgets: Budgets) -> Self {
        self.settings.budgets = Some(budgets);
        self
    }

    /// Sets the prices of models, for budgets of money and for
    /// [observers](crate::observe::RequestEnd::cost). Default: none.
    #[must_use]
    pub fn prices(mut self, prices: PriceTable) -> Self {
        self.settings.prices = prices;
        self
    }

    /// Sets the observer. Default: none.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.settings.observer = Some(Arc::new(observer));
        self
    }

    /// Sets the generator of generation ids. Default: random ids.
    #[must_use]
    pub fn ids(mut self, ids: impl IdGenerator + 'static) -> Self {
        self.settings.ids = Arc::new(ids);
        self
    }

    /// Returns the registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl Provider for Gateway {
    fn warm_up(&self, head: &Parts) -> Result<(), Error> {
        self.settings.count(head)
    }

    async fn respond(&self, request: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let begun = self.begin(request).await;
        if begun.is_err() {
            self.settle().await;
        }
        begun
    }

    async fn compact(
        &self,
        request: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let compacted = self.compact_once(request).await;
        self.settle().await;
        compacted
    }

    async fn count_input_tokens(&self, request: Request<Turn>) -> Result<Response<u64>, Error> {
        let counted = self.count_once(request).await;
        self.settle().await;
        counted
    }
}

impl Gateway {
    /// Waits for the observer after a request that has ended.
    async fn settle(&self) {
        settle(self.settings.observer.as_deref()).await;
    }

    async fn begin(&self, request: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let (head, mut turn) = request.into_parts();
        let (settings, catalog) = (&self.settings, self.registry.catalog());
        let needs = needs(&turn);
        let compactions = bound_compaction(&turn.items, turn.input_start);
        let watch = Watch::new(
            settings.observer.clone(),
            Asked::of(&turn),
            &head.extensions,
        );
        let mut dispatch = Dispatch::new(
            settings,
            &catalog,
            &head,
            &turn.model,
            &mut turn.extra,
            watch,
            |targets, options| {
                filter_by_capability(targets, options, &needs, &compactions, &settings.policy)
            },
        )?;
        dispatch.reserve(&head, || Estimate::of_turn(&turn)).await?;
        let is_streamed = turn.stream;
        let (mut head, mut turn) = (Some(head), Some(turn));
        while let Some((target, mut permit)) = dispatch.next() {
            let has_more = dispatch.has_more();
            // A client that waits for one document has received nothing before its end.
            let whole = !is_streamed && has_more;
            let (Some(head), Some(turn)) = (
                for_attempt(&mut head, has_more),
                for_attempt(&mut turn, has_more),
            ) else {
                break;
            };
            let (options, attempts) = (&dispatch.options, &mut dispatch.attempts);
            let own = turn_for(turn, &target, options, attempts, &needs, &settings.policy);
            let holding = settings.held.of_attempt(&head);
            let request = Request::from_parts(head, own);
            let provider = &target.entry.provider;
            match attempt::ask(provider, request, target.limits(), whole, holding)
                .instrument(dispatch.watch.span())
                .await
            {
                Ok(begun) => {
                    permit.answers();
                    dispatch.watch.seen();
                    let bind = settings.binds.then_some(target.provider);
                    let (head, stream) = ReportedStream::new(
                        begun,
                        dispatch.attempts,
                        settings.is_reported,
                        bind,
                        dispatch.watch,
                        permit,
                    );
                    return Ok(Response::from_parts(
                        head,
                        OutputStream::from_outputs(stream),
                    ));
                }
                Err(failed) => dispatch.failed(&target, permit, failed)?,
            }
        }
        Err(dispatch.give_up())
    }

    async fn compact_once(
        &self,
        request: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let (head, mut window) = request.into_parts();
        let model = window.model.clone();
        let (settings, catalog) = (&self.settings, self.registry.catalog());
        let needs = needs_of_items(&window.items, window.input_start);
        let compactions = bound_compaction(&window.items, window.input_start);
        let watch = Watch::new(
            settings.observer.clone(),
            Asked::compact(&model),
            &head.extensions,
        );
        let mut dispatch = Dispatch::new(
            settings,
            &catalog,
            &head,
            &model,
            &mut window.extra,
            watch,
            |targets, options| {
                filter_by_capability(targets, options, &needs, &compactions, &settings.policy)
            },
        )?;
        dispatch
            .reserve(&head, || Estimate::of_window(&window))
            .await?;
        while let Some((target, mut permit)) = dispatch.next() {
            let (options, attempts) = (&dispatch.options, &mut dispatch.attempts);
            let own = window_for(
                &window,
                &target,
                options,
                attempts,
                &needs,
                &settings.policy,
            );
            let request = Request::from_parts(head.clone(), own);
            let answer = target.entry.provider.compact(request);
            match attempt::ask_once(answer, target.limits())
                .instrument(dispatch.watch.span())
                .await
            {
                Ok(mut answer) => {
                    permit.succeeded();
                    let compacted = answer.body_mut();
                    dispatch.watch.usage(&compacted.usage);
                    dispatch.watch.end(Outcome::Ok);
                    if settings.binds {
                        let items = compacted.items.iter_mut();
                        items.for_each(|item| bind_item(&target.provider, item));
                    }
                    dispatch.attempts.end(None);
                    if settings.is_reported {
                        report::add(&dispatch.attempts, &mut compacted.extra);
                    }
                    return Ok(answer);
                }
                Err(failed) => dispatch.failed(&target, permit, failed)?,
            }
        }
        Err(dispatch.give_up())
    }

    async fn count_once(&self, request: Request<Turn>) -> Result<Response<u64>, Error> {
        let (head, mut turn) = request.into_parts();
        let model = turn.model.clone();
        let (settings, catalog) = (&self.settings, self.registry.catalog());
        let needs = needs(&turn);
        let compactions = bound_compaction(&turn.items, turn.input_start);
        let watch = Watch::new(
            settings.observer.clone(),
            Asked::count(&model),
            &head.extensions,
        );
        let mut dispatch = Dispatch::new(
            settings,
            &catalog,
            &head,
            &model,
            &mut turn.extra,
            watch,
            |targets, options| {
                filter_by_capability(targets, options, &needs, &compactions, &settings.policy)
            },
        )?;
        while let Some((target, mut permit)) = dispatch.next() {
            let (options, attempts) = (&dispatch.options, &mut dispatch.attempts);
            let own = turn_for(
                turn.clone(),
                &target,
                options,
                attempts,
                &needs,
                &settings.policy,
            );
            let request = Request::from_parts(head.clone(), own);
            let answer = target.entry.provider.count_input_tokens(request);
            match attempt::ask_once(answer, target.limits())
                .instrument(dispatch.watch.span())
                .await
            {
                Ok(answer) => {
                    permit.succeeded();
                    dispatch.watch.end(Outcome::Ok);
                    return Ok(answer);
                }
                Err(failed) => dispatch.failed(&target, permit, failed)?,
            }
        }
        Err(dispatch.give_up())
    }
}

/// Returns the value for one attempt: a copy as long as another attempt may follow.
fn for_attempt<T: Clone>(value: &mut Option<T>, has_more: bool) -> Option<T> {
    if has_more {
        value.clone()
    } else {
        value.take()
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("registry", &self.registry)
            .field("max_attempts", &self.settings.max_attempts)
            .field("report", &self.settings.is_reported)
            .finish_non_exhaustive()
    }
}
