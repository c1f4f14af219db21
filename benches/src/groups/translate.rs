//! Between a turn and another API: the body of the request, and the deltas of the streamed answer.

use std::hint::black_box;

use bytes::Bytes;
use openresponses_types::json::RawJson;
use openresponses_types::normalize::Normalizer;
use openresponses_types::{CreateRequest, Profile, Turn};
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::{Answer, Dialect};

use crate::sample::DELTAS;
use crate::{Case, sample};

/// A stream of one text in a dialect: how it begins, each word of it, and how it ends.
pub struct Script {
    dialect: &'static dyn Dialect,
    /// The dialect's name.
    pub name: &'static str,
    begin: &'static str,
    /// What stands around each word, which is a JSON string.
    word: (&'static str, &'static str),
    end: &'static str,
}

const SCRIPTS: &[fn() -> Script] = &[chat, anthropic, gemini];

/// A stream of Chat Completions.
#[must_use]
pub fn chat() -> Script {
    Script {
        dialect: Box::leak(Box::new(Chat::new())),
        name: "chat",
        begin: concat!(
            r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1764967971,"model":"m","#,
            r#""choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
            "\n\n",
        ),
        word: (
            concat!(
                r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1764967971,"model":"m","#,
                r#""choices":[{"index":0,"delta":{"content":"#,
            ),
            "},\"finish_reason\":null}]}\n\n",
        ),
        end: concat!(
            r#"data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            "\n\n",
            r#"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":500,"total_tokens":509}}"#,
            "\n\ndata: [DONE]\n\n",
        ),
    }
}

/// A stream of Anthropic Messages.
#[must_use]
pub fn anthropic() -> Script {
    Script {
        dialect: Box::leak(Box::new(Anthropic::new())),
        name: "anthropic",
        begin: concat!(
            "event: message_start\n",
            r#"data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","#,
            r#""content":[],"model":"m","usage":{"input_tokens":9,"output_tokens":1}}}"#,
            "\n\nevent: content_block_start\n",
            r#"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            "\n\n",
        ),
        word: (
            concat!(
                "event: content_block_delta\n",
                r#"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"#,
            ),
            "}}\n\n",
        ),
        end: concat!(
            "event: content_block_stop\n",
            r#"data: {"type":"content_block_stop","index":0}"#,
            "\n\nevent: message_delta\n",
            r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":500}}"#,
            "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ),
    }
}

/// A stream of Gemini.
#[must_use]
pub fn gemini() -> Script {
    Script {
        dialect: Box::leak(Box::new(Gemini::new())),
        name: "gemini",
        begin: "",
        word: (
            r#"data: {"candidates":[{"content":{"role":"model","parts":[{"text":"#,
            concat!(
                r#"}]},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"#,
                r#""totalTokenCount":10},"modelVersion":"m"}"#,
                "\r\n\r\n",
            ),
        ),
        end: concat!(
            r#"data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}]}"#,
            "\r\n\r\n",
        ),
    }
}

impl Script {
    /// The chunks of the stream, one an event, as a server that flushes each sends them.
    #[must_use]
    pub fn chunks(&self) -> Vec<Bytes> {
        let (before, after) = self.word;
        let text = sample::text(DELTAS);
        let words = text.split_inclusive(' ').cycle().take(DELTAS);
        let word = |word: &str| Bytes::from(format!("{before}{}{after}", RawJson::string(word)));
        let mut chunks = vec![Bytes::from(self.begin)];
        chunks.extend(words.map(word));
        chunks.push(Bytes::from(self.end));
        chunks
    }
}

/// The deltas that a dialect reads in a stream.
fn read(dialect: &dyn Dialect, turn: &Turn, chunks: &[Bytes]) -> usize {
    let Answer::Deltas(mut reader) = dialect.answer(turn) else {
        return 0;
    };
    let mut count = 0;
    for chunk in black_box(chunks) {
        reader.push(chunk);
        while let Some(delta) = reader.pop() {
            black_box(delta);
            count += 1;
        }
    }
    reader.end();
    while let Some(delta) = reader.pop() {
        black_box(delta);
        count += 1;
    }
    count
}

fn turn(body: &str) -> Turn {
    let request = CreateRequest::from_json(body.as_bytes());
    let request = request.unwrap_or_else(|error| panic!("{error:?}"));
    Normalizer::new(Profile::Compatible)
        .turn(request)
        .unwrap_or_else(|found| panic!("{found:?}"))
}

/// Parses each event, as a translator that is made of values does first.
fn values(chunks: &[Bytes]) -> usize {
    let mut count = 0;
    for chunk in black_box(chunks) {
        for line in chunk.split(|byte| *byte == b'\n') {
            if let Some(data) = line.strip_prefix(b"data: ")
                && let Ok(value) = serde_json::from_slice::<serde_json::Value>(data)
            {
                black_box(value);
                count += 1;
            }
        }
    }
    count
}

fn answers(make: fn() -> Script) -> Case {
    let script = make();
    let chunks: &'static [Bytes] = Vec::leak(script.chunks());
    let turn: &'static Turn = Box::leak(Box::new(turn(&sample::short_request())));
    let dialect = script.dialect;
    Case::new("translate", format!("an answer of {}", script.name), DELTAS)
        .limit("memcpy into Bytes", move || {
            let copy = |chunk: &Bytes| black_box(Bytes::copy_from_slice(chunk)).len();
            black_box(chunks).iter().map(copy).sum()
        })
        .peer("serde_json::Value", move || values(chunks))
        .ours("AnswerReader", move || read(dialect, turn, chunks))
}

fn requests(make: fn() -> Script) -> Case {
    let script = make();
    let body: &'static str = String::leak(sample::history_request(20));
    let turn: &'static Turn = Box::leak(Box::new(turn(body)));
    let dialect = script.dialect;
    Case::new("translate", format!("a request to {}", script.name), 1)
        .limit("memcpy into Bytes", move || {
            black_box(Bytes::copy_from_slice(black_box(body).as_bytes())).len()
        })
        .peer("serde_json::Value, printed", move || {
            let value: serde_json::Value =
                serde_json::from_str(black_box(body)).unwrap_or_default();
            black_box(value.to_string()).len()
        })
        .ours("Dialect::request", move || {
            let request = dialect.request(black_box(turn));
            request.map_or(0, |request| black_box(request).body.len())
        })
}

/// The cases of the group.
pub(super) fn cases() -> Vec<Case> {
    let answers = SCRIPTS.iter().map(|make| answers(*make));
    answers
        .chain(SCRIPTS.iter().map(|make| requests(*make)))
        .collect()
}
