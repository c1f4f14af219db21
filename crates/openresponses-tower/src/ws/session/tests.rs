use openresponses_types::Response;
use openresponses_types::response::ResponseStatus;
use serde_json::{Value, json};

use super::*;
use crate::bounds::{BoundedResource, Bounds, Held};
use crate::scope::Scope;
use crate::store::{Conversation, StoredResponse};
use crate::ws::Create;

const SECOND: Duration = Duration::from_secs(1);

/// A session whose client is never silent, unless the test is about that.
fn session(change: impl FnOnce(WebSocketConfig) -> WebSocketConfig) -> Session {
    let config = WebSocketConfig::new()
        .ping_interval(Duration::MAX)
        .silence_limit(Duration::MAX);
    let reading = Reading {
        profile: Profile::Compatible,
        limits: JsonLimits::default(),
        message_limit: 1000,
        message_time: BodyTime {
            base: None,
            rate: 0,
        },
        stall_limit: None,
    };
    Session::new(
        &change(config),
        reading,
        Arc::new(ConnectionCache::new(usize::MAX, memory())),
    )
}

impl Session {
    /// The next step of a session whose host lets every message be read.
    fn step(&mut self, now: Duration) -> Step {
        match self.next(now) {
            Step::Authorize => {
                self.authorized(Ok(()));
                self.next(now)
            }
            step => step,
        }
    }
}

/// Memory without a bound that matters.
fn memory() -> Held {
    let tenant = Bounds::new().tenant(&Scope::anonymous());
    tenant.nothing(BoundedResource::Memory)
}

fn remember(session: &Session, id: &str) {
    let mut response = Response::new(id, "m", 0);
    response.status = ResponseStatus::Completed.into();
    let record = StoredResponse::new(response, &Conversation::default(), Vec::new());
    session.cache.keep(record.clone());
}

fn remembered(session: &Session) -> Option<String> {
    session.cache.id()
}

fn create(members: &Value) -> Utf8Bytes {
    let mut message = json!({"type": "response.create", "model": "m", "input": "x"});
    for (name, value) in members.as_object().unwrap() {
        message[name] = value.clone();
    }
    message.to_string().into()
}

fn begin(session: &mut Session, now: Duration) -> Box<Create> {
    match session.step(now) {
        Step::Begin(create) => create,
        other => panic!("{other:?}"),
    }
}

/// The code, param and status of the error that is sent.
fn error(session: &mut Session, now: Duration) -> (String, Value, u64) {
    match session.step(now) {
        Step::Send(text) => parts(&text),
        Step::Refuse(refusal) => parts(&refusal.text),
        other => panic!("{other:?}"),
    }
}

fn parts(text: &str) -> (String, Value, u64) {
    let envelope: Value = serde_json::from_str(text).unwrap();
    assert_eq!(envelope["type"], "error");
    let error = &envelope["error"];
    assert!(error["type"].is_string() && error["message"].is_string());
    (
        error["code"].as_str().unwrap().to_owned(),
        error["param"].clone(),
        envelope["status"].as_u64().unwrap(),
    )
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Echo(_) => f.write_str("Echo"),
            Self::Send(text) => write!(f, "Send({text})"),
            Self::Refuse(refusal) => write!(f, "Refuse({})", refusal.text),
            Self::Ping => f.write_str("Ping"),
            Self::Authorize => f.write_str("Authorize"),
            Self::Read(_) => f.write_str("Read"),
            Self::Begin(_) => f.write_str("Begin"),
            Self::Close(close) => write!(f, "Close({close:?})"),
            Self::Silent => f.write_str("Silent"),
            Self::Wait(until) => write!(f, "Wait({until:?})"),
        }
    }
}

#[test]
fn every_message_is_authorized_before_it_is_read() {
    let mut session = session(|config| config);
    assert!(matches!(session.next(SECOND), Step::Wait(_)));
    session.text("not even JSON".into());
    session.binary(Bytes::new());
    session.text(create(&json!({"generate": false})));
    session.text(create(&json!({})));
    for _ in 0..3 {
        assert!(matches!(session.next(SECOND), Step::Authorize));
        // It waits for the decision as for a turn.
        assert!(matches!(session.next(SECOND), Step::Wait(_)));
        session.authorized(Err(Error::rate_limited(SECOND)));
        let (code, _, status) = error(&mut session, SECOND);
        assert_eq!((&*code, status), ("rate_limit_exceeded", 429));
    }
    assert!(matches!(session.next(SECOND), Step::Authorize));
    session.authorized(Ok(()));
    assert!(matches!(session.next(SECOND), Step::Begin(_)));
}

#[test]
fn turns_run_one_after_the_other() {
    let mut session = session(|config| config);
    assert!(matches!(session.step(SECOND), Step::Wait(_)));
    for model in ["a", "b", "c"] {
        session.text(create(&json!({"model": model})));
    }
    for model in ["a", "b", "c"] {
        let create = begin(&mut session, SECOND);
        assert_eq!(create.valid.request.model.as_str(), Some(model));
        assert!(matches!(session.step(SECOND), Step::Wait(_)));
        session.ended(false, SECOND);
    }
    assert!(matches!(session.step(SECOND), Step::Wait(_)));
}

#[test]
fn a_large_message_is_read_elsewhere() {
    let mut session = Session {
        queue: Queue::new(16, usize::MAX),
        ..session(|config| config)
    };
    for input in ["x".repeat(LARGE), "7".into(), "y".into()] {
        session.text(create(&json!({"input": input})));
    }
    let Step::Read(text) = session.step(SECOND) else {
        panic!("a large message is read in place");
    };
    // The others wait.
    assert!(matches!(session.step(SECOND), Step::Wait(_)));
    session.was_read(message::read(&text, session.reading, |_| Ok(())));
    begin(&mut session, SECOND);
    session.ended(false, SECOND);
    begin(&mut session, SECOND);
    session.ended(false, SECOND);

    session.text("[".repeat(LARGE + 1).into());
    begin(&mut session, SECOND);
    session.ended(false, SECOND);
    let Step::Read(text) = session.step(SECOND) else {
        panic!("a large message is read in place");
    };
    session.was_read(message::read(&text, session.reading, |_| Ok(())));
    assert_eq!(error(&mut session, SECOND).0, "invalid_json");
    session.was_read(Err(Error::overloaded().into()));
    assert_eq!(error(&mut session, SECOND).2, 503);
}

/// It is neither in the queue nor a turn when the connection ends.
#[test]
fn a_large_message_that_was_read_is_answered_at_the_end_of_its_connection() {
    type End = fn(&mut Session);
    let ends: [(End, Duration, &str); 2] = [
        (Session::shut_down, 2 * SECOND, "server_shutting_down"),
        (|_| {}, 60 * SECOND, "websocket_connection_limit_reached"),
    ];
    for (end, at, code) in ends {
        let mut session = Session {
            queue: Queue::new(16, usize::MAX),
            ..session(|config| config.connection_limit(60 * SECOND).idle_limit(10 * SECOND))
        };
        session.text(create(&json!({"input": "x".repeat(LARGE)})));
        let Step::Read(text) = session.step(SECOND) else {
            panic!("a large message is read in place");
        };
        session.text(create(&json!({})));
        end(&mut session);
        session.was_read(message::read(&text, session.reading, |_| Ok(())));
        for _ in 0..2 {
            assert_eq!(error(&mut session, at).0, code);
        }
        assert!(matches!(session.step(at), Step::Close(_)), "{code}");
    }
}

#[test]
fn a_large_message_that_took_long_to_be_read_is_no_idle_time() {
    let mut session = Session {
        queue: Queue::new(16, usize::MAX),
        ..session(|config| config.idle_limit(10 * SECOND))
    };
    session.text(create(&json!({"input": "x".repeat(LARGE)})));
    let Step::Read(text) = session.step(SECOND) else {
        panic!("a large message is read in place");
    };
    session.was_read(message::read(&text, session.reading, |_| Ok(())));
    begin(&mut session, 20 * SECOND);
}

#[test]
fn errors_are_sent_in_their_turn() {
    let mut session = session(|config| config);
    session.text(create(&json!({})));
    session.text("{".into());
    session.binary(Bytes::new());
    session.text(r#"{"type":"response.cancel"}"#.into());
    session.text("[]".into());
    session.text(create(&json!({"model": 7})));
    session.text(create(&json!({"input": "y"})));
    begin(&mut session, SECOND);
    assert!(matches!(session.step(SECOND), Step::Wait(_)));
    session.ended(false, SECOND);
    let expected = [
        ("invalid_json", json!("body")),
        ("invalid_message", json!("type")),
        ("invalid_value", json!("type")),
        ("invalid_type", json!("body")),
        ("invalid_type", json!("model")),
    ];
    for (code, param) in expected {
        assert_eq!(error(&mut session, SECOND), (code.to_owned(), param, 400));
    }
    begin(&mut session, SECOND);
}

#[test]
fn more_than_the_queue_holds_is_refused() {
    let mut session = session(|config| config);
    for _ in 0..100 {
        session.text(create(&json!({})));
    }
    let (mut begun, mut refused) = (0, 0);
    loop {
        match session.step(SECOND) {
            Step::Begin(_) => {
                begun += 1;
                session.ended(false, SECOND);
            }
            Step::Refuse(refusal) => {
                let text = refusal.text;
                assert_eq!(parts(&text).0, "websocket_queue_full");
                assert_eq!(parts(&text).2, 429);
                refused += 1;
            }
            _ => break,
        }
    }
    assert_eq!((begun, refused), (17, 83));
    session.text(create(&json!({})));
    begin(&mut session, SECOND);
}

#[test]
fn a_refused_continuation_is_forgotten() {
    let mut session = session(|config| config);
    let naming = |id: &str| create(&json!({"previous_response_id": id}));
    let broken = |id: &str| create(&json!({"previous_response_id": id, "input": 7}));

    // Invalid.
    remember(&session, "resp_1");
    session.text(broken("resp_2"));
    error(&mut session, SECOND);
    session.text(create(&json!({"input": 7})));
    error(&mut session, SECOND);
    session.text("{\"previous_response_id\":\"resp_1\"".into());
    error(&mut session, SECOND);
    assert_eq!(remembered(&session).as_deref(), Some("resp_1"));
    session.text(broken("resp_1"));
    error(&mut session, SECOND);
    assert_eq!(remembered(&session), None);

    // Refused by the provider.
    remember(&session, "resp_1");
    session.text(naming("resp_2"));
    begin(&mut session, SECOND);
    session.refused(&Error::model_not_found("m"), SECOND);
    assert!(remembered(&session).is_some());
    session.text(naming("resp_1"));
    begin(&mut session, SECOND);
    let text = session.refused(&Error::model_not_found("m"), SECOND);
    assert_eq!(
        parts(&text),
        ("model_not_found".into(), json!("model"), 404)
    );
    assert_eq!(remembered(&session), None);

    // Failed in the middle, and not.
    for (id, failed, kept) in [
        ("resp_1", true, false),
        ("resp_1", false, true),
        ("resp_2", true, true),
    ] {
        remember(&session, "resp_1");
        session.text(naming(id));
        begin(&mut session, SECOND);
        session.ended(failed, SECOND);
        assert_eq!(remembered(&session).is_some(), kept, "{id} {failed}");
    }
}

/// Lets the turns that may run end, and the next message be refused.
fn refuse(session: &mut Session, decision: Result<(), Error>) {
    let mut decision = Some(decision);
    for _ in 0..200 {
        match session.next(SECOND) {
            Step::Authorize => session.authorized(decision.take().unwrap_or(Ok(()))),
            Step::Begin(_) => session.ended(false, SECOND),
            Step::Read(text) => session.was_read(message::read(&text, session.reading, |_| Ok(()))),
            Step::Refuse(_) => return,
            other => panic!("{other:?}"),
        }
    }
    panic!("no message is refused");
}

#[test]
fn a_continuation_that_the_host_refuses_is_forgotten() {
    let naming = |id: &str| json!({"previous_response_id": id});
    let large = |id: &str| json!({"previous_response_id": id, "input": "x".repeat(LARGE)});
    for (message, kept) in [
        (create(&json!({})), true),
        (create(&naming("resp_2")), true),
        (create(&naming("resp_1")), false),
        (create(&large("resp_1")), false),
        ("not JSON".into(), true),
    ] {
        let mut session = session(|config| config);
        remember(&session, "resp_1");
        session.text(message.clone());
        refuse(&mut session, Err(Error::rate_limited(SECOND)));
        assert_eq!(remembered(&session).is_some(), kept, "{message:.99}");
    }
}

#[test]
fn a_continuation_that_finds_no_room_in_the_queue_is_forgotten() {
    let naming = |id: &str| json!({"previous_response_id": id});
    let large = |id: &str| json!({"previous_response_id": id, "input": "x".repeat(LARGE)});
    for (excess, kept) in [
        (vec![json!({}), json!({})], true),
        (vec![naming("resp_2"), naming("resp_2")], true),
        (vec![naming("resp_1")], false),
        (vec![json!({}), naming("resp_1")], false),
        (vec![large("resp_1")], false),
    ] {
        let mut session = session(|config| config.queue(1));
        remember(&session, "resp_1");
        for _ in 0..2 {
            session.text(create(&json!({})));
        }
        for message in &excess {
            session.text(create(message));
        }
        for _ in &excess {
            refuse(&mut session, Ok(()));
        }
        assert_eq!(remembered(&session).is_some(), kept);
    }
}

#[test]
fn a_continuation_that_is_refused_unread_is_forgotten() {
    let mut session = session(|config| config);
    remember(&session, "resp_1");
    session.was_read(Err(Error::overloaded().into()));
    error(&mut session, SECOND);
    assert_eq!(remembered(&session), None);
}

#[test]
fn a_connection_reaches_its_limit() {
    let mut session = session(|config| config.connection_limit(60 * SECOND));
    assert!(matches!(session.step(SECOND), Step::Wait(until) if until == 60 * SECOND));
    let limit = (
        "websocket_connection_limit_reached".to_owned(),
        json!("connection"),
        400,
    );
    assert_eq!(error(&mut session, 60 * SECOND), limit);
    assert!(matches!(
        session.step(60 * SECOND),
        Step::Close(Close { code: 1001, .. })
    ));
}

#[test]
fn a_turn_may_end_after_the_limit() {
    let mut session = session(|config| config.connection_limit(60 * SECOND));
    for _ in 0..3 {
        session.text(create(&json!({})));
    }
    begin(&mut session, 59 * SECOND);
    assert!(matches!(session.step(61 * SECOND), Step::Wait(_)));
    session.ended(false, 70 * SECOND);
    // Each of those that waited is told.
    for _ in 0..2 {
        assert_eq!(
            error(&mut session, 70 * SECOND).0,
            "websocket_connection_limit_reached"
        );
    }
    assert!(matches!(session.step(70 * SECOND), Step::Close(_)));
}

#[test]
fn a_shutdown_lets_the_turn_end() {
    let mut session = session(|config| config);
    session.text(create(&json!({})));
    session.text(create(&json!({})));
    begin(&mut session, SECOND);
    session.shut_down();
    assert!(matches!(session.step(SECOND), Step::Wait(_)));
    session.text(create(&json!({})));
    session.ended(false, SECOND);
    for _ in 0..2 {
        let refused = ("server_shutting_down".to_owned(), json!("connection"), 503);
        assert_eq!(error(&mut session, SECOND), refused);
    }
    assert!(matches!(
        session.step(SECOND),
        Step::Close(Close { code: 1001, .. })
    ));
}

/// There may be very many of them.
#[test]
fn as_many_messages_that_did_not_fit_as_may_wait_are_answered_at_a_shutdown() {
    let mut session = session(|config| config.queue(2));
    session.text(create(&json!({})));
    begin(&mut session, SECOND);
    for _ in 0..20 {
        session.text(create(&json!({})));
    }
    session.shut_down();
    session.ended(false, SECOND);
    for _ in 0..4 {
        let refused = ("server_shutting_down".to_owned(), json!("connection"), 503);
        assert_eq!(error(&mut session, SECOND), refused);
    }
    assert!(matches!(
        session.step(SECOND),
        Step::Close(Close { code: 1001, .. })
    ));
}

#[test]
fn an_idle_connection_is_closed() {
    let mut session = session(|config| config.idle_limit(10 * SECOND));
    assert!(matches!(session.step(SECOND), Step::Wait(until) if until == 10 * SECOND));
    session.text(create(&json!({})));
    begin(&mut session, 9 * SECOND);
    assert!(matches!(session.step(30 * SECOND), Step::Wait(_)));
    session.ended(false, 30 * SECOND);
    assert!(matches!(session.step(39 * SECOND), Step::Wait(until) if until == 40 * SECOND));
    assert!(matches!(
        session.step(40 * SECOND),
        Step::Close(Close { code: 1001, .. })
    ));
}

#[test]
fn a_silent_client_is_asked_and_then_gone() {
    let mut session =
        session(|config| config.ping_interval(15 * SECOND).silence_limit(55 * SECOND));
    session.text(create(&json!({})));
    begin(&mut session, SECOND);
    for (at, ping) in [(14, false), (15, true), (29, false), (30, true), (45, true)] {
        assert_eq!(
            matches!(session.step(at * SECOND), Step::Ping),
            ping,
            "{at}"
        );
    }
    assert_eq!(session.keep_alive.gone_at(), 55 * SECOND);
    session.heard(54 * SECOND);
    assert!(matches!(session.step(108 * SECOND), Step::Ping));
    assert!(matches!(session.step(109 * SECOND), Step::Silent));
}

/// No message, whatever it is, gets a session out of step.
#[test]
fn each_message_gets_one_answer() {
    let mut session = session(|config| config);
    let message = create(&json!({"previous_response_id": "resp_1", "generate": false}));
    let cut = (0..message.len()).map(|end| &message[..end]);
    let others = [
        "null",
        "7",
        "\"\"",
        "{}",
        "[[]]",
        "\u{feff}{}",
        "{\"type\":null}",
    ];
    for text in cut.chain(others) {
        session.text(text.to_owned().into());
        assert_eq!(error(&mut session, SECOND).2, 400, "{text}");
        assert!(matches!(session.step(SECOND), Step::Wait(_)), "{text}");
    }
    session.text(message.clone());
    assert!(!begin(&mut session, SECOND).generate);
}
