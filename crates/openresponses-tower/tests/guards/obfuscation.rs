use openresponses_tower::{Config, Error, OpenResponses, OutputStream};
use serde_json::Value;

use crate::common::*;

/// Produces each kind of delta.
fn talkative() -> Result<OutputStream, Error> {
    Ok(OutputStream::write(|mut out| async move {
        out.reasoning().text("hm").summary("thought about it");
        out.message()
            .text("Hello")
            .text(" the")
            .text("re")
            .refusal("no");
        out.call("look").arguments("{\"a\":").arguments("1}");
        out.complete();
        Ok(())
    }))
}

async fn deltas(config: Config, options: &str) -> Vec<Value> {
    let service = OpenResponses::new(Model(talkative), config);
    let request = format!(
        r#"{{"model":"m","input":"Hello","stream":true,"tools":[{{"type":"function","name":"look"}}]{options}}}"#
    );
    let mut events = events(&text(post(&service, request).await).await);
    events.retain(|event| event["delta"].is_string());
    assert_eq!(events.len(), 8);
    events
}

fn padding(event: &Value) -> Option<usize> {
    event
        .get("obfuscation")
        .map(|padding| padding.as_str().unwrap().len())
}

#[tokio::test]
async fn deltas_are_padded_when_the_client_asks() {
    let options = r#","stream_options":{"include_obfuscation":true}"#;
    for event in deltas(Config::new(), options).await {
        let printed = event["delta"].to_string().len() - 2;
        match event["type"].as_str().unwrap() {
            "response.refusal.delta" => assert_eq!(padding(&event), None),
            _ => assert_eq!(padding(&event), Some(32 - printed)),
        }
    }
}

#[tokio::test]
async fn without_the_option_the_host_decides() {
    for (options, default, expected) in [
        ("", false, false),
        ("", true, true),
        (r#","stream_options":{}"#, true, true),
        (r#","stream_options":null"#, true, true),
        (
            r#","stream_options":{"include_obfuscation":false}"#,
            true,
            false,
        ),
        (
            r#","stream_options":{"include_obfuscation":true}"#,
            false,
            true,
        ),
    ] {
        let events = deltas(Config::new().obfuscation_default(default), options).await;
        assert_eq!(padding(&events[0]).is_some(), expected, "{options}");
    }
}
