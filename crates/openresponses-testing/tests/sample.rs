//! Samples satisfy their schemas, and the work is bounded for every schema.

#![allow(clippy::unwrap_used)]

use openresponses_testing::sample;
use openresponses_types::json::RawJson;
use serde_json::{Value, json};

/// Validates the sample of `schema`.
#[track_caller]
fn checked(schema: &Value) -> Value {
    let text = sample(&RawJson::from_serialize(schema).unwrap());
    let value: Value = serde_json::from_str(text.get()).unwrap();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&value)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{schema} got {value}: {faults:?}");
    value
}

#[test]
fn the_rules_one_by_one() {
    let cases = [
        (json!({"enum": ["b", "a"]}), json!("b")),
        (json!({"const": {"x": [1, null]}}), json!({"x": [1, null]})),
        (json!({"type": "string"}), json!("example")),
        (json!({"type": "string", "maxLength": 3}), json!("exa")),
        (
            json!({"type": "string", "minLength": 9}),
            json!("exampleex"),
        ),
        (json!({"type": "integer"}), json!(1)),
        (json!({"type": "number", "minimum": 2.5}), json!(2.5)),
        (json!({"type": "integer", "exclusiveMinimum": 4}), json!(5)),
        (json!({"type": "integer", "multipleOf": 5}), json!(5)),
        (json!({"type": "number", "maximum": -0.5}), json!(-0.5)),
        (json!({"type": "boolean"}), json!(true)),
        (json!({"type": "null"}), json!(null)),
        (json!({"type": ["null", "string"]}), json!("example")),
        (
            json!({"type": "array", "items": {"type": "boolean"}}),
            json!([true]),
        ),
        (
            json!({"type": "array", "minItems": 2, "items": {"type": "integer"}}),
            json!([1, 1]),
        ),
        (json!({"type": "array", "maxItems": 0}), json!([])),
        (
            json!({"type": "array", "uniqueItems": true, "minItems": 3, "items": {"enum": [3, 2, 1]}}),
            json!([3, 2, 1]),
        ),
        (
            json!({"type": "array", "minItems": 2, "prefixItems": [{"type": "integer"}, {"type": "boolean"}], "items": false}),
            json!([1, true]),
        ),
        (
            json!({"anyOf": [{"type": "null"}, {"type": "integer"}]}),
            json!(1),
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}),
            json!("example"),
        ),
        (
            json!({"type": "object", "properties": {"b": {"type": "integer"}, "a": {}, "c": {"type": "null"}}, "required": ["a", "b"]}),
            json!({"b": 1, "a": "example"}),
        ),
        (json!({"type": "object"}), json!({})),
        (json!({}), json!({})),
        (json!(true), json!({})),
        (
            json!({"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"a": {"minimum": 7}}}]}),
            json!({"a": 7}),
        ),
        (
            json!({"$defs": {"P": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}}, "$ref": "#/$defs/P", "description": "d"}),
            json!({"x": 1}),
        ),
        (
            json!({"type": "object", "properties": {"n": {"$ref": "#/definitions/a~1b%20c"}}, "required": ["n"], "definitions": {"a/b c": {"const": 5}}}),
            json!({"n": 5}),
        ),
        (
            json!({"type": "object", "minProperties": 2, "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "boolean"}}),
            json!({"a": 1, "example": true}),
        ),
        (
            json!({"if": {"properties": {"k": {"const": "x"}}, "required": ["k"]}, "then": {"required": ["v"]}, "type": "object"}),
            json!({"k": "x", "v": "example"}),
        ),
    ];
    for (schema, expected) in cases {
        assert_eq!(checked(&schema), expected, "{schema}");
    }
}

#[test]
fn is_compact_and_in_the_order_of_the_properties() {
    let schema = r#"{"type":"object","properties":{"z":{"enum":[ { "k" : [ 1.50 , "a b" ] } ]},"a":{"type":"string"}},"required":["a","z"]}"#;
    let text = sample(&RawJson::parse(schema).unwrap());
    assert_eq!(text.get(), r#"{"z":{"k":[1.50,"a b"]},"a":"example"}"#);
}

#[test]
fn strings_of_every_format() {
    for format in [
        "date",
        "date-time",
        "time",
        "duration",
        "email",
        "idn-email",
        "hostname",
        "idn-hostname",
        "uri",
        "iri",
        "uri-reference",
        "iri-reference",
        "uri-template",
        "uuid",
        "ipv4",
        "ipv6",
        "json-pointer",
        "relative-json-pointer",
        "regex",
        "unknown-format",
    ] {
        checked(&json!({"type": "string", "format": format}));
        checked(&json!({
            "type": "array", "items": {"type": "string", "format": format},
            "minItems": 3, "uniqueItems": true,
        }));
    }
    checked(&json!({"type": "string", "format": "email", "maxLength": 7}));
    checked(&json!({"type": "string", "format": "uri", "minLength": 40}));
    checked(&json!({"type": "string", "format": "email", "minLength": 30, "maxLength": 40}));
}

#[test]
fn patterns() {
    for pattern in [
        "^[a-z]{3}-\\d+$",
        "^(?:https?|ftp)://[^/]+/$",
        "^[A-Z][a-z]*( [A-Z][a-z]*)*$",
        "^\\S+@\\S+$",
        "^#([0-9a-f]{3}|[0-9a-f]{6})$",
        "v\\d+\\.\\d+",
        "^$",
        "^[\\w.-]+$",
        "^.{5,}$",
    ] {
        checked(&json!({"type": "string", "pattern": pattern}));
    }
    checked(&json!({"type": "string", "pattern": "^[a-z]+$", "minLength": 12}));
    // The pattern matches the known format.
    checked(&json!({
        "type": "string", "format": "email",
        "pattern": "^(?!\\.)(?!.*\\.\\.)([A-Za-z0-9_'+\\-\\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\\-]*\\.)+[A-Za-z]{2,}$",
    }));
}

/// Schemas as generated by client libraries.
#[test]
fn schemas_of_clients() {
    checked(&json!({
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
        "properties": {
            "name": {"type": "string"}, "date": {"type": "string"},
            "participants": {"type": "array", "items": {"type": "string"}},
            "kind": {"type": "string", "enum": ["meeting", "party"]}, "n": {"type": "number"},
            "nested": {
                "type": "object",
                "properties": {"ok": {"type": "boolean"}, "maybe": {"type": ["string", "null"]}},
                "required": ["ok", "maybe"], "additionalProperties": false,
            },
        },
        "required": ["name", "date", "participants", "kind", "n", "nested"],
        "additionalProperties": false,
    }));
    checked(&json!({
        "$defs": {"Nested": {
            "additionalProperties": false, "title": "Nested", "type": "object",
            "properties": {
                "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Maybe"},
                "ok": {"title": "Ok", "type": "boolean"},
            },
            "required": ["ok", "maybe"],
        }},
        "type": "object", "title": "Event", "additionalProperties": false,
        "properties": {"n": {"type": "integer"}, "nested": {"$ref": "#/$defs/Nested"}},
        "required": ["n", "nested"],
    }));
    checked(&json!({
        "type": "object", "additionalProperties": false, "required": ["city", "days"],
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer", "minimum": -9007199254740991i64, "maximum": 9007199254740991i64},
        },
    }));
    let tagged = json!({
        "type": "object", "required": ["shape"], "properties": {"shape": {"oneOf": [
            {"type": "object", "properties": {"kind": {"const": "circle"}, "r": {"type": "number", "exclusiveMinimum": 0}}, "required": ["kind", "r"]},
            {"type": "object", "properties": {"kind": {"const": "square"}, "a": {"type": "number"}}, "required": ["kind", "a"]},
        ]}},
    });
    assert_eq!(
        checked(&tagged),
        json!({"shape": {"kind": "circle", "r": 1}})
    );
}

#[test]
fn recursive_schemas_end() {
    let list = json!({
        "$defs": {"Node": {
            "type": "object", "required": ["value", "next"],
            "properties": {
                "value": {"type": "integer"},
                "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
            },
        }},
        "$ref": "#/$defs/Node",
    });
    assert_eq!(
        checked(&list),
        json!({"value": 1, "next": {"value": 1, "next": null}})
    );
    let tree = json!({
        "type": "object", "required": ["children"],
        "properties": {"children": {"type": "array", "items": {"$ref": "#"}}},
    });
    assert_eq!(checked(&tree), json!({"children": [{"children": []}]}));
    checked(&json!({
        "$defs": {
            "Expr": {"oneOf": [{"$ref": "#/$defs/Binary"}, {"$ref": "#/$defs/Literal"}]},
            "Binary": {
                "type": "object", "required": ["op", "left", "right"], "additionalProperties": false,
                "properties": {"op": {"enum": ["+", "-"]}, "left": {"$ref": "#/$defs/Expr"}, "right": {"$ref": "#/$defs/Expr"}},
            },
            "Literal": {"type": "object", "required": ["value"], "additionalProperties": false, "properties": {"value": {"type": "number"}}},
        },
        "$ref": "#/$defs/Expr",
    }));
    // Many mutually recursive types.
    let names: Vec<String> = (0..20).map(|n| format!("T{n}")).collect();
    let properties: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| {
            let inner = json!({"anyOf": [{"$ref": format!("#/$defs/{name}")}, {"type": "null"}]});
            (name.clone(), inner)
        })
        .collect();
    let definitions: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| {
            let inner = json!({"type": "object", "properties": properties, "required": names});
            (name.clone(), inner)
        })
        .collect();
    checked(&json!({"$defs": definitions, "$ref": "#/$defs/T0"}));
}

#[test]
fn schemas_without_a_value_get_an_empty_object() {
    for schema in [
        json!(false),
        json!({"type": "object", "properties": {"a": false}, "required": ["a"]}),
        json!({"type": "string", "minLength": 5, "maxLength": 4}),
        json!({"type": "string", "minLength": 1e18}),
        json!({"type": "array", "minItems": 1e18, "items": {}}),
        json!({"type": "object", "minProperties": 1e18}),
        json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}),
        json!({"allOf": [{"type": "string"}, {"type": "integer"}]}),
        json!({"enum": []}),
        json!({"enum": ["a"], "type": "integer"}),
    ] {
        let text = sample(&RawJson::from_serialize(&schema).unwrap());
        assert_eq!(text.get(), "{}", "{schema}");
    }
}

#[test]
fn broken_schemas_are_answered() {
    for schema in [
        json!(7),
        json!("x"),
        json!([]),
        json!({"type": 7, "required": "a", "properties": [], "enum": 3, "items": "x", "anyOf": {}}),
        json!({"$ref": "https://example.com/schema.json"}),
        json!({"$ref": "#/nowhere/99"}),
        json!({"$ref": "#"}),
        json!({"$ref": 7, "type": "object"}),
        json!({"minLength": -1, "maxLength": 1e300, "type": "string"}),
        json!({"multipleOf": 0, "minimum": 1e308, "type": "number"}),
        json!({"type": "number", "multipleOf": 1e-300, "minimum": 1e300}),
        json!({"type": "string", "pattern": "(((((("}),
    ] {
        let text = sample(&RawJson::from_serialize(&schema).unwrap());
        assert!(
            serde_json::from_str::<Value>(text.get()).is_ok(),
            "{schema}"
        );
    }
}

/// Each of these would exhaust time, memory or stack without limits.
#[test]
fn hostile_schemas_are_answered() {
    let mut doubling = serde_json::Map::new();
    for n in 0..60 {
        let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
        let inner = json!({"type": "array", "minItems": 10, "items": next});
        doubling.insert(format!("d{n}"), inner);
    }
    doubling.insert("d60".into(), json!({"type": "string"}));
    let laughs = json!({"$defs": doubling, "$ref": "#/$defs/d0"});

    let mut chain = serde_json::Map::new();
    for n in 0..20_000 {
        chain.insert(
            format!("c{n}"),
            json!({"$ref": format!("#/$defs/c{}", n + 1)}),
        );
    }
    let chain = json!({"$defs": chain, "$ref": "#/$defs/c0"});

    let choices: Vec<Value> = (0..200)
        .map(|n| json!({"anyOf": [{"multipleOf": n + 1}, {"minimum": n}, {"maximum": -n}]}))
        .collect();
    let choices =
        json!({"type": "integer", "exclusiveMaximum": 5, "exclusiveMinimum": 4, "allOf": choices});

    let nothing: Vec<Value> = (0..40).map(|_| json!({"anyOf": [{}, {}, {}]})).collect();
    let backtracking = json!({"allOf": nothing, "type": "string", "minLength": 2, "maxLength": 1});

    let names: Vec<String> = (0..50_000).map(|n| format!("n{n}")).collect();
    let wide =
        json!({"type": "object", "required": names, "additionalProperties": {"$ref": "#/$defs/x"}});

    let mut deep = json!({"type": "string"});
    for _ in 0..60 {
        deep = json!({"type": "object", "properties": {"a": deep}, "required": ["a"]});
    }
    let mut all_of = json!({"type": "string"});
    for _ in 0..60 {
        all_of = json!({"allOf": [all_of]});
    }
    assert_eq!(
        sample(&RawJson::from_serialize(&deep).unwrap())
            .get()
            .matches("\"a\"")
            .count(),
        60
    );
    for schema in [laughs, chain, choices, backtracking, wide, deep, all_of] {
        let schema = RawJson::from_serialize(&schema).unwrap();
        // The stack size of a worker thread of an async runtime.
        let answered = std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(move || sample(&schema))
            .unwrap()
            .join();
        assert!(answered.unwrap().get().len() < 16 << 20);
    }
}

/// The work is counted, not timed: allocations and their bytes.
#[test]
fn the_work_of_a_sample_is_bounded() {
    let values: Vec<String> = (0..700).map(|n| format!("{n:03}")).collect();
    let many = |items: Value| json!({"type": "array", "minItems": 9_999, "uniqueItems": true, "items": items});
    let lists: Vec<Value> = (0..8).map(|_| json!({"enum": values})).collect();
    let steps: Vec<Value> = (1..400).map(|n| json!({"multipleOf": n})).collect();
    for (name, items) in [
        ("enum", json!({"enum": values})),
        ("enums", json!({"allOf": lists})),
        (
            "multiples",
            json!({"type": "number", "allOf": steps, "minimum": 1e300}),
        ),
        (
            "pattern",
            json!({"pattern": "(a?){1,64}", "minLength": 1_024}),
        ),
        ("format", json!({"format": "uri", "minLength": 200})),
        ("numbers", json!({"type": "integer"})),
    ] {
        let schema = RawJson::from_serialize(&many(items)).unwrap();
        let cost = allocation_counter::measure(|| drop(sample(&schema)));
        assert!(cost.count_total < 3_000_000, "{name}: {cost:?}");
        assert!(cost.bytes_total < 1 << 30, "{name}: {cost:?}");
    }
}
