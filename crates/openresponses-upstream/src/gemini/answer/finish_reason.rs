use openresponses_types::sequence::Finish;

use crate::error::{MessagePolicy, UpstreamError};

/// What a `finishReason` says; nothing for an unknown word.
pub(super) fn read(word: &str, message: Option<String>, policy: MessagePolicy) -> Option<Finish> {
    let reason = match word {
        "STOP" => return Some(Finish::Completed),
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
            let error = UpstreamError {
                code: Some(word.to_ascii_lowercase()),
                message,
                ..UpstreamError::default()
            };
            return Some(Finish::Failed(error.to_failure(policy)));
        }
        _ => return None,
    };
    Some(Finish::Incomplete(reason.to_owned()))
}
