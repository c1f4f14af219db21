//! From a body to a planned turn: parse, validate, normalize.

use std::sync::Arc;

use openresponses_types::json::{Document, ValueKind};
use openresponses_types::normalize::Normalizer;
use openresponses_types::request::Input;
use openresponses_types::response::ResponseStatus;
use openresponses_types::schema::DocumentKind;
use openresponses_types::sequence::ToolPolicy;
use openresponses_types::tool::Tool;
use openresponses_types::{CreateRequest, Item, Profile, Response, Turn, Violation};
use tracing::Span;

use super::begun_turn::{Beginning, BegunTurn};
use super::body::Buffered;
use super::continuation::{previous, references};
use crate::bounds::{Claim, Held};
use crate::config::Config;
use crate::error::Error;
use crate::provider::PreviousResponse;
use crate::store::{Conversation, Job, ScopedStore, StoredResponse};
use crate::turn::{Commit, ConnectionCache, ValidRequest, is_unset};

/// A turn that is ready to start, and what is needed to save it.
pub(super) struct PlannedTurn {
    /// Boxed, as the response is shared, because a plan changes hands several times.
    pub(super) turn: Box<Turn>,
    /// The calls that the response may contain.
    pub(super) policy: ToolPolicy,
    /// The response before any output.
    pub(super) response: Arc<Response>,
    pub(super) commit: Commit,
    pub(super) claim: Claim,
    pub(super) previous: Option<PreviousResponse>,
    /// What a background response needs to be run again.
    pub(super) job: Option<Job>,
    /// The request without its input, where it is kept for that.
    pub(super) request: Option<Arc<str>>,
}

impl PlannedTurn {
    pub(super) fn store(&self) -> &ScopedStore {
        &self.commit.store
    }

    /// Makes the record of a turn that has not ended, which is measured.
    pub(super) async fn record(&self, status: ResponseStatus) -> Result<StoredResponse, Error> {
        let (response, job) = (Arc::clone(&self.response), self.job.clone());
        let (previous, input) = (self.commit.previous.clone(), self.commit.input.clone());
        let make = move || {
            let mut response = Response::clone(&response);
            response.status = status.into();
            StoredResponse::new(response, &previous, input)
                .with_job(job)
                .measured()
        };
        self.claim.worker().work(make).await
    }
}

/// Parses a body into a planned turn.
pub(super) async fn plan(
    config: &Config,
    store: ScopedStore,
    body: Buffered,
    mut claim: Claim,
) -> Result<Box<PlannedTurn>, Error> {
    let valid = read(config, body, &mut claim).await?;
    plan_valid(config, store, valid, None, claim).await
}

/// Reads a body, and claims the memory that its turn takes beside it.
async fn read(config: &Config, body: Buffered, claim: &mut Claim) -> Result<ValidRequest, Error> {
    let (limits, profile, bytes) = (config.json_limits, config.profile, body.len() as u64);
    let work = move |memory: &mut Held| {
        let kind = DocumentKind::CreateRequest;
        ValidRequest::read(&body, limits, kind, profile, |bytes| memory.grow(bytes))
    };
    claim.work(bytes, work).await?
}

/// Reads a body's document, and claims the memory that its types take. The body is dropped: a large
/// one should not live as long as the stream.
pub(super) async fn read_document<T: Send + 'static>(
    config: &Config,
    body: Buffered,
    claim: &mut Claim,
    read: impl FnOnce(&Document<'_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let (limits, bytes) = (config.json_limits, body.len() as u64);
    let work = move |memory: &mut Held| {
        let document = Document::parse_with(&body, limits).map_err(Violation::from)?;
        memory.grow(document.typed_bytes() as u64)?;
        read(&document)
    };
    claim.work(bytes, work).await?
}

/// Plans a valid request. `cache` is that of the WebSocket connection.
pub(super) async fn plan_valid(
    config: &Config,
    store: ScopedStore,
    valid: ValidRequest,
    cache: Option<Arc<ConnectionCache>>,
    mut claim: Claim,
) -> Result<Box<PlannedTurn>, Error> {
    let (valid, request) = kept(config, valid, &claim).await?;
    let weight = valid.weight;
    let begin = Beginning::new(config, &store);
    let begin = move |turn| begin.begin(turn);
    let before = claim.bytes();
    let read = read_turn(config, &store, valid, cache.as_deref(), &mut claim, begin).await?;
    let ReadTurn {
        turn: begun,
        earlier,
        previous,
    } = read;
    // The body is gone; what was read of the store stays.
    let of_store = claim.bytes().saturating_sub(before);
    let kept = request.as_ref().map_or(0, |request| request.len() as u64);
    claim.memory().resize(weight + of_store + kept)?;
    let BegunTurn {
        turn,
        policy,
        response,
        input,
    } = begun;
    let commit = Commit {
        persist: turn.store,
        hold: None,
        store,
        previous: earlier,
        input,
        ids: config.ids.clone(),
        cache,
    };
    Ok(Box::new(PlannedTurn {
        turn,
        policy,
        response,
        commit,
        claim,
        previous,
        job: None,
        request,
    }))
}

/// Returns a request, and its text without its input if it is kept to be run again.
async fn kept(
    config: &Config,
    mut valid: ValidRequest,
    claim: &Claim,
) -> Result<(ValidRequest, Option<Arc<str>>), Error> {
    let request = &valid.request;
    let is_kept = config.interrupted.keeps_requests()
        && config.background.is_some()
        && request.background.value() == Some(&true);
    let mut tools = request.tools.value().into_iter().flatten();
    if !is_kept || tools.any(has_secrets) {
        return Ok((valid, None));
    }
    let print = move || {
        let input = std::mem::take(&mut valid.request.input);
        let text: Arc<str> = valid.request.to_json().into();
        valid.request.input = input;
        (valid, Some(text))
    };
    claim.worker().work(print).await
}

/// Returns true for a declared MCP server with secrets of the client, which are not stored.
fn has_secrets(tool: &Tool) -> bool {
    let Tool::Unknown(raw) = tool else {
        return false;
    };
    let has = |name| {
        let member = raw.json().reader().member(name);
        member.is_some_and(|member| member.kind() != ValueKind::Null)
    };
    raw.type_name() == "mcp" && (has("authorization") || has("headers"))
}

/// Plans an unfinished turn again. What it continues and its input are in its record.
pub(super) async fn again(
    config: &Config,
    store: &ScopedStore,
    record: &StoredResponse,
    job: &Job,
    mut claim: Claim,
) -> Result<Box<PlannedTurn>, Error> {
    claim.memory().grow(record.bytes() as u64)?;
    let text = Arc::clone(&job.request);
    let read = move || CreateRequest::from_json(text.as_bytes());
    let mut request = claim.worker().work(read).await??;
    let answered = match request.previous_response_id.as_str() {
        // It may have been deleted; its items are in the record.
        Some(id) => store.load(id).await?,
        None => None,
    };
    let answered = answered.as_ref().map(PreviousResponse::new);
    let (defaults, record) = (Defaults::of(config), record.clone());
    let normalize = move || {
        let (previous, input) = record.start();
        if !input.is_empty() {
            let items = input.iter().map(|item| Item::clone(item)).collect();
            request.input = Input::Items(items).into();
        }
        let items = previous.context();
        // The references of the input were replaced by their items.
        let resolve = |_: &str| None;
        let turn = Box::new(normalize(&defaults, request, &items, &resolve)?);
        let policy = turn.tool_policy();
        let mut response = Response::clone(&record.without_output());
        response.output = Vec::new().into();
        Ok::<_, Error>((turn, policy, response, previous, input))
    };
    let (turn, policy, response, previous, input) = claim.worker().work(normalize).await??;
    let commit = Commit {
        persist: true,
        hold: None,
        store: store.clone(),
        previous,
        input,
        ids: config.ids.clone(),
        cache: None,
    };
    Ok(Box::new(PlannedTurn {
        turn,
        policy,
        response: Arc::new(response),
        commit,
        claim,
        previous: answered,
        job: None,
        request: None,
    }))
}

/// What a request leaves to the endpoint.
struct Defaults {
    profile: Profile,
    model: Option<Arc<str>>,
    obfuscation: bool,
}

impl Defaults {
    fn of(config: &Config) -> Self {
        Self {
            profile: config.profile,
            model: config.default_model.clone(),
            obfuscation: config.obfuscation_default,
        }
    }
}

fn normalize(
    defaults: &Defaults,
    request: CreateRequest,
    previous: &[Arc<Item>],
    resolve: &(dyn Fn(&str) -> Option<Arc<Item>> + Sync),
) -> Result<Turn, Error> {
    let obfuscate = defaults.obfuscation && is_unset(&request);
    let mut turn = Normalizer::new(defaults.profile)
        .default_model(defaults.model.as_deref())
        .previous(previous)
        .resolve(resolve)
        .turn(request)
        .map_err(first_violation)?;
    turn.include_obfuscation |= obfuscate;
    Ok(turn)
}

/// A turn, as something was made of it, and the conversation that it continues.
struct ReadTurn<T> {
    turn: T,
    earlier: Conversation,
    previous: Option<PreviousResponse>,
}

/// Builds the turn of a valid request, and makes something of it, in one piece of work.
async fn read_turn<T: Send + 'static>(
    config: &Config,
    store: &ScopedStore,
    valid: ValidRequest,
    cache: Option<&ConnectionCache>,
    claim: &mut Claim,
    make: impl FnOnce(Box<Turn>) -> Result<T, Error> + Send + 'static,
) -> Result<ReadTurn<T>, Error> {
    let ValidRequest {
        request,
        warnings,
        weight,
    } = valid;
    let previous = match request.previous_response_id.as_str() {
        Some(id) => Some(Box::pin(previous(store, claim, id, cache)).await?),
        None => None,
    };
    let earlier = previous
        .as_ref()
        .map_or_else(Conversation::default, |it| it.conversation().clone());
    let items = earlier.context();
    let found = references(store, claim, &request.input, &items).await?;
    // A background response can only be polled in the store.
    let asks = request.store.value().is_some() || request.background.value() == Some(&true);
    let stores = config.store_default || asks;
    let defaults = Defaults::of(config);
    let span = Span::current();
    let work = move || {
        let resolve = |id: &str| found.get(id).map(Arc::clone);
        let mut turn = Box::new(normalize(&defaults, *request, &items, &resolve)?);
        turn.warnings.splice(0..0, warnings);
        let _entered = span.enter();
        for warning in &turn.warnings {
            tracing::debug!(%warning, "a leniency was needed");
        }
        turn.store &= stores;
        make(turn)
    };
    Ok(ReadTurn {
        turn: claim.tenant().work(weight, work).await??,
        earlier,
        previous: previous.as_ref().map(PreviousResponse::new),
    })
}

/// Reads a body as a turn that is not run: settings of storage and transport have no effect.
pub(super) async fn turn(
    config: &Config,
    store: &ScopedStore,
    body: Buffered,
    claim: &mut Claim,
) -> Result<Turn, Error> {
    let valid = read(config, body, claim).await?;
    let read = read_turn(config, store, valid, None, claim, |turn| Ok(*turn)).await?;
    Ok(read.turn)
}

pub(super) fn first_violation(violations: Vec<Violation>) -> Error {
    match violations.into_iter().next() {
        Some(violation) => violation.into(),
        None => Error::server("a refusal without a reason"),
    }
}
