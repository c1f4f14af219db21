use std::collections::BTreeMap;

use openresponses_types::json::{Reader, ValueKind, write_string};

use super::json_path::{self, Step};
use crate::json::text;

/// The most elements that may be left out before one; they are null.
const GAP: usize = 64;

/// The arguments of a call as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    whole: Option<String>,
    root: Node,
    /// The bytes that they came in.
    pub(super) held: usize,
}

/// A value that is put together.
#[derive(Debug, Default)]
enum Node {
    #[default]
    Unset,
    Object(Members),
    Array(Vec<Node>),
    Text(String),
    /// A number, a boolean or null, as it came.
    Raw(String),
}

/// The members of an object in the order that they came in.
#[derive(Debug, Default)]
struct Members {
    all: Vec<(String, Node)>,
    places: BTreeMap<String, usize>,
}

impl Members {
    /// The member of this name, made where it is missing.
    fn at(&mut self, name: &str) -> Option<&mut Node> {
        let place = self.places.get(name).copied().unwrap_or_else(|| {
            self.places.insert(name.to_owned(), self.all.len());
            self.all.push((name.to_owned(), Node::Unset));
            self.all.len() - 1
        });
        self.all.get_mut(place).map(|(_, node)| node)
    }
}

impl Arguments {
    /// Arguments that came whole.
    pub(super) fn whole(json: String) -> Self {
        Self {
            held: json.len(),
            whole: Some(json),
            root: Node::Unset,
        }
    }

    /// Takes in a piece: a value and its path. Texts are appended to what is there. False where it is
    /// no such piece.
    pub(super) fn push(&mut self, piece: Reader<'_>) -> bool {
        if self.whole.is_some() {
            return false;
        }
        let path = piece.member("jsonPath").and_then(text);
        let Some(steps) = path.and_then(|path| json_path::read(&path)) else {
            return false;
        };
        let value = ["stringValue", "numberValue", "boolValue", "nullValue"];
        let Some(mut value) = value.iter().find_map(|name| piece.member(name)) else {
            return false;
        };
        let Some(node) = self.root.at(&steps) else {
            return false;
        };
        match (node, value.kind()) {
            (Node::Text(text), ValueKind::String) => {
                text.push_str(&value.string().unwrap_or_default());
                true
            }
            (node @ Node::Unset, kind) => {
                *node = match kind {
                    // Null may be spelled by the name of its only value.
                    ValueKind::String if piece.member("nullValue").is_some() => {
                        Node::Raw("null".to_owned())
                    }
                    ValueKind::String => Node::Text(text(value).unwrap_or_default()),
                    _ => Node::Raw(value.raw().to_owned()),
                };
                true
            }
            _ => false,
        }
    }

    /// The arguments as JSON.
    pub(super) fn json(self) -> String {
        if let Some(whole) = self.whole {
            return whole;
        }
        let mut out = String::new();
        match &self.root {
            Node::Unset => out.push_str("{}"),
            node => node.write(&mut out),
        }
        out
    }
}

impl Node {
    /// The node at a path, made where it is missing; nothing where something else stands there.
    fn at(&mut self, steps: &[Step]) -> Option<&mut Self> {
        let Some((step, rest)) = steps.split_first() else {
            return Some(self);
        };
        if let Self::Unset = self {
            *self = match step {
                Step::Member(_) => Self::Object(Members::default()),
                Step::Index(_) => Self::Array(Vec::new()),
            };
        }
        match (self, step) {
            (Self::Object(members), Step::Member(name)) => members.at(name)?.at(rest),
            (Self::Array(elements), Step::Index(index)) => {
                if *index > elements.len() + GAP {
                    return None;
                }
                while elements.len() <= *index {
                    elements.push(Self::Unset);
                }
                elements.get_mut(*index)?.at(rest)
            }
            _ => None,
        }
    }

    // Printing into a string cannot fail, so the results of the printer are not looked at.
    fn write(&self, out: &mut String) {
        match self {
            Self::Unset => out.push_str("null"),
            Self::Raw(json) => out.push_str(json),
            Self::Text(text) => {
                let _ = write_string(out, text);
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, value)) in members.all.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    let _ = write_string(out, name);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
            Self::Array(elements) => {
                out.push('[');
                for (at, element) in elements.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
                out.push(']');
            }
        }
    }
}
