"""nginx's limits by client: what they count, for whom, and what nobody gets around them by.
Sign-ins are 60 at once and 5 a second, documents 100 and 10, the rest 1000 and 500."""

import collections
import contextlib
import re
import ssl
import threading
import time

import pytest

from lib import check
from lib.http import together
from lib.machine import machine
from lib.site import site
from lib.wait import wait_for

SIGN_IN = [("POST", "/login"), ("GET", "/login/"), ("POST", "/register"), ("POST", "/register/"), ("POST", "/password"),
           ("PATCH", "/password/"), ("POST", "/auth/login"), ("POST", "/auth/register"), ("POST", "/auth/verify-email"),
           ("POST", "/users/me/email"), ("POST", "/users/me/email/confirm"), ("POST", "/users/me/change-password"),
           ("POST", "/oauth/token"), ("GET", "/social/login/nobody"), ("POST", "/social/login/nobody/"),
           ("GET", "/social/auth/nobody?code=x&state=x"), ("POST", "/social/exchange"),
           ("DELETE", "/users/me"), ("DELETE", "/users/me/")]
REST = [("GET", "/users/me"), ("POST", "/token"), ("POST", "/auth/refresh"), ("POST", "/auth/logout"), ("GET", "/roles"),
        ("GET", "/nothing"), ("POST", "/oauth/introspect"), ("OPTIONS", "/users/me")]
UNLIMITED = ["/auth/verify", "/auth/verify/", "/health", "/health/live", "/health/ready", "/.well-known/jwks.json",
             "/.well-known/oauth-authorization-server/"]


def limited(answer, path=""):
    if path.startswith("/oauth/"):
        check.oauth_error(answer, 429, "temporarily_unavailable")
    else:
        check.problem(answer, 429, "too_many_requests")
    assert answer.header("Retry-After") == "1" and answer.header("X-Content-Type-Options") == "nosniff"


def spend(client, headers=()):
    """All that one client may sign in at once; how many of 120 were let through, and in what time."""
    start = time.monotonic()
    answers = together((client, ("POST", "/register"), {"json": {"email": "bad"}, "headers": headers}) for _ in range(120))
    statuses = [a.status for a in answers]
    assert set(statuses) <= {422, 429}, statuses
    return statuses.count(422), time.monotonic() - start


def refusal(client, method, path, **what):
    """Of one who has just spent what there was, a 429: more is asked for than can come back meanwhile."""
    for _ in range(10):
        answers = together((client, (method, path), what) for _ in range(20))
        if 429 in {a.status for a in answers}:
            return next(a for a in answers if a.status == 429)
    raise AssertionError((method, path, answers))


def is_limited(client, headers=()):
    return client.post("/register", {"email": "bad"}, headers=headers).status == 429


STATUS = re.compile(rb"HTTP/1\.1 (\d{3})\b")


def answers_to(sock, request, n):
    """The statuses of n requests, sent without waiting for the answers."""
    sock.sendall(request * n)
    got = b""
    while len(STATUS.findall(got)) < n or not got.endswith((b"}", b"\r\n\r\n")):
        data = sock.recv(1 << 20)
        assert data, got[-300:]
        got += data
    return [int(status) for status in STATUS.findall(got)]


def flood(client, path, n=2000, connections=4, batch=100, **what):
    """The statuses of n requests, as fast as can be on several connections."""
    request = client.build("GET", path, headers=[("Connection", None)], **what)
    statuses, problems = [], []

    def run():
        try:
            with client.open() as sock:
                for _ in range(n // connections // batch):
                    statuses.extend(answers_to(sock, request, batch))
        except Exception as problem:  # handed to the caller, below
            problems.append(problem)

    threads = [threading.Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(statuses) == n, problems
    return statuses


def test_sign_ins(c):
    passed, seconds = spend(c)
    assert 61 <= passed <= 61 + 5 * seconds + 1, (passed, seconds)
    answer = c.post("/register", {"email": "bad"})
    if answer.status == 429:
        limited(answer)


@pytest.fixture(scope="module")
def spent(lk):
    """A client that may sign in no more, for as long as a test takes."""
    client = lk.client()
    spend(client)
    return client


@pytest.mark.parametrize("method, path", SIGN_IN)
def test_all_sign_ins_count_together(spent, method, path):
    limited(refusal(spent, method, path), path)


@pytest.mark.parametrize("method, path", [*REST, *(("GET", path) for path in UNLIMITED)])
def test_the_rest_goes_on(spent, method, path):
    answers = together((spent, (method, path), {}) for _ in range(12))
    assert 429 not in {a.status for a in answers}


def test_others_go_on(lk, spent):
    assert not is_limited(lk.client())


def test_it_passes(lk, c):
    spend(c)
    wait_for(lambda: not is_limited(c), 5)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "X-Client-IP", "True-Client-IP",
                                    "CF-Connecting-IP", "X-Originating-IP", "X-Forwarded-Host", "Via", "X-Remote-Addr"])
def test_no_header_is_believed(lk, c, header):
    victim = lk.client()
    value = "for=" + victim.address if header == "Forwarded" else victim.address
    named = [(header, value)]
    passed, seconds = spend(c, headers=named)
    assert passed <= 61 + 5 * seconds + 1
    assert not is_limited(victim)
    answers = together((c, ("POST", "/register"), {"json": {"email": "bad"}, "headers": [(header, f"{value[:-1]}{i}")]})
                       for i in range(20))
    assert 429 in {a.status for a in answers}


def test_requests(lk, c):
    start = time.monotonic()
    statuses = flood(c, "/nothing", 3200)
    passed, seconds = statuses.count(404), time.monotonic() - start
    assert set(statuses) == {404, 429} and 1001 <= passed <= 1001 + 500 * seconds + 1, (passed, seconds)
    answers = [c.get("/nothing") for _ in range(3)]
    assert {a.status for a in answers} <= {404, 429}
    assert lk.client().get("/nothing").status == 404


@pytest.mark.parametrize("path", UNLIMITED)
def test_never_limited(c, path):
    statuses = flood(c, path)
    assert len(set(statuses)) == 1 and statuses[0] in (200, 401), set(statuses)


def test_a_machine_asks_as_often_as_it_wants(lk, user):
    token = lk.login(user)["access_token"]
    assert set(flood(lk.client(), "/auth/verify?role=", bearer=token)) == {403}
    assert set(flood(lk.client(), "/auth/verify", bearer=token)) == {204}
    robot = machine(lk, "read:roles")
    assert set(flood(robot.client, "/auth/verify?scope=read:roles", bearer=robot.token)) == {204}


@contextlib.contextmanager
def sent(client, data, n, **how):
    """n connections on which that was sent, and nothing is read yet."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(client.open(**how)) for _ in range(n)]
        for sock in socks:
            sock.sendall(data)
            sock.setblocking(False)
        yield socks


def dripping(client, path, n):
    """n requests whose bodies are on their way."""
    head = client.build("POST", path, headers=[("Content-Length", "2"), ("Content-Type", "text/plain")])
    return sent(client, head + b"x", n)


def begun(socks):
    """{socket: the beginning of the answer that is there}"""
    found = {}
    for sock in socks:
        with contextlib.suppress(ssl.SSLWantReadError):
            found[sock] = sock.recv(4096)[:12]
    return found


def test_who_drips_shuts_nobody_out(lk, c):
    """Where nothing limits by client, what has a body still is."""
    with dripping(c, "/auth/verify", 264) as socks:
        got = {}
        wait_for(lambda: got.update(begun(socks)) or len(got) >= 8, 4)
        assert c.get("/auth/verify").status == 401 and lk.client().get("/health/ready").status == 200
        assert list(got.values()) == [b"HTTP/1.1 503"] * 8 and begun(socks) == {}


def not_reading(client, path, n):
    """n requests whose answers do not fit into what nobody reads: as on the way through a network."""
    return sent(client, client.build("GET", path, headers=[("Connection", None)]), n, segment=536)


def test_documents(lk, c):
    start = time.monotonic()
    answers = together((c, ("GET", "/errors"), {}) for _ in range(200))
    statuses, seconds = [a.status for a in answers], time.monotonic() - start
    passed = statuses.count(200)
    assert set(statuses) == {200, 429} and 101 <= passed <= 101 + 10 * seconds + 1, (passed, seconds)
    assert lk.client().get("/docs/").status == 200
    assert c.get("/users/me").status == 401  # of a number of their own


def test_who_reads_slowly_shuts_nobody_out(lk, c):
    with not_reading(c, "/openapi.json", 40) as socks:
        got = {}
        wait_for(lambda: got.update(begun(sock for sock in socks if sock not in got)) or len(got) == 40, 4)
        assert collections.Counter(got.values()) == {b"HTTP/1.1 200": 32, b"HTTP/1.1 503": 8}
        assert lk.client().get("/openapi.json").status == 200 and c.get("/users/me").status == 401
    wait_for(lambda: c.get("/openapi.json").status == 200, 5)


# a site whose administrator changed what is meant to be

SERVER = """
server {
    listen 127.0.0.1:@PORT@ ssl;
    server_name localhost;
    include snippets/latchkey-locations.conf;
}
"""


def via(address):
    return [("X-Forwarded-For", address)]


@pytest.fixture(scope="module")
def front(lk):
    """A client that is a proxy, and the site that knows it."""
    proxy = lk.client()
    edits = [("# set_real_ip_from 192.0.2.10;", f"set_real_ip_from {proxy.address};"), ("# real_ip_", "real_ip_"),
             ("# 192.0.2.20 yes;", "192.0.2.20 yes; 2001:db8:7::/48 yes;"),
             ('# "https://app.example.org" $http_origin;', '"https://app.example.org" $http_origin;')]
    with site(lk, SERVER, edits) as web:
        yield web.client(address=proxy.address), web


@pytest.mark.parametrize("spender, same, others", [
    ("192.0.2.1", ["192.0.2.1", "::ffff:192.0.2.1"], ["192.0.2.2", "::ffff:192.0.2.2", "2001:db8::1"]),
    ("::ffff:192.0.3.1", ["192.0.3.1", "::ffff:192.0.3.1"], ["192.0.3.2", "::ffff:192.0.3.2", "::1"]),
    ("2001:db8:1:2::1", ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff:ffff:ffff:ffff"],
     ["2001:db8:1:3::1", "2001:db8:1:1:ffff::", "2001:db8:1::1"]),
    # bytes that mean something in a pattern or a line
    ("2001:db8:0a0a:0a0a::1", ["2001:db8:0a0a:0a0a::ffff"], ["2001:db8:0a0a:0a0b::1"]),
    ("2001:0:2e2a:0::1", ["2001:0:2e2a:0:0a0d::"], ["2001:0:2e2a:1::", "2001:0:2e2b:0::"]),
    ("2001:db8:ff00:00ff:0a00::", ["2001:db8:ff00:00ff:000a::", "2001:db8:ff00:00ff:0a0a:0a0a:0a0a:0a0a"],
     ["2001:db8:ff00:00fe:0a00::"])])
def test_a_client_is_an_address_or_a_64(front, spender, same, others):
    proxy, _ = front
    passed, seconds = spend(proxy, via(spender))
    assert passed <= 61 + 5 * seconds + 1
    for address in same:
        limited(refusal(proxy, "POST", "/register", json={"email": "bad"}, headers=via(address)))
    for address in others:
        assert not is_limited(proxy, via(address)), address


def test_only_the_proxy_is_believed(front):
    """What a client wrote there itself comes before what the proxy added."""
    proxy, web = front
    spend(proxy, [("X-Forwarded-For", "198.51.100.7, 203.0.113.1")])
    assert not is_limited(proxy, via("198.51.100.7"))
    answers = together((proxy, ("POST", "/register"), {"json": {"email": "bad"}, "headers": via(f"198.51.100.{i}, 203.0.113.1")})
                       for i in range(20))
    assert 429 in {a.status for a in answers}
    stranger = web.client()
    spend(stranger, via("203.0.113.9"))
    assert not is_limited(proxy, via("203.0.113.9"))


@pytest.mark.parametrize("address", ["192.0.2.20", "2001:db8:7:1::5"])
def test_whom_the_administrator_trusts(front, address):
    passed, _ = spend(front[0], via(address))
    assert passed == 120


def test_a_page_may_read_the_refusal(front):
    proxy, _ = front
    for origin, may in (("https://app.example.org", True), ("https://evil.example", False), (None, False)):
        origin = [("Origin", origin)] if origin else []
        answers = together((proxy, ("POST", "/register"), {"json": {"email": "bad"}, "headers": via("192.0.2.99") + origin})
                           for _ in range(80))
        answer = next(a for a in answers if a.status == 429)
        limited(answer)
        cors = {n: v for n, v in answer.headers if n.startswith("Access-Control-")}
        assert cors == ({"Access-Control-Allow-Origin": "https://app.example.org", "Access-Control-Allow-Credentials": "true",
                         "Access-Control-Expose-Headers": "X-Request-Id, Retry-After, WWW-Authenticate"} if may else {})


