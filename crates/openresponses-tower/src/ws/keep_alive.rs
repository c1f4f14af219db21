//! Detection of lost connections. All times are since the connection opened.

use std::time::Duration;

/// The action after a silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Send a ping.
    Ping,
    /// The connection is lost.
    Gone,
    /// Nothing until this time.
    Wait(Duration),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct KeepAlive {
    interval: Duration,
    limit: Duration,
    heard: Duration,
    pinged: Duration,
}

impl KeepAlive {
    /// An interval that is not below the limit would end connections without a question, so half
    /// of the limit is taken instead.
    pub(super) fn new(interval: Duration, limit: Duration) -> Self {
        Self {
            interval: if interval < limit {
                interval
            } else {
                limit / 2
            },
            limit,
            heard: Duration::ZERO,
            pinged: Duration::ZERO,
        }
    }

    /// Records activity.
    pub(super) fn heard(&mut self, now: Duration) {
        self.heard = now;
    }

    /// Returns when the connection counts as lost.
    pub(super) fn gone_at(&self) -> Duration {
        self.heard.saturating_add(self.limit)
    }

    /// Returns the action for now. A returned ping counts as sent.
    pub(super) fn beat(&mut self, now: Duration) -> Beat {
        if now >= self.gone_at() {
            return Beat::Gone;
        }
        let due = self.heard.max(self.pinged).saturating_add(self.interval);
        if now >= due {
            self.pinged = now;
            return Beat::Ping;
        }
        Beat::Wait(due.min(self.gone_at()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_asked_about_and_then_believed() {
        let at = Duration::from_secs;
        let mut alive = KeepAlive::new(at(15), at(40));
        assert_eq!(alive.beat(at(0)), Beat::Wait(at(15)));
        assert_eq!(alive.beat(at(15)), Beat::Ping);
        assert_eq!(alive.beat(at(15)), Beat::Wait(at(30)));
        assert_eq!(alive.beat(at(31)), Beat::Ping);
        assert_eq!(alive.beat(at(31)), Beat::Wait(at(40)));
        alive.heard(at(39));
        assert_eq!(alive.beat(at(40)), Beat::Wait(at(54)));
        assert_eq!(alive.beat(at(78)), Beat::Ping);
        assert_eq!(alive.beat(at(79)), Beat::Gone);
    }

    #[test]
    fn a_ping_is_sent_before_the_limit_even_if_the_interval_is_longer() {
        let at = Duration::from_secs;
        for interval in [at(40), at(120), Duration::MAX] {
            let mut alive = KeepAlive::new(interval, at(40));
            assert_eq!(alive.beat(at(0)), Beat::Wait(at(20)));
            assert_eq!(alive.beat(at(20)), Beat::Ping);
            assert_eq!(alive.beat(at(40)), Beat::Gone);
        }
    }

    #[test]
    fn times_that_cannot_be_told_never_come() {
        let mut never = KeepAlive::new(Duration::MAX, Duration::MAX);
        never.heard(Duration::MAX / 2 + Duration::from_secs(1));
        assert_eq!(
            never.beat(Duration::MAX / 2 + Duration::from_secs(2)),
            Beat::Wait(Duration::MAX)
        );
    }
}
