//! Documents of servers that leave members out, or write them in another type.
//!
//! "All fields not marked nullable MUST have a value. Use zero values where applicable" (Spec:
//! "Items are streamable"). The tables know which members those are and what their zero is, so
//! missing members are filled in and no data of a server is dropped: a number in place of a string
//! becomes its digits, an object becomes its text.

use alloc::string::{String, ToString};

use crate::json::{RawJson, Reader, ValueKind, write_string};
use crate::rules::{Array, Branch, Enum, Member, Object, Open, Union, Value};
use crate::wire::integer;

/// Maximum depth; deeper values are kept unchanged.
const DEPTH: usize = 32;

/// Changes made to a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mended {
    /// Members that were missing or null were filled in.
    pub(crate) filled: bool,
    /// Values were written in the type that they should have.
    pub(crate) retyped: bool,
    /// Objects were given the `type` that their members imply.
    pub(crate) typed: bool,
}

impl Mended {
    /// Returns true if the document was unchanged.
    pub(crate) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// Writes the next value of `reader` to `out` as `schema` would have it.
pub(crate) fn mend(reader: &mut Reader<'_>, schema: &Value, out: &mut String) -> Mended {
    let mut mender = Mender {
        out,
        mended: Mended::default(),
        depth: 0,
    };
    mender.value(reader, schema);
    mender.mended
}

struct Mender<'o> {
    out: &'o mut String,
    mended: Mended,
    depth: usize,
}

impl Mender<'_> {
    fn value(&mut self, reader: &mut Reader<'_>, schema: &Value) {
        if self.depth >= DEPTH {
            self.raw(reader);
            return;
        }
        self.depth += 1;
        match schema {
            Value::Object(object) => self.object(reader, object),
            Value::Union(union) => self.union(reader, union),
            Value::Array(array) => self.array(reader, array),
            Value::TextOr(_, array) if reader.kind() == ValueKind::Array => {
                self.array(reader, array);
            }
            Value::String(_) | Value::TextOr(..) => self.string(reader),
            Value::Enum(set) => self.enumerated(reader, set),
            Value::Constant(value) => {
                self.constant(reader, value);
            }
            Value::Integer { min, .. } => self.integer(reader, *min),
            Value::Number { .. } if reader.kind() != ValueKind::Number => self.zero(reader, "0"),
            Value::Boolean if reader.kind() != ValueKind::Boolean => self.zero(reader, "false"),
            Value::Relaxed { compatible, .. } => self.value(reader, compatible),
            Value::Number { .. }
            | Value::Boolean
            | Value::Any
            | Value::Opaque
            | Value::Null
            | Value::Forbidden
            | Value::Instead { .. }
            | Value::Map(_)
            | Value::EnumOr(..)
            | Value::Habit { .. } => self.raw(reader),
        }
        self.depth -= 1;
    }

    fn raw(&mut self, reader: &mut Reader<'_>) {
        self.out.push_str(reader.raw());
    }

    fn quoted(&mut self, text: &str) {
        // Writing into a string cannot fail.
        let _ = write_string(self.out, text);
    }

    fn zero(&mut self, reader: &mut Reader<'_>, zero: &str) {
        self.note(reader.kind());
        reader.skip();
        self.out.push_str(zero);
    }

    /// A value that was replaced: null counts as missing.
    fn note(&mut self, kind: ValueKind) {
        if kind == ValueKind::Null {
            self.mended.filled = true;
        } else {
            self.mended.retyped = true;
        }
    }

    fn string(&mut self, reader: &mut Reader<'_>) {
        match reader.kind() {
            ValueKind::String => self.raw(reader),
            ValueKind::Null => self.zero(reader, "\"\""),
            _ => {
                self.mended.retyped = true;
                let text = reader.raw();
                self.quoted(text);
            }
        }
    }

    fn integer(&mut self, reader: &mut Reader<'_>, min: Option<i64>) {
        let legal = |text: &str| integer(text).filter(|value| min.is_none_or(|min| *value >= min));
        let mut copy = *reader;
        let value = match reader.kind() {
            ValueKind::Number => {
                if copy.number().and_then(legal).is_some() {
                    return self.raw(reader);
                }
                None
            }
            // Printed anew: a number may not be written as `01` or `+1`.
            ValueKind::String => copy.string().and_then(|text| legal(&text)),
            _ => None,
        };
        self.zero(reader, &value.unwrap_or(0).to_string());
    }

    fn constant(&mut self, reader: &mut Reader<'_>, value: &str) {
        let mut copy = *reader;
        if copy.string().as_deref() == Some(value) {
            self.raw(reader);
        } else {
            self.note(reader.kind());
            reader.skip();
            self.quoted(value);
        }
    }

    /// A value of a closed set; one that is cut off (`complete`) is the one that it begins.
    fn enumerated(&mut self, reader: &mut Reader<'_>, set: &Enum) {
        let mut copy = *reader;
        let got = copy.string().unwrap_or_default();
        let begun = |value: &&&str| !got.is_empty() && value.starts_with(&*got);
        let begun = set.values.iter().find(begun).copied();
        let is_known = set.values.contains(&&*got)
            || set.by_text.contains(&&*got)
            || match set.open {
                Open::No => false,
                Open::To(more, _) => more.contains(&&*got),
                Open::Any(_) => begun.is_none() && !got.is_empty(),
            };
        if is_known {
            return self.raw(reader);
        }
        self.note(reader.kind());
        reader.skip();
        self.quoted(begun.unwrap_or_else(|| zero_of(set)));
    }

    fn array(&mut self, reader: &mut Reader<'_>, array: &Array) {
        if reader.kind() != ValueKind::Array {
            return self.zero(reader, "[]");
        }
        self.out.push('[');
        let mut elements = reader.enter_array();
        let mut first = true;
        while reader.next_element(&mut elements) {
            if !core::mem::take(&mut first) {
                self.out.push(',');
            }
            self.value(reader, &array.items);
        }
        self.out.push(']');
    }

    fn union(&mut self, reader: &mut Reader<'_>, union: &Union) {
        if reader.kind() != ValueKind::Object {
            return self.raw(reader);
        }
        let relaxed = || union.relaxed.iter().map(|(branch, _)| branch);
        let all = || union.branches.iter().chain(relaxed());
        let type_name = reader.member("type").and_then(|mut value| value.string());
        let branch = match &type_name {
            Some(name) => all().find(|branch| branch.tag == *name),
            None => {
                let found = likeliest(reader, all());
                self.mended.typed |= found.is_some();
                found
            }
        };
        match branch {
            Some(branch) => self.object(reader, branch.object),
            None if type_name.as_deref().is_some_and(is_extension) => match union.extension {
                Some(object) => self.object(reader, object),
                None => self.raw(reader),
            },
            None => self.raw(reader),
        }
    }

    fn object(&mut self, reader: &mut Reader<'_>, object: &Object) {
        let is_object = reader.kind() == ValueKind::Object;
        if !is_object {
            self.note(reader.kind());
        }
        let mut missing: alloc::vec::Vec<&Member> = object
            .all()
            .map(|(_, member)| member)
            .filter(|member| member.required)
            .collect();
        let start = self.out.len();
        self.out.push('{');
        if is_object {
            let mut members = reader.enter_object();
            while let Some(name) = reader.next_member(&mut members) {
                missing.retain(|member| member.name != name);
                self.member(reader, &name, object, start);
            }
        } else {
            reader.skip();
        }
        for member in missing {
            self.key(member.name, start);
            let null = RawJson::checked("null");
            if member.name == "type" {
                self.missing_type(&mut null.reader(), &member.value);
                continue;
            }
            self.mended.filled = true;
            match member.nullable {
                true => self.out.push_str("null"),
                false => self.value(&mut null.reader(), &member.value),
            }
        }
        self.out.push('}');
    }

    fn member(&mut self, reader: &mut Reader<'_>, name: &str, object: &Object, start: usize) {
        let Some((_, _, member)) = object.find(name) else {
            self.key(name, start);
            return self.raw(reader);
        };
        if reader.kind() == ValueKind::Null {
            if member.nullable {
                self.key(name, start);
                return self.raw(reader);
            }
            if !member.required && !matches!(member.value, Value::Array(_)) {
                // Left out: absent and null say the same. A list is empty.
                self.mended.filled = true;
                return reader.skip();
            }
        }
        self.key(name, start);
        if member.nullable && !is_of_kind(reader.kind(), &member.value) {
            self.mended.retyped = true;
            reader.skip();
            return self.out.push_str("null");
        }
        match name == "type" && reader.kind() == ValueKind::Null {
            true => self.missing_type(reader, &member.value),
            false => self.value(reader, &member.value),
        }
    }

    /// The type that an object lacks. That of an object in another one is a repair of its own.
    fn missing_type(&mut self, null: &mut Reader<'_>, schema: &Value) {
        let before = self.mended;
        self.value(null, schema);
        if self.depth > 1 {
            self.mended = before;
            self.mended.typed = true;
        }
    }

    fn key(&mut self, name: &str, start: usize) {
        if self.out.len() > start + 1 {
            self.out.push(',');
        }
        self.quoted(name);
        self.out.push(':');
    }
}

/// The most neutral value of a set.
fn zero_of(set: &Enum) -> &'static str {
    ["in_progress", "assistant"]
        .into_iter()
        .find(|zero| set.values.contains(zero))
        .or_else(|| set.values.first().copied())
        .unwrap_or_default()
}

/// Returns true if a value of this kind may match the schema.
fn is_of_kind(kind: ValueKind, schema: &Value) -> bool {
    match schema {
        Value::Object(_) | Value::Union(_) | Value::Map(_) | Value::Opaque => {
            kind == ValueKind::Object
        }
        Value::Array(_) => kind == ValueKind::Array,
        Value::TextOr(..) => matches!(kind, ValueKind::String | ValueKind::Array),
        // Digits keep the number's value.
        Value::String(_) | Value::Enum(_) | Value::Constant(_) => {
            matches!(kind, ValueKind::String | ValueKind::Number)
        }
        Value::Integer { .. } => matches!(kind, ValueKind::String | ValueKind::Number),
        Value::Number { .. } => kind == ValueKind::Number,
        Value::Boolean => kind == ValueKind::Boolean,
        Value::Null => kind == ValueKind::Null,
        Value::Any
        | Value::Forbidden
        | Value::Instead { .. }
        | Value::EnumOr(..)
        | Value::Relaxed { .. }
        | Value::Habit { .. } => true,
    }
}

/// The object that a value without a type has most of the required members of.
fn likeliest<'b>(
    reader: &Reader<'_>,
    branches: impl Iterator<Item = &'b Branch>,
) -> Option<&'b Branch> {
    const COMMON: [&str; 3] = ["type", "id", "status"];
    let known_members = |branch: &Branch| {
        let required = branch.object.all().filter(|(_, member)| member.required);
        required
            .filter(|(_, member)| !COMMON.contains(&member.name))
            .filter(|(_, member)| reader.member(member.name).is_some())
            .count()
    };
    let mut best: Option<(usize, &Branch)> = None;
    for branch in branches {
        let known = known_members(branch);
        if known > best.map_or(0, |(most, _)| most) {
            best = Some((known, branch));
        }
    }
    best.map(|(_, branch)| branch)
}

fn is_extension(type_name: &str) -> bool {
    crate::wire::ExtensionType::is(type_name)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::item::ITEM_FIELD;
    use crate::json::Document;
    use crate::response::RESPONSE;

    fn mended(json: &str, schema: &Value) -> (String, Mended) {
        let document = Document::parse(json.as_bytes()).unwrap();
        let mut out = String::new();
        let mended = mend(&mut document.reader(), schema, &mut out);
        (out, mended)
    }

    fn item(json: &str) -> String {
        mended(json, &Value::Union(&ITEM_FIELD)).0
    }

    #[test]
    fn a_document_as_it_should_be_is_copied() {
        let json = r#"{"type":"message","id":"m","status":"completed","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[],"logprobs":[],"x":1.50}]}"#;
        assert_eq!(
            mended(json, &Value::Union(&ITEM_FIELD)),
            (json.into(), Mended::default())
        );
    }

    #[test]
    fn missing_members_get_their_zero() {
        assert_eq!(
            item(
                r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a","annotations":null}]}"#
            ),
            r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]}],"id":"","status":"in_progress"}"#
        );
    }

    #[test]
    fn an_object_without_a_type_gets_the_one_that_its_members_tell() {
        assert_eq!(
            item(r#"{"id":"f","call_id":"c","name":"n","arguments":{"a":1},"status":"complete"}"#),
            r#"{"id":"f","call_id":"c","name":"n","arguments":"{\"a\":1}","status":"completed","type":"function_call"}"#
        );
    }

    #[test]
    fn a_part_that_lacks_its_type_lacks_nothing_else() {
        for part in [r#"{"text":"a""#, r#"{"type":null,"text":"a""#] {
            let json = format!(
                r#"{{"type":"message","id":"m","status":"completed","role":"assistant","content":[{part},"annotations":[],"logprobs":[]}}]}}"#
            );
            let (_, mended) = mended(&json, &Value::Union(&ITEM_FIELD));
            let typed = Mended {
                typed: true,
                ..Mended::default()
            };
            assert_eq!(mended, typed, "{json}");
        }
    }

    #[test]
    fn an_integer_in_a_string_is_printed_as_json_has_it() {
        for (text, expected) in [
            ("01", "1"),
            ("+1", "1"),
            ("5.", "5"),
            ("1e2", "100"),
            ("-0", "0"),
            ("x", "0"),
        ] {
            let usage = format!(r#"{{"usage":{{"input_tokens":"{text}"}}}}"#);
            let (response, _) = mended(&usage, &Value::Object(&RESPONSE));
            let expected = format!(r#""input_tokens":{expected},"#);
            assert!(response.contains(&expected), "{response}");
            assert!(Document::parse(response.as_bytes()).is_ok(), "{response}");
        }
    }

    #[test]
    fn optional_nulls_are_left_out_and_nullable_values_of_another_type_become_null() {
        assert_eq!(
            item(r#"{"type":"reasoning","id":"r","summary":[],"encrypted_content":null}"#),
            r#"{"type":"reasoning","id":"r","summary":[]}"#
        );
        let (response, _) = mended(
            r#"{"instructions":[],"error":{"code":500,"message":"m"},"usage":{"input_tokens":"3"}}"#,
            &Value::Object(&RESPONSE),
        );
        assert!(response.starts_with(
            r#"{"instructions":null,"error":{"code":"500","message":"m"},"usage":{"input_tokens":3,"output_tokens":0"#
        ));
        assert!(crate::Response::from_json(response.as_bytes()).is_ok());
    }
}
