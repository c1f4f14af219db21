use openresponses_types::diagnostics::Warning;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, read_request};
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
    pub(crate) fn read(
        document: &Document<'_>,
        kind: DocumentKind,
        profile: Profile,
    ) -> Result<Self, Violation> {
        let (request, warnings) = read_request(document, kind, profile)?;
        refuse_hidden(&request.input)?;
        Ok(Self {
            request: Box::new(request),
            warnings,
            weight: document.typed_bytes() as u64,
        })
    }
}
