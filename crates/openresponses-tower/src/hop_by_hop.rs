//! Headers of one connection.

/// The headers that concern one connection only, in lower case. RFC 9110, section 7.6.1. A proxy
/// forwards none of them.
pub const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
