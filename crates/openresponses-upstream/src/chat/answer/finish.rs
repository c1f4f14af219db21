use openresponses_types::sequence::{Failure, Finish};

/// What a `finish_reason`, or a `native_finish_reason`, says; nothing for an unknown word.
pub(super) fn read(word: &str) -> Option<Finish> {
    Some(match word.to_ascii_lowercase().as_str() {
        "stop" | "end_turn" | "eos" | "eos_token" | "stop_sequence" | "tool_calls" | "tool_use"
        | "tool_call" | "function_call" | "completed" | "complete" => Finish::Completed,
        "length"
        | "max_tokens"
        | "max_output_tokens"
        | "model_length"
        | "model_context_window_exceeded" => Finish::Incomplete("max_output_tokens".into()),
        "content_filter" | "content_filtered" | "safety" | "sensitive" | "refusal"
        | "recitation" | "prohibited_content" | "blocklist" => {
            Finish::Incomplete("content_filter".into())
        }
        "error" | "network_error" | "insufficient_system_resource" | "abort" | "cancelled" => {
            let failure = Failure::new(
                "model_error",
                "upstream_error",
                "The model's server stopped in the middle of the answer.",
            );
            Finish::Failed(failure.into())
        }
        _ => return None,
    })
}

/// The one of the two that says less good: a server that reports `tool_calls` beside a native
/// `max_output_tokens` has cut the arguments.
pub(super) fn worse(one: Option<Finish>, other: Finish) -> Finish {
    fn rank(finish: &Finish) -> u8 {
        match finish {
            Finish::Completed => 0,
            Finish::Incomplete(_) => 1,
            _ => 2,
        }
    }
    match one {
        Some(one) if rank(&one) >= rank(&other) => one,
        _ => other,
    }
}
