use openresponses_types::diagnostics::Path;
use openresponses_types::tool::FunctionTool;

use super::part::Part;
use crate::json::Object;
use crate::request::Notes;

/// The conversation in the terms of the API: the system's texts by themselves, and contents of the
/// user and the model by turns.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) system: Vec<Part>,
    contents: Vec<Content>,
    /// Functions that items of the conversation declare.
    pub(super) declared: Vec<(Path, FunctionTool)>,
}

#[derive(Debug)]
struct Content {
    role: Role,
    parts: Vec<Part>,
}

/// Who speaks in a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    User,
    Model,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Model => "model",
        }
    }
}

impl Contents {
    /// Appends parts: to the last content if it is of the same speaker, else as a new one.
    pub(super) fn push(&mut self, role: Role, parts: Vec<Part>) {
        if parts.is_empty() {
            return;
        }
        match self.contents.last_mut() {
            Some(content) if content.role == role => content.parts.extend(parts),
            _ => self.contents.push(Content { role, parts }),
        }
    }

    /// Puts a content of the user in front.
    pub(super) fn open_with(&mut self, part: Part) {
        let content = Content {
            role: Role::User,
            parts: vec![part],
        };
        self.contents.insert(0, content);
    }

    /// The speaker of the first content.
    pub(super) fn first(&self) -> Option<(Role, &Path)> {
        let content = self.contents.first()?;
        Some((content.role, &content.parts.first()?.path))
    }

    /// Prints `systemInstruction` and `contents`.
    pub(super) fn write(&self, body: &mut Object<'_>, notes: &mut Notes) {
        if !self.system.is_empty() {
            let mut system = body.object("systemInstruction");
            write_parts(&self.system, "system_instruction", &mut system, notes);
        }
        let mut contents = body.array("contents");
        for (at, content) in self.contents.iter().enumerate() {
            let mut out = contents.object();
            out.string("role", content.role.as_str());
            let place = format!("contents[{at}]");
            write_parts(&content.parts, &place, &mut out, notes);
        }
    }
}

fn write_parts(parts: &[Part], place: &str, out: &mut Object<'_>, notes: &mut Notes) {
    if let Some(first) = parts.first() {
        notes.origins.add(place, first.path.clone());
    }
    let mut array = out.array("parts");
    for (at, part) in parts.iter().enumerate() {
        array.raw(&part.json);
        let member = format!("{place}.parts[{at}]");
        notes.origins.add(member, part.path.clone());
    }
}
