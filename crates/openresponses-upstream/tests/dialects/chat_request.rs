//! Chat Completions: from a turn to a body.

use openresponses_upstream::Dialect;
use openresponses_upstream::ExtraPolicy;
use openresponses_upstream::chat::{Chat, Quirks};
use serde_json::{Value, json};

use crate::support::{ask, refusal, turn};

const HELLO: &str = r#""input":"Hello""#;

#[test]
fn one_turn_of_the_model_is_one_message_with_its_outputs_behind_it() {
    let asked = ask(
        &Chat::new(),
        r#""instructions":"Be brief.","input":[
            {"type":"message","role":"developer","content":"In French."},
            {"type":"message","role":"user","content":[{"type":"input_text","text":"Hi"}]},
            {"type":"message","role":"assistant","content":[{"type":"output_text","text":"One "},{"type":"output_text","text":"moment."}]},
            {"type":"function_call","call_id":"a","name":"f","arguments":"{}"},
            {"type":"function_call","call_id":"b","name":"g","arguments":"{}"},
            {"type":"function_call_output","call_id":"b","output":"2"},
            {"type":"message","role":"user","content":"And?"},
            {"type":"function_call_output","call_id":"a","output":"1"}]"#,
    );
    let call = |id, name| json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}});
    assert_eq!(
        asked.body["messages"],
        json!([
            {"role": "system", "content": "Be brief.\n\nIn French."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "One \n\nmoment.",
             "tool_calls": [call("a", "f"), call("b", "g")]},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "tool", "tool_call_id": "b", "content": "2"},
            {"role": "user", "content": "And?"},
        ])
    );
    assert_eq!(asked.warned, Vec::<String>::new());
    assert_eq!(
        asked.request.origins.find("messages[4].content").as_deref(),
        Some("input[5]")
    );
}

#[test]
fn where_the_system_speaks_first_only_its_messages_are_one() {
    let members = r#""instructions":"One.","input":[
        {"type":"message","role":"developer","content":[{"type":"input_text","text":"Two."},{"type":"input_text","text":"Three."}]},
        {"type":"message","role":"user","content":"Hi"},
        {"type":"message","role":"system","content":"Four."}]"#;
    let hi = json!({"role": "user", "content": "Hi"});
    for quirks in [Quirks::COMMON, Quirks::LOCAL] {
        let asked = ask(&Chat::new().quirks(quirks), members);
        let system = json!({"role": "system", "content": "One.\n\nTwo.\n\nThree.\n\nFour."});
        assert_eq!(asked.body["messages"], json!([system, hi]));
        assert_eq!(asked.warned, ["input[2]"]);
        let find = |member: &str| asked.request.origins.find(member);
        assert_eq!(find("messages[0]").as_deref(), Some("instructions"));
        assert_eq!(find("messages[1]").as_deref(), Some("input[1]"));
    }
    for quirks in [
        Quirks::OPENAI,
        Quirks::OPENROUTER,
        Quirks::GROQ,
        Quirks::DEEPSEEK,
        Quirks::MISTRAL,
    ] {
        let asked = ask(&Chat::new().quirks(quirks), members);
        let messages = asked.body["messages"].as_array().unwrap();
        assert_eq!(messages.len(), 4);
        assert_eq!(messages[3]["content"], "Four.");
        assert_eq!(asked.warned, [""; 0]);
    }
    let image = r#""input":[{"type":"message","role":"system","content":[{"type":"input_image","image_url":"https://a.example/a.png"}]}]"#;
    assert_eq!(refusal(&Chat::new(), image), "input[0].content[0]");
}

#[test]
fn a_text_alone_is_a_string_in_every_role() {
    let asked = ask(
        &Chat::new().quirks(Quirks::OPENAI),
        r#""input":[
            {"type":"message","role":"system","content":[{"type":"input_text","text":"S"}]},
            {"type":"message","role":"user","content":[{"type":"input_text","text":"U","x":1}]},
            {"type":"function_call","call_id":"a","name":"f","arguments":"{}"},
            {"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"T"}]},
            {"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]},
            {"type":"message","role":"user","content":[]}]"#,
    );
    let messages = asked.body["messages"].as_array().unwrap();
    let contents: Vec<_> = messages.iter().map(|message| &message["content"]).collect();
    let text = |text| json!({"type": "text", "text": text});
    let several = json!([text("a"), text("b")]);
    let (s, u, t, none) = (json!("S"), json!("U"), json!("T"), json!([]));
    assert_eq!(contents, [&s, &u, &Value::Null, &t, &several, &none]);
    assert_eq!(asked.warned, ["input[1].content[0].x"]);
}

#[test]
fn several_texts_of_the_system_the_assistant_or_a_tool_are_one_string() {
    let members = r#""input":[
        {"type":"message","role":"system","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b","x":1}]},
        {"type":"message","role":"user","content":"Hi"},
        {"type":"message","role":"assistant","content":"a"},
        {"type":"message","role":"assistant","content":"b"},
        {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
        {"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b","x":1}]}]"#;
    for quirks in [Quirks::DEEPSEEK, Quirks::GROQ, Quirks::MISTRAL] {
        let asked = ask(&Chat::new().quirks(quirks), members);
        for at in [0, 2, 3] {
            assert_eq!(asked.body["messages"][at]["content"], "a\n\nb");
        }
        assert_eq!(
            asked.warned,
            ["input[0].content[1].x", "input[5].output[1].x"]
        );
    }
}

#[test]
fn settings_that_a_server_refuses_have_its_name_or_are_left_out() {
    let members = r#""input":"Hi","seed":7,"top_k":3,"min_p":0.1,"repetition_penalty":1.1,"logit_bias":{"1":2},"stop":".""#;
    let left_out = ["logit_bias", "min_p", "repetition_penalty", "seed", "top_k"];
    let asked = ask(&Chat::new().quirks(Quirks::MISTRAL), members);
    assert_eq!(asked.body["random_seed"], 7);
    assert_eq!(asked.body["stop"], ".");
    for name in left_out {
        assert!(asked.body[name].is_null(), "{name}");
    }
    let mut warned = asked.warned;
    warned.sort();
    assert_eq!(
        warned,
        ["logit_bias", "min_p", "repetition_penalty", "top_k"]
    );
    let find = |member| asked.request.origins.find(member);
    assert_eq!(find("random_seed").as_deref(), Some("seed"));
    let asked = ask(&Chat::new(), members);
    for name in left_out {
        assert!(!asked.body[name].is_null(), "{name}");
    }
    assert_eq!(asked.warned, Vec::<String>::new());
    // What the host lets through is let through.
    let forwards = Chat::new()
        .quirks(Quirks::MISTRAL)
        .extra(ExtraPolicy::Forward);
    assert_eq!(ask(&forwards, members).body["top_k"], 3);
    let nothing = ask(
        &Chat::new().quirks(Quirks::MISTRAL),
        r#""input":"Hi","seed":null"#,
    );
    assert!(nothing.body["random_seed"].is_null());
}

#[test]
fn a_call_without_output_and_an_output_without_call_are_mended() {
    let asked = ask(
        &Chat::new(),
        r#""input":[{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},
            {"type":"message","role":"user","content":"Go on."}]"#,
    );
    assert_eq!(
        asked.body["messages"][1],
        json!({"role": "tool", "tool_call_id": "a", "content": ""})
    );
    assert_eq!(asked.warned, ["input[0]"]);
    // Something unknown may hold the call, so the request is valid.
    let asked = ask(
        &Chat::new(),
        r#""input":[{"type":"shell_call","call_id":"a"},
            {"type":"function_call_output","call_id":"a","output":"1"}]"#,
    );
    assert_eq!(
        asked.body["messages"],
        json!([{"role": "user", "content": "1"}])
    );
    assert_eq!(asked.warned, ["input[0]", "input[1]"]);
}

#[test]
fn images_of_tools_follow_the_outputs_of_all_calls() {
    let members = r#""input":[{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},
        {"type":"function_call","call_id":"b","name":"f","arguments":"{}"},
        {"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"see"},
            {"type":"input_image","image_url":"https://a.example/a.png"}]},
        {"type":"function_call_output","call_id":"b","output":"1"}]"#;
    let image = json!({"type": "image_url", "image_url": {"url": "https://a.example/a.png", "detail": "auto"}});
    let text = |text| json!({"type": "text", "text": text});
    let asked = ask(&Chat::new(), members);
    let messages = &asked.body["messages"];
    assert_eq!(messages[1]["content"], "see");
    assert_eq!(messages[2]["tool_call_id"], "b");
    assert_eq!(messages[3]["role"], "user");
    assert_eq!(
        messages[3]["content"],
        json!([text("Output of the tool call a:"), image])
    );
    let origin = asked.request.origins.find("messages[3].content[1]");
    assert_eq!(origin.as_deref(), Some("input[2]"));
    let asked = ask(&Chat::new().quirks(Quirks::LOCAL), members);
    assert_eq!(
        asked.body["messages"][1]["content"],
        json!([text("see"), image])
    );
}

#[test]
fn ids_of_calls_have_the_form_that_the_server_takes() {
    let members = r#""input":[{"type":"function_call","call_id":"call_abc123","name":"f","arguments":"{}"},
        {"type":"function_call","call_id":"a1B2c3D4e","name":"f","arguments":"{}"},
        {"type":"function_call_output","call_id":"call_abc123","output":"1"},
        {"type":"function_call_output","call_id":"a1B2c3D4e","output":"2"},
        {"type":"function_call","call_id":"call_abc124","name":"f","arguments":"{}"}]"#;
    let ids = |quirks: Quirks| {
        let asked = ask(&Chat::new().quirks(quirks), members);
        let messages = asked.body["messages"].as_array().unwrap();
        let calls = messages.iter().flat_map(|it| it["tool_calls"].as_array());
        let calls = calls.flatten().map(|call| call["id"].clone());
        let outputs = messages.iter().filter(|it| it["role"] == "tool");
        let outputs = outputs.map(|output| output["tool_call_id"].clone());
        let text = |id: Value| id.as_str().unwrap().to_owned();
        let all: (Vec<_>, Vec<_>) = (calls.map(text).collect(), outputs.map(text).collect());
        assert_eq!(all.0, all.1);
        all.0
    };
    let as_given = ["call_abc123", "a1B2c3D4e", "call_abc124"];
    assert_eq!(ids(Quirks::COMMON), as_given);
    let mistral = ids(Quirks::MISTRAL);
    // It is the same in each turn and on each machine.
    assert_eq!(mistral, ["gQ9nXfAHy", "a1B2c3D4e", "1nRHisbFy"]);
}

#[test]
fn a_function_without_parameters_takes_an_empty_object() {
    let tools = r#""input":"Hi","tools":[{"type":"function","name":"f"},{"type":"function","name":"g","parameters":null}]"#;
    let asked = ask(&Chat::new(), tools);
    for at in [0, 1] {
        assert_eq!(
            asked.body["tools"][at]["function"]["parameters"],
            json!({"type": "object", "properties": {}})
        );
    }
}

#[test]
fn files_and_audio_are_carried() {
    let asked = ask(
        &Chat::new(),
        r#""input":[{"type":"message","role":"user","content":[
            {"type":"input_file","filename":"a.txt","file_data":"aGk="},
            {"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}},
            {"type":"input_video","video_url":"https://a.example/a.mp4"}]}]"#,
    );
    assert_eq!(
        asked.body["messages"][0]["content"],
        json!([
            {"type": "file", "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,aGk="}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
            {"type": "video_url", "video_url": {"url": "https://a.example/a.mp4"}},
        ])
    );
}

#[test]
fn what_would_be_lost_is_refused_with_its_path() {
    let user =
        |part: &str| format!(r#""input":[{{"type":"message","role":"user","content":[{part}]}}]"#);
    for (members, path) in [
        (
            user(r#"{"type":"input_file","file_url":"https://a.example/a.pdf"}"#),
            "input[0].content[0].file_url",
        ),
        (
            user(r#"{"type":"input_image","file_id":"file-1"}"#),
            "input[0].content[0].image_url",
        ),
        (user(r#"{"type":"input_scent"}"#), "input[0].content[0]"),
        (
            r#""input":[{"type":"compaction","encrypted_content":"x"}]"#.into(),
            "input[0]",
        ),
        (
            r#""input":[{"type":"item_reference","id":"msg_1"}]"#.into(),
            "input[0]",
        ),
        (
            format!(r#"{HELLO},"text":{{"format":{{"type":"grammar"}}}}"#),
            "text.format",
        ),
        (
            format!(r#"{HELLO},"tools":[{{"type":"web_search"}}],"tool_choice":"required""#),
            "tool_choice",
        ),
        (
            format!(
                r#"{HELLO},"tools":[{{"type":"web_search"}}],"tool_choice":{{"type":"web_search"}}"#
            ),
            "tool_choice",
        ),
        (format!(r#"{HELLO},"prompt":{{"id":"p"}}"#), "prompt"),
        (
            format!(r#"{HELLO},"conversation":"conv_1""#),
            "conversation",
        ),
    ] {
        assert_eq!(refusal(&Chat::new(), &members), path, "{members}");
    }
}

#[test]
fn tools_choices_and_formats_have_the_shape_of_the_api() {
    let asked = ask(
        &Chat::new(),
        r#""input":"Hello","parallel_tool_calls":false,
        "tools":[{"type":"function","name":"f","parameters":{"type":"object"},"strict":true},
            {"type":"function","name":"g"},{"type":"web_search"}],
        "tool_choice":{"type":"function","name":"f"},
        "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true}}"#,
    );
    assert_eq!(
        asked.body["tools"],
        json!([
            {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": true}},
            {"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}},
        ])
    );
    assert_eq!(
        asked.body["tool_choice"],
        json!({"type": "function", "function": {"name": "f"}})
    );
    assert_eq!(asked.body["parallel_tool_calls"], false);
    let schema = json!({"name": "n", "schema": {"type": "object"}, "strict": true});
    assert_eq!(
        asked.body["response_format"],
        json!({"type": "json_schema", "json_schema": schema})
    );
    assert_eq!(asked.warned, ["tools[2]"]);
}

#[test]
fn allowed_tools_narrow_the_list_or_are_said() {
    let members = r#""input":"Hello","tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}],
        "tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]}"#;
    let asked = ask(&Chat::new(), members);
    assert_eq!(
        asked.body["tools"],
        json!([{"type": "function", "function": {"name": "g", "parameters": {"type": "object", "properties": {}}}}])
    );
    assert_eq!(asked.body["tool_choice"], "required");
    let asked = ask(&Chat::new().quirks(Quirks::OPENAI), members);
    assert_eq!(asked.body["tools"].as_array().unwrap().len(), 2);
    let tools = json!([{"type": "function", "function": {"name": "g"}}]);
    let expected =
        json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": tools}});
    assert_eq!(asked.body["tool_choice"], expected);
}

#[test]
fn items_that_declare_tools_make_functions() {
    let asked = ask(
        &Chat::new(),
        r#""input":[{"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"f"},{"type":"mcp"}]},
            {"type":"message","role":"user","content":"Hello"}]"#,
    );
    assert_eq!(
        asked.body["tools"],
        json!([{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}])
    );
    assert_eq!(asked.warned, ["input[0].tools[1]"]);
}

#[test]
fn reasoning_goes_back_as_the_server_wants_it() {
    let members = r#""input":[{"type":"message","role":"user","content":"Hi"},
        {"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}],
            "encrypted_content":"chat/details:[{\"type\":\"reasoning.text\",\"signature\":\"s\"}]"},
        {"type":"message","role":"assistant","content":"Hi"}]"#;
    let message = |quirks: Quirks| {
        let asked = ask(&Chat::new().quirks(quirks), members);
        (asked.body["messages"][1].clone(), asked.warned)
    };
    let (said, warned) = message(Quirks::COMMON);
    assert_eq!(said, json!({"role": "assistant", "content": "Hi"}));
    assert_eq!(warned, ["input[1]"]);
    let (said, _) = message(Quirks::DEEPSEEK);
    assert_eq!(said["reasoning_content"], "hm");
    let (said, _) = message(Quirks::GROQ);
    assert_eq!(said["reasoning"], "hm");
    let (said, warned) = message(Quirks::OPENROUTER);
    let detail = json!({"type": "reasoning.text", "signature": "s", "text": "hm"});
    assert_eq!(said["reasoning_details"], json!([detail]));
    assert_eq!(warned, Vec::<String>::new());
}

#[test]
fn settings_follow_the_quirks() {
    let members = r#""input":"Hello","stream":true,"max_output_tokens":16,"reasoning":{"effort":"low","summary":"auto"},
        "top_logprobs":2,"temperature":0.5,"service_tier":"flex","truncation":"auto","seed":7,"x":1"#;
    let asked = ask(&Chat::new(), members);
    assert_eq!(
        asked.body,
        json!({
            "model": "m", "messages": [{"role": "user", "content": "Hello"}], "temperature": 0.5,
            "max_tokens": 16, "reasoning_effort": "low", "logprobs": true, "top_logprobs": 2,
            "stream": true, "stream_options": {"include_usage": true}, "seed": 7,
        })
    );
    assert_eq!(
        asked.warned,
        ["reasoning.summary", "service_tier", "truncation", "x"]
    );
    let openai = ask(&Chat::new().quirks(Quirks::OPENAI), members).body;
    assert_eq!(openai["max_completion_tokens"], 16);
    assert_eq!(openai["service_tier"], "flex");
    let mistral = ask(&Chat::new().quirks(Quirks::MISTRAL), members);
    assert!(mistral.body["stream_options"].is_null());
    assert!(mistral.warned.contains(&"reasoning.effort".to_owned()));
}

#[test]
fn members_that_no_api_names_follow_the_policy() {
    let members =
        r#""input":"Hello","x":1,"providerOptions":{"a":{"top_a":2,"model":"no"},"b":{}}"#;
    let dialect = Chat::new().provider("a").extra(ExtraPolicy::Forward);
    let asked = ask(&dialect, members);
    assert_eq!(
        (&asked.body["x"], &asked.body["top_a"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(asked.body["model"], "m");
    assert_eq!(
        asked.warned,
        ["providerOptions.a.model", "providerOptions.b"]
    );
    let strict = Chat::new().extra(ExtraPolicy::Refuse);
    let refused = strict
        .request(&turn(r#""input":"Hello","x":1"#))
        .unwrap_err();
    assert_eq!(refused.param().as_deref(), Some("x"));
}
