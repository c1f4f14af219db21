//! Faults that were reported, so that each is reported once and explains what follows from it.

/// A fault of a stream, of an item or of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It was not added: its added event, if it comes, is late.
    NotAdded,
    /// It was not closed: its done event, if it comes, is late.
    NotClosed,
    /// Its content is not what was announced or streamed.
    Content,
    /// Its index.
    Index,
    /// The index of an annotation.
    AnnotationIndex,
    /// A delta came after its end.
    LateDelta,
    /// A snapshot is of another response.
    Identity,
    /// The output is larger than the limit and is no longer compared.
    TooLarge,
    /// An event other than `response.failed` came after `error`.
    AfterError,
    /// An event came after the terminal event.
    AfterTerminal,
    /// An event came after the marker `[DONE]`.
    AfterMarker,
    /// The input ended; what is missing then.
    AtEnd,
}

/// The faults that were reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reported(u16);

impl Reported {
    fn bit(fault: Fault) -> u16 {
        1 << fault as u16
    }

    /// Adds a fault. Returns true if it was not reported before.
    pub(crate) fn insert(&mut self, fault: Fault) -> bool {
        let new = !self.contains(fault);
        self.0 |= Self::bit(fault);
        new
    }

    /// Removes a fault. Returns true if it was reported.
    pub(crate) fn remove(&mut self, fault: Fault) -> bool {
        let known = self.contains(fault);
        self.0 &= !Self::bit(fault);
        known
    }

    pub(crate) fn contains(self, fault: Fault) -> bool {
        self.0 & Self::bit(fault) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_reported_once() {
        let mut reported = Reported::default();
        assert!(reported.insert(Fault::AtEnd));
        assert!(!reported.insert(Fault::AtEnd));
        assert!(reported.contains(Fault::AtEnd) && !reported.contains(Fault::NotAdded));
        assert!(reported.remove(Fault::AtEnd));
        assert_eq!(reported, Reported::default());
    }
}
