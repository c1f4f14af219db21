use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use http::{Request, Response};
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::store::ResponseStore;
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::normalize::ContextWindow;
use openresponses_types::{Item, Turn};

use crate::approval::{ApprovalKey, Approver, Records};
use crate::limits::Limits;
#[cfg(feature = "mcp")]
use crate::mcp::{AllowedServers, Connection, HttpClient, Servers, sources};
use crate::offer::{ANSWERED, History, Offers, OwnItems, Reader, Resumed, Source};
use crate::rounds::{LoopMachine, Settings, scope};
use crate::run::LoopStream;
use crate::tool::Tool;
use crate::tools::Tools;

/// A provider that runs the tools of the server: it samples the provider that it wraps, runs the calls
/// of registered tools, feeds the results back, and goes on until the model is done or calls a
/// function of the client's. Spec: "The Agentic loop".
///
/// See the [crate](crate) for an example.
///
/// ```
/// use openresponses_testing::EmbeddedModel;
/// use openresponses_tools::{CallContext, ToolError, ToolLoop, Tools};
/// use openresponses_tower::{Config, OpenResponses};
///
/// let tools = Tools::new()
///     .function("now", |(): (), _: CallContext| async { Ok::<_, ToolError>("noon") });
/// let service = OpenResponses::new(ToolLoop::new(EmbeddedModel::new(), tools), Config::new());
/// # let _ = service;
/// ```
pub struct ToolLoop<P> {
    provider: Arc<P>,
    tools: Vec<Arc<Tool>>,
    #[cfg(feature = "mcp")]
    servers: Vec<Arc<Connection>>,
    #[cfg(feature = "mcp")]
    allowed: AllowedServers,
    #[cfg(feature = "mcp")]
    client: HttpClient,
    limits: Limits,
    approval_key: Option<ApprovalKey>,
    approval_records: Option<Records>,
    approver: Arc<Approver>,
}

impl<P: Provider> ToolLoop<P> {
    /// Wraps a provider.
    #[must_use]
    pub fn new(provider: P, tools: Tools) -> Self {
        #[cfg(feature = "mcp")]
        let client = HttpClient::default();
        #[cfg(feature = "mcp")]
        let servers = tools.servers.into_iter();
        Self {
            provider: Arc::new(provider),
            tools: tools.tools,
            #[cfg(feature = "mcp")]
            servers: servers.map(|it| it.connect(client.clone())).collect(),
            #[cfg(feature = "mcp")]
            allowed: tools.allowed,
            #[cfg(feature = "mcp")]
            client,
            limits: Limits::default(),
            approval_key: None,
            approval_records: None,
            approver: Arc::new(Approver::new(None, None)),
        }
    }

    /// Sets the bounds of each response's loop.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the key that requests for approval are signed with. Default: a random one.
    #[must_use]
    pub fn approval_key(mut self, key: ApprovalKey) -> Self {
        self.approval_key = Some(key);
        self.approver()
    }

    /// Keeps requests for approval in a store that several servers share: each can be answered at any
    /// of them, once, also after a restart. Default: each process remembers its own.
    ///
    /// The records are in scopes of their own, which clients do not reach, and expire with the store's.
    #[must_use]
    pub fn approval_store(mut self, store: impl ResponseStore) -> Self {
        self.approval_records = Some(Records::new(store));
        self.approver()
    }

    fn approver(mut self) -> Self {
        let (key, records) = (self.approval_key.clone(), self.approval_records.clone());
        self.approver = Arc::new(Approver::new(key, records));
        self
    }

    /// Takes the approvals of a request, each of which counts once: all of them, or none where one
    /// cannot be taken.
    async fn take_approvals(&self, head: &Parts, resumed: &[Resumed]) -> Result<(), Error> {
        let scope = scope(head);
        for (at, approval) in resumed.iter().enumerate() {
            let id = &approval.approval_request_id;
            let taken = self.approver.take(scope.as_str(), id).await;
            let error = match taken {
                Ok(true) => continue,
                Ok(false) => Error::invalid_request(&approval.path, ANSWERED),
                Err(error) => error,
            };
            for taken in resumed.iter().take(at) {
                let id = &taken.approval_request_id;
                self.approver.give_back(scope.as_str(), id).await;
            }
            return Err(error);
        }
        Ok(())
    }

    /// The servers that the turn uses, with their tools.
    #[cfg(feature = "mcp")]
    async fn sources(&self, head: &Parts, turn: &Turn) -> Result<Vec<Source>, Error> {
        let servers = Servers {
            of_host: &self.servers,
            allowed: &self.allowed,
            client: &self.client,
        };
        sources(servers, head, turn).await
    }

    #[cfg(not(feature = "mcp"))]
    async fn sources(&self, _: &Parts, _: &Turn) -> Result<Vec<Source>, Error> {
        Ok(Vec::new())
    }

    #[cfg(feature = "mcp")]
    fn has_servers(&self) -> bool {
        !self.servers.is_empty() || !self.allowed.is_empty()
    }

    #[cfg(not(feature = "mcp"))]
    fn has_servers(&self) -> bool {
        false
    }

    fn own_items(&self) -> OwnItems<'_> {
        OwnItems {
            tools: &self.tools,
            has_servers: self.has_servers(),
        }
    }

    /// What a turn offers, and its conversation as the model can read it.
    async fn prepare(&self, head: &Parts, turn: &mut Turn) -> Result<Prepared, Error> {
        let sources = self.sources(head, turn).await?;
        let permitted = self.tools.iter().filter(|tool| {
            let permit = tool.permit.as_ref();
            permit.is_none_or(|permit| permit(head, &turn.model))
        });
        let permitted: Vec<_> = permitted.map(Arc::clone).collect();
        let offers = Offers::new(&permitted, &sources, self.own_items(), turn);
        let history = self.read(&offers, &sources, head, &turn.items, turn.input_start)?;
        let is_new = |source: &Source| source.is_new(&turn.items);
        let announced = sources.into_iter().filter(is_new).collect();
        turn.items = history.items;
        turn.input_start = history.input_start;
        Ok(Prepared {
            offers,
            announced,
            resumed: history.resumed,
        })
    }

    fn read(
        &self,
        offers: &Offers,
        sources: &[Source],
        head: &Parts,
        items: &[Arc<Item>],
        input_start: usize,
    ) -> Result<History, Error> {
        let scope = scope(head);
        let reader = Reader {
            own: self.own_items(),
            offers,
            sources,
            approver: &self.approver,
            scope: scope.as_str(),
        };
        History::read(reader, items, input_start)
    }
}

/// What the loop makes of a turn.
struct Prepared {
    offers: Offers,
    /// The servers whose listings the client has not seen.
    announced: Vec<Source>,
    /// The calls that the client has just approved.
    resumed: Vec<Resumed>,
}

impl<P: Provider> Provider for ToolLoop<P> {
    fn warm_up(&self, head: &Parts) -> Result<(), Error> {
        self.provider.warm_up(head)
    }

    async fn respond(&self, request: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let (head, mut turn) = request.into_parts();
        let Prepared {
            offers,
            announced,
            resumed,
        } = self.prepare(&head, &mut turn).await?;
        if offers.is_empty() && announced.is_empty() {
            offers.write(&mut turn);
            return self.provider.respond(Request::from_parts(head, turn)).await;
        }
        let head = Arc::new(head);
        let settings = Settings::new(
            self.limits,
            Arc::clone(&head),
            Arc::clone(&self.approver),
            &turn,
        );
        let mut machine = LoopMachine::new(offers, settings, &turn.items);
        machine.admit(&resumed)?;
        self.take_approvals(&head, &resumed).await?;
        for source in &announced {
            machine.announce(source);
        }
        let is_resumed = !resumed.is_empty();
        if is_resumed {
            machine.resume(resumed);
        }
        let provider = Arc::clone(&self.provider);
        let mut rounds = LoopStream::new(provider, head, turn, machine, self.limits);
        if is_resumed {
            rounds.resume();
            return Ok(Response::new(OutputStream::from_outputs(rounds)));
        }
        let (head, output) = rounds.ask().await?.into_parts();
        rounds.sample(output);
        Ok(Response::from_parts(
            head,
            OutputStream::from_outputs(rounds),
        ))
    }

    async fn compact(
        &self,
        request: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let (head, mut window) = request.into_parts();
        let offers = Offers::none();
        let history = self.read(&offers, &[], &head, &window.items, window.input_start)?;
        window.items = history.items;
        window.input_start = history.input_start;
        self.provider
            .compact(Request::from_parts(head, window))
            .await
    }

    async fn count_input_tokens(&self, request: Request<Turn>) -> Result<Response<u64>, Error> {
        let (head, mut turn) = request.into_parts();
        let prepared = self.prepare(&head, &mut turn).await?;
        prepared.offers.write(&mut turn);
        let request = Request::from_parts(head, turn);
        self.provider.count_input_tokens(request).await
    }
}

impl<P> fmt::Debug for ToolLoop<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolLoop")
            .field("tools", &self.tools)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
