//! What the tests of all dialects share.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openresponses_types::check::Checker;
use openresponses_types::content::ContentPart;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
use openresponses_types::{Item, Profile, Response, StreamEvent};
use openresponses_upstream::AnswerReader;

/// A test of one file.
pub(crate) type Run = fn(&Path);

/// The files of a folder of recordings.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let entries = fs::read_dir(root.join(folder)).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What a reader says, and what it could not place.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) deltas: Vec<Delta>,
    pub(crate) unplaced: Vec<(String, u64)>,
}

fn read_chunks<'a>(mut reader: AnswerReader, chunks: impl IntoIterator<Item = &'a [u8]>) -> Read {
    let mut deltas = Vec::new();
    for chunk in chunks {
        reader.push(chunk);
        while let Some(delta) = reader.pop() {
            deltas.push(delta);
        }
    }
    reader.end();
    while let Some(delta) = reader.pop() {
        deltas.push(delta);
    }
    let unplaced = reader.unplaced().iter();
    let unplaced = unplaced.map(|(path, count)| (path.to_owned(), count));
    Read {
        deltas,
        unplaced: unplaced.collect(),
    }
}

/// Reads a body in one piece.
pub(crate) fn read_whole(reader: AnswerReader, body: &[u8]) -> Read {
    read_chunks(reader, [body])
}

/// Reads a body whole, and cut in a number of ways; all must come to the same.
pub(crate) fn read(new: impl Fn() -> AnswerReader, body: &[u8]) -> Read {
    let whole = read_chunks(new(), [body]);
    for size in [1, 7, 1460] {
        assert_eq!(read_chunks(new(), body.chunks(size)), whole, "{size}");
    }
    let mut random = Random::new(body.len() as u64 + 1);
    for _ in 0..3 {
        let mut chunks = Vec::new();
        let mut rest = body;
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(random.below(rest.len().min(200)) + 1);
            chunks.push(chunk);
            rest = after;
        }
        assert_eq!(read_chunks(new(), chunks), whole);
    }
    whole
}

/// Pseudo-random numbers (xorshift), the same in each run.
pub(crate) struct Random(u64);

impl Random {
    /// Starts from a seed, which is not zero.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// The response that deltas make. Its events are legal in every respect, and the sequencer had nothing
/// to mend.
pub(crate) fn respond(deltas: Vec<Delta>) -> Response {
    let (response, warnings) = legal(deltas);
    assert_eq!(warnings, Vec::<String>::new());
    response
}

/// The response that deltas make, and what the sequencer mended. Its events are legal in every respect.
pub(crate) fn legal(deltas: Vec<Delta>) -> (Response, Vec<String>) {
    let mut sequencer = Sequencer::new(
        Response::new("resp_1", "m", 1),
        ToolPolicy::unrestricted(),
        Arc::new(CountingIds::default()),
        Arc::new(FixedClock(2)),
    );
    sequencer.start();
    for delta in deltas {
        sequencer.push(delta);
    }
    sequencer.end();
    sequencer.conclude();
    let events: Vec<StreamEvent> = std::iter::from_fn(|| sequencer.pop()).collect();
    let warnings = sequencer.warnings().iter();
    let warnings = warnings.map(|warning| format!("{warning:?}")).collect();
    let mut checker = Checker::new();
    for event in &events {
        let json = event.to_json();
        let document = Document::parse(json.as_bytes()).unwrap();
        let found = validate(&document, DocumentKind::StreamEvent, Profile::Strict);
        assert!(found.is_ok(), "{json}: {:?}", found.violations);
        checker.push(event, None);
    }
    assert_eq!(checker.finish(), []);
    (sequencer.into_response(), warnings)
}

/// What a response says, without its borders.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) refusal: String,
    pub(crate) reasoning: String,
    /// Names, and arguments as they came.
    pub(crate) calls: Vec<(String, String)>,
}

impl Said {
    pub(crate) fn of(response: &Response) -> Self {
        let mut said = Self::default();
        let texts = |parts: Option<&Vec<ContentPart>>| {
            let parts = parts.map_or(&[][..], Vec::as_slice);
            parts
                .iter()
                .filter_map(ContentPart::text)
                .collect::<String>()
        };
        for item in response.output_items() {
            match item {
                Item::Message(message) => {
                    for part in message.content.parts() {
                        match part {
                            ContentPart::Refusal(part) => said.refusal.push_str(&part.refusal),
                            part => said.text.push_str(part.text().unwrap()),
                        }
                    }
                }
                Item::Reasoning(reasoning) => {
                    said.reasoning.push_str(&texts(reasoning.content.value()));
                    said.reasoning.push_str(&texts(reasoning.summary.value()));
                }
                Item::FunctionCall(call) => {
                    said.calls.push((call.name.clone(), call.arguments.clone()));
                }
                other => panic!("{other:?}"),
            }
        }
        said
    }
}

/// The JSON of the events of a stream, read in the plainest way: a `data:` line each.
pub(crate) fn events(body: &str) -> Vec<serde_json::Value> {
    body.lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .filter(|data| data.trim() != "[DONE]" && !data.trim().is_empty())
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// The places of all values in a value, as JSON pointers.
pub(crate) fn places(at: &str, value: &serde_json::Value, all: &mut Vec<String>) {
    use serde_json::Value;

    all.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                places(&format!("{at}/{name}"), value, all);
            }
        }
        Value::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                places(&format!("{at}/{index}"), value, all);
            }
        }
        _ => {}
    }
}
