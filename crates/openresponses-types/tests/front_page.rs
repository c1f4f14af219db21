//! The public face: few names at the root, and an example for each type of the modules.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// The modules whose types are all shown in an example.
const MODULES: &[&str] = &[
    "check",
    "compact",
    "content",
    "diagnostics",
    "event",
    "item",
    "json",
    "normalize",
    "request",
    "response",
    "schema",
    "sequence",
    "tool",
    "wire",
];

fn source() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all
}

/// The public types of a file, each with the documentation above it.
fn types(text: &str) -> Vec<(String, String)> {
    let mut documentation = String::new();
    let mut all = Vec::new();
    let mut in_attribute = false;
    for line in text.lines().map(str::trim_start) {
        // An attribute may have several lines.
        if in_attribute || line.starts_with("#[") {
            in_attribute = !line.ends_with(']');
            continue;
        }
        if line.starts_with("//") {
            documentation.push_str(line);
            continue;
        }
        let declared = ["pub struct ", "pub enum ", "pub trait "]
            .iter()
            .find_map(|start| line.strip_prefix(start));
        if let Some(rest) = declared {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let name: String = rest.chars().take_while(|c| is_name(*c)).collect();
            // A macro's parameter is no type.
            if !name.is_empty() {
                all.push((name, documentation.clone()));
            }
        }
        documentation.clear();
    }
    all
}

#[test]
fn each_type_is_shown_in_an_example() {
    let mut count = 0;
    for module in MODULES {
        let folder = source().join(module);
        let text = fs::read_to_string(folder.join("mod.rs")).unwrap();
        let page: String = text
            .lines()
            .filter(|line| line.starts_with("//!"))
            .collect();
        let words: Vec<&str> = page
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        for file in files(&folder) {
            for (name, documentation) in types(&fs::read_to_string(&file).unwrap()) {
                count += 1;
                assert!(
                    documentation.contains("```") || words.contains(&name.as_str()),
                    "{module}::{name} has no example, and that of its module does not show it"
                );
            }
        }
    }
    assert!(count > 80, "{count}");
}

#[test]
fn the_root_has_at_most_25_names() {
    let text = fs::read_to_string(source().join("lib.rs")).unwrap();
    let names: Vec<&str> = text
        .split(';')
        .filter_map(|statement| {
            let at = statement.find("pub use ").or(statement.find("pub mod "))?;
            statement.get(at..)
        })
        .flat_map(|statement| statement.split(','))
        .filter(|name| name.trim() != "}")
        .collect();
    assert!(
        !text.contains("::*;"),
        "the root re-exports all of a module"
    );
    assert!(
        (15..=25).contains(&names.len()),
        "{}: {names:?}",
        names.len()
    );
}
