"""degraded_verify: /auth/verify while PostgreSQL is down."""

import contextlib

import pytest

from lib import check
from lib.ctl import ctl
from lib.me import alive, dead, enter, join, recovery_token, refused, renew, sid
from lib.stack import Stack, new_name, new_password
from lib.wait import wait_for


@pytest.fixture(scope="module", params=["yes", "no"])
def lk(request):
    stack = Stack.start(f"[tokens]\ndegraded_verify = {request.param}\n")
    stack.degraded = request.param == "yes"
    yield stack
    stack.down()


@contextlib.contextmanager
def without(lk, *names):
    for name in names:
        lk.part("stop", name)
    try:
        yield
    finally:
        for name in names:
            lk.part("start", name)
        wait_for(lambda: lk.client().get("/health/ready").status == 200, 15, "not ready again")


def verify(client, tokens, query=""):
    return client.get("/auth/verify" + query, bearer=tokens["access_token"])


def test_by_signature(lk, c):
    user = join(lk)
    lk.sql("UPDATE users SET roles = '{viewers,editors}', rev = rev + 1 WHERE id = %s", user.id)
    tokens = enter(user)
    whole = verify(c, tokens)
    assert whole.header("X-Auth-Username") == user.username and whole.header("X-Auth-Email") == user.email
    with without(lk, "postgres"):
        answer = verify(c, tokens)
        if not lk.degraded:
            check.problem(answer, 503, "store_unavailable")
            return
        assert answer.status == 204 and answer.body == b"", answer
        assert answer.header("X-Auth-User-Id") == user.id
        assert answer.header("X-Auth-Roles") == "viewers,editors"
        assert not answer.header("X-Auth-Username") and not answer.header("X-Auth-Email")
        assert verify(c, tokens, "?role=viewers&role=editors").status == 204
        assert verify(c, tokens, "?role=viewers&role=admins").status == 403
        refused(verify(c, {"access_token": tokens["refresh_token"]}))
        refused(verify(c, {"access_token": tokens["access_token"][:-4] + "AAAA"}))
        refused(c.get("/auth/verify"), sent=False)
        expired = lk.keys.altered("access", tokens["access_token"], exp=1)
        refused(verify(c, {"access_token": expired}))
    assert verify(c, tokens).header("X-Auth-Username") == user.username


def test_everything_else_is_down(lk, c):
    user = join(lk)
    tokens = enter(user)
    with without(lk, "postgres"):
        calls = [("GET", "/users/me", {}), ("PATCH", "/users/me", {"json": {"username": "somebody"}}),
                 ("DELETE", "/users/me", {"json": {"password": user.password}}), ("GET", "/users/me/sessions", {}),
                 ("GET", "/users/me/login-history", {}), ("POST", "/auth/logout", {}), ("POST", "/auth/logout-all", {}),
                 ("DELETE", "/users/me/sessions/" + sid(tokens), {}), ("POST", "/auth/verify-email", {}),
                 ("POST", "/users/me/email", {"json": {"email": "a@example.com", "password": "x"}}),
                 ("POST", "/users/me/email/confirm", {"json": {"code": "00000000"}}),
                 ("POST", "/users/me/change-password",
                  {"json": {"old_password": "x", "new_password1": "Quartz-fjord-71",
                            "new_password2": "Quartz-fjord-71"}})]
        for method, path, what in calls:
            answer = c.send(method, path, bearer=tokens["access_token"], **what)
            check.problem(answer, 503, "store_unavailable")
        for answer in (renew(c, tokens), c.post("/token", bearer=tokens["refresh_token"]),
                       c.post("/auth/login", {"login": user.email, "password": user.password}),
                       c.post("/auth/register", {"email": "b@example.com", "password": "Quartz-fjord-71"})):
            check.problem(answer, 503, "store_unavailable")
    assert alive(c, tokens) and renew(c, tokens).status == 200


def test_ended_sessions_stay_ended(lk, c):
    """By each way in which a session ends, as the list in Redis has it."""
    new = new_password()
    out, everywhere, changed, recovered, deleted, reused, closed, revoked = users = [join(lk) for _ in range(8)]
    tokens = {user.id: enter(user) for user in users}
    spare = enter(out)
    mine = lambda user: {"bearer": tokens[user.id]["access_token"]}
    c.post("/auth/logout", **mine(out))
    c.post("/auth/logout-all", **mine(everywhere))
    c.post("/users/me/change-password", {"old_password": changed.password, "new_password1": new,
                                         "new_password2": new}, **mine(changed))
    token = recovery_token(lk, recovered)
    c.post("/password", {"token": token, "username": recovered.username, "password": new})
    c.send("DELETE", "/users/me", json={"password": deleted.password}, **mine(deleted))
    lk.sql("UPDATE sessions SET gen = 3 WHERE id = %s", sid(tokens[reused.id]))
    renew(c, tokens[reused.id])
    lk.ctl("user", "deactivate", closed.email)
    lk.ctl("session", "revoke", revoked.email)
    for user in users:
        dead(c, tokens[user.id])
    with without(lk, "postgres"):
        for user in users:
            answer = verify(c, tokens[user.id])
            if lk.degraded:
                refused(answer)
            else:
                check.problem(answer, 503, "store_unavailable")
        if lk.degraded:
            assert verify(c, spare).status == 204


def test_machines(lk, c):
    """A client that was removed, or whose tokens a rotation ended, is on the list too."""
    tokens = {}
    kept, deleted, rotated = clients = [ctl(lk, "client", "create", "--name", new_name(), "--scope", "a b")
                                        for _ in range(3)]
    for client in clients:
        answer = c.send("POST", "/oauth/token", form={"grant_type": "client_credentials"},
                        basic=(client["client_id"], client["client_secret"]))
        tokens[client["client_id"]] = answer.json
    ctl(lk, "client", "delete", deleted["client_id"])
    ctl(lk, "client", "rotate", rotated["client_id"])
    with without(lk, "postgres"):
        for client in clients:
            answer = verify(c, tokens[client["client_id"]], "?scope=a")
            if not lk.degraded:
                check.problem(answer, 503, "store_unavailable")
            elif client is not kept:
                refused(answer)
            else:
                assert answer.status == 204 and answer.header("X-Auth-Client-Id") == client["client_id"]
                assert answer.header("X-Auth-Scope") == "a b"


def test_without_redis_too(lk, c):
    user = join(lk)
    tokens = enter(user)
    with without(lk, "redis"):
        assert verify(c, tokens).status == 204  # PostgreSQL is the truth
    with without(lk, "postgres", "redis"):
        check.problem(verify(c, tokens), 503, "store_unavailable")
    assert verify(c, tokens).status == 204


def test_flushed_list(lk, c):
    """What the setting costs: after FLUSHALL an ended session passes while PostgreSQL is
    down, for as long as its access token lasts, and never when PostgreSQL is there."""
    user = join(lk)
    tokens = enter(user)
    c.post("/auth/logout", bearer=tokens["access_token"])
    lk.redis.flushall()
    dead(c, tokens)
    with without(lk, "postgres"):
        assert verify(c, tokens).status == (204 if lk.degraded else 503)
    dead(c, tokens)
