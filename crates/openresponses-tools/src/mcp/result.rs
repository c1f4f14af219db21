//! What a server returned, for the model.

use rmcp::ServiceError;
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};

use crate::error::ToolError;
use crate::tool::ToolOutput;

/// The result of a call: its texts, one after the other. What is no text is named.
pub(super) fn output(
    result: Result<CallToolResult, ServiceError>,
) -> Result<ToolOutput, ToolError> {
    let result = match result {
        Ok(result) => result,
        // The server's words about the call are for the model.
        Err(ServiceError::McpError(error)) => {
            return Err(ToolError::new(error.message.into_owned()));
        }
        Err(error) => {
            return Err(ToolError::new("The tool's server failed.").with_source(error));
        }
    };
    let mut texts: Vec<String> = result.content.iter().map(text).collect();
    // Servers repeat structured content as text for those that do not read it.
    if !result.content.iter().any(is_text)
        && let Some(structured) = &result.structured_content
    {
        texts.push(structured.to_string());
    }
    let text = texts.join("\n");
    match result.is_error {
        Some(true) if text.is_empty() => Err(ToolError::new("The tool reported an error.")),
        Some(true) => Err(ToolError::uncut(text)),
        _ => Ok(ToolOutput::new(text)),
    }
}

fn is_text(block: &ContentBlock) -> bool {
    match block {
        ContentBlock::Text(_) => true,
        ContentBlock::Resource(embedded) => matches!(
            embedded.resource,
            ResourceContents::TextResourceContents { .. }
        ),
        _ => false,
    }
}

fn text(block: &ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => format!("[image of type {}]", image.mime_type),
        ContentBlock::Audio(audio) => format!("[audio of type {}]", audio.mime_type),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => text.clone(),
            other => format!("[resource {}]", uri(other)),
        },
        ContentBlock::ResourceLink(link) => format!("[resource {}]", link.uri),
        _ => "[content of another kind]".into(),
    }
}

fn uri(resource: &ResourceContents) -> &str {
    match resource {
        ResourceContents::TextResourceContents { uri, .. }
        | ResourceContents::BlobResourceContents { uri, .. } => uri,
        _ => "of another kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(json: &str) -> Result<String, String> {
        let result = serde_json::from_str(json).unwrap();
        let output = output(Ok(result));
        output
            .map(|output| output.text)
            .map_err(|error| error.message().to_owned())
    }

    #[test]
    fn structured_content_counts_where_no_content_is_text() {
        let image = r#"{"type":"image","data":"AAAA","mimeType":"image/png"}"#;
        let text = r#"{"type":"text","text":"one"}"#;
        for (content, expected) in [
            (String::new(), r#"{"n":1}"#),
            (image.to_owned(), "[image of type image/png]\n{\"n\":1}"),
            (text.to_owned(), "one"),
            (format!("{image},{text}"), "[image of type image/png]\none"),
        ] {
            let json = format!(r#"{{"content":[{content}],"structuredContent":{{"n":1}}}}"#);
            assert_eq!(result(&json).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn an_error_is_as_long_as_a_result_may_be() {
        let text = "x".repeat(10_000);
        let json = format!(r#"{{"content":[{{"type":"text","text":"{text}"}}],"isError":true}}"#);
        assert_eq!(result(&json).unwrap_err(), text);
    }

    #[test]
    fn an_error_has_a_text() {
        let empty = result(r#"{"content":[],"isError":true}"#);
        assert_eq!(empty.unwrap_err(), "The tool reported an error.");
    }
}
