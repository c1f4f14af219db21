//! Requests of many small things. Work for each pair of them would take minutes.

use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{Dialect, ExtraPolicy, UpstreamRequest};

use crate::support::turn;

const COUNT: usize = 60_000;

fn each(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect::<Vec<_>>().join(",")
}

/// Translates a request that calls a function with this schema to Gemini's API.
fn with_schema(schema: &str) -> UpstreamRequest {
    let tool = format!(r#"{{"type":"function","name":"f","parameters":{schema}}}"#);
    let turn = turn(&format!(r#""input":"Hello","tools":[{tool}]"#));
    Gemini::new().request(&turn).unwrap()
}

#[test]
fn options_of_a_provider_are_as_many_as_the_client_likes() {
    let members = each(COUNT, |n| format!(r#""k{n:06}":0"#));
    let turn = turn(&format!(
        r#""input":"Hello","providerOptions":{{"p":{{{members}}}}}"#
    ));
    let request = Chat::new().provider("p").request(&turn).unwrap();
    let body = std::str::from_utf8(&request.body).unwrap();
    assert!(body.contains(&members));
}

#[test]
fn unknown_members_are_as_many_as_the_client_likes() {
    let members = each(COUNT, |n| format!(r#""k{n:06}":0"#));
    let turn = turn(&format!(r#""input":"Hello",{members}"#));
    let dialect = Responses::new().extra(ExtraPolicy::Forward);
    let request = dialect.request(&turn).unwrap();
    let body = std::str::from_utf8(&request.body).unwrap();
    assert!(body.contains(&members));
}

#[test]
fn settings_of_a_generation_are_as_many_as_the_client_likes() {
    let members = each(COUNT, |n| format!(r#""k{n:06}":0"#));
    let turn = turn(&format!(
        r#""input":"Hello","providerOptions":{{"p":{{"generationConfig":{{{members}}}}}}}"#
    ));
    let request = Gemini::new().provider("p").request(&turn).unwrap();
    let body = std::str::from_utf8(&request.body).unwrap();
    assert!(body.contains(&members));
}

#[test]
fn properties_and_the_required_ones_are_as_many_as_the_client_likes() {
    let properties = each(COUNT, |n| format!(r#""a{n}":{{}}"#));
    let required = each(COUNT, |n| format!(r#""a{n}""#));
    let request = with_schema(&format!(
        r#"{{"type":"object","properties":{{{properties}}},"required":[{required}]}}"#
    ));
    let body = std::str::from_utf8(&request.body).unwrap();
    assert!(body.contains(&required));
    assert_eq!(request.warnings, []);
}

#[test]
fn keywords_that_are_merged_are_as_many_as_the_client_likes() {
    let keywords = each(COUNT, |n| format!(r#""k{n}":0"#));
    let request = with_schema(&format!(r#"{{"type":"object","allOf":[{{{keywords}}}]}}"#));
    assert_eq!(request.warnings.len(), COUNT);
}

#[test]
fn lists_that_are_merged_are_as_long_as_the_client_likes() {
    let names = |first| each(COUNT / 2, |n| format!(r#""a{}""#, first + n));
    let values = |first| each(COUNT / 2, |n| format!(r#""v{}""#, first + n));
    let part = |first: usize| {
        let properties = each(COUNT / 2, |n| format!(r#""a{}":{{}}"#, first + n));
        format!(
            r#"{{"properties":{{{properties},"e":{{"enum":[{}]}}}},"required":[{}]}}"#,
            values(first),
            names(first)
        )
    };
    let request = with_schema(&format!(
        r#"{{"type":"object","allOf":[{},{}]}}"#,
        part(0),
        part(COUNT / 4)
    ));
    let body = std::str::from_utf8(&request.body).unwrap();
    // What both allow, and what either asks for.
    let common = each(COUNT / 4, |n| format!(r#""v{}""#, COUNT / 4 + n));
    assert!(body.contains(&format!(r#""enum":[{common}]"#)));
    let required = each(COUNT * 3 / 4, |n| format!(r#""a{n}""#));
    assert!(body.contains(&format!(r#""required":[{required}]"#)));
}

#[test]
fn warnings_that_repeat_are_found_among_many() {
    let keywords = each(COUNT / 3, |n| format!(r#""k{n}":0"#));
    let request = with_schema(&format!(
        r#"{{"type":"object","properties":{{"a":{{"type":["object","array"],"properties":{{"b":{{{keywords}}}}}}}}}}}"#
    ));
    let of_keywords = request.warnings.iter();
    let of_keywords = of_keywords.filter(|warning| warning.path.to_string().contains(".b.k"));
    assert_eq!(of_keywords.count(), COUNT / 3);
}

#[test]
fn references_are_as_many_as_the_client_likes() {
    let definitions = each(COUNT, |n| format!(r#""d{n}":{{"type":"string"}}"#));
    let properties = each(COUNT, |n| format!(r##""a{n}":{{"$ref":"#/$defs/d{n}"}}"##));
    let request = with_schema(&format!(
        r#"{{"type":"object","properties":{{{properties}}},"$defs":{{{definitions}}}}}"#
    ));
    let body = std::str::from_utf8(&request.body).unwrap();
    assert!(body.contains(r#""a255":{"type":"STRING"},"a256":{"type":"OBJECT"}"#));
}

#[test]
fn calls_of_functions_in_namespaces_are_as_many_as_the_client_likes() {
    let functions = each(COUNT / 5, |n| {
        format!(r#"{{"type":"function","name":"f{n}"}}"#)
    });
    let calls = each(COUNT / 5, |n| {
        format!(
            r#"{{"type":"function_call","call_id":"c{n}","name":"f{n}","namespace":"files","arguments":"{{}}"}}"#
        )
    });
    let turn = turn(&format!(
        r#""input":[{{"role":"user","content":"Hello"}},{calls}],"tools":[{{"type":"namespace","name":"files","tools":[{functions}]}}]"#
    ));
    let request = Chat::new().request(&turn).unwrap();
    let warnings = request.warnings.iter();
    assert!(
        !warnings
            .map(|it| it.path.to_string())
            .any(|path| path.ends_with("namespace"))
    );
}
