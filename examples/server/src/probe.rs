//! The endpoint with `GET /probe` beside it.

use std::convert::Infallible;
use std::future::Future;

use http_body_util::{Either, Full};
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::service::TowerToHyperService;
use openresponses_tower::{BoxError, OpenResponses, Provider, ResponseBody};

use crate::counted::Active;

/// The whole service.
pub(crate) struct Endpoint<P> {
    responses: TowerToHyperService<OpenResponses<P>>,
    active: Active,
}

impl<P> Clone for Endpoint<P> {
    fn clone(&self) -> Self {
        Self {
            responses: self.responses.clone(),
            active: self.active.clone(),
        }
    }
}

impl<P: Provider> Endpoint<P> {
    pub(crate) fn new(responses: OpenResponses<P>, active: Active) -> Self {
        Self {
            responses: TowerToHyperService::new(responses),
            active,
        }
    }

    /// Answers a request.
    pub(crate) fn call<B>(
        &self,
        request: Request<B>,
    ) -> impl Future<Output = Result<Response<Either<Full<Bytes>, ResponseBody>>, Infallible>> + use<P, B>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let probed = *request.method() == Method::GET && request.uri().path() == "/probe";
        let answer = if probed {
            let text = format!("{{\"active\":{}}}", self.active.get());
            let mut answer = Response::new(Either::Left(Full::from(text)));
            let json = HeaderValue::from_static("application/json");
            answer.headers_mut().insert(CONTENT_TYPE, json);
            Ok(answer)
        } else {
            Err(hyper::service::Service::call(&self.responses, request))
        };
        async move {
            match answer {
                Ok(answer) => Ok(answer),
                Err(asked) => Ok(asked.await?.map(Either::Right)),
            }
        }
    }
}
