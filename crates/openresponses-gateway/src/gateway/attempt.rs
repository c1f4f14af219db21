//! One attempt at one provider.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use http::response::Parts;
use http::{Request, Response};
use openresponses_tower::guard;
use openresponses_tower::layers::{TimedOutput, limit_silence};
use openresponses_tower::output::Output;
use openresponses_tower::provider::{CallerCredentials, DynProvider};
use openresponses_tower::{Error, Provider};
use openresponses_types::Turn;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use tokio::time::{Instant, timeout_at};

use super::held::Holding;
use crate::answer::{at_end, ended_early};

/// The most pieces held before an attempt counts as started: without output, and of a whole
/// response.
const SILENT: usize = 64;
const WHOLE: usize = 1 << 16;

/// A failed attempt.
pub(super) struct Failed {
    pub(super) error: Error,
    /// The time limit for the first output passed.
    pub(super) is_late: bool,
    /// Token counts, if the provider reported them before.
    pub(super) usage: Option<Usage>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            is_late: false,
            usage: None,
        }
    }
}

/// A started response. It is too late to try another provider.
pub(super) struct Begun {
    pub(super) head: Parts,
    pub(super) buffered: VecDeque<Output>,
    pub(super) output: TimedOutput,
}

/// Calls the provider and waits for the first output or, with `whole`, for the end of the response,
/// for clients that see nothing before. A response that is longer than what may be held is sent from
/// the provider that began it.
pub(super) async fn ask(
    provider: &DynProvider,
    request: Request<Turn>,
    limits: Limits,
    whole: bool,
    holding: Holding<'_>,
) -> Result<Begun, Failed> {
    let mut usage = None;
    let begun = begin(provider, request, limits, whole, holding, &mut usage).await;
    begun.map_err(|failed| Failed { usage, ..failed })
}

/// Does what [`ask`] does. `usage` receives the token counts that the provider reports.
async fn begin(
    provider: &DynProvider,
    request: Request<Turn>,
    limits: Limits,
    whole: bool,
    mut holding: Holding<'_>,
    usage: &mut Option<Usage>,
) -> Result<Begun, Failed> {
    let deadline = after(limits.first_output);
    let (head, output) = by(deadline, provider.respond(request)).await??.into_parts();
    // A silence after the first output fails the attempt, and later the response.
    let mut output = limit_silence(output, limits.idle);
    let mut buffered = VecDeque::new();
    let mut is_seen = false;
    loop {
        let next = by(deadline.filter(|_| !is_seen), output.next()).await?;
        let piece = next.ok_or_else(ended_early)??;
        if let Output::Delta(Delta::Usage(counts)) = &piece {
            *usage = Some((**counts).clone());
        }
        if let Some(error) = piece.failure() {
            let at_end = at_end(&piece, "").and_then(|end| end.usage);
            *usage = at_end.or(usage.take());
            let error = error.answered();
            return Err(if is_of_caller(uses_caller(&head), &error) {
                error.of_caller().into()
            } else {
                error.into()
            });
        }
        let is_end = piece.is_end();
        is_seen = is_seen || piece.is_output();
        let most = if whole { WHOLE } else { SILENT };
        let mut is_begun = is_end || is_seen && !whole || buffered.len() + 1 >= most;
        if !is_begun {
            // It waits.
            holding.add(piece.bytes());
            is_begun = holding.is_full() || whole && holding.are_all_full();
        }
        buffered.push_back(piece);
        if is_begun {
            return Ok(Begun {
                head,
                buffered,
                output,
            });
        }
    }
}

/// Returns true if the provider used the caller's own account.
pub(super) fn uses_caller(head: &Parts) -> bool {
    head.extensions.get::<CallerCredentials>().is_some()
}

/// Returns true if an error is about the caller's own account, which the provider may have used.
pub(super) fn is_of_caller(uses_caller: bool, error: &Error) -> bool {
    error.is_of_caller() || uses_caller && CallerCredentials::explain(error)
}

/// Calls a provider for a result that is not a stream.
pub(super) async fn ask_once<T>(
    asked: impl Future<Output = Result<Response<T>, Error>>,
    limits: Limits,
) -> Result<Response<T>, Failed> {
    Ok(by(after(limits.first_output), asked).await??)
}

/// The time limits of an attempt.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) first_output: Option<Duration>,
    pub(super) idle: Option<Duration>,
}

/// A limit beyond the clock's range is no limit.
fn after(limit: Option<Duration>) -> Option<Instant> {
    Instant::now().checked_add(limit?)
}

/// Awaits `work` until a deadline. A panic fails the attempt only.
async fn by<T>(deadline: Option<Instant>, work: impl Future<Output = T>) -> Result<T, Failed> {
    let guarded = guard::future(work);
    let Some(deadline) = deadline else {
        return Ok(guarded.await?);
    };
    match timeout_at(deadline, guarded).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Failed {
            is_late: true,
            ..Error::timeout().into()
        }),
    }
}
