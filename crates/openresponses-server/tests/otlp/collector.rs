//! A collector: `POST /v1/traces` and `POST /v1/metrics`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use crate::process::Server;

/// What was exported.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) traces: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    pub(crate) metrics: Arc<Mutex<Vec<ExportMetricsServiceRequest>>>,
    /// Everything as it came.
    pub(crate) bytes: Arc<Mutex<Vec<u8>>>,
}

pub(crate) struct Collector {
    pub(crate) address: String,
    pub(crate) seen: Seen,
}

/// How a collector behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Works,
    /// It reads requests and does not answer.
    Hangs,
    Refuses,
}

impl Collector {
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Seen::default();
        let all = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let all = all.clone();
                thread::spawn(move || serve(stream.unwrap(), &all, manner));
            }
        });
        Self { address, seen }
    }

    /// Starts a server that exports to it, often.
    pub(crate) fn server(&self, arguments: &[&str]) -> Server {
        Server::start_with(
            arguments,
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &self.address),
                ("OTEL_BSP_SCHEDULE_DELAY", "50"),
                ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
            ],
        )
    }

    /// Ends a server, which exports the rest, and returns all spans.
    pub(crate) fn spans_of(&self, mut server: Server) -> Vec<Span> {
        server.signal("TERM");
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        self.spans()
    }

    /// Returns the spans that have arrived.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let traces = self.seen.traces.lock().unwrap();
        let resources = traces.iter().flat_map(|batch| &batch.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    /// Returns the metrics of the last export.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let all = self.seen.metrics.lock().unwrap();
        let last = all.last().unwrap();
        let scopes = last
            .resource_metrics
            .iter()
            .flat_map(|it| &it.scope_metrics);
        scopes.flat_map(|scope| scope.metrics.clone()).collect()
    }
}

fn serve(stream: TcpStream, seen: &Seen, manner: Manner) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut path, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if path.is_empty() {
                path = line.split(' ').nth(1).unwrap().to_owned();
            }
            let lower = line.to_ascii_lowercase();
            if let Some(stated) = lower.strip_prefix("content-length: ") {
                length = stated.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        seen.bytes.lock().unwrap().extend(&body);
        match &*path {
            "/v1/traces" => {
                let batch = ExportTraceServiceRequest::decode(&*body).unwrap();
                seen.traces.lock().unwrap().push(batch);
            }
            "/v1/metrics" => {
                let batch = ExportMetricsServiceRequest::decode(&*body).unwrap();
                seen.metrics.lock().unwrap().push(batch);
            }
            other => panic!("{other}"),
        }
        let answer: &[u8] = match manner {
            Manner::Works => b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            Manner::Refuses => b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n",
            Manner::Hangs => continue,
        };
        if reader.get_mut().write_all(answer).is_err() {
            return;
        }
    }
}
