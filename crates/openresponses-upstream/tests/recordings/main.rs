//! Recorded exchanges of real servers go through the translators: a test for each file, ignored where
//! there are none beside the project.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod anthropic;
mod chat;
mod errors;
mod gemini;
mod harness;
mod mutations;
mod other_requests;
mod requests;
#[path = "../rules/mod.rs"]
mod rules;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let damaged = ", damaged";
    let runs: [(&str, &str, harness::Run); 8] = [
        ("anthropic-sse", "", anthropic::run),
        ("anthropic-sse", damaged, |file| {
            mutations::run(file, anthropic::reader, None)
        }),
        ("chat-sse", "", chat::run),
        ("chat-sse", damaged, |file| {
            mutations::run(file, chat::reader, Some("\"finish_reason\":\""))
        }),
        ("gemini-sse", "", gemini::run),
        ("gemini-sse", damaged, |file| {
            mutations::run(file, gemini::reader, Some("\"finishReason\""))
        }),
        ("error-json", "", errors::run),
        ("responses-req", "", requests::run),
    ];
    for (folder, what, run) in runs {
        let files = harness::files(folder);
        if files.is_empty() {
            let name = format!("{folder} is not there");
            trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
        }
        for file in files {
            let mut name = format!(
                "{folder}{what}/{}",
                file.file_name().unwrap().to_string_lossy()
            );
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
