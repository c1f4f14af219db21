//! What one turn offers: the tools that the model may call, and the conversation in a form that it
//! can read.

mod choice;
mod history;
mod offers;

pub(crate) use history::readable;
pub(crate) use offers::{Appearance, Offer, Offers};
