"""Files, PHP-FPM, a proxied application and Apache, protected as doc/guide-protect.md says."""

import hashlib
import os
import socket

import pytest

from lib import check
from lib.machine import machine
from lib.site import NAMES, chunked, spellings
from lib.wait import wait_for

PLACES = {  # path: whether a role is asked for
    "/reports/a.html": True, "/php/who.php": False, "/app/x": False, "/legacy/who.php": True, "/pages/": False,
}
APPLICATIONS = ["/php/who.php", "/app/x", "/legacy/who.php"]
PHP = ["/php/who.php", "/legacy/who.php"]
BIG = os.urandom(5_000_000)


@pytest.fixture(scope="session")
def staff(lk):
    user = lk.register()
    lk.sql("UPDATE users SET roles = '{staff,editors}' WHERE id = %s", user.id)
    user.access = lk.login(user)["access_token"]
    return user


@pytest.fixture(scope="session")
def visitor(lk):
    user = lk.register()
    user.access = lk.login(user)["access_token"]
    return user


@pytest.fixture(scope="session")
def robot(lk):
    return machine(lk, "read:roles")


def ask(c, path, bearer=None, method="GET", **what):
    return c.send(method, path, base="", bearer=bearer, **what)


def named(answer):
    """{header: value} of who the application was told came."""
    said = answer.json
    if "headers" in said:
        return {n: v for n, v in said["headers"] if n.lower().replace("_", "-").startswith("x-auth-")}
    found = {n[len("HTTP_"):].replace("_", "-").title(): v for n, v in said["seen"].items() if n.startswith("HTTP_X_AUTH")}
    return {n: v for n, v in found.items() if v}


def whole(user, roles):
    told = {"X-Auth-User-Id": user.id, "X-Auth-Username": user.username, "X-Auth-Email": user.email, "X-Auth-Roles": roles}
    return {n: v for n, v in told.items() if v}


@pytest.mark.parametrize("path", PLACES)
def test_who_may_enter(c, staff, visitor, path):
    for token in (None, "x"):
        answer = ask(c, path, token)
        if path == "/pages/":
            assert answer.status == 303
        else:
            check.problem(answer, 401, "unauthorized")
    answer = ask(c, path, visitor.access)
    if PLACES[path]:
        check.problem(answer, 403, "forbidden")
    else:
        assert answer.status == 200, answer
    assert ask(c, path, staff.access).status == 200


@pytest.mark.parametrize("path", APPLICATIONS)
def test_identity(c, staff, robot, path):
    assert named(ask(c, path, staff.access)) == whole(staff, "staff,editors")
    if not PLACES[path]:
        assert named(ask(c, path, robot.token)) == {"X-Auth-Client-Id": robot.id, "X-Auth-Scope": "read:roles"}


def test_parameters_of_php(c, staff, visitor, robot):
    for token, told in ((staff.access, (staff.id, staff.username, staff.email, "staff,editors", "", "")),
                        (visitor.access, (visitor.id, visitor.username, visitor.email, "", "", "")),
                        (robot.token, ("", "", "", "", robot.id, "read:roles"))):
        seen = ask(c, "/php/who.php", token).json["seen"]
        assert tuple(seen["LATCHKEY_" + n] for n in ("USER_ID", "USERNAME", "EMAIL", "ROLES", "CLIENT_ID", "SCOPE")) == told


@pytest.mark.parametrize("path", APPLICATIONS)
@pytest.mark.parametrize("name", NAMES)
def test_forged_headers(c, staff, path, name):
    for forged in spellings(name):
        answer = ask(c, path, staff.access, headers=[(forged, "boss"), (forged.lower(), "root")])
        assert named(answer) == whole(staff, "staff,editors"), forged
        assert b"boss" not in answer.body and b"root" not in answer.body


@pytest.mark.parametrize("path", PHP)
@pytest.mark.parametrize("name", ["LATCHKEY_USER_ID", "Latchkey-User-Id", "LATCHKEY-ROLES", "HTTP_LATCHKEY_ROLES", "Http-X-Auth-Roles",
                                  "REDIRECT-LATCHKEY-ROLES", "Remote-User", "X.Auth.User.Id", "X Auth-User-Id", "X-Auth-User-Id[x]"])
def test_forged_parameters(c, staff, path, name):
    answer = ask(c, path, staff.access, headers=[(name, "boss")])
    if answer.status == 400:
        return
    seen = answer.json["seen"]
    assert named(answer) == whole(staff, "staff,editors")
    assert [n for n, v in seen.items() if v == "boss" and not n.startswith("HTTP_")] == []
    assert path != "/php/who.php" or (seen["LATCHKEY_USER_ID"], seen["LATCHKEY_ROLES"]) == (staff.id, "staff,editors")


@pytest.mark.parametrize("path", PHP)
def test_proxy_header(c, staff, path):
    """httpoxy: nginx empties it, and Apache drops it."""
    said = ask(c, path, staff.access, headers=[("Proxy", "http://evil.example")]).json
    assert not said["environment"] and not said["seen"].get("HTTP_PROXY")


def test_apache_asks_for_the_word(web, staff):
    """Whoever else of the host connects to it may say what he wants."""
    with socket.create_connection(("127.0.0.1", web.apache_port), 10) as sock:
        sock.sendall(b"GET /legacy/who.php HTTP/1.0\r\nX-Auth-User-Id: root\r\nX-Edge: a guess\r\n\r\n")
        assert sock.recv(64).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize("path", APPLICATIONS)
@pytest.mark.parametrize("way", ["length", "chunked"])
def test_a_body_arrives_whole(c, staff, visitor, path, way):
    for size in (0, 1, len(BIG)):
        body = BIG[:size]
        head = [("Transfer-Encoding", "chunked"), ("Content-Length", None)] if way == "chunked" else [("Content-Length", str(size))]
        for token in (staff.access, None):
            request = c.build("POST", path + "?a=1", base="", bearer=token, type="application/octet-stream", headers=head)
            answer = c.raw(request + (chunked(body) if way == "chunked" else body), method="POST")
            if not token:
                check.problem(answer, 401, "unauthorized")
                continue
            assert answer.status == 200, answer
            assert (answer.json["method"], answer.json["length"]) == ("POST", size)
            assert answer.json["sha256"] == hashlib.sha256(body).hexdigest()
            assert named(answer) == whole(staff, "staff,editors")


@pytest.mark.parametrize("path", APPLICATIONS)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE", "PUT"])
def test_methods(c, staff, path, method):
    assert ask(c, path, None, method).status == 401
    answer = ask(c, path, staff.access, method)
    assert answer.status == 200 and (method == "HEAD" or answer.json["method"] == method), answer


# the page that signs in, as a browser uses it

@pytest.fixture
def origin(web):
    return "Origin", f"https://127.0.0.1:{web.port}"


@pytest.fixture
def signed_in(c, visitor, origin):
    """From a stranger's first look at a page to the cookie."""
    first = ask(c, "/pages/?a=1&b=2")
    assert first.status == 303 and first.header("Location").endswith("/login.html?next=/pages/?a=1&b=2")
    page = ask(c, "/login.html")
    assert page.status == 200 and b'"/api/v1/auth/login"' in page.body
    answer = ask(c, "/api/v1/auth/login", None, "POST", headers=[origin],
                 json={"login": visitor.username, "password": visitor.password, "session": "cookie"})
    assert answer.status == 200, answer
    return "Cookie", answer.header("Set-Cookie").split(";")[0]


def test_a_page_signs_in(c, visitor, signed_in, origin):
    assert ask(c, "/pages/?a=1&b=2", headers=[signed_in]).body == b"inside pages/index.html"
    for path in ("/php/who.php", "/app/x"):
        assert named(ask(c, path, headers=[signed_in])) == whole(visitor, "")
        assert ask(c, path, None, "POST", headers=[signed_in], body=b"x", type="text/plain").status == 403
        assert ask(c, path, None, "POST", headers=[signed_in, origin], body=b"x", type="text/plain").json["length"] == 1
    check.problem(ask(c, "/reports/a.html", headers=[signed_in]), 403, "forbidden")
    assert ask(c, "/api/v1/auth/logout", None, "POST", headers=[signed_in, origin]).status == 204
    assert ask(c, "/pages/", headers=[signed_in]).status == 303


def test_stores_down(lk, c, staff, app):
    before = app.seen
    lk.part("stop", "postgres")
    try:
        for path in PLACES:
            check.problem(ask(c, path, staff.access), 503, "store_unavailable")
            check.problem(ask(c, path, staff.access, "POST", body=b"x" * 100_000, type="text/plain"), 503, "store_unavailable")
        assert app.seen == before
    finally:
        lk.part("start", "postgres")
    wait_for(lambda: {ask(c, path, staff.access).status for path in PLACES} == {200}, 15, "they do not come back")
