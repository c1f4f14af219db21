//! Servers of the Model Context Protocol, whose tools are offered like the host's own.

mod allowed;
mod connection;
mod declared;
mod http_client;
mod outage;
mod result;
mod server;
mod sources;
mod target;

pub use server::McpServer;

pub(crate) use allowed::AllowedServers;
pub(crate) use connection::Connection;
pub(crate) use http_client::HttpClient;
pub(crate) use sources::{Servers, sources};
