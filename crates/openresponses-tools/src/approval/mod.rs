//! Which calls need the client's approval, and how an approval is recognized.

mod answer;
mod approver;
mod policy;
mod records;

pub use approver::ApprovalKey;
pub use policy::Approval;

pub(crate) use answer::Answer;
pub(crate) use approver::{Approver, Asked};
pub(crate) use records::Records;
