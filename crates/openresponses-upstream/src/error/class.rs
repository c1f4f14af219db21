use std::borrow::Cow;

use openresponses_tower::ErrorKind;

use super::UpstreamError;

/// What an error comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Authentication,
    Permission,
    Billing,
    ModelNotFound,
    NotFound,
    Invalid,
    TooLarge,
    RateLimited,
    Overloaded,
    Timeout,
    Upstream,
}

/// Codes and types that decide whatever the status is: some servers answer 400 to a wrong key.
const CLASSES: &[(&str, Class)] = &[
    ("invalid_api_key", Class::Authentication),
    ("api_key_invalid", Class::Authentication),
    ("authentication_error", Class::Authentication),
    ("unauthenticated", Class::Authentication),
    ("permission_error", Class::Permission),
    ("permission_denied", Class::Permission),
    ("billing_error", Class::Billing),
    ("model_not_found", Class::ModelNotFound),
    ("not_found_error", Class::ModelNotFound),
    ("not_found", Class::NotFound),
    ("context_length_exceeded", Class::Invalid),
    ("exceed_context_size_error", Class::Invalid),
    (CONTENT_FILTER, Class::Invalid),
    ("invalid_prompt", Class::Invalid),
    ("invalid_argument", Class::Invalid),
    ("failed_precondition", Class::Invalid),
    ("out_of_range", Class::Invalid),
    ("request_too_large", Class::TooLarge),
    ("insufficient_quota", Class::RateLimited),
    ("rate_limit_exceeded", Class::RateLimited),
    ("rate_limit_error", Class::RateLimited),
    ("too_many_requests", Class::RateLimited),
    ("resource_exhausted", Class::RateLimited),
    ("overloaded_error", Class::Overloaded),
    ("unavailable", Class::Overloaded),
    ("timeout_error", Class::Timeout),
    ("deadline_exceeded", Class::Timeout),
    ("api_error", Class::Upstream),
    ("server_error", Class::Upstream),
    ("internal", Class::Upstream),
];

/// The code of what a filter of contents refuses.
pub(super) const CONTENT_FILTER: &str = "content_filter";

impl Class {
    pub(super) fn of(error: &UpstreamError) -> Self {
        let named = |word: &Option<String>| {
            let word = word.as_deref()?.to_ascii_lowercase();
            let mut all = CLASSES.iter();
            all.find(|(name, _)| *name == word).map(|(_, class)| *class)
        };
        let status = error.status.map(|status| status.as_u16());
        let status = status.filter(|status| *status >= 400);
        // A number stands for the status where there is none.
        let number = || error.code.as_deref()?.parse().ok();
        let by_name = named(&error.code).or_else(|| named(&error.kind));
        let by_status = status.or_else(number).and_then(Self::of_status);
        match (by_name, by_status) {
            // A 400 stays one; its code tells the rest.
            (Some(Self::ModelNotFound | Self::NotFound), Some(Self::Invalid)) => Self::Invalid,
            // Codes that a client can act on, and keys refused with a 400.
            (Some(class), Some(Self::Invalid | Self::NotFound | Self::Upstream)) => class,
            (Some(Self::ModelNotFound), Some(_)) => Self::ModelNotFound,
            // What the request says is not permitted, and not the account.
            (_, Some(Self::Permission)) if error.code.as_deref() == Some(CONTENT_FILTER) => {
                Self::Invalid
            }
            (_, Some(class)) => class,
            (Some(class), None) => class,
            (None, None) if error.kind.as_deref() == Some("invalid_request_error") => Self::Invalid,
            (None, None) => Self::Upstream,
        }
        .refined(error)
    }

    fn of_status(status: u16) -> Option<Self> {
        Some(match status {
            400 | 409 | 422 => Self::Invalid,
            401 => Self::Authentication,
            402 => Self::Billing,
            403 => Self::Permission,
            404 => Self::NotFound,
            408 | 504 => Self::Timeout,
            413 => Self::TooLarge,
            429 => Self::RateLimited,
            503 | 529 => Self::Overloaded,
            400..=599 => Self::Upstream,
            _ => return None,
        })
    }

    /// A 404 without a code of its own is that of the model: nothing else in the request names a
    /// thing that could be missing.
    fn refined(self, error: &UpstreamError) -> Self {
        let coded = error.code.as_deref().is_some_and(is_word);
        match self {
            Self::NotFound if !coded => Self::ModelNotFound,
            Self::Invalid if says(error, KEY) => Self::Authentication,
            Self::Invalid if says(error, ACCOUNT) => Self::Billing,
            Self::Invalid if says(error, PLACE) => Self::Permission,
            Self::Upstream if is_context_length(error) || says(error, REQUEST) => Self::Invalid,
            class => class,
        }
    }

    pub(super) fn kind(self) -> ErrorKind {
        match self {
            Self::Authentication | Self::Permission | Self::Billing | Self::Upstream => {
                ErrorKind::Upstream
            }
            Self::ModelNotFound | Self::NotFound => ErrorKind::NotFound,
            Self::Invalid => ErrorKind::InvalidRequest,
            Self::TooLarge => ErrorKind::TooLarge,
            Self::RateLimited => ErrorKind::RateLimited,
            Self::Overloaded => ErrorKind::Overloaded,
            Self::Timeout => ErrorKind::Timeout,
        }
    }

    /// The code: the upstream's where it tells the client what to do.
    pub(super) fn code(self, error: &UpstreamError) -> Cow<'static, str> {
        let own = match self {
            Self::Authentication => return "upstream_authentication".into(),
            Self::Permission => return "upstream_permission".into(),
            Self::Billing => return "upstream_billing".into(),
            Self::ModelNotFound => return "model_not_found".into(),
            Self::Upstream => return "upstream_error".into(),
            Self::Overloaded => return "overloaded".into(),
            Self::Timeout => return "timeout".into(),
            Self::TooLarge => return "request_too_large".into(),
            Self::NotFound => "not_found",
            Self::Invalid => "invalid_value",
            Self::RateLimited => "rate_limit_exceeded",
        };
        if self == Self::Invalid && is_context_length(error) {
            return "context_length_exceeded".into();
        }
        match &error.code {
            Some(code) if is_word(code) && code != "invalid_request_error" => {
                code.to_ascii_lowercase().into()
            }
            _ => own.into(),
        }
    }

    /// Returns false where the message is about the host's account, which is not the client's
    /// business.
    pub(super) fn passes_message(self) -> bool {
        !matches!(
            self,
            Self::Authentication | Self::Permission | Self::Billing
        )
    }

    pub(super) fn may_wait(self) -> bool {
        matches!(self, Self::RateLimited | Self::Overloaded)
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Authentication => "The model's server does not accept this server's credentials.",
            Self::Permission => "The model's server does not permit this to this server.",
            Self::Billing => "The model's server refuses requests until its account is in order.",
            Self::ModelNotFound => "The model does not exist.",
            Self::NotFound => "The model's server did not find what the request names.",
            Self::Invalid => "The model's server refuses the request.",
            Self::TooLarge => "The request is too large for the model's server.",
            Self::RateLimited => "Rate limit reached. Slow down and try again later.",
            Self::Overloaded => "The model's server is overloaded. Try again later.",
            Self::Timeout => "The model took too long to answer.",
            Self::Upstream => "The model's server had an error. Try again later.",
        }
    }
}

/// Returns true for a code that is a word and not a number.
fn is_word(code: &str) -> bool {
    !code.is_empty()
        && code.len() <= 64
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && !code.bytes().all(|byte| byte.is_ascii_digit())
}

/// What messages say of a key that is not accepted.
const KEY: &[&str] = &["incorrect api key", "invalid api key", "api key not valid"];

/// What messages say of an account that has to be paid or whose limit is reached, with a 400.
const ACCOUNT: &[&str] = &[
    // Anthropic.
    "your credit balance is too low",
    "you have reached your specified api usage limits",
    // Gemini.
    "please enable billing",
    "requires billing to be enabled",
];

/// What messages say of an account, or of the place of this server, that is not permitted to ask, with a 400.
const PLACE: &[&str] = &[
    // Gemini.
    "user location is not supported",
    // Anthropic.
    "this organization has been disabled",
];

/// What messages say of a context that is too long.
const CONTEXT_LENGTH: &[&str] = &[
    "prompt is too long",
    "prompt too long",
    "context window",
    "maximum context length",
    "max context length",
    "exceeds the context length",
    "context length exceeded",
    // Gemini.
    "exceeds the maximum number of tokens allowed",
    // Anthropic.
    "exceed context limit",
    // xAI.
    "maximum prompt length is",
    // Bedrock.
    "input is too long for requested model",
    "too many input tokens",
    // SGLang.
    "longer than the model's context length",
    // llama.cpp.
    "exceeds the available context size",
    // Kimi.
    "exceeded model token limit",
    // Groq.
    "reduce the length of the messages",
];

/// What messages say of other faults of the request that some servers answer 500 to: what the template
/// of a model's prompts refuses.
const REQUEST: &[&str] = &[
    "roles must alternate",
    "role not supported",
    "roles are supported",
    "system message must be at the beginning",
];

/// Returns true where the message has one of the words, in letters of any case.
fn says(error: &UpstreamError, words: &[&str]) -> bool {
    let message = error.message.as_deref().unwrap_or_default();
    let message = message.to_ascii_lowercase();
    words.iter().any(|words| message.contains(words))
}

fn is_context_length(error: &UpstreamError) -> bool {
    let named = |word: &Option<String>| {
        matches!(
            word.as_deref(),
            Some("context_length_exceeded" | "exceed_context_size_error")
        )
    };
    named(&error.code) || named(&error.kind) || says(error, CONTEXT_LENGTH)
}

/// The member that a message begins with or quotes: `messages.0: ..`, `Invalid 'messages[3]'.`
pub(super) fn quoted_param(message: &str) -> Option<&str> {
    // Google's has the name of the request in front.
    let message = message.trim_start_matches("* ");
    let message = message
        .strip_prefix("GenerateContentRequest.")
        .unwrap_or(message);
    let is_member = |text: &&str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_.[]".contains(&byte))
    };
    let first = message.split_once(": ").map(|(first, _)| first);
    first
        .filter(is_member)
        .or_else(|| message.split('\'').nth(1).filter(is_member))
}

/// `messages.0.content` as `messages[0].content`.
pub(super) fn dotted(param: &str) -> String {
    let mut out = String::with_capacity(param.len() + 2);
    for part in param.split('.') {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            out.push_str(&format!("[{part}]"));
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(part);
        }
    }
    out
}
