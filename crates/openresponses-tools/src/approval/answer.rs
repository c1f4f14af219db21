use openresponses_types::json::RawJson;

/// The client's answer to a request for approval: `mcp_approval_response` or `slug:approval_response`.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The id of the request.
    pub(crate) request: String,
    pub(crate) approve: bool,
    pub(crate) reason: Option<String>,
}

/// The most characters of a reason that the model reads.
const REASON: usize = 1_000;

impl Answer {
    /// The answer that an item of this type is, if it is one. What does not say `true` does not
    /// approve.
    pub(crate) fn of(type_name: &str, json: &RawJson) -> Option<Self> {
        let is_answer = match type_name.split_once(':') {
            Some((_, name)) => name == "approval_response",
            None => type_name == "mcp_approval_response",
        };
        if !is_answer {
            return None;
        }
        let member = |name: &str| json.reader().member(name);
        let text = |name: &str| Some(member(name)?.string()?.into_owned());
        let approve = member("approve").and_then(|mut value| value.boolean());
        Some(Self {
            request: text("approval_request_id").unwrap_or_default(),
            approve: approve == Some(true),
            reason: text("reason").map(|reason| reason.chars().take(REASON).collect()),
        })
    }
}
