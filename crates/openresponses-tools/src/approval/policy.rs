use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use serde_json::Value;

/// Which calls of a tool run only after the client approved them.
///
/// ```
/// use openresponses_tools::Approval;
///
/// let large = Approval::when(|_, arguments| arguments["amount"].as_f64() > Some(100.0));
/// # let _ = large;
/// ```
#[derive(Clone)]
pub struct Approval(Rule);

type Judge = Arc<dyn Fn(&Parts, &Value) -> bool + Send + Sync>;

#[derive(Clone)]
enum Rule {
    Never,
    Always,
    When(Judge),
}

impl Approval {
    /// Creates a policy by which no call needs approval.
    #[must_use]
    pub fn never() -> Self {
        Self(Rule::Never)
    }

    /// Creates a policy by which each call needs approval.
    #[must_use]
    pub fn always() -> Self {
        Self(Rule::Always)
    }

    /// Creates a policy by which a call needs approval when `judge` returns true for the head of
    /// the client's request and the arguments of the call.
    #[must_use]
    pub fn when(judge: impl Fn(&Parts, &Value) -> bool + Send + Sync + 'static) -> Self {
        Self(Rule::When(Arc::new(judge)))
    }

    pub(crate) fn is_needed(&self, head: &Parts, arguments: &Value) -> bool {
        match &self.0 {
            Rule::Never => false,
            Rule::Always => true,
            Rule::When(judge) => judge(head, arguments),
        }
    }
}

impl fmt::Debug for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Rule::Never => "Approval::never()",
            Rule::Always => "Approval::always()",
            Rule::When(_) => "Approval::when(..)",
        })
    }
}
