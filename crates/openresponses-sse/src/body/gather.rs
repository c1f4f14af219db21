//! When a frame waits for the events of other tasks.

/// The most rounds that one frame waits. Each lets every task that is ready run once.
const ROUNDS: u8 = 16;

/// By what factor more frames go out at once after each wait without another event, and the most.
const BACK_OFF: u8 = 8;
const MOST_SKIPPED: u8 = 64;

/// How often the stream is found silent before a wait is over. hyper polls a body again before other
/// tasks run.
const POLLS: u8 = 2;

/// Decides whether a frame that could be sent waits for one more round of the executor.
///
/// Where another task produces the events, through a channel of a few places, each event would
/// become a frame, and so a call of the operating system, since the task runs only when the body
/// does not. A body that yields before it sends lets that task run. Where that brings nothing, as
/// between the tokens of a model, nearly all frames are sent without it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gather {
    /// The rounds that the open frame has waited.
    rounds: u8,
    /// How often it was found as long as before in the last of them.
    polls: u8,
    /// The length of the open frame when that began.
    length: usize,
    /// How many frames go out at once from here on.
    skips: u8,
    /// How many did after the last wait that brought no event.
    skipped: u8,
}

impl Gather {
    /// Returns true if the open frame, which has `length` bytes, waits for events that are not
    /// ready yet.
    pub(super) fn waits(&mut self, length: usize) -> bool {
        if self.rounds == 0 && self.skips > 0 {
            self.skips -= 1;
            return false;
        }
        if self.rounds == 0 || length > self.length {
            if self.rounds > 0 {
                self.skipped = 0;
            }
            self.length = length;
            self.polls = 0;
            self.rounds += 1;
            return self.rounds <= ROUNDS;
        }
        self.polls += 1;
        if self.polls < POLLS {
            return true;
        }
        if self.rounds == 1 {
            let more = self.skipped.saturating_mul(BACK_OFF);
            self.skipped = more.clamp(BACK_OFF, MOST_SKIPPED);
            self.skips = self.skipped;
        }
        false
    }

    /// Records that the open frame was sent.
    pub(super) fn sent(&mut self) {
        self.rounds = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a frame waits whose lengths at each question are given.
    fn rounds(gather: &mut Gather, lengths: impl IntoIterator<Item = usize>) -> usize {
        let waits = lengths
            .into_iter()
            .take_while(|length| gather.waits(*length));
        let rounds = waits.count();
        gather.sent();
        rounds
    }

    #[test]
    fn a_frame_waits_while_it_grows_and_no_longer_than_16_rounds() {
        let mut gather = Gather::default();
        assert_eq!(rounds(&mut gather, [1, 2, 2, 3, 3, 3]), 5);
        assert_eq!(rounds(&mut gather, [1, 1, 2, 2, 2]), 4);
        assert_eq!(rounds(&mut gather, 1..), 16);
        assert_eq!(rounds(&mut gather, 1..), 16);
    }

    #[test]
    fn frames_that_gain_nothing_by_waiting_are_followed_by_more_and_more_that_do_not_wait() {
        let mut gather = Gather::default();
        let waits = (0..200).map(|_| rounds(&mut gather, [1, 1, 1]));
        let at: Vec<usize> = waits
            .enumerate()
            .filter_map(|(at, waits)| (waits > 0).then_some(at))
            .collect();
        assert_eq!(at, [0, 9, 74, 139]);
    }

    #[test]
    fn a_frame_that_grows_ends_the_back_off() {
        let mut gather = Gather::default();
        let waited: usize = (0..10).map(|_| rounds(&mut gather, [1, 1, 1])).sum();
        assert_eq!(waited, 4);
        (0..64).for_each(|_| assert_eq!(rounds(&mut gather, [1]), 0));
        assert_eq!(rounds(&mut gather, [1, 2, 2, 2]), 3);
        assert_eq!(rounds(&mut gather, [1, 1, 1]), 2);
        (0..8).for_each(|_| assert_eq!(rounds(&mut gather, [1]), 0));
        assert_eq!(rounds(&mut gather, [1, 1, 1]), 2);
    }
}
