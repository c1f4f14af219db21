//! What one turn offers: the tools that the model may call, and the conversation in a form that it
//! can read.

mod choice;
mod history;
mod offers;
mod own;
mod source;

pub(crate) use history::{ANSWERED, History, Reader, Resumed};
pub(crate) use offers::{Appearance, Offer, Offers};
pub(crate) use own::OwnItems;
#[cfg(feature = "mcp")]
pub(crate) use source::DeclaredServer;
pub(crate) use source::Source;
