//! `POST {prefix}/responses/input_tokens`.

use http::request::Parts;
use http::{Request, Response, StatusCode};
use openresponses_types::Turn;

use super::respond;
use super::response_body::ResponseBody;
use crate::config::Config;
use crate::error::Error;
use crate::provider::{Provider, guard};

/// Counts the tokens and writes the response.
pub(super) async fn count<P: Provider>(
    config: &Config,
    provider: &P,
    head: Parts,
    turn: Turn,
) -> Result<Response<ResponseBody>, Error> {
    let request = Request::from_parts(head, turn);
    let asked = guard::future(async move { provider.count_input_tokens(request).await });
    let (answer, tokens) = config.shutdown.unless_ended(asked).await???.into_parts();
    let text = format!(r#"{{"object":"response.input_tokens","input_tokens":{tokens}}}"#);
    Ok(respond::json(StatusCode::OK, answer.headers, text))
}
