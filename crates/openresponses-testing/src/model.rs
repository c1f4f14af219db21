use http::{Request, Response};
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::{Error, OutputStream, Provider};
use openresponses_types::item::{Compaction, Reasoning};
use openresponses_types::normalize::ContextWindow;
use openresponses_types::request::{Include, ReasoningEffort, TextFormat};
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use openresponses_types::{Item, Turn};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::conversation::{Conversation, compacted, user_messages, wants_compaction};
use crate::sample::{OverBudget, Work, sample_within};
use crate::special::Special;
use crate::tools::{Call, calls};
use crate::{opaque, words};

/// The most repeated characters of an earlier message.
const EARLIER: usize = 200;

/// The text of all reasoning.
const REASONING: &str = "Reading the last message, then answering it.";

/// The answer to `json_object`.
const OBJECT: &str = r#"{"answer":"example"}"#;

/// A deterministic model: the answer depends on the request alone. The rules are in [the crate's
/// documentation](crate).
///
/// ```
/// use http_body_util::{BodyExt, Full};
/// use openresponses_testing::EmbeddedModel;
/// use openresponses_tower::{Config, OpenResponses};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let ask = |body: &'static str| {
///     let request = http::Request::post("/v1/responses")
///         .header("content-type", "application/json")
///         .body(Full::<bytes::Bytes>::from(body))
///         .unwrap();
///     OpenResponses::new(EmbeddedModel::new(), Config::new()).oneshot(request)
/// };
/// let answer = ask(r#"{"model":"any","input":"Hello"}"#).await.unwrap();
/// let body = answer.into_body().collect().await.unwrap().to_bytes();
/// let response = openresponses_types::Response::from_json(&body).unwrap();
/// assert_eq!(response.output_text(), "Echo: Hello");
///
/// let refused = ask(r#"{"model":"missing-model","input":"Hello"}"#).await.unwrap();
/// assert_eq!(refused.status(), 404);
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbeddedModel(());

impl EmbeddedModel {
    /// Creates the model.
    #[must_use]
    pub fn new() -> Self {
        Self(())
    }
}

impl Provider for EmbeddedModel {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let turn = turn.into_body();
        let output = match Special::of(&turn.model) {
            Some(special) => {
                let conversation = heard(&turn);
                special.answer(&turn.model, echo(&conversation), conversation.words)?
            }
            None if wants_compaction(turn.input_items()) => compact(&turn),
            None => match answer(&turn, Work::AT_ONCE) {
                Ok(output) => output,
                Err(OverBudget) => beside(turn).await?,
            },
        };
        Ok(Response::new(output))
    }

    async fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        let window = window.into_body();
        if let Some(special) = Special::of(&window.model) {
            special.refuse(&window.model)?;
        }
        let content = compacted(&window.items);
        let heard = Conversation::of(&window.items, window.instructions.as_deref());
        let usage = Usage::new(heard.words, words::count(&content));
        let mut items: Vec<Item> = user_messages(&window.items).collect();
        items.push(Compaction::new(content).into());
        Ok(Response::new(CompactedWindow::new(items, usage)))
    }

    async fn count_input_tokens(&self, turn: Request<Turn>) -> Result<Response<u64>, Error> {
        let turn = turn.into_body();
        if let Some(special) = Special::of(&turn.model) {
            special.refuse(&turn.model)?;
        }
        Ok(Response::new(heard(&turn).words))
    }
}

fn heard(turn: &Turn) -> Conversation<'_> {
    Conversation::of(&turn.items, turn.instructions.as_deref())
}

/// Answers beside the threads that serve connections, one turn at a time: a schema may take much work.
async fn beside(turn: Turn) -> Result<OutputStream, Error> {
    static ONE: Semaphore = Semaphore::const_new(1);
    let turn_taken = ONE.acquire().await.map_err(Error::server)?;
    let work = move || {
        let _turn_taken = turn_taken;
        answer(&turn, Work::ALL)
    };
    let answered = match Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await.map_err(Error::server)?,
        // Outside of tokio there is no other thread.
        Err(_) => work(),
    };
    answered.map_err(|OverBudget| Error::server("the sample takes too much work"))
}

/// Returns the answer by the rules: reasoning, then calls or text.
fn answer(turn: &Turn, work: Work) -> Result<OutputStream, OverBudget> {
    let conversation = heard(turn);
    let (mut before, thought) = reasoning(turn);
    let calls = calls(turn, &conversation, work)?;
    let mut written = 0;
    let mut text = String::new();
    let mut finish = Delta::complete();
    if calls.is_empty() {
        text = spoken(turn, &conversation, work)?;
        if turn
            .max_output_tokens
            .is_some_and(|most| words::cut(&mut text, most))
        {
            finish = Delta::incomplete("max_output_tokens");
        }
        written = words::count(&text);
    }
    for (key, call) in (0..).zip(calls) {
        written += words::count(&call.arguments);
        before.extend(call_deltas(key, call));
    }
    let usage = Usage::new(conversation.words, written + thought).reasoning_tokens(thought);
    let deltas = before
        .into_iter()
        .chain(words::text_deltas(text))
        .chain([Delta::usage(usage), finish]);
    Ok(OutputStream::from_deltas(deltas))
}

/// Returns the text of an answer without calls.
fn spoken(turn: &Turn, conversation: &Conversation<'_>, work: Work) -> Result<String, OverBudget> {
    Ok(match &turn.text.format {
        TextFormat::JsonObject(_) => OBJECT.into(),
        TextFormat::JsonSchema(format) => match format.schema.value() {
            Some(schema) => sample_within(schema, work)?,
            None => OBJECT.into(),
        },
        _ if !conversation.outputs.is_empty() => {
            format!("Tool result: {}", conversation.outputs.join(" | "))
        }
        _ => echo(conversation),
    })
}

fn echo(conversation: &Conversation<'_>) -> String {
    let mut text = format!("Echo: {}", conversation.last);
    if let Some(earlier) = &conversation.earlier {
        text.push_str(" (earlier: ");
        text.extend(earlier.chars().take(EARLIER));
        text.push(')');
    }
    text
}

/// Returns the requested reasoning and its number of words.
fn reasoning(turn: &Turn) -> (Vec<Delta>, u64) {
    let Some(config) = &turn.reasoning else {
        return (Vec::new(), 0);
    };
    let summarised = config.summary.value().is_some();
    let effort = config.effort.value();
    if !summarised && effort.is_none_or(|effort| *effort == ReasoningEffort::None) {
        return (Vec::new(), 0);
    }
    let encrypted = turn
        .includes(&Include::ReasoningEncryptedContent)
        .then(|| opaque::reasoning(REASONING));
    let deltas = if summarised {
        let summary = words::Words::new(REASONING.into()).map(Delta::Summary);
        summary
            .chain(encrypted.map(Delta::EncryptedReasoning))
            .collect()
    } else {
        let item = Reasoning::new()
            .summary(Vec::new())
            .encrypted_content(encrypted);
        vec![Delta::item(item)]
    };
    (deltas, words::count(REASONING))
}

fn call_deltas(key: u32, call: Call) -> impl Iterator<Item = Delta> {
    let begin = Delta::Call {
        key,
        call_id: None,
        name: call.name,
    };
    let arguments =
        words::Words::new(call.arguments).map(move |delta| Delta::Arguments { key, delta });
    std::iter::once(begin)
        .chain(arguments)
        .chain([Delta::EndCall { key }])
}

/// Returns the conversation as one `compaction` item.
fn compact(turn: &Turn) -> OutputStream {
    let content = compacted(&turn.items);
    let usage = Usage::new(heard(turn).words, words::count(&content));
    OutputStream::from_deltas([
        Delta::item(Compaction::new(content)),
        Delta::usage(usage),
        Delta::complete(),
    ])
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use openresponses_types::normalize::Normalizer;
    use openresponses_types::{CreateRequest, Profile};

    use super::*;

    fn turn(schema: &str) -> Request<Turn> {
        let body = format!(
            r#"{{"model":"m","input":"x","text":{{"format":{{"type":"json_schema","name":"a","schema":{schema}}}}}}}"#
        );
        let request = CreateRequest::from_json(body.as_bytes()).unwrap();
        let turn = Normalizer::new(Profile::Compatible).turn(request);
        Request::new(turn.unwrap())
    }

    #[tokio::test]
    async fn a_dear_schema_is_sampled_beside_the_thread_that_serves() {
        let model = EmbeddedModel::new();
        let values: Vec<String> = (0..600).map(|n| format!("\"{n:03}\"")).collect();
        let dear = format!(
            r#"{{"type":"array","uniqueItems":true,"minItems":600,"items":{{"enum":[{}]}}}}"#,
            values.join(",")
        );
        for (schema, at_once) in [(r#"{"type":"string"}"#, true), (&*dear, false)] {
            let mut answer = pin!(model.respond(turn(schema)));
            let polled = answer
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(matches!(polled, Poll::Ready(Ok(_))), at_once, "{schema}");
            if !at_once {
                assert!(answer.await.is_ok());
            }
        }
    }
}
