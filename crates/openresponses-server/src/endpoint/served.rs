use std::time::Duration;

use hyper::http::request::Parts;
use hyper_util::service::TowerToHyperService;
use openresponses_gateway::auth::Auth;
use openresponses_gateway::health::CircuitState;
use openresponses_gateway::registry::{ModelsLayer, ModelsService, Registry};
use openresponses_tower::authorize::Authorize as _;
use openresponses_tower::provider::DynProvider;
use openresponses_tower::{AllowedHosts, Config, Error, OpenResponses, Scope};
use tower_http::cors::CorsLayer;
use tower_layer::Layer;

use super::metrics::CIRCUITS;
use super::models::OwnModels;

/// What answers requests until the next reload.
pub(crate) struct Served {
    pub(super) service: Service,
    /// The endpoint in `service`.
    pub(super) responses: OpenResponses<DynProvider>,
    pub(super) hosts: AllowedHosts,
    registry: Option<Registry>,
    callers: Option<Auth>,
    pub(super) cors: Option<CorsLayer>,
    pub(super) stall_limit: Option<Duration>,
}

#[derive(Clone)]
pub(super) enum Service {
    Alone(TowerToHyperService<OpenResponses<DynProvider>>, OwnModels),
    WithModels(TowerToHyperService<ModelsService<OpenResponses<DynProvider>>>),
}

/// The models that `GET /models` lists.
pub(crate) enum Models {
    /// The models of a catalog.
    Listed(Box<ModelsLayer>),
    /// The models of the single provider.
    Own(OwnModels),
}

impl Served {
    pub(crate) fn new(
        provider: DynProvider,
        config: Config,
        models: Models,
        prefix: &str,
        hosts: AllowedHosts,
    ) -> Self {
        let responses = OpenResponses::new(provider, config);
        // Also without requests, for those of servers that have stopped.
        responses.watch_background();
        let endpoint = responses.clone();
        let service = match models {
            Models::Listed(layer) => {
                let layer = layer.prefix(prefix).allowed_hosts(hosts.clone());
                Service::WithModels(TowerToHyperService::new(layer.layer(responses)))
            }
            Models::Own(models) => Service::Alone(TowerToHyperService::new(responses), models),
        };
        Self {
            service,
            responses: endpoint,
            hosts,
            registry: None,
            callers: None,
            cors: None,
            stall_limit: None,
        }
    }

    /// Allows requests of pages of other origins.
    pub(crate) fn cors(mut self, cors: Option<CorsLayer>) -> Self {
        self.cors = cors;
        self
    }

    /// Sets how long a client may take nothing of what is sent to it. Default: no limit.
    pub(crate) fn stall_limit(mut self, limit: Option<Duration>) -> Self {
        self.stall_limit = limit;
        self
    }

    /// Sets who may have transcripts checked. Default: everyone.
    pub(crate) fn callers(mut self, callers: Option<Auth>) -> Self {
        self.callers = callers;
        self
    }

    /// Checks the host and the caller of a request that is not for `service`. Returns the tenant, `None`
    /// where there are none.
    pub(super) async fn admit(&self, head: &Parts) -> Result<Option<Scope>, Error> {
        self.hosts.check(head)?;
        let Some(callers) = &self.callers else {
            return Ok(None);
        };
        let caller = callers.authorize(head).await?;
        Ok(Some(caller.scope().clone()))
    }

    /// Adds the catalog, whose circuits are metrics.
    pub(crate) fn registry(mut self, registry: Option<Registry>) -> Self {
        self.registry = registry;
        self
    }

    /// Records the states of the circuits as they are now.
    pub(super) fn record_circuits(&self) {
        let Some(registry) = &self.registry else {
            return;
        };
        for (provider, state) in registry.catalog().circuits() {
            let value = match state {
                CircuitState::Closed => 0.0,
                CircuitState::HalfOpen => 1.0,
                _ => 2.0,
            };
            metrics::gauge!(CIRCUITS, "provider" => provider.to_owned()).set(value);
        }
    }
}
