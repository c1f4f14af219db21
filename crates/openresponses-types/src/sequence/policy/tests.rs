use super::ForbiddenReason::{NoTools, NotAllowed, TooMany};
use super::*;

/// Two functions.
const FUNCTIONS: &str =
    r#"[{"type":"function","name":"read"},{"type":"function","name":"delete"}]"#;
/// A tool that may bring functions of its own.
const OPEN: &str = r#"[{"type":"function","name":"read"},{"type":"mcp","server_label":"s"}]"#;

fn policy(tools: &str, choice: &str) -> ToolPolicy {
    let tools: Vec<Tool> = serde_json::from_str(tools).unwrap();
    let choice = ToolChoice::from_json(choice.as_bytes()).unwrap();
    ToolPolicy::new(&tools, &choice)
}

/// The calls that are tried under each choice.
const CALLS: [(&str, Option<&str>); 6] = [
    ("function_call", Some("read")),
    ("function_call", Some("delete")),
    ("function_call", Some("other")),
    ("function_call", None),
    ("custom_tool_call", Some("read")),
    ("web_search_call", None),
];

#[test]
fn a_choice_decides_which_calls_pass_and_whether_one_is_required() {
    const NO: Option<ForbiddenReason> = Some(NotAllowed);
    let declared = [None, None, NO, NO, NO, NO];
    let only_read = [None, NO, NO, NO, NO, NO];
    let any_function = [None, None, None, None, NO, NO];
    let everything = [None; 6];
    let nothing = [Some(NoTools); 6];
    for (tools, choice, required, expected) in [
        (FUNCTIONS, r#""auto""#, false, declared),
        (FUNCTIONS, r#""required""#, true, declared),
        (FUNCTIONS, r#""none""#, false, nothing),
        (OPEN, r#""auto""#, false, everything),
        (OPEN, r#""required""#, true, everything),
        (OPEN, r#""none""#, false, nothing),
        ("[]", r#""auto""#, false, [NO; 6]),
        (
            FUNCTIONS,
            r#"{"type":"function","name":"read"}"#,
            true,
            only_read,
        ),
        (
            OPEN,
            r#"{"type":"function","name":"read"}"#,
            true,
            only_read,
        ),
        (
            FUNCTIONS,
            r#"{"type":"allowed_tools","tools":[{"type":"function","name":"read"}]}"#,
            false,
            only_read,
        ),
        (
            OPEN,
            r#"{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"read"}]}"#,
            true,
            only_read,
        ),
        (
            OPEN,
            r#"{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"read"},{"type":"function","name":"other"},{"type":"web_search"}]}"#,
            false,
            [None, NO, None, NO, NO, None],
        ),
        (
            OPEN,
            r#"{"type":"allowed_tools","mode":"none","tools":[{"type":"function","name":"read"}]}"#,
            false,
            nothing,
        ),
        (
            OPEN,
            r#"{"type":"custom","name":"read"}"#,
            true,
            [NO, NO, NO, NO, None, NO],
        ),
        (OPEN, r#"{"type":"custom","name":"write"}"#, true, [NO; 6]),
        (
            OPEN,
            r#"{"type":"custom"}"#,
            true,
            [NO, NO, NO, NO, None, NO],
        ),
        (
            OPEN,
            r#"{"type":"web_search"}"#,
            true,
            [NO, NO, NO, NO, NO, None],
        ),
        // The functions of a namespace need not be known.
        (
            OPEN,
            r#"{"type":"namespace","name":"n"}"#,
            true,
            any_function,
        ),
        (OPEN, r#"{"type":"acme:search"}"#, true, [NO; 6]),
    ] {
        let policy = policy(tools, choice);
        assert_eq!(policy.requires_call(), required, "{choice}");
        let decided = CALLS.map(|(kind, name)| policy.permits(kind, name, 0).err());
        assert_eq!(decided, expected, "{tools} {choice}");
    }
}

#[test]
fn a_hosted_tool_is_called_by_the_items_of_its_type() {
    for (tool, item, is_its_call) in [
        ("web_search", "web_search_call", true),
        ("web_search", "file_search_call", false),
        ("web_search", "web_search", false),
        ("web_search", "web_search_output", false),
        ("web_search_preview", "web_search_call", true),
        ("web_search_preview_2025_03_11", "web_search_call", true),
        ("web_search_2025_08_26", "web_search_call", true),
        ("computer_use_preview", "computer_call", true),
        ("computer_use_preview", "computer_use_call", false),
        ("custom", "custom_tool_call", true),
        ("mcp", "mcp_call", true),
        ("mcp", "mcp_approval_request", true),
        ("mcp", "mcp_approval_response", false),
        // What only looks like a date is part of the name.
        ("my_web_search_tool", "my_web_search_tool_call", true),
        ("my_web_search_tool", "my_call", false),
        ("x_2025_03_", "x_2025_03__call", true),
        ("x_2025_03_", "x_call", false),
        ("x_2025_03_1a", "x_call", false),
        ("acme:search", "acme:search_call", true),
        ("acme:search", "acme:search", true),
        ("acme:search", "acme:find", false),
        ("acme:search_preview", "acme:search_preview", true),
    ] {
        let choice = alloc::format!(r#"{{"type":"{tool}"}}"#);
        let permitted = policy("[]", &choice).permits(item, None, 0);
        let expected = if is_its_call { Ok(()) } else { Err(NotAllowed) };
        assert_eq!(permitted, expected, "{tool} {item}");
    }
}

#[test]
fn calls_end_at_the_lowest_maximum() {
    let limited = policy(FUNCTIONS, r#""auto""#).max_calls(2).max_calls(5);
    for (made, expected) in [
        (0, Ok(())),
        (1, Ok(())),
        (2, Err(TooMany)),
        (3, Err(TooMany)),
    ] {
        assert_eq!(
            limited.permits("function_call", Some("read"), made),
            expected
        );
        assert_eq!(
            limited
                .clone()
                .max_calls(0)
                .permits("function_call", Some("read"), made),
            Err(TooMany)
        );
    }
    // A call that is forbidden anyway is not one too many.
    assert_eq!(
        limited.permits("function_call", Some("x"), 9),
        Err(NotAllowed)
    );
    let unlimited = ToolPolicy::unrestricted();
    assert_eq!(unlimited.permits("any_call", None, u64::MAX), Ok(()));
    assert!(!unlimited.requires_call());
}

/// A hosted tool has run before the client sees its call: nothing is left to run in parallel.
#[test]
fn without_parallel_calls_one_call_of_the_client_passes_beside_those_of_hosted_tools() {
    let policy = policy(OPEN, r#""auto""#).parallel_calls(false);
    let decided = |made: CallCounts, kind| policy.permits(kind, Some("read"), made);
    let hosted = CallCounts::default()
        .with("web_search_call")
        .with("mcp_call");
    let of_client = hosted.with("function_call");
    for call in [
        "function_call",
        "custom_tool_call",
        "computer_call",
        "local_shell_call",
    ] {
        assert_eq!(decided(hosted, call), Ok(()), "{call}");
        assert_eq!(decided(of_client, call), Err(TooMany), "{call}");
        assert_eq!(
            decided(hosted.with(call), "apply_patch_call"),
            Err(TooMany),
            "{call}"
        );
    }
    for call in [
        "web_search_call",
        "acme:search_call",
        "mcp_approval_request",
    ] {
        assert_eq!(decided(of_client, call), Ok(()), "{call}");
    }
    // Both limits apply.
    let limited = policy.clone().max_calls(2);
    assert_eq!(
        limited.permits("function_call", Some("read"), hosted),
        Err(TooMany)
    );
    assert_eq!(
        limited.permits("function_call", Some("read"), 1),
        Err(TooMany)
    );
    assert_eq!(limited.permits("web_search_call", None, 1), Ok(()));
}

#[test]
fn items_that_are_calls_are_decided_and_others_pass() {
    let none = policy(OPEN, r#""none""#);
    let one = policy(OPEN, r#"{"type":"custom","name":"run"}"#);
    for (item, of_none, of_one) in [
        (
            r#"{"type":"function_call","id":"i","call_id":"c","name":"run","arguments":"{}","status":"completed"}"#,
            Err(NoTools),
            Err(NotAllowed),
        ),
        (
            r#"{"type":"custom_tool_call","id":"i","call_id":"c","name":"run","input":""}"#,
            Err(NoTools),
            Ok(()),
        ),
        (
            r#"{"type":"custom_tool_call","id":"i","call_id":"c","name":"walk","input":""}"#,
            Err(NoTools),
            Err(NotAllowed),
        ),
        (
            r#"{"type":"acme:search_call","id":"i","status":"completed"}"#,
            Err(NoTools),
            Err(NotAllowed),
        ),
        (
            r#"{"type":"mcp_approval_request","id":"i"}"#,
            Err(NoTools),
            Err(NotAllowed),
        ),
        (
            r#"{"type":"acme:note","id":"i","status":"completed"}"#,
            Ok(()),
            Ok(()),
        ),
        (r#"{"type":"image","id":"i"}"#, Ok(()), Ok(())),
        (
            r#"{"type":"message","id":"i","role":"assistant","status":"completed","content":[]}"#,
            Ok(()),
            Ok(()),
        ),
    ] {
        let parsed = Item::from_json(item.as_bytes()).unwrap();
        assert_eq!(none.permits_item(&parsed, 0), of_none, "{item}");
        assert_eq!(one.permits_item(&parsed, 0), of_one, "{item}");
    }
}

#[test]
fn an_item_of_a_declared_extension_tool_is_its_call() {
    const HOSTED: &str = r#"[{"type":"acme:search"},{"type":"acme:find"}]"#;
    const ONLY_FIND: &str = r#"{"type":"allowed_tools","tools":[{"type":"acme:find"}]}"#;
    let item = |kind: &str| {
        let json = alloc::format!(r#"{{"type":"{kind}","id":"i","status":"completed"}}"#);
        Item::from_json(json.as_bytes()).unwrap()
    };
    for (tools, choice, kind, made, expected) in [
        (HOSTED, r#""auto""#, "acme:search", 0, Ok(())),
        (HOSTED, r#""auto""#, "acme:search", 2, Err(TooMany)),
        (HOSTED, r#""none""#, "acme:search", 0, Err(NoTools)),
        (HOSTED, r#""none""#, "acme:note", 9, Ok(())),
        (HOSTED, ONLY_FIND, "acme:find", 0, Ok(())),
        (HOSTED, ONLY_FIND, "acme:search", 0, Err(NotAllowed)),
        (HOSTED, ONLY_FIND, "acme:note", 9, Ok(())),
        // Undeclared, it is no tool.
        (OPEN, r#""none""#, "acme:search", 9, Ok(())),
    ] {
        let policy = policy(tools, choice).max_calls(2);
        let permitted = policy.permits_item(&item(kind), made);
        assert_eq!(permitted, expected, "{choice} {kind} {made}");
    }
}

#[test]
fn only_forbidden_calls_fail_a_response_and_only_if_set() {
    let suppress = policy(FUNCTIONS, r#""auto""#);
    let fail = suppress.clone().on_forbidden(ForbiddenCallAction::Fail);
    for (reason, fails, words) in [
        (NoTools, true, "tool_choice is none"),
        (NotAllowed, true, "the tool is not allowed"),
        (TooMany, false, "there are too many calls"),
    ] {
        assert_eq!(reason.as_str(), words);
        assert!(suppress.failure(reason).is_none());
        let failure = fail
            .failure(reason)
            .map(|failure| [failure.kind, failure.code]);
        let expected = ["model_error", "forbidden_tool_call"];
        assert_eq!(failure, fails.then(|| expected.map(String::from)));
    }
}
