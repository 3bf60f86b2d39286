"""POST and GET /token: a new access token for a refresh token that stays."""

import time

import pytest

from lib import check
from lib.http import together
from lib.stack import new_email
from lib.tokens import hostile, parts


@pytest.fixture
def tokens(lk, user):
    return lk.login(user)


def alive(c, tokens):
    return c.get("/users/me", bearer=tokens["access_token"]).status == 200


def refused(answer, sent=True):
    check.problem(answer, 401, "invalid_token" if sent else "token_missing")
    challenge = answer.header("WWW-Authenticate")
    assert challenge.startswith("Bearer") and ('error="invalid_token"' in challenge) == sent, challenge


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_answer(c, tokens, method):
    answer = c.send(method, "/token", bearer=tokens["refresh_token"])
    assert answer.status == 200, answer
    check.private(answer, token=True)
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 600)
    old, new = parts(tokens["access_token"])[1], parts(answer.json["access_token"])[1]
    assert new["fresh"] is False and new["jti"] != old["jti"]
    for name in ("sub", "sid", "iss", "aud", "auth_time", "client_id", "amr", "rev", "roles"):
        assert new[name] == old[name], name
    assert alive(c, answer.json) and alive(c, tokens)


def test_refresh_token_stays(c, tokens):
    seen = {c.post("/token", bearer=tokens["refresh_token"]).json["access_token"] for _ in range(5)}
    assert len(seen) == 5


def test_use_keeps_the_session_from_idling(lk, c, tokens):
    sid = parts(tokens["refresh_token"])[1]["sid"]
    lk.sql("UPDATE sessions SET last_used_at = now() - interval '29 days' WHERE id = %s", sid)
    assert c.post("/token", bearer=tokens["refresh_token"]).status == 200
    assert lk.one("SELECT now() - last_used_at < interval '1 minute' FROM sessions WHERE id = %s", sid)


ENDS = {
    "idle": "UPDATE sessions SET last_used_at = now() - interval '31 days' WHERE id = %(sid)s",
    "over": "UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = %(sid)s",
    "ended": "UPDATE sessions SET ended_at = now() WHERE id = %(sid)s",
    "epoch": "UPDATE users SET epoch = epoch + 1 WHERE id = %(user)s",
    "inactive": "UPDATE users SET active = false WHERE id = %(user)s",
    "no session": "DELETE FROM sessions WHERE id = %(sid)s",
    "no user": "DELETE FROM users WHERE id = %(user)s",
}


@pytest.mark.parametrize("end", ENDS)
def test_ended(lk, c, user, tokens, end):
    sid = parts(tokens["refresh_token"])[1]["sid"]
    with lk.connect() as connection, connection.cursor() as cursor:
        cursor.execute(ENDS[end], {"sid": sid, "user": user.id})
    refused(c.post("/token", bearer=tokens["refresh_token"]))
    if end != "idle":
        refused(c.get("/users/me", bearer=tokens["access_token"]))


def test_no_token(c):
    refused(c.post("/token"), sent=False)
    refused(c.post("/token", basic=("a", "b")), sent=False)


def test_other_tokens(lk, c, user, tokens):
    registration = lk.token(new_email(), lk.client())
    recovery = lk.token(user.email, lk.client(), "/password", n=2)
    for other in (tokens["access_token"], registration, recovery):
        refused(c.post("/token", bearer=other))


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER ", "Bearer  "])
def test_scheme_in_any_case(c, tokens, scheme):
    answer = c.post("/token", headers=[("Authorization", scheme + tokens["refresh_token"])])
    assert answer.status == 200, answer


def rotated(lk, tokens, age):
    """As if the refresh token had been exchanged for a new one `age` seconds ago."""
    lk.sql("UPDATE sessions SET gen = gen + 1, spent = ARRAY[now() - make_interval(secs => %s)] || spent WHERE id = %s",
           age, parts(tokens["refresh_token"])[1]["sid"])


def test_spent_within_the_grace(lk, c, tokens):
    rotated(lk, tokens, 2)
    assert c.post("/token", bearer=tokens["refresh_token"]).status == 200
    assert alive(c, tokens)


def test_spent_before_ends_the_session(lk, c, user, tokens):
    other = lk.login(user)
    rotated(lk, tokens, 60)
    refused(c.post("/token", bearer=tokens["refresh_token"]))
    refused(c.get("/users/me", bearer=tokens["access_token"]))
    newest = lk.keys.altered("refresh", tokens["refresh_token"], gen=2)
    refused(c.post("/token", bearer=newest))
    assert alive(c, other)
    sid = parts(tokens["refresh_token"])[1]["sid"]
    assert lk.one("SELECT ended_at IS NOT NULL FROM sessions WHERE id = %s", sid)
    assert lk.one("SELECT count(*) FROM audit WHERE user_id = %s AND event LIKE '%%reuse%%'", user.id) == 1
    assert lk.mail.wait(user.email, 2).codes == []


def test_generation_ahead_of_the_row_ends_nothing(lk, c, tokens):
    ahead = lk.keys.altered("refresh", tokens["refresh_token"], gen=2)
    refused(c.post("/token", bearer=ahead))
    assert c.post("/token", bearer=tokens["refresh_token"]).status == 200
    assert alive(c, tokens)


def test_expired(lk, c, tokens):
    now = int(time.time())
    refused(c.post("/token", bearer=lk.keys.altered("refresh", tokens["refresh_token"], exp=now - 61)))
    assert c.post("/token", bearer=lk.keys.altered("refresh", tokens["refresh_token"],
                                                   exp=now + 30)).status == 200


def test_hostile_tokens(lk, c, tokens):
    corpus = hostile(lk.keys, "refresh", tokens["refresh_token"])
    assert len(corpus) >= 150
    shown = [(name, c.send("POST", "/token", headers=[("Authorization", b"Bearer " + token.encode())]))
             for name, token in corpus]
    assert [(name, answer.status) for name, answer in shown if answer.status != 401] == []
    assert [(name, answer.ms) for name, answer in shown if answer.ms > 500] == []
    same = lk.keys.altered("refresh", tokens["refresh_token"])
    assert c.post("/token", bearer=same).status == 200  # the forger is able


def test_new_names_and_roles_come_with_the_next_token(lk, c, user, tokens):
    lk.sql("UPDATE users SET roles = '{editors}', rev = rev + 1 WHERE id = %s", user.id)
    check.problem(c.get("/users/me", bearer=tokens["access_token"]), 401, "token_stale")
    fresh = c.post("/token", bearer=tokens["refresh_token"]).json
    assert parts(fresh["access_token"])[1]["roles"] == ["editors"]
    assert c.get("/users/me", bearer=fresh["access_token"]).json["roles"] == ["editors"]


def test_many_at_once(lk, c, tokens):
    answers = together((c, ("POST", "/token"), {"bearer": tokens["refresh_token"]}) for _ in range(24))
    assert [a.status for a in answers] == [200] * 24
    assert len({a.json["access_token"] for a in answers}) == 24
