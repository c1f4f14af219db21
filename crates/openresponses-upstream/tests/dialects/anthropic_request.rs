use openresponses_upstream::anthropic::{Anthropic, Quirks};
use openresponses_upstream::{Dialect, ExtraPolicy};
use serde_json::json;

use crate::support::{ask, refusal};

fn content(members: &str) -> serde_json::Value {
    let asked = ask(&Anthropic::new(), members);
    assert_eq!(asked.warned, [""; 0]);
    asked.body["messages"][0]["content"].clone()
}

#[test]
fn the_system_speaks_in_blocks_of_its_own() {
    let asked = ask(
        &Anthropic::new(),
        r#""instructions":"A","input":[
            {"role":"developer","content":"B"},
            {"role":"user","content":"C"},
            {"role":"system","content":"D"}
        ]"#,
    );
    let text = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(
        asked.body["system"],
        json!([text("A"), text("B"), text("D")])
    );
    assert_eq!(
        asked.body["messages"],
        json!([{"role": "user", "content": [text("C")]}])
    );
    // It stood elsewhere.
    assert_eq!(asked.warned, ["input[2]"]);
    let origins = &asked.request.origins;
    assert_eq!(
        origins.find("system[1]").as_deref(),
        Some("input[0].content")
    );
    let found = origins.find("messages[0].content[0].text");
    assert_eq!(found.as_deref(), Some("input[1].content"));
}

#[test]
fn adjacent_items_of_one_speaker_are_one_message_and_outputs_follow_their_calls() {
    let asked = ask(
        &Anthropic::new(),
        r#""input":[
            {"role":"user","content":"Go"},
            {"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"Hm."}],"encrypted_content":"anthropic/signature:AA=="},
            {"type":"reasoning","summary":[],"encrypted_content":"anthropic/redacted:Zz=="},
            {"role":"assistant","content":[{"type":"output_text","text":"One","annotations":[]},{"type":"refusal","refusal":"Two"}]},
            {"type":"function_call","call_id":"a.b","name":"add","arguments":"{\"a\": 1}"},
            {"type":"function_call","call_id":"call_2","name":"now","arguments":""},
            {"role":"user","content":"Well?"},
            {"type":"function_call_output","call_id":"call_2","output":"noon"},
            {"type":"function_call_output","call_id":"a.b","output":[{"type":"input_text","text":"2"},{"type":"input_image","image_url":"data:image/png;base64,AA=="}]}
        ]"#,
    );
    assert_eq!(asked.warned, [""; 0]);
    assert_eq!(
        asked.body["messages"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "Go"}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "AA=="},
                {"type": "redacted_thinking", "data": "Zz=="},
                {"type": "text", "text": "One"},
                {"type": "text", "text": "Two"},
                {"type": "tool_use", "id": "a_2eb", "name": "add", "input": {"a": 1}},
                {"type": "tool_use", "id": "call_2", "name": "now", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "a_2eb", "content": [
                    {"type": "text", "text": "2"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
                ]},
                {"type": "tool_result", "tool_use_id": "call_2", "content": "noon"},
                {"type": "text", "text": "Well?"},
            ]},
        ])
    );
    // The API wants the tools of calls that it sees.
    let tool = |name: &str| json!({"name": name, "input_schema": {"type": "object"}});
    assert_eq!(asked.body["tools"], json!([tool("add"), tool("now")]));
    assert_eq!(asked.body["tool_choice"], json!({"type": "none"}));
}

#[test]
fn what_has_no_counterpart_in_the_conversation_is_warned_about() {
    let asked = ask(
        &Anthropic::new(),
        r#""input":[
            {"type":"function_call","call_id":"call_1","name":"add","arguments":"[1]"},
            {"type":"function_call_output","call_id":"call_2","output":"stray"},
            {"type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}],"encrypted_content":"gAAAAABo"},
            {"role":"assistant","content":" \n"},
            {"type":"web_search_call","id":"ws_1","status":"completed"},
            {"role":"user","content":"Go"}
        ]"#,
    );
    assert_eq!(
        asked.warned,
        [
            "input[0].arguments",
            "input[0]",
            "input[1]",
            "input[2]",
            "input[3].content",
            "input[3]",
            "input[4]",
            "input[0]",
        ]
    );
    assert_eq!(
        asked.body["messages"],
        json!([
            {"role": "user", "content": [{"type": "text", "text": "Continue."}]},
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "call_1", "name": "add", "input": {"arguments": "[1]"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "call_1"},
                {"type": "text", "text": "stray"},
                {"type": "text", "text": "Go"},
            ]},
        ])
    );
}

#[test]
fn an_output_that_is_an_error_says_so() {
    for member in [r#""is_error":true"#, r#""status":"incomplete""#] {
        let asked = ask(
            &Anthropic::new(),
            &format!(
                r#""input":[
                    {{"role":"user","content":"Go"}},
                    {{"type":"function_call","call_id":"call_1","name":"add","arguments":"{{}}"}},
                    {{"type":"function_call_output","call_id":"call_1","output":"No",{member}}}
                ]"#
            ),
        );
        assert_eq!(asked.body["messages"][2]["content"][0]["is_error"], true);
        assert_eq!(asked.warned, [""; 0]);
    }
}

#[test]
fn images_and_files_have_a_source() {
    let source = |part: &str| {
        content(&format!(
            r#""input":[{{"role":"user","content":[{part}]}}]"#
        ))[0]
            .clone()
    };
    assert_eq!(
        source(r#"{"type":"input_image","image_url":"https://a.example/a.png","detail":"auto"}"#),
        json!({"type": "image", "source": {"type": "url", "url": "https://a.example/a.png"}})
    );
    assert_eq!(
        source(r#"{"type":"input_image","file_id":"file_1"}"#),
        json!({"type": "image", "source": {"type": "file", "file_id": "file_1"}})
    );
    assert_eq!(
        source(
            r#"{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="}"#
        ),
        json!({"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AA=="}, "title": "a.pdf"})
    );
    assert_eq!(
        source(r#"{"type":"input_file","filename":"a.txt","file_data":"SGk="}"#),
        json!({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hi"}, "title": "a.txt"})
    );
    assert_eq!(
        source(r#"{"type":"input_file","file_url":"https://a.example/a.pdf"}"#),
        json!({"type": "document", "source": {"type": "url", "url": "https://a.example/a.pdf"}})
    );
}

#[test]
fn what_the_api_cannot_read_is_refused_with_its_path() {
    let dialect = Anthropic::new();
    let part = |part: &str| format!(r#""input":[{{"role":"user","content":[{part}]}}]"#);
    for (members, path) in [
        (part(r#"{"type":"input_image","image_url":"data:image/tiff;base64,AA=="}"#), "input[0].content[0].image_url"),
        (part(r#"{"type":"input_image","image_url":null}"#), "input[0].content[0].image_url"),
        (part(r#"{"type":"input_video","video_url":"https://a.example/a.mp4"}"#), "input[0].content[0]"),
        (part(r#"{"type":"input_file","file_data":"data:application/zip;base64,AA=="}"#), "input[0].content[0].file_data"),
        (r#""input":[{"type":"compaction","encrypted_content":"x"}]"#.to_owned(), "input[0]"),
        (r#""input":[{"role":"system","content":"Only."}]"#.to_owned(), "input"),
        (r#""input":"Hi","text":{"format":{"type":"json_object"}}"#.to_owned(), "text.format"),
        (r#""input":"Hi","tool_choice":"required""#.to_owned(), "tool_choice"),
        (r#""input":"Hi","tools":[{"type":"function","name":"f","parameters":{"type":"string"}}]"#.to_owned(), "tools[0].parameters"),
        (r#""input":"Hi","conversation":"conv_1""#.to_owned(), "conversation"),
    ] {
        assert_eq!(refusal(&dialect, &members), path);
    }
    let strict = Anthropic::new().extra(ExtraPolicy::Refuse);
    assert_eq!(refusal(&strict, r#""input":"Hi","seed":1"#), "seed");
}

#[test]
fn cache_control_goes_to_the_block_that_its_member_becomes() {
    let ephemeral = json!({"type": "ephemeral"});
    let asked = ask(
        &Anthropic::new(),
        r#""input":[{"role":"user","cache_control":{"type":"ephemeral"},"content":[
                {"type":"input_text","text":"A","providerOptions":{"anthropic":{"cacheControl":{"type":"ephemeral"}},"other":{}}},
                {"type":"input_text","text":"B"}
            ]}],
            "tools":[{"type":"function","name":"f","cache_control":{"type":"ephemeral"}}],
            "providerOptions":{"anthropic":{"cache_control":{"type":"ephemeral"}}}"#,
    );
    assert_eq!(asked.warned, ["input[0].content[0].providerOptions.other"]);
    let content = &asked.body["messages"][0]["content"];
    assert_eq!(content[0]["cache_control"], ephemeral);
    assert_eq!(content[1]["cache_control"], ephemeral);
    assert_eq!(asked.body["tools"][0]["cache_control"], ephemeral);
    assert_eq!(asked.body["cache_control"], ephemeral);
}

#[test]
fn tools_and_the_choice_among_them_are_converted() {
    let tools = r#""input":"Hi","tools":[
        {"type":"function","name":"a","description":"A.","parameters":{"properties":{}},"strict":true},
        {"type":"function","name":"b"},
        {"type":"web_search"}
    ]"#;
    let body = |more: &str| {
        let asked = ask(&Anthropic::new(), &format!("{tools}{more}"));
        assert_eq!(asked.warned, ["tools[2]"]);
        asked.body
    };
    let plain = body("");
    let a = json!({"name": "a", "description": "A.", "input_schema": {"type": "object", "properties": {}}, "strict": true});
    let b = json!({"name": "b", "input_schema": {"type": "object", "properties": {}}});
    assert_eq!(plain["tools"], json!([a, b]));
    assert!(plain.get("tool_choice").is_none());
    for (more, choice) in [
        (r#","tool_choice":"none""#, json!({"type": "none"})),
        (r#","tool_choice":"required""#, json!({"type": "any"})),
        (
            r#","tool_choice":{"type":"function","name":"b"},"parallel_tool_calls":false"#,
            json!({"type": "tool", "name": "b", "disable_parallel_tool_use": true}),
        ),
        (
            r#","parallel_tool_calls":false"#,
            json!({"type": "auto", "disable_parallel_tool_use": true}),
        ),
    ] {
        assert_eq!(body(more)["tool_choice"], choice, "{more}");
    }
    let narrowed = body(
        r#","tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"b"}]}"#,
    );
    assert_eq!(narrowed["tools"], json!([b]));
    assert_eq!(narrowed["tool_choice"], json!({"type": "any"}));
    let local = Anthropic::new().quirks(Quirks::LOCAL);
    assert_eq!(ask(&local, tools).warned, ["tools[2]", "tools[0].strict"]);
}

#[test]
fn functions_that_items_declare_are_tools_each_name_once() {
    let asked = ask(
        &Anthropic::new(),
        r#""input":[
            {"type":"additional_tools","tools":[{"type":"function","name":"a"},{"type":"function","name":"b"},{"type":"web_search"}]},
            {"role":"user","content":"Hi"}
        ],"tools":[{"type":"function","name":"a"}]"#,
    );
    assert_eq!(asked.warned, ["input[0].tools[2]", "input[0].tools[0]"]);
    let names: Vec<_> = asked.body["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn an_effort_is_a_budget_within_the_bound_of_the_output() {
    let thinking = |dialect: &Anthropic, members: &str| {
        let asked = ask(dialect, &format!(r#""input":"Hi",{members}"#));
        (
            asked.body["thinking"].clone(),
            asked.body["max_tokens"].as_u64().unwrap(),
            asked.warned,
        )
    };
    let dialect = Anthropic::new().max_tokens(2_000);
    let enabled = |budget: u64| json!({"type": "enabled", "budget_tokens": budget});
    let none: Vec<String> = Vec::new();
    let medium = r#""reasoning":{"effort":"medium"}"#;
    assert_eq!(
        thinking(&dialect, medium),
        (enabled(8_192), 10_192, none.clone())
    );
    let bounded = format!(r#"{medium},"max_output_tokens":4000"#);
    assert_eq!(
        thinking(&dialect, &bounded),
        (enabled(3_000), 4_000, none.clone())
    );
    let short = format!(r#"{medium},"max_output_tokens":1000"#);
    let warned = vec!["reasoning.effort".to_owned()];
    assert_eq!(
        thinking(&dialect, &short),
        (json!(null), 1_000, warned.clone())
    );
    let disabled = r#""reasoning":{"effort":"none"}"#;
    let expected = (json!({"type": "disabled"}), 2_000, none.clone());
    assert_eq!(thinking(&dialect, disabled), expected);
    let own = format!(r#"{medium},"thinking":{{"type":"disabled"}}"#);
    let expected = (json!({"type": "disabled"}), 2_000, warned);
    assert_eq!(thinking(&dialect, &own), expected);
    let adaptive = Anthropic::new().quirks(Quirks::ADAPTIVE);
    let summarized = r#""reasoning":{"effort":"high","summary":"auto"}"#;
    let asked = ask(&adaptive, &format!(r#""input":"Hi",{summarized}"#));
    let expected = json!({"type": "adaptive", "display": "summarized"});
    assert_eq!(asked.body["thinking"], expected);
    assert_eq!(asked.body["output_config"], json!({"effort": "high"}));
}

#[test]
fn the_model_does_not_think_where_the_api_would_refuse_it() {
    let forced = r#""input":"Hi","tools":[{"type":"function","name":"f"}],"tool_choice":"required","reasoning":{"effort":"low"}"#;
    let asked = ask(&Anthropic::new(), forced);
    assert_eq!(asked.warned, ["reasoning.effort"]);
    let going_on = |reasoning: &str| {
        let members = format!(
            r#""input":[
                {{"role":"user","content":"Go"}},{reasoning}
                {{"type":"function_call","call_id":"call_1","name":"f","arguments":"{{}}"}},
                {{"type":"function_call_output","call_id":"call_1","output":"x"}}
            ],"reasoning":{{"effort":"low"}}"#
        );
        ask(&Anthropic::new(), &members)
    };
    assert_eq!(going_on("").warned, ["reasoning.effort"]);
    let thought = going_on(
        r#"{"type":"reasoning","summary":[],"encrypted_content":"anthropic/signature:AA=="},"#,
    );
    assert_eq!(thought.warned, [""; 0]);
    assert_eq!(thought.body["thinking"]["type"], "enabled");
}

#[test]
fn one_of_temperature_and_top_p_is_sent() {
    for (members, sent, warned) in [
        (
            r#""temperature":0.5,"top_p":0.9"#,
            json!([0.5, null]),
            vec!["top_p"],
        ),
        (r#""temperature":1,"top_p":0.9"#, json!([null, 0.9]), vec![]),
        (
            r#""temperature":1.5,"top_p":0.9"#,
            json!([null, 0.9]),
            vec!["temperature"],
        ),
        (r#""temperature":0.5,"top_p":1"#, json!([0.5, null]), vec![]),
        (r#""temperature":1,"top_p":1"#, json!([1, null]), vec![]),
        (r#""top_p":1"#, json!([null, 1]), vec![]),
        (
            r#""temperature":1,"top_p":0.97,"reasoning":{"effort":"low"}"#,
            json!([null, 0.97]),
            vec![],
        ),
    ] {
        let asked = ask(&Anthropic::new(), &format!(r#""input":"Hi",{members}"#));
        let body = &asked.body;
        assert_eq!(
            json!([body["temperature"], body["top_p"]]),
            sent,
            "{members}"
        );
        assert_eq!(asked.warned, warned, "{members}");
    }
    let local = Anthropic::new().quirks(Quirks::LOCAL);
    let asked = ask(&local, r#""input":"Hi","temperature":0.5,"top_p":0.9"#);
    assert_eq!(
        (&asked.body["temperature"], &asked.body["top_p"]),
        (&json!(0.5), &json!(0.9))
    );
    assert_eq!(asked.warned, [""; 0]);
}

#[test]
fn words_that_stop_the_model_are_a_list() {
    for (stop, expected) in [
        (r#""stop":"END""#, json!(["END"])),
        (r#""stop":["a","b"]"#, json!(["a", "b"])),
        (r#""stop":null"#, json!(null)),
        (r#""stop_sequences":["a"]"#, json!(["a"])),
    ] {
        let asked = ask(&Anthropic::new(), &format!(r#""input":"Hi",{stop}"#));
        assert_eq!(asked.body["stop_sequences"], expected, "{stop}");
        assert_eq!(asked.warned, [""; 0]);
    }
    let both = r#""input":"Hi","stop":["a"],"stop_sequences":["b"]"#;
    let asked = ask(&Anthropic::new(), both);
    assert_eq!(asked.body["stop_sequences"], json!(["a"]));
    assert_eq!(asked.warned, ["stop_sequences"]);
}

#[test]
fn settings_are_carried_converted_or_warned_about() {
    let asked = ask(
        &Anthropic::new(),
        r#""input":"Hi","temperature":1.5,"top_p":0.5,"max_output_tokens":99,"service_tier":"default",
            "safety_identifier":"u1","stop_sequences":["END"],"stream":true,
            "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}},"verbosity":"low"},
            "presence_penalty":0,"frequency_penalty":1,"prompt_cache_key":"k","top_logprobs":2,
            "include":["reasoning.encrypted_content","message.output_text.logprobs"],
            "truncation":"auto","reasoning":{"summary":"auto"},"seed":1,"store":false,"metadata":{"a":"b"}"#,
    );
    assert_eq!(
        asked.body,
        json!({
            "model": "m",
            "max_tokens": 99,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
            "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
            "top_p": 0.5,
            "service_tier": "standard_only",
            "metadata": {"user_id": "u1"},
            "stream": true,
            "stop_sequences": ["END"],
        })
    );
    assert_eq!(
        asked.warned,
        [
            "reasoning.summary",
            "temperature",
            "frequency_penalty",
            "prompt_cache_key",
            "text.verbosity",
            "top_logprobs",
            "truncation",
            "include[1]",
            "seed",
        ]
    );
    let param = asked.request.origins.find("max_tokens");
    assert_eq!(param.as_deref(), Some("max_output_tokens"));
}

#[test]
fn the_key_and_the_version_have_headers_of_their_own() {
    let dialect = Anthropic::new();
    assert_eq!(dialect.key_header(), "x-api-key");
    assert_eq!(dialect.key_prefix(), "");
    assert_eq!(dialect.common_headers()["anthropic-version"], "2023-06-01");
    let models = br#"{"data":[{"id":"claude-a","type":"model"}],"has_more":false}"#;
    assert_eq!(dialect.read_models(models), ["claude-a"]);
}
