use std::time::Duration;

/// The work of one process on an unfinished response. It ends unless it is renewed in time, so that
/// others see when the process has stopped.
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_tower::store::Claim;
///
/// let claim = Claim::new("job_1", Duration::from_secs(30));
/// assert_eq!((claim.holder(), claim.time().as_secs()), ("job_1", 30));
/// ```
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
///
/// ```
/// use openresponses_tower::store::UpdateCondition;
///
/// /// Returns whether a condition holds for a response that `holder` has.
/// fn holds(condition: UpdateCondition<'_>, holder: Option<&str>, has_lapsed: bool) -> bool {
///     match condition {
///         UpdateCondition::Unfinished => true,
///         UpdateCondition::HeldBy(job) => holder == Some(job),
///         UpdateCondition::Abandoned => has_lapsed,
///     }
/// }
/// assert!(holds(UpdateCondition::HeldBy("job_1"), Some("job_1"), true));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateCondition<'a> {
    /// Nothing else.
    Unfinished,
    /// This job has the claim, even if its time has passed.
    HeldBy(&'a str),
    /// The time of the claim has passed.
    Abandoned,
}
