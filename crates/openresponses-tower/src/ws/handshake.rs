//! The opening handshake. RFC 6455, section 4.2; over HTTP/2 RFC 8441, section 5.

use http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::config::WebSocketConfig;
use crate::error::{Error, ErrorKind, Refusal};

/// An accepted handshake.
pub(crate) struct Accepted {
    /// The connection, available once the response was sent.
    pub(crate) upgrade: OnUpgrade,
    /// The status of the response: 101, or 200 over HTTP/2.
    pub(crate) status: StatusCode,
    /// The headers of the response.
    pub(crate) headers: HeaderMap,
}

/// Returns true if an HTTP/2 client opens a WebSocket. RFC 8441, section 5.
#[cfg(feature = "http2")]
pub(crate) fn is_extended_connect(head: &Parts) -> bool {
    let protocol = head.extensions.get::<hyper::ext::Protocol>();
    head.method == http::Method::CONNECT
        && protocol.is_some_and(|protocol| protocol.as_str().eq_ignore_ascii_case("websocket"))
}

/// Always false without the feature.
#[cfg(not(feature = "http2"))]
pub(crate) fn is_extended_connect(_: &Parts) -> bool {
    false
}

/// Accepts a request for a WebSocket and removes the connection's headers from its head. `None`
/// where the HTTP server does not support upgrades.
pub(crate) fn accept(
    head: &mut Parts,
    config: &WebSocketConfig,
) -> Result<Option<Accepted>, Refusal> {
    config.origins.check(head)?;
    check_version(&head.headers)?;
    let (status, mut headers) = if is_extended_connect(head) {
        // HTTP/2 has its own streams: no protocol is switched, and there is no key.
        (StatusCode::OK, HeaderMap::new())
    } else {
        (StatusCode::SWITCHING_PROTOCOLS, switch(head)?)
    };
    if let Some(name) = subprotocol(&head.headers, config) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, name);
    }
    let Some(upgrade) = head.extensions.remove::<OnUpgrade>() else {
        return Ok(None);
    };
    for name in [
        CONNECTION,
        UPGRADE,
        SEC_WEBSOCKET_KEY,
        SEC_WEBSOCKET_VERSION,
        SEC_WEBSOCKET_EXTENSIONS,
        SEC_WEBSOCKET_PROTOCOL,
    ] {
        head.headers.remove(name);
    }
    Ok(Some(Accepted {
        upgrade,
        status,
        headers,
    }))
}

fn check_version(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut versions = headers.get_all(SEC_WEBSOCKET_VERSION).iter().peekable();
    if versions.peek().is_none() {
        let message = "The handshake is incomplete: send 'Sec-WebSocket-Version: 13'.";
        return Err(malformed(&SEC_WEBSOCKET_VERSION, message));
    }
    match versions.find(|version| *version != "13") {
        Some(version) => Err(wrong_version(version)),
        None => Ok(()),
    }
}

/// Returns the headers that accept the switch. HTTP/1.1 only.
fn switch(head: &Parts) -> Result<HeaderMap, Refusal> {
    if head.version < Version::HTTP_11 || !says(&head.headers, &CONNECTION, "upgrade") {
        let message = "The handshake is incomplete: send 'Connection: Upgrade' over HTTP/1.1.";
        return Err(malformed(&CONNECTION, message));
    }
    let mut keys = head.headers.get_all(SEC_WEBSOCKET_KEY).iter();
    let (Some(key), None) = (keys.next().filter(|key| is_key(key)), keys.next()) else {
        let message =
            "The handshake is incomplete: send one 'Sec-WebSocket-Key' of 16 bytes in Base64.";
        return Err(malformed(&SEC_WEBSOCKET_KEY, message));
    };
    let key = derive_accept_key(key.as_bytes());
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    let key = HeaderValue::try_from(key).map_err(Error::server)?;
    headers.insert(SEC_WEBSOCKET_ACCEPT, key);
    Ok(headers)
}

/// Returns the first of the configured subprotocols that the client offers. RFC 6455, section 4.2.2.
fn subprotocol(headers: &HeaderMap, config: &WebSocketConfig) -> Option<HeaderValue> {
    let values = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offered: Vec<_> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
        .collect();
    let mut names = config.subprotocols.iter();
    let name = names.find(|name| offered.contains(&name.as_str()))?;
    HeaderValue::from_str(name).ok()
}

fn malformed(header: &HeaderName, message: &str) -> Refusal {
    Error::new(ErrorKind::InvalidRequest, "invalid_handshake", message)
        .param(header.as_str())
        .into()
}

/// Returns true if a header's list contains `word`.
pub(crate) fn says(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(word))
}

/// 16 bytes in Base64 are 22 digits and the padding.
fn is_key(key: &HeaderValue) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let digits = key.as_bytes().strip_suffix(b"==");
    digits.is_some_and(|digits| digits.len() == 22 && digits.iter().all(digit))
}

fn wrong_version(version: &HeaderValue) -> Refusal {
    let shown: String = String::from_utf8_lossy(version.as_bytes())
        .chars()
        .take(16)
        .collect();
    let error = Error::new(
        ErrorKind::UpgradeRequired,
        "websocket_version_not_supported",
        format!("Version '{shown}' of WebSocket is not offered here. Use version 13."),
    )
    .param(SEC_WEBSOCKET_VERSION.as_str());
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    Refusal { error, headers }
}
