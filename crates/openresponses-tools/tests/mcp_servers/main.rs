//! Tools of servers that were written by others: `@modelcontextprotocol/server-everything` and
//! `server-filesystem` of npm, and MCP's conformance suite. `run` beside this file installs them and names their folder in
//! `MCP_SERVERS`; without it each test is reported as ignored.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../support/stack.rs"]
#[allow(dead_code)]
mod stack;
#[path = "../support/store.rs"]
mod store;

mod conformance;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use openresponses_tools::{McpServer, Tools};
use serde_json::json;

use stack::{Script, Stack, call, round, text};

fn main() {
    if conformance::client() {
        return;
    }
    let folder = std::env::var_os("MCP_SERVERS").map(PathBuf::from);
    let mut arguments = Arguments::from_args();
    // Each starts processes.
    arguments.test_threads = Some(1);
    let trial = |name: &str, test: fn(PathBuf)| {
        let path = folder.clone();
        Trial::test(name, move || {
            test(path.ok_or_else(|| Failed::from("MCP_SERVERS names no folder"))?);
            Ok(())
        })
        .with_ignored_flag(folder.is_none())
    };
    let mut trials = vec![
        trial("everything_over_stdio", everything_over_stdio),
        trial("a_child_gets_no_secrets_of_this_process", secrets),
        trial("everything_over_http", everything_over_http),
        trial("files_over_stdio", files_over_stdio),
        trial("a_process_that_dies_is_started_again", restarted),
    ];
    trials.extend(conformance::trials(folder.as_ref()));
    libtest_mimic::run(&arguments, trials).exit();
}

fn block_on(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().build().unwrap().block_on(test);
}

fn binary(folder: &std::path::Path, name: &str) -> PathBuf {
    folder.join("node_modules/.bin").join(name)
}

/// Calls `echo` and `get-sum`, as the client sees them.
async fn everything(server: McpServer) {
    let mut stack = Stack::new(Script::new(vec![
        round([
            call(1, "echo", r#"{"message":"Grüße"}"#),
            call(2, "get-sum", r#"{"a":2,"b":40}"#),
            call(3, "get-sum", r#"{"a":"two"}"#),
        ]),
        round([text("Done.")]),
    ]));
    stack.tools = Tools::new().mcp(server);
    let declared = json!([{"type": "mcp", "server_label": "everything"}]);
    let answer = stack.ask(json!({"tools": declared})).await;
    assert_eq!(
        answer.summary(),
        "mcp_list_tools; mcp_call; mcp_call; mcp_call; assistant 'Done.'"
    );
    let context = stack.script.last_context();
    assert!(context.contains("output call_1 'Echo: Grüße'"), "{context}");
    assert!(context.contains("The sum of 2 and 40 is 42."), "{context}");
    assert!(
        context.contains("output call_3 'Error: The arguments do not match"),
        "{context}"
    );
}

fn everything_over_stdio(folder: PathBuf) {
    let server = binary(&folder, "mcp-server-everything");
    block_on(everything(
        McpServer::command("everything", server)
            .args(["stdio"])
            .connect_timeout(Duration::from_secs(60)),
    ));
}

fn secrets(folder: PathBuf) {
    // `cargo test` sets this, and it is in no list of ours.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let server = McpServer::command("everything", binary(&folder, "mcp-server-everything"))
        .args(["stdio"])
        .env("MCP_TEST_MARK", "given")
        .connect_timeout(Duration::from_secs(60));
    let mut stack = Stack::new(Script::new(vec![
        round([call(1, "get-env", "{}")]),
        round([text("Done.")]),
    ]));
    stack.tools = Tools::new().mcp(server);
    block_on(async {
        stack.ask(json!({})).await;
    });
    let context = stack.script.last_context();
    assert!(
        context.contains("MCP_TEST_MARK") && context.contains("PATH"),
        "{context}"
    );
    assert!(!context.contains("CARGO_MANIFEST_DIR"), "{context}");
}

/// Ends the process when it is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn everything_over_http(folder: PathBuf) {
    // A port that was free a moment ago: the server takes no other way to choose one.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let process = Command::new(binary(&folder, "mcp-server-everything"))
        .arg("streamableHttp")
        .env("PORT", port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _process = Process(process);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(50));
    }
    let url = format!("http://127.0.0.1:{port}/mcp");
    block_on(everything(
        McpServer::http("everything", url).connect_timeout(Duration::from_secs(60)),
    ));
}

fn files_over_stdio(folder: PathBuf) {
    let public = std::env::temp_dir().join(format!("mcp-files-{}", std::process::id()));
    std::fs::create_dir_all(&public).unwrap();
    std::fs::write(public.join("a.txt"), "The text of the file.").unwrap();
    let inside = public.join("a.txt").display().to_string();
    let server = McpServer::command("files", binary(&folder, "mcp-server-filesystem"))
        .args([&public])
        .connect_timeout(Duration::from_secs(60));
    let mut stack = Stack::new(Script::new(vec![
        round([
            call(1, "read_text_file", &json!({"path": inside}).to_string()),
            call(2, "read_text_file", r#"{"path":"/etc/passwd"}"#),
        ]),
        round([text("Done.")]),
    ]));
    stack.tools = Tools::new().mcp(server);
    block_on(async {
        let answer = stack.ask(json!({})).await;
        // The client asked for none of it.
        assert_eq!(answer.summary(), "assistant 'Done.'");
    });
    let context = stack.script.last_context();
    assert!(
        context.contains("output call_1 'The text of the file.'"),
        "{context}"
    );
    assert!(context.contains("output call_2 'Error: "), "{context}");
    assert!(!context.contains("root:"), "{context}");
    std::fs::remove_dir_all(&public).unwrap();
}

fn restarted(folder: PathBuf) {
    let server = McpServer::command("everything", binary(&folder, "mcp-server-everything"))
        .args(["stdio"])
        .env("MCP_TEST_MARK", std::process::id().to_string())
        .connect_timeout(Duration::from_secs(60));
    let turn = || {
        [
            round([call(1, "echo", r#"{"message":"a"}"#)]),
            round([text("Done.")]),
        ]
    };
    let mut stack = Stack::new(Script::new([turn(), turn()].concat()));
    stack.tools = Tools::new().mcp(server);
    block_on(async {
        let service = stack.service();
        stack.ask_with(&service, json!({})).await;
        assert!(stack.script.last_context().ends_with("'Echo: a'"));
        end_children();
        tokio::time::sleep(Duration::from_millis(500)).await;
        stack.ask_with(&service, json!({})).await;
        let context = stack.script.last_context();
        assert!(context.ends_with("'Echo: a'"), "{context}");
    });
}

/// Ends the processes that this one has started, and theirs.
fn end_children() {
    let own = std::process::id().to_string();
    let listed = Command::new("ps")
        .args(["-eo", "pid=,ppid="])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut family = vec![own];
    for line in listed.lines() {
        let mut columns = line.split_whitespace();
        if let (Some(pid), Some(parent)) = (columns.next(), columns.next())
            && family.iter().any(|it| it == parent)
        {
            family.push(pid.to_owned());
        }
    }
    for pid in family.iter().skip(1) {
        let _ = Command::new("kill").arg("-9").arg(pid).status();
    }
}
