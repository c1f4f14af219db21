//! The command line beside a file.

use crate::process::{Server, file, post, program};

const UNTYPED: &str = r#"{"model":"any","input":[{"role":"user","content":"Hi"}]}"#;

#[test]
fn flags_count_more_than_the_file() {
    // An address that cannot be bound: the tests set theirs by a flag.
    let settings =
        "[server]\nlisten = \"256.0.0.1:1\"\nprofile = \"strict\"\n[store]\nkind = \"none\"\n";
    let path = file("flags.toml", settings);
    let by_file = Server::start(&["--config", &path]);
    assert_eq!(by_file.ask(UNTYPED).error()["param"], "input[0].type");
    let stored =
        |server: &Server| server.ask(r#"{"model":"any","input":"x"}"#).json()["store"].clone();
    assert_eq!(stored(&by_file), false);

    let flags = [
        "--config",
        &path,
        "--profile",
        "compatible",
        "--store",
        "memory",
    ];
    let by_flags = Server::start(&flags);
    assert_eq!(by_flags.ask(UNTYPED).status, 200);
    assert_eq!(stored(&by_flags), true);
}

#[test]
fn the_file_sets_the_allowed_hosts() {
    let status = |server: &Server, host: &str| {
        let mut connection = server.connect();
        let body = r#"{"model":"any","input":"x"}"#;
        connection.send(&post(body).replace("host: localhost", &format!("host: {host}")));
        connection.answer().status
    };
    let listed = file("hosts.toml", "[server]\nhosts = [\"a.example\"]\n");
    let listed = Server::start(&["--config", &listed]);
    assert_eq!(status(&listed, "a.example:443"), 200);
    assert_eq!(status(&listed, "127.0.0.1"), 200);
    assert_eq!(status(&listed, "b.example"), 403);
    let any = file("any-host.toml", "[server]\nhosts = \"any\"\n");
    assert_eq!(
        status(&Server::start(&["--config", &any]), "b.example"),
        200
    );
}

#[test]
fn a_check_validates_the_file_and_exits() {
    let good = file("checked.toml", "[limits]\nbody = \"1MiB\"\n");
    let ran = program()
        .args(["--check", "--config", &good])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(ran.stdout).unwrap(),
        "OTLP: off.\nThe file is good.\n"
    );
    assert!(ran.stderr.is_empty());

    let without = program().arg("--check").output().unwrap();
    assert_eq!(without.status.code(), Some(2));
}
