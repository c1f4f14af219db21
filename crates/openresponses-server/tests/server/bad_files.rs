//! Invalid files: each is refused with its place, its field and one sentence.

use crate::process::{file, program};

/// A file, and the start of its error after the file name. `sk-secret` must not be shown.
const BAD: [(&str, &str); 94] = [
    (r#"[server"#, r#":1:8: unclosed table"#),
    (r#"listen = 1"#, r#":1:1: listen: unknown field `listen`"#),
    (
        r#"[server]
listen = 8080"#,
        r#":2:10: server.listen: invalid type: integer `8080`, expected a string"#,
    ),
    (
        r#"[server]
lisen = "x""#,
        r#":2:1: server.lisen: unknown field `lisen`"#,
    ),
    (
        r#"[server]
listen = "nonsense""#,
        r#":2:10: server.listen: it must be HOST:PORT, such as "127.0.0.1:8080""#,
    ),
    (
        r#"[limits]
body = "33 lightyears""#,
        r#":2:8: limits.body: invalid value: string, expected a size such as "64KiB" or "33MiB", or a number of bytes"#,
    ),
    (
        r#"[limits]
body = 0"#,
        r#":2:8: limits.body: it must be at least one byte"#,
    ),
    (
        r#"[limits]
body = -1"#,
        r#":2:8: limits.body: it must be at least one byte"#,
    ),
    (
        r#"[server]
resume_streams = "10m"
[store]
kind = "none""#,
        r#":2:18: server.resume_streams: it needs a store: choose another kind, or remove it"#,
    ),
    (
        r#"[store]
kind = "sql"
[store.sql]
url = "postgres://127.0.0.1/a"
file = "1GiB""#,
        r#":5:8: store.sql.file: it bounds the file of SQLite, and the address is of another database: remove it"#,
    ),
    (
        r#"[budgets]
store = "memory""#,
        r#":2:9: budgets.store: it needs a budget, and no caller has one: remove it"#,
    ),
    (
        r#"[budgets]
output_reserve = 5"#,
        r#":2:18: budgets.output_reserve: it needs a budget, and no caller has one: remove it"#,
    ),
    (
        r#"[server]
background_interrupted = "restart"
background_attempts = 101"#,
        r#":3:23: server.background_attempts: it must be 1 to 100"#,
    ),
    (
        r#"[limits]
requests = { total = 5, tenant = 6 }"#,
        r#":2:12: limits.requests: `tenant` must be at most `total`"#,
    ),
    (
        r#"[providers.a]
kind = "chat"
base_url = "http://127.0.0.1:1/v1"
headers = { content-length = "5" }"#,
        r#":4:30: providers.a.headers.content-length: the server sets it itself: remove it"#,
    ),
    (
        r#"[limits]
json_depth = 501"#,
        r#":2:14: limits.json_depth: it must be 1 to 500 levels"#,
    ),
    (
        r#"[limits]
json_depth = 0"#,
        r#":2:14: limits.json_depth: it must be 1 to 500 levels"#,
    ),
    (
        r#"[limits]
json_depth = -1"#,
        r#":2:14: limits.json_depth: it must be 1 to 500 levels"#,
    ),
    (
        r#"[limits]
rate = { requests = 0, per = "1m" }"#,
        r#":2:21: limits.rate.requests: invalid value: integer `0`, expected a nonzero u32"#,
    ),
    (
        r#"[limits]
rate = { requests = 1, per = "0s" }"#,
        r#":2:30: limits.rate.per: it must be greater than zero"#,
    ),
    (
        r#"[limits]
rate = { requests = 1 }"#,
        r#":2:8: limits.rate: missing field `per`"#,
    ),
    (
        r#"[limits]
rate = { requests = 1, per = "1m", burst = 2 }"#,
        r#":2:36: limits.rate.burst: unknown field `burst`"#,
    ),
    (
        r#"keys = "sk-secret""#,
        r#":1:8: keys: invalid type: string, expected a sequence"#,
    ),
    (
        r#"[keys]
acme = "sk-secret""#,
        r#":1:1: keys: invalid type: map, expected a sequence"#,
    ),
    (
        r#"[[keys]]
key = "sk-secret""#,
        r#":2:1: keys[0].key: unknown field `key`"#,
    ),
    (
        r#"[[keys]]
tenant="a"
sha256 = "sk-secret""#,
        r#":3:10: keys[0].sha256: it must be 64 hexadecimal digits: the SHA-256 of the key"#,
    ),
    (
        r#"[[keys]]
tenant="a""#,
        r#":1:1: keys[0]: it must have one of `sha256`, `env` and `file`"#,
    ),
    (
        r#"[[keys]]
env="NO_SUCH_VAR""#,
        r#":2:5: keys[0].env: the variable NO_SUCH_VAR is not set"#,
    ),
    (
        r#"[[keys]]
file="no-such.txt""#,
        r#":2:6: keys[0].file: no-such.txt: the keys cannot be read: No such file or directory (os error 2)"#,
    ),
    (
        r#"[[issuers]]
issuer="x""#,
        r#":1:1: issuers[0]: missing field `audiences`"#,
    ),
    (
        r#"[[issuers]]
issuer="x"
audiences=[]
jwks_file="n""#,
        r#":3:11: issuers[0].audiences: it must name at least one audience"#,
    ),
    (
        r#"[[issuers]]
issuer="x"
audiences=["a"]
jwks_file="n.json""#,
        r#":4:11: issuers[0].jwks_file: n.json: No such file or directory (os error 2)"#,
    ),
    (
        r#"[[issuers]]
issuer="x"
audiences=["a"]
jwks_file="n.json"
algorithms=["HS256"]"#,
        r#":5:13: issuers[0].algorithms[0]: unknown word"#,
    ),
    (
        r#"[providers.a]
kind="openai""#,
        r#":2:6: providers.a.kind: unknown word"#,
    ),
    (
        r#"[providers.a]
kind="embedded""#,
        r#":1:1: models: there are none: the providers serve no model"#,
    ),
    (
        r#"[providers.A]
kind="embedded""#,
        r#":1:1: providers.A: 'A' cannot be the name of a provider"#,
    ),
    (
        r#"[providers.gateway]
kind="embedded""#,
        r#":1:1: providers.gateway: 'gateway' cannot be the name of a provider"#,
    ),
    (
        r#"[providers.a]
"#,
        r#":1:1: providers.a: missing field `kind`"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
lacks=["imges"]"#,
        r#":3:8: providers.a.lacks[0]: unknown word"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
concurrency=0"#,
        r#":3:13: providers.a.concurrency: invalid value: integer `0`, expected a nonzero usize"#,
    ),
    (
        r#"[models."x/y"]
providers=["z"]"#,
        r#":2:12: models."x/y".providers[0]: there are no providers"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
[models."x/y"]
providers=["a",{provider="b"}]"#,
        r#":4:16: models."x/y".providers[1]: there is no provider "b"; the providers are: a"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
[models."x/y"]
providers=[{provider="a", modle="b"}]"#,
        r#":4:27: models."x/y".providers[0].modle: unknown field `modle`"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
[models."x/y"]
providers=[{model="a"}]"#,
        r#":4:12: models."x/y".providers[0]: missing field `provider`"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
[models."x/y"]
providers=[7]"#,
        r#":4:12: models."x/y".providers[0]: invalid type: integer `7`, expected the name of a provider or { provider = ""#,
    ),
    (
        r#"[providers.a]
kind="embedded"
[models."x/y"]
providers=[]"#,
        r#":4:11: models."x/y".providers: it must name at least one provider"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
[models."x/y"]
providers=["a"]
fallbacks="q""#,
        r#":5:11: models."x/y".fallbacks: there is no model "q""#,
    ),
    (
        r#"[providers.a]
kind="embedded"
[models."x/y"]
providers=["a"]
[aliases]
b="x/y"
c="b"
"#,
        r#":7:3: aliases.c: "b" is an alias: name its models"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
[models."x/y"]
providers=["a"]
[aliases]
b="x/z""#,
        r#":6:3: aliases.b: there is no model "x/z""#,
    ),
    (
        r#"[providers.a]
kind="embedded"
[models."x/y"]
providers=["a"]
[gateway]
default_model="z""#,
        r#":6:15: gateway.default_model: there is no model "z""#,
    ),
    (
        r#"[providers.a]
kind="embedded"
any_model=true
[[keys]]
tenant="t"
sha256="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
models=["b/*"]"#,
        r#":7:8: keys[0].models: there is no model "b/*""#,
    ),
    (
        r#"[store]
kind="redis://:sk-secret@h""#,
        r#":2:6: store.kind: unknown word"#,
    ),
    (
        r#"[store.redis]
transfer = 0"#,
        r#":2:12: store.redis.transfer: it must be at least one byte"#,
    ),
    (
        r#"[store.sql]
transfer = "16 MiBs""#,
        r#":2:12: store.sql.transfer: invalid value: string, expected a size such as "64KiB" or "33MiB", or a number of bytes"#,
    ),
    (
        r#"[store]
kind="redis""#,
        r#":2:6: store.redis: the store needs one of `url` and `url_env`"#,
    ),
    (
        r#"[store]
kind="redis"
[store.redis]
url="redis://:sk-secret@h:no""#,
        r#":4:5: store.redis.url: invalid Redis configuration: Redis URL did not parse"#,
    ),
    (
        r#"[server]
grace = "25 minuets""#,
        r#":2:9: server.grace: invalid value: string, expected a time such as "15s" or "1m 30s""#,
    ),
    (
        r#"[server]
grace = 25"#,
        r#":2:9: server.grace: invalid type: integer `25`, expected a time such as "15s" or "1m 30s""#,
    ),
    (
        r#"[gateway.unsupported]
images="ignore""#,
        r#":2:8: gateway.unsupported.images: unknown word"#,
    ),
    (
        r#"[gateway]
retry_budget={of_requests=-1.0,a_second=1}"#,
        r#":2:27: gateway.retry_budget.of_requests: it must be neither negative nor infinite"#,
    ),
    (
        r#"[gateway]
bare_names="never""#,
        r#":2:12: gateway.bare_names: invalid value: string, expected "unique", "refuse" or { creator = "NAME" }"#,
    ),
    (
        r#"[gateway]
bare_names={creator=1}"#,
        r#":2:21: gateway.bare_names.creator: invalid type: integer `1`, expected a string"#,
    ),
    (
        r#"[gateway]
failover=["all"]"#,
        r#":2:11: gateway.failover[0]: unknown word"#,
    ),
    (
        r#"[server]
metrics=true
metrics=false"#,
        r#":3:1: metrics: duplicate key"#,
    ),
    (
        r#"[websocket]
origins="some""#,
        r#":2:9: websocket.origins: invalid value: string, expected a list of origins such as "https://chat.example.com","#,
    ),
    (r#"sk-secret"#, r#":1:10: key with no value"#),
    (
        r#"x = "unfinished
"#,
        r#":1:16: x: invalid basic string"#,
    ),
    (
        r#"[server]
heartbeat = 15s"#,
        r#":2:13: heartbeat: string values must be quoted, expected literal string"#,
    ),
    (
        r#"[limits]
body=99999999999999999999"#,
        r#":2:6: limits.body: invalid type: integer `99999999999999999999` as i128, expected a size such as "64KiB" or "3"#,
    ),
    (
        r#"[gateway]
retry_budget={of_requests=nan,a_second=1}"#,
        r#":2:27: gateway.retry_budget.of_requests: it must be neither negative nor infinite"#,
    ),
    (
        r#"[[keys]]
sk-secret = "acme""#,
        r#":2:1: keys[0]: unknown field, expected one of `tenant`"#,
    ),
    (
        r#"[[keys]]
secretsksecretsecretsecret = "acme""#,
        r#":2:1: keys[0]: unknown field, expected one of `tenant`"#,
    ),
    (
        r#"[[keys]]
tenant="a"
env="sk-secret""#,
        r#":3:5: keys[0].env: there is no variable of this name"#,
    ),
    (
        r#"[store]
kind="redis"
[store.redis]
url_env="redis://:sk-secret@x""#,
        r#":4:9: store.redis.url_env: there is no variable of this name"#,
    ),
    (
        r#"[[keys]]
tenant="a"
sha256="246c6a889938d703aa7ba351c2a6abcbba304db0c338c25b9939a23cafb13851"
[[keys]]
tenant="b"
file="twice.txt""#,
        r#":6:6: keys[1].file: one of its keys is listed twice or above"#,
    ),
    (
        r#"[models.a]
providers=["zz"]"#,
        r#":2:12: models.a.providers[0]: there are no providers"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
any_model=true
[aliases]
""="a/m""#,
        r#":5:4: aliases."": an alias needs a name"#,
    ),
    (
        r#"[server]
hosts=["https://gateway.example"]"#,
        r#":2:7: server.hosts: they must be names without scheme, port and path"#,
    ),
    (
        r#"[server]
hosts=["any", "gateway.example/"]"#,
        r#":2:7: server.hosts: they must be names without scheme, port and path"#,
    ),
    (
        r#"[websocket]
origins=["https://chat.example/"]"#,
        r#":2:9: websocket.origins[0]: it must be as browsers send it"#,
    ),
    (
        r#"[websocket]
origins=["chat.example"]"#,
        r#":2:9: websocket.origins[0]: it must be as browsers send it"#,
    ),
    (
        r#"[limits]
rate="sk-secret""#,
        r#":2:6: limits.rate: invalid type: string, expected { requests = NUMBER, per = "TIME" }"#,
    ),
    (
        r#"[providers.a]
kind="embedded"
circuit_breaker=5"#,
        r#":3:17: providers.a.circuit_breaker: invalid type: integer `5`, expected { failures = NUMBER"#,
    ),
    (
        r#"[tools.x]
kind = "sample"
url = "http://x""#,
        r#":1:1: tools.x: a sample has neither 'url' nor 'command'"#,
    ),
    (
        r#"[tools.x]
kind = "mcp""#,
        r#":1:1: tools.x: an MCP server has one of 'url' and 'command'"#,
    ),
    (
        r#"[tools.x]
kind = "mcp"
url = "ftp://x""#,
        r#":3:7: tools.x.url: it must begin with http:// or https://"#,
    ),
    (
        r#"[tools.x]
kind = "mcp"
url = "https://""#,
        r#":3:7: tools.x.url: it must be of the form https://HOST/PATH"#,
    ),
    (
        r#"[tool_loop]
client_servers = ["https://x/mcp", "mcp.example.com/mcp"]"#,
        r#":2:18: tool_loop.client_servers[1]: it must begin with http:// or https://"#,
    ),
    (
        r#"[tool_loop]
client_servers = ["https://sk-secret:x@host/mcp"]"#,
        r#":2:18: tool_loop.client_servers[0]: it must have no user info: clients send 'authorization' or 'headers'"#,
    ),
    (
        r#"[tool_loop]
client_servers = ["https://host/mcp#x"]"#,
        r#":2:18: tool_loop.client_servers[0]: it must be of the form https://HOST/PATH"#,
    ),
    (
        r#"[tools.x]
kind = "mcp"
url = "https://x"
token_env = "NO_SUCH_VARIABLE""#,
        r#":4:13: tools.x.token_env: the variable is not set, or cannot be sent in a header"#,
    ),
    (
        r#"[limits]
budget = [{ tokens = 10, per = "1h" }, { tokens = 5, cost = 1.0, per = "60m" }]"#,
        r#":2:10: limits.budget: two windows of one length limit the same: keep one of them"#,
    ),
    (
        r#"[tools.x]
kind = "shell""#,
        r#":2:8: tools.x.kind: unknown word, expected `sample` or `mcp`"#,
    ),
    (
        r#"[tool_loop]
rounds = 0"#,
        r#":2:10: tool_loop.rounds: invalid value: integer `0`, expected a nonzero u32"#,
    ),
];

#[test]
fn each_is_refused_with_its_place_and_never_shows_a_secret() {
    file("twice.txt", "sk-other\nsk-acme-example\n");
    for (at, (text, expected)) in BAD.iter().enumerate() {
        let path = file(&format!("bad-{at}.toml"), &format!("{text}\n"));
        let ran = program()
            .args(["--config", &path, "--check"])
            .output()
            .unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{text}\n{stderr}");
        assert!(ran.stdout.is_empty());
        let begin = format!("openresponses-server: {path}{expected}");
        // Paths in the file are relative to it.
        let folder = path.strip_suffix(&format!("bad-{at}.toml")).unwrap();
        let stderr = stderr.replace(&format!(": {folder}"), ": ");
        let begin = begin.replace(&format!(": {folder}"), ": ");
        assert!(stderr.starts_with(&begin), "{text}\n{stderr}\n{begin}");
        assert_eq!(stderr.trim_end().lines().count(), 1, "{stderr}");
        assert!(!stderr.contains("sk-secret"), "{stderr}");
    }
}

#[test]
fn a_file_that_is_not_there() {
    for (path, expected) in [
        ("no-such.toml", "no-such.toml: cannot be read: "),
        (env!("CARGO_TARGET_TMPDIR"), ": cannot be read: "),
    ] {
        let ran = program().args(["--config", path]).output().unwrap();
        assert_eq!(ran.status.code(), Some(2));
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert!(stderr.contains(expected), "{stderr}");
    }
}

#[test]
fn invalid_utf8_is_refused_at_its_place() {
    let path = file("binary.toml", "");
    std::fs::write(&path, b"[server]\nlog = \"\xff\"\n").unwrap();
    let ran = program().args(["--config", &path]).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(
        stderr.ends_with("binary.toml:2:8: it is not UTF-8\n"),
        "{stderr}"
    );
}

#[test]
fn a_key_belongs_to_one_tenant_across_all_sources() {
    for (name, text, good) in [
        ("once", "a=sk-1\nb=sk-2\n", true),
        ("of-two", "a=sk-1\nb=sk-1\n", false),
    ] {
        file(&format!("{name}.txt"), text);
        let config = format!("[[keys]]\nfile = \"{name}.txt\"\n");
        let path = file(&format!("{name}.toml"), &config);
        let ran = program()
            .args(["--config", &path, "--check"])
            .output()
            .unwrap();
        assert_eq!(ran.status.success(), good, "{name}");
    }
    let both = file(
        "env-above.toml",
        "[[keys]]\ntenant=\"a\"\nenv=\"KEYS_ABOVE\"\n[[keys]]\nfile=\"once.txt\"\n",
    );
    for (keys, good) in [("sk-3", true), ("sk-3\nsk-2", false)] {
        let mut check = program();
        check
            .env("KEYS_ABOVE", keys)
            .args(["--config", &both, "--check"]);
        let ran = check.output().unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.success(), good, "{stderr}");
        assert!(
            good || stderr.contains("env-above.toml:5:6: keys[1].file: "),
            "{stderr}"
        );
    }
}
