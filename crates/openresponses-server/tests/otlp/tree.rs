//! Exported spans as a tree of text.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

/// Prints the spans below the one whose parent is `parent`, each by its name, kind and error.
pub(crate) fn tree(spans: &[Span], parent: &[u8]) -> String {
    let mut out = String::new();
    print(spans, parent, 0, &mut out);
    out
}

fn print(spans: &[Span], parent: &[u8], depth: usize, out: &mut String) {
    let mut children: Vec<_> = spans
        .iter()
        .filter(|it| it.parent_span_id == parent)
        .collect();
    children.sort_by_key(|span| span.start_time_unix_nano);
    for span in children {
        let kind = match span.kind() {
            SpanKind::Server => "server",
            SpanKind::Client => "client",
            _ => "internal",
        };
        out.push_str(&format!("{}{} ({kind})", "  ".repeat(depth), span.name));
        if let Some(error) = text(span, "error.type") {
            out.push_str(&format!(" error.type={error}"));
        }
        if is_error(span) {
            out.push_str(" ERROR");
        }
        out.push('\n');
        print(spans, &span.span_id, depth + 1, out);
    }
}

pub(crate) fn is_error(span: &Span) -> bool {
    span.status
        .as_ref()
        .is_some_and(|it| it.code() == StatusCode::Error)
}

/// Returns the value of an attribute.
pub(crate) fn value(span: &Span, key: &str) -> Option<Value> {
    let attribute = span.attributes.iter().find(|it| it.key == key)?;
    attribute.value.clone()?.value
}

/// Returns the text of an attribute, or of its single element.
pub(crate) fn text(span: &Span, key: &str) -> Option<String> {
    match value(span, key)? {
        Value::StringValue(text) => Some(text),
        Value::ArrayValue(list) => match &list.values.first()?.value {
            Some(Value::StringValue(text)) if list.values.len() == 1 => Some(format!("[{text}]")),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn integer(span: &Span, key: &str) -> Option<i64> {
    match value(span, key)? {
        Value::IntValue(number) => Some(number),
        _ => None,
    }
}

/// Returns the only span of a name.
pub(crate) fn named<'s>(spans: &'s [Span], name: &str) -> &'s Span {
    let mut found = spans.iter().filter(|span| span.name == name);
    let first = found.next();
    assert!(found.next().is_none(), "{name} is there twice");
    first.unwrap_or_else(|| {
        let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
        panic!("no {name} in {names:?}")
    })
}
