//! A minimal WebSocket client.

use std::io::{Read, Write};

use serde_json::{Value, json};

use crate::process::{Connection, Server};

pub(crate) struct Socket(Connection);

impl Socket {
    pub(crate) fn open(server: &Server, tenant: &str) -> Self {
        let mut connection = server.connect();
        connection.send(&format!(
            "GET /v1/responses HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {tenant}\r\n\
             connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ));
        assert_eq!(connection.head().0, 101);
        Self(connection)
    }

    /// A turn, and the message that ends it.
    pub(crate) fn say(&mut self, previous: &Value, text: &str) -> Value {
        self.ask(json!({"model": "any", "input": text, "previous_response_id": previous}))
    }

    /// A turn of these members, and the message that ends it.
    pub(crate) fn ask(&mut self, mut members: Value) -> Value {
        members["type"] = json!("response.create");
        self.send(&members.to_string());
        self.end()
    }

    /// Reads up to the message that ends the running turn.
    pub(crate) fn end(&mut self) -> Value {
        loop {
            let message = self.next();
            let kind = message["type"].as_str().unwrap();
            if ["error", "response.completed", "response.failed"].contains(&kind) {
                return message;
            }
        }
    }

    /// The next message.
    pub(crate) fn next(&mut self) -> Value {
        serde_json::from_slice(&self.receive(0x81)).unwrap()
    }

    /// The code that the server closes with, which comes next.
    pub(crate) fn closed(&mut self) -> u16 {
        let content = self.receive(0x88);
        u16::from_be_bytes([content[0], content[1]])
    }

    /// One frame, masked with zeroes.
    pub(crate) fn send(&mut self, text: &str) {
        let length = u16::try_from(text.len()).unwrap();
        let mut frame = vec![0x81, 0xFE];
        frame.extend(length.to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        self.0.0.get_mut().write_all(&frame).unwrap();
    }

    /// The content of the next message, which must be of this kind. Pings do not count.
    fn receive(&mut self, wanted: u8) -> Vec<u8> {
        let mut whole = Vec::new();
        loop {
            let [kind, short] = self.take::<2>();
            let length = match short {
                126 => u16::from_be_bytes(self.take()).into(),
                127 => usize::try_from(u64::from_be_bytes(self.take())).unwrap(),
                short => short.into(),
            };
            let mut content = vec![0; length];
            self.0.0.read_exact(&mut content).unwrap();
            if kind == 0x89 {
                continue;
            }
            // The first fragment is not the last, and others have no kind.
            let is_first = whole.is_empty();
            let expected = if is_first { wanted & 0x0F } else { 0 };
            assert_eq!(
                kind & 0x0F,
                expected,
                "{}",
                String::from_utf8_lossy(&content)
            );
            whole.extend(content);
            if kind & 0x80 != 0 {
                return whole;
            }
        }
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.0.read_exact(&mut bytes).unwrap();
        bytes
    }
}
