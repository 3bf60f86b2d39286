"""conf/nginx/latchkey-auth.conf: who may enter other applications of the host, and what these
learn of them."""

import hashlib
import os

import pytest

from lib import check
from lib.http import together
from lib.machine import machine
from lib.site import NAMES, Application, chunked, site, spellings
from lib.stack import own_stack
from lib.wait import wait_for

lk = own_stack()

PLACES = {  # location: whom it wants, and whether a user of roles staff and editors, and a machine, get in
    "all": ("/_latchkey/", True, True), "staff": ("/_latchkey/role=staff", True, False),
    "boss": ("/_latchkey/role=boss", False, False),
    "both": ("/_latchkey/role=staff&role=editors", True, False), "more": ("/_latchkey/role=staff&role=boss", False, False),
    "readers": ("/_latchkey/scope=read:roles", False, True), "writers": ("/_latchkey/scope=create:roles", False, False),
    # slips
    "comma": ("/_latchkey/role=staff,editors", False, False), "rule": ("/_latchkey/rule=staff", False, False),
    "bare": ("/_latchkey/staff", False, False), "none": ("/_latchkey/role=", False, False),
    "case": ("/_latchkey/role=Staff", False, False), "star": ("/_latchkey/role=*", False, False),
    "space": ('"/_latchkey/role=staff role=editors"', False, False), "query": ("/_latchkey/?role=staff", False, False),
    "slash": ("/_latchkey/role=staff/", False, False), "lines": ("/_latchkey_role=staff", False, False),
    "cut": ("/_latchkey", False, False), "missing": ("/_latchkeys/role=staff", False, False),
}
SERVERS = """
server {
    listen 127.0.0.1:@PORT@ ssl;
    server_name localhost;
    root @DIR@/files;
    include snippets/latchkey-auth.conf;
    location = /open.html { }
    %(places)s
    location /broken/ { auth_request /_latchkey/role=%%zz; }
    location /elsewhere/ { auth_request /latchkey/role=staff; }
    location /first/ {
        auth_request /_latchkey/;
        try_files $uri /boss/index.html;
    }
    location /app/ {
        client_max_body_size 10m;
        auth_request /_latchkey/;
        include snippets/latchkey-identity-proxy.conf;
        proxy_pass http://127.0.0.1:%(port)d;
    }
    location /pages/ {
        auth_request /_latchkey/role=staff;
        error_page 401 = @login;
        error_page 403 /_latchkey_refused;
        error_page 500 = $latchkey_no_verdict;
    }
    location @login { return 303 /login.html?next=$request_uri; }
}
# One that takes what nginx usually drops
server {
    listen 127.0.0.1:@PORT@ ssl;
    server_name lax;
    underscores_in_headers on;
    include snippets/latchkey-auth.conf;
    location / {
        auth_request /_latchkey/;
        include snippets/latchkey-identity-proxy.conf;
        include proxy_params;
        proxy_pass http://127.0.0.1:%(port)d;
    }
}
# One with ways of its own about errors, limits and caching
server {
    listen 127.0.0.1:@PORT@ ssl;
    server_name sorry;
    root @DIR@/files;
    error_page 400 401 403 404 413 500 502 503 504 =200 /open.html;
    fastcgi_intercept_errors on;
    proxy_intercept_errors on;
    recursive_error_pages on;
    expires 1h;
    limit_req zone=site;
    limit_conn sites 1;
    fastcgi_cache pages;
    fastcgi_cache_key $host;
    fastcgi_cache_valid any 1h;
    fastcgi_ignore_headers Cache-Control;
    include snippets/latchkey-auth.conf;
    location = /open.html { }
    location /typo/ { limit_req zone=nobody; limit_conn nobodys 1; auth_request /_latchkey_/; }
    location / {
        limit_req zone=nobody; limit_conn nobodys 1;
        auth_request /_latchkey/role=staff;
    }
    location /app/ {
        limit_req zone=nobody; limit_conn nobodys 1;
        auth_request /_latchkey/role=staff;
        include snippets/latchkey-identity-proxy.conf;
        proxy_pass http://127.0.0.1:%(port)d;
    }
}
limit_req_zone $server_name zone=site:32k rate=1r/m;
limit_conn_zone $server_name zone=sites:32k;
limit_req_zone "" zone=nobody:32k rate=1r/s;
limit_conn_zone "" zone=nobodys:32k;
fastcgi_cache_path @DIR@/tmp/cache keys_zone=pages:1m;
# All of it protected, the service in the same place, and pages to sign in
server {
    listen 127.0.0.1:@PORT@ ssl;
    server_name whole;
    root @DIR@/files;
    expires 1h;
    proxy_intercept_errors on;
    include snippets/latchkey-locations.conf;
    include snippets/latchkey-auth.conf;
    auth_request /_latchkey/role=staff;
    location = /open.html { auth_request off; }
    location /app/ { proxy_pass http://127.0.0.1:%(port)d; }
    location /boss/ { auth_request /_latchkey/role=boss; }
    location /all/ { auth_request /_latchkey/; }
}
"""


@pytest.fixture(scope="module")
def app():
    app = Application()
    yield app
    app.stop()


@pytest.fixture(scope="module")
def web(lk, app):
    places = "".join(f"location /{name}/ {{ client_max_body_size 10m; auth_request {whom}; }}\n" for name, (whom, _, _) in PLACES.items())
    with site(lk, SERVERS % {"places": places, "port": app.port}) as web:
        for name in (*PLACES, "broken", "elsewhere", "pages", "first", "typo"):
            web.write(f"files/{name}/index.html", "inside " + name)
        web.write("files/open.html", "for everybody")
        web.write("files/index.html", "inside")
        yield web


@pytest.fixture(scope="module")
def user(lk):
    user = lk.register()
    lk.sql("UPDATE users SET roles = '{staff,editors}' WHERE id = %s", user.id)
    user.access = lk.login(user)["access_token"]
    return user


@pytest.fixture(scope="module")
def robot(lk):
    return machine(lk, "read:roles", "read:users")


@pytest.fixture
def c(web):
    return web.client()


def ask(c, path, bearer=None, method="GET", host=None, headers=(), **what):
    headers = [*([("Host", host)] if host else []), *headers]
    return c.send(method, path, base="", bearer=bearer, headers=headers, **what)


def refused(answer, status):
    code = {401: "unauthorized", 403: "forbidden", 500: "internal_error", 503: "store_unavailable"}[status]
    said = check.problem(answer, status, code)
    assert status != 503 or "enter" in said["title"]
    assert answer.header("Cache-Control") == "no-store" and answer.header("X-Content-Type-Options") == "nosniff"


def identity(answer):
    return {n: v for n, v in answer.json["headers"] if n.lower().replace("_", "-").startswith("x-auth-")}


def whole(user):
    return {"X-Auth-User-Id": user.id, "X-Auth-Username": user.username, "X-Auth-Email": user.email,
            "X-Auth-Roles": "staff,editors"}


# who gets in

@pytest.mark.parametrize("name", PLACES)
def test_who_may_enter(c, user, robot, name):
    _, for_user, for_machine = PLACES[name]
    for token, may in ((user.access, for_user), (robot.token, for_machine)):
        answer = ask(c, f"/{name}/", token)
        if may:
            assert (answer.status, answer.body) == (200, b"inside " + name.encode()), answer
        else:
            refused(answer, 403)
    for token in (None, "x", user.access[:-4] + "AAAA"):
        refused(ask(c, f"/{name}/", token), 401 if "_latchkey/" in PLACES[name][0] else 403)


def test_the_rest_is_open(c):
    assert ask(c, "/open.html").body == b"for everybody"


@pytest.mark.parametrize("name", ["broken", "elsewhere"])
def test_what_cannot_be_understood_lets_nobody_in(c, user, name):
    for token in (user.access, None):
        refused(ask(c, f"/{name}/", token), 500)


def test_on_the_way_through_several(c, user):
    """try_files leads from a place for all into one for few."""
    refused(ask(c, "/first/there", user.access), 403)
    assert ask(c, "/first/index.html", user.access).status == 200


def test_the_end_of_a_session_holds_at_once(lk, c):
    user = lk.register()
    token = lk.login(user)["access_token"]
    assert ask(c, "/all/", token).status == 200
    assert user.client.post("/auth/logout", bearer=token).status == 204
    refused(ask(c, "/all/", token), 401)


@pytest.mark.parametrize("path", ["/_latchkey/", "/_latchkey/role=staff", "/_latchkey", "/_latchkey_refused",
                                  "/_latchkey_unavailable", "/_latchkey_failed", "//_latchkey/", "/x/../_latchkey/", "/%5flatchkey/"])
def test_ours_is_for_nginx_alone(c, user, path):
    for token in (None, user.access):
        assert ask(c, path, token).status == 404


@pytest.mark.parametrize("path", ["//staff/", "/./staff/", "/x/../staff/", "/%73taff/", "/staff/?role=boss", "/staff/?role=",
                                  "/boss/../staff/index.html", "/staff//index.html"])
def test_other_ways_to_the_same(c, user, robot, path):
    refused(ask(c, path), 401)
    refused(ask(c, path, robot.token), 403)
    assert ask(c, path, user.access).body == b"inside staff"


@pytest.mark.parametrize("path", ["/all/?role=boss", "/boss/?role=staff", "/boss/?"])
def test_the_visitors_query_is_not_what_is_required(c, user, path):
    assert ask(c, path, user.access).status == (200 if path.startswith("/all") else 403)


def test_the_log_has_it(lk, c, user):
    """Under the number that the visitor is told."""
    for path, token, status in (("/all/", None, "401"), ("/boss/", user.access, "403")):
        line = lk.log.request(ask(c, path, token))
        assert (line["method"], line["route"], line["status"]) == ("GET", "verify", status) and line["client"] == c.address


def test_who_refused_says_so(c, user):
    answer = ask(c, "/all/", "x")
    assert answer.header("WWW-Authenticate").startswith("Bearer ") and "invalid_token" in answer.header("WWW-Authenticate")
    assert ask(c, "/all/", method="HEAD").body == b""


# what the application learns

def test_identity_of_a_user(c, user):
    answer = ask(c, "/app/x?role=boss", user.access)
    assert answer.status == 200 and answer.json["path"] == "/app/x?role=boss"
    assert identity(answer) == whole(user)


def test_identity_of_a_machine(c, robot):
    assert identity(ask(c, "/app/", robot.token)) == {
        "X-Auth-Client-Id": robot.id, "X-Auth-Scope": "read:roles read:users"}


@pytest.mark.parametrize("host", ["localhost", "lax"])
@pytest.mark.parametrize("name", NAMES)
def test_forged_identity(c, user, robot, host, name):
    for spelling in spellings(name):
        for forged in (spelling, spelling.lower(), spelling.upper()):
            headers = [(forged, "boss"), (forged, "root")]
            answer = ask(c, "/app/", user.access, host=host, headers=headers)
            assert identity(answer) == whole(user), forged
            assert "boss" not in str(answer.json["headers"]) and "root" not in str(answer.json["headers"])
    assert "boss" not in str(ask(c, "/app/", robot.token, host=host, headers=[(name, "boss")]).json["headers"])


@pytest.mark.parametrize("header", ["Connection", "TE", "Trailer", "Keep-Alive"])
def test_nothing_is_lost_on_the_way(c, user, header):
    """What a client calls hop-by-hop would be taken off by the next that follows RFC 9110, 7.6.1."""
    answer = ask(c, "/app/", user.access, headers=[(header, ", ".join(["close", *NAMES]))])
    assert identity(answer) == whole(user)
    assert [v for n, v in answer.json["headers"] if n == "Connection"] == ["close"]


@pytest.mark.parametrize("header", ["X-Auth-User-Id", "X-Original-URI", "X-Forwarded-User", "LATCHKEY_METHOD", "Latchkey-Role",
                                    "X-Original-Method", "X-HTTP-Method-Override", "X-Rewrite-URL"])
def test_forged_headers_open_nothing(c, app, user, header):
    before = app.seen
    for value in (user.id, "GET", "/all/", "role=staff"):
        refused(ask(c, "/app/", headers=[(header, value)]), 401)
        refused(ask(c, "/boss/", user.access, headers=[(header, value)]), 403)
    assert app.seen == before


def test_two_authorizations(c, app, user, robot):
    before = app.seen
    both = [("Authorization", "Bearer " + user.access), ("Authorization", "Bearer " + robot.token)]
    answer = ask(c, "/app/", headers=both)
    assert answer.status in (400, 401) and app.seen == before, answer


# bodies and methods

BIG = os.urandom(5_000_000)


@pytest.mark.parametrize("size", [0, 1, 16_385, len(BIG)])
@pytest.mark.parametrize("way", ["length", "chunked"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_arrives_whole(c, user, method, size, way):
    body = BIG[:size]
    if way == "length":
        answer = ask(c, "/app/upload", user.access, method, body=body, type="application/octet-stream")
    else:
        head = c.build(method, "/app/upload", base="", bearer=user.access,
                       headers=[("Transfer-Encoding", "chunked"), ("Content-Length", None)])
        answer = c.raw(head + chunked(body), method=method)
    assert answer.status == 200 and answer.json["method"] == method, answer
    assert answer.json["length"] == size and answer.json["sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("size", [1, 100_000, len(BIG)])
def test_a_body_of_a_stranger(c, app, user, size):
    before = app.seen
    for token, path, status in ((None, "/app/", 401), (user.access, "/boss/", 403)):
        refused(ask(c, path, token, "POST", body=BIG[:size], type="text/plain"), status)
    assert app.seen == before


def test_a_body_that_is_too_large(c, user):
    answer = ask(c, "/app/", user.access, "POST", body=b"x" * (11 << 20), type="text/plain")
    assert answer.status == 413


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE"])
def test_methods(c, app, user, method):
    before = app.seen
    assert ask(c, "/app/", None, method).status == 401 and app.seen == before
    answer = ask(c, "/app/", user.access, method)
    assert answer.status == 200 and app.seen == before + 1
    assert method == "HEAD" or answer.json["method"] == method


# cookies

@pytest.fixture(scope="module")
def cookie(lk, user):
    """What the page at the service's own address signs in with."""
    answer = lk.client().post("/auth/login", {"login": user.username, "password": user.password, "session": "cookie"},
                              headers=[("Origin", lk.env["URL"])])
    assert answer.status == 200, answer
    return "Cookie", answer.header("Set-Cookie").split(";")[0]


def test_a_cookie_will_do(c, user, cookie):
    assert identity(ask(c, "/app/", headers=[cookie])) == whole(user)
    assert ask(c, "/staff/", headers=[cookie]).status == 200
    refused(ask(c, "/boss/", headers=[cookie]), 403)
    refused(ask(c, "/all/", headers=[("Cookie", cookie[1][:-1])]), 401)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "own"])
def test_a_cookie_from_another_page(lk, c, app, user, cookie, method, origin):
    before = app.seen
    headers = [cookie] + ([("Origin", lk.env["URL"] if origin == "own" else origin)] if origin else [])
    answer = ask(c, "/app/", None, method, headers=headers, body=b"x=1", type="application/x-www-form-urlencoded")
    if origin != "own":
        refused(answer, 403)
        assert app.seen == before
    elif method != "PATCH":  # which the application does not know
        assert answer.json["length"] == 3 and identity(answer) == whole(user)
    for read in ("GET", "HEAD"):
        assert ask(c, "/staff/", None, read, headers=headers).status == 200


def test_login_page(c, user, cookie):
    answer = ask(c, "/pages/index.html?a=1")
    assert answer.status == 303 and answer.header("Location").endswith("/login.html?next=/pages/index.html?a=1")
    assert ask(c, "/pages/", None, "POST", body=b"x", type="text/plain").status == 303
    assert ask(c, "/pages/", headers=[cookie]).body == b"inside pages"
    lesser = ask(c, "/boss/", headers=[cookie])
    refused(lesser, 403)


# a site with ways of its own

def kept_out(answer):
    """By the site's own page."""
    assert (answer.status, answer.body) == (200, b"for everybody"), answer


def test_error_pages_of_the_site_open_nothing(lk, c, app, user, robot):
    before = app.seen
    for path in ("/", "/app/", "/typo/"):
        for token in (None, "x", robot.token):
            kept_out(ask(c, path, token, host="sorry"))
    kept_out(ask(c, "/typo/", user.access, host="sorry"))
    assert app.seen == before
    assert ask(c, "/", user.access, host="sorry").body == b"inside"
    assert identity(ask(c, "/app/", user.access, host="sorry")) == whole(user)
    kept_out(ask(c, "/", host="sorry"))


def test_never_limited(c, user):
    """The site limits its visitors; asking who they are counts for nothing."""
    answers = together((c, ("GET", "/"), {"base": "", "bearer": user.access, "headers": [("Host", "sorry")]}) for _ in range(150))
    assert {a.body for a in answers} == {b"inside"}


def test_a_whole_server(lk, web, user, robot):
    c = web.client()
    at = {"host": "whole"}
    assert ask(c, "/open.html", **at).status == 200
    refused(ask(c, "/", **at), 401)
    refused(ask(c, "/nothing", **at), 401)
    refused(ask(c, "/", robot.token, **at), 403)
    refused(ask(c, "/boss/", user.access, **at), 403)
    assert ask(c, "/all/", robot.token, **at).status == 200
    answer = ask(c, "/api/v1/auth/login", None, "POST", json={"login": user.username, "password": user.password}, **at)
    assert answer.status == 200, answer
    assert ask(c, "/", answer.json["access_token"], **at).body == b"inside"
    check.problem(ask(c, "/api/v1/users/me", **at), 401, "token_missing")
    # the application's own refusals, where the site replaces them
    for status in (401, 403, 500):
        assert ask(c, f"/app/?status={status}", robot.token, **at).status == 403
        answer = ask(c, f"/app/?status={status}", user.access, **at)
        assert answer.status == status and answer.header("X-Request-Id") == answer.json["request_id"], answer


# stores down, service down

def closed(c, app, tokens):
    before = app.seen
    for token in tokens:
        for path, host in (("/all/", None), ("/staff/", None), ("/app/", None), ("/", "whole")):
            refused(ask(c, path, token, host=host), 503)
        for path in ("/", "/app/", "/typo/"):
            kept_out(ask(c, path, token, host="sorry"))
        refused(ask(c, "/app/", token, "POST", body=b"x" * 100_000, type="text/plain"), 503)
    assert app.seen == before


def back(c, user):
    wait_for(lambda: ask(c, "/app/", user.access).status == 200, 15, "the application does not come back")


def test_no_postgres(lk, c, app, user, robot):
    lk.part("stop", "postgres")
    try:
        closed(c, app, (user.access, robot.token))
        for token in (None, "x"):
            assert ask(c, "/app/", token).status in (401, 503)
        assert ask(c, "/open.html").status == 200
    finally:
        lk.part("start", "postgres")
    back(c, user)


def test_no_redis(lk, c, user):
    lk.part("stop", "redis")
    try:
        assert identity(ask(c, "/app/", user.access)) == whole(user)
    finally:
        lk.part("start", "redis")


def test_no_service(lk, c, app, user):
    lk.part("stop", "serve")
    try:
        closed(c, app, (user.access, None, "x"))
    finally:
        lk.part("start", "serve")
    back(c, user)


def test_no_application(c, app, user):
    """An error of its own is not ours."""
    app.stop()
    assert ask(c, "/app/", user.access).status == 502
    refused(ask(c, "/app/"), 401)
