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
pub(crate) use sampler::{OverBudget, Work};

/// Returns a small, compact, deterministic JSON value that satisfies `schema`. The
/// [`EmbeddedModel`](super::EmbeddedModel) answers requests for JSON with it.
///
/// | of the schema | in the sample |
/// |---|---|
/// | `const`, `enum` | the value, the first value that the other keywords allow |
/// | `type` | the first that is not `null` |
/// | `anyOf`, `oneOf` | the first branch that is not `null` and can be satisfied |
/// | `allOf`, keywords beside `$ref` or `anyOf` | all of them hold |
/// | local `$ref` | its target; a recursion ends in its second round |
/// | objects | the members of `required`, in the order of `properties`, and further ones up to `minProperties` |
/// | arrays | one element, or `minItems`; distinct ones for `uniqueItems` |
/// | strings | `example`, or one with the required `format`, `pattern` or length |
/// | numbers | 1, or the nearest that the bounds and `multipleOf` allow |
/// | booleans | `true` |
///
/// `not`, `dependentSchemas`, remote references and patterns with assertions are not supported. The
/// work is bounded for any schema: if no value is found within the bounds, the sample is `{}`.
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
    let text = sample_within(schema, Work::ALL).ok();
    text.and_then(|text| RawJson::parse(&text).ok())
        .unwrap_or_else(RawJson::empty_object)
}

/// The text of a [`sample`], if it takes no more than `work`.
pub(super) fn sample_within(schema: &RawJson, work: Work) -> Result<String, OverBudget> {
    let found = Sampler::sample(schema, false, work)?;
    let found = found.filter(|text| RawJson::parse(text).is_ok());
    Ok(found.unwrap_or_else(|| "{}".into()))
}

/// A JSON object that satisfies `schema`, as arguments of a function must be, if it takes no more than
/// `work`.
pub(super) fn sample_object(schema: Option<&RawJson>, work: Work) -> Result<String, OverBudget> {
    let found = schema.map(|schema| Sampler::sample(schema, true, work));
    Ok(found.transpose()?.flatten().unwrap_or_else(|| "{}".into()))
}
