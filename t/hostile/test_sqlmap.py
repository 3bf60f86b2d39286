"""sqlmap at every parameter of the API, in bodies, queries, paths and headers; and at a little
server that can be injected, so that this can fail."""

import concurrent.futures
import http.server
import os
import shutil
import subprocess
import threading
import time
import urllib.parse
from collections import Counter

import points
import psycopg2
import pytest
from lib.machine import SCOPES, machine, new_role
from lib.me import enter, join
from lib.openapi import Spec
from lib.social import Idp, section, wait_discovered
from lib.stack import Stack

HERE = os.path.dirname(os.path.abspath(__file__))
AT_ONCE, MINUTES = 3, 8
NOBODY = "00000000-0000-4000-8000-000000000000"
CLEAN = "all tested parameters do not appear to be injectable"
PASSWORD = "a horse, a stapler"


@pytest.fixture(scope="module")
def idp():
    idp = Idp()
    yield idp
    idp.stop()


@pytest.fixture(scope="module")
def lk(idp):
    stack = Stack.start(section("google", "oidc", idp.url) +
                        "[web]\nreturn_to = https://shop.example.org\n[tokens]\naccess_ttl = 3600\n"
                        "[server]\nqueue_timeout_ms = 60000\n", LIMITS="off")
    try:
        wait_discovered(stack, "google")
        yield stack
    finally:
        stack.down()


@pytest.fixture(scope="module")
def known(lk):
    """What is right: with it a request gets as far as it can."""
    user, other = (join(lk, password=PASSWORD) for _ in range(2))
    lk.sql("UPDATE users SET email_verified = true")
    pair, boss = enter(user), machine(lk, *SCOPES)
    role = new_role(boss)
    bearer = lambda token: "Bearer " + token
    return {"userToken": bearer(pair["access_token"]), "refreshToken": bearer(pair["refresh_token"]),
            "machine": bearer(boss.token), "client": "Basic " + "eDp5", "username": user.username, "email": user.email,
            "login": user.email, "password": PASSWORD, "user_id": user.id, "role_id": role["id"], "session_id": NOBODY,
            "account_id": NOBODY, "return_to": "https://shop.example.org/", "session": "cookie",
            # what would change what the others ask for
            ("DELETE", "/users/me"): {"password": "wrong"}, ("DELETE", "/roles/{role_id}"): {"role_id": NOBODY},
            ("PATCH", "/users/me"): {"username": other.username},
            ("POST", "/auth/register"): {"username": other.username + "-2", "email": "x" + other.email}}


def sqlmap(request, port, directory, *more, scheme="https"):
    """(its name, what sqlmap said)"""
    path = os.path.join(directory, request.name)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(request.text(port))
    command = ["sqlmap", "-r", path, "--batch", "--level=2", "--risk=1", "--dbms=PostgreSQL", "--technique=BEST", "--time-sec=2",
               "--timeout=20", "--retries=1", "--ignore-code=*", "--disable-coloring", "--flush-session", "--skip-waf",
               "--ignore-redirects", "--ignore-stdin", f"--output-dir={directory}/out", *more]
    if scheme == "https":
        command.append("--force-ssl")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60 * MINUTES, env={**os.environ, "HOME": directory, "PYTHONWARNINGS": "ignore"})
    return request, done.stdout


def bad_statuses(lk):
    """The 5xx of the service, by route and status."""
    return Counter((line["route"], line["status"]) for line in lk.log.lines()
                   if line.get("event") == "request" and int(line["status"]) >= 500)


def tamper_script(directory):
    """sqlmap takes one from a directory that is a package only."""
    os.mkdir(directory)
    open(os.path.join(directory, "__init__.py"), "w").close()
    return shutil.copy(os.path.join(HERE, "behind_basic.py"), directory)


def test_sqlmap(lk, known, proof, tmp_path):
    begin, lines = time.monotonic(), len(lk.log.lines())
    behind_basic = tamper_script(tmp_path / "tamper")
    requests = list(points.requests(Spec(), known))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(sqlmap, request, lk.port, str(tmp_path),
                            *(["--tamper=" + behind_basic] if request.name.startswith("basic") else []))
                for request in requests]
        results = [job.result() for job in jobs]
    sent = sum(line.get("event") == "request" for line in lk.log.lines()[lines:])
    seconds = time.monotonic() - begin
    found = {request.name: said[-1500:] for request, said in results if CLEAN not in said}
    assert not found, found
    places = sum(request.points for request in requests)
    proof.claim("sqlmap finds nothing to inject into", f"0 of {places} places in {len(requests)} requests; {sent} sent in {seconds:.0f} s",
                "0 injectable", not found)
    worst = bad_statuses(lk)
    # A store that does not answer a busy machine in time is 503, whatever is asked of it
    busy = sum(worst.pop(key) for key in [key for key in worst if key[1] == "503"])
    assert proof.claim("None of what sqlmap sent was answered 5xx", f"{sum(worst.values())} of {sent}; 503 of a busy machine: {busy}",
                       "0 but 503", not worst), worst
    assert proof.claim("sqlmap took no longer than it may", f"{seconds:.0f} s", f"≤ {MINUTES} min", seconds <= 60 * MINUTES)


class Vulnerable(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        fields = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        try:
            with self.server.database.cursor() as cursor:
                cursor.execute("SELECT 1 FROM users WHERE email = '%s'" % fields["email"][0])
                status, body = 200, b"known" if cursor.fetchall() else b"unknown"
        except psycopg2.Error:
            status, body = 400, b"refused"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_it_finds_a_hole(lk, known, proof, tmp_path):
    server = http.server.HTTPServer(("127.0.0.1", 0), Vulnerable)
    server.database = lk.connect("FAST")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        port = server.server_address[1]
        request = points.Request("hole", "POST", "/", {"Content-Type": "application/x-www-form-urlencoded"},
                                 f"email={urllib.parse.quote(known['email'])}*")
        _, said = sqlmap(request, port, str(tmp_path), scheme="http")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        server.database.close()
    assert proof.claim("The same sqlmap finds the hole of a server that has one", "found" if "Payload: " in said else said[-300:],
                       "found", CLEAN not in said and "Payload: " in said), said[-3000:]
