//! The place of the walk in the document, without an allocation until a violation is found.

use alloc::string::String;

use crate::diagnostics::Path;
use crate::json::part;
use crate::rules::Member;

/// A place in the document: a chain through the stack frames of the walk.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    above: Option<&'p Place<'p>>,
    step: Step<'p>,
    /// The schema that has the member, for the rule's name.
    schema: &'static str,
    /// The schema's member; empty for the object itself.
    member: &'static str,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Member(&'p str),
    Index(usize),
}

/// Names are client text: a path keeps at most this many bytes of one.
const NAME_KEPT: usize = 256;

impl<'p> Place<'p> {
    /// The document itself, held against `schema`.
    pub(super) fn root(schema: &'static str) -> Self {
        Self {
            above: None,
            step: Step::Root,
            schema,
            member: "",
        }
    }

    /// The member of an object that comes next.
    pub(super) fn member(&'p self, schema: &'static str, member: &'static Member) -> Place<'p> {
        self.named(schema, member.name)
    }

    /// The member `name` of the object `schema`.
    pub(super) fn named(&'p self, schema: &'static str, name: &'static str) -> Place<'p> {
        Place {
            above: Some(self),
            step: Step::Member(name),
            schema,
            member: name,
        }
    }

    /// The `type` of an object that stands here. A schema without a name is called by the member
    /// that has it.
    pub(super) fn type_of(&'p self, schema: &'static str) -> Place<'p> {
        let place = self.named(schema, "type");
        if schema.is_empty() {
            Place {
                schema: self.schema,
                member: self.member,
                ..place
            }
        } else {
            place
        }
    }

    /// The same place, held against a schema that has a name of its own.
    pub(super) fn against(&self, schema: &'static str) -> Place<'p> {
        if schema.is_empty() {
            return *self;
        }
        Place {
            schema,
            member: "",
            ..*self
        }
    }

    /// A member whose name the client chose.
    pub(super) fn key(&'p self, name: &'p str) -> Place<'p> {
        let mut end = name.len().min(NAME_KEPT);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        Place {
            above: Some(self),
            step: Step::Member(part(name, ..end)),
            member: if self.member.is_empty() {
                "*"
            } else {
                self.member
            },
            ..*self
        }
    }

    /// An element of an array.
    pub(super) fn index(&'p self, index: usize) -> Place<'p> {
        Place {
            above: Some(self),
            step: Step::Index(index),
            ..*self
        }
    }

    /// The path from the root.
    pub(super) fn path(&self) -> Path {
        let mut path = match self.above {
            Some(above) => above.path(),
            None => Path::default(),
        };
        match self.step {
            Step::Root => {}
            Step::Member(name) => path.push_member(name),
            Step::Index(index) => path.push_index(index),
        }
        path
    }

    /// The name of the rule `keyword` in this place.
    pub(super) fn rule(&self, keyword: &str) -> String {
        let element = matches!(self.step, Step::Index(_)) && !self.member.is_empty();
        let (dot, brackets) = (
            if self.member.is_empty() { "" } else { "." },
            if element { "[]" } else { "" },
        );
        alloc::format!("{}{dot}{}{brackets}:{keyword}", self.schema, self.member)
    }
}
