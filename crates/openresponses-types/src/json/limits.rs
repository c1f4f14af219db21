/// The deepest nesting of everything else.
const OUTPUT_DEPTH: usize = 512;

/// Bounds of the pre-pass. The default is for requests, [`output`](Self::output) for everything else.
///
/// ```
/// use openresponses_types::json::{Document, JsonLimits};
///
/// let limits = JsonLimits::default().depth(2);
/// assert!(Document::parse_with(b"[[1]]", limits).is_ok());
/// assert!(Document::parse_with(b"[[[1]]]", limits).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonLimits {
    pub(super) depth: usize,
    pub(super) values: usize,
}

/// The limits for requests: 127 levels and 1,000,000 values.
impl Default for JsonLimits {
    fn default() -> Self {
        Self {
            depth: 127,
            values: 1_000_000,
        }
    }
}

impl JsonLimits {
    /// The deepest nesting that a request may be allowed: a response that echoes it, and a record of that, are a few
    /// levels deeper.
    pub const MAX_DEPTH: usize = 500;

    /// Creates the limits for what is no request: events, responses, items and records of them. They
    /// are read whenever the request was accepted: 512 levels, and any number of values, which only the length
    /// of the text bounds.
    ///
    /// ```
    /// use openresponses_types::json::{Document, JsonLimits};
    ///
    /// let event = format!("{}{}", "[".repeat(200), "]".repeat(200));
    /// assert!(Document::parse_with(event.as_bytes(), JsonLimits::output()).is_ok());
    /// assert!(Document::parse_with(event.as_bytes(), JsonLimits::default()).is_err());
    /// ```
    #[must_use]
    pub fn output() -> Self {
        Self {
            depth: OUTPUT_DEPTH,
            values: usize::MAX,
        }
    }

    /// Sets the maximum nesting of arrays and objects; more levels than
    /// [`MAX_DEPTH`](Self::MAX_DEPTH) count as that. Default: 127.
    #[must_use]
    pub fn depth(mut self, levels: usize) -> Self {
        self.depth = levels.min(Self::MAX_DEPTH);
        self
    }

    /// Sets the maximum number of values, containers included. Default: 1,000,000.
    #[must_use]
    pub fn values(mut self, count: usize) -> Self {
        self.values = count;
        self
    }
}
