//! Results of cases.

use openresponses_types::check::StreamRule;

use crate::finding::Finding;

/// Why a case did not pass.
#[derive(Debug)]
pub(super) enum Stop {
    /// The server violates a rule.
    Broken(Box<Broken>),
    /// The server does not offer an optional feature.
    Skip(String),
    /// The model did not do what the case needs, such as calling a tool: its rules could not be
    /// looked at.
    NotShown(String),
}

/// The rule that a request is answered.
pub(super) const NO_ANSWER: &str = "no-answer";
/// The same over a WebSocket.
pub(super) const SILENT: &str = "websocket-silent";

/// A rule that the server violates.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) rule: String,
    /// `None` stands for the section of the case.
    pub(super) section: Option<String>,
    pub(super) message: String,
    pub(super) event: Option<u64>,
    pub(super) offset: Option<u64>,
}

pub(super) type Verdict<T = ()> = Result<T, Stop>;

/// The server violates `rule`.
pub(super) fn broken<T>(rule: &str, message: impl Into<String>) -> Verdict<T> {
    Err(Stop::Broken(Box::new(Broken {
        rule: rule.into(),
        section: None,
        message: message.into(),
        event: None,
        offset: None,
    })))
}

/// The item of this index in the output violates a rule of the streams, which holds for documents, too.
pub(super) fn violated<T>(rule: StreamRule, index: usize) -> Verdict<T> {
    Err(Stop::Broken(Box::new(Broken {
        rule: rule.name().into(),
        section: Some(rule.section().into()),
        message: format!("{} See 'output[{index}]'.", rule.message()),
        event: None,
        offset: None,
    })))
}

/// Not shown by this model: `what`.
pub(super) fn not_shown<T>(what: &str) -> Verdict<T> {
    Err(Stop::NotShown(format!("Not shown by this model: {what}.")))
}

/// Unless it `holds`, the server breaks `rule`.
pub(super) fn expect(holds: bool, rule: &str, message: impl FnOnce() -> String) -> Verdict {
    if holds {
        Ok(())
    } else {
        broken(rule, message())
    }
}

impl From<&Finding> for Stop {
    fn from(found: &Finding) -> Self {
        Self::Broken(Box::new(Broken {
            rule: found.rule.to_string(),
            section: found.section.as_ref().map(|section| section.to_string()),
            message: found.message.clone(),
            event: found.at.map(|at| at.event),
            offset: found.at.map(|at| at.offset),
        }))
    }
}

/// Form of the requested answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// A JSON body.
    Json,
    /// An event stream.
    Stream,
    /// A WebSocket.
    Socket,
}

impl Over {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Stream => "stream",
            Self::Socket => "websocket",
        }
    }
}

/// A finished case.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) case: &'static str,
    pub(super) over: Over,
    /// Section of the specification with its rules.
    pub(super) section: &'static str,
    pub(super) verdict: Verdict,
}

impl Row {
    pub(super) fn failed(&self) -> bool {
        matches!(self.verdict, Err(Stop::Broken(_)))
    }

    /// Returns true if there was no answer.
    pub(super) fn is_silent(&self) -> bool {
        matches!(&self.verdict, Err(Stop::Broken(broken)) if matches!(&*broken.rule, NO_ANSWER | SILENT))
    }

    pub(super) fn skipped(&self) -> bool {
        matches!(self.verdict, Err(Stop::Skip(_)))
    }

    pub(super) fn not_shown(&self) -> bool {
        matches!(self.verdict, Err(Stop::NotShown(_)))
    }

    pub(super) fn result(&self) -> &'static str {
        match self.verdict {
            Ok(()) => "pass",
            Err(Stop::Broken(_)) => "fail",
            Err(Stop::Skip(_)) => "skip",
            Err(Stop::NotShown(_)) => "unshown",
        }
    }
}
