/// Bounds on what a [`Checker`](super::Checker) keeps.
///
/// ```
/// use openresponses_types::check::{CheckLimits, Checker};
///
/// let limits = CheckLimits::default().output(1 << 20).violations(10);
/// let checker = Checker::new().limits(limits);
/// # let _ = checker;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckLimits {
    /// Approximate bytes of output kept for comparison. Over the limit the content of the stream
    /// is no longer compared, which is a violation. Default: 32 MiB.
    pub output: usize,
    /// Number of violations kept; all are counted. Default: 100.
    pub violations: usize,
}

impl Default for CheckLimits {
    fn default() -> Self {
        Self {
            output: 32 << 20,
            violations: 100,
        }
    }
}

impl CheckLimits {
    /// Sets the number of bytes of output kept. Default: 32 MiB.
    #[must_use]
    pub fn output(mut self, bytes: usize) -> Self {
        self.output = bytes;
        self
    }

    /// Sets the number of violations kept. Default: 100.
    #[must_use]
    pub fn violations(mut self, count: usize) -> Self {
        self.violations = count;
        self
    }
}
