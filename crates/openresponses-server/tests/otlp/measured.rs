//! Metrics, by the conventions for generative AI and those of the page.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;

use crate::collector::{Collector, Manner};
use crate::process::file;

fn labels(attributes: &[KeyValue]) -> String {
    let text = |it: &KeyValue| match it.value.as_ref().and_then(|it| it.value.clone()) {
        Some(Value::StringValue(text)) => format!("{}={text}", it.key),
        other => panic!("{other:?}"),
    };
    let mut all: Vec<_> = attributes.iter().map(text).collect();
    all.sort();
    all.join(",")
}

#[test]
fn metrics_of_the_conventions_and_of_the_page_are_exported() {
    let collector = Collector::start(Manner::Works);
    let server = collector.server(&[]);
    for stream in [true, false] {
        let body = serde_json::json!({"model": "m", "input": "one two three", "stream": stream});
        assert_eq!(server.ask(&body.to_string()).status, 200);
    }
    let free = r#"openresponses_bounds_held{resource="requests"} 0"#;
    // The request ends on its own thread, and a client may have its answer before.
    let page = loop {
        let page = server.get(None, "/metrics").text().to_owned();
        if page.contains(free) {
            break page;
        }
    };
    assert!(!page.contains("gen_ai"), "{page}");
    collector.spans_of(server);
    let mut counts = BTreeMap::new();
    let mut units = BTreeMap::new();
    for metric in collector.metrics() {
        units.insert(metric.name.clone(), metric.unit.clone());
        match metric.data.unwrap() {
            Data::Histogram(histogram) => {
                for point in histogram.data_points {
                    let key = format!("{} {}", metric.name, labels(&point.attributes));
                    assert_eq!(point.explicit_bounds.len() + 1, point.bucket_counts.len());
                    counts.insert(key, f64::from(u32::try_from(point.count).unwrap()));
                }
            }
            Data::Sum(sum) => {
                for point in sum.data_points {
                    let key = format!("{} {}", metric.name, labels(&point.attributes));
                    counts.insert(key, number(point.value));
                }
            }
            Data::Gauge(gauge) => {
                for point in gauge.data_points {
                    let key = format!("{} {}", metric.name, labels(&point.attributes));
                    counts.insert(key, number(point.value));
                }
            }
            other => panic!("{other:?}"),
        }
    }
    let chat = "gen_ai.operation.name=chat,gen_ai.provider.name=embedded,gen_ai.request.model=any";
    for (name, labels, expected) in [
        ("gen_ai.client.inference.duration", chat, 2.0),
        ("gen_ai.client.inference.time_to_first_chunk", chat, 1.0),
        ("gen_ai.client.inference.operation.input_tokens", chat, 2.0),
        ("gen_ai.server.request.duration", chat, 2.0),
        ("gen_ai.server.time_to_first_token", chat, 1.0),
        ("openresponses_active_requests", "", 0.0),
        ("openresponses_bounds_held", "resource=requests", 0.0),
    ] {
        let found = counts.get(&format!("{name} {labels}"));
        assert_eq!(found, Some(&expected), "{name} {labels}: {counts:#?}");
    }
    let tokens = "gen_ai.client.inference.usage.output_tokens";
    let key = format!("{tokens} {chat},gen_ai.token.modality=unknown");
    assert!(counts[&key] > 0.0, "{counts:#?}");
    assert_eq!(units["gen_ai.client.inference.duration"], "s");
    assert_eq!(units[tokens], "{token}");
    assert!(
        counts.keys().any(|key| key.starts_with("process_")),
        "{counts:#?}"
    );
}

#[test]
fn metrics_are_exported_where_there_is_no_page() {
    let collector = Collector::start(Manner::Works);
    let config = file("otlp-no-page.toml", "[server]\nmetrics = false\n");
    let server = collector.server(&["--config", &config]);
    assert_eq!(server.ask(r#"{"model":"m","input":"x"}"#).status, 200);
    assert_eq!(server.get(None, "/metrics").status, 404);
    collector.spans_of(server);
    let metrics = collector.metrics();
    assert!(
        metrics
            .iter()
            .any(|it| it.name == "gen_ai.server.request.duration")
    );
}

#[test]
fn calls_of_tools_are_measured_by_the_conventions() {
    let collector = Collector::start(Manner::Works);
    let server = collector.server(&["--sample-tool"]);
    let input = r#"call temperature {"city":"Paris"}"#;
    let body = serde_json::json!({"model": "m", "input": input});
    assert_eq!(server.ask(&body.to_string()).status, 200);
    let page = server.get(None, "/metrics").text().to_owned();
    assert!(!page.contains("gen_ai"), "{page}");
    assert!(page.contains("openresponses_tool_calls_total"), "{page}");
    collector.spans_of(server);
    let metrics = collector.metrics();
    let mut tools = metrics
        .into_iter()
        .filter(|it| it.name == "gen_ai.execute_tool.duration");
    let metric = tools.next().unwrap();
    assert_eq!(metric.unit, "s");
    let Some(Data::Histogram(histogram)) = metric.data else {
        panic!("{metric:?}");
    };
    let [point] = &histogram.data_points[..] else {
        panic!("{histogram:?}");
    };
    assert_eq!(
        labels(&point.attributes),
        "gen_ai.tool.name=temperature,gen_ai.tool.type=function"
    );
    assert_eq!(point.count, 1);
    assert_eq!(point.explicit_bounds.first(), Some(&0.01));
}

#[allow(clippy::cast_precision_loss)]
fn number(value: Option<Number>) -> f64 {
    match value.unwrap() {
        Number::AsDouble(value) => value,
        Number::AsInt(value) => value as f64,
    }
}
