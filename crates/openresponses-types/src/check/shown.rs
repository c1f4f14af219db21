use core::fmt;

use crate::diagnostics::Excerpt;

/// A server's text in a message: an excerpt, or quotes where there is nothing to show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => f.write_str("''"),
            text => Excerpt::new(text).fmt(f),
        }
    }
}
