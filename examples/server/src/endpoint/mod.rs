//! The whole service: the endpoint, the list of models, and what operators ask.

mod body;
mod health;
mod metrics;

use std::convert::Infallible;
use std::future::Future;

use hyper::body::Body;
use hyper::{Method, Request, Response};
use hyper_util::service::TowerToHyperService;
use openresponses_gateway::registry::{DynProvider, ModelsLayer, ModelsService};
use openresponses_tower::{BoxError, OpenResponses};
use tower_layer::Layer;

use crate::counted::Active;
use body::AnswerBody;
pub(crate) use health::Health;
pub(crate) use metrics::Metrics;

/// Answers every request of every connection.
#[derive(Clone)]
pub(crate) struct Endpoint {
    service: Service,
    prefix: String,
    active: Active,
    health: Health,
    metrics: Option<Metrics>,
}

#[derive(Clone)]
enum Service {
    Alone(TowerToHyperService<OpenResponses<DynProvider>>),
    WithModels(TowerToHyperService<ModelsService<OpenResponses<DynProvider>>>),
}

impl Endpoint {
    pub(crate) fn new(
        responses: OpenResponses<DynProvider>,
        models: Option<ModelsLayer>,
        prefix: &str,
        active: Active,
        metrics: Option<Metrics>,
    ) -> Self {
        let service = match models {
            Some(layer) => Service::WithModels(TowerToHyperService::new(
                layer.prefix(prefix).layer(responses),
            )),
            None => Service::Alone(TowerToHyperService::new(responses)),
        };
        Self {
            service,
            prefix: prefix.to_owned(),
            active,
            health: Health::default(),
            metrics,
        }
    }

    /// What `GET /healthz` says.
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
        let told = self.tell(request.method(), request.uri().path());
        let this = self.clone();
        async move {
            if let Some(told) = told {
                return Ok(told);
            }
            let route = metrics::route(&this.prefix, request.uri().path());
            let answer = match &this.service {
                Service::Alone(service) => hyper::service::Service::call(service, request)
                    .await?
                    .map(body::alone),
                Service::WithModels(service) => hyper::service::Service::call(service, request)
                    .await?
                    .map(body::layered),
            };
            metrics::answered(route, answer.status());
            Ok(answer)
        }
    }

    /// What operators ask. None of it needs a key, and none of it tells of a tenant.
    fn tell(&self, method: &Method, path: &str) -> Option<Response<AnswerBody>> {
        let reads = *method == Method::GET || *method == Method::HEAD;
        match path {
            "/healthz" if reads => Some(self.health.tell()),
            "/metrics" if reads => self.metrics.as_ref().map(Metrics::tell),
            "/probe" if *method == Method::GET => {
                let text = format!("{{\"active\":{}}}", self.active.get());
                Some(body::document("application/json", text))
            }
            _ => None,
        }
    }
}
