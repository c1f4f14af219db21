//! An axum service with `/v1/responses` beside its own routes.

use axum::{Router, routing::get, serve::ListenerExt};
use http::{Request, Response};
use openresponses_tower::types::Turn;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};

struct Greeter;

impl Provider for Greeter {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let turn = turn.into_body();
        let words = format!("Hello from {} to {} items.", turn.model, turn.items.len());
        Ok(Response::new(OutputStream::write(|mut out| async move {
            for word in words.split_inclusive(' ') {
                out.text(word);
            }
            out.complete();
            Ok(())
        })))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Router::new()
        .route("/health", get(|| async { "well" }))
        .nest_service("/v1", OpenResponses::new(Greeter, Config::new().prefix("")));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/v1/responses", listener.local_addr()?);
    // Events are small and should leave at once.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, app).await?)
}
