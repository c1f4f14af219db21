//! Shapes of legal bodies, each of many small things of one kind. `benches/hot-paths/linear` counts the
//! instructions that they take.

/// A list of `count` elements.
pub(crate) fn list(count: usize, element: impl Fn(usize) -> String) -> String {
    let all: Vec<String> = (0..count).map(element).collect();
    format!("[{}]", all.join(","))
}

/// A name, and a function that makes a body of about so many elements.
pub(crate) type Shape = (&'static str, fn(usize) -> String);

/// A body with this input.
pub(crate) fn with_input(input: &str) -> String {
    format!(r#"{{"model":"m","stream":true,"input":{input}}}"#)
}

/// A body with these members.
pub(crate) fn with(members: &str) -> String {
    format!(r#"{{"model":"m","stream":true,"input":"x",{members}}}"#)
}

/// All shapes.
pub(crate) const SHAPES: &[Shape] = &[
    ("tools", |count| {
        let tool = |n| format!(r#"{{"type":"function","name":"f{n}"}}"#);
        with(&format!(r#""tools":{}"#, list(count, tool)))
    }),
    ("the same tool", |count| {
        let tool = |_| r#"{"type":"function","name":"f"}"#.to_owned();
        with(&format!(r#""tools":{}"#, list(count, tool)))
    }),
    ("vendor tools", |count| {
        let tool = |_| r#"{"type":"x:y"}"#.to_owned();
        with(&format!(r#""tools":{}"#, list(count, tool)))
    }),
    ("messages", |count| {
        with_input(&list(count, |_| r#"{"role":"user","content":""}"#.into()))
    }),
    ("messages of parts", |count| {
        let item =
            r#"{"type":"message","role":"user","content":[{"type":"input_text","text":""}]}"#;
        with_input(&list(count, |_| item.into()))
    }),
    ("parts", |count| {
        let part = |_| r#"{"type":"input_text","text":""}"#.to_owned();
        with_input(&format!(
            r#"[{{"role":"user","content":{}}}]"#,
            list(count, part)
        ))
    }),
    ("annotations", |count| {
        let annotation = |_| {
            r#"{"type":"url_citation","url":"","start_index":0,"end_index":0,"title":""}"#
                .to_owned()
        };
        with_input(&format!(
            r#"[{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"","annotations":{}}}]}}]"#,
            list(count, annotation)
        ))
    }),
    ("summaries", |count| {
        let part = |_| r#"{"type":"summary_text","text":""}"#.to_owned();
        with_input(&format!(
            r#"[{{"type":"reasoning","summary":{}}}]"#,
            list(count, part)
        ))
    }),
    ("calls and outputs", |count| {
        let pair = |n| {
            format!(
                r#"{{"type":"function_call","call_id":"{n}","name":"f","arguments":""}},{{"type":"function_call_output","call_id":"{n}","output":""}}"#
            )
        };
        with_input(&list(count, pair))
    }),
    ("vendor items", |count| {
        with_input(&list(count, |_| r#"{"type":"x:y"}"#.into()))
    }),
    ("unknown members", |count| {
        let members: Vec<String> = (0..count).map(|n| format!(r#""m{n}":0"#)).collect();
        with(&members.join(","))
    }),
    ("unknown members of items", |count| {
        with_input(&list(count, |_| {
            r#"{"role":"user","content":"","x":0}"#.into()
        }))
    }),
    ("references", |count| {
        with_input(&list(count.min(900), |n| format!(r#"{{"id":"{n}"}}"#)))
    }),
    ("the same reference", |count| {
        with_input(&list(count, |_| r#"{"id":"a"}"#.into()))
    }),
    ("unknown parts", |count| {
        let part = |_| r#"{"type":"x"}"#.to_owned();
        with_input(&format!(
            r#"[{{"role":"user","content":{}}}]"#,
            list(count, part)
        ))
    }),
    ("vendor parts", |count| {
        let part = |_| r#"{"type":"x:y"}"#.to_owned();
        with_input(&format!(
            r#"[{{"role":"user","content":{}}}]"#,
            list(count, part)
        ))
    }),
    ("parts of outputs", |count| {
        let part = |_| r#"{"type":"input_text","text":""}"#.to_owned();
        with_input(&format!(
            r#"[{{"type":"function_call","call_id":"1","name":"f","arguments":""}},{{"type":"function_call_output","call_id":"1","output":{}}}]"#,
            list(count, part)
        ))
    }),
    ("unknown items", |count| {
        with_input(&list(count, |_| r#"{"type":"x"}"#.into()))
    }),
    ("messages without parts", |count| {
        with_input(&list(count, |_| r#"{"role":"user","content":[]}"#.into()))
    }),
    ("empty reasoning", |count| {
        with_input(&list(count, |_| {
            r#"{"type":"reasoning","summary":[]}"#.into()
        }))
    }),
    ("compactions", |count| {
        with_input(&list(count, |_| {
            r#"{"type":"compaction","encrypted_content":""}"#.into()
        }))
    }),
    ("vendor annotations", |count| {
        let annotation = |_| r#"{"type":"x:y"}"#.to_owned();
        with_input(&format!(
            r#"[{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"","annotations":{}}}]}}]"#,
            list(count, annotation)
        ))
    }),
    ("log probabilities", |count| {
        let one = |_| r#"{"token":"","logprob":0,"bytes":[],"top_logprobs":[]}"#.to_owned();
        with_input(&format!(
            r#"[{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":"","logprobs":{}}}]}}]"#,
            list(count, one)
        ))
    }),
    ("includes", |count| {
        let one = |_| r#""a""#.to_owned();
        with(&format!(r#""include":{}"#, list(count, one)))
    }),
    ("members of parts", |count| {
        let part = |_| r#"{"type":"input_text","text":"","":0}"#.to_owned();
        with_input(&format!(
            r#"[{{"role":"user","content":{}}}]"#,
            list(count, part)
        ))
    }),
    ("nesting", |count| {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let values = list(count / 100 + 1, |_| deep.clone());
        with(&format!(
            r#""tools":[{{"type":"function","name":"f","parameters":{{"x":{values}}}}}]"#
        ))
    }),
    ("small values", |count| {
        let values = list(count, |_| r#"{"":0}"#.into());
        with(&format!(r#""x:y":{values}"#))
    }),
    ("escapes", |count| {
        with_input(&format!("\"{}\"", r"\u00e9\n".repeat(count)))
    }),
    ("text", |count| {
        with_input(&format!("\"{}\"", "x".repeat(10 * count)))
    }),
    ("metadata", |count| {
        let value = "\\n".repeat(512);
        let members: Vec<String> = (0..16).map(|n| format!(r#""k{n}":"{value}""#)).collect();
        let pad = " ".repeat(count);
        with(&format!(
            r#""metadata":{{{}}},{pad}"x":0"#,
            members.join(",")
        ))
    }),
];
