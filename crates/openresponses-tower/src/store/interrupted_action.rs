use super::job::Job;

/// What happens to a background response whose process has stopped.
///
/// ```
/// use openresponses_tower::Config;
/// use openresponses_tower::store::InterruptedAction;
///
/// let config = Config::new().interrupted(InterruptedAction::Restart { attempts: 3 });
/// # let _ = config;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum InterruptedAction {
    /// It ends as `failed` with the code `background_interrupted`.
    #[default]
    Fail,
    /// Another process runs it again, from its request. For that the store keeps the request while
    /// the response is unfinished.
    ///
    /// The output so far is dropped, and tools of the server run again. The stream begins again, with
    /// higher numbers; a client that has events of an earlier attempt gets the error
    /// `response_restarted` and reads the stream without `starting_after`. The provider's request has
    /// no headers of the client, and the extensions that
    /// [`Authorize::restore`](crate::authorize::Authorize::restore) returns.
    Restart {
        /// The maximum number of attempts, the first one included. After the last one the response
        /// ends as with [`Fail`](Self::Fail). At most [`MAX_ATTEMPTS`](Self::MAX_ATTEMPTS).
        attempts: u32,
    },
}

impl InterruptedAction {
    /// The most attempts, so that the numbers of events stay below 2^31.
    pub const MAX_ATTEMPTS: u32 = 100;

    /// Returns true if the requests of background responses are kept.
    pub(crate) fn keeps_requests(self) -> bool {
        match self {
            Self::Fail => false,
            Self::Restart { attempts } => attempts > 1,
        }
    }

    /// Returns true if a response with this job is run again.
    pub(crate) fn restarts(self, job: Option<&Job>) -> bool {
        match self {
            Self::Fail => false,
            Self::Restart { attempts } => {
                job.is_some_and(|job| job.attempt < attempts.min(Self::MAX_ATTEMPTS))
            }
        }
    }
}
