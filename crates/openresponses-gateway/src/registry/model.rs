use std::sync::Arc;
use std::time::Duration;

use crate::capability::Capabilities;

/// A model of a [`Catalog`](super::Catalog): its id and its routes in order of preference.
///
/// ```
/// use openresponses_gateway::registry::{Model, Route};
///
/// let model = Model::new("anthropic/claude-sonnet-4.5")
///     .route(Route::new("anthropic").model("claude-sonnet-4-5-20250929"))
///     .route(Route::new("bedrock").model("us.anthropic.claude-sonnet-4-5").cost(3.0));
/// assert_eq!(model.id(), "anthropic/claude-sonnet-4.5");
/// ```
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) id: Arc<str>,
    pub(super) created: i64,
    pub(super) routes: Vec<Route>,
    pub(super) fallbacks: Vec<String>,
}

impl Model {
    /// Creates a model without routes. The id is `creator/name`.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into().into(),
            created: 0,
            routes: Vec::new(),
            fallbacks: Vec::new(),
        }
    }

    /// Adds a route after the existing ones.
    #[must_use]
    pub fn route(mut self, mut route: Route) -> Self {
        // Each request would print it anew.
        route.model = Some(route.model_of(&self.id));
        self.routes.push(route);
        self
    }

    /// Sets the models to try when every provider of this one failed, unless the request names
    /// others in `providerOptions.gateway.models`. Their own fallbacks are not used. Default: none.
    #[must_use]
    pub fn fallbacks<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.fallbacks = models.into_iter().map(Into::into).collect();
        self
    }

    /// Sets `created` in the list of models, in seconds since 1970. Default: 0.
    #[must_use]
    pub fn created(mut self, seconds: i64) -> Self {
        self.created = seconds;
        self
    }

    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the routes.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }
}

/// A route: one provider that serves a model.
///
/// ```
/// use openresponses_gateway::registry::Route;
///
/// let route = Route::new("bedrock").model("us.anthropic.claude-sonnet-4-5").cost(3.0);
/// # let _ = route;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub(crate) provider: Arc<str>,
    pub(super) model: Option<Arc<str>>,
    pub(crate) cost: Option<f64>,
    pub(crate) ttft: Option<Duration>,
    pub(crate) tps: Option<f64>,
    pub(crate) capabilities: Option<Capabilities>,
}

impl Route {
    /// Creates a route to the provider with this slug. The provider's name of the model defaults to
    /// the model's name without the creator.
    #[must_use]
    pub fn new(provider: impl Into<String>) -> Self {
        Self {
            provider: provider.into().into(),
            model: None,
            cost: None,
            ttft: None,
            tps: None,
            capabilities: None,
        }
    }

    /// Sets the provider's name of the model.
    #[must_use]
    pub fn model(mut self, id: impl Into<String>) -> Self {
        self.model = Some(id.into().into());
        self
    }

    /// Sets the cost for `sort: "cost"`, in a unit that is the same for all routes.
    #[must_use]
    pub fn cost(mut self, cost: f64) -> Self {
        self.cost = Some(cost);
        self
    }

    /// Sets the usual time to the first token, for `sort: "ttft"`.
    #[must_use]
    pub fn ttft(mut self, time: Duration) -> Self {
        self.ttft = Some(time);
        self
    }

    /// Sets the usual tokens per second, for `sort: "tps"`.
    #[must_use]
    pub fn tps(mut self, tokens: f64) -> Self {
        self.tps = Some(tokens);
        self
    }

    /// Sets the capabilities of this model at this provider, instead of the provider's own.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// Returns the slug of the provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Returns the provider's name of the model `id`.
    pub(crate) fn model_of(&self, id: &str) -> Arc<str> {
        match &self.model {
            Some(model) => Arc::clone(model),
            None => id.split_once('/').map_or(id, |(_, name)| name).into(),
        }
    }
}
