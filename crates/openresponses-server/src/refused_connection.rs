//! The answer to one connection too many.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Sent to one connection too many. What it asks is discarded.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
    retry-after: 1\r\ncache-control: no-store\r\nconnection: close\r\ncontent-length: 127\r\n\r\n\
    {\"error\":{\"message\":\"Too many connections are open.\",\"type\":\"server_error\",\
    \"param\":\"connection\",\"code\":\"too_many_connections\"}}";

/// How long what a client sends is discarded. Closing a socket with unread data resets the connection, and
/// the client would lose the answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most connections that are answered at the same time. Others are closed at once.
static ANSWERED: Semaphore = Semaphore::const_new(64);

/// Refuses a connection in a task of its own.
pub(crate) fn refuse(stream: TcpStream) {
    if let Ok(place) = ANSWERED.try_acquire() {
        drop(tokio::spawn(async move {
            answer(stream).await;
            drop(place);
        }));
    }
}

async fn answer(mut stream: TcpStream) {
    let sent = async {
        stream.write_all(TOO_MANY).await?;
        stream.shutdown().await
    };
    // A client that has gone is no fault.
    if let Ok(Ok(())) = timeout(PATIENCE, sent).await {
        discard(stream).await;
    }
}

/// Discards what a client sends behind its refusal.
pub(crate) async fn discard(mut stream: impl AsyncRead + Unpin) {
    let discarded = async {
        let mut nothing = [0; 4096];
        while stream.read(&mut nothing).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    let _ = timeout(PATIENCE, discarded).await;
}

#[cfg(test)]
mod tests {
    use super::TOO_MANY;

    #[test]
    fn the_refusal_has_the_length_that_it_states() {
        let text = std::str::from_utf8(TOO_MANY).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())));
        assert!(body.parse::<serde_json::Value>().is_ok());
    }
}
