/// The numbers of a stream's events. They may start anywhere, since they may count a session. One
/// fault is reported once: after a wrong number, both continuing from it and ignoring it are
/// accepted.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    started: bool,
    /// The number after the highest one.
    next: u64,
    after_last: u64,
    /// The number that a wrong one replaced; accepted for one more event.
    replaced: Option<u64>,
}

impl Numbers {
    /// Checks the next number. Returns the expected one if it is wrong.
    pub(super) fn take(&mut self, got: Option<u64>) -> Option<u64> {
        if !core::mem::replace(&mut self.started, true)
            && let Some(first) = got
        {
            self.next = first;
        }
        let expected = self.next;
        let replaced = self.replaced.take();
        let Some(got) = got else {
            self.skip();
            return Some(expected);
        };
        let right = got == expected
            || got == self.after_last
            || replaced
                .is_some_and(|replaced| got == replaced || got == replaced.saturating_add(1));
        self.after_last = got.saturating_add(1);
        self.next = expected.max(self.after_last);
        if right {
            return None;
        }
        self.replaced = Some(expected);
        Some(expected)
    }

    /// Counts an event with an unknown number.
    pub(super) fn skip(&mut self) {
        if !self.started {
            return;
        }
        self.replaced = Some(self.next);
        self.next = self.next.saturating_add(1);
        self.after_last = self.next;
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    fn wrong(numbers: &[u64]) -> usize {
        let mut state = Numbers::default();
        let taken = numbers
            .iter()
            .filter(|number| state.take(Some(**number)).is_some());
        taken.count()
    }

    #[test]
    fn one_fault_is_reported_once() {
        assert_eq!(wrong(&[0, 1, 2, 3]), 0);
        assert_eq!(wrong(&[1, 2, 3]), 0, "from 1");
        assert_eq!(wrong(&[0, 1, 3, 4, 5]), 1, "a gap");
        assert_eq!(wrong(&[0, 1, 1, 2, 3]), 1, "a repetition");
        assert_eq!(wrong(&[0, 1, 1, 3, 4]), 1, "a wrong one below");
        assert_eq!(wrong(&[0, 9, 2, 3, 4]), 1, "a wrong one above");
        assert_eq!(wrong(&[0, 2, 1, 3, 4]), 1, "a swap");
        assert_eq!(wrong(&[0, 1, 2, 0, 1, 2]), 1, "a restart");
        assert_eq!(wrong(&[0, 0, 0, 0]), 3, "a constant");
        assert_eq!(wrong(&[u64::MAX, u64::MAX, 0]), 1);
    }
}
