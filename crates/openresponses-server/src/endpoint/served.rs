use std::net::SocketAddr;
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

use super::models::OwnModels;

/// The names under which the listeners may be asked.
#[derive(Clone)]
pub(crate) struct Hosts {
    pub(crate) clients: AllowedHosts,
    /// Of the operational routes, where they have a listener of their own.
    pub(crate) admin: AllowedHosts,
}

impl Hosts {
    /// Those of the addresses of the listeners, where the file names none.
    pub(crate) fn of(clients: SocketAddr, admin: SocketAddr) -> Self {
        let of = |address: SocketAddr| match address.ip().is_loopback() {
            // A web page must not reach the server under the page's own name.
            true => AllowedHosts::local(),
            false => AllowedHosts::any(),
        };
        Self {
            clients: of(clients),
            admin: of(admin),
        }
    }

    /// Replaces both by what the file names.
    pub(crate) fn named(self, by_file: Option<AllowedHosts>) -> Self {
        match by_file {
            Some(hosts) => Self {
                clients: hosts.clone(),
                admin: hosts,
            },
            None => self,
        }
    }
}

/// How the server stops.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stopping {
    /// How long requests are answered after the signal.
    pub(crate) drain: Duration,
    /// How long open streams may continue after that.
    pub(crate) grace: Duration,
}

/// What answers requests until the next reload.
pub(crate) struct Served {
    pub(super) service: Service,
    /// The endpoint in `service`.
    pub(super) responses: OpenResponses<DynProvider>,
    pub(super) hosts: Hosts,
    registry: Option<Registry>,
    callers: Option<Auth>,
    pub(super) cors: Option<CorsLayer>,
    pub(super) stall_limit: Option<Duration>,
    pub(super) stopping: Stopping,
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
        hosts: Hosts,
    ) -> Self {
        let responses = OpenResponses::new(provider, config);
        // Also without requests, for those of servers that have stopped.
        responses.watch_background();
        let endpoint = responses.clone();
        let service = match models {
            Models::Listed(layer) => {
                let layer = layer.prefix(prefix).allowed_hosts(hosts.clients.clone());
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
            stopping: Stopping::default(),
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

    /// Sets how the server stops. Default: at once.
    pub(crate) fn stopping(mut self, stopping: Stopping) -> Self {
        self.stopping = stopping;
        self
    }

    /// Sets who may read the list of models and have transcripts checked. Default: everyone.
    pub(crate) fn callers(mut self, callers: Auth) -> Self {
        self.callers = Some(callers);
        self
    }

    /// Checks the host and the caller of a request that is not for `service`. Returns the tenant.
    pub(super) async fn admit(&self, head: &Parts) -> Result<Scope, Error> {
        self.hosts.clients.check(head)?;
        let Some(callers) = &self.callers else {
            return Ok(Scope::anonymous());
        };
        let caller = callers.authorize(head).await?;
        Ok(caller.scope().clone())
    }

    /// Adds the catalog, whose circuits are metrics.
    pub(crate) fn registry(mut self, registry: Option<Registry>) -> Self {
        self.registry = registry;
        self
    }

    /// Returns the states of the circuits as they are now.
    pub(super) fn circuits(&self) -> Vec<(String, CircuitState)> {
        let catalog = self.registry.as_ref().map(Registry::catalog);
        let circuits = catalog.iter().flat_map(|catalog| catalog.circuits());
        circuits
            .map(|(provider, state)| (provider.to_owned(), state))
            .collect()
    }
}
