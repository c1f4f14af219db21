//! The facts that the tables hold.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};

use super::registry::{Named, SCHEMAS};
use crate::rules::{Array, Enum, Map, NAME_PATTERN, Object, StringLimits, Union, Value};

/// All facts of all tables.
pub(super) fn facts() -> BTreeSet<String> {
    let mut facts = Facts(BTreeSet::new());
    for named in SCHEMAS.iter().copied().flatten() {
        match named {
            Named::Object(object) => {
                facts.state(object.name, "is there");
                facts.object(object.name, object);
            }
            Named::Branches(branches) => {
                for branch in *branches {
                    facts.state(branch.object.name, "is there");
                    facts.object(branch.object.name, branch.object);
                }
            }
            Named::Enum(set) => {
                facts.state(set.name, "is there");
                facts.values(set.name, set);
            }
            Named::Union(union) => {
                facts.state(union.name, "is there");
                facts.union(union.name, union);
            }
            Named::Map(map) => {
                facts.state(map.name, "is there");
                facts.map(map.name, map);
            }
            Named::Value(name, value) => {
                facts.state(name, "is there");
                facts.value(name, value);
            }
        }
    }
    facts.0
}

struct Facts(BTreeSet<String>);

impl Facts {
    fn state(&mut self, of: &str, fact: &str) {
        self.0.insert(alloc::format!("{of} {fact}"));
    }

    fn object(&mut self, prefix: &str, object: &Object) {
        self.state(prefix, "object");
        for member in object.members.iter().filter(|member| !member.beyond) {
            let prefix = alloc::format!("{prefix}.{}", member.name);
            self.state(&prefix, "is there");
            if member.required {
                self.state(&prefix, "required");
            }
            if member.nullable {
                self.state(&prefix, "null");
            }
            self.value(&prefix, &member.value);
        }
        if let Some(base) = object.base {
            self.state(prefix, &alloc::format!("is {}", base.name));
        }
    }

    fn value(&mut self, prefix: &str, value: &Value) {
        match value {
            Value::Any | Value::Instead { .. } | Value::Habit { .. } => {}
            Value::Opaque => self.state(prefix, "object"),
            Value::Null => self.state(prefix, "null"),
            Value::Forbidden => self.state(prefix, "disallowed"),
            Value::Boolean => self.state(prefix, "boolean"),
            Value::String(text) => self.text(prefix, *text),
            Value::Constant(value) => {
                self.state(prefix, "string");
                self.state(prefix, &alloc::format!("may be {value:?}"));
            }
            Value::Enum(set) if set.name.is_empty() => self.values(prefix, set),
            Value::Enum(set) => self.state(prefix, &alloc::format!("is {}", set.name)),
            Value::Integer { min, max } => {
                self.state(prefix, "integer");
                self.limit(prefix, "minimum", min.as_ref());
                self.limit(prefix, "maximum", max.as_ref());
            }
            Value::Number { min, max } => {
                self.state(prefix, "number");
                self.limit(prefix, "minimum", min.as_ref());
                self.limit(prefix, "maximum", max.as_ref());
            }
            // A name with a dot is internal, for a nested object.
            Value::Object(object) if object.name.contains('.') => self.object(prefix, object),
            Value::Object(object) => self.state(prefix, &alloc::format!("is {}", object.name)),
            Value::Map(map) if map.name.is_empty() => self.map(prefix, map),
            Value::Map(map) => self.state(prefix, &alloc::format!("is {}", map.name)),
            Value::Array(array) => self.array(prefix, array),
            Value::TextOr(text, array) => {
                self.text(prefix, *text);
                self.array(prefix, array);
            }
            Value::EnumOr(set, union) => {
                self.value(prefix, &Value::Enum(set));
                self.union(prefix, union);
            }
            Value::Union(union) => self.union(prefix, union),
            Value::Relaxed { strict, .. } => self.value(prefix, strict),
        }
    }

    fn limit<T: ToString>(&mut self, prefix: &str, keyword: &str, limit: Option<&T>) {
        if let Some(limit) = limit {
            self.state(prefix, &alloc::format!("{keyword} {}", limit.to_string()));
        }
    }

    fn text(&mut self, prefix: &str, text: StringLimits) {
        self.state(prefix, "string");
        if text.min > 0 {
            self.limit(prefix, "minLength", Some(&text.min));
        }
        self.limit(prefix, "maxLength", text.max.as_ref());
        if text.pattern {
            self.state(prefix, &alloc::format!("pattern {NAME_PATTERN:?}"));
        }
    }

    fn values(&mut self, prefix: &str, set: &Enum) {
        self.state(prefix, "string");
        for value in set.values {
            self.state(prefix, &alloc::format!("may be {value:?}"));
        }
    }

    fn map(&mut self, prefix: &str, map: &Map) {
        self.state(prefix, "object");
        self.limit(prefix, "maxProperties", map.max_members.as_ref());
        self.limit(prefix, "propertyNames.maxLength", map.max_name.as_ref());
        self.value(&alloc::format!("{prefix}.*"), &map.value);
    }

    fn array(&mut self, prefix: &str, array: &Array) {
        self.state(prefix, "array");
        if array.min > 0 {
            self.limit(prefix, "minItems", Some(&array.min));
        }
        self.limit(prefix, "maxItems", array.max.as_ref());
        self.value(&alloc::format!("{prefix}[]"), &array.items);
    }

    fn union(&mut self, prefix: &str, union: &Union) {
        for branch in union.branches {
            self.state(prefix, &alloc::format!("is {}", branch.object.name));
        }
    }
}
