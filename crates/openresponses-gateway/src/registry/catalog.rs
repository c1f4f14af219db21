use std::collections::{BTreeMap, BTreeSet};

use super::bare::BareNames;
use super::model::{Model, Route};
use super::provider_entry::ProviderEntry;
use crate::health::CircuitState;

/// Providers, their models, and aliases.
///
/// ```
/// # use http::{Request, Response};
/// # use openresponses_tower::{Error, OutputStream, Provider};
/// # use openresponses_types::{Turn, sequence::Delta};
/// # struct Echo;
/// # impl Provider for Echo {
/// #     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
/// #         Ok(Response::new(OutputStream::from_deltas([Delta::complete()])))
/// #     }
/// # }
/// use openresponses_gateway::registry::{Catalog, Model, Route};
///
/// let catalog = Catalog::new()
///     .provider("anthropic", Echo)
///     .provider("bedrock", Echo)
///     .model(Model::new("anthropic/claude").route(Route::new("anthropic")).route(Route::new("bedrock")))
///     .alias("default", ["anthropic/claude"]);
/// assert!(catalog.check().is_ok());
/// assert!(catalog.has("claude"));
/// assert!(!catalog.has("anthropic/clyde"));
///
/// let broken = catalog.model(Model::new("openai/gpt").route(Route::new("openai")));
/// assert_eq!(broken.check().unwrap_err().to_string(), "the model 'openai/gpt': no provider 'openai'");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub(super) providers: BTreeMap<String, ProviderEntry>,
    pub(super) models: BTreeMap<String, Model>,
    pub(super) aliases: BTreeMap<String, Vec<String>>,
    pub(super) open: BTreeSet<String>,
    pub(super) bare: BareNames,
}

impl Catalog {
    /// Creates an empty catalog.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a provider. The slug identifies it in `order`, `only` and
    /// `providerOptions`: lower-case letters, digits, `-`, `_` and `.`, but not `gateway`.
    #[must_use]
    pub fn provider(mut self, slug: impl Into<String>, provider: impl Into<ProviderEntry>) -> Self {
        self.providers.insert(slug.into(), provider.into());
        self
    }

    /// Adds or replaces a model.
    #[must_use]
    pub fn model(mut self, model: Model) -> Self {
        self.models.insert((*model.id).into(), model);
        self
    }

    /// Adds or replaces a model with a single provider.
    #[must_use]
    pub fn serve(self, model: impl Into<String>, provider: impl Into<String>) -> Self {
        self.model(Model::new(model).route(Route::new(provider)))
    }

    /// Lets a provider serve any model: `{slug}/anything` is sent to it as `anything`. Such models
    /// are not listed.
    #[must_use]
    pub fn serve_any(mut self, provider: impl Into<String>) -> Self {
        self.open.insert(provider.into());
        self
    }

    /// Adds an alias: a virtual model that stands for the first of `models` and falls back to the
    /// others. For requests without a model, set `Config::default_model` to an alias.
    #[must_use]
    pub fn alias<M: Into<String>>(
        mut self,
        name: impl Into<String>,
        models: impl IntoIterator<Item = M>,
    ) -> Self {
        let models = models.into_iter().map(Into::into).collect();
        self.aliases.insert(name.into(), models);
        self
    }

    /// Sets the resolution of names without a creator. Default: [`BareNames::Unique`].
    #[must_use]
    pub fn bare_names(mut self, rule: BareNames) -> Self {
        self.bare = rule;
        self
    }

    /// Removes a provider. Its routes must be removed as well.
    pub fn remove_provider(&mut self, slug: &str) {
        self.providers.remove(slug);
        self.open.remove(slug);
    }

    /// Removes a model or an alias.
    pub fn remove_model(&mut self, id: &str) {
        self.models.remove(id);
        self.aliases.remove(id);
    }

    /// Returns true if the name resolves to a model.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.resolve(name).is_some()
    }

    /// Returns the models by id.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.values()
    }

    /// Returns the providers with a circuit breaker, and the states of their circuits.
    pub fn circuits(&self) -> impl Iterator<Item = (&str, CircuitState)> {
        self.providers
            .iter()
            .filter_map(|(slug, entry)| Some((slug.as_str(), entry.health.circuit_state()?)))
    }

    /// Returns the aliases with their models.
    pub fn aliases(&self) -> impl Iterator<Item = (&str, &[String])> {
        let all = self.aliases.iter();
        all.map(|(name, models)| (name.as_str(), models.as_slice()))
    }
}
