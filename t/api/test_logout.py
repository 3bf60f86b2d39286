"""POST /auth/logout and /auth/logout-all."""

import pytest

from lib import check
from lib.http import together
from lib.me import alive, audited, dead, enter, join, refused, renew, sid


@pytest.fixture
def user(lk):
    return join(lk)


def test_logout(lk, c, user):
    tokens, other = enter(user), enter(user)
    answer = c.post("/auth/logout", bearer=tokens["access_token"])
    assert answer.status == 204 and answer.body == b"", answer
    dead(c, tokens)
    assert alive(c, other)
    assert lk.sql("SELECT end_reason, ended_at IS NOT NULL FROM sessions WHERE id = %s",
                  sid(tokens)) == [("logout", True)]
    assert lk.sql("SELECT detail, actor, host(ip) FROM audit WHERE user_id = %s AND event = 'logout'",
                  user.id) == [("session " + sid(tokens), "user", c.address)]
    refused(c.post("/auth/logout", bearer=tokens["access_token"]))


def test_logout_with_a_refreshed_token_ends_the_whole_session(c, user):
    tokens = enter(user)
    newer = renew(c, tokens).json
    assert c.post("/auth/logout", bearer=newer["access_token"]).status == 204
    dead(c, tokens)
    dead(c, newer)


def test_logout_all(lk, c, user):
    all_of_them, stranger = [enter(user, lk.client()) for _ in range(4)], join(lk)
    other = enter(stranger)
    answer = c.post("/auth/logout-all", bearer=all_of_them[1]["access_token"])
    assert answer.status == 204 and answer.body == b"", answer
    for tokens in all_of_them:
        dead(c, tokens)
    assert alive(c, other)
    assert audited(lk, user, "logout_all") == 1
    assert alive(c, enter(user))


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/logout-all"])
def test_refusals(c, user, path):
    tokens = enter(user)
    refused(c.post(path), sent=False)
    refused(c.post(path, basic=(user.email, user.password)), sent=False)
    refused(c.post(path, bearer="x"))
    refused(c.post(path, bearer=tokens["refresh_token"]))
    check.problem(c.get(path, bearer=tokens["access_token"]), 405, "method_not_allowed")
    assert alive(c, tokens)


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/logout-all"])
@pytest.mark.parametrize("what", [{"json": {}}, {"json": {"x": 1}}, {"form": {"x": "1"}}, {"json": ""}])
def test_a_body_does_not_matter(c, user, path, what):
    assert c.send("POST", path + "/", bearer=enter(user)["access_token"], **what).status == 204


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/logout-all"])
def test_many_at_once(c, user, path):
    """The first ends it; the others were let in before, or are told that it is over."""
    tokens = enter(user)
    answers = together((c, ("POST", path), {"bearer": tokens["access_token"]}) for _ in range(12))
    assert {a.status for a in answers} <= {204, 401} and 204 in {a.status for a in answers}
    dead(c, tokens)
