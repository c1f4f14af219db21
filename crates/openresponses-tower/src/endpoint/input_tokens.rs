//! `POST {prefix}/responses/input_tokens`.

use http::request::Parts;
use http::{Request, Response, StatusCode};
use openresponses_types::Turn;

use super::call::call;
use super::forwarded::forwarded;
use super::respond;
use super::response_body::ResponseBody;
use crate::config::Config;
use crate::error::Error;
use crate::provider::Provider;

/// Counts the tokens and writes the response.
pub(super) async fn count<P: Provider>(
    config: &Config,
    provider: &P,
    head: Parts,
    turn: Turn,
) -> Result<Response<ResponseBody>, Error> {
    let request = Request::from_parts(head, turn);
    let answer = call(
        config,
        async move { provider.count_input_tokens(request).await },
    );
    let (answer, tokens) = answer.await?.into_parts();
    let text = format!(r#"{{"object":"response.input_tokens","input_tokens":{tokens}}}"#);
    Ok(respond::json(
        StatusCode::OK,
        forwarded(answer.headers),
        text,
    ))
}
