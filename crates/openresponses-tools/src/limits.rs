use std::time::Duration;

/// Bounds of one response's loop.
///
/// ```
/// use std::time::Duration;
/// use openresponses_tools::Limits;
///
/// let limits = Limits::new().rounds(4).time(Duration::from_secs(60)).concurrent_calls(2);
/// # let _ = limits;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    pub(crate) rounds: u32,
    pub(crate) time: Duration,
    pub(crate) concurrent_calls: usize,
    pub(crate) calls_per_round: usize,
    pub(crate) argument_bytes: usize,
    pub(crate) result_bytes: usize,
    pub(crate) total_result_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rounds: 16,
            time: Duration::from_secs(300),
            concurrent_calls: 8,
            calls_per_round: 32,
            argument_bytes: 256 << 10,
            result_bytes: 256 << 10,
            total_result_bytes: 4 << 20,
        }
    }
}

impl Limits {
    /// Returns the default bounds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how often the model may be sampled. Calls of the last round are not run, except by the
    /// client, and the response ends as `incomplete` with the reason `max_tool_rounds`. Default: 16. At least 1.
    #[must_use]
    pub fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds.max(1);
        self
    }

    /// Sets the time of the whole loop, sampling included. A response that takes longer ends as
    /// `incomplete` with the reason `max_tool_time`, once the model called a tool of the server's.
    /// Default: 300 s.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Sets how many calls of one response run at the same time. Default: 8. At least 1.
    #[must_use]
    pub fn concurrent_calls(mut self, calls: usize) -> Self {
        self.concurrent_calls = calls.max(1);
        self
    }

    /// Sets how many calls of one round run. The model gets an error for each further call.
    /// Default: 32. At least 1.
    #[must_use]
    pub fn calls_per_round(mut self, calls: usize) -> Self {
        self.calls_per_round = calls.max(1);
        self
    }

    /// Sets how many bytes the arguments of one call may have. The model gets an error for a call with
    /// more. Default: 256 KiB.
    #[must_use]
    pub fn argument_bytes(mut self, bytes: usize) -> Self {
        self.argument_bytes = bytes;
        self
    }

    /// Sets how many bytes the result of one call may have. A larger result is an error of the call.
    /// Default: 256 KiB.
    #[must_use]
    pub fn result_bytes(mut self, bytes: usize) -> Self {
        self.result_bytes = bytes;
        self
    }

    /// Sets how many bytes all results of a response may have together. Beyond it the response ends as
    /// `incomplete` with the reason `max_tool_result_bytes`. Default: 4 MiB.
    #[must_use]
    pub fn total_result_bytes(mut self, bytes: usize) -> Self {
        self.total_result_bytes = bytes;
        self
    }
}
