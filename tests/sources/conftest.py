"""Studies, workspaces and a local server for the sources."""

import contextlib
import dataclasses
import http.server
import threading
import time

import pytest

from migration.sources.client import Client
from migration.study import load_study
from migration.workspace import init_workspace


@pytest.fixture(scope="session")
def study():
    return load_study("whatsapp-2021")


@pytest.fixture(scope="session")
def simulated_study():
    return load_study("simulated-2021")


@pytest.fixture
def workspace(tmp_path):
    return init_workspace(tmp_path / "space")


@pytest.fixture
def small(study):
    """Signal, both WhatsApp wrappers and two controls; of Flathub alone."""
    apps = tuple(app for app in study.apps if app.id in ("signal", "whatsapp"))
    controls = ("org.gimp.GIMP", "org.kde.krita")
    source = dataclasses.replace(study.source("flathub"), controls=controls, options={})
    return dataclasses.replace(study, apps=apps, sources=(source,))


class Server(http.server.ThreadingHTTPServer):
    """Answers from a script: path to a list of ``(status, headers, body)``.

    The last answer of a path is given again and again; ``asked`` holds each request.
    A body that is a list drips: ``delay`` seconds before each piece of it.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.asked, self.delay = {}, [], 0.0

    @property
    def base(self):
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path, *answers):
        self.script[path] = list(answers)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        answers = self.server.script.get(self.path, [(404, {}, b"no such file")])
        status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        pieces = body if isinstance(body, list) else [body]
        length = {"Content-Length": sum(map(len, pieces))}
        if {"Transfer-Encoding", "Connection"} & set(headers):
            length = {}
        for name, value in {**length, **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        for piece in pieces:
            time.sleep(self.server.delay)
            with contextlib.suppress(ConnectionError):  # the client had enough
                self.wfile.write(piece)

    def log_message(self, *_):
        """Keep the tests' output clean."""


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join(timeout=10)


@pytest.fixture
def client():
    """Quick, and bounded all the same."""
    made = Client(contact="tests@example.org", pace=0.0, backoff=0.001, patience=2.0)
    made.timeout = (2.0, 1.0)
    yield made
    made.close()
