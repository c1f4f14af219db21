//! Models and the providers that serve them.
//!
//! A [`Catalog`] names providers and models: a model such as `anthropic/claude-sonnet-4.5` is
//! served by one or more providers, each of which may use its own name for it. A [`Registry`] holds
//! the catalog of a running gateway and changes it without a restart; [`ModelsLayer`] lists it at
//! `GET /v1/models`.

mod bare;
mod catalog;
mod check;
mod listing;
mod model;
mod models_layer;
mod provider_entry;
#[allow(clippy::module_inception, reason = "named after its type")]
mod registry;
mod resolve;

pub use bare::BareNames;
pub use catalog::Catalog;
pub use check::CatalogError;
pub use model::{Model, Route};
pub use models_layer::{ModelsFuture, ModelsLayer, ModelsService};
pub use provider_entry::ProviderEntry;
pub use registry::Registry;
pub(crate) use resolve::Resolved;
