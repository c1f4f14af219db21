//! Which calls need the client's approval, and how an approval is recognized.

mod policy;

pub use policy::Approval;
