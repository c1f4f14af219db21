//! Why a tool failed, for the log.

use std::error::Error;

/// The causes of an error, one behind the other; `None` where it has none. URLs are without user info,
/// query and fragment, which may be secrets.
pub(crate) fn causes(error: &dyn Error) -> Option<String> {
    let mut texts = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(without_secrets(&error.to_string()));
        cause = error.source();
    }
    (!texts.is_empty()).then(|| texts.join(": "))
}

/// The text with what may be secret cut out of its URLs.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let is_end = |c: char| c.is_whitespace() || "\"<>`".contains(c);
        let (url, behind) = after.split_at(after.find(is_end).unwrap_or(after.len()));
        // A URL may contain these, but in a text they close what is around it.
        let url_end = url.trim_end_matches([')', ']', '}', '\'', ',', ';', ':', '.']);
        let (url, closing) = url.split_at(url_end.len());
        let (address, secret) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
        let (authority, path) = address.split_at(address.find('/').unwrap_or(address.len()));
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        out.push_str(host);
        out.push_str(path);
        if !secret.is_empty() {
            out.push_str("?…");
        }
        out.push_str(closing);
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToolError;

    #[test]
    fn urls_lose_user_info_and_query() {
        for (text, expected) in [
            ("", ""),
            ("no URL: a?b=c", "no URL: a?b=c"),
            ("https://h/mcp", "https://h/mcp"),
            (
                "error for url (https://h:1/mcp?apiKey=S)",
                "error for url (https://h:1/mcp?…)",
            ),
            ("(https://h/?a=S,(b)): refused", "(https://h/?…)): refused"),
            (
                "'http://u:S@h/a@b' \"https://S@h\"",
                "'http://h/a@b' \"https://h\"",
            ),
            ("https://h?S and wss://h#S.", "https://h?… and wss://h?…."),
            ("https://h/?next=https://i/?S end", "https://h/?… end"),
        ] {
            assert_eq!(without_secrets(text), expected);
        }
    }

    #[test]
    fn each_cause_is_named_once() {
        let inner = std::io::Error::other("http://h/?S");
        let error = ToolError::internal(ToolError::new("outer").with_source(inner));
        assert_eq!(causes(&error).unwrap(), "outer: http://h/?…");
        assert_eq!(causes(&ToolError::new("none")), None);
    }

    #[cfg(feature = "mcp")]
    #[tokio::test]
    async fn a_server_that_is_away_is_named_without_its_key() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let url = format!("http://user-S:word-S@{address}/mcp?apiKey=key-S");
        let server = crate::McpServer::http("away", url);
        assert!(!format!("{server:?}").contains("-S"), "{server:?}");
        let connection = server.connect(crate::mcp::HttpClient::default());
        let error = connection.listing().await.unwrap_err();
        let causes = causes(&error).unwrap();
        assert!(causes.contains(&address.to_string()), "{causes}");
        assert!(!causes.contains("-S"), "{causes}");
    }
}
