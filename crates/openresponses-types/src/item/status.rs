use crate::wire::open_enum;

open_enum! {
    /// Where an item is in its life. Spec: "Items are state machines".
    pub enum ItemStatus {
        /// The model is sampling the item.
        InProgress = "in_progress",
        /// The item is finished.
        Completed = "completed",
        /// The token budget ran out inside the item; it is the last one.
        Incomplete = "incomplete",
    }
}
