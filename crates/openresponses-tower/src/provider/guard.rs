//! Catches panics of the host's code, so that a panic ends its own response and nothing else.
//!
//! The endpoint calls providers through this module. Layers and wrappers of providers can use it
//! for their own calls.
//!
//! ```
//! use openresponses_tower::ErrorKind;
//! use openresponses_tower::provider::guard;
//!
//! assert_eq!(guard::call(|| 1 + 1).ok(), Some(2));
//! let failed: Result<u8, _> = guard::call(|| "x".parse::<u8>().unwrap());
//! assert_eq!(failed.map_err(|error| error.kind()), Err(ErrorKind::Server));
//! ```

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;

use crate::error::Error;

/// Calls `call`.
///
/// # Errors
/// A server error if it panics.
pub fn call<T>(call: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| panicked())
}

/// Awaits `work`.
///
/// # Errors
/// A server error if it panics.
pub async fn future<F: Future>(work: F) -> Result<F::Output, Error> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .map_err(|_| panicked())
}

fn panicked() -> Error {
    Error::server("the provider panicked")
}
