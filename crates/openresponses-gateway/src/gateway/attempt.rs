//! One attempt at one provider.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use http::response::Parts;
use http::{Request, Response};
use openresponses_tower::provider::{DynProvider, guard};
use openresponses_tower::{Error, Output, OutputStream, Provider};
use openresponses_types::Turn;
use tokio::time::{Instant, timeout_at};

use crate::answer::ended_early;

/// The most pieces held before an attempt counts as started: without output, and of a whole
/// response.
const SILENT: usize = 64;
const WHOLE: usize = 1 << 16;

/// A started response. It is too late to try another provider.
pub(super) struct Begun {
    pub(super) head: Parts,
    pub(super) buffered: VecDeque<Output>,
    pub(super) output: OutputStream,
}

/// Calls the provider and waits for the first output or, with `whole`, for the end of the response,
/// for clients that see nothing before.
pub(super) async fn ask(
    provider: &DynProvider,
    request: Request<Turn>,
    until_first_output: Option<Duration>,
    whole: bool,
) -> Result<Begun, Error> {
    let deadline = until_first_output.and_then(|time| Instant::now().checked_add(time));
    let (head, mut output) = by(deadline, provider.respond(request)).await??.into_parts();
    let mut buffered = VecDeque::new();
    let mut is_seen = false;
    loop {
        let next = by(deadline.filter(|_| !is_seen), output.next()).await?;
        let piece = next.ok_or_else(ended_early)??;
        if let Some(error) = piece.failure() {
            return Err(error);
        }
        let is_end = piece.is_end();
        is_seen |= piece.is_output();
        buffered.push_back(piece);
        let enough = if whole {
            buffered.len() >= WHOLE
        } else {
            is_seen || buffered.len() >= SILENT
        };
        if is_end || enough {
            return Ok(Begun {
                head,
                buffered,
                output,
            });
        }
    }
}

/// Calls a provider for a result that is not a stream.
pub(super) async fn ask_once<T>(
    asked: impl Future<Output = Result<Response<T>, Error>>,
    time: Option<Duration>,
) -> Result<Response<T>, Error> {
    let deadline = time.and_then(|time| Instant::now().checked_add(time));
    by(deadline, asked).await?
}

/// Awaits `work` until a deadline. A panic fails the attempt only.
async fn by<T>(deadline: Option<Instant>, work: impl Future<Output = T>) -> Result<T, Error> {
    let guarded = guard::future(work);
    match deadline {
        Some(deadline) => timeout_at(deadline, guarded)
            .await
            .map_err(|_| Error::timeout())?,
        None => guarded.await,
    }
}
