//! Bodies as clients in the field write them, one for each habit: `Compatible` takes each as it is, with
//! the leniencies that it needs and no other; `Strict` refuses it by the rules that it breaks and no
//! other. Nothing is lost, and each makes a turn.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use openresponses_types::json::Document;
use openresponses_types::normalize::Normalizer;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{CreateRequest, Item, Profile, Response, Turn};
use serde_json::Value;

struct Body {
    what: &'static str,
    json: &'static str,
    leniencies: &'static [&'static str],
    rules: &'static [&'static str],
}

const BODIES: &[Body] = &[
    Body {
        what: "messages without a type, as most libraries write them",
        json: r#"{"model":"m","input":[
            {"role":"developer","content":"Be brief."},
            {"role":"user","content":[{"type":"input_text","text":"Hi"}]},
            {"role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[],"logprobs":[]}],"id":"msg_1","status":null},
            {"role":"user","content":"And?","name":"ann"}]}"#,
        leniencies: &["message_without_type"],
        rules: &[
            "DeveloperMessageItemParam.type:required",
            "UserMessageItemParam.type:required",
        ],
    },
    Body {
        what: "every absent option written as null",
        json: r#"{"model":"m","input":"x","instructions":null,"include":null,"store":null,"stream":null,
            "background":null,"truncation":null,"service_tier":null,"tools":null,"tool_choice":null,
            "metadata":null,"text":null,"reasoning":null,"user":null,"temperature":null,"top_p":null,
            "max_output_tokens":null,"parallel_tool_calls":null,"previous_response_id":null,
            "prompt":null,"conversation":null,"stream_options":null,"prompt_cache_retention":null}"#,
        leniencies: &["explicit_null"],
        rules: &[
            "CreateResponseBody.background:type",
            "CreateResponseBody.include:type",
            "CreateResponseBody.service_tier:type",
            "CreateResponseBody.store:type",
            "CreateResponseBody.stream:type",
            "CreateResponseBody.truncation:type",
        ],
    },
    Body {
        what: "empty arrays and objects where nothing is meant",
        json: r#"{"model":"m","input":[],"include":[],"tools":[],"metadata":{},"text":{},"reasoning":{},"stream_options":{}}"#,
        leniencies: &[],
        rules: &[],
    },
    Body {
        what: "hosted tools",
        json: r#"{"model":"m","input":"x","tools":[
            {"type":"web_search","filters":{"allowed_domains":["example.com"]},"search_context_size":"low","user_location":{"type":"approximate","city":"Paris"}},
            {"type":"web_search_preview"},{"type":"web_search_preview_2025_03_11"},
            {"type":"file_search","vector_store_ids":["vs_1"],"max_num_results":3,"ranking_options":{"score_threshold":0.5}},
            {"type":"code_interpreter","container":{"type":"auto","file_ids":[]}},
            {"type":"image_generation","quality":"low","partial_images":1},
            {"type":"mcp","server_label":"s","server_url":"https://example.com","require_approval":{"never":{"tool_names":["a"]}},"allowed_tools":["a"],"headers":{"a":"b"}},
            {"type":"computer_use_preview","display_width":1024,"display_height":768,"environment":"browser"},
            {"type":"local_shell"},{"type":"shell","environment":{"type":"container_auto"}},{"type":"apply_patch"},
            {"type":"tool_search","execution":"client"},
            {"type":"namespace","name":"crm","description":"d","tools":[{"type":"function","name":"get","defer_loading":true,"parameters":{}}]}],
            "include":["web_search_call.action.sources","code_interpreter_call.outputs","file_search_call.results","message.input_image.image_url","computer_call_output.output.image_url","reasoning.encrypted_content"],
            "tool_choice":{"type":"web_search_preview"}}"#,
        leniencies: &["unknown_tool", "unknown_tool_choice", "vendor_include"],
        rules: &[
            "CreateResponseBody.include[]:enum",
            "ResponsesToolParam.type:oneOf",
            "ToolChoiceParam.type:oneOf",
        ],
    },
    Body {
        what: "a custom tool with a grammar, forced",
        json: r#"{"model":"m","input":"x","tools":[{"type":"custom","name":"sql","description":"d","format":{"type":"grammar","syntax":"lark","definition":"start: /a/"}}],
            "tool_choice":{"type":"custom","name":"sql"}}"#,
        leniencies: &["unknown_tool", "unknown_tool_choice"],
        rules: &[
            "ResponsesToolParam.type:oneOf",
            "ToolChoiceParam.type:oneOf",
        ],
    },
    Body {
        what: "what hosted tools leave behind",
        json: r#"{"model":"m","input":[
            {"type":"message","role":"user","content":"x"},
            {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q","sources":[]}},
            {"type":"file_search_call","id":"fs_1","status":"completed","queries":["q"],"results":null},
            {"type":"code_interpreter_call","id":"ci_1","status":"completed","code":"1","container_id":"c","outputs":[{"type":"logs","logs":"1"}]},
            {"type":"image_generation_call","id":"ig_1","status":"completed","result":"aGk="},
            {"type":"mcp_list_tools","id":"mcpl_1","server_label":"s","tools":[{"name":"a","input_schema":{"type":"object"},"annotations":null}]},
            {"type":"mcp_call","id":"mcp_1","server_label":"s","name":"a","arguments":"{}","output":"4","error":null},
            {"type":"mcp_approval_request","id":"mcpr_1","server_label":"s","name":"a","arguments":"{}"},
            {"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":true,"reason":null},
            {"type":"computer_call","id":"cu_1","call_id":"c1","status":"completed","action":{"type":"click","x":1,"y":2,"button":"left"},"pending_safety_checks":[]},
            {"type":"computer_call_output","call_id":"c1","output":{"type":"computer_screenshot","image_url":"u"},"acknowledged_safety_checks":[]},
            {"type":"local_shell_call","id":"l_1","call_id":"c2","status":"completed","action":{"type":"exec","command":["ls"],"env":{}}},
            {"type":"local_shell_call_output","id":"l_2","output":"{}"},
            {"type":"shell_call","call_id":"c3","action":{"commands":["ls"]},"status":"completed"},
            {"type":"shell_call_output","call_id":"c3","output":[{"stdout":"o","stderr":"","outcome":{"type":"exit","exit_code":0}}],"max_output_length":null},
            {"type":"apply_patch_call","call_id":"c4","status":"completed","operation":{"type":"update_file","path":"a","diff":"@@"}},
            {"type":"apply_patch_call_output","call_id":"c4","status":"completed","output":"ok"},
            {"type":"custom_tool_call","call_id":"c5","name":"sql","input":"SELECT 1"},
            {"type":"custom_tool_call_output","call_id":"c5","output":[{"type":"input_text","text":"1"}]},
            {"type":"tool_search_call","call_id":"c6","execution":"client","arguments":{"query":"q"}},
            {"type":"tool_search_output","call_id":"c6","tools":[{"type":"function","name":"f"}]},
            {"type":"additional_tools","role":"developer","tools":[]},
            {"type":"function_call_output","call_id":"c7","output":"of an unknown call"}]}"#,
        leniencies: &["unknown_item"],
        rules: &["ItemParam.type:oneOf"],
    },
    Body {
        what: "reasoning that is replayed in all its shapes",
        json: r#"{"model":"m","store":false,"input":[
            {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"e","content":null,"status":null},
            {"type":"reasoning","id":"rs_2","summary":[{"type":"summary_text","text":"s"}],"content":[]},
            {"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}],"encrypted_content":null,"format":"vendor-v1","signature":"s"},
            {"type":"message","role":"assistant","phase":"final_answer","content":[{"type":"output_text","text":"x"}]},
            {"type":"message","role":"assistant","phase":null,"content":"y"}],
            "reasoning":{"effort":"minimal","summary":"auto","generate_summary":"auto","max_tokens":1000},"include":["reasoning.encrypted_content"]}"#,
        leniencies: &[
            "explicit_null",
            "reasoning_content",
            "vendor_reasoning_effort",
        ],
        rules: &[
            "AssistantMessageItemParam.phase:type",
            "ReasoningItemParam.content:type",
            "ReasoningParam.effort:enum",
        ],
    },
    Body {
        what: "function tools in the shape of chat completions",
        json: r#"{"model":"m","input":"x",
            "tools":[{"type":"function","function":{"name":"f","description":null,"parameters":{"type":"object"},"strict":true}}],
            "tool_choice":{"type":"function","function":{"name":"f"}}}"#,
        leniencies: &["nested_function_choice", "nested_function_tool"],
        rules: &[
            "FunctionToolParam.name:required",
            "SpecificFunctionParam.name:required",
        ],
    },
    Body {
        what: "function tools with members beside the nested function",
        json: r#"{"model":"m","input":"x",
            "tools":[{"type":"function","description":"d","parameters":{"type":"object"},"strict":true,"x":1,"function":{"type":"object","name":"f","description":"e","x":2}}],
            "tool_choice":{"type":"function","x":1,"function":{"type":"function","name":"f","x":2}}}"#,
        leniencies: &["nested_function_choice", "nested_function_tool"],
        rules: &[
            "FunctionToolParam.name:required",
            "SpecificFunctionParam.name:required",
        ],
    },
    Body {
        what: "function tools whose options are null",
        json: r#"{"model":"m","input":"x","tools":[{"type":"function","name":"f","description":null,"parameters":null,"strict":null}],"parallel_tool_calls":true}"#,
        leniencies: &["explicit_null"],
        rules: &["FunctionToolParam.strict:type"],
    },
    Body {
        what: "names of allowed tools beside the tools",
        json: r#"{"model":"a/b","input":[{"type":"message","role":"user","content":"x"}],"tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}],
            "allowed_tools":["f"],"providerOptions":{"gateway":{"models":["c/d"],"order":["e"]}}}"#,
        leniencies: &["top_level_allowed_tools"],
        rules: &[],
    },
    Body {
        what: "allowed tools of several types",
        json: r#"{"model":"m","input":"x","tools":[{"type":"function","name":"f"},{"type":"mcp","server_label":"s"}],
            "tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"mcp","server_label":"s"},{"type":"image_generation"}]}}"#,
        leniencies: &["unknown_tool", "unknown_tool_choice"],
        rules: &[
            "ResponsesToolParam.type:oneOf",
            "SpecificToolChoiceParam.type:oneOf",
        ],
    },
    Body {
        what: "media of every kind",
        json: r#"{"model":"m","input":[{"type":"message","role":"user","content":[
            {"type":"input_image","image_url":"data:image/png;base64,aGk=","detail":"auto"},
            {"type":"input_image","file_id":"file_1","image_url":null,"detail":null},
            {"type":"input_image","image_url":"u","detail":"original"},
            {"type":"input_file","file_id":"file_2"},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="},
            {"type":"input_file","file_url":"https://example.com/a.pdf","detail":"high"},
            {"type":"input_audio","input_audio":{"data":"aGk=","format":"wav"}},
            {"type":"input_video","video_url":"u"}]},
            {"type":"message","role":"system","content":[{"type":"input_image","image_url":"u"}]}]}"#,
        leniencies: &[
            "media_in_system_message",
            "unknown_content_part",
            "vendor_image_detail",
            "video_elsewhere",
        ],
        rules: &[
            "InputImageContentParamAutoParam.detail:enum",
            "SystemMessageItemParam.content:oneOf",
            "UserMessageItemParam.content:oneOf",
        ],
    },
    Body {
        what: "outputs of tools that are lists of parts, and a call that failed",
        json: r#"{"model":"m","input":[
            {"type":"function_call","call_id":"c","name":"f","arguments":"","id":"fc_1","status":"completed","namespace":"n","caller":null},
            {"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"u","detail":"low"},{"type":"input_file","file_id":"f"}],"status":"failed","id":null},
            {"type":"function_call","call_id":"d","name":"f","arguments":"{}","id":null,"status":null},
            {"type":"function_call_output","call_id":"d","output":""}]}"#,
        leniencies: &[],
        rules: &[],
    },
    Body {
        what: "citations that come back",
        json: r#"{"model":"m","input":[{"type":"message","role":"assistant","id":"msg_1","status":"completed","content":[{"type":"output_text","text":"See.","annotations":[
            {"type":"url_citation","start_index":0,"end_index":3,"url":"u","title":"t"},
            {"type":"file_citation","file_id":"f","filename":"a","index":3},
            {"type":"container_file_citation","container_id":"c","file_id":"f","filename":"a","start_index":0,"end_index":1},
            {"type":"file_path","file_id":"f","index":1}],"logprobs":null}]}]}"#,
        leniencies: &["unknown_annotation"],
        rules: &["OutputTextContentParam.annotations:oneOf"],
    },
    Body {
        what: "a stored prompt, which may bring tools",
        json: r#"{"model":"m","input":"x","prompt":{"id":"pmpt_1","version":"2","variables":{"city":"Paris","n":{"type":"input_text","text":"1"}}},"tool_choice":{"type":"function","name":"of_the_prompt"}}"#,
        leniencies: &[],
        rules: &["SpecificFunctionParam.name:tools"],
    },
    Body {
        what: "a conversation that lies elsewhere, with an output alone",
        json: r#"{"model":"m","conversation":{"id":"conv_1"},"input":[{"type":"function_call_output","call_id":"c","output":"x"}]}"#,
        leniencies: &[],
        rules: &["FunctionCallOutputItemParam.call_id:has_call"],
    },
    Body {
        what: "options of the original service",
        json: r#"{"model":"m","input":"x","user":"u","safety_identifier":"s","prompt_cache_key":"k","prompt_cache_retention":"24h",
            "context_management":[{"type":"compaction","compact_threshold":100000}],"service_tier":"scale","max_tool_calls":3,
            "top_logprobs":5,"text":{"verbosity":"low","format":{"type":"text"}},"truncation":"auto","store":true,"moderation":{"model":"m"},
            "stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true},"client_metadata":{"a":"b"}}"#,
        leniencies: &["open_service_tier"],
        rules: &["CreateResponseBody.service_tier:enum"],
    },
    Body {
        what: "formats of answers",
        json: r#"{"model":"m","input":"x","text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object","$defs":{"a":{}}},"strict":null,"description":null}}}"#,
        leniencies: &["explicit_null"],
        rules: &["JsonSchemaResponseFormatParam.description:type"],
    },
    Body {
        what: "any object as the answer",
        json: r#"{"model":"m","input":"x as JSON","text":{"format":{"type":"json_object"}}}"#,
        leniencies: &["json_object_format"],
        rules: &["TextFormatParam.type:oneOf"],
    },
    Body {
        what: "earlier answers as input parts",
        json: r#"{"model":"m","input":[{"type":"message","role":"assistant","content":[{"type":"input_text","text":"x"},{"type":"refusal","refusal":"no"}]}]}"#,
        leniencies: &["input_part_in_assistant_message"],
        rules: &["AssistantMessageItemParam.content:oneOf"],
    },
    Body {
        what: "an earlier answer as an input part with what an output has",
        json: r#"{"model":"m","input":[{"type":"message","role":"assistant","content":[{"type":"input_text","text":"x","annotations":[],"logprobs":[]}]}]}"#,
        leniencies: &["input_part_in_assistant_message"],
        rules: &["AssistantMessageItemParam.content:oneOf"],
    },
    Body {
        what: "references and a compacted past",
        json: r#"{"model":"m","input":[{"type":"compaction","id":"cmp_1","encrypted_content":"e","created_by":"x"},{"type":"compaction_trigger"},
            {"type":"item_reference","id":"msg_1"},{"type":"message","role":"user","content":[]}],"stream":false}"#,
        leniencies: &["unknown_item", "unresolved_item_reference"],
        rules: &["ItemParam.type:oneOf"],
    },
    Body {
        what: "numbers in the spelling of other languages",
        json: r#"{"model":"m","input":"x","temperature":1,"top_p":1e0,"max_output_tokens":1024.0,"top_logprobs":0.0,"x_big":12345678901234567890123}"#,
        leniencies: &[],
        rules: &[],
    },
];

fn names(all: impl Iterator<Item = String>) -> BTreeSet<String> {
    all.collect()
}

fn expected(all: &[&str]) -> BTreeSet<String> {
    names(all.iter().map(|&name| name.to_owned()))
}

#[test]
fn each_passes_with_what_it_needs_and_no_more() {
    for body in BODIES {
        let document = Document::parse(body.json.as_bytes()).expect(body.what);
        let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
        assert_eq!(report.violations, [], "{}", body.what);
        let request = CreateRequest::from_document(&document).unwrap();
        let printed: Value = serde_json::from_str(&request.to_json()).unwrap();
        let original: Value = serde_json::from_str(body.json).unwrap();
        assert!(same(&printed, &original), "{}: {printed}", body.what);

        let turn = Normalizer::new(Profile::Compatible)
            .turn(request)
            .expect(body.what);
        let warnings = report.warnings.iter().chain(&turn.warnings);
        let found = names(warnings.map(|warning| warning.leniency.name().to_owned()));
        assert_eq!(found, expected(body.leniencies), "{}", body.what);
        survives_a_store(&turn);
    }
}

#[test]
fn strict_refuses_each_by_the_rules_that_it_breaks() {
    for body in BODIES {
        let document = Document::parse(body.json.as_bytes()).expect(body.what);
        let report = validate(&document, DocumentKind::CreateRequest, Profile::Strict);
        let mut found = names(report.violations.iter().map(|found| found.rule.to_string()));
        if report.is_ok() {
            let request = CreateRequest::from_document(&document).unwrap();
            if let Err(refused) = Normalizer::new(Profile::Strict).turn(request) {
                found = names(refused.iter().map(|found| found.rule.to_string()));
            }
        }
        assert_eq!(found, expected(body.rules), "{}", body.what);
    }
}

/// What a store keeps of a turn can be read again, and is what was kept.
fn survives_a_store(turn: &Turn) {
    let response = turn.response("resp_1", 1);
    let read = Response::from_json(response.to_json().as_bytes()).unwrap();
    assert_eq!(read, response);
    for item in &turn.items {
        assert_eq!(
            Item::from_json(item.to_json().as_bytes()).as_ref(),
            Ok(&**item)
        );
    }
}

/// Equal as JSON, whatever the spelling of numbers.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
