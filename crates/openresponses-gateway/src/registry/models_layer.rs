use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response};
use http_body::Body;
use openresponses_tower::service::{LayerBody, Prefix, ResponseBody, answer_unread};
use openresponses_tower::{AllowedHosts, BoxError, Error, ErrorKind, guard};
use tower_layer::Layer;
use tower_service::Service;

use super::listing;
use super::registry::Registry;
use crate::auth::Auth;
use crate::percent;

/// Lists the models of a [`Registry`] at `GET {prefix}/models` and shows one at `GET
/// {prefix}/models/{id}`; other requests pass through unchanged.
///
/// The id may be percent-encoded: `/v1/models/openai%2Fgpt` and `/v1/models/openai/gpt` are equal.
/// With [`auth`](Self::auth) callers are authenticated; by default the list is public.
///
/// ```
/// use http::{Request, Response};
/// use openresponses_gateway::auth::{ApiKeys, Auth, Credentials};
/// use openresponses_gateway::registry::{Catalog, ModelsLayer, Registry};
/// use tower::{Layer, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let registry = Registry::new(Catalog::new()).unwrap();
/// let keys = ApiKeys::new().key("acme", "sk-acme").unwrap();
/// let layer = ModelsLayer::new(registry).auth(Auth::new(Credentials::new().api_keys(keys)));
/// let service = layer.layer(service_fn(|_: Request<String>| async {
///     Ok::<_, std::convert::Infallible>(Response::new(String::from("the service behind")))
/// }));
/// let request = Request::get("/v1/models").header("x-api-key", "sk-acme").body(String::new()).unwrap();
/// assert_eq!(service.clone().oneshot(request).await.unwrap().status(), 200);
/// let refused = service.oneshot(Request::get("/v1/models").body(String::new()).unwrap()).await.unwrap();
/// assert_eq!(refused.status(), 401);
/// # }
/// ```
#[derive(Clone)]
pub struct ModelsLayer {
    registry: Registry,
    prefix: Prefix,
    hosts: AllowedHosts,
    auth: Option<Auth>,
    permit: Option<Arc<Permit>>,
    more: Option<Arc<More>>,
}

type More = dyn Fn() -> Pin<Box<dyn Future<Output = Vec<String>> + Send>> + Send + Sync;

type Permit = dyn Fn(&Parts, &str) -> bool + Send + Sync;

impl ModelsLayer {
    /// Creates a layer that lists a registry's models under `/v1`.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self {
            registry,
            prefix: Prefix::new("/v1"),
            hosts: AllowedHosts::any(),
            auth: None,
            permit: None,
            more: None,
        }
    }

    /// Sets the path before `/models`. Default: `/v1`.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = Prefix::new(prefix);
        self
    }

    /// Sets the hosts that requests may be sent to, as
    /// [`Config::allowed_hosts`](openresponses_tower::Config::allowed_hosts) does for the endpoint.
    /// Default: all.
    #[must_use]
    pub fn allowed_hosts(mut self, hosts: AllowedHosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// Sets who may see the list. Default: everyone.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Sets which models a caller may see, like [`Gateway::permit`](crate::Gateway::permit) for
    /// their use. Default: all.
    #[must_use]
    pub fn permit(mut self, permit: impl Fn(&Parts, &str) -> bool + Send + Sync + 'static) -> Self {
        self.permit = Some(Arc::new(permit));
        self
    }

    /// Lists the models that `source` names besides those of the registry, such as the models that a
    /// provider lists itself. It is asked for each list. Default: none.
    #[must_use]
    pub fn also<F, R>(mut self, source: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Vec<String>> + Send + 'static,
    {
        self.more = Some(Arc::new(move || Box::pin(source())));
        self
    }

    fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        self.prefix.below("models", path)
    }

    async fn answer<B>(self, mut head: Parts, body: B) -> Response<ResponseBody>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let answered = guard::decided(self.try_answer(&mut head)).await;
        let is_method = |error: &Error| error.kind() == ErrorKind::MethodNotAllowed;
        let allow = answered.as_ref().is_err_and(is_method);
        let mut answer = answered.unwrap_or_else(Into::into);
        if allow {
            let reads = HeaderValue::from_static("GET, HEAD");
            answer.headers_mut().insert(ALLOW, reads);
        }
        answer_unread(&head, body, answer).await
    }

    async fn try_answer(&self, head: &mut Parts) -> Result<Response<ResponseBody>, Error> {
        self.hosts.check(head)?;
        if let Some(auth) = &self.auth {
            auth.leave_principal(head).await?;
        }
        if head.method != Method::GET && head.method != Method::HEAD {
            return Err(Error::new(
                ErrorKind::MethodNotAllowed,
                "method_not_allowed",
                "Models can only be read here: send GET.",
            )
            .param("method"));
        }
        let catalog = self.registry.catalog();
        let permit = self.permit.as_deref();
        let permits = |id: &str| permit.is_none_or(|permit| permit(head, id));
        let found = match self.below(head.uri.path()).unwrap_or_default() {
            "" | "/" => listing::list(&catalog, &self.more().await, permits),
            rest => {
                let id = rest.strip_prefix('/').and_then(percent::decode);
                let id = id.ok_or_else(|| Error::model_not_found(rest))?;
                // Models of the catalog are known without asking others.
                let known = listing::one(&catalog, &[], &id, permits);
                let one = match known {
                    Some(known) => Some(known),
                    None => listing::one(&catalog, &self.more().await, &id, permits),
                };
                one.ok_or_else(|| Error::model_not_found(&id))?
            }
        };
        Ok(ResponseBody::document(found.to_string()))
    }

    async fn more(&self) -> Vec<String> {
        match &self.more {
            Some(more) => more().await,
            None => Vec::new(),
        }
    }
}

impl fmt::Debug for ModelsLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelsLayer")
            .field("registry", &self.registry)
            .field("prefix", &self.prefix)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for ModelsLayer {
    type Service = ModelsService<S>;

    fn layer(&self, inner: S) -> ModelsService<S> {
        ModelsService {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service with the list of models in front of it, created by [`ModelsLayer`].
#[derive(Clone, Debug)]
pub struct ModelsService<S> {
    inner: S,
    layer: ModelsLayer,
}

impl<S, B, R> Service<Request<B>> for ModelsService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
{
    type Response = Response<LayerBody<R>>;
    type Error = S::Error;
    type Future = ModelsFuture<R, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.layer.below(request.uri().path()).is_some() {
            let (head, body) = request.into_parts();
            let answer = self.layer.clone().answer(head, body);
            return ModelsFuture(Box::pin(async move {
                Ok(answer.await.map(LayerBody::endpoint))
            }));
        }
        let answer = self.inner.call(request);
        ModelsFuture(Box::pin(
            async move { Ok(answer.await?.map(LayerBody::inner)) },
        ))
    }
}

/// The response future of [`ModelsService`].
pub struct ModelsFuture<R, E>(Answering<R, E>);

type Answering<R, E> = Pin<Box<dyn Future<Output = Result<Response<LayerBody<R>>, E>> + Send>>;

impl<R, E> Future for ModelsFuture<R, E> {
    type Output = Result<Response<LayerBody<R>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<R, E> fmt::Debug for ModelsFuture<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ModelsFuture")
    }
}
