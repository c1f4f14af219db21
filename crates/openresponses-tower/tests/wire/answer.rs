//! Answers as the case files show them.

use http::{HeaderMap, StatusCode};

use crate::mask::mask;
use crate::names::Names;

/// A longer body is recorded as its length and hash.
const LONG: usize = 64 * 1024;

/// The last member of the events that carry the response.
const RESPONSE: &str = ",\"response\":";

/// An answer over HTTP, masked.
#[derive(PartialEq)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: Vec<String>,
    body: String,
    /// Whether the body has ended.
    ended: bool,
}

impl Answer {
    pub(crate) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        ended: bool,
        names: &mut Names,
    ) -> Self {
        let mut headers: Vec<_> = headers
            .iter()
            // The day and the length are those of the HTTP server.
            .filter(|(name, _)| !["date", "content-length"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {}", names.show(value.to_str().unwrap())))
            .collect();
        headers.sort();
        let body = std::str::from_utf8(body).expect("the body is UTF-8");
        assert!(!body.contains('\r'), "case files cannot show a CR");
        Self {
            status,
            headers,
            body: mask(&names.show(body)),
            ended,
        }
    }

    /// The data of a stream's events.
    pub(crate) fn data(&self) -> Vec<String> {
        let lines = self.body.lines();
        let data = lines.filter_map(|line| line.strip_prefix("data: "));
        data.filter(|data| *data != "[DONE]")
            .map(String::from)
            .collect()
    }

    /// The lines for the answer to one request.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("<< {}", self.status.as_u16())];
        lines.extend(self.head_and_body(None));
        lines
    }

    /// The lines for the answer in one of several ways.
    pub(crate) fn lines_as(&self, way: &str, stream: Option<&Self>) -> Vec<String> {
        if stream == Some(self) {
            return vec![format!("<< {way}: the same answer")];
        }
        let mut lines = vec![format!("<< {way} {}", self.status.as_u16())];
        lines.extend(self.head_and_body(stream));
        lines
    }

    fn head_and_body(&self, stream: Option<&Self>) -> Vec<String> {
        let mut lines: Vec<_> = self
            .headers
            .iter()
            .map(|line| format!("< {line}"))
            .collect();
        if !self.body.is_empty() {
            lines.push("<".into());
            if stream.is_some_and(|stream| stream.last_response() == Some(&self.body)) {
                lines.push("< (the response of the last event above)".into());
            } else {
                lines.extend(marked(&self.body));
            }
        }
        if !self.ended {
            lines.push("< (no end)".into());
        }
        lines
    }

    /// The response in a stream's terminal event.
    fn last_response(&self) -> Option<&str> {
        let events = self.body.strip_suffix("\n\ndata: [DONE]\n\n")?;
        let (_, response) = events.lines().last()?.split_once(RESPONSE)?;
        response.strip_suffix('}')
    }
}

/// The lines for the messages of a WebSocket.
pub(crate) fn messages(messages: &[String], stream: Option<&Answer>) -> Vec<String> {
    if stream.is_some_and(|stream| stream.data() == messages) {
        return vec!["<< ws: the data of the events above".into()];
    }
    let mut lines = vec!["<< ws".into()];
    lines.extend(marked(&messages.join("\n")));
    lines
}

fn marked(text: &str) -> Vec<String> {
    if text.len() > LONG {
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        return vec![format!("< ({} bytes, FNV-1a {hash:016x})", text.len())];
    }
    let mut last_response = "";
    let mut lines = Vec::new();
    for line in text.split('\n') {
        lines.push(match line.split_once(RESPONSE) {
            _ if line.is_empty() => "<".into(),
            Some((before, response)) if response == last_response => {
                format!("< {before}{RESPONSE}(as before)")
            }
            _ => format!("< {line}"),
        });
        if let Some((_, response)) = line.split_once(RESPONSE) {
            last_response = response;
        }
    }
    lines
}
