//! The errors of calls beyond a budget.

use std::time::Duration;

use openresponses_tower::{Error, ErrorKind};

use super::store::BudgetState;
use crate::limits::{LimitedResource, Money, span};

/// The time to wait where calls in progress have reserved the rest.
const RESERVED: Duration = Duration::from_secs(1);

/// Returns the 429 of an account of which one limit has nothing left.
pub(super) fn exceeded(states: &[BudgetState]) -> Option<Error> {
    let empty = states.iter().filter(|state| state.remaining() == 0);
    // The one that takes the longest to be renewed.
    let wait = |state: &BudgetState| match state.is_used_up() {
        true => state.resets_in,
        false => RESERVED.min(state.resets_in),
    };
    let state = empty.max_by_key(|state| wait(state))?;
    let (limit, resource) = (state.limit, state.limit.resource);
    let amount = match resource {
        LimitedResource::Requests => format!("{} requests", limit.amount),
        LimitedResource::Tokens => format!("{} tokens", limit.amount),
        LimitedResource::Cost => format!("{} of cost", Money::from_nanos(limit.amount)),
    };
    let window = span(limit.window);
    let message = match state.is_used_up() {
        true => format!(
            "The budget of {amount} per {window} is used up. It is renewed in {}.",
            span(state.resets_in)
        ),
        false => format!(
            "The rest of the budget of {amount} per {window} is reserved by requests in progress. \
             Try again when they have ended."
        ),
    };
    let code = match resource {
        LimitedResource::Requests => "requests_budget_exceeded",
        LimitedResource::Tokens => "tokens_budget_exceeded",
        LimitedResource::Cost => "cost_budget_exceeded",
    };
    let error = Error::new(ErrorKind::RateLimited, code, message);
    Some(error.param("authorization").retry_after(wait(state)))
}

/// Returns the 503 of a store that does not answer.
pub(super) fn unavailable(source: openresponses_tower::BoxError) -> Error {
    Error::new(
        ErrorKind::Overloaded,
        "budget_unavailable",
        "The budget of this key cannot be checked at the moment. Try again later.",
    )
    .retry_after(RESERVED)
    .with_source(source)
}
