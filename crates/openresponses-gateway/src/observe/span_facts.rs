//! What spans of requests and attempts say, and where it comes from.

use std::time::Duration;

use openresponses_types::Turn;
use openresponses_types::diagnostics::Excerpt;
use openresponses_types::request::TextFormat;
use openresponses_types::response::Usage;

use super::conventions::{Attribute, AttributeValue, Known};
use super::observer::Outcome;
use crate::answer::AtEnd;

/// The longest text of a client's or a provider's in a span, in characters.
const TEXT: usize = 256;

/// The operation and the settings of a request, in the terms of the conventions.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(super) operation: &'static str,
    model: String,
    pub(super) stream: bool,
    max_tokens: Option<u64>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    frequency_penalty: Option<f64>,
    presence_penalty: Option<f64>,
    reasoning: Option<String>,
    previous: Option<String>,
    conversation: Option<String>,
    output: Option<&'static str>,
}

impl Asked {
    pub(crate) fn of(turn: &Turn) -> Self {
        let reasoning = turn.reasoning.as_ref();
        let effort = reasoning.and_then(|reasoning| reasoning.effort.value());
        Self {
            stream: turn.stream,
            max_tokens: turn.max_output_tokens,
            temperature: turn.temperature,
            top_p: turn.top_p,
            frequency_penalty: turn.frequency_penalty,
            presence_penalty: turn.presence_penalty,
            reasoning: effort.map(|effort| short(effort.as_str()).to_owned()),
            previous: turn.previous_response_id.as_deref().map(owned),
            conversation: turn.extra.get("conversation").and_then(conversation),
            output: match turn.text.format {
                TextFormat::JsonObject(_) | TextFormat::JsonSchema(_) => Some("json"),
                // The default, which says nothing about the request.
                _ => None,
            },
            ..Self::without_settings("chat", &turn.model)
        }
    }

    pub(crate) fn compact(model: &str) -> Self {
        Self::without_settings("compact", model)
    }

    pub(crate) fn count(model: &str) -> Self {
        Self::without_settings("count_input_tokens", model)
    }

    fn without_settings(operation: &'static str, model: &str) -> Self {
        Self {
            operation,
            model: owned(model),
            stream: false,
            max_tokens: None,
            temperature: None,
            top_p: None,
            frequency_penalty: None,
            presence_penalty: None,
            reasoning: None,
            previous: None,
            conversation: None,
            output: None,
        }
    }

    pub(crate) fn model(&self) -> &str {
        &self.model
    }
}

/// Returns the id of a conversation: the member is a text, or an object with an `id`.
fn conversation(member: &openresponses_types::json::RawJson) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(member.get()).ok()?;
    let id = value.as_str().or_else(|| value.get("id")?.as_str())?;
    Some(owned(id))
}

/// All that is known of a request or an attempt.
pub(super) struct SpanFacts<'a> {
    pub(super) asked: &'a Asked,
    /// The model that was asked for at this place.
    pub(super) model: &'a str,
    pub(super) provider: Option<&'a str>,
    /// The rest is known later.
    pub(super) response_id: Option<&'a str>,
    pub(super) response_model: Option<&'a str>,
    pub(super) first_chunk: Option<Duration>,
    pub(super) usage: Option<&'a Usage>,
    pub(super) end: Option<&'a AtEnd>,
    pub(super) outcome: Option<Outcome<'a>>,
}

impl<'a> SpanFacts<'a> {
    pub(super) fn starting(asked: &'a Asked, model: &'a str, provider: Option<&'a str>) -> Self {
        Self {
            asked,
            model,
            provider,
            response_id: None,
            response_model: None,
            first_chunk: None,
            usage: None,
            end: None,
            outcome: None,
        }
    }

    pub(super) fn span_name(&self) -> String {
        format!("{} {}", self.asked.operation, short(self.model))
    }

    /// Returns true if the span has failed: a client that disconnects is not a fault.
    pub(super) fn is_fault(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Failed(_)))
    }

    /// Returns the value of an attribute where it is known when the span begins.
    pub(super) fn at_start(&self, attribute: Attribute) -> Option<AttributeValue<'_>> {
        (attribute.known() == Known::AtStart)
            .then(|| self.value(attribute))
            .flatten()
    }

    /// Returns the value of an attribute, as far as it is known.
    pub(super) fn value(&self, attribute: Attribute) -> Option<AttributeValue<'_>> {
        let Self { asked, usage, .. } = self;
        let text = |text: &'a str| AttributeValue::Text(short(text).into());
        let stated = |text: &'a Option<String>| {
            let text = text.as_deref()?;
            Some(AttributeValue::Text(text.into()))
        };
        let float = AttributeValue::Float;
        match attribute {
            Attribute::OperationName => Some(AttributeValue::Text(asked.operation.into())),
            Attribute::ProviderName => self.provider.map(text),
            Attribute::RequestModel => Some(text(self.model)),
            // The conventions want it for streams only.
            Attribute::RequestStream => asked.stream.then_some(AttributeValue::Flag(true)),
            Attribute::RequestMaxTokens => asked.max_tokens.map(Into::into),
            Attribute::RequestTemperature => asked.temperature.map(float),
            Attribute::RequestTopP => asked.top_p.map(float),
            Attribute::RequestFrequencyPenalty => asked.frequency_penalty.map(float),
            Attribute::RequestPresencePenalty => asked.presence_penalty.map(float),
            Attribute::RequestReasoningLevel => stated(&asked.reasoning),
            Attribute::RequestPreviousResponseId => stated(&asked.previous),
            Attribute::ConversationId => stated(&asked.conversation),
            Attribute::OutputType => asked.output.map(text),
            // The provider's client records them.
            Attribute::ServerAddress | Attribute::ServerPort => None,
            Attribute::ResponseId => self.response_id.map(text),
            Attribute::ResponseModel => self.response_model.map(text),
            Attribute::ResponseFinishReasons => self.finish_reason().map(text),
            Attribute::ResponseTimeToFirstChunk => {
                let first = self.first_chunk.filter(|_| asked.stream)?;
                Some(float(first.as_secs_f64()))
            }
            Attribute::UsageInputTokens => usage.map(|usage| usage.input_tokens.into()),
            Attribute::UsageCacheReadInputTokens => {
                let details = usage.as_ref()?.input_tokens_details.value()?;
                Some(details.cached_tokens.into())
            }
            Attribute::UsageOutputTokens => usage.map(|usage| usage.output_tokens.into()),
            Attribute::UsageReasoningOutputTokens => {
                let details = usage.as_ref()?.output_tokens_details.value()?;
                Some(details.reasoning_tokens.into())
            }
            Attribute::ErrorType => match self.outcome? {
                Outcome::Ok => None,
                failed @ (Outcome::Failed(_) | Outcome::Cancelled) => Some(text(failed.label())),
            },
        }
    }

    /// Returns why the generation ended; `error` where it did not end by itself.
    fn finish_reason(&self) -> Option<&'a str> {
        if self.asked.operation != "chat" {
            return None;
        }
        match self.outcome? {
            Outcome::Ok => self.end?.finish.as_deref(),
            Outcome::Failed(_) | Outcome::Cancelled => Some("error"),
        }
    }
}

fn owned(text: &str) -> String {
    short(text).to_owned()
}

/// Returns the first characters of a text.
fn short(text: &str) -> &str {
    Excerpt::cut(text, TEXT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use openresponses_types::normalize::Normalizer;
    use openresponses_types::{CreateRequest, Profile};

    use super::*;

    fn asked(body: &str) -> Asked {
        let request = CreateRequest::from_json(body.as_bytes()).unwrap();
        Asked::of(&Normalizer::new(Profile::Compatible).turn(request).unwrap())
    }

    #[test]
    fn each_attribute_has_one_name() {
        let names: BTreeSet<_> = Attribute::ALL.iter().map(|it| it.name()).collect();
        assert_eq!(names.len(), Attribute::ALL.len());
    }

    #[test]
    fn every_setting_of_a_request_has_its_attribute() {
        let asked = asked(
            r#"{"model":"m","input":"x","stream":true,"max_output_tokens":20,"temperature":0.5,
                "top_p":0.25,"frequency_penalty":1.0,"presence_penalty":2.0,
                "reasoning":{"effort":"low"},"conversation":{"id":"conv_1"},
                "text":{"format":{"type":"json_object"}}}"#,
        );
        let facts = SpanFacts::starting(&asked, "m", Some("p"));
        let missing: Vec<_> = Attribute::ALL
            .iter()
            .filter(|it| it.known() == Known::AtStart && facts.value(**it).is_none())
            .collect();
        assert_eq!(missing, [&Attribute::RequestPreviousResponseId]);
        let conversation = facts.value(Attribute::ConversationId);
        assert_eq!(conversation, Some(AttributeValue::Text("conv_1".into())));
    }

    #[test]
    fn everything_known_at_the_end_has_its_attribute() {
        let asked = asked(r#"{"model":"m","input":"x","stream":true}"#);
        let usage = Usage::new(3, 4).cached_tokens(1).reasoning_tokens(2);
        let end = AtEnd {
            finish: Some("stop".into()),
            ..AtEnd::default()
        };
        let facts = SpanFacts {
            response_id: Some("resp_1"),
            response_model: Some("m-1"),
            first_chunk: Some(Duration::from_millis(1500)),
            usage: Some(&usage),
            end: Some(&end),
            outcome: Some(Outcome::Ok),
            ..SpanFacts::starting(&asked, "m", Some("p"))
        };
        let of = |attribute| facts.value(attribute);
        assert_eq!(of(Attribute::UsageInputTokens), Some(3.into()));
        assert_eq!(of(Attribute::UsageCacheReadInputTokens), Some(1.into()));
        assert_eq!(of(Attribute::UsageOutputTokens), Some(4.into()));
        assert_eq!(of(Attribute::UsageReasoningOutputTokens), Some(2.into()));
        assert_eq!(
            of(Attribute::ResponseTimeToFirstChunk),
            Some(AttributeValue::Float(1.5))
        );
        for (attribute, text) in [
            (Attribute::ResponseId, "resp_1"),
            (Attribute::ResponseModel, "m-1"),
            (Attribute::ResponseFinishReasons, "stop"),
        ] {
            assert_eq!(of(attribute), Some(AttributeValue::Text(text.into())));
        }
        assert_eq!(of(Attribute::ErrorType), None);
    }

    #[test]
    fn long_texts_are_cut() {
        let asked = asked(&format!(
            r#"{{"model":"{}","input":"x"}}"#,
            "é".repeat(5000)
        ));
        let facts = SpanFacts::starting(&asked, asked.model(), None);
        assert!(facts.span_name().chars().count() < 300);
    }
}
