use bytes::Bytes;
use http::uri::Authority;
use http::{HeaderValue, Request, Uri, header};
use http_body_util::Full;

/// How the requests of an HTTP/1.1 connection name their target. RFC 9112, section 3.2.
#[derive(Clone, Debug)]
pub(super) enum TargetForm {
    /// At the server itself: the path on the request line, the authority in `host`.
    Origin,
    /// At a proxy: the whole address on the request line, with the credentials for the proxy.
    Absolute(Option<HeaderValue>),
}

impl TargetForm {
    /// Writes the target of a request, and returns the address that it had.
    pub(super) fn write(&self, request: &mut Request<Full<Bytes>>) -> Uri {
        let uri = request.uri().clone();
        if let Some(Ok(host)) = uri.authority().map(host) {
            request.headers_mut().insert(header::HOST, host);
        }
        match self {
            Self::Origin => {
                let path = uri.path_and_query().map_or("/", |path| path.as_str());
                if let Ok(path) = path.parse() {
                    *request.uri_mut() = path;
                }
            }
            Self::Absolute(credentials) => {
                let headers = request.headers_mut();
                if let Some(credentials) = credentials {
                    headers.insert(header::PROXY_AUTHORIZATION, credentials.clone());
                }
            }
        }
        uri
    }

    /// Takes back what was written into a request that was not sent.
    pub(super) fn restore(request: &mut Request<Full<Bytes>>, uri: Uri) {
        *request.uri_mut() = uri;
        request.headers_mut().remove(header::PROXY_AUTHORIZATION);
    }
}

/// The value of `host`. Credentials of an address are no part of it.
fn host(authority: &Authority) -> Result<HeaderValue, header::InvalidHeaderValue> {
    let text = authority.as_str();
    HeaderValue::from_str(text.rsplit_once('@').map_or(text, |(_, host)| host))
}
