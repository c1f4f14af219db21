use openresponses_types::sequence::Finish;

use crate::error::UpstreamError;

/// How an answer ended.
#[derive(Debug)]
pub(super) enum Ending {
    Finish(Finish),
    Failed(UpstreamError),
}

/// What a `finishReason` says; nothing for an unknown word.
pub(super) fn read(word: &str, message: Option<String>) -> Option<Ending> {
    let reason = match word {
        "STOP" => return Some(Ending::Finish(Finish::Completed)),
        "MAX_TOKENS" => "max_output_tokens",
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "MODEL_ARMOR"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => "content_filter",
        "LANGUAGE" => "language",
        "OTHER" | "IMAGE_OTHER" | "NO_IMAGE" => "other",
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MISSING_THOUGHT_SIGNATURE"
        | "MALFORMED_RESPONSE" => {
            return Some(Ending::Failed(UpstreamError {
                code: Some(word.to_ascii_lowercase()),
                message,
                ..UpstreamError::default()
            }));
        }
        _ => return None,
    };
    Some(Ending::Finish(Finish::Incomplete(reason.to_owned())))
}
