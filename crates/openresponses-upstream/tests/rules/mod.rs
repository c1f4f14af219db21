//! What makes a request valid for a server, from its public documentation.

pub(crate) mod anthropic;
pub(crate) mod chat;
pub(crate) mod gemini;

use serde_json::Value;

/// Every member of the object is one of these.
fn known(value: &Value, names: &[&str]) {
    for name in value.as_object().unwrap().keys() {
        assert!(names.contains(&name.as_str()), "{name} in {value}");
    }
}

/// The elements of a list, none where there is no list.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is_name(name: &str, others: &[u8], most: usize) -> bool {
    let is_byte = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
    (1..=most).contains(&name.len()) && name.bytes().all(is_byte)
}
