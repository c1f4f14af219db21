use std::collections::VecDeque;

use openresponses_types::json::{Reader, ValueKind};
use openresponses_types::sequence::Delta;

use crate::answer::Deltas;
use crate::arguments::Balance;
use crate::json::{count, members, text};

/// The function calls of an answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: Vec<Call>,
}

#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    /// Arguments that came before the name.
    early: VecDeque<String>,
    balance: Balance,
}

impl Call {
    /// Returns true if a piece with the same index begins another call: it has a name and another
    /// id or, where one of them has no id, another name or arguments behind those that are whole.
    fn is_followed_by(&self, piece: &Piece) -> bool {
        let Some(next) = &piece.name else {
            return false;
        };
        if let (Some(id), Some(next)) = (&self.id, &piece.id) {
            return id != next;
        }
        let has_arguments = piece.arguments.as_ref().is_some_and(|it| !it.is_empty());
        self.name
            .as_ref()
            .is_some_and(|name| name != next || (has_arguments && !self.balance.is_unfinished()))
    }
}

/// A piece of a call as a chunk has it.
#[derive(Default)]
struct Piece {
    index: Option<u64>,
    id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
}

impl Calls {
    /// Reads an element of `tool_calls`.
    pub(super) fn read(&mut self, value: Reader<'_>, place: &str, out: &mut Deltas) {
        let place = format!("{place}.tool_calls[]");
        let mut piece = Piece::default();
        for (name, value) in members(value) {
            match &*name {
                "index" => piece.index = count(value),
                "id" => piece.id = stated(value),
                "type" => {
                    if let Some("custom") = text(value).as_deref() {
                        out.unplaced(&place, "type", value);
                    }
                }
                "function" => function(value, &format!("{place}.function"), &mut piece, out),
                _ => out.unplaced(&place, &name, value),
            }
        }
        self.push(piece, out);
    }

    /// Reads `function_call`, the one call of the oldest API.
    pub(super) fn read_legacy(&mut self, value: Reader<'_>, place: &str, out: &mut Deltas) {
        let mut piece = Piece::default();
        function(value, &format!("{place}.function_call"), &mut piece, out);
        piece.index = Some(u64::MAX);
        self.push(piece, out);
    }

    fn push(&mut self, piece: Piece, out: &mut Deltas) {
        let at = self.find(&piece).unwrap_or_else(|| {
            self.all.push(Call {
                index: piece.index,
                ..Call::default()
            });
            self.all.len() - 1
        });
        let key = u32::try_from(at).unwrap_or(u32::MAX);
        let Some(call) = self.all.get_mut(at) else {
            return;
        };
        if call.id.is_none() {
            call.id = piece.id;
        }
        if let Some(arguments) = piece.arguments.filter(|text| !text.is_empty()) {
            call.balance.push(&arguments);
            call.early.push_back(arguments);
        }
        if let (None, Some(name)) = (&call.name, piece.name) {
            out.push(Delta::Call {
                key,
                call_id: call.id.clone(),
                name: name.clone(),
            });
            call.name = Some(name);
        }
        if call.name.is_some() {
            for delta in call.early.drain(..) {
                out.push(Delta::Arguments { key, delta });
            }
        }
    }

    /// The call that a piece goes on with; nothing for a new one.
    fn find(&self, piece: &Piece) -> Option<usize> {
        let with_id = || {
            let id = piece.id.as_ref()?;
            let mut all = self.all.iter();
            all.position(|call| call.id.as_ref() == Some(id))
        };
        let has_index = |call: &Call| piece.index.is_some() && call.index == piece.index;
        if let Some(at) = self.all.iter().rposition(has_index) {
            // Some servers give all calls the index 0.
            return match self.all.get(at)?.is_followed_by(piece) {
                true => with_id(),
                false => Some(at),
            };
        }
        let last = self.all.len().checked_sub(1)?;
        let (of, is_unfinished) = self
            .all
            .get(last)
            .map(|call| (call, call.balance.is_unfinished()))?;
        match (&piece.id, &piece.name) {
            // An index of its own and a name make a call, whatever its id is.
            (Some(_), Some(_)) if piece.index.is_some() => None,
            (Some(_), _) => with_id(),
            (None, Some(_)) if piece.index.is_some() || of.name.is_some() => None,
            // Some servers give the arguments another index than the name.
            (None, None) if piece.index.is_some() && !is_unfinished => None,
            (None, _) => Some(last),
        }
    }

    /// Returns true if there was any call.
    pub(super) fn is_any(&self) -> bool {
        !self.all.is_empty()
    }

    /// Returns true while a call lacks a part of its arguments, or all of them.
    pub(super) fn is_unfinished(&self) -> bool {
        self.all.iter().any(|call| call.balance.is_unfinished())
    }

    /// Returns true while a call has a part of its arguments, but not all of them.
    pub(super) fn is_within_arguments(&self) -> bool {
        self.all.iter().any(|call| call.balance.is_within())
    }

    /// The answer is over: calls whose name never came are counted.
    pub(super) fn end(&mut self, out: &mut Deltas) {
        for call in self.all.drain(..).filter(|call| call.name.is_none()) {
            for arguments in call.early {
                let arguments = openresponses_types::json::RawJson::string(&arguments);
                out.unplaced("choices[].delta.tool_calls[]", "", arguments.reader());
            }
        }
    }
}

fn function(value: Reader<'_>, place: &str, piece: &mut Piece, out: &mut Deltas) {
    for (name, mut value) in members(value) {
        match &*name {
            "name" => piece.name = stated(value),
            // Some servers send the object itself.
            "arguments" => {
                piece.arguments = match value.kind() {
                    ValueKind::Object | ValueKind::Array => Some(value.raw().to_owned()),
                    _ => text(value),
                };
            }
            _ => out.unplaced(place, &name, value),
        }
    }
}

/// A string that is not empty.
fn stated(value: Reader<'_>) -> Option<String> {
    text(value).filter(|text| !text.is_empty())
}
