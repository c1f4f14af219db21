use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher as _;

use openresponses_types::item::FunctionCall;
use openresponses_types::json::{RawJson, ValueKind};
use openresponses_types::sequence::{Delta, Finish};
use openresponses_types::wire::Unknown;
use openresponses_types::{Item, Turn};

use super::{CALL, INPUT};
use crate::arguments::Balance;
use crate::json::{Object, text};
use crate::namespace;

/// What the client knows a function as that the model sees.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    /// A custom tool of the same name.
    Custom,
    /// A function of a namespace.
    Namespaced { namespace: String, name: String },
}

/// Turns calls of the functions that custom tools and functions of namespaces are shown as into calls of
/// those. Such a call comes out as a whole, when its arguments are complete.
#[derive(Debug, Default)]
pub(crate) struct CustomCalls {
    names: BTreeMap<String, Shown>,
    calls: BTreeMap<u32, Call>,
    /// Function calls whose arguments are unfinished: an item between their pieces would end them.
    functions: BTreeMap<u32, Balance>,
    /// Calls that wait for those.
    ready: Vec<Delta>,
    /// The bytes of arguments of calls that have not come out.
    held: usize,
    /// Those of them that calls in `ready` have.
    held_ready: usize,
}

#[derive(Debug)]
enum Call {
    Open(OpenCall),
    /// It has come out.
    Done,
}

#[derive(Debug)]
struct OpenCall {
    call_id: Option<String>,
    name: String,
    shown: Shown,
    arguments: String,
    balance: Balance,
    /// The arguments were complete once and are not what the call needs. No later piece changes that, so
    /// they are not parsed again.
    is_unusable: bool,
}

impl CustomCalls {
    /// Creates the reader of the calls of a turn.
    pub(crate) fn of(turn: &Turn) -> Self {
        let custom = super::names(turn).into_iter();
        let mut names: BTreeMap<_, _> = custom.map(|name| (name, Shown::Custom)).collect();
        for known in namespace::functions(turn) {
            let shown = Shown::Namespaced {
                namespace: known.namespace,
                name: known.name,
            };
            names.entry(known.function.name).or_insert(shown);
        }
        Self {
            names,
            ..Self::default()
        }
    }

    /// Takes a delta and appends to `out` what comes of it.
    pub(crate) fn push(&mut self, delta: Delta, out: &mut VecDeque<Delta>) {
        if self.names.is_empty() {
            return out.push_back(delta);
        }
        match delta {
            Delta::Call { key, call_id, name } if self.names.contains_key(&name) => {
                self.end(key, "completed");
                let shown = self.names.get(&name).cloned().unwrap_or(Shown::Custom);
                let call = OpenCall {
                    call_id,
                    name,
                    shown,
                    arguments: String::new(),
                    balance: Balance::default(),
                    is_unusable: false,
                };
                self.calls.insert(key, Call::Open(call));
            }
            Delta::Arguments { key, delta } if self.calls.contains_key(&key) => {
                self.arguments(key, &delta);
            }
            Delta::EndCall { key } if self.calls.contains_key(&key) => self.end(key, "completed"),
            Delta::Finish(finish) => {
                self.finish(&finish);
                self.release(out);
                out.push_back(Delta::Finish(finish));
            }
            delta => {
                self.function(&delta);
                out.push_back(delta);
            }
        }
        if self.functions.is_empty() {
            self.release(out);
        }
    }

    /// Returns how many bytes are kept.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    fn release(&mut self, out: &mut VecDeque<Delta>) {
        self.held = self
            .held
            .saturating_sub(std::mem::take(&mut self.held_ready));
        out.extend(self.ready.drain(..));
    }

    /// Follows the calls of functions.
    fn function(&mut self, delta: &Delta) {
        match delta {
            Delta::Call { key, .. } => {
                self.functions.insert(*key, Balance::default());
            }
            Delta::Arguments { key, delta } => {
                if let Some(balance) = self.functions.get_mut(key) {
                    balance.push(delta);
                    if !balance.is_unfinished() {
                        self.functions.remove(key);
                    }
                }
            }
            Delta::EndCall { key } => {
                self.functions.remove(key);
            }
            _ => {}
        }
    }

    fn arguments(&mut self, key: u32, delta: &str) {
        let Some(Call::Open(call)) = self.calls.get_mut(&key) else {
            return;
        };
        call.arguments.push_str(delta);
        self.held += delta.len();
        call.balance.push(delta);
        if call.is_unusable || call.balance.is_unfinished() {
            return;
        }
        call.is_unusable = !call.is_complete();
        if !call.is_unusable {
            self.end(key, "completed");
        }
    }

    fn end(&mut self, key: u32, status: &str) {
        let Some(state) = self.calls.get_mut(&key) else {
            return;
        };
        if let Call::Open(call) = std::mem::replace(state, Call::Done) {
            self.held_ready += call.arguments.len();
            self.ready.extend(call.item(status).map(Delta::Item));
        }
    }

    /// The answer is over: where it is incomplete, so is the first call that is open; where it
    /// failed, open calls are left out.
    fn finish(&mut self, finish: &Finish) {
        let is_open = |call: &Call| matches!(call, Call::Open(_));
        let open = self.calls.iter().filter(|(_, call)| is_open(call));
        let open: Vec<_> = open.map(|(key, _)| *key).collect();
        match finish {
            Finish::Completed => open.into_iter().for_each(|key| self.end(key, "completed")),
            // An item that is unfinished is the last one.
            Finish::Incomplete(_) => {
                if let Some(key) = open.first() {
                    self.end(*key, "incomplete");
                }
            }
            // Half an input is of no use, and the response says why.
            _ => {}
        }
    }
}

impl OpenCall {
    fn is_complete(&self) -> bool {
        match &self.shown {
            Shown::Custom => input(&self.arguments).is_some(),
            Shown::Namespaced { .. } => {
                let json = RawJson::parse(self.arguments.trim());
                json.is_ok_and(|json| json.reader().kind() == ValueKind::Object)
            }
        }
    }

    fn item(self, status: &str) -> Option<Box<Item>> {
        match self.shown.clone() {
            Shown::Custom => self.custom(status),
            Shown::Namespaced { namespace, name } => self.namespaced(&namespace, &name, status),
        }
    }

    fn namespaced(self, namespace: &str, name: &str, status: &str) -> Option<Box<Item>> {
        // Some servers give calls no ids.
        let call_id = self.call_id.unwrap_or_else(|| {
            let random = || RandomState::new().hash_one(name);
            format!("call_{:016x}{:016x}", random(), random())
        });
        let arguments = match self.arguments.as_str() {
            "" if status == "completed" => "{}",
            arguments => arguments,
        };
        let mut json = String::new();
        let mut out = Object::begin(&mut json);
        out.string("type", "function_call");
        out.string("status", status);
        out.string("call_id", &call_id);
        out.string("name", name);
        out.string("arguments", arguments);
        out.string(namespace::MEMBER, namespace);
        drop(out);
        let call = FunctionCall::from_json(json.as_bytes()).ok()?;
        Some(Box::new(Item::FunctionCall(Box::new(call))))
    }

    fn custom(self, status: &str) -> Option<Box<Item>> {
        // Models write inputs without the object around them.
        let input = input(&self.arguments).unwrap_or(self.arguments);
        let mut json = String::new();
        let mut out = Object::begin(&mut json);
        out.string("type", CALL);
        out.string("status", status);
        if let Some(call_id) = &self.call_id {
            out.string("call_id", call_id);
        }
        out.string("name", &self.name);
        out.string(INPUT, &input);
        drop(out);
        let item = Unknown::new(RawJson::parse(&json).ok()?).ok()?;
        Some(Box::new(Item::Unknown(item)))
    }
}

/// The input in the arguments of a function.
fn input(arguments: &str) -> Option<String> {
    let json = RawJson::parse(arguments.trim()).ok()?;
    let reader = json.reader();
    (reader.kind() == ValueKind::Object)
        .then(|| reader.member(INPUT).and_then(text))
        .flatten()
}
