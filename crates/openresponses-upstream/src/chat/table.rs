use crate::table::Treatment::{Carried, Converted, Refused, Served, Warned};
use crate::table::{Row, count_with_common, with_common};

/// What becomes of the members of a request.
pub const REQUEST: &[Row] = &with_common::<{ count_with_common(OWN) }>(OWN);

/// Rows that other dialects do not have.
const OWN: &[Row] = &[
    Row::new("model", Carried, "`model`"),
    Row::new(
        "instructions",
        Converted,
        "the first message, of `system` or `developer` by quirk",
    ),
    Row::new(
        "input[]: system, developer",
        Converted,
        "messages of their own, or by quirk texts of the first message, with a warning where the conversation had begun",
    ),
    Row::new(
        "input[]",
        Converted,
        "`messages[]`; adjacent items of the assistant are one message",
    ),
    Row::new("input[].role: user, assistant, system", Carried, "`role`"),
    Row::new(
        "input[].role: developer",
        Converted,
        "`developer` or `system` by quirk",
    ),
    Row::new("input[].role: any other", Refused, ""),
    Row::new("input[].status", Served, ""),
    Row::new(
        "input[].content",
        Converted,
        "a string for one text, and for all texts of the system, the assistant or an output, with an empty line between them; else parts of `text`, `image_url`, `file`, `video_url`, `input_audio`",
    ),
    Row::new("input[].content[].detail", Carried, "`image_url.detail`"),
    Row::new(
        "input[].content[].file_data",
        Converted,
        "`file.file_data` as a data URL",
    ),
    Row::new(
        "input[].content[].file_url",
        Refused,
        "by quirk `file.file_data`; warned about beside `file_data`",
    ),
    Row::new(
        "input[].content[].file_id",
        Carried,
        "`file.file_id`, if it is the only source",
    ),
    Row::new(
        "input[].content[]: refusal",
        Converted,
        "a text of the assistant",
    ),
    Row::new(
        "input[]: function_call",
        Converted,
        "`tool_calls[]` of the assistant's message",
    ),
    Row::new(
        "input[]: function_call_output",
        Converted,
        "a message of `tool` right behind its call; images follow the outputs of all calls in messages of `user`, by quirk inside",
    ),
    Row::new(
        "input[].call_id",
        Converted,
        "`id` and `tool_call_id`; by quirk nine letters and digits that are made of it",
    ),
    Row::new(
        "input[]: reasoning",
        Warned,
        "by quirk `reasoning_content`, `reasoning` or `reasoning_details`",
    ),
    Row::new("tools[]: function", Converted, "`tools[].function`"),
    Row::new(
        "tools[].parameters",
        Carried,
        "`parameters`; an object without properties where they are absent",
    ),
    Row::new(
        "tool_choice",
        Converted,
        "`tool_choice`; allowed tools by quirk, else the others are left out",
    ),
    Row::new("tool_choice: required, without a function", Refused, ""),
    Row::new(
        "parallel_tool_calls",
        Carried,
        "`parallel_tool_calls`, if it is false and there are tools",
    ),
    Row::new("text.format", Converted, "`response_format`"),
    Row::new("text.format: of another type", Refused, ""),
    Row::new("text.verbosity", Warned, "by quirk `verbosity`"),
    Row::new(
        "reasoning.effort",
        Converted,
        "`reasoning_effort`, by quirk `reasoning.effort` or a warning",
    ),
    Row::new("reasoning.summary", Warned, ""),
    Row::new("temperature", Carried, "`temperature`"),
    Row::new("top_p", Carried, "`top_p`"),
    Row::new("presence_penalty", Carried, "`presence_penalty`"),
    Row::new("frequency_penalty", Carried, "`frequency_penalty`"),
    Row::new(
        "max_output_tokens",
        Converted,
        "by quirk `max_tokens` or `max_completion_tokens`",
    ),
    Row::new("top_logprobs", Converted, "`logprobs` and `top_logprobs`"),
    Row::new(
        "include: message.output_text.logprobs",
        Converted,
        "`logprobs`",
    ),
    Row::new(
        "include: reasoning.encrypted_content",
        Served,
        "what the server gives is kept",
    ),
    Row::new("include: any other", Warned, ""),
    Row::new("service_tier", Warned, "by quirk `service_tier`"),
    Row::new("safety_identifier", Warned, "by quirk `safety_identifier`"),
    Row::new("prompt_cache_key", Warned, "by quirk `prompt_cache_key`"),
    Row::new(
        "stream",
        Served,
        "`stream` is true (`always_stream`); the quirks decide on `stream_options.include_usage`",
    ),
    Row::new(
        "seed, stop, logit_bias, user, prediction, modalities, audio, web_search_options, top_k, min_p, repetition_penalty",
        Carried,
        "the same; by quirk `seed` is `random_seed`, and what the server refuses counts as unknown",
    ),
];

/// What becomes of the members of an answer.
pub const ANSWER: &[Row] = &[
    Row::new(
        "choices[0].delta.content",
        Converted,
        "`output_text`; parts of `text`, `thinking`, `refusal`; by quirk what stands in `<think>` at its start is reasoning text",
    ),
    Row::new("choices[0].delta.refusal", Converted, "`refusal`"),
    Row::new(
        "choices[0].delta.reasoning_content, reasoning, reasoning_text, thinking",
        Converted,
        "reasoning text; counted if `reasoning_details` differ",
    ),
    Row::new(
        "choices[0].delta.reasoning_details[]",
        Converted,
        "reasoning text, summary, and `encrypted_content` for data and signatures",
    ),
    Row::new(
        "choices[0].delta.tool_calls[]",
        Converted,
        "`function_call` items, `custom_tool_call` items for custom tools",
    ),
    Row::new(
        "choices[0].delta.function_call",
        Converted,
        "a `function_call` item",
    ),
    Row::new(
        "choices[0].delta.annotations[].url_citation",
        Converted,
        "`url_citation`; its `content` is counted",
    ),
    Row::new("choices[0].delta.role", Served, ""),
    Row::new(
        "choices[0].message",
        Converted,
        "as a delta, if there was none before and the delta beside it is empty",
    ),
    Row::new(
        "choices[0].text",
        Converted,
        "a repetition of the text; the text itself where there is no delta and no message",
    ),
    Row::new(
        "choices[0].logprobs.content",
        Carried,
        "`logprobs`; others are counted",
    ),
    Row::new(
        "choices[0].finish_reason, native_finish_reason",
        Converted,
        "`status` and `incomplete_details`; the worse of the two counts",
    ),
    Row::new("choices[1..]", Warned, ""),
    Row::new(
        "usage",
        Converted,
        "`usage`: tokens, cached and reasoning ones; others are counted",
    ),
    Row::new("x_groq.usage", Converted, "`usage`"),
    Row::new(
        "service_tier",
        Carried,
        "`service_tier`, the tier that was used",
    ),
    Row::new(
        "citations, search_results",
        Carried,
        "members of the response",
    ),
    Row::new(
        "error, choices[0].error",
        Converted,
        "the response fails, also behind a finish reason",
    ),
    Row::new("id, object, created, model", Served, "the endpoint's own"),
    Row::new("obfuscation, p", Served, "padding"),
    Row::new("any other", Warned, "counted by its path"),
];
