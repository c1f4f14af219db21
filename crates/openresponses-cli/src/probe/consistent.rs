//! What the members of a response say together, and what all answers of a run show.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use openresponses_types::check::StreamRule;
use serde_json::Value;

use super::verdict::{Verdict, broken, violated};

/// The items of a finished response fit it and each other. The schema looks at each member alone.
pub(super) fn consistent(response: &Value) -> Verdict {
    let is_completed = response["status"] == "completed";
    let items = items(response);
    let (mut ids, mut calls) = (HashSet::new(), HashSet::new());
    for (index, item) in items.iter().enumerate() {
        match item["status"].as_str() {
            Some("in_progress") if is_completed => {
                return violated(StreamRule::ItemStatus, index);
            }
            Some("incomplete") if is_completed => {
                return violated(StreamRule::IncompleteResponse, index);
            }
            Some("incomplete") if index + 1 < items.len() => {
                return violated(StreamRule::IncompleteNotLast, index);
            }
            _ => {}
        }
        if item["id"].as_str().is_some_and(|id| !ids.insert(id)) {
            return violated(StreamRule::ItemIdRepeated, index);
        }
        // A call and its output share one.
        let call = (item["type"].as_str(), item["call_id"].as_str());
        if call.1.is_some() && !calls.insert(call) {
            return broken(
                "call-id-unique",
                format!("Two calls have the 'call_id' {}.", item["call_id"]),
            );
        }
    }
    Ok(())
}

fn items(response: &Value) -> &[Value] {
    response["output"].as_array().map_or(&[], Vec::as_slice)
}

/// What the answers of a run have shown so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    responses: RefCell<HashSet<String>>,
    items: RefCell<HashSet<String>>,
    /// The model has called a tool that it was free to call.
    pub(super) calls: Cell<bool>,
}

impl Seen {
    /// Takes note of a response, whose ids no other response has.
    pub(super) fn note(&self, response: &Value) -> Verdict {
        let is_new = |seen: &RefCell<HashSet<String>>, id: &Value| match id.as_str() {
            Some(id) => seen.borrow_mut().insert(id.to_owned()),
            None => true,
        };
        if !is_new(&self.responses, &response["id"]) {
            let id = &response["id"];
            return broken(
                "response-id-unique",
                format!("Another response has had the id {id}."),
            );
        }
        for item in items(response) {
            if !is_new(&self.items, &item["id"]) {
                let id = &item["id"];
                return broken(
                    "item-id-unique",
                    format!("An item of another response has had the id {id}."),
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::probe::verdict::Stop;

    fn rule(verdict: Verdict) -> String {
        match verdict {
            Ok(()) => String::new(),
            Err(Stop::Broken(broken)) => broken.rule,
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn the_items_of_a_response_fit_it_and_each_other() {
        let item = |id: &str, status: &str| json!({"type": "message", "id": id, "status": status});
        let call = |kind: &str, id: &str| json!({"type": kind, "id": id, "call_id": "call_1"});
        for (status, output, expected) in [
            ("completed", vec![item("a", "completed")], ""),
            ("completed", vec![item("a", "in_progress")], "item-status"),
            (
                "completed",
                vec![item("a", "incomplete")],
                "incomplete-item-response-status",
            ),
            ("incomplete", vec![item("a", "incomplete")], ""),
            (
                "incomplete",
                vec![item("a", "incomplete"), item("b", "completed")],
                "incomplete-item-not-last",
            ),
            (
                "completed",
                vec![item("a", "completed"), item("a", "completed")],
                "item-id-not-unique",
            ),
            (
                "completed",
                vec![call("function_call", "a"), call("function_call", "b")],
                "call-id-unique",
            ),
            (
                "completed",
                vec![
                    call("function_call", "a"),
                    call("function_call_output", "b"),
                ],
                "",
            ),
            ("failed", vec![item("a", "in_progress")], ""),
        ] {
            let response = json!({"status": status, "output": output});
            assert_eq!(rule(consistent(&response)), expected, "{response}");
        }
    }

    #[test]
    fn no_id_comes_twice_in_a_run() {
        let seen = Seen::default();
        let response = |id: &str, item: &str| json!({"id": id, "output": [{"id": item}]});
        assert_eq!(rule(seen.note(&response("a", "b"))), "");
        assert_eq!(rule(seen.note(&response("c", "d"))), "");
        assert_eq!(rule(seen.note(&response("a", "e"))), "response-id-unique");
        assert_eq!(rule(seen.note(&response("f", "b"))), "item-id-unique");
    }
}
