//! A Chat Completions server that asks for a tool first.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

const CALL: &str = r#"{"choices":[{"index":0,"message":{"role":"assistant","tool_calls":[{"id":"call_1","type":"function","function":{"name":"temperature","arguments":"{\"city\":\"Paris\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":20,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":3}}}"#;
const TEXT: &str = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"31 degrees."},"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":4}}"#;

pub(crate) struct ModelServer {
    pub(crate) base: String,
    /// The heads of the requests.
    pub(crate) heads: Arc<Mutex<Vec<String>>>,
}

impl ModelServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let all = Arc::clone(&all);
                thread::spawn(move || serve(stream.unwrap(), &all));
            }
        });
        Self { base, heads }
    }

    /// Returns the header `traceparent` of each request.
    pub(crate) fn parents(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        let parent = |head: &String| {
            let mut lines = head.lines();
            let line = lines.find_map(|line| line.strip_prefix("traceparent: "));
            line.unwrap_or_default().to_owned()
        };
        heads.iter().map(parent).collect()
    }
}

fn serve(stream: TcpStream, heads: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        heads.lock().unwrap().push(head);
        let answer = match String::from_utf8_lossy(&body).contains("\"role\":\"tool\"") {
            true => TEXT,
            false => CALL,
        };
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
    }
}
