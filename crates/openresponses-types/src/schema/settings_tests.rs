//! The list of settings against the tables of rules, and each setting on its way from the request
//! to the response.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::diagnostics::Profile;
use crate::json::RawJson;
use crate::normalize::Normalizer;
use crate::request::{CREATE, CreateRequest, settings};
use crate::response::RESPONSE;
use crate::rules::{Object, Value};

macro_rules! names {
    ($(
        response { $( $(#[$own_doc:meta])* $own:ident: $own_type:ty = $own_value:expr; )* }
        settings { $(
            $(#[$doc:meta])*
            $name:ident: $wire:ty => $turn:ty, $way:ident $(($($args:tt)*))?;
        )* }
    )*) => {
        const SETTINGS: &[&str] = &[$($( stringify!($name), )*)*];
        const OF_RESPONSES: &[&str] = &[$($( stringify!($own), )*)*];
    };
}

settings!(names);

/// What a request has beside the settings: none of it is echoed.
const OF_REQUESTS: &[&str] = &["model", "input", "include", "stream", "stream_options"];

/// Values of several kinds, at least one of which is no default.
fn samples(value: &Value) -> Vec<String> {
    let text = |value: &&str| format!("\"{value}\"");
    match value {
        Value::Boolean => ["true", "false"].map(String::from).into(),
        Value::String(_) => ["\"x\"".to_string()].into(),
        Value::Integer { max, .. } => [max.unwrap_or(77).to_string()].into(),
        Value::Number { .. } => ["0.25".to_string()].into(),
        Value::Enum(set) | Value::EnumOr(set, _) => set.values.iter().map(text).collect(),
        Value::Map(_) => ["{\"k\":\"v\"}".to_string()].into(),
        Value::Array(array) => {
            let elements = samples(&array.items).into_iter();
            elements.map(|element| format!("[{element}]")).collect()
        }
        Value::Union(union) => {
            let branches = union.branches.iter();
            branches.flat_map(|branch| objects(branch.object)).collect()
        }
        Value::Object(object) => objects(object),
        other => panic!("no sample of {}", super::words::expected(other)),
    }
}

/// An object for each sample of each optional member, with all required ones.
fn objects(object: &Object) -> Vec<String> {
    let member = |name: &str, value: &str| format!("\"{name}\":{value}");
    let required: Vec<String> = object
        .all()
        .filter(|(_, of)| of.required)
        .map(|(_, of)| match of.value {
            Value::Constant(value) => member(of.name, &format!("\"{value}\"")),
            ref value => member(of.name, &samples(value)[0]),
        })
        .collect();
    let mut all: Vec<String> = Vec::new();
    for (_, of) in object.all().filter(|(_, of)| !of.required) {
        if matches!(of.value, Value::Enum(_)) {
            for sample in samples(&of.value) {
                let mut members = required.clone();
                members.push(member(of.name, &sample));
                all.push(format!("{{{}}}", members.join(",")));
            }
        }
    }
    all.push(format!("{{{}}}", required.join(",")));
    all
}

/// The response to a request that has `member` beside what is required.
fn answered(member: &str) -> RawJson {
    let comma = if member.is_empty() { "" } else { "," };
    let body = format!(r#"{{"model":"m","input":"x"{comma}{member}}}"#);
    let request = CreateRequest::from_json(body.as_bytes()).unwrap();
    let turn = Normalizer::new(Profile::Strict).turn(request).unwrap();
    RawJson::parse(&turn.response("resp_1", 1).to_json()).unwrap()
}

fn member(response: &RawJson, name: &str) -> String {
    let mut value = response.reader().member(name).unwrap();
    value.raw().to_string()
}

#[test]
fn each_setting_reaches_the_turn_and_the_response() {
    let default = answered("");
    for name in SETTINGS {
        let (_, _, rule) = CREATE.find(name).unwrap();
        let changed = samples(&rule.value).into_iter().any(|sample| {
            let response = answered(&format!("\"{name}\":{sample}"));
            member(&response, name) != member(&default, name)
        });
        assert!(changed, "{name} is not echoed");
    }
}

#[test]
fn each_setting_has_a_rule_for_requests_and_one_for_responses() {
    for name in SETTINGS {
        assert!(CREATE.find(name).is_some(), "{name} of a request");
        assert!(RESPONSE.find(name).is_some(), "{name} of a response");
    }
    for name in OF_RESPONSES {
        assert!(RESPONSE.find(name).is_some(), "{name} of a response");
    }
    // The other way round: each rule is that of a member which the types have.
    for (_, rule) in CREATE.all().filter(|(_, rule)| !rule.beyond) {
        let listed = SETTINGS.contains(&rule.name) || OF_REQUESTS.contains(&rule.name);
        assert!(listed, "{} of a request", rule.name);
    }
    for (_, rule) in RESPONSE.all() {
        let required = ["id", "object", "created_at", "model"].contains(&rule.name);
        let listed = SETTINGS.contains(&rule.name) || OF_RESPONSES.contains(&rule.name);
        assert!(required || listed, "{} of a response", rule.name);
    }
}
