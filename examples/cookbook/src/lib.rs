//! The pages of `docs/cookbook`, whose code blocks are tests of this crate.
#![forbid(unsafe_code)]

#[doc = include_str!("../../../docs/cookbook/wrap-a-backend.md")]
pub mod wrap_a_backend {}

#[doc = include_str!("../../../docs/cookbook/mount.md")]
pub mod mount {}

#[doc = include_str!("../../../docs/cookbook/authentication.md")]
pub mod authentication {}

#[doc = include_str!("../../../docs/cookbook/tools.md")]
pub mod tools {}

#[doc = include_str!("../../../docs/cookbook/test-a-provider.md")]
pub mod test_a_provider {}

#[doc = include_str!("../../../docs/cookbook/parse-and-check.md")]
pub mod parse_and_check {}

#[doc = include_str!("../../../docs/cookbook/stores.md")]
pub mod stores {}

#[doc = include_str!("../../../docs/cookbook/own-store.md")]
pub mod own_store {}

#[doc = include_str!("../../../docs/cookbook/budgets.md")]
pub mod budgets {}

#[doc = include_str!("../../../docs/cookbook/observe.md")]
pub mod observe {}
