//! Recorded exchanges of real servers go through the translators: a test for each file, ignored where
//! there are none beside the project.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod anthropic;
mod chat;
mod errors;
mod gemini;
mod harness;
mod other_requests;
mod requests;
#[path = "../rules/mod.rs"]
mod rules;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for (folder, run) in [
        ("anthropic-sse", anthropic::run as harness::Run),
        ("chat-sse", chat::run),
        ("gemini-sse", gemini::run),
        ("error-json", errors::run),
        ("responses-req", requests::run),
    ] {
        let files = harness::files(folder);
        if files.is_empty() {
            let name = format!("{folder} is not there");
            trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
        }
        for file in files {
            let mut name = format!("{folder}/{}", file.file_name().unwrap().to_string_lossy());
            if folder == "responses-req" && requests::needs_store(&file) {
                name.push_str(", which needs a store");
                trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
                continue;
            }
            trials.push(Trial::test(name, move || {
                run(&file);
                Ok(())
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}
