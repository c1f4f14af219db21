use crate::table::{Row, Treatment::*, count_with_common, with_common};

/// What becomes of the members of a request.
pub const REQUEST: &[Row] = &with_common::<{ count_with_common(OWN) }>(OWN);

/// Rows that other dialects do not have.
const OWN: &[Row] = &[
    Row::new("model", Carried, "`model`"),
    Row::new("instructions", Converted, "the first block of `system`"),
    Row::new(
        "input[]",
        Converted,
        "`messages[].content[]`; adjacent items of one speaker are one message",
    ),
    Row::new(
        "input[].content[]",
        Converted,
        "`text`, `image`, `document`; texts of white space only are warned about, other parts refused",
    ),
    Row::new(
        "input[].content[].image_url",
        Converted,
        "`source`: a URL, or the data of a JPEG, PNG, GIF or WebP; others are refused",
    ),
    Row::new("input[].content[].detail", Warned, "`auto` is the default"),
    Row::new(
        "input[].content[].file_data",
        Converted,
        "`source`: a PDF, a text or an image; others are refused",
    ),
    Row::new("input[].content[].file_url", Converted, "`source.url`"),
    Row::new("input[].content[].filename", Converted, "`title`"),
    Row::new("input[].content[].file_id", Converted, "`source.file_id`"),
    Row::new("input[].content[].video_url", Refused, ""),
    Row::new(
        "input[].content[].cache_control",
        Carried,
        "`cache_control` of the block, as in `providerOptions`; also of messages, calls, outputs and tools",
    ),
    Row::new(
        "input[]: system, developer",
        Converted,
        "`system`, with a warning where the conversation had begun",
    ),
    Row::new(
        "input[]: function_call",
        Converted,
        "`tool_use`; arguments that are no object become the member `arguments` of one, with a warning",
    ),
    Row::new(
        "input[]: function_call_output",
        Converted,
        "`tool_result` right behind the call; as text of the user's where there is no call, with a warning",
    ),
    Row::new(
        "input[].is_error",
        Carried,
        "`is_error`, which an incomplete output has too",
    ),
    Row::new(
        "input[]: reasoning",
        Converted,
        "`thinking` or `redacted_thinking` where it came from here, else warned about",
    ),
    Row::new(
        "input[].status",
        Converted,
        "`is_error` of an incomplete output",
    ),
    Row::new(
        "tools[]: function",
        Converted,
        "`tools[]` with `input_schema`; names that the API does not take are refused",
    ),
    Row::new("tools[].strict", Carried, "`strict`, by quirk"),
    Row::new(
        "tool_choice",
        Converted,
        "`auto`, `any`, `tool`, `none`; of allowed tools the others are left out",
    ),
    Row::new(
        "parallel_tool_calls",
        Converted,
        "`tool_choice.disable_parallel_tool_use`",
    ),
    Row::new(
        "max_output_tokens",
        Converted,
        "`max_tokens`, by setting where it is absent",
    ),
    Row::new(
        "text.format",
        Converted,
        "`output_config.format` for `json_schema`, by quirk; `json_object` is refused",
    ),
    Row::new("text.format.description", Warned, ""),
    Row::new(
        "text.format.name, text.format.strict",
        Served,
        "The format is always strict.",
    ),
    Row::new("text.verbosity", Warned, ""),
    Row::new(
        "reasoning.effort",
        Converted,
        "`thinking`, or `output_config.effort` by quirk; warned about where the API does not think",
    ),
    Row::new(
        "reasoning.summary",
        Converted,
        "`thinking.display`; what is shown is a summary already",
    ),
    Row::new(
        "temperature",
        Carried,
        "`temperature`; above 1, or while the model thinks, with a warning; 1 is left out beside `top_p`",
    ),
    Row::new(
        "top_p",
        Carried,
        "`top_p`; below 0.95 while the model thinks, and by quirk beside `temperature`, warned about",
    ),
    Row::new(
        "presence_penalty, frequency_penalty",
        Warned,
        "0 is the default",
    ),
    Row::new("top_logprobs", Warned, ""),
    Row::new(
        "include[]",
        Warned,
        "`reasoning.encrypted_content` is given either way",
    ),
    Row::new(
        "service_tier",
        Converted,
        "`auto`, or `standard_only` for `default`; others are warned about",
    ),
    Row::new("safety_identifier", Converted, "`metadata.user_id`"),
    Row::new("prompt_cache_key", Warned, ""),
    Row::new("stream", Served, "`stream` is true (`always_stream`)"),
    Row::new("stop", Converted, "`stop_sequences`"),
    Row::new(
        "stop_sequences, top_k, thinking, cache_control, container, context_management, mcp_servers",
        Carried,
        "under the same name",
    ),
];

/// What becomes of the members of an answer; those of events have the names that they have in a
/// whole message.
pub const ANSWER: &[Row] = &[
    Row::new("id", Served, ""),
    Row::new(
        "message",
        Converted,
        "as an event of a stream: the whole message",
    ),
    Row::new("type", Served, ""),
    Row::new("role", Served, ""),
    Row::new("model", Served, ""),
    Row::new(
        "content[].type",
        Converted,
        "`text`, `thinking`, `redacted_thinking` and `tool_use`; other blocks are counted as a whole",
    ),
    Row::new(
        "content[].text",
        Carried,
        "`output_text`, a part for each block",
    ),
    Row::new(
        "content[].thinking",
        Carried,
        "`reasoning_text`, an item for each block",
    ),
    Row::new("content[].signature", Converted, "`encrypted_content`"),
    Row::new("content[].data", Converted, "`encrypted_content`"),
    Row::new("content[].id", Carried, "`call_id`"),
    Row::new("content[].name", Carried, "`name`"),
    Row::new("content[].input", Carried, "`arguments`"),
    Row::new(
        "content[].citations[].type",
        Converted,
        "`url_citation` of the whole part; citations of documents are counted as a whole",
    ),
    Row::new("content[].citations[].url", Carried, "`url`"),
    Row::new("content[].citations[].source", Carried, "`url`"),
    Row::new("content[].citations[].title", Carried, "`title`"),
    Row::new("content[].delta.type", Served, ""),
    Row::new("content[].delta.text", Carried, "`output_text`"),
    Row::new("content[].delta.thinking", Carried, "`reasoning_text`"),
    Row::new(
        "content[].delta.signature",
        Converted,
        "`encrypted_content`",
    ),
    Row::new("content[].delta.partial_json", Carried, "`arguments`"),
    Row::new(
        "content[].delta.citation",
        Converted,
        "as `content[].citations[]`",
    ),
    Row::new(
        "stop_reason",
        Converted,
        "`incomplete` for `max_tokens`, `model_context_window_exceeded`, `refusal`, `pause_turn`, `compaction`; unknown words are counted",
    ),
    Row::new("stop_sequence", Warned, ""),
    Row::new("stop_details", Warned, ""),
    Row::new("container", Warned, ""),
    Row::new("context_management", Warned, ""),
    Row::new(
        "usage.input_tokens",
        Converted,
        "`input_tokens`, with those of caches",
    ),
    Row::new("usage.output_tokens", Carried, "`output_tokens`"),
    Row::new(
        "usage.cache_read_input_tokens",
        Converted,
        "`input_tokens_details.cached_tokens`",
    ),
    Row::new(
        "usage.cache_creation_input_tokens",
        Converted,
        "`input_tokens_details.cache_write_tokens`",
    ),
    Row::new(
        "usage.output_tokens_details.thinking_tokens",
        Converted,
        "`output_tokens_details.reasoning_tokens`",
    ),
    Row::new("usage.cache_creation", Warned, ""),
    Row::new("usage.server_tool_use", Warned, ""),
    Row::new(
        "usage.service_tier",
        Converted,
        "`service_tier`; `standard` is `default`",
    ),
    Row::new("usage.inference_geo", Warned, ""),
    Row::new("usage.iterations", Warned, ""),
    Row::new(
        "error",
        Converted,
        "`failed`; behind `message_stop` counted",
    ),
    Row::new("others", Warned, ""),
];
