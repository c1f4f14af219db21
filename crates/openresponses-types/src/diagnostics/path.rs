//! Where in a document something is.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::excerpt::Excerpt;

/// One step of a [`Path`].
///
/// ```
/// use openresponses_types::diagnostics::{Path, Segment};
///
/// let path = Path::default().member("input").index(0);
/// assert_eq!(path.segments(), [Segment::Member("input".into()), Segment::Index(0)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A member of an object.
    Member(Box<str>),
    /// An element of an array, counted from 0.
    Index(usize),
}

/// The place of a value in a document: `input[0].content[1].text`.
///
/// ```
/// use openresponses_types::diagnostics::Path;
///
/// let path = Path::default().member("input").index(0).member("a/b");
/// assert_eq!(path.param().as_deref(), Some("input[0].a/b"));
/// assert_eq!(path.pointer(), "/input/0/a~1b");
/// assert_eq!(Path::default().param(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path(Vec<Segment>);

impl Path {
    /// Appends the member `name`.
    #[must_use]
    pub fn member(mut self, name: &str) -> Self {
        self.push_member(name);
        self
    }

    /// Appends the element `index`.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.push_index(index);
        self
    }

    /// Goes down to the member `name`.
    pub fn push_member(&mut self, name: &str) {
        self.0.push(Segment::Member(name.into()));
    }

    /// Goes down to the element `index`.
    pub fn push_index(&mut self, index: usize) {
        self.0.push(Segment::Index(index));
    }

    /// Goes up one step.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Puts `segment` in front: how a path is built while an error travels up.
    pub(crate) fn prefix(&mut self, segment: Segment) {
        self.0.insert(0, segment);
    }

    /// Returns the steps from the document's root.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Returns true at the document's root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the path as `error.param` writes it, nothing at the root. Long names are cut. The path ends before
    /// the first member with an empty name.
    #[must_use]
    pub fn param(&self) -> Option<String> {
        self.named().next().map(|_| alloc::format!("{self}"))
    }

    /// Returns the steps to the first member with an empty name, which is also that of a name that cannot be
    /// decoded.
    fn named(&self) -> impl Iterator<Item = &Segment> {
        let is_named =
            |segment: &&Segment| !matches!(segment, Segment::Member(name) if name.is_empty());
        self.0.iter().take_while(is_named)
    }

    /// Returns the path as a JSON pointer (RFC 6901). The root is the empty string.
    #[must_use]
    pub fn pointer(&self) -> String {
        let mut out = String::new();
        for segment in &self.0 {
            out.push('/');
            match segment {
                Segment::Member(name) => {
                    out.push_str(&name.replace('~', "~0").replace('/', "~1"));
                }
                Segment::Index(index) => out.push_str(&alloc::format!("{index}")),
            }
        }
        out
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.named().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Member(name) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    write!(f, "{}", Excerpt::new(name))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_a_name_is_told_by_what_is_around_it() {
        let named = || Path::default().member("metadata").index(0);
        for (path, param) in [
            (Path::default().member(""), None),
            (Path::default().member("").member("a"), None),
            (named().member(""), Some("metadata[0]")),
            (named().member("").member("a").index(1), Some("metadata[0]")),
        ] {
            assert_eq!(path.param().as_deref(), param, "{path:?}");
            assert_eq!(path.to_string(), param.unwrap_or_default());
        }
        assert_eq!(named().member("").pointer(), "/metadata/0/");
    }
}
