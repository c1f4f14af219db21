use openresponses_types::Item;
use openresponses_types::content::{
    Content, ContentPart, OutputText, ReasoningText, Refusal, SummaryText,
};
use openresponses_types::item::{Message, Phase, Reasoning};
use openresponses_types::sequence::Delta;

/// The output of a round, as the items that the next round begins with.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    entries: Vec<Entry>,
    open: Option<Open>,
}

#[derive(Debug)]
pub(super) enum Entry {
    Item(Item),
    /// The call of this index.
    Call(usize),
}

#[derive(Debug)]
enum Open {
    Message {
        phase: Option<Phase>,
        done: Vec<ContentPart>,
        part: Option<Part>,
    },
    Reasoning {
        summary: Vec<ContentPart>,
        content: Vec<ContentPart>,
        encrypted: Option<String>,
        part: Option<Part>,
    },
}

/// A part that text is appended to.
#[derive(Debug)]
struct Part {
    kind: PartKind,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartKind {
    Text,
    Refusal,
    Reasoning,
    Summary,
}

impl Transcript {
    /// Takes what the model says next. Calls come through [`call`](Self::call).
    pub(super) fn push(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(text) | Delta::TextWithLogprobs(text, _) => {
                self.append(PartKind::Text, text);
            }
            Delta::Refusal(text) => self.append(PartKind::Refusal, text),
            Delta::Reasoning(text) => self.append(PartKind::Reasoning, text),
            Delta::Summary(text) => self.append(PartKind::Summary, text),
            Delta::Message { phase } => {
                self.close();
                self.open = Some(message(phase.clone()));
            }
            Delta::EndPart => self.close_part(),
            Delta::EndItem => self.close(),
            Delta::EncryptedReasoning(content) => {
                self.ensure(PartKind::Reasoning);
                if let Some(Open::Reasoning { encrypted, .. }) = &mut self.open {
                    *encrypted = Some(content.clone());
                }
            }
            Delta::Item(item) | Delta::CloseItem(item) => {
                self.close();
                self.entries.push(Entry::Item(Item::clone(item)));
            }
            // What is left says nothing that the model reads.
            _ => {}
        }
    }

    /// The call of this index comes here.
    pub(super) fn call(&mut self, index: usize) {
        self.close();
        self.entries.push(Entry::Call(index));
    }

    pub(super) fn into_entries(mut self) -> Vec<Entry> {
        self.close();
        self.entries
    }

    /// Opens an item for parts of this kind unless one is open.
    fn ensure(&mut self, kind: PartKind) {
        let fits = match &self.open {
            Some(Open::Message { .. }) => matches!(kind, PartKind::Text | PartKind::Refusal),
            Some(Open::Reasoning { .. }) => {
                matches!(kind, PartKind::Reasoning | PartKind::Summary)
            }
            None => false,
        };
        if fits {
            return;
        }
        self.close();
        self.open = Some(match kind {
            PartKind::Text | PartKind::Refusal => message(None),
            PartKind::Reasoning | PartKind::Summary => Open::Reasoning {
                summary: Vec::new(),
                content: Vec::new(),
                encrypted: None,
                part: None,
            },
        });
    }

    fn append(&mut self, kind: PartKind, text: &str) {
        self.ensure(kind);
        let open = self.open.as_ref().and_then(Open::part);
        if open.is_none_or(|part| part.kind != kind) {
            self.close_part();
        }
        if let Some(Open::Message { part, .. } | Open::Reasoning { part, .. }) = &mut self.open {
            let part = part.get_or_insert_with(|| Part {
                kind,
                text: String::new(),
            });
            part.text.push_str(text);
        }
    }

    fn close_part(&mut self) {
        match &mut self.open {
            Some(Open::Message { done, part, .. }) => {
                done.extend(part.take().map(Part::content));
            }
            Some(Open::Reasoning {
                summary,
                content,
                part,
                ..
            }) => {
                if let Some(part) = part.take() {
                    match part.kind {
                        PartKind::Summary => summary.push(part.content()),
                        PartKind::Reasoning | PartKind::Text | PartKind::Refusal => {
                            content.push(part.content());
                        }
                    }
                }
            }
            None => {}
        }
    }

    fn close(&mut self) {
        self.close_part();
        match self.open.take() {
            Some(Open::Message { phase, done, .. }) if !done.is_empty() => {
                let message = Message::assistant(Content::Parts(done)).phase(phase);
                self.entries.push(Entry::Item(message.into()));
            }
            Some(Open::Reasoning {
                summary,
                content,
                encrypted,
                ..
            }) => {
                let mut reasoning = Reasoning::new().summary(summary);
                if !content.is_empty() {
                    reasoning = reasoning.content(content);
                }
                if let Some(encrypted) = encrypted {
                    reasoning = reasoning.encrypted_content(encrypted);
                }
                self.entries.push(Entry::Item(reasoning.into()));
            }
            Some(Open::Message { .. }) | None => {}
        }
    }
}

impl Open {
    fn part(&self) -> Option<&Part> {
        match self {
            Self::Message { part, .. } | Self::Reasoning { part, .. } => part.as_ref(),
        }
    }
}

impl Part {
    fn content(self) -> ContentPart {
        match self.kind {
            PartKind::Text => OutputText::new(self.text).annotations(Vec::new()).into(),
            PartKind::Refusal => Refusal::new(self.text).into(),
            PartKind::Reasoning => ReasoningText::new(self.text).into(),
            PartKind::Summary => SummaryText::new(self.text).into(),
        }
    }
}

fn message(phase: Option<Phase>) -> Open {
    Open::Message {
        phase,
        done: Vec::new(),
        part: None,
    }
}
