use crate::diagnostics::Leniency;
use crate::rules::{Enum, Open};
use crate::wire::open_enum;

open_enum! {
    /// Lifecycle status of an item. Spec: "Items are state machines".
    ///
    /// ```
    /// use openresponses_types::item::ItemStatus;
    ///
    /// assert_eq!(ItemStatus::Completed.as_str(), "completed");
    /// assert_eq!(ItemStatus::from_json(br#""completed""#), Ok(ItemStatus::Completed));
    /// ```
    pub enum ItemStatus {
        /// The model is sampling the item.
        InProgress = "in_progress",
        /// The item is finished.
        Completed = "completed",
        /// The token budget ran out inside the item; it is the last one.
        Incomplete = "incomplete",
    }
}

/// A set of item states.
pub(crate) const fn statuses(name: &'static str) -> Enum {
    Enum {
        name,
        values: ItemStatus::VALUES,
        by_text: &["failed"],
        open: Open::Any(Leniency::OpenItemStatus),
    }
}

/// Named by the OpenAPI file and used by none of its schemas.
pub(crate) static FUNCTION_CALL_ITEM_STATUS: Enum = statuses("FunctionCallItemStatus");
