use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method};
use openresponses_types::diagnostics::{Path, ViolationCode};
use openresponses_types::wire::Extra;
use openresponses_types::{Turn, Violation};

use crate::feature::{Feature, features};

/// A request to an upstream: everything but the address and the key.
///
/// ```
/// use openresponses_upstream::UpstreamRequest;
///
/// let request = UpstreamRequest::post("/chat/completions", "{}", true);
/// assert_eq!((request.method.as_str(), &request.body[..]), ("POST", &b"{}"[..]));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UpstreamRequest {
    /// The method.
    pub method: Method,
    /// What comes behind the base URL: a path that starts with `/`, and a query where there is one.
    pub path: String,
    /// Headers of the dialect, `content-type` and `accept` among them.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What the turn has and the dialect has no place for.
    pub warnings: Vec<RequestWarning>,
    /// Where the members of the body come from.
    pub origins: Origins,
}

/// What is written down while a turn is translated.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) warnings: Vec<RequestWarning>,
    pub(crate) origins: Origins,
}

impl Notes {
    /// Creates the notes of a turn.
    pub(crate) fn of(turn: &Turn) -> Self {
        let mut notes = Self::default();
        notes.origins.features = features(turn, |at| item_path(turn, at));
        notes
    }

    /// Warns that the member at `path` was left out or changed.
    pub(crate) fn warn(&mut self, path: Path, reason: &'static str) {
        self.warnings.push(RequestWarning::new(path, reason));
    }

    /// Warns of the members of `extra`, which stand in the object at `path`.
    pub(crate) fn warn_of_extra(&mut self, path: &Path, extra: &Extra) {
        for (name, value) in extra.iter() {
            if value.get() != "null" {
                self.warn(path.clone().member(name), NO_MEMBER);
            }
        }
    }
}

pub(crate) const NO_MEMBER: &str = "The upstream's API does not have the member.";

/// A member that the upstream's API cannot express and that must not be left out.
pub(crate) fn refused(path: Path, message: impl Into<String>) -> Violation {
    Violation::new(
        path,
        ViolationCode::UnsupportedParameter,
        "upstream",
        message.into(),
    )
}

impl UpstreamRequest {
    /// Creates a `POST` of a JSON body. `stream` tells which type of answer is asked for.
    #[must_use]
    pub fn post(path: impl Into<String>, body: impl Into<Bytes>, stream: bool) -> Self {
        let accept = if stream {
            "text/event-stream"
        } else {
            "application/json"
        };
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, JSON);
        headers.insert(http::header::ACCEPT, http::HeaderValue::from_static(accept));
        Self {
            method: Method::POST,
            path: path.into(),
            headers,
            body: body.into(),
            warnings: Vec::new(),
            origins: Origins::default(),
        }
    }

    /// Sets what was written down.
    pub(crate) fn noted(mut self, notes: Notes) -> Self {
        self.warnings = notes.warnings;
        self.origins = notes.origins;
        self
    }
}

const JSON: http::HeaderValue = http::HeaderValue::from_static("application/json");

/// A member of the turn that was left out of the request, or changed.
///
/// ```
/// use openresponses_types::diagnostics::Profile;
/// use openresponses_types::normalize::Normalizer;
/// use openresponses_types::{CreateRequest, Turn};
/// use openresponses_upstream::Dialect;
/// use openresponses_upstream::chat::Chat;
///
/// let request = CreateRequest::from_json(br#"{"model":"m","input":"Hello"}"#)?;
/// let turn: Turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
/// let request = Chat::new().request(&turn)?;
/// for warning in &request.warnings {
///     eprintln!("{}: {}", warning.path, warning.reason);
/// }
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestWarning {
    /// The member in the client's request. Items of previous responses have the path
    /// `previous_response_id`.
    pub path: Path,
    /// Why, as one sentence.
    pub reason: &'static str,
}

impl RequestWarning {
    /// Creates a warning that the member at `path` was left out or changed.
    #[must_use]
    pub fn new(path: Path, reason: &'static str) -> Self {
        Self { path, reason }
    }
}

impl fmt::Display for RequestWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// Returns the path of the item at `index` of [`Turn::items`] in the client's request.
pub(crate) fn item_path(turn: &Turn, index: usize) -> Path {
    path_from(turn.input_start, index)
}

/// Returns the path of the item at `index` of a conversation whose items from `input_start` on are the
/// client's request.
pub(crate) fn path_from(input_start: usize, index: usize) -> Path {
    match index.checked_sub(input_start) {
        Some(index) => Path::default().member("input").index(index),
        None => Path::default().member("previous_response_id"),
    }
}

/// Which member of the client's request a member of an upstream's request was made of, so that an
/// upstream's complaint can name what the client knows.
///
/// ```
/// use openresponses_types::diagnostics::Path;
/// use openresponses_upstream::Origins;
///
/// let mut origins = Origins::default();
/// origins.add("messages[1]", Path::default().member("input").index(0));
/// assert_eq!(origins.find("messages[1].content").as_deref(), Some("input[0]"));
/// assert_eq!(origins.find("messages[10]"), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Origins {
    members: Vec<(String, Path)>,
    /// What not every model takes, with the client's first member of that kind.
    features: Vec<(Feature, Path)>,
}

impl Origins {
    /// Adds that `member` of the upstream's request was made of the client's `path`.
    pub fn add(&mut self, member: impl Into<String>, path: Path) {
        self.members.push((member.into(), path));
    }

    /// Returns the client's member behind `member`, of the longest entry that `member` is or lies in.
    #[must_use]
    pub fn find(&self, member: &str) -> Option<String> {
        let within = |outer: &str| {
            member
                .strip_prefix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.members
            .iter()
            .filter(|(outer, _)| within(outer))
            .max_by_key(|(outer, _)| outer.len())
            .and_then(|(_, path)| path.param())
    }
    /// Returns the client's first member that has a feature.
    pub(crate) fn find_feature(&self, feature: Feature) -> Option<String> {
        let mut all = self.features.iter();
        let (_, path) = all.find(|(known, _)| *known == feature)?;
        path.param()
    }
}
