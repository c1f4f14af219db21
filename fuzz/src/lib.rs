//! Properties of all kinds of documents, and relaying.

use std::sync::Arc;

use openresponses_types::json::Document;
use openresponses_types::relay::{Frame, Relay, RelayMode, RelayOptions};
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::sequence::{CountingIds, FixedClock, Sequencer, ToolPolicy};
use openresponses_types::{Profile, Response, StreamEvent, Violation};

/// A type of the protocol, as the targets need it.
pub struct Type<T> {
    /// Reads a checked document.
    pub read: fn(&Document<'_>) -> Result<T, Violation>,
    /// Prints a value.
    pub print: fn(&T) -> String,
}

/// Checks `bytes` as one kind of document: an accepted document is read and prints to an accepted
/// document of the same value. Returns the value.
pub fn check<T: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    kind: DocumentKind,
    of: &Type<T>,
) -> Option<(T, bool)> {
    let document = Document::parse(bytes).ok()?;
    let strict = validate(&document, kind, Profile::Strict);
    let compatible = validate(&document, kind, Profile::Compatible);
    for report in [&strict, &compatible] {
        assert!(report.violations.len() <= 64);
        for found in &report.violations {
            assert!(found.message.len() < 1024, "{}", found.message);
            assert!(found.offset.is_some_and(|offset| offset <= bytes.len()));
        }
    }
    assert!(compatible.is_ok() || !strict.is_ok(), "strict accepts, compatible does not");
    assert!(strict.warnings.is_empty());
    let value = match (of.read)(&document) {
        Ok(value) => value,
        Err(refused) => {
            assert!(!compatible.is_ok(), "accepted, but not read: {refused:?}");
            return None;
        }
    };
    let printed = (of.print)(&value);
    let again = Document::parse(printed.as_bytes()).expect("what is printed is JSON");
    let reread = (of.read)(&again).expect("what is printed can be read");
    assert_eq!(value, reread);
    assert_eq!((of.print)(&reread), printed);
    let accepted = |document: &Document<'_>, profile| validate(document, kind, profile).is_ok();
    assert_eq!(strict.is_ok(), accepted(&again, Profile::Strict), "{printed}");
    assert_eq!(compatible.is_ok(), accepted(&again, Profile::Compatible), "{printed}");
    assert!(!printed.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']));
    Some((value, compatible.is_ok()))
}

/// Relays the lines as the data of an upstream's frames, and returns what the client gets.
pub fn relayed(mode: RelayMode, policy: ToolPolicy, lines: &[u8]) -> Vec<StreamEvent> {
    let (ids, clock) = (Arc::new(CountingIds::default()), Arc::new(FixedClock(1)));
    let mut client = Sequencer::new(Response::new("resp_1", "model", 0), policy, ids, clock);
    client.start();
    let mut relay = Relay::new(RelayOptions::new(mode).output_limit(1 << 16));
    for line in lines.split(|byte| *byte == b'\n') {
        if client.is_finished() {
            break;
        }
        let _ = relay.push(Frame::new(line), &mut client);
    }
    if !client.is_finished() {
        relay.end(&mut client);
    }
    client.conclude();
    std::iter::from_fn(|| client.pop()).collect()
}

/// The [`Type`] of a type.
#[macro_export]
macro_rules! of {
    ($name:ty) => {
        $crate::Type::<$name> {
            read: |document| <$name>::from_document(document),
            print: |value| value.to_json(),
        }
    };
}
