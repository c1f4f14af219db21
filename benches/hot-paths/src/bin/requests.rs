//! Translates requests of growing [sizes] for upstreams, for callgrind, which counts the calls of `counted`.

use std::process::ExitCode;

use bytes::Bytes;
use openresponses_hot_paths::sizes;
use openresponses_types::normalize::Normalizer;
use openresponses_types::{CreateRequest, Profile, Turn};
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{Dialect, ExtraPolicy};

#[path = "../../../../crates/openresponses-tower/tests/shapes/list.rs"]
mod list;

use list::{SHAPES, Shape, list, with, with_input};

/// Members of an object.
fn members(count: usize, value: impl Fn(usize) -> String) -> String {
    let all: Vec<_> = (0..count)
        .map(|n| format!(r#""k{n}":{}"#, value(n)))
        .collect();
    format!("{{{}}}", all.join(","))
}

fn empty(_: usize) -> String {
    "{}".into()
}

/// A body with a tool whose parameters are an object with these keywords.
fn with_schema(keywords: &str) -> String {
    with(&format!(
        r#""tools":[{{"type":"function","name":"f","parameters":{{"type":"object",{keywords}}}}}]"#
    ))
}

/// What only the translation for an upstream looks into.
const OF_UPSTREAMS: &[Shape] = &[
    ("options of a provider", |count| {
        let options = members(count, |_| "0".into());
        with(&format!(r#""providerOptions":{{"p":{options}}}"#))
    }),
    ("settings of a generation", |count| {
        let options = members(count, |_| "0".into());
        with(&format!(
            r#""providerOptions":{{"p":{{"generationConfig":{options}}}}}"#
        ))
    }),
    ("options of other providers", |count| {
        with(&format!(r#""providerOptions":{}"#, members(count, empty)))
    }),
    ("functions in a namespace and their calls", |count| {
        let function = |n| format!(r#"{{"type":"function","name":"f{n}"}}"#);
        let call = |n| {
            format!(
                r#"{{"type":"function_call","call_id":"c{n}","name":"f{n}","namespace":"n","arguments":"{{}}"}},{{"type":"function_call_output","call_id":"c{n}","output":""}}"#
            )
        };
        let (functions, calls) = (list(count, function), list(count, call));
        format!(
            r#"{{"model":"m","input":{calls},"tools":[{{"type":"namespace","name":"n","tools":{functions}}}]}}"#
        )
    }),
    ("namespaces", |count| {
        let namespace = |n| {
            format!(
                r#"{{"type":"namespace","name":"n{n}","tools":[{{"type":"function","name":"f"}}]}}"#
            )
        };
        with(&format!(r#""tools":{}"#, list(count, namespace)))
    }),
    ("custom tools and their calls", |count| {
        let tool = |n| format!(r#"{{"type":"custom","name":"f{n}"}}"#);
        let call = |n| {
            format!(
                r#"{{"type":"custom_tool_call","call_id":"c{n}","name":"f{n}","input":""}},{{"type":"custom_tool_call_output","call_id":"c{n}","output":""}}"#
            )
        };
        let (tools, calls) = (list(count, tool), list(count, call));
        format!(r#"{{"model":"m","input":{calls},"tools":{tools}}}"#)
    }),
    ("tools that items declare", |count| {
        let tool = |n| {
            format!(
                r#"{{"type":"additional_tools","tools":[{{"type":"function","name":"f{n}"}}]}},{{"role":"user","content":"w"}}"#
            )
        };
        with_input(&list(count, tool))
    }),
    ("allowed tools", |count| {
        let tool = |n| format!(r#"{{"type":"function","name":"f{n}"}}"#);
        let tools = list(count, tool);
        with(&format!(
            r#""tools":{tools},"tool_choice":{{"type":"allowed_tools","mode":"auto","tools":{tools}}}"#
        ))
    }),
    ("outputs in another order than their calls", |count| {
        let call = |n| {
            format!(r#"{{"type":"function_call","call_id":"c{n}","name":"f","arguments":"{{}}"}}"#)
        };
        let output = |n| {
            let n = count - n - 1;
            format!(r#"{{"type":"function_call_output","call_id":"c{n}","output":""}}"#)
        };
        let (calls, outputs) = (list(count, call), list(count, output));
        let (calls, outputs) = (&calls[..calls.len() - 1], &outputs[1..]);
        with_input(&format!(
            r#"{calls},{{"role":"user","content":"w"}},{outputs}"#
        ))
    }),
    ("calls with one id", |count| {
        let call = |_| {
            r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":""}"#.to_owned()
        };
        with_input(&list(count, call))
    }),
    ("turns", |count| {
        with_input(&list(count, |_| {
            r#"{"role":"user","content":"w"},{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"w"}]},{"role":"assistant","content":"w"}"#.into()
        }))
    }),
    ("messages of the system", |count| {
        with_input(&list(count, |_| {
            r#"{"role":"system","content":"w"},{"role":"user","content":"w"}"#.into()
        }))
    }),
    ("texts of outputs", |count| {
        let texts = list(count, |_| r#"{"type":"input_text","text":"w"}"#.into());
        with_input(&format!(
            r#"[{{"type":"function_call","call_id":"c","name":"f","arguments":"{{}}"}},{{"type":"function_call_output","call_id":"c","output":{texts}}}]"#
        ))
    }),
    ("properties", |count| {
        with_schema(&format!(r#""properties":{}"#, members(count, empty)))
    }),
    ("required properties", |count| {
        let required = list(count, |n| format!(r#""k{n}""#));
        with_schema(&format!(
            r#""properties":{},"required":{required}"#,
            members(count, empty)
        ))
    }),
    ("keywords", |count| {
        let keywords = members(count, |_| "0".into());
        with_schema(&format!(r#""properties":{{"a":{keywords}}}"#))
    }),
    ("keywords of merged schemas", |count| {
        let keywords = members(count, |_| "0".into());
        with_schema(&format!(r#""allOf":[{keywords},{keywords}]"#))
    }),
    ("merged properties", |count| {
        let properties = members(count, |n| format!(r#"{{"minLength":{n}}}"#));
        let others = members(count, |n| format!(r#"{{"minLength":{n},"maxLength":9}}"#));
        with_schema(&format!(
            r#""allOf":[{{"properties":{properties}}},{{"properties":{others}}}]"#
        ))
    }),
    ("merged lists", |count| {
        let values = |first: usize| list(count, |n| format!(r#""k{}""#, first + n));
        let part = |first| {
            let values = values(first);
            format!(r#"{{"properties":{{"a":{{"enum":{values}}}}},"required":{values}}}"#)
        };
        with_schema(&format!(r#""allOf":[{},{}]"#, part(0), part(count / 2)))
    }),
    ("merged schemas", |count| {
        let part = |n| format!(r#"{{"properties":{{"a":{{"minLength":{n}}}}}}}"#);
        with_schema(&format!(r#""allOf":{}"#, list(count, part)))
    }),
    ("alternatives", |count| {
        let part = |n| format!(r#"{{"type":"string","minLength":{n}}}"#);
        with_schema(&format!(
            r#""properties":{{"a":{{"description":"d","anyOf":{}}}}}"#,
            list(count, part)
        ))
    }),
    ("types of alternatives", |count| {
        let keywords = members(count, |_| "0".into());
        with_schema(&format!(
            r#""properties":{{"a":{{"type":["object","array"],"properties":{{"b":{keywords}}}}}}}"#
        ))
    }),
    ("references in schemas", |count| {
        let definitions = members(count, |_| r#"{"type":"string"}"#.into());
        let properties = members(count, |n| format!(r##"{{"$ref":"#/$defs/k{n}"}}"##));
        with_schema(&format!(
            r#""properties":{properties},"$defs":{definitions}"#
        ))
    }),
    ("nested schemas", |count| {
        let inner = list(count, |n| format!(r#""k{n}""#));
        let schema = (0..20).fold(format!(r#"{{"enum":{inner}}}"#), |inner, _| {
            format!(r#"{{"type":"object","properties":{{"a":{inner}}}}}"#)
        });
        with_schema(&format!(r#""properties":{{"a":{schema}}}"#))
    }),
    ("a schema of the answer", |count| {
        let properties = members(count, empty);
        let required = list(count, |n| format!(r#""k{n}""#));
        with(&format!(
            r#""text":{{"format":{{"type":"json_schema","name":"s","schema":{{"type":"object","properties":{properties},"required":{required}}}}}}}"#
        ))
    }),
];

/// Each dialect with what makes it look at most.
fn dialects() -> [(&'static str, Box<dyn Dialect>); 4] {
    let all = ExtraPolicy::Forward;
    [
        ("chat", Box::new(Chat::new().provider("p").extra(all))),
        (
            "anthropic",
            Box::new(Anthropic::new().provider("p").extra(all)),
        ),
        ("gemini", Box::new(Gemini::new().provider("p").extra(all))),
        (
            "responses",
            Box::new(Responses::new().provider("p").extra(all)),
        ),
    ]
}

/// Translates a turn, or refuses it. Returns 200 as a status either way: a dialect does not take every shape.
#[inline(never)]
fn counted(dialect: &dyn Dialect, turn: &Turn) -> u16 {
    let translated = dialect.request(turn);
    std::hint::black_box(&translated);
    200
}

/// The turn of a request.
fn turn(body: &Bytes) -> Option<Turn> {
    let request = CreateRequest::from_json(body).ok()?;
    Normalizer::new(Profile::Compatible).turn(request).ok()
}

fn main() -> ExitCode {
    let dialects = dialects();
    let shapes = dialects.iter().flat_map(|(of, dialect)| {
        let shapes = SHAPES.iter().chain(OF_UPSTREAMS);
        shapes.map(move |&(name, shape)| (format!("{of}: {name}"), shape, dialect))
    });
    sizes::run(shapes, |body, dialect| {
        turn(&body).map_or(0, |turn| counted(&***dialect, &turn))
    })
}
