//! Routing. Paths are not decoded or normalized: the authorized path is the routed path.

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Version, header};

use crate::error::{Error, ErrorKind, Refusal};
use crate::prefix::Prefix;
#[cfg(feature = "ws")]
use crate::ws::is_extended_connect;
use openresponses_types::diagnostics::Excerpt;

pub(super) const RESPONSES: &str = "responses";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'p> {
    /// `POST {prefix}/responses`
    Create,
    /// `POST {prefix}/responses/compact`
    Compact,
    /// `POST {prefix}/responses/input_tokens`
    InputTokens,
    /// `GET` or `HEAD {prefix}/responses/{id}`
    Retrieve(&'p str),
    /// `DELETE {prefix}/responses/{id}`
    Delete(&'p str),
    /// `POST {prefix}/responses/{id}/cancel`
    Cancel(&'p str),
    /// `GET` or `HEAD {prefix}/responses/{id}/input_items`
    InputItems(&'p str),
    /// `GET {prefix}/responses` with `Upgrade: websocket`, or the extended CONNECT of HTTP/2
    WebSocket,
}

impl Route<'_> {
    /// Returns the route below the prefix, with a name in place of each id.
    pub(super) fn template(&self) -> &'static str {
        match self {
            Self::Create | Self::WebSocket => "/responses",
            Self::Compact => "/responses/compact",
            Self::InputTokens => "/responses/input_tokens",
            Self::Retrieve(_) | Self::Delete(_) => "/responses/{id}",
            Self::Cancel(_) => "/responses/{id}/cancel",
            Self::InputItems(_) => "/responses/{id}/input_items",
        }
    }
}

/// Returns true for `{prefix}/responses` and what is below it.
pub(crate) fn is_endpoint(prefix: &Prefix, path: &str) -> bool {
    prefix.below(RESPONSES, path).is_some()
}

/// What a request has to do with a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upgrade {
    /// The client wants a WebSocket.
    Wanted,
    /// A GET could ask for one.
    Offered,
    None,
}

impl Upgrade {
    /// Returns what `head` asks of an endpoint that offers WebSockets or not.
    pub(super) fn of(head: &Parts, is_offered: bool) -> Self {
        if wants_websocket(head) {
            Self::Wanted
        } else if is_offered && head.version < Version::HTTP_2 {
            Self::Offered
        } else {
            // Over HTTP/2 it takes another method.
            Self::None
        }
    }
}

/// Returns the route of `method` and `path`.
pub(super) fn route<'p>(
    prefix: &Prefix,
    method: &Method,
    path: &'p str,
    upgrade: Upgrade,
) -> Result<Route<'p>, Refusal> {
    let Some(rest) = prefix.below(RESPONSES, path) else {
        return Err(unknown_url(method, path).into());
    };
    let mut segments = rest.split('/').skip(1);
    match (segments.next(), segments.next(), segments.next()) {
        (None, ..) if method == Method::POST => Ok(Route::Create),
        (None, ..) if upgrade == Upgrade::Wanted => Ok(Route::WebSocket),
        (None, ..) if upgrade == Upgrade::Offered => Err(no_upgrade(method)),
        (None, ..) => Err(wrong_method(method, "POST")),
        (Some("compact"), None, _) => match *method {
            Method::POST => Ok(Route::Compact),
            _ => Err(wrong_method(method, "POST")),
        },
        (Some("input_tokens"), None, _) => match *method {
            Method::POST => Ok(Route::InputTokens),
            _ => Err(wrong_method(method, "POST")),
        },
        (Some(id), None, _) if is_id(id) => match *method {
            Method::GET | Method::HEAD => Ok(Route::Retrieve(id)),
            Method::DELETE => Ok(Route::Delete(id)),
            _ => Err(wrong_method(method, "GET, HEAD, DELETE")),
        },
        (Some(id), Some("cancel"), None) if is_id(id) => match *method {
            Method::POST => Ok(Route::Cancel(id)),
            _ => Err(wrong_method(method, "POST")),
        },
        (Some(id), Some("input_items"), None) if is_id(id) => match *method {
            Method::GET | Method::HEAD => Ok(Route::InputItems(id)),
            _ => Err(wrong_method(method, "GET, HEAD")),
        },
        _ => Err(unknown_url(method, path).into()),
    }
}

/// Returns true for a well-formed response id.
fn is_id(segment: &str) -> bool {
    !segment.is_empty()
        && segment.len() <= 256
        && segment
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// Returns true if a client wants a WebSocket.
fn wants_websocket(head: &Parts) -> bool {
    let upgrade = head.headers.get(header::UPGRADE);
    let upgrades = upgrade.and_then(|value| value.to_str().ok());
    let says = |value: &str| {
        let mut parts = value.split(',');
        parts.any(|part| part.trim().eq_ignore_ascii_case("websocket"))
    };
    (head.method == Method::GET && upgrades.is_some_and(says)) || is_extended_connect(head)
}

#[cfg(not(feature = "ws"))]
fn is_extended_connect(_: &Parts) -> bool {
    false
}

/// Clients that try a WebSocket first fall back to HTTP on 426 only.
pub(super) fn no_websocket() -> Refusal {
    let error = Error::new(
        ErrorKind::UpgradeRequired,
        "websocket_not_supported",
        "WebSocket is not offered here. Send the request with POST.",
    )
    .param("upgrade");
    let mut headers = HeaderMap::new();
    headers.insert(header::UPGRADE, HeaderValue::from_static("HTTP/1.1"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    Refusal { error, headers }
}

/// Refuses a method where a GET opens a WebSocket, if it asks for one.
fn no_upgrade(method: &Method) -> Refusal {
    let mut refusal = wrong_method(method, "GET, POST");
    if matches!(*method, Method::GET | Method::HEAD) {
        let message = "The method GET opens a WebSocket here: send 'Upgrade: websocket' with it, or use POST.";
        refusal.error = method_not_allowed(message);
    }
    refusal
}

fn wrong_method(method: &Method, allowed: &'static str) -> Refusal {
    let method = Excerpt::new(shown(method)).limit(32);
    let message = format!("The method {method} is not allowed here. Use one of: {allowed}.");
    let error = method_not_allowed(message);
    let mut headers = HeaderMap::new();
    headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
    Refusal { error, headers }
}

fn method_not_allowed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::MethodNotAllowed, "method_not_allowed", message).param("method")
}

/// Returns the method as answers name it: that to HEAD has the length of that to GET.
fn shown(method: &Method) -> &str {
    match *method {
        Method::HEAD => "GET",
        _ => method.as_str(),
    }
}

fn unknown_url(method: &Method, path: &str) -> Error {
    let method = Excerpt::new(shown(method)).limit(32);
    let shown = Excerpt::new(path).limit(200);
    let mut message = format!("Unknown request URL: {method} {shown}.");
    if path.ends_with("/chat/completions") {
        message.push_str(
            " This is the Responses API: send POST to '/responses' below the same prefix.",
        );
    }
    Error::new(ErrorKind::NotFound, "unknown_url", message).param("url")
}
