use openresponses_types::sequence::Finish;

/// What a `stop_reason` says; nothing for an unknown word.
pub(super) fn read(word: &str) -> Option<Finish> {
    let reason = match word {
        "end_turn" | "stop_sequence" | "tool_use" => return Some(Finish::Completed),
        "max_tokens" | "model_context_window_exceeded" => "max_output_tokens",
        "refusal" => "content_filter",
        // The server stopped in the middle of its own work: the client may send the output back and
        // let it go on.
        "pause_turn" | "compaction" => word,
        _ => return None,
    };
    Some(Finish::Incomplete(reason.to_owned()))
}
