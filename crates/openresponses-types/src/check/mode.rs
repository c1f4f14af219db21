/// What a [`Checker`](super::Checker) does about a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckMode {
    /// It notes it; all events pass.
    Observe,
    /// It ends the stream with `error` and `response.failed`, as if the model had failed; what was
    /// sent before is legal with this end too, so the done event of an `incomplete` item is held
    /// until its response ends, and such an item is announced as `in_progress`. What comes after a
    /// terminal event is dropped. Types without prefix pass.
    Enforce,
    /// It mends it, so that what leaves is always legal:
    ///
    /// - Numbers, indices and ids follow what was sent so far.
    /// - Missing events are made up: `response.created` (from the first snapshot, else from
    ///   [`Checker::template`](super::Checker::template)), items, parts, their done events, the
    ///   terminal event (a failure). After `error` only `response.failed` and implementers' events
    ///   are sent.
    /// - Duplicates, what comes after a done or a terminal event, and what fits nowhere is dropped.
    /// - Where a finished text goes on from its deltas, the rest is sent as one more delta. Where it
    ///   contradicts them, the deltas win, since the client has shown them already: the done events
    ///   and the terminal response are rewritten. The same holds for arguments.
    /// - An `incomplete` item's done event is held until it is known to be the last item of an
    ///   incomplete response; else it is sent as `completed`. An item that is announced finished is
    ///   announced as `in_progress`.
    ///
    /// Too much output and nothing else ends the stream.
    Repair,
}

/// What to do with an event that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Send it as it came.
    Pass,
    /// Send instead what was written to `out`.
    Replaced,
    /// Send nothing.
    Dropped,
    /// Send what was written to `out`, then nothing more: the stream is over.
    Ended,
}

/// Bounds on what a [`Checker`](super::Checker) keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckLimits {
    /// Bytes of output that are kept to be compared, roughly. 32 MiB unless told otherwise. Beyond
    /// it a stream is ended; where it is only observed, its content is no longer compared.
    pub output: usize,
    /// Violations that are kept. 100 unless told otherwise; all are counted.
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
    /// Sets how many bytes of output are kept.
    #[must_use]
    pub fn output(mut self, bytes: usize) -> Self {
        self.output = bytes;
        self
    }

    /// Sets how many violations are kept.
    #[must_use]
    pub fn violations(mut self, count: usize) -> Self {
        self.violations = count;
        self
    }
}
