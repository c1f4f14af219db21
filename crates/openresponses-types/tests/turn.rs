//! Rules that need the whole conversation, and the content of a turn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use openresponses_types::compact::CompactRequest;
use openresponses_types::content::OutputText;
use openresponses_types::diagnostics::Leniency;
use openresponses_types::item::{FunctionCall, Message};
use openresponses_types::json::Document;
use openresponses_types::normalize::Normalizer;
use openresponses_types::request::TextFormat;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::tool::{Tool, ToolChoice};
use openresponses_types::{CreateRequest, Item, Profile, Response, Turn, Violation};

const BOTH: [Profile; 2] = [Profile::Strict, Profile::Compatible];

fn call(call_id: &str) -> Arc<Item> {
    Arc::new(FunctionCall::new(call_id, "f", "{}").id("fc_1").into())
}

fn answer(id: &str) -> Arc<Item> {
    Arc::new(Message::output(id, OutputText::new("x").annotations(Vec::new())).into())
}

fn turn(normalizer: Normalizer<'_>, body: &str) -> Result<Turn, Vec<Violation>> {
    normalizer.turn(CreateRequest::from_json(body.as_bytes()).expect(body))
}

/// `param rule`, one a violation.
fn refused<T>(result: Result<T, Vec<Violation>>) -> Vec<String> {
    let Err(violations) = result else {
        return Vec::new();
    };
    violations
        .iter()
        .map(|found| {
            assert!(found.message.ends_with('.'), "{}", found.message);
            format!("{} {}", found.param().unwrap(), found.rule)
        })
        .collect()
}

const OUTPUT: &str = r#"{"type":"function_call_output","call_id":"c","output":"x"}"#;
const CALL: &str = r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#;

fn with_input(items: &[&str]) -> String {
    format!(r#"{{"model":"m","input":[{}]}}"#, items.join(","))
}

#[test]
fn an_output_needs_its_call() {
    let orphan = ["input[0].call_id FunctionCallOutputItemParam.call_id:has_call"];
    for profile in BOTH {
        let plain = Normalizer::new(profile);
        assert_eq!(refused(turn(plain, &with_input(&[OUTPUT]))), orphan);
        // The call must come first.
        assert_eq!(refused(turn(plain, &with_input(&[OUTPUT, CALL]))), orphan);
        assert_eq!(refused(turn(plain, &with_input(&[CALL, OUTPUT]))), [""; 0]);

        let (made, other) = ([answer("msg_1"), call("c")], [call("d")]);
        let continued = plain.previous(&made);
        assert_eq!(refused(turn(continued, &with_input(&[OUTPUT]))), [""; 0]);
        let continued = plain.previous(&other);
        assert_eq!(refused(turn(continued, &with_input(&[OUTPUT]))), orphan);

        // Compaction holds to the same.
        let request = CompactRequest::from_json(with_input(&[OUTPUT]).as_bytes()).unwrap();
        assert_eq!(refused(plain.window(request)), orphan);
    }
}

#[test]
fn an_opaque_item_may_contain_the_call() {
    for item in [
        r#"{"type":"compaction","encrypted_content":"x"}"#,
        r#"{"type":"web_search_call","id":"w"}"#,
        r#"{"type":"acme:batch","id":"b","status":"completed"}"#,
        r#"{"type":"item_reference","id":"gone"}"#,
    ] {
        let body = with_input(&[item, OUTPUT]);
        let found = refused(turn(Normalizer::new(Profile::Compatible), &body));
        assert_eq!(found, [""; 0], "{body}");
    }
    // A conversation stored elsewhere may contain it too. `Strict` has no such conversations.
    let body =
        |named: &str| format!(r#"{{"model":"m","input":[{OUTPUT}],"conversation":{named}}}"#);
    for (profile, named, count) in [
        (Profile::Compatible, r#""conv_1""#, 0),
        (Profile::Compatible, r#"{"id":"conv_1"}"#, 0),
        (Profile::Compatible, "null", 1),
        (Profile::Strict, r#""conv_1""#, 1),
    ] {
        let found = refused(turn(Normalizer::new(profile), &body(named)));
        assert_eq!(found.len(), count, "{profile:?} {named}: {found:?}");
    }
}

#[test]
fn references_are_replaced_by_what_they_stand_for() {
    let previous = [answer("msg_1"), call("c")];
    let stored = |id: &str| (id == "msg_9").then(|| answer("msg_9"));
    let body = with_input(&[
        r#"{"id":"msg_1"}"#,
        r#"{"type":"message","role":"user","id":"msg_u","content":"x"}"#,
        r#"{"type":"item_reference","id":"msg_u"}"#,
        r#"{"type":"item_reference","id":"msg_9"}"#,
        r#"{"type":null,"id":"fc_1"}"#,
        OUTPUT,
    ]);
    for profile in BOTH {
        let normalizer = Normalizer::new(profile)
            .previous(&previous)
            .resolve(&stored);
        let turn = turn(normalizer, &body).unwrap();
        let ids: Vec<_> = turn.items.iter().map(|item| item.id()).collect();
        let ids: Vec<_> = ids.iter().map(|id| id.as_deref().unwrap_or("-")).collect();
        assert_eq!(
            ids,
            [
                "msg_1", "fc_1", "msg_1", "msg_u", "msg_u", "msg_9", "fc_1", "-"
            ]
        );
        assert_eq!(turn.input_start, 2);
        assert!(turn.warnings.is_empty());
        // Shared, not copied.
        assert!(Arc::ptr_eq(&turn.items[0], &turn.items[2]));
    }
}

#[test]
fn a_reference_must_resolve() {
    let body = with_input(&[r#"{"type":"item_reference","id":"gone"}"#]);
    assert_eq!(
        refused(turn(Normalizer::new(Profile::Strict), &body)),
        ["input[0].id ItemReferenceParam.id:resolves"]
    );
    let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
    assert!(matches!(&*turn.items[0], Item::Reference(_)));
    assert_eq!(turn.warnings[0].leniency, Leniency::UnresolvedItemReference);
    assert_eq!(turn.warnings[0].path.param().as_deref(), Some("input[0]"));
}

#[test]
fn a_reference_of_an_earlier_turn_does_not_resolve_a_later_one() {
    let reference = r#"{"type":"item_reference","id":"gone"}"#;
    let previous = [Arc::new(Item::from_json(reference.as_bytes()).unwrap())];
    let body = with_input(&[reference]);
    let strict = Normalizer::new(Profile::Strict).previous(&previous);
    assert_eq!(
        refused(turn(strict, &body)),
        ["input[0].id ItemReferenceParam.id:resolves"]
    );
    let compatible = Normalizer::new(Profile::Compatible).previous(&previous);
    let warnings = turn(compatible, &body).unwrap().warnings;
    assert_eq!(warnings[0].leniency, Leniency::UnresolvedItemReference);
}

#[test]
fn equal_references_that_do_not_resolve_are_one_item() {
    let bare = r#"{"id":"gone"}"#;
    let other = r#"{"id":"gone","x":1}"#;
    let body = with_input(&[bare, bare, other, r#"{"id":"lost"}"#, bare]);
    let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
    let first = &turn.items[0];
    let shared: Vec<bool> = turn
        .items
        .iter()
        .map(|item| Arc::ptr_eq(first, item))
        .collect();
    assert_eq!(shared, [true, true, false, false, true]);
    let ids: Vec<_> = turn.items.iter().filter_map(|item| item.id()).collect();
    assert_eq!(ids.join(" "), "gone gone gone lost gone");
}

#[test]
fn data_to_include_is_named_once() {
    let body = r#"{"model":"m","input":"x","include":["a","b","a","b"]}"#;
    let turn = turn(Normalizer::new(Profile::Compatible), body).unwrap();
    assert_eq!(turn.include, ["a", "b"]);
}

#[test]
fn a_chosen_tool_must_be_there() {
    let tool = |name: &str| format!(r#"{{"type":"function","name":"{name}"}}"#);
    let set = |names: &[&str]| {
        let all: Vec<_> = names.iter().map(|name| tool(name)).collect();
        format!(r#"{{"type":"allowed_tools","tools":[{}]}}"#, all.join(","))
    };
    for (tools, choice, expected) in [
        (tool("a"), tool("a"), ""),
        (tool("a"), tool("b"), "tool_choice.name"),
        (String::new(), tool("a"), "tool_choice.name"),
        (tool("a"), set(&["a"]), ""),
        (tool("a"), set(&["a", "b"]), "tool_choice.tools[1].name"),
        (r#"{"type":"web_search"}"#.into(), tool("b"), ""),
        (r#"{"type":"acme:x"}"#.into(), set(&["b"]), ""),
        (tool("a"), r#""required""#.into(), ""),
    ] {
        let body =
            format!(r#"{{"model":"m","input":"x","tools":[{tools}],"tool_choice":{choice}}}"#);
        for profile in BOTH {
            let found = refused(turn(Normalizer::new(profile), &body));
            let expected: Vec<_> = [expected]
                .into_iter()
                .filter(|param| !param.is_empty())
                .map(|param| format!("{param} tool_choice:in_tools"))
                .collect();
            assert_eq!(found, expected, "{body}");
        }
    }
}

#[test]
fn what_the_service_needs() {
    for profile in BOTH {
        let plain = Normalizer::new(profile);
        assert_eq!(
            refused(turn(plain, "{}")),
            ["model required", "input required"]
        );
        let named = plain.default_model(Some("m"));
        assert_eq!(refused(turn(named, "{}")), ["input required"]);
        // A continued response needs no input.
        let body = r#"{"model":"m","previous_response_id":"resp_1"}"#;
        assert_eq!(refused(turn(plain, body)), [""; 0]);
        assert_eq!(turn(named, r#"{"input":"x"}"#).unwrap().model, "m");
    }
}

/// All of a client's shapes come out as the specification's.
#[test]
fn shapes_are_brought_into_the_specifications() {
    let turn = turn(
        Normalizer::new(Profile::Compatible),
        r#"{"model":"m","allowed_tools":["f"],"x_vendor":1,
            "tools":[{"type":"function","strict":true,"x_outside":2,
                      "function":{"name":"f","description":"d","x_inside":3}},
                     {"type":"function","name":"g"}],
            "input":[{"role":"assistant","content":[{"type":"input_text","text":"a"}]},
                     {"role":"user","content":[{"type":"input_image","image_url":"u"}]}]}"#,
    )
    .unwrap();
    let items: Vec<_> = turn.items.iter().map(|item| item.to_json()).collect();
    assert_eq!(
        items,
        [
            r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]}]}"#,
            r#"{"type":"message","role":"user","content":[{"type":"input_image","image_url":"u","detail":"auto"}]}"#,
        ]
    );
    let Tool::Function(function) = &turn.tools[0] else {
        panic!("{:?}", turn.tools[0]);
    };
    assert_eq!(
        function.to_json(),
        r#"{"type":"function","name":"f","description":"d","parameters":null,"strict":true,"x_inside":3,"x_outside":2}"#
    );
    let ToolChoice::AllowedTools(set) = &turn.tool_choice else {
        panic!("{:?}", turn.tool_choice);
    };
    assert_eq!(
        set.to_json(),
        r#"{"type":"allowed_tools","tools":[{"type":"function","name":"f"}],"mode":"auto"}"#
    );
    let extra: Vec<_> = turn.extra.iter().map(|(name, _)| name).collect();
    assert_eq!(extra, ["x_vendor"]);
}

/// What a client wrote beside or inside a shape of Chat Completions is in the turn once, and the
/// response that echoes it can be read again.
#[test]
fn a_shape_of_chat_completions_keeps_all_of_its_members_once() {
    let schema = r#"{"type":"object","properties":{}}"#;
    for (nested, unfolded) in [
        (
            format!(
                r#"{{"type":"function","description":"outer","parameters":{schema},"strict":false,"x":1,
                    "function":{{"name":"f","description":"inner","x":2}}}}"#
            ),
            format!(
                r#"{{"type":"function","name":"f","description":"inner","parameters":{schema},"strict":false,"x":2}}"#
            ),
        ),
        (
            format!(
                r#"{{"type":"function","description":"outer","parameters":{schema},
                    "function":{{"name":"f","description":null,"parameters":null,"strict":true}}}}"#
            ),
            format!(
                r#"{{"type":"function","name":"f","description":"outer","parameters":{schema},"strict":true}}"#
            ),
        ),
        (
            r#"{"type":"function","function":{"type":"object","name":"f","y":1},"z":2}"#.into(),
            r#"{"type":"function","name":"f","description":null,"parameters":null,"strict":null,"y":1,"z":2}"#.into(),
        ),
    ] {
        let body = format!(r#"{{"model":"m","input":"x","tools":[{nested}]}}"#);
        let document = Document::parse(body.as_bytes()).unwrap();
        let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
        assert_eq!(report.violations, [], "{nested}");
        let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
        assert_eq!(turn.tools[0].to_json(), unfolded);
        let response = turn.response("resp_1", 1);
        assert_eq!(Response::from_json(response.to_json().as_bytes()).unwrap(), response);
    }
    // A choice, and one of a set.
    let choice = r#"{"type":"function","function":{"type":"object","name":"f","y":1},"z":2}"#;
    let unfolded = r#"{"type":"function","name":"f","y":1,"z":2}"#;
    for (choice, unfolded) in [
        (choice.to_owned(), unfolded.to_owned()),
        (
            format!(r#"{{"type":"allowed_tools","tools":[{choice}],"mode":"auto"}}"#),
            format!(r#"{{"type":"allowed_tools","tools":[{unfolded}],"mode":"auto"}}"#),
        ),
    ] {
        let body = format!(
            r#"{{"model":"m","input":"x","tools":[{{"type":"function","name":"f"}}],"tool_choice":{choice}}}"#
        );
        let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
        assert_eq!(turn.tool_choice.to_json(), unfolded);
    }
}

#[test]
fn members_beside_a_nested_function_are_validated_as_its_own() {
    let body = r#"{"model":"m","input":"x","tools":[
        {"type":"function","description":5,"strict":"x","function":{"name":"f"}}]}"#;
    let document = Document::parse(body.as_bytes()).unwrap();
    let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
    let found: Vec<_> = report
        .violations
        .iter()
        .map(|found| found.param().unwrap())
        .collect();
    assert_eq!(found, ["tools[0].description", "tools[0].strict"]);
}

/// An earlier answer that comes back as input keeps its annotations, once.
#[test]
fn an_input_text_of_the_assistant_keeps_what_an_output_text_has() {
    let citation = r#"{"type":"url_citation","url":"u","start_index":0,"end_index":2,"title":"t"}"#;
    for (beside, annotations) in [
        (
            r#""annotations":[],"logprobs":[]"#,
            r#""annotations":[],"logprobs":[]"#.to_owned(),
        ),
        (
            &*format!(r#""annotations":[{citation}],"x":1"#),
            format!(r#""annotations":[{citation}],"x":1"#),
        ),
        // What cannot be read is left as it came.
        (r#""annotations":5"#, r#""annotations":5"#.to_owned()),
        (r#""annotations":null"#, r#""annotations":[]"#.to_owned()),
    ] {
        let body = with_input(&[&format!(
            r#"{{"type":"message","role":"assistant","content":[{{"type":"input_text","text":"hi",{beside}}}]}}"#
        )]);
        let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
        let printed = turn.items[0].to_json();
        let kind = if beside.ends_with('5') {
            "input_text"
        } else {
            "output_text"
        };
        assert_eq!(
            printed,
            format!(
                r#"{{"type":"message","role":"assistant","content":[{{"type":"{kind}","text":"hi",{annotations}}}]}}"#
            )
        );
        assert_eq!(Item::from_json(printed.as_bytes()).unwrap(), *turn.items[0]);
    }
}

/// The cost is linear in the body: lists of faults are bounded, and no comparison is quadratic.
#[test]
fn hostile_bodies_are_cheap() {
    let many = |count: usize, one: &dyn Fn(usize) -> String| {
        (0..count).map(one).collect::<Vec<_>>().join(",")
    };
    let outputs = many(20_000, &|n| {
        format!(r#"{{"type":"function_call_output","call_id":"c{n}","output":""}}"#)
    });
    let found = refused(turn(
        Normalizer::new(Profile::Compatible),
        &with_input(&[&outputs]),
    ));
    assert_eq!(found.len(), 64);

    let references = with_input(&[&many(20_000, &|n| format!(r#"{{"id":"i{n}"}}"#))]);
    let found = refused(turn(Normalizer::new(Profile::Strict), &references));
    assert_eq!(found.len(), 64);
    let kept = turn(Normalizer::new(Profile::Compatible), &references).unwrap();
    assert_eq!((kept.items.len(), kept.warnings.len()), (20_000, 16));

    // With quadratic comparisons these would take more than a day.
    let tools = many(20_000, &|n| {
        format!(r#"{{"type":"function","name":"f{n}"}}"#)
    });
    let names = many(100_000, &|n| format!(r#""g{n}""#));
    let body =
        format!(r#"{{"model":"m","input":"x","tools":[{tools}],"allowed_tools":[{names}]}}"#);
    let found = refused(turn(Normalizer::new(Profile::Compatible), &body));
    assert_eq!(found.len(), 64);

    let (inside, beside) = (
        many(100_000, &|n| format!(r#""k{n}":0"#)),
        many(100_000, &|n| format!(r#""k{n}":1"#)),
    );
    let body = format!(
        r#"{{"model":"m","input":"x","tools":[{{"type":"function","function":{{"name":"f",{inside}}},{beside}}}]}}"#
    );
    let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
    assert!(matches!(&turn.tools[0], Tool::Function(function) if function.extra.len() == 100_000));
}

#[test]
fn a_top_level_allowed_tools_restricts_or_is_refused() {
    let request = |allowed: &str| {
        format!(
            r#"{{"model":"m","input":"x","allowed_tools":{allowed},"tools":[{{"type":"function","name":"f"}},
                {{"type":"function","name":"g"}},{{"type":"acme:find"}}]}}"#
        )
    };
    let compatible = |allowed: &str| turn(Normalizer::new(Profile::Compatible), &request(allowed));
    let chosen = |turn: &Turn| turn.tool_choice.to_json();
    let set =
        |tools: &str| format!(r#"{{"type":"allowed_tools","tools":[{tools}],"mode":"auto"}}"#);
    let f = r#"{"type":"function","name":"f"}"#;
    for (allowed, expected) in [
        (r#"["f"]"#, f.to_owned()),
        (r#"[{"name":"f"}]"#, f.to_owned()),
        (
            r#"[{"type":"function","function":{"name":"f"}}]"#,
            f.to_owned(),
        ),
        (
            r#"["f",{"type":"web_search"}]"#,
            format!(r#"{f},{{"type":"web_search"}}"#),
        ),
        (
            r#"[{"type":"acme:find"}]"#,
            r#"{"type":"acme:find"}"#.to_owned(),
        ),
    ] {
        let turn = compatible(allowed).unwrap();
        assert_eq!(chosen(&turn), set(&expected), "{allowed}");
        let permits_g = turn.tool_policy().permits("function_call", Some("g"), 0);
        assert!(permits_g.is_err(), "{allowed}");
    }
    for (allowed, param) in [
        (r#"["f",7]"#, "allowed_tools[1]"),
        (r#"[{}]"#, "allowed_tools[0]"),
        (
            r#"["f",{"type":"function","function":{}}]"#,
            "allowed_tools[1]",
        ),
        (
            r#"["f",{"type":"function","function":{"name":"h"}}]"#,
            "allowed_tools[1]",
        ),
        (r#"["h"]"#, "allowed_tools[0]"),
    ] {
        // A tool of a provider may stand for functions of any name.
        let request = request(allowed).replace(r#",{"type":"acme:find"}"#, "");
        let found = refused(turn(Normalizer::new(Profile::Compatible), &request));
        assert_eq!(found.len(), 1, "{allowed}: {found:?}");
        assert_eq!(found[0].split(' ').next(), Some(param), "{allowed}");
    }
    // An unknown member, which `Strict` does not look at.
    for allowed in [r#"["f"]"#, "[7]"] {
        let turn = turn(Normalizer::new(Profile::Strict), &request(allowed)).unwrap();
        assert_eq!(chosen(&turn), r#""auto""#, "{allowed}");
    }
}

/// Whether a call of a function may pass: of one that is declared nowhere, of `found`.
fn permitted(turn: &Turn) -> [bool; 2] {
    let policy = turn.tool_policy();
    ["unknown", "found"].map(|name| policy.permits("function_call", Some(name), 0).is_ok())
}

#[test]
fn items_of_the_conversation_declare_functions() {
    let f = r#""tools":[{"type":"function","name":"f"}]"#;
    for item in [
        r#"{"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"found"}]}"#,
        r#"{"type":"tool_search_output","call_id":"t","tools":[{"type":"function","name":"found","parameters":{}}]}"#,
        r#"{"type":"additional_tools","tools":[{"type":"function","function":{"name":"found"}}]}"#,
    ] {
        let declares = format!(r#"{{"model":"m","input":[{item}],{f}}}"#);
        let first = turn(Normalizer::new(Profile::Compatible), &declares).unwrap();
        assert_eq!(permitted(&first), [false, true], "{item}");

        // The item is part of the conversation in later turns as well.
        let body = format!(r#"{{"model":"m","input":"x",{f}}}"#);
        let later = Normalizer::new(Profile::Compatible).previous(&first.items);
        assert_eq!(permitted(&turn(later, &body).unwrap()), [false, true]);

        for choice in [
            r#"{"type":"function","name":"found"}"#,
            r#"{"type":"allowed_tools","tools":[{"type":"function","name":"found"}]}"#,
        ] {
            let chosen = format!(r#"{{"model":"m","input":[{item}],{f},"tool_choice":{choice}}}"#);
            let document = Document::parse(chosen.as_bytes()).unwrap();
            let kind = DocumentKind::CreateRequest;
            let report = validate(&document, kind, Profile::Compatible);
            assert_eq!(report.violations, [], "{chosen}");
            let chosen = turn(Normalizer::new(Profile::Compatible), &chosen).unwrap();
            assert_eq!(permitted(&chosen), [false, true], "{choice}");
        }
    }
    let extension = r#"{"type":"acme:tools","id":"t","status":"completed","tools":[{"type":"function","name":"found"}]}"#;
    let body = format!(r#"{{"model":"m","input":[{extension}],{f}}}"#);
    for profile in BOTH {
        let turn = turn(Normalizer::new(profile), &body).unwrap();
        assert_eq!(permitted(&turn), [false, true]);
    }
}

#[test]
fn any_function_may_be_called_where_something_unknown_may_declare_it() {
    for rest in [
        r#""input":"x","prompt":{"id":"pmpt_1"}"#,
        r#""input":"x","conversation":"conv_1""#,
        r#""input":[{"type":"item_reference","id":"gone"}]"#,
        r#""input":[{"type":"compaction","encrypted_content":"x"}]"#,
        r#""input":[{"type":"additional_tools","tools":[{"type":"namespace","name":"team"}]}]"#,
        r#""input":[{"type":"mcp_list_tools","server_label":"s","tools":[{"name":"found"}]}]"#,
        r#""input":"x","tools":[{"type":"function","name":"f"},{"type":"custom","name":"exec"}]"#,
    ] {
        for choice in ["", r#","tool_choice":{"type":"function","name":"found"}"#] {
            let body = format!(r#"{{"model":"m",{rest}{choice}}}"#);
            let document = Document::parse(body.as_bytes()).unwrap();
            let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
            assert_eq!(report.violations, [], "{body}");
            let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
            assert_eq!(permitted(&turn), [choice.is_empty(), true], "{body}");
        }
    }
}

#[test]
fn an_item_of_the_type_of_a_declared_extension_tool_is_a_call() {
    let receipt = r#"{"type":"acme:search","id":"i","status":"completed"}"#;
    let receipt = Item::from_json(receipt.as_bytes()).unwrap();
    for declares in [
        r#""input":"x","tools":[{"type":"acme:search"}]"#,
        r#""input":[{"type":"additional_tools","tools":[{"type":"acme:search"}]}]"#,
    ] {
        for (settings, passes) in [
            (r#""max_tool_calls":1"#, [true, false]),
            (r#""tool_choice":"none""#, [false, false]),
        ] {
            let body = format!(r#"{{"model":"m",{declares},{settings}}}"#);
            let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
            let policy = turn.tool_policy();
            let permitted = [0, 1].map(|made| policy.permits_item(&receipt, made).is_ok());
            assert_eq!(permitted, passes, "{body}");
        }
    }
}

#[test]
fn a_chosen_function_that_is_declared_nowhere_is_refused() {
    let choice = r#""tool_choice":{"type":"function","name":"found"}"#;
    let list = r#"{"type":"additional_tools","tools":[{"type":"function","name":"g"}]}"#;
    let body = format!(r#"{{"model":"m","input":[{list}],{choice}}}"#);
    let found = refused(turn(Normalizer::new(Profile::Compatible), &body));
    assert_eq!(found, ["tool_choice.name tool_choice:in_tools"]);
}

#[test]
fn a_chosen_hosted_tool_may_name_a_version() {
    for (choice, call) in [
        ("web_search_preview", "web_search_call"),
        ("web_search_preview_2025_03_11", "web_search_call"),
        ("web_search_2025_08_26", "web_search_call"),
        ("computer_use_preview", "computer_call"),
        ("code_interpreter", "code_interpreter_call"),
        ("custom", "custom_tool_call"),
        ("mcp", "mcp_call"),
        ("mcp", "mcp_approval_request"),
    ] {
        let body = format!(
            r#"{{"model":"m","input":"x","tools":[{{"type":"x"}}],"tool_choice":{{"type":"{choice}"}}}}"#
        );
        let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
        let policy = turn.tool_policy();
        assert!(policy.permits(call, None, 0).is_ok(), "{choice}");
        assert!(
            policy.permits("file_search_call", None, 0).is_err(),
            "{choice}"
        );
    }
}

#[test]
fn no_two_items_of_an_input_have_one_id() {
    let message = |role: &str, id: &str, text: &str| {
        format!(r#"{{"type":"message","id":"{id}","role":"{role}","content":"{text}"}}"#)
    };
    let twice = "ItemParam.id:unique";
    for profile in BOTH {
        let plain = Normalizer::new(profile);
        let body = with_input(&[
            &message("user", "msg_4", "a"),
            &message("assistant", "msg_4", "b"),
            &message("user", "msg_5", "c"),
            &message("user", "msg_4", "a"),
        ]);
        let expected = [
            format!("input[1].id {twice}"),
            format!("input[3].id {twice}"),
        ];
        assert_eq!(refused(turn(plain, &body)), expected);
        let request = CompactRequest::from_json(body.as_bytes()).unwrap();
        assert_eq!(refused(plain.window(request)), expected);

        let distinct = with_input(&[
            &message("user", "a", "x"),
            &message("user", "b", "x"),
            &message("user", "", "x"),
            &message("user", "", "x"),
        ]);
        assert_eq!(refused(turn(plain, &distinct)), [""; 0]);
        // A reference repeats an item on purpose.
        let again = r#"{"type":"item_reference","id":"a"}"#;
        let repeated = with_input(&[&message("user", "a", "x"), again, again]);
        assert_eq!(refused(turn(plain, &repeated)), [""; 0]);
    }
}

#[test]
fn a_response_does_not_echo_the_secrets_of_a_declared_mcp_server() {
    let body = r#"{"model":"m","input":"x","tools":[{"type":"mcp","server_label":"a",
        "server_url":"https://a.example/mcp","authorization":"secret","headers":{"x":"secret"}}]}"#;
    let request = CreateRequest::from_json(body.as_bytes()).unwrap();
    let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
    let echo = turn.response("resp_1", 1).to_json();
    assert!(!echo.contains("secret"), "{echo}");
    assert!(
        echo.contains(
            r#""server_url":"https://a.example/mcp","authorization":null,"headers":null"#
        ),
        "{echo}"
    );
}

#[test]
fn a_json_schema_in_the_shape_of_chat_completions_is_unfolded() {
    let schema = r#"{"type":"object","properties":{"city":{"type":"string"}}}"#;
    for format in [
        format!(
            r#"{{"type":"json_schema","json_schema":{{"name":"place","strict":true,"schema":{schema},"x":1}}}}"#
        ),
        format!(
            r#"{{"type":"json_schema","name":"place","json_schema":{{"name":"other","strict":true,"schema":{schema},"x":1}}}}"#
        ),
    ] {
        let body = format!(r#"{{"model":"m","input":"x","text":{{"format":{format}}}}}"#);
        let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
        let TextFormat::JsonSchema(found) = &turn.text.format else {
            panic!("{:?}", turn.text);
        };
        assert_eq!(found.name.as_str(), Some("place"));
        assert_eq!(found.strict.get(), Some(true));
        assert_eq!(found.schema.value().unwrap().get(), schema);
        assert_eq!(found.extra.get("x").unwrap().get(), "1");
        assert!(found.extra.get("json_schema").is_none());
    }
}

#[test]
fn an_image_in_the_shape_of_chat_completions_is_unfolded() {
    let image = r#"{"type":"image_url","image_url":{"url":"u","detail":"low"}}"#;
    let bare = r#"{"type":"image_url","image_url":{"url":"u"}}"#;
    let more = r#"{"type":"image_url","detail":"high","cache_control":{"type":"ephemeral"},"url":"v","image_url":{"url":"u","x":1,"type":"y"}}"#;
    let body = with_input(&[
        &format!(r#"{{"type":"message","role":"user","content":[{image},{bare},{more}]}}"#),
        CALL,
        &format!(r#"{{"type":"function_call_output","call_id":"c","output":[{image}]}}"#),
    ]);
    let document = Document::parse(body.as_bytes()).unwrap();
    let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
    assert_eq!(report.violations, []);
    let all = report.warnings.iter().map(|found| found.leniency);
    assert_eq!(all.collect::<Vec<_>>(), [Leniency::NestedImageUrl; 4]);
    let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
    let printed: Vec<String> = turn.items.iter().map(|item| item.to_json()).collect();
    assert_eq!(
        printed,
        [
            r#"{"type":"message","role":"user","content":[{"type":"input_image","image_url":"u","detail":"low"},{"type":"input_image","image_url":"u","detail":"auto"},{"type":"input_image","image_url":"u","detail":"high","x":1,"cache_control":{"type":"ephemeral"},"url":"v"}]}"#,
            CALL,
            r#"{"type":"function_call_output","call_id":"c","output":[{"type":"input_image","image_url":"u","detail":"low"}]}"#,
        ]
    );
}

/// The specification prints a request with `messages`, so validation lets it pass; a turn would lose
/// them.
#[test]
fn messages_of_chat_completions_are_refused() {
    for profile in BOTH {
        for input in ["", r#""input":"x","#] {
            let body =
                format!(r#"{{"model":"m",{input}"messages":[{{"role":"user","content":"x"}}]}}"#);
            let found = refused(turn(Normalizer::new(profile), &body));
            assert_eq!(found, ["messages CreateResponseBody.messages:unsupported"]);
        }
        let body = r#"{"model":"m","input":"x","messages":null}"#;
        assert_eq!(refused(turn(Normalizer::new(profile), body)), [""; 0]);
    }
}

#[test]
fn a_request_to_approve_a_call_is_a_call() {
    let ask = r#"{"type":"mcp_approval_request","id":"a","server_label":"s","name":"f","arguments":"{}"}"#;
    let ask = Item::from_json(ask.as_bytes()).unwrap();
    for (choice, permitted) in [
        (r#""none""#, false),
        (r#"{"type":"web_search"}"#, false),
        (r#"{"type":"mcp","server_label":"s"}"#, true),
        (r#""auto""#, true),
    ] {
        let body = format!(
            r#"{{"model":"m","input":"x","tools":[{{"type":"mcp","server_label":"s"}}],"tool_choice":{choice}}}"#
        );
        let turn = turn(Normalizer::new(Profile::Compatible), &body).unwrap();
        let policy = turn.tool_policy();
        assert_eq!(policy.permits_item(&ask, 0).is_ok(), permitted, "{choice}");
    }
}
