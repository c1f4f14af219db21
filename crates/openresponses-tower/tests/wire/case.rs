//! The format of the case files.
//!
//! | line | meaning |
//! |---|---|
//! | `=== a_name` | begins a case, which has servers of its own |
//! | `@ setting` | configures the server, see `project.rs` |
//! | `~ text` | what the models `upstream` and `written` answer with, see `project.rs` |
//! | `> text` | a request; consecutive lines are one step |
//! | `< text` | the recorded answer to the step above |
//!
//! Other lines are comments. The first line of a step says what is sent:
//!
//! | first line | meaning |
//! |---|---|
//! | `create sse json ws` | the body below, to be answered in each of these ways by a new server; without a list in all three. `"stream":true` or `"type":"response.create"` is added to it |
//! | `POST /v1/responses` | one HTTP request: header lines, then the body. The default `content-type` is `application/json` |
//! | `connect` | a WebSocket handshake, with the header lines below |
//! | `ws` | each line below as a message on the case's WebSocket, `(binary)` as a binary one |
//! | `wait 5` | nothing; five seconds pass |

/// One case: its steps share a server.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) settings: Vec<String>,
    /// The lines after `~`.
    pub(crate) script: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

/// One request and its recorded answer.
pub(crate) struct Step {
    /// The number of its first line in the file.
    pub(crate) line: usize,
    pub(crate) request: Vec<String>,
    /// The lines with their `<`.
    pub(crate) expected: Vec<String>,
}

pub(crate) fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut in_request = false;
    for (number, line) in (1..).zip(text.lines()) {
        let continues = std::mem::replace(&mut in_request, line.starts_with('>'));
        if let Some(name) = line.strip_prefix("=== ") {
            assert!(
                cases.iter().all(|case| case.name != name),
                "line {number}: a second case {name}"
            );
            cases.push(Case {
                name: name.into(),
                settings: Vec::new(),
                script: Vec::new(),
                steps: Vec::new(),
            });
        }
        let Some(case) = cases.last_mut() else {
            continue;
        };
        let Some(mark) = line.chars().next() else {
            continue;
        };
        let content = line.get(2..).unwrap_or_default().to_owned();
        match mark {
            '@' => case.settings.push(content),
            '~' => case.script.push(content),
            '>' if continues => case.steps.last_mut().unwrap().request.push(content),
            '>' => case.steps.push(Step {
                line: number,
                request: vec![content],
                expected: Vec::new(),
            }),
            '<' => {
                let step = case.steps.last_mut().expect("an answer without a request");
                step.expected.push(line.into());
            }
            _ => {}
        }
    }
    cases
}

/// The file with these answers to its steps instead of the recorded ones.
pub(crate) fn with_answers(text: &str, answers: &[Vec<String>]) -> String {
    let mut answers = answers.iter();
    let mut out = Vec::new();
    let mut lines = text
        .lines()
        .filter(|line| !line.starts_with('<'))
        .peekable();
    while let Some(line) = lines.next() {
        out.push(line);
        let ends = line.starts_with('>') && lines.peek().is_none_or(|next| !next.starts_with('>'));
        if ends {
            out.extend(answers.next().unwrap().iter().map(String::as_str));
        }
    }
    out.join("\n") + "\n"
}
