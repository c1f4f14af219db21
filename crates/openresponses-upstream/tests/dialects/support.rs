//! From bodies to values, for both directions.

use std::sync::Arc;

use openresponses_types::check::Checker;
use openresponses_types::json::Document;
use openresponses_types::normalize::Normalizer;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::sequence::{
    CountingIds, Delta, Finish, FixedClock, OutputWarning, Sequencer, ToolPolicy,
};
use openresponses_types::{CreateRequest, Profile, Response, Turn, Violation};
use openresponses_upstream::{Answer, Dialect, UpstreamRequest};
use serde_json::Value;

/// The turn of a request that has a model besides `members`.
pub(crate) fn turn(members: &str) -> Turn {
    let request = format!(r#"{{"model":"m",{members}}}"#);
    let request = CreateRequest::from_json(request.as_bytes()).unwrap();
    Normalizer::new(Profile::Compatible).turn(request).unwrap()
}

/// A translated request: its body, and the paths of its warnings.
pub(crate) struct Asked {
    pub(crate) request: UpstreamRequest,
    pub(crate) body: Value,
    pub(crate) warned: Vec<String>,
}

/// Translates the request that has a model besides `members`.
pub(crate) fn ask(dialect: &impl Dialect, members: &str) -> Asked {
    let request = dialect.request(&turn(members)).unwrap();
    Asked {
        body: serde_json::from_slice(&request.body).unwrap(),
        warned: paths(&request),
        request,
    }
}

pub(crate) fn paths(request: &UpstreamRequest) -> Vec<String> {
    let warnings = request.warnings.iter();
    warnings.map(|warning| warning.path.to_string()).collect()
}

/// The path of the member for which the request that has a model besides `members` is refused.
pub(crate) fn refusal(dialect: &impl Dialect, members: &str) -> String {
    let violation: Violation = dialect.request(&turn(members)).unwrap_err();
    violation.param().unwrap()
}

/// What a body comes to.
pub(crate) struct Answered {
    pub(crate) response: Value,
    pub(crate) unplaced: Vec<(String, u64)>,
    pub(crate) warnings: Vec<OutputWarning>,
}

impl Answered {
    /// The items of the output as `type: what they say`.
    pub(crate) fn output(&self) -> Vec<String> {
        let items = self.response["output"].as_array().unwrap();
        items.iter().map(brief).collect()
    }

    pub(crate) fn status(&self) -> &str {
        self.response["status"].as_str().unwrap()
    }
}

fn brief(item: &Value) -> String {
    let parts = |name: &str| -> Vec<&str> {
        let parts = item[name].as_array().into_iter().flatten();
        parts.filter_map(|part| part["text"].as_str()).collect()
    };
    match item["type"].as_str().unwrap() {
        "message" => format!("message: {}", parts("content").join("|")),
        "reasoning" => {
            let opaque = item["encrypted_content"].as_str().unwrap_or("-");
            format!("reasoning: {} ({opaque})", parts("content").join("|"))
        }
        "function_call" => {
            let text = |name: &str| item[name].as_str().unwrap();
            format!("call: {} {}", text("name"), text("arguments"))
        }
        other => panic!("{other}"),
    }
}

/// Reads a body; every delta of it has a place in the response.
pub(crate) fn answer(dialect: &impl Dialect, body: &str) -> Answered {
    let answered = read(dialect, body);
    assert_eq!(answered.warnings, []);
    answered
}

/// Reads a stream of `data:` lines, one for each of `events`.
pub(crate) fn stream(dialect: &impl Dialect, events: &[&str]) -> Answered {
    let lines = events.iter().map(|event| format!("data: {event}\n\n"));
    answer(dialect, &lines.collect::<String>())
}

/// Reads a body of any kind; the events of the response are legal.
pub(crate) fn read(dialect: &impl Dialect, body: &str) -> Answered {
    let turn = turn(r#""input":"Hello""#);
    read_for(dialect, &turn, body, Profile::Strict)
}

/// Reads the answer to `turn`; the events of the response are legal in `profile`.
pub(crate) fn read_for(
    dialect: &impl Dialect,
    turn: &Turn,
    body: &str,
    profile: Profile,
) -> Answered {
    let Answer::Deltas(mut reader) = dialect.answer(turn) else {
        panic!("the answer is relayed");
    };
    reader.push(body.as_bytes());
    reader.end();
    let mut sequencer = Sequencer::new(
        Response::new("resp_1", "m", 1),
        ToolPolicy::unrestricted(),
        Arc::new(CountingIds::default()),
        Arc::new(FixedClock(2)),
    );
    sequencer.start();
    while let Some(delta) = reader.pop() {
        sequencer.push(delta);
    }
    assert!(sequencer.is_finished());
    sequencer.conclude();
    let mut checker = Checker::new();
    while let Some(event) = sequencer.pop() {
        let json = event.to_json();
        let document = Document::parse(json.as_bytes()).unwrap();
        let found = validate(&document, DocumentKind::StreamEvent, profile);
        assert!(found.is_ok(), "{json}: {:?}", found.violations);
        checker.push(&event, None);
    }
    assert_eq!(checker.finish(), []);
    let unplaced = reader.unplaced().iter();
    Answered {
        response: serde_json::from_str(&sequencer.response().to_json()).unwrap(),
        unplaced: unplaced
            .map(|(path, count)| (path.to_owned(), count))
            .collect(),
        warnings: sequencer.warnings().to_vec(),
    }
}

/// Asserts that the answer fails where the events `first` are followed by `more` again and again, a
/// quarter of a MiB each, of which nothing can come out.
pub(crate) fn assert_bounded(dialect: &impl Dialect, turn: &Turn, first: &[&str], more: &str) {
    let Answer::Deltas(mut reader) = dialect.answer(turn) else {
        panic!("the answer is relayed");
    };
    for event in first {
        reader.push(format!("data: {event}\n\n").as_bytes());
    }
    let event = format!("data: {more}\n\n");
    let mut count = 0;
    while !reader.is_finished() {
        reader.push(event.as_bytes());
        count += 1;
        assert!(count < 32, "{}", &more[..80]);
    }
    assert!(count >= 16, "{count}: {}", &more[..80]);
    let last = std::iter::from_fn(|| reader.pop()).last();
    let Some(Delta::Finish(Finish::Failed(failure))) = last else {
        panic!("{last:?}");
    };
    assert_eq!(failure.code, "upstream_error");
}
