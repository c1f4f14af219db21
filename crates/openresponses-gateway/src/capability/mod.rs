//! Capabilities of providers, and the handling of requests that need more.
//!
//! A provider or a route declares [`Capabilities`]; the default is all of them. What a request
//! needs and a provider lacks is [refused, stripped or passed on](Unsupported). A request is
//! refused only when none of its providers can serve it. Stripped members are listed in
//! `provider_metadata.gateway.warnings`.

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
