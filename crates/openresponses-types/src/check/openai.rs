//! Types that have no prefix though the specification does not define them: those of the API that
//! Open Responses grew out of. Servers that offer that API too send them, and clients know them.

/// Returns true for an event of OpenAI's Responses API.
pub(crate) fn is_event(type_name: &str) -> bool {
    if matches!(type_name, "keepalive" | "response.cancelled") {
        return true;
    }
    let Some((subject, what)) = type_name
        .strip_prefix("response.")
        .and_then(|rest| rest.rsplit_once('.'))
    else {
        return false;
    };
    match subject {
        "reasoning_text"
        | "reasoning_summary"
        | "audio"
        | "audio.transcript"
        | "mcp_call_arguments"
        | "mcp_call.arguments"
        | "custom_tool_call_input"
        | "code_interpreter_call_code"
        | "code_interpreter_call.code"
        | "apply_patch_call_operation_diff"
        | "shell_call_command"
        | "shell_call_output_content" => matches!(what, "delta" | "done" | "added"),
        "reasoning_part" => matches!(what, "added" | "done"),
        "web_search_call"
        | "file_search_call"
        | "code_interpreter_call"
        | "image_generation_call"
        | "mcp_call"
        | "mcp_list_tools" => matches!(
            what,
            "in_progress"
                | "searching"
                | "interpreting"
                | "generating"
                | "partial_image"
                | "completed"
                | "failed"
        ),
        _ => false,
    }
}

/// Returns true for an item of OpenAI's Responses API.
pub(crate) fn is_item(type_name: &str) -> bool {
    matches!(
        type_name,
        "web_search_call"
            | "file_search_call"
            | "code_interpreter_call"
            | "image_generation_call"
            | "computer_call"
            | "computer_call_output"
            | "local_shell_call"
            | "local_shell_call_output"
            | "shell_call"
            | "shell_call_output"
            | "apply_patch_call"
            | "apply_patch_call_output"
            | "custom_tool_call"
            | "custom_tool_call_output"
            | "tool_search_call"
            | "tool_search_output"
            | "mcp_call"
            | "mcp_list_tools"
            | "mcp_approval_request"
            | "mcp_approval_response"
            | "compaction_summary"
            | "program"
            | "program_output"
    )
}
