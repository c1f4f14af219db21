use std::collections::{BTreeMap, BTreeSet, VecDeque};

use openresponses_types::json::{Reader, ValueKind};
use openresponses_types::sequence::{Delta, Failure};

use crate::answer::Deltas;
use crate::arguments::Balance;
use crate::json::{count, members, text};

/// The function calls of an answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: Vec<Call>,
    /// The last call of each index.
    by_index: BTreeMap<u64, usize>,
    /// The first call of each id.
    by_id: BTreeMap<String, usize>,
    /// Calls with a name that have not begun: what comes before their arguments stands before them.
    named: BTreeSet<usize>,
    /// Calls that have begun without arguments: what follows ends them.
    bare: BTreeSet<usize>,
    /// The call whose arguments are whole, until those of another follow.
    whole: Option<usize>,
    /// How many calls lack a part of their arguments, or all of them.
    unfinished: usize,
    /// How many calls have a part of their arguments, but not all of them.
    within: usize,
}

#[derive(Debug, Default)]
struct Call {
    id: Option<String>,
    name: Option<String>,
    progress: Progress,
    /// Arguments that came before the name.
    early: VecDeque<String>,
    balance: Balance,
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Progress {
    #[default]
    Waiting,
    Begun,
    /// Other output has ended it before its arguments came.
    Ended,
    /// Its arguments were whole when those of another call followed.
    Done,
}

impl Call {
    /// Returns true if a piece with the same index begins another call: it has a name and another
    /// id or, where one of them has no id, another name or arguments behind those that are whole.
    fn is_followed_by(&self, piece: &Piece) -> bool {
        let Some(next) = &piece.name else {
            return false;
        };
        let is_same_name = self.name.as_ref() == Some(next);
        if let (Some(id), Some(next)) = (&self.id, &piece.id) {
            // Some servers make an id for each piece.
            return id != next && !(is_same_name && self.balance.is_within());
        }
        let has_arguments = piece.arguments.as_ref().is_some_and(|it| !it.is_empty());
        self.name.is_some() && (!is_same_name || (has_arguments && !self.balance.is_unfinished()))
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
        let at = self.find(&piece).unwrap_or_else(|| self.add(piece.index));
        let Some(call) = self.all.get_mut(at) else {
            return;
        };
        if let (None, Some(id)) = (&call.id, piece.id) {
            self.by_id.entry(id.clone()).or_insert(at);
            call.id = Some(id);
        }
        if let (None, Some(name)) = (&call.name, piece.name) {
            call.name = Some(name);
            self.named.insert(at);
        }
        if let Some(arguments) = piece.arguments.filter(|text| !text.is_empty()) {
            match call.progress {
                Progress::Ended => return out.fail(too_late()),
                // White space changes no arguments; what else there is, is told as such.
                Progress::Done if arguments.trim().is_empty() => return,
                Progress::Done => {
                    return out.push(Delta::Arguments {
                        key: key(at),
                        delta: arguments,
                    });
                }
                Progress::Waiting | Progress::Begun => {}
            }
            self.unfinished -= usize::from(call.balance.is_unfinished());
            self.within -= usize::from(call.balance.is_within());
            call.balance.push(&arguments);
            self.unfinished += usize::from(call.balance.is_unfinished());
            self.within += usize::from(call.balance.is_within());
            self.bare.remove(&at);
            out.hold(arguments.len());
            call.early.push_back(arguments);
        }
        if call.name.is_some() && !call.early.is_empty() {
            let is_whole = !call.balance.is_unfinished();
            self.end_other_than(at, out);
            self.begin_up_to(at, out);
            self.push_arguments(at, out);
            self.whole = is_whole.then_some(at);
        }
    }

    fn add(&mut self, index: Option<u64>) -> usize {
        let at = self.all.len();
        self.all.push(Call::default());
        self.unfinished += 1;
        if let Some(index) = index {
            self.by_index.insert(index, at);
        }
        at
    }

    /// Ends the call whose arguments are whole: one is sent after the other, and the next would wait.
    fn end_other_than(&mut self, at: usize, out: &mut Deltas) {
        let Some(done) = self.whole.filter(|whole| *whole != at) else {
            return;
        };
        if let Some(call) = self.all.get_mut(done) {
            call.progress = Progress::Done;
            out.push(Delta::EndCall { key: key(done) });
        }
    }

    /// Begins the calls with a name up to the one at `last`, in their order.
    fn begin_up_to(&mut self, last: usize, out: &mut Deltas) {
        while let Some(at) = self.named.first().copied().filter(|at| *at <= last) {
            self.named.remove(&at);
            let Some(call) = self.all.get_mut(at) else {
                continue;
            };
            call.progress = Progress::Begun;
            if call.early.is_empty() {
                self.bare.insert(at);
            }
            out.push(Delta::Call {
                key: key(at),
                call_id: call.id.clone(),
                name: call.name.clone().unwrap_or_default(),
            });
        }
    }

    fn push_arguments(&mut self, at: usize, out: &mut Deltas) {
        let early = self.all.get_mut(at).map(|call| call.early.drain(..));
        for delta in early.into_iter().flatten() {
            out.let_go(delta.len());
            out.push(Delta::Arguments {
                key: key(at),
                delta,
            });
        }
    }

    /// The call that a piece goes on with; nothing for a new one.
    fn find(&self, piece: &Piece) -> Option<usize> {
        let with_id = || self.by_id.get(piece.id.as_ref()?).copied();
        let with_index = piece.index.and_then(|index| self.by_index.get(&index));
        if let Some(at) = with_index {
            // Some servers give all calls the index 0.
            return match self.all.get(*at)?.is_followed_by(piece) {
                true => with_id(),
                false => Some(*at),
            };
        }
        let last = self.all.len().checked_sub(1)?;
        let of = self.all.get(last)?;
        match (&piece.id, &piece.name) {
            // An index of its own and a name make a call, whatever its id is.
            (Some(_), Some(_)) if piece.index.is_some() => None,
            (Some(_), _) => with_id(),
            (None, Some(_)) if piece.index.is_some() || of.name.is_some() => None,
            // Some servers give the arguments another index than the name.
            (None, None) if piece.index.is_some() && !of.balance.is_unfinished() => None,
            (None, _) => Some(last),
        }
    }

    /// Returns true if there was any call.
    pub(super) fn is_any(&self) -> bool {
        !self.all.is_empty()
    }

    /// Returns true while a call lacks a part of its arguments, or all of them.
    pub(super) fn is_unfinished(&self) -> bool {
        self.unfinished > 0
    }

    /// Returns true while a call has a part of its arguments, but not all of them.
    pub(super) fn is_within_arguments(&self) -> bool {
        self.within > 0
    }

    /// Other output follows, which ends calls that have begun.
    pub(super) fn interrupt(&mut self) {
        self.whole = None;
        for at in std::mem::take(&mut self.bare) {
            if let Some(call) = self.all.get_mut(at) {
                call.progress = Progress::Ended;
            }
        }
    }

    /// The answer is over: calls without arguments begin, and those whose name never came are counted.
    pub(super) fn end(&mut self, out: &mut Deltas) {
        self.begin_up_to(usize::MAX, out);
        for call in std::mem::take(self).all {
            for arguments in call.early {
                out.let_go(arguments.len());
                let arguments = openresponses_types::json::RawJson::string(&arguments);
                out.unplaced("choices[].delta.tool_calls[]", "", arguments.reader());
            }
        }
    }
}

fn key(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn too_late() -> Failure {
    Failure::new(
        "server_error",
        "upstream_error",
        "The upstream sent arguments of a call that other output had ended.",
    )
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
