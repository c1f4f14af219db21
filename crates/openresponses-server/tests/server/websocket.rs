use serde_json::{Value, json};

use crate::process::Server;
use crate::socket::Socket;

#[test]
fn an_unstored_response_continues_on_its_own_connection() {
    let server = Server::start(&["--store", "none"]);
    let mut socket = Socket::open(&server, "test");
    let first = socket.say(&Value::Null, "one");
    assert_eq!(first["response"]["store"], false);
    let id = &first["response"]["id"];
    let lost = Socket::open(&server, "test").say(id, "two");
    assert_eq!(lost["error"]["code"], "previous_response_not_found");
    let second = socket.say(id, "two");
    let text = &second["response"]["output"][0]["content"][0]["text"];
    assert_eq!(text, "Echo: two (earlier: one)");
}

#[test]
fn a_connection_ends_at_its_time_limit() {
    let server = Server::start(&["--ws-limit", "2"]);
    let mut idle = Socket::open(&server, "test");
    let limit = idle.next();
    assert_eq!(limit["error"]["code"], "websocket_connection_limit_reached");
    assert_eq!((idle.closed(), &limit["status"]), (1001, &json!(400)));
    // A turn may end first.
    let mut busy = Socket::open(&server, "test");
    let end = busy.ask(json!({"model": "slow", "input": "x"}));
    assert_eq!(end["type"], "response.completed");
    assert_eq!(busy.next()["error"]["code"], limit["error"]["code"]);
    assert_eq!(busy.closed(), 1001);
}
