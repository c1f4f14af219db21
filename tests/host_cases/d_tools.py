"""The programs: section D."""

import json
import os
import subprocess
import tempfile

import server as program
from rows import Skipped, case, equal, holds
from server import Server, digest


def command(*arguments, stdin="", **variables):
    if program.COMMAND is None:
        raise Skipped("the command is not given")
    return subprocess.run(
        [program.COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )


@case("D")
def the_probe_finds_nothing_in_this_server():
    """openresponses probe, with models that fail and keys, ends with 0 and shows every case"""
    with Server() as server:
        ran = command(
            "probe",
            f"http://127.0.0.1:{server.port}/v1",
            "--model",
            "m",
            "--bad-key",
            "bad",
            "--failing-model",
            "fail-midstream",
            "--limited-model",
            "rate-limited",
            "--format",
            "json",
            OPENRESPONSES_API_KEY="test",
        )
        equal(ran.returncode, 0, ran.stdout[-800:] + ran.stderr)
        report = json.loads(ran.stdout)
        equal((report["ok"], report["failed"]), (True, 0))
        holds(report["passed"] > 40, f"{report['passed']} passed")
        holds({one["over"] for one in report["cases"]} >= {"json", "stream", "websocket"}, "groups")
        # Without a valid key nothing can be shown, and that is a fault.
        equal(command("probe", f"http://127.0.0.1:{server.port}/v1", "--key", "bad").returncode, 1)
    equal(command("probe", "http://127.0.0.1:1/v1", "--key", "x").returncode != 0, True)


@case("D")
def check_has_places_totals_and_directories():
    """openresponses check: line, column and offset, totals, directories, standard input, --quiet"""
    with tempfile.TemporaryDirectory() as at:
        os.mkdir(f"{at}/inner")
        for name, text in (
            ("good.json", '{"model":"m","input":"x"}'),
            ("inner/bad.json", '{"model":"m",\n "input":7}'),
        ):
            with open(f"{at}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        ran = command("check", "--kind", "create_request", at)
        equal(ran.returncode, 1)
        holds("bad.json" in ran.stdout and "2:" in ran.stdout, ran.stdout)
        quiet = command("check", "--quiet", "--kind", "create_request", f"{at}/good.json")
        equal((quiet.returncode, quiet.stdout), (0, ""))
        ran = command("check", "--format", "json", "--kind", "create_request", f"{at}/inner/bad.json")
        first = json.loads(ran.stdout.splitlines()[0])["violations"][0]
        equal((first["param"], first["line"]), ("input", 2))
        holds(first["column"] > 0 and first["offset"] > 0, first)
    equal(command("check", "--kind", "create_request", "-", stdin='{"model":"m","input":"x"}').returncode, 0)
    equal(command("echo", stdin='{"model":"m","input":"x"}').returncode, 0)
    holds("\x1b[" not in command("check", stdin="{").stdout, "colors without a terminal")


@case("D")
def the_server_lists_all_faults():
    """--version prints it, --check lists all faults of a file and prints no secret"""
    ran = subprocess.run([program.BINARY, "--version"], capture_output=True, text=True, check=True)
    holds(ran.stdout.startswith("openresponses-server "), ran.stdout)
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(
            f'[server]\nlisten = 7\nunknown = 1\n[limits]\nbody = "x"\n[[keys]]\ntenant = "a"\nsha256 = "sk-secret"\n'
            f'[[keys]]\ntenant = "b"\nsha256 = "{digest("k")}"\n'
        )
        file.flush()
        ran = subprocess.run(
            [program.BINARY, "--check", "--config", file.name], capture_output=True, text=True, check=False
        )
        holds(ran.returncode != 0, "the faults are found")
        for name in ("server.listen", "unknown", "limits.body", "sha256"):
            holds(name in ran.stderr, f"{name} is not in {ran.stderr}")
        holds("sk-secret" not in ran.stderr, "a secret")
