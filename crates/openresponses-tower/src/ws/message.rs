//! Parsing of text messages. Spec: "WebSocket Transport".

use openresponses_types::Field;
use openresponses_types::json::{Document, JsonLimits};
use openresponses_types::request::Input;
use openresponses_types::schema::DocumentKind;

use super::continued::Continued;
use super::session::Reading;
use crate::bounds::Held;
use crate::error::Error;
use crate::turn::ValidRequest;

/// A valid `response.create`.
pub(crate) struct Create {
    pub(crate) valid: ValidRequest,
    /// False for a message that only warms up the connection.
    pub(crate) generate: bool,
    /// The size of the message.
    pub(crate) bytes: u64,
    /// The memory of the turn, where it was claimed before the message was read.
    pub(crate) memory: Option<Held>,
}

/// A rejected message.
pub(crate) struct Refused {
    pub(super) error: Error,
    pub(super) continued: Continued,
}

/// A message that could not be read.
impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self {
            error,
            continued: Continued::Unknown,
        }
    }
}

/// Parses a message. `claim` gets the bytes that its types take, before they are made.
pub(crate) fn read(
    text: &str,
    reading: Reading,
    claim: impl FnOnce(u64) -> Result<(), Error>,
) -> Result<Create, Refused> {
    let Reading {
        limits, profile, ..
    } = reading;
    let kind = DocumentKind::WebSocketCreate;
    match ValidRequest::read(text.as_bytes(), limits, kind, profile, claim) {
        Ok(valid) => Ok(create(valid, text.len())),
        Err(error) => Err(refused(text, limits, error)),
    }
}

/// A message that has a fault, or whose memory was refused.
fn refused(text: &str, limits: JsonLimits, error: Error) -> Refused {
    let continued = match Document::parse_with(text.as_bytes(), limits) {
        Ok(document) => Continued::in_document(document.reader()),
        Err(error) => Continued::by_unacceptable(error.kind),
    };
    Refused { error, continued }
}

/// Removes the members of the transport, which providers must not see.
fn create(mut valid: ValidRequest, bytes: usize) -> Create {
    let request = &mut valid.request;
    request.extra.remove("type");
    // Turns on a WebSocket are always streamed.
    request.stream = Field::Value(true);
    request.stream_options = Field::Absent;
    request.background = Field::Absent;
    let generate = match request.extra.get("generate") {
        Some(value) => {
            let generate = value.get() != "false";
            request.extra.remove("generate");
            generate
        }
        None => true,
    };
    if !generate && request.input.value().is_none() {
        request.input = Input::Items(Vec::new()).into();
    }
    Create {
        valid,
        generate,
        bytes: bytes as u64,
        memory: None,
    }
}

#[cfg(test)]
mod tests {
    use openresponses_types::Profile;
    use openresponses_types::json::JsonLimits;

    use super::*;
    use crate::body_time::BodyTime;

    fn reading(profile: Profile) -> Reading {
        Reading {
            profile,
            limits: JsonLimits::default(),
            message_limit: usize::MAX,
            message_time: BodyTime {
                base: None,
                rate: 0,
            },
            stall_limit: None,
        }
    }

    fn read_as(profile: Profile, text: &str) -> Result<Create, Refused> {
        read(text, reading(profile), |_| Ok(()))
    }

    #[test]
    fn nothing_of_the_transport_is_left() {
        let text = r#"{"type":"response.create","model":"m","input":"x","stream":false,
            "stream_options":{"include_obfuscation":true},"background":true,"x":1}"#;
        let create = read_as(Profile::Compatible, text).ok().unwrap();
        assert!(create.generate);
        assert_eq!(create.valid.warnings.len(), 3);
        assert_eq!(
            create.valid.request.to_json(),
            r#"{"model":"m","input":"x","stream":true,"x":1}"#
        );
        let refused = read_as(Profile::Strict, text).err().unwrap();
        assert_eq!(refused.error.payload().param.as_str(), Some("stream"));
    }

    #[test]
    fn nothing_is_made_of_a_message_for_which_there_is_no_memory() {
        let items = vec![r#"{"role":"user","content":"x"}"#; 50_000].join(",");
        let text = format!(
            r#"{{"type":"response.create","model":"m","previous_response_id":"resp_1","input":[{items}]}}"#
        );
        let peak = |claimed: fn(u64) -> Result<(), Error>, read: &mut Option<_>| {
            let reading =
                || *read = Some(super::read(&text, reading(Profile::Compatible), claimed));
            allocation_counter::measure(reading).bytes_max
        };
        let (mut accepted, mut refused) = (None, None);
        let made = peak(|_| Ok(()), &mut accepted);
        let unmade = peak(|_| Err(Error::overloaded()), &mut refused);
        // The rest is the index of the document.
        assert!(unmade * 2 < made, "{unmade} of {made}");
        assert!(accepted.unwrap().is_ok());
        let refused = refused.unwrap().err();
        let refused = refused.unwrap();
        assert_eq!(refused.error.code(), "overloaded");
        assert_eq!(refused.continued, Continued::Response("resp_1".to_owned()));
    }

    #[test]
    fn a_client_may_warm_up_without_input() {
        let text = r#"{"type":"response.create","model":"m","generate":false}"#;
        let create = read_as(Profile::Compatible, text).ok().unwrap();
        assert!(!create.generate);
        assert!(create.valid.request.extra.is_empty());
        assert_eq!(create.valid.request.input, Input::Items(Vec::new()).into());
        let text = r#"{"type":"response.create","model":"m","generate":true}"#;
        let create = read_as(Profile::Compatible, text).ok().unwrap();
        assert!(create.generate && create.valid.request.input.is_absent());
    }

    #[test]
    fn a_refused_message_tells_what_it_would_have_continued() {
        let cases = [
            (
                r#"{"type":"response.create","previous_response_id":"resp_1","input":7}"#,
                Continued::Response("resp_1".to_owned()),
            ),
            (
                r#"{"type":"response.cancel","previous_response_id":"resp_2"}"#,
                Continued::Response("resp_2".to_owned()),
            ),
            (
                r#"{"type":"response.create","previous_response_id":7}"#,
                Continued::Nothing,
            ),
            (
                r#"{"previous_response_id":"resp_1","previous_response_id":"resp_2"}"#,
                Continued::Unknown,
            ),
            ("[]", Continued::Nothing),
            ("\"response.create\"", Continued::Nothing),
            ("", Continued::Nothing),
        ];
        for (text, continued) in cases {
            let refused = read_as(Profile::Compatible, text).err().unwrap();
            assert_eq!(refused.continued, continued, "{text}");
            assert_eq!(refused.error.kind().status(), 400, "{text}");
        }
    }
}
