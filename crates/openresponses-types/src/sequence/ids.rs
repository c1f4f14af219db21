use alloc::string::String;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

/// Kind of an id.
///
/// ```
/// use openresponses_types::sequence::IdKind;
///
/// assert_eq!(IdKind::Message.prefix(), "msg_");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdKind {
    /// A response.
    Response,
    /// A message.
    Message,
    /// A function call item.
    FunctionCall,
    /// The `call_id`, which links a call to its output.
    Call,
    /// A reasoning item.
    Reasoning,
    /// A compaction, and a compaction item.
    Compaction,
    /// An item of another type.
    Item,
    /// A request, as `x-request-id` shows it.
    Request,
}

impl IdKind {
    /// Returns the conventional prefix, which some clients expect.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Response => "resp_",
            Self::Message => "msg_",
            Self::FunctionCall => "fc_",
            Self::Call => "call_",
            Self::Reasoning => "rs_",
            Self::Compaction => "cmp_",
            Self::Item => "item_",
            Self::Request => "req_",
        }
    }
}

/// Makes ids. The host decides how, so tests are deterministic and this crate needs no randomness.
///
/// An id must be unguessable (96 random bits at least) where ids give access to anything.
///
/// ```
/// use openresponses_types::sequence::{CountingIds, IdGenerator, IdKind};
///
/// /// Ids with the name of their host.
/// struct OfNode(&'static str, CountingIds);
///
/// impl IdGenerator for OfNode {
///     fn id(&self, kind: IdKind) -> String {
///         let id = self.1.id(kind);
///         format!("{id}_{}", self.0)
///     }
/// }
///
/// assert_eq!(OfNode("a", CountingIds::default()).id(IdKind::Message), "msg_1_a");
/// ```
pub trait IdGenerator: Send + Sync {
    /// A new id, with the kind's prefix.
    fn id(&self, kind: IdKind) -> String;
}

/// Returns the time.
///
/// ```
/// use openresponses_types::sequence::{Clock, FixedClock};
///
/// assert_eq!(FixedClock(1_764_967_971).now(), 1_764_967_971);
/// ```
pub trait Clock: Send + Sync {
    /// Seconds since 1970.
    fn now(&self) -> i64;
}

/// Counts: `msg_1`, `fc_2`. For tests only: these ids are guessable.
///
/// ```
/// use openresponses_types::sequence::{CountingIds, IdGenerator, IdKind};
///
/// let ids = CountingIds::default();
/// assert_ne!(ids.id(IdKind::Message), ids.id(IdKind::Message));
/// assert!(ids.id(IdKind::Response).starts_with("resp_"));
/// ```
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl IdGenerator for CountingIds {
    fn id(&self, kind: IdKind) -> String {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        alloc::format!("{}{number}", kind.prefix())
    }
}

/// A fixed clock. For tests.
///
/// ```
/// use openresponses_types::sequence::{Clock, FixedClock};
///
/// assert_eq!(FixedClock(1_764_967_971).now(), 1_764_967_971);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct FixedClock(pub i64);

impl Clock for FixedClock {
    fn now(&self) -> i64 {
        self.0
    }
}

impl fmt::Debug for dyn IdGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdGenerator")
    }
}

impl fmt::Debug for dyn Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
