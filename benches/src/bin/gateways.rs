//! Gateways in front of one model server, over the loopback interface.
//!
//! `gateways serve` starts a model server, a pass-through and this project's gateway in front of it, and
//! prints their addresses. `gateways ask COUNT NAME=ADDRESS ...` sends requests to servers in turn, and
//! prints, separated by tabs: what was asked, server, median and 99th percentile in microseconds.

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Instant;

use axum::body::Body;
use futures_util::stream;
use http::{HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::service::TowerToHyperService;
use openresponses_benches::groups::requests::document_request;
use openresponses_benches::loopback::{Client, request, serve};
use openresponses_benches::sample;
use openresponses_benches::served::{PooledProxy, sample_chunks};
use openresponses_hot_paths::layer;
use openresponses_tower::OpenResponses;
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{BaseUrl, ClientOptions, HttpClient, Upstream};

/// Answers with the sample's stream, or with its response where no stream is asked for.
async fn model(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let asked = request.into_body().collect().await;
    let asked = asked.map(|body| body.to_bytes()).unwrap_or_default();
    let asked = String::from_utf8_lossy(&asked).replace(' ', "");
    let (kind, body) = if asked.contains(r#""stream":true"#) {
        let chunks = sample_chunks().into_iter().map(Ok::<_, Infallible>);
        ("text/event-stream", Body::from_stream(stream::iter(chunks)))
    } else {
        let events = sample::events();
        let response = events.iter().rev().find_map(|event| event.response());
        let text = response.map(|response| response.to_json());
        ("application/json", Body::from(text.unwrap_or_default()))
    };
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

fn servers() -> Result<(), Box<dyn Error>> {
    let model = serve(service_fn(model))?;
    let proxy = PooledProxy::new(model);
    let proxy = serve(service_fn(move |request| proxy.clone().pass(request)))?;
    let base = BaseUrl::parse(&format!("http://{model}/v1"))?;
    let upstream = Upstream::new(
        Responses::new(),
        base,
        HttpClient::new(ClientOptions::new())?,
    );
    let gateway: OpenResponses<_> = layer::gateway_to(upstream).ok_or("no gateway")?;
    let gateway = serve(TowerToHyperService::new(gateway))?;
    println!("model={model}\npass-through={proxy}\nopenresponses={gateway}");
    // Until the other end closes.
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

struct Asked {
    name: String,
    client: Client,
    /// Whole answers, and the first event of streams, in microseconds.
    answers: Vec<f64>,
    first_events: Vec<f64>,
}

fn connect(server: &str) -> Result<Asked, Box<dyn Error>> {
    let (name, address) = server.split_once('=').ok_or("NAME=ADDRESS")?;
    Ok(Asked {
        name: name.to_owned(),
        client: Client::connect(address.parse::<SocketAddr>()?)?,
        answers: Vec::new(),
        first_events: Vec::new(),
    })
}

fn ask(count: usize, servers: &[String]) -> Result<(), Box<dyn Error>> {
    let document = request(&String::from_utf8(document_request().to_vec())?);
    let stream = request(&sample::short_request());
    let mut servers = servers
        .iter()
        .map(|server| connect(server))
        .collect::<Result<Vec<_>, _>>()?;
    let micros = |since: Instant| since.elapsed().as_secs_f64() * 1e6;
    for round in 0..count + count / 10 {
        for Asked {
            name,
            client,
            answers,
            first_events,
        } in &mut servers
        {
            let started = Instant::now();
            let read = client.call(&document)?;
            let answered = micros(started);
            // What is shorter is a refusal.
            assert!(read > 1_000, "{name}: {read} bytes");
            let started = Instant::now();
            client.first_event(&stream)?;
            let first = micros(started);
            client.rest()?;
            // The first tenth warms up.
            if round >= count / 10 {
                answers.push(answered);
                first_events.push(first);
            }
        }
    }
    for server in &mut servers {
        print("a JSON answer", &server.name, &mut server.answers);
        print("the first event", &server.name, &mut server.first_events);
    }
    Ok(())
}

fn print(what: &str, name: &str, taken: &mut [f64]) {
    taken.sort_by(f64::total_cmp);
    let at = |part: f64| taken.get((part * taken.len() as f64) as usize);
    let [median, last] = [0.5, 0.99].map(|part| at(part).copied().unwrap_or_default());
    println!("{what}\t{name}\t{median:.0}\t{last:.0}");
}

fn main() -> Result<(), Box<dyn Error>> {
    match &std::env::args().skip(1).collect::<Vec<_>>()[..] {
        [word] if word == "serve" => servers(),
        [word, count, servers @ ..] if word == "ask" => ask(count.parse()?, servers),
        _ => Err("gateways serve, or gateways ask COUNT NAME=ADDRESS ...".into()),
    }
}
