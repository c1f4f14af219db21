//! What the server refuses to start with, and all that is wrong with a file.

use std::process::Output;

use crate::process::{file, program};

fn check(name: &str, text: &str, arguments: &[&str]) -> Output {
    let path = file(&format!("{name}.toml"), text);
    let mut check = program();
    check.args(["--config", &path, "--check"]).args(arguments);
    check.output().unwrap()
}

/// The faults of a file, without the name of the program and the path of the file.
fn faults(name: &str, text: &str) -> Vec<String> {
    let ran = check(name, text, &[]);
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    let begin = format!(
        "openresponses-server: {}",
        file(&format!("{name}.toml"), text)
    );
    let stderr = String::from_utf8(ran.stderr).unwrap();
    let lines = stderr.lines().map(|line| match line.strip_prefix(&begin) {
        Some(rest) => rest.trim_start_matches(':').to_owned(),
        None => line.to_owned(),
    });
    lines.collect()
}

/// Files with several faults, and all of them with line, column, field and what is right.
const BROKEN: [(&str, &[&str]); 16] = [
    (
        "[server]\nlisten = 8080\nprefix = \"v1\"\n[limits]\nbody = -1\n",
        &[
            "2:10: server.listen: invalid type: integer `8080`, expected a string",
            "5:8: limits.body: it must be at least one byte",
            "3:10: server.prefix: it must be a path such as",
        ],
    ),
    (
        "[server]\nlisten = \"nonsense\"\nprefix = \"v1\"\nhosts = [\"http://a\"]\n",
        &[
            "2:10: server.listen: it must be HOST:PORT, such as \"127.0.0.1:8080\"",
            "4:9: server.hosts: they must be names without scheme, port and path, or \"any\" alone",
            "3:10: server.prefix: it must be a path such as \"/v1\", or empty",
        ],
    ),
    (
        "[[keys]]\ntenant = \"a\"\nsha256 = \"short\"\n[[keys]]\ntenant = 5\nenv = \"K\"\n[[keys]]\nnope = 1\n",
        &[
            "3:10: keys[0].sha256: it must be 64 hexadecimal digits: the SHA-256 of the key",
            "5:10: keys[1].tenant: invalid type: integer `5`, expected a string",
            "8:1: keys[2].nope: unknown field `nope`, expected one of `tenant`, `name`, `sha256`, `env`, `file`, `models`, `rate`, `budget`",
        ],
    ),
    (
        "[[keys]]\ntenant = \"a\"\nenv = \"NO_SUCH_1\"\n[[keys]]\ntenant = \"b\"\n[[keys]]\nfile = \"none.txt\"\n",
        &[
            "3:7: keys[0].env: the variable NO_SUCH_1 is not set",
            "4:1: keys[1]: it must have one of `sha256`, `env` and `file`",
            "7:8: keys[2].file: ",
        ],
    ),
    (
        "[providers.a]\nkind = \"openai\"\n[providers.b]\nkind = \"chat\"\n[providers.C]\nkind = \"embedded\"\n[models.m]\nproviders = [\"a\"]\n",
        &[
            "2:8: providers.a.kind: unknown word",
            "3:1: providers.b: a server needs a `base_url`, such as \"http://127.0.0.1:11434/v1\"",
            "5:1: providers.C: 'C' cannot be the name of a provider",
        ],
    ),
    (
        "[providers.a]\nkind = \"embedded\"\n[models.m]\nproviders = [\"b\", \"c\"]\nfallbacks = [\"n\"]\n[aliases]\nfast = [\"o\"]\n",
        &[
            "4:14: models.m.providers[0]: there is no provider \"b\"; the providers are: a",
            "4:19: models.m.providers[1]: there is no provider \"c\"; the providers are: a",
            "5:13: models.m.fallbacks: there is no model \"n\"",
            "7:8: aliases.fast: there is no model \"o\"",
        ],
    ),
    (
        "[gateway]\ndefault_model = \"m\"\nattempts = 0\n[providers.a]\nkind = \"embedded\"\nany_model = true\n[[keys]]\nfile = \"keys-of-the-check.txt\"\nmodels = [\"x/*\"]\n",
        &[
            "3:12: gateway.attempts: invalid value: integer `0`, expected a nonzero usize",
            "2:17: gateway.default_model: there is no model \"m\"",
            "9:10: keys[0].models: there is no model \"x/*\"",
        ],
    ),
    (
        "[store]\nkind = \"redis\"\n[websocket]\norigins = [\"chat.example.com\"]\nqueue = -1\n",
        &[
            "4:11: websocket.origins[0]: it must be as browsers send it",
            "5:9: websocket.queue: invalid value: integer `-1`, expected usize",
            "2:8: store.redis: the store needs one of `url` and `url_env`",
        ],
    ),
    (
        "[tools.a]\nkind = \"mcp\"\n[tools.b]\nkind = \"sample\"\nurl = \"http://x\"\n[tools.c]\nkind = \"shell\"\n",
        &[
            "7:8: tools.c.kind: unknown word, expected `sample` or `mcp`",
            "1:1: tools.a: an MCP server has one of 'url' and 'command'",
            "3:1: tools.b: a sample has neither 'url' nor 'command'",
        ],
    ),
    (
        "[log]\nfilter = \"loud\"\nformat = \"xml\"\nfile = 1\nlevel = \"info\"\n",
        &[
            "2:10: log.filter: it must be error, warn, info, debug or trace",
            "3:10: log.format: it must be text or json",
            "4:8: log.file: invalid type: integer `1`",
            "5:1: log.level: unknown field `level`, expected one of `filter`, `format`, `file`",
        ],
    ),
    (
        "[server]\nadmin = \"127.0.0.1:8080\"\n[usage]\nfile = \"/nowhere/usage\"\n[log]\nfile = \"/nowhere/log\"\n",
        &[
            "openresponses-server: server.admin: 127.0.0.1:8080 is the address of the other listener",
            "openresponses-server: usage.file: there is no folder /nowhere",
            "openresponses-server: log.file: there is no folder /nowhere",
        ],
    ),
    (
        "[providers.x]\nkind = \"embedded\"\n[models.\"a/b\"]\nproviders = [\"x\"]\nfallbacks = [\"a/b\"]\n",
        &["5:13: models.\"a/b\".fallbacks: it names the model itself"],
    ),
    // What callers the file names is not known.
    (
        "[server]\nlisten = \"0.0.0.0:0\"\n[[issuers]]\nissuer = 5\naudiences = [\"a\"]\njwks_file = \"k\"\n",
        &["4:10: issuers[0].issuer: invalid type: integer `5`, expected a string"],
    ),
    (
        "[server]\nlisten = \"0.0.0.0:0\"\n[limits]\nbody = -1\n",
        &[
            "4:8: limits.body: it must be at least one byte",
            "openresponses-server: 0.0.0.0:0 can be reached from other machines",
        ],
    ),
    // Settings without effect.
    (
        "[tls]\nadmin = true\nhandshake_timeout = \"1s\"\n[server]\nbackground_attempts = 2\n[budgets]\noutage = \"allow\"\n[limits]\nopen_connections = { total = 1, address = 2 }\n",
        &[
            "2:9: tls.admin: it needs `certificate` and `key`: set them, or remove it",
            "3:21: tls.handshake_timeout: it needs `certificate` and `key`: set them, or remove it",
            "5:23: server.background_attempts: it needs background_interrupted = \"restart\": set that, or remove it",
            "7:10: budgets.outage: it needs store = \"redis\": set that, or remove it",
            "9:20: limits.open_connections: `address` must be at most `total`",
        ],
    ),
    (
        "[providers.a]\nkind = \"embedded\"\n[providers.b]\nkind = \"embedded\"\nany_model = true\n[models.\"x/m\"]\nproviders = [\"a\"]\n[aliases]\nfast = [\"x/m\"]\n[prices.\"x/*\"]\ninput = 1.0\noutput = 1.0\n[prices.\"b/any\"]\ninput = 1.0\noutput = 1.0\n[prices.\"*\"]\ninput = 1.0\noutput = 1.0\n[prices.\"y/*\"]\ninput = 1.0\noutput = 1.0\n[prices.fast]\ninput = 1.0\noutput = 1.0\n",
        &[
            "22:1: prices.fast: \"fast\" is an alias: name its models",
            "19:1: prices.\"y/*\": there is no model \"y/*\"",
        ],
    ),
];

#[test]
fn every_fault_of_a_file_is_listed() {
    file("keys-of-the-check.txt", "a=sk-1\n");
    for (at, (text, expected)) in BROKEN.iter().enumerate() {
        let found = faults(&format!("broken-{at}"), text);
        for fault in *expected {
            assert!(
                found.iter().any(|line| line.starts_with(fault)),
                "{text}\n{fault}\n{found:#?}"
            );
        }
        assert_eq!(found.len(), expected.len(), "{found:#?}");
    }
}

#[test]
fn an_address_for_all_needs_keys_or_a_flag() {
    let ran = program().args(["--listen", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(
        stderr.contains("0.0.0.0:0 can be reached from other machines"),
        "{stderr}"
    );
    assert!(stderr.contains("--allow-anonymous"), "{stderr}");

    let open = "[server]\nlisten = \"[::]:0\"\n";
    let keys = "[[keys]]\ntenant = \"a\"\nsha256 = \"246c6a889938d703aa7ba351c2a6abcbba304db0c338c25b9939a23cafb13851\"\n";
    assert_eq!(check("open", open, &[]).status.code(), Some(2));
    assert_eq!(
        check("open-flag", open, &["--allow-anonymous"])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        check("open-keys", &format!("{open}{keys}"), &[])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(
        check("open-local", open, &["--listen", "localhost:0"])
            .status
            .code(),
        Some(0)
    );
}

#[test]
fn a_syntax_error_says_nothing_about_keys() {
    let ran = check("syntax", "[server\n", &["--listen", "0.0.0.0:0"]);
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("unclosed table"), "{stderr}");
}

#[test]
fn an_unknown_argument_is_named_and_help_is_offered() {
    let ran = program().arg("--lisen").output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let expected = "openresponses-server: Unknown argument '--lisen'.\n\
                    openresponses-server: --help lists all options\n";
    assert_eq!(String::from_utf8(ran.stderr).unwrap(), expected);
}

#[test]
fn the_version_is_printed() {
    let ran = program().arg("--version").output().unwrap();
    let expected = format!("openresponses-server {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), expected);
}

#[test]
#[cfg(feature = "sqlite")]
fn a_check_tries_to_open_a_sqlite_file() {
    let text = "[store]\nkind = \"sql\"\n[store.sql]\nurl = \"sqlite:/nowhere/responses.db\"\n";
    let ran = check("sqlite-gone", text, &[]);
    assert_eq!(ran.status.code(), Some(2));
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(stderr.contains("the file cannot be opened"), "{stderr}");
}

#[test]
#[cfg(feature = "redis")]
fn a_check_tries_to_reach_redis() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    let text = format!("[store]\nkind = \"redis\"\n[store.redis]\nurl = \"redis://{address}\"\n");
    let ran = check("redis-gone", &text, &[]);
    assert_eq!(ran.status.code(), Some(2));
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(
        stderr.starts_with("openresponses-server: store.redis: "),
        "{stderr}"
    );
}
