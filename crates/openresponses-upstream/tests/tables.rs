//! The tables in the documentation are those of the code. `UPDATE_TABLES=1` writes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use openresponses_upstream::{Row, anthropic, chat, gemini, markdown, responses};

#[test]
fn the_documentation_shows_the_tables_of_the_code() {
    let dialects: &[(&str, &[Row], &[Row])] = &[
        ("anthropic", anthropic::REQUEST, anthropic::ANSWER),
        ("chat", chat::REQUEST, chat::ANSWER),
        ("responses", responses::REQUEST, responses::ANSWER),
        ("gemini", gemini::REQUEST, gemini::ANSWER),
    ];
    for (folder, request, answer) in dialects {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let path = root.join(folder).join("TABLE.md");
        let printed = markdown(request, answer);
        if std::env::var_os("UPDATE_TABLES").is_some() {
            fs::write(&path, &printed).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), printed, "{folder}");
    }
}
