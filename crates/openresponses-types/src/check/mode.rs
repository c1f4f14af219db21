/// Treatment of violations by a [`Checker`](super::Checker).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckMode {
    /// Reports them; all events pass.
    Observe,
    /// Ends the stream with `error` and `response.failed`, as for a failure of the model. The
    /// events sent before are legal with this end too: the done event of an `incomplete` item is
    /// held until its response ends, and such an item is announced as `in_progress`. Events after a
    /// terminal event are dropped. Types without prefix pass.
    Enforce,
    /// Repairs them, so that the resulting stream is always legal:
    ///
    /// - Numbers, indices and ids follow what was sent so far.
    /// - Missing events are synthesized: `response.created` (from the first snapshot, else from
    ///   [`Checker::template`](super::Checker::template)), items, parts, their done events, the
    ///   terminal event (a failure). After `error` only `response.failed` and implementers' events
    ///   are sent.
    /// - Duplicates, events after a done or a terminal event, and misplaced events are dropped.
    /// - Where a finished text goes on from its deltas, the rest is sent as one more delta. Where
    ///   it contradicts them, the deltas take precedence, since the client has shown them already:
    ///   the done events and the terminal response are rewritten. The same holds for arguments.
    /// - An `incomplete` item's done event is held until it is known to be the last item of an
    ///   incomplete response; else it is sent as `completed`. An item announced as finished is sent
    ///   as `in_progress`.
    ///
    /// Only output over the limit ends the stream.
    Repair,
}

/// What to send for a checked event.
///
/// ```
/// use openresponses_types::StreamEvent;
/// use openresponses_types::check::{CheckMode, Checker, Verdict};
///
/// let event = StreamEvent::from_json(br#"{"type":"acme:ping","sequence_number":0}"#).unwrap();
/// let verdict = Checker::new(CheckMode::Observe).check(&event, None, &mut |_| {});
/// assert_eq!(verdict, Verdict::Pass);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Send it unchanged.
    Pass,
    /// Send instead what was written to `out`.
    Replaced,
    /// Send nothing.
    Dropped,
    /// Send what was written to `out`, then nothing more: the stream is over.
    Ended,
}

/// Bounds on what a [`Checker`](super::Checker) keeps.
///
/// ```
/// use openresponses_types::check::{CheckLimits, CheckMode, Checker};
///
/// let limits = CheckLimits::default().output(1 << 20).violations(10);
/// let checker = Checker::new(CheckMode::Observe).limits(limits);
/// # let _ = checker;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckLimits {
    /// Approximate bytes of output kept for comparison. Over the limit a stream is ended; in
    /// `Observe` its content is no longer compared. Default: 32 MiB.
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
