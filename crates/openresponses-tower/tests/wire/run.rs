//! Sends the requests of a case.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt;

use crate::answer::{self, Answer};
use crate::case::Case;
use crate::names::Names;
use crate::project::{self, Server};
use crate::socket::Socket;

/// Virtual time after which an unfinished answer is recorded as it is. Longer than the slowest model
/// that ends, and than the heartbeat interval of a silent stream.
const ENDLESS: Duration = Duration::from_secs(20);

/// The answers to the steps of a case, each as its lines in the file.
pub(crate) fn run(case: &Case) -> Vec<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        // Time passes only when there is nothing else to do, so no answer depends on a machine's speed.
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut session = Session {
            case,
            server: project::server(case),
            socket: None,
            names: Names::default(),
        };
        let mut answers = Vec::new();
        for step in &case.steps {
            answers.push(session.step(&step.request).await);
            // Lets background tasks run until all of them wait.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        answers
    })
}

struct Session<'c> {
    case: &'c Case,
    server: Server,
    socket: Option<Socket>,
    names: Names,
}

impl Session<'_> {
    async fn step(&mut self, request: &[String]) -> Vec<String> {
        let (first, rest) = request.split_first().unwrap();
        match first.split_whitespace().collect::<Vec<_>>()[..] {
            ["create"] => self.create(&["sse", "json", "ws"], &rest.join("\n")).await,
            ["create", ref ways @ ..] => self.create(ways, &rest.join("\n")).await,
            ["connect"] => self.connect(&headers_and_body(rest).0).await,
            ["ws"] => {
                if self.socket.is_none() {
                    self.connect(&HeaderMap::new()).await;
                }
                let socket = self.socket.as_mut().expect("a connection");
                answer::messages(&socket.send(rest, &mut self.names).await, None)
            }
            ["wait", seconds] => {
                tokio::time::sleep(Duration::from_secs(seconds.parse().unwrap())).await;
                Vec::new()
            }
            [method, path] => {
                let (headers, body) = headers_and_body(rest);
                let (path, body) = (self.names.made(path), self.names.made(&body));
                let request = http_request(method, &path, headers, &body);
                let answer = exchange(&self.server, request, &mut self.names).await;
                answer.lines()
            }
            _ => panic!("not a request: {first}"),
        }
    }

    /// The answers to a body in several ways, each by a server of its own.
    async fn create(&self, ways: &[&str], body: &str) -> Vec<String> {
        let mut stream = None;
        let mut lines = Vec::new();
        for way in ways {
            let server = project::server(self.case);
            let mut names = Names::default();
            let post = |body: &str| http_request("POST", "/v1/responses", HeaderMap::new(), body);
            match *way {
                "sse" => {
                    let body = with_member(body, r#""stream":true"#);
                    let answer = exchange(&server, post(&body), &mut names).await;
                    lines.extend(answer.lines_as(way, None));
                    stream = Some(answer);
                }
                "json" => {
                    let answer = exchange(&server, post(body), &mut names).await;
                    lines.extend(answer.lines_as(way, stream.as_ref()));
                }
                "ws" => {
                    let (socket, _) = Socket::connect(&server, &HeaderMap::new(), &mut names).await;
                    let message = with_member(body, r#""type":"response.create""#);
                    let mut socket = socket.expect("a connection");
                    let messages = socket.send(&[message], &mut names).await;
                    lines.extend(answer::messages(&messages, stream.as_ref()));
                }
                way => panic!("no such way: {way}"),
            }
        }
        lines
    }

    async fn connect(&mut self, headers: &HeaderMap) -> Vec<String> {
        let (socket, answer) = Socket::connect(&self.server, headers, &mut self.names).await;
        self.socket = socket;
        answer.lines()
    }
}

/// Splits the header lines at the start from the body.
fn headers_and_body(lines: &[String]) -> (HeaderMap, String) {
    let mut headers = HeaderMap::new();
    let mut lines = lines.iter();
    let mut body = Vec::new();
    for line in lines.by_ref() {
        let header = line.split_once(": ").and_then(|(name, value)| {
            let name: HeaderName = name.parse().ok()?;
            Some((name, HeaderValue::from_str(value).unwrap()))
        });
        let Some((name, value)) = header else {
            body.push(line.as_str());
            break;
        };
        headers.append(name, value);
    }
    body.extend(lines.map(String::as_str));
    (headers, body.join("\n"))
}

fn http_request(
    method: &str,
    path: &str,
    headers: HeaderMap,
    body: &str,
) -> Request<Full<bytes::Bytes>> {
    let body = Full::from(body.to_owned());
    let mut request = Request::new(body);
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = path.parse().unwrap();
    *request.headers_mut() = headers;
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().entry("content-type").or_insert(json);
    request
}

async fn exchange(
    server: &Server,
    request: Request<Full<bytes::Bytes>>,
    names: &mut Names,
) -> Answer {
    let deadline = Instant::now() + ENDLESS;
    let (head, mut body) = server.clone().oneshot(request).await.unwrap().into_parts();
    let mut bytes = Vec::new();
    let mut ended = false;
    while let Ok(frame) = timeout_at(deadline, body.frame()).await {
        let Some(frame) = frame else {
            ended = true;
            break;
        };
        let data = frame.unwrap().into_data().unwrap();
        let is_stream = head.headers["content-type"] == "text/event-stream";
        assert!(!is_stream || data.ends_with(b"\n\n"), "a cut event");
        bytes.extend_from_slice(&data);
    }
    Answer::new(head.status, &head.headers, &bytes, ended, names)
}

/// The request's body as one that asks for a stream, or as a message.
fn with_member(body: &str, member: &str) -> String {
    match body.strip_prefix('{') {
        Some(rest) if rest.trim_start().starts_with('}') => format!("{{{member}{rest}"),
        Some(rest) => format!("{{{member},{rest}"),
        None => body.into(),
    }
}
