//! The whole service: the endpoint, the list of models, and operational routes.

mod body;
mod circuits;
mod health;
mod held;
mod metrics;
mod models;
mod playground;
mod process;
mod served;
mod stored;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arc_swap::ArcSwap;
use http_body_util::Empty;
use hyper::body::{Body, Bytes};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use openresponses_gateway::limits::LimitHeadersLayer;
use openresponses_tower::access_log::{AccessLogBody, AccessLogLayer};
use openresponses_tower::service::{LayerBody, ResponseBody, answer_unread};
use openresponses_tower::trace::TracePropagation;
use openresponses_tower::{BoxError, Error, ErrorKind, RequestContext};
use tower_layer::Layer;

use crate::active_calls::ActiveCalls;
use body::AnswerBody;
use circuits::Circuits;
pub(crate) use health::Health;
pub(crate) use held::Held;
pub(crate) use metrics::Metrics;
pub(crate) use models::OwnModels;
pub(crate) use playground::Playground;
use served::Service;
pub(crate) use served::{Hosts, Models, Served, Stopping};

/// How often the state of the server is recorded for export.
const GAUGES: Duration = Duration::from_secs(5);

/// Answers every request of every connection.
#[derive(Clone)]
pub(crate) struct Endpoint {
    served: Arc<ArcSwap<Served>>,
    prefix: String,
    active: ActiveCalls,
    health: Health,
    metrics: Option<Metrics>,
    circuits: Circuits,
    playground: Option<Playground>,
    routes: Routes,
    /// Whether `GET /metrics` names tenants.
    names_tenants: bool,
    log: AccessLogLayer,
}

/// Which routes a listener answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Routes {
    All,
    /// Those of clients.
    Public,
    /// Operational ones.
    Admin,
}

impl Endpoint {
    pub(crate) fn new(
        served: Served,
        prefix: &str,
        active: ActiveCalls,
        metrics: Option<Metrics>,
        playground: Option<Playground>,
    ) -> Self {
        Self {
            served: Arc::new(ArcSwap::from_pointee(served)),
            prefix: prefix.to_owned(),
            active,
            health: Health::default(),
            metrics,
            circuits: Circuits::default(),
            playground,
            routes: Routes::All,
            names_tenants: false,
            log: AccessLogLayer::new(),
        }
    }

    /// Sets how trace contexts of clients are taken in and sent on.
    pub(crate) fn trace_propagation(mut self, propagation: TracePropagation) -> Self {
        self.log = self.log.trace_propagation(propagation);
        self
    }

    /// Sets the address. Its metrics, which need no key, name tenants only where other machines cannot reach it.
    pub(crate) fn at(mut self, address: SocketAddr) -> Self {
        self.names_tenants = address.ip().is_loopback();
        self
    }

    /// Records the state of the server from time to time, for metrics that are exported.
    pub(crate) async fn record_gauges(self) {
        loop {
            self.record_circuits();
            if let Some(metrics) = &self.metrics {
                metrics.record_gauges();
            }
            tokio::time::sleep(GAUGES).await;
        }
    }

    fn record_circuits(&self) {
        self.circuits.record(|| self.served.load().circuits());
    }

    /// Moves the operational routes to an endpoint of their own, which is returned.
    pub(crate) fn split_admin(&mut self) -> Self {
        self.routes = Routes::Public;
        Self {
            routes: Routes::Admin,
            names_tenants: true,
            playground: None,
            ..self.clone()
        }
    }

    /// Answers requests with `served` from now on. Those that have begun are not affected.
    pub(crate) fn replace(&self, served: Served) {
        self.served.store(Arc::new(served));
    }

    /// Returns how long a client may take nothing of what is sent to it.
    pub(crate) fn stall_limit(&self) -> Option<Duration> {
        self.served.load().stall_limit
    }

    /// Returns how the server stops.
    pub(crate) fn stopping(&self) -> Stopping {
        self.served.load().stopping
    }

    /// Checks under which name this listener was asked.
    fn check_host(&self, served: &Served, head: &Parts) -> Result<(), Error> {
        match self.routes {
            Routes::Admin => served.hosts.admin.check(head),
            Routes::All | Routes::Public => served.hosts.clients.check(head),
        }
    }

    /// Returns the state behind `GET /healthz`.
    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    /// Answers a request.
    pub(crate) fn call<B>(
        &self,
        request: Request<B>,
    ) -> impl Future<Output = Result<Response<AccessLogBody<AnswerBody>>, Infallible>> + use<B>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let this = self.clone();
        async move {
            let (head, body) = request.into_parts();
            if this.routes == Routes::Admin && head.uri.path() == stored::PATH {
                let served = this.served.load_full();
                let answer = match this.check_host(&served, &head) {
                    Ok(()) => stored::answer(&served.responses, &head).await,
                    Err(refused) => refused.into(),
                };
                let answer = answer_unread(&head, body, answer).await;
                return Ok(answer.map(LayerBody::endpoint).map(AccessLogBody::unlogged));
            }
            // Probes are frequent, so they are not logged.
            if let Some(answer) = this.tell(&head) {
                let answer = answer_unread(&head, body, answer).await;
                return Ok(answer.map(LayerBody::endpoint).map(AccessLogBody::unlogged));
            }
            let cors = this.served.load().cors.clone();
            let log = this.log.clone();
            let mut logged = log.layer(LimitHeadersLayer::new().layer(this));
            let request = Request::from_parts(head, body);
            match cors {
                None => tower_service::Service::call(&mut logged, request).await,
                // Preflights need no key and are not logged.
                Some(cors) if request.method() == Method::OPTIONS => {
                    let (head, body) = request.into_parts();
                    let alone = Request::from_parts(head.clone(), Empty::<Bytes>::new());
                    let answer =
                        tower_service::Service::call(&mut cors.layer(logged), alone).await?;
                    let answer = answer.map(|_| ResponseBody::default());
                    let answer = answer_unread(&head, body, answer).await;
                    Ok(answer.map(LayerBody::endpoint).map(AccessLogBody::unlogged))
                }
                Some(cors) => tower_service::Service::call(&mut cors.layer(logged), request).await,
            }
        }
    }

    /// Answers a request of a client.
    fn answer<B>(
        &self,
        request: Request<B>,
    ) -> impl Future<Output = Result<Response<AnswerBody>, Infallible>> + use<B>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let this = self.clone();
        async move {
            let route = metrics::route(&this.prefix, request.uri().path());
            if this.is_list(request.uri().path())
                && let Some(context) = RequestContext::from_extensions(request.extensions())
            {
                context.record_route("/models");
            }
            let served = this.served.load_full();
            if let Some(page) = this.checks(&request) {
                let (head, body) = request.into_parts();
                let answer = page.check(&served, &head, body).await;
                return Ok(answer.map(LayerBody::endpoint));
            }
            let answer = match &served.service {
                Service::Alone(_, models) if this.is_list(request.uri().path()) => {
                    let (head, body) = request.into_parts();
                    let answer = models.answer(&served, &head).await;
                    answer_unread(&head, body, answer)
                        .await
                        .map(LayerBody::endpoint)
                }
                Service::Alone(service, _) => hyper::service::Service::call(service, request)
                    .await?
                    .map(LayerBody::endpoint),
                Service::WithModels(service) => {
                    hyper::service::Service::call(service, request).await?
                }
            };
            metrics::answered(route, answer.status());
            Ok(answer)
        }
    }

    /// Returns the page whose transcript is to be checked.
    fn checks<B>(&self, request: &Request<B>) -> Option<&Playground> {
        let is_check = request.uri().path() == playground::CHECK;
        let page = self.playground.as_ref();
        page.filter(|_| is_check && request.method() == Method::POST)
    }

    fn is_list(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&self.prefix);
        matches!(rest, Some("/models" | "/models/"))
    }

    /// Answers operational routes, which need no key.
    fn tell(&self, head: &Parts) -> Option<Response<ResponseBody>> {
        let path = head.uri.path();
        let is_admin = matches!(path, "/healthz" | "/metrics" | "/probe");
        match self.routes {
            Routes::Public if is_admin => return Some(not_here().into()),
            Routes::Admin if !is_admin => return Some(not_here().into()),
            Routes::All | Routes::Public | Routes::Admin => {}
        }
        let offered = (path, &self.metrics, &self.playground);
        let tell: &dyn Fn() -> Response<ResponseBody> = match offered {
            ("/", _, Some(page)) => &|| page.tell(),
            ("/healthz", ..) => &|| self.health.tell(),
            ("/metrics", Some(metrics), _) if metrics.is_shown() => &|| {
                self.record_circuits();
                metrics.tell(self.names_tenants)
            },
            ("/probe", ..) => &|| {
                let text = format!("{{\"active\":{}}}", self.active.get());
                body::document("application/json", text)
            },
            _ => return None,
        };
        // Load balancers may use any host name.
        if head.uri.path() != "/healthz"
            && let Err(refused) = self.check_host(&self.served.load(), head)
        {
            return Some(refused.into());
        }
        if head.method == Method::GET || head.method == Method::HEAD {
            return Some(tell());
        }
        let message = "This path is read-only: send GET.";
        Some(body::wrong_method("GET, HEAD", message))
    }
}

/// The path is answered by another listener, or by none.
fn not_here() -> Error {
    let message = "This path is not answered at this address.";
    Error::new(ErrorKind::NotFound, "unknown_url", message).param("url")
}

impl<B> tower_service::Service<Request<B>> for Endpoint
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.answer(request))
    }
}

#[cfg(test)]
mod tests {
    use openresponses_testing::EmbeddedModel;
    use openresponses_tower::Config;
    use openresponses_tower::provider::DynProvider;

    use super::*;

    #[tokio::test]
    async fn an_admin_listener_on_loopback_names_tenants_and_is_not_reached_under_the_name_of_a_page()
     {
        let public: SocketAddr = "0.0.0.0:80".parse().unwrap();
        let local: SocketAddr = "127.0.0.1:9090".parse().unwrap();
        let hosts = Hosts::of(public, local);
        let config = Config::new().allowed_hosts(hosts.clients.clone());
        let provider = DynProvider::new(EmbeddedModel::new());
        let models = Models::Own(OwnModels::Embedded);
        let served = Served::new(provider, config, models, "/v1", hosts);
        let mut clients = Endpoint::new(served, "/v1", ActiveCalls::default(), None, None);
        let admin = clients.split_admin();
        assert!(admin.names_tenants && !clients.names_tenants);
        assert!(!clients.clone().at(public).names_tenants);
        assert!(clients.clone().at(local).names_tenants);
        for (endpoint, path, host, is_refused) in [
            (&admin, "/stored?tenant=a", "page.example", true),
            (&admin, "/probe", "page.example", true),
            (&admin, "/probe", "localhost:9090", false),
            (&admin, "/healthz", "page.example", false),
            (&clients, "/v1/models", "page.example", false),
        ] {
            let request = Request::get(path).header("host", host);
            let request = request.body(Empty::<Bytes>::new()).unwrap();
            let status = endpoint.call(request).await.unwrap().status();
            assert_eq!(status == 403, is_refused, "{path} of {host}: {status}");
        }
    }
}
