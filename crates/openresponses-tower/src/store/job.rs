use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;

use openresponses_types::json::{Reader, write_string};

use crate::scope::Scope;

/// What another process needs to run an unfinished background response again. It is part of the
/// record while that is unfinished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// The number of the attempt, from 1.
    pub(crate) attempt: u32,
    /// What [`Authorize::remember`](crate::authorize::Authorize::remember) returned.
    pub(crate) caller: Option<Arc<str>>,
    /// The request without its input, which is in the record, as JSON.
    pub(crate) request: Arc<str>,
}

impl Job {
    /// Creates the first attempt.
    pub(crate) fn new(request: Arc<str>, caller: Option<Arc<str>>) -> Self {
        Self {
            attempt: 1,
            caller,
            request,
        }
    }

    /// Returns the attempt after this one.
    pub(crate) fn next(&self) -> Self {
        let mut next = self.clone();
        next.attempt = next.attempt.saturating_add(1);
        next
    }

    /// Returns its size in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.request.len() + self.caller.as_ref().map_or(0, |caller| caller.len())
    }

    /// Writes it as JSON.
    pub(super) fn write(&self, out: &mut String) {
        // Printing into a string cannot fail.
        let _ = write!(out, "{{\"attempt\":{}", self.attempt);
        if let Some(caller) = &self.caller {
            out.push_str(",\"caller\":");
            let _ = write_string(out, caller);
        }
        let _ = write!(out, ",\"request\":{}}}", self.request);
    }

    /// Reads what [`write`](Self::write) wrote.
    pub(super) fn read(json: &Reader<'_>) -> Option<Self> {
        let attempt = u32::from_str(json.member("attempt")?.raw()).ok()?;
        let caller = json.member("caller").and_then(|mut text| text.string());
        Some(Self {
            attempt,
            caller: caller.as_deref().map(Arc::from),
            request: json.member("request")?.raw().into(),
        })
    }
}

/// An unfinished response whose claim has lapsed.
///
/// ```
/// use openresponses_tower::Scope;
/// use openresponses_tower::store::AbandonedResponse;
///
/// let found = AbandonedResponse::new(Scope::new("acme"), "resp_1");
/// assert_eq!((found.scope.as_str(), &*found.id), ("acme", "resp_1"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AbandonedResponse {
    /// Its scope.
    pub scope: Scope,
    /// Its id.
    pub id: String,
}

impl AbandonedResponse {
    /// Names the response `id` of a scope.
    #[must_use]
    pub fn new(scope: Scope, id: impl Into<String>) -> Self {
        Self {
            scope,
            id: id.into(),
        }
    }
}
