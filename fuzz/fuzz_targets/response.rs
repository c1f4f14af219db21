#![no_main]

use libfuzzer_sys::fuzz_target;
use openresponses_fuzz::{check, of};
use openresponses_types::compact::CompactResponse;
use openresponses_types::response::{ErrorBody, WebSocketError};
use openresponses_types::schema::DocumentKind;
use openresponses_types::Response;

fuzz_target!(|bytes: &[u8]| {
    if let Some((response, true)) = check(bytes, DocumentKind::Response, &of!(Response)) {
        let _ = response.output_text();
    }
    check(bytes, DocumentKind::CompactResponse, &of!(CompactResponse));
    check(bytes, DocumentKind::ErrorBody, &of!(ErrorBody));
    check(bytes, DocumentKind::WebSocketError, &of!(WebSocketError));
});
