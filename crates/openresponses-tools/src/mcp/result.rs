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
    if texts.is_empty()
        && let Some(structured) = &result.structured_content
    {
        texts.push(structured.to_string());
    }
    let text = texts.join("\n");
    match result.is_error {
        Some(true) => Err(ToolError::new(text)),
        _ => Ok(ToolOutput::new(text)),
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
