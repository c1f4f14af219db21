//! The TLS listener. `certificates` holds two self-signed ones for `localhost`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::process::{Server, file, post, program};

const ONE: [&str; 2] = [
    include_str!("certificates/one.pem"),
    include_str!("certificates/one.key"),
];
const TWO: [&str; 2] = [
    include_str!("certificates/two.pem"),
    include_str!("certificates/two.key"),
];

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Writes a certificate and its key, and a file that names them.
fn config(name: &str, pair: [&str; 2], more: &str) -> String {
    for (text, end) in pair.iter().zip(["pem", "key"]) {
        file(&format!("{name}.{end}"), text);
    }
    let text = format!(
        "[tls]\ncertificate = \"{name}.pem\"\nkey = \"{name}.key\"\n{more}\n[server]\nwatch = \"20ms\"\n"
    );
    file(&format!("{name}.toml"), &text)
}

/// Connects as a client that trusts one certificate.
fn connect(server: &Server, trusted: &str, protocols: &[&str]) -> std::io::Result<Tls> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    let name = ServerName::try_from("localhost").unwrap();
    let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(&server.address)?;
    while session.is_handshaking() {
        session.complete_io(&mut socket)?;
    }
    Ok(StreamOwned::new(session, socket))
}

/// Sends a request on a connection that ends with its answer.
fn ask(stream: &mut Tls, body: &str) {
    let request = post(body).replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
}

fn rest(stream: &mut Tls) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

const BODY: &str = r#"{"model":"any","input":"Hello"}"#;

#[test]
fn both_versions_of_http_are_offered_and_answered() {
    let path = config("tls-versions", ONE, "");
    let server = Server::start(&["--config", &path]);
    let mut stream = connect(&server, ONE[0], &["http/1.1"]).unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    ask(&mut stream, BODY);
    let answer = rest(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("Echo: Hello"), "{answer}");
    let mut stream = connect(&server, ONE[0], &["h2", "http/1.1"]).unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
    // The preface and empty settings are answered with a frame of settings.
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).unwrap();
    assert_eq!(frame[3], 4, "{frame:?}");
    // Nothing is answered without TLS.
    let mut plain = TcpStream::connect(&server.address).unwrap();
    plain.write_all(post(BODY).as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn a_new_certificate_is_presented_without_dropping_a_stream() {
    let path = config("tls-reload", ONE, "");
    let server = Server::start(&["--config", &path]);
    let mut streams: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = connect(&server, ONE[0], &[]).unwrap();
            ask(&mut stream, r#"{"model":"slow","input":"x","stream":true}"#);
            let mut first = [0; 12];
            stream.read_exact(&mut first).unwrap();
            assert_eq!(&first, b"HTTP/1.1 200");
            stream
        })
        .collect();
    // The files do not belong together for a moment.
    file("tls-reload.pem", TWO[0]);
    assert!(connect(&server, ONE[0], &[]).is_ok());
    file("tls-reload.key", TWO[1]);
    while connect(&server, TWO[0], &[]).is_err() {}
    assert!(connect(&server, ONE[0], &[]).is_err());
    // By a signal as well.
    file("tls-reload.pem", ONE[0]);
    file("tls-reload.key", ONE[1]);
    server.signal("HUP");
    while connect(&server, ONE[0], &[]).is_err() {}
    for stream in &mut streams {
        let events = rest(stream);
        assert!(events.contains("event: response.completed\n"), "{events}");
        assert!(events.contains("data: [DONE]"), "{events}");
    }
}

#[test]
fn a_handshake_that_takes_too_long_is_ended_and_blocks_no_other() {
    let path = config("tls-slow", ONE, "handshake_timeout = \"300ms\"");
    let server = Server::start(&["--config", &path]);
    // The beginning of a record, whose rest never arrives.
    let parts: [&[u8]; 3] = [
        b"",
        b"\x16\x03\x01",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ];
    let slow: Vec<_> = (0..60)
        .map(|at| {
            let mut socket = TcpStream::connect(&server.address).unwrap();
            socket.write_all(parts[at % 3]).unwrap();
            socket
        })
        .collect();
    let mut stream = connect(&server, ONE[0], &[]).unwrap();
    ask(&mut stream, BODY);
    assert!(rest(&mut stream).contains("Echo: Hello"));
    for mut socket in slow {
        assert_eq!(socket.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
}

#[test]
fn the_admin_listener_has_the_certificate_by_choice() {
    for (setting, is_tls) in [("admin = true", true), ("", false)] {
        let path = config("tls-admin", ONE, setting);
        let log = file("tls-admin.log", "");
        let arguments = ["--config", &path, "--admin", "127.0.0.1:0"];
        let log_to = ["--log", "info", "--log-file", &log];
        let mut server = Server::start(&[&arguments[..], &log_to].concat());
        let text = std::fs::read_to_string(&log).unwrap();
        let address = text.split("address=").nth(1).unwrap();
        server.address = address.split_whitespace().next().unwrap().into();
        let request = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let answer = if is_tls {
            let mut stream = connect(&server, ONE[0], &[]).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            rest(&mut stream)
        } else {
            let mut stream = TcpStream::connect(&server.address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        config("tls-admin", ONE, if is_tls { "" } else { "admin = true" });
        let named = "this setting needs a restart name=\"tls.admin\"";
        while !std::fs::read_to_string(&log).unwrap().contains(named) {}
    }
}

#[test]
fn files_that_do_not_make_a_certificate_are_refused_at_their_place() {
    let path = config("tls-bad", ONE, "");
    for (text, pair, expected) in [
        (
            None,
            [ONE[0], TWO[1]],
            ":3:7: tls.key: it does not belong to the certificate",
        ),
        (
            None,
            ["", ONE[1]],
            "tls-bad.pem: it contains no certificate in PEM",
        ),
        (None, [ONE[0], ""], ":3:7: tls.key: "),
        (None, [ONE[0], ONE[0]], ":3:7: tls.key: "),
        (
            None,
            [
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                ONE[1],
            ],
            ":2:15: tls.certificate: ",
        ),
        (
            Some("[tls]\ncertificate = \"tls-bad.pem\"\n"),
            ONE,
            ":2:15: tls: it needs both `certificate` and `key`",
        ),
        (
            Some("[tls]\ncertificate = \"none.pem\"\nkey = \"none.key\"\n"),
            ONE,
            ":3:7: tls.key: ",
        ),
    ] {
        let path = match text {
            Some(text) => file("tls-bad-2.toml", text),
            None => path.clone(),
        };
        file("tls-bad.pem", pair[0]);
        file("tls-bad.key", pair[1]);
        let output = program().args(["--config", &path, "--check"]).output();
        let output = output.unwrap();
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(shown.contains(expected), "{expected}: {shown}");
        assert!(!shown.contains("PRIVATE"), "{shown}");
        assert_eq!(output.status.code(), Some(2));
    }
}
