"""Hostile input: every answer is quick and below 500, and nobody dies of it."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.http import BASE
from lib.stack import ROOT, new_email, new_name
from lib.wait import wait_for

CORPUS = os.path.join(ROOT, "t", "corpus")
SLOW_MS = 1000 * int(os.environ.get("LATCHKEY_SLOWER", "1"))  # of a busy machine; the service's own figure is in its log
FORM = "application/x-www-form-urlencoded"

any_input = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@pytest.fixture(scope="module", autouse=True)
def nobody_dies(lk):
    """No worker ends, nothing goes to the default of nginx, nothing is logged as our fault."""
    wait_for(lambda: lk.client().get("/health/ready").status == 200)
    workers = lk.workers()
    start = len(lk.log.lines())
    yield
    assert lk.workers() == workers
    assert [line for line in lk.log.lines()[start:] if line.get("level") == "error"] == []
    assert lk.client().get("/health/ready").status == 200


def fine(answer, *statuses):
    assert answer.status < 500 and answer.ms < SLOW_MS, answer
    assert not statuses or answer.status in statuses, answer
    if answer.status >= 400 and answer.body:
        assert answer.header("Content-Type") == "application/problem+json", answer
        json.loads(answer.body)
    return answer


def corpus(kind):
    folder = os.path.join(CORPUS, "json", kind)
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


# JSON

@pytest.mark.parametrize("name", corpus("bad"))
def test_bad_json(c, name):
    with open(os.path.join(CORPUS, "json", "bad", name), "rb") as file:
        body = file.read()
    answer = fine(c.send("POST", "/register", body=body, type="application/json"), 400, 413, 422)
    assert answer.code in ("invalid_json", "content_too_large") or not body, answer  # no body: no fields


@pytest.mark.parametrize("name", corpus("good"))
def test_good_json(c, name):
    with open(os.path.join(CORPUS, "json", "good", name), "rb") as file:
        body = file.read()
    fine(c.send("POST", "/register", body=body, type="application/json"), 202, 400, 422)
    answer = c.send("POST", "/register", body=body, type="application/json")
    assert answer.code != "invalid_json", answer


NESTED = {"arrays 8000": '{"a":' + "[" * 8000,
          "objects 3000": '{"a":' * 3000,
          "closed 8000": '{"a":' + "[" * 8000 + "]" * 8000 + "}"}
BAD_JSON = {
    "duplicate": '{"email":"a@b.example","email":"a@b.example"}',
    "duplicate escaped": '{"email":"a","\\u0065mail":"b"}',
    "duplicate unknown": '{"x":1,"x":2}', "duplicate inside": '{"x":{"y":1,"y":1}}',
    "nul": '{"email":"a\\u0000b"}', "nul in key": '{"a\\u0000":1}',
    "raw nul": '{"email":"a\0b"}', "raw newline": '{"email":"a\nb"}', "raw tab": '{"email":"a\tb"}',
    "lone surrogate": '{"email":"\\ud800"}',
    "swapped surrogates": '{"email":"\\udc00\\ud800"}', "bad escape": '{"email":"\\x41"}',
    "short escape": '{"email":"\\u12"}',
    "single quotes": "{'email':'a'}", "bare key": '{email:"a"}', "comment": '{/**/"email":"a"}',
    "trailing comma": '{"email":"a",}',
    "leading zero": '{"a":01}', "hex": '{"a":0x1}', "nan": '{"a":NaN}', "infinity": '{"a":Infinity}',
    "plus": '{"a":+1}', "dot": '{"a":.5}', "dot after": '{"a":5.}',
    "exponent": '{"a":1e}', "two": '{}{}', "after": '{} x', "after nul": '{}\0', "array": "[]", "text": '"x"',
    "number": "1", "null": "null", "true": "true",
    "spaces": "   ", "bom": "\ufeff{}", "form feed": "\f{}", "vertical tab": "{\v}", "nbsp": "{\u00a0}",
    "open": "{", "close": "}", "open string": '{"a":"',
    "xml": "<a/>", "form": "email=a%40b.example", **{n: NESTED[n]
                                                     for n in ("arrays 8000", "objects 3000", "closed 8000")},
}
BAD_BYTES = {"invalid": b'{"email":"\xff"}', "overlong": b'{"email":"\xc0\xaf"}',
             "surrogate": b'{"email":"\xed\xa0\x80"}', "cut": b'{"email":"\xe2\x82"}',
             "above": b'{"email":"\xf4\x90\x80\x80"}', "key": b'{"\xff":1}',
             "utf-16": '{"email":"a"}'.encode("utf-16"), "utf-16le": '{"a":1}'.encode("utf-16le"),
             "utf-32": '{"a":1}'.encode("utf-32le"), "latin-1": b'{"email":"\xe9"}',
             "random": bytes(range(256)) * 20}


@pytest.mark.parametrize("path", ["/register", "/password"])
@pytest.mark.parametrize("name", [*BAD_JSON, *BAD_BYTES])
def test_more_bad_json(c, path, name):
    answer = fine(c.send("POST", path, body={**BAD_JSON, **BAD_BYTES}[name], type="application/json"), 400)
    assert answer.code == "invalid_json", answer


VALUES = [0, -1, 1e300, 10**30, True, False, None, [], {}, [[]], ["a"], {"$gt": ""}, {"a": {"b": [1]}}, "",
          " ", "\u0001", "\u202e", "\ufeff", "😀" * 100,
          "' OR '1'='1", "'; DROP TABLE users; --", "%s%n%x", "${jndi:ldap://x}", "../../etc/passwd",
          "{{7*7}}", "<script>", "\r\nX: y", "a" * 10000, "\\", "\"", "\u2028"]
FIELDS = ["email", "registration_code", "confirmation_code", "token", "username", "password"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("path", ["/register", "/password"])
def test_odd_values(c, path, field):
    whole = {"email": new_email(), "token": "x.y.z", "username": new_name(), "password": "Quartz-fjord-91",
             "registration_code": "00000000",
             "confirmation_code": "00000000"}
    for value in VALUES:
        for fields in ({field: value}, {**whole, field: value}, {"email": whole["email"], field: value}):
            fine(c.post(path, fields), 202, 400, 422, 429)


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False,
    allow_infinity=False) | st.text(max_size=40),
                           lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8),
                               inner, max_size=4), max_leaves=12)


@any_input
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=12), json_values, max_size=6),
       st.sampled_from(["/register", "/password"]))
def test_any_object(lk, fields, path):
    answer = fine(lk.client().post(path, fields), 202, 400, 422, 429)
    assert answer.code != "invalid_json" or "\\u0000" in json.dumps(fields) or "\\ud" in json.dumps(fields)


@any_input
@given(st.binary(max_size=300))
def test_any_bytes_as_json(lk, body):
    fine(lk.client().send("POST", "/register", body=body, type="application/json"), 202, 400, 422)


@any_input
@given(st.binary(max_size=300))
def test_any_bytes_as_form(lk, body):
    fine(lk.client().send("POST", "/password", body=body, type=FORM), 202, 400, 422, 429)


@any_input
@given(st.one_of(st.emails(), st.text(max_size=80), st.text(alphabet="ab@.-_+ \"<>\\äß\u200d", max_size=30)))
def test_any_email(lk, email):
    answer = fine(lk.client().post("/password", {"email": email}), 202, 422, 400, 429)
    assert answer.status != 400 or "\0" in email


@any_input
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_code_and_name(lk, code, name):
    c = lk.client()
    fine(c.post("/register", {"email": "any@example.com", "registration_code": code}), 400, 422)
    fine(c.post("/register", {"token": code or "x", "username": name, "password": "Quartz-fjord-91"}), 400,
         422)


# forms

@pytest.mark.parametrize("body", ["a=1&a=1", "email=x%40b.example&email=x%40b.example",
                                  "token=a&username=b&password=c&token=d", "a&a", "a=&a="])
def test_duplicate_form_keys(c, body):
    for path in ("/register", "/password"):
        assert fine(c.send("POST", path, body=body, type=FORM), 400).code == "invalid_form"


@pytest.mark.parametrize("body", ["&" * 16000, "=" * 16000, "a=1&" * 4000, "%" * 5000, "+" * 16000,
                                  "&".join("k%d=v" % i for i in range(1800)),
                                  "a[]=1&a[]=2", "a[b]=1", "email=" + "%41" * 5000, b"\x00\xff" * 4000,
                                  ";".join("a=1" for _ in range(1000))])
def test_odd_forms(c, body):
    fine(c.send("POST", "/register", body=body, type=FORM), 400, 422)


# paths and queries

@pytest.mark.parametrize("path", ["/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..;/x", "/login%00",
                                  "/login%0d%0aX-A:%20b", "/%c0%ae%c0%ae/", "/users/%ff",
                                  "/users/me?" + "a" * 7000,
                                  "/users/me?" + "&".join("k%d=1" % i for i in range(900)), "/?", "/??",
                                  "/#x", "/*", "/%", "/%zz", "/%u0041",
                                  "/users/me%3fx=1", "/LOGIN", "/login.php", "/" + "a/" * 2000,
                                  "/.git/config", "/login?__proto__=1", "/auth/verify?role=" + "%41" * 2000])
def test_paths(c, path):
    fine(c.get(path), 200, 400, 401, 404, 414, 431)


@any_input
@given(st.binary(min_size=1, max_size=60).map(lambda b: b.translate(None, b" \r\n\0")))
def test_any_path(lk, path):
    c = lk.client()
    fine(c.raw(b"GET " + BASE.encode() + b"/" + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))


# headers and request lines

HEADERS = [("X-Forwarded-For", "127.9.9.9"), ("X-Real-IP", "127.9.9.9"), ("Forwarded", "for=127.9.9.9"),
           ("X-Accel-Redirect", "/_latchkey_problem"),
           ("X-Original-URL", "/api/v1/users/me"), ("X-HTTP-Method-Override", "POST"),
           ("Proxy", "http://127.0.0.1:1"), ("Range", "bytes=0-1,2-3"),
           ("If-None-Match", "*"), ("If-Modified-Since", "x"), ("Accept-Encoding", "gzip" * 100),
           ("Accept", "text/" + "x" * 500), ("Expect", "100-continue"),
           ("Expect", "202-x"), ("Cookie", "a=b; " * 500), ("Cookie", "__Host-latchkey=" + "A" * 3000),
           ("Origin", "x" * 3000), ("Origin", "\x7f"),
           ("User-Agent", "x" * 6000), ("User-Agent", b"\xff\xfe\x80"), ("User-Agent", '"\\\t{}'),
           ("Content-Type", "application/json" * 100),
           ("Sec-CH-UA-Mobile", "?1" * 500), ("REMOTE_USER", "root"), ("Remote-User", "root"),
           ("Authorization", "Bearer " + "\x80"), ("Connection", "Authorization"),
           ("Transfer-Encoding", "gzip"), ("Content-Length", "-1"),
           ("Content-Length", "99999999999999999999"), ("Content-Length", "1, 1"), ("Content-Length", "0x10"),
           ("Upgrade", "h2c"), ("Host", ""), ("Host", "evil.example"), ("Host", "a b"), ("Host", "x" * 300),
           ("Authorization", "x"), ("Authorization", " "),
           ("Access-Control-Request-Method", "x" * 1000)]


@pytest.mark.parametrize("header", HEADERS, ids=lambda h: h[0])
@pytest.mark.parametrize("path", ["/users/me", "/login", "/health/live"])
def test_headers(c, path, header):
    """nginx itself says 501 to an unknown transfer coding."""
    answer = c.send("GET", path, headers=[header])
    if header[0] == "Transfer-Encoding":
        assert answer.status in (400, 501), answer
    else:
        fine(answer, 200, 400, 401, 411, 413, 417, 421, 431, 404)


def test_forwarded_headers_are_not_read(lk, user):
    client = lk.client()
    for i in range(5):
        client.send("POST", "/login", basic=(user.username, "wrong"),
                    headers=[("X-Forwarded-For", "127.9.9.%d" % i), ("X-Real-IP", "127.9.9.%d" % i)])
    answer = client.send("POST", "/login", basic=(user.username, "wrong"),
                         headers=[("X-Forwarded-For", "127.9.9.99")])
    assert answer.status == 429
    assert {row[0] for row in lk.sql("SELECT host(ip) FROM login_history WHERE user_id = %s",
                                     user.id)} == {client.address}


def test_method_override_is_not_read(c):
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        assert c.send("DELETE", "/login", headers=[(name, "POST")]).status == 405


@pytest.mark.parametrize("data", [
    b"GET\r\n\r\n", b"\r\n\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00",
    b"GET /api/v1/health/live\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0" * 100,
    b"GET /api/v1/health/live HTTP/1.1\r\n\r\n",
    b"GET /api/v1/health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"POST /api/v1/register HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    b"POST /api/v1/register HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"POST /api/v1/register HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n",
    b"GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n: c\r\n\r\n",
    b"GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
    b"GET  /api/v1/health/live  HTTP/1.1\r\nHost: x\r\n\r\n", b"A" * 20000])
def test_request_lines(lk, data):
    """Anything but a 5xx (505 to an unknown version is nginx's own), and the next one is served."""
    sock = lk.client().open(5)
    with sock:
        try:
            sock.sendall(data)
            sock.settimeout(0.5)
            reply = sock.recv(65536)
        except OSError:
            reply = b""
    assert not reply.startswith(b"HTTP/1.1 5") or reply.startswith(b"HTTP/1.1 505"), reply[:200]
    assert lk.client().get("/health/live").status == 200


def test_smuggling(lk, user):
    """A body is a body, whatever it looks like."""
    c = lk.client()
    inner = c.build("GET", "/users/me", bearer=lk.login(user)["access_token"])
    answer = fine(c.send("POST", "/register", body=inner, type=FORM), 400, 422)
    assert user.id.encode() not in answer.body


@pytest.mark.parametrize("login", ["' OR 1=1 --", "admin'--", "%", "_", "*", "\\", "$1",
                                   "x' UNION SELECT 1--", "a@b.example' --", "lk:pair:x", "\u202e", "ＡＢＣ",
                                   "x" * 1000])
def test_logins(c, login):
    fine(c.login(login, "wrong"), 401)


def test_slow_and_leaving_clients(lk):
    """Those who dawdle or leave cost the others nothing."""
    idle = [lk.client().open() for _ in range(40)]
    half = []
    for sock in idle[:20]:
        sock.sendall(b"POST /api/v1/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 100\r\n\r\n{")
        half.append(sock)
    c = lk.client()
    for _ in range(20):
        assert fine(c.get("/health/ready")).status == 200
    for sock in half[:10]:
        sock.close()
    for _ in range(10):
        left = lk.client().open()
        left.sendall(c.build("POST", "/login", basic=(new_name(), "wrong")))
        left.close()
    assert fine(c.get("/health/ready")).status == 200
    for sock in idle:
        sock.close()


def test_the_services_own_time(lk):
    """By the log, what does not hash takes a few ms even for the worst of these."""
    c = lk.client()
    worst = ['{"a":' + "[" * 8000, "{" + ",".join('"k%d":1' % i for i in range(1500)) + "}",
             '{"email":"%s"}' % ("a" * 16000), '{"a":"%s"}' % ("\\u0041" * 2600)]
    times = sorted(float(lk.log.request(c.send("POST", "/register", body=body,
                                               type="application/json"))["ms"]) for body in worst
                                               for _ in range(3))
    assert times[len(times) // 2] < 20, times
