"""What holds on every endpoint: problems, methods, bodies, paths, headers, CORS."""

import re

import pytest

from lib import check
from lib.stack import new_email, own_stack

lk = own_stack("[web]\nallowed_origins = https://app.example https://b.example:8444\n")

ID = "00000000-0000-4000-8000-000000000000"
ROUTES = {  # path: methods
    "/register": ["POST"], "/login": ["GET", "POST"], "/token": ["GET", "POST"],
    "/password": ["POST", "PATCH"],
    "/auth/register": ["POST"], "/auth/login": ["POST"], "/auth/refresh": ["POST"], "/auth/logout": ["POST"],
    "/auth/logout-all": ["POST"], "/auth/verify-email": ["POST"],
    "/users/me": ["GET", "HEAD", "PATCH", "DELETE"], "/users/me/change-password": ["POST"],
    "/users/me/email": ["POST"], "/users/me/email/confirm": ["POST"],
    "/users/me/login-history": ["GET", "HEAD"], "/users/me/sessions": ["GET", "HEAD"],
    "/auth/verify": ["GET", "HEAD"], "/.well-known/jwks.json": ["GET", "HEAD"],
    "/roles": ["GET", "HEAD", "POST"], f"/roles/{ID}": ["GET", "HEAD", "PATCH", "DELETE"],
    "/users": ["GET", "HEAD"], f"/users/{ID}": ["GET", "HEAD", "PATCH"], f"/users/{ID}/roles": ["GET", "HEAD"],
    f"/users/{ID}/roles/{ID}": ["HEAD", "POST", "DELETE"],
    "/health/live": ["GET", "HEAD"], "/health/ready": ["GET", "HEAD"], "/health": ["GET", "HEAD"],
}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


# paths and methods

@pytest.mark.parametrize("path", ROUTES)
def test_slash_at_the_end(c, path):
    for method in ROUTES[path]:
        bare, slashed = (c.send(method, p, request_id="same") for p in (path, path + "/"))
        assert bare.status == slashed.status and bare.status not in (301, 302, 307, 308, 404, 405), (bare,
            slashed)
        if "health" not in path:
            assert bare.body == slashed.body


@pytest.mark.parametrize("path", ROUTES)
def test_allow(c, path):
    for method in METHODS:
        answer = c.send(method, path)
        if method in ROUTES[path]:
            assert answer.status not in (404, 405, 501), (method, answer)
        elif method != "OPTIONS":
            if method == "HEAD":
                assert (answer.status, answer.body) == (405, b""), answer
            else:
                check.problem(answer, 405, "method_not_allowed")
            allow = {m.strip() for m in answer.header("Allow").split(",")}
            assert set(ROUTES[path]) <= allow <= set(ROUTES[path]) | {"HEAD", "OPTIONS"}, allow


@pytest.mark.parametrize("method", ["FOO", "BREW", "PROPFIND", "get", "M-SEARCH", "X" * 200, "TRACE",
                                    "CONNECT"])
def test_odd_methods(c, method):
    answer = c.raw(c.build(method, "/users/me"), method="GET")
    assert answer.status in (400, 405, 501), answer


@pytest.mark.parametrize("path", ["/", "", "/nothing", "/users/you", "/role", "/roles/x", f"/roles/{ID}/x", f"/users/{ID}x", f"/users/{ID}/role",
                                  f"/users/x/roles/{ID}", f"/users/{ID}/roles/x", "/users/me/x",
                                  "/loginx", "/login/x", "/Login", "/LOGIN",
                                  "/register.json", "/errors/x", "/health/dead", "/auth", "/.well-known/x",
                                  "/é", "/%00", "/a" * 800])
def test_unknown_paths(c, path):
    answer = c.get(path.encode())
    assert answer.status in ((404,) if path not in ("/%00", "/é") else (400, 404)), answer
    check.problem(answer, answer.status)


@pytest.mark.parametrize("path", ["/nothing", "/", "/api", "/api/", "/api/v1", "/api/v2/login",
                                  "/.well-known/none", "/metricsx", "/index.php"])
def test_unknown_paths_outside(c, path):
    check.problem(c.get(path, base=""), 404, "not_found")


@pytest.mark.parametrize("path", ["//users/me", "/users//me", "/./users/me", "/users/../users/me",
                                  "/users/%6de", "/users%2fme", "/x/../users/me",
                                  "/users/me/.", "/users/me//", "/..%2f/users/me", "/users/me%20",
                                  "/users/me%00", "/users/me;x=1", "/users\\me"])
def test_paths_that_need_cleaning_are_not_found(c, path):
    answer = c.get(path, base="/api/v1")
    assert answer.status in (400, 404), answer
    check.problem(answer, answer.status)


def test_absolute_form(c):
    request = c.build("GET", "/health/live").replace(b"GET /", b"GET https://127.0.0.1:%d/" % c.port, 1)
    assert c.raw(request).status in (200, 404)


# problems

@pytest.mark.parametrize("what", [
    ("GET", "/nothing", {}, 404), ("DELETE", "/login", {}, 405),
    ("POST", "/register", {"body": "{", "type": "application/json"}, 400),
    ("POST", "/register", {"body": "x", "type": "text/plain"}, 415),
    ("POST", "/register", {"body": "x" * 20000, "type": "application/json"}, 413),
    ("POST", "/register", {"json": {}}, 422), ("GET", "/users/me", {}, 401), ("GET", "/login", {}, 401),
    ("GET", "/auth/verify?a=1&a=2", {"bearer": "x"}, 400),
    ("GET", "/" + "x" * 9000, {}, 414), ("GET", "/login", {"headers": [("X-Long", "x" * 40000)]}, 431)],
    ids=lambda w: f"{w[3]}")
def test_problem_and_headers(c, what):
    method, path, more, status = what
    answer = c.send(method, path, **more)
    if path.startswith("/auth/verify"):
        assert answer.status in (400, 401)
        status = answer.status
    check.problem(answer, status)
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert "default-src 'none'" in answer.header("Content-Security-Policy")
    assert "max-age=" in answer.header("Strict-Transport-Security")
    assert "no-store" in (answer.header("Cache-Control") or "no-store")
    assert not re.search(r"\d\.\d", answer.header("Server") or ""), answer.header("Server")


@pytest.mark.parametrize("path", ["/users/me", "/login", "/nothing", "/health/live"])
def test_same_security_headers_on_every_answer(c, path):
    answer = c.get(path)
    for name in ("X-Content-Type-Options", "Content-Security-Policy", "Strict-Transport-Security",
                 "Referrer-Policy"):
        assert answer.header(name), name


# request ids

@pytest.mark.parametrize("mine", ["a", "A.b_c-9", "x" * 64, "0"])
@pytest.mark.parametrize("path", ["/users/me", "/health/live", "/login"])
def test_own_request_id(c, mine, path):
    answer = c.get(path, request_id=mine)
    assert answer.id == mine
    if answer.status != 200:
        assert answer.json["request_id"] == mine


@pytest.mark.parametrize("bad", ["", "x" * 65, "a b", "a/b", "ü", "a\"b", "a{b", "<a>", "a,b", "a\tb", "%0a",
                                 b"\xff\xfe", b"a\x01b"])
def test_bad_request_id_is_replaced(c, bad):
    answer = c.send("GET", "/users/me", headers=[("X-Request-Id", bad)])
    if answer.status == 400:  # nginx refuses a control byte itself
        return
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", answer.id) and answer.id != bad
    assert answer.json["request_id"] == answer.id


def test_ids_are_new_each_time(c):
    ids = [c.get("/users/me", headers=[("X-Request-Id", None)]).id for _ in range(5)]
    assert len(set(ids)) == 5


def test_the_log_carries_it(lk, c):
    line = lk.log.request(c.get("/users/me"))
    assert line["method"] == "GET" and int(line["status"]) == 401 and float(line["ms"]) >= 0 and line["route"]


# bodies

@pytest.mark.parametrize("type, status", [
    ("application/json", 202), ("application/json; charset=utf-8", 202),
    ("application/json;charset=UTF-8", 202), ("APPLICATION/JSON", 202),
    ('application/json; charset="utf-8"', 202), ("application/json ; charset=utf-8", 202),
    ("application/json; charset=latin-1", 415),
    ("application/jsonx", 415), ("application/json-patch+json", 415), ("text/json", 415), ("text/plain", 415),
    ("multipart/form-data; boundary=x", 415),
    ("application/xml", 415), ("", 415), ("x", 415), ("application/x-www-form-urlencodedx", 415), (None, 415),
    ("application/json, text/plain", 415),
    ("application/octet-stream", 415), ("*/*", 415)])
def test_media_types(c, type, status):
    answer = c.send("POST", "/register", body='{"email":"%s"}' % new_email(), type=type)
    if status == 415:
        check.problem(answer, 415, "unsupported_media_type")
    else:
        assert answer.status == status, answer


@pytest.mark.parametrize("method, path", [("POST", "/register"), ("POST", "/password"),
                                          ("PATCH", "/password"), ("POST", "/login"), ("POST", "/token")])
def test_other_media_type_on_every_endpoint(c, method, path):
    check.problem(c.send(method, path, body="<a/>", type="application/xml"), 415, "unsupported_media_type")


@pytest.mark.parametrize("type", ["application/x-www-form-urlencoded",
                                  "application/x-www-form-urlencoded; charset=UTF-8",
                                  "Application/X-WWW-Form-URLencoded"])
def test_form(lk, c, type):
    email = new_email("f+")
    answer = c.send("POST", "/register", body="email=" + email.replace("+", "%2B").replace("@", "%40"),
                    type=type)
    assert answer.status == 202, answer
    assert lk.mail.wait(email).code


@pytest.mark.parametrize("body", ["email=a%40b.example&email=a%40b.example",
                                  "email=x%40b.example&%65mail=y%40b.example", "x=1&x=2&email=a%40b.example",
                                  "email=%zz", "email=%4", "email=%", "email=a%00b", "email=%ff%fe",
                                  b"email=\xff", "email=a\0b"])
def test_bad_form(c, body):
    check.problem(c.send("POST", "/register", body=body, type="application/x-www-form-urlencoded"), 400,
                  "invalid_form")


@pytest.mark.parametrize("body", ["", "&", "=", "email", "email=", "&&=&"])
def test_form_without_the_field(c, body):
    check.invalid(c.send("POST", "/register", body=body, type="application/x-www-form-urlencoded"), "email")


def test_no_body(c):
    answer = c.send("POST", "/register")
    assert answer.status in (400, 415, 422), answer
    check.problem(answer, answer.status)


@pytest.mark.parametrize("size, status", [(16384, 202), (16385, 413), (20000, 413), (70000, 413),
                                          (1 << 20, 413), (8 << 20, 413)])
def test_sizes(c, size, status):
    text = '{"email":"%s"}' % new_email()
    answer = c.send("POST", "/register", body=text + " " * (size - len(text)), type="application/json")
    if status == 413:
        check.problem(answer, 413, "content_too_large")
    else:
        assert answer.status == status, answer


def test_size_is_refused_before_anything_else(c):
    for method, path in (("POST", "/login"), ("POST", "/password"), ("POST", "/token"),
                         ("PATCH", "/password")):
        answer = c.send(method, path, body="x" * 17000, type="text/plain")
        check.problem(answer, 413, "content_too_large")


def test_chunked(lk, c):
    email = new_email()
    text = b'{"email":"%s"}' % email.encode()
    head = c.build("POST", "/register", type="application/json",
                   headers=[("Transfer-Encoding", "chunked"), ("Content-Length", None)])
    answer = c.raw(head + b"".join(b"1\r\n%c\r\n" % byte for byte in text) + b"0\r\n\r\n")
    assert answer.status == 202, answer
    assert lk.mail.wait(email).code
    huge = b"4000\r\n" + b"x" * 0x4000 + b"\r\n" + b"1\r\nx\r\n0\r\n\r\n"
    check.problem(c.raw(head + huge), 413)


def test_body_that_never_comes_whole(c):
    """The client leaves after half: nothing to see, and the next one is served."""
    for _ in range(8):
        sock = c.open()
        sock.sendall(c.build("POST", "/register", body="x" * 100, type="application/json")[:-50])
        sock.close()
    assert c.get("/health/live").status == 200


# queries

@pytest.mark.parametrize("path", ["/users/me", "/auth/verify", "/health/live", "/.well-known/jwks.json"])
@pytest.mark.parametrize("query", ["a=1&a=2", "a=1&%61=2", "a=%zz", "a=%00", "a=%ff"])
def test_bad_query(lk, c, path, query):
    user = getattr(lk, "_common_user", None) or lk.register()
    lk._common_user = user
    answer = c.get(path + "?" + query, bearer=lk.login(user)["access_token"])
    check.problem(answer, 400, "invalid_query")


# CORS

OURS = ["https://app.example", "https://b.example:8444"]
FOREIGN = ["https://evil.example", "http://app.example", "https://app.example:8444", "https://b.example",
           "https://app.example.evil.example",
           "https://xapp.example", "null", "", "*", "https://APP.example/", "https://app.example/x",
           "https://app.example https://evil.example"]


def cors(answer):
    return {n.lower(): v for n, v in answer.headers if n.lower().startswith("access-control-")}


@pytest.mark.parametrize("path", ["/users/me", "/register", "/token", "/password"])
@pytest.mark.parametrize("origin", OURS)
def test_preflight(c, path, origin):
    method = ROUTES[path][-1] if path != "/users/me" else "GET"
    answer = c.send("OPTIONS", path, headers=[("Origin", origin), ("Access-Control-Request-Method", method),
                                              ("Access-Control-Request-Headers",
                                               "authorization, content-type")])
    assert answer.status in (200, 204) and answer.body == b"", answer
    got = cors(answer)
    assert got["access-control-allow-origin"] == origin
    assert method in [m.strip() for m in got["access-control-allow-methods"].split(",")]
    allowed = got["access-control-allow-headers"].lower()
    assert "authorization" in allowed and "content-type" in allowed
    assert "origin" in answer.header("Vary").lower()


@pytest.mark.parametrize("origin", FOREIGN)
def test_preflight_of_a_foreign_origin(c, origin):
    answer = c.send("OPTIONS", "/users/me", headers=[("Origin", origin),
                                                     ("Access-Control-Request-Method", "GET")])
    assert cors(answer) == {}, answer
    assert cors(c.get("/health/live", headers=[("Origin", origin)])) == {}


@pytest.mark.parametrize("path", ["/users/me", "/health/live", "/nothing"])
def test_answer_to_our_origin(c, path):
    answer = c.get(path, headers=[("Origin", OURS[0])])
    assert cors(answer)["access-control-allow-origin"] == OURS[0]
    assert "origin" in answer.header("Vary").lower()


# public documents

def test_health(c):
    for path in ("/health/live", "/health/ready", "/health/", "/health"):
        answer = c.get(path)
        assert answer.status == 200 and answer.header("Content-Type").startswith("application/json"), answer
        assert answer.json["status"] == "ok"
        head = c.send("HEAD", path)
        assert (head.status, head.body) == (200, b"")


def test_jwks_is_cacheable(c):
    for base in ("", "/api/v1"):
        answer = c.get("/.well-known/jwks.json", base=base)
        caching = answer.header("Cache-Control")
        assert answer.status == 200 and "max-age=" in caching and "no-store" not in caching
