//! Skipping of providers that are busy or down.

mod breaker;
mod budget;
mod concurrency;
mod state;

pub use breaker::{CircuitBreaker, CircuitState};
pub use budget::RetryBudget;
pub use concurrency::ConcurrencyLimit;
pub(crate) use state::{Health, Slot};
