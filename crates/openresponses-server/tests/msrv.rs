//! No crate declares a lower `rust-version` than one of its normal dependencies.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// A `rust-version` as numbers.
fn version(text: &str) -> [u32; 3] {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap());
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

struct Metadata {
    packages: BTreeMap<String, Value>,
    dependencies: BTreeMap<String, Vec<String>>,
    members: Vec<String>,
}

impl Metadata {
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            // Fetches what only other platforms or features need, unless it is there.
            .args([
                "metadata",
                "--format-version=1",
                "--all-features",
                "--locked",
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let all: Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = all["packages"].as_array().unwrap().iter();
        let nodes = all["resolve"]["nodes"].as_array().unwrap().iter();
        Self {
            packages: packages
                .map(|one| (text(one, "id").into(), one.clone()))
                .collect(),
            dependencies: nodes
                .map(|one| (text(one, "id").into(), normal(one)))
                .collect(),
            members: all["workspace_members"]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| id.as_str().unwrap().to_owned())
                .collect(),
        }
    }

    /// A member's normal dependencies, those of its dependencies included.
    fn tree(&self, member: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = self.dependencies[member]
            .iter()
            .map(String::as_str)
            .collect();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.dependencies[id].iter().map(String::as_str));
            }
        }
        seen
    }
}

/// The ids of a node's normal dependencies, on any platform.
fn normal(node: &Value) -> Vec<String> {
    let dependencies = node["deps"].as_array().unwrap().iter();
    let is_normal = |one: &&Value| {
        let mut kinds = one["dep_kinds"].as_array().unwrap().iter();
        kinds.any(|kind| kind["kind"].is_null())
    };
    dependencies
        .filter(is_normal)
        .map(|one| text(one, "pkg").into())
        .collect()
}

#[test]
fn no_crate_declares_less_than_its_dependencies_need() {
    let metadata = Metadata::read();
    let mut faults = Vec::new();
    for member in &metadata.members {
        let package = &metadata.packages[member];
        let declared = version(text(package, "rust_version"));
        for id in metadata.tree(member) {
            let dependency = &metadata.packages[id];
            let Some(needed) = dependency["rust_version"].as_str() else {
                continue;
            };
            if version(needed) > declared {
                let (name, other) = (text(package, "name"), text(dependency, "name"));
                faults.push(format!("{name} depends on {other}, which needs {needed}"));
            }
        }
    }
    assert!(metadata.members.len() > 8, "{:?}", metadata.members);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn library_crates_declare_1_88() {
    let metadata = Metadata::read();
    for member in &metadata.members {
        let package = &metadata.packages[member];
        let mut targets = package["targets"].as_array().unwrap().iter();
        if targets.any(|target| target["kind"][0] == "lib") {
            let (name, declared) = (text(package, "name"), text(package, "rust_version"));
            let expected = match name {
                // That of sqlx.
                "openresponses-store-sql" => "1.94",
                _ => "1.88",
            };
            assert_eq!(declared, expected, "{name}");
        }
    }
}
