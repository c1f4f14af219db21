//! Skipping of providers that are busy or down.

mod breaker;
mod budget;
mod state;

pub use breaker::{CircuitBreaker, CircuitState};
pub use budget::RetryBudget;
pub(crate) use state::{Health, Slot};
