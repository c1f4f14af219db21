//! What becomes of each member, as data: the tables in the documentation are printed from it, and
//! tests hold the translators against it.

use std::fmt::Write;

use Treatment::{Converted, Refused, Served, Warned};

/// What becomes of a member.
///
/// ```
/// use openresponses_upstream::Treatment;
///
/// assert_eq!(Treatment::Refused.as_str(), "refused");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Treatment {
    /// The value passes unchanged.
    Carried,
    /// The value is expressed in the other side's terms; the note says how.
    Converted,
    /// The endpoint answers for it; nothing is passed on.
    Served,
    /// The request is refused with the member's path.
    Refused,
    /// The member is left out, with a warning that has its path.
    Warned,
}

impl Treatment {
    /// Returns the word in the tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Converted => "converted",
            Self::Served => "served here",
            Self::Refused => "refused",
            Self::Warned => "warned",
        }
    }
}

/// A row of a table: a member and what becomes of it.
///
/// ```
/// use openresponses_upstream::Treatment;
/// use openresponses_upstream::chat::REQUEST;
///
/// let refused = REQUEST.iter().filter(|row| row.treatment == Treatment::Refused);
/// assert!(refused.count() > 0);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Row {
    /// The member's path; `[]` stands for any index.
    pub member: &'static str,
    /// What becomes of it.
    pub treatment: Treatment,
    /// Where it goes, or why it does not.
    pub note: &'static str,
}

impl Row {
    /// Creates a row.
    #[must_use]
    pub const fn new(member: &'static str, treatment: Treatment, note: &'static str) -> Self {
        Self {
            member,
            treatment,
            note,
        }
    }
}

/// What becomes of members of a request in every dialect that is translated.
const COMMON_REQUEST: &[Row] = &[
    Row::new("input[].id", Served, ""),
    Row::new("input[].phase", Warned, ""),
    Row::new("input[].content[].annotations", Warned, ""),
    Row::new("input[].content[].logprobs", Warned, ""),
    Row::new("input[].content[]: any other", Refused, ""),
    Row::new(
        "input[]: function_call without output",
        Warned,
        "an empty output is sent",
    ),
    Row::new(
        "input[]: function_call_output without call",
        Warned,
        "sent as a message of the user",
    ),
    Row::new(
        "input[]: custom_tool_call, custom_tool_call_output",
        Converted,
        "as those of a function with the one argument `input`",
    ),
    Row::new(
        "input[].namespace",
        Converted,
        "the name of the function in `tools`; comes back with its calls",
    ),
    Row::new(
        "input[]: additional_tools, tool_search_output",
        Converted,
        "functions in `tools`",
    ),
    Row::new("input[]: compaction", Refused, "only its maker can read it"),
    Row::new("input[]: item_reference", Refused, "if it does not resolve"),
    Row::new("input[]: any other", Warned, ""),
    Row::new(
        "previous_response_id",
        Served,
        "its items are part of the conversation",
    ),
    Row::new(
        "tools[]: custom",
        Converted,
        "a function with the one string `input`; a grammar stands in its description, with a warning",
    ),
    Row::new(
        "tools[]: namespace",
        Converted,
        "its functions, under both names where another tool has the same; its other members are warned about",
    ),
    Row::new("tools[]: any other", Warned, ""),
    Row::new("tool_choice: of another type", Refused, ""),
    Row::new("max_tool_calls", Served, "calls beyond it are left out"),
    Row::new("truncation", Warned, "if it is `auto`"),
    Row::new("metadata", Served, "echoed"),
    Row::new("store, background, stream_options", Served, ""),
    Row::new("prompt, conversation", Refused, ""),
    Row::new(
        "providerOptions",
        Converted,
        "members of the body, for the provider's own name; warned about for others",
    ),
    Row::new("any other", Warned, "by policy forwarded or refused"),
];

/// Returns the rows of a dialect's requests: its own, then those of every dialect.
pub(crate) const fn with_common<const N: usize>(own: &[Row]) -> [Row; N] {
    let mut all = [Row::new("", Warned, ""); N];
    let mut at = 0;
    while at < N {
        all[at] = if at < own.len() {
            own[at]
        } else {
            COMMON_REQUEST[at - own.len()]
        };
        at += 1;
    }
    all
}

/// Returns how many rows [`with_common`] returns.
pub(crate) const fn count_with_common(own: &[Row]) -> usize {
    own.len() + COMMON_REQUEST.len()
}

/// Prints the two tables of a dialect as Markdown.
#[must_use]
pub fn markdown(request: &[Row], answer: &[Row]) -> String {
    let mut out = String::new();
    for (title, rows) in [("Request", request), ("Answer", answer)] {
        // Printing into a string cannot fail.
        let _ = write!(out, "# {title}\n| member | | |\n|---|---|---|\n");
        for row in rows {
            let word = row.treatment.as_str();
            let _ = writeln!(out, "| `{}` | {word} | {} |", row.member, row.note);
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
