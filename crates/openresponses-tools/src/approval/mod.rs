//! Which calls need the client's approval, and how an approval is recognized.

mod answer;
mod approver;
mod key;
mod policy;
mod random;
mod records;

pub use key::ApprovalKey;
pub use policy::Approval;

pub(crate) use answer::Answer;
pub(crate) use approver::{Approver, Asked};
pub(crate) use records::Records;
