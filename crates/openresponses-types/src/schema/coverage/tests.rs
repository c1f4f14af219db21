use super::*;

fn openapi(version: &str) -> String {
    let file = alloc::format!(
        "{}/tests/spec/{version}/openapi.json",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read_to_string(file).unwrap()
}

fn stated_by(version: &str) -> alloc::collections::BTreeSet<String> {
    stated::facts(&serde_json::from_str(&openapi(version)).unwrap())
}

#[test]
fn every_fact_of_the_specification_is_known() {
    let coverage = schema_coverage(&openapi("2026-04-24")).unwrap();
    assert_eq!(coverage.unknown, Vec::<String>::new());
    assert!(coverage.total > 1000, "{}", coverage.total);
}
/// Rules of the tables beyond the OpenAPI file, with reasons.
#[test]
fn what_goes_beyond_the_schema_is_listed() {
    // Rules that stand in the text or in a description.
    let text = [
        "CreateResponseBody.temperature maximum 2",
        "CreateResponseBody.temperature minimum 0",
        "CreateResponseBody.top_p maximum 1",
        "CreateResponseBody.top_p minimum 0",
        "JsonSchemaResponseFormatParam.name maxLength 64",
        "JsonSchemaResponseFormatParam.name pattern \"^[a-zA-Z0-9_-]+$\"",
        "MetadataParam propertyNames.maxLength 64",
        // Any value is legal, null is one.
        "ResponseResource.metadata null",
    ];
    // Counts and indices start from 0, and are kept as unsigned numbers.
    let is_count = |fact: &str| {
        fact.strip_suffix(" minimum 0").is_some_and(|member| {
            member.ends_with("_index") || member.ends_with("_tokens") || member.ends_with("_number")
        })
    };
    let beyond: Vec<String> = known::facts()
        .difference(&stated_by("2026-04-24"))
        .filter(|fact| !is_count(fact))
        .cloned()
        .collect();
    assert_eq!(beyond, text);
}

/// The 2026-01-15 file is read by the same tables. It differs in three members, which were
/// required then and are optional now; everything else it says still holds.
#[test]
fn the_version_before_is_known_but_for_three_relaxations() {
    let coverage = schema_coverage(&openapi("2026-01-15")).unwrap();
    assert_eq!(
        coverage.unknown,
        [
            "OutputTextContent.logprobs required",
            "ResponseOutputTextDeltaStreamingEvent.logprobs required",
            "ResponseOutputTextDoneStreamingEvent.logprobs required",
        ]
    );
}

/// What 2026-04-24 added: compaction, the WebSocket transport and the phase of messages.
#[test]
fn the_version_before_lacks_three_things() {
    let new = |fact: &&String| {
        ![
            "Compact",
            "WebSocket",
            ".phase",
            "/responses/compact",
            "clientMessage",
            "errorMessage",
        ]
        .iter()
        .any(|part| fact.contains(part))
    };
    let before = stated_by("2026-01-15");
    let others: Vec<String> = stated_by("2026-04-24")
        .difference(&before)
        .filter(new)
        .cloned()
        .collect();
    assert_eq!(others, Vec::<String>::new());
}

#[test]
fn an_unknown_fact_is_reported() {
    let file = openapi("2026-04-24").replacen(
        "\"maxProperties\": 16",
        "\"maxProperties\": 17, \"minProperties\": 1",
        1,
    );
    assert_eq!(
        schema_coverage(&file).unwrap().unknown,
        [
            "MetadataParam maxProperties 17",
            "MetadataParam minProperties 1"
        ]
    );
    assert!(schema_coverage("{").is_err());
}
