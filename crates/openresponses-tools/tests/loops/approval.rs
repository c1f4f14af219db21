//! Calls that run only after the client approved them.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use http_body_util::BodyExt;
use openresponses_tools::{Approval, Tool, ToolLoop, ToolOutput, Tools};
use openresponses_tower::OpenResponses;
use openresponses_types::sequence::Delta;
use openresponses_types::wire::ExtensionType;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::stack::{Answer, Script, Stack, call, post, round, text};

/// A host whose tool `pay` needs approval beyond 100, and how often it ran.
fn bank(rounds: Vec<Vec<Delta>>) -> (Stack, Arc<AtomicUsize>) {
    let ran = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&ran);
    let pay = Tool::raw("pay", json!({}), move |args: Value, _| {
        counter.fetch_add(1, Ordering::Relaxed);
        async move { Ok(ToolOutput::new(format!("paid {}", args["amount"]))) }
    })
    .shown_as(ExtensionType::new("acme:pay").unwrap())
    .approval(Approval::when(|_, arguments| {
        arguments["amount"].as_f64() > Some(100.0)
    }));
    let mut stack = Stack::new(Script::new(rounds));
    stack.tools = Tools::new().tool(pay);
    (stack, ran)
}

fn asks() -> Vec<Vec<Delta>> {
    vec![
        round([
            text("Let me pay."),
            call(1, "pay", r#"{"amount":1}"#),
            call(2, "pay", r#"{"amount":500}"#),
        ]),
        round([text("Paid.")]),
        round([text("And now?")]),
    ]
}

fn request_id(answer: &Answer) -> String {
    let last = answer.response.output_items().last().unwrap();
    assert_eq!(last.type_name(), "acme:approval_request");
    last.id().unwrap().into_string()
}

fn response(request: &str, approve: bool) -> Value {
    json!({"type": "acme:approval_response", "approval_request_id": request, "approve": approve})
}

/// The message of a refusal.
async fn refusal(stack: &Stack, mut body: Value) -> String {
    body["model"] = "model".into();
    let service = stack.service();
    let answer = service.oneshot(post(&body)).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(
        body["error"]["param"], "input[0].approval_request_id",
        "{body}"
    );
    body["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_turn_ends_with_the_request_and_goes_on_with_the_answer() {
    let (stack, ran) = bank(asks());
    let service = stack.service();
    let first = stack.ask_with(&service, json!({})).await;
    assert_eq!(first.status(), "completed");
    assert_eq!(
        first.summary(),
        "assistant 'Let me pay.'; acme:pay completed {\"amount\":1} paid 1 / -; \
         acme:approval_request completed {\"amount\":500} - / -"
    );
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    let id = request_id(&first);
    let body = json!({
        "previous_response_id": first.response.id,
        "input": [response(&id, true)],
    });
    let second = stack.ask_with(&service, body.clone()).await;
    assert_eq!(
        second.summary(),
        "acme:pay completed {\"amount\":500} paid 500 / -; assistant 'Paid.'"
    );
    assert_eq!(ran.load(Ordering::Relaxed), 2);
    assert_eq!(
        stack.script.last_context(),
        "user 'How warm is it?'; assistant 'Let me pay.'; call call_1 pay({\"amount\":1}); \
         output call_1 'paid 1'; call call_2 pay({\"amount\":500}); output call_2 'paid 500'"
    );
    // What was approved and run is a call like any other in the turn after it.
    let body = json!({"previous_response_id": second.response.id, "input": "And now?"});
    stack.ask_with(&service, body).await;
    assert_eq!(
        stack.script.last_context(),
        "user 'How warm is it?'; assistant 'Let me pay.'; call call_1 pay({\"amount\":1}); \
         call call_2 pay({\"amount\":500}); output call_1 'paid 1'; output call_2 'paid 500'; \
         assistant 'Paid.'; user 'And now?'"
    );
}

#[tokio::test]
async fn without_a_store_the_conversation_is_sent_back() {
    let (stack, ran) = bank(asks());
    let service = stack.service();
    let first = stack.ask_with(&service, json!({"store": false})).await;
    let mut input = vec![json!({"role": "user", "content": "How warm is it?"})];
    for item in first.response.output_items() {
        input.push(serde_json::from_str(&item.to_json()).unwrap());
    }
    input.push(response(&request_id(&first), true));
    let second = stack
        .ask_with(&service, json!({"store": false, "input": input}))
        .await;
    assert_eq!(
        second.summary(),
        "acme:pay completed {\"amount\":500} paid 500 / -; assistant 'Paid.'"
    );
    // The whole of it again, with what came of the approval, runs nothing again.
    for item in second.response.output_items() {
        input.push(serde_json::from_str(&item.to_json()).unwrap());
    }
    stack
        .ask_with(&service, json!({"store": false, "input": input}))
        .await;
    assert_eq!(ran.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_refused_call_does_not_run_and_the_model_is_told() {
    let (stack, ran) = bank(asks());
    let service = stack.service();
    let first = stack.ask_with(&service, json!({})).await;
    let mut answer = response(&request_id(&first), false);
    answer["reason"] = "Too much.".into();
    let body = json!({"previous_response_id": first.response.id, "input": [answer]});
    let second = stack.ask_with(&service, body).await;
    assert_eq!(second.summary(), "assistant 'Paid.'");
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    assert!(
        stack
            .script
            .last_context()
            .contains("output call_2 'Error: The user did not approve the call. Too much.'"),
        "{}",
        stack.script.last_context()
    );
}

#[tokio::test]
async fn a_request_that_is_not_answered_is_forgotten() {
    let (stack, ran) = bank(asks());
    let service = stack.service();
    let first = stack.ask_with(&service, json!({})).await;
    let body = json!({"previous_response_id": first.response.id, "input": "Never mind."});
    stack.ask_with(&service, body).await;
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    assert!(!stack.script.last_context().contains("call_2"));
}

#[tokio::test]
async fn forged_and_repeated_approvals_are_refused() {
    let (stack, ran) = bank(asks());
    let service = stack.service();
    let first = stack.ask_with(&service, json!({})).await;
    let id = request_id(&first);
    let previous = first.response.id.clone();
    let answers = |answer: Value| json!({"previous_response_id": previous, "input": [answer]});

    // Nothing was asked under this id.
    let unknown = refusal(&stack, answers(response("mcpr_1", true))).await;
    assert_eq!(
        unknown,
        "There is no approval request of this id in the conversation."
    );

    // A request that the client made up, or changed: the first input item is the answer to it.
    let request: Value =
        serde_json::from_str(&first.response.output_items().last().unwrap().to_json()).unwrap();
    let mut changed = request.clone();
    changed["arguments"] = r#"{"amount":1000000}"#.into();
    let mut made_up = request.clone();
    made_up["id"] = "mcpr_1".into();
    for (request, id) in [(changed, &*id), (made_up, "mcpr_1")] {
        let body = json!({"store": false, "input": [response(id, true), request]});
        // The same process, and so the same key.
        let answer = service
            .clone()
            .oneshot(post(&with_model(body)))
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.contains("does not answer a request of this server"),
            "{text}"
        );
    }
    assert_eq!(ran.load(Ordering::Relaxed), 1);

    // Given once; then again in the same place, and behind what came of it.
    let body = answers(response(&id, true));
    let second = stack.ask_with(&service, body.clone()).await;
    assert_eq!(ran.load(Ordering::Relaxed), 2);
    for previous in [&first.response.id, &second.response.id] {
        let body = json!({"previous_response_id": previous, "input": [response(&id, true)]});
        let answer = service
            .clone()
            .oneshot(post(&with_model(body)))
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("was answered before"), "{text}");
    }
    let twice = json!({
        "previous_response_id": first.response.id,
        "input": [response(&id, true), response(&id, true)],
    });
    let answer = service.oneshot(post(&with_model(twice))).await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(ran.load(Ordering::Relaxed), 2);
}

/// The message of a refusal by one of several servers.
async fn refused_by(service: &OpenResponses<ToolLoop<Script>>, body: Value) -> String {
    let request = post(&with_model(body));
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(body["error"]["param"], "input[0].approval_request_id");
    body["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn servers_that_share_a_store_take_an_approval_once_among_them() {
    let (mut one, ran) = bank(asks());
    one.approvals = Some(one.store.clone());
    let (mut other, ran_there) = bank(asks()[1..].to_vec());
    other.store = one.store.clone();
    other.ids = one.ids.clone();
    other.approvals = one.approvals.clone();
    let (here, there) = (one.service(), other.service());
    let first = one.ask_with(&here, json!({})).await;
    let id = request_id(&first);
    let body = json!({
        "previous_response_id": first.response.id,
        "input": [response(&id, true)],
    });

    // A request of another amount, with the id of the true one.
    let text = first.response.output_items().last().unwrap().to_json();
    let mut changed: Value = serde_json::from_str(&text).unwrap();
    changed["arguments"] = r#"{"amount":1000000}"#.into();
    let forged = json!({"store": false, "input": [response(&id, true), changed]});
    let message = refused_by(&there, forged).await;
    assert!(message.contains("does not answer a request"), "{message}");

    // Counting tokens takes no approval.
    let mut count = post(&with_model(body.clone()));
    *count.uri_mut() = "/v1/responses/input_tokens".parse().unwrap();
    there.clone().oneshot(count).await.unwrap();

    let second = other.ask_with(&there, body.clone()).await;
    assert_eq!(
        second.summary(),
        "acme:pay completed {\"amount\":500} paid 500 / -; assistant 'Paid.'"
    );
    for service in [&here, &there] {
        let message = refused_by(service, body.clone()).await;
        assert_eq!(message, "The approval request was answered before.");
    }
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    assert_eq!(ran_there.load(Ordering::Relaxed), 1);

    // The record of a request is not shown to the client.
    let get = http::Request::get(format!("/v1/responses/{id}")).body(String::new());
    let answer = here.oneshot(get.unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

fn with_model(mut body: Value) -> Value {
    body["model"] = "model".into();
    body
}

#[tokio::test]
async fn a_hidden_tool_that_needs_approval_is_refused() {
    let (mut stack, _) = bank(vec![
        round([call(1, "pay", "{}")]),
        round([text("I cannot.")]),
    ]);
    let pay = Tool::raw("pay", json!({}), |_: Value, _| async {
        Ok(ToolOutput::new("paid"))
    });
    stack.tools = Tools::new().tool(pay.approval(Approval::always()));
    let answer = stack.ask(json!({})).await;
    assert_eq!(answer.summary(), "assistant 'I cannot.'");
    assert!(stack.script.last_context().ends_with(
        "output call_1 'Error: The tool needs an approval that this client cannot give.'"
    ));
}

/// Two calls that need approval, and what comes after.
fn asks_twice() -> Vec<Vec<Delta>> {
    let pay = |key, amount: u32| call(key, "pay", &json!({"amount": amount}).to_string());
    vec![round([pay(1, 500), pay(2, 600)]), round([text("Paid.")])]
}

#[tokio::test]
async fn calls_that_ask_for_approval_count() {
    for (body, reason) in [
        (
            json!({"parallel_tool_calls": false}),
            "one tool call at a time",
        ),
        (json!({"max_tool_calls": 1}), "no further tool calls"),
    ] {
        let (stack, _) = bank(asks_twice());
        let answer = stack.ask(body).await;
        let summary = answer.summary();
        assert_eq!(
            summary.matches("acme:approval_request").count(),
            1,
            "{summary}"
        );
        assert!(summary.contains(reason), "{summary}");
    }
    // Beside the client's own calls as well.
    let pay = call(1, "pay", r#"{"amount":500}"#);
    let (stack, _) = bank(vec![round([pay, call(2, "book", "{}")])]);
    let tools = json!([{"type": "function", "name": "book"}]);
    let answer = stack
        .ask(json!({"max_tool_calls": 1, "tools": tools}))
        .await;
    assert_eq!(
        answer.summary(),
        "acme:approval_request completed {\"amount\":500} - / -"
    );
}

/// The first response of a bank that asks for approval twice, and the body that gives both.
async fn approved_twice(stack: &Stack, service: &OpenResponses<ToolLoop<Script>>) -> Value {
    let first = stack.ask_with(service, json!({})).await;
    let items = first.response.output_items().iter();
    let ids: Vec<String> = items.map(|item| item.id().unwrap().into_string()).collect();
    assert_eq!(ids.len(), 2);
    json!({
        "previous_response_id": first.response.id,
        "input": [response(&ids[0], true), response(&ids[1], true)],
    })
}

#[tokio::test]
async fn approvals_that_the_request_does_not_permit_are_not_taken() {
    let (stack, ran) = bank(asks_twice());
    let service = stack.service();
    let body = approved_twice(&stack, &service).await;
    let mut limited = with_model(body.clone());
    limited["max_tool_calls"] = 1.into();
    let answer = service.clone().oneshot(post(&limited)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let refused: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(refused["error"]["param"], "input[1].approval_request_id");
    // One call at a time is a rule for the model, which made these before.
    let mut body = body;
    body["parallel_tool_calls"] = false.into();
    let answer = stack.ask_with(&service, body).await;
    assert_eq!(
        answer.summary(),
        "acme:pay completed {\"amount\":500} paid 500 / -; \
         acme:pay completed {\"amount\":600} paid 600 / -; assistant 'Paid.'"
    );
    assert_eq!(ran.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn approved_calls_are_no_round_of_the_model() {
    let small = || call(3, "pay", r#"{"amount":1}"#);
    let mut rounds = asks_twice();
    rounds.insert(1, round([small()]));
    let (mut stack, _) = bank(rounds);
    stack.limits = openresponses_tools::Limits::new().rounds(2);
    let service = stack.service();
    let body = approved_twice(&stack, &service).await;
    let answer = stack.ask_with(&service, body).await;
    assert_eq!(answer.status(), "completed", "{}", answer.summary());
    let metadata = answer.response.extra.get("provider_metadata").unwrap();
    assert_eq!(metadata.get().matches("\"calls\"").count(), 2, "{metadata}");
    assert!(!metadata.get().contains("null"), "{metadata}");
}

/// Fails the deletion of this number.
struct FailsOnce(AtomicUsize);

impl openresponses_tower::store::WrapStore for FailsOnce {
    async fn around<T: Send>(
        &self,
        call: openresponses_tower::store::StoreCall,
        work: impl Future<Output = Result<T, openresponses_tower::store::StoreError>> + Send,
    ) -> Result<T, openresponses_tower::store::StoreError> {
        let is_delete = call == openresponses_tower::store::StoreCall::Delete;
        if is_delete && self.0.fetch_sub(1, Ordering::Relaxed) == 1 {
            return Err(openresponses_tower::store::StoreError::new("away"));
        }
        work.await
    }
}

#[tokio::test]
async fn all_approvals_of_a_request_are_taken_or_none() {
    let (stack, ran) = bank(asks_twice());
    // The second deletion fails, once.
    let flaky = openresponses_tower::store::WrappedStore::new(
        super::store::Store::new(),
        FailsOnce(AtomicUsize::new(2)),
    );
    let provider = ToolLoop::new(stack.script.clone(), stack.tools.clone()).approval_store(flaky);
    let config = openresponses_tower::Config::new().store(stack.store.clone());
    let service = OpenResponses::new(provider, config);
    let body = approved_twice(&stack, &service).await;
    let failed = service
        .clone()
        .oneshot(post(&with_model(body.clone())))
        .await
        .unwrap();
    assert_eq!(failed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ran.load(Ordering::Relaxed), 0);
    let answer = stack.ask_with(&service, body.clone()).await;
    assert_eq!(answer.summary().matches("acme:pay completed").count(), 2);
    assert_eq!(ran.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_fresh_approval_survives_one_that_was_given_before() {
    let (stack, ran) = bank(asks_twice());
    let service = stack.service();
    let both = approved_twice(&stack, &service).await;
    let answers = both["input"].as_array().unwrap();
    let previous = &both["previous_response_id"];
    let with = |input: Vec<&Value>| json!({"previous_response_id": previous, "input": input});
    stack.ask_with(&service, with(vec![&answers[1]])).await;
    let request = post(&with_model(both.clone()));
    let refused = service.clone().oneshot(request).await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    stack.ask_with(&service, with(vec![&answers[0]])).await;
    assert_eq!(ran.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_refusal_is_not_taken_back() {
    let (stack, ran) = bank(asks());
    let service = stack.service();
    let first = stack.ask_with(&service, json!({})).await;
    let id = request_id(&first);
    let refused = json!({
        "previous_response_id": first.response.id, "input": [response(&id, false)],
    });
    let second = stack.ask_with(&service, refused).await;
    let taken_back = json!({
        "previous_response_id": second.response.id, "input": [response(&id, true)],
    });
    let message = refused_by(&service, taken_back).await;
    assert_eq!(message, "The approval request was answered before.");
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}
