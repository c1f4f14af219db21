//! A small MCP server over streamable HTTP.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use serde_json::{Value, json};

/// What the server was asked, and what it offers.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    /// The methods that were called, with the headers they came with.
    pub(crate) calls: Arc<Mutex<Vec<(String, HeaderMap)>>>,
    /// The metadata of the last call of a tool.
    pub(crate) meta: Arc<Mutex<Value>>,
    extra: Arc<Mutex<bool>>,
    /// Held by a test while tools are not listed.
    pub(crate) listing: Arc<tokio::sync::Mutex<()>>,
    /// Held by a test while the tool `wait` does not answer.
    pub(crate) waiting: Arc<tokio::sync::Mutex<()>>,
    /// Names of further tools.
    pub(crate) names: Arc<Mutex<Vec<&'static str>>>,
}

impl Seen {
    pub(crate) fn count(&self, method: &str) -> usize {
        let calls = self.calls.lock().unwrap();
        calls.iter().filter(|(name, _)| name == method).count()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let calls = self.calls.lock().unwrap();
        let value = calls.last()?.1.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    }
}

/// Starts the server and gives its address. `/mcp` is the server, `/moved` redirects to it.
pub(crate) async fn start() -> (String, Seen) {
    let seen = Seen::default();
    let app = Router::new()
        .route("/mcp", post(answer))
        .route("/moved", post(|| async { Redirect::temporary("/mcp") }))
        .with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, seen)
}

async fn answer(State(seen): State<Seen>, headers: HeaderMap, body: String) -> Response {
    let request: Value = serde_json::from_str(&body).unwrap();
    let method = request["method"].as_str().unwrap_or_default().to_owned();
    seen.calls.lock().unwrap().push((method.clone(), headers));
    let result = match &*method {
        "initialize" => json!({
            "protocolVersion": request["params"]["protocolVersion"],
            "capabilities": {"tools": {"listChanged": true}},
            "serverInfo": {"name": "test", "version": "1"},
        }),
        "tools/list" => {
            drop(seen.listing.lock().await);
            let mut tools = tools(*seen.extra.lock().unwrap());
            let more = seen.names.lock().unwrap().clone();
            let tool = |name| json!({"name": name, "inputSchema": {"type": "object"}});
            let all = tools.as_array_mut().unwrap();
            all.extend(more.into_iter().map(tool));
            json!({"tools": tools})
        }
        "tools/call" => {
            *seen.meta.lock().unwrap() = request["params"]["_meta"].clone();
            let name = request["params"]["name"].as_str().unwrap();
            let arguments = &request["params"]["arguments"];
            match name {
                "echo" => content(arguments["text"].as_str().unwrap_or("nothing")),
                "fail" => {
                    json!({"content": [{"type": "text", "text": "It broke."}], "isError": true})
                }
                "image" => json!({"content": [
                    {"type": "text", "text": "A picture:"},
                    {"type": "image", "data": "AAAA", "mimeType": "image/png"},
                ]}),
                "wait" => {
                    drop(seen.waiting.lock().await);
                    content("waited")
                }
                "slow" => {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    content("late")
                }
                "change" => {
                    *seen.extra.lock().unwrap() = true;
                    return changed(&request["id"]);
                }
                _ => {
                    let error = json!({"code": -32602, "message": "There is no such tool."});
                    let body = json!({"jsonrpc": "2.0", "id": request["id"], "error": error});
                    return axum::Json(body).into_response();
                }
            }
        }
        // Notifications.
        _ if request.get("id").is_none() => return StatusCode::ACCEPTED.into_response(),
        _ => json!({}),
    };
    axum::Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response()
}

fn tools(has_extra: bool) -> Value {
    let text = json!({"type": "object", "properties": {"text": {"type": "string"}}});
    let mut names = vec!["echo", "fail", "image", "slow", "change"];
    if has_extra {
        names.push("extra");
    }
    let tool = |name: &&str| json!({"name": name, "description": format!("The tool {name}."), "inputSchema": text});
    let mut tools: Vec<Value> = names.iter().map(tool).collect();
    tools[0]["annotations"] = json!({"readOnlyHint": true});
    tools[0]["title"] = "Echo".into();
    // A schema that is not checked here.
    let elsewhere = json!({"$ref": "http://127.0.0.1:9/schema.json"});
    tools.push(json!({"name": "wait", "inputSchema": elsewhere}));
    tools.into()
}

fn content(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

/// The result of a call, after the notification that the tools have changed.
fn changed(id: &Value) -> Response {
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    let result = json!({"jsonrpc": "2.0", "id": id, "result": content("changed")});
    let body = format!("data: {notification}\n\ndata: {result}\n\n");
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}
