//! The facts that an OpenAPI file states.

use alloc::collections::BTreeSet;
use alloc::string::String;

use serde_json::{Map, Value};

/// All facts of the file. An unknown keyword is a fact, too, so it cannot be overlooked.
pub(super) fn facts(openapi: &Value) -> BTreeSet<String> {
    let mut facts = Facts {
        openapi,
        found: BTreeSet::new(),
    };
    for (name, schema) in members(openapi.pointer("/components/schemas")) {
        facts.state(name, "is there");
        facts.schema(name, schema);
    }
    for (path, item) in members(openapi.get("paths")) {
        facts.path(path, item);
    }
    facts.found
}

fn members(object: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    object
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
}

fn elements(array: &Value) -> impl Iterator<Item = &Value> {
    array.as_array().into_iter().flatten()
}

struct Facts<'a> {
    openapi: &'a Value,
    found: BTreeSet<String>,
}

impl<'a> Facts<'a> {
    fn state(&mut self, of: &str, fact: &str) {
        self.found.insert(alloc::format!("{of} {fact}"));
    }

    /// What is sent to and from a path, as JSON and as events.
    fn path(&mut self, path: &str, item: &'a Value) {
        for (name, message) in members(item.get("x-openresponses-websocket")) {
            if message.is_object() {
                let prefix = alloc::format!("{path} {name}");
                self.state(&prefix, "is there");
                self.schema(&prefix, message);
            }
        }
        for (pointer, media, role) in [
            ("/post/requestBody/content", "application/json", "request"),
            (
                "/post/responses/200/content",
                "application/json",
                "response",
            ),
            ("/post/responses/200/content", "text/event-stream", "event"),
        ] {
            let schema = item
                .pointer(pointer)
                .and_then(|content| content.get(media)?.get("schema"));
            if let Some(schema) = schema {
                let prefix = alloc::format!("POST {path} {role}");
                self.state(&prefix, "is there");
                self.schema(&prefix, schema);
            }
        }
    }

    fn schema(&mut self, prefix: &str, schema: &'a Value) {
        if schema.get("x-openresponses-disallowed") == Some(&Value::Bool(true)) {
            // Its limits contradict each other on purpose.
            return self.state(prefix, "disallowed");
        }
        for (keyword, value) in members(Some(schema)) {
            self.keyword(prefix, keyword, value);
        }
    }

    fn keyword(&mut self, prefix: &str, keyword: &str, value: &'a Value) {
        match keyword {
            "description" | "title" | "example" | "default" | "discriminator" => {}
            "x-enumDescriptions" | "x-unionDisplay" | "x-unionTitle" => {}
            "x-openresponses-added-in" => {}
            "$ref" => self.reference(prefix, value.as_str().unwrap_or_default()),
            "type" => self.state(prefix, value.as_str().unwrap_or_default()),
            "enum" => {
                for value in elements(value) {
                    self.state(prefix, &alloc::format!("may be {value}"));
                }
            }
            "required" => {
                for name in elements(value) {
                    let name = name.as_str().unwrap_or_default();
                    self.state(&alloc::format!("{prefix}.{name}"), "required");
                }
            }
            "properties" => {
                for (name, schema) in members(Some(value)) {
                    let prefix = alloc::format!("{prefix}.{name}");
                    self.state(&prefix, "is there");
                    self.schema(&prefix, schema);
                }
            }
            "items" => self.schema(&alloc::format!("{prefix}[]"), value),
            // Unknown members are legal everywhere.
            "additionalProperties" if value.is_boolean() => {}
            "additionalProperties" => self.schema(&alloc::format!("{prefix}.*"), value),
            "allOf" | "anyOf" | "oneOf" => {
                for schema in elements(value) {
                    self.schema(prefix, schema);
                }
            }
            _ => self.state(prefix, &alloc::format!("{keyword} {value}")),
        }
    }

    fn reference(&mut self, prefix: &str, reference: &str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let pointer = reference.trim_start_matches('#');
        let target = self.openapi.pointer(pointer).unwrap_or(&Value::Null);
        let is_choice = target.get("type").is_none()
            && (target.get("oneOf").is_some() || target.get("anyOf").is_some());
        if is_choice {
            // A choice is what it is a choice of.
            self.schema(prefix, target);
        } else {
            self.state(prefix, &alloc::format!("is {name}"));
        }
    }
}
