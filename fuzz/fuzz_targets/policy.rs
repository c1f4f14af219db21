#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use openresponses_fuzz::relayed;
use openresponses_types::normalize::Normalizer;
use openresponses_types::relay::RelayMode;
use openresponses_types::sequence::{ForbiddenCallAction, ToolPolicy};
use openresponses_types::tool::{ToolChoice, ToolChoiceMode};
use openresponses_types::{CreateRequest, Item, Profile, StreamEvent};

/// The policy of a request; of one that cannot be read, no call at all.
fn policy(request: &[u8]) -> ToolPolicy {
    let turn = CreateRequest::from_json(request).ok();
    let turn = turn.and_then(|request| Normalizer::new(Profile::Compatible).turn(request).ok());
    turn.map_or_else(
        || ToolPolicy::new(&[], &ToolChoice::Mode(ToolChoiceMode::None)),
        |turn| turn.tool_policy(),
    )
}

/// Checks that no call that the policy forbids is among the events.
fn check(mode: RelayMode, policy: &ToolPolicy, sent: &[StreamEvent]) {
    // The places at which calls were, since an item is announced and finished at one.
    let mut made = BTreeSet::new();
    let mut look = |place: u64, item: &Item| {
        if !item.is_tool_call() {
            return;
        }
        let others = made.iter().filter(|other| **other != place).count();
        let permitted = policy.permits_item(item, others as u64);
        assert!(permitted.is_ok(), "{mode:?}: {permitted:?}\n{item:?}\n{sent:#?}");
        made.insert(place);
    };
    for event in sent {
        match event {
            StreamEvent::OutputItemAdded(added) => {
                look(added.output_index, added.item.value().expect("an item"));
            }
            StreamEvent::OutputItemDone(done) => {
                look(done.output_index, done.item.value().expect("an item"));
            }
            other => {
                let output = other.response().and_then(|response| response.output.value());
                for (place, item) in output.into_iter().flatten().enumerate() {
                    look(place as u64, item);
                }
            }
        }
    }
}

// The first line is a request, the others are the data of an upstream's frames. No call that the
// request forbids reaches the client, in no mode and however the upstream disguises it.
fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (request, frames) = bytes.split_at(end);
    for action in [ForbiddenCallAction::Suppress, ForbiddenCallAction::Fail] {
        let policy = policy(request).on_forbidden(action);
        for mode in [RelayMode::Enforce, RelayMode::Repair] {
            let sent = relayed(mode, policy.clone(), frames.get(1..).unwrap_or_default());
            check(mode, &policy, &sent);
        }
    }
});
