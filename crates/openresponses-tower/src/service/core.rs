//! What the layer and the bare service share: a request in, an answer out.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use http_body::Body;

use super::config::Config;
use super::reply::{self, ResponseBody};
use super::route::{Refusal, Route, route};
use super::{head, pipeline, read_body::read_body};
use crate::error::BoxError;
use crate::provider::Provider;

pub(super) struct Core<P> {
    pub(super) config: Config,
    pub(super) provider: P,
}

impl<P: Provider> Core<P> {
    /// Answers, whatever happens.
    pub(super) async fn answer<B>(self: Arc<Self>, request: Request<B>) -> Response<ResponseBody>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let id = head::request_id(request.headers(), &*self.config.ids);
        let answer = match self.try_answer(request).await {
            Ok(answer) => answer,
            Err(refusal) => reply::refusal(refusal),
        };
        reply::with_request_id(answer, id)
    }

    async fn try_answer<B>(&self, request: Request<B>) -> Result<Response<ResponseBody>, Refusal>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        let config = &self.config;
        let (mut head, body) = request.into_parts();
        let path = head.uri.path();
        let Route::Create = route(&config.prefix, &head.method, path, &head.headers)?;
        let scope = config.authorize.authorize(&head).await?;
        head::check(&head.headers, config.body_limit)?;
        let body = read_body(body, config.body_limit).await?;
        let turn = pipeline::turn(config, &body)?;
        // The typed turn holds all of it; large bodies should not live as long as the stream.
        drop(body);
        head.extensions.insert(scope);
        let stream = turn.stream;
        let begun = pipeline::begin(config, &self.provider, head, turn).await?;
        if stream {
            return Ok(reply::events(begun.headers, begun.stream));
        }
        let response = begun.stream.collect().await?;
        Ok(reply::json(
            StatusCode::OK,
            begun.headers,
            response.to_json(),
        ))
    }
}
