#![no_main]

use libfuzzer_sys::fuzz_target;
use openresponses_fuzz::{check, of};
use openresponses_types::compact::CompactRequest;
use openresponses_types::normalize::Normalizer;
use openresponses_types::schema::DocumentKind;
use openresponses_types::{CreateRequest, Profile};

fuzz_target!(|bytes: &[u8]| {
    check(bytes, DocumentKind::CompactRequest, &of!(CompactRequest));
    check(bytes, DocumentKind::WebSocketCreate, &of!(CreateRequest));
    if let Some((request, true)) = check(bytes, DocumentKind::CreateRequest, &of!(CreateRequest)) {
        for profile in [Profile::Strict, Profile::Compatible] {
            let _ = Normalizer::new(profile).default_model(Some("m")).turn(request.clone());
        }
    }
});
