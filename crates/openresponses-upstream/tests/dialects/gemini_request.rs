use openresponses_upstream::gemini::{Gemini, Quirks};
use openresponses_upstream::{Dialect, ExtraPolicy};
use serde_json::{Value, json};

use crate::support::{ask, refusal};

#[test]
fn the_system_speaks_in_an_instruction_of_its_own() {
    let asked = ask(
        &Gemini::new(),
        r#""instructions":"A","input":[
            {"role":"developer","content":"B"},
            {"role":"user","content":"C"},
            {"role":"system","content":"D"}
        ]"#,
    );
    let text = |text: &str| json!({"text": text});
    assert_eq!(
        asked.body,
        json!({
            "systemInstruction": {"parts": [text("A"), text("B"), text("D")]},
            "contents": [{"role": "user", "parts": [text("C")]}],
        })
    );
    // It stood elsewhere.
    assert_eq!(asked.warned, ["input[2]"]);
    let origins = &asked.request.origins;
    let found = origins.find("contents[0].parts[0].text");
    assert_eq!(found.as_deref(), Some("input[1].content"));
}

#[test]
fn signatures_go_back_on_the_parts_that_they_came_on_and_responses_follow_their_calls() {
    let asked = ask(
        &Gemini::new(),
        r#""input":[
            {"role":"user","content":"Go"},
            {"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"Hm."}],"encrypted_content":"gemini/thought:A"},
            {"type":"reasoning","summary":[],"encrypted_content":"gemini/text:B"},
            {"role":"assistant","content":[{"type":"output_text","text":"One","annotations":[]}]},
            {"type":"reasoning","summary":[],"encrypted_content":"gemini/part:C"},
            {"type":"reasoning","summary":[{"type":"summary_text","text":"So."}],"encrypted_content":"gemini/call:D"},
            {"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\": 1}"},
            {"type":"function_call","call_id":"c2","name":"g","arguments":""},
            {"role":"user","content":"Well?"},
            {"type":"function_call_output","call_id":"c2","output":"No","status":"incomplete"},
            {"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"1"},{"type":"input_image","image_url":"data:image/png;base64,AA=="},{"type":"input_text","text":"2"}]}
        ]"#,
    );
    assert_eq!(asked.warned, [""; 0]);
    assert_eq!(
        asked.body["contents"],
        json!([
            {"role": "user", "parts": [{"text": "Go"}]},
            {"role": "model", "parts": [
                {"text": "Hm.", "thought": true, "thoughtSignature": "A"},
                {"text": "One", "thoughtSignature": "B"},
                {"text": "", "thoughtSignature": "C"},
                {"text": "So.", "thought": true},
                {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "D"},
                {"functionCall": {"id": "c2", "name": "g", "args": {}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "c1", "name": "f", "response": {"output": ["1", "2"]}}},
                {"functionResponse": {"id": "c2", "name": "g", "response": {"error": "No"}}},
                {"text": "Output of the tool call c1:"},
                {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
                {"text": "Well?"},
            ]},
        ])
    );
}

#[test]
fn calls_have_ids_and_signatures_by_quirk() {
    let members = r#""input":[
        {"role":"user","content":"Go"},
        {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
        {"type":"function_call","call_id":"c2","name":"f","arguments":"{}"},
        {"type":"function_call_output","call_id":"c1","output":"1"},
        {"type":"function_call_output","call_id":"c2","output":"2"}
    ]"#;
    let contents = |quirks: Quirks| {
        let asked = ask(&Gemini::new().quirks(quirks), members);
        asked.body["contents"].clone()
    };
    let vertex = contents(Quirks::VERTEX);
    let call = json!({"functionCall": {"name": "f", "args": {}}});
    assert_eq!(vertex[1]["parts"], json!([call, call]));
    let response = json!({"functionResponse": {"name": "f", "response": {"output": "1"}}});
    assert_eq!(vertex[2]["parts"][0], response);
    let signed = contents(Quirks::GEMINI_3);
    let signature = &signed[1]["parts"][0]["thoughtSignature"];
    assert_eq!(signature, "skip_thought_signature_validator");
    // Of calls that come together the first has it.
    assert!(signed[1]["parts"][1].get("thoughtSignature").is_none());
}

#[test]
fn what_has_no_counterpart_in_the_conversation_is_warned_about() {
    let asked = ask(
        &Gemini::new(),
        r#""input":[
            {"type":"function_call","call_id":"c1","name":"f","arguments":"[1]"},
            {"type":"function_call_output","call_id":"c2","output":"stray"},
            {"type":"reasoning","summary":[],"encrypted_content":"gAAAAABo"},
            {"type":"reasoning","summary":[],"encrypted_content":"gemini/call:A"},
            {"role":"assistant","content":""},
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
            "input[2].encrypted_content",
            "input[4]",
            "input[3]",
            "input[5]",
            "input[0]",
        ]
    );
    assert_eq!(
        asked.body["contents"],
        json!([
            {"role": "user", "parts": [{"text": "Continue."}]},
            {"role": "model", "parts": [
                {"functionCall": {"id": "c1", "name": "f", "args": {"arguments": "[1]"}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "c1", "name": "f", "response": {}}},
                {"text": "stray"},
                {"text": "Go"},
            ]},
        ])
    );
}

#[test]
fn images_files_and_videos_are_data_or_addresses() {
    let part = |part: &str| {
        let members = format!(r#""input":[{{"role":"user","content":[{part}]}}]"#);
        ask(&Gemini::new(), &members).body["contents"][0]["parts"][0].clone()
    };
    let data = |media_type: &str| json!({"inlineData": {"mimeType": media_type, "data": "AA=="}});
    let file =
        |url: &str, media_type: &str| json!({"fileData": {"fileUri": url, "mimeType": media_type}});
    assert_eq!(
        part(r#"{"type":"input_image","image_url":"data:image/png;base64,AA=="}"#),
        data("image/png")
    );
    assert_eq!(
        part(r#"{"type":"input_image","image_url":"https://a.example/a.JPG?b"}"#),
        file("https://a.example/a.JPG?b", "image/jpeg")
    );
    assert_eq!(
        part(r#"{"type":"input_file","filename":"a.csv","file_data":"AA=="}"#),
        data("text/csv")
    );
    assert_eq!(
        part(r#"{"type":"input_file","file_url":"gs://a/a.pdf"}"#),
        file("gs://a/a.pdf", "application/pdf")
    );
    assert_eq!(
        part(r#"{"type":"input_video","video_url":"https://a.example/a"}"#),
        json!({"fileData": {"fileUri": "https://a.example/a"}})
    );
    assert_eq!(
        part(r#"{"type":"input_audio","input_audio":{"format":"wav","data":"AA=="}}"#),
        data("audio/wav")
    );
}

#[test]
fn what_the_api_cannot_read_is_refused_with_its_path() {
    let dialect = Gemini::new();
    let part = |part: &str| format!(r#""input":[{{"role":"user","content":[{part}]}}]"#);
    for (members, path) in [
        (part(r#"{"type":"input_image","image_url":"file:///a.png"}"#), "input[0].content[0].image_url"),
        (part(r#"{"type":"input_file","filename":"a.pdf"}"#), "input[0].content[0].file_url"),
        (part(r#"{"type":"brand_new"}"#), "input[0].content[0]"),
        (r#""input":[{"type":"compaction","encrypted_content":"x"}]"#.to_owned(), "input[0]"),
        (r#""input":[{"role":"system","content":"Only."}]"#.to_owned(), "input"),
        (r#""input":"Hi","tool_choice":"required""#.to_owned(), "tool_choice"),
        (r#""input":"Hi","tools":[{"type":"function","name":"1f"}]"#.to_owned(), "tools[0].name"),
        (r#""input":"Hi","tools":[{"type":"function","name":"f","parameters":{"type":"string"}}]"#.to_owned(), "tools[0].parameters"),
        (r#""input":"Hi","conversation":"conv_1""#.to_owned(), "conversation"),
    ] {
        assert_eq!(refusal(&dialect, &members), path);
    }
    let strict = Gemini::new().extra(ExtraPolicy::Refuse);
    assert_eq!(refusal(&strict, r#""input":"Hi","min_p":1"#), "min_p");
}

#[test]
fn tools_and_the_choice_among_them_are_converted() {
    let tools = r#""input":"Hi","tools":[
        {"type":"function","name":"a","description":"A.","parameters":{"type":"object","properties":{}},"strict":true},
        {"type":"function","name":"b"},
        {"type":"web_search"}
    ]"#;
    let ask = |more: &str| ask(&Gemini::new(), &format!("{tools}{more}"));
    let plain = ask("");
    assert_eq!(plain.warned, ["tools[2]", "tools[0].strict"]);
    let declarations = json!([{"name": "a", "description": "A."}, {"name": "b"}]);
    let expected = json!([{"functionDeclarations": declarations}]);
    assert_eq!(plain.body["tools"], expected);
    assert!(plain.body.get("toolConfig").is_none());
    for (choice, config) in [
        (r#""none""#, json!({"mode": "NONE"})),
        (r#""required""#, json!({"mode": "ANY"})),
        (
            r#"{"type":"function","name":"b"}"#,
            json!({"mode": "ANY", "allowedFunctionNames": ["b"]}),
        ),
    ] {
        let asked = ask(&format!(r#","tool_choice":{choice}"#));
        let found = &asked.body["toolConfig"]["functionCallingConfig"];
        assert_eq!(*found, config);
    }
    let narrowed = ask(
        r#","tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"b"}]},"parallel_tool_calls":false"#,
    );
    let expected = json!([{"functionDeclarations": [{"name": "b"}]}]);
    assert_eq!(narrowed.body["tools"], expected);
    assert_eq!(narrowed.warned, ["tools[2]", "parallel_tool_calls"]);
}

/// The schema that these parameters become, and the paths of the warnings.
fn schema(parameters: &str) -> (Value, Vec<String>) {
    let members = format!(
        r#""input":"Hi","tools":[{{"type":"function","name":"f","parameters":{parameters}}}]"#
    );
    let asked = ask(&Gemini::new(), &members);
    let warned = asked.warned.iter();
    (
        asked.body["tools"][0]["functionDeclarations"][0]["parameters"].clone(),
        warned
            .map(|path| path.trim_start_matches("tools[0].parameters").to_owned())
            .collect(),
    )
}

/// The schema that this property becomes, and the paths of the warnings in it.
fn property(property: &str) -> (Value, Vec<String>) {
    let parameters = format!(r#"{{"type":"object","properties":{{"p":{property}}}}}"#);
    let (schema, warned) = schema(&parameters);
    let warned = warned.iter();
    (
        schema["properties"]["p"].clone(),
        warned
            .map(|path| path.trim_start_matches(".properties.p").to_owned())
            .collect(),
    )
}

#[test]
fn a_schema_is_converted_to_the_subset_that_the_api_has() {
    let (converted, warned) = schema(
        r#"{"$schema":"x","type":"object","additionalProperties":false,"required":["a","z"],"properties":{
            "a":{"type":"string","description":"A.","minLength":1,"format":"date-time"},
            "b":{"type":["integer","null"],"minimum":0},
            "c":{"type":"array","items":{"enum":["x","y"]}}
        }}"#,
    );
    assert_eq!(
        converted,
        json!({"type": "OBJECT", "required": ["a"], "properties": {
            "a": {"type": "STRING", "description": "A.", "minLength": 1, "format": "date-time"},
            "b": {"type": "INTEGER", "minimum": 0, "nullable": true},
            "c": {"type": "ARRAY", "items": {"type": "STRING", "enum": ["x", "y"]}},
        }})
    );
    assert_eq!(warned, [".additionalProperties", ".required[1]"]);
}

#[test]
fn what_the_subset_cannot_say_is_warned_about() {
    for (given, converted, warned) in [
        (
            r#"{"const":"x"}"#,
            json!({"type": "STRING", "enum": ["x"]}),
            vec![],
        ),
        (
            r#"{"type":"integer","enum":[1,2]}"#,
            json!({"type": "INTEGER"}),
            vec![".enum"],
        ),
        (
            r#"{"type":"string","format":"email"}"#,
            json!({"type": "STRING"}),
            vec![".format"],
        ),
        (
            r#"{"type":["string","number"]}"#,
            json!({"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}]}),
            vec![],
        ),
        (
            r#"{"oneOf":[{"type":"string"},{"type":"null"}]}"#,
            json!({"type": "STRING", "nullable": true}),
            vec![],
        ),
        (
            r#"{"anyOf":[{"type":"integer","description":"I.","minimum":1},{"type":"null"}],"description":"D.","default":2}"#,
            json!({"type": "INTEGER", "description": "D.", "minimum": 1, "default": 2, "nullable": true}),
            vec![],
        ),
        (
            r#"{"description":"D.","anyOf":[{"type":"string","description":"S."},{"type":"number"},{"type":"null"}]}"#,
            json!({"anyOf": [
                {"type": "STRING", "description": "S.", "nullable": true},
                {"type": "NUMBER", "description": "D.", "nullable": true},
            ]}),
            vec![],
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},
                "oneOf":[{"required":["a"]},{"required":["b"]}],"x":1}"#,
            json!({"anyOf": [
                {"type": "OBJECT", "required": ["a"], "properties": {"a": {"type": "STRING"}, "b": {"type": "STRING"}}},
                {"type": "OBJECT", "required": ["b"], "properties": {"a": {"type": "STRING"}, "b": {"type": "STRING"}}},
            ]}),
            vec![".x"],
        ),
        (
            r#"{"type":["string","integer"],"description":"D."}"#,
            json!({"anyOf": [{"type": "STRING", "description": "D."}, {"type": "INTEGER", "description": "D."}]}),
            vec![],
        ),
        (
            r#"{"anyOf":[{"type":"null"}],"description":"D."}"#,
            json!({"description": "D.", "nullable": true}),
            vec![],
        ),
        (
            r#"{"enum":["","a",null]}"#,
            json!({"type": "STRING", "enum": ["a"], "nullable": true}),
            vec![".enum"],
        ),
        (r#"{"const":""}"#, json!({"type": "STRING"}), vec![".const"]),
        (
            r#"{"type":"array"}"#,
            json!({"type": "ARRAY", "items": {"type": "STRING"}}),
            vec![".items"],
        ),
        (
            r#"{"type":["array","null","string"],"items":{"type":"integer"}}"#,
            json!({"anyOf": [{"type": "ARRAY", "items": {"type": "INTEGER"}, "nullable": true}, {"type": "STRING", "nullable": true}]}),
            vec![],
        ),
        (
            r#"{"allOf":[{"type":"string","title":"S"}],"title":"T","minLength":1}"#,
            json!({"type": "STRING", "title": "T", "minLength": 1}),
            vec![],
        ),
        (
            r#"{"allOf":[{"type":"string"},{"minLength":1}]}"#,
            json!({"type": "STRING", "minLength": 1}),
            vec![],
        ),
        (
            r#"{"type":"string","allOf":[{"minLength":1},{"minLength":3},{"maxLength":9,"allOf":[{"maxLength":5}]}]}"#,
            json!({"type": "STRING", "minLength": 3, "maxLength": 5}),
            vec![],
        ),
        (
            r#"{"allOf":[{"type":["number","null"]},{"type":"integer"},{"enum":["a","b"]},{"enum":["b","c"]}]}"#,
            json!({"type": "INTEGER", "enum": ["b"]}),
            vec![],
        ),
        (
            r#"{"description":"D.","allOf":[
                {"type":"object","properties":{"a":{"type":"string"},"b":{"minimum":1}},"required":["a"]},
                {"properties":{"b":{"type":"integer","minimum":2},"c":{"type":"boolean"}},"required":["b","a"]},
                true
            ]}"#,
            json!({"type": "OBJECT", "description": "D.", "required": ["a", "b"], "properties": {
                "a": {"type": "STRING"}, "b": {"type": "INTEGER", "minimum": 2}, "c": {"type": "BOOLEAN"}}}),
            vec![],
        ),
        (
            r#"{"allOf":[{"type":"string","pattern":"a"},{"type":"array","pattern":"b"},false]}"#,
            json!({"type": "STRING", "pattern": "a"}),
            vec![".allOf[2]", ".allOf[1].type", ".allOf[1].pattern"],
        ),
        (
            r#"{"type":"number","exclusiveMinimum":0,"multipleOf":2}"#,
            json!({"type": "NUMBER"}),
            vec![".exclusiveMinimum", ".multipleOf"],
        ),
        ("true", json!({}), vec![""]),
    ] {
        let found = property(given);
        assert_eq!(found.0, converted, "{given}");
        assert_eq!(found.1, warned, "{given}");
    }
}

#[test]
fn references_are_replaced_by_what_they_refer_to() {
    let (converted, warned) = schema(
        r##"{"type":"object","$defs":{"n/a":{"type":"string","description":"N."}},"properties":{
            "a":{"$ref":"#/$defs/n~1a"},
            "b":{"$ref":"#/$defs/n~1a","description":"B.","readOnly":true},
            "c":{"$ref":"https://a.example/schema"}
        }}"##,
    );
    assert_eq!(
        converted["properties"],
        json!({
            "a": {"type": "STRING", "description": "N."},
            "b": {"description": "B.", "type": "STRING"},
            "c": {"type": "OBJECT"},
        })
    );
    assert_eq!(warned, [".properties.b.readOnly", ".properties.c.$ref"]);
}

#[test]
fn nothing_stands_beside_alternatives() {
    let (converted, warned) = schema(
        r##"{"type":"object","$defs":{"n":{"anyOf":[{"type":"string"},{"type":"number"}]}},
            "properties":{"a":{"$ref":"#/$defs/n","description":"A."}},
            "anyOf":[{"required":["a"]},{"required":[]}]}"##,
    );
    // The parameters of a function are an object.
    let a = json!({"anyOf": [{"type": "STRING", "description": "A."}, {"type": "NUMBER", "description": "A."}]});
    assert_eq!(converted, json!({"type": "OBJECT", "properties": {"a": a}}));
    assert_eq!(warned, [".anyOf"]);
}

#[test]
fn alternatives_grow_within_bounds() {
    let alternatives = vec![r#"{"type":"string"}"#; 1_000].join(",");
    let text = "x".repeat(100_000);
    let (converted, warned) = property(&format!(
        r#"{{"description":"{text}","anyOf":[{alternatives}]}}"#
    ));
    assert!(converted.to_string().len() < 5 << 20);
    assert_eq!(converted["anyOf"].as_array().unwrap().len(), 1_000);
    assert_eq!(warned, [""]);
}

#[test]
fn references_into_themselves_come_to_an_end() {
    let (converted, warned) = schema(
        r##"{"type":"object","properties":{"a":{"$ref":"#"},"b":{"$ref":"#"},"c":{"$ref":"#"}}}"##,
    );
    assert!(converted.to_string().len() < 100_000);
    assert!(!warned.is_empty());
    let (converted, warned) = schema(
        r##"{"type":"object","properties":{"tree":{"$ref":"#/$defs/tree"},"loop":{"allOf":[{"$ref":"#/$defs/loop"}]}},
        "$defs":{"loop":{"$ref":"#/$defs/loop"},"tree":{"type":"object","properties":{
            "left":{"allOf":[{"$ref":"#/$defs/tree"},{"description":"L."}]},
            "right":{"$ref":"#/$defs/tree","allOf":[{"description":"R."}]}}}}}"##,
    );
    assert!(converted.to_string().len() < 100_000);
    let tree = &converted["properties"]["tree"]["properties"];
    assert_eq!(tree["left"]["description"], "L.");
    assert_eq!(tree["left"]["properties"]["right"]["description"], "R.");
    assert!(!warned.is_empty());
}

#[test]
fn a_schema_grows_by_its_references_within_bounds() {
    let text = "x".repeat(100_000);
    let references: Vec<_> = (0..250)
        .map(|at| format!(r##""p{at}":{{"$ref":"#/$defs/large"}}"##))
        .collect();
    let (converted, warned) = schema(&format!(
        r##"{{"type":"object","$defs":{{"large":{{"type":"string","description":"{text}"}}}},"properties":{{{}}}}}"##,
        references.join(",")
    ));
    assert!(converted.to_string().len() < 5 << 20);
    assert!(!warned.is_empty());
}

#[test]
fn an_effort_is_a_budget_or_a_level() {
    let thinking = |quirks: Quirks, reasoning: &str| {
        let members = format!(r#""input":"Hi","reasoning":{reasoning}"#);
        let asked = ask(&Gemini::new().quirks(quirks), &members);
        (
            asked.body["generationConfig"]["thinkingConfig"].clone(),
            asked.warned,
        )
    };
    let none: Vec<String> = Vec::new();
    let medium = r#"{"effort":"medium","summary":"auto"}"#;
    assert_eq!(
        thinking(Quirks::COMMON, medium),
        (
            json!({"includeThoughts": true, "thinkingBudget": 8_192}),
            none.clone()
        )
    );
    assert_eq!(
        thinking(Quirks::GEMINI_3, medium),
        (
            json!({"includeThoughts": true, "thinkingLevel": "medium"}),
            none.clone()
        )
    );
    assert_eq!(
        thinking(Quirks::COMMON, r#"{"effort":"none"}"#),
        (json!({"thinkingBudget": 0}), none.clone())
    );
    assert_eq!(
        thinking(Quirks::COMMON, r#"{"summary":"auto"}"#),
        (json!({"includeThoughts": true}), none)
    );
}

#[test]
fn settings_are_carried_converted_or_warned_about() {
    let asked = ask(
        &Gemini::new(),
        r#""input":"Hi","temperature":1.5,"top_p":0.5,"max_output_tokens":99,"presence_penalty":1,"frequency_penalty":2,
            "seed":7,"top_k":3,"stop":"END","stream":true,
            "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object","properties":{"a":{"type":"string"}}}},"verbosity":"low"},
            "safetySettings":[],"service_tier":"flex","safety_identifier":"u1","prompt_cache_key":"k","top_logprobs":2,
            "include":["reasoning.encrypted_content","message.output_text.logprobs"],
            "truncation":"auto","store":false,"metadata":{"a":"b"},"min_p":1,
            "providerOptions":{"google":{"cachedContent":"c","generationConfig":{"mediaResolution":"LOW","seed":8}},"other":{}}"#,
    );
    assert_eq!(
        asked.body,
        json!({
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {
                "temperature": 1.5,
                "topP": 0.5,
                "presencePenalty": 1,
                "frequencyPenalty": 2,
                "maxOutputTokens": 99,
                "responseMimeType": "application/json",
                "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
                "seed": 7,
                "topK": 3,
                "stopSequences": ["END"],
                "mediaResolution": "LOW",
            },
            "safetySettings": [],
            "cachedContent": "c",
        })
    );
    assert_eq!(
        asked.warned,
        [
            "providerOptions.google.generationConfig.seed",
            "service_tier",
            "safety_identifier",
            "prompt_cache_key",
            "text.verbosity",
            "top_logprobs",
            "truncation",
            "include[1]",
            "min_p",
            "providerOptions.other",
        ]
    );
    for member in [
        "generation_config.max_output_tokens",
        "generationConfig.maxOutputTokens",
    ] {
        let param = asked.request.origins.find(member);
        assert_eq!(param.as_deref(), Some("max_output_tokens"));
    }
}

#[test]
fn the_path_has_the_model_and_the_key_a_header_of_its_own() {
    let dialect = Gemini::new();
    let expected = "/models/m:streamGenerateContent?alt=sse";
    assert_eq!(ask(&dialect, r#""input":"Hi""#).request.path, expected);
    assert_eq!(dialect.key_header(), "x-goog-api-key");
    assert_eq!(dialect.key_prefix(), "");
    let models = br#"{"models":[{"name":"models/gemini-a"},{"name":"tunedModels/b"}]}"#;
    assert_eq!(dialect.read_models(models), ["gemini-a", "tunedModels/b"]);
}
