"""Web pages: a cookie in place of tokens, and who may use it."""

import base64
import re

import pytest

from lib import check
from lib.stack import new_password
from lib.wait import wait_for

NAME = "__Host-latchkey"


def sign_in(lk, user, client=None, origin="own", **more):
    client = client or lk.client()
    headers = [("Origin", lk.env["URL"] if origin == "own" else origin)] if origin else []
    return client.post("/auth/login", {"username": user.username, "password": user.password, "session": "cookie", **more},
                       headers=headers)


def cookie_of(answer):
    return re.match(NAME + r"=([A-Za-z0-9_-]{64});", answer.header("Set-Cookie")).group(1)


def ask(c, method, path, cookie, origin=None, headers=(), **what):
    headers = [("Cookie", f"{NAME}={cookie}"), *headers] + ([("Origin", origin)] if origin else [])
    return c.send(method, path, headers=headers, **what)


@pytest.fixture
def cookie(lk, user):
    return cookie_of(sign_in(lk, user))


def test_login(lk, c, user):
    answer = sign_in(lk, user)
    assert answer.status == 200, answer
    check.user(answer.json, id=user.id)
    check.private(answer)
    name, *attributes = answer.header("Set-Cookie").split("; ")
    assert re.fullmatch(NAME + "=[A-Za-z0-9_-]{64}", name)
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
    assert not [a for a in attributes if a.startswith("Domain")]
    assert c.get("/users/me", headers=[("Cookie", name)]).json["id"] == user.id
    row = lk.sql("SELECT encode(cookie_digest, 'hex'), cookie_key, method FROM sessions WHERE user_id = %s", user.id)
    raw = base64.urlsafe_b64decode(name.split("=")[1])
    assert len(row) == 1 and row[0][2] == "password" and raw.hex() not in row[0][0] and raw[16:].hex() != row[0][0]


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "https://127.0.0.1", "http://127.0.0.1:8443", ""])
def test_login_of_another_origin(lk, user, origin):
    answer = sign_in(lk, user, origin=origin)
    check.problem(answer, 403, "origin_refused")
    assert answer.header("Set-Cookie") is None
    assert lk.one("SELECT count(*) FROM sessions WHERE user_id = %s", user.id) == 0


def test_login_refused(lk, c, user):
    answer = c.post("/auth/login", {"username": user.username, "password": new_password(), "session": "cookie"},
                    headers=[("Origin", lk.env["URL"])])
    check.problem(answer, 401, "invalid_credentials")
    assert answer.header("Set-Cookie") is None
    check.invalid(sign_in(lk, user, session="jwt"), "session:invalid")
    check.invalid(sign_in(lk, user, session=1), "session:wrong_type")


def test_reading_needs_no_origin(lk, c, user, cookie):
    for path in ("/users/me", "/users/me/sessions", "/users/me/login-history"):
        assert ask(c, "GET", path, cookie).status == 200
        assert ask(c, "HEAD", path, cookie).status == 200
    assert ask(c, "GET", "/users/me", cookie, origin="https://evil.example").status == 200
    answer = ask(c, "GET", "/auth/verify", cookie)
    assert answer.status == 204 and answer.header("X-Auth-User-Id") == user.id
    sessions = ask(c, "GET", "/users/me/sessions", cookie).json["items"]
    assert [s["current"] for s in sessions] == [True]


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "https://127.0.0.1"])
def test_changes_of_another_origin(lk, c, user, cookie, origin):
    for method, path, body in (("PATCH", "/users/me", {"username": "newname1"}), ("POST", "/auth/logout", None),
                               ("POST", "/auth/logout-all", None), ("DELETE", "/users/me", {"password": user.password}),
                               ("POST", "/users/me/change-password", {}), ("POST", "/auth/verify-email", None)):
        check.problem(ask(c, method, path, cookie, origin=origin, json=body), 403, "origin_refused")
    assert ask(c, "GET", "/users/me", cookie).json["username"] == user.username


def test_logout_clears_the_cookie(lk, c, user, cookie):
    other = cookie_of(sign_in(lk, user))
    answer = ask(c, "POST", "/auth/logout", cookie, origin=lk.env["URL"])
    assert answer.status == 204
    assert re.match(NAME + "=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax", answer.header("Set-Cookie"))
    check.problem(ask(c, "GET", "/users/me", cookie), 401, "invalid_token")
    assert ask(c, "GET", "/users/me", other).status == 200
    assert ask(c, "POST", "/auth/logout-all", other, origin=lk.env["URL"]).header("Set-Cookie")
    check.problem(ask(c, "GET", "/users/me", other), 401, "invalid_token")


def test_what_ends_sessions_ends_it(lk, c, user, cookie):
    new = new_password()
    body = {"old_password": user.password, "new_password1": new, "new_password2": new}
    answer = ask(c, "POST", "/users/me/change-password", cookie, origin=lk.env["URL"], json=body)
    assert answer.status == 204 and "Max-Age=0" in answer.header("Set-Cookie")
    check.problem(ask(c, "GET", "/users/me", cookie), 401, "invalid_token")


def test_delete_me(lk, c, user, cookie):
    answer = ask(c, "DELETE", "/users/me", cookie, origin=lk.env["URL"], json={"password": user.password})
    assert answer.status == 204 and "Max-Age=0" in answer.header("Set-Cookie")
    check.problem(ask(c, "GET", "/users/me", cookie), 401, "invalid_token")


def test_a_token_sent_is_what_counts(lk, c, user, cookie):
    token = lk.login(user)["access_token"]
    assert ask(c, "PATCH", "/users/me", cookie, bearer=token, json={"username": user.username}).status == 200
    check.problem(ask(c, "GET", "/users/me", cookie, bearer="x"), 401, "invalid_token")
    answer = ask(c, "POST", "/auth/logout", cookie, bearer=lk.login(user)["access_token"])
    assert answer.status == 204 and answer.header("Set-Cookie") is None
    assert ask(c, "GET", "/users/me", cookie).status == 200


def test_hostile_cookies(lk, c, user, cookie):
    other = cookie_of(sign_in(lk, lk.register()))
    flipped = cookie[:-1] + ("A" if cookie[-1] != "A" else "B")
    bad = ["", "x", cookie[:-1], cookie + "A", flipped, other[:22] + cookie[22:], cookie[:22] + other[22:], "A" * 64, "-" * 64,
           cookie + "=", "'" + cookie, "é" * 32]
    for value in bad:
        answer = ask(c, "GET", "/users/me", value)
        assert answer.status == 401, (value, answer)
    for header in (f"{NAME}={cookie}; {NAME}={cookie}", f"x{NAME}={cookie}", f"{NAME} ={cookie}", f"{NAME.lower()}={cookie}",
                   f"a={'x' * 8100}; {NAME}={cookie}"):
        assert c.get("/users/me", headers=[("Cookie", header)]).status in (400, 401, 431), header
    for header in (f"a=b; {NAME}={cookie}", f"{NAME}={cookie}; a=b", f"a;{NAME}={cookie};", f"a=\"q\"; {NAME}={cookie}"):
        assert c.get("/users/me", headers=[("Cookie", header)]).status == 200, header


def test_it_slides_and_ends(lk, c, user, cookie):
    age = "SELECT now() - last_used_at < interval '1 minute' FROM sessions WHERE user_id = %s"
    lk.sql("UPDATE sessions SET last_used_at = now() - interval '2 hours' WHERE user_id = %s", user.id)
    assert ask(c, "GET", "/users/me", cookie).status == 200
    wait_for(lambda: lk.one(age, user.id))
    lk.sql("UPDATE sessions SET last_used_at = now() - interval '31 days' WHERE user_id = %s", user.id)
    check.problem(ask(c, "GET", "/users/me", cookie), 401, "invalid_token")
    lk.sql("UPDATE sessions SET last_used_at = now(), expires_at = now() WHERE user_id = %s", user.id)
    check.problem(ask(c, "GET", "/users/me", cookie), 401, "invalid_token")


def test_no_tokens_for_a_cookie(lk, c, user, cookie):
    check.invalid(ask(c, "POST", "/auth/refresh", cookie, origin=lk.env["URL"], json={}), "refresh_token", "grant_type")
    check.problem(ask(c, "POST", "/token", cookie, origin=lk.env["URL"]), 401, "token_missing")
    check.problem(ask(c, "GET", "/roles/", cookie, origin=lk.env["URL"]), 401, "token_missing")
