//! The settings of a request that its response echoes, and what a response has beside them.

/// Calls `$then` with the one list of settings, in the order in which a response prints them.
///
/// The list declares the optional members of [`CreateRequest`](super::CreateRequest) that are
/// echoed, the fields of [`Turn`](crate::normalize::Turn) that carry them, and all optional members
/// of [`Response`](crate::response::Response). It also generates the way from one to the next, so a
/// setting that is not carried does not compile. The rules that validation applies stand in the
/// tables `CREATE` and `RESPONSE`; a test fails when one of them lacks a setting.
///
/// `response` groups are members of the response alone, with their value in a new response.
/// `settings` groups are `name: type on the wire => type in a turn, way;`, where `way` is one of:
///
/// | way | turn | response |
/// |---|---|---|
/// | `nullable` | `None` when absent | null when absent |
/// | `provider_default(value)` | `None` when absent: the provider decides | `value` when absent |
/// | `resolved(value)` | `value` when absent | as in the turn; `value` without a turn |
/// | `resolved(value, other)` | `value` when absent | as in the turn; `other` without a turn |
/// | `custom(carry, echo, value)` | `carry(field)` | `echo(&field, profile)`; `value` without a turn |
macro_rules! settings {
    ($then:ident) => {
        $then! {
            response {
                /// When the response was finished, in seconds since 1970; null before.
                completed_at: i64 = Field::Null;
                /// Lifecycle status of the response.
                status: ResponseStatus = ResponseStatus::InProgress.into();
                /// Why the response ended early.
                incomplete_details: IncompleteDetails = Field::Null;
            }
            settings {
                /// The response to continue from. Spec: "previous_response_id".
                previous_response_id: String => Option<String>, nullable;
                /// Instructions for the model. Those of previous responses do not carry over.
                instructions: String => Option<String>, nullable;
            }
            response {
                /// The items that the model produced.
                output: Vec<Item> = Vec::new().into();
                /// Why the response failed.
                error: ResponseError = Field::Null;
            }
            settings {
                /// The tools that the model may call.
                tools: Vec<Tool> => Vec<Tool>,
                    custom(dialects::tools, echo::tools, Vec::new().into());
                /// Which of the tools the model may or must call. Default: `auto`.
                tool_choice: ToolChoice => ToolChoice,
                    custom(dialects::tool_choice, echo::tool_choice, ToolChoiceMode::Auto.into());
                /// Whether the context may be shortened to fit. Default: `disabled`.
                truncation: Truncation => Truncation, resolved(Truncation::Disabled);
                /// Whether the model may call several tools in one response. Default: true.
                parallel_tool_calls: bool => bool, resolved(true);
                /// Format and verbosity of the text output.
                text: TextConfig => TurnText,
                    custom(TurnText::carry, echo::text, TextConfig::plain().into());
                /// Nucleus sampling, 0 to 1.
                top_p: f64 => Option<f64>, provider_default(1.0);
                /// Penalty for tokens that already appeared.
                presence_penalty: f64 => Option<f64>, provider_default(0.0);
                /// Penalty for tokens in proportion to how often they appeared.
                frequency_penalty: f64 => Option<f64>, provider_default(0.0);
                /// The number of likely tokens to report at each position, 0 to 20.
                top_logprobs: i64 => Option<u64>, custom(count, echo::count_or_zero, 0.into());
                /// Sampling temperature, 0 to 2.
                temperature: f64 => Option<f64>, provider_default(1.0);
                /// Effort and summary of the reasoning.
                reasoning: ReasoningConfig => Option<ReasoningConfig>,
                    custom(value, echo::reasoning, Field::Null);
            }
            response {
                /// Token counts.
                usage: Usage = Field::Null;
            }
            settings {
                /// The maximum number of output tokens, at least 16.
                max_output_tokens: i64 => Option<u64>,
                    custom(count, echo::count_or_null, Field::Null);
                /// The maximum number of tool calls, at least 1.
                max_tool_calls: i64 => Option<u64>,
                    custom(count, echo::count_or_null, Field::Null);
                /// Whether the response can be retrieved and continued later. Default: true.
                store: bool => bool, resolved(true, false);
                /// Whether the response is produced in the background. Default: false.
                background: bool => bool, resolved(false);
                /// The processing tier of the request.
                service_tier: ServiceTier => Option<ServiceTier>,
                    provider_default(ServiceTier::Default);
                /// Up to 16 pairs of strings; names have up to 64 code points, values up to 512.
                metadata: RawJson => RawJson, resolved(RawJson::empty_object());
                /// A stable identifier of the end user, up to 64 code points.
                safety_identifier: String => Option<String>, nullable;
                /// A key for prompt caches, up to 64 code points.
                prompt_cache_key: String => Option<String>, nullable;
            }
        }
    };
}

/// The value of a setting in a response that has no turn.
macro_rules! unset {
    (nullable) => {
        $crate::wire::Field::Null
    };
    (provider_default($value:expr)) => {
        $crate::wire::Field::from($value)
    };
    (resolved($value:expr)) => {
        $crate::wire::Field::from($value)
    };
    (resolved($turn:expr, $value:expr)) => {
        $crate::wire::Field::from($value)
    };
    (custom($carry:expr, $echo:expr, $value:expr)) => {
        $value
    };
}

/// The value of a setting in a turn, from the request's member.
macro_rules! carry {
    ($field:ident, nullable) => {
        $field.into_value()
    };
    ($field:ident, provider_default($value:expr)) => {
        $field.into_value()
    };
    ($field:ident, resolved($value:expr $(, $other:expr)?)) => {
        $field.into_value().unwrap_or_else(|| $value)
    };
    ($field:ident, custom($carry:expr, $echo:expr, $value:expr)) => {
        $carry($field)
    };
}

/// The value of a setting in a response, from the turn's field.
macro_rules! echo {
    ($field:expr, $profile:expr, nullable) => {
        $crate::wire::Field::or_null($field.clone())
    };
    ($field:expr, $profile:expr, provider_default($value:expr)) => {
        $crate::wire::Field::from($field.clone().unwrap_or($value))
    };
    ($field:expr, $profile:expr, resolved($value:expr $(, $other:expr)?)) => {
        $crate::wire::Field::from($field.clone())
    };
    ($field:expr, $profile:expr, custom($carry:expr, $echo:expr, $value:expr)) => {
        $echo(&$field, $profile)
    };
}

pub(crate) use {carry, echo, settings, unset};
