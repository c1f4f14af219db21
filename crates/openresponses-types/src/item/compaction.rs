use alloc::string::String;

use crate::wire::object;

object! {
    /// A conversation in a form that only its provider can read. Merges
    /// `CompactionSummaryItemParam` and `CompactionBody`. Since 2026-04-24.
    pub struct Compaction("compaction") {
        required {
            /// The content; at most 10,485,760 code points in a request.
            encrypted_content: String,
        }
        optional {
            /// The item's id.
            id: String,
            /// Who made it.
            created_by: String,
        }
    }
}
