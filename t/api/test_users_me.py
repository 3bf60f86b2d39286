"""GET /users/me, and what any page for a user's token refuses."""

import pytest

from lib import check
from lib.tokens import hostile, parts


def test_document(lk, c, user):
    tokens = lk.login(user)
    lk.sql("UPDATE users SET roles = '{viewers,editors}' WHERE id = %s", user.id)
    answer = c.get("/users/me", bearer=tokens["access_token"])
    assert answer.status == 200 and answer.header("Content-Type").startswith("application/json"), answer
    check.private(answer)
    check.user(answer.json, id=user.id, username=user.username, email=user.email, email_verified=True,
               active=True,
               roles=["viewers", "editors"])


def test_head(lk, c, user):
    token = lk.login(user)["access_token"]
    get, head = (c.send(method, "/users/me", bearer=token) for method in ("GET", "HEAD"))
    assert head.status == 200 and head.body == b""
    assert head.header("Content-Type") == get.header("Content-Type")
    assert c.send("HEAD", "/users/me", bearer="x").status == 401


def test_no_user_name_is_null(lk, c, user):
    lk.sql("UPDATE users SET username = NULL, username_key = NULL WHERE id = %s", user.id)
    answer = c.get("/users/me", bearer=c.login(user.email, user.password).json["access_token"])
    check.user(answer.json, username=None)


def test_without_a_token(c):
    for what in ({}, {"basic": ("a", "b")}, {"headers": [("Authorization", "Digest x")]}):
        answer = c.get("/users/me", **what)
        check.problem(answer, 401, "token_missing")
        challenge = answer.header("WWW-Authenticate")
        assert challenge.startswith("Bearer") and "error=" not in challenge, challenge


def test_cost(lk, c, user):
    """One statement of PostgreSQL, nothing else."""
    token = lk.login(user)["access_token"]
    for _ in range(3):  # each worker prepares its statement once
        assert c.get("/users/me", bearer=token).status == 200
    costs = [lk.log.request(c.get("/users/me", bearer=token)) for _ in range(12)]
    assert min(cost["pg"] for cost in costs) == 1 and all(cost["redis"] == cost["hashes"] == 0
                                                          for cost in costs), costs
    refused = lk.log.request(c.get("/users/me", bearer=token[:-3] + "AAA"))
    assert (refused["pg"], refused["redis"]) == (0, 0)


@pytest.mark.parametrize("path", ["/users/me", "/auth/verify"])
def test_hostile_tokens(lk, c, user, path):
    good = lk.login(user)["access_token"]
    corpus = hostile(lk.keys, "access", good)
    assert len(corpus) >= 150
    shown = [(name, token, c.send("GET", path, headers=[("Authorization", b"Bearer " + token.encode())]))
             for name, token in corpus]
    assert [(name, answer.status) for name, _, answer in shown if answer.status != 401] == []
    assert [(name, answer.ms) for name, _, answer in shown if answer.ms > 500] == []
    for name, token, answer in shown:
        assert 'error="invalid_token"' in answer.header("WWW-Authenticate") or token in ("", "."), (name, answer)
    assert c.get("/users/me", bearer=good).status == 200
    assert c.get(path, bearer=lk.keys.altered("access", good)).status in (200, 204)  # the forger is able


def test_a_megabyte_of_token(c):
    answer = c.send("GET", "/users/me", headers=[("Authorization", "Bearer " + "A" * (1 << 20))])
    assert 400 <= answer.status < 500, answer.status


@pytest.mark.parametrize("end", ["ended_at = now()", "epoch = epoch + 1",
                                 "expires_at = now() - interval '1 s'"])
def test_a_token_dies_with_its_session(lk, c, user, end):
    tokens = lk.login(user)
    lk.sql(f"UPDATE sessions SET {end} WHERE id = %s", parts(tokens["access_token"])[1]["sid"])
    check.problem(c.get("/users/me", bearer=tokens["access_token"]), 401, "invalid_token")


def test_another_users_session(lk, c, user):
    other = lk.register()
    mine, theirs = lk.login(user)["access_token"], lk.login(other)["access_token"]
    mixed = lk.keys.altered("access", mine, sid=parts(theirs)[1]["sid"])
    answer = c.get("/users/me", bearer=mixed)
    assert answer.status == 401, answer


def test_older_rev_is_stale(lk, c, user):
    token = lk.login(user)["access_token"]
    lk.sql("UPDATE users SET rev = rev + 1 WHERE id = %s", user.id)
    answer = c.get("/users/me", bearer=token)
    check.problem(answer, 401, "token_stale")
    assert 'error="invalid_token"' in answer.header("WWW-Authenticate")
