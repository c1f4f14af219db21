/// Bounds of the pre-pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JsonLimits {
    /// How deep arrays and objects may nest, in levels. 127 unless told otherwise.
    pub depth: usize,
    /// How many values the document may hold, containers included. 1,000,000 unless told otherwise.
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
    /// Sets how deep arrays and objects may nest.
    #[must_use]
    pub fn depth(mut self, levels: usize) -> Self {
        self.depth = levels;
        self
    }

    /// Sets how many values the document may hold.
    #[must_use]
    pub fn values(mut self, count: usize) -> Self {
        self.values = count;
        self
    }
}
