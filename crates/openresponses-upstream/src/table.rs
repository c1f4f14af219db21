//! What becomes of each member, as data: the tables in the documentation are printed from it, and
//! tests hold the translators against it.

use std::fmt::Write;

/// What becomes of a member.
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
