//! The host that the README shows is this example.

#[test]
fn the_readme_shows_this_example() {
    let readme = include_str!("../../../README.md");
    let example = include_str!("../src/main.rs");
    let (_, code) = example.split_once("\n\n").unwrap_or_default();
    assert!(
        readme.contains(&format!("```rust\n{code}```\n")),
        "README.md does not show examples/axum/src/main.rs as it is"
    );
}
