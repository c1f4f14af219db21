/// Bounds of the pre-pass.
///
/// ```
/// use openresponses_types::json::{Document, JsonLimits};
///
/// let limits = JsonLimits::default().depth(2);
/// assert!(Document::parse_with(b"[[1]]", limits).is_ok());
/// assert!(Document::parse_with(b"[[[1]]]", limits).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonLimits {
    /// The maximum nesting of arrays and objects, in levels. Default: 127.
    pub depth: usize,
    /// The maximum number of values, containers included. Default: 1,000,000.
    pub values: usize,
}

impl Default for JsonLimits {
    fn default() -> Self {
        Self {
            depth: 127,
            values: 1_000_000,
        }
    }
}

impl JsonLimits {
    /// Sets the maximum nesting of arrays and objects. Default: 127.
    #[must_use]
    pub fn depth(mut self, levels: usize) -> Self {
        self.depth = levels;
        self
    }

    /// Sets the maximum number of values. Default: 1,000,000.
    #[must_use]
    pub fn values(mut self, count: usize) -> Self {
        self.values = count;
        self
    }
}
