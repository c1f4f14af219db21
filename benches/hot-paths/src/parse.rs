//! From the bytes of a request to its type, and to a turn.

use std::hint::black_box;

use openresponses_types::json::{Document, JsonLimits};
use openresponses_types::normalize::Normalizer;
use openresponses_types::schema::{DocumentKind, read_request_with};
use openresponses_types::{CreateRequest, Profile, Violation};

/// Checks that the body is JSON.
#[must_use]
pub fn document(body: &[u8]) -> usize {
    usize::from(Document::parse(black_box(body)).is_ok())
}

/// Reads the type alone.
#[must_use]
pub fn request(body: &[u8]) -> usize {
    usize::from(black_box(CreateRequest::from_json(black_box(body))).is_ok())
}

/// Reads, validates and normalizes, as an endpoint does.
#[must_use]
pub fn turn(body: &[u8]) -> usize {
    let turn = || {
        let (limits, kind) = (JsonLimits::default(), DocumentKind::CreateRequest);
        let claim = |_| Ok::<(), Violation>(());
        let read = read_request_with(black_box(body), limits, kind, Profile::Compatible, claim);
        let (request, _) = read.ok()?;
        let turn = Normalizer::new(Profile::Compatible).turn(*request).ok()?;
        black_box(&turn);
        Some(())
    };
    usize::from(turn().is_some())
}
