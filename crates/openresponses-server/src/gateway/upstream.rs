//! Upstream model servers.

use std::fmt::Display;
use std::ops::Range;

use http::{HeaderName, HeaderValue};
use openresponses_upstream::anthropic::{self, Anthropic};
use openresponses_upstream::chat::{self, Chat};
use openresponses_upstream::gemini::{self, Gemini};
use openresponses_upstream::responses::{self, Responses};
use openresponses_upstream::{BaseUrl, ClientOptions, HttpClient, MessagePolicy, Secret, Upstream};

use toml::Spanned;

use super::provider::{Place, Times};
use crate::file::{Fault, Provider, UpstreamKind, Wait, unset};

/// Creates the upstream of the command line.
///
/// # Errors
/// If the address or the key is invalid.
pub(crate) fn of_arguments(
    kind: UpstreamKind,
    address: &str,
    key_env: Option<&str>,
) -> Result<Upstream, Fault> {
    let base = base(address).map_err(|error| Fault::new(format!("--upstream: {error}")))?;
    let client = HttpClient::new(ClientOptions::new())
        .map_err(|error| Fault::new(format!("--upstream: {error}")))?;
    let mut upstream = upstream(kind, &Choice::default(), base, client)
        .map_err(|wrong| Fault::new(format!("--upstream: {}", wrong.message)))?;
    if let Some(name) = key_env {
        let key = Secret::from_env(name)
            .map_err(|_| Fault::new(format!("--upstream-key-env: {}", unset(name))))?;
        if !key.is_sendable() {
            return Err(Fault::new(format!("--upstream-key-env: {NO_KEY}")));
        }
        upstream = upstream.key(key);
    }
    Ok(upstream)
}

/// Creates the upstream of a table in the file.
///
/// # Errors
/// Returns the first missing or invalid setting.
pub(super) fn of_file(
    kind: UpstreamKind,
    settings: &Provider,
    times: Times,
    place: &Place<'_>,
) -> Result<Upstream, Fault> {
    let fault = |at: Range<usize>, name: &str, message: &dyn Display| {
        let field = format!("{}.{name}", place.field);
        place.source.fault(Some(at), &field, message)
    };
    let Some(address) = &settings.base_url else {
        let message = "a server needs a `base_url`, such as \"http://127.0.0.1:11434/v1\"";
        return Err(place.source.fault(place.at.clone(), place.field, message));
    };
    let base = base(address.as_ref()).map_err(|error| fault(address.span(), "base_url", &error))?;
    let options = options(settings, times, place)?;
    let client = HttpClient::new(options).map_err(|error| match &settings.ca_file {
        Some(path) => fault(path.span(), "ca_file", &error),
        None => place.source.fault(place.at.clone(), place.field, error),
    })?;
    let only_for_openresponses = |setting: &Option<Spanned<bool>>, name| match (setting, kind) {
        (None, _) | (_, UpstreamKind::OpenResponses) => Ok(()),
        (Some(setting), _) => {
            let message = "only servers of the kind `openresponses` have it";
            Err(fault(setting.span(), name, &message))
        }
    };
    only_for_openresponses(
        &settings.pass_previous_response_id,
        "pass_previous_response_id",
    )?;
    if let (Some(setting), UpstreamKind::OpenResponses) = (&settings.always_stream, kind) {
        let message = "servers of the kind `openresponses` are always asked for a stream";
        return Err(fault(setting.span(), "always_stream", &message));
    }
    let choice = choice(settings, place.slug);
    let mut upstream = upstream(kind, &choice, base, client).map_err(|wrong| {
        let (span, field) = match wrong.setting {
            Setting::Quirks => (settings.quirks.as_ref().map(Spanned::span), "quirks"),
            Setting::MaxTokens => (
                settings.max_tokens.as_ref().map(Spanned::span),
                "max_tokens",
            ),
        };
        let field = format!("{}.{field}", place.field);
        place.source.fault(span, &field, wrong.message)
    })?;
    if let Some(key) = key(settings, place)? {
        upstream = upstream.key(key);
    }
    for (name, value) in headers(settings, place)? {
        upstream = upstream.header(name, value);
    }
    only_for_openresponses(&settings.websocket, "websocket")?;
    if let Some(wanted) = settings.websocket.as_ref().filter(|it| *it.as_ref()) {
        upstream = upstream
            .websocket()
            .map_err(|error| fault(wanted.span(), "websocket", &error))?;
    }
    let messages = match settings.hide_errors {
        Some(true) => MessagePolicy::Hide,
        _ => MessagePolicy::Pass,
    };
    Ok(upstream
        .messages(messages)
        .forward_client_key(settings.forwards_keys().is_some())
        .report(settings.report_unplaced.unwrap_or(false)))
}

/// Returns the settings of the dialect.
fn choice<'s>(settings: &'s Provider, slug: &'s str) -> Choice<'s> {
    let (quirks, max_tokens) = (settings.quirks.as_ref(), settings.max_tokens.as_ref());
    let passes_previous = settings.pass_previous_response_id.as_ref();
    Choice {
        quirks: quirks.map(|name| name.as_ref().as_str()),
        max_tokens: max_tokens.map(|count| count.as_ref().get()),
        passes_previous: passes_previous.is_some_and(|it| *it.as_ref()),
        always_stream: settings
            .always_stream
            .as_ref()
            .is_none_or(|it| *it.as_ref()),
        slug: Some(slug),
    }
}

/// Returns the headers of each request.
fn headers(
    settings: &Provider,
    place: &Place<'_>,
) -> Result<Vec<(HeaderName, HeaderValue)>, Fault> {
    let parsed = settings.headers.iter().map(|(name, value)| {
        let fault = |message| {
            let field = format!("{}.headers.{name}", place.field);
            place.source.fault(Some(value.span()), &field, message)
        };
        let parsed = name.parse().ok().zip(value.as_ref().parse().ok());
        let parsed: (HeaderName, HeaderValue) =
            parsed.ok_or_else(|| fault("it cannot be a header"))?;
        match Upstream::sends(&parsed.0) {
            true => Ok(parsed),
            false => Err(fault("the server sets it itself: remove it")),
        }
    });
    parsed.collect()
}

/// Refuses settings that the embedded model does not support.
pub(super) fn refuse_settings(settings: &Provider, place: &Place<'_>) -> Result<(), Fault> {
    let Provider {
        base_url,
        key_env,
        key_file,
        forward_client_key,
        headers,
        quirks,
        max_tokens,
        ca_file,
        connect_timeout,
        first_byte_timeout,
        idle_timeout,
        hide_errors,
        report_unplaced,
        websocket,
        pass_previous_response_id,
        always_stream,
        // Those of every provider.
        kind: _,
        timeout: _,
        concurrency: _,
        circuit_breaker: _,
        lacks: _,
        any_model: _,
    } = settings;
    let named = [
        ("base_url", base_url.is_some()),
        ("key_env", key_env.is_some()),
        ("key_file", key_file.is_some()),
        ("forward_client_key", forward_client_key.is_some()),
        ("headers", !headers.is_empty()),
        ("quirks", quirks.is_some()),
        ("max_tokens", max_tokens.is_some()),
        ("ca_file", ca_file.is_some()),
        ("connect_timeout", connect_timeout.is_some()),
        ("first_byte_timeout", first_byte_timeout.is_some()),
        ("idle_timeout", idle_timeout.is_some()),
        ("hide_errors", hide_errors.is_some()),
        ("report_unplaced", report_unplaced.is_some()),
        ("websocket", websocket.is_some()),
        (
            "pass_previous_response_id",
            pass_previous_response_id.is_some(),
        ),
        ("always_stream", always_stream.is_some()),
    ];
    match named.iter().find(|(_, is_set)| *is_set) {
        Some((name, _)) => Err(place.source.fault(
            place.at.clone(),
            &format!("{}.{name}", place.field),
            "the embedded model is not a server and does not have the setting",
        )),
        None => Ok(()),
    }
}

/// What the file says about the dialect of a server.
struct Choice<'a> {
    quirks: Option<&'a str>,
    max_tokens: Option<u64>,
    passes_previous: bool,
    always_stream: bool,
    slug: Option<&'a str>,
}

impl Default for Choice<'_> {
    fn default() -> Self {
        Self {
            quirks: None,
            max_tokens: None,
            passes_previous: false,
            always_stream: true,
            slug: None,
        }
    }
}

/// A setting that the dialect does not have, or not with this value.
struct Wrong {
    setting: Setting,
    message: String,
}

enum Setting {
    Quirks,
    MaxTokens,
}

fn upstream(
    kind: UpstreamKind,
    choice: &Choice<'_>,
    base: BaseUrl,
    client: HttpClient,
) -> Result<Upstream, Wrong> {
    let slug = choice.slug.unwrap_or("upstream");
    if choice.max_tokens.is_some() && kind != UpstreamKind::Anthropic {
        return Err(Wrong {
            setting: Setting::MaxTokens,
            message: "only servers of the kind `anthropic` have it".to_owned(),
        });
    }
    Ok(match kind {
        UpstreamKind::Chat => {
            let names = chat::Quirks::ALL.iter().map(|quirks| quirks.name);
            let named = quirks(choice, chat::Quirks::named, names)?;
            let quirks = named.unwrap_or_else(|| chat::Quirks::of_host(base.host()));
            let dialect = Chat::new().quirks(quirks).provider(slug);
            Upstream::new(dialect.always_stream(choice.always_stream), base, client)
        }
        UpstreamKind::Anthropic => {
            let names = anthropic::Quirks::ALL.iter().map(|quirks| quirks.name);
            let named = quirks(choice, anthropic::Quirks::named, names)?;
            let mut dialect = Anthropic::new().quirks(named.unwrap_or_default());
            if let Some(count) = choice.max_tokens {
                dialect = dialect.max_tokens(count);
            }
            let dialect = dialect.provider(slug).always_stream(choice.always_stream);
            Upstream::new(dialect, base, client)
        }
        UpstreamKind::Gemini => {
            let names = gemini::Quirks::ALL.iter().map(|quirks| quirks.name);
            let named = quirks(choice, gemini::Quirks::named, names)?;
            let dialect = Gemini::new().quirks(named.unwrap_or_default());
            let dialect = dialect.provider(slug).always_stream(choice.always_stream);
            Upstream::new(dialect, base, client)
        }
        UpstreamKind::OpenResponses => {
            let names = responses::Quirks::ALL.iter().map(|quirks| quirks.name);
            let named = quirks(choice, responses::Quirks::named, names)?;
            let quirks = named.unwrap_or_else(|| responses::Quirks::of_host(base.host()));
            let dialect = Responses::new().quirks(quirks).provider(slug);
            let dialect = dialect.pass_previous_response_id(choice.passes_previous);
            Upstream::new(dialect, base, client)
        }
    })
}

/// The quirks of the chosen name, which is one of `names`.
fn quirks<T>(
    choice: &Choice<'_>,
    named: impl Fn(&str) -> Option<T>,
    names: impl Iterator<Item = &'static str>,
) -> Result<Option<T>, Wrong> {
    let Some(name) = choice.quirks else {
        return Ok(None);
    };
    named(name).map(Some).ok_or_else(|| {
        let names: Vec<_> = names.collect();
        Wrong {
            setting: Setting::Quirks,
            message: format!("it must be one of {}", names.join(", ")),
        }
    })
}

const NO_KEY: &str = "the key is empty, or has bytes that a header cannot have";

/// The address of a server, without the path of a call.
fn base(address: &str) -> Result<BaseUrl, String> {
    let calls = ["/chat/completions", "/messages", "/responses"];
    let bare = address.trim_end_matches('/');
    match calls.iter().find_map(|call| bare.strip_suffix(call)) {
        Some(base) => Err(format!(
            "expected what stands before the path of a call: {base:?}"
        )),
        None => BaseUrl::parse(address).map_err(|error| error.to_string()),
    }
}

fn key(settings: &Provider, place: &Place<'_>) -> Result<Option<Secret>, Fault> {
    let key = stated_key(settings, place)?;
    match &key {
        Some(key) if !key.is_sendable() => {
            Err(place.source.fault(place.at.clone(), place.field, NO_KEY))
        }
        _ => Ok(key),
    }
}

fn stated_key(settings: &Provider, place: &Place<'_>) -> Result<Option<Secret>, Fault> {
    match (&settings.key_env, &settings.key_file) {
        (None, None) => Ok(None),
        (Some(name), None) => Secret::from_env(name.as_ref()).map(Some).map_err(|_| {
            let field = format!("{}.key_env", place.field);
            let message = unset(name.as_ref());
            place.source.fault(Some(name.span()), &field, message)
        }),
        (None, Some(path)) => {
            let found = place.source.beside(path.as_ref());
            Secret::from_file(&found).map(Some).map_err(|error| {
                let field = format!("{}.key_file", place.field);
                let message = format!("{}: {error}", found.display());
                place.source.fault(Some(path.span()), &field, message)
            })
        }
        (Some(name), Some(_)) => Err(place.source.fault(
            Some(name.span()),
            place.field,
            "it must have one of `key_env` and `key_file`",
        )),
    }
}

pub(super) fn options(
    settings: &Provider,
    times: Times,
    place: &Place<'_>,
) -> Result<ClientOptions, Fault> {
    let mut options = ClientOptions::new().idle_timeout(times.silence());
    if let Some(Wait(time)) = settings.connect_timeout {
        options = options.connect_timeout(time);
    }
    if let Some(Wait(time)) = settings.first_byte_timeout {
        options = options.first_byte_timeout(time);
    }
    if let Some(path) = &settings.ca_file {
        let found = place.source.beside(path.as_ref());
        let pem = std::fs::read(&found).map_err(|error| {
            let field = format!("{}.ca_file", place.field);
            let message = format!("{}: {error}", found.display());
            place.source.fault(Some(path.span()), &field, message)
        })?;
        options = options.certificates(pem);
    }
    Ok(options)
}
