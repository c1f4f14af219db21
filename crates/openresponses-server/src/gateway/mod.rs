//! Building what the file describes: authentication and the provider.

mod access;
mod budgets;
mod catalog;
mod issuers;
mod keys;
mod listing;
mod provider;
mod tools;
mod upstream;

use std::sync::Arc;

use openresponses_gateway::Gateway;
use openresponses_gateway::auth::{Auth, Authenticator, Credentials, Principal};
use openresponses_gateway::budget::{Budgets, PriceTable};
use openresponses_gateway::health::RetryBudget;
use openresponses_gateway::observe::{MetricsObserver, Observed, Observer, UsageLog};
use openresponses_gateway::registry::{ModelsLayer, Registry};
use openresponses_testing::{EmbeddedModel, TestKeys};
use openresponses_tower::authorize::Authorize;
use openresponses_tower::provider::DynProvider;
use openresponses_tower::{Error, ErrorKind};
use openresponses_upstream::Upstream;

use crate::active_calls::CountedProvider;
use crate::file::{Failing, Faults, File, Source};
use crate::kept::Kept;
use crate::probe::Probe;
use crate::share::ShareApprovals;
use crate::telemetry::ExportedMetrics;
use access::Access;
pub(crate) use listing::Upstreams;
pub(crate) use tools::with_sample;
pub(crate) use upstream::of_arguments;

/// The provider and its authentication.
pub(crate) struct Built {
    pub(crate) provider: DynProvider,
    /// `GET /models`, with a catalog.
    pub(crate) models: Option<ModelsLayer>,
    /// The catalog, for metrics.
    pub(crate) registry: Option<Registry>,
    pub(crate) upstreams: Upstreams,
    pub(crate) auth: Auth,
}

fn observer(kept: &Kept) -> impl Observer + use<> {
    (
        (MetricsObserver, ExportedMetrics),
        (kept.tenants.clone(), (UsageLog, kept.usage.clone())),
    )
}

/// Returns the embedded model alone, for a server without a file.
pub(crate) fn embedded(kept: &Kept) -> DynProvider {
    DynProvider::new(observed_model(kept))
}

fn observed_model(kept: &Kept) -> Observed<CountedProvider<EmbeddedModel>> {
    let model = CountedProvider::new(EmbeddedModel::new(), kept.active.clone());
    Observed::new(model, observer(kept)).named("embedded", "any")
}

/// The upstream server of a flag alone.
pub(crate) fn upstream(upstream: Upstream, kept: &Kept) -> DynProvider {
    let counted = CountedProvider::new(upstream, kept.active.clone());
    DynProvider::new(Observed::new(counted, observer(kept)).named("upstream", "any"))
}

/// Builds what the file describes.
///
/// Reports names that do not resolve, and files and variables that cannot be read. Returns `None`
/// where nothing can be built.
pub(crate) fn build(
    file: &File,
    source: &Source,
    kept: &Kept,
    share: Option<ShareApprovals>,
    probes: &mut Vec<Probe>,
    faults: &mut Faults,
) -> Option<Built> {
    let mut upstreams = Upstreams::default();
    let catalog = catalog::catalog(file, source, kept, &mut upstreams, faults);
    let mut access = Access::new(&file.limits, &kept.limits);
    let credentials = credentials(file, source, &mut access, faults);
    access.check(source, catalog.as_ref(), faults);
    let tools = tools::tools(file, source, faults);
    let access = Arc::new(access);
    let budgets = budgets::budgets(file, source, kept, &access, probes, faults);
    let prices = budgets::prices(file, source, &access, catalog.as_ref(), faults);
    let (limits, checked) = (Arc::clone(&access), budgets.clone());
    let auth = match credentials {
        Some(credentials) => Auth::new(credentials),
        None => any_token(),
    }
    .permit(move |principal, head| {
        limits.take(principal, head)?;
        let budgets = checked.as_ref();
        budgets.map_or(Ok(()), |budgets| budgets.check(principal, head))
    });
    let Some(catalog) = catalog else {
        return Some(Built {
            provider: tools::around(alone(kept, budgets, prices), tools, kept, share),
            models: None,
            registry: None,
            upstreams,
            auth,
        });
    };
    if !faults.is_empty() {
        // What is missing in the catalog was reported.
        return None;
    }
    let registry = Registry::new(catalog).map_err(|error| source.unresolved(None, "", error));
    let registry = faults.take(registry)?;
    let (uses, sees) = (Arc::clone(&access), access);
    let gateway = gateway(file, kept, registry.clone())
        .prices(prices)
        .permit(move |head, model| uses.permits(head, model));
    let gateway = match budgets {
        Some(budgets) => gateway.budgets(budgets),
        None => gateway,
    };
    let mut models = ModelsLayer::new(registry.clone())
        .auth(auth.clone())
        .permit(move |head, model| sees.permits(head, model));
    if upstreams.list_models() {
        let listed = upstreams.clone();
        models = models.also(move || {
            let listed = listed.clone();
            async move { listed.names().await.to_vec() }
        });
    }
    Some(Built {
        provider: tools::around(DynProvider::new(gateway), tools, kept, share),
        models: Some(models),
        registry: Some(registry),
        upstreams,
        auth,
    })
}

fn credentials(
    file: &File,
    source: &Source,
    access: &mut Access,
    faults: &mut Faults,
) -> Option<Credentials> {
    if !file.has_callers() {
        return None;
    }
    let mut credentials = Credentials::new();
    if !file.keys.is_empty() {
        credentials = credentials.api_keys(keys::keys(&file.keys, source, access, faults));
    }
    if !file.issuers.is_empty() {
        credentials = issuers::add_to(credentials, &file.issuers, source, access, faults);
    }
    Some(credentials)
}

/// Returns the embedded model of a file without providers.
fn alone(kept: &Kept, budgets: Option<Budgets>, prices: PriceTable) -> DynProvider {
    let model = observed_model(kept).prices(prices);
    match budgets {
        Some(budgets) => DynProvider::new(model.budgets(budgets)),
        None => DynProvider::new(model),
    }
}

fn gateway(file: &File, kept: &Kept, registry: Registry) -> Gateway {
    let settings = &file.gateway;
    let mut gateway = Gateway::new(registry)
        .observer(observer(kept))
        .report(settings.report.unwrap_or(true))
        .bind_encrypted(settings.bind_encrypted.unwrap_or(true))
        .capability_policy(settings.unsupported.policy());
    if let Some(attempts) = settings.attempts {
        gateway = gateway.max_attempts(attempts.get());
    }
    if let Some(budget) = settings.retry_budget {
        gateway = gateway.retry_budget(RetryBudget::new(budget.of_requests.0, budget.a_second.0));
    }
    if let Some(worth) = settings.failover.clone() {
        gateway = gateway
            .failover(move |error| failing(error.kind()).is_some_and(|kind| worth.contains(&kind)));
    }
    gateway
}

fn failing(kind: ErrorKind) -> Option<Failing> {
    Some(match kind {
        ErrorKind::InvalidRequest => Failing::InvalidRequest,
        ErrorKind::Authentication => Failing::Authentication,
        ErrorKind::Permission => Failing::Permission,
        ErrorKind::NotFound => Failing::NotFound,
        ErrorKind::RateLimited => Failing::RateLimited,
        ErrorKind::Model => Failing::Model,
        ErrorKind::Server => Failing::Server,
        ErrorKind::Upstream => Failing::Upstream,
        ErrorKind::Overloaded => Failing::Overloaded,
        ErrorKind::Timeout => Failing::Timeout,
        _ => return None,
    })
}

/// Accepts any bearer token as a tenant of its own, but the wrong key of tests.
pub(crate) fn any_token() -> Auth {
    Auth::new(AnyToken)
}

struct AnyToken;

impl Authenticator for AnyToken {
    async fn authenticate(&self, head: &http::request::Parts) -> Result<Principal, Error> {
        let let_in = TestKeys::new().authorize(head).await?;
        Ok(Principal::new(let_in.scope().clone()))
    }
}
