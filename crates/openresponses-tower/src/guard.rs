//! Catches panics of the host's code, so that a panic ends its own response and nothing else.
//!
//! The endpoint calls providers, stores and hooks through this module, and drops their futures and
//! streams through it. Layers and wrappers of providers can use it for their own calls.
//!
//! ```
//! use openresponses_tower::ErrorKind;
//! use openresponses_tower::guard;
//!
//! assert_eq!(guard::call(|| 1 + 1).ok(), Some(2));
//! let failed: Result<u8, _> = guard::call(|| "x".parse::<u8>().unwrap());
//! assert_eq!(failed.map_err(|error| error.kind()), Err(ErrorKind::Server));
//! ```

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::error::Error;
use crate::timer::within;

/// Calls `call`.
///
/// # Errors
/// A server error if it panics.
pub fn call<T>(call: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        // What the host has panicked with is the host's, too. The payload of another panic is leaked.
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(another);
        }
        panicked()
    })
}

/// Drops a value of the host. A panic of its destructor is logged.
pub fn discard<T>(value: T) {
    discard_with(|| drop(value));
}

/// Awaits `work`, which is dropped within the guard as well.
///
/// # Errors
/// A server error if it panics.
pub fn future<F: Future>(work: F) -> Guarded<F> {
    Guarded { work: Some(work) }
}

/// The time limit of a decision.
const DECIDING: Duration = Duration::from_secs(30);

/// Awaits a decision of the host, such as that of an authorization hook.
///
/// # Errors
/// That of the decision, and a server error if it panics or takes more than 30 s.
pub async fn decided<T>(decision: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match within(DECIDING, future(decision)).await {
        Some(decision) => decision?,
        None => Err(Error::server("a decision of the host took too long")),
    }
}

pin_project! {
    /// The future of [`future`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Guarded<F> {
        // `None` after the end.
        #[pin]
        work: Option<F>,
    }

    impl<F> PinnedDrop for Guarded<F> {
        fn drop(this: Pin<&mut Self>) {
            this.end();
        }
    }
}

impl<F> Guarded<F> {
    fn end(self: Pin<&mut Self>) {
        let mut work = self.project().work;
        if work.is_some() {
            discard_with(|| work.set(None));
        }
    }
}

/// [Discards](discard) what `drop` drops, in its place.
pub(crate) fn discard_with(drop: impl FnOnce()) {
    if call(drop).is_err() {
        tracing::error!("a destructor of the host panicked");
    }
}

impl<F: Future> Future for Guarded<F> {
    type Output = Result<F::Output, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = self.as_mut().project().work.as_pin_mut() else {
            return Poll::Pending;
        };
        let done = match call(|| work.poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(done)) => Ok(done),
            Err(error) => Err(error),
        };
        self.end();
        Poll::Ready(done)
    }
}

fn panicked() -> Error {
    Error::server("the host's code panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Panics when it is dropped.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a panic in a destructor");
        }
    }

    #[tokio::test]
    async fn a_future_may_panic_when_it_is_polled_or_dropped() {
        assert!(future(async { panic!("a panic") }).await.is_err());
        let bomb = Bomb;
        let never = future(async move {
            let _bomb = bomb;
            std::future::pending::<()>().await;
        });
        drop(never);
        let bomb = Bomb;
        let done = future(std::future::poll_fn(move |_| {
            let _ = &bomb;
            Poll::Ready(7)
        }));
        assert_eq!(done.await.ok(), Some(7));
        discard(Bomb);
        assert!(call(|| std::panic::panic_any(Bomb)).is_err());
    }
}
