//! The whole service: the endpoint, the list of models, and operational routes.

mod body;
mod health;
mod metrics;
mod models;

use std::convert::Infallible;
use std::future::Future;

use hyper::body::Body;
use hyper::header::{ALLOW, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response};
use hyper_util::service::TowerToHyperService;
use openresponses_gateway::registry::{ModelsLayer, ModelsService};
use openresponses_tower::provider::DynProvider;
use openresponses_tower::{AllowedHosts, BoxError, Error, ErrorKind, OpenResponses};
use tower_layer::Layer;

use crate::active_calls::ActiveCalls;
use body::AnswerBody;
pub(crate) use health::Health;
pub(crate) use metrics::Metrics;
pub(crate) use models::OwnModels;

/// Answers every request of every connection.
#[derive(Clone)]
pub(crate) struct Endpoint {
    service: Service,
    prefix: String,
    hosts: AllowedHosts,
    active: ActiveCalls,
    health: Health,
    metrics: Option<Metrics>,
}

#[derive(Clone)]
enum Service {
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

impl Endpoint {
    pub(crate) fn new(
        responses: OpenResponses<DynProvider>,
        models: Models,
        prefix: &str,
        hosts: AllowedHosts,
        active: ActiveCalls,
        metrics: Option<Metrics>,
    ) -> Self {
        let service = match models {
            Models::Listed(layer) => {
                let layer = layer.prefix(prefix).allowed_hosts(hosts.clone());
                Service::WithModels(TowerToHyperService::new(layer.layer(responses)))
            }
            Models::Own(models) => Service::Alone(TowerToHyperService::new(responses), models),
        };
        Self {
            service,
            prefix: prefix.to_owned(),
            hosts,
            active,
            health: Health::default(),
            metrics,
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
    ) -> impl Future<Output = Result<Response<AnswerBody>, Infallible>> + use<B>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let this = self.clone();
        async move {
            let (head, body) = request.into_parts();
            let is_head = head.method == Method::HEAD;
            if let Some(answer) = this.tell(&head) {
                return Ok(body::sent(answer, is_head));
            }
            let request = Request::from_parts(head, body);
            let route = metrics::route(&this.prefix, request.uri().path());
            let answer = match &this.service {
                Service::Alone(_, models) if this.is_list(request.uri().path()) => {
                    let (head, _) = request.into_parts();
                    models.clone().answer(&head, &this.hosts).await
                }
                Service::Alone(service, _) => hyper::service::Service::call(service, request)
                    .await?
                    .map(body::alone),
                Service::WithModels(service) => hyper::service::Service::call(service, request)
                    .await?
                    .map(body::layered),
            };
            metrics::answered(route, answer.status());
            Ok(body::sent(answer, is_head))
        }
    }

    fn is_list(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&self.prefix);
        matches!(rest, Some("/models" | "/models/"))
    }

    /// Answers operational routes, which need no key and reveal nothing about tenants.
    fn tell(&self, head: &Parts) -> Option<Response<AnswerBody>> {
        let tell: &dyn Fn() -> Response<AnswerBody> = match (head.uri.path(), &self.metrics) {
            ("/healthz", _) => &|| self.health.tell(),
            ("/metrics", Some(metrics)) => &|| metrics.tell(),
            ("/probe", _) => &|| {
                let text = format!("{{\"active\":{}}}", self.active.get());
                body::document("application/json", text)
            },
            _ => return None,
        };
        // Load balancers may use any host name.
        if head.uri.path() != "/healthz"
            && let Err(refused) = self.hosts.check(head)
        {
            return Some(body::refusal(refused));
        }
        if head.method == Method::GET || head.method == Method::HEAD {
            return Some(tell());
        }
        let error = Error::new(
            ErrorKind::MethodNotAllowed,
            "method_not_allowed",
            "This path is read-only: send GET.",
        );
        let mut refusal = body::refusal(error.param("method"));
        let reads = HeaderValue::from_static("GET, HEAD");
        refusal.headers_mut().insert(ALLOW, reads);
        Some(refusal)
    }
}
