use crate::table::Row;
use crate::table::Treatment::{Carried, Converted, Refused, Served, Warned};

/// What becomes of the members of a request.
pub const REQUEST: &[Row] = &[
    Row::new("model", Carried, "`model`"),
    Row::new(
        "input",
        Carried,
        "`input`, behind the items of previous responses",
    ),
    Row::new(
        "input[].encrypted_content",
        Warned,
        "if another dialect's upstream has made it; else carried",
    ),
    Row::new(
        "input[].content of reasoning",
        Converted,
        "as it is, or by quirk as `summary`; warned about beside one",
    ),
    Row::new(
        "input[].summary, input[].content",
        Carried,
        "of reasoning without its `status`, and without its `id` if it has no encrypted content; reasoning with neither \
         is left out and warned about, except with `pass_previous_response_id`, where the server has it",
    ),
    Row::new(
        "previous_response_id",
        Served,
        "answered from the endpoint's store; with `pass_previous_response_id` sent with the server's id, and \
         `input` without the items before it",
    ),
    Row::new("instructions", Carried, "`instructions`"),
    Row::new("tools", Carried, "`tools`, of any type"),
    Row::new(
        "tool_choice",
        Carried,
        "`tool_choice`, if there are tools, those that items bring among them",
    ),
    Row::new(
        "parallel_tool_calls",
        Carried,
        "`parallel_tool_calls`, if it is false and there are tools",
    ),
    Row::new("max_tool_calls", Carried, "`max_tool_calls`"),
    Row::new("text", Carried, "`text`"),
    Row::new("reasoning", Carried, "`reasoning`"),
    Row::new("temperature", Carried, "`temperature`"),
    Row::new("top_p", Carried, "`top_p`"),
    Row::new("presence_penalty", Carried, "`presence_penalty`"),
    Row::new("frequency_penalty", Carried, "`frequency_penalty`"),
    Row::new("max_output_tokens", Carried, "`max_output_tokens`"),
    Row::new("top_logprobs", Carried, "`top_logprobs`"),
    Row::new(
        "include",
        Converted,
        "`include`, with `reasoning.encrypted_content` if `reasoning` is set and the provider does not lack it",
    ),
    Row::new("truncation", Carried, "`truncation`"),
    Row::new("service_tier", Carried, "`service_tier`"),
    Row::new("safety_identifier", Carried, "`safety_identifier`"),
    Row::new("prompt_cache_key", Carried, "`prompt_cache_key`"),
    Row::new("metadata", Served, "echoed"),
    Row::new(
        "store",
        Served,
        "`store` is false; with `pass_previous_response_id` the client's",
    ),
    Row::new("stream", Served, "`stream` is true"),
    Row::new("stream_options", Served, "events are padded here"),
    Row::new("background", Served, "run here"),
    Row::new(
        "providerOptions",
        Converted,
        "members of the body, for the provider's own name; warned for others",
    ),
    Row::new("prompt", Refused, "the server has no access to it"),
    Row::new("conversation", Refused, "the server has no access to it"),
];

/// What becomes of the members of an answer.
pub const ANSWER: &[Row] = &[
    Row::new("output", Carried, "relayed event by event"),
    Row::new("usage", Carried, "`usage`"),
    Row::new(
        "status",
        Carried,
        "`status`, with `error` and `incomplete_details`",
    ),
    Row::new(
        "id",
        Served,
        "the endpoint's own; with `pass_previous_response_id` the server's id is in `provider_metadata.relay.response_id`",
    ),
    Row::new("created_at", Served, "the endpoint's own"),
    Row::new("model", Served, "the model that the client asked for"),
];
