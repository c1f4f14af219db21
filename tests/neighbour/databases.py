"""Stores of their own for the attacks: a SQLite file, a Redis, a PostgreSQL.

Each is a context manager that yields the settings of the server, or None where its programs are missing.
"""

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time


@contextlib.contextmanager
def sqlite():
    with tempfile.TemporaryDirectory() as folder:
        yield of_sql(f"sqlite:{folder}/responses.db")


@contextlib.contextmanager
def redis():
    if not shutil.which("redis-server"):
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with running(command, port):
            yield f'[store]\nkind = "redis"\n[store.redis]\nurl = "redis://127.0.0.1:{port}"\n'


@contextlib.contextmanager
def postgres():
    initdb, server = program("initdb"), program("postgres")
    if not initdb or not server:
        yield None
        return
    # It refuses to run as root.
    as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:
        if as_user:
            shutil.chown(folder, "nobody", "nogroup")
        data, port = f"{folder}/data", free_port()
        settings = ["--auth=trust", "--username=app", "--no-sync", "--encoding=UTF8", "-D", data]
        subprocess.run([*as_user, initdb, *settings], cwd=folder, stdout=subprocess.DEVNULL, check=True)
        command = [*as_user, server, "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder]
        with running(command, port, cwd=folder):
            yield of_sql(f"postgres://app@127.0.0.1:{port}/postgres")


def of_sql(url):
    return f'[store]\nkind = "sql"\n[store.sql]\nurl = "{url}"\n'


def program(name):
    """Returns a program of PostgreSQL from the path or from where Debian puts it."""
    return shutil.which(name) or next(iter(glob.glob(f"/usr/lib/postgresql/*/bin/{name}")), None)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def running(command, port, cwd=None):
    """Runs a server until the end of the block."""
    server = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while server.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise SystemExit(f"{command[0]} ended")
        yield
    finally:
        # PostgreSQL waits for no client then.
        server.send_signal(signal.SIGINT)
        server.wait()
