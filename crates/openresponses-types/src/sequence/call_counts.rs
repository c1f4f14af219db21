//! How many calls a response has.

use crate::item::Item;

/// The calls that a response contains so far.
///
/// A plain number counts calls that the client executes.
///
/// ```
/// use openresponses_types::sequence::CallCounts;
///
/// let counts = CallCounts::from(2).with("web_search_call");
/// assert_eq!((counts.all, counts.of_client), (3, 2));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallCounts {
    /// All calls. `max_tool_calls` limits them.
    pub all: u64,
    /// Those that the client executes. `parallel_tool_calls: false` limits them to one.
    pub of_client: u64,
}

impl CallCounts {
    /// Adds a call, which is an item of the type `item_type`.
    #[must_use]
    pub fn with(self, item_type: &str) -> Self {
        Self {
            all: self.all.saturating_add(1),
            of_client: self
                .of_client
                .saturating_add(u64::from(is_of_client(item_type))),
        }
    }

    pub(super) fn with_item(self, item: &Item) -> Self {
        self.with(item.type_name())
    }
}

impl From<u64> for CallCounts {
    fn from(of_client: u64) -> Self {
        Self {
            all: of_client,
            of_client,
        }
    }
}

/// Returns true for the type of a call that the client executes. Calls of other types run where the
/// model does, one after the other or not, before the client sees them.
pub(super) fn is_of_client(item_type: &str) -> bool {
    matches!(
        item_type,
        "function_call"
            | "custom_tool_call"
            | "computer_call"
            | "local_shell_call"
            | "apply_patch_call"
    )
}
