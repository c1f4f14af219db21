use std::time::Duration;

/// The work of one process on an unfinished response. It ends unless it is renewed in time, so that
/// others see when the process has died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    holder: Box<str>,
    time: Duration,
}

impl Claim {
    /// Creates the claim of `holder`, a name that no other job has, for `time`.
    #[must_use]
    pub fn new(holder: &str, time: Duration) -> Self {
        Self {
            holder: holder.into(),
            time,
        }
    }

    /// Returns the name of the job.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Returns how long the claim holds without renewal.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.time
    }
}

/// What must hold for [`update`](super::ResponseStore::update) to change a response, beside that it
/// exists and is unfinished. A store must know every condition, so further ones are a breaking change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateCondition<'a> {
    /// Nothing else.
    Unfinished,
    /// This job has the claim, even if its time has passed.
    HeldBy(&'a str),
    /// The time of the claim has passed.
    Abandoned,
}
