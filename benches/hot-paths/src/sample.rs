//! Documents of the sizes that matter. Each is the same in every run.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use openresponses_sse::encode::{DONE, encode_event};
use openresponses_types::content::{ContentPart, InputImage, InputText, OutputText, SummaryText};
use openresponses_types::item::{FunctionCall, FunctionCallOutput, ItemStatus, Message, Reasoning};
use openresponses_types::json::RawJson;
use openresponses_types::normalize::Normalizer;
use openresponses_types::request::{
    Include, ReasoningConfig, ReasoningEffort, ReasoningSummary, TextConfig, Verbosity,
};
use openresponses_types::response::Usage;
use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
use openresponses_types::tool::{
    AllowedTools, FunctionTool, FunctionToolChoice, Tool, ToolChoice, ToolChoiceMode,
};
use openresponses_types::{CreateRequest, Item, Profile, Response, StreamEvent, Turn};

/// How many deltas a sample stream has.
pub const DELTAS: usize = 500;

/// Words of the lengths that tokens have, one with an escape and one beyond ASCII.
const WORDS: [&str; 8] = [
    "The", " answer", " to", " \"all\"", " of", " it\n", " is", " déjà",
];

/// Text of so many words.
#[must_use]
pub fn text(words: usize) -> String {
    WORDS.iter().cycle().take(words).copied().collect()
}

/// A short question, about 300 bytes.
#[must_use]
pub fn short_request() -> String {
    let question = "What is the capital of France, and since when has it been the capital?";
    CreateRequest::new()
        .model("provider/model-1")
        .input(vec![Message::user(question).into()])
        .instructions("Answer in one sentence.")
        .temperature(0.7)
        .max_output_tokens(256)
        .stream(true)
        .store(false)
        .metadata(raw(r#"{"session":"7f9c24e8"}"#))
        .to_json()
}

/// A question with function tools, about 4 KiB.
#[must_use]
pub fn tools_request() -> String {
    let allowed = ["tool_0", "tool_3"].map(|name| FunctionToolChoice::new(name).into());
    let question = vec![InputText::new(text(20)).into()];
    CreateRequest::new()
        .model("provider/model-1")
        .input(vec![Message::user(question).into()])
        .instructions(text(60))
        .tools(tools(6))
        .tool_choice(ToolChoice::from(
            AllowedTools::new(allowed).mode(ToolChoiceMode::Auto),
        ))
        .parallel_tool_calls(true)
        .reasoning(
            ReasoningConfig::new()
                .effort(ReasoningEffort::Low)
                .summary(ReasoningSummary::Auto),
        )
        .text(TextConfig::new().verbosity(Verbosity::Medium))
        .include(vec![Include::ReasoningEncryptedContent])
        .stream(true)
        .store(false)
        .to_json()
}

fn tools(count: usize) -> Vec<Tool> {
    let parameters = raw(concat!(
        r#"{"type":"object","properties":{"#,
        r#""path":{"type":"string","description":"Where to look, from the root."},"#,
        r#""limit":{"type":["integer","null"],"minimum":1,"maximum":500},"#,
        r#""mode":{"type":"string","enum":["fast","exact"]},"#,
        r#""terms":{"type":"array","items":{"type":"string"},"maxItems":8}},"#,
        r#""required":["path","limit","mode","terms"],"additionalProperties":false}"#,
    ));
    let tool = |at| {
        FunctionTool::new(format!("tool_{at}"))
            .description(text(24))
            .parameters(parameters.clone())
            .strict(true)
            .into()
    };
    (0..count).map(tool).collect()
}

/// A long conversation of an agent: questions, reasoning, calls, their outputs, and answers, about
/// 2 KiB a round.
#[must_use]
pub fn history_request(rounds: usize) -> String {
    let mut items: Vec<Item> = Vec::new();
    for round in 0..rounds {
        let call_id = format!("call_{round:024}");
        let arguments =
            format!(r#"{{"path":"src/{round}.rs","limit":40,"mode":"fast","terms":["a","b"]}}"#);
        let question: Vec<ContentPart> = vec![InputText::new(text(40)).into()];
        let summary: Vec<ContentPart> = vec![SummaryText::new(text(24)).into()];
        let answer = OutputText::new(text(100)).annotations(Vec::new());
        items.extend([
            Message::user(question).into(),
            Reasoning::new()
                .id(format!("rs_{round:032}"))
                .summary(summary)
                .encrypted_content("q".repeat(400))
                .into(),
            FunctionCall::new(call_id.clone(), "tool_0", arguments)
                .id(format!("fc_{round:032}"))
                .status(ItemStatus::Completed)
                .into(),
            FunctionCallOutput::new(call_id, text(60)).into(),
            Message::output(format!("msg_{round:032}"), answer).into(),
        ]);
    }
    CreateRequest::new()
        .model("provider/model-1")
        .input(items)
        .instructions(text(400))
        .tools(tools(6))
        .tool_choice(ToolChoice::from(ToolChoiceMode::Auto))
        .stream(true)
        .store(false)
        .to_json()
}

/// A conversation of messages, about half a KiB each.
#[must_use]
pub fn messages_request(count: usize) -> String {
    let message = |at: usize| -> Item {
        match at % 2 {
            0 => Message::user(vec![InputText::new(text(100)).into()]).into(),
            _ => Message::output(format!("msg_{at:032}"), OutputText::new(text(90))).into(),
        }
    };
    CreateRequest::new()
        .model("provider/model-1")
        .input((0..count).map(message).collect::<Vec<_>>())
        .to_json()
}

/// One long text with line breaks and quotes, such as a file that was read, about 64 KiB.
#[must_use]
pub fn text_request() -> String {
    let file: Vec<ContentPart> = vec![InputText::new(text(14_000)).into()];
    CreateRequest::new()
        .model("provider/model-1")
        .input(vec![Message::user(file).into()])
        .to_json()
}

/// A question about an image of about 1 MiB.
#[must_use]
pub fn image_request() -> String {
    let url = format!(
        "data:image/png;base64,{}",
        "iVBORw0KGgoAAAAN".repeat(1 << 16)
    );
    let parts: Vec<ContentPart> = vec![
        InputText::new("What is this?").into(),
        InputImage::new().image_url(url).into(),
    ];
    CreateRequest::new()
        .model("provider/model-1")
        .input(vec![Message::user(parts).into()])
        .to_json()
}

fn raw(json: &str) -> RawJson {
    RawJson::parse(json).unwrap_or_else(|_| RawJson::empty_object())
}

/// The requests by name.
pub const REQUESTS: [(&str, fn() -> String); 6] = [
    ("300 B", short_request),
    ("4 KiB, tools", tools_request),
    ("64 KiB, history", || history_request(28)),
    ("64 KiB, one text", text_request),
    ("1 MiB, image", image_request),
    ("10 MiB, history", || history_request(4_800)),
];

/// The provider's output in the sample stream.
#[must_use]
pub fn deltas() -> Vec<Delta> {
    output().collect()
}

/// [`deltas`], each made when it is asked for, as a provider makes them.
pub fn output() -> impl Iterator<Item = Delta> + Send {
    let words = WORDS.iter().cycle().take(DELTAS).copied();
    words.map(Delta::text).chain([
        Delta::usage(Usage::new(40, DELTAS as u64)),
        Delta::complete(),
    ])
}

/// The output of a stream of so many deltas.
#[must_use]
pub fn long_deltas(count: usize) -> Vec<Delta> {
    let words = WORDS.iter().cycle().take(count).copied();
    words.map(Delta::text).chain([Delta::complete()]).collect()
}

/// The response that the sample stream begins with.
///
/// # Panics
/// Never, since the request is generated here.
#[must_use]
pub fn response() -> Response {
    turn().map_or_else(
        || Response::new("resp_1", "provider/model-1", 1_764_967_971),
        |turn| turn.response("resp_000000000000000000000000", 1_764_967_971),
    )
}

fn turn() -> Option<Turn> {
    let request = CreateRequest::from_json(short_request().as_bytes()).ok()?;
    Normalizer::new(Profile::Compatible).turn(request).ok()
}

/// A sequencer at the start of the sample stream.
#[must_use]
pub fn sequencer(response: Response) -> Sequencer {
    Sequencer::new(
        response,
        ToolPolicy::unrestricted(),
        Arc::new(CountingIds::default()),
        Arc::new(FixedClock(1_764_967_972)),
    )
}

/// The events of the sample stream.
#[must_use]
pub fn events() -> Vec<StreamEvent> {
    events_of(&response(), &deltas())
}

/// The events of a stream that begins with `response` and has these deltas.
#[must_use]
pub fn events_of(response: &Response, deltas: &[Delta]) -> Vec<StreamEvent> {
    let mut sequencer = sequencer(response.clone());
    sequencer.start();
    for delta in deltas {
        sequencer.push(delta.clone());
    }
    sequencer.conclude();
    std::iter::from_fn(|| sequencer.pop()).collect()
}

/// The sample stream as it goes over the wire.
#[must_use]
pub fn wire() -> Bytes {
    let mut wire = BytesMut::new();
    for event in events() {
        // The events of a sequencer can always be encoded.
        let _ = encode_event(&event, &mut wire);
    }
    wire.extend_from_slice(DONE);
    wire.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_what_their_names_say() {
        for ((name, request), range) in REQUESTS.iter().zip([
            280..400,
            3_900..4_500,
            62_000..70_000,
            62_000..70_000,
            1_040_000..1_060_000,
            10_000_000..11_000_000,
        ]) {
            let len = request().len();
            assert!(range.contains(&len), "{name}: {len}");
        }
    }

    #[test]
    fn the_samples_are_read_and_printed_again() {
        for (name, request) in REQUESTS {
            let request = request();
            let ours = CreateRequest::from_json(request.as_bytes()).unwrap();
            assert_eq!(ours.to_json().len(), request.len(), "{name}");
        }
        let events = events();
        assert_eq!(events.len(), DELTAS + 8);
        for event in events {
            let json = event.to_json();
            assert_eq!(StreamEvent::from_json(json.as_bytes()).unwrap(), event);
        }
    }
}
