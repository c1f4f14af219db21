use openresponses_types::json::{Document, Reader, ValueKind, mended};

use crate::json::{is_blank, text};

/// A response that came as a document, as a stream of the one event that ends a response: the relay mends
/// it as it mends those of streams. `None` where `body` is no response.
pub(crate) fn document(body: &[u8]) -> Option<Vec<u8>> {
    match Document::parse(body) {
        Ok(document) => stream(document.reader()),
        Err(_) => {
            let mended = mended(body);
            let document = Document::parse(mended.as_bytes()).ok()?;
            stream(document.reader())
        }
    }
}

fn stream(mut response: Reader<'_>) -> Option<Vec<u8>> {
    let status = response.member("status");
    let output = response.member("output");
    if status.is_none_or(is_blank) && output.is_none_or(|output| output.kind() == ValueKind::Null) {
        return None;
    }
    let has_failed = response
        .member("error")
        .is_some_and(|error| !is_blank(error));
    let event = match status.and_then(text).as_deref() {
        Some("completed") => "response.completed",
        Some("incomplete") => "response.incomplete",
        // Some servers leave the status out.
        None | Some("") if !has_failed => "response.completed",
        // One that goes on elsewhere does not complete here.
        _ => "response.failed",
    };
    let mut out = format!("event: {event}\n");
    let event = format!(r#"{{"type":"{event}","sequence_number":0,"response":"#);
    let lines = response.raw().split(['\n', '\r']);
    for line in std::iter::once(&*event).chain(lines).chain(["}"]) {
        out.push_str("data: ");
        out.push_str(line);
        out.push('\n');
    }
    out.push('\n');
    Some(out.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(body: &str) -> Option<String> {
        let stream = String::from_utf8(document(body.as_bytes())?).unwrap();
        let name = stream.lines().next()?.strip_prefix("event: ")?;
        let data = stream
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        let data: Vec<_> = data.collect();
        let data = data.join("\n");
        let document = Document::parse(data.as_bytes()).unwrap();
        assert_eq!(document.reader().member("type").and_then(text)?, name);
        document.reader().member("response")?;
        Some(name.to_owned())
    }

    #[test]
    fn a_document_is_the_event_that_ends_its_response() {
        for (body, expected) in [
            (
                "{\r\n\"status\": \"completed\",\n\"output\": []\n}\n",
                Some("response.completed"),
            ),
            (r#"{"output":[]}"#, Some("response.completed")),
            (r#"{"status":"incomplete"}"#, Some("response.incomplete")),
            (r#"{"status":"failed"}"#, Some("response.failed")),
            (
                r#"{"status":"in_progress","output":[]}"#,
                Some("response.failed"),
            ),
            (
                r#"{"output":[],"error":{"message":"m"}}"#,
                Some("response.failed"),
            ),
            // Mended.
            (
                "{\"status\":\"completed\",\"x\":\"a\tb\"}",
                Some("response.completed"),
            ),
            (r#"{"ok":true}"#, None),
            (r#"{"status":null,"output":null}"#, None),
            ("[]", None),
            ("{", None),
        ] {
            assert_eq!(event(body).as_deref(), expected, "{body}");
        }
    }
}
