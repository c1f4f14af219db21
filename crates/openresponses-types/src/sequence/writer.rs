use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::delta::{Delta, Failure, Finish};
use crate::content::Annotation;
use crate::item::{Item, Phase};
use crate::response::Usage;
use crate::wire::Extension;

/// Target of a [`Writer`].
///
/// ```
/// use openresponses_types::sequence::{Delta, DeltaSink, Writer};
///
/// #[derive(Default)]
/// struct Count(usize);
///
/// impl DeltaSink for Count {
///     fn push(&mut self, _: Delta) {
///         self.0 += 1;
///     }
/// }
///
/// let mut count = Count::default();
/// let mut out = Writer::new(&mut count);
/// out.text("Hello");
/// out.complete();
/// assert_eq!(count.0, 2);
/// ```
pub trait DeltaSink {
    /// Takes one delta.
    fn push(&mut self, delta: Delta);
}

impl DeltaSink for alloc::vec::Vec<Delta> {
    fn push(&mut self, delta: Delta) {
        Self::push(self, delta);
    }
}

impl<S: DeltaSink + ?Sized> DeltaSink for &mut S {
    fn push(&mut self, delta: Delta) {
        (**self).push(delta);
    }
}

/// Typed interface to [`Delta`]: sequences that violate the protocol do not compile.
///
/// ```
/// use openresponses_types::response::Usage;
/// use openresponses_types::sequence::{Delta, Writer};
///
/// let mut deltas: Vec<Delta> = Vec::new();
/// let mut out = Writer::new(&mut deltas);
/// out.message().text("Let me look. ").text("One moment.");
/// let mut call = out.call("get_weather");
/// call.arguments(r#"{"city":"#);
/// call.arguments(r#""Paris"}"#);
/// call.end();
/// out.usage(Usage::new(3, 9));
/// out.complete();
/// assert_eq!(deltas.len(), 9);
/// ```
///
/// Text while a call is open:
///
/// ```compile_fail,E0499
/// # use openresponses_types::sequence::{Delta, Writer};
/// # let mut deltas: Vec<Delta> = Vec::new();
/// let mut out = Writer::new(&mut deltas);
/// let mut call = out.call("get_weather");
/// out.message().text("too early");
/// call.arguments("{}");
/// ```
///
/// Anything after the end:
///
/// ```compile_fail,E0382
/// # use openresponses_types::sequence::{Delta, Writer};
/// # let mut deltas: Vec<Delta> = Vec::new();
/// let mut out = Writer::new(&mut deltas);
/// out.complete();
/// out.message().text("too late");
/// ```
#[derive(Debug)]
pub struct Writer<S: DeltaSink> {
    sink: S,
    calls: u32,
    /// The keys of open calls: the provider's, and that of their deltas.
    keyed: Vec<(u32, u32)>,
    /// The key of the call whose [`CallWriter`] was dropped without an end.
    unended: Option<u32>,
}

impl<S: DeltaSink> Writer<S> {
    /// Creates a writer into `sink`.
    #[must_use]
    pub fn new(sink: S) -> Self {
        Self {
            sink,
            calls: 0,
            keyed: Vec::new(),
            unended: None,
        }
    }

    /// Returns the sink.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Writes what follows the last call, which is complete by that.
    fn push(&mut self, delta: Delta) {
        self.end_last_call();
        self.sink.push(delta);
    }

    fn end_last_call(&mut self) {
        if let Some(key) = self.unended.take() {
            self.sink.push(Delta::EndCall { key });
        }
    }

    /// Begins a message.
    pub fn message(&mut self) -> MessageWriter<'_, S> {
        self.push(Delta::Message { phase: None });
        MessageWriter {
            sink: &mut self.sink,
        }
    }

    /// Begins a message that plays a part.
    pub fn message_in(&mut self, phase: Phase) -> MessageWriter<'_, S> {
        self.push(Delta::Message { phase: Some(phase) });
        MessageWriter {
            sink: &mut self.sink,
        }
    }

    /// Appends to the open message, or opens one.
    pub fn text(&mut self, text: impl Into<String>) {
        self.push(Delta::Text(text.into()));
    }

    /// Appends a refusal to the open message, or opens one.
    pub fn refusal(&mut self, text: impl Into<String>) {
        self.push(Delta::Refusal(text.into()));
    }

    /// Annotates the text that was written last. Without text that is still open, an empty one is
    /// begun for it.
    ///
    /// ```
    /// use openresponses_types::content::{Annotation, UrlCitation};
    /// use openresponses_types::sequence::{Delta, Writer};
    ///
    /// let mut deltas: Vec<Delta> = Vec::new();
    /// let mut out = Writer::new(&mut deltas);
    /// out.text("See the report.");
    /// out.annotation(UrlCitation::new("https://example.com/report", 8, 14, "Report"));
    /// out.complete();
    /// assert!(matches!(deltas[1], Delta::Annotation(_)));
    /// ```
    pub fn annotation(&mut self, annotation: impl Into<Annotation>) {
        self.push(Delta::Annotation(Box::new(annotation.into())));
    }

    /// Returns a writer that appends to the open reasoning item, or opens one.
    pub fn reasoning(&mut self) -> ReasoningWriter<'_, S> {
        self.end_last_call();
        ReasoningWriter {
            sink: &mut self.sink,
        }
    }

    /// Begins a function call; its `call_id` is made.
    pub fn call(&mut self, name: impl Into<String>) -> CallWriter<'_, S> {
        self.begin_call(name.into(), None)
    }

    /// Begins a function call with a `call_id`.
    pub fn call_with_id(
        &mut self,
        name: impl Into<String>,
        call_id: impl Into<String>,
    ) -> CallWriter<'_, S> {
        self.begin_call(name.into(), Some(call_id.into()))
    }

    /// Returns a writer that appends to the parallel call of this key, or begins it. The key is the
    /// provider's; calls of different keys may be interleaved, and are sent one after the other.
    ///
    /// The call is open until [`KeyedCallWriter::end`], the end of the response, or output that is not a
    /// call of a key. After its end the key begins a new call. A call that other output has closed
    /// takes no more: where its arguments are not complete by then, more of them fail the response
    /// (`model_error`, code `interrupted_call`).
    ///
    /// ```
    /// use openresponses_types::sequence::{Delta, Writer};
    ///
    /// let mut deltas: Vec<Delta> = Vec::new();
    /// let mut out = Writer::new(&mut deltas);
    /// out.call_keyed(0, "get_weather").arguments("{\"city\":");
    /// out.call_keyed(1, "get_time").arguments("{}");
    /// out.call_keyed(0, "get_weather").arguments("\"Paris\"}");
    /// out.complete();
    /// let calls = deltas.iter().filter(|delta| matches!(delta, Delta::Call { .. }));
    /// assert_eq!(calls.count(), 2);
    /// ```
    pub fn call_keyed(&mut self, key: u32, name: impl Into<String>) -> KeyedCallWriter<'_, S> {
        self.keyed_call(key, name.into(), None)
    }

    /// Does what [`call_keyed`](Self::call_keyed) does, with the `call_id` of a call that begins.
    pub fn call_keyed_with_id(
        &mut self,
        key: u32,
        name: impl Into<String>,
        call_id: impl Into<String>,
    ) -> KeyedCallWriter<'_, S> {
        self.keyed_call(key, name.into(), Some(call_id.into()))
    }

    fn keyed_call(
        &mut self,
        key: u32,
        name: String,
        call_id: Option<String>,
    ) -> KeyedCallWriter<'_, S> {
        self.end_last_call();
        let known = self.keyed.iter().find(|(of, _)| *of == key);
        let inner = match known {
            Some((_, inner)) => *inner,
            None => {
                let inner = self.open_call(name, call_id);
                self.keyed.push((key, inner));
                inner
            }
        };
        KeyedCallWriter {
            sink: &mut self.sink,
            keyed: &mut self.keyed,
            key: inner,
        }
    }

    /// Begins a call and returns its key.
    fn open_call(&mut self, name: String, call_id: Option<String>) -> u32 {
        let key = self.calls;
        self.calls = self.calls.wrapping_add(1);
        self.push(Delta::Call { key, call_id, name });
        key
    }

    fn begin_call(&mut self, name: String, call_id: Option<String>) -> CallWriter<'_, S> {
        let key = self.open_call(name, call_id);
        self.unended = Some(key);
        CallWriter {
            sink: &mut self.sink,
            unended: &mut self.unended,
            key,
        }
    }

    /// Writes a whole item.
    pub fn item(&mut self, item: impl Into<Item>) {
        self.push(Delta::item(item));
    }

    /// Writes an event of an implementer's.
    pub fn event(&mut self, event: Extension) {
        self.sink.push(Delta::Event(Box::new(event)));
    }

    /// Sets the token counts.
    pub fn usage(&mut self, usage: Usage) {
        self.sink.push(Delta::usage(usage));
    }

    /// Completes the response.
    pub fn complete(mut self) {
        self.push(Delta::complete());
    }

    /// Ends the response early, as incomplete.
    pub fn incomplete(mut self, reason: impl Into<String>) {
        self.push(Delta::incomplete(reason));
    }

    /// Ends the response as failed. A call that was not ended stays in progress.
    pub fn fail(mut self, failure: Failure) {
        self.sink
            .push(Delta::Finish(Finish::Failed(failure.into())));
    }
}

/// Writes a message.
///
/// ```
/// use openresponses_types::sequence::{Delta, Writer};
///
/// let mut deltas: Vec<Delta> = Vec::new();
/// let mut out = Writer::new(&mut deltas);
/// out.message().text("It is sunny").end_part().text("and warm.");
/// assert_eq!(deltas.len(), 4);
/// ```
#[derive(Debug)]
pub struct MessageWriter<'w, S: DeltaSink> {
    sink: &'w mut S,
}

impl<S: DeltaSink> MessageWriter<'_, S> {
    /// Appends text.
    pub fn text(&mut self, text: impl Into<String>) -> &mut Self {
        self.sink.push(Delta::Text(text.into()));
        self
    }

    /// Appends to a refusal.
    pub fn refusal(&mut self, text: impl Into<String>) -> &mut Self {
        self.sink.push(Delta::Refusal(text.into()));
        self
    }

    /// Ends the open part: text that follows begins a new one.
    pub fn end_part(&mut self) -> &mut Self {
        self.sink.push(Delta::EndPart);
        self
    }

    /// Annotates the text.
    pub fn annotation(&mut self, annotation: impl Into<Annotation>) -> &mut Self {
        self.sink
            .push(Delta::Annotation(Box::new(annotation.into())));
        self
    }
}

/// Writes reasoning.
///
/// ```
/// use openresponses_types::sequence::{Delta, Writer};
///
/// let mut deltas: Vec<Delta> = Vec::new();
/// let mut out = Writer::new(&mut deltas);
/// out.reasoning().text("The user greets.").summary("A greeting.");
/// assert_eq!(deltas.len(), 2);
/// ```
#[derive(Debug)]
pub struct ReasoningWriter<'w, S: DeltaSink> {
    sink: &'w mut S,
}

impl<S: DeltaSink> ReasoningWriter<'_, S> {
    /// Appends to the reasoning itself.
    pub fn text(&mut self, text: impl Into<String>) -> &mut Self {
        self.sink.push(Delta::Reasoning(text.into()));
        self
    }

    /// Appends to the summary.
    pub fn summary(&mut self, text: impl Into<String>) -> &mut Self {
        self.sink.push(Delta::Summary(text.into()));
        self
    }

    /// Ends the open part: reasoning or summary that follows begins a new one.
    pub fn end_part(&mut self) -> &mut Self {
        self.sink.push(Delta::EndPart);
        self
    }

    /// Sets the encrypted form.
    pub fn encrypted(&mut self, content: impl Into<String>) -> &mut Self {
        self.sink.push(Delta::EncryptedReasoning(content.into()));
        self
    }
}

/// Writes a function call. It is complete when it is [ended](Self::end), and when the [`Writer`] writes
/// anything else afterwards or completes the response. A response that fails first leaves it in
/// progress.
///
/// ```
/// use openresponses_types::sequence::{Delta, Writer};
///
/// let mut deltas: Vec<Delta> = Vec::new();
/// let mut out = Writer::new(&mut deltas);
/// let mut call = out.call("get_weather");
/// call.arguments(r#"{"city":"Paris"}"#);
/// call.end();
/// assert_eq!(deltas.len(), 3);
/// ```
#[derive(Debug)]
pub struct CallWriter<'w, S: DeltaSink> {
    sink: &'w mut S,
    unended: &'w mut Option<u32>,
    key: u32,
}

impl<S: DeltaSink> CallWriter<'_, S> {
    /// Appends to the arguments.
    pub fn arguments(&mut self, delta: impl Into<String>) -> &mut Self {
        self.sink.push(Delta::Arguments {
            key: self.key,
            delta: delta.into(),
        });
        self
    }

    /// Completes the call.
    pub fn end(self) {
        *self.unended = None;
        self.sink.push(Delta::EndCall { key: self.key });
    }

    /// Ends the call where the token budget ran out inside of it: it is incomplete if the response
    /// ends so.
    pub fn leave_incomplete(self) {
        *self.unended = None;
    }
}

/// Writes a parallel call that others may interrupt. Created by [`Writer::call_keyed`].
///
/// ```
/// use openresponses_types::sequence::{Delta, Writer};
///
/// let mut deltas: Vec<Delta> = Vec::new();
/// let mut out = Writer::new(&mut deltas);
/// let mut call = out.call_keyed(7, "get_weather");
/// call.arguments("{}");
/// call.end();
/// assert!(matches!(deltas[2], Delta::EndCall { .. }));
/// ```
#[derive(Debug)]
pub struct KeyedCallWriter<'w, S: DeltaSink> {
    sink: &'w mut S,
    keyed: &'w mut Vec<(u32, u32)>,
    key: u32,
}

impl<S: DeltaSink> KeyedCallWriter<'_, S> {
    /// Appends to the arguments.
    pub fn arguments(&mut self, delta: impl Into<String>) -> &mut Self {
        self.sink.push(Delta::Arguments {
            key: self.key,
            delta: delta.into(),
        });
        self
    }

    /// Ends the call. Calls behind it come out sooner.
    pub fn end(self) {
        self.keyed.retain(|(_, inner)| *inner != self.key);
        self.sink.push(Delta::EndCall { key: self.key });
    }
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;

    use super::*;
    use crate::content::{ContentPart, UrlCitation};
    use crate::response::Response;
    use crate::sequence::{CountingIds, FixedClock, Sequencer, ToolPolicy};

    #[test]
    fn a_call_is_ended_by_what_follows_and_stays_in_progress_in_a_failure() {
        type Next = fn(Writer<&mut Vec<Delta>>);
        let ends: [(Next, &str); 9] = [
            (|mut out| out.text("Then"), "completed"),
            (
                |mut out| {
                    out.message().text("Then");
                },
                "completed",
            ),
            (
                |mut out| {
                    out.reasoning().text("Then");
                },
                "completed",
            ),
            (
                |mut out| {
                    out.call("next");
                },
                "completed",
            ),
            (
                |mut out| {
                    out.call_keyed(7, "next");
                },
                "completed",
            ),
            (|out| out.complete(), "completed"),
            (|out| out.incomplete("max_output_tokens"), "completed"),
            (|mut out| out.usage(Usage::new(3, 9)), "in_progress"),
            (
                |out| out.fail(Failure::new("server_error", "x", "x")),
                "in_progress",
            ),
        ];
        for (number, (next, status)) in ends.into_iter().enumerate() {
            let mut deltas = Vec::new();
            let mut out = Writer::new(&mut deltas);
            out.call("rm").arguments("{\"path\":\"/");
            next(out);
            let mut sequencer = sequencer();
            sequencer.start();
            for delta in deltas {
                sequencer.push(delta);
            }
            let events: Vec<_> = core::iter::from_fn(|| sequencer.pop()).collect();
            let is_done = events
                .iter()
                .any(|event| event.event_type() == "response.output_item.done");
            assert_eq!(is_done, status == "completed", "{number}");
            // The upstream breaks here.
            sequencer.end();
            let output = sequencer.into_response().output.into_value().unwrap();
            assert_eq!(output[0].status().unwrap().as_str(), status, "{number}");
        }
    }

    fn output(deltas: Vec<Delta>) -> Vec<Item> {
        let mut sequencer = sequencer();
        for delta in deltas {
            sequencer.push(delta);
        }
        sequencer.into_response().output.into_value().unwrap()
    }

    fn sequencer() -> Sequencer {
        Sequencer::new(
            Response::new("resp_1", "m", 1),
            ToolPolicy::unrestricted(),
            Arc::new(CountingIds::default()),
            Arc::new(FixedClock(2)),
        )
    }

    #[test]
    fn keyed_calls_may_be_interleaved_with_each_other_and_with_others() {
        let mut deltas = Vec::new();
        let mut out = Writer::new(&mut deltas);
        out.call("first").arguments("{}");
        out.call_keyed_with_id(0, "f", "call_f").arguments("{");
        out.call_keyed(7, "g").arguments("[");
        out.call_keyed(0, "ignored").arguments("}");
        let mut g = out.call_keyed(7, "g");
        g.arguments("]");
        g.end();
        // The key is free again.
        out.call_keyed(7, "h").arguments("1");
        out.complete();
        let calls: Vec<_> = output(deltas)
            .into_iter()
            .map(|item| match item {
                Item::FunctionCall(call) => (call.name.clone(), call.arguments.clone()),
                other => unreachable!("{other:?}"),
            })
            .collect();
        let expected = [("first", "{}"), ("f", "{}"), ("g", "[]"), ("h", "1")];
        assert_eq!(
            calls,
            expected.map(|(name, args)| (name.into(), args.into()))
        );
    }

    #[test]
    fn a_refusal_goes_on_and_text_that_is_there_is_annotated() {
        let mut deltas = Vec::new();
        let mut out = Writer::new(&mut deltas);
        out.text("See the report.");
        out.annotation(UrlCitation::new("https://example.com/", 8, 14, "Report"));
        out.refusal("No ");
        out.refusal("more.");
        out.complete();
        let output = output(deltas);
        let [Item::Message(message)] = &output[..] else {
            unreachable!("{output:?}")
        };
        let texts: Vec<_> = message.content.texts().collect();
        assert_eq!(texts[0], "See the report.");
        let crate::content::Content::Parts(parts) = &message.content else {
            unreachable!()
        };
        let [ContentPart::OutputText(text), ContentPart::Refusal(refusal)] = &parts[..] else {
            unreachable!("{parts:?}")
        };
        assert_eq!(text.annotations.value().map(Vec::len), Some(1));
        assert_eq!(refusal.refusal, "No more.");
    }
}
