//! From a request to a response.

use std::pin::{Pin, pin};
use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use tracing::Instrument;

use super::body::{Buffered, read_body};
use super::core::Core;
use super::follow::Follower;
use super::plan::PlannedTurn;
use super::respond;
use super::response_body::ResponseBody;
use super::resume::{StreamQuery, resume};
use super::route::{Route, Upgrade, no_websocket, route};
use super::unread::{RequestBody, Requester};
#[cfg(feature = "ws")]
use super::upgrade;
use super::{
    background, compact, headers, input_tokens, leniencies, plan, resumable, retrieve, start,
};
use crate::authorize;
use crate::bounds::{Claim, Discarded};
use crate::error::{BoxError, Refusal};
use crate::provider::Provider;
use crate::request_context::RequestContext;
use crate::store::ScopedStore;

/// Room for the text of a short response, in bytes.
const RESPONSE: usize = 2 * 1024;

impl<P: Provider> Core<P> {
    /// Answers a request, as `wrap` makes it of the response. Errors become error responses.
    pub(crate) async fn answer<B, T>(
        self: Arc<Self>,
        mut request: Request<B>,
        wrap: impl FnOnce(Response<ResponseBody>) -> T,
    ) -> T
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        self.watch_background();
        let outer = RequestContext::from_extensions(request.extensions());
        let context = outer.unwrap_or_else(|| {
            let config = &self.config;
            let (method, headers) = (request.method(), request.headers());
            RequestContext::begin_with(method, headers, &*config.ids, &config.propagation, false)
        });
        request.extensions_mut().insert(context.clone());
        let (head, body) = request.into_parts();
        let requester = Requester::new(&head);
        let mut body = Box::pin(RequestBody::new(body));
        let core = Arc::clone(&self);
        let answer = async {
            let answer = pin!(try_answer(core, head, body.as_mut(), &context));
            // Whatever it waits for: the caller's credentials, the body, the store or the provider.
            match self.config.shutdown.unless_ended(answer).await {
                Ok(answer) => answer,
                Err(refusal) => {
                    context.record_error(&refusal.error);
                    respond::refusal(refusal)
                }
            }
        };
        let mut answer = answer.instrument(context.span().clone()).await;
        answer.body_mut().watch(&self.stalls);
        let answer = respond::with_request_id(answer, context.request_id_value());
        let shutdown = Some(self.config.shutdown.clone());
        wrap(requester.complete(body, answer, shutdown).await)
    }
}

async fn try_answer<P, B>(
    core: Arc<Core<P>>,
    mut head: Parts,
    body: Pin<&mut RequestBody<B>>,
    context: &RequestContext,
) -> Result<Response<ResponseBody>, Refusal>
where
    P: Provider,
    B: Body,
    B::Error: Into<BoxError>,
{
    let config = &core.config;
    let upgrade = Upgrade::of(&head, config.offers_websocket());
    let route = route(&config.prefix, &head.method, head.uri.path(), upgrade)?;
    context.record_route(route.template());
    config.allowed_hosts.check(&head)?;
    if route == Route::WebSocket && !config.offers_websocket() {
        return Err(no_websocket());
    }
    let caller = authorize::request(&*config.authorize, &head).await?;
    let store = config.scoped_store(caller.scope());
    if config.log_tenant {
        context.record_tenant(caller.scope().as_str());
    }
    let tenant = config.bounds.tenant(caller.scope());
    caller.enter(&mut head.extensions);
    headers::hide_secrets(&mut head.headers);
    #[cfg(feature = "ws")]
    if route == Route::WebSocket {
        return upgrade::upgrade(core, head, store, &tenant);
    }
    let mut claim = Claim::new(tenant)?;
    // The future of this function is moved several times before its first poll, so what it awaits lies in
    // memory of its own.
    let wanted = match route {
        Route::Create => Wanted::Response,
        Route::Compact => Wanted::Compaction,
        Route::InputTokens => Wanted::InputTokens,
        Route::Retrieve(id) => {
            let query = head.uri.query().unwrap_or_default();
            if let Some(wanted) = StreamQuery::read(query, &head.headers)? {
                return Ok(Box::pin(resume(&core, &store, id, wanted, claim)).await?);
            }
            return Ok(Box::pin(retrieve::retrieve(&store, claim, id)).await?);
        }
        Route::Delete(id) => {
            let answer = Box::pin(retrieve::delete(&store, id)).await?;
            Box::pin(config.jobs.stop(store.scope(), id)).await;
            return Ok(answer);
        }
        Route::Cancel(id) => {
            return Ok(Box::pin(background::cancel(&config.jobs, &store, claim, id)).await?);
        }
        Route::InputItems(id) => {
            let query = head.uri.query().unwrap_or_default();
            return Ok(Box::pin(retrieve::input_items(config, &store, claim, id, query)).await?);
        }
        Route::WebSocket => return Err(no_websocket()),
    };
    headers::check(&head.headers, config.body_limit)?;
    let (limit, time) = (config.body_limit, config.body_time);
    let body = read_body(body, limit, time, claim.memory()).await?;
    match wanted {
        Wanted::Response => {
            let bytes = body.len() as u64;
            Discarded::new(bytes, create(core, head, store, body, claim)).await
        }
        Wanted::Compaction => {
            let window = Box::pin(compact::window(config, &store, body, &mut claim)).await?;
            let compacted = compact::compact(config, &core.provider, head, window, claim);
            Ok(Box::pin(compacted).await?)
        }
        Wanted::InputTokens => {
            let turn = Box::pin(plan::turn(config, &store, body, &mut claim)).await?;
            Ok(Box::pin(input_tokens::count(config, &core.provider, head, turn)).await?)
        }
    }
}

/// What a request with a body asks for.
enum Wanted {
    Response,
    Compaction,
    InputTokens,
}

async fn create<P: Provider>(
    core: Arc<Core<P>>,
    head: Parts,
    store: ScopedStore,
    body: Buffered,
    claim: Claim,
) -> Result<Response<ResponseBody>, Refusal> {
    let planned = plan::plan(&core.config, store, body, claim).await?;
    let mut headers = HeaderMap::new();
    if core.config.report_leniencies {
        leniencies::add(&planned.turn.warnings, &mut headers);
    }
    let mut answer = run(core, head, planned).await?;
    if !headers.is_empty() {
        answer.headers_mut().extend(headers);
    }
    Ok(answer)
}

async fn run<P: Provider>(
    core: Arc<Core<P>>,
    head: Parts,
    mut planned: Box<PlannedTurn>,
) -> Result<Response<ResponseBody>, Refusal> {
    let config = &core.config;
    if planned.turn.background
        && let Some(spawner) = config.background.clone()
    {
        return Ok(Box::pin(background::start(core, &spawner, head, planned)).await?);
    }
    let stream = planned.turn.stream;
    let resume = config.resume.clone().filter(|_| {
        // What is not stored is not kept in another place, either.
        stream && planned.commit.persist && planned.store().keeps_events()
    });
    let kept = resume.map(|resume| {
        let claim = planned.claim.share();
        let follower = Follower::new(
            planned.store().clone(),
            &planned.response.id,
            None,
            &config.shutdown,
            claim.tenant(),
        );
        // In memory of its own, since most streams are not kept.
        Box::new((resume, follower, claim))
    });
    let begun = start::start(config, &core.provider, head, planned).await?;
    if let Some(kept) = kept {
        let (resume, follower, claim) = *kept;
        return Ok(Box::pin(resumable::start(&core, &resume, follower, claim, begun)).await);
    }
    if stream {
        return Ok(respond::events(
            begun.headers,
            begun.stream,
            config.heartbeat,
            &core.stalls,
        ));
    }
    let (text, claim) = begun.stream.collect(print).await?;
    let answer = respond::json(StatusCode::OK, begun.headers, text);
    Ok(match claim {
        Some(claim) => respond::holding_made(answer, claim),
        None => answer,
    })
}

fn print(response: &openresponses_types::Response) -> String {
    let mut text = String::with_capacity(RESPONSE);
    // Printing into a string cannot fail.
    let _ = response.write_json(&mut text);
    text
}
