"""GET /auth/verify: for nginx's auth_request."""

import pytest

from lib import check


@pytest.fixture
def token(lk, user):
    lk.sql("UPDATE users SET roles = '{viewers,editors}' WHERE id = %s", user.id)
    return lk.login(user)["access_token"]


def identity(answer):
    return {n: v for n, v in answer.headers if n.lower().startswith("x-auth-")}


def test_identity(c, user, token):
    answer = c.get("/auth/verify", bearer=token)
    assert (answer.status, answer.body) == (204, b""), answer
    check.private(answer)
    assert identity(answer) == {"X-Auth-User-Id": user.id, "X-Auth-Username": user.username,
                                "X-Auth-Email": user.email,
                                "X-Auth-Roles": "viewers,editors"}


@pytest.mark.parametrize("query, status", [
    ("role=viewers", 204), ("role=editors", 204), ("role=viewers&role=editors", 204),
    ("role=editors&role=viewers", 204),
    ("role=admins", 403), ("role=viewers&role=admins", 403), ("role=viewer", 403), ("role=viewerss", 403),
    ("role=", 403),
    ("role=viewers,editors", 403), ("role=%76iewers", 204), ("role=*", 403), ("colour=red", 403), ("roles=viewers", 403), ("scope=read:roles", 403),
])
def test_roles(c, token, query, status):
    answer = c.get("/auth/verify?" + query, bearer=token)
    if status == 403:
        check.problem(answer, 403)
        challenge = answer.header("WWW-Authenticate")
        assert challenge is None or "insufficient_scope" in challenge
        assert identity(answer) == {}
    else:
        assert answer.status == status, answer


def test_role_is_judged_by_the_account_not_the_token(lk, c, user, token):
    lk.sql("UPDATE users SET roles = '{viewers}', rev = rev + 1 WHERE id = %s", user.id)
    check.problem(c.get("/auth/verify?role=editors", bearer=token), 401, "token_stale")


def test_refusals(lk, c, user, token):
    missing = c.get("/auth/verify?role=viewers")
    check.problem(missing, 401, "token_missing")
    for bad in ("x", token[:-1], lk.login(user)["refresh_token"]):
        answer = c.get("/auth/verify", bearer=bad)
        check.problem(answer, 401, "invalid_token")
        assert identity(answer) == {}


def test_user_without_name_or_roles(lk, c, user):
    lk.sql("UPDATE users SET username = NULL, username_key = NULL, roles = '{}' WHERE id = %s", user.id)
    answer = c.get("/auth/verify", bearer=c.login(user.email, user.password).json["access_token"])
    assert answer.status == 204, answer
    got = identity(answer)
    assert got["X-Auth-User-Id"] == user.id and not got.get("X-Auth-Username") and not got.get("X-Auth-Roles")


def test_identity_is_never_the_visitors(c, user, token):
    forged = [("X-Auth-User-Id", "1"), ("X-Auth-Roles", "admins"), ("X-Auth-Username", "root")]
    answer = c.get("/auth/verify", bearer=token, headers=forged)
    assert identity(answer)["X-Auth-User-Id"] == user.id and identity(answer)["X-Auth-Roles"] == "viewers,editors"
    assert identity(c.get("/auth/verify", headers=forged)) == {}


@pytest.mark.parametrize("query", ["role", "role=%", "role=%00", "role=%ff", "&&&", "role=" + "x" * 3000,
                                   "role=a%0d%0aX-Auth-Roles:%20admins",
                                   "=", "role=viewers&role=viewers", "%72ole=admins"])
def test_only_the_few_answers(c, token, query):
    answer = c.get("/auth/verify?" + query, bearer=token)
    assert answer.status in (204, 400, 401, 403), answer
    assert answer.status != 204 or query in ("&&&", "=", "role=viewers&role=viewers"), answer


def test_head(c, token):
    assert c.send("HEAD", "/auth/verify", bearer=token).status == 204


def test_is_never_limited(c, token):
    answers = [c.get("/auth/verify", bearer="x" if i % 2 else token).status for i in range(300)]
    assert set(answers) == {204, 401} and answers.count(204) == 150
