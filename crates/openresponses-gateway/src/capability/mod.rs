//! What a provider can do, and what happens to a request that needs more.
//!
//! A provider or a route declares [`Capabilities`]; one that declares nothing can do everything.
//! What a request needs and a provider lacks is [refused, stripped or passed on](Unsupported).
//! Before a request is refused its other providers are tried, so a refusal means that none of them
//! can do it. What is stripped is told in `provider_metadata.gateway.warnings`.

mod binding;
mod needs;
mod policy;
mod set;
mod strip;

pub(crate) use binding::{bind, bind_item, bound_compaction, unbind};
pub(crate) use needs::{Need, needs, needs_of_items};
pub use policy::{CapabilityPolicy, Unsupported};
pub use set::{Capabilities, Capability};
pub(crate) use strip::{strip, strip_parts};
