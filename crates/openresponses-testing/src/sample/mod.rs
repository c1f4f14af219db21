//! A JSON value that satisfies a schema.

mod array;
mod collect;
mod format;
mod number;
mod object;
mod pattern;
mod rules;
mod sampler;
mod string;
mod value;

use openresponses_types::json::RawJson;

use sampler::Sampler;

/// A small JSON value that satisfies `schema`, compact, always the same one: what the
/// [`EmbeddedModel`](super::EmbeddedModel) answers with when it is asked for JSON.
///
/// | of the schema | in the sample |
/// |---|---|
/// | `const`, `enum` | the value, the first value that the other keywords allow |
/// | `type` | the first that is not `null` |
/// | `anyOf`, `oneOf` | the first branch that is not `null` and can be satisfied |
/// | `allOf`, keywords beside `$ref` or `anyOf` | all of them hold |
/// | local `$ref` | what it stands for; a recursion ends at its second round |
/// | objects | the members of `required`, in the order of `properties`, and as many more as `minProperties` demands |
/// | arrays | one element, or `minItems`; distinct ones for `uniqueItems` |
/// | strings | `example`, or one that has the `format`, the `pattern` or the length asked for |
/// | numbers | 1, or the nearest that the bounds and `multipleOf` allow |
/// | booleans | `true` |
///
/// `not`, `dependentSchemas`, remote references and patterns with assertions are not understood. The
/// work is bounded, whatever the schema: where no value was found in time, or none can be, the
/// sample is `{}`.
///
/// ```
/// use openresponses_testing::sample;
/// use openresponses_types::json::RawJson;
///
/// let schema = RawJson::parse(r#"{
///     "type": "object",
///     "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}},
///     "required": ["city", "days"]
/// }"#)?;
/// assert_eq!(sample(&schema).get(), r#"{"city":"example","days":3}"#);
/// # Ok::<(), openresponses_types::json::SyntaxError>(())
/// ```
#[must_use]
pub fn sample(schema: &RawJson) -> RawJson {
    let found = Sampler::sample(schema, false);
    found
        .and_then(|text| RawJson::parse(&text).ok())
        .unwrap_or_else(RawJson::empty_object)
}

/// A JSON object that satisfies `schema`, as arguments of a function must be.
pub(super) fn sample_object(schema: Option<&RawJson>) -> String {
    schema
        .and_then(|schema| Sampler::sample(schema, true))
        .unwrap_or_else(|| "{}".into())
}
