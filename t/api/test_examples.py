"""doc/examples: the programs, as their users run them."""

import http.server
import json
import os
import shutil
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from lib.me import join
from lib.stack import ROOT, new_email, new_name, new_password
from lib.tokens import parts

PROGRAMS = {"client.sh": "curl", "client.py": "python3", "client.php": "php", "client.mjs": "node"}


class Program:
    """One of the programs, with a session of its own."""

    def __init__(self, lk, name, directory):
        self.path, self.session = os.path.join(ROOT, "doc", "examples", name), directory / "session.json"
        cert = lk.env["CERT"]
        trust = {key: cert for key in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")}
        self.environment = {**os.environ, **trust, "LATCHKEY_URL": lk.env["URL"], "LATCHKEY_SESSION": str(self.session)}

    def start(self, *words):
        return subprocess.Popen([self.path, *words], env=self.environment, text=True, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words, typed=""):
        """(exit status, what it said, what it complained of or asked)"""
        program = self.start(*words)
        said, asked = program.communicate(typed, timeout=60)
        return program.returncode, said.strip(), asked

    def tokens(self):
        return json.loads(self.session.read_text())

    def spoil(self):
        """An access token that is refused, as one that has expired; the pair there was."""
        before = self.tokens()
        self.session.write_text(json.dumps({**before, "access_token": before["access_token"][:-8] + "AAAAAAAA"}))
        return before


def generation(tokens):
    return parts(tokens["refresh_token"])[1]["gen"]


@pytest.fixture(params=PROGRAMS)
def program(lk, request, tmp_path):
    if not shutil.which(PROGRAMS[request.param]):
        pytest.skip(PROGRAMS[request.param] + " is not installed")
    return Program(lk, request.param, tmp_path)


@pytest.fixture
def logged_in(lk, program):
    user = join(lk)
    assert program.run("login", user.username, typed=user.password + "\n")[:2] == (0, "logged in")
    program.user = user
    return program


def test_registers_and_logs_in(lk, program):
    email, username, password = new_email(), new_name(), new_password() + ' "ü & \\'
    begun = program.start("register", email, username)
    code = lk.mail.wait(email).code
    said, asked = begun.communicate(f"{code}\n{password}\n", timeout=60)
    assert (begun.returncode, said) == (0, f"registered {username}\n"), asked
    assert program.run("login", username, typed=password + "\n")[:2] == (0, "logged in")
    assert program.session.stat().st_mode & 0o777 == 0o600
    assert program.run("whoami")[:2] == (0, username)
    assert program.run("logout")[:2] == (0, "logged out") and not program.session.exists()
    status, said, complaint = program.run("whoami")
    assert (status, said) == (1, "") and "Not logged in." in complaint


def test_tells_what_is_wrong(lk, program):
    email = new_email()
    begun = program.start("register", email, "x")
    said, complaint = begun.communicate(f"{lk.mail.wait(email).code}\npassword\n", timeout=60)
    assert begun.returncode == 1 and said == "" and "validation_failed" in complaint, complaint
    assert "username: A user name has" in complaint and "password: This password is too easy" in complaint
    status, said, complaint = program.run("login", "nobody", typed="wrong\n")
    assert status == 1 and "invalid_credentials: The user or the password is wrong. (request " in complaint
    assert program.run("fly")[0] == 1


def test_refreshes_what_is_refused(logged_in):
    before = logged_in.spoil()
    assert logged_in.run("whoami")[:2] == (0, logged_in.user.username)
    after = logged_in.tokens()
    assert generation(after) == generation(before) + 1 and after["access_token"] != before["access_token"]
    assert logged_in.session.stat().st_mode & 0o777 == 0o600
    assert logged_in.run("whoami")[:2] == (0, logged_in.user.username) and logged_in.tokens() == after


def test_many_at_a_time_refresh_once(logged_in):
    before = logged_in.spoil()
    for program in [logged_in.start("whoami") for _ in range(6)]:
        said, complaint = program.communicate(timeout=60)
        assert (program.returncode, said.strip()) == (0, logged_in.user.username), complaint
    assert generation(logged_in.tokens()) == generation(before) + 1


def test_the_end_of_a_session(lk, logged_in):
    tokens = logged_in.tokens()
    assert lk.client().post("/auth/logout-all", bearer=tokens["access_token"]).status == 204
    status, said, complaint = logged_in.run("whoami")
    assert (status, said) == (1, "") and "The session is over: log in again." in complaint
    assert not logged_in.session.exists()


class Lossy(http.server.ThreadingHTTPServer):
    """Passes requests on to the service; the answers to the first refreshes get lost on the
    way back."""

    daemon_threads = True

    def __init__(self, lk, lost):
        self.lk, self.lost, self.refreshes = lk, lost, 0
        self.trust = ssl.create_default_context(cafile=lk.env["CERT"])
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
        request = urllib.request.Request(self.server.lk.env["URL"] + self.path, body or None, headers, method=self.command)
        try:
            answer = urllib.request.urlopen(request, context=self.server.trust)
        except urllib.error.HTTPError as problem:
            answer = problem
        if self.path == "/api/v1/auth/refresh":
            self.server.refreshes += 1
            if self.server.refreshes <= self.server.lost:
                self.close_connection = True
                return
        said = answer.read()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("connection", "server", "date", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_GET

    def log_message(self, *_):
        pass


def test_an_answer_that_is_lost(lk, logged_in):
    """The same refresh token again gives the pair that was lost, and no other."""
    before = logged_in.spoil()
    service = Lossy(lk, lost=2)
    try:
        logged_in.environment["LATCHKEY_URL"] = service.url
        assert logged_in.run("whoami")[:2] == (0, logged_in.user.username)
    finally:
        service.shutdown()
        service.server_close()
    assert service.refreshes == 3 and generation(logged_in.tokens()) == generation(before) + 1
