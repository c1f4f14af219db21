//! Who is asked, in which order, what the client sees of it, and what it is told.
#![allow(clippy::unwrap_used, clippy::panic)]

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
mod notes;
mod observe;
mod observed;
mod options;
mod permit;
mod registry;
mod report;
mod socket;
mod status;
mod table;
