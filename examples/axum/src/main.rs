//! An axum service with `/v1/responses` beside its own routes.

use axum::{Router, routing::get};
use http::{Request, Response};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;

struct Greeter;

impl Provider for Greeter {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let words = format!(
            "Hello from {}, with {} items.",
            turn.body().model,
            turn.body().items.len()
        );
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
    Ok(axum::serve(listener, app).await?)
}
