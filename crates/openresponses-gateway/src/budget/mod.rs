//! Budgets of callers: requests, tokens and money for each window of time.
//!
//! [`Budgets`] of a [`Gateway`](crate::Gateway), or of an [`Observed`](crate::observe::Observed)
//! provider, apply to each model call: over HTTP, for each turn of a WebSocket, in the background,
//! and for each round of a tool loop. They are kept by a [`BudgetStore`], in the process with
//! [`MemoryBudgets`] or shared by replicas.
//!
//! # What counts
//! Windows are aligned to the time since 1970: a window of a day begins at midnight UTC. A call
//! counts in the window in which it begins.
//!
//! Before a call the most that it may use is reserved: its input, estimated at one token for every
//! two bytes, and `max_output_tokens` or [`Budgets::output_reserve`]. A call is admitted while
//! something of the budget is left beside what is used and reserved. At its end the reservation is
//! replaced by what it used. So a budget is exceeded by at most one call, as long as calls use no
//! more than they reserve.
//!
//! | end of the call | requests | tokens and money |
//! |---|---|---|
//! | the provider reported token counts | 1 | as reported, whether the response succeeded or failed; those of failed attempts before it are added |
//! | it succeeded without counts, or the client disconnected before they were known | 1 | as reserved |
//! | a time limit of the client (`providerTimeouts`) ended an attempt | 1 | as reserved, or as reported where that is more |
//! | it failed without counts | 1 | 0 |
//! | refused before a provider was called, such as for an unknown model | 0 | 0 |
//!
//! The further rounds of a tool loop count tokens and money, and no request.
//!
//! # Refusals
//! A call beyond a budget is refused with 429, the code `requests_budget_exceeded`,
//! `tokens_budget_exceeded` or `cost_budget_exceeded`, and `retry-after`: until the window ends, or
//! 1 s where requests in progress have reserved the rest.

mod account;
mod amounts;
mod budgets;
mod charge;
mod estimate;
mod ledger;
mod memory;
mod price;
mod refusal;
mod spent;
mod store;

pub use account::{Account, Budget, BudgetLimit};
pub use amounts::Amounts;
pub use budgets::{Budgets, StoreOutage};
pub(crate) use charge::{Charge, ChargedEnd};
pub(crate) use estimate::Estimate;
pub use ledger::Ledger;
pub use memory::MemoryBudgets;
pub use price::{InvalidPrice, Price, PriceTable};
pub(crate) use spent::Spent;
pub use store::{BudgetState, BudgetStore, Decision, Reservation};
