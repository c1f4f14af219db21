//! Sends requests and checks the rules that apply to every answer.

use std::fmt::Display;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::RETRY_AFTER;
use openresponses_types::diagnostics::Excerpt;
use openresponses_types::json::Document;
use openresponses_types::schema::DocumentKind;
use serde_json::{Map, Value};

use super::Probe;
use super::client::{Answer, Key, Send};
use super::consistent::consistent;
use super::verdict::{NO_ANSWER, Over, Stop, Verdict, broken, expect};
use crate::check::check_document;
use crate::finding::Finding;
use crate::transcript;

const JSON: &str = "application/json";

impl Probe {
    /// A request to the endpoint.
    pub(super) fn post(&self, body: impl Into<Bytes>) -> Send {
        Send {
            method: Method::POST,
            path: self.client.target.path.clone(),
            media_type: JSON,
            key: Key::Given,
            body: body.into(),
        }
    }

    /// A request to create a response with the case's own `members`.
    pub(super) fn create(&self, members: &Value, over: Over) -> Send {
        self.post(self.body(members, over).to_string())
    }

    /// The members of a request to create a response.
    pub(super) fn body(&self, members: &Value, over: Over) -> Value {
        let mut body = Map::new();
        body.insert("model".into(), self.model.clone().into());
        match over {
            Over::Json => {}
            Over::Stream => drop(body.insert("stream".into(), true.into())),
            Over::Socket => drop(body.insert("type".into(), "response.create".into())),
        }
        body.extend(members.as_object().cloned().unwrap_or_default());
        body.into()
    }

    /// Sends a request, a second time where the server asks to come back soon.
    pub(super) async fn send(&self, send: Send) -> Verdict<Answer> {
        let answer = self.send_once(send.clone()).await?;
        match later(&answer) {
            None => return Ok(answer),
            Some(wait) if wait > MAX_WAIT => return Err(limited(&answer)),
            Some(wait) => tokio::time::sleep(wait).await,
        }
        let answer = self.send_once(send).await?;
        match later(&answer) {
            Some(_) => Err(limited(&answer)),
            None => Ok(answer),
        }
    }

    /// Sends a request whose answer may be that the server is busy.
    pub(super) async fn send_once(&self, send: Send) -> Verdict<Answer> {
        match self.client.send(send).await {
            Ok(answer) => {
                waits(&answer)?;
                Ok(answer)
            }
            Err(problem) => broken(NO_ANSWER, format!("{problem}.")),
        }
    }

    /// Returns a valid response to a request that every server must answer.
    pub(super) async fn response(&self, members: &Value, over: Over) -> Verdict<Value> {
        let answer = self.send(self.create(members, over)).await?;
        self.accepted(&answer, over)
    }

    /// Like [`response`](Self::response), for a request that a server may refuse with an error.
    pub(super) async fn optional(&self, members: &Value, over: Over) -> Verdict<Value> {
        let answer = self.send(self.create(members, over)).await?;
        if matches!(answer.status, 400 | 404 | 422 | 501) {
            self.error(&answer)?;
            return Err(not_offered(&answer));
        }
        self.accepted(&answer, over)
    }

    /// Skips the case if the error's code says that the server does not offer what was asked for.
    pub(super) fn offers(&self, answer: &Answer) -> Verdict {
        if answer.status < 400 {
            return Ok(());
        }
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = body["error"]["code"].as_str().unwrap_or_default();
        match code.starts_with("unsupported") || code.ends_with("not_supported") {
            true => {
                self.error(answer)?;
                Err(not_offered(answer))
            }
            false => Ok(()),
        }
    }

    /// Returns the response in an answer, whose status must be 200.
    pub(super) fn accepted(&self, answer: &Answer, over: Over) -> Verdict<Value> {
        expect(answer.status == 200, "request-accepted", || {
            format!("Expected 200, got {}.", status_and_message(answer))
        })?;
        self.read(answer, over)
    }

    /// Returns the response in an answer.
    pub(super) fn read(&self, answer: &Answer, over: Over) -> Verdict<Value> {
        match over {
            Over::Json => self.whole(self.document(answer, DocumentKind::Response)?),
            Over::Stream | Over::Socket => self.stream(answer),
        }
    }

    /// Returns a document of this kind.
    pub(super) fn document(&self, answer: &Answer, kind: DocumentKind) -> Verdict<Value> {
        let media_type = answer.media_type();
        expect(media_type == JSON, "content-type", || {
            format!("Expected {JSON}, got '{media_type}'.")
        })?;
        let document = Document::parse(&answer.body).map_err(|error| {
            Stop::from(&Finding::from(openresponses_types::Violation::from(error)))
        })?;
        let checked = check_document(&document, kind, self.profile);
        if let Some(found) = checked.violations.first() {
            return Err(Stop::from(found));
        }
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Returns a response whose members fit each other and that no answer has shown before.
    fn whole(&self, response: Value) -> Verdict<Value> {
        consistent(&response)?;
        self.seen.note(&response)?;
        Ok(response)
    }

    fn stream(&self, answer: &Answer) -> Verdict<Value> {
        const STREAM: &str = "text/event-stream";
        let media_type = answer.media_type();
        expect(media_type == STREAM, "content-type", || {
            format!("Expected {STREAM}, got '{media_type}'.")
        })?;
        self.transcript(&answer.body)
    }

    /// Returns the response at the end of a legal stream.
    pub(super) fn transcript(&self, bytes: &[u8]) -> Verdict<Value> {
        let mut response = None;
        let checked = transcript::check_with(bytes, self.profile.into(), &mut |event| {
            if event.is_terminal() {
                response = event.response().map(|response| response.to_json());
            }
        });
        if let Some(found) = checked.violations.first() {
            return Err(Stop::from(found));
        }
        let response = response.unwrap_or_default();
        self.whole(serde_json::from_str(&response).unwrap_or_default())
    }

    /// Parses the error in the body.
    pub(super) fn error(&self, answer: &Answer) -> Verdict<Value> {
        let body = self.document(answer, DocumentKind::ErrorBody)?;
        Ok(body.get("error").cloned().unwrap_or_default())
    }

    /// Returns the error of a refusal with one of these statuses.
    pub(super) fn refused(&self, answer: &Answer, statuses: &[u16]) -> Verdict<Value> {
        expect(statuses.contains(&answer.status), "error-status", || {
            let wanted: Vec<_> = statuses.iter().map(u16::to_string).collect();
            format!(
                "Expected {}, got {}.",
                wanted.join(" or "),
                status_and_message(answer)
            )
        })?;
        let error = self.error(answer)?;
        fits(answer.status, &error)?;
        Ok(error)
    }
}

/// The type of an error blames the one that its status blames. Types that are not in the
/// specification may blame either.
pub(super) fn fits(status: u16, error: &Value) -> Verdict {
    let kind = error["type"].as_str().unwrap_or_default();
    let is_wrong = match status {
        429 | 500.. => matches!(
            kind,
            "invalid_request_error" | "invalid_request" | "not_found"
        ),
        400..500 => matches!(kind, "server_error" | "model_error" | "too_many_requests"),
        _ => false,
    };
    expect(!is_wrong, "error-type", || {
        format!("An error of the type '{kind}' has the status {status}.")
    })
}

/// The longest time to wait for a server that limits the rate of requests.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Returns how long the server asks to wait. A date is later than [`MAX_WAIT`].
fn later(answer: &Answer) -> Option<Duration> {
    let text = answer.header(RETRY_AFTER)?;
    matches!(answer.status, 429 | 503)
        .then(|| text.parse().map_or(Duration::MAX, Duration::from_secs))
}

/// The case cannot be run now.
pub(super) fn limited(answer: &Answer) -> Stop {
    busy(status_and_message(answer))
}

/// The same, for an answer of which `why` is shown.
pub(super) fn busy(why: impl Display) -> Stop {
    Stop::Skip(format!("The server takes no more requests for now: {why}."))
}

pub(super) fn not_offered(answer: &Answer) -> Stop {
    Stop::Skip(format!("Not offered: {}.", status_and_message(answer)))
}

/// An answer that asks the client to come back later says when.
fn waits(answer: &Answer) -> Verdict {
    let is_time = |text: &str| text.parse::<u64>().is_ok() || text.ends_with(" GMT");
    let given = answer.header(RETRY_AFTER);
    let says_when = given.is_some_and(is_time);
    expect(
        !matches!(answer.status, 429 | 503) || says_when,
        "retry-after",
        || {
            format!(
                "Expected 'retry-after' in seconds or as a date beside {}, got {}.",
                answer.status,
                given.unwrap_or("none")
            )
        },
    )
}

/// The status and the server's message.
pub(super) fn status_and_message(answer: &Answer) -> String {
    const MAX_MESSAGE_CHARS: usize = 200;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match body["error"]["message"].as_str() {
        Some(message) if answer.status != 200 => {
            let message = Excerpt::new(message).limit(MAX_MESSAGE_CHARS);
            format!("{}, '{message}'", answer.status)
        }
        _ => answer.status.to_string(),
    }
}
