//! Upgrading a request to a WebSocket connection.

use std::future::ready;
use std::sync::Arc;

use http::Response;
use http::request::Parts;
use hyper_util::rt::TokioIo;
use tokio::runtime::Handle;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::{Instrument, Span};

use super::core::Core;
use super::headers;
use super::plan;
use super::respond;
use super::response_body::ResponseBody;
use super::route::no_websocket;
use super::start;
use crate::access_log::AccessLine;
use crate::authorize;
use crate::bounds::{BoundedResource, Claim, Discarded, Tenant};
use crate::error::{Error, Refusal};
use crate::guard;
use crate::provider::Provider;
use crate::request_context::RequestContext;
use crate::shutdown::{Stage, shutting_down};
use crate::store::ScopedStore;
use crate::turn::ConnectionCache;
use crate::ws::{self, Authorizing, Beginning, Connection, Create, Host, MessageReading, Reading};

/// Answers 101, or 200 over HTTP/2, and runs the connection in its own task.
pub(super) fn upgrade<P: Provider>(
    core: Arc<Core<P>>,
    mut head: Parts,
    store: ScopedStore,
    tenant: &Arc<Tenant>,
) -> Result<Response<ResponseBody>, Refusal> {
    let config = &core.config;
    let Some(sockets) = config.websocket.clone() else {
        return Err(no_websocket());
    };
    let Some(accepted) = ws::accept(&mut head, &sockets)? else {
        return Err(no_websocket());
    };
    let ws::Accepted {
        upgrade,
        status,
        headers,
    } = accepted;
    if config.shutdown.stage() > Stage::Running {
        return Err(shutting_down().into());
    }
    let slot = tenant.hold(BoundedResource::Connections, 1)?;
    let runtime = Handle::try_current().map_err(Error::server)?;
    let reading = Reading {
        profile: config.profile,
        limits: config.json_limits,
        message_limit: sockets
            .message_limit
            .unwrap_or(usize::try_from(config.body_limit).unwrap_or(usize::MAX)),
        message_time: config.body_time,
        stall_limit: config.stall_limit,
    };
    let shutdown = config.shutdown.watch();
    let cache = Arc::new(ConnectionCache::new(
        sockets.conversation_limit,
        tenant.nothing(BoundedResource::Memory),
    ));
    let memory = tenant.nothing(BoundedResource::Memory);
    let host = Arc::new(Turns {
        core: Arc::clone(&core),
        // Connections live long and are mostly idle.
        head: headers::detached(head),
        store,
        tenant: Arc::clone(tenant),
        cache: Arc::clone(&cache),
    });
    let connection = async move {
        let _connection = slot;
        match upgrade.await {
            Ok(io) => {
                let io = TokioIo::new(io);
                Connection::new(io, &sockets, reading, cache, memory, host, shutdown)
                    .await
                    .run()
                    .await;
            }
            Err(error) => tracing::debug!(%error, "the connection was not handed over"),
        }
    };
    runtime.spawn(connection.instrument(Span::current()));
    Ok(respond::opening(status, headers))
}

/// Starts the turns of one connection.
struct Turns<P> {
    core: Arc<Core<P>>,
    /// The head of the handshake, copied into the request of each turn.
    head: Parts,
    store: ScopedStore,
    tenant: Arc<Tenant>,
    cache: Arc<ConnectionCache>,
}

impl<P: Provider> Host for Turns<P> {
    fn authorize(self: Arc<Self>) -> Authorizing {
        Box::pin(async move {
            let hook = &*self.core.config.authorize;
            authorize::message(hook, &self.head).await
        })
    }

    fn read(self: Arc<Self>, text: Utf8Bytes, reading: Reading) -> MessageReading {
        Box::pin(async move {
            let bytes = text.len() as u64;
            let mut memory = self.tenant.hold(BoundedResource::Memory, bytes)?;
            let read = move || {
                let mut create = ws::read_message(&text, reading, |more| memory.grow(more))?;
                drop(text);
                // Less is always available.
                let _ = memory.resize(create.valid.weight);
                create.memory = Some(memory);
                Ok(create)
            };
            self.tenant.work(bytes, read).await?
        })
    }

    fn begin(self: Arc<Self>, create: Box<Create>) -> (Beginning, Option<Box<AccessLine>>) {
        // The extensions are the host's.
        let mut head = match guard::call(|| self.head.clone()) {
            Ok(head) => head,
            Err(error) => return (Box::pin(ready(Err(error))), None),
        };
        let mut span = Span::none();
        let mut line = None;
        if let Some(handshake) = RequestContext::from_extensions(&head.extensions) {
            let turn = handshake.begin_turn();
            span = turn.span().clone();
            line = turn
                .is_logged()
                .then(|| Box::new(AccessLine::of_turn(turn.clone(), create.bytes)));
            head.extensions.insert(turn);
        }
        let bytes = create.bytes;
        let shutdown = self.core.config.shutdown.clone();
        let begin = async move {
            let Core {
                config, provider, ..
            } = &*self.core;
            let cache = Some(Arc::clone(&self.cache));
            if !create.generate {
                guard::call(|| provider.warm_up(&head))??;
            }
            let mut claim = Claim::new(Arc::clone(&self.tenant))?;
            match create.memory {
                Some(memory) => *claim.memory() = memory,
                None => claim.memory().grow(create.valid.weight)?,
            }
            let store = self.store.clone();
            let planned = plan::plan_valid(config, store, create.valid, cache, claim).await?;
            let events = if create.generate {
                start::start(config, provider, head, planned).await?.stream
            } else {
                start::warm_up(config, *planned)
            };
            Ok(events.without_error_event())
        };
        let begin = async move { shutdown.unless_ended(begin).await };
        let begin = Discarded::new(bytes, begin.instrument(span));
        (Box::pin(begin), line)
    }

    fn refused(&self, refusal: &ws::Refusal) {
        let handshake = RequestContext::from_extensions(&self.head.extensions);
        let Some(handshake) = handshake.filter(RequestContext::is_logged) else {
            return;
        };
        let mut line = AccessLine::of_turn(handshake.begin_turn(), refusal.bytes);
        line.refused(&refusal.error);
        line.sent(refusal.text.len());
    }
}
