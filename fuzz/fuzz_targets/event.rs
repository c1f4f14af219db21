#![no_main]

use libfuzzer_sys::fuzz_target;
use openresponses_fuzz::{check, of};
use openresponses_types::schema::DocumentKind;
use openresponses_types::StreamEvent;

fuzz_target!(|bytes: &[u8]| {
    if let Some((event, true)) = check(bytes, DocumentKind::StreamEvent, &of!(StreamEvent)) {
        let numbered = event.with_sequence_number(7);
        assert_eq!(numbered.sequence_number(), Some(7));
    }
});
