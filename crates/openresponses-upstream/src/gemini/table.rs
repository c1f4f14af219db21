use crate::table::{Row, Treatment::*, count_with_common, with_common};

/// What becomes of the members of a request.
pub const REQUEST: &[Row] = &with_common::<{ count_with_common(OWN) }>(OWN);

/// Rows that other dialects do not have.
const OWN: &[Row] = &[
    Row::new("model", Converted, "the path"),
    Row::new(
        "instructions",
        Converted,
        "the first part of `systemInstruction`",
    ),
    Row::new(
        "input[]",
        Converted,
        "`contents[].parts[]`; adjacent items of one speaker are one content",
    ),
    Row::new(
        "input[].content[]",
        Converted,
        "`text`, `inlineData`, `fileData`; other parts are refused",
    ),
    Row::new(
        "input[].content[].image_url, input[].content[].file_url, input[].content[].video_url",
        Converted,
        "`fileData` for an address, `inlineData` for a data URL",
    ),
    Row::new(
        "input[].content[].file_data",
        Converted,
        "`inlineData`, with the media type of the data URL or the file's name",
    ),
    Row::new(
        "input[].content[].filename",
        Converted,
        "the media type, where nothing else states it",
    ),
    Row::new("input[].content[].input_audio", Converted, "`inlineData`"),
    Row::new("input[].content[].detail", Warned, "`auto` is the default"),
    Row::new(
        "input[]: system, developer",
        Converted,
        "`systemInstruction`, with a warning where the conversation had begun",
    ),
    Row::new(
        "input[]: function_call",
        Converted,
        "`functionCall`; arguments that are no object become the member `arguments` of one, with a warning",
    ),
    Row::new(
        "input[]: function_call_output",
        Converted,
        "`functionResponse` right behind the call, what is not text behind the responses; as text of the user's where there is no call, with a warning",
    ),
    Row::new(
        "input[]: reasoning",
        Converted,
        "`thought` parts; `thoughtSignature` of the part that it came on; encrypted content of others is warned about",
    ),
    Row::new(
        "input[].status",
        Converted,
        "`error` in the response of an incomplete output",
    ),
    Row::new(
        "tools[]: function",
        Converted,
        "`functionDeclarations`; names that the API does not take are refused",
    ),
    Row::new(
        "tools[].parameters",
        Converted,
        "the subset of JSON Schema that the API has; each keyword without a place is warned about",
    ),
    Row::new("tools[].strict", Warned, "`false` is the default"),
    Row::new(
        "tool_choice",
        Converted,
        "`toolConfig.functionCallingConfig`; of allowed tools the others are left out",
    ),
    Row::new("parallel_tool_calls", Warned, "The first call is kept."),
    Row::new(
        "max_output_tokens",
        Converted,
        "`generationConfig.maxOutputTokens`",
    ),
    Row::new(
        "text.format",
        Converted,
        "`responseMimeType`, `responseSchema`",
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
        "`thinkingConfig.thinkingBudget`, or `thinkingLevel` by quirk",
    ),
    Row::new(
        "reasoning.summary",
        Converted,
        "`thinkingConfig.includeThoughts`",
    ),
    Row::new("temperature", Carried, "`generationConfig.temperature`"),
    Row::new("top_p", Carried, "`generationConfig.topP`"),
    Row::new(
        "presence_penalty",
        Carried,
        "`generationConfig.presencePenalty`",
    ),
    Row::new(
        "frequency_penalty",
        Carried,
        "`generationConfig.frequencyPenalty`",
    ),
    Row::new("top_logprobs", Warned, ""),
    Row::new(
        "include[]",
        Warned,
        "`reasoning.encrypted_content` is given either way",
    ),
    Row::new("service_tier", Warned, "`auto` and `default` are"),
    Row::new("safety_identifier", Warned, ""),
    Row::new("prompt_cache_key", Warned, ""),
    Row::new("stream", Served, "the path of a stream (`always_stream`)"),
    Row::new("seed, top_k, stop", Carried, "`generationConfig`"),
    Row::new(
        "safetySettings, cachedContent, labels",
        Carried,
        "under the same name",
    ),
];

/// What becomes of the members of an answer.
pub const ANSWER: &[Row] = &[
    Row::new("modelVersion", Served, ""),
    Row::new("responseId", Served, ""),
    Row::new("createTime", Served, ""),
    Row::new(
        "candidates[].index",
        Served,
        "Of several candidates the first is read.",
    ),
    Row::new("candidates[1..]", Warned, ""),
    Row::new("candidates[].content.role", Served, ""),
    Row::new(
        "candidates[].content.parts[].text",
        Carried,
        "`output_text`, or `reasoning_text` of a thought",
    ),
    Row::new(
        "candidates[].content.parts[].thought",
        Converted,
        "a reasoning item",
    ),
    Row::new(
        "candidates[].content.parts[].thoughtSignature",
        Converted,
        "`encrypted_content` of a reasoning item",
    ),
    Row::new(
        "candidates[].content.parts[].functionCall.id",
        Carried,
        "`call_id`; made where it is absent",
    ),
    Row::new(
        "candidates[].content.parts[].functionCall.name",
        Carried,
        "`name`",
    ),
    Row::new(
        "candidates[].content.parts[].functionCall.args",
        Carried,
        "`arguments`",
    ),
    Row::new(
        "candidates[].content.parts[].functionCall.partialArgs",
        Converted,
        "`arguments`, put together",
    ),
    Row::new(
        "candidates[].content.parts[].functionCall.willContinue",
        Served,
        "",
    ),
    Row::new(
        "candidates[].content.parts[]: others",
        Warned,
        "code and tools that run at the server, data",
    ),
    Row::new(
        "candidates[].finishReason",
        Converted,
        "`incomplete` or `failed` for all but `STOP`; the last counts, unknown words are counted",
    ),
    Row::new(
        "candidates[].finishMessage",
        Warned,
        "the message of a response that failed",
    ),
    Row::new("candidates[].safetyRatings", Warned, ""),
    Row::new("candidates[].citationMetadata", Warned, ""),
    Row::new("candidates[].groundingMetadata", Warned, ""),
    Row::new("candidates[].urlContextMetadata", Warned, ""),
    Row::new("candidates[].avgLogprobs, logprobsResult", Warned, ""),
    Row::new("promptFeedback.blockReason", Converted, "`incomplete`"),
    Row::new("promptFeedback.safetyRatings", Warned, ""),
    Row::new(
        "usageMetadata.promptTokenCount",
        Converted,
        "`input_tokens`, with those of tools",
    ),
    Row::new(
        "usageMetadata.toolUsePromptTokenCount",
        Converted,
        "`input_tokens`",
    ),
    Row::new(
        "usageMetadata.cachedContentTokenCount",
        Converted,
        "`input_tokens_details.cached_tokens`",
    ),
    Row::new(
        "usageMetadata.candidatesTokenCount",
        Converted,
        "`output_tokens`, with those of thoughts",
    ),
    Row::new(
        "usageMetadata.thoughtsTokenCount",
        Converted,
        "`output_tokens`, `output_tokens_details.reasoning_tokens`",
    ),
    Row::new("usageMetadata.totalTokenCount", Served, "The sum of both."),
    Row::new("usageMetadata: others", Warned, ""),
    Row::new(
        "response",
        Converted,
        "the chunk itself, in answers of Code Assist",
    ),
    Row::new(
        "error",
        Converted,
        "`failed`, also behind a `finishReason`: parts may follow one, so the answer may lack some",
    ),
    Row::new("others", Warned, ""),
];
