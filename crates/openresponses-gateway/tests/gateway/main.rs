//! Order of attempts, the client's view of them, and the report.
#![allow(clippy::unwrap_used, clippy::panic)]

mod budgets;
mod callers;
mod capability;
mod common;
mod compact;
mod forbidden;
mod health;
mod hostile;
mod input_tokens;
#[cfg(feature = "metrics")]
mod metrics;
mod models;
mod neighbours;
mod notes;
mod observe;
mod observed;
mod options;
mod permit;
mod registry;
mod report;
mod settled;
mod socket;
mod status;
mod table;
