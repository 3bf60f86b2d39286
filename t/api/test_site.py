"""The service in a site that was there before, with ways of its own; the server that is
shipped for a host without one; and what nginx writes into logs."""

import contextlib
import os
import socket
import ssl

import pytest

from lib import check
from lib.http import together
from lib.site import site
from lib.stack import ROOT, free_port, own_stack

lk = own_stack()

# All that a server may say for its locations, and much that people have there
SERVER = """
fastcgi_cache_path @DIR@/tmp/cache keys_zone=pages:1m;
limit_req_zone $server_name zone=site:32k rate=1r/m;
limit_conn_zone $server_name zone=sites:32k;
server {
    listen 127.0.0.1:@PORT@ ssl;
    server_name localhost;
    root @DIR@/files;
    index index.html;
    add_header X-Site "yes" always;
    add_header Cache-Control "public, max-age=600" always;
    auth_basic "staff only";
    auth_basic_user_file @DIR@/users;
    charset utf-8;
    client_max_body_size 100m;
    error_page 400 401 403 404 405 413 429 500 502 503 504 =200 /sorry.html;
    expires 30d;
    fastcgi_cache pages;
    fastcgi_cache_key $uri;
    fastcgi_cache_valid any 1h;
    fastcgi_ignore_headers Cache-Control Expires Set-Cookie;
    fastcgi_intercept_errors on;
    fastcgi_param LATCHKEY_BASE "";
    gzip on;
    gzip_types application/json application/problem+json;
    limit_conn sites 1;
    limit_req zone=site;
    recursive_error_pages on;

    location / { auth_basic off; limit_req zone=nobody; }
    location = /sorry.html { auth_basic off; limit_req zone=nobody; }
    location /api/ { return 410 "another API"; }
    location ~ \\.php$ { return 410 "php"; }
    location ~* \\.(json|js|css|html)$ { auth_basic off; limit_req zone=nobody; }
    location ~ /\\. { return 410 "hidden"; }
    location ~ ^/(api|_latchkey_problem) { return 410 "by pattern"; }
    include snippets/latchkey-locations.conf;
}
limit_req_zone "" zone=nobody:32k rate=1r/s;
"""


@pytest.fixture(scope="module")
def web(lk):
    with site(lk, SERVER) as web:
        web.write("users", "")
        web.write("files/index.html", "home")
        web.write("files/sorry.html", "sorry")
        web.write("files/app.json", "{}")
        yield web


@pytest.fixture
def c(web):
    return web.client()


# in a site that was there before

def test_the_site_goes_on(c):
    answer = c.get("/", base="")
    assert (answer.status, answer.body) == (200, b"home")
    assert answer.header("X-Site") == "yes" and "Strict-Transport-Security" not in dict(answer.headers)
    assert c.get("/app.json", base="").body == b"{}"
    assert c.get("/nothing.html", base="").body == b"sorry"
    assert (c.get("/api/v2/x", base="").status, c.get("/x.php", base="").body) == (410, b"php")


def test_a_session(lk, c):
    user = lk.register(c)
    tokens = lk.login(user)
    answer = c.get("/users/me", bearer=tokens["access_token"])
    assert answer.status == 200 and answer.json["id"] == user.id
    assert c.post("/auth/logout", bearer=tokens["access_token"]).status == 204
    check.problem(c.get("/users/me", bearer=tokens["access_token"]), 401, "invalid_token")


def test_nothing_is_kept(lk, c):
    """One user's answer for the next."""
    for _ in range(2):
        user = lk.register()
        answer = c.get("/users/me", bearer=lk.login(user)["access_token"])
        assert answer.json["id"] == user.id and answer.header("Cache-Control") == "no-store"
    check.problem(c.get("/users/me"), 401, "token_missing")


@pytest.mark.parametrize("path", ["/nothing", "/x.php", "/users/me.json", "/.htaccess", "/login.html", "/sorry.html"])
def test_patterns_of_the_site_take_nothing(c, path):
    check.problem(c.get(path), 404, "not_found")


def test_public_documents(c):
    for base in ("", "/api/v1"):
        answer = c.get("/.well-known/jwks.json", base=base)
        assert answer.status == 200 and answer.json["keys"] and "max-age=2592000" not in answer.header("Cache-Control")
    check.problem(c.get("/auth/verify"), 401, "token_missing")


def test_errors_of_nginx(c):
    check.problem(c.post("/register", body="x" * 20000, type="text/plain"), 413, "content_too_large")
    # before any location is chosen the site answers
    assert c.send("TRACE", "/users/me").body == b"sorry"
    assert c.get("/users/me", headers=[("X-Long", "x" * 40000)]).status == 400


@pytest.mark.parametrize("path", ["/users/me", "/nothing", "/health/live", "/register", "/x.php"])
def test_headers_are_ours(lk, c, path):
    mine, theirs = (client.get(path, request_id="same") for client in (lk.client(), c))
    names = {n for n, _ in mine.headers} - {"Date"}
    assert [(n, v) for n, v in mine.headers if n in names] == [(n, v) for n, v in theirs.headers if n in names]
    assert {n for n, _ in theirs.headers} - {"Date"} == names
    gzip = c.get(path, headers=[("Accept-Encoding", "gzip")])
    assert gzip.header("Content-Encoding") is None


def test_limits_of_the_site_do_not_count_here(c):
    answers = together((c, ("GET", ("/users/me", "/health/live", "/auth/verify", "/nothing")[i % 4]), {}) for i in range(80))
    assert {a.status for a in answers} == {200, 401, 404}


def test_what_hashes_is_still_admitted_by_count(lk, c):
    """A site that counts connections would else have counted for both."""
    log = os.path.join(lk.env["LOG"], "access.log")
    before = os.path.getsize(log)
    users = [("nobody%d" % i, "wrong") for i in range(8)]
    # on a machine with other work the pool may have more than it can do; nginx lets all of them pass
    assert {a.status for a in together((c, ("POST", "/login"), {"basic": user}) for user in users)} <= {401, 503}
    with open(log) as file:
        file.seek(before)
        lines = [line for line in file if '/api/v1/login"' in line]
    assert lines and all('"rate":"PASSED","count":"PASSED"' in line for line in lines), lines[-1]


# logs

SECRET = "Tell-nobody-5e1f"


def test_no_query_is_logged(lk, web, c):
    """Errors of every kind, each with a secret in the query."""
    query = f"?code={SECRET}&state={SECRET}&email={SECRET}"
    paths = ["/social/auth/nobody", "/users", "/login", "/nothing", "/auth/verify", "/users/me", "/health/ready"]
    own = lk.client()
    for client in (c, own):
        together((client, ("POST", path + query), {"body": "x" * size, "type": "text/plain"}) for path in paths for size in (1, 20000))
        together((client, ("GET", "/social/auth/nobody" + query), {}) for _ in range(80))
        with client.open() as sock:
            sock.sendall(client.build("POST", "/login" + query, body=b"x" * 90)[:-50])
    # before any location is chosen a site logs in its own way
    own.get("/users/me" + query, headers=[("X-Long", "x" * 40000)])
    for method in ("TRACE", "CONNECT", "FOO"):
        own.raw(own.build(method, "/login" + query), method="GET")
    for part in ("serve", "outside"):
        lk.part("stop", part)
    stopped = {client.get(path + query).status for path in paths for client in (c, own)}
    for part in ("serve", "outside"):
        lk.part("start", part)
    assert stopped <= {429, 502}
    logs = [os.path.join(lk.env["LOG"], name) for name in os.listdir(lk.env["LOG"])]
    for name in [*logs, web.path("error.log"), web.path("access.log")]:
        with open(name, "rb") as file:
            assert SECRET.encode() not in file.read(), name
    with open(os.path.join(lk.env["LOG"], "access.log")) as file:
        assert '"path":"/_latchkey_problem/api/v1/social/auth/nobody"' in file.read()


# the server for a host without one

@pytest.fixture(scope="module")
def alone(lk):
    """(port of HTTP, port of HTTPS) of conf/nginx/latchkey-server.conf."""
    plain = free_port()
    with open(os.path.join(ROOT, "conf/nginx/latchkey-server.conf")) as file:
        text = file.read()
    tls = os.path.dirname(lk.env["CERT"])
    for old, new in (("listen 443 ", "listen 127.0.0.1:@PORT@ "), ("listen 80", f"listen 127.0.0.1:{plain}"),
                     ("listen [::]", "#"), ("/etc/ssl/latchkey/fullchain.pem", tls + "/cert.pem"),
                     ("/etc/ssl/latchkey/key.pem", tls + "/key.pem"), ("latchkey:10m", "latchkey:1m")):
        assert old in text
        text = text.replace(old, new)
    with site(lk, text) as web:
        yield plain, web.port


def say(port, host, sni=None, path="/api/v1/health/live"):
    """The whole answer, or none."""
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        if sni is not None:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            try:
                sock = context.wrap_socket(sock, server_hostname=sni or None)
            except (ssl.SSLError, ConnectionResetError) as refusal:
                return str(refusal)
        sock.sendall(f"GET {path} HTTP/1.1\r\n{f'Host: {host}' if host else 'X: y'}\r\nConnection: close\r\n\r\n".encode())
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while data := sock.recv(65536):
                got += data
        return got


OWN = "auth.example.org"


def test_our_name(alone):
    plain, tls = alone
    answer = say(tls, OWN, OWN)
    assert answer.startswith(b"HTTP/1.1 200") and b"Strict-Transport-Security: max-age=63072000" in answer
    assert b"404" in say(tls, OWN, OWN, "/")[:12] and b'"not_found"' in say(tls, OWN, OWN, "/")
    answer = say(plain, OWN, path="/x?y=1")
    assert answer.startswith(b"HTTP/1.1 301") and b"Location: https://auth.example.org/x?y=1\r\n" in answer
    assert b"Strict-Transport-Security" not in answer


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost", OWN + ".evil.example", "x." + OWN, "_"])
def test_names_that_are_not_ours(alone, host):
    plain, tls = alone
    assert say(plain, host) == b""
    assert "UNRECOGNIZED_NAME" in say(tls, host, "" if host == "127.0.0.1" else host).upper().replace(" ", "_")
    assert say(tls, host, OWN) == b""


def test_no_name(alone):
    plain, tls = alone
    assert "UNRECOGNIZED_NAME" in say(tls, OWN, "").upper().replace(" ", "_")
    assert say(plain, None)[:12] in (b"HTTP/1.1 400", b"")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls(alone, version):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(("127.0.0.1", alone[1]), 10) as tcp, context.wrap_socket(tcp, server_hostname=OWN) as sock:
        assert sock.selected_alpn_protocol() == "h2"
        assert "GCM" in sock.cipher()[0] or "CHACHA20" in sock.cipher()[0]
