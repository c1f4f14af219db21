//! Tools that the model may call. Spec: "Tools", "Extending tools".

use alloc::boxed::Box;
use alloc::string::String;

use crate::json::{RawJson, Reader};
use crate::wire::{object, union};

object! {
    /// A function of the client's. Merges `FunctionToolParam` and `FunctionTool`.
    pub struct FunctionTool("function") {
        required {
            /// The name; 1 to 64 of `a-z A-Z 0-9 _ -`.
            name: String,
        }
        optional {
            /// What it does, for the model.
            description: String,
            /// The JSON Schema of the arguments, never interpreted here.
            parameters: RawJson,
            /// Whether the arguments must match the schema.
            strict: bool,
        }
    }
}

union! {
    /// A tool.
    ///
    /// | `type` | variant | since |
    /// |---|---|---|
    /// | `function` | [`Function`](Self::Function) | 2026-01-15 |
    /// | `slug:name` | [`Extension`](Self::Extension) | |
    /// | any other | [`Unknown`](Self::Unknown) | |
    ///
    /// A function in the nested shape of Chat Completions (`{"type":"function","function":{..}}`) is
    /// kept as [`Unknown`](Self::Unknown); normalising a request unfolds it.
    pub enum Tool {
        /// A function of the client's.
        Function(Box<FunctionTool>) = "function",
    }
    foreign |_: &str, reader: &Reader<'_>| is_nested(reader);
}

/// True for a function whose name is one level deeper than it should be.
fn is_nested(reader: &Reader<'_>) -> bool {
    reader.member("name").is_none() && reader.member("function").is_some()
}
