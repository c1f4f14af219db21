use openresponses_types::diagnostics::Warning;
use openresponses_types::json::JsonLimits;
use openresponses_types::schema::{DocumentKind, read_request_with};
use openresponses_types::{CreateRequest, Profile, Violation};

use crate::store::refuse_hidden;

/// A valid request with the leniencies that it needed.
pub(crate) struct ValidRequest {
    /// Boxed, because a request changes hands several times.
    pub(crate) request: Box<CreateRequest>,
    pub(crate) warnings: Vec<Warning>,
    /// What its turn takes at most, in bytes.
    pub(crate) weight: u64,
}

impl ValidRequest {
    /// Reads a body. `claim` is asked for the bytes that its turn takes at most.
    pub(crate) fn read<E: From<Violation>>(
        body: &[u8],
        limits: JsonLimits,
        kind: DocumentKind,
        profile: Profile,
        claim: impl FnOnce(u64) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut weight = 0;
        let (request, warnings) = read_request_with(body, limits, kind, profile, |bytes| {
            weight = bytes as u64;
            claim(weight)
        })?;
        refuse_hidden(&request.input)?;
        Ok(Self {
            request,
            warnings,
            weight,
        })
    }
}
