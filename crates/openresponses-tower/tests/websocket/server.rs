//! Servers on free ports.

use std::net::SocketAddr;

use axum::Router;
use axum::serve::ListenerExt;
use http::header::AUTHORIZATION;
use http::request::Parts;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponses, OpenResponsesLayer, Provider, Scope};
use tokio::net::TcpListener;

/// Each bearer token is a tenant.
pub fn config() -> Config {
    let authorize = |head: &Parts| {
        let header = head.headers.get(AUTHORIZATION);
        let token = header
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
            .ok_or_else(Error::missing_api_key);
        std::future::ready(token.and_then(|token| match token {
            "bad" => Err(Error::invalid_api_key()),
            "poor" => Err(Error::permission("no_credit", "Pay first.")),
            token => Ok(Scope::new(token)),
        }))
    };
    Config::new()
        .store(MemoryStore::new(MemoryStoreLimits::default()))
        .authorize(authorize)
}

/// The ways in which a host can mount the endpoint.
#[derive(Clone, Copy, Debug)]
pub enum Stack {
    AxumLayer,
    AxumNest,
    Hyper,
}

pub const STACKS: [Stack; 3] = [Stack::AxumLayer, Stack::AxumNest, Stack::Hyper];

pub async fn start_on(stack: Stack, provider: impl Provider, config: Config) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    match stack {
        Stack::AxumLayer => {
            let app = Router::new().layer(OpenResponsesLayer::new(provider, config));
            serve(listener, app);
        }
        Stack::AxumNest => {
            let service = OpenResponses::new(provider, config.prefix(""));
            let app = Router::new().nest_service("/v1", service);
            serve(listener, app);
        }
        Stack::Hyper => {
            let service = OpenResponses::new(provider, config);
            tokio::spawn(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    stream.set_nodelay(true).unwrap();
                    let service = TowerToHyperService::new(service.clone());
                    let connection = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .with_upgrades();
                    tokio::spawn(async move { drop(connection.await) });
                }
            });
        }
    }
    address
}

fn serve(listener: TcpListener, app: Router) {
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
}

pub async fn start(provider: impl Provider, config: Config) -> SocketAddr {
    start_on(Stack::Hyper, provider, config).await
}
